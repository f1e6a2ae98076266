"""What is said of a changed plan: the finding, its numbers, and what they do not tell."""

import math
from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from foresell.charts.placed import full
from foresell.charts.signs import minus
from foresell.dashboard.page import Cell, Fact, Table
from foresell.dashboard.what_if.form import beyond, number
from foresell.dashboard.what_if.panel_form import Outlook, Plan, day_words
from foresell.dashboard.what_if.percent import moved_words
from foresell.dashboard.what_if.reasons import moved
from foresell.dashboard.what_if.units import in_plain_unit
from foresell.report.wording import amount, capitalized, column, count, day, listed, signed
from foresell.serving.served import Served
from foresell.spec.ordered_sums import one_piece

_FORECAST = "POST /forecast"
_MOST_DAYS = 120  # rows of the table of days
_TINY = 1e-9
_SHARE = 0.01  # of the whole effect: what is less on other days is not told apart


def _total(rows: pl.DataFrame, name: str) -> float:
    """Return the sum of a column."""
    return float(one_piece(rows[name]).sum())


def _effect(rows: pl.DataFrame) -> float:
    """Return what the change adds on all days."""
    return _total(rows, "changed") - _total(rows, "planned")


def _is_changed(rows: pl.DataFrame) -> bool:
    """Tell whether rows hold a changed plan."""
    return rows["changed"].null_count() < rows.height


def periods(number: int, served: Served) -> str:
    """Return so many periods in words."""
    return count(number, "day" if served.spec.frequency == "D" else "week")


def heading(rows: pl.DataFrame, served: Served) -> str:
    """Return the finding; its share is of the plan of all periods, as the effect is."""
    unit, planned = served.spec.unit, _total(rows, "planned")
    if not _is_changed(rows):
        return f"As planned, {amount(planned, unit)} in {periods(rows.height, served)}"
    effect = _effect(rows)
    if amount(effect, unit) == amount(0.0, unit):
        return "The change makes no difference"
    among = periods(rows.height, served)
    share = f", {signed(effect / planned)} in {among}" if planned > 0 else ""
    if effect > 0:
        return f"The change adds {amount(effect, unit)}{share}"
    return f"The change takes {amount(-effect, unit)} away{share}"


def _noun(served: Served) -> str:
    """Return what periods are called."""
    return "days" if served.spec.frequency == "D" else "weeks"


def standfirst(plan: Plan, rows: pl.DataFrame, series: pl.DataFrame, served: Served) -> str:
    """Return what was changed, where and when."""
    where = series_words(plan, series, served)
    if not _is_changed(rows):
        span = _span(rows["date"].to_list())
        known = served.spec.with_role("known_future")
        more = (
            f"Plan {listed(list(known))} otherwise, and see what that does."
            if known
            else "Nothing of this project is planned ahead, so no plan can be changed."
        )
        return f"{capitalized(where)}, {span}. {more}"
    told = told_changes(plan)
    days = rows.filter(pl.col("moved"))["date"].to_list()
    on = "on" if served.spec.frequency == "D" else "in"
    if not days:
        return f"With {listed(told)}: {where}."
    return f"With {listed(told)} {on} {periods(len(days), served)}, {_span(days)}: {where}."


def told_changes(plan: Plan) -> list[str]:
    """Return what is planned otherwise, in words."""
    return [
        *(f"{name} {_shown(text)}" for name, text in plan.changes.items()),
        *(moved_words(name, text) for name, text in plan.moves.items()),
    ]


def _shown(text: str) -> str:
    """Return a value as a sentence says it."""
    return {"true": "yes", "false": "no"}.get(text, text[:40])


def _span(days: Sequence[date]) -> str:
    """Return from when to when days run."""
    return day(days[0]) if len(days) == 1 else f"{day(days[0])} to {day(days[-1])}"


def series_words(plan: Plan, series: pl.DataFrame, served: Served) -> str:
    """Return which series are meant."""
    named = [f"{column(name)} {text[:40]}" for name, text in plan.where.items() if text]
    if series.height == 1:
        keys = [f"{column(name)} {series[name][0]}" for name in served.spec.keys]
        return ", ".join(keys)
    of = f" of {', '.join(named)}" if named else ""
    return f"the sum of {count(series.height, 'series')}{of}"


