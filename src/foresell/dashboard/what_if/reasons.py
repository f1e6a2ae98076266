"""Where an answer comes from, and what a change of it did: waterfalls of what the server told."""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from foresell.charts.explanation import PHRASES
from foresell.charts.theme import nothing
from foresell.charts.waterfall import row_waterfall_chart, waterfall_chart
from foresell.dashboard.page import Figure, Spec
from foresell.dashboard.what_if.units import in_plain_unit
from foresell.report.wording import amount
from foresell.spec.ordered_sums import one_piece, ordered_sum

WHY, CHANGE = "why", "change"
_FLOOR = "(floor)"  # what lifts an answer to 0, as the server calls it
_SAME = 1e-6  # of the larger of 1 and the answer: what two sums in another order may be apart
_ROWS = 27  # pixels of a line of a waterfall
_LATER = {WHY: "What each part adds to the answer", CHANGE: "What the change did, part by part"}
_PARTS = f"Known: {PHRASES['known']}; residual: {PHRASES['residual']}."
Told = Mapping[str, Any]


def row_reasons(told: Told, texts: Mapping[str, str | None]) -> pl.DataFrame:
    """Return what ``/explain`` told of a row as `row_waterfall_chart` draws it.

    ``texts``: the row's own values by column. ``part``, ``column``, ``text``, ``value``.
    """
    base = [("base", None, None, float(told["base_value"]))]
    parts = [
        ("floor", None, None, float(value))
        if name == _FLOOR
        else ("column", name, texts.get(name), float(value))
        for name, value in told["contributions"].items()
    ]
    return _frame([*base, *parts])


def row_change(before: Told, after: Told, texts: Mapping[str, str | None]) -> pl.DataFrame:
    """Return the way from one answer to another, as `row_waterfall_chart` draws it.

    What a column adds to the second less what it adds to the first. They sum up, within what a
    computer's numbers allow: both begin where no column is known.
    """
    moved = {
        name: float(value) - float(before["contributions"].get(name, 0.0))
        for name, value in after["contributions"].items()
    }
    for name, value in before["contributions"].items():
        moved.setdefault(name, -float(value))
    begun = float(before["prediction"]) + float(after["base_value"]) - float(before["base_value"])
    base = [("base", None, None, begun)]
    parts = [
        ("floor", None, None, value) if name == _FLOOR else ("column", name, texts.get(name), value)
        for name, value in moved.items()
    ]
    return _frame([*base, *parts])


def _frame(rows: list[tuple[str, str | None, str | None, float]]) -> pl.DataFrame:
    """Return what a waterfall of a row is drawn from."""
    names = {"part": pl.String, "column": pl.String, "text": pl.String, "value": pl.Float64}
    return pl.DataFrame(rows, schema=names, orient="row")


def step_reasons(told: Told) -> pl.DataFrame:
    """Return what ``/explain`` told of one step of a series, as `waterfall_chart` draws it.

    ``part``, ``column`` (null where the part is told as one), ``value``.
    """
    rows: list[tuple[str, str | None, float]] = [("base", None, float(told["base_value"]))]
    columns = told["columns"] or {}
    for part, value in told["contributions"].items():
        by_column = columns.get(part)
        if by_column:
            rows += [(part, name, float(one)) for name, one in by_column.items()]
        else:
            rows.append((part, None, float(value)))
    return pl.DataFrame(
        rows, schema={"part": pl.String, "column": pl.String, "value": pl.Float64}, orient="row"
    )


def step_change(before: Told, after: Told) -> pl.DataFrame | None:
    """Return the way from the planned forecast to the changed one, as `waterfall_chart` draws it.

    None where the two begin at different bases: then no way leads from one to the other.
    """
    size = max(1.0, abs(float(after["prediction"])))
    if abs(float(after["base_value"]) - float(before["base_value"])) > _SAME * size:
        return None
    both = pl.concat([
        step_reasons(after),
        step_reasons(before).with_columns(-pl.col("value")),
    ]).filter(pl.col("part") != "base")
    begun = pl.DataFrame(
        {"part": ["base"], "column": [None], "value": [float(before["prediction"])]},
        schema=both.schema,
    )
    moved = both.group_by("part", "column", maintain_order=True).agg(ordered_sum(pl.col("value")))
    return pl.concat([begun, moved])


def row_figure(frame: pl.DataFrame, unit: str) -> Figure:
    """Return the waterfall of one row's answer."""
    frame, unit = in_plain_unit(frame, unit, "value")
    return Figure(
        name=WHY,
        title=f"{largest(frame, unit, 'this answer')}",
        says=_says(frame, unit, "no column is known", "the answer"),
        note="From what is said before any column is known, column by column, to the answer."
        + in_unit(unit),
        draw=lambda width: row_waterfall_chart(frame, unit=unit, width=width),
        rows=frame,
        size=(760, _height(frame)),
    )


