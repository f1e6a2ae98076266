"""Text cut into whole records: quotes respected, widths compared, lines of the file known."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from foresell.contracts.headers import SEPARATORS, declare_separator
from foresell.errors import DataError, counted
from foresell.spec.sources import Table

_LINE_END, _QUOTE = 10, 34
_LONGEST = 64 * 2**20  # bytes of one record: beyond that, a quote was never closed


@dataclass(frozen=True)
class Block:
    """Whole records of a file.

    ``text`` is UTF-8 with LF line ends and ends with one; ``line`` is the line of the file on which
    its first record starts.
    """

    text: bytes
    separator: str
    line: int

    @cached_property
    def _bytes(self) -> NDArray[np.uint8]:
        """The text, byte by byte."""
        return np.frombuffer(self.text, dtype=np.uint8)

    @cached_property
    def _quotes(self) -> NDArray[np.int64]:
        """Where quotes stand."""
        return _places(self.text, _QUOTE)

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """Where each record ends: the line ends outside quotes."""
        return _outside(_places(self.text, _LINE_END), self._quotes)

    @cached_property
    def widths(self) -> NDArray[np.int64]:
        """The number of fields of each record."""
        separators = _outside(_places(self.text, ord(self.separator)), self._quotes)
        return np.diff(np.searchsorted(separators, self.ends), prepend=0) + 1

    def line_of(self, record: int) -> int:
        """Return the line of the file on which a record, counted from 0, starts."""
        start = int(self.ends[record - 1]) + 1 if record else 0
        return self.line + self.text.count(b"\n", 0, start)

    def record(self, record: int) -> bytes:
        """Return the text of a record, counted from 0, without its line end."""
        start = int(self.ends[record - 1]) + 1 if record else 0
        return self.text[start : int(self.ends[record])]

    def first_stray_quote(self) -> int | None:
        """Return the first record with a quote that neither opens, closes nor doubles, or None."""
        quotes = self._quotes
        if not quotes.size:
            return None
        beside = np.array([_LINE_END, _QUOTE, ord(self.separator)], dtype=np.uint8)
        padded = np.concatenate([[_LINE_END], self._bytes, [_LINE_END]]).astype(np.uint8)
        before, behind = padded[quotes[0::2]], padded[quotes[1::2] + 2]
        stray = np.concatenate([
            quotes[0::2][~np.isin(before, beside)],
            quotes[1::2][~np.isin(behind, beside)],
        ])
        return int(np.searchsorted(self.ends, stray.min())) if stray.size else None


def cut_records(pieces: Iterable[bytes], table: Table, name: str) -> Iterator[tuple[Block, bool]]:
    """Yield the records of ``pieces`` in blocks, each with whether it is the last one.

    Blank lines at the end are left out.

    Every record has as many fields as the first, the header.

    A ``DataError``: a record has more or fewer fields, a quote is never closed, or something stands
    beside a quote that does not belong there. The place is the line on which the record starts;
    what stands there is not shown, for it may be about a person.
    """
    width, names = 0, b""
    for block, last in _blocks(pieces, table, name):
        stray = block.first_stray_quote()
        if not width:
            width, names = int(block.widths[0]), block.record(0)
        ragged = np.flatnonzero(block.widths != width)
        if stray is not None and not (ragged.size and ragged[0] < stray):
            _refuse_quotes("something stands beside a quote", block.line_of(stray), name)
        if ragged.size:
            _refuse_ragged(block, int(ragged[0]), (width, names), table, name)
        yield block, last


def _blocks(pieces: Iterable[bytes], table: Table, name: str) -> Iterator[tuple[Block, bool]]:
    """Yield whole records as they come; a quote that is never closed is a ``DataError``.

    A block waits for the next one, so that the last one is known, and takes what no line end ends.
    """
    ready, rest, line = b"", b"", 1
    for piece in pieces:
        rest += piece
        whole = rest[: _last_end(rest)].rstrip(b"\n")
        if whole:
            if ready:
                yield Block(ready, table.separator, line), False
                line += ready.count(b"\n")
            ready, rest = whole + b"\n", rest[len(whole) + 1 :]
        elif len(rest.rstrip(b"\n")) > _LONGEST:
            break
    rest = rest.rstrip(b"\n")
    if rest.count(b'"') % 2 or len(rest) > _LONGEST:
        if ready:  # what is wrong before that quote is told first
            yield Block(ready, table.separator, line), False
        line += ready.count(b"\n") + _blank_lines(rest)
        _refuse_quotes("a quote is never closed", line, name)
    if ready or rest:
        yield Block(ready + rest + b"\n" * bool(rest), table.separator, line), True


def count_records(pieces: Iterable[bytes]) -> int:
    r"""Return how many records ``pieces`` hold, the header among them, blank last lines not.

    >>> count_records([b'id,n\na,"1', b'\n2"\nb,3', b"\n\n"])
    3
    """
    ends, records, quoted = 0, 0, 0
    for piece in pieces:
        filled = len(piece.rstrip(b"\n"))
        quotes = _places(piece, _QUOTE)
        found = _places(piece, _LINE_END)
        if quotes.size or quoted:
            found = found[(np.searchsorted(quotes, found) + quoted) % 2 == 0]
        if filled:
            records = ends + int(np.searchsorted(found, filled)) + 1
        ends += int(found.size)
        quoted = (quoted + int(quotes.size)) % 2
    return records


def _last_end(text: bytes) -> int:
    """Return where the last whole record of ``text`` ends, which starts with one; 0 for nowhere."""
    if b'"' not in text:
        return text.rfind(b"\n") + 1
    ends = _outside(_places(text, _LINE_END), _places(text, _QUOTE))
    return int(ends[-1]) + 1 if ends.size else 0


def _places(text: bytes, byte: int) -> NDArray[np.int64]:
    """Return where ``byte`` stands in ``text``."""
    if byte == _QUOTE and b'"' not in text:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == byte)


def _outside(places: NDArray[np.int64], quotes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the ``places`` with an even number of ``quotes`` before them."""
    return places[np.searchsorted(quotes, places) % 2 == 0] if quotes.size else places


