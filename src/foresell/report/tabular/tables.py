"""Tables of the page of a tabular project."""

import polars as pl

from foresell.evaluate.row_diagnostics import over_folds
from foresell.report import tables as shared
from foresell.report.standing import Standing
from foresell.report.tables import METRICS, Cell, Row, Table
from foresell.report.tabular.context import TabularReport
from foresell.report.wording import count, meaning, measured, percent
from foresell.spec.ordered_sums import ordered_mean

POINT = ("wmae", "rmse", "mae", "wape", "r2", "bias")
COVERED = ("coverage_80", "width_80", "coverage_95", "width_95")
_SIDES = {
    "train": ("learnt from", "fitted, tuned and chosen here, on folds"),
    "calibration": ("calibration", "how wide intervals have to be"),
    "test": ("test", "scored once"),
}
_MOST_COLUMNS = 7  # of the data, in one table


def leaderboard(report: TabularReport, frame: pl.DataFrame, protocol: str) -> Table:
    """Return a leaderboard: errors in the unit of the target."""
    by = report.facts.weighed_by
    errors = "WMAE, RMSE and MAE" if by else "RMSE and MAE"
    unit = f"; {errors} in {report.facts.unit}" if report.facts.unit else ""
    caption = f"{protocol}. Every candidate on the same rows{unit}"
    means = {"wmae": f"mean absolute error, rows weighed by {by}"} if by else None
    return shared.board(frame, report.ranked_by, POINT, caption, means)


def covered(report: TabularReport, held: Standing) -> Table | None:
    """Return how often the champion's bands held in each group, and how wide they are."""
    unit = f", widths in {report.facts.unit}" if report.facts.unit else ""
    return shared.segments(report, held, COVERED, f"The champion's bands by group{unit}.")


def weights(report: TabularReport) -> Table | None:
    """Return the members of the champion by weight, or None where it is one model."""
    rows = report.weights
    if rows.is_empty():
        return None
    largest = max(1e-12, *rows["weight"].to_list())
    ordered = rows.sort("weight", "member", descending=[True, False])
    return Table(
        caption="Weight of each member.",
        head=(("Member", ""), ("Weight", "")),
        rows=tuple(
            Row(
                head=member,
                means=meaning(member),
                cells=(Cell(text=percent(weight), bar=max(weight, 0.0) / largest),),
            )
            for member, weight in ordered.select("member", "weight").iter_rows()
        ),
    )


def folds(report: TabularReport, held: Standing) -> Table | None:
    """Return the RMSE of every candidate on every fold and over all of them."""
    rows = report.folds
    if rows.is_empty():
        return None
    numbers = sorted(rows["fold"].unique().to_list())
    known = {(row["candidate"], row["fold"]): row["rmse"] for row in rows.iter_rows(named=True)}
    least = {
        number: rows.filter(pl.col("fold") == number)["rmse"].drop_nulls().min()
        for number in numbers
    }
    kinds = dict(report.leaderboard.select("candidate", "kind").iter_rows())
    unit = f", {report.facts.unit}" if report.facts.unit else ""
    return Table(
        caption=f"RMSE{unit} on each fold of the training rows, and over all of them; least first.",
        head=(
            ("Candidate", ""),
            *((f"Fold {place}", "") for place in range(1, len(numbers) + 1)),
            ("All", "over the rows of all folds"),
        ),
        rows=tuple(
            Row(
                head=name,
                means=meaning(name),
                cells=(
                    *(_error(known.get((name, number)), least[number]) for number in numbers),
                    _error(mean, None),
                ),
                tone="champion" if name == held.champion else str(kinds.get(name, "candidate")),
            )
            for name, mean in over_folds(rows).iter_rows()
        ),
        wide=True,
    )


def _error(value: float | None, least: object) -> Cell:
    """Return an error, marked where it is the least; a dash where there is none."""
    if value is None:
        return Cell(text="–")
    return Cell(text=measured(value), best=value == least)