def facts(rows: pl.DataFrame, served: Served) -> tuple[Fact, ...]:
    """Return the numbers that matter."""
    unit = served.spec.unit
    if not _is_changed(rows):
        return _planned_facts(rows, served)
    here, there = rows.filter(pl.col("moved")), rows.filter(~pl.col("moved"))
    planned, changed = _apart(_total(here, "planned"), _total(here, "changed"), unit)
    found = [
        Fact(
            value=moved(_effect(rows), unit),
            label="what the change adds",
            note=f"on all {periods(rows.height, served)}",
            source=_FORECAST,
        ),
        Fact(
            value=planned,
            label="as planned",
            note=f"on the {periods(here.height, served)} that change",
            source=_FORECAST,
        ),
        Fact(
            value=changed,
            label="with the change",
            note="on the same",
            source=_FORECAST,
        ),
    ]
    elsewhere = _effect(there) if there.height else 0.0
    if abs(elsewhere) > _SHARE * abs(_effect(rows)):
        found.append(
            Fact(
                value=moved(elsewhere, unit),
                label=f"on {_noun(served)} before and after",
                note="whose own plan is as it was",
                source=_FORECAST,
            )
        )
    return (*found, *_band(here, unit))


def _apart(first: float, second: float, unit: str) -> tuple[str, str]:
    r"""Return two numbers so that they can be told apart, if they differ at all.

    >>> _apart(392_256.0, 391_750.0, "USD"), _apart(416.0, 1068.0, "")
    (('392,256\xa0USD', '391,750\xa0USD'), ('416', '1,068'))
    """
    short = amount(first, unit), amount(second, unit)
    if first == second or short[0] != short[1]:
        return short
    end = f"\u00a0{unit}" if unit else ""
    return f"{full(first)}{end}", f"{full(second)}{end}"


def _planned_facts(rows: pl.DataFrame, served: Served) -> tuple[Fact, ...]:
    """Return the numbers of the plan as it is."""
    unit = served.spec.unit
    top = rows.sort("planned", "date", descending=[True, False]).row(0, named=True)
    return (
        Fact(
            value=amount(_total(rows, "planned"), unit),
            label=f"forecast of {periods(rows.height, served)}",
            source=_FORECAST,
        ),
        Fact(
            value=amount(_total(rows, "planned") / rows.height, unit),
            label=f"a {_noun(served)[:-1]} in the mean",
            source=_FORECAST,
        ),
        Fact(
            value=amount(top["planned"], unit),
            label=f"the largest {_noun(served)[:-1]}",
            note=day(top["date"]),
            source=_FORECAST,
        ),
        *_band(rows, unit),
    )


def _band(rows: pl.DataFrame, unit: str) -> tuple[Fact, ...]:
    """Return the band of a single day; several days have one each, which do not add up."""
    if rows.height != 1 or rows["low"][0] is None:
        return ()
    return (
        Fact(value=amount(rows["low"][0], unit), label="one in ten lies below", source=_FORECAST),
        Fact(value=amount(rows["high"][0], unit), label="one in ten lies above", source=_FORECAST),
    )


def notes(plan: Plan, served: Served, series: int) -> tuple[str, ...]:
    """Return what has to be said of an answer: values beyond the history, days without a change."""
    found = []
    published = served.published
    ranges = published.ranges if published is not None else {}
    for name, value in plan.values(served).items():
        low, high = ranges.get(name, (-math.inf, math.inf))
        if isinstance(value, int | float) and not low <= value <= high:
            found.append(beyond(name, number(value), (low, high)))
    if (plan.first or plan.last) and not plan.changed:
        found.append("Days were chosen, and nothing is planned otherwise on them yet.")
    if series > 1 and plan.changed:
        found.append("A sum has no band here: the ends of its series' bands do not add up to one.")
    return tuple(found)


