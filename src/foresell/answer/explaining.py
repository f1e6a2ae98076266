"""Why the bundle answers what it answers: its forecasts to the horizon, taken apart."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from foresell.answer.rows import asked_panel, horizon_rows
from foresell.bundle.bundle import Bundle
from foresell.data.panel import Panel
from foresell.errors import UsageError, nearest
from foresell.models.explaining import Asked, explain
from foresell.models.learner import Learner
from foresell.models.onnx_files import told_learner
from foresell.models.splitting import Places
from foresell.spec.calendar import step
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

MOST_SERIES = 200  # TreeSHAP of more would take minutes
_SHOWN = 12

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
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    rows = horizon_rows(bundle)
    panel = asked_panel(bundle, rows, project)
    learner = told_learner(bundle.model)
    series = _series(panel, project, wanted)
    asked = Asked(
        steps=_steps(panel, project, steps, day),
        series=series,
        candidate=_candidate(learner, candidate),
    )
    found = explain(learner, panel, project, asked)
    return found if day is None else found.filter(pl.col(project.time) == day)


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
    if chosen.sum() > MOST_SERIES:
        raise UsageError(
            f"{int(chosen.sum()):,} series are more than the {MOST_SERIES} explained at once",
            _there(panel),
            f"name fewer of them, by {' and '.join(project.keys)}",
        )
    return np.flatnonzero(chosen)


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
