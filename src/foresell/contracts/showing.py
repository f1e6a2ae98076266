"""What an error may show of a file: where data is about people, no value as it stands."""

from difflib import get_close_matches

from foresell.contracts.contract import Contract
from foresell.errors import counted

GUARDED = "(a letter is shown as a, a digit as 9: values beside personal data are not shown)"
_LONGEST = 24
# What people write where nothing is known; in small letters.
_NO_VALUE = frozenset({
    *("na", "n/a", "#n/a", "n.a.", "nan", "null", "nil", "none", "missing", "unknown"),
    *("-", "--", "?", ".", "\\n"),
})


def is_guarded(contract: Contract) -> bool:
    """Tell whether the files of a contract hold personal data, so that no value may be shown."""
    return any(column.personal for column in contract.columns.values())


def is_no_value(value: str) -> bool:
    """Tell whether ``value`` is a word that people write where nothing is known.

    >>> is_no_value("N/A"), is_no_value("n/a 12")
    (True, False)
    """
    return value.strip().lower() in _NO_VALUE


def shown(value: str, *, guarded: bool) -> str:
    """Return ``value`` in quotes; where it is ``guarded`` its shape, unless it says nothing at all.

    >>> shown("José 0", guarded=True), shown("NA", guarded=True), shown("José 0", guarded=False)
    ("'aaaa 9'", "'NA'", "'José 0'")
    """
    if not guarded or is_no_value(value):
        return repr(value)
    shape = "".join(map(_shape, value[:_LONGEST]))
    return repr(shape) + ("..." if len(value) > _LONGEST else "")


def column_shown(name: str, at: int, contract: Contract) -> str:
    """Return how an error calls the column ``name`` of a header, at place ``at`` from 0.

    What stands in a header may be a row about a person, so where the contract has personal data
    only a name like one that it knows is shown; of any other the place and the length.
    """
    known = {column.lower() for column in contract.columns}
    like = get_close_matches(name.strip().lower(), known, n=1, cutoff=0.8)
    if not is_guarded(contract) or not name.strip() or like:
        return f"the column {name!r}"
    return f"the column at place {at + 1}, its name {counted(len(name), 'character')} long,"


def _shape(sign: str) -> str:
    """Return what stands for one sign of a value."""
    if sign.isalpha():
        return "a"
    if sign.isnumeric():
        return "9"
    return sign if sign.isascii() and sign.isprintable() else "?"
