"""One column measured: its bins on both sides, how far they lie apart, and the chance of that.

A column is looked at in several ways, which share the chance of a false alarm among them: numbers
by their rank among the reference's, by their value, and bin by bin; numbers of which half are one
value (as 0 where little is sold) by rank, where they are a rate, and bin by bin; categories bin by
bin. Rank and value are means, compared with what room `foresell.monitor.period_means` finds
between the periods of the reference, and without periods by Student's t. Scores are whole numbers,
so that their sums are the same in any order of the rows.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.monitor import binning, distances, false_alarms
from foresell.monitor.binning import Counts, Floats
from foresell.monitor.clusters import Periods, apart
from foresell.monitor.columns import Bins
from foresell.monitor.counts import chances_of, compare_counts, design_of
from foresell.monitor.period_means import Layout, Room, Rooms, rooms_of

Holding = NDArray[np.bool_] | slice
LOOKS = {"rank": 0.4, "value": 0.3, "bins": 0.3}
LOOKS_AT_ONE = {"rank": 0.5, "bins": 0.5}  # where half the rows are one value
_SCORES = ("rank", "value")
_A_RATE = 1 / 3  # of the mean share of other values, the least that a period has
_LEAST_PERIODS = 8  # of the reference, to know that
_MOST_PERIODS = 200  # of the reference; more tell the variance between them well enough
_FINE = 200  # bins by which numbers are ranked; a multiple of binning.BINS
_GRID = 4096  # steps of a rank from 0 to 1
_STEP, _FARTHEST = 256, 50.0  # steps of a value in quartile distances, and where it is cut
_HEAVY = 6.0  # a tail this much longer than the quartile is pulled in; a normal one is 3.8


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was measured of a column; `foresell.monitor.columns.ColumnDrift` says what is what."""

    bins: Bins
    psi: float
    psi_expected: float
    p_value: float
    design: float
    ks: float | None = None
    ks_p_value: float | None = None
    reference_middle: float | None = None
    current_middle: float | None = None
    unseen_share: float = 0.0
    unseen: tuple[str, ...] = ()
    room: Room | None = None  # of the values, or of the ranks of numbers of which half are one
    weight: float = 1.0  # the part that this look has of the chance of a false alarm
    spread: float = 0.0  # of the rows, in the unit of the room


def measure_category(
    reference: pl.Series, current: pl.Series, before: Periods, now: Periods
) -> Measured:
    """Measure a column of categories; both are texts."""
    levels = binning.reference_levels(reference)
    labels = levels.labels
    counts = [
        binning.counted(
            binning.level_codes(side, levels), periods.codes, (periods.count, len(labels))
        )
        for side, periods in ((reference, before), (current, now))
    ]
    share, unseen = binning.unseen_levels(current, levels)
    looked = compare_counts(counts[0], counts[1], known=before.known)
    return Measured(
        bins=_bins(labels, (), counts),
        psi=looked.psi,
        psi_expected=looked.expected,
        p_value=looked.chance,
        design=looked.design,
        unseen_share=share,
        unseen=unseen,
    )


def measure_number(
    reference: pl.Series, current: pl.Series, before: Periods, now: Periods
) -> Measured:
    """Measure a column of numbers; both are finite floats of at most 1e150."""
    ordered = [np.sort(side.drop_nulls().to_numpy()) for side in (reference, current)]
    if not len(ordered[0]):
        return _empty(reference, current, before, now)
    edges = binning.quantile_edges(ordered[0], binning.BINS)
    scale = _Scale.of(ordered[0], edges)
    sides = [scale.scored(side) for side in (reference, current)]
    labels = binning.number_labels(edges)
    counts = [
        binning.counted(codes, periods.codes, (periods.count, len(labels)))
        for (codes, _), periods in zip(sides, (before, now), strict=True)
    ]
    looked = compare_counts(counts[0], counts[1], known=before.known)
    chances = {"bins": looked.chance}
    weights = _weights(scale, reference, ordered[0], before)
    distance = chance = room = None
    told, spread = ("value" if scale.varied else "rank"), 0.0
    if len(ordered[1]):
        missing = len(labels) - 1
        held = [_holding(codes != missing) for codes, _ in sides]
        scored = _scores(sides, held, before, now)
        chances.update({look: scored.chances[look] for look in weights if look != "bins"})
        room, spread = scored.rooms.get(told), scored.spread.get(told, 0.0)
        distance = distances.ks(*ordered)
        both = 1 / (1 / len(ordered[0]) + 1 / len(ordered[1]))
        chance = false_alarms.ks_chance(distance, both / scored.design)
    return Measured(
        bins=_bins(labels, tuple(edges.tolist()), counts),
        psi=looked.psi,
        psi_expected=looked.expected,
        p_value=false_alarms.weighted_least(
            list(chances.values()), [weights[look] for look in chances]
        ),
        design=looked.design,
        ks=distance,
        ks_p_value=chance,
        reference_middle=_middle(ordered[0]),
        current_middle=_middle(ordered[1]),
        unseen_share=_outside(*ordered),
        room=room if told in weights else None,
        weight=weights.get(told, 1.0),
        spread=spread,
    )


