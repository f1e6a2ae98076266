"""The rows of a table that a run judged: what was said beside the truth, and how to tell them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from foresell.dashboard.reading.shown import AbsentError, Shown, broken
from foresell.errors import DataError
from foresell.evaluate.leaderboard import align
from foresell.evaluate.protocols import Protocol, row_protocols
from foresell.evaluate.row_truth import ROW
from foresell.spec.project import ProjectSpec

EVALUATION, TEST, TRUTH, IMPORTANCE = "evaluation", "test.json", "truth.parquet", "importance.csv"
BASELINES = "baselines"
BASELINE = "__baseline"  # what the best baseline said, in a frame of rows
_WHERE = {"candidate": "predictions", "baseline": BASELINES}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One way in which rows were judged. ``baseline``: the best of them, by the deciding metric."""

    protocol: Protocol
    champion: str
    baseline: str
    kind: str

    @property
    def output(self) -> str:
        """The output that the champion lies in: it may be a baseline."""
        return _WHERE.get(self.kind, "predictions")

    @property
    def sources(self) -> str:
        """The artifacts that its numbers are made of."""
        folder = self.protocol.folder
        said = f"{self.output}/{folder}{self.champion}.parquet"
        return f"{EVALUATION}/{folder}{TRUTH}, {said}"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The judged rows of a protocol, sorted by their place in the data.

    ``rows``: key, groups, time and features, ``row``, ``y``, ``weight`` where there is one,
    ``prediction`` and the quantiles. ``naming``: the columns that name a row.
    """

    case: Case
    naming: Sequence[str]
    rows: pl.DataFrame = field(repr=False)


def cases_of(shown: Shown, spec: ProjectSpec) -> tuple[Case, ...]:
    """Return how the last run judged rows, the one that decides the gate first.

    Raises DataError: what was written of it is broken.

    Raises:
        AbsentError: none was judged.
    """
    test = shown.json(EVALUATION, TEST)
    known = [
        _case(one, test["protocols"][one.name])
        for one in row_protocols(spec)
        if one.name in test["protocols"]
    ]
    if not known:
        raise AbsentError(
            "the last run judged by another split than the project declares now",
            f"{shown.name}/{EVALUATION}/{TEST}",
            f"foresell run {shown.name}",
        )
    return tuple(known)


def _case(protocol: Protocol, told: Mapping[str, Any]) -> Case:
    """Return what is said of one protocol."""
    return Case(
        protocol=protocol,
        champion=str(told["champion"]),
        baseline=str(told["best_baseline"]["candidate"]),
        kind=str(told["scores"]["kind"]),
    )


def judged_rows(shown: Shown, spec: ProjectSpec, case: Case) -> Judged:
    """Return the rows that were judged, beside what the champion said of them.

    Raises AbsentError: a file is not there; DataError, UsageError: it is broken, or not of this
    run.
    """
    folder = case.protocol.folder
    truth = shown.frame(EVALUATION, f"{folder}{TRUTH}")
    said = shown.frame(case.output, f"{folder}{case.champion}.parquet")
    stamps = (*stamps_of(shown, case), spec)

    def make() -> Judged:
        return Judged(
            case=case,
            naming=tuple(said.columns[: said.columns.index(ROW)]) or (ROW,),
            rows=align(truth, said, spec, case.champion),
        )

    return shown.kept(("segments", "rows", folder), stamps, make)


def stamps_of(shown: Shown, case: Case) -> tuple[object, ...]:
    """Return what changes when anything does that rows are made of."""
    folder = case.protocol.folder
    return (
        case,
        shown.stamp(EVALUATION, f"{folder}{TRUTH}"),
        shown.stamp(case.output, f"{folder}{case.champion}.parquet"),
    )


def baseline_of(shown: Shown, judged: Judged) -> pl.DataFrame:
    """Return ``row`` and `BASELINE`: what the best baseline said of every judged row.

    Raises AbsentError: the file is not there.

    Raises:
        DataError: it is broken, or leaves a row out.
    """
    case = judged.case
    file = f"{case.protocol.folder}{case.baseline}.parquet"
    said = shown.frame(BASELINES, file).select(
        ROW, pl.col("prediction").cast(pl.Float64).alias(BASELINE)
    )
    found = judged.rows.select(ROW).join(said, on=ROW, how="left", maintain_order="left")
    if (
        found.height != judged.rows.height
        or not found[BASELINE].is_finite().fill_null(value=False).all()
    ):
        raise DataError(*broken(f"{BASELINES}/{file}", shown.name))
    return found


def telling_features(shown: Shown, spec: ProjectSpec, case: Case) -> Sequence[str]:
    """Return the features by how much they matter; in declared order where that is not known.

    Raises DataError: the file that tells it is broken.
    """
    features, file = spec.with_role("feature"), f"{case.protocol.folder}{IMPORTANCE}"
    if shown.stamp(EVALUATION, file) is None:
        return features
    own = shown.csv(EVALUATION, file).filter(
        (pl.col("candidate") == case.champion) & (pl.col("kind") == "column")
    )
    ranked = own.sort("share", "name", descending=[True, False])["name"].to_list()
    return tuple(name for name in ranked if name in features) or features