def importance(report: TabularReport, held: Standing) -> Table | None:
    """Return the share of each column in what moves each candidate's predictions, or None."""
    rows = report.importance
    if rows.is_empty():
        return None
    columns = rows.filter((pl.col("kind") == "column") & ~pl.col("name").str.starts_with("("))
    ranked = report.leaderboard.filter(
        (pl.col("kind") != "baseline")
        & pl.col("candidate").is_in(columns["candidate"].unique().to_list())
    ).sort(~pl.col("champion"), report.ranked_by, "candidate", nulls_last=True)
    if ranked.is_empty():
        return None
    names = _by_importance(columns, held)
    shown, rest = names[:_MOST_COLUMNS], set(names[_MOST_COLUMNS:])
    lines = {name: columns.filter(pl.col("candidate") == name) for name in ranked["candidate"]}
    return Table(
        caption="Share of each column of the data in what moves the predictions, by candidate.",
        head=(
            ("Candidate", ""),
            *((name, "") for name in shown),
            *([("others", ", ".join(sorted(rest)))] if rest else []),
        ),
        rows=tuple(
            Row(
                head=name,
                means=meaning(name),
                tone="champion" if name == held.champion else "candidate",
                note="champion" if name == held.champion else "",
                cells=_shares(dict(own.select("name", "share").iter_rows()), shown, rest),
            )
            for name, own in lines.items()
        ),
        wide=True,
        tight=True,
    )


def _by_importance(columns: pl.DataFrame, held: Standing) -> list[str]:
    """Return the columns by their share in the champion, those it does not use at the end."""
    own = columns.filter(pl.col("candidate") == held.champion).select("name", own="share")
    mean = columns.group_by("name").agg(ordered_mean(pl.col("share").sort()))
    ranked = mean.join(own, on="name", how="left").with_columns(pl.col("own").fill_null(0.0))
    return ranked.sort("own", "share", "name", descending=[True, True, False])["name"].to_list()


def _shares(known: dict[str, float], shown: list[str], rest: set[str]) -> tuple[Cell, ...]:
    """Return a bar for each column, the last one of all others; a dot where one is not used."""
    values = [known.get(name) for name in shown]
    if rest:
        values.append(sum(known.get(name) or 0.0 for name in sorted(rest)))
    return tuple(
        Cell(text=percent(value), bar=min(max(value, 0.0), 1.0)) if value else Cell(text="·")
        for value in values
    )


def split(report: TabularReport) -> Table | None:
    """Return how many rows and groups are on each side, one table for all protocols, or None."""
    rows = report.split
    if rows.is_empty():
        return None
    protocols = list(dict.fromkeys(rows["protocol"].to_list()))
    grouped = bool(rows["groups"].count())
    known = {(row["side"], row["protocol"]): row for row in rows.iter_rows(named=True)}
    head: list[tuple[str, str]] = [("Side", "")]
    for name in protocols:
        head += [(f"{name}: rows", ""), ("groups", "")] if grouped else [(name, "rows")]
    return Table(
        caption="How the rows were cut"
        + (f"; a group ({', '.join(report.facts.group_by)}) is on one side." if grouped else "."),
        head=tuple(head),
        rows=tuple(
            Row(
                head=title,
                means=means,
                cells=tuple(
                    cell
                    for name in protocols
                    for cell in _counts(known.get((side, name)), grouped=grouped)
                ),
            )
            for side, (title, means) in _SIDES.items()
        ),
    )


def _counts(row: dict[str, int | None] | None, *, grouped: bool) -> list[Cell]:
    """Return the counts of one side: rows, and groups where there are any."""
    names = ("rows", "groups") if grouped else ("rows",)
    values = [None if row is None else row[name] for name in names]
    return [Cell(text="–" if value is None else count(value)) for value in values]


def first_numbers(report: TabularReport) -> dict[str, str]:
    """Return what the numbers at the top are called, the one compared by first."""
    unit = f", {report.facts.unit}" if report.facts.unit else ""
    return {
        report.ranked_by: f"{METRICS[report.ranked_by].title}{unit}",
        "mae": f"MAE{unit}",
        "coverage_80": "of the truth inside the 80\u00a0% band",
    }
