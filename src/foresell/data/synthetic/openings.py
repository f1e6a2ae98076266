"""When a shop is open: holidays, days of closure and weeks of renovation, all planned ahead."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from foresell.data.synthetic.days import Days
from foresell.data.synthetic.occasions import OCCASIONS
from foresell.data.synthetic.world import Array, Purpose, stream

CLOSURES = 3  # at most this many closures of one or two days in a year
RENOVATES = 0.3  # the share of years with a renovation


@dataclass(frozen=True, kw_only=True)
class Openings:
    """What happens to one shop on each of some days.

    ``open``: (days,), the share of the floor that customers can use: 0 is a closed shop.
    ``events``: ``holiday``, ``closure``, ``renovation`` or None, one a day.
    """

    open: Array
    events: tuple[str | None, ...]


def draw_openings(seed: int, store: int, days: Days) -> Openings:
    """Draw what happens to shop number ``store`` on ``days``; a year's events end in that year."""
    share = np.ones(days.count)
    events: list[str | None] = [None] * days.count

    def mark(window: slice, event: str, value: float) -> None:
        share[window] = value
        events[window] = [event] * (window.stop - window.start)

    for year in days.years():
        january = date(year, 1, 1)
        drawn = stream(seed, Purpose.EVENTS, store, year).random((CLOSURES + 1, 4))
        happens, begins, lasts, depth = drawn[0]
        if happens < RENOVATES:
            begin = january + timedelta(days=int(20 + 260 * begins))
            weeks, value = 2 + int(5 * lasts), round(0.5 + 0.35 * depth, 2)
            mark(days.window(begin, 0, 7 * weeks - 1), "renovation", value)
        for happens, begins, lasts, _ in drawn[1:]:
            if happens < 2 / 3:
                begin = january + timedelta(days=int(8 + 340 * begins))
                mark(days.window(begin, 0, int(2 * lasts)), "closure", 0.0)
        for occasion in OCCASIONS.values():
            if occasion.closed:
                mark(days.window(occasion.day(year), 0, 0), "holiday", 0.0)
    return Openings(open=share, events=tuple(events))
