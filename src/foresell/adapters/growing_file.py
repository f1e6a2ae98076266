"""A table that is written a batch at a time and appears whole, or not at all."""

import secrets
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from foresell.errors import MachineError


class GrowingFile:
    """A CSV or Parquet file, as its name ends, that grows in a draft beside its place.

    It is put in place when ``with`` ends without an error; else what stood there is untouched and
    the draft is gone. Only one batch is in memory. All batches have the columns of the first. Two
    that grow beside the same place do not meet: the last one to end is what stands there.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        own = secrets.token_hex(8)
        self._draft = place.with_name(f".{place.name}.{own}.draft")
        self._parts = place.with_name(f".{place.name}.{own}.parts")
        self._written: list[Path] = []  # the parts, in their order
        self._count = 0

    def __enter__(self) -> Self:
        """Begin with nothing."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put the file in place, or take the draft away; a full disk is a ``MachineError``."""
        try:
            if error is None and self._count:
                if self._is_text:
                    self._draft.replace(self._place)
                else:
                    # A name is no pattern, in the folder's path either.
                    parts = pl.scan_parquet(self._written, glob=False, hive_partitioning=False)
                    parts.sink_parquet(self._draft)
                    self._draft.replace(self._place)
        except (OSError, pl.exceptions.PolarsError) as trouble:
            raise self._trouble(trouble) from trouble
        finally:
            self._discard()

    def add(self, rows: pl.DataFrame) -> None:
        """Append ``rows``; none is fine, and the first batch names the columns.

        A full disk, or a place that may not be written, is a ``MachineError``.
        """
        try:
            if self._is_text:
                with self._draft.open("ab") as file:
                    rows.write_csv(file, include_header=not self._count)
            elif rows.height or not self._count:
                self._parts.mkdir(exist_ok=True)
                part = self._parts / f"{self._count:09}.parquet"
                rows.write_parquet(part, compression="lz4", statistics=False)
                self._written.append(part)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise self._trouble(error) from error
        self._count += 1

    def abandon(self) -> None:
        """Forget what was added: nothing will be put in place."""
        self._count = 0

    @property
    def _is_text(self) -> bool:
        return self._place.suffix.lower() == ".csv"

    def _discard(self) -> None:
        """Take away whatever is half-made."""
        if self._draft.exists():
            self._draft.unlink()
        shutil.rmtree(self._parts, ignore_errors=True)

    def _trouble(self, error: OSError | pl.exceptions.PolarsError) -> MachineError:
        """Return ``error`` in our words."""
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        return MachineError(
            f"cannot write: {why}",
            str(self._place),
            "free the disk or choose another",
        )
