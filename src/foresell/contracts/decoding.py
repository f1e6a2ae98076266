"""From the bytes of a text file to UTF-8 with plain line ends, a piece at a time."""

import codecs
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from foresell.errors import DataError
from foresell.spec.sources import Table

CHUNK = 16 * 2**20
_MARK = "\ufeff".encode()
_LF = b"\n"
_SIGNS = 'a,;"\r\n'


def chunks(content: BinaryIO, heard: Callable[[bytes], object]) -> Iterator[bytes]:
    """Yield what is left of ``content``, piece by piece; ``heard`` gets each piece first."""
    while piece := content.read(CHUNK):
        heard(piece)
        yield piece


def choose_encoding(content: BinaryIO, table: Table, name: str) -> str:
    """Return the first declared encoding that decodes every byte of the file ``name``.

    A single one is not tried: what it cannot decode is found when the file is read. ``content`` is
    at its start before and after. Where none of several does, a ``DataError`` says so of the last.
    """
    failed: DataError | None = None
    for encoding in table.encoding if len(table.encoding) > 1 else ():
        content.seek(0)
        try:
            for _ in _decoded(chunks(content, len), encoding, table, name):
                pass
        except DataError as error:
            failed = error
        else:
            content.seek(0)
            return encoding
    if failed is not None:
        raise failed
    return table.encoding[0]


def utf8_chunks(pieces: Iterable[bytes], encoding: str, table: Table, name: str) -> Iterator[bytes]:
    """Yield the text of ``pieces`` as UTF-8 with LF line ends and without a byte order mark.

    A piece may end anywhere but within a character.

    Raises:
        DataError: a byte that ``encoding`` does not decode, or a NUL.
    """
    line, begun = 1, False
    decoded = (text.encode() for text in _decoded(pieces, encoding, table, name))
    for text in plain_line_ends(decoded):
        piece = text if begun else text.removeprefix(_MARK)
        begun = begun or bool(text)
        if (nul := piece.find(b"\0")) >= 0:
            raise DataError(
                "the file holds NUL characters, so it is no text in the declared encoding",
                f"{name}, line {line + piece.count(_LF, 0, nul)}",
                f"get the file again, or declare its encoding: tables, {table.name}, "
                "encoding: [utf-16]",
            )
        line += piece.count(_LF)
        yield piece


def plain_line_ends(pieces: Iterable[bytes]) -> Iterator[bytes]:
    r"""Yield ``pieces`` with LF in place of CRLF and bare CR.

    >>> b"".join(plain_line_ends([b"a\r", b"\nb\rc\r"]))
    b'a\nb\nc\n'
    """
    held = b""
    for piece in pieces:
        text = held + piece
        # The other half of a CRLF may be in the next piece.
        held = b"\r" if text.endswith(b"\r") else b""
        text = text[: len(text) - len(held)]
        yield text.replace(b"\r\n", _LF).replace(b"\r", _LF) if b"\r" in text else text
    if held:
        yield _LF


def is_like_ascii(encoding: str) -> bool:
    """Tell whether quotes and line ends are the same single bytes in ``encoding`` as in ASCII.

    >>> is_like_ascii("cp850"), is_like_ascii("utf-16")
    (True, False)
    """
    return _SIGNS.encode(encoding) == _SIGNS.encode()


def _decoded(pieces: Iterable[bytes], encoding: str, table: Table, name: str) -> Iterator[str]:
    """Yield the text of ``pieces``.

    Raises:
        DataError: a byte that ``encoding`` does not decode; only that byte is shown, for what
            stands beside it may be about a person.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    line, ended = 1, ""
    try:
        for piece in pieces:
            text = decoder.decode(piece)
            line += _line_ends(ended + text) - _line_ends(ended)
            ended = text[-1:] or ended
            yield text
        yield decoder.decode(b"", final=True)
    except UnicodeError as error:  # a UnicodeDecodeError, or a mark that UTF-16 begins with
        what, before = "the bytes", ""
        if isinstance(error, UnicodeDecodeError):
            what = f"bytes {error.object[error.start : error.end]!r}"
            before = error.object[: error.start].decode(encoding, errors="replace")
        raise DataError(
            f"{what} are not {encoding}",
            f"{name}, line {line + _line_ends(ended + before) - _line_ends(ended)}",
            f"declare the file's encoding: tables, {table.name}, encoding: [utf-8, cp850]",
        ) from error


def _line_ends(text: str) -> int:
    r"""Count the line ends of ``text``: LF, CRLF and bare CR.

    >>> _line_ends("a\r\nb\rc\n")
    3
    """
    return text.count("\n") + (text.count("\r") - text.count("\r\n") if "\r" in text else 0)
