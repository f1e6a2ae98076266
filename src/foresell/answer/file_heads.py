"""What a file of rows begins with: how to mend one that is not as the project reads text.

The files of a project may be declared otherwise in project.yaml; a file that somebody asks for is
mended in itself.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from typing import BinaryIO

from foresell.contracts.contract import Contract
from foresell.contracts.signatures import HEAD, PARQUET, kind_of
from foresell.errors import DataError, counted, nearest
from foresell.spec.sources import Table

_FIRST = 2**16  # bytes in which the header is looked for
_MARKS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16
_SEPARATORS = ";\t|,"
_LONGEST = 60  # characters of a column's name that an error shows, as of a field's
_SHOWN = 12
_DECLARED = ("project.yaml", "encoding:")  # words of a mend that is about a project's own files


def refuse_other_files(content: BinaryIO, name: str, table: Table, contract: Contract) -> None:
    """Refuse a file that is no text as ``table`` has it; ``content`` is at its start after.

    Raises:
        DataError: it is of another kind, in UTF-16, separated otherwise, or has a column that the
            contract does not know beside some that it does.
    """
    first = content.read(_FIRST)
    content.seek(0)
    if (kind := kind_of(first[:HEAD])) is not None:
        mend = "name it with the ending .parquet" if kind == PARQUET else "save it as CSV in UTF-8"
        raise DataError(f"the file is {kind}, and its name is that of text", name, mend)
    if first.startswith(_MARKS) or b"\0" in first:
        raise DataError("the file is no UTF-8 text, it may be UTF-16", name, "save it as UTF-8")
    line = first.decode("utf-8-sig", errors="replace").lstrip("\r\n").partition("\n")[0].strip()
    header = _fields(line, table.separator)
    for other in _SEPARATORS:
        if other != table.separator and _known(_fields(line, other), contract) > max(
            1, _known(header, contract)
        ):
            raise DataError(
                f"{_sign(other)} separates the columns of line 1",
                f"{name}, line 1",
                f"separate them by {_sign(table.separator)}, as the project does",
            )
    refuse_unknown(header, name, contract)


def refuse_unknown(columns: Sequence[str], name: str, contract: Contract) -> None:
    """Refuse columns that the contract does not know, where it knows others of the file.

    Raises:
        DataError: it names them; names are no values.
    """
    known = set(contract.columns)
    unknown = [one for one in columns if one not in known]
    if unknown and len(unknown) < len(columns):
        named = ", ".join(repr(one[:_LONGEST]) for one in unknown[:_SHOWN])
        what = "is no column" if len(unknown) == 1 else "are no columns"
        more = len(unknown) - _SHOWN
        more_words = f" and {counted(more, 'more name')}" if more > 0 else ""
        raise DataError(
            f"{named}{more_words} {what} of the contract",
            f"{name}, line 1",
            f"remove or rename {'it' if len(unknown) == 1 else 'them'}; "
            f"{nearest(unknown[0], known, _SHOWN)}",
        )


@contextmanager
def mended_in_itself() -> Iterator[None]:
    """Tell how to mend the file instead of how to declare it.

    Raises:
        DataError: one of the reader of a project's files, with another mend.
    """
    try:
        yield
    except DataError as error:
        if not any(word in error.mend for word in _DECLARED):
            raise
        raise DataError(error.what, error.where, "save the file as UTF-8 text") from error


def _fields(line: str, separator: str) -> list[str]:
    """Return the names in a header."""
    return next(csv.reader(StringIO(line, newline=""), delimiter=separator), [""])


def _known(names: Sequence[str], contract: Contract) -> int:
    """Return how many of ``names`` the contract knows."""
    return sum(name.strip('" ') in contract.columns for name in names)


def _sign(separator: str) -> str:
    """Return a separator in words."""
    return "a tab" if separator == "\t" else repr(separator)
