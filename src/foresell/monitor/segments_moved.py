"""Segments whose target moved away from that of all others: a store, a department, a country.

What all segments do together (a season, a sale, growth) is nobody's own: a level's target is taken
relative to that of all other rows, period by period, on the log scale. How far that may lie from
its usual by chance is what it did in the reference. Rows without periods are compared by ranks
within their level: how large a mean of few rows gets by chance hangs on the tail of what a row may
be, and no sample of some tens of rows shows it; ranks have none.

Source of the variances drawn towards those of all levels: Smyth (2004), *Linear Models and
Empirical Bayes Methods*. Of the variance of ranks: Mann and Whitney (1947), with ties as Hollander
and Wolfe, *Nonparametric Statistical Methods*, ch. 4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from foresell.monitor.false_alarms import holm, two_sided
from foresell.spec.monitoring import Finding, MonitoringSpec
from foresell.spec.ordered_sums import one_piece, ordered_mean, ordered_std, ordered_sum

LEAST_EFFECT = 1.3  # times what the others did, or their part
_LEAST_PERIODS = 3
_LEAST_ROWS = 10  # of a level, on each side, where rows have no periods
_LEVELS = 8  # from here on a level is also seen beside the others of its column
_WEIGHTY = 0.1  # of an average level's target: what a level moved by, for an alarm and no note
_FAR = 4.0  # robust standard deviations of the levels
_BORROWED = 10.0  # degrees of freedom that a level's variance takes from the others'
_TOLD = 20
_ECHO = 0.5  # of a group's rows: so many that moved are the group, and no echo of a few
_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Moved:
    """One level of a segment column: its target per row now and in the reference.

    ``ratio``: current mean over reference mean; ``others``: the same of all other rows; ``z``: by
    how many standard errors the two differ, on the log scale, without periods by ranks;
    ``p_value``, and ``adjusted`` over all levels of all columns. ``weight``: by how much of an
    average level's target it moved.
    """

    by: str
    level: str
    reference_rows: int
    current_rows: int
    ratio: float
    others: float
    z: float
    p_value: float
    adjusted: float
    weight: float
    moved: bool


@dataclass(frozen=True, kw_only=True)
class Segments:
    """Every level that could be compared, what moved first, and what is to be said."""

    levels: tuple[Moved, ...]
    findings: tuple[Finding, ...]

    @property
    def alarmed(self) -> bool:
        """Whether one of the findings is an alarm."""
        return any(finding.weight == "alarm" for finding in self.findings)


def find_moved(
    reference: pl.DataFrame,
    current: pl.DataFrame,
    segments: Sequence[str],
    limits: MonitoringSpec,
    *,
    target: str,
    periods: str | None = None,
) -> Segments:
    """Compare each level of each of ``segments`` with all other rows.

    ``reference`` (of the same season), ``current``: rows with ``segments``, ``target`` and, where
    it is named, ``periods``. A level moved where its target's mean, relative to all others', is
    ``LEAST_EFFECT`` times what it was or the inverse, that is significant over all levels together
    (``limits.false_alarms``), and, where a column has 8 levels or more, far from what its other
    levels do. That is an alarm where it amounts to a tenth of what an average level of the column
    has; of lesser levels it is a note. Levels whose target or that of the others is not above 0, or
    that have under three periods (without periods ten rows) of the reference, cannot be compared
    and are left out. Of a group that moved by a few lesser levels alone (a size by one store) a
    note says so, and these raise the alarm. The order of the rows changes nothing.
    """
    found: list[Moved] = []
    far: list[bool] = []
    for by in segments:
        level, distant = _levels(reference, current, by, target, periods)
        found += level
        far += distant
    adjusted = holm([one.p_value for one in found])
    judged = [
        replace(
            one,
            adjusted=chance,
            moved=bool(
                distant
                and chance <= limits.false_alarms
                and abs(np.log(one.ratio / one.others)) >= np.log(LEAST_EFFECT)
            ),
        )
        for one, chance, distant in zip(found, adjusted, far, strict=True)
    ]
    ranked = sorted(
        judged,
        key=lambda one: (not one.moved, one.weight < _WEIGHTY, -abs(one.z), one.by, one.level),
    )
    moved = [one for one in ranked if one.moved]
    told = []
    for one in moved:
        less = _explained(one, moved, (reference, current), target, periods)
        told.append(_finding(one, target, less))
    told.sort(key=lambda finding: finding.weight != "alarm")
    return Segments(levels=tuple(ranked), findings=tuple(told[:_TOLD]))


def _explained(
    one: Moved,
    moved: Sequence[Moved],
    sides: tuple[pl.DataFrame, pl.DataFrame],
    target: str,
    periods: str | None,
) -> tuple[Moved, ...]:
    """Return the lesser levels of another column without which a level has not moved, if any.

    They are few of its rows: where most of a group moved, the group did.
    """
    for by in dict.fromkeys(other.by for other in moved if other.by != one.by):
        less = tuple(
            other for other in moved if other.by == by and other.current_rows < one.current_rows
        )
        theirs = pl.col(by).cast(pl.String).is_in([other.level for other in less])
        own = sides[1].filter(pl.col(one.by).cast(pl.String) == one.level)
        if not less or own.filter(theirs).height > _ECHO * own.height:
            continue
        kept = [frame.filter(~theirs.fill_null(value=False)) for frame in sides]
        levels, _ = _levels(kept[0], kept[1], one.by, target, periods)
        left = next((level for level in levels if level.level == one.level), None)
        if left and abs(np.log(left.ratio / left.others)) < np.log(LEAST_EFFECT):
            return less
    return ()


def to_json(segments: Segments, *, most: int = 50) -> Mapping[str, Any]:
    """Return the ``most`` that moved farthest, and the findings, as plain values."""
    return {
        "compared": len(segments.levels),
        "moved": sum(one.moved for one in segments.levels),
        "levels": [asdict(one) for one in segments.levels[:most]],
        "findings": [asdict(one) for one in segments.findings],
    }


def _finding(one: Moved, target: str, by: Sequence[Moved]) -> Finding:
    """Return what is said of a level that moved; ``by``: the lesser levels that explain it."""
    says = (
        f"{one.by} {one.level}: {target} is {_times(one.ratio)} times what it was, "
        f"that of all others {_times(one.others)} times"
    )
    if by:
        named = ", ".join(other.level for other in by[:_NAMED])
        more = f" and {len(by) - _NAMED} more" if len(by) > _NAMED else ""
        says += f"; {by[0].by} {named}{more} explain{'s' if len(by) == 1 else ''} it"
    numbers = {name: getattr(one, name) for name in ("ratio", "others", "z", "adjusted")}
    about = f"{one.by}={one.level}"
    return Finding(
        seen="segment",
        weight="alarm" if one.weight >= _WEIGHTY and not by else "note",
        about=about,
        says=says,
        numbers=numbers,
    )


def _times(value: float) -> str:
    """Return a ratio with two digits behind the point, more where it is small."""
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def _levels(
    reference: pl.DataFrame, current: pl.DataFrame, by: str, target: str, periods: str | None
) -> tuple[list[Moved], list[bool]]:
    """Return the levels of a column, not yet judged, and whether each lies far from the others."""
    before, now = (_summed(frame, by, target, periods) for frame in (reference, current))
    usual, latest = _relative(before), _relative(now)
    least = _LEAST_PERIODS if periods else 1
    rows = usual.filter(pl.col("periods") >= least).join(latest, on="level", suffix="_now")
    if not periods:
        rows = rows.filter(pl.min_horizontal("rows", "rows_now") >= _LEAST_ROWS)
    rows = rows.sort("level")
    if rows.is_empty():
        return [], []
    delta = (rows["relative_now"] - rows["relative"]).to_numpy()
    if periods:
        variance, freedom = _variances(rows)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(delta == 0, 0.0, delta / np.sqrt(variance))
    else:
        told = by_rank(_sorted(reference, by, target), _sorted(current, by, target))
        z, freedom = np.array([told[level] for level in rows["level"]]), np.full(len(delta), 1e9)
    chances = two_sided(z, freedom)
    average = float(one_piece(now["s"].abs().sort()).sum()) / now["level"].n_unique()
    levels = [
        Moved(
            by=by,
            level=row["level"],
            reference_rows=row["rows"],
            current_rows=row["rows_now"],
            ratio=row["own_now"] / row["own"],
            others=row["rest_now"] / row["rest"],
            z=float(np.clip(z[place], -1e6, 1e6)),
            p_value=float(chances[place]),
            adjusted=1.0,
            weight=_weight(row, average),
            moved=False,
        )
        for place, row in enumerate(rows.iter_rows(named=True))
    ]
    return levels, _distant(delta)


def by_rank(
    reference: Mapping[str, np.ndarray], current: Mapping[str, np.ndarray]
) -> Mapping[str, float]:
    """Return how far each level rose among its own rows beside the others, in standard errors.

    Both: the values of each level in ascending order. Of a level on both sides the chance that a
    current row is above one of the reference is taken, and that of all other rows off it; with one
    level alone there are no others, and it is taken off a half.
    """
    both = [level for level in current if level in reference]
    counts = np.array([len(current[level]) for level in both], dtype=np.float64)
    found = [_above(reference[level], current[level]) for level in both]
    above, variance = (np.array([one[place] for one in found]) for place in (0, 1))
    moved, spread = counts * above, counts**2 * variance
    others = np.maximum(counts.sum() - counts, 1.0)
    distance = above - (moved.sum() - moved) / others
    error = np.sqrt(variance + (spread.sum() - spread) / others**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(distance == 0, 0.0, distance / error)
    return dict(zip(both, z.tolist(), strict=True))


def _above(before: np.ndarray, now: np.ndarray) -> tuple[float, float]:
    """Return by how much the chance to be above is more than a half, and its variance by chance."""
    low, high = np.searchsorted(before, now, "left"), np.searchsorted(before, now, "right")
    n, m = len(before), len(now)
    ties = np.unique(np.concatenate([before, now]), return_counts=True)[1].astype(np.float64)
    apart = 1 - float((ties**3 - ties).sum()) / ((n + m) ** 3 - (n + m))
    return float((low + high).sum()) / (2 * n * m) - 0.5, apart * (n + m + 1) / (12 * n * m)


def _sorted(frame: pl.DataFrame, by: str, target: str) -> dict[str, np.ndarray]:
    """Return the values of each level in ascending order."""
    parts = (
        frame
        .select(level=pl.col(by).cast(pl.String), y=pl.col(target).cast(pl.Float64))
        .drop_nulls()
        .filter(pl.col("y").is_finite())
        .sort("level", "y")
        .partition_by("level", as_dict=True, maintain_order=True)
    )
    return {str(level): part["y"].to_numpy() for (level,), part in parts.items()}


def _weight(row: Mapping[str, Any], average: float) -> float:
    """Return by how much a level's target differs from what the others' way had made of it."""
    usual = row["own"] * row["rest_now"] / row["rest"]
    return float(abs(row["own_now"] - usual) * row["rows_now"] / average)


def _summed(frame: pl.DataFrame, by: str, target: str, periods: str | None) -> pl.DataFrame:
    """Return sums of a level (``s``, rows ``n``) and of the others, by period."""
    named = pl.col(periods) if periods else pl.lit(0)
    value = pl.col("y").sort()  # whatever the order of the rows, the sum has the same last bit
    sums = (
        frame
        .select(level=pl.col(by).cast(pl.String), period=named, y=pl.col(target).cast(pl.Float64))
        .drop_nulls()
        .filter(pl.col("y").is_finite())
        .group_by("level", "period")
        .agg(n=pl.len(), s=ordered_sum(value))
        .sort("period", "level")
    )
    totals = ordered_sum(pl.col("n", "s")).over("period")
    return sums.with_columns(totals.name.prefix("all_"))


def _relative(sums: pl.DataFrame) -> pl.DataFrame:
    """Return for each level the mean and the spread of its log ratio to the others, and its rows.

    Columns: level, periods, rows, own, rest (means per row), relative, spread (variance between
    periods).
    """
    rest_n, rest_s = pl.col("all_n") - pl.col("n"), pl.col("all_s") - pl.col("s")
    own, rest = pl.col("s") / pl.col("n"), rest_s / rest_n
    there = sums.filter((rest_n > 0) & (pl.col("s") > 0) & (rest_s > 0)).with_columns(
        ratio=own.log() - rest.log(), rest_n=rest_n, rest_s=rest_s
    )
    return there.group_by("level", maintain_order=True).agg(
        periods=pl.len(),
        rows=ordered_sum(pl.col("n")),
        own=ordered_sum(pl.col("s")) / ordered_sum(pl.col("n")),
        rest=ordered_sum(pl.col("rest_s")) / ordered_sum(pl.col("rest_n")),
        relative=ordered_mean(pl.col("ratio")),
        spread=ordered_std(pl.col("ratio")) ** 2,
    )


def _variances(rows: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the variance of each level's change, and its degrees of freedom.

    The periods of one window are alike, so however many they are they count as one.
    """
    spread = rows["spread"].to_numpy()
    count = rows["periods"].to_numpy().astype(np.float64)
    freedom = count - 1
    if len(spread) >= _LEVELS:
        common = float(np.median(spread))
        spread = (freedom * spread + _BORROWED * common) / (freedom + _BORROWED)
        freedom = freedom + _BORROWED
    return spread * (1 + 1 / count), freedom


def _distant(delta: np.ndarray) -> list[bool]:
    """Return whether each level's change lies far from those of the others; of few levels yes."""
    if len(delta) < _LEVELS:
        return [True] * len(delta)
    off = np.abs(delta - np.median(delta))
    usual = 1.4826 * float(np.median(off))
    return [bool(one > _FAR * usual) for one in off]
