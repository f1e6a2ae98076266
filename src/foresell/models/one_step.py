"""One step ahead: each period of a window, forecast by one unchanged learner from the one before.

The second protocol. The truth up to the period before is known, as it is in production when a
forecast is made every period; only the features move. The learner is never fitted again, so no
parameter has seen the window.
"""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from foresell.data.long import forecast_columns, long_frame
from foresell.data.panel import Panel
from foresell.models.calibrating import candidate_quantiles
from foresell.models.learner import Learner, forecast
from foresell.spec.project import ProjectSpec

_ROWS = 400_000  # judged one step ahead, or as many whole periods as that is
_LEAST = 7  # periods that are judged all the same: a week of days


def judged_periods(n_series: int, steps: int) -> tuple[int, ...]:
    """Return which periods of a window of ``steps`` are forecast one step ahead: 1 ... ``steps``.

    All of them, as a rule. Each needs a direct frame of its own, so of a panel with very many
    series they are evenly spaced, the first and the last among them.

    >>> judged_periods(3331, 39) == tuple(range(1, 40)), judged_periods(50_000, 28)
    (True, (1, 5, 9, 13, 16, 20, 24, 28))
    """
    many = min(steps, max(_LEAST, _ROWS // max(n_series, 1)))
    return tuple(int(place) for place in np.linspace(1, steps, many).round())


def one_step_ahead(
    learner: Learner,
    panel: Panel,
    project: ProjectSpec,
    periods: Sequence[int],
    note: Callable[[str], None] = lambda _: None,
) -> dict[str, pl.DataFrame]:
    """Return every candidate's forecasts of ``periods``, counted from 1 after the learner's cutoff.

    ``panel``: the whole panel; period ``cutoff + h`` is forecast from what was known at
    ``cutoff + h - 1`` (`Panel.until`), by step 1 of ``learner``, which is left as it is. A frame
    has the key columns, the date, ``cutoff`` (the origin of the row), ``step`` (always 1),
    ``prediction`` and the quantiles, series by series: n series x periods rows.
    """
    parts: dict[str, list[pl.DataFrame]] = {}
    for done, ahead in enumerate(periods, 1):
        origin = learner.cutoff + ahead - 1
        note(f"one step ahead, {done} of {len(periods)}")
        made = forecast(learner, panel.until(origin), project, 1)
        for name, point in made.members.items():
            quantiles = candidate_quantiles(learner, made, name, project)
            columns = forecast_columns(point, quantiles)
            parts.setdefault(name, []).append(long_frame(panel, project, origin, columns))
    order = [*project.keys, project.time]
    return {name: pl.concat(frames).sort(order) for name, frames in parts.items()}
