"""Why one series is forecast so on one day, by the plan and by the changed one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from foresell.dashboard.page import Figure, Trouble
from foresell.dashboard.what_if import panel_words as words
from foresell.dashboard.what_if import reasons
from foresell.dashboard.what_if.asking import Answer, Door
from foresell.dashboard.what_if.form import typed, written
from foresell.dashboard.what_if.panel_form import Outlook, Plan, day_words
from foresell.dashboard.what_if.percent import MovedPlan
from foresell.serving.served import Served

_SAME = 1e-6
Troubles = dict[str, Trouble]


@dataclass(frozen=True, kw_only=True)
class Made:
    """What was answered.

    ``rows``: as `plan_rows` returns them. ``series``: those that are meant. ``moved``: what is
    moved by percent, None where nothing is. ``path``, ``body``: the question.
    """

    plan: Plan
    rows: pl.DataFrame
    moved: MovedPlan | None
    path: str
    body: Mapping[str, Any]
    series: pl.DataFrame
    served: Served
    outlook: Outlook


def _day(made: Made) -> date:
    """Return the day that is explained: the one asked for, or the one that changes the most.

    Of a plan that is not changed the largest.
    """
    rows = made.rows
    days: list[date] = rows["date"].to_list()
    asked = [one for one in days if one.isoformat() == made.plan.day]
    if asked:
        return asked[0]
    size = (rows["changed"] - rows["planned"]).abs()
    matters = size if size.null_count() < rows.height else rows["planned"]
    place = matters.arg_max()
    return days[place if place is not None else 0]


def why_of(open_door: Door, made: Made, troubles: Troubles) -> tuple[list[Figure], list[str]]:
    """Return the waterfalls of one day of one series, and what has to be said of them."""
    day = _day(made)
    if not open_door.cold:
        return _reasons(open_door, made, day, troubles)
    moved = bool(made.rows.filter(pl.col("date") == day)["moved"][0])
    name = reasons.CHANGE if moved else reasons.WHY  # one alone: who looks elsewhere is not to wait
    return [reasons.later(name, partial(_reason, open_door, made, day, name))], []


def _reason(open_door: Door, made: Made, day: date, name: str) -> Figure | None:
    """Return one waterfall, None where nothing explains it."""
    found, _ = _reasons(open_door, made, day, {})
    return next((one for one in found if one.name == name), None)


def _reasons(
    open_door: Door, made: Made, day: date, troubles: Troubles
) -> tuple[list[Figure], list[str]]:
    """Return the waterfalls of one day of one series, and what has to be said of them."""
    served, outlook = made.served, made.outlook
    keys = {name: typed_key(made, name) for name in served.spec.keys}
    row = {**keys, served.spec.time: day.isoformat()}
    at = made.rows.filter(pl.col("date") == day)
    changes = _changes_on(made, day) if at["moved"][0] else {}
    after = open_door.post("/explain", {**row, **changes})
    if after.trouble is not None:
        troubles["why"] = after.trouble
    if not after.fine:
        return [], []
    if not after.told["available"]:
        troubles["why"] = Trouble(
            what="this server cannot explain the forecast",
            where=served.model_name,
            mend=str(after.told["reason"]),
        )
        return [], []
    unit, named = served.spec.unit, day_words(day, outlook)
    figures: list[Figure] = []
    before = open_door.post("/explain", row) if changes else Answer()
    if before.fine and before.told["available"]:
        moved = reasons.step_change(before.told, after.told)
        figures += [reasons.step_change_figure(moved, unit, named)] if moved is not None else []
    figures.append(reasons.step_figure(reasons.step_reasons(after.told), unit, named))
    said = at["changed"][0] if at["changed"][0] is not None else at["planned"][0]
    alone = float(after.told["prediction"])
    if abs(alone - said) > _SAME * max(1.0, abs(said)):
        return figures, [words.alone(alone, said, named, served)]
    return figures, []


def _changes_on(made: Made, day: date) -> dict[str, Any]:
    """Return what one series plans otherwise on one day that is changed."""
    fixed = made.plan.values(made.served)
    if made.moved is None:
        return fixed
    row = made.moved.rows.filter(pl.col(made.served.spec.time) == day).row(0, named=True)
    return fixed | {name: row[name] for name in made.plan.moves if row[name] is not None}


def typed_key(made: Made, name: str) -> Any:
    """Return a key of the one series that is meant, as JSON has it."""
    kind = made.served.contract.columns[name].logical_type
    return typed(written(made.series[name][0]), kind)
