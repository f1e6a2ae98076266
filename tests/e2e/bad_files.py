"""Raw files with one thing wrong each, and what foresell says of it."""

from collections.abc import Callable

from tests.builders import weekly_files
from tests.e2e.command import Files


def drop(name: str) -> Callable[[Files], Files]:
    return lambda files: {other: files[other] for other in files if other != name}


def swap(name: str, old: str, new: str) -> Callable[[Files], Files]:
    def altered(files: Files) -> Files:
        assert files[name].count(old.encode()) >= 1
        return files | {name: files[name].replace(old.encode(), new.encode("latin-1"), 1)}

    return altered


def whole(name: str, content: bytes) -> Callable[[Files], Files]:
    return lambda files: files | {name: content}


def without_column(name: str, column: str) -> Callable[[Files], Files]:
    def altered(files: Files) -> Files:
        rows = [line.split(",") for line in files[name].decode().splitlines()]
        gone = rows[0].index(column)
        lines = [",".join(row[:gone] + row[gone + 1 :]) for row in rows]
        return files | {name: "\n".join(lines).encode()}

    return altered


SECOND = "1,1,2010-02-12,"
COLUMNS = (
    "CPI, Date, Dept, Fuel_Price, IsHoliday, MarkDown1, MarkDown2, MarkDown3, MarkDown4, "
    "MarkDown5, Size, Store, Temperature, Type, Unemployment, Weekly_Sales"
)
WRONG_TYPE = "mend the values at their source, or change the type in contract.yaml"
RENAMED = (
    "did you mean 'Weekly_Sales', which this file does not have? Then name it so; else remove it "
    "or add it to contract.yaml and project.yaml"
)
WRONG_DAY = (
    "mend the values at their source, "
    "or declare how the days are written: logicalTypeOptions, format in contract.yaml"
)
WRONG_WORD = (
    "mend the values at their source, "
    "or declare the words: true_words and false_words of the table in project.yaml"
)
NO_VALUE = "declare them as missing, na: ['NA', 'NaN'] of the table, or mend them at their source"
RAGGED = "mend or remove that line; fields are told apart by ','"
CASES = {
    "a missing file": (
        drop("train.csv"),
        "manifest",
        "train.csv is missing",
        "{data}",
        "put it there, or give the folder that has it; "
        "did you mean 'stores.csv'? Known: features.csv, stores.csv, test.csv",
    ),
    "a missing column": (
        without_column("train.csv", "Weekly_Sales"),
        "ingest",
        "the column 'Weekly_Sales' is missing",
        "the header of train.csv, features.csv, stores.csv",
        "add it to the file, or take it out of contract.yaml and project.yaml; known: "
        + COLUMNS.removesuffix(", Weekly_Sales"),
    ),
    "a missing key column": (
        without_column("stores.csv", "Store"),
        "ingest",
        "the join column 'Store' is missing",
        "stores.csv, joined by tables.stores.join_on",
        "known: Size, Type",
    ),
    "an extra column": (
        swap("train.csv", "Weekly_Sales", "Weekly_Sale"),
        "ingest",
        "the column 'Weekly_Sale' is not in the contract",
        "train.csv, line 1",
        RENAMED,
    ),
    "a column by a part of its name": (
        swap("train.csv", "Weekly_Sales", "Sales"),
        "ingest",
        "the column 'Sales' is not in the contract",
        "train.csv, line 1",
        RENAMED,
    ),
    "a column named twice": (
        swap("train.csv", "Dept,Date", "Store,Date"),
        "ingest",
        "the column 'Store' stands 2 times in the header",
        "train.csv, line 1",
        "keep one of them",
    ),
    "undecodable bytes": (
        swap("train.csv", SECOND, "1,\xe9,2010-02-12,"),
        "ingest",
        "bytes b'\\xe9' are not utf-8",
        "train.csv, line 3",
        "declare the file's encoding: tables, sales, encoding: [utf-8, cp850]",
    ),
    "undecodable bytes between bare CR": (
        swap("stores.csv", "2,B", "2,\xe9"),
        "ingest",
        "bytes b'\\xe9' are not utf-8",
        "stores.csv, line 3",
        "declare the file's encoding: tables, stores, encoding: [utf-8, cp850]",
    ),
    "a date that does not parse": (
        swap("train.csv", SECOND, "1,1,12.02.2010,"),
        "ingest",
        "1 value of 'Date' is not of type date (yyyy-MM-dd): '12.02.2010'",
        "train.csv, line 3",
        WRONG_DAY,
    ),
    "a day that does not exist": (
        swap("features.csv", "1,2010-02-26", "1,2010-02-30"),
        "ingest",
        "1 value of 'Date' is not of type date (yyyy-MM-dd): '2010-02-30'",
        "features.csv, line 5",
        WRONG_DAY,
    ),
    "text in a number": (
        swap("train.csv", "1,1,2010-02-12,", "1,1,2010-02-12,n/a"),
        "ingest",
        "1 value of 'Weekly_Sales' is not of type number: 'n/a{second}'",
        "train.csv, line 3",
        WRONG_TYPE,
    ),
    "not a number": (
        swap("features.csv", "NA", "NaN"),
        "ingest",
        "1 value of 'MarkDown1' is not of type number: 'NaN'",
        "features.csv, line 2",
        NO_VALUE,
    ),
    "a word that is no boolean": (
        swap("train.csv", "FALSE", "no"),
        "ingest",
        "1 value of 'IsHoliday' is not of type boolean: 'no'",
        "train.csv, line 2",
        WRONG_WORD,
    ),
    "a line with too few fields": (
        swap("train.csv", SECOND, "1,1,"),
        "ingest",
        "4 fields stand where the header has 5",
        "train.csv, line 3",
        RAGGED,
    ),
    "a line with too many fields": (
        swap("train.csv", SECOND, "1,1,2010-02-12,,"),
        "ingest",
        "6 fields stand where the header has 5",
        "train.csv, line 3",
        RAGGED,
    ),
    "a quote that is never closed": (
        swap("train.csv", SECOND, '1,"1,2010-02-12,'),
        "ingest",
        "not a table: a quote is never closed",
        "train.csv, line 3",
        "mend the quotes of that record",
    ),
    "a store that stands twice": (
        whole("stores.csv", b"Store,Type,Size\r1,A,100\r2,B,100\r2,C,100\r3,A,100"),
        "ingest",
        "1 key stands on more than one row: Store=2",
        "stores.csv",
        "keep one row for each (Store), or declare more columns in join_on",
    ),
    "an empty file": (
        whole("features.csv", b""),
        "manifest",
        "the file is empty",
        "features.csv",
        "get the file again from its source",
    ),
    "a file of blank lines": (
        whole("features.csv", b"\n\n"),
        "ingest",
        "the file is empty",
        "features.csv",
        "get the file again from its source",
    ),
    "a header and no rows": (
        whole("train.csv", b"Store,Dept,Date,Weekly_Sales,IsHoliday\n"),
        "ingest",
        "the file has a header and no rows",
        "train.csv",
        "get the file again",
    ),
    "rows to answer that cannot be read": (
        swap("test.csv", "1,1,", "1,one,"),
        "ingest",
        "1 value of 'Dept' is not of type integer: 'one'",
        "test.csv, line 2",
        WRONG_TYPE,
    ),
    "a horizon longer than the data allows": (
        lambda _: weekly_files(weeks=78),
        "split",
        "a horizon of 39 is longer than the data allows: 78 periods, of which 39 are the test, "
        "leave 39",
        "project 'walmart': horizon, split.test",
        "give at least 79 periods of history, or declare a shorter horizon or test",
    ),
}
Case = tuple[Callable[[Files], Files], str, str, str, str]