def row_change_figure(frame: pl.DataFrame, unit: str) -> Figure:
    """Return the waterfall from the row that was begun with to the one that is asked."""
    frame, unit = in_plain_unit(frame, unit, "value")
    ends = ("the row you began with", "your row")
    return Figure(
        name=CHANGE,
        title=f"{largest(frame, unit, 'the change')}",
        says=_says(frame, unit, "the row you began with", "your row"),
        note="What each column adds to your row, less what it added to the row you began with. One "
        "you left alone moves it where what it adds hangs on another." + in_unit(unit),
        draw=lambda width: row_waterfall_chart(frame, unit=unit, width=width, ends=ends),
        rows=frame,
        size=(760, _height(frame)),
    )


def step_figure(frame: pl.DataFrame, unit: str, day: str) -> Figure:
    """Return the waterfall of the forecast of one day."""
    frame, unit = in_plain_unit(frame, unit, "value")
    return Figure(
        name=WHY,
        title=f"{largest(frame, unit, f'the forecast of {day}')}",
        says=_says(frame, unit, "the year before", "the forecast"),
        note=f"From the year before, part by part, to the forecast. {_PARTS}{in_unit(unit)}",
        draw=lambda width: waterfall_chart(frame, unit=unit, width=width),
        rows=frame,
        size=(760, _height(frame)),
    )


def step_change_figure(frame: pl.DataFrame, unit: str, day: str) -> Figure:
    """Return the waterfall from the planned forecast of one day to the changed one."""
    frame, unit = in_plain_unit(frame, unit, "value")
    ends = ("as planned", "changed")
    return Figure(
        name=CHANGE,
        title=f"{largest(frame, unit, f'the change of {day}')}",
        says=_says(frame, unit, "the forecast as planned", "the changed forecast"),
        note="What each part adds to the changed forecast, less what it adds to the planned one. "
        f"{_PARTS}{in_unit(unit)}",
        draw=lambda width: waterfall_chart(frame, unit=unit, width=width, ends=ends),
        rows=frame,
        size=(760, _height(frame)),
    )


def later(name: str, make: Callable[[], Figure | None]) -> Figure:
    """Return a waterfall that is asked for when it is drawn, for nobody is to wait for it."""

    def draw(width: int) -> Spec:
        """Draw it, or say that nothing explains it."""
        made = make()
        return made.draw(width) if made is not None else nothing("Nothing explains it here.", width)

    return Figure(
        name=name,
        title=_LATER[name],
        says=f"{_LATER[name]}.",
        note="The numbers take a moment the first time.",
        draw=draw,
        size=(760, 380),
    )


def in_unit(unit: str) -> str:
    """Return what the numbers of a chart are in, as the end of its note."""
    return f" In {unit}." if unit else ""


def total(frame: pl.DataFrame) -> float:
    """Return what base and parts sum to."""
    return float(one_piece(frame["value"]).sum())


def largest(frame: pl.DataFrame, unit: str, of: str) -> str:
    r"""Return the finding of a waterfall: what moves it the most.

    >>> frame = _frame([("base", None, None, 9.0), ("column", "price", "3", -2.0)])
    >>> largest(frame, "USD", "this answer")
    'price moves this answer the most: −2\xa0USD'
    """
    moves = frame.filter(pl.col("part") != "base")
    named = moves.with_columns(name=pl.coalesce("column", "part"))
    summed = named.group_by("name", maintain_order=True).agg(ordered_sum(pl.col("value")))
    ordered = summed.sort(pl.col("value").abs(), "name", descending=[True, False])
    if ordered.is_empty() or abs(ordered["value"][0]) <= _SAME:
        return f"Nothing moves {of}"
    return f"{ordered['name'][0]} moves {of} the most: {moved(ordered['value'][0], unit)}"


def moved(value: float, unit: str) -> str:
    r"""Return what is added with its sign and unit.

    >>> moved(12.0, "USD"), moved(-1.5, "")
    ('+12\xa0USD', '−1.5')
    """
    return f"+{amount(value, unit)}" if value > 0 else amount(value, unit)


def _says(frame: pl.DataFrame, unit: str, base: str, end: str) -> str:
    """Return a waterfall in words: its ends, and every part that is no rounding."""
    first = total(frame.filter(pl.col("part") == "base"))
    parts = [
        f"{column or part} {moved(value, unit)}"
        for part, column, value in frame.select("part", "column", "value").iter_rows()
        if part != "base" and abs(value) > _SAME
    ]
    shown = ", ".join(parts[:12]) or "nothing"
    return f"From {base}, {amount(first, unit)}: {shown}. To {end}, {amount(total(frame), unit)}."


def _height(frame: pl.DataFrame) -> int:
    """Return about how high a waterfall is."""
    return _ROWS * (min(frame.height, 14) + 2) + 48
