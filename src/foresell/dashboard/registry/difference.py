"""What differs between two versions, as tables: scores, what they were made of, the contract."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from foresell.dashboard.page import Cell, Table
from foresell.dashboard.reading.shown import Shown
from foresell.dashboard.registry.finding import ERRORS, better, heading, metric_of, title
from foresell.govern import comparison
from foresell.govern.compared import Comparison, ContractDifference, MetricDifference
from foresell.govern.difference_rows import (
    MISSING,
    PartRows,
    files_of_model,
    judged_as,
    parts_of,
    value_of,
)
from foresell.govern.registry import judged_version, read_version
from foresell.report.wording import NBSP, capitalized, count, signed
from foresell.spec.registry import Version

_MOST = 60  # rows of a part
_LEAST = 0.0005  # a change from here on is seen in percent with one decimal
_POINTS = ("coverage_80", "bias_share")  # shares: their differences are told in points


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part that differs. ``says``: what its table does not, "" for nothing."""

    title: str
    table: Table | None = None
    says: str = ""


@dataclass(frozen=True, kw_only=True)
class Differing:
    """Two versions side by side. ``heading``: the finding; ``basis``: on which rows; ``says``: who.

    ``scores``: on the rows that both were judged on, and as each was judged, where that is another.
    ``parts``: what else differs, only what does. ``notes``: what could not be compared.
    """

    before: int
    after: int
    heading: str
    basis: str
    says: str
    equal: bool
    scores: tuple[Table, ...]
    parts: tuple[Part, ...]
    notes: tuple[str, ...]


def comparison_of(shown: Shown, before: Version, after: Version) -> Comparison:
    """Return what differs between two versions; both are verified. Raises as `read_version`."""

    def make() -> Comparison:
        bundles = [read_version(shown.registry, one) for one in (before, after)]
        return comparison.compare(*bundles, versions=(before, after))

    pair = before.version, after.version
    # A version never changes: nothing has to be looked at again.
    return shown.kept(("comparison", *pair), (before.digest, after.digest), make)


def unit_of(shown: Shown, version: Version) -> str:
    """Return in what a version's errors are, "" for no unit. Raises as `judged_version`."""

    def read() -> str:
        return str(judged_version(shown.registry, version).metadata.get("unit") or "")

    return shown.kept(("unit", version.version), version.digest, read)


def differing(found: Comparison, unit: str = "") -> Differing:
    """Return a comparison as pages show it. ``unit``: what errors are in."""
    heads = tuple(f"Version {one.version}" for one in (found.before, found.after))
    same = found.same_rows
    return Differing(
        before=found.before.version or 0,
        after=found.after.version or 0,
        heading=heading(found),
        basis=f"{capitalized(same.says)}." if same is not None else "",
        says=_who(found, heads),
        equal=found.equal,
        scores=tuple(_scores(found, heads, unit)),
        parts=tuple(_parts(found, heads)),
        notes=tuple(f"{capitalized(one)}." for one in found.notes),
    )


def _who(found: Comparison, heads: Sequence[str]) -> str:
    """Return who the two are."""
    before, after = found.before, found.after
    if before.champion == after.champion:
        return f"Both are {before.champion}."
    return f"{heads[0]} is {before.champion}, {heads[1].lower()} is {after.champion}."


def _scores(found: Comparison, heads: Sequence[str], unit: str) -> Iterator[Table]:
    """Yield the scores on the rows that both were judged on, then those of each on its own."""
    same = found.same_rows
    if same is not None and same.metrics:
        caption = f"On the {count(same.n, 'row')} that both were judged on"
        caption = f"{caption}; what decides stands first, in bold"
        yield metric_table(caption, same.metrics, heads, unit=unit)
    if found.metrics:
        alike = same is not None and same.n > 0 and not same.metrics
        whose = "both on the same rows" if alike else "each on the rows of its own run"
        caption = f"{judged_as(found)}, {whose}; what decides stands first, in bold"
        yield metric_table(caption, found.metrics, heads, unit=unit, rated=alike)


def metric_table(
    caption: str,
    metrics: Sequence[MetricDifference],
    heads: Sequence[str],
    *,
    unit: str = "",
    rated: bool = True,
) -> Table:
    """Return a table of metrics of two models; those that decide stand out.

    ``unit``: of the target, "" where it has none. ``rated``: it marks which is better: the rows are
    the same.
    """
    return Table(
        caption=f"{caption}{f'; errors in {unit}' if unit else ''}",
        heads=("Metric", *heads, "Difference"),
        rows=[
            (
                Cell(text=title(one.metric)),
                *_pair(one, rated=rated),
                Cell(text=change(one), mark="warn" if rated and better(one) == -1 else ""),
            )
            for one in metrics
        ],
        marks=["total" if one.deciding else "" for one in metrics],
    )


