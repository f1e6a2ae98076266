"""The chance of a current mean, from the means of the reference's periods.

A period's mean is taken as the mean of all, what chance makes of so many rows, and an effect of the
period; effects of periods near each other are alike, the less so the farther apart they stand. How
large the effects are and how alike is not known, nor whether what rows add of their own is new in
every period or stays with series that keep to their way, and a few tens of periods tell it badly.
So no single estimate is used: every size and every likeness of a grid is believed as far as it
explains the reference, and the chance is the mean of the chances that they give. Where all is sure
that is Student's t; where periods are few, or drift slowly, it takes a larger shift to be sure of
it. Nothing is taken from the current rows but their mean and number, so that a shift does not hide.

Sources: Box and Tiao, *Bayesian Inference in Statistical Analysis* (1973), ch. 5 (effects of
groups); Harville (1974), the likelihood that is left when the mean is not known.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from foresell.monitor import false_alarms

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
LIKENESS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 0.97)  # of effects one period apart
_RARELY = 4  # the belief in a likeness r beforehand goes as (1 - r)^4; see benchmarks/drift.py
_SIZES = 120  # of the effects' variance
_SMALLEST, _LARGEST = 1e-4, 1e5  # of it, beside what the periods' means vary by
SHIFTS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0)  # looked at by `least`
_KEPT = 1e-6  # of what rows add of their own, new in every period where series keep to their way
_HEAVIEST = 8.0  # degrees of freedom that the effect of one period is allowed for its tails


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The times (in periods) and the rows of the periods of both sides, of those with rows.

    ``lasting``: whether what rows add of their own may stay, as they are of series.
    """

    at: tuple[float, ...]
    sizes: tuple[float, ...]
    now_at: tuple[float, ...]
    now_sizes: tuple[float, ...]
    lasting: bool = True


@dataclass(frozen=True, kw_only=True)
class Room:
    """What a current mean may be by chance: one entry for each size and likeness of the effects.

    ``belief``: sums to 1. ``centre``, ``variance``: of the current mean; ``freedom``: of its tails.
    ``usual``: by how much the means of periods differ in the reference, a standard deviation.
    """

    belief: Floats
    centre: Floats
    variance: Floats
    freedom: Floats
    usual: float

    def chance(self, mean: float) -> float:
        """Return the chance that a quiet current mean lies as far out; 0 where nothing varied."""
        with np.errstate(divide="ignore", invalid="ignore"):
            off = mean - self.centre
            distance = np.where(off == 0, 0.0, off / np.sqrt(self.variance))
        return float(self.belief @ false_alarms.two_sided(distance, self.freedom))

    def least(self, chance: float) -> float | None:
        """Return the smallest of `SHIFTS` of the mean with at most this chance; None where none is.

        In units of ``usual``.
        """
        middle = float(self.belief @ self.centre)
        found = (far for far in SHIFTS if self.chance(middle + far * self.usual) <= chance)
        return next(found, None)


class Rooms:
    """The rooms of several scores of one layout; what the layout alone decides is done once."""

    def __init__(self, layout: Layout) -> None:
        """Turn each likeness of effects into independent directions."""
        self._lasting = layout.lasting
        self._sizes = np.array(layout.sizes)
        self._rows_now = float(sum(layout.now_sizes))
        self._root = np.sqrt(self._sizes / self._sizes.mean())
        shares = np.array(layout.now_sizes) / self._rows_now
        before, now_at = np.array(layout.at), np.array(layout.now_at)
        self._axes = []
        for alike in LIKENESS:
            effects = _likeness(before, alike) * np.outer(self._root, self._root)
            sizes, turned = np.linalg.eigh(effects)
            now = float(shares @ _likeness(now_at, alike) @ shares)
            self._axes.append((np.maximum(sizes, 0.0), turned.T, now))

    def room(self, means: Floats, within: float) -> Room:
        """Return the room of a score: the ``means`` of the periods, the variance of its rows."""
        usual = float(means.var(ddof=1))
        noise = within / float(self._sizes.mean())
        largest = max(usual, noise)
        if largest <= 0:
            return _certain(float(means[0]))
        noise = max(noise, 1e-9 * largest)
        total = noise + np.append(0.0, np.geomspace(_SMALLEST, _LARGEST, _SIZES) * largest)
        # Equal belief in equal ratios of the whole variance, which lies between the grid's points.
        prior = np.log(np.gradient(np.log(total)))
        offset = float(means @ self._sizes / self._sizes.sum())
        rarely = _RARELY * np.log1p(-np.array(LIKENESS))
        # What rows add of their own is new in every period; or rows are of series that keep to
        # their way, and it stays as long as the effects do.
        beliefs = list(zip(self._axes, rarely, strict=True))
        ways = [(noise, *one) for one in beliefs]
        if self._lasting:
            ways += [(_KEPT * noise, *one) for one in beliefs[1:]]
        parts = [self._part(axes, means - offset, own, total - own) for own, axes, _ in ways]
        likely = np.concatenate([
            part[0] + prior + seldom for part, (_, _, seldom) in zip(parts, ways, strict=True)
        ])
        belief = np.exp(likely - likely.max())
        fresh = within / self._rows_now
        left = np.array([fresh if own == noise else max(fresh - noise, 0.0) for own, *_ in ways])
        effect = np.concatenate([
            (total - own) * part[3] for part, (own, *_) in zip(parts, ways, strict=True)
        ])
        chance = np.repeat(left, len(total)) + effect
        variance = np.concatenate([part[2] for part in parts]) + chance
        share = effect / variance
        count = np.concatenate([np.full_like(total, 1 / part[3]) for part in parts])
        return Room(
            belief=belief / belief.sum(),
            centre=np.concatenate([part[1] for part in parts]) + offset,
            variance=variance,
            freedom=_HEAVIEST * count / np.maximum(share, 1e-4) ** 2,
            usual=float(np.sqrt(usual)),
        )

    def _part(
        self, axes: tuple[Floats, Floats, float], means: Floats, noise: float, effect: Floats
    ) -> tuple[Floats, Floats, Floats, float]:
        """Return what is known of each variance of the effects.

        How likely it is (its logarithm), the mean of the reference, and the variance of that mean;
        then what part of the effects' variance a current mean has.
        """
        sizes, turned, now = axes
        spread = noise + np.outer(effect, sizes)  # variances along the directions
        ones, values = turned @ self._root, turned @ (self._root * means)
        precision = (ones**2 / spread).sum(axis=1)
        centre = (ones * values / spread).sum(axis=1) / precision
        left = ((values - np.outer(centre, ones)) ** 2 / spread).sum(axis=1)
        likely = -0.5 * (np.log(spread).sum(axis=1) + np.log(precision) + left)
        return likely, centre, 1 / precision, now


@lru_cache(maxsize=16)
def rooms_of(layout: Layout) -> Rooms:
    """Return the rooms of a layout, which many columns share."""
    return Rooms(layout)


def _likeness(at: Floats, alike: float) -> Floats:
    """Return how alike the effects of periods at these times are, from 0 to 1."""
    apart = np.abs(at[:, None] - at[None, :])
    return np.where(apart == 0, 1.0, alike**apart)


def _certain(mean: float) -> Room:
    """Return the room of what never varied: none."""
    one = np.ones(1)
    return Room(belief=one, centre=one * mean, variance=one * 0.0, freedom=one, usual=0.0)
