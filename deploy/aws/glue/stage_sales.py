"""Stages one delivery of weekly sales: CSV files -> typed and joined -> PostgreSQL by JDBC.

A job of AWS Glue (5.0 or later) in plain PySpark; ``spark-submit`` runs the same file anywhere:

    spark-submit --jars postgresql.jar stage_sales.py \
        --source s3://bucket/walmart --batch 2026-11-21 --secret-name warehouse

Its rows are those that ``foresell warehouse load`` puts there itself, under the name of the batch.
Nothing else changes: ``finish_load`` checks them and takes them in. Every file is read whole before
anything is written, and each of the two tables is filled by one transaction. What an earlier try of
the same batch left is taken away first, so a job that is run again doubles nothing.
"""

import argparse
import json
import re
import sys
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

import boto3
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as fn

FLAG = {"IsHoliday": "boolean"}
MEASURES = (
    "Temperature",
    "Fuel_Price",
    "MarkDown1",
    "MarkDown2",
    "MarkDown3",
    "MarkDown4",
    "MarkDown5",
    "CPI",
    "Unemployment",
)
FILES: Mapping[str, Mapping[str, str]] = {  # the columns of each file, in any order
    "train.csv": {
        "Store": "bigint",
        "Dept": "bigint",
        "Date": "date",
        "Weekly_Sales": "double",
        **FLAG,
    },
    "features.csv": {
        "Store": "bigint",
        "Date": "date",
        **dict.fromkeys(MEASURES, "double"),
        **FLAG,
    },
    "stores.csv": {"Store": "bigint", "Type": "string", "Size": "bigint"},
    "test.csv": {"Store": "bigint", "Dept": "bigint", "Date": "date", **FLAG},
}
MISSING = {"features.csv": ("NA",)}  # texts that stand for no value, beside an empty one
NAMES = {  # in the warehouse; every other column is called what it is in lower case
    "Store": "store_id",
    "Dept": "dept_id",
    "Date": "week_date",
    "Type": "store_type",
    "Size": "store_size",
}
# How a value looks in full. Java reads more than this as a number: 1d, 0x1p3, digits of any script.
SHAPES = {
    "bigint": "[+-]?[0-9]{1,18}",
    "double": r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?",
    "boolean": "TRUE|True|true|FALSE|False|false",
    "date": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "string": "[^\ufffd]+",  # what is no UTF-8 is read as that sign
}
STAGED, PLANNED = "retailds.stg_sales_weekly", "retailds.stg_sales_plan"
CLEARING = (
    "DELETE FROM retailds.stg_sales_weekly WHERE batch = ?",
    "DELETE FROM retailds.stg_sales_plan WHERE batch = ?",
)
BATCH = re.compile(r"[\w.:/+-]{1,200}")
BROKEN = "broken_line"
EXAMPLES = 3


class DeliveryError(Exception):
    """The files do not hold what they should, or the job was not told enough."""


@dataclass(frozen=True)
class Place:
    """The database, and the name and password to ask with; no argument of the job holds them."""

    url: str
    user: str
    password: str = field(default="", repr=False)

    @property
    def properties(self) -> dict[str, str]:
        """What the JDBC driver is told beside the URL."""
        return {
            "user": self.user,
            "password": self.password,
            "driver": "org.postgresql.Driver",
            "ApplicationName": "foresell-glue",
            "connectTimeout": "20",
            "tcpKeepAlive": "true",
            "reWriteBatchedInserts": "true",  # one statement for many rows
        }


