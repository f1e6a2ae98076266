"""What the reader should see of rows of a table, in one or two sentences."""

import polars as pl

from foresell.evaluate.row_diagnostics import calibration_error, over_folds
from foresell.report.captions import distance
from foresell.report.standing import Standing, best_baseline
from foresell.report.tabular.context import TabularReport
from foresell.report.wording import (
    NBSP,
    amount,
    count,
    listed,
    percent,
    segment_phrase,
    unbroken,
)
from foresell.spec.ordered_sums import one_piece

FEWEST = 30  # rows of a group from which on a share of them says something
_CLOSE = 0.02  # of the mean: bins that are off by less are said to be right on average


def standfirst(report: TabularReport, held: Standing) -> str:
    """Return the sentences under the headline: what was judged, and how large the errors are."""
    facts = report.facts
    judged = f"The model was judged once, on {count(facts.rows, 'row')}"
    if facts.groups:
        by = f" ({', '.join(facts.group_by)})" if facts.group_by else ""
        judged += f" of {count(facts.groups, 'group')}{by}, none of which it had seen a row of"
    else:
        judged += " it had not seen"
    missed = ""
    misses = _errors(report).abs()
    half, most = misses.median(), misses.quantile(0.9, "linear")
    if isinstance(half, float) and most is not None:
        missed = (
            f" Half of its predictions miss by less than {amount(half, facts.unit)}, nine in ten "
            f"by less than {amount(most, facts.unit)}."
        )
    if held.error is None:
        return f"{judged}.{missed}"
    title = f"The {held.metric.upper()}" if held.metric != "wape" else "The sum of errors"
    error = _sized(held, held.error, facts.unit)
    if held.gain is None or held.baseline_error is None:
        return f"{judged}.{missed} {title} is {error}."
    rival = _sized(held, held.baseline_error, facts.unit)
    best = f"that of the best baseline, {held.baseline}, {rival}"
    return f"{judged}.{missed} {title} is {error}; {best}."


def _sized(held: Standing, error: float, unit: str) -> str:
    """Return an error as a share or with its unit."""
    return percent(error) if held.metric == "wape" else amount(error, unit)


def _errors(report: TabularReport) -> pl.Series:
    """Return prediction less truth of the rows judged."""
    if report.rows.is_empty():
        return pl.Series(dtype=pl.Float64)
    error = pl.col("prediction") - pl.col("y")
    return report.rows.select(error.alias("error"))["error"].drop_nulls().drop_nans()


def predicted(report: TabularReport) -> str:
    """Return how much of the difference between rows the model explains."""
    errors = _errors(report)
    if errors.is_empty():
        return "No rows were kept."
    y = one_piece(report.rows["y"])
    around = float(((y - y.mean()) ** 2).sum())
    within = float(one_piece(errors**2).sum())
    tight = int((errors.abs() <= 0.1 * y.abs()).sum()) / errors.len()
    near = f"{percent(tight, 0)} of the predictions are within a tenth of the truth."
    if around <= 0:
        return near
    return f"The model explains {percent(1 - within / around)} of the variance of the truth; {near}"


def bins(report: TabularReport, table: pl.DataFrame) -> str:
    """Return whether predictions of a size are right on average."""
    gap = calibration_error(table)
    mean = one_piece(report.rows["y"].abs()).mean() if not report.rows.is_empty() else None
    if gap is None or not isinstance(mean, float):
        return "Mean actual against mean prediction."
    unit = report.facts.unit
    off = table.with_columns(gap=pl.col("prediction") - pl.col("y"))
    worst = off.sort(pl.col("gap").abs(), "bin", descending=[True, False]).row(0, named=True)
    side = "too high" if worst["gap"] > 0 else "too low"
    word = "right" if gap <= _CLOSE * mean else "off"
    return (
        f"Predictions of a size are {word} on average: over {count(table.height, 'bin')} their "
        f"means are {amount(gap, unit)} apart, {percent(gap / mean)} of the mean; the widest gap "
        f"is {amount(abs(worst['gap']), unit)} {side}, near {amount(worst['prediction'], unit)}."
    )


