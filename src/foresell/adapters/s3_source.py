"""Raw files in a bucket of S3, or of what speaks its protocol; see ``adapters.aws_clients``."""

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, NoReturn

import polars as pl

from foresell.adapters.s3_bucket import Bucket, BucketObject
from foresell.adapters.sources import is_glob, matching, refuse_missing
from foresell.errors import DataError
from foresell.spec.ports import RawFile

_SIGN = re.compile(r"[*?\[]")  # a glob's first
_FOOT = 64 * 2**10  # bytes: what a Parquet file says of itself, for all but very wide ones
_END = b"PAR1"
_LENGTH = 4  # bytes: how long the foot is, before its end


@dataclass(frozen=True)
class S3Source:
    """Objects below ``prefix`` of one bucket, by what follows the prefix.

    Each is seen in one state as long as this lives, and fetched once, into a file without a name.
    """

    bucket: str
    prefix: str = ""
    synthetic: bool = False
    held: dict[str, Bucket] = field(default_factory=dict, repr=False, compare=False)

    @property
    def label(self) -> str:
        """The URI of the prefix."""
        return f"s3://{self.bucket}/{self._before}".rstrip("/")

    def files(self, pattern: str) -> Sequence[RawFile]:
        """Return the objects that ``pattern`` stands for, by name; see ``matching``.

        ``version``: the id of the object's version where the bucket keeps versions, else its ETag.
        A ``MachineError`` when the bucket is out of reach.
        """
        keys = [f"{self._before}{name}" for name in matching(pattern, self._names(pattern))]
        return [self._file(one) for one in self._place.described(keys)]

    def open(self, name: str) -> BinaryIO:
        """Open one object for reading, in the state in which it was first seen.

        A ``DataError``: there is none of that name, or it changed or vanished after it was seen; a
        ``MachineError``: the bucket is out of reach, or the disk has no room for the object.
        """
        if name not in self._names(name):
            self._refuse_missing(name)
        return self._place.open(f"{self._before}{name}")

    def marked(self, patterns: Iterable[str]) -> bool:
        """Tell whether the first Parquet object of a pattern says of itself that it is synthetic.

        Only its last bytes are read.
        """
        firsts = [matching(pattern, self._names(pattern))[:1] for pattern in patterns]
        return any(self._is_marked(f"{self._before}{name}") for names in firsts for name in names)

    @property
    def _before(self) -> str:
        """What all keys begin with."""
        return f"{self.prefix}/" if self.prefix else ""

    @property
    def _place(self) -> Bucket:
        """The bucket, one for this source and its copies."""
        return self.held.setdefault(self.bucket, Bucket(self.bucket))

    def _names(self, pattern: str) -> Sequence[str]:
        """Return the names of all objects that begin as ``pattern`` does, up to its first sign."""
        keys = self._place.keys(f"{self._before}{literal_start(pattern)}")
        return [key.removeprefix(self._before) for key in keys]

    def _file(self, one: BucketObject) -> RawFile:
        """Describe one object."""
        return RawFile(
            name=one.key.removeprefix(self._before),
            uri=f"s3://{self.bucket}/{one.key}",
            bytes=one.bytes,
            etag=one.etag,
            version=one.version or one.etag,
            modified=one.modified,
        )

    def _is_marked(self, key: str) -> bool:
        """Tell whether an object has the mark of the generator; one that is no Parquet has none."""
        foot = self._place.foot(key, _FOOT)
        needed = int.from_bytes(foot[-len(_END) - _LENGTH : -len(_END)], "little")
        if not foot.endswith(_END):
            return False
        if (needed := needed + _LENGTH + len(_END)) > len(foot):
            foot = self._place.foot(key, needed)
        try:
            return pl.read_parquet_metadata(io.BytesIO(foot)).get("synthetic") == "true"
        except pl.exceptions.PolarsError:
            return False

    def _refuse_missing(self, name: str) -> NoReturn:
        """Refuse to open what is not there.

        Raises:
            DataError: it says what is there.
        """
        if not name.endswith("/") and not is_glob(name) and self._names(f"{name}/"):
            raise DataError(
                f"{name} is a folder",
                self.label,
                f"put the file there, or declare all files below that folder: file: {name}/",
            )
        there = self._place.near(self._before)
        refuse_missing(name, self.label, there, "there is no object at all")


def literal_start(pattern: str) -> str:
    """Return what every name begins with that ``pattern`` stands for.

    >>> literal_start("sales/year=*/part-0.csv"), literal_start("train.csv")
    ('sales/year=', 'train.csv')
    """
    return _SIGN.split(pattern, maxsplit=1)[0]
