"""What if a row of a table were another one: every field of it, the answer, and why."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from foresell.contracts.compiled.request_fields import RequestField
from foresell.dashboard.page import Fact, Figure, Trouble, Visit
from foresell.dashboard.reading.shown import tried
from foresell.dashboard.what_if import reasons, varied
from foresell.dashboard.what_if.asking import Answer, Door, door, who_answers
from foresell.dashboard.what_if.form import (
    LONGEST,
    Group,
    Input,
    Option,
    beyond,
    numbered,
    with_errors,
    written,
)
from foresell.dashboard.what_if.shown_page import (
    Mistake,
    Step,
    WhatIf,
    mistaken_heading,
    mistakes_of,
    nothing_answers,
    request_of,
)
from foresell.dashboard.what_if.start import MOST
from foresell.dashboard.what_if.table_form import (
    BEFORE,
    START,
    VARY,
    AskedRow,
    asked_row,
    hidden,
    row_group,
)
from foresell.report.wording import amount, signed
from foresell.serving.served import Served

_PREDICT = "POST /predict"
Troubles = dict[str, Trouble]


def context(visit: Visit) -> WhatIf:
    """Return the page of a table."""
    troubles: Troubles = {}
    open_door = tried(troubles, "answer", lambda: door(visit))
    if open_door is None:
        return nothing_answers("tabular", troubles)
    asked = asked_row(visit, open_door.served, troubles)
    answer = open_door.post("/predict", asked.row)
    if answer.trouble is not None:
        troubles["answer"] = answer.trouble
    groups = numbered([row_group(open_door.served, asked)])
    if not answer.fine:
        return _refused(visit, groups, answer, troubles)
    return _answered(visit, open_door, asked, answer.told, troubles)


def _refused(visit: Visit, groups: Sequence[Group], answer: Answer, troubles: Troubles) -> WhatIf:
    """Return the page of a row that has no answer: what is wrong, beside the fields."""
    by_name: dict[str, list[str]] = {}
    known = {one.name for group in groups for one in group.inputs}
    for field, says in answer.errors.items():
        names = [f"{BEFORE}{name}" for name in (field, *field.split(", "))]
        found = [name for name in dict.fromkeys(names) if name in known]
        for name in found:
            by_name.setdefault(name, []).extend(f"{field} {one}" for one in says)
        if not found:
            troubles["answer"] = Trouble(
                what="; ".join(f"{field} {one}".strip() for one in says),
                where=field or "the row",
                mend="change the row and ask again",
            )
    marked = with_errors(groups, by_name)
    mistakes: Sequence[Mistake] = mistakes_of(marked)
    return WhatIf(
        heading=mistaken_heading(mistakes) if mistakes else "This row has no answer",
        standfirst="Nothing was answered. What is wrong stands beside each field.",
        kind="tabular",
        groups=marked,
        hidden=hidden(visit),
        mistakes=mistakes,
        troubles=troubles,
    )


def _answered(
    visit: Visit, open_door: Door, asked: AskedRow, told: Mapping[str, Any], troubles: Troubles
) -> WhatIf:
    """Return the page of a row that is answered."""
    served = open_door.served
    before = open_door.post("/predict", asked.begun).told if asked.changed else {}
    vary = _vary(visit, open_door, asked)
    figures = _figures(open_door, asked, vary, troubles)
    fields = served.form.fields
    choices = tuple(
        Option(value=one.name, label=one.name) for one in fields if varied.can_vary(one, served)
    )
    ask_vary = Input(
        name=VARY,
        id="",
        label="Draw the answer by",
        value=vary.name if vary is not None else "",
        control="choice",
        options=choices,
    )
    more = Group(legend="The chart of other values", inputs=(ask_vary,) if choices else ())
    groups = numbered([row_group(served, asked), *((more,) if choices else ())])
    return WhatIf(
        heading=_heading(told, before, served),
        standfirst=_standfirst(told, asked, served),
        kind="tabular",
        groups=groups,
        hidden=hidden(visit),
        facts=_facts(told, before, served),
        notes=_notes(told, asked, served),
        answered_by=who_answers(served),
        changes=_changes(asked),
        figures={one.name: one for one in figures},
        request=request_of(visit.shown.name, "/predict", asked.row),
        steps=_steps(asked, troubles),
        idle=[name for name in served.form.ignored if name != served.spec.target],
        troubles=troubles,
    )


def _explained(
    open_door: Door, asked: AskedRow, troubles: Troubles
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return why the row, and the row that was begun with, are answered so; empty where unknown."""
    after = open_door.post("/explain", asked.row)
    before = open_door.post("/explain", asked.begun) if asked.changed and after.fine else Answer()
    if after.trouble is not None:
        troubles["why"] = after.trouble
    elif after.fine and not after.told["available"]:
        troubles["why"] = Trouble(
            what="this server cannot explain the answer",
            where=open_door.served.model_name,
            mend=str(after.told["reason"]),
        )
    there = after.fine and after.told["available"]
    both = there and before.fine and before.told["available"]
    return after.told if there else {}, before.told if both else {}


