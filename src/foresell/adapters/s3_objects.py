"""Raw files that are named by their URI, in any bucket of S3."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from foresell.adapters.s3_bucket import Bucket
from foresell.adapters.s3_source import S3Source
from foresell.adapters.s3_uris import bucket_and_key, is_s3
from foresell.spec.ports import RawFile

_WHERE = "tables, file"


@dataclass(frozen=True)
class S3Objects:
    """Objects whose names are URIs: ``s3://bucket/key``, also with the signs of a glob in the key.

    Each is seen in one state as long as this lives, and fetched once.
    """

    synthetic: bool = False
    held: dict[str, Bucket] = field(default_factory=dict, repr=False, compare=False)

    @property
    def label(self) -> str:
        """S3 as such: each name has its bucket in it."""
        return "S3"

    def files(self, pattern: str) -> Sequence[RawFile]:
        """Return the objects that ``pattern`` stands for, by name; see ``S3Source.files``.

        A pattern that is no URI stands for none.
        """
        if not is_s3(pattern):
            return []
        source, key = self._in(pattern)
        return [replace(file, name=file.uri) for file in source.files(key)]

    def open(self, name: str) -> BinaryIO:
        """Open one object for reading; see ``S3Source.open``."""
        source, key = self._in(name)
        return source.open(key)

    def marked(self, patterns: Iterable[str]) -> bool:
        """Tell whether a Parquet object says of itself that it is synthetic."""
        found = (self._in(pattern) for pattern in patterns)
        return any(source.marked([key]) for source, key in found)

    def _in(self, uri: str) -> tuple[S3Source, str]:
        """Return the bucket that ``uri`` names, as a source, and the key or pattern in it.

        A ``UsageError``: it names no bucket, or holds credentials.
        """
        bucket, key = bucket_and_key(uri, _WHERE)
        return S3Source(bucket, held=self.held), key
