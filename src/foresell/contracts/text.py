"""From bytes to typed columns: nothing is guessed, every failure names its lines."""

from io import BytesIO

import polars as pl

from foresell.contracts.contract import Column, Contract
from foresell.errors import DataError, nearest
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


def read_table(content: bytes, table: Table, contract: Contract) -> pl.DataFrame:
    """Read one file in its declared format into the types of the contract; rows in file order."""
    reader = read_csv if table.format == "csv" else read_parquet
    return reader(content, table, contract)


def read_csv(content: bytes, table: Table, contract: Contract) -> pl.DataFrame:
    """Read one delimited file into the types of the contract; rows in file order.

    Line ends may be LF, CRLF or bare CR; a UTF-8 byte order mark is dropped. ``table.na`` tokens
    and empty fields become null.

    Raises:
        DataError: no bytes, no rows, bytes that no declared encoding decodes, a line with too many
            fields, a column the contract does not know, or a value that is not of its type.
    """
    where = table.file
    if not content.strip():
        raise DataError("the file is empty", where, "get the file again from its source")
    text = _decode(content, table).replace("\r\n", "\n").replace("\r", "\n")
    try:
        raw = pl.read_csv(
            BytesIO(text.encode()), infer_schema=False, separator=table.separator, quote_char='"'
        )
    except pl.exceptions.PolarsError as error:
        line = _first_ragged_line(text, table.separator)
        place = f"{where}, line {line}" if line else where
        reason = str(error).split("\n", maxsplit=1)[0]
        raise DataError(f"not a table: {reason}", place, "mend or remove that line") from error
    _refuse_unknown(raw.columns, contract, where)
    if raw.height == 0:
        raise DataError("the file has a header and no rows", where, "get the file again")
    return raw.select(
        _typed(raw[name], contract.columns[name], table, where) for name in raw.columns
    )


def read_parquet(content: bytes, table: Table, contract: Contract) -> pl.DataFrame:
    """Read one Parquet file and check its columns against the contract; rows in file order.

    Raises:
        DataError: the bytes are no Parquet file, or a column is unknown or of another type.
    """
    try:
        frame = pl.read_parquet(BytesIO(content))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError("not a Parquet file", table.file, "get the file again") from error
    _refuse_unknown(frame.columns, contract, table.file)
    wanted = [pl.col(n).cast(_TYPES[contract.columns[n].logical_type]) for n in frame.columns]
    try:
        return frame.select(wanted)
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"a column is not of its contract's type: {str(error).splitlines()[0]}",
            table.file,
            "write the column with the declared type, or change the contract",
        ) from error


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
    line = content.count(b"\n", 0, failed.start) + 1
    raise DataError(
        f"bytes {content[failed.start : failed.start + 4]!r} are not {table.encoding[-1]}",
        f"{table.file}, line {line}",
        f"declare the file's encoding: tables, {table.name}, encoding: [utf-8, cp850]",
    )


def _first_ragged_line(text: str, separator: str) -> int | None:
    """Return the number of the first line with more fields than the header, or None."""
    lines = text.split("\n")
    width = lines[0].count(separator)
    return next((i for i, line in enumerate(lines, 1) if line.count(separator) > width), None)


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


def _typed(raw: pl.Series, column: Column, table: Table, where: str) -> pl.Series:
    """Return ``raw`` text as the column's type; null where empty or an NA token.

    Raises:
        DataError: a value is not of the type; the first lines and values are named.
    """
    tokens = list(table.na) if column.logical_type == "string" else ["", *table.na]
    text = raw.to_frame("raw").select(
        pl.when(pl.col("raw").is_in(tokens)).then(None).otherwise(pl.col("raw")).alias(raw.name)
    )[raw.name]
    typed = _convert(text, column, table)
    failed = typed.is_null() & text.is_not_null()
    if column.logical_type == "number":
        failed |= typed.is_infinite().fill_null(value=False) | typed.is_nan().fill_null(value=False)
    if failed.any():
        bad = failed.arg_true()
        lines = ", ".join(str(line) for line in (bad.head(SHOWN) + 2).to_list())
        values = ", ".join(repr(value) for value in text.gather(bad.head(SHOWN)).to_list())
        kind = column.logical_type
        expected = f"{kind} ({column.options.format})" if kind == "date" else kind
        raise DataError(
            f"{len(bad)} value(s) of {raw.name!r} are not of type {expected}: {values}",
            f"{where}, line {lines}",
            "mend the values, declare them as NA tokens of the table (na: [...]), "
            "or change the type in contract.yaml",
        )
    return typed


def _convert(text: pl.Series, column: Column, table: Table) -> pl.Series:
    """Return the column's type, null where a value cannot be read as it."""
    if column.logical_type == "date":
        return text.str.to_date(date_format(column.options.format or "yyyy-MM-dd"), strict=False)
    if column.logical_type == "boolean":
        words = dict.fromkeys(table.true_words, True) | dict.fromkeys(table.false_words, False)
        return text.replace_strict(words, default=None, return_dtype=pl.Boolean)
    return text.cast(_TYPES[column.logical_type], strict=False)


def date_format(pattern: str) -> str:
    """Translate the standard's date pattern into the one Polars parses by.

    >>> date_format("yyyy-MM-dd"), date_format("M/d/yyyy")
    ('%Y-%m-%d', '%-m/%-d/%Y')
    """
    out, rest = "", pattern
    while rest:
        token = next((t for t in _DATE_TOKENS if rest.startswith(t)), None)
        out += _DATE_TOKENS[token] if token else rest[0]
        rest = rest[len(token) if token else 1 :]
    return out