def _weights(
    scale: "_Scale", reference: pl.Series, ordered: Floats, before: Periods
) -> dict[str, float]:
    """Return how the looks at numbers share the chance of a false alarm.

    Numbers of which half are one value are ranked only where they are a rate: where in every period
    about as many are another value. What is there in some periods only has means that are nowhere
    near normal.
    """
    if scale.varied:
        return LOOKS
    if before.known and _LEAST_PERIODS <= before.count <= _MOST_PERIODS:
        usual = ordered[(len(ordered) - 1) // 2]
        numbers = reference.to_numpy()
        other = (numbers != usual) & ~np.isnan(numbers)
        rows = np.bincount(before.codes, minlength=before.count)
        shares = np.bincount(before.codes[other], minlength=before.count) / rows
        if shares.min() >= _A_RATE * shares.mean() > 0:
            return LOOKS_AT_ONE
    return {"bins": 1.0}


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """What turns numbers into bins and scores; made of the reference's values alone."""

    fine: Floats
    coarse: Counts  # of each fine bin, and of missing values
    ranks: Counts  # of each fine bin
    middle: float
    quartiles: float
    heavy: bool
    varied: bool  # no value is that of half the rows, or more

    @classmethod
    def of(cls, ordered: Floats, edges: Floats) -> "_Scale":
        """Return the scale of values in ascending order, with the edges of their bins."""
        fine = np.union1d(binning.quantile_edges(ordered, _FINE), edges)
        upto = np.append(np.searchsorted(ordered, fine, "right"), len(ordered))
        rank = (upto + np.append(0, upto[:-1])) / (2 * len(ordered))
        low, middle, high, least, most = (
            float(ordered[int(share * (len(ordered) - 1))])
            for share in (0.25, 0.5, 0.75, 0.005, 0.995)
        )
        quartiles = (high - low) / 2 or (most - least) / 4 or 1.0
        tail = max(
            (most - middle) / (high - middle or quartiles),
            (middle - least) / (middle - low or quartiles),
        )
        return cls(
            fine=fine,
            coarse=np.append(np.searchsorted(edges, fine, "left"), [len(edges), len(edges) + 1]),
            ranks=np.rint(rank * _GRID).astype(np.int64),
            middle=middle,
            quartiles=quartiles,
            heavy=bool(tail > _HEAVY),
            varied=bool(np.diff(upto, prepend=0).max() < len(ordered) / 2),
        )

    def scored(self, values: pl.Series) -> tuple[Counts, Floats]:
        """Return the bin of every row, and the scores (a row for each look) of every row."""
        numbers = values.to_numpy()
        missing = np.isnan(numbers)
        codes = np.searchsorted(self.fine, numbers, "left")
        codes[missing] = len(self.fine)
        rank = self.ranks[codes]
        away = (numbers - self.middle) / self.quartiles
        away[missing] = 0.0
        away = np.arcsinh(away) if self.heavy else np.clip(away, -_FARTHEST, _FARTHEST)
        scores = np.stack([rank, np.rint(away * _STEP)])
        codes[missing] = len(self.fine) + 1
        return self.coarse[codes], scores.astype(np.float64)


@dataclass(frozen=True, kw_only=True)
class _Scored:
    """The chance of each look at the scores, and the design effect of the ranks."""

    chances: dict[str, float]
    design: float
    rooms: dict[str, Room] = field(default_factory=dict)  # of scores compared by periods
    spread: dict[str, float] = field(default_factory=dict)  # of the rows


def _scores(
    sides: list[tuple[Counts, Floats]], held: list[Holding], before: Periods, now: Periods
) -> _Scored:
    """Return the chances of the means of the scores of rows that have a value."""
    (_, old), (_, new) = sides
    periods, scores = before.codes[held[0]], old[:, held[0]]
    sizes = np.bincount(periods, minlength=before.count)
    sums = np.stack(
        [np.bincount(periods, weights=score, minlength=before.count) for score in scores],
        axis=1,
        dtype=np.float64,
    )
    squares = (scores * scores).sum(axis=1)
    current = np.bincount(now.codes[held[1]], minlength=now.count)
    room = apart(sizes, sums, squares, current, known=before.known)
    design = design_of(room.variance[:1], room.alone[:1])
    means = new[:, held[1]].mean(axis=1)
    there = sizes > 0
    if before.known and 1 < there.sum() <= _MOST_PERIODS:
        rooms = rooms_of(
            Layout(
                at=tuple(np.array(before.at)[there].tolist()),
                sizes=tuple(sizes[there].tolist()),
                now_at=tuple(np.array(now.at)[current > 0].tolist()),
                now_sizes=tuple(current[current > 0].tolist()),
                lasting=before.lasting,
            )
        )
        found = _between(sums[there], sizes[there], squares, rooms)
        chances = [one.chance(float(mean)) for one, mean in zip(found, means, strict=True)]
        spread = squares / sizes.sum() - (sums.sum(axis=0) / sizes.sum()) ** 2
        return _Scored(
            chances=dict(zip(_SCORES, chances, strict=True)),
            design=design,
            rooms=dict(zip(_SCORES, found, strict=True)),
            spread=dict(zip(_SCORES, np.sqrt(np.maximum(spread, 0.0)).tolist(), strict=True)),
        )
    difference = means - sums.sum(axis=0) / sizes.sum()
    chances = chances_of(difference, room.variance, room.freedom).tolist()
    return _Scored(chances=dict(zip(_SCORES, chances, strict=True)), design=design)


def _between(sums: Floats, sizes: Counts, squares: Floats, rooms: Rooms) -> list[Room]:
    """Return what room chance has for the mean of each score."""
    means = sums / sizes[:, None]
    own = squares - (sizes[:, None] * means**2).sum(axis=0)
    within = np.maximum(own, 0.0) / max(int(sizes.sum()) - len(sizes), 1)
    return [rooms.room(means[:, place], float(variance)) for place, variance in enumerate(within)]


def _bins(labels: tuple[str, ...], edges: tuple[float, ...], counts: list[Counts]) -> Bins:
    """Return the shares of both sides."""
    old, new = (tuple((side.sum(axis=0) / max(int(side.sum()), 1)).tolist()) for side in counts)
    return Bins(labels=labels, edges=edges, reference=old, current=new)


def _holding(there: NDArray[np.bool_]) -> Holding:
    """Return what picks the rows with a value; all are not copied."""
    return slice(None) if bool(there.all()) else there


def _empty(reference: pl.Series, current: pl.Series, before: Periods, now: Periods) -> Measured:
    """Measure a column of numbers that never held one: only whether a value is there."""
    words = pl.Series(["a value", None])
    sides = [words.gather(side.is_null().cast(pl.UInt32)) for side in (reference, current)]
    return measure_category(sides[0], sides[1], before, now)


def _middle(ordered: Floats) -> float | None:
    """Return the median of values in ascending order; null of none."""
    if not len(ordered):
        return None
    low, high = float(ordered[(len(ordered) - 1) // 2]), float(ordered[len(ordered) // 2])
    return low / 2 + high / 2


def _outside(reference: Floats, current: Floats) -> float:
    """Return the share of the current values below the least or above the largest of before."""
    if not len(current):
        return 0.0
    inside = np.searchsorted(current, reference[-1], "right") - np.searchsorted(
        current, reference[0], "left"
    )
    return float(1 - max(int(inside), 0) / len(current))
