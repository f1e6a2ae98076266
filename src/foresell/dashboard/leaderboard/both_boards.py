"""Every candidate of two versions, each by the error on the rows of its own run."""

from collections.abc import Mapping
from typing import Any

from foresell.dashboard.page import Cell, Table
from foresell.dashboard.registry.finding import metric_of
from foresell.govern.difference_rows import MISSING


def candidates(
    before: Mapping[str, Any], after: Mapping[str, Any], names: tuple[str, str], unit: str
) -> Table | None:
    """Return every candidate of both by WMAE, or RMSE where there is none; None: no board.

    ``before`` and ``after``: the metadata of the bundles. ``unit``: of the target.
    """
    old, new = _board(before), _board(after)
    if not new or not old:
        return None
    metric = "wmae" if any(row.get("wmae") is not None for row in new.values()) else "rmse"
    shown = metric_of(metric)
    ranked = sorted(
        {**old, **new},
        key=lambda name: (_ranks(new.get(name), metric), _ranks(old.get(name), metric), name),
    )
    sides = [[(side.get(name) or {}).get(metric) for name in ranked] for side in (old, new)]
    best = [min((one for one in own if one is not None), default=None) for own in sides]

    def cell(value: float | None, least: float | None) -> Cell:
        text = MISSING if value is None else shown.show(value)
        return Cell(text=text, mark="best" if value is not None and value == least else "")

    told = f"{shown.title} of every candidate of both{f', in {unit}' if unit else ''}"
    return Table(
        caption=f"{told}; each on the rows of its own run.",
        heads=("Candidate", *names),
        rows=tuple(
            (Cell(text=name), *map(cell, values, best))
            for name, *values in zip(ranked, *sides, strict=True)
        ),
        marks=tuple(_whose(name, before, after, new.get(name) or old[name]) for name in ranked),
    )


def _ranks(row: Mapping[str, Any] | None, metric: str) -> float:
    """Return the place of a candidate, at the end where nothing is known of it."""
    value = None if row is None else row.get(metric)
    return float("inf") if value is None else float(value)


def _whose(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any], row: Mapping[str, Any]
) -> str:
    """Mark the champion of either, and baselines."""
    if name in {before.get("champion"), after.get("champion")}:
        return "champion"
    return "baseline" if row.get("kind") == "baseline" else ""


def _board(metadata: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the rows of the leaderboard that decided, by candidate; none where it has none."""
    boards = metadata.get("leaderboard")
    if not isinstance(boards, Mapping) or not boards:
        return {}
    told = metadata.get("gate")
    protocol = told.get("protocol") if isinstance(told, Mapping) else None
    first = next((name for name in (protocol, "frozen", "held-out") if name in boards), None)
    rows = boards[first] if first is not None else next(iter(boards.values()))
    return {str(row["candidate"]): row for row in rows}
