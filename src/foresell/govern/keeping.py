"""Bundles in a vault: every file by its own sha256, and the listing whose sha256 names them all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import NoReturn

import polars as pl

from foresell.bundle.bundle import CHECKSUMS, read_files
from foresell.errors import DataError, UsageError
from foresell.spec.ports import Store, Vault


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A bundle that lies in a vault: its identity, how many files, and the bytes of all of them."""

    digest: str
    files: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class KeptBundle:
    """The files of a kept bundle, as a store that nobody can write to.

    ``listing``: the content of ``checksums.json``; ``sums``: what it says, sha256 by name. What is
    read was compared with its sha256 by the vault.
    """

    vault: Vault
    listing: bytes
    sums: Mapping[str, str]

    def write_frame(self, name: str, frame: pl.DataFrame) -> None:  # noqa: ARG002, PLR6301 - as the port
        """Refuse. Raises UsageError, always: a version never changes."""
        _refuse(name)

    def read_frame(self, name: str) -> pl.DataFrame:
        """Return the frame kept under ``name``. Raises DataError when there is none."""
        return pl.read_parquet(BytesIO(self.read_bytes(name)))

    def write_bytes(self, name: str, content: bytes) -> None:  # noqa: ARG002, PLR6301 - as the port
        """Refuse. Raises UsageError, always: a version never changes."""
        _refuse(name)

    def read_bytes(self, name: str) -> bytes:
        """Return the bytes kept under ``name``.

        Raises:
            DataError: there are none, or they have changed.
        """
        if name == CHECKSUMS:
            return self.listing
        if name not in self.sums:
            raise DataError(
                f"{name} is missing", f"a bundle in {self.vault.label}", "read a name that it lists"
            )
        return self.vault.get(self.sums[name])

    def list(self) -> Sequence[str]:
        """Return every name, sorted."""
        return sorted([*self.sums, CHECKSUMS])


def keep_bundle(bundle: Store, vault: Vault) -> str:
    """Put every file of ``bundle`` into ``vault``, then its listing; return the bundle's identity.

    Done again it changes nothing. Interrupted it leaves files that no listing names. A file that is
    missing, was changed, or is not listed, is a ``DataError``.
    """
    return keep_files(read_files(bundle), vault).digest


def keep_files(files: Mapping[str, bytes], vault: Vault) -> Kept:
    """Do as `keep_bundle` with the ``files`` that `read_files` has returned, and thereby verified.

    What is kept is what was read, whatever lies where they came from by now.
    """
    size = 0
    for name in sorted(files.keys() - {CHECKSUMS}):
        vault.put(files[name])
        size += len(files[name])
    return Kept(digest=vault.put(files[CHECKSUMS]), files=len(files) - 1, bytes=size)


def kept_bundle(vault: Vault, digest: str) -> KeptBundle:
    """Return the files of the bundle ``digest``, for reading.

    Raises:
        DataError: there is none, its listing has changed, or what has this sha256 is no listing.
    """
    listing = vault.get(digest)
    try:
        sums = json.loads(listing)
    except (ValueError, RecursionError):  # a file of a bundle, which is no JSON
        sums = None
    if not isinstance(sums, dict) or not all(isinstance(one, str) for one in sums.values()):
        raise DataError(
            f"{digest} names a file, not a bundle",
            f"{vault.label}",
            "name a version: foresell registry show PROJECT lists them",
        )
    return KeptBundle(vault=vault, listing=listing, sums=sums)


def _refuse(name: str) -> NoReturn:
    """Say that nothing can be written.

    Raises:
        UsageError: always.
    """
    raise UsageError(
        f"{name} cannot be written: a registered bundle never changes",
        "registry",
        "write to a folder of your own, and register that",
    )
