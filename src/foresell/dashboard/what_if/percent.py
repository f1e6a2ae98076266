"""A plan that is moved by percent: what is planned instead day by day, and the answer to it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from foresell.answer.published import BY_DEFAULT, PLANNED, Published
from foresell.dashboard.what_if.asking import Answer, Door
from foresell.dashboard.what_if.form import LONGEST, beyond, number
from foresell.dashboard.what_if.panel_form import BY, FIRST, LAST, SET, WHERE, Plan
from foresell.errors import counted
from foresell.serving.served import Served

LEAST, MOST = -100.0, 1000.0
PATH = "/predict/batch"
_PERCENT = re.compile(r"[+-]?(\d{1,9}(\.\d{0,9})?|\.\d{1,9})")
_CLOSE = 1e-9  # as far as a computer's numbers miss an end that they mean
_REASON = f"must be a number from {LEAST:g} to {MOST:g}, such as -10"


@dataclass(frozen=True, kw_only=True, eq=False)
class MovedPlan:
    """What a plan that is moved by percent comes to.

    ``rows``: key columns, date, ``prediction`` (of the plan as it is), ``moved`` (whether anything
    is planned otherwise), and by moved column ``planned_NAME`` and ``NAME``, what it becomes (null
    where it is not known); a row for each series and day that is answered. ``errors``: what is
    wrong, by field of the form. ``becomes``: by column, in words. ``notes``: what a percent does
    not move, and what it moves beyond all that was seen.
    """

    rows: pl.DataFrame
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    becomes: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()


def percent_of(text: str) -> float | None:
    """Return a percent as it was typed, None where it is none.

    >>> percent_of("-10"), percent_of("+20 %"), percent_of("−2.5"), percent_of("a tenth")
    (-10.0, 20.0, -2.5, None)
    >>> percent_of("-101"), percent_of("1e9")
    (None, None)
    """
    plain = text.replace("\u2212", "-").removesuffix("%").strip()
    if not plain.isascii() or not _PERCENT.fullmatch(plain):
        return None
    value = float(plain)
    return value if LEAST <= value <= MOST else None


def moved_words(name: str, text: str) -> str:
    r"""Return in words by how much a column is moved.

    >>> moved_words("price", "-10"), moved_words("promotion", "+2.5 %"), moved_words("price", "0")
    ('price 10\xa0% lower', 'promotion 2.5\xa0% higher', 'price as planned')
    """
    value = percent_of(text) or 0.0
    if not value:
        return f"{name} as planned"
    return f"{name} {abs(value):g}\u00a0% {'higher' if value > 0 else 'lower'}"


def moved_plan(plan: Plan, served: Served, published: Published, mine: pl.DataFrame) -> MovedPlan:
    """Return what ``plan`` comes to in the series ``mine``.

    What is wrong with its series or its days is left to the server to say.
    """
    project = served.spec
    rows = published.frame.filter(pl.col(BY_DEFAULT)).join(
        mine.select(project.keys), on=list(project.keys), how="semi", maintain_order="left"
    )
    first, last = _day(plan.first), _day(plan.last)
    days = pl.col(project.time)
    within = pl.lit(value=True)
    within = within & (days >= first) if first is not None else within
    within = within & (days <= last) if last is not None else within
    rows = rows.select(
        *project.keys,
        project.time,
        "prediction",
        *(pl.col(f"{PLANNED}{name}") for name in plan.moves),
        moved=within,
    )
    asked = rows["moved"]
    errors: dict[str, list[str]] = {}
    becomes: dict[str, str] = {}
    notes: list[str] = []
    for name, text in plan.moves.items():
        planned = rows[f"{PLANNED}{name}"]
        told, wrong = _moved_column(name, text, planned.filter(asked), published, served)
        if name in plan.changes:
            wrong = f"{name} has a value and a percent: leave one of them empty"
        if wrong:
            errors[f"{BY}{name}"] = [wrong]
        becomes[name] = _becomes(planned.filter(asked), told)
        other = planned if wrong else planned.zip_with(~asked, _spread(told, asked))
        rows = rows.with_columns(other.alias(name))
        notes += _unmoved(name, planned.filter(asked))
        notes += _beyond(name, planned.filter(asked), told, published.ranges.get(name))
    return MovedPlan(
        rows=_marked(rows, plan, asked) if not errors else rows,
        errors=errors,
        becomes=becomes,
        notes=notes,
    )


def _marked(rows: pl.DataFrame, plan: Plan, asked: pl.Series) -> pl.DataFrame:
    """Return rows that say which of them are planned otherwise, of the ``asked`` ones."""
    if plan.changes:
        return rows.with_columns(moved=asked)
    other = [pl.col(name).ne_missing(pl.col(f"{PLANNED}{name}")) for name in plan.moves]
    return rows.with_columns(moved=pl.any_horizontal(other))


def _day(text: str) -> date | None:
    """Return a day of the address, None where it is none: the server says what is wrong."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _spread(told: pl.Series, asked: pl.Series) -> pl.Series:
    """Return values of the ``asked`` rows in their places, null elsewhere."""
    places = asked.arg_true()
    empty = pl.Series([None] * len(asked), dtype=told.dtype)
    return empty.scatter(places, told)


def _moved_column(
    name: str, text: str, planned: pl.Series, published: Published, served: Served
) -> tuple[pl.Series, str]:
    """Return what a column becomes where it is moved, and what is wrong, "" where nothing is."""
    percent = percent_of(text)
    if percent is None:
        return planned.clear(), f"{name} by percent {_REASON}"
    whole = served.contract.columns[name].logical_type == "integer"
    values = planned.cast(pl.Float64) * (100.0 + percent) / 100.0
    values = values.round() if whole else values
    if planned.is_empty():
        return values, ""  # no series or no day is meant, which the server says
    if planned.null_count() == len(planned):
        return values, f"{name} is not known there, so no percent of it is: give a value"
    if not (planned != 0).any():
        return values, f"{name} is planned as 0 there, and any percent of 0 is 0: give a value"
    if name in published.ranges:
        values = _snapped(values, published.ranges[name])
    return (values.cast(pl.Int64) if whole else values), ""


