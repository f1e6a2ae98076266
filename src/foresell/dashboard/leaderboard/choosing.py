"""How the champion was chosen, before the test was looked at, and what it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from foresell.charts.folds import fold_strips
from foresell.charts.importance import importance_chart
from foresell.dashboard.leaderboard.boards import as_shown
from foresell.dashboard.leaderboard.reading import Judged
from foresell.dashboard.leaderboard.weak_spots import HALF, against
from foresell.dashboard.page import Cell, Figure, Table
from foresell.evaluate.row_diagnostics import over_folds
from foresell.report import captions, insides
from foresell.report.context import RunReport
from foresell.report.tables import METRICS
from foresell.report.tabular import captions as of_rows
from foresell.report.tabular import tables as row_tables
from foresell.report.tabular.context import TabularReport
from foresell.report.wording import day, listed, percent
from foresell.spec.ordered_sums import ordered_mean

BACKTEST, LEARNER = "backtest.csv", "learner.json"


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The errors on the folds: as a chart of every candidate, and as numbers."""

    figure: Figure
    table: Table


@dataclass(frozen=True, kw_only=True)
class MadeOf:
    """What the champion is an average of. ``says``: the largest weight."""

    says: str
    table: Table


def folds(rows: pl.DataFrame, judged: Judged, members: MadeOf | None) -> Chosen | None:
    """Return the errors of the candidates on the folds; None where there were none.

    ``rows``: ``backtest.csv``. ``members``: what the champion is an average of, None for one model.
    """
    metric, place = ("wape", "cutoff") if judged.spec.kind == "panel" else ("rmse", "fold")
    if rows.select("candidate", "kind", place, metric).is_empty():
        return None
    if isinstance(judged.result, RunReport):
        means = rows.group_by("candidate").agg(ordered_mean(pl.col("wape")))
        title = captions.folds(replace(judged.result, folds=rows), against(judged, judged.rival))
    else:
        means = over_folds(rows)
        # Whether it is an average is all that the sentence asks of the weights.
        weights = pl.DataFrame({"weight": [1.0]}) if members is not None else pl.DataFrame()
        title = of_rows.folds(replace(judged.result, folds=rows, weights=weights), judged.held)
    means = means.sort(metric, "candidate", nulls_last=True)
    return Chosen(
        figure=_strips(rows, means, metric, title, judged),
        table=_fold_table(rows, means, metric, place, judged),
    )


def _strips(
    rows: pl.DataFrame, means: pl.DataFrame, metric: str, title: str, judged: Judged
) -> Figure:
    """Return a row for each candidate, a dot for each fold; baselines are left out."""
    champion, unit = judged.held.champion, judged.result.facts.unit
    shown = rows.filter((pl.col("kind") != "baseline") | (pl.col("candidate") == champion))
    error = (pl.col(metric) * (100 if metric == "wape" else 1)).alias("error")
    own = means.join(shown, on="candidate", how="semi", maintain_order="left")
    dots, bars = (part.select("candidate", error) for part in (shown, own))
    told = METRICS[metric]
    what = "WAPE,\u00a0%" if metric == "wape" else f"{told.title}{f', {unit}' if unit else ''}"
    said = ", ".join(
        f"{name} {told.show(mean)}" for name, mean in own.select("candidate", metric).rows()
    )
    return Figure(
        name="folds",
        title=title,
        note=f"{what}: a dot for each fold, a bar over all of them; further left is better.",
        says=f"{told.title} over all folds: {said}.",
        draw=lambda width: fold_strips(dots, bars, champion=champion, width=width),
        size=(HALF[0], own.height * 25 + 40),
    )


def _fold_table(
    rows: pl.DataFrame, means: pl.DataFrame, metric: str, place: str, judged: Judged
) -> Table:
    """Return every candidate on every fold, and over all of them."""
    show = METRICS[metric].show
    places = rows[place].unique().sort().to_list()
    known = {(row["candidate"], row[place]): row[metric] for row in rows.iter_rows(named=True)}
    kinds = dict(rows.select("candidate", "kind").iter_rows())

    def cell(value: float | None) -> Cell:
        return Cell(text="–" if value is None else show(value))

    def mark(name: str) -> str:
        return "champion" if name == judged.held.champion else kinds[name].replace("candidate", "")

    ranked = means.select("candidate", metric).rows()
    return Table(
        caption=f"{METRICS[metric].title} on each fold, and over all of them; least first.",
        heads=(
            "Candidate",
            *(_fold_name(one, number) for number, one in enumerate(places, 1)),
            "All",
        ),
        rows=tuple(
            (Cell(text=name), *(cell(known.get((name, one))) for one in places), cell(mean))
            for name, mean in ranked
        ),
        marks=tuple(mark(name) for name, _ in ranked),
    )


