"""``python -m benchmarks.warehouse --data DIR``: filling the warehouse, beside other ways to.

``DIR`` holds ``walmart/``, or is it. Its files are put into an S3 of this machine (moto), and a
PostgreSQL of this machine takes them. In each round, one after another, each into empty tables:

- ``foresell warehouse load walmart --from s3://...``: the whole command, read from S3, joined,
  staged, checked, upserted and validated; then the same again, which finds nothing to change;
- the joined rows, in memory already and not checked, into one table with the key of the facts: by
  SQLAlchemy and by psycopg, a statement for each row; psycopg's ``executemany``; pandas'
  ``to_sql``, as it is and with ``method="multi"``; ADBC;
- the view read back: by ADBC into Polars, by ``pandas.read_sql``.

The slowest, a statement for each row and ``multi``, get a tenth of the rows, and their seconds are
times ten.
``benchmarks/warehouse.json`` keeps the figures. The promise: less than 20 s, and 10 s again.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import polars as pl
import psycopg
import sqlalchemy
from adbc_driver_postgresql import dbapi
from psycopg import sql
from rich.console import Console
from rich.table import Table

from foresell.adapters.postgres_link import adbc_uri
from foresell.spec.database import DatabasePlace
from foresell.spec.warehouse import KEY, VIEW_COLUMNS
from tests.services import S3, held

ROUNDS = 3
TENTH = 10  # the slowest get every tenth row
FIRST_S, AGAIN_S = 20.0, 10.0
FILES = ("train.csv", "features.csv", "stores.csv", "test.csv")
OURS, AGAIN = "foresell, from S3, checked and upserted", "foresell, the same again"
VIEW = "SELECT * FROM retailds.vw_sales_analytics"
KEPT = Path(__file__).with_suffix(".json")
_TYPES = {
    pl.Int64: "BIGINT",
    pl.Float64: "DOUBLE PRECISION",
    pl.Boolean: "BOOLEAN",
    pl.Date: "DATE",
}


@dataclass(frozen=True)
class Ground:
    """Where everything runs. ``rows``: the joined rows, as the view gives them."""

    place: DatabasePlace
    env: Mapping[str, str]
    source: str
    rows: list[pl.DataFrame] = field(default_factory=list)

    @property
    def url(self) -> str:
        """What SQLAlchemy connects by."""
        return f"postgresql+psycopg://postgres@/{self.place.name}?host={self.place.host}"

    def execute(self, sentence: sql.SQL | sql.Composed) -> None:
        """Do one thing past foresell."""
        with psycopg.connect(
            host=self.place.host, dbname=self.place.name, user="postgres", autocommit=True
        ) as owner:
            owner.execute(sentence)

    def foresell(self, *words: str) -> tuple[float, dict[str, Any]]:
        """Run the command; its seconds, start included, and what it prints."""
        began = time.perf_counter()
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("foresell")),
                "warehouse",
                *words,
                "--format",
                "json",
            ],
            env=self.env,
            stdout=subprocess.PIPE,
            check=True,
        )
        said: dict[str, Any] = json.loads(done.stdout)
        return time.perf_counter() - began, said

    def emptied(self) -> None:
        """Make the table that the others fill, empty."""
        types = self.rows[0].schema
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(
                sql.Identifier(name),
                sql.SQL(_TYPES.get(type(types[name]), "TEXT")),
            )
            for name in VIEW_COLUMNS
        )
        key = sql.SQL(", ").join(map(sql.Identifier, KEY))
        self.execute(sql.SQL("DROP TABLE IF EXISTS peer"))
        made = sql.SQL("CREATE TABLE peer ({columns}, PRIMARY KEY ({key}))")
        self.execute(made.format(columns=columns, key=key))


@contextmanager
def ground(data: Path, home: Path) -> Iterator[Ground]:
    """Start the two services, and put the files into a bucket."""
    import boto3  # noqa: PLC0415 - takes a while

    with held("postgres") as url, held("s3") as endpoint:
        place = DatabasePlace(host=url.rpartition("?host=")[2], name="postgres", user="postgres")
        store = S3(endpoint)
        bucket = store.bucket()
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=store.env["AWS_REGION"],
            aws_access_key_id=store.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=store.env["AWS_SECRET_ACCESS_KEY"],
        )
        for name in FILES:
            client.upload_file(str(data / name), bucket, f"walmart/{name}")
        named = {"DB_HOST": place.host, "DB_NAME": place.name, "DB_USER": place.user}
        own = {"FORESELL_HOME": str(home), **named}
        yield Ground(place, {**os.environ, **store.env, **own}, f"s3://{bucket}/walmart")


def by_sqlalchemy(to: Ground, rows: list[dict[str, Any]]) -> None:
    """Insert by a statement for each row, in one transaction."""
    engine = sqlalchemy.create_engine(to.url)
    peer = sqlalchemy.Table("peer", sqlalchemy.MetaData(), autoload_with=engine)
    with engine.begin() as connection:
        for row in rows:
            connection.execute(peer.insert(), row)
    engine.dispose()


def by_psycopg(to: Ground, rows: list[tuple[Any, ...]], *, many: bool) -> None:
    """Insert by a statement for each row, or by ``executemany``, in one transaction."""
    places = sql.SQL(", ").join([sql.Placeholder()] * len(VIEW_COLUMNS))
    insert = sql.SQL("INSERT INTO peer VALUES ({})").format(places)
    with psycopg.connect(host=to.place.host, dbname=to.place.name, user="postgres") as connection:
        cursor = connection.cursor()
        if many:
            cursor.executemany(insert, rows)
            return
        for row in rows:
            cursor.execute(insert, row)


def by_pandas(to: Ground, rows: pd.DataFrame, **how: Any) -> None:
    """Insert by ``to_sql``, in one transaction."""
    engine = sqlalchemy.create_engine(to.url)
    with engine.begin() as connection:
        rows.to_sql("peer", connection, if_exists="append", index=False, **how)
    engine.dispose()


def by_adbc(to: Ground, rows: pl.DataFrame) -> None:
    """Insert by ADBC's bulk ingestion, in one transaction."""
    with dbapi.connect(adbc_uri(to.place)) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest(
            "peer", rows.to_arrow(compat_level=pl.CompatLevel.oldest()), mode="append"
        )
        connection.commit()


