"""From bytes to typed columns: nothing is guessed, every failure names its lines."""

import csv
from collections.abc import Callable, Sequence
from io import BytesIO, StringIO

import polars as pl

from foresell.contracts.contract import Column, Contract
from foresell.errors import DataError, SpecError, nearest
from foresell.spec.project import Table

SHOWN = 5
_DATE_TOKENS = {
    "yyyy": "%Y",
    "MM": "%m",
    "dd": "%d",
    "M": "%-m",
    "d": "%-d",
    "HH": "%H",
    "mm": "%M",
}
_TYPES: dict[str, pl.DataType] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
}
_NUMBERS = (
    *(pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64),
    *(pl.Float32, pl.Float64, pl.Decimal),
)
# Stored types, beside the type itself, whose values can be exactly of a contract's type.
_ALSO: dict[str, tuple[type[pl.DataType], ...]] = {
    "string": (pl.Categorical, pl.Enum),
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "date": (pl.Datetime,),
}
_RETYPE = "write the column with the declared type, or change the type in contract.yaml"


def read_table(content: bytes, table: Table, contract: Contract) -> pl.DataFrame:
    """Read one file in its declared format into the types of the contract; rows in file order."""
    reader = read_csv if table.format == "csv" else read_parquet
    return reader(content, table, contract)


def read_csv(content: bytes, table: Table, contract: Contract) -> pl.DataFrame:
    """Read one delimited file into the types of the contract; rows in file order.

    Line ends may be LF, CRLF or bare CR; a UTF-8 byte order mark and blank lines at the end are
    dropped. ``table.na`` tokens and empty fields become null.

    Raises:
        DataError: no bytes, no rows, bytes that no declared encoding decodes, a line with too many
            or too few fields, a column that stands twice or that the contract does not know, or a
            value that is not of its type.
    """
    where = table.file
    if not content.strip():
        raise DataError("the file is empty", where, "get the file again from its source")
    text = _decode(content, table).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    lines = _record_lines(text, table)
    try:
        raw = pl.read_csv(
            BytesIO(text.encode()), infer_schema=False, separator=table.separator, quote_char='"'
        )
    except pl.exceptions.PolarsError as error:
        reason = str(error).split("\n", maxsplit=1)[0]
        raise DataError(f"not a table: {reason}", where, "mend the file") from error
    _refuse_unknown(raw.columns, contract, where)
    if raw.height == 0:
        raise DataError("the file has a header and no rows", where, "get the file again")
    return raw.select(
        _typed(raw[name], contract.columns[name], table, lambda row: f"line {lines[row + 1]}")
        for name in raw.columns
    )


def read_parquet(content: bytes, table: Table, contract: Contract) -> pl.DataFrame:
    """Read one Parquet file into the types of the contract; rows in file order.

    A number may be stored in any numeric type that holds it exactly, a date as midnight, and
    anything as text, which is then read as in a CSV file.

    Raises:
        DataError: the bytes are no Parquet file, it has no rows, or a column is unknown or does not
            hold what the contract says.
    """
    try:
        frame = pl.read_parquet(BytesIO(content))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError("not a Parquet file", table.file, "get the file again") from error
    _refuse_unknown(frame.columns, contract, table.file)
    if frame.height == 0:
        raise DataError("the file has columns and no rows", table.file, "get the file again")
    return frame.select(
        _typed(frame[name], contract.columns[name], table, lambda row: f"row {row + 1}")
        if frame[name].dtype == pl.String
        else _cast(frame[name], contract.columns[name], table)
        for name in frame.columns
    )


def _cast(stored: pl.Series, column: Column, table: Table) -> pl.Series:
    """Return ``stored``, which is no text, in the column's type.

    Raises:
        DataError: the stored type is another kind of thing, or a value would change.
    """
    wanted, kind = _TYPES[column.logical_type], column.logical_type
    if not isinstance(stored.dtype, (type(wanted), pl.Null, *_ALSO.get(kind, ()))):
        raise DataError(
            f"{stored.name!r} is stored as {stored.dtype}, which is not {kind}", table.file, _RETYPE
        )
    cast = stored.cast(wanted, strict=False)
    lost = cast.cast(stored.dtype, strict=False).ne_missing(stored)
    if kind == "number":
        lost |= ~cast.is_finite().fill_null(value=True)
    if lost.any():
        row = int(lost.arg_true()[0])
        raise DataError(
            f"{int(lost.sum())} value(s) of {stored.name!r} are not of type {kind}: {stored[row]}",
            f"{table.file}, row {row + 1}",
            _RETYPE,
        )
    return cast