def _fold_name(place: object, number: int) -> str:
    """Return what a fold is called: by its cutoff where it has one."""
    return f"to {day(date.fromisoformat(place))}" if isinstance(place, str) else f"Fold {number}"


def made_of(learner: Mapping[str, Any], judged: Judged) -> MadeOf | None:
    """Return the members of the champion and their weights; None where it is one model.

    ``learner``: ``judged/learner.json``.
    """
    champion = judged.held.champion
    reconciling = learner.get("reconciling") or {}
    source = reconciling.get("source", champion) if champion == "reconciled" else champion
    weights = learner["ensembles"].get(source)
    if not weights:
        return None
    if isinstance(judged.result, RunReport):
        frame = _by_bucket(weights, learner["buckets"])
        panel = replace(judged.result, weights=frame)
        table = insides.weights(panel)
        return (
            None if table is None else MadeOf(says=captions.weights(panel), table=as_shown(table))
        )
    members = {name: weight for name, weight in weights.items() if weight > 0}
    frame = pl.DataFrame({"member": list(members), "weight": list(members.values())})
    rows = replace(judged.result, weights=frame)
    found = row_tables.weights(rows)
    return None if found is None else MadeOf(says=of_rows.weights(rows), table=as_shown(found))


def _by_bucket(weights: list[Mapping[str, float]], lasts: list[int]) -> pl.DataFrame:
    """Return the weights by bucket of the horizon, as reports have them."""
    rows = [
        {"bucket": f"{lasts[place - 1] + 1 if place else 1}-{last}", "member": name, "weight": one}
        for place, (last, own) in enumerate(zip(lasts, weights, strict=False))
        for name, one in own.items()
        if one > 0
    ]
    return pl.DataFrame(
        rows, schema={"bucket": pl.String, "member": pl.String, "weight": pl.Float64}
    )


def importance(rows: pl.DataFrame, judged: Judged) -> Figure | None:
    """Return what moves the champion's answers, column by column; None where nobody asked.

    ``rows``: ``importance.csv``.
    """
    own = rows.filter(
        (pl.col("candidate") == judged.held.champion) & (pl.col("kind") == "column")
    ).sort("share", "name", descending=[True, False])
    if own.is_empty():
        return None
    unit = judged.result.facts.unit
    # What a part says before it has looked at any column stands in brackets, and is none.
    columns = own.filter(~pl.col("name").str.starts_with("(")).select("name", "share").rows()
    first = [f"{name} {percent(share, 0)}" for name, share in columns]
    whole = replace(judged.result, importance=rows)
    title = f"What {judged.held.champion} learnt beside the seasonal base: {listed(first[:3])}."
    of_what = "what was learnt beside the seasonal base"
    if isinstance(whole, TabularReport):
        title, of_what = of_rows.importance(whole, judged.held), "what moves the answers"
    return Figure(
        name="importance",
        title=title,
        note=f"Mean of how far a column moves an answer up or down{f', {unit}' if unit else ''}.",
        says=f"Share of each column in {of_what}: {', '.join(first[:14])}.",
        draw=lambda width: importance_chart(own, width=width),
        rows=own.select("name", "mean_abs", "mean", "share"),
        size=(HALF[0], min(own.height, 14) * 24 + 16),
    )


def parts(rows: pl.DataFrame, judged: Judged) -> Table | None:
    """Return how large each part of the forecast is, None where it has none. As `importance`."""
    found = insides.importance(replace(judged.result, importance=rows), judged.held, "part")
    return None if found is None else as_shown(found)


def levels(rows: pl.DataFrame, judged: Judged) -> Table | None:
    """Return the errors of the levels of the hierarchy, None where none was judged.

    ``rows``: ``hierarchy.csv``.
    """
    if not isinstance(judged.result, RunReport):
        return None
    found = insides.levels(replace(judged.result, levels=rows))
    return None if found is None else as_shown(found)
