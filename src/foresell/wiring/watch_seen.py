"""What a look could see: an alert is over only where what it is about was looked at again."""

from typing import TYPE_CHECKING

import polars as pl

from foresell.monitor.alerts import Sight
from foresell.monitor.comparing import PREDICTION
from foresell.monitor.judging import Performance

if TYPE_CHECKING:
    from foresell.wiring.watched import Looked

_WHOLE = frozenset({"all rows", "beyond the horizon"})  # what findings of performance are about


def drift_sight(looked: "Looked") -> Sight:
    """Return which columns and segments were compared, of those that could be.

    A column that is ignored now, or that the version does not have, is none: its alarm ends. Rows
    that the version learnt from show nothing of what is asked now.
    """
    if looked.known:
        return Sight(seen=frozenset())
    spec, found, limits = looked.watch.spec, looked.found, looked.watch.limits
    series = " and ".join(spec.keys)
    segments = found.segments.levels if found.segments is not None else ()
    seen = {one.column.name for one in found.drift.columns}
    seen |= {f"{one.by}={one.level}" for one in segments}
    if looked.current.rows.height >= limits.least_rows:
        seen |= {series} - {""}
    known = {*spec.columns, PREDICTION, series} - {*limits.ignored}
    return Sight(seen=frozenset(seen), known=frozenset(known))


def schema_sight(looked: "Looked") -> Sight:
    """Return which columns were expected of rows of this kind; a type shows in values alone."""
    if looked.known:
        return Sight(seen=frozenset())
    rows = looked.current.rows
    seen = {
        one.name
        for one in looked.current.expected
        if one.name not in rows.columns or rows[one.name].count()
    }
    return Sight(seen=frozenset(seen), known=frozenset(looked.watch.contract.columns))


def performance_sight(performance: Performance) -> Sight:
    """Return what was judged: all rows together, and the segments that have an expectation."""
    if performance.told["recent"] is None:
        return Sight(seen=frozenset())
    there = performance.segments.filter(pl.col("ratio").is_not_null())
    parts = {f"{row['by']}={row['value']}" for row in there.iter_rows(named=True)}
    return Sight(seen=_WHOLE | parts)
