"""Folders, Parquet files and the sales export, as they go wrong."""

import io
import re
from collections.abc import Callable, Mapping
from datetime import datetime

import polars as pl

from tests.broken.case import (
    AGAIN,
    RAGGED,
    UNKNOWN,
    VALUES,
    Broken,
    Change,
    Files,
    anew,
    content,
    not_of,
)
from tests.builders import weekly_files
from tests.tabular_files import order_files

ORDERS = "sales_data_sample.csv"
RETYPE = "write the column with the declared type"
DATE = "date (M/d/yyyy H:mm)"


def sold(old: str, new: str) -> Change:
    """The sales export with some words of it replaced once, as cp850 has them."""

    def make(text: bytes) -> bytes:
        assert old.encode("cp850") in text
        return text.replace(old.encode("cp850"), new.encode("cp850"), 1)

    return anew(ORDERS, make)


def ordered_on(day: str) -> Broken:
    """An order line on a day that is none, or is written in another way."""
    shape = re.sub("[0-9]", "9", day)  # the export holds personal data
    return Broken(sold("1/1/2003 0:00", day), not_of(DATE, "ORDERDATE", shape), "", VALUES)


EXPORT: Mapping[str, Broken] = {
    "a time of day in a date": Broken(
        sold("1/1/2003 0:00", "1/1/2003 13:30"),
        "1 value of 'ORDERDATE' has a time of day: '9/9/9999 99:99'",
        f"{ORDERS}, line 2",
        "a date column holds days",
    ),
    "a day before its month": ordered_on("24/1/2003 0:00"),
    "a day as ISO has it": ordered_on("2003-01-01 0:00"),
    "the 30th of February, month first": ordered_on("2/30/2003 0:00"),
    "an address with a comma": Broken(
        sold("Berguvsvägen 8", "Berguvsvägen, 8"),
        "26 fields stand where the header has 25",
        f"{ORDERS}, line",
        RAGGED,
    ),
    "an address with one quote": Broken(
        sold("Berguvsvägen 8", '"Berguvsvägen 8'),
        "not a table: a quote is never closed",
        f"{ORDERS}, line",
        "mend the quotes of that record",
    ),
    "UTF-16 under a code page that decodes everything": Broken(
        anew(ORDERS, lambda text: text.decode("cp850").encode("utf-16")),
        "the file holds NUL characters",
        f"{ORDERS}, line 1",
        AGAIN,
    ),
}


def folder_files() -> Files:
    """The files of ``walmart`` with one file a store in a folder named after it."""
    files = weekly_files()
    header, *lines = files["train.csv"].decode().splitlines()
    names = header.split(",", 1)[1]
    made = {name: files[name] for name in files if name != "train.csv"}
    for store in "123":
        kept = [line.split(",", 1)[1] for line in lines if line.startswith(f"{store},")]
        made[f"sales/Store={store}/part-0.csv"] = "\n".join([names, *kept]).encode()
    return made


FIRST, LAST = "sales/Store=1/part-0.csv", "sales/Store=3/part-0.csv"


def moved(new: str) -> Change:
    return lambda files: {new if name == LAST else name: files[name] for name in files}


FOLDERS: Mapping[str, Broken] = {
    "a folder with a value that is none": Broken(
        moved("sales/Store=three/part-0.csv"),
        not_of("integer", "Store", "three"),
        "sales/Store=three/part-0.csv, the name of its folder",
        VALUES,
    ),
    "a file outside the folders that say its store": Broken(
        moved("sales/part-0.csv"),
        f"the columns are not those of {FIRST}: without Store",
        "sales/part-0.csv",
        "the files of one table have the same columns",
    ),
    "files with other columns": Broken(
        anew(LAST, lambda text: text.replace(b"Weekly_Sales", b"Size")),
        f"the columns are not those of {FIRST}: without Weekly_Sales and with Size beside",
        LAST,
        "the files of one table have the same columns",
    ),
    "one file of many with a header alone": Broken(
        anew(LAST, lambda text: text.splitlines()[0]),
        "the file has a header and no rows",
        LAST,
        AGAIN,
    ),
    "one file of many empty": Broken(content(LAST, ""), "the file is empty", "", AGAIN),
    "a folder without files": Broken(
        lambda files: {name: files[name] for name in files if not name.startswith("sales/")},
        "the folder sales/ holds no file",
        "",
        "put it there, or give the folder that has it",
    ),
    "a folder with what is still being written": Broken(
        lambda files: {name.replace("part-0", "_part-0"): files[name] for name in files},
        "the folder sales/ holds no file",
        "",
        "put it there, or give the folder that has it",
    ),
}


