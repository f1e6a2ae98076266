"""The overview: what needs attention in all projects, and how each of them stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from foresell.dashboard.addresses import path_to
from foresell.dashboard.overview.attention import URGENCIES, Concern, concerns
from foresell.dashboard.overview.cards import (
    Card,
    Way,
    heading,
    numbers,
    quiet,
    says,
    standfirst,
)
from foresell.dashboard.overview.facts import Facts, whose
from foresell.dashboard.overview.outlooks import drawn_from, picture
from foresell.dashboard.overview.readings import read
from foresell.dashboard.page import Context, Figure, Trouble, Visit
from foresell.dashboard.pages import pages_of
from foresell.dashboard.reading.shown import Shown, tried
from foresell.dashboard.reports import reports_of


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that needs attention, and the link to where it is mended."""

    concern: Concern
    way: Way


@dataclass(frozen=True, kw_only=True)
class Group:
    """Things that are as urgent as each other, under a heading."""

    heading: str
    urgent: bool
    items: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True)
class Overview(Context):
    """How every project stands. ``idle``: those where nothing was ever run."""

    groups: tuple[Group, ...]
    cards: tuple[Card, ...]
    idle: tuple[Card, ...]


def context(visit: Visit) -> Overview:
    """Return what the overview shows."""
    facts: dict[str, Facts] = {}
    cards: dict[str, Card] = {}
    for name, shown in visit.projects.items():
        facts[name], cards[name] = _looked(shown)
    every = tuple(facts.values())
    told = concerns(every)
    now, soon, later = (_urgent(told, urgency) for urgency in URGENCIES)
    return Overview(
        heading=heading(every, now, (*soon, *later)),
        standfirst=standfirst(every, now, soon),
        figures={card.figure.name: card.figure for card in cards.values() if card.figure},
        groups=_groups(told, visit.projects),
        cards=tuple(card for name, card in cards.items() if not facts[name].untouched),
        idle=tuple(card for name, card in cards.items() if facts[name].untouched),
    )


def _urgent(told: Sequence[Concern], urgency: str) -> Sequence[str]:
    """Return the projects of which something is as urgent as that, each once."""
    return tuple(dict.fromkeys(one.project for one in told if one.urgency == urgency))


def _looked(shown: Shown) -> tuple[Facts, Card]:
    """Return what is known of a project, with all that cannot be read, and its card."""
    facts, own = read(shown), shown.name
    title = tried({}, "title", lambda: shown.declared().spec.title) or ""
    if facts.untouched:
        return facts, _idle(own, title)
    troubles: dict[str, Trouble] = dict(facts.troubles)
    at = f"{own}/{drawn_from(shown)}"
    figure = tried(troubles, "figure", lambda: picture(shown, _figure_name(own)), at)
    figure = _marked(figure, facts) if figure is not None else None
    told = tried(troubles, "record", lambda: (says(facts), numbers(facts), quiet(facts)), own)
    sentence, big, small = told or ("What the registry noted cannot be shown.", (), ())
    facts = replace(facts, troubles=_distinct(troubles))
    return facts, Card(
        name=own,
        title=title,
        says=sentence,
        home=path_to(own),
        made_up=shown.synthetic,
        numbers=big,
        facts=small,
        figure=figure,
        square=figure is not None and figure.size[0] < _WIDE,
        pages=tuple(
            Way(label=one.label, href=path_to(own, one.name)) for one in pages_of(shown.kind)
        ),
        reports=tuple(
            Way(label=one.label, href=path_to(own, "reports", one.name))
            for one in reports_of(shown)
        ),
        troubles=facts.troubles,
    )


def _marked(figure: Figure, facts: Facts) -> Figure:
    """Return a picture that says whose it is, unless it is of the version that answers."""
    if facts.state is None:
        known = "of the last run; which version answers is not known"
        return replace(figure, note=f"{figure.note} It is {known}.", says=f"{figure.says}; {known}")
    of = whose(facts)
    if not of:
        return figure
    answers = f"version {facts.live.version} answers" if facts.live else "no version answers"
    return replace(
        figure,
        title=f"{figure.title} (of {of})",
        note=f"{figure.note} Of the last run, {of}; {answers}.",
        says=f"{figure.says}; of {of}",
    )


_WIDE = 500  # pixels from which on a picture takes the width that there is


def _idle(own: str, title: str) -> Card:
    """Return the card of a project where nothing was ever run: what to do next."""
    next_step = Trouble(
        what="nothing was run yet", where=own, mend=f"foresell run {own}", next=True
    )
    return Card(
        name=own,
        title=title,
        says="Nothing was run yet.",
        home=path_to(own),
        troubles={"run": next_step},
    )


def _figure_name(project: str) -> str:
    """Return what the picture of a project is called in addresses.

    >>> _figure_name("sales_orders")
    'outlook-sales-orders'
    """
    return f"outlook-{project.replace('_', '-')}"


def _distinct(troubles: Mapping[str, Trouble]) -> Mapping[str, Trouble]:
    """Return troubles each once: two parts may be made of the same file."""
    parts: dict[Trouble, str] = {}
    for part, one in troubles.items():
        parts.setdefault(one, part)
    return {part: one for one, part in parts.items()}


def _groups(told: tuple[Concern, ...], projects: Mapping[str, Shown]) -> tuple[Group, ...]:
    """Return what needs attention by how urgent it is; groups of nothing are left out."""
    found = []
    for urgency, words in URGENCIES.items():
        items = tuple(
            Item(concern=one, way=_way(projects[one.project], one.page))
            for one in told
            if one.urgency == urgency
        )
        if items:
            found.append(Group(heading=words, urgent=urgency == "now", items=items))
    return tuple(found)


def _way(shown: Shown, page: str) -> Way:
    """Return the link to a page of a project."""
    label = next(one.label for one in pages_of(shown.kind) if one.name == page)
    return Way(label=label, href=path_to(shown.name, page))
