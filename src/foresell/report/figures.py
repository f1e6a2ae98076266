"""The charts of the page, each with a headline, what is drawn, and its drawings."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import polars as pl
from markupsafe import Markup

from foresell.charts import calibration as honest
from foresell.charts import errors_by, series
from foresell.charts.drawing import inline_svg
from foresell.charts.theme import Spec, text_width
from foresell.report import captions
from foresell.report.context import Result, RunReport, Sample
from foresell.report.standing import Standing, paired, scale_limit
from foresell.report.wording import day, name, percent, segment_title, segment_value
from foresell.spec.ordered_sums import one_piece, ordered_mean

WIDE, NARROW, HALF = 960, 400, 420  # the page shows the one that fits the screen


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One chart, ready for the page.

    ``says`` is the sentence above it, ``shows`` what is drawn. ``wide`` and ``narrow`` are the
    same chart for two screens; ``narrow`` is empty where one drawing fits both.
    """

    name: str
    says: str
    shows: str
    wide: Markup
    narrow: Markup | None = None
    aside: str = ""


class Drawer(Protocol):
    """Draws one chart at a width in CSS pixels."""

    def __call__(self, *, width: int) -> Spec:
        """Return the chart."""
        ...


def _drawn(draw: Drawer, key: str, title: str, text: str, width: int) -> Markup:
    """Return one inline SVG."""
    drawn = inline_svg(draw(width=width), name=key, title=title, text=text)
    return Markup(drawn)  # noqa: S704  every text in it was escaped by vl-convert or by inline_svg


def _both(draw: Drawer, key: str, says: str, shows: str) -> Figure:
    """Return a figure with a drawing for wide screens and one for phones."""
    return Figure(
        name=key,
        says=says,
        shows=shows,
        wide=_drawn(draw, f"{key}-w", says, shows, WIDE),
        narrow=_drawn(draw, f"{key}-n", says, shows, NARROW),
    )


def half(draw: Drawer, key: str, says: str, shows: str) -> Figure:
    """Return a figure half a page wide, which is as wide as a phone."""
    return Figure(name=key, says=says, shows=shows, wide=_drawn(draw, key, says, shows, HALF))


def total(report: RunReport, held: Standing) -> Figure | None:
    """Return the actual and the forecast total over time."""
    if report.totals.is_empty() or not report.totals["prediction"].count():
        return None
    facts = report.facts
    label = held.baseline if held.baseline != held.champion else ""
    shows = f"{_target(report)} per {facts.every}, all {facts.series:,} series together"
    events = _spelled(report.events)
    return _both(
        lambda width: series.total_over_time(report.totals, events, baseline=label, width=width),
        "total",
        captions.total(report),
        shows,
    )


def _spelled(events: pl.DataFrame) -> pl.DataFrame:
    """Return the events with their names as words."""
    if events.is_empty():
        return events
    return events.with_columns(
        pl.col("name").map_elements(lambda word: name(word).title(), return_dtype=pl.String)
    )


def _target(report: RunReport) -> str:
    """Return the target with its unit."""
    facts = report.facts
    words = name(facts.target)
    return f"{words}, {facts.unit}" if facts.unit not in {"", words} else words


def samples(report: RunReport) -> list[Figure]:
    """Return one small figure per sample series, in the order given."""
    return [_sample(sample, i) for i, sample in enumerate(report.samples)]


def _sample(sample: Sample, number: int) -> Figure:
    """Return the figure of one series."""
    both = (
        sample.test.drop_nulls(["y", "prediction"]) if not sample.test.is_empty() else sample.test
    )
    sold = float(one_piece(both["y"].abs()).sum()) if not both.is_empty() else 0.0
    error = "not judged"
    if sold > 0:
        missed = float(one_piece((both["prediction"] - both["y"]).abs()).sum())
        error = f"WAPE {percent(missed / sold)}"
    shows = f"History, truth, forecast and 80 % band of {sample.label} ({error})"
    drawing = _drawn(
        lambda width: series.one_series(
            sample.history, sample.test, sample.future, sample.events, width=width
        ),
        f"series-{number}",
        sample.label,
        shows,
        320,
    )
    return Figure(
        name=f"series-{number}", says=sample.label, shows=error, wide=drawing, aside=sample.kind
    )


def events(report: RunReport) -> str:
    """Return the names of the events marked in the samples, in order of their first date."""
    named = [_ahead(sample) for sample in report.samples if not sample.events.is_empty()]
    if not named:
        return ""
    first = pl.concat(named).group_by("name").agg(pl.col("date").min()).sort("date", "name")
    return ", ".join(name(word).title() for word in first["name"].to_list())


def _ahead(sample: Sample) -> pl.DataFrame:
    """Return the events of a sample that fall on a date that was forecast."""
    parts = [part for part in (sample.test, sample.future) if not part.is_empty()]
    days = [day for part in parts for day in part["date"].to_list()]
    return sample.events.filter(pl.col("date").is_in(days))


