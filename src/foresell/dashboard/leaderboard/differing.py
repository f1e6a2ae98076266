"""What differs between two versions, part by part, as tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foresell.dashboard.leaderboard.boards import metric_of
from foresell.dashboard.leaderboard.last_run import size
from foresell.dashboard.page import Cell, Table
from foresell.govern.compared import (
    Comparison,
    ContractDifference,
    FileFacts,
    MetricDifference,
    ModelDifference,
)
from foresell.govern.difference_rows import (
    MISSING,
    Row,
    fact_rows,
    parameter_rows,
    rows_of,
    setting_rows,
    weight_rows,
)
from foresell.report.wording import NBSP, amount, count, signed

_MOST = 60  # rows of a part that are shown
_POINTS = ("coverage_80", "bias_share")  # shares: their differences are told in points
_LESS_IS_BETTER = frozenset({"rmse", "mae", "wmae", "wape", "mase", "wql"})


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part that differs. ``says``: what its table does not, "" for nothing."""

    title: str
    table: Table | None = None
    says: str = ""


def scores(
    metrics: Sequence[MetricDifference], names: tuple[str, str], caption: str
) -> Table | None:
    """Return metrics of both and how far they are apart; None where there are none."""
    if not metrics:
        return None
    return Table(
        caption=f"{caption}; the metrics that decide stand first, in bold.",
        heads=("Metric", *names, "Difference"),
        rows=tuple(
            (
                Cell(text=metric_of(one.metric).title),
                *_pair(one),
                Cell(text=change(one), mark=_mark(one)),
            )
            for one in metrics
        ),
        marks=tuple("total" if one.deciding else "" for one in metrics),
    )


def _pair(one: MetricDifference) -> tuple[Cell, Cell]:
    """Return both values of a metric, the better of two errors marked."""
    show = metric_of(one.metric).show
    values = (one.before, one.after)
    known = [value for value in values if value is not None]
    rated = one.metric in _LESS_IS_BETTER and len(set(known)) == len(values)
    before, after = (
        Cell(
            text=MISSING if value is None else show(value),
            mark="best" if rated and value == min(known) else "",
        )
        for value in values
    )
    return before, after


def change(one: MetricDifference) -> str:
    r"""Return how far two values are apart: a share, points of a share, or in the metric's unit.

    >>> from foresell.govern.comparing import metric_differences
    >>> found = metric_differences({"rmse": 200.0, "coverage_80": 0.8}, {"rmse": 190.0})
    >>> [change(each) for each in found]
    ['−5.0\xa0%', '–']
    """
    if one.difference is None:
        return MISSING
    if one.difference == 0:
        return "same"
    if one.change is not None:
        return signed(one.change)
    if one.metric in _POINTS:
        return f"{100 * one.difference:+.1f}".replace("-", "−") + f"{NBSP}points"
    size = metric_of(one.metric).show(abs(one.difference)).lstrip("+")
    if not size.strip("0.,"):  # what its decimals would hide
        size = amount(abs(one.difference))
    return f"{'+' if one.difference > 0 else '−'}{size}"


def _mark(one: MetricDifference) -> str:
    """Mark an error that grew."""
    worse = one.metric in _LESS_IS_BETTER and one.difference is not None and one.difference > 0
    return "warn" if worse else ""


def candidates(
    before: Mapping[str, Any], after: Mapping[str, Any], names: tuple[str, str]
) -> Table | None:
    """Return every candidate of both by the metric that decided on the second; None: no board.

    ``before`` and ``after``: the metadata of the bundles.
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

    return Table(
        caption=f"{shown.title} of every candidate of both; each on the rows of its own run.",
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


def parts(found: Comparison, names: tuple[str, str]) -> tuple[Part, ...]:
    """Return what else differs: only what does."""
    facts, follow = fact_rows(found.facts)
    more = f"{count(follow, 'more count')} of the split differ with these." if follow else ""
    tables = (
        ("Features", rows_of(found.features), ""),
        ("What was asked and chosen", parameter_rows(found.parameters), ""),
        ("Settings of candidates", setting_rows(found.parameters), ""),
        ("Weights in the ensemble", weight_rows(found.parameters), ""),
        ("Raw files", [_file(one.name, one.before, one.after) for one in found.files], ""),
        ("Rows and cutoffs", facts, more),
        ("project.yaml", rows_of(found.declaration), ""),
        ("Libraries", rows_of(found.libraries), ""),
    )
    shown = [
        Part(title=title, table=table(title, rows, names), says=says)
        for title, rows, says in tables
        if rows
    ]
    if found.contract is not None:
        shown.append(_contract(found.contract))
    if not found.model.empty:
        shown.append(Part(title="Files of the model", says=_files(found.model)))
    return tuple(shown)


def table(title: str, rows: Sequence[Row], names: tuple[str, str]) -> Table:
    """Return differences with both values; what came and what went is a dash on the other side."""
    return Table(
        caption=f"{title}: {count(len(rows), 'difference')}.",
        heads=("What", *names),
        rows=tuple(
            (Cell(text=place), Cell(text=before), Cell(text=after))
            for _, place, before, after in rows[:_MOST]
        ),
        words=names,
        left_out=max(0, len(rows) - _MOST),
    )


def _file(name: str, before: FileFacts | None, after: FileFacts | None) -> Row:
    """Return a raw file as `rows_of` does a difference."""
    effect = "added" if before is None else "removed" if after is None else "changed"
    return effect, name, _told(before), _told(after)


def _told(file: FileFacts | None) -> str:
    """Return what is known of a raw file."""
    if file is None:
        return MISSING
    rows = "" if file.rows is None else f"{count(file.rows, 'row')}, "
    return f"{rows}{size(file.bytes)}, {file.sha256[:12]}"


def _contract(found: ContractDifference) -> Part:
    """Return what became of the contract."""
    heads = ("Where", "Effect", "What", "Before", "After")
    return Part(
        title=f"Contract {found.before} → {found.after}",
        says=f"{found.verdict[:1].upper()}{found.verdict[1:]}.",
        table=Table(
            caption="Changes of the contract.",
            heads=heads,
            rows=tuple(
                tuple(Cell(text=text) for text in (o.place, o.effect, o.what, o.before, o.after))
                for o in found.changes[:_MOST]
            ),
            words=heads,
            left_out=max(0, len(found.changes) - _MOST),
        )
        if found.changes
        else None,
    )


def _files(model: ModelDifference) -> str:
    """Return how many of the model's files differ."""
    told = {"changed": model.changed, "came": model.added, "went": model.removed}
    counts = [f"{count(len(names), 'file')} {word}" for word, names in told.items() if names]
    return f"{', '.join(counts)}, {model.same:,} the same."
