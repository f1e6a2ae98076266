"""Which column of the data a feature comes from, so that contributions can be told by column."""

from collections.abc import Iterable

from foresell.spec.project import ProjectSpec

STEP = "step"  # how far ahead: no column of the data
PLANNED = "planned"  # the known-future covariates together, as the seasonal base holds them
_OF_A_COLUMN = ("past", "known", "source", "static", "code", "promo", "ratio")
_OF_THE_DATE = ("calendar", "year_sin", "year_cos", "week_sin", "week_cos", "aligned")


def original(feature: str, project: ProjectSpec) -> str:
    """Return what a feature of a direct frame tells of: a column of the data, an event, or neither.

    The calendar is told of as the time column. Whatever is computed from the target alone (lags,
    statistics, growths, levels, seasonal bases) is the target. `STEP` and `PLANNED` are themselves.
    A feature that holds the name of a declared column or event, between underscores, tells of it:
    the longest such name.
    """
    text = feature.removeprefix("x_")
    if text in {STEP, PLANNED}:
        return text
    if text.startswith(_OF_THE_DATE):
        return project.time
    if text.startswith("growth_"):
        return project.target
    if text.startswith("event_"):
        named = _longest(text.removeprefix("event_"), (event.name for event in project.events))
        return named or project.time
    kind, _, rest = text.partition("_")
    names = [name for name, role in project.columns.items() if role not in {"target", "time"}]
    found = _longest(rest if kind in _OF_A_COLUMN else text, names)
    return found or project.target


def _longest(text: str, names: Iterable[str]) -> str | None:
    """Return the longest of ``names`` that stands in ``text`` between underscores or its ends."""
    inside = [name for name in names if f"_{name}_" in f"_{text}_"]
    return max(inside, key=lambda name: (len(name), name), default=None)
