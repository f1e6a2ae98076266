"""The form of the explorer: a field for each thing that can be asked, filled as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from foresell.dashboard.forecast.asked import FILTER, HIGH, LOW, NONE, Asked
from foresell.dashboard.forecast.indexed import Index, label_of
from foresell.report.wording import capitalized, column, listed
from foresell.spec.hierarchy import level_name
from foresell.spec.registry import State


@dataclass(frozen=True, kw_only=True)
class Option:
    """One thing to choose."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Filter:
    """The field of one column. ``told``: what is chosen, in words; ``low`` and ``high``: as given.

    ``options``: what can be ticked, or what is suggested for a field that is typed in; ``hint``:
    what there is, for such a field. ``error``: what is wrong with it.
    """

    name: str
    label: str
    kind: Literal["choices", "range", "text"]
    told: str
    options: Sequence[Option] = ()
    low: str = ""
    high: str = ""
    hint: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Chip:
    """Something that narrows the series down, and the link that takes it away."""

    label: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Tab:
    """A way to look. ``here``: it is how it is looked at now."""

    label: str
    href: str
    here: bool


def filters_of(index: Index, asked: Asked) -> Sequence[Filter]:
    """Return a field for each column that series are found by."""
    return tuple(_filter(index, asked, name) for name in index.columns)


def _filter(index: Index, asked: Asked, name: str) -> Filter:
    """Return the field of a column: a list of values, two ends, or a word."""
    at, label = f"{FILTER}{name}", capitalized(column(name))
    given = asked.values.get(name, ())
    error = next(
        (asked.errors[one] for one in (at, at + LOW, at + HIGH) if one in asked.errors), ""
    )
    if name in index.ends:
        low, high = index.ends[name]
        ends = asked.ranges.get(name)
        return Filter(
            name=at,
            label=label,
            kind="range",
            told="all" if ends is None else _range_text(*ends),
            low="" if ends is None or ends[0] is None else f"{ends[0]:.15g}",
            high="" if ends is None or ends[1] is None else f"{ends[1]:.15g}",
            hint=f"{low:,.15g} to {high:,.15g}",
            error=error,
        )
    if name in index.choices:
        return Filter(
            name=at,
            label=label,
            kind="choices",
            told=listed([*given], 3) if given else "all",
            options=[
                Option(value=one, label=one, chosen=one in given) for one in index.choices[name]
            ],
            error=error,
        )
    return Filter(
        name=at,
        label=label,
        kind="text",
        told=listed([*given], 2) if given else "all",
        options=[
            Option(value=one, label=one, chosen=False) for one in index.suggested.get(name, ())
        ],
        low=given[0] if given else "",
        hint=f"{index.texts[name].n_unique():,} values: write one whole",
        error=error,
    )


def _range_text(low: float | None, high: float | None) -> str:
    """Return a range in words.

    >>> _range_text(1.0, None), _range_text(1.0, 2500.0)
    ('from 1', '1 to 2,500')
    """
    if high is None:
        return f"from {low:,.15g}"
    return f"to {high:,.15g}" if low is None else f"{low:,.15g} to {high:,.15g}"


def chips_of(index: Index, asked: Asked) -> Sequence[Chip]:
    """Return what narrows the series down, each with the link to go without it."""
    chips = []
    if asked.search:
        chips.append(Chip(label=f"“{asked.search}”", href=asked.link(q=None)))
    for name, values in asked.values.items():
        for value in values:
            rest = [one for one in values if one != value]
            href = asked.linked({f"{FILTER}{name}": rest or None})
            chips.append(Chip(label=_valued(name, value), href=href))
    for name, ends in asked.ranges.items():
        gone = {f"{FILTER}{name}{LOW}": None, f"{FILTER}{name}{HIGH}": None}
        label = f"{capitalized(column(name))} {_range_text(*ends)}"
        chips.append(Chip(label=label, href=asked.linked(gone)))
    places = {name: at for at, name in enumerate(index.names)} if asked.series else {}
    keys = list(index.spec.keys)
    for name in asked.series:
        label = label_of(keys, index.texts.select(keys).row(places[name]))
        left = [one for one in asked.series if one != name]
        chips.append(Chip(label=label, href=asked.link(series=left or None)))
    return chips


def _valued(name: str, value: str) -> str:
    """Return a value with its column's name before it."""
    label = label_of([name], [value])
    return label if label != value else f"{capitalized(column(name))} {value}"


def described(index: Index, asked: Asked, count: int) -> str:
    """Return what a sum of the series that are asked for is called."""
    if asked.series:
        return f"{count:,} chosen series"
    parts = [
        " or ".join(label_of([name], [value]) for value in values[:3])
        + (f" or {len(values) - 3} more" if len(values) > 3 else "")
        for name, values in asked.values.items()
    ]
    parts += [
        f"{capitalized(column(name))} {_range_text(*ends)}" for name, ends in asked.ranges.items()
    ]
    parts += [f"“{asked.search}”"] if asked.search else []
    told = ", ".join(parts)
    return told if 0 < len(told) <= 70 else f"{count:,} of {index.n_series:,} series"


def tabs_of(index: Index, asked: Asked) -> Sequence[Tab]:
    """Return the ways to look: the sum, the series, the nodes of each declared level."""
    plain = (("sum", "The sum"), ("each", "Side by side"), ("one", "In one chart"))
    tabs = [
        Tab(label=label, href=asked.link(view=view, level=None), here=asked.view == view)
        for view, label in plain
    ]
    levels = index.spec.hierarchy.levels if index.spec.hierarchy is not None else ()
    for columns in levels:
        if columns:
            name = level_name(columns)
            label = f"By {' and '.join(column(one) for one in columns)}"
            here = asked.view == "level" and asked.level == name
            tabs.append(Tab(label=label, href=asked.link(view="level", level=name), here=here))
    return tabs


def version_options(state: State, shown: int, asked: Asked) -> Sequence[Option]:
    """Return the versions there are, the newest first, with the aliases that point to them.

    The first option is what is shown where nobody asks for one, see `Shown.version`.
    """
    names: dict[int, list[str]] = {}
    for alias, number in state.aliases.items():
        if number is not None:
            names.setdefault(number, []).append(alias)
    usual = "the live one" if names else "the newest: none is live"
    live = Option(value="", label=usual, chosen=not asked.version)
    return (
        live,
        *(
            Option(
                value=str(one.version),
                label=" ".join([
                    str(one.version),
                    *(f"({name})" for name in names.get(one.version, ())),
                ]),
                chosen=bool(asked.version) and one.version == shown,
            )
            for one in reversed(state.versions)
        ),
    )


def baseline_options(names: Sequence[str], asked: Asked) -> Sequence[Option]:
    """Return the baselines there are."""
    return (
        Option(value="", label="the best", chosen=not asked.baseline),
        *(Option(value=name, label=name, chosen=asked.baseline == name) for name in names),
        Option(value=NONE, label="none", chosen=asked.baseline == NONE),
    )