def _pair(one: MetricDifference, *, rated: bool) -> tuple[Cell, Cell]:
    """Return both values of a metric, the better of two errors marked where they look apart."""
    show = metric_of(one.metric).show
    before, after = (MISSING if value is None else show(value) for value in (one.before, one.after))
    apart = rated and one.metric in ERRORS and one.difference is not None and before != after
    ahead = apart and (one.difference or 0.0) < 0
    return (
        Cell(text=before, mark="best" if apart and not ahead else ""),
        Cell(text=after, mark="best" if ahead else ""),
    )


def change(one: MetricDifference) -> str:
    r"""Return how far two values are apart: a share, points of a share, or in the metric's unit.

    What these decimals would hide has one digit.

    >>> from foresell.govern.comparing import metric_differences
    >>> old = {"rmse": 200.0, "coverage_80": 0.8, "mae": 1.0, "bias_share": 0.004}
    >>> new = {"rmse": 190.0, "mae": 1.0002, "bias_share": 0.0038}
    >>> [change(each) for each in metric_differences(old, new)]
    ['−5.0\xa0%', '+0.02\xa0%', '−0.02\xa0points', '–']
    """
    if one.difference is None:
        return MISSING
    if one.difference == 0:
        return "same"
    sign = "+" if one.difference > 0 else "−"
    if one.change is not None:
        hidden = abs(one.change) < _LEAST
        return f"{sign}{_small(100 * one.change)}{NBSP}%" if hidden else signed(one.change)
    if one.metric in _POINTS:
        points = f"{100 * abs(one.difference):.1f}"
        points = points if float(points) else _small(100 * one.difference)
        return f"{sign}{points}{NBSP}points"
    size = metric_of(one.metric).show(abs(one.difference)).lstrip("+")
    return f"{sign}{size if size.strip('0.,') else _small(one.difference)}"


def _small(value: float) -> str:
    """Return the size of a number with one digit, never as a power of ten."""
    size = f"{float(f'{abs(value):.1g}'):.10f}".rstrip("0").rstrip(".")
    return size if float(size or 0) else "less than 0.0000000001"


def _parts(found: Comparison, heads: Sequence[str]) -> Iterator[Part]:
    """Yield what else differs: only what does."""
    for part in parts_of(found):
        yield Part(title=part.title, table=_table(part, heads), says=_more(part.left_out))
    if found.contract is not None:
        yield _contract(found.contract)
    if not found.model.empty:
        yield Part(title="Files of the model", says=f"{files_of_model(found.model)}.")


def _more(left_out: int) -> str:
    """Return that counts which follow from others are left out; "" for none."""
    if not left_out:
        return ""
    return f"{count(left_out, 'more count')} of the split {_verb(left_out)} with these."


def _verb(number: int) -> str:
    """Return the verb that agrees with so many."""
    return "differs" if number == 1 else "differ"


def _table(part: PartRows, heads: Sequence[str]) -> Table:
    """Return a part with both values; what came and what went is a dash on the other side."""
    return Table(
        caption=f"{part.title}: {count(len(part.rows), 'difference')}.",
        heads=("What", *heads),
        rows=[
            (Cell(text=place), Cell(text=before), Cell(text=after))
            for _, place, before, after in part.rows[:_MOST]
        ],
        words=heads,
        left_out=max(0, len(part.rows) - _MOST),
    )


def _contract(found: ContractDifference) -> Part:
    """Return what became of the contract."""
    heads = ("Where", "Effect", "What", "Before", "After")
    told = [
        (one.place, one.effect, one.what, one.before, one.after) for one in found.changes[:_MOST]
    ]
    table = Table(
        caption=f"Contract: {count(len(found.changes), 'change')}.",
        heads=heads,
        rows=[tuple(Cell(text=value_of(text)) for text in row) for row in told],
        words=heads,
        left_out=max(0, len(found.changes) - _MOST),
    )
    return Part(
        title=f"Contract {found.before} → {found.after}",
        says=f"{capitalized(found.verdict)}.",
        table=table if found.changes else None,
    )