def main(words: Sequence[str]) -> None:
    """Do the job; the last line that it prints is JSON: the rows staged, by table."""
    asked = arguments(words)
    place = database(asked)
    spark = SparkSession.builder.appName("foresell-stage-sales").getOrCreate()
    source = asked.source.rstrip("/")
    frames = {STAGED: joined(spark, source)}
    if asked.plan == "yes":
        frames[PLANNED] = renamed(read(spark, source, "test.csv"))
    rows = {table: frame.cache().count() for table, frame in frames.items()}
    clear(spark, place, asked.batch)
    # The sales last: a batch that has none is refused, so half of one never goes in.
    for table, frame in sorted(frames.items(), key=lambda one: one[0] == STAGED):
        # One partition is one transaction: the batch stands in a table whole, or not at all.
        frame.withColumn("batch", fn.lit(asked.batch)).coalesce(1).write.option(
            "batchsize", 5000
        ).jdbc(place.url, table, mode="append", properties=place.properties)
    told = {"batch": asked.batch, "source": source, "rows": rows}
    sys.stdout.write(json.dumps(told) + "\n")
    spark.stop()


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """Return what the job was told; Glue adds arguments of its own, which are passed over.

    Raises:
        DeliveryError: the name of the batch is none.
    """
    parser = argparse.ArgumentParser(prog="stage_sales.py", allow_abbrev=False)
    parser.add_argument("--source", required=True, help="folder of the files, such as s3://B/P")
    parser.add_argument("--batch", required=True, help="name of this delivery in staging")
    parser.add_argument("--secret-name", required=True, help="of Secrets Manager")
    parser.add_argument("--region", help="where the secret is; else as boto3 finds it")
    parser.add_argument("--jdbc-url", help="jdbc:postgresql://HOST:PORT/NAME; else the secret's")
    parser.add_argument("--sslmode", default="require", help="of the secret's place")
    parser.add_argument("--plan", choices=("yes", "no"), default="yes", help="whether test.csv is")
    asked, _ = parser.parse_known_args(words)
    if not BATCH.fullmatch(asked.batch):
        raise DeliveryError(f"--batch {asked.batch!r}: use up to 200 letters, digits and . : / + -")
    return asked


def database(asked: argparse.Namespace) -> Place:
    """Return where to write, by the secret, of the form that RDS writes, and the arguments.

    Raises:
        DeliveryError: the secret lacks something; its values are not told.
    """
    secrets = boto3.client("secretsmanager", region_name=asked.region)
    kept = secrets.get_secret_value(SecretId=asked.secret_name)
    secret = json.loads(kept["SecretString"])
    needed = ("username", "password", *(() if asked.jdbc_url else ("host", "dbname")))
    if lacks := [name for name in needed if not secret.get(name)]:
        raise DeliveryError(f"the secret {asked.secret_name} has no {', '.join(lacks)}")
    url = asked.jdbc_url
    if not url:
        place = f"{secret['host']}:{secret.get('port') or 5432}/{secret['dbname']}"
        url = f"jdbc:postgresql://{place}?sslmode={asked.sslmode}"
    return Place(url, secret["username"], secret["password"])


def joined(spark: SparkSession, source: str) -> DataFrame:
    """Return the rows of staging: sales, with the features of store and week and the store.

    The tables are joined by their keys alone. The flag of the features stands beside that of the
    sales, as ``isholiday_features``: whether they agree is for the checks to tell. A row without a
    partner is kept, with nulls, for the checks as well.

    Raises:
        DeliveryError: there are no sales, or a key stands twice in a joined table.
    """
    sales = read(spark, source, "train.csv")
    if sales.isEmpty():
        raise DeliveryError(f"{source}/train.csv holds no row")
    others = {"features.csv": ["Store", "Date"], "stores.csv": ["Store"]}
    for name, key in others.items():
        other = read(spark, source, name)
        twice = other.groupBy(key).count().filter("count > 1").sort(key).limit(EXAMPLES).collect()
        if twice:
            keys = "; ".join(", ".join(f"{one}={row[one]}" for one in key) for row in twice)
            raise DeliveryError(f"{source}/{name}: a key stands on more than one row: {keys}")
        if "IsHoliday" in other.columns:
            other = other.withColumnRenamed("IsHoliday", "isholiday_features")
        sales = sales.join(other, on=key, how="left")
    return renamed(sales)


