"""Rows that come in as CSV, each value in the type that the contract asks for."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NoReturn

from foresell.contracts.compiled.request_fields import RequestField
from foresell.contracts.contract import LogicalType
from foresell.errors import counted
from foresell.serving.problems import Refused

_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_BOOLEANS = {"true": True, "false": False}
_UTF_8 = ("charset=utf-8", 'charset="utf-8"')


def csv_rows(
    body: bytes, fields: Sequence[RequestField], parameters: Sequence[str], most: int
) -> list[dict[str, Any]]:
    """Return the rows of a CSV file, by field; an empty value is null.

    ``parameters``: of the media type, in small letters: ``charset=utf-8``, ``header=present`` or
    ``header=absent``; without a line of names the columns are ``fields`` in their order.

    Raises:
        Refused: 400, it is no CSV in UTF-8, or a line has more or fewer values than there are
            columns; 413 beyond ``most`` rows; 415 for another parameter.
    """
    for one in parameters:
        if one not in {"", "header=present", "header=absent", *_UTF_8}:
            raise Refused(
                "a parameter of the media type means nothing here",
                "header Content-Type",
                "use text/csv; charset=utf-8; header=present or absent",
                status=415,
            )
    try:
        # Strict, or a quote in the middle of nothing is taken for text.
        lines = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        there = ((lines.line_num, line) for line in lines if line)
        table = list(islice(there, most + 2))  # with the names one more than is read; not all
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(
            "the body is no CSV in UTF-8", "body", "write it with commas and quotes", status=400
        ) from error
    names = [one.name for one in fields]
    if "header=absent" not in parameters and table:
        names = table.pop(0)[1]
    if len(table) > most:
        raise Refused(
            f"there are more than {counted(most, 'row')}",
            "body",
            f"give {most:,} at most",
            status=413,
        )
    if len(set(names)) < len(names):
        _refuse("a column stands there twice", "line 1", "name each once")
    kinds: Mapping[str, LogicalType] = {one.name: one.kind for one in fields}
    return [_row(line, number, names, kinds) for number, line in table]


def _row(
    line: Sequence[str], number: int, names: Sequence[str], kinds: Mapping[str, LogicalType]
) -> dict[str, Any]:
    """Return one line by field."""
    if len(line) != len(names):
        _refuse(
            f"a line has {len(line):,} values for {len(names):,} columns",
            f"line {number:,}",
            f"write one each: {', '.join(names)[:300]}",
        )
    pairs = zip(names, line, strict=True)
    return {name: _typed(text, kinds.get(name, "string")) for name, text in pairs}


def _typed(text: str, kind: LogicalType) -> Any:
    """Return a value as JSON would have it; what is not of its kind is left to the contract.

    >>> _typed("3", "integer"), _typed("3", "number"), _typed("3", "string"), _typed("", "string")
    (3, 3.0, '3', None)
    >>> _typed("nan", "number"), _typed("1_0", "integer"), _typed("True", "boolean")
    ('nan', '1_0', True)
    """
    plain = text.strip()
    if not plain:
        return None
    if kind == "integer" and _WHOLE.fullmatch(plain):
        return int(plain)
    if kind in {"integer", "number"} and _NUMBER.fullmatch(plain):
        return float(plain)
    if kind == "boolean":
        return _BOOLEANS.get(plain.lower(), text)
    return text if kind == "string" else plain


def _refuse(what: str, where: str, mend: str) -> NoReturn:
    """Refuse a body that is no table.

    Raises:
        Refused: 400, always.
    """
    raise Refused(what, where, mend, status=400)
