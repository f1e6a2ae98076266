"""What the reader should see, in one or two sentences, computed from the frames."""

from collections.abc import Mapping

import polars as pl

from foresell.charts.calibration import OVERALL
from foresell.report.context import Result, RunFacts, RunReport
from foresell.report.standing import Standing, paired, scale_limit
from foresell.report.wording import (
    amount,
    count,
    day,
    listed,
    name,
    percent,
    segment_phrase,
    unbroken,
)
from foresell.spec.ordered_sums import one_piece, ordered_sum

HOLDS = 0.03  # a lead that moves by less than three points is said to hold


def headline(report: Result, held: Standing) -> str:
    """Return the page's headline: the result in one line."""
    if held.champion_is_baseline:
        return f"No candidate beat {held.champion}"
    if held.gain is None:
        return "Judged, with no baseline to compare with"
    compared = f"{distance(held.gain)} the best baseline"
    return f"Errors are {compared}" if report.verdict.passed else f"Not passed: errors {compared}"


def steps_of(facts: RunFacts) -> int:
    """Return how many periods the test window has."""
    days = (facts.test_last - facts.test_first).days
    return days // (1 if facts.every == "day" else 7) + 1


def distance(gain: float) -> str:
    """Return how far an error lies from another one, in words."""
    if abs(gain) < 0.005:
        return "level with"
    return f"{percent(abs(gain), 0)} {'below' if gain > 0 else 'above'}"


def standfirst(report: RunReport, held: Standing) -> str:
    """Return the sentences under the headline: what was judged, and how large the errors are."""
    facts = report.facts
    span = f"{day(facts.test_first)} to {day(facts.test_last)}"
    judged = (
        f"The forecast was made on {day(facts.cutoff)} and judged on the "
        f"{count(steps_of(facts), facts.every)} that followed ({span}), which it had not seen."
    )
    if held.error is None or held.metric != "wape":
        return judged
    missed = f" It misses by {percent(held.error)} of {_noun(facts)}"
    if held.gain is None or held.baseline_error is None:
        return f"{judged}{missed}."
    return (
        f"{judged}{missed}; the best baseline, {held.baseline}, by {percent(held.baseline_error)}."
    )


def _noun(facts: RunFacts) -> str:
    """Return what is forecast, as a noun."""
    return "sales" if "sales" in facts.target.lower() else name(facts.target).lower()


def total(report: RunReport) -> str:
    """Return what the chart of the total shows."""
    both = report.totals.drop_nulls(["y", "prediction"])
    actual, forecast = (float(one_piece(both[name]).sum()) for name in ("y", "prediction"))
    if both.is_empty() or actual <= 0:
        return "The total of all series."
    off = forecast / actual - 1
    side = "above" if off > 0 else "below"
    apart = f"{percent(abs(off))} {side}" if abs(off) >= 0.0005 else "level with"
    share = both.with_columns(share=pl.col("prediction") / pl.col("y") - 1).filter(pl.col("y") > 0)
    worst = share.sort(pl.col("share").abs(), "date", descending=[True, False])
    return (
        f"Over the test window the forecasts add up to "
        f"{amount(forecast, report.facts.unit)}, {apart} the actual total. "
        f"The largest miss of one {report.facts.every}'s total is "
        f"{percent(worst['share'][0])}, on {day(worst['date'][0])}."
    )


def steps(report: RunReport, held: Standing) -> str:
    """Return how the lead over the baseline moves along the horizon."""
    ours, theirs = (
        report.by_step.filter(pl.col("candidate") == who).drop_nulls("wape").sort("step")
        for who in (held.champion, held.baseline)
    )
    if ours.is_empty():
        return "The champion has no error by step."
    worst = ours.sort("wape", "step", descending=[True, False])
    hardest = (
        f"The hardest {report.facts.every} is number {worst['step'][0]}, "
        f"with {percent(worst['wape'][0])}."
    )
    both = ours.join(theirs, on="step", suffix="_base", maintain_order="left")
    both = both.filter(pl.col("wape_base") > 0)
    third = both.height // 3
    if third < 1 or held.champion == held.baseline:
        return hardest
    gain = [_lead(both.head(third)), _lead(both.tail(third))]
    move = gain[1] - gain[0]
    verb = "holds" if abs(move) < HOLDS else "narrows" if move < 0 else "widens"
    early, late = int(both["step"][third - 1]), int(both["step"][-third])
    return (
        f"The lead over {held.baseline} {verb} along the horizon: {percent(gain[0], 0)} in "
        f"{report.facts.every}s 1–{early}, {percent(gain[1], 0)} from {report.facts.every} "
        f"{late} on. {hardest}"
    )


