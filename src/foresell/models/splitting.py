"""One member's forecast split into the parts it is made of, by asking it again without each.

A member answers four questions: what it would say had the year before no events in it and nothing
grown (``base``), then with events in their places (``events``), then with growth (``growth``), then
with what is known of the future (``known``, one column after the other). Each part is the step from
one answer to the next, so that the parts sum to the forecast whatever the member's formula is.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Panel
from foresell.features.direct import direct_frame
from foresell.features.levels import Vector
from foresell.features.pools import Recipe
from foresell.spec.project import ProjectSpec

BASE, EVENTS, GROWTH, KNOWN = "base", "events", "growth", "known"
RESIDUAL, NEWCOMER, FLOOR = "residual", "newcomer", "floor"
RECONCILIATION = "reconciliation"
PARTS = (BASE, EVENTS, GROWTH, KNOWN, RESIDUAL, NEWCOMER, FLOOR, RECONCILIATION)

Answer = Callable[[pl.DataFrame], Vector]
Places = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Split:
    """A forecast as a sum: (rows,) each, in the unit of the target.

    ``parts``: by name, of `PARTS`; one that is missing is 0. ``columns``: what ``known`` and
    ``residual`` are made of, by part and then by column of the data; each sums to its part.
    """

    parts: Mapping[str, Vector]
    columns: Mapping[str, Mapping[str, Vector]] = field(default_factory=dict)

    @property
    def total(self) -> Vector:
        """The forecast: the sum of all parts."""
        total: Vector = np.sum(list(self.parts.values()), axis=0)
        return total

    def with_part(self, name: str, values: Vector) -> "Split":
        """Return the split with one more part."""
        return replace(self, parts={**self.parts, name: values})


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """The same rows several times: each frame holds a little more of what the next one does.

    ``rungs``: what a frame adds to the one before it, a part and a column of the data or None, and
    the frame. The last frame is the one that forecasts are made from. ``rows``: their positions in
    the whole direct frame, series-major. ``told``: whether what was learnt is to be told by column,
    which takes the time of TreeSHAP.
    """

    rungs: tuple[tuple[str, str | None, pl.DataFrame], ...]
    rows: Places
    told: bool = True


@dataclass(frozen=True)
class Ground:
    """What frames are made from: one panel as known at its cutoff, and so many steps.

    Each frame is made once.
    """

    panel: Panel
    project: ProjectSpec
    recipe: Recipe
    steps: int
    made: dict[tuple[tuple[str, ...], bool], pl.DataFrame] = field(
        default_factory=dict, compare=False, repr=False
    )

    def frame(self, planned: Sequence[str], *, events: bool) -> pl.DataFrame:
        """Return the direct frame had nobody planned but the covariates ``planned``.

        Without ``events``: had nobody declared any.
        """
        if (asked := (tuple(planned), events)) not in self.made:
            project = self.project if events else eventless(self.project)
            panel = unplanned(self.panel, planned)
            self.made[asked] = direct_frame(panel, project, self.recipe, panel.cutoff, self.steps)
        return self.made[asked]


def eventless(project: ProjectSpec) -> ProjectSpec:
    """Return the project as it would be had nobody declared an event.

    A copy: `dataclasses.replace` would read every field, and a stage that reads a field runs again
    when it changes.
    """
    twin = copy(project)
    object.__setattr__(twin, "events", ())
    return twin


def unplanned(panel: Panel, kept: Sequence[str] = ()) -> Panel:
    """Return the panel with its known covariates unknown after the cutoff, but those in ``kept``.

    What is unknown is taken for usual, so it moves no forecast.
    """
    known = {name: values.copy() for name, values in panel.known.items()}
    for name, values in known.items():
        if name not in kept:
            values[:, panel.cutoff + 1 :] = np.nan
    return replace(panel, known=known)


def climb(
    ground: Ground, frame: pl.DataFrame, rows: Places, *, by_column: bool, told: bool = True
) -> Ladder:
    """Return the ladder of the ``rows`` (positions) of the ground's direct ``frame``.

    Without events: the columns of a frame that knows of none, and none near. Without growth:
    growths of 0. Without what is known: known covariates unknown; ``by_column``: each by itself, in
    the order of the declaration, which takes a frame for each. ``told``: see `Ladder`.
    """
    names = list(ground.panel.known)
    plain = ground.frame((), events=False)[rows]
    full = frame[rows]
    still = [name for name in frame.columns if name.startswith("x_growth_")]
    grown = ground.frame((), events=True)[rows] if names else full
    held = grown.with_columns(pl.lit(0.0, pl.Float32).alias(name) for name in still)
    rungs: list[tuple[str, str | None, pl.DataFrame]] = [
        (BASE, None, _without_events(held, plain, ground.project)),
        (EVENTS, None, held),
        (GROWTH, None, grown),
    ]
    if by_column:
        for place, name in enumerate(names[:-1], start=1):
            rungs.append((KNOWN, name, ground.frame(names[:place], events=True)[rows]))
    if names:
        rungs.append((KNOWN, names[-1] if by_column else None, full))
    return Ladder(rungs=tuple(rungs), rows=rows, told=told)


def _without_events(held: pl.DataFrame, plain: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return ``held`` with the columns of ``plain`` but growths, and no event in the window."""
    taken = [
        name
        for name in held.columns
        if name in plain.columns
        and (name == "base" or (name.startswith("x_") and not name.startswith("x_growth_")))
    ]
    far = float(project.features.event_window_days)
    quiet = {
        f"x_event_{event.name}{end}": value
        for event in project.events
        for end, value in (("", 0.0), ("_to", far), ("_since", far))
    }
    return held.with_columns(
        *(plain[name] for name in taken),
        *(
            pl.lit(value, pl.Float32).alias(name)
            for name, value in quiet.items()
            if name in held.columns
        ),
    )


