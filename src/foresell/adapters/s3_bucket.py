"""The objects of one bucket of S3 as they were when first asked for: listed, described, held."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC
from functools import cached_property
from typing import Any, BinaryIO

from botocore.exceptions import (
    ClientError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
)

from foresell.adapters.aws_clients import s3_client, saying_trouble
from foresell.adapters.held_file import HeldFile
from foresell.errors import DataError, MachineError, UsageError

_PIECE = 2**20
_AT_ONCE = 8  # descriptions asked for side by side
_BROKEN = 4  # times in a row that an answer may break off before a single byte came
_GONE = ("404", "NoSuchKey", "NoSuchVersion")
_CHANGED = ("412", "PreconditionFailed")
_UNVERSIONED = "null"  # what S3 calls an object that no version id was given; it can be replaced
_FORBIDDEN = ("the credentials have no right to it", "grant s3:ListBucket and s3:GetObject")
_BREAKS = (FlexibleChecksumError, HTTPClientError, IncompleteReadError)
_REFUSED: Mapping[str, tuple[str, str]] = {
    "403": _FORBIDDEN,
    "AccessDenied": _FORBIDDEN,
    "InvalidObjectState": ("it lies in an archive", "restore it first: aws s3api restore-object"),
}


@dataclass(frozen=True, kw_only=True)
class BucketObject:
    """One object as S3 describes it; ``version`` is None where it has no id that lasts."""

    key: str
    bytes: int
    etag: str
    modified: str
    version: str | None = None


class Bucket:
    """Objects of one bucket; what was listed, described or read once is not asked for again.

    So whoever asks sees one state of each object for as long as this lives. One that has changed or
    vanished in between is a ``DataError``; a bucket out of reach a ``MachineError``.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._listed: dict[str, Sequence[str]] = {}
        self._known: dict[str, BucketObject] = {}
        self._described: set[str] = set()
        self._versioned = False  # as far as an object has told
        self._held: dict[str, HeldFile] = {}

    def keys(self, prefix: str) -> Sequence[str]:
        """Return the keys that begin with ``prefix``, sorted; marks of folders are left out."""
        if prefix not in self._listed:
            with self._asked(prefix):
                pages = self._client.get_paginator("list_objects_v2").paginate(
                    Bucket=self.name, Prefix=prefix
                )
                listed = [one for page in pages for one in page.get("Contents", ())]
            found = [_object(one["Key"], one["Size"], one) for one in listed]
            for one in found:
                self._known.setdefault(one.key, one)
            self._listed[prefix] = sorted(one.key for one in found if not one.key.endswith("/"))
        return self._listed[prefix]

    def near(self, prefix: str) -> Sequence[str]:
        """Return what lies directly below ``prefix``, at most a thousand names, for an error."""
        with self._asked(prefix):
            page = self._client.list_objects_v2(Bucket=self.name, Prefix=prefix, Delimiter="/")
        found = [one["Key"] for one in page.get("Contents", ())]
        found += [one["Prefix"] for one in page.get("CommonPrefixes", ())]
        names = (key.removeprefix(prefix).rstrip("/") for key in found)
        return sorted(name for name in names if name)

    def described(self, keys: Sequence[str]) -> Sequence[BucketObject]:
        """Return the objects of ``keys``, which were listed, with their versions.

        A list has none. The first object tells whether there are any; then all are asked for.
        """
        wanted = [key for key in keys if key not in self._described]
        if wanted:
            found = [self._describe(wanted[0])]
            if self._versioned:
                with ThreadPoolExecutor(_AT_ONCE) as pool:
                    found += pool.map(self._describe, wanted[1:])
            self._known.update({one.key: one for one in found})
            self._described.update(wanted)
        return [self._known[key] for key in keys]

    def open(self, key: str) -> BinaryIO:
        """Open an object that was listed: it is fetched whole, once, and then read from the disk.

        A ``DataError``: it is not any more what it was when it was listed.
        """
        if key not in self._held:
            self._held[key] = self._fetched(self._known[key])
        return self._held[key].open()

    def foot(self, key: str, size: int) -> bytes:
        """Return the last ``size`` bytes of an object that was listed, or all where it has fewer.

        A ``DataError``: it is not any more what it was when it was listed.
        """
        one = self._known[key]
        if not one.bytes:
            return b""
        answer = self._get(one, Range=f"bytes={max(0, one.bytes - size)}-")
        with self._asked(key):
            return bytes(answer["Body"].read())

    @property
    def label(self) -> str:
        """What to call this place in an error."""
        return f"s3://{self.name}"

    @cached_property
    def _client(self) -> Any:
        """The client, built when it is first needed."""
        return s3_client()

    def _describe(self, key: str) -> BucketObject:
        """Return one object as it is now, with its version."""
        with self._asked(key), self._same(key):
            found = self._client.head_object(Bucket=self.name, Key=key)
        version = found.get("VersionId")
        self._versioned = self._versioned or version is not None
        one = _object(key, found["ContentLength"], found)
        return one if version in {None, _UNVERSIONED} else replace(one, version=version)

    def _get(self, one: BucketObject, **words: str) -> Any:
        """Ask for an object, or nothing where it has become another."""
        if one.version is not None:
            words["VersionId"] = one.version
        with self._asked(one.key), self._same(one.key):
            return self._client.get_object(
                Bucket=self.name, Key=one.key, IfMatch=f'"{one.etag}"', **words
            )

    def _fetched(self, one: BucketObject) -> HeldFile:
        """Return the whole of an object; where an answer breaks off, the rest is asked for.

        Raises:
            MachineError: answers break off again and again, before another byte came.
        """
        into, broken = HeldFile(), 0
        while into.size < one.bytes:
            before = into.size
            try:
                self._fetch_rest(one, into)
            except _BREAKS as error:
                if isinstance(error, FlexibleChecksumError):
                    into.clear()  # something was damaged on the way, and nobody knows what
                broken = 0 if into.size > before else broken + 1
                if broken == _BROKEN:
                    raise MachineError(
                        f"the bucket cannot be reached: {type(error).__name__}",
                        f"{self.label}/{one.key}, after {into.size:,} of {one.bytes:,} bytes",
                        "run again when the way to it is sound",
                    ) from error
        return into

    def _fetch_rest(self, one: BucketObject, into: HeldFile) -> None:
        """Read what ``into`` lacks of an object.

        Raises:
            IncompleteReadError: the answer ended before the object did.
        """
        answer = self._get(one, **({"Range": f"bytes={into.size}-"} if into.size else {}))
        for piece in answer["Body"].iter_chunks(_PIECE):
            into.write(piece)
        if into.size < one.bytes:
            raise IncompleteReadError(actual_bytes=into.size, expected_bytes=one.bytes)

    @contextmanager
    def _same(self, key: str) -> Iterator[None]:
        """Say that an object is not what it was when it was listed.

        Raises:
            ClientError: anything else is the matter.
            DataError: it is gone, or another one.
        """
        try:
            yield
        except ClientError as error:
            code = str(error.response["Error"]["Code"])
            if code in _GONE:
                raise DataError(
                    "the file vanished while the run was reading",
                    f"{self.label}/{key}",
                    "run again when it is there",
                ) from error
            if code in _CHANGED:
                raise DataError(
                    "the file changed while the run was reading it",
                    f"{self.label}/{key}",
                    "run again when it is whole",
                ) from error
            raise

    @contextmanager
    def _asked(self, key: str) -> Iterator[None]:
        """Say in our words why the bucket did not answer; see ``saying_trouble``.

        Raises:
            UsageError: there is none of that name.
            ClientError: anything else is the matter, for ``saying_trouble`` to say.
        """
        where = f"{self.label}/{key}".rstrip("/")
        with saying_trouble("the bucket", where, refused=_REFUSED):
            try:
                yield
            except ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchBucket":
                    raise
                raise UsageError(
                    "there is no such bucket", where, "create it, or name another"
                ) from error


def _object(key: str, size: int, said: Mapping[str, Any]) -> BucketObject:
    """Return an object as a list or a description has it."""
    modified = said["LastModified"].astimezone(UTC).isoformat(timespec="milliseconds")
    return BucketObject(key=key, bytes=size, etag=said["ETag"].strip('"'), modified=modified)
