"""How to mend values that are not of their type: what they look like decides."""

import re
from collections.abc import Sequence

from foresell.contracts.document import LogicalType
from foresell.contracts.showing import GUARDED, is_no_value
from foresell.spec.sources import Table

NUMERAL = {  # as Polars reads them, whatever their size
    "integer": "^[+-]?[0-9]+$",
    "number": r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$",
}
TOO_LARGE = (
    "mend the values at their source, or declare the column as string: "
    "what is only a name may have any length"
)
_DECIMAL_COMMA = re.compile(r"[+-]?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+),[0-9]+")
_ONE_COMMA = re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}([,' \u00a0\u202f][0-9]{3})+(\.[0-9]*)?")
_ELSE = {
    "date": "or declare how the days are written: logicalTypeOptions, format in contract.yaml",
    "boolean": "or declare the words: true_words and false_words of the table in project.yaml",
}


def advice(kind: LogicalType, bad: Sequence[str], table: Table, *, guarded: bool) -> str:
    """Return the next move of somebody whose values ``bad``, the first ones, are not of ``kind``.

    ``guarded``: none of them is repeated, for they may be about a person.
    """
    if all(map(is_no_value, bad)):
        tokens = [*table.na, *dict.fromkeys(bad)]
        return f"declare them as missing, na: {tokens} of the table, or mend them at their source"
    looks = _looks(bad[0]) if kind in NUMERAL else None
    if looks is None:
        other = _ELSE.get(kind, "or change the type in contract.yaml")
        move = f"mend the values at their source, {other}"
    else:
        like, write = looks
        who = "the first one" if guarded else bad[0]
        move = f"{who} looks like {like}; write {'it without' if guarded else write}"
    return f"{move} {GUARDED}" if guarded else move


def _looks(value: str) -> tuple[str, str] | None:
    """Return what a text that is no number looks like, and how it is written."""
    if _ONE_COMMA.fullmatch(value):
        return "a decimal comma or thousands", value.replace(",", ".") + " or " + value.replace(
            ",", ""
        )
    if _DECIMAL_COMMA.fullmatch(value):
        return "a decimal comma", value.replace(".", "").replace(",", ".")
    if _THOUSANDS.fullmatch(value):
        return "thousands that are set apart", re.sub("[,' \u00a0\u202f]", "", value)
    return None