def _decode(content: bytes, table: Table) -> str:
    """Return the text, by the first declared encoding that decodes every byte.

    Raises:
        DataError: none does.
    """
    for encoding in table.encoding:
        try:
            return content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
        except UnicodeDecodeError as error:
            failed = error
    before = content[: failed.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    line = before.count(b"\n") + 1
    raise DataError(
        f"bytes {content[failed.start : failed.start + 4]!r} are not {table.encoding[-1]}",
        f"{table.file}, line {line}",
        f"declare the file's encoding: tables, {table.name}, encoding: [utf-8, cp850]",
    )


def _record_lines(text: str, table: Table) -> Sequence[int]:
    """Return the line on which each record starts, the header first.

    Raises:
        DataError: a record has more or fewer fields than the header, a quote is never closed, or a
            name stands twice in the header.
    """
    starts, widths = _quoted(text, table) if '"' in text else _unquoted(text, table)
    ragged = (widths != widths[0]).arg_true()
    if ragged.len():
        raise DataError(
            f"{widths[ragged[0]]} field(s) stand where the header has {widths[0]}",
            f"{table.file}, line {starts[ragged[0]]}",
            f"mend or remove that line; fields are told apart by {table.separator!r}",
        )
    header = next(csv.reader(StringIO(text), delimiter=table.separator))
    for name in header:
        if header.count(name) > 1:
            raise DataError(
                f"the column {name!r} stands {header.count(name)} times in the header",
                f"{table.file}, line 1",
                "keep one of them",
            )
    return starts


def _unquoted(text: str, table: Table) -> tuple[Sequence[int], pl.Series]:
    """Return the first line of each record and its number of fields, where a line is a record."""
    lines = pl.Series(text.split("\n"))
    widths = lines.str.count_matches(table.separator, literal=True) + 1
    return range(1, lines.len() + 1), widths


def _quoted(text: str, table: Table) -> tuple[Sequence[int], pl.Series]:
    """Return the first line of each record and its number of fields, where a quote may span lines.

    Raises:
        DataError: a quote is not closed, or something stands behind one.
    """
    reader = csv.reader(StringIO(text), delimiter=table.separator, strict=True)
    starts, widths = [], []
    try:
        start = 1
        for fields in reader:
            starts.append(start)
            widths.append(len(fields))
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"not a table: {error}", f"{table.file}, line {start}", "mend the quotes of that record"
        ) from error
    return starts, pl.Series(widths)


def _refuse_unknown(columns: list[str], contract: Contract, where: str) -> None:
    """Refuse a column the contract does not know.

    Raises:
        DataError: the first such column, with the nearest known name.
    """
    for name in columns:
        if name not in contract.columns:
            raise DataError(
                f"the column {name!r} is not in the contract",
                f"{where}, line 1",
                f"remove it or add it to contract.yaml and project.yaml; "
                f"{nearest(name, contract.columns)}",
            )


def _typed(raw: pl.Series, column: Column, table: Table, place: Callable[[int], str]) -> pl.Series:
    """Return ``raw`` text as the column's type; null where empty or an NA token.

    ``place`` names the place of a row, counted from 0, in the file.

    Raises:
        DataError: a value is not of the type; the first places and values are named.
    """
    tokens = list(table.na) if column.logical_type == "string" else ["", *table.na]
    text = raw.to_frame("raw").select(
        pl.when(pl.col("raw").is_in(tokens)).then(None).otherwise(pl.col("raw")).alias(raw.name)
    )[raw.name]
    typed = _convert(text, column, table)
    failed = typed.is_null() & text.is_not_null()
    if column.logical_type == "number":
        failed |= ~typed.is_finite().fill_null(value=True)
    if failed.any():
        bad = failed.arg_true()
        places = ", ".join(place(row) for row in bad.head(SHOWN).to_list())
        values = ", ".join(repr(value) for value in text.gather(bad.head(SHOWN)).to_list())
        kind = column.logical_type
        expected = f"{kind} ({_pattern(column)})" if kind == "date" else kind
        raise DataError(
            f"{len(bad)} value(s) of {raw.name!r} are not of type {expected}: {values}",
            f"{table.file}, {places}",
            "mend the values, declare them as NA tokens of the table (na: [...]), "
            "or change the type in contract.yaml",
        )
    return typed


def _convert(text: pl.Series, column: Column, table: Table) -> pl.Series:
    """Return the column's type, null where a value cannot be read as it."""
    if column.logical_type == "date":
        return text.str.to_date(date_format(_pattern(column)), strict=False)
    if column.logical_type == "boolean":
        words = dict.fromkeys(table.true_words, True) | dict.fromkeys(table.false_words, False)
        return text.replace_strict(words, default=None, return_dtype=pl.Boolean)
    return text.cast(_TYPES[column.logical_type], strict=False)


def _pattern(column: Column) -> str:
    """Return the date pattern of a column, ISO where none is declared."""
    return column.options.format or "yyyy-MM-dd"


def date_format(pattern: str) -> str:
    """Translate the standard's date pattern into the one Polars parses by.

    Raises:
        SpecError: a letter of the pattern means nothing.

    >>> date_format("yyyy-MM-dd"), date_format("M/d/yyyy")
    ('%Y-%m-%d', '%-m/%-d/%Y')
    """
    out, rest = "", pattern
    while rest:
        token = next((t for t in _DATE_TOKENS if rest.startswith(t)), None)
        if token is None and rest[0].isalpha():
            raise SpecError(
                f"{rest[0]!r} in the date format {pattern!r} means nothing",
                "contract.yaml, logicalTypeOptions.format",
                f"build it from {', '.join(_DATE_TOKENS)}",
            )
        out += _DATE_TOKENS[token] if token else rest[0]
        rest = rest[len(token) if token else 1 :]
    return out
