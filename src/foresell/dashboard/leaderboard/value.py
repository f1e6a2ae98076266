"""Where the champion adds value over the best baseline, and where it destroys some."""

from dataclasses import dataclass, replace

import polars as pl

from foresell.charts.gains import gains
from foresell.charts.pointing import pointed
from foresell.charts.theme import Spec
from foresell.dashboard.leaderboard.boards import as_shown
from foresell.dashboard.leaderboard.reading import Judged
from foresell.dashboard.leaderboard.weak_spots import HALF, against
from foresell.dashboard.page import Figure, Table
from foresell.report import added
from foresell.report.context import RunReport
from foresell.report.wording import capitalized, column, percent, segment_value

BY_PART = "value_added_by.csv"


@dataclass(frozen=True, kw_only=True)
class Value:
    """The value added in parts of the rows. ``says``: how much in all, and where it is lost.

    ``figures``: one for each key column. ``losses``: the series furthest behind, None for none.
    """

    says: str
    figures: tuple[Figure, ...] = ()
    losses: Table | None = None


def value(rows: pl.DataFrame, judged: Judged) -> Value | None:
    """Return the value added part by part; None for rows of a table, which have no series.

    ``rows``: ``value_added_by.csv``.
    """
    if not isinstance(judged.result, RunReport):
        return None
    parts = rows.with_columns(pl.col("by", "value").cast(pl.String))
    result, held = replace(judged.result, value_added_by=parts), against(judged, judged.rival)
    losses = added.losses(result)
    return Value(
        says=added.says(result, held),
        figures=tuple(
            _gains(part, key, number)
            for number, key in enumerate(judged.spec.keys)
            if not (part := parts.filter(pl.col("by") == key).drop_nulls("value_added")).is_empty()
        ),
        losses=None if losses is None else as_shown(losses),
    )


def _drawn(ranked: pl.DataFrame, title: str, width: int) -> Spec:
    """Draw a bar for each value, with what it is under the pointer; it hardly has room for it."""
    rows = ranked.with_row_index("rank").with_columns(pl.col("rank").cast(pl.Int64))
    tips = {"value": capitalized(title), "value_added": "Value added", "wape": "WAPE"}
    tips |= {"baseline_wape": "WAPE of the best baseline", "n": "Rows"}
    shares = dict.fromkeys(("value_added", "wape", "baseline_wape"), ".1%")
    return pointed(gains(ranked, width=width), rows, "rank", tips, formats={**shares, "n": ","})


def _gains(part: pl.DataFrame, key: str, number: int) -> Figure:
    """Return the value added for each value of one key column."""
    title = column(key)
    named = part.with_columns(
        pl.Series("value", [segment_value(key, one) for one in part["value"].to_list()])
    ).select("value", "n", "wape", "baseline_wape", "value_added")
    ranked = named.sort("value_added", "value", descending=[True, False])
    ends = [
        f"{one} {percent(share)}" for one, share in ranked.select("value", "value_added").rows()
    ]
    cut = "; bars end at −100\u00a0%" if (part["value_added"] < -1).any() else ""
    return Figure(
        name=f"gain-{number}",
        title=capitalized(f"{title}: {added.ahead(part)}"),
        note=f"Value added over the best baseline, one bar a {title}{cut}.",
        says=f"Value added by {title}, from {ends[0]} down to {ends[-1]}.",
        draw=lambda width: _drawn(ranked, title, width),
        rows=ranked,
        size=(HALF[0], 240),
    )