def _vary(visit: Visit, open_door: Door, asked: AskedRow) -> RequestField | None:
    """Return the field that is drawn at other values: the one asked for, or what moves the most."""
    served = open_door.served
    known = [one for one in served.form.fields if varied.can_vary(one, served)]
    name = visit.one(VARY)
    for one in known:
        if one.name == name:
            return one
    return varied.most_moving(open_door, known, asked.row)


def _figures(
    open_door: Door, asked: AskedRow, vary: RequestField | None, troubles: Troubles
) -> list[Figure]:
    """Return the charts that can be drawn."""
    if open_door.cold:
        # One alone: while it is made, who looks elsewhere is not to wait.
        name = reasons.CHANGE if asked.changed else reasons.WHY
        found = [reasons.later(name, partial(_reason, open_door, asked, name))]
    else:
        found = _reasons(open_door, asked, troubles)
    if vary is not None:
        drawn, answer = varied.varied_figure(open_door, vary, asked.row)
        found += [drawn] if drawn is not None else []
        if answer.trouble is not None:
            troubles[varied.NAME] = answer.trouble
    return found


def _reason(open_door: Door, asked: AskedRow, name: str) -> Figure | None:
    """Return one waterfall, None where nothing explains it."""
    return next((one for one in _reasons(open_door, asked, {}) if one.name == name), None)


def _reasons(open_door: Door, asked: AskedRow, troubles: Troubles) -> list[Figure]:
    """Return the waterfalls of the row, and of what its change did."""
    unit, found = open_door.served.spec.unit, []
    after, before = _explained(open_door, asked, troubles)
    texts = {one.name: asked.texts[one.name] or None for one in open_door.served.form.fields}
    if before:
        found.append(reasons.row_change_figure(reasons.row_change(before, after, texts), unit))
    if after:
        found.append(reasons.row_figure(reasons.row_reasons(after, texts), unit))
    return found


def _heading(told: Mapping[str, Any], before: Mapping[str, Any], served: Served) -> str:
    """Return the finding: what is expected, and what the change did to it."""
    target, unit, now = served.spec.target, served.spec.unit, float(told["prediction"])
    if not before:
        return f"{target} is expected to be {amount(now, unit)}"
    effect = now - float(before["prediction"])
    if amount(effect, unit) == amount(0.0, unit):
        return f"{target} stays at {amount(now, unit)}"
    verb = "rises" if effect > 0 else "falls"
    return f"{target} {verb} by {amount(abs(effect), unit)}, to {amount(now, unit)}"


def _standfirst(told: Mapping[str, Any], asked: AskedRow, served: Served) -> str:
    """Return what stands below the heading."""
    unit = served.spec.unit
    low, high = (amount(float(told[name]), unit) for name in ("p10", "p90"))
    band = f"Four in five lie between {low} and {high}."
    if asked.changed:
        return f"{band} The row you began with is a real one; what you changed is marked."
    if asked.start:
        return f"{band} This is row {asked.start} drawn from those the model learnt from."
    return f"{band} The row is a usual one of those the model learnt from: change it, and ask."


def _facts(told: Mapping[str, Any], before: Mapping[str, Any], served: Served) -> tuple[Fact, ...]:
    """Return the numbers that matter."""
    unit, now = served.spec.unit, float(told["prediction"])
    found = [
        Fact(value=amount(now, unit), label="expected", source=_PREDICT),
        Fact(
            value=amount(float(told["p10"]), unit), label="one in ten lies below", source=_PREDICT
        ),
        Fact(
            value=amount(float(told["p90"]), unit), label="one in ten lies above", source=_PREDICT
        ),
    ]
    if before:
        begun = float(before["prediction"])
        share = f", {signed(now / begun - 1)}" if begun > 0 else ""
        found.append(
            Fact(
                value=reasons.moved(now - begun, unit),
                label="against the row you began with",
                note=f"which gets {amount(begun, unit)}{share}",
                source=_PREDICT,
            )
        )
    return tuple(found)


def _notes(told: Mapping[str, Any], asked: AskedRow, served: Served) -> tuple[str, ...]:
    """Return what has to be said of the answer: what the model has never seen."""
    notes = [
        f"{name} is {asked.texts[name][:LONGEST]}, which no row held that the model learnt from: "
        "the answer does not know it."
        for name in told["unseen"]
    ]
    ranges = served.learnt.ranges
    notes += [
        beyond(name, asked.texts[name][:LONGEST], ranges.get(name, ("", "")))
        for name in told["outside"]
    ]
    return tuple(notes)


def _changes(asked: AskedRow) -> tuple[str, ...]:
    """Return what was changed, in words."""
    return tuple(
        f"{name} from {written(asked.begun.get(name)) or 'not known'} to "
        f"{(asked.texts.get(name) or 'not known')[:LONGEST]}"
        for name in asked.changed
    )


def _steps(asked: AskedRow, troubles: Troubles) -> tuple[Step, ...]:
    """Return where one can go from here: another real row, or back to the first one."""
    if "start" in troubles:
        return ()
    following = asked.start % MOST + 1
    steps = [Step(label="Begin with another real row", query={START: (str(following),)})]
    if asked.changed or asked.start:
        begin = {START: (str(asked.start),)} if asked.start else {}
        if asked.changed:
            steps.append(Step(label="Take the changes back", query=begin))
        if asked.start:
            steps.append(Step(label="Begin with the usual row", query={}))
    return tuple(steps)