def stored_files() -> Files:
    """The files of ``walmart`` with the sales as Parquet."""
    files = weekly_files()
    frame = pl.read_csv(files["train.csv"], try_parse_dates=True).with_columns(
        pl.col("IsHoliday").cast(pl.String).str.to_lowercase() == "true"
    )
    made = {name: files[name] for name in files if name != "train.csv"}
    return {**made, "train.parquet": parquet(frame)}


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def frame(make: Callable[[pl.DataFrame], pl.DataFrame]) -> Change:
    return anew("train.parquet", lambda stored: parquet(make(pl.read_parquet(stored))))


def second(column: str, value: object, dtype: pl.DataType | None = None) -> Change:
    """The value of the second row."""

    def make(rows: pl.DataFrame) -> pl.DataFrame:
        old = rows[column].cast(dtype) if dtype is not None else rows[column]
        return rows.with_columns(pl.Series(column, [old[0], value, *old[2:]], dtype=old.dtype))

    return frame(make)


ROW = "train.parquet, row 2"
STORED: Mapping[str, Broken] = {
    "text under the name of Parquet": Broken(
        content("train.parquet", weekly_files()["train.csv"]),
        "not a Parquet file",
        "train.parquet",
        AGAIN,
    ),
    "Parquet cut off": Broken(
        anew("train.parquet", lambda stored: stored[:-100]),
        "not a Parquet file",
        "train.parquet",
        AGAIN,
    ),
    "Parquet with damaged pages": Broken(
        anew("train.parquet", lambda stored: stored[:4] + b"\xff" * 600 + stored[604:]),
        "not a Parquet file",
        "train.parquet",
        AGAIN,
    ),
    "Parquet without rows": Broken(
        frame(lambda rows: rows.clear()),
        "the file has columns and no rows",
        "train.parquet",
        AGAIN,
    ),
    "a part of a whole number": Broken(
        second("Dept", 1.5, pl.Float64()),
        "1 value of 'Dept' is not of type integer: 1.5",
        ROW,
        RETYPE,
    ),
    "no number": Broken(
        second("Weekly_Sales", float("nan")),
        "1 value of 'Weekly_Sales' is not of type number: nan",
        ROW,
        RETYPE,
    ),
    "a number without end": Broken(
        second("Weekly_Sales", float("inf")),
        "1 value of 'Weekly_Sales' is not of type number: inf",
        ROW,
        RETYPE,
    ),
    "a number as a word": Broken(
        second("Weekly_Sales", "1,5", pl.String()),
        not_of("number", "Weekly_Sales", "1,5"),
        ROW,
        "1,5 looks like a decimal comma; write 1.5",
    ),
    "a moment in place of a day": Broken(
        second("Date", datetime(2010, 2, 12, 13), pl.Datetime()),
        "1 value of 'Date' is not of type date: 2010-02-12 13:00:00",
        ROW,
        RETYPE,
    ),
    "a boolean as a number": Broken(
        frame(lambda rows: rows.with_columns(pl.col("IsHoliday").cast(pl.Int8))),
        "'IsHoliday' is stored as Int8, which is not boolean",
        "train.parquet",
        RETYPE,
    ),
    "a list in place of a number": Broken(
        frame(lambda rows: rows.with_columns(pl.concat_list("Dept"))),
        "'Dept' is stored as List(Int64), which is not integer",
        "train.parquet",
        RETYPE,
    ),
    "a column too many in Parquet": Broken(
        frame(lambda rows: rows.with_columns(index=1)),
        "the column 'index' is not in the contract",
        "train.parquet, line 1",
        UNKNOWN,
    ),
}


def export_files() -> Files:
    """The sales export."""
    return order_files()
