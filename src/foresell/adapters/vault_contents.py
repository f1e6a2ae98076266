"""What every vault says of a content: its name, and what is wrong with one that has changed."""

import hashlib
import re

from foresell.errors import DataError, MachineError

_DIGEST = re.compile(r"[0-9a-f]{64}")
_RESTORE = (
    "restore it from a copy, or put it back: foresell registry register PROJECT BUNDLE, with the "
    "bundle it came from"
)
_HEAD = 2  # characters of a digest that name its folder


def digest_of(content: bytes) -> str:
    """Return the sha256 of ``content`` in hexadecimal, the name it is kept under.

    >>> digest_of(b"")[:12]
    'e3b0c44298fc'
    """
    return hashlib.sha256(content).hexdigest()


def path_of(digest: str) -> str | None:
    """Return where a vault of files keeps a content, None where ``digest`` is no sha256.

    >>> path_of(digest_of(b""))[:10]
    'e3/b0c4429'
    >>> path_of("../secret") is None
    True
    """
    if _DIGEST.fullmatch(digest) is None:
        return None
    return f"{digest[:_HEAD]}/{digest[_HEAD:]}"


def digest_at(path: str) -> str | None:
    """Return the digest of what is kept at ``path``; None where that is the name of no content.

    >>> digest_at(path_of(digest_of(b""))) == digest_of(b"")
    True
    """
    digest = path.replace("/", "", 1)
    return digest if path_of(digest) == path else None


def intact(content: bytes | None, digest: str, label: str) -> bytes:
    """Return ``content``, which the vault ``label`` has under ``digest``, None for nothing.

    Raises:
        DataError: there is none, or it is not what was put there.
    """
    if content is None:
        raise DataError(
            f"the content {digest[:12]} of the registry is missing", f"{label}, {digest}", _RESTORE
        )
    if digest_of(content) != digest:
        raise DataError(
            f"the content {digest[:12]} of the registry is not the one that was put there",
            f"{label}, {digest}",
            _RESTORE,
        )
    return content


def same(read: bytes | None, written: bytes, where: str) -> None:
    """Refuse a place that does not give back what it was given.

    Raises:
        MachineError: what was ``read`` is not what was ``written``.
    """
    if read != written:
        raise MachineError(
            f"the content {digest_of(written)[:12]} reads back other than it was written",
            where,
            "the disk or the server damages what it is given: check it, or keep the artifacts "
            "elsewhere (FORESELL_ARTIFACTS)",
        )