def alone(explained: float, said: float, named: str, served: Served) -> str:
    """Return why the forecast that is explained is not the one that is drawn."""
    unit = served.spec.unit
    return (
        f"What is explained is {named} changed alone, {amount(explained, unit)}. The days around "
        f"it are changed too, which makes it {amount(said, unit)}."
    )


def chart_title(plan: Plan, rows: pl.DataFrame) -> str:
    """Return the finding of the chart."""
    if not _is_changed(rows):
        return "The forecast as planned"
    size = rows.with_columns(size=(pl.col("changed") - pl.col("planned")).abs())
    top = size.sort("size", "date", descending=[True, False]).row(0, named=True)
    if top["size"] <= _TINY * max(1.0, abs(top["planned"])):
        return "Both plans give the same forecast"
    more = "more" if top["changed"] > top["planned"] else "less"
    told = listed(told_changes(plan))
    return f"With {told}, {amount(top['size'])} {more} on {day(top['date'])}, where it moves most"


def chart_note(plan: Plan, served: Served, series: int) -> str:
    """Return how to read the chart."""
    band = "Four in five lie in the band. " if series == 1 else ""
    if not plan.changed:
        return band.strip()
    if plan.moves:
        noun = _noun(served)[:-1]
        return f"{band}Shaded from the first to the last {noun} whose plan is another one."
    return f"{band}The {_noun(served)} whose plan is another one are shaded."


def chart_says(rows: pl.DataFrame, served: Served) -> str:
    """Return the chart in words."""
    unit = served.spec.unit
    planned = f"{amount(_total(rows, 'planned'), unit)} as planned"
    span = _span(rows["date"].to_list())
    if not _is_changed(rows):
        return f"Forecast, {span}: {planned} in all."
    return f"Forecast, {span}: {planned}, {amount(_total(rows, 'changed'), unit)} changed."


def days_table(
    rows: pl.DataFrame,
    outlook: Outlook,
    served: Served,
    levers: Mapping[str, Sequence[float | None]],
) -> Table:
    """Return the forecasts day by day; ``levers``: more columns, values in the order of days."""
    rows, unit = in_plain_unit(rows, served.spec.unit, "planned", "changed", "low", "high")
    changed, banded = _is_changed(rows), rows["low"].null_count() == 0
    heads = ["Day" if served.spec.frequency == "D" else "Week", "As planned"]
    heads += ["Changed", "Effect"] if changed else []
    heads += ["One in ten below", "One in ten above"] if banded else []
    heads += levers
    table = []
    for at, one in enumerate(rows.head(_MOST_DAYS).iter_rows(named=True)):
        cells = [Cell(text=day_words(one["date"], outlook)), Cell(text=_number(one["planned"]))]
        if changed:
            cells += [
                Cell(text=_number(one["changed"])),
                Cell(text=_signed(one["changed"] - one["planned"])),
            ]
        cells += [Cell(text=_number(one[name])) for name in ("low", "high") if banded]
        cells += [Cell(text=_lever(values[at])) for values in levers.values()]
        table.append(cells)
    within = f", in {unit}" if unit else ""
    return Table(
        caption=f"The forecast of every {heads[0].lower()}{within}",
        heads=heads,
        rows=table,
        marks=["champion" if one else "" for one in rows.head(_MOST_DAYS)["moved"].to_list()],
        left_out=max(0, rows.height - _MOST_DAYS),
    )


def _lever(value: float | None) -> str:
    """Return a value that is planned, as the form tells it."""
    return "not known" if value is None else number(value, 4)


def _number(value: float) -> str:
    """Return a forecast as a table shows it.

    >>> _number(1234.5), _number(0.25)
    ('1,234.5', '0.2')
    """
    return minus(f"{value:,.1f}")


def _signed(value: float) -> str:
    """Return an effect as a table shows it.

    >>> _signed(12.0), _signed(-0.04)
    ('+12.0', '0.0')
    """
    text = _number(value)
    if not any(digit in text for digit in "123456789"):
        return text.lstrip("−")
    return text if value < 0 else f"+{text}"
