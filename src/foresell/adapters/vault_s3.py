"""Where the contents of bundles are kept under their sha256: a bucket of S3, or what speaks it."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any

from botocore.exceptions import FlexibleChecksumError

from foresell.adapters.aws_clients import s3_client, saying_trouble
from foresell.adapters.vault_contents import digest_at, digest_of, intact, path_of, same

_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")  # somebody else was quicker
_REFUSED: Mapping[str, tuple[str, str]] = {
    "NoSuchBucket": ("there is no such bucket", "create it, or name another in FORESELL_ARTIFACTS"),
    "AccessDenied": ("the credentials have no right to it", "grant reading, writing and listing"),
}


class S3Vault:
    """Contents as the objects ``prefix/ab/cdef...`` of one bucket.

    An object appears whole or not at all, and the service compares it with the sha256 that comes
    with it; any number of processes may write there. The client is built when it is first asked.
    """

    def __init__(self, bucket: str, prefix: str = "") -> None:
        self._bucket = bucket
        self._before = f"{prefix}/" if prefix else ""

    def put(self, content: bytes) -> str:
        """Keep ``content`` and return its sha256.

        The object is read back and compared. What is there already is kept if it is right, else
        replaced. A ``MachineError`` when the bucket is out of reach, or damages contents.
        """
        digest = digest_of(content)
        if not self.has(digest):
            self._write(digest, content, IfNoneMatch="*")
        if self._content(digest) != content:  # there is a wrong one, or a writer who gave up
            self._write(digest, content)
            same(self._content(digest), content, f"{self.label}, {digest}")
        return digest

    def get(self, digest: str) -> bytes:
        """Return the content. A ``DataError`` where there is none, or where it has changed.

        A ``MachineError`` when the bucket is out of reach.
        """
        return intact(self._content(digest), digest, self.label)

    def has(self, digest: str) -> bool:
        """Tell whether something is kept under ``digest``, right or not.

        A ``MachineError`` when the bucket is out of reach.
        """
        if path_of(digest) is None:
            return False
        key = self._key(digest)
        with self._asked():
            # Asked for the object itself, S3 does not tell a missing bucket from a missing object.
            found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1)
        return [one["Key"] for one in found.get("Contents", ())] == [key]

    def list(self) -> Sequence[str]:
        """Return every sha256 under which something is kept, sorted.

        A ``MachineError`` when the bucket is out of reach.
        """
        with self._asked():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._before
            )
            there = [one["Key"] for page in pages for one in page.get("Contents", ())]
        paths = (key.removeprefix(self._before) for key in there)
        return sorted(digest for path in paths if (digest := digest_at(path)) is not None)

    @property
    def label(self) -> str:
        """What to call this place in an error: the bucket's URI."""
        return f"s3://{self._bucket}/{self._before}".rstrip("/")

    @cached_property
    def _client(self) -> Any:
        """The client, which is safe to share among threads."""
        return s3_client()

    def _key(self, digest: str) -> str:
        return f"{self._before}{path_of(digest)}"

    def _write(self, digest: str, content: bytes, **condition: str) -> None:
        """Send ``content``; where ``condition`` forbids it, another writer has sent it."""
        checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
        with self._asked(*_TAKEN):
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._key(digest),
                Body=content,
                ChecksumSHA256=checksum,
                **condition,
            )

    def _content(self, digest: str) -> bytes | None:
        """Return what is kept under ``digest``, None for nothing."""
        content: bytes | None = None
        if path_of(digest) is not None:
            with self._asked("NoSuchKey"):
                found = self._client.get_object(Bucket=self._bucket, Key=self._key(digest))
                try:
                    content = found["Body"].read()
                except FlexibleChecksumError:  # it is not what its own checksum says
                    content = b""
        return content

    def _asked(self, *awaited: str) -> AbstractContextManager[None]:
        """Say in our words why the bucket did not answer; ``awaited``: codes that are fine."""
        return saying_trouble("the artifacts", self.label, awaited=awaited, refused=_REFUSED)
