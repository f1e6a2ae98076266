"""Charts of the test as files of their own, for people who look at a tracker.

They are drawn of the tables that come with the note of ``evaluate``, by whoever sends it: training
waits for no picture. Each is there as SVG and as Vega-Lite, which says what was drawn.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO

import polars as pl

from foresell.charts.calibration import reliability
from foresell.charts.drawing import render_svg
from foresell.charts.errors_by import spread_of_errors
from foresell.charts.folds import fold_strips
from foresell.charts.gains import gains
from foresell.charts.importance import importance_chart
from foresell.charts.theme import Spec
from foresell.errors import DataError
from foresell.evaluate.row_diagnostics import quantile_calibration
from foresell.pipeline.writing import json_bytes
from foresell.spec.forecast import quantile_columns
from foresell.spec.ordered_sums import ordered_mean
from foresell.spec.ports import Store
from foresell.spec.tracking import Note

_CHAMPION = "foresell.champion"
_KINDS = ("column", "part")  # of importance, the one nearest the data first


@dataclass(frozen=True)
class WithCharts:
    """The files of a note and, in memory, what was drawn of them."""

    kept: Store
    drawn: Mapping[str, bytes] = field(default_factory=dict)

    def write_frame(self, name: str, frame: pl.DataFrame) -> None:
        """Keep ``frame`` among the files of the note."""
        self.kept.write_frame(name, frame)

    def read_frame(self, name: str) -> pl.DataFrame:
        """Return a frame among the files of the note."""
        return self.kept.read_frame(name)

    def write_bytes(self, name: str, content: bytes) -> None:
        """Keep ``content`` among the files of the note."""
        self.kept.write_bytes(name, content)

    def read_bytes(self, name: str) -> bytes:
        """Return what was drawn under ``name``, or the file of the note."""
        return self.drawn[name] if name in self.drawn else self.kept.read_bytes(name)

    def list(self) -> Sequence[str]:
        """Return every name, sorted."""
        return sorted({*self.kept.list(), *self.drawn})


def with_charts(note: Note, files: Store) -> tuple[Note, Store]:
    """Return a note of ``evaluate`` with its charts under ``charts/``; any other one as it is.

    A chart that cannot be drawn holds nothing up: the tag ``foresell.charts`` says which, and why.
    """
    if note.stage != "evaluate":
        return note, files
    drawn: dict[str, bytes] = {}
    failed: list[str] = []
    for name, draw in _CHARTS.items():
        try:
            spec = draw(note, files)
        except (DataError, LookupError, ValueError, pl.exceptions.PolarsError) as error:
            failed.append(f"{name} is not drawn: {error.args[0] if error.args else error!r}")
            continue
        if spec is not None:
            drawn[f"charts/{name}.svg"] = render_svg(spec).encode()
            drawn[f"charts/{name}.vl.json"] = json_bytes(spec)
    whole = replace(
        note.whole,
        files={**note.whole.files, **{name: name for name in drawn}},
        tags={**note.whole.tags, **({"foresell.charts": "; ".join(failed)} if failed else {})},
    )
    return replace(note, whole=whole), WithCharts(files, drawn)


def _table(files: Store, name: str) -> pl.DataFrame | None:
    """Return a table of the evaluation, None where the run left none."""
    place = f"evaluation/{name}"
    if place not in files.list():
        return None
    return pl.read_csv(BytesIO(files.read_bytes(place)), infer_schema_length=None)


def _champion(note: Note) -> str:
    """Return the name of the candidate that was chosen."""
    return note.whole.tags[_CHAMPION]


def _importance(note: Note, files: Store) -> Spec | None:
    """Draw what matters to the champion."""
    table = _table(files, "importance.csv")
    if table is None or not {"kind", "name", "mean_abs"} <= set(table.columns):
        return None
    own = table.filter(pl.col("candidate") == _champion(note))
    for kind in _KINDS:
        part = own.filter(pl.col("kind") == kind)
        if part.height:
            return importance_chart(part)
    return None


def _folds(note: Note, files: Store) -> Spec | None:
    """Draw the error of every candidate on every fold, and its mean."""
    table = _table(files, "backtest.csv")
    if table is None or table.is_empty():
        return None
    metric = "wape" if "wape" in table.columns else "rmse"
    shown = table.filter((pl.col("kind") != "baseline") | pl.col("chosen"))
    errors = shown.select("candidate", pl.col(metric).cast(pl.Float64).alias("error"))
    means = errors.group_by("candidate").agg(ordered_mean(pl.col("error")))
    means = means.sort("error", "candidate")
    return fold_strips(errors, means, champion=_champion(note))


def _value_added(_: Note, files: Store) -> Spec | None:
    """Draw where the champion adds value over the best baseline, part by part."""
    table = _table(files, "value_added_by.csv")
    if table is None:
        return None
    part = pl.col("by").cast(pl.String) + " " + pl.col("value").cast(pl.String)
    return gains(table.filter(pl.col("by") != "all").with_columns(value=part))


def _rows(note: Note, files: Store) -> pl.DataFrame | None:
    """Return the rows of the test with what the champion said of them."""
    place = note.candidates[_champion(note)].files.get("predictions.parquet")
    if place is None or "evaluation/truth.parquet" not in files.list():
        return None
    truth = files.read_frame("evaluation/truth.parquet")
    said = files.read_frame(place)
    named = [name for name in said.columns if name in truth.columns]
    return truth.join(said, on=named, how="inner", nulls_equal=True).sort(named)


def _reliability(note: Note, files: Store) -> Spec | None:
    """Draw promised against observed quantiles."""
    rows = _rows(note, files)
    if rows is None or not set(quantile_columns()) <= set(rows.columns):
        return None
    return reliability(quantile_calibration(rows))


def _errors(note: Note, files: Store) -> Spec | None:
    """Draw how the champion's errors are spread."""
    rows = _rows(note, files)
    return None if rows is None else spread_of_errors(rows["prediction"] - rows["y"])


_CHARTS: Mapping[str, Callable[[Note, Store], Spec | None]] = {
    "importance": _importance,
    "folds": _folds,
    "value_added": _value_added,
    "reliability": _reliability,
    "errors": _errors,
}
