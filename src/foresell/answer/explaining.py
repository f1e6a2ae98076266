"""Why the bundle answers what it answers: its forecasts to the horizon, taken apart."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from foresell.answer.reach import horizon_rows
from foresell.answer.rows import Answering
from foresell.bundle.bundle import Bundle
from foresell.data.panel import Panel
from foresell.errors import UsageError, nearest
from foresell.models.explaining import Asked, Opened, explain, open_forecasts
from foresell.models.learner import Learner
from foresell.models.onnx_files import told_learner
from foresell.models.splitting import Places
from foresell.spec.calendar import step
from foresell.spec.project import ProjectSpec

MOST_SERIES = 200  # TreeSHAP of more would take minutes
_SHOWN = 12
_MOST_ROWS = 1_000_000  # of direct frames that are kept: about 400 bytes each

Wanted = Mapping[str, Sequence[object]]


def explain_bundle(
    bundle: Bundle,
    wanted: Wanted,
    *,
    steps: int | None = None,
    day: date | None = None,
    candidate: str | None = None,
) -> pl.DataFrame:
    """Return the forecasts of the series that ``wanted`` names, taken apart, as `explain` does.

    ``wanted``: key column -> values, as they are or as text; none: every series. ``steps``: only
    that many after the last observed period. ``day``: only that date. ``candidate``: any that the
    bundle holds, by default the champion, whose forecast is the bundle's answer.

    A column, value, date or candidate that is not there, and more series than can be explained at
    once, are each a UsageError.
    """
    explaining = Explaining(Answering(bundle))
    return explaining.explain(wanted, steps=steps, day=day, candidate=candidate)


class Explaining:
    """A bundle that tells why it answers what it answers."""

    def __init__(self, answering: Answering, *, kept: bool = False) -> None:
        """Remember what is explained; ``kept``: more than one question will come.

        Then every series is forecast to the horizon at the first of them, and the others cost next
        to nothing; not of a panel so large that its frames would not fit into memory.
        """
        self._answering, self._kept = answering, kept

    def explain(
        self,
        wanted: Wanted,
        *,
        steps: int | None = None,
        day: date | None = None,
        candidate: str | None = None,
    ) -> pl.DataFrame:
        """Return what `explain_bundle` returns; a UsageError as there."""
        project, panel = self._answering.project, self._panel
        asked = Asked(
            steps=_steps(panel, project, steps, day),
            series=_series(panel, project, wanted),
            candidate=_candidate(self._learner, candidate),
        )
        found = self._explained(panel, asked)
        return found if day is None else found.filter(pl.col(project.time) == day)

    def explain_series(
        self,
        series: pl.DataFrame,
        days: tuple[date, date],
        *,
        candidate: str | None = None,
        told: pl.DataFrame | None = None,
    ) -> pl.DataFrame:
        """Return what `explain_bundle` returns, of ``series`` (key columns) on ``days``.

        ``days``: the first and the last, of which the last is forecast. ``told``: rows with a plan
        of their own; the series may be one of theirs. A UsageError: a series, the last day or the
        candidate is not there, or there are too many series.
        """
        project = self._answering.project
        panel = self._panel if told is None else self._answering.panel(told)
        on_last = series.with_columns(pl.lit(days[1]).alias(project.time))
        places = panel.places(on_last, project)[0].astype(np.intp)
        _refuse_places(panel, places, project)
        asked = Asked(
            steps=_steps(panel, project, None, days[1]),
            series=np.unique(places),
            candidate=_candidate(self._learner, candidate),
        )
        found = self._explained(panel, asked)
        return found.filter(pl.col(project.time).is_between(*days))

    def _explained(self, panel: Panel, asked: Asked) -> pl.DataFrame:
        """Return forecasts taken apart; from what is kept where it is of the very ``panel``."""
        project = self._answering.project
        rows = panel.n_series * project.horizon * (2 + len(panel.known))
        if not self._kept or panel is not self._panel or rows > _MOST_ROWS:
            return explain(self._learner, panel, project, asked)
        return self._opened.take_apart(asked)

    @cached_property
    def _learner(self) -> Learner:
        """The model, with the libraries of its trees."""
        return told_learner(self._answering.bundle.model)

    @cached_property
    def _panel(self) -> Panel:
        """The history with its plan."""
        return self._answering.panel(horizon_rows(self._answering.bundle))

    @cached_property
    def _opened(self) -> Opened:
        """The forecasts of every series to the horizon."""
        project = self._answering.project
        return open_forecasts(self._learner, self._panel, project, project.horizon)


def _series(panel: Panel, project: ProjectSpec, wanted: Wanted) -> Places:
    """Return the positions of the series that have one of the wanted values in every column.

    Raises:
        UsageError: a column or value is not there, or there are too many series.
    """
    chosen = np.ones(panel.n_series, dtype=np.bool_)
    for name, values in wanted.items():
        if name not in project.keys:
            raise UsageError(
                f"{name!r} is no key column", _there(panel), nearest(name, project.keys)
            )
        texts = panel.keys[name].cast(pl.String)
        known = sorted(set(texts.to_list()), key=lambda text: (len(text), text))
        for value in values:
            if str(value) not in known:
                raise UsageError(
                    f"no series has {name}={value}",
                    _there(panel),
                    nearest(str(value), known, _SHOWN),
                )
        chosen &= texts.is_in([str(value) for value in values]).to_numpy()
    if not chosen.any():
        asked = ", ".join(f"{name}={value}" for name in wanted for value in wanted[name])
        raise UsageError(
            f"no series has {asked}",
            _there(panel),
            "leave one condition out; each of them alone has series",
        )
    places = np.flatnonzero(chosen)
    _refuse_places(panel, places, project)
    return places


def _refuse_places(panel: Panel, places: Places, project: ProjectSpec) -> None:
    """Refuse series that cannot be explained.

    Raises:
        UsageError: one is not there, or there are too many.
    """
    if (places < 0).any():
        raise UsageError("a series is not known", _there(panel), "tell a row of it")
    if len(places) > MOST_SERIES:
        raise UsageError(
            f"{len(places):,} series are more than the {MOST_SERIES} explained at once",
            _there(panel),
            f"name fewer of them, by {' and '.join(project.keys)}",
        )


def _there(panel: Panel) -> str:
    """Return where series are looked for."""
    return f"the {panel.n_series:,} series of the bundle"


def _steps(panel: Panel, project: ProjectSpec, steps: int | None, day: date | None) -> int:
    """Return how many periods after the last observed one are to be made.

    Raises:
        UsageError: fewer than one, more than the horizon, or a date that is none of them.
    """
    last, every = panel.dates[panel.cutoff], step(project.frequency)
    dates = [last + (i + 1) * every for i in range(project.horizon)]
    if day is not None:
        if day not in dates:
            spacing = "day" if every.days == 1 else f"{every.days} days"
            raise UsageError(
                f"{day} is not forecast",
                "date",
                f"ask for one from {dates[0]} to {dates[-1]}, every {spacing}",
            )
        return dates.index(day) + 1
    if steps is not None and not 1 <= steps <= project.horizon:
        raise UsageError(f"{steps} steps", "steps", f"use 1 to {project.horizon}")
    return steps or project.horizon


def _candidate(learner: Learner, name: str | None) -> str:
    """Return the candidate that is meant.

    Raises:
        UsageError: the bundle has none of that name.
    """
    known = sorted(learner.uncertainty)
    if name is not None and name not in known:
        raise UsageError(f"there is no candidate {name!r}", "candidate", nearest(name, known))
    return name or learner.chosen