def _blank_lines(text: bytes) -> int:
    """Return the number of line ends at the start of ``text``."""
    return len(text) - len(text.lstrip(b"\n"))


def _refuse_ragged(
    block: Block, record: int, header: tuple[int, bytes], table: Table, name: str
) -> NoReturn:
    """Refuse a record with more or fewer fields than the header, and say why that may be.

    ``header``: its number of fields, and its text.

    Raises:
        DataError: always.
    """
    (width, names), found, text = header, int(block.widths[record]), block.record(record)
    what = f"{counted(found, 'field')} {'stands' if found == 1 else 'stand'} where the header has "
    what, mend = f"{what}{width}", "mend or remove that line; fields are told apart by "
    mend += repr(table.separator)
    if not text.strip(b" "):
        what, mend = "the line is empty", "remove it"
    elif width == 1 and (other := _other_separator(names.decode(), text.decode())):
        mend = declare_separator(other)
    elif width == 1 or (record == 1 and block.line == 1):
        mend += "; does line 1 hold the column names?"
    raise DataError(what, f"{name}, line {block.line_of(record)}", mend)


def _other_separator(names: str, below: str) -> str | None:
    """Return what tells the fields of a header of one field apart, or None where nothing may."""
    for sign in SEPARATORS:
        times = names.count(sign)
        if times > 1 or times == below.count(sign) == 1:
            return sign
    return None


def _refuse_quotes(what: str, line: int, name: str) -> NoReturn:
    """Refuse a record whose quotes do not fit.

    Raises:
        DataError: always.
    """
    raise DataError(
        f"not a table: {what}", f"{name}, line {line}", "mend the quotes of that record"
    )
