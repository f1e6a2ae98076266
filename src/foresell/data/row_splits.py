"""The rows of a table in three sides: learnt from, calibrated by, tested; by groups or in time.

Whole groups are cut, never a row of one. Two ways:

- **by groups**: groups stand in the order of a hash of the seed and their own values. The first of
  them, until ``test_share`` of the rows is reached, are the test; the next ones, until
  ``calibration_share`` of the other rows is reached, calibrate; the rest is learnt from, in
  ``folds`` runs of equal size. So each share is exact up to one group. A draw of each group for
  itself would be independent of all other rows, but of 300 orders it may give 16 % where 20 % is
  declared, and a calibration of half the size it was thought to have. Here the order is what a
  group holds alone and only the cuts move: when a table doubles, about one group in fifty changes
  its side (a test says so).
- **in time**: groups stand in the order of their first day, and a day is never cut. Those from
  ``test_from`` on are the test, the last days before it calibrate, the rest is learnt from in
  expanding windows.

Both ways a side is filled from one end until its share is reached, and what cleaning drops is never
of the test or of the calibration: hence of fewer rows both are drawn within what they were, and no
row that taught the cleaning is ever judged (`trained_rows`), as long as a group that loses its
first row keeps its first day.
Sources: Geron, Hands-On Machine Learning, ch. 2, "Create a Test Set"; Hyndman & Athanasopoulos,
Forecasting: Principles and Practice, 3rd ed., 5.10, for the expanding windows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.hashing import Hashes, row_hashes
from foresell.errors import SpecError, counted
from foresell.spec.project import ProjectSpec

Side = Literal["train", "calibration", "test"]
SIDES: tuple[Side, ...] = ("train", "calibration", "test")
FIRST_WINDOW = -1  # the fold of rows in time that are learnt from and never judged
Codes = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class RowSplit:
    """Where each row stands, in the order of the frame that was cut.

    ``split``: (n,) "train", "calibration" or "test". ``fold``: (n,) Int8, null outside train. Of
    rows that are not ``timed``, fold k = 0, 1, ... is judged by what is learnt from all other
    folds. Of ``timed`` ones, by what is learnt from the folds before it: the first window is
    `FIRST_WINDOW` and is never judged, the others are 0, 1, ...
    """

    split: pl.Series
    fold: pl.Series
    timed: bool

    def side(self, *sides: Side) -> NDArray[np.bool_]:
        """Return (n,) booleans, true for a row on one of ``sides``."""
        return self.split.is_in(list(sides)).to_numpy()

    def take(self, rows: NDArray[np.bool_]) -> "RowSplit":
        """Return the split of the rows where ``rows`` (n,) is true, in their order."""
        mask = pl.Series(rows)
        return RowSplit(
            split=self.split.filter(mask), fold=self.fold.filter(mask), timed=self.timed
        )

    def windows(self) -> tuple[tuple[int, NDArray[np.bool_], NDArray[np.bool_]], ...]:
        """Return the folds in order: number, (n,) rows learnt from, (n,) rows judged."""
        fold = self.fold.cast(pl.Int64).fill_null(FIRST_WINDOW - 1).to_numpy()
        inside = fold >= FIRST_WINDOW
        found = []
        for number in sorted({int(one) for one in np.unique(fold) if one > FIRST_WINDOW}):
            known = fold < number if self.timed else fold != number
            found.append((number, inside & known, fold == number))
        return tuple(found)


def split_by_groups(frame: pl.DataFrame, project: ProjectSpec, identity: Sequence[str]) -> RowSplit:
    """Cut the rows of ``frame`` by the groups that the columns ``identity`` name.

    Neither the order of rows nor any column outside ``identity`` has a say. See the module for the
    order of groups. A side or a fold that would be empty is a SpecError.
    """
    hashes = row_hashes(frame, identity, project.seed)
    place, sizes = _places(hashes)
    share, kept = project.split.test_share, project.split.calibration_share
    rows = frame.height
    tested = _reached(sizes, share * rows)
    left = rows - int(sizes[:tested].sum())
    calibrated = tested + _reached(sizes[tested:], kept * left)
    _refuse_empty(project, groups=len(sizes), test=tested, train=len(sizes) - calibrated)
    folds = _parts(sizes[calibrated:], project.split.folds, project)
    of_unit = np.concatenate([np.full(calibrated, -1), folds])
    return _made(place, (tested, calibrated), of_unit, timed=False)


def split_in_time(frame: pl.DataFrame, project: ProjectSpec, identity: Sequence[str]) -> RowSplit:
    """Cut the rows of ``frame`` by the first day of the group that the columns ``identity`` name.

    Raises:
        SpecError: no ``test_from`` is declared, a row has no day, or a side or a fold would be
            empty.
    """
    where = f"project {project.name!r}, split.test_from"
    if project.split.test_from is None or not project.timed:
        raise SpecError(
            "rows are to be cut in time, and no day or no date column is declared",
            where,
            'give split: {test_from: "2024-01-01"}, and one column the role time',
        )
    cut, days = date.fromisoformat(project.split.test_from), frame[project.time].cast(pl.Date)
    if unknown := days.null_count():
        raise SpecError(
            f"{counted(unknown, 'row')} of {frame.height:,} have no {project.time}",
            where,
            f"let the contract require {project.time}, or leave test_from out",
        )
    groups = pl.DataFrame({"group": row_hashes(frame, identity, project.seed), "day": days})
    first = groups.select(pl.col("day").min().over("group"))["day"]
    low, high = cast("date", first.min()), cast("date", first.max())
    place, sizes = _places(first.to_physical().to_numpy())
    place, sizes = len(sizes) - 1 - place, sizes[::-1]  # the latest day first, as the test is
    tested = int(first.filter(first >= cut).n_unique())
    left = frame.height - int(sizes[:tested].sum())
    calibrated = tested + _reached(sizes[tested:], project.split.calibration_share * left)
    if tested in {0, len(sizes)}:
        raise SpecError(
            f"a test from {cut} on would be {'every row' if tested else 'empty'}: groups of rows "
            f"begin from {low} to {high}",
            where,
            "name a day between them",
        )
    _refuse_empty(project, groups=len(sizes), test=tested, train=len(sizes) - calibrated)
    windows = _parts(sizes[calibrated:][::-1], project.split.folds + 1, project)[::-1]
    of_unit = np.concatenate([np.full(calibrated, -1), windows + FIRST_WINDOW])
    return _made(place, (tested, calibrated), of_unit, timed=True)


def row_splits(
    frame: pl.DataFrame, project: ProjectSpec, identity: Sequence[str]
) -> tuple[RowSplit, ...]:
    """Return the declared splits of ``frame``: by groups, in time, or both, in this order."""
    found = []
    if project.split.test_share:
        found.append(split_by_groups(frame, project, identity))
    if project.split.test_from is not None:
        found.append(split_in_time(frame, project, identity))
    return tuple(found)


def trained_rows(
    frame: pl.DataFrame, project: ProjectSpec, identity: Sequence[str]
) -> Callable[[pl.DataFrame], pl.Series]:
    """Return what tells rows that every declared split of ``frame`` learns from.

    The teller takes any frame with the columns ``identity`` and returns (n,) booleans. What is
    learnt from such rows before they are cut, such as what fills a gap, is learnt from no row that
    is judged or that calibrates.
    """
    inside = np.ones(frame.height, dtype=bool)
    for split in row_splits(frame, project, identity):
        inside &= split.side("train")
    names = list(identity)
    known = np.unique(row_hashes(frame.select(names), names, project.seed)[inside])

    def tell(rows: pl.DataFrame) -> pl.Series:
        return pl.Series(np.isin(row_hashes(rows, names, project.seed), known))

    return tell


def _places(values: Hashes | Codes) -> tuple[Codes, Codes]:
    """Return (n,) the place of each row's value among the sorted ones, and the rows of each."""
    _, place, sizes = np.unique(values, return_inverse=True, return_counts=True)
    return place.astype(np.int64), sizes.astype(np.int64)


