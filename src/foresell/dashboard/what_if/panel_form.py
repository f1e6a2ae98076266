"""The form of a panel: which series, what is planned otherwise, from when to when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from foresell.answer.published import BY_DEFAULT, PLANNED, Published
from foresell.contracts.compiled.request_fields import RequestField
from foresell.dashboard.page import Visit
from foresell.dashboard.reading.shown import AbsentError
from foresell.dashboard.what_if.form import (
    LONGEST,
    Group,
    Input,
    Option,
    control_of,
    limits_of,
    number,
    options_of,
    typed,
    written,
)
from foresell.report import wording
from foresell.serving.served import Served
from foresell.spec.occurrences import occurrences
from foresell.spec.ordered_sums import ordered_sum
from foresell.spec.project import ProjectSpec

WHERE, SET, BY = "where.", "set.", "by."
FIRST, LAST, DAY, GIVEN = "first", "last", "day", "given"
_MOST_OPTIONS = 200  # of one choice; where there are more, a value is typed
_SUGGESTED = 500
_FEW = 3
_NUMBERS = {"integer", "number"}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is asked, as it stands in the form; "" is not told.

    ``where``: by key or static column, ``levers`` by known-future column, ``percents`` by such a
    column of numbers: by how many percent its plan is moved. ``day``: which is to be explained.
    """

    where: Mapping[str, str]
    levers: Mapping[str, str]
    percents: Mapping[str, str]
    first: str
    last: str
    day: str

    def question(self, served: Served) -> dict[str, Any]:
        """Return it as ``POST /forecast`` takes it; without a change the plan as it is.

        Percents have no say in it: that endpoint knows none.
        """
        found = self.chosen(served)
        return found | {"set": self.values(served)} | self.days if self.changes else found

    def chosen(self, served: Served) -> dict[str, Any]:
        """Return which series are meant, as ``POST /forecast`` takes it."""
        kinds = {name: one.logical_type for name, one in served.contract.columns.items()}
        where = {name: typed(text, kinds[name]) for name, text in self.where.items() if text}
        return {"where": where} if where else {}

    def values(self, served: Served) -> dict[str, Any]:
        """Return what is planned otherwise, as JSON has it."""
        kinds = {name: one.logical_type for name, one in served.contract.columns.items()}
        return {name: typed(text, kinds[name]) for name, text in self.changes.items()}

    @property
    def days(self) -> dict[str, str]:
        """From when to when, as ``POST /forecast`` takes it."""
        named = {FIRST: self.first, LAST: self.last}
        return {name: text for name, text in named.items() if text}

    @property
    def changes(self) -> Mapping[str, str]:
        """What is planned otherwise, by column."""
        return {name: text for name, text in self.levers.items() if text}

    @property
    def moves(self) -> Mapping[str, str]:
        """What is moved by percent, by column."""
        return {name: text for name, text in self.percents.items() if text}

    @property
    def changed(self) -> bool:
        """Whether anything is planned otherwise."""
        return bool(self.changes or self.moves)


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What is forecast without a change.

    ``series``: key and static columns and ``total``, a row a series, in the order of their keys.
    ``days``: all that are forecast. ``events``: by the period that holds a day of them.
    """

    series: pl.DataFrame
    days: Sequence[date]
    events: Mapping[date, Sequence[str]]


def outlook_of(visit: Visit, served: Served) -> Outlook:
    """Return what is forecast, made once for a version.

    Raises:
        AbsentError: the version published no forecasts.
    """
    published = served.published
    if published is None:
        raise AbsentError(
            "this version has published no forecasts",
            visit.shown.name,
            f"foresell run {visit.shown.name}",
        )
    digest = served.live.digest
    return visit.shown.kept(("what is forecast", digest), None, lambda: _outlook(published))


def _outlook(published: Published) -> Outlook:
    """Return what is forecast."""
    project = published.project
    keys = list(project.keys)
    rows = published.frame.filter(pl.col(BY_DEFAULT))
    totals = rows.group_by(keys, maintain_order=True).agg(total=ordered_sum(pl.col("prediction")))
    days = rows[project.time].unique().sort().to_list()
    return Outlook(
        series=totals.join(published.statics, on=keys, how="left").sort(keys),
        days=days,
        events=events_by_period(project, days, published.reach.every),
    )


def events_by_period(
    project: ProjectSpec, days: Sequence[date], every: int
) -> Mapping[date, Sequence[str]]:
    """Return the events by the period that holds a day of them.

    ``days``: periods, ascending; each holds the ``every`` days up to its own.
    """
    if not days:
        return {}
    found: dict[date, list[str]] = {}
    for event in project.events:
        begin = days[0] - timedelta(days=every - 1)
        for day in occurrences(event, begin, days[-1]):
            after = -((days[0] - day).days // every) * every
            period = days[0] + timedelta(days=after)
            names = found.setdefault(period, [])
            names += [event.name] if event.name not in names else []
    return found


def plan_of(visit: Visit, served: Served, outlook: Outlook) -> Plan:
    """Return what the address asks: the series that sells the most where it asks nothing."""
    project = served.spec
    names = project.with_role("key", "static")
    where = {name: visit.one(f"{WHERE}{name}") for name in names}
    if not any(where.values()) and not visit.one(GIVEN):
        largest = outlook.series.sort("total", *project.keys, descending=[True, *_no(project)])
        first = largest.row(0, named=True)
        where |= {name: written(first[name]) for name in project.keys}
    known = project.with_role("known_future")
    numbers = [name for name in known if served.contract.columns[name].logical_type in _NUMBERS]
    return Plan(
        where=where,
        levers={name: visit.one(f"{SET}{name}") for name in known},
        percents={name: visit.one(f"{BY}{name}") for name in numbers},
        first=visit.one(FIRST),
        last=visit.one(LAST),
        day=visit.one(DAY),
    )


def _no(project: ProjectSpec) -> list[bool]:
    """Return that keys do not fall."""
    return [False] * len(project.keys)


def chosen_series(plan: Plan, outlook: Outlook) -> pl.DataFrame:
    """Return the rows of ``outlook.series`` that are meant; none where nothing is."""
    found = outlook.series
    for name, text in plan.where.items():
        if text:
            meant = [written(value) == text for value in found[name].to_list()]
            found = found.filter(pl.Series(meant, dtype=pl.Boolean))
    return found


def plan_groups(
    plan: Plan, served: Served, outlook: Outlook, becomes: Mapping[str, str]
) -> list[Group]:
    """Return the fields: the series, what is planned otherwise, and the day to be explained.

    ``becomes``: by column that is moved by percent, the values that result, in words.
    """
    mine = chosen_series(plan, outlook)
    fields = {one.name: one for one in served.form.fields}
    series = [_where_input(name, text, outlook) for name, text in plan.where.items()]
    levers = []
    for name, text in plan.levers.items():
        levers.append(_lever(fields[name], text, served, mine))
        if name in plan.percents:
            levers.append(_percent(name, plan.percents[name], becomes.get(name, "")))
    groups = [
        Group(legend="Which series", inputs=tuple(series)),
        Group(
            legend="What is planned otherwise",
            inputs=(
                *levers,
                _day_input((FIRST, "From"), plan.first, outlook, "the first day"),
                _day_input((LAST, "To"), plan.last, outlook, "the last day"),
            ),
            says="Left empty, everything is as it is planned.",
        ),
    ]
    if not levers:
        groups.pop()
    if mine.height == 1:
        most = "the one that changes most" if plan.changed else "the largest"
        day = _day_input((DAY, "Explain the forecast of"), plan.day, outlook, most)
        groups.append(Group(legend="Why", inputs=(day,)))
    return groups


def _where_input(name: str, text: str, outlook: Outlook) -> Input:
    """Return the field of a column that tells series apart."""
    known = [written(one) for one in outlook.series[name].drop_nulls().unique().sort().to_list()]
    shown = text[:LONGEST]
    options: tuple[Option, ...] = ()
    if len(known) <= _MOST_OPTIONS:
        every = "any" if len(known) > 1 else "all"
        more = [shown] if shown and shown not in known else []
        options = (
            Option(value="", label=every),
            *(Option(value=one, label=wording.name(one)) for one in (*known, *more)),
        )
    return Input(
        name=f"{WHERE}{name}",
        id="",
        label=wording.capitalized(wording.column(name)),
        value=shown,
        control="choice" if options else "text",
        hint="" if options else f"One of {len(known):,}, or empty for all",
        options=options,
        suggestions=() if options else known[:_SUGGESTED],
    )


def _lever(field: RequestField, text: str, served: Served, mine: pl.DataFrame) -> Input:
    """Return the field of a column that is planned."""
    options = options_of(field, "as planned")
    shown = text[:LONGEST]
    if options and shown not in {one.value for one in options}:
        options = (*options, Option(value=shown, label=shown))
    said = [field.description.rstrip(".")] if field.description else []
    if limits := limits_of(field):
        said.append(f"Allowed: {limits}")
    ranges = served.published.ranges if served.published is not None else {}
    if field.name in ranges:
        said.append("Seen: {} to {}".format(*map(number, ranges[field.name])))
    said.append(f"Planned: {planned_words(field.name, served, mine)}")
    return Input(
        name=f"{SET}{field.name}",
        id="",
        label=field.name,
        unit=field.unit,
        value=shown,
        control=control_of(field, options),
        hint=". ".join(said),
        options=options,
        was="as planned" if text else "",
    )


def _percent(name: str, text: str, becomes: str) -> Input:
    """Return the field of by how many percent a plan is moved."""
    return Input(
        name=f"{BY}{name}",
        id="",
        label=f"{name} by percent",
        value=text[:LONGEST],
        control="text",  # a telephone's keys for numbers have no minus
        beside=True,
        becomes=becomes,
    )


def planned_words(name: str, served: Served, mine: pl.DataFrame) -> str:
    """Return what is planned of a column in the chosen series, in words."""
    published = served.published
    if published is None or mine.is_empty():
        return "nothing"
    rows = published.frame.filter(pl.col(BY_DEFAULT)).join(
        mine.select(published.project.keys), on=list(published.project.keys), how="semi"
    )
    values = rows[f"{PLANNED}{name}"].drop_nulls()
    if values.is_empty():
        return "not known, so what is usual"
    if values.dtype == pl.Boolean:
        days = rows.filter(pl.col(f"{PLANNED}{name}"))[published.project.time].unique().sort()
        shown = [wording.day(one) for one in days.to_list()]
        return f"yes on {wording.listed(shown)}" if shown else "no on every day"
    if values.dtype.is_numeric():
        low, high = (float(str(end)) for end in (values.min(), values.max()))
        return " to ".join(dict.fromkeys([number(low, 4), number(high, 4)]))
    known = sorted(map(written, values.unique().to_list()))
    return wording.listed(known, _FEW)


def _day_input(named: tuple[str, str], text: str, outlook: Outlook, untold: str) -> Input:
    """Return the choice of a day; events stand beside it."""
    name, label = named
    shown = text[:LONGEST]
    options = [Option(value="", label=untold)]
    options += [
        Option(value=one.isoformat(), label=day_words(one, outlook)) for one in outlook.days
    ]
    if shown not in {one.value for one in options}:
        options.append(Option(value=shown, label=shown))
    return Input(
        name=name, id="", label=label, value=shown, control="choice", options=tuple(options)
    )


def day_words(day: date, outlook: Outlook) -> str:
    r"""Return a day with its weekday and the events of its period.

    >>> events = {date(2012, 11, 23): ["feast_day"]}
    >>> outlook = Outlook(series=pl.DataFrame(), days=[], events=events)
    >>> day_words(date(2012, 11, 23), outlook)
    'Fri 23\xa0Nov\xa02012, feast day'
    """
    events = [wording.name(one) for one in outlook.events.get(day, ())]
    return ", ".join([f"{day:%a} {wording.day(day)}", *events])