def _lead(rows: pl.DataFrame) -> float:
    """Return the mean share by which ``wape`` is below ``wape_base``."""
    return 1 - float(one_piece(rows["wape"]).sum()) / float(one_piece(rows["wape_base"]).sum())


def segments(report: Result, held: Standing) -> str:
    """Return in how many segments the champion is ahead, and where it is not."""
    ours, theirs = (
        report.segments.filter(pl.col("candidate") == who).drop_nulls("wape")
        for who in (held.champion, held.baseline)
    )
    both = ours.join(theirs, on=["segment", "value"], suffix="_base", maintain_order="left")
    both = both.filter(pl.col("wape_base") > 0)
    if both.is_empty() or held.champion == held.baseline:
        return "The error of the champion, segment by segment."
    lead = both.with_columns(gain=1 - pl.col("wape") / pl.col("wape_base"))
    behind, level = lead.filter(pl.col("gain") < 0), lead.filter(pl.col("gain") == 0).height
    labels = [_segment(row) for row in behind.iter_rows(named=True)]
    best = lead.sort("gain", descending=True, maintain_order=True).row(0, named=True)
    where = f"the widest lead is {percent(best['gain'], 0)}, in {_segment(best)}"
    if labels or level:
        ahead = both.height - behind.height - level
        told = f", level in {level}" if level else ""
        told += f", behind in {listed(labels)}" if labels else ""
        return f"Ahead in {ahead} of {both.height} segments{told}; {where}."
    return f"Ahead of {held.baseline} in all {both.height} segments; {where}."


def _segment(row: Mapping[str, object]) -> str:
    """Return a segment and its value as one phrase."""
    return unbroken(segment_phrase(str(row["segment"]), str(row["value"])))


def cut(report: Result, held: Standing) -> str:
    """Return which segments lie beyond the scale of their charts, and why; or nothing."""
    if report.segments.is_empty():
        return ""
    pair = paired(report, held)
    limit = scale_limit(pair)
    far = pair.filter(pl.col("wape") > limit).unique(["segment", "value"], maintain_order=True)
    if far.is_empty():
        return ""
    labels = [_segment(row) for row in far.iter_rows(named=True)]
    sizes = f" ({count(int(far['n'].sum()), 'row')})" if "n" in far.columns else ""
    return (
        f"The scale ends at {percent(limit, 0)}; a triangle at its edge stands for a larger error, "
        f"given as a number: {listed(labels)}{sizes}. WAPE is large where actual values are small."
    )


def calibration(report: Result) -> str:
    """Return how far promised and observed shares lie apart."""
    rows = report.calibration.filter(pl.col("bucket") == OVERALL).drop_nulls()
    if rows.is_empty():
        return "Promised and observed shares."
    gap = rows.with_columns(gap=pl.col("observed") - pl.col("level"))
    worst = gap.sort(pl.col("gap").abs(), "level", descending=[True, False]).row(0, named=True)
    word = "honest" if abs(worst["gap"]) <= 0.03 else "off"
    points = f"{100 * abs(worst['gap']):.1f}"
    side = "more" if worst["gap"] > 0 else "less"
    return (
        f"The quantiles are {word}: the largest gap is {points} points, where "
        f"{percent(worst['level'], 0)} was promised and {percent(worst['observed'])} observed "
        f"({side} of the truth lies below than it should)."
    )


def band(buckets: pl.DataFrame, promised: str = "80") -> str:
    """Return how coverage of a band moves along the horizon."""
    if buckets.height < 2:
        return f"How much of the truth the {promised}\u00a0% band held."
    low, high = (buckets.sort("coverage", maintain_order=True)[i] for i in (0, -1))
    least, most = (
        f"{percent(part['coverage'][0])} ({unbroken(part['bucket'][0])})" for part in (low, high)
    )
    return f"The {promised}\u00a0% band held between {least} and {most} of the truth."