def split_answer(answer: Answer, ladder: Ladder) -> Split:
    """Return the parts of what ``answer`` says to the ladder's last frame."""
    parts: dict[str, Vector] = {}
    columns: dict[str, Vector] = {}
    before: Vector | None = None
    for part, column, frame in ladder.rungs:
        said = answer(frame)
        step = said if before is None else said - before
        parts[part] = parts[part] + step if part in parts else step
        if column is not None:
            columns[column] = step
        before = said
    return Split(parts=parts, columns={KNOWN: columns} if columns else {})


def whole(values: Vector) -> Split:
    """Return a forecast that has no parts but itself, as a baseline has."""
    return Split(parts={BASE: values})


def floored(split: Split) -> Split:
    """Return the split of a forecast that may not be below 0; what lifts it there is a part."""
    total = split.total
    return split.with_part(FLOOR, np.maximum(total, 0.0) - total)


def mixed(splits: Sequence[tuple[Split, Vector]]) -> Split:
    """Return the weighed sum of splits; each comes with its weights, (rows,)."""
    parts: dict[str, Vector] = {}
    columns: dict[str, dict[str, Vector]] = {}
    for split, weight in splits:
        for name, values in split.parts.items():
            parts[name] = parts.get(name, np.zeros(len(weight))) + weight * values
        for part, named in split.columns.items():
            inside = columns.setdefault(part, {})
            for name, values in named.items():
                inside[name] = inside.get(name, np.zeros(len(weight))) + weight * values
    return Split(parts=parts, columns=columns)


def answered(split: Split, newcomers: Vector) -> Split:
    """Return the split where ``newcomers`` (rows,) stands for the forecast unless it is NaN.

    There the base stays, and everything else is what newcomers are known to sell beside it.
    """
    new = np.isfinite(newcomers)
    if not new.any():
        return split
    parts = {
        name: values if name == BASE else np.where(new, 0.0, values)
        for name, values in split.parts.items()
    }
    columns = {
        part: {name: np.where(new, 0.0, values) for name, values in named.items()}
        for part, named in split.columns.items()
    }
    beside = np.where(new, newcomers - split.parts[BASE], 0.0)
    return Split(parts={**parts, NEWCOMER: beside}, columns=columns)
