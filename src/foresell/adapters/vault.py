"""Where the contents of bundles are kept under their sha256: a folder, or a bucket of S3.

A folder has ``ab/cdef...``, one file a content, and beside them for a moment ``.cdef....draft``,
what is being written. A writer that is killed leaves such a draft, which nobody reads, or nothing.
"""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foresell.adapters.vault_contents import digest_at, digest_of, intact, path_of, same
from foresell.errors import MachineError, UsageError
from foresell.spec.ports import Vault

_S3 = "s3"
_DRAFT = ".draft"
_ABANDONED = 24 * 3600.0  # seconds after which no writer is still at its draft


def open_vault(place: str) -> Vault:
    """Return the vault at ``place``: a folder, or ``s3://bucket/prefix``. Nothing is opened yet.

    Raises:
        MachineError: it is a bucket, and the library that speaks to it is not installed.
        UsageError: it is a URI of anything else, or of no bucket.
    """
    scheme, parted, rest = place.partition("://")
    if not parted:
        return DirectoryVault(Path(place))
    bucket, _, prefix = rest.partition("/")
    wrong = {
        f"artifacts cannot be kept in a place of the scheme {scheme!r}": scheme != _S3,
        "credentials do not belong in the address": "@" in bucket,
        "no bucket is named": not bucket,
    }
    for what, true in wrong.items():
        if true:
            raise UsageError(
                what,
                "FORESELL_ARTIFACTS",
                "name a folder, or s3://BUCKET/PREFIX; credentials come from the environment",
            )
    try:
        from foresell.adapters.vault_s3 import S3Vault  # noqa: PLC0415 - the extra s3
    except ImportError as error:
        raise MachineError(
            "a bucket needs boto3, which is not installed",
            f"FORESELL_ARTIFACTS, {place}",
            "install it: pip install 'foresell[s3]'",
        ) from error
    return S3Vault(bucket, prefix.strip("/"))


@dataclass(frozen=True)
class DirectoryVault:
    """Contents as the files of one folder; any number of processes may write there."""

    root: Path

    def put(self, content: bytes) -> str:
        """Keep ``content`` and return its sha256.

        It is written to a draft, flushed to the disk, read back and compared, then renamed. What is
        there already is kept if it is right, else replaced. A draft beside it that was left a day
        ago is taken away.

        Raises:
            MachineError: the disk is full or the folder cannot be written, or it damages contents.
        """
        digest = digest_of(content)
        path = self.root / (path_of(digest) or "")
        try:
            fresh = not path.parent.is_dir()
            path.parent.mkdir(parents=True, exist_ok=True)
            if fresh:
                _flush_folder(self.root)
            if _content(path) != content:
                _write(path, content)
            _flush_folder(path.parent)
        except OSError as error:
            self._refuse_file()
            raise MachineError(
                f"the registry cannot keep an artifact: {error.strerror}",
                str(path),
                "free the disk, mend the rights, or set FORESELL_ARTIFACTS to another folder",
            ) from error
        return digest

    def get(self, digest: str) -> bytes:
        """Return the content. A ``DataError`` where there is none, or where it has changed.

        Raises:
            MachineError: the file cannot be read.
        """
        path = path_of(digest)
        try:
            content = None if path is None else _content(self.root / path)
        except OSError as error:
            self._refuse_file()
            raise MachineError(
                f"the registry cannot read an artifact: {error.strerror}",
                f"{self.label}, {digest}",
                "mend the rights or the disk",
            ) from error
        return intact(content, digest, self.label)

    def has(self, digest: str) -> bool:
        """Tell whether something is kept under ``digest``, right or not."""
        path = path_of(digest)
        return path is not None and (self.root / path).is_file()

    def list(self) -> Sequence[str]:
        """Return every sha256 under which something is kept, sorted."""
        there = (path.relative_to(self.root).as_posix() for path in self.root.glob("*/*"))
        return sorted(digest for path in there if (digest := digest_at(path)) is not None)

    @property
    def label(self) -> str:
        """What to call this place in an error: the folder."""
        return str(self.root)

    def _refuse_file(self) -> None:
        """Say so where something other than a folder lies in its place.

        Raises:
            MachineError: a file does, or the like.
        """
        if self.root.exists() and not self.root.is_dir():
            raise MachineError(
                "the place where artifacts are kept is no folder",
                self.label,
                "set FORESELL_ARTIFACTS to a folder or to s3://BUCKET/PREFIX, or move away what "
                "lies there",
            )


def _content(path: Path) -> bytes | None:
    """Return what the file holds, None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write(path: Path, content: bytes) -> None:
    """Put ``content`` in a file that appears whole."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}{_DRAFT}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if hasattr(os, "posix_fadvise"):  # not on macOS: then the system's memory is read
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        same(_content(draft), content, str(path))
        _sweep(path.parent, draft.stat().st_mtime - _ABANDONED)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _sweep(folder: Path, before: float) -> None:
    """Take away drafts that were last written ``before``, in seconds as the file system counts."""
    for draft in folder.glob(f".*{_DRAFT}"):
        try:
            if draft.stat().st_mtime < before:
                draft.unlink()
        except FileNotFoundError:  # another writer swept as well
            continue


def _flush_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
