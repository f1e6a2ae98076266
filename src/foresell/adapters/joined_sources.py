"""One source over several places: PostgreSQL or S3 for what names it, a place of files beside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from foresell.spec.ports import RawFile, Source
from foresell.spec.sources import POSTGRES


@dataclass(frozen=True)
class JoinedSource:
    """Files of one place and what lies elsewhere, told apart by how their names begin.

    ``relations`` answers to names with that ``beginning``: those of PostgreSQL, by default, or
    ``s3://``; ``rest`` to all others.
    """

    relations: Source
    rest: Source
    beginning: str = POSTGRES

    @property
    def label(self) -> str:
        """Both places."""
        return f"{self.relations.label} and {self.rest.label}"

    @property
    def synthetic(self) -> bool:
        """Whether the files were made by foresell's generator."""
        return self.relations.synthetic or self.rest.synthetic

    def files(self, pattern: str) -> Sequence[RawFile]:
        """Return what ``pattern`` stands for in the place it belongs to."""
        return self._of(pattern).files(pattern)

    def open(self, name: str) -> BinaryIO:
        """Open what ``name`` is in the place it belongs to."""
        return self._of(name).open(name)

    def _of(self, name: str) -> Source:
        """Return the place that ``name`` belongs to."""
        return self.relations if name.startswith(self.beginning) else self.rest