def read_by_adbc(to: Ground) -> int:
    """Read the view into Polars; how many rows there are."""
    with dbapi.connect(adbc_uri(to.place)) as connection, connection.cursor() as cursor:
        cursor.execute(VIEW)
        return pl.from_arrow(cursor.fetch_arrow_table()).height  # type: ignore[union-attr]


def read_by_pandas(to: Ground) -> int:
    """Read the view into pandas; how many rows there are."""
    engine = sqlalchemy.create_engine(to.url)
    with engine.connect() as connection:
        found = len(pd.read_sql(sqlalchemy.text(VIEW), connection))
    engine.dispose()
    return found


def ways(to: Ground) -> Mapping[str, tuple[int, Callable[[], object]]]:
    """Return the other ways to insert: by name, one row in how many, and what is timed."""
    (whole,) = to.rows
    few = whole.gather_every(TENTH)
    tuples, dicts = whole.rows(), few.to_dicts()
    frame, tenth = whole.to_pandas(), few.to_pandas()
    return {
        "ADBC, not checked": (1, lambda: by_adbc(to, whole)),
        "psycopg executemany": (1, lambda: by_psycopg(to, tuples, many=True)),
        "pandas to_sql": (1, lambda: by_pandas(to, frame)),
        'pandas to_sql, method="multi"': (
            TENTH,
            lambda: by_pandas(to, tenth, method="multi", chunksize=1000),
        ),
        "psycopg, row by row": (TENTH, lambda: by_psycopg(to, few.rows(), many=False)),
        "SQLAlchemy, row by row": (TENTH, lambda: by_sqlalchemy(to, dicts)),
    }


def timed(act: Callable[[], object]) -> float:
    """Return how many seconds it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def one_round(to: Ground, found: dict[str, list[float]], phases: list[dict[str, Any]]) -> None:
    """Do everything once, and keep its seconds.

    Raises:
        SystemExit: a load did not pass, or changed what it should not.
    """
    to.execute(sql.SQL("DROP SCHEMA IF EXISTS retailds CASCADE"))
    to.foresell("migrate", "walmart")
    told = {}
    for name in (OURS, AGAIN):
        seconds, said = to.foresell("load", "walmart", "--from", to.source)
        if not said["passed"]:
            raise SystemExit(f"a load failed: {said['checks']}")
        found.setdefault(name, []).append(seconds)
        told[name] = {"seconds": said["seconds"], "changes": said["changes"]}
    phases.append(told)
    if any(sum(told[AGAIN]["changes"][kind].values()) for kind in ("inserted", "updated")):
        raise SystemExit(f"the second load changed rows: {told[AGAIN]['changes']}")
    if not to.rows:
        whole = pl.read_database_uri(VIEW, adbc_uri(to.place), engine="adbc")
        to.rows.append(whole.sort(KEY))
    for name, (share, act) in ways(to).items():
        to.emptied()
        found.setdefault(name, []).append(timed(act) * share)
    for name, read in (("ADBC", read_by_adbc), ("pandas.read_sql", read_by_pandas)):
        found.setdefault(f"reading back by {name}", []).append(timed(lambda read=read: read(to)))  # type: ignore[misc]


def by_phase(phases: Sequence[Mapping[str, Any]]) -> Table:
    """Return where the seconds of both loads went, as medians."""
    table = Table("phase", "first", "again")
    for phase in phases[0][OURS]["seconds"]:
        took = [[one[name]["seconds"][phase] for one in phases] for name in (OURS, AGAIN)]
        table.add_row(phase, *(f"{statistics.median(each):.2f}" for each in took))
    return table


def shown(found: Mapping[str, Sequence[float]]) -> Table:
    """Return the medians as a table, beside those of the first of its kind."""
    middle = {name: statistics.median(seconds) for name, seconds in found.items()}
    table = Table("", "seconds, median", "least to most", "times foresell")
    for name, seconds in found.items():
        ours = "reading back by ADBC" if name.startswith("reading") else OURS
        ratio = "" if name == ours else f"{middle[name] / middle[ours]:.2f}"
        table.add_row(
            name, f"{middle[name]:.1f}", f"{min(seconds):.1f} to {max(seconds):.1f}", ratio
        )
    return table


def main() -> int:
    """Measure, print, keep, and compare with the promise."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, required=True, help="with walmart/ or its files")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    data = asked.data / "walmart" if (asked.data / "walmart").is_dir() else asked.data
    found: dict[str, list[float]] = {}
    phases: list[dict[str, Any]] = []
    loads = []
    with TemporaryDirectory() as home, ground(data, Path(home)) as to:
        for _ in range(asked.rounds):
            loads.append(os.getloadavg()[0])
            one_round(to, found, phases)
        rows = to.rows[0].height
    Console().print(shown(found), by_phase(phases))
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    kept: dict[str, Any] = {
        "machine": machine,
        "python": platform.python_version(),
        "load_before": loads,
    }
    kept |= {"rows": rows, "seconds": found, "ours": phases}
    KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    first, again = (statistics.median(found[name]) for name in (OURS, AGAIN))
    return 0 if first < FIRST_S and again < AGAIN_S else 1


if __name__ == "__main__":
    sys.exit(main())
