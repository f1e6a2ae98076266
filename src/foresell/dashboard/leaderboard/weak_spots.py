"""Where the champion is good and where it is not: by step, by part of the rows, by band."""

from dataclasses import dataclass, replace
from functools import partial

import polars as pl

from foresell.charts import calibration as honest
from foresell.charts import errors_by
from foresell.dashboard.leaderboard.reading import Judged
from foresell.dashboard.page import Cell, Figure, Table
from foresell.report import captions
from foresell.report.context import RunReport
from foresell.report.figures import label_margin
from foresell.report.standing import Standing, scale_limit
from foresell.report.tables import METRICS
from foresell.report.wording import (
    capitalized,
    column,
    count,
    percent,
    segment_heading,
    segment_label,
    segment_value,
)
from foresell.spec.forecast import BANDS

TRUTH, SEGMENTS = "truth.parquet", "segments.parquet"
_MOST_BARS = 12  # groups in the chart of coverage
_ERRORS = ("mae", "rmse", "coverage_80", "coverage_95")
HALF = (520, 300)


@dataclass(frozen=True, kw_only=True)
class Spots:
    """The champion against ``rival`` part by part. ``says``: where it is ahead and where behind.

    ``cut``: which parts lie beyond the scale, "" for none.
    """

    says: str
    cut: str
    rival: str
    figures: tuple[Figure, ...]
    table: Table


def against(judged: Judged, rival: str) -> Standing:
    """Return the champion beside ``rival``, for the sentences that compare the two."""
    return replace(judged.held, baseline=rival, metric="wape", error=None, baseline_error=None)


def segment_spots(frame: pl.DataFrame, judged: Judged, rival: str) -> Spots | None:
    """Return the errors by part of the rows, all charts on one scale; None: no part was judged."""
    pair = frame.filter(pl.col("candidate").is_in([judged.held.champion, rival]))
    if pair.is_empty():
        return None
    held, result = against(judged, rival), replace(judged.result, segments=frame)
    pairs = pair.select("segment", "value").iter_rows()
    named = pair.with_columns(
        label=pl.Series([segment_value(*one) for one in pairs], dtype=pl.String)
    )
    left, limit = label_margin(named["label"].to_list()), scale_limit(pair)
    parts = [
        named.filter(pl.col("segment") == segment)
        for segment in pair["segment"].unique(maintain_order=True).to_list()
    ]
    return Spots(
        says=captions.segments(result, held),
        cut=captions.cut(result, held),
        rival=rival,
        figures=tuple(
            _dumbbells(part, held, f"segment-{number}", limit, left)
            for number, part in enumerate(parts)
        ),
        table=_numbers(pair, held),
    )


def _dumbbells(part: pl.DataFrame, held: Standing, name: str, limit: float, left: int) -> Figure:
    """Return the chart of one kind of part."""
    title = column(str(part["segment"][0]))
    ours = part.filter(pl.col("candidate") == held.champion)
    both = ours.join(
        part.filter(pl.col("candidate") == held.baseline), on="value", suffix="_rival", how="left"
    )
    told = [
        f"{row['label']} {_share(row['wape'])} against {_share(row['wape_rival'])}"
        for row in both.iter_rows(named=True)
    ]
    draw = partial(
        errors_by.dumbbells,
        part.with_columns(value="label"),
        champion=held.champion,
        baseline=held.baseline,
        limit=limit,
        left=left,
    )
    return Figure(
        name=name,
        title=capitalized(f"{title}: {_ahead(both, held)}"),
        says=f"WAPE by {title}, {held.champion} against {held.baseline}: {', '.join(told)}.",
        draw=lambda width: draw(width=width),
        size=(HALF[0], ours.height * errors_by.ROW_HEIGHT + 36),
    )


def _ahead(both: pl.DataFrame, held: Standing) -> str:
    """Return in how many parts the champion errs less."""
    known = both.drop_nulls(["wape", "wape_rival"])
    if held.champion == held.baseline or known.is_empty():
        return f"the error of {held.champion}"
    ahead = known.filter(pl.col("wape") < pl.col("wape_rival")).height
    return f"ahead in {'all ' if ahead == known.height else f'{ahead} of '}{known.height}"


def _share(value: float | None) -> str:
    """Return a share, or a dash."""
    return "–" if value is None else percent(value)


