"""Rows of one period are alike: how far two means may lie apart by chance nevertheless.

A row's value is taken as the mean of all, an effect of its period, and one of its own. The effects'
variances come from the reference, as an analysis of variance by periods estimates them. The
periods of one window follow each other, and neighbours are alike too: by the correlation of
neighbouring periods in the reference, their number is counted as a smaller one. Nothing is taken
from the current rows but their number, so that a shift does not hide itself.

Sources: Searle, Casella, McCulloch, *Variance Components* (1992), ch. 3; Rao and Scott (1981,
1984) on counts from clusters; Bayley and Hammersley (1946) on correlated observations.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
_MOST_ALIKE = 0.95
_SURELY = 2.5  # standard errors of a correlation
_FAR = 1e3  # periods
_HEAVIEST = 8.0  # degrees of freedom; proved by the quiet periods of benchmarks/drift.py


@dataclass(frozen=True, kw_only=True)
class Timing:
    """The ``column`` by whose values rows are parted into periods.

    ``lasting``: whether rows are of series, each there in every period (a panel): what such a row
    adds of its own may stay. Rows of a table are others in each period.
    """

    column: str
    lasting: bool = True


@dataclass(frozen=True, kw_only=True)
class Periods:
    """The period of every row, by its place in time; without periods each row stands alone.

    ``at``: when each period was, in periods since the first; ``lasting``: as `Timing` has it.
    """

    codes: Counts
    count: int
    known: bool
    at: tuple[float, ...] = (0.0,)
    lasting: bool = True


@dataclass(frozen=True, kw_only=True)
class Apart:
    """The variance of the difference of two means (one for each score), and its degrees of freedom.

    ``alone``: what it were if rows were independent.
    """

    variance: Floats
    alone: Floats
    freedom: Floats


def periods_of(frame: pl.DataFrame, timing: Timing | None) -> Periods:
    """Return the period of every row. Rows without one share one."""
    if timing is None:
        return Periods(codes=np.zeros(frame.height, dtype=np.int64), count=1, known=False)
    column = timing.column
    ranks = frame[column].rank("dense").cast(pl.Int64).fill_null(0)
    present = ranks.unique().sort()
    codes = np.searchsorted(present.to_numpy(), ranks.to_numpy()).astype(np.int64)
    return Periods(
        codes=codes,
        count=present.len(),
        known=True,
        at=_times(frame[column]),
        lasting=timing.lasting,
    )


def _times(values: pl.Series) -> tuple[float, ...]:
    """Return when each period was: 1 is the usual distance of two; those without a time are far."""
    named = values.unique().sort()
    known = named.drop_nulls()
    if not (known.dtype.is_temporal() or known.dtype.is_numeric()):
        known = pl.Series(range(known.len()))
    at = known.to_physical().cast(pl.Float64).to_numpy()
    usual = float(np.median(np.diff(at))) if len(at) > 1 else 1.0
    times = tuple(((at - at[:1]) / usual).tolist())
    return (-_FAR, *times) if named.null_count() else times


def apart(sizes: Counts, sums: Floats, squares: Floats, current: Counts, *, known: bool) -> Apart:
    """Return how far apart the means of reference and current may lie by chance.

    ``sizes``: rows of each period of the reference; ``sums``: of the scores, a row for each period
    and a column for each score; ``squares``: the sum of squares of each score; ``current``: rows of
    each period now. With fewer than two periods that are known nothing can be said of chance: the
    variance is infinite.
    """
    sums, sizes = sums[sizes > 0], sizes[sizes > 0].astype(np.float64)
    rows, now = float(sizes.sum()), current[current > 0].astype(np.float64)
    total = np.maximum(squares - sums.sum(axis=0) ** 2 / rows, 0.0) / max(rows - 1, 1.0)
    alone = total * (1 / rows + 1 / now.sum())
    count = len(sizes)
    if not known:
        freedom = np.full_like(alone, max(rows + now.sum() - 2, 1.0))
        return Apart(variance=alone, alone=alone, freedom=freedom)
    if count < 2:
        unknown = np.full_like(alone, np.inf)
        return Apart(variance=unknown, alone=alone, freedom=np.ones_like(alone))
    means = sums / sizes[:, None]
    off = means - sums.sum(axis=0) / rows
    between = (sizes[:, None] * off**2).sum(axis=0) / (count - 1)
    own = np.maximum(squares - (sizes[:, None] * means**2).sum(axis=0), 0.0)
    within = own / max(rows - count, 1.0)  # of one row a period nothing is known, and it is 0
    usual = (rows - (sizes**2).sum() / rows) / (count - 1)
    effect = np.maximum(between - within, 0.0) / usual
    alike = _alike(off)
    stretch = (1 + alike) / (1 - alike)
    shares = [(side**2).sum() / side.sum() ** 2 for side in (sizes, now)]
    common = effect * sum(np.minimum(share * stretch, 1.0) for share in shares)
    times = _lasting(off)
    lasting = between / usual * sum(np.minimum(share * times, 1.0) for share in shares)
    lasting = np.where(times > 1, lasting, 0.0)
    variance = np.maximum(within * (1 / rows + 1 / now.sum()) + common, alone)
    variance, common = np.maximum(variance, lasting), np.maximum(common, lasting)
    part = np.divide(common, variance, out=np.zeros_like(common), where=variance > 0)
    return Apart(variance=variance, alone=alone, freedom=freedom_of(count, part))


def freedom_of(count: float, part: Floats) -> Floats:
    """Return the degrees of freedom of a variance that ``count`` periods tell.

    ``part``: the share of it that the effects of periods make. A mean of many rows is normal
    whatever the rows are, but nothing makes the effect of a period normal, and some tens of them
    do not show their tails: the larger their part, the heavier are the tails that are allowed for,
    down to those of Student's t with 8 degrees of freedom.

    >>> freedom_of(1_000_001, np.array([0.0, 0.5, 1.0])).round().tolist()
    [1000000.0, 32.0, 8.0]
    """
    return np.asarray(1 / (1 / (count - 1) + part**2 / _HEAVIEST))


def _alike(off: Floats, *, together: bool = False) -> Floats:
    """Return the correlation of neighbouring periods, raised by one standard error, from 0 up."""
    found = _following(off, together=together)
    return np.asarray(np.clip(found + 1 / np.sqrt(len(off)), 0.0, _MOST_ALIKE))


def _lasting(off: Floats, *, together: bool = False) -> Floats:
    """Return for how many times fewer periods count where what rows add of their own lasts too.

    So it is where series keep to their way: their rows are as different within a period as between
    periods, and yet one period is like the next. 1 where neighbours are not surely alike.
    """
    found = np.clip(_following(off, together=together), 0.0, _MOST_ALIKE)
    return np.where(found > _SURELY / np.sqrt(len(off)), (1 + found) / (1 - found), 1.0)


def _following(off: Floats, *, together: bool) -> Floats:
    """Return the correlation of neighbouring periods, of each score or of all together."""
    power = (off**2).sum(axis=0, keepdims=True).sum(axis=1 if together else 0)
    product = (off[1:] * off[:-1]).sum(axis=0, keepdims=True).sum(axis=1 if together else 0)
    return np.asarray(np.divide(product, power, out=np.zeros_like(power), where=power > 0))


@dataclass(frozen=True, kw_only=True)
class Covariance:
    """The covariance of the differences of shares.

    ``freedom``: of what it was estimated from; ``part``: the share that effects of periods make.
    """

    matrix: Floats
    freedom: float
    part: float


def covariance(reference: Counts, current: Counts, *, known: bool) -> Covariance | None:
    """Return how the shares of bins vary together; null where too few periods are known.

    ``reference``: rows of each period (down) in each bin (across); ``current``: rows of each period
    now. As `apart`, for all bins at once.
    """
    sizes = reference.sum(axis=1).astype(np.float64)
    counts, sizes = reference[sizes > 0].astype(np.float64), sizes[sizes > 0]
    rows, now = sizes.sum(), current[current > 0].astype(np.float64)
    alone = 1 / rows + 1 / now.sum()
    share = counts.sum(axis=0) / rows
    count = len(sizes)
    if not known:
        matrix = (np.diag(share) - np.outer(share, share)) * alone
        return Covariance(matrix=matrix, freedom=float(rows + now.sum()), part=0.0)
    if count < 2:
        return None
    means = counts / sizes[:, None]
    off = means - share
    between = (off * sizes[:, None]).T @ off / (count - 1)
    own = np.diag(counts.sum(axis=0)) - (means * sizes[:, None]).T @ means
    within = own / max(rows - count, 1.0)
    usual = (rows - (sizes**2).sum() / rows) / (count - 1)
    effect = (between - within) / usual
    alike = _alike(off.reshape(count, -1), together=True)[0]
    stretch = (1 + alike) / (1 - alike)
    shares = [(side**2).sum() / side.sum() ** 2 for side in (sizes, now)]
    common = effect * sum(min(part * stretch, 1.0) for part in shares)
    matrix, left = within * alone + common, float(count - 1)
    if (times := _lasting(off.reshape(count, -1), together=True)[0]) > 1:
        lasting = between / usual * sum(min(part * times, 1.0) for part in shares)
        if np.trace(lasting) > np.trace(matrix):
            matrix = common = lasting
            left = max((count - 1) / times, 1.0)
    part = max(float(np.trace(common)), 0.0) / max(float(np.trace(matrix)), 1e-300)
    return Covariance(matrix=matrix, freedom=left, part=min(part, 1.0))
