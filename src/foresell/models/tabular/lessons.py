"""What candidates of a table learn from: rows in one order, derived once for all of them; folds.

The derived frame of a training set is learnt from that set alone: of a fold, from the rows its
models may see. Rows are brought into one order first, so that the order in which they came, which
decides what is drawn and how sums are rounded, changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from foresell.contracts.contract import LogicalType
from foresell.data.row_splits import RowSplit
from foresell.errors import CandidateError
from foresell.features.rows import RowColumn
from foresell.features.threads import one_thread
from foresell.models.judging import Progress, side_by_side
from foresell.models.parts import Settings
from foresell.models.tabular.deriving import Deriver, deriver
from foresell.models.tabular.pipelines import fit_part, make_part, part_says
from foresell.models.tabular.relative import label_weights, labels
from foresell.models.tabular.targets import targets
from foresell.spec.project import ProjectSpec

Vector = NDArray[np.float64]
Chosen = NDArray[np.bool_]
Kinds = Mapping[str, LogicalType]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows with a known target, in the one order (see the module).

    ``frame``: (n rows) the features and groups as the layer holds them. ``target``: (n,) in its
    unit. ``weight``: (n,) how much a row counts, ones where no column says.
    """

    frame: pl.DataFrame
    target: Vector
    weight: Vector

    def take(self, rows: Chosen) -> "Rows":
        """Return the rows where ``rows`` (n,) is true, in their order."""
        frame = self.frame.filter(pl.Series(rows))
        return Rows(frame=frame, target=self.target[rows], weight=self.weight[rows])


@dataclass(frozen=True, kw_only=True)
class Taught:
    """One training set, derived: what every candidate of it is fitted on.

    ``derived``: (n rows) the derived frame; ``factor``, ``label``, ``weight``: (n,), see
    `foresell.models.tabular.relative`.
    """

    deriver: Deriver
    derived: pl.DataFrame
    factor: Vector
    label: Vector
    weight: Vector

    @property
    def columns(self) -> tuple[RowColumn, ...]:
        """The derived columns of which something is known: nothing can be learnt of the others."""
        known = self.derived.select(
            pl.col(pl.Float32).is_not_nan().any(), pl.col(pl.String).is_not_null().any()
        ).row(0, named=True)
        return tuple(column for column in self.deriver.columns if known[column.name])

    def part(self, name: str, settings: Settings) -> Pipeline:
        """Return a candidate fitted on these rows; one that cannot be is a CandidateError."""
        seed = int(self.deriver.seed) % 2**31
        made = make_part(name, settings, self.columns, seed)
        return fit_part(name, made, self.derived, self.label, self.weight)


@dataclass(frozen=True, kw_only=True)
class Window:
    """One fold: what is learnt from, and the rows it is judged on.

    ``known``: (training rows,) those learnt from. ``places``: of the judged rows among all training
    rows; ``held``: their derived frame; ``factor``: (judged rows,).
    """

    number: int
    taught: Taught
    known: Chosen
    places: NDArray[np.int64]
    held: pl.DataFrame
    factor: Vector

    def judge(self, name: str, settings: Settings) -> Vector:
        """Return (judged rows,) what a candidate fitted on the fold's rows says, unit of target.

        One that cannot be fitted, or says what is no number, is a CandidateError.
        """
        said: Vector = part_says(name, self.taught.part(name, settings), self.held) * self.factor
        return said


def ordered(frame: pl.DataFrame, project: ProjectSpec, split: RowSplit) -> tuple[Rows, RowSplit]:
    """Return the rows of ``frame`` whose target is known in the one order, and their split.

    Rows that differ in nothing that is learnt from, drawn or cut by are the same row.
    """
    names = [*project.with_role("feature", "group", "weight"), project.target]
    table = frame.select(*dict.fromkeys(names)).with_columns(__split=split.split, __fold=split.fold)
    table = table.filter(pl.col(project.target).is_not_null())
    table = table.sort(table.columns, nulls_last=True, maintain_order=True)
    target, weight = targets(table, project)
    frame = table.select(*dict.fromkeys(project.with_role("feature", "group")))
    rows = Rows(frame=frame, target=target, weight=weight)
    return rows, RowSplit(split=table["__split"], fold=table["__fold"], timed=split.timed)