def _numbers(pair: pl.DataFrame, held: Standing) -> Table:
    """Return what the charts draw as numbers, and the other metrics of the champion."""
    ours = pair.filter(pl.col("candidate") == held.champion)
    rival = pair.filter(pl.col("candidate") == held.baseline)
    theirs = {row[:2]: row[2] for row in rival.select("segment", "value", "wape").iter_rows()}
    more = [name for name in _ERRORS if ours[name].count()]
    return Table(
        caption=f"WAPE of {held.champion} and of {held.baseline} by part of the rows, and the "
        "other metrics of the first.",
        heads=("Part", "Rows", "WAPE", f"of {held.baseline}", *(METRICS[n].title for n in more)),
        rows=tuple(
            (
                Cell(text=segment_heading(row["segment"], row["value"])),
                Cell(text=count(row["n"])),
                Cell(text=_share(row["wape"])),
                Cell(text=_share(theirs.get((row["segment"], row["value"])))),
                *(Cell(text="–" if row[n] is None else METRICS[n].show(row[n])) for n in more),
            )
            for row in ours.iter_rows(named=True)
        ),
    )


def coverage(frame: pl.DataFrame, judged: Judged) -> tuple[Figure, ...]:
    """Return how much of the truth the bands held: by horizon of a panel, else by group."""
    own = frame.filter(pl.col("candidate") == judged.held.champion)
    ahead = own.filter(pl.col("segment") == "horizon")
    if isinstance(judged.result, RunReport) and not ahead.is_empty():
        every = judged.result.facts.every
        return tuple(
            _by_horizon(ahead, promised, every)
            for promised in BANDS
            if ahead[f"coverage_{promised}"].count()
        )
    by_group = _by_group(own.drop_nulls("coverage_80"), judged)
    return (by_group,) if by_group is not None else ()


def _by_horizon(ahead: pl.DataFrame, promised: int, every: str) -> Figure:
    """Return the coverage of one band by horizon bucket."""
    part = ahead.select(
        bucket=pl.col("value").str.replace("-", "–", literal=True),
        coverage=f"coverage_{promised}",
    ).drop_nulls()
    return Figure(
        name=f"coverage-{promised}",
        title=captions.band(part, str(promised)),
        note=f"Share of the truth inside the {promised}\u00a0% band, by {every}s ahead.",
        says=f"Share of the truth inside the {promised} % band by {every}s ahead: {_said(part)}.",
        draw=lambda width: honest.coverage(part, promised=promised / 100, width=width),
        rows=part,
        size=(HALF[0], part.height * 34 + 52),
    )


def _by_group(own: pl.DataFrame, judged: Judged) -> Figure | None:
    """Return the coverage of the 80 % band in the largest groups."""
    if own.is_empty():
        return None
    largest = own["n"].sort(descending=True)[min(_MOST_BARS, own.height) - 1]
    shown = own.filter(pl.col("n") >= largest).head(_MOST_BARS)
    named = segment_label if judged.spec.kind == "tabular" else segment_heading
    labels = [named(*pair) for pair in shown.select("segment", "value").iter_rows()]
    part = pl.DataFrame({"bucket": labels, "coverage": shown["coverage_80"]})
    return Figure(
        name="coverage-80",
        title=_held_between(part, shown["n"].to_list()),
        note="Share of the truth inside the 80\u00a0% band, in the largest groups.",
        says=f"Share of the truth inside the 80 % band by group: {_said(part)}.",
        draw=lambda width: honest.coverage(part, left=label_margin(labels), width=width),
        rows=part,
        size=(HALF[0], part.height * 34 + 52),
    )


def _held_between(part: pl.DataFrame, sizes: list[int]) -> str:
    """Return in which of the groups that are drawn the band held least and most."""
    if part.height < 2:
        return "How much of the truth the 80\u00a0% band held, by group."
    if part["coverage"].n_unique() == 1:
        share = percent(part["coverage"][0])
        return f"The 80\u00a0% band held {share} of the truth in each of these groups."
    ordered = part.with_columns(n=pl.Series(sizes)).sort("coverage", maintain_order=True).rows()
    least, most = (
        f"{percent(share)} ({name}, {count(n, 'row')})"
        for name, share, n in (ordered[0], ordered[-1])
    )
    return f"The 80\u00a0% band held between {least} and {most} of the truth."


def _said(part: pl.DataFrame) -> str:
    """Return the shares of a chart of coverage in words."""
    return ", ".join(f"{name} {percent(share)}" for name, share in part.iter_rows())
