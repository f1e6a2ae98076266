"""Text files of ``walmart`` as exports go wrong."""

import gzip
import io
import zipfile
from collections.abc import Mapping

from tests.broken.case import (
    AGAIN,
    QUOTES,
    RAGGED,
    UNKNOWN,
    VALUES,
    Broken,
    Change,
    Files,
    anew,
    content,
    field,
    lines,
    not_of,
    rows,
    swapped,
)

TRAIN, SECOND, THIRD = "train.csv", "train.csv, line 2", "train.csv, line 3"
HEADER = "Store,Dept,Date,Weekly_Sales,IsHoliday"
ENCODING = "declare the file's encoding: tables, sales, encoding"
DATE = "date (yyyy-MM-dd)"
UNPACK = "unpack it or save it as CSV"
APART = " looks like thousands that are set apart; write 24924.50"


def sold(value: str, shown: str, mend: str = VALUES) -> Broken:
    """An amount that is none."""
    what = not_of("number", "Weekly_Sales", shown)
    return Broken(field(TRAIN, 3, 4, value), what, THIRD, mend)


def dated(value: str) -> Broken:
    """A day that is none, or is written in another way."""
    return Broken(field(TRAIN, 3, 3, value), not_of(DATE, "Date", value), THIRD, VALUES)


def flagged(value: str) -> Broken:
    """A boolean in words that the table does not declare."""
    what = not_of("boolean", "IsHoliday", value)
    return Broken(field(TRAIN, 3, 5, value), what, THIRD, VALUES)


def encoded(encoding: str, mark: bytes = b"") -> Change:
    return anew(TRAIN, lambda text: mark + text.decode().encode(encoding))


def zipped(text: bytes, name: str = TRAIN) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return packed.getvalue()


def without(*names: str) -> Change:
    return lambda files: {name: files[name] for name in files if name not in names}


def folder_in_its_place(files: Files) -> Files:
    return {**without(TRAIN)(files), f"{TRAIN}/part-0.csv": files[TRAIN]}


def headed(header: str) -> Change:
    return lines(TRAIN, lambda text: [header, *text[1:]])


