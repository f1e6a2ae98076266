"""What differs between two versions, as tables: scores, what they were made of, the contract."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foresell.contracts.difference import Change
from foresell.dashboard.page import Cell, Table
from foresell.dashboard.reading.shown import Shown
from foresell.errors import counted
from foresell.govern import comparison
from foresell.govern.compared import Comparison, FileFacts, MetricDifference, Side
from foresell.govern.differing import Difference
from foresell.govern.registry import read_version
from foresell.report.tables import METRICS, Metric
from foresell.report.wording import capitalized, measured, percent, signed
from foresell.spec.registry import Version

MISSING = "–"
_MOST = 40  # rows of a part
_WIDE = 160  # characters of a value
_LEAST = 0.0005  # a change from here on is seen in percent with one decimal


@dataclass(frozen=True, kw_only=True)
class Differing:
    """Two versions side by side. ``heading``: the finding; ``says``: who they are.

    ``tables``: a part each, only what differs. ``notes``: what could not be compared, or is to be
    said of a part.
    """

    before: int
    after: int
    heading: str
    says: str
    tables: Sequence[Table]
    notes: Sequence[str]


def comparison_of(shown: Shown, before: Version, after: Version) -> Comparison:
    """Return what differs between two versions; both are verified. Raises as `read_version`."""

    def make() -> Comparison:
        bundles = [read_version(shown.registry, one) for one in (before, after)]
        return comparison.compare(*bundles, versions=(before, after))

    pair = before.version, after.version
    # A version never changes: nothing has to be looked at again.
    return shown.kept(("comparison", *pair), (before.digest, after.digest), make)


def differing(found: Comparison) -> Differing:
    """Return a comparison as a page shows it."""
    numbers = [one.version or 0 for one in (found.before, found.after)]
    heads = tuple(f"Version {one}" for one in numbers)
    tables = [
        *_scores(found, heads),
        *(
            _table(title, rows, heads)
            for title, rows in (
                ("Features", [_row(one) for one in found.features]),
                ("Settings and parameters", [_row(one) for one in found.parameters]),
                ("Data: raw files", [_file(one) for one in found.files]),
                ("Data: rows and cutoffs", [_row(one) for one in found.facts]),
                ("Keys of project.yaml", [_row(one) for one in found.declaration]),
                ("Libraries", [_row(one) for one in found.libraries]),
            )
            if rows
        ),
        *_contract(found),
    ]
    return Differing(
        before=numbers[0],
        after=numbers[1],
        heading=_heading(found, heads),
        says=_sentence(found, heads),
        tables=tables,
        notes=[capitalized(one) for one in _notes(found)],
    )


def metric_table(caption: str, metrics: Sequence[MetricDifference], heads: Sequence[str]) -> Table:
    """Return a table of metrics of two models; those that decide stand out."""
    return Table(
        caption=caption,
        heads=("Metric", *heads, "Change"),
        rows=[
            (
                Cell(text=_title(one.metric)),
                Cell(text=_shown(one.metric, one.before)),
                Cell(text=_shown(one.metric, one.after)),
                Cell(text=_change(one)),
            )
            for one in metrics
        ],
        marks=["total" if one.deciding else "" for one in metrics],
    )


def finding(metrics: Sequence[MetricDifference], before: str, after: str) -> str:
    """Return how one model does against another on the first metric that both have; "" for none.

    >>> one = MetricDifference(
    ...     metric="rmse", deciding=True, before=8.0, after=7.0, difference=-1.0, change=-0.125)
    >>> finding([one], "version 1", "version 2").replace(chr(160), " ")
    'Version 2 is 12.5 % better than version 1 on RMSE'
    """
    first = next((one for one in metrics if one.change is not None), None)
    if first is None or first.change is None:
        return ""
    how = f"{percent(abs(first.change))} {'better' if first.change < 0 else 'worse'} than"
    if abs(first.change) < _LEAST:
        how = "as good as"
    return f"{capitalized(after)} is {how} {before} on {_title(first.metric)}"


def _heading(found: Comparison, heads: Sequence[str]) -> str:
    """Return what a comparison has come to, as a heading.

    Scores of other rows cannot be held against each other, and are no finding.
    """
    same = found.same_rows
    before, after = (f"version {head.rpartition(' ')[2]}" for head in heads)
    if found.before.digest == found.after.digest:
        return f"{capitalized(before)} and {after} are the same bundle"
    if found.equal:
        return f"Nothing differs between {before} and {after}"
    metrics = (same.metrics or found.metrics) if same is not None and same.n else ()
    return finding(metrics, before, after) or f"What differs between {before} and {after}"


def _sentence(found: Comparison, heads: Sequence[str]) -> str:
    """Return who the two are."""
    before, after = found.before, found.after
    if before.champion == after.champion:
        return f"Both are {before.champion}."
    return f"{heads[0]} is {before.champion}, {heads[1].lower()} is {after.champion}."


def _scores(found: Comparison, heads: Sequence[str]) -> Iterator[Table]:
    """Yield the scores of both, and those on the rows that both were judged on."""
    if found.metrics:
        caption = f"Scores: {_protocol(found.before, found.after)}; what decides stands out"
        yield metric_table(caption, found.metrics, heads)
    same = found.same_rows
    if same is not None and same.metrics:
        caption = f"Scores on the {counted(same.n, 'row')} that both were judged on"
        yield metric_table(caption, same.metrics, heads)


def _protocol(before: Side, after: Side) -> str:
    """Return how both were judged."""
    if before.protocol == after.protocol:
        return before.protocol
    return f"{before.protocol} against {after.protocol}"


def _notes(found: Comparison) -> Iterator[str]:
    """Yield what else is to be said."""
    if found.same_rows is not None:
        yield found.same_rows.says
    if found.contract is not None:
        versions = f"{found.contract.before} to {found.contract.after}"
        yield f"the contract went from {versions}: {found.contract.verdict}"
    if not found.model.empty:
        counts = [
            f"{len(told)} {word}"
            for word in ("changed", "added", "removed")
            if (told := getattr(found.model, word))
        ]
        yield f"files of the model: {', '.join(counts)}, {found.model.same} the same"
    yield from found.notes


def _contract(found: Comparison) -> Iterator[Table]:
    """Yield what became of the contract."""
    changes = found.contract.changes if found.contract is not None else ()
    if changes:
        yield Table(
            caption="The contract",
            heads=("Where", "Effect", "What", "Before", "After"),
            words=("Effect", "What", "Before", "After"),
            rows=[_rule(one) for one in changes[:_MOST]],
            left_out=max(0, len(changes) - _MOST),
        )


def _rule(change: Change) -> tuple[Cell, ...]:
    """Return a change of the contract as a row."""
    told = (change.place, change.effect, change.what, change.before, change.after)
    return tuple(Cell(text=_cut(one)) for one in told)


def _table(title: str, rows: Sequence[tuple[Cell, ...]], heads: Sequence[str]) -> Table:
    """Return a part as a table."""
    return Table(
        caption=title,
        heads=("What", *heads),
        words=heads,
        rows=rows[:_MOST],
        left_out=max(0, len(rows) - _MOST),
    )


def _row(one: Difference) -> tuple[Cell, ...]:
    """Return a leaf that differs as a row."""
    before = MISSING if one.effect == "added" else _value(one.before)
    after = MISSING if one.effect == "removed" else _value(one.after)
    return Cell(text=_cut(one.place)), Cell(text=before), Cell(text=after)


def _file(one: Any) -> tuple[Cell, ...]:
    """Return a raw file as a row."""
    return Cell(text=_cut(one.name)), Cell(text=_facts(one.before)), Cell(text=_facts(one.after))


def _facts(file: FileFacts | None) -> str:
    """Return what is known of a raw file."""
    if file is None:
        return MISSING
    rows = "" if file.rows is None else f"{counted(file.rows, 'row')}, "
    return f"{rows}{counted(file.bytes, 'byte')}, {file.sha256[:12]}"


def _value(value: Any) -> str:
    """Return a leaf of a declaration as a person reads it.

    >>> _value(None), _value(["a", 1]), _value(0.12345678), _value(1200), _value({"a": {"b": 1}})
    ('none', 'a, 1', '0.123457', '1,200', '{"a": {"b": 1}}')
    """
    if value is None or value in ((), [], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"
    if not _nested(value):
        return _cut(str(value))
    if isinstance(value, Mapping) or any(_nested(one) for one in value):
        return _cut(json.dumps(value, ensure_ascii=False, default=str))
    return _cut(", ".join(_value(one) for one in value))


def _nested(value: Any) -> bool:
    """Tell whether a value holds others."""
    return isinstance(value, Mapping | list | tuple)


def _cut(text: str) -> str:
    """Return ``text``, its end cut off where it is long."""
    return text if len(text) <= _WIDE else f"{text[: _WIDE - 1]}…"


def _title(metric: str) -> str:
    """Return what a metric is called."""
    known = _known(metric)
    return known.title if known is not None else capitalized(metric.replace("_", " "))


def _shown(metric: str, value: float | None) -> str:
    """Return a metric as reports show it."""
    if value is None:
        return MISSING
    known = _known(metric)
    return known.show(value) if known is not None else measured(value)


def _known(metric: str) -> Metric | None:
    """Return how reports show a metric; they mean its share by bias, which here is in its unit."""
    return METRICS.get({"bias": "", "bias_share": "bias"}.get(metric, metric))


def _change(one: MetricDifference) -> str:
    """Return how far two values of a metric are apart.

    In percent where that means something, else in the metric's own unit.
    """
    if one.difference is None:
        return MISSING
    if one.difference == 0:
        return "same"
    if one.change is not None:
        return signed(one.change) if abs(one.change) >= _LEAST else "below 0.1\u00a0%"
    if one.metric.startswith("coverage") or one.metric == "bias_share":
        return f"{100 * one.difference:+.1f} points".replace("-", "−")
    return f"{one.difference:+.3g}".replace("-", "−")