def read(spark: SparkSession, source: str, name: str) -> DataFrame:
    """Read one CSV file by its declared columns; a line may end in LF, CR LF or a bare CR.

    Raises:
        DeliveryError: a column is missing or not known, a line is empty or has more or fewer fields
            than the header, or a value is not of its column's type or too large for it; file,
            column and value are named.
    """
    kinds = FILES[name]
    header = spark.read.csv(f"{source}/{name}", header=True).columns
    if sorted(header) != sorted(kinds):
        raise DeliveryError(f"{source}/{name}: the header is {header}, not {list(kinds)}")
    if empty := blank_lines(spark, f"{source}/{name}"):
        raise DeliveryError(f"{source}/{name}: {empty} of its lines are empty; remove them")
    text = spark.read.csv(
        f"{source}/{name}",
        schema=", ".join(f"`{column}` string" for column in (*header, BROKEN)),
        header=True,
        enforceSchema=False,
        mode="PERMISSIVE",
        columnNameOfCorruptRecord=BROKEN,
    ).cache()  # of a frame that is not kept, Spark would read the needed columns alone
    broken = text.filter(fn.col(BROKEN).isNotNull()).select(BROKEN).limit(EXAMPLES).collect()
    if broken:
        lines = "; ".join(repr(row[0]) for row in broken)
        raise DeliveryError(f"{source}/{name}: a line has not {len(kinds)} fields: {lines}")
    texts = {column: _or_null(column, MISSING.get(name, ())) for column in kinds}
    typed = {column: _typed(column, texts[column], kind) for column, kind in kinds.items()}
    wrong = {column: texts[column].isNotNull() & typed[column].isNull() for column in kinds}
    said = [fn.when(wrong[column], fn.concat(fn.lit(f"{column}="), column)) for column in kinds]
    bad = text.filter(reduce(or_, wrong.values())).select(fn.concat_ws(", ", *said)).limit(EXAMPLES)
    if rows := bad.collect():
        values = "; ".join(f"{row[0]!r}" for row in rows)
        raise DeliveryError(f"{source}/{name}: a value is not of its column's type: {values}")
    return text.select(*(typed[column].alias(column) for column in kinds))


def blank_lines(spark: SparkSession, path: str) -> int:
    """Return how many lines hold nothing, or nothing but blanks; Spark's reader passes them over.

    Lines that are wholly empty at the end of the file do not count, as with our own reader.
    """
    at = fn.struct("_metadata.file_block_start", fn.monotonically_increasing_id())
    lines = spark.read.text(path).select("value", at.alias("at"))
    blank = fn.col("value").rlike(r"^[\x00-\x20]*$")
    if not (found := lines.filter(blank).count()):  # the whole file once; the rest is for the rare
        return 0
    last = lines.filter(~blank).agg(fn.max("at").alias("last"))
    ending = (fn.col("value") == "") & (fn.col("last").isNull() | (fn.col("at") > fn.col("last")))
    return int(found - lines.filter(blank).crossJoin(last).filter(ending).count())


def _or_null(column: str, missing: Sequence[str]) -> Column:
    """Return a column's text, null where that stands for no value."""
    return fn.when(~fn.col(column).isin("", *missing), fn.col(column))


def _typed(column: str, text: Column, kind: str) -> Column:
    """Return a text as a value; null where it does not look like one, or is none."""
    value = fn.expr(f"try_cast(`{column}` AS {kind})")
    good = text.rlike(f"^({SHAPES[kind]})$")
    if kind == "double":
        good &= fn.abs(value) != float("inf")  # what 1e999 is to Java
    return fn.when(good, value)


def renamed(frame: DataFrame) -> DataFrame:
    """Return the frame with the warehouse's names."""
    return frame.toDF(*(NAMES.get(column, column.lower()) for column in frame.columns))


def clear(spark: SparkSession, place: Place, batch: str) -> None:
    """Take away what an earlier try of this batch left in staging."""
    # Spark itself has no way to send a statement; its JVM, which has the driver, does.
    jvm = typing.cast("typing.Any", spark.sparkContext._jvm)  # noqa: SLF001
    properties = jvm.java.util.Properties()
    for name, value in place.properties.items():
        properties.setProperty(name, value)
    connection = jvm.org.postgresql.Driver().connect(place.url, properties)
    try:
        for sentence in CLEARING:
            statement = connection.prepareStatement(sentence)
            statement.setString(1, batch)
            statement.executeUpdate()
    finally:
        connection.close()


if __name__ == "__main__":
    main(sys.argv[1:])