TEXTS: Mapping[str, Broken] = {
    "cut off within a line": Broken(
        anew(TRAIN, lambda text: text[:-20]),
        "3 fields stand where the header has 5",
        "train.csv, line 901",
        RAGGED,
    ),
    "cut off within quotes": Broken(
        field(TRAIN, 901, 1, '"1'),
        "not a table: a quote is never closed",
        "train.csv, line 901",
        QUOTES,
    ),
    "a quote closed by the next one": Broken(
        lines(TRAIN, lambda t: [*t[:2], f'"{t[2]}', f'"{t[3]}', *t[4:]]),
        "not a table: something stands beside a quote",
        THIRD,
        QUOTES,
    ),
    "a quote within a field": Broken(
        field(TRAIN, 3, 1, '1"1"'),
        "not a table: something stands beside a quote",
        THIRD,
        QUOTES,
    ),
    "a blank behind a quote": Broken(
        field(TRAIN, 3, 1, '"1" '),
        "not a table: something stands beside a quote",
        THIRD,
        QUOTES,
    ),
    "a line end within a field": Broken(
        field(TRAIN, 3, 1, '"1\n"'), not_of("integer", "Store", "1\n"), THIRD, VALUES
    ),
    "a line end within a field, without quotes": Broken(
        field(TRAIN, 3, 2, "1\n1"), "2 fields stand where the header has 5", THIRD, RAGGED
    ),
    "one line in another encoding": Broken(
        anew(TRAIN, lambda text: text.replace(b"1,1,2010-02-12", b"1,\xe41,2010-02-12")),
        "bytes b'\\xe4' are not utf-8",
        THIRD,
        ENCODING,
    ),
    "UTF-16 with its mark": Broken(
        encoded("utf-16"), "bytes b'\\xff' are not utf-8", "train.csv, line 1", ENCODING
    ),
    "UTF-16, big end first": Broken(
        encoded("utf-16-be", b"\xfe\xff"),
        "bytes b'\\xfe' are not utf-8",
        "train.csv, line 1",
        ENCODING,
    ),
    "UTF-16 without a mark": Broken(
        encoded("utf-16-le"), "the file holds NUL characters", "train.csv, line 1", AGAIN
    ),
    "two byte order marks": Broken(
        anew(TRAIN, lambda text: b"\xef\xbb\xbf" * 2 + text),
        "the column '\\ufeffStore' is not in the contract",
        "train.csv, line 1",
        "write it 'Store'",
    ),
    "a mark within the file, where two were put together": Broken(
        anew(
            TRAIN, lambda text: text.replace(b"\n1,1,2010-02-12", b"\n\xef\xbb\xbf1,1,2010-02-12")
        ),
        not_of("integer", "Store", "\ufeff1"),
        THIRD,
        VALUES,
    ),
    "two files put together, the header twice": Broken(
        lines(TRAIN, lambda text: [*text, *text]),
        not_of("integer", "Store", "Store"),
        "train.csv, line 902",
        VALUES,
    ),
    "a NUL": Broken(field(TRAIN, 3, 1, "1\0"), "the file holds NUL characters", THIRD, AGAIN),
    "a tail of NULs, as a crash leaves it": Broken(
        anew(TRAIN, lambda text: text + b"\0" * 500),
        "the file holds NUL characters",
        "train.csv, line 902",
        AGAIN,
    ),
    "semicolons": Broken(
        anew(TRAIN, lambda text: text.replace(b",", b";")),
        f"the column '{HEADER.replace(',', ';')}' is not in the contract",
        "train.csv, line 1",
        "it looks like ';' separates its fields: declare separator: \";\"",
    ),
    "tabs": Broken(
        anew(TRAIN, lambda text: text.replace(b",", b"\t")),
        "the column 'Store\\tDept\\tDate",
        "train.csv, line 1",
        'it looks like a tab separates its fields: declare separator: "\\t"',
    ),
    "headers in each other's place": Broken(
        headed("Date,Dept,Store,Weekly_Sales,IsHoliday"),
        not_of(DATE, "Date", "1", count=900).removesuffix("'1'"),
        SECOND,
        VALUES,
    ),
    "columns in each other's place below their headers": Broken(
        lines(TRAIN, lambda t: [t[0], *(",".join(swapped(4, 5)(r.split(","))) for r in t[1:])]),
        "900 values of 'Weekly_Sales' are not of type number: 'FALSE', 'TRUE'",
        SECOND,
        VALUES,
    ),
    "a header that stands twice": Broken(
        headed("Store,Dept,Date,Weekly_Sales,Store"),
        "the column 'Store' stands 2 times in the header",
        "train.csv, line 1",
        "keep one of them",
    ),
    "no header": Broken(
        lines(TRAIN, lambda text: text[1:]),
        "the column '1' stands 2 times in the header",
        "train.csv, line 1",
        "does line 1 hold the column names?",
    ),
    "a column without a name, numbered by the program that wrote it": Broken(
        rows(TRAIN, lambda row: ["" if row[0] == "Store" else "0", *row]),
        "the column '' is not in the contract",
        "train.csv, line 1",
        UNKNOWN,
    ),
    "a separator at the end of every line": Broken(
        rows(TRAIN, lambda row: [*row, ""]),
        "the column '' is not in the contract",
        "train.csv, line 1",
        UNKNOWN,
    ),
    "a comment above the header": Broken(
        lines(TRAIN, lambda text: ["# weekly, sales", *text]),
        "5 fields stand where the header has 2",
        SECOND,
        f"{RAGGED}; does line 1 hold the column names?",
    ),
    "semicolons and a decimal comma": Broken(
        anew(TRAIN, lambda text: text.replace(b",", b";").replace(b".", b",")),
        "2 fields stand where the header has 1",
        SECOND,
        "it looks like ';' separates its fields",
    ),
    "a name in other letters": Broken(
        headed("Store,DEPT,Date,Weekly_Sales,IsHoliday"),
        "the column 'DEPT' is not in the contract",
        "train.csv, line 1",
        "write it 'Dept'",
    ),
    "a blank beside a name": Broken(
        headed("Store, Dept,Date,Weekly_Sales,IsHoliday"),
        "the column ' Dept' is not in the contract",
        "train.csv, line 1",
        "write it 'Dept'",
    ),
    "a title above the header": Broken(
        lines(TRAIN, lambda text: ["Weekly sales", *text]),
        "5 fields stand where the header has 1",
        SECOND,
        RAGGED,
    ),
    "a sum below the rows": Broken(
        lines(TRAIN, lambda text: [*text, "Total,,,123.45,"]),
        not_of("integer", "Store", "Total"),
        "train.csv, line 902",
        VALUES,
    ),
    "a blank line within": Broken(
        lines(TRAIN, lambda text: [*text[:2], "", *text[2:]]),
        "the line is empty",
        THIRD,
        "remove it",
    ),
    "blanks and nothing else": Broken(
        content(TRAIN, "  \r\n  "), "the file is empty", TRAIN, AGAIN
    ),
    "a decimal comma": Broken(
        field(TRAIN, 3, 4, "1,5"), "6 fields stand where the header has 5", THIRD, RAGGED
    ),
    "a decimal comma in quotes": sold('"1,5"', "1,5", "1,5 looks like a decimal comma; write 1.5"),
    "thousands with commas": sold('"24,924.50"', "24,924.50", f"24,924.50{APART}"),
    "thousands with dots": sold("24.924.50", "24.924.50"),
    "thousands with apostrophes": sold("24'924.50", "24'924.50", f"24'924.50{APART}"),
    "a currency": sold("$24924.50", "$24924.50"),
    "a share": sold("5%", "5%"),
    "a negative amount in brackets": sold("(24924.50)", "(24924.50)"),
    "a blank before a number": sold(" 1.5", " 1.5"),
    "a number too large to hold": Broken(
        field(TRAIN, 3, 4, "1e999"),
        "1 value of 'Weekly_Sales' is too large for type number: '1e999'",
        THIRD,
        VALUES,
    ),
    "no number, said in words": sold("NaN", "NaN", "declare them as missing, na: ['NaN']"),
    "no end": sold("-inf", "-inf"),
    "a broken cell of a spreadsheet": sold("#DIV/0!", "#DIV/0!"),
    "a whole number too large to hold": Broken(
        field(TRAIN, 3, 2, "9223372036854775808"),
        "1 value of 'Dept' is too large for type integer: '9223372036854775808'",
        THIRD,
        VALUES,
    ),
    "a whole number with a point": Broken(
        field(TRAIN, 3, 2, "1.0"), not_of("integer", "Dept", "1.0"), THIRD, VALUES
    ),
    "a day first": dated("31/12/2010"),
    "a month first": dated("12/31/2010"),
    "a year of two digits": dated("10-02-12"),
    "a month of one digit": dated("2010-2-12"),
    "the 30th of February": dated("2010-02-30"),
    "a time behind a day": dated("2010-02-12 13:00"),
    "a day as a spreadsheet counts": dated("40221"),
    "yes and no": flagged("no"),
    "nought and one": flagged("0"),
    "letters of another language": flagged("FALSCH"),
    "a table in JSON": Broken(
        content(TRAIN, '[{"Store": 1, "Dept": 1}]'),
        "not a table: something stands beside a quote",
        "train.csv, line 1",
        QUOTES,
    ),
    "a page in place of a file": Broken(
        content(TRAIN, "<html>\n<body>Please sign in</body>\n</html>"),
        "the column '<html>' is not in the contract",
        "train.csv, line 1",
        "does line 1 hold the column names?",
    ),
    "packed with gzip": Broken(
        anew(TRAIN, lambda text: gzip.compress(text, mtime=0)),
        "the file is a gzip file, and its table is declared as csv",
        TRAIN,
        UNPACK,
    ),
    "a workbook under another name": Broken(
        anew(TRAIN, lambda text: zipped(text, "xl/workbook.xml")),
        "the file is an Excel workbook (xlsx), and its table is declared as csv",
        TRAIN,
        UNPACK,
    ),
    "Parquet under another name": Broken(
        anew(TRAIN, lambda text: b"PAR1" + text),
        "the file is a Parquet file, and its table is declared as csv",
        TRAIN,
        "declare format: parquet",
    ),
    "an archive under another name": Broken(
        anew(TRAIN, zipped), "the file is a zip archive", TRAIN, UNPACK
    ),
    "a folder in place of a file": Broken(
        folder_in_its_place, "train.csv is a folder", "", "put the file there, or declare all files"
    ),
    "two files missing": Broken(
        without("features.csv", "stores.csv"), "features.csv is missing", "", "put it there"
    ),
}
