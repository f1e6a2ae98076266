"""The leaderboard: every candidate on the same rows, and by how much each beats the baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from foresell.dashboard.leaderboard.reading import OUTPUT, TEST, Judged
from foresell.dashboard.page import Cell, Fact, Table
from foresell.dashboard.reading.shown import Shown
from foresell.report import tables as told
from foresell.report.tables import METRICS
from foresell.report.wording import count, meaning, measured, percent

_POINT: Mapping[str, tuple[str, ...]] = {
    "panel": ("wape", "wmae", "rmse", "mae", "mase", "r2", "bias"),
    "tabular": ("wmae", "rmse", "mae", "wape", "r2", "bias"),
}
BOARD = "leaderboard.csv"
_ADDED = ("wape", "wmae", "rmse", "mae")
_SHARE = "bias_share"  # what reports call the bias; in the unit of the target it goes nowhere


@dataclass(frozen=True, kw_only=True)
class Boards:
    """The leaderboard. ``bands``: the intervals of the same candidates, None where none was judged.

    ``columns``: what each metric means; ``names``: what each candidate is, where its name does not
    say it. ``source``: the file all of it is from.
    """

    table: Table
    bands: Table | None
    columns: tuple[tuple[str, str], ...]
    names: tuple[tuple[str, str], ...]
    source: str


def read_board(shown: Shown, judged: Judged) -> pl.DataFrame:
    """Return the leaderboard of a protocol, ``champion`` marked, named as reports name metrics."""
    board = shown.csv(OUTPUT, judged.file(BOARD))
    board = board.drop("bias").rename({_SHARE: "bias"})
    return board.with_columns(champion=pl.col("candidate") == judged.held.champion)


def ranked_by(judged: Judged) -> str:
    """Return the metric that orders the leaderboard: WMAE where rows are weighed, else RMSE."""
    return "wmae" if judged.scores.get("wmae") is not None else "rmse"


def boards(board: pl.DataFrame, judged: Judged) -> Boards:
    """Return the leaderboard as tables, in the order that files and the terminal have."""
    metric, unit = ranked_by(judged), judged.result.facts.unit
    told_in = f"; errors in {unit}" if unit else ""
    caption = f"{judged.title}: every candidate on the same rows{told_in}"
    point = told.board(board, metric, _POINT[judged.spec.kind], caption)
    bands = None
    if any(name in board.columns and board[name].count() for name in told.BANDS):
        widths = f", widths in {unit}" if unit else ""
        bands = told.board(
            board, metric, told.BANDS, f"{judged.title}: the intervals of every candidate{widths}"
        )
    ordered = board.sort(metric, "candidate", nulls_last=True)
    heads = [*point.head, *(bands.head if bands else ())]
    return Boards(
        table=_with_rows(as_shown(point), ordered["n"].to_list()),
        bands=None if bands is None else as_shown(bands),
        columns=tuple((title, means) for title, means in dict(heads).items() if means),
        names=tuple(
            (name, words) for name in ordered["candidate"].to_list() if (words := meaning(name))
        ),
        source=f"{OUTPUT}/{judged.file(BOARD)}",
    )


def as_shown(table: told.Table) -> Table:
    """Return a table of a report as pages have them."""
    return Table(
        caption=table.caption,
        heads=tuple(title for title, _ in table.head),
        rows=tuple(
            (
                Cell(text=row.head),
                *(
                    Cell(text=cell.text, share=cell.bar, mark="best" if cell.best else "")
                    for cell in row.cells
                ),
            )
            for row in table.rows
        ),
        marks=tuple(row.tone if row.tone in {"champion", "baseline"} else "" for row in table.rows),
    )


def _with_rows(table: Table, counts: Sequence[int]) -> Table:
    """Return ``table`` with how many rows each candidate was judged on at its end."""
    return Table(
        caption=table.caption,
        heads=(*table.heads, "Rows"),
        rows=tuple((*row, Cell(text=count(n))) for row, n in zip(table.rows, counts, strict=True)),
        marks=table.marks,
    )


def key_facts(judged: Judged) -> tuple[Fact, ...]:
    """Return the five or six numbers to take away, as the report of the run has them."""
    source, held = f"{OUTPUT}/{TEST}", judged.held
    unit = judged.result.facts.unit
    scores = {**judged.scores, "bias": judged.scores.get(_SHARE)}
    found = [_scored(held.metric, held.error, unit, source)]
    if held.gain is not None:
        side = "below" if held.gain >= 0 else "above"
        found.append(
            Fact(
                value=percent(abs(held.gain)),
                label=f"{side} {held.baseline}",
                note="the best baseline, same rows",
                source=source,
                tone="" if held.gain >= 0 else "bad",
            )
        )
    first = ("wape", "bias") if judged.spec.kind == "panel" else ("rmse", "mae")
    rest = (*first, "coverage_80")
    found += [
        _scored(name, scores[name], unit, source)
        for name in rest
        if scores.get(name) is not None and name != held.metric
    ]
    rows = count(judged.result.facts.rows)
    return (*found, Fact(value=rows, label="rows judged", note=judged.title, source=source))


_LABELS = {
    "bias": ("bias, as a share of actuals", "above zero: too high"),
    "coverage_80": ("of the truth inside the 80\u00a0% band", "80\u00a0% was promised"),
}


def _scored(name: str, value: float | None, unit: str, source: str) -> Fact:
    """Return one of the champion's metrics."""
    metric = METRICS[name]
    in_unit = f", {unit}" if unit and metric.show is measured else ""
    label, note = _LABELS.get(name, (f"{metric.title}{in_unit}", metric.means))
    shown = "–" if value is None else metric.show(float(value))
    return Fact(value=shown, label=label, note=note, source=source)