def _snapped(values: pl.Series, seen: tuple[float, float]) -> pl.Series:
    """Return values of which those that miss an end of ``seen`` by a rounding are that end."""
    low, high = seen
    near = _CLOSE * max(1.0, abs(low), abs(high))
    value = pl.col("value")
    return pl.DataFrame({"value": values}).select(
        pl
        .when(value.is_between(high, high + near, closed="right"))
        .then(high)
        .when(value.is_between(low - near, low, closed="left"))
        .then(low)
        .otherwise(value)
        .alias("value")
    )["value"]


def _beyond(
    name: str, planned: pl.Series, told: pl.Series, seen: tuple[float, float] | None
) -> Iterator[str]:
    """Yield that a plan is moved outside of what was ``seen``, with the value that is farthest."""
    if seen is None or len(told) != len(planned):
        return
    values = told.cast(pl.Float64)
    moved = values.filter(values != planned.cast(pl.Float64))
    outside = moved.filter((moved < seen[0]) | (moved > seen[1])).sort()
    if outside.is_empty():
        return
    ends = (float(outside[0]), float(outside[-1]))
    farthest = max(ends, key=lambda one: max(seen[0] - one, one - seen[1]))
    yield beyond(name, number(farthest), seen)


def _becomes(planned: pl.Series, told: pl.Series) -> str:
    """Return what becomes of what, in words; "" where nothing does.

    >>> _becomes(pl.Series([0.0, 0.1, 0.2]), pl.Series([0.0, 0.11, 0.22]))
    '0.1 to 0.2 becomes 0.11 to 0.22'
    """
    if len(told) != len(planned):
        return ""
    frame = pl.DataFrame({"planned": planned.cast(pl.Float64), "told": told.cast(pl.Float64)})
    other = frame.filter(pl.col("planned") != pl.col("told"))
    if other.is_empty():
        return ""
    return f"{_range(other['planned'])} becomes {_range(other['told'])}"


def _range(values: pl.Series) -> str:
    """Return from where to where values go, as the plan beside the field is told."""
    low, high = (float(str(end)) for end in (values.min(), values.max()))
    return " to ".join(dict.fromkeys([number(low, 4), number(high, 4)]))


def _unmoved(name: str, planned: pl.Series) -> Iterator[str]:
    """Yield what a percent does not move."""
    zeros, unknown = int((planned == 0).sum()), planned.null_count()
    of = f"of {counted(len(planned), 'forecast')}"
    if 0 < zeros < len(planned):
        yield f"{name} is planned as 0 in {zeros:,} {of}: a percent of it is 0 too."
    if 0 < unknown < len(planned):
        yield f"{name} is not known in {unknown:,} {of}: it is left as it is."


def body_of(moved: MovedPlan, plan: Plan, served: Served) -> dict[str, Any]:
    """Return the question as ``POST /predict/batch`` takes it: what is untold is as planned."""
    project, names = served.spec, [*plan.moves]
    fixed = plan.values(served)
    rows = []
    columns = [*project.keys, project.time, "moved", *names]
    for row in moved.rows.select(columns).iter_rows(named=True):
        told = {name: row[name] for name in project.keys} | {
            project.time: row[project.time].isoformat()
        }
        if row["moved"]:
            told |= fixed | {name: row[name] for name in names if row[name] is not None}
        rows.append(told)
    return {"rows": rows}


def answered(door: Door, moved: MovedPlan, plan: Plan, body: Mapping[str, Any]) -> Answer:
    """Return the answer to a moved plan as ``POST /forecast`` tells one of a changed plan.

    ``errors`` are by field of the form.
    """
    project = door.served.spec
    meant = door.post("/forecast", plan.chosen(door.served) | plan.days)
    if not meant.fine:
        errors = {**meant.errors, **moved.errors} if meant.errors else {}
        return Answer(errors=errors, trouble=meant.trouble)
    if moved.errors:
        return Answer(errors=moved.errors)
    answer = door.post(PATH, body)
    if not answer.fine:
        return Answer(errors=_by_field(answer.errors, plan, door.served), trouble=answer.trouble)
    identity = [*project.keys, project.time]
    told = []
    rows = moved.rows.select(*identity, "prediction", "moved").iter_rows(named=True)
    for row, one in zip(rows, answer.told["predictions"], strict=True):
        point, planned = float(one["prediction"]), float(row["prediction"])
        told.append({
            **{name: row[name] for name in project.keys},
            project.time: row[project.time].isoformat(),
            "prediction": point,
            "prediction_planned": planned,
            "effect": point - planned,
            "changed": row["moved"],
            "p10": one["p10"],
            "p90": one["p90"],
        })
    return Answer(told={"forecasts": told})


def _by_field(
    errors: Mapping[str, Sequence[str]], plan: Plan, served: Served
) -> dict[str, Sequence[str]]:
    """Return what is wrong with rows by the field of the form that made them, each thing once."""
    fields = {name: f"{BY}{name}" for name in plan.moves}
    fields |= {name: f"{SET}{name}" for name in plan.changes}
    fields |= {name: f"{WHERE}{name}" for name in plan.where}
    fields[served.spec.time] = f"{FIRST}, {LAST}"
    return {
        fields.get(name, name): [f"{one[:LONGEST]}" for one in dict.fromkeys(says)]
        for name, says in errors.items()
    }
