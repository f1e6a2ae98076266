"""Forecasts judged by what came true: periods, segments, signals, and a verdict with reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import exp
from typing import Any

import numpy as np
import polars as pl

from foresell.errors import counted
from foresell.monitor.judging import Performance, Verdict
from foresell.monitor.reference import Reference, reference_of
from foresell.monitor.rules import Recent, findings_of, recent_of, remarks_of
from foresell.monitor.segment_errors import segment_errors, segment_findings
from foresell.monitor.tracking import tracking_signal, trigg
from foresell.monitor.weekly import (
    ALL,
    PERIOD,
    Every,
    finite,
    last_day,
    numbers,
    sums,
    whole,
)
from foresell.spec.monitoring import Finding
from foresell.spec.ordered_sums import one_piece

SHOWN = 20  # segments in the summary; the table has all
_SHARE_NEW = 0.1  # of the truth that nothing was forecast for: more is worth a look
_NINE_TENTHS = 1.6448536269514722  # standard deviations on either side
_SHOWN_NUMBERS = (
    *("wape", "bias_share", "coverage_80", "coverage_95", "width_80"),
    *("value_added",),
)


@dataclass(frozen=True, kw_only=True)
class Unmatched:
    """Truths that nothing was forecast for: why, how many rows, how much, and whose.

    ``why``: ``beyond the horizon`` of the newest version, ``dated apart from the rest`` (as well,
    but few, or far from all others: dates may be wrong), ``between versions`` (beyond that of an
    older one), ``not forecast`` (the series was not known), ``before the forecasts``, ``not
    judged: learnt from`` or ``not logged``. ``actual``: the sum of their absolute values, and
    ``lately`` that of the last periods; ``named``: a few of their series or requests, or their
    first and last day.
    """

    why: str
    rows: int
    actual: float
    lately: float = 0.0
    named: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class About:
    """What is judged. ``told``: what the summary says beside the numbers, plain values.

    ``every``: what a period is; ``weekly``: the panel's own periods are weeks. ``by``: the columns
    that part rows. ``notes``: what a reader has to know of how the rows were matched. ``version``:
    the one whose forecasts decide the verdict, by the column ``version`` of the rows; what others
    forecast is shown. None: all decide.
    """

    told: Mapping[str, Any]
    every: Every
    table: bool
    weekly: bool = False
    by: Sequence[str] = ()
    unmatched: tuple[Unmatched, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)
    version: int | None = None


def judge(rows: pl.DataFrame, backtest: pl.DataFrame, about: About) -> Performance:
    """Return how forecasts fared against what came true.

    ``rows``: what was forecast beside the truth, and ``backtest``: the same of the rows the model
    was judged on; both as `foresell.monitor.weekly` says, in an order given by their content.
    ``rows`` may be empty: then only what is unmatched is told.
    """
    totals = sums(rows)
    weeks = numbers(totals)
    usual = rows.height / max(1, weeks.height)
    reference = reference_of(backtest, usual if about.table else None)
    weeks = _beside(weeks, totals, reference)
    recent = recent_of(weeks.filter("whole"), about.every)
    findings = _nothing_forecast(about, float(one_piece(recent.weeks["actual"]).sum()))
    if about.version is not None:
        rows = rows.filter(pl.col("version") == about.version)
        recent = recent_of(_own(rows, weeks, reference), about.every)
    judged = rows.filter(pl.col(PERIOD).is_in(recent.weeks[PERIOD].implode()))
    segments = segment_errors(judged, backtest, about.by, table=about.table)
    if recent.weeks.height:
        findings += findings_of(recent, reference) + segment_findings(segments, recent)
        findings += _just_now(rows, backtest, about, recent, findings)
    findings.sort(key=lambda one: one.weight != "alarm")
    verdict = _verdict(findings, recent)
    return Performance(
        verdict=verdict,
        findings=tuple(findings),
        told=_told(verdict, findings, recent, reference, weeks, segments, about),
        weeks=weeks.drop("log_error", "log_beside", "bias_of"),
        segments=segments,
    )


def _own(rows: pl.DataFrame, weeks: pl.DataFrame, reference: Reference) -> pl.DataFrame:
    """Return the whole periods of the ``rows`` of one version; ``weeks``: those of all versions."""
    totals = sums(rows)
    own = _beside(numbers(totals), totals, reference)
    return own.filter(own["whole"] & whole(own, weeks))


def _just_now(
    rows: pl.DataFrame,
    backtest: pl.DataFrame,
    about: About,
    recent: Recent,
    known: Sequence[Finding],
) -> list[Finding]:
    """Return the segments that have moved away in the last period alone, not told yet."""
    if recent.weeks.height < 2:
        return []
    last = replace(
        recent, weeks=recent.weeks.tail(1), sustained=False, word=f"the last {about.every}"
    )
    seen = rows.filter(pl.col(PERIOD) == last.weeks[PERIOD][0])
    found = segment_errors(seen, backtest, about.by, table=about.table, last=1)
    return segment_findings(found, last, known)


def _verdict(findings: Sequence[Finding], recent: Recent) -> Verdict:
    """Return the verdict: training for an alarm, watching for a note, none for nothing judged."""
    if any(one.weight == "alarm" for one in findings):
        return "retrain"
    if findings:
        return "watch"
    return "steady" if recent.weeks.height else "unknown"


def _beside(weeks: pl.DataFrame, totals: pl.DataFrame, reference: Reference) -> pl.DataFrame:
    """Return periods with what the backtest says of each.

    ``whole``: it is judged; ``expected_wape`` with ``usual_low`` and ``usual_high``, between which
    nine of ten periods lie, ``ratio`` (of the error to what is expected), ``quantile`` (the share
    of the backtest's periods whose error, for its distance, was smaller), and both signals of a
    bias.
    """
    steps = weeks["step"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    expected = reference.error
    spread = 0.0 if expected is None else expected.spread
    ratios: list[float | None] = [None] * weeks.height
    quantiles: list[float | None] = [None] * weeks.height
    if expected is not None:
        past = _apart(reference)
        for place, log in enumerate(weeks["log_error"].to_list()):
            if log is not None:
                apart = log - float(expected.at(steps[place : place + 1])[0])
                ratios[place] = exp(apart)
                quantiles[place] = float(np.mean(past < apart)) if len(past) > 1 else None
    kept = whole(weeks)
    biases = totals.filter(kept)["bias"].to_list()
    signals = iter(
        zip(
            tracking_signal(biases, reference.usual_bias),
            trigg(biases, reference.usual_bias),
            strict=True,
        )
    )
    told = [next(signals) if one else (None, None) for one in kept.to_list()]
    return (
        weeks
        .with_columns(
            kept.alias("whole"),
            pl.Series("ratio", ratios, dtype=pl.Float64),
            pl.Series("quantile", quantiles, dtype=pl.Float64),
            pl.Series("tracking_signal", [one[0] for one in told], dtype=pl.Float64),
            pl.Series("trigg", [one[1] for one in told], dtype=pl.Float64),
        )
        .with_columns(expected_wape=pl.col("wape") / pl.col("ratio"))
        .with_columns(
            usual_low=pl.col("expected_wape") * exp(-_NINE_TENTHS * spread),
            usual_high=pl.col("expected_wape") * exp(_NINE_TENTHS * spread),
        )
    )


def _apart(reference: Reference) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return how far each period of the backtest lay from what it lets us expect, in logarithms."""
    there = reference.weeks.filter(pl.col("log_error").is_not_null())
    if reference.error is None:
        return np.zeros(0)
    steps = there["step"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.asarray(there["log_error"].to_numpy() - reference.error.at(steps))


def _nothing_forecast(about: About, known: float) -> list[Finding]:
    """Return findings about truths that nothing was forecast for.

    ``known``: the sum of what was forecast of the last periods, in absolute values.
    """
    found = []
    for one in about.unmatched:
        if one.why == "beyond the horizon":
            verb, them = ("lies", "it") if one.rows == 1 else ("lie", "them")
            says = (
                f"{counted(one.rows, 'row')} {verb} beyond the horizon of the newest version: "
                f"nothing was forecast for {them}"
            )
            found.append(_finding(says, one, alarm=True))
        elif one.why == "not forecast" and one.lately > _SHARE_NEW * (known + one.lately):
            share = one.lately / (known + one.lately)
            says = f"{share:.1%} of what came lately is of series that nothing was forecast for"
            found.append(_finding(says, one, alarm=False))
    return found


def _finding(says: str, one: Unmatched, *, alarm: bool) -> Finding:
    return Finding(
        seen="missing" if alarm else "unseen",
        weight="alarm" if alarm else "note",
        about=one.why,
        says=says,
        numbers={"rows": one.rows, "actual": one.actual},
    )


def _told(  # noqa: PLR0913, PLR0917 - the parts of one document
    verdict: Verdict,
    findings: Sequence[Finding],
    recent: Recent,
    reference: Reference,
    weeks: pl.DataFrame,
    segments: pl.DataFrame,
    about: About,
) -> dict[str, Any]:
    """Return the summary."""
    last = weeks.tail(1)
    return {
        **about.told,
        "available": True,
        "every": about.every,
        "verdict": verdict,
        "reasons": [one.says for one in findings] or [_steady(recent, about)],
        "findings": [asdict(one) for one in findings],
        "recent": _recent(recent, about),
        "backtest": _backtest(reference, about),
        "tracking_signal": last["tracking_signal"][0] if last.height else None,
        "trigg": last["trigg"][0] if last.height else None,
        "periods": weeks.height,
        "segments": segments.head(SHOWN).to_dicts(),
        "unmatched": [asdict(one) for one in about.unmatched],
        "notes": [*about.notes, *remarks_of(recent, weeks, about.every)],
    }


def _steady(recent: Recent, about: About) -> str:
    """Return why nothing is to be done, or why nothing can be said."""
    if not recent.weeks.height:
        period = "period" if about.every == ALL else about.every
        others = [one for one in about.told["versions"] if one != about.version]
        if about.version is None or not others:
            return f"no whole {period} has been judged yet"
        return (
            f"version {about.version} has no judged {period} yet: what is known came true of "
            f"version {others[-1]}"
        )
    return (
        f"{recent.word}: error, bias, coverage and value added lie within what the backtest lets "
        "expect"
    )


def _recent(recent: Recent, about: About) -> dict[str, Any] | None:
    """Return the numbers of the last periods together."""
    weeks = recent.weeks
    if not weeks.height:
        return None
    total, count = one_piece(weeks["actual"]).sum(), int(weeks["n"].sum())
    weight = weeks["actual"] / total if total > 0 else None

    def mean(name: str) -> float | None:
        there = weeks[name]
        if there.null_count() or weight is None:
            return None
        own = weeks["n"] / count if name.startswith("coverage") else weight
        return finite(float(one_piece(there * own).sum()))

    ratios = weeks["ratio"].drop_nulls()
    first, last = weeks[PERIOD][0], weeks[PERIOD][-1]
    return {
        "from": first,
        "to": last_day(last, about.every, weekly=about.weekly),
        "version": about.version,
        "periods": weeks.height,
        "n": count,
        **{name: mean(name) for name in _SHOWN_NUMBERS},
        "ratio": finite(float(np.exp(np.mean(np.log(ratios.to_numpy()))))) if len(ratios) else None,
    }


def _backtest(reference: Reference, about: About) -> dict[str, Any]:
    """Return what is compared with."""
    periods = reference.weeks[PERIOD]
    timed = len(periods) > 0 and periods[0] != ALL and not about.table
    return {
        "from": periods[0] if timed else None,
        "to": last_day(periods[-1], about.every, weekly=about.weekly) if timed else None,
        "periods": len(periods) if timed else None,
        "n": int(reference.weeks["n"].sum()),
        "wape": finite(reference.wape),
        "bias_share": finite(reference.bias_share),
        "coverage_80": finite(reference.coverage_80),
        "value_added": finite(reference.value_added),
        "spread": None if reference.error is None else reference.error.spread,
        "slope": None if reference.error is None else reference.error.slope,
    }