def by_step(report: RunReport, held: Standing) -> Figure | None:
    """Return the error against the horizon."""
    if report.by_step.is_empty():
        return None
    frame = _few(report.by_step, held)
    return _both(
        lambda width: errors_by.error_by_step(
            frame,
            champion=held.champion,
            baseline=held.baseline,
            width=width,
        ),
        "horizon",
        captions.steps(report, held),
        f"WAPE by {report.facts.every}s ahead of the cutoff; lower is better",
    )


def _few(by_step: pl.DataFrame, held: Standing, others: int = 3) -> pl.DataFrame:
    """Return the rows of the champion, the baseline and the few other candidates nearest them."""
    pair = [held.champion, held.baseline]
    near = (
        by_step
        .filter(~pl.col("candidate").is_in(pair))
        .group_by("candidate")
        .agg(ordered_mean(pl.col("wape")))
        .sort("wape", "candidate", nulls_last=True)
        .head(others)
    )
    return by_step.filter(pl.col("candidate").is_in([*pair, *near["candidate"].to_list()]))


def segments(report: Result, held: Standing) -> list[Figure]:
    """Return one figure per segment, all on one scale."""
    if report.segments.is_empty():
        return []
    pair = paired(report, held)
    labels = [
        segment_value(segment, value)
        for segment, value in zip(pair["segment"], pair["value"], strict=True)
    ]
    limit = scale_limit(pair)
    left = label_margin(labels)
    named = pair.with_columns(value=pl.Series(labels, dtype=pl.String))
    found = []
    for number, segment in enumerate(dict.fromkeys(report.segments["segment"].to_list())):
        part = named.filter(pl.col("segment") == segment)
        found.append(
            half(
                partial(
                    errors_by.dumbbells,
                    part,
                    champion=held.champion,
                    baseline=held.baseline,
                    limit=limit,
                    left=left,
                ),
                f"segment-{number}",
                segment_title(str(segment)),
                "WAPE, %",
            )
        )
    return found


def label_margin(labels: Sequence[str]) -> int:
    """Return the pixels that the longest of ``labels`` needs, within reason."""
    return min(max(max(map(text_width, labels), default=0) + 16, 56), 190)


def reliability(report: Result, faint: str = "horizon buckets") -> Figure | None:
    """Return promised against observed quantiles; ``faint`` names the parts of the rows."""
    if report.calibration.is_empty():
        return None
    parts = f" Faint: {faint}" if report.calibration["bucket"].n_unique() > 1 else ""
    return half(
        lambda width: honest.reliability(report.calibration, width=width),
        "reliability",
        captions.calibration(report),
        f"Share of the truth below each quantile: promised across, observed up.{parts}",
    )


def coverage(report: RunReport) -> list[Figure]:
    """Return the coverage of each band by horizon bucket."""
    if report.coverage.is_empty():
        return []
    shown = report.coverage.with_columns(pl.col("bucket").str.replace("-", "–", literal=True))
    if "promised" not in shown.columns:
        shown = shown.with_columns(promised=pl.lit(0.8))
    found = []
    for promised in shown["promised"].unique().sort():
        part = shown.filter(pl.col("promised") == promised)
        named = f"{100 * promised:.0f}"
        found.append(
            half(
                partial(honest.coverage, part, promised=promised),
                f"coverage-{named}",
                captions.band(part, named),
                f"Share of the truth inside the {named} % band, by {report.facts.every}s ahead",
            )
        )
    return found


def residuals(
    frame: pl.DataFrame, unit: str, whole: str = "", noun: str = "forecast"
) -> Figure | None:
    """Return how the errors are spread: ``error`` of ``frame``, in ``unit`` or shares of ``whole``.

    ``noun``: what was wrong.
    """
    if frame.is_empty():
        return None
    words = f"as a share of {whole}" if whole else unit
    told = f", {words}" if words else ""
    return half(
        lambda width: errors_by.spread_of_errors(frame["error"], shares=bool(whole), width=width),
        "residuals",
        captions.residuals(frame["error"], unit, whole),
        f"Share of {noun}s by error ({noun} less truth{told}); the outer bars hold the rest",
    )


def bias(report: RunReport) -> Figure | None:
    """Return by how much the total was off at each date."""
    if report.totals.is_empty() or not report.totals["prediction"].count():
        return None
    return half(
        lambda width: series.bias_over_time(report.totals, width=width),
        "bias",
        captions.bias(report),
        f"Total forecast against total actual, by {report.facts.every}; above zero: too high",
    )


def folds(report: RunReport, held: Standing) -> Figure | None:
    """Return the error at each earlier cutoff."""
    if report.folds.is_empty():
        return None
    pair = report.folds.filter(pl.col("candidate").is_in([held.champion, held.baseline])).sort(
        "cutoff"
    )
    rows = pair.with_columns(value=pl.col("cutoff").map_elements(day, return_dtype=pl.String))
    limit = scale_limit(rows)
    return half(
        lambda width: errors_by.dumbbells(
            rows, champion=held.champion, baseline=held.baseline, limit=limit, width=width
        ),
        "folds",
        captions.folds(report, held),
        "WAPE, %, of the forecasts made at each earlier cutoff",
    )