def spread(report: TabularReport, table: pl.DataFrame) -> str:
    """Return how the errors grow with the prediction."""
    if table.height < 2:
        return "The error against the size of the prediction."
    wide = table.with_columns(width=pl.col("high") - pl.col("low")).sort("bin")
    unit = report.facts.unit
    low, high = (
        f"{amount(row['width'], unit)} wide near {amount(row['prediction'], unit)}"
        for row in (wide.row(0, named=True), wide.row(-1, named=True))
    )
    return f"The middle 80\u00a0% of the errors is {low} and {high}."


def bands(report: TabularReport, held: Standing) -> str:
    """Return where the 80 % band held least and most, among the groups told apart."""
    rows = report.segments
    known = (
        rows.filter(pl.col("candidate") == held.champion).drop_nulls("coverage_80")
        if "coverage_80" in rows.columns
        else rows.clear()
    )
    if "n" in known.columns and (large := known.filter(pl.col("n") >= FEWEST)).height:
        known = large
    if known.height < 2:
        return "How much of the truth the bands held."
    ordered = known.sort("coverage_80", maintain_order=True)
    least, most = (
        f"{percent(row['coverage_80'])} ({_segment(row)})"
        for row in (ordered.row(0, named=True), ordered.row(-1, named=True))
    )
    return (
        f"In groups of {FEWEST} rows or more, the 80\u00a0% band held between {least} and {most} "
        "of the truth."
    )


def _segment(row: dict[str, object]) -> str:
    """Return a segment and its value, with its size where that is known."""
    phrase = unbroken(segment_phrase(str(row["segment"]), str(row["value"])))
    size = row.get("n")
    return f"{phrase}, {count(size, 'row')}" if isinstance(size, int) else phrase


def other(report: TabularReport) -> str:
    """Return what the other leaderboard answers, and how far its champion is ahead there."""
    board = report.other
    if board is None:
        return ""
    told = f"{board.answers} {count(board.rows, 'row')} judged."
    metric = report.ranked_by
    ours = board.leaderboard.filter(pl.col("champion"))
    best = best_baseline(board.leaderboard, metric)
    if ours.is_empty() or best is None or not best[1] or ours[metric][0] is None:
        return told
    own, (name, error) = float(ours[metric][0]), best
    unit = report.facts.unit
    return (
        f"{told} The {metric.upper()} of {ours['candidate'][0]}, {amount(own, unit)}, is "
        f"{distance(1 - own / error)} that of {name}, the best baseline here. These errors are no "
        "rivals of those above: the rows are others, and so is the question."
    )


def folds(report: TabularReport, held: Standing) -> str:
    """Return on how many folds the champion was ahead of the candidate next to it."""
    rows = report.folds.drop_nulls("rmse")
    ordered = over_folds(rows)["candidate"].to_list()
    others = [name for name in ordered if name != held.champion]
    ours = rows.filter(pl.col("candidate") == held.champion)
    number = count(ours["fold"].n_unique(), "fold")
    chosen = f"Chosen on {number} of the training rows, before the test was looked at"
    if ours.is_empty() or not others:
        return f"{chosen}."
    both = ours.join(rows.filter(pl.col("candidate") == others[0]), on="fold", suffix="_next")
    ahead = both.filter(pl.col("rmse") < pl.col("rmse_next")).height
    if ordered[0] != held.champion:
        least = f"{chosen}. {others[0]} has the least error over all of them"
        if report.weights.is_empty():
            return f"{least}."
        return (
            f"{least}, but the best of many is so by luck, too: picked on the other folds, the "
            "best candidates err more than the ensemble."
        )
    return f"{chosen}: ahead of {others[0]}, the next best, on {ahead}{NBSP}of{NBSP}{both.height}."


def weights(report: TabularReport) -> str:
    """Return the member with the largest weight."""
    first = report.weights.sort("weight", "member", descending=[True, False]).row(0, named=True)
    return (
        f"An average of {count(report.weights.height, 'member')}; {first['member']} has the "
        f"largest weight, {percent(first['weight'], 0)}."
    )


def importance(report: TabularReport, held: Standing) -> str:
    """Return the columns that matter most to the champion."""
    own = report.importance.filter(
        (pl.col("candidate") == held.champion) & (pl.col("kind") == "column")
    ).sort("share", "name", descending=[True, False])
    if own.is_empty():
        return "What matters to each candidate."
    first = [f"{name} {percent(share, 0)}" for name, share in own.select("name", "share").rows()]
    return f"What moves the predictions of {held.champion} most: {listed(first[:3])}."