def residuals(errors: pl.Series, unit: str, whole: str = "") -> str:
    """Return where half of the errors lie, and to which side they lean.

    ``whole``: what they are shares of, where they are.
    """
    known = errors.drop_nulls().drop_nans()
    half = known.abs().median()
    high = (known > 0).mean()
    if not isinstance(half, float) or not isinstance(high, float):
        return "No errors were kept."
    if half == 0:
        return f"Half of the errors are zero; {percent(high, 0)} are too high."
    size = f"{percent(half)} of {whole}" if whole else amount(half, unit)
    return f"Half of all errors are smaller than {size}; {percent(high, 0)} are too high."


def bias(report: RunReport) -> str:
    """Return on how many dates the total was over- and underestimated."""
    both = report.totals.drop_nulls(["y", "prediction"])
    over = both.filter(pl.col("prediction") > pl.col("y")).height
    return (
        f"The total was forecast too high on {over} of {count(both.height, 'date')} and too low "
        f"on {both.filter(pl.col('prediction') < pl.col('y')).height}."
    )


def folds(report: RunReport, held: Standing) -> str:
    """Return how often the champion was ahead when it was chosen."""
    if "fold" in report.folds.columns and not report.folds["fold"].all():
        return (
            "No fold was possible, the history is too short: these are the cutoffs of the "
            "residuals that the bands are made of."
        )
    ours, theirs = (
        report.folds.filter(pl.col("candidate") == who).drop_nulls("wape")
        for who in (held.champion, held.baseline)
    )
    both = ours.join(theirs, on="cutoff", suffix="_base")
    if both.is_empty() or held.champion == held.baseline:
        return f"The champion was chosen on {count(ours['cutoff'].n_unique(), 'earlier cutoff')}."
    ahead = both.filter(pl.col("wape") < pl.col("wape_base")).height
    return (
        f"Chosen before the test window was looked at: ahead of {held.baseline} at "
        f"{ahead} of {count(both.height, 'earlier cutoff')}."
    )


def protocols(report: RunReport, held: Standing) -> dict[str, str]:
    """Return what each of the two leaderboards answers: ``frozen`` and, where judged, ``one_step``.

    The second also says how far the champion is ahead of the best baseline of that protocol.
    """
    frozen = (
        f"How good is a plan made once? Everything was forecast on {day(report.facts.cutoff)}, and "
        "nothing of the test window was known. The gate decides by this table."
    )
    if report.one_step.is_empty():
        return {"frozen": frozen}
    metric = report.ranked_by or held.metric
    board = report.one_step.drop_nulls(metric).sort(metric, "candidate")
    ours = board.filter(pl.col("champion"))
    best = board.filter(pl.col("kind") == "baseline").head(1)
    one_step = (
        f"How good is the next {report.facts.every}? Every {report.facts.every} was forecast when "
        f"the truth up to the one before was known; the model was not fitted again. These errors "
        "are no rivals of those above: they answer another question."
    )
    if ours.is_empty() or best.is_empty() or not best[metric][0]:
        return {"frozen": frozen, "one_step": one_step}
    gain = 1 - float(ours[metric][0]) / float(best[metric][0])
    place = distance(gain)
    return {
        "frozen": frozen,
        "one_step": f"{one_step} The {metric.upper()} of {held.champion} is {place} that of "
        f"{best['candidate'][0]}, the best baseline here.",
    }


def weights(report: RunReport) -> str:
    """Return the member with the largest share of the champion."""
    mean = (
        report.weights
        .group_by("member")
        .agg(ordered_sum(pl.col("weight")))
        .with_columns(pl.col("weight") / report.weights["bucket"].n_unique())
        .sort("weight", "member", descending=[True, False])
    )
    members = count(mean.height, "member")
    return (
        f"An average of {members}; {mean['member'][0]} has the largest weight, "
        f"{percent(mean['weight'][0], 0)} over the horizon."
    )