def _reached(sizes: Codes, rows: float) -> int:
    """Return how many units from the front hold at least so many rows, all if they cannot.

    >>> _reached(np.array([3, 3, 3]), 4.0), _reached(np.array([3, 3]), 0.0)
    (2, 0)
    """
    sums = np.concatenate([[0], np.cumsum(sizes)])
    return min(int(np.searchsorted(sums, rows - 1e-9)), len(sizes))


def _parts(sizes: Codes, count: int, project: ProjectSpec) -> Codes:
    """Return (units,) the part of each unit, 0 ... ``count - 1``: runs of about equal size.

    Raises:
        SpecError: a part would be empty.
    """
    middles = np.cumsum(sizes) - sizes / 2
    part = np.minimum(middles * count // max(int(sizes.sum()), 1), count - 1).astype(np.int64)
    if missing := count - len(np.unique(part)):
        raise SpecError(
            f"{counted(missing, 'fold')} of {project.split.folds} would be empty: "
            f"{counted(len(sizes), 'group')} of rows can be learnt from",
            f"project {project.name!r}, split.folds",
            "declare fewer folds, smaller shares, or give more rows",
        )
    return part


def _refuse_empty(project: ProjectSpec, *, groups: int, test: int, train: int) -> None:
    """Refuse a test, or rows to learn from, of no group.

    Raises:
        SpecError: what the sentence above names.
    """
    if not test or not train:
        side = "to learn from" if test else "in the test"
        split = project.split
        raise SpecError(
            f"no row would be {side}: of {counted(groups, 'group')} of rows, "
            f"test_share={split.test_share} and calibration_share={split.calibration_share} take "
            f"{groups - train}",
            f"project {project.name!r}, split",
            "use shares that leave rows on every side, or give more rows",
        )


def _made(place: Codes, cuts: tuple[int, int], fold: Codes, *, timed: bool) -> RowSplit:
    """Return the split of rows by the ``place`` of their unit; ``fold``: (units,)."""
    tested, calibrated = cuts
    side = np.where(place < tested, 2, np.where(place < calibrated, 1, 0))
    names = pl.Series("split", [SIDES[one] for one in side.tolist()], dtype=pl.String)
    folds = pl.Series("fold", fold[place], dtype=pl.Int64).cast(pl.Int8)
    frame = pl.DataFrame([names, folds]).with_columns(
        pl.when(pl.col("split") == "train").then("fold").alias("fold")
    )
    return RowSplit(split=frame["split"], fold=frame["fold"], timed=timed)
