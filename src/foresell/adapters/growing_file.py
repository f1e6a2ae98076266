"""A table that is written a batch at a time and appears whole, or not at all."""

import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from foresell.errors import MachineError


class GrowingFile:
    """A CSV or Parquet file, as its name ends, that grows in a draft beside its place.

    It is put in place when ``with`` ends without an error; else what stood there is untouched and
    the draft is gone. Only one batch is in memory. All batches have the columns of the first.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._draft = place.with_name(f".{place.name}.draft")
        self._parts = place.with_name(f".{place.name}.parts")
        self._count = 0

    def __enter__(self) -> Self:
        """Begin with nothing."""
        self._discard()
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
                    pl.scan_parquet(self._parts / "*.parquet").sink_parquet(self._draft)
                    self._draft.replace(self._place)
        except OSError as trouble:
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
        except OSError as error:
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
        self._draft.unlink(missing_ok=True)
        shutil.rmtree(self._parts, ignore_errors=True)

    def _trouble(self, error: OSError) -> MachineError:
        """Return ``error`` in our words."""
        return MachineError(
            f"cannot write: {error.strerror or error}",
            str(self._place),
            "free the disk or choose another",
        )