def value_added(rows: pl.DataFrame, candidate: str) -> Table | None:
    """Return by how much the errors of ``candidate`` lie below each baseline's, None: no baseline.

    ``rows``: ``value_added.csv``: candidate, baseline, and the share by metric.
    """
    own = rows.filter(pl.col("candidate") == candidate)
    metrics = [name for name in _ADDED if name in own.columns and own[name].count()]
    if own.is_empty() or not metrics:
        return None
    return Table(
        caption=f"Value added: how far the errors of {candidate} lie below each baseline's.",
        heads=("Baseline", *(METRICS[name].title for name in metrics)),
        rows=tuple(
            (Cell(text=row["baseline"]), *(_gain(row[name]) for name in metrics))
            for row in own.iter_rows(named=True)
        ),
    )


def every_gain(rows: pl.DataFrame, metric: str, champion: str) -> Table | None:
    """Return the value that each candidate adds over each baseline, by one metric.

    In the order of the leaderboard; None where there are no two to compare.
    """
    if rows.is_empty() or metric not in rows.columns or not rows[metric].count():
        return None
    names = rows["candidate"].unique(maintain_order=True).to_list()
    baselines = rows["baseline"].unique(maintain_order=True).to_list()
    known = {(row["candidate"], row["baseline"]): row[metric] for row in rows.to_dicts()}
    return Table(
        caption=f"Value added by every candidate over every baseline, by {METRICS[metric].title}.",
        heads=("Candidate", *baselines),
        rows=tuple(
            (Cell(text=name), *(_gain(known.get((name, one)), bars=False) for one in baselines))
            for name in names
        ),
        marks=tuple("champion" if name == champion else "" for name in names),
    )


def _gain(value: float | None, *, bars: bool = True) -> Cell:
    """Return a share gained, with a bar where it is a gain, marked where it is a loss."""
    if value is None:
        return Cell(text="–")
    share = min(max(value, 0.0), 1.0) if bars else None
    return Cell(text=percent(value), share=share, mark="warn" if value < 0 else "")
