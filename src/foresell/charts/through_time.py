"""What charts through time share: two axes, and the lines, bands and events that lie over them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import altair as alt
import polars as pl

from foresell.charts.axes import Domain, time_axis, value_axis, value_domain
from foresell.charts.theme import ACCENT, NUMBER_LABEL, Layers, inline


@dataclass(frozen=True, kw_only=True)
class Plane:
    """The axes of one chart: ``x`` of a column ``date``, values of ``domain`` upwards.

    ``ticks``: about how many grid lines there are; ``label``: how values are written at them.
    """

    x: alt.X
    domain: Domain
    ticks: int = 4
    label: str = NUMBER_LABEL

    def y(self, name: str) -> alt.Y:
        """Return the y channel of the column ``name``."""
        return value_axis(name, self.domain, label=self.label, ticks=self.ticks)

    def line(
        self, rows: pl.DataFrame, name: str, color: str, stroke: float, *, dashed: bool = False
    ) -> Layers:
        """Return a line through ``date`` and ``name``, ascending; a null is a gap."""
        drawn: alt.Chart = alt.Chart(inline(rows.select("date", name))).mark_line(
            color=color,
            strokeWidth=stroke,
            strokeDash=[5.0, 3.0] if dashed else alt.Undefined,
            clip=True,
        )
        return drawn.encode(x=self.x, y=self.y(name))

    def band(
        self,
        rows: pl.DataFrame,
        low: str,
        high: str,
        *,
        color: str = ACCENT,
        opacity: float = 0.2,
    ) -> Layers:
        """Return the area between the columns ``low`` and ``high``; nulls are a gap."""
        own = rows.select("date", low=low, high=high)
        area: alt.Chart = alt.Chart(inline(own)).mark_area(color=color, opacity=opacity, clip=True)
        return area.encode(x=self.x, y=self.y("low"), y2="high:Q")


def plane(
    span: tuple[date, date],
    values: Iterable[float | None],
    *,
    at_most: int,
    ticks: int = 4,
    zero: bool = False,
) -> Plane:
    """Return the axes from the first to the last day of ``span`` that hold all ``values``.

    ``at_most``: how many days are named below. With ``zero`` the values start there.
    """
    x = time_axis(*span, at_most)
    return Plane(x=x, domain=value_domain(values, zero=zero), ticks=ticks)


def largest_first(lines: pl.DataFrame, events: pl.DataFrame | None) -> pl.DataFrame:
    """Return ``date``, ``name``, ``size`` of the events on dates of ``lines``, largest first.

    ``lines``: ``date``, ascending, ``y``, ``prediction``. The larger of its own value and the one
    before counts, for people buy ahead of a feast. Nothing but an empty frame where no event is.

    >>> days = [date(2012, 11, day) for day in (2, 9, 16)]
    >>> rows = {"date": days, "y": [5.0, 9.0, None], "prediction": [None, None, 4.0]}
    >>> feasts = pl.DataFrame({"date": days[::2], "name": ["first", "after the peak"]})
    >>> largest_first(pl.DataFrame(rows), feasts)["name"].to_list()
    ['after the peak', 'first']
    """
    if events is None or events.is_empty():
        return pl.DataFrame()
    own = pl.coalesce("y", "prediction")
    size = lines.select("date", size=pl.max_horizontal(own, own.shift(1)))
    found = events.select("date", "name").unique().join(size, on="date", how="inner")
    return found.sort("size", "date", "name", descending=[True, False, False], nulls_last=True)
