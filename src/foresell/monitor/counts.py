"""Counts by period and bin compared: PSI, what chance gives, and the chance of what is seen.

Two looks share the chance of a false alarm. One takes all bins together: a chi-squared of the
differences, whose size and degrees of freedom come from the covariance of the shares between
periods (Rao and Scott's correction of the second order), so that of independent rows it is the
usual one. The other takes bin by bin, on the scale on which the variance of a share does not
depend on the share (arcsine), so that a rare bin raises no false alarm.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foresell.monitor import distances, false_alarms
from foresell.monitor.clusters import Apart, apart, covariance, freedom_of

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
_ENOUGH = 5.0  # rows expected in a bin, fewer are taken together for the chi-squared


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What the counts say: ``expected`` is the PSI by chance, ``design`` the design effect."""

    psi: float
    expected: float
    chance: float
    design: float


def compare_counts(reference: Counts, current: Counts, *, known: bool) -> Compared:
    """Compare counts by period (rows) and bin (columns).

    ``known``: whether the periods are; else all rows stand in one and are independent.
    """
    there = (reference.sum(axis=0) + current.sum(axis=0)) > 0
    before, now = reference[:, there], current[:, there]
    old, new = before.sum(axis=0), now.sum(axis=0)
    sums = before.astype(np.float64)
    room = apart(before.sum(axis=1), sums, sums.sum(axis=0), now.sum(axis=1), known=known)
    design = design_of(room.variance, room.alone)
    floor = _by_chance(old, new) * design
    variance = np.maximum(room.variance, floor)
    looks = [_bin_by_bin(old, new, variance, room), _together(before, now, known=known)]
    found = distances.psi(old, new)
    return Compared(
        psi=found,
        # Of one period nothing is known of chance: all of it may be.
        expected=distances.psi_by_chance(old, variance) if np.isfinite(design) else found,
        chance=false_alarms.weighted_least(looks, [0.5, 0.5]),
        design=design if np.isfinite(design) else 1.0,
    )


def design_of(variance: Floats, alone: Floats) -> float:
    """Return how many times larger variances are than those of independent rows, all together."""
    total = float(alone.sum())
    return float(variance.sum()) / total if total > 0 else 1.0


def chances_of(difference: Floats, variance: Floats, freedom: Floats) -> Floats:
    """Return the chance of each difference; where nothing ever varied, that of any is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(difference == 0, 0.0, difference / np.sqrt(variance))
    return false_alarms.two_sided(distance, freedom)


def _by_chance(old: Counts, new: Counts) -> Floats:
    """Return the variance of the difference of each share, of independent rows.

    A bin that was empty has a share nevertheless, that of half a row.
    """
    p = distances.smoothed(old)
    return np.asarray(p * (1 - p) * (1 / old.sum() + 1 / new.sum()))


def _bin_by_bin(old: Counts, new: Counts, variance: Floats, room: Apart) -> float:
    """Return the chance of the bin that departs farthest, times the number of bins."""
    p = distances.smoothed(old)
    angles = [2 * np.arcsin(np.sqrt((n + 0.375) / (n.sum() + 0.75))) for n in (old, new)]
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(p < 1, variance / (p * (1 - p)), np.inf)
    chances = chances_of(angles[1] - angles[0], spread, room.freedom)
    return min(1.0, float(chances.min()) * len(chances))


def _together(before: Counts, now: Counts, *, known: bool) -> float:
    """Return the chance of all differences together."""
    few = before.sum(axis=0) * (now.sum() / before.sum()) < _ENOUGH
    if few.any():
        before, now = (
            np.column_stack([side[:, ~few], side[:, few].sum(axis=1)]) for side in (before, now)
        )
    old, new = before.sum(axis=0), now.sum(axis=0)
    if old[-1] * (new.sum() / old.sum()) < _ENOUGH and len(old) > 1:
        least = int(np.argmin(old[:-1]))
        before[:, least] += before[:, -1]
        before, new[least] = before[:, :-1], new[least] + new[-1]
        old, new = before.sum(axis=0), new[:-1]
    if len(old) < 2:
        return 1.0
    p = distances.smoothed(old)
    spread = covariance(before, now.sum(axis=1), known=known)
    if spread is None:
        return 1.0
    alone = 1 / old.sum() + 1 / new.sum()
    scaled = spread.matrix / np.sqrt(np.outer(p, p))
    sizes = np.maximum(np.linalg.eigvalsh(scaled), 0.0)
    if sizes.sum() < (len(old) - 1) * alone:  # never less than of independent rows
        sizes = np.full(len(old) - 1, alone)
    difference = new / new.sum() - old / old.sum()
    above = sizes.sum() ** 2 / (sizes**2).sum()
    below = freedom_of(spread.freedom * above + 1, np.array([spread.part]))
    ratio = float((difference**2 / p).sum() / sizes.sum())
    return false_alarms.ratio_chance(ratio, float(above), float(below[0]))