def all_train(rows: int) -> RowSplit:
    """Return the split of rows of which every one is learnt from, in no fold."""
    return RowSplit(
        split=pl.repeat("train", rows, eager=True),
        fold=pl.repeat(None, rows, dtype=pl.Int8, eager=True),
        timed=False,
    )


def teach(rows: Rows, project: ProjectSpec, kinds: Kinds) -> Taught:
    """Return the training set ``rows``, derived; a factor that is not above 0 is a DataError."""
    made = deriver(project, kinds)
    derived = made.fit_transform(rows.frame, rows.target, project.with_role("group"))
    factor = made.factors(rows.frame)
    return Taught(
        deriver=made,
        derived=derived,
        factor=factor,
        label=labels(rows.target, factor),
        weight=label_weights(rows.weight),
    )


def windows_of(
    rows: Rows, split: RowSplit, project: ProjectSpec, kinds: Kinds
) -> tuple[Window, ...]:
    """Return the folds of training rows in order; ``split``: of the same rows."""

    def one(fold: tuple[int, Chosen, Chosen]) -> Window:
        number, known, held = fold
        taught = teach(rows.take(known), project, kinds)
        frame = rows.frame.filter(pl.Series(held))
        return Window(
            number=number,
            taught=taught,
            known=known,
            places=np.flatnonzero(held),
            held=taught.deriver.transform(frame),
            factor=taught.deriver.factors(frame),
        )

    with one_thread():
        found = list(side_by_side(one, split.windows()))
    return tuple(window for window in found if not isinstance(window, CandidateError))


def held_out(windows: Sequence[Window], made: Sequence[Vector], rows: int) -> Vector:
    """Return (rows,) what was said of each training row by models that never saw it, else NaN."""
    found = np.full(rows, np.nan)
    for window, values in zip(windows, made, strict=True):
        found[window.places] = values
    return found


def judged_plainly(
    windows: Sequence[Window], wanted: Mapping[str, Settings], rows: int, progress: Progress
) -> tuple[dict[str, Vector], dict[str, str]]:
    """Return (rows,) what each candidate says of rows held out, and the reason where one fails."""
    jobs = [(name, window) for name in wanted for window in windows]
    made: dict[str, list[Vector]] = {name: [] for name in wanted}
    failures: dict[str, str] = {}
    found = side_by_side(lambda job: job[1].judge(job[0], wanted[job[0]]), jobs)
    for (name, window), values in zip(jobs, found, strict=True):
        if isinstance(values, CandidateError):
            if name not in failures:
                failures[name] = f"{values.what} (fold {window.number})"
                progress(f"{name} failed: {values.what}")
            continue
        made[name].append(values)
        if len(made[name]) == len(windows):
            progress(f"{name} judged on {len(windows)} folds")
    kept = {name: values for name, values in made.items() if name not in failures}
    return {name: held_out(windows, values, rows) for name, values in kept.items()}, failures


def fit_parts(
    taught: Taught, wanted: Mapping[str, Settings], progress: Progress
) -> tuple[dict[str, Pipeline], dict[str, str]]:
    """Return the candidates fitted on all of ``taught``, and the reason where one fails."""

    def one(name: str) -> Pipeline:
        part = taught.part(name, wanted[name])
        part_says(name, part, taught.derived.head(1))
        return part

    parts: dict[str, Pipeline] = {}
    failures: dict[str, str] = {}
    for name, part in zip(wanted, side_by_side(one, wanted), strict=True):
        if isinstance(part, CandidateError):
            failures[name] = part.what
            progress(f"{name} failed: {part.what}")
        else:
            parts[name] = part
    return parts, failures
