"""How far columns moved from what was learnt, look by look, and one of them more closely."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from foresell.charts.drift import share_bars
from foresell.charts.theme import Spec
from foresell.charts.watched import move_over_looks, moves_by_look, moves_now
from foresell.dashboard.monitoring.drift import OUTPUT, SUMMARY, Column, column_of, told_of
from foresell.dashboard.monitoring.looks import (
    Look,
    Measured,
    cells_of,
    column_label,
    days_of,
    looks_of,
    measured,
)
from foresell.dashboard.page import Figure
from foresell.dashboard.reading.shown import AbsentError, Shown
from foresell.errors import counted
from foresell.report.wording import listed

_ROWS = 30  # columns that are drawn; the table has all


@dataclass(frozen=True, kw_only=True)
class Movement:
    """How far columns moved. ``looks``: how many are drawn; ``one``: the column that is chosen.

    ``choices``: pairs of a column's name and what it is called. ``error``: what is wrong with the
    chosen name.
    """

    looks: int
    figure: Figure
    choices: Sequence[tuple[str, str]]
    one: str
    one_says: str
    one_figures: Sequence[Figure]
    error: str


def movement_of(shown: Shown, folder: str, chosen: str) -> Movement:
    """Return how far columns moved, look by look, and more of the ``chosen`` one.

    Where none is chosen that is the one that moved farthest. A ``DataError``: the log is not as we
    write it.

    Raises:
        AbsentError: nobody has looked, or no column was compared.
    """
    told, _ = told_of(shown, folder)
    looks = looks_of(shown, folder)
    columns = [column_of(one) for one in told["columns"]]
    if not columns:
        raise AbsentError(
            "no column was compared",
            f"{shown.name}/{OUTPUT}/{folder}{SUMMARY}",
            f"foresell monitor drift {shown.name} --current FILE",
        )
    last = [measured(one.told, told["limits"]) for one in columns]
    known = {one.name: one for one in reversed(columns)}  # a feature before a part of its name
    error = "" if not chosen or chosen in known else f"no column {chosen[:60]!r} was compared"
    one = known.get(chosen, columns[0])
    cells, days = cells_of(looks, [each.label for each in last]), days_of(looks)
    return Movement(
        looks=len(looks),
        figure=_all(cells, days, last),
        choices=[(each.name, column_label(each.name, each.part)) for each in columns],
        one=one.name,
        one_says=str(one.told["says"]),
        one_figures=_one(one, cells, days, looks),
        error=error,
    )


def _all(cells: pl.DataFrame, days: pl.DataFrame, last: Sequence[Measured]) -> Figure:
    """Return the chart of all columns: over looks, or of the one that there was."""
    moved = [one.label for one in last if one.state == "moved"]
    title = f"{listed(moved, 4)} moved" if moved else "No column moved beyond what chance gives"
    drawn = cells.filter(pl.col("rank") < _ROWS).drop("rank")
    rows = cells.drop("rank")
    if days.height < 2:
        now = pl.DataFrame(
            [
                {
                    "column": one.label,
                    "effect": one.effect,
                    "state": one.state,
                    "at": "last",
                    "says": one.says,
                }
                for one in last[:_ROWS]
            ],
            schema_overrides={"effect": pl.Float64},
        )
        height = 21 * min(_ROWS, len(last)) + 54
        return Figure(
            name="moves",
            title=title,
            note="How many times its limit each column has moved by, at the only look there was",
            says=f"{title}. {counted(len(last), 'column')} at one look, each beside its limit.",
            draw=lambda width: moves_now(now, width=width),
            rows=now,
            size=(760, height),
        )
    seen = cells["column"].n_unique()
    return Figure(
        name="moves",
        title=f"{title} at the last of {counted(days.height, 'look')}",
        note="A dot is a column at one look: the larger, the farther it lay from what was learnt",
        says=f"{title}. {counted(seen, 'column')} at each of {counted(days.height, 'look')}.",
        draw=lambda width: _few(drawn, days, width),
        rows=rows,
        size=(760, 21 * min(_ROWS, seen) + 54),
    )


def _few(cells: pl.DataFrame, days: pl.DataFrame, width: int) -> Spec:
    """Draw as many of the last looks as there is room for."""
    room = max(10, (width - 200) // 13)
    first = max(0, days.height - room)
    return moves_by_look(
        cells.filter(pl.col("place") >= first), days.filter(pl.col("place") >= first), width=width
    )


def _one(
    one: Column, cells: pl.DataFrame, days: pl.DataFrame, looks: Sequence[Look]
) -> list[Figure]:
    """Return the charts of one column: its shares before and now, and how it moved over looks."""
    told, label = one.told["bins"], column_label(one.name, one.part)
    bins = pl.DataFrame(
        {
            "label": list(map(str, told["labels"])),
            "reference": list(map(float, told["reference"])),
            "current": list(map(float, told["current"])),
        },
        schema_overrides={"reference": pl.Float64, "current": pl.Float64},
    )
    figures = [
        Figure(
            name="shares",
            title=f"{label}: shares of the rows",
            note="Broad bars before, slim blue bars now",
            says=f"{one.told['says']}. Shares of the rows in {bins.height} bins, before and now.",
            draw=lambda width: share_bars(bins, width=width),
            rows=bins,
            size=(520, 19 * min(12, bins.height) + 38),
        )
    ]
    own = cells.filter(pl.col("column") == label).drop("rank")
    if len(looks) > 1 and own.drop_nulls("effect").height > 1:
        figures.append(
            Figure(
                name="course",
                title=f"{label}: how far it lay from what was learnt",
                note="Times of the limit, at each look",
                says=f"{label} at {counted(own.height, 'look')}, in times of its limit.",
                draw=lambda width: move_over_looks(own, days, width=width),
                rows=own,
                size=(520, 230),
            )
        )
    return figures
