"""What is planned moves sales: the effect of known-future covariates, learnt apart from the season.

A promotion of last year must not come back on its date, and one that is planned must come whatever
last year did. So the effect of the known-future covariates is taken out of the history before the
seasonal base is made of it, and put back at the planned values (`planned_effects`). It is learnt by
comparing series with each other on the same day: a covariate that is the same for all series (a
holiday) is left to the calendar, since a day's own luck cannot be told from it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.features.alignment import week_periods, year_periods
from foresell.features.levels import Vector
from foresell.features.pools import Codes
from foresell.features.rolling import rolling
from foresell.spec.project import ProjectSpec

CELLS = 200_000  # series x periods the effect is learnt from; more would cost time and teach little
YEARS = 2
USUAL_FROM = 60  # values the usual one of a series is the median of
STOPPED = 20  # cells that must all have sold nothing for a value to mean "closed"
FEWEST = 3  # series that make a group's day comparable
MOST = 10.0  # bounds of an effect: a tenth, ten times
LEAST = -1.5  # of a weighed sum of covariates: a sixteenth
ITERATIONS, ROUNDS = 5, 6

_Flat = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class _Cells:
    """The observed cells an effect is learnt from; c cells, k covariates.

    ``sold``: (c,) target, not below 0. ``moves``: (k, c) covariates against their usual value.
    ``group``: (c,) whose effect it is. ``same``: groupings (c,) within which nothing but the
    covariates should differ: days of a group, weekdays and months of a series.
    """

    sold: _Flat
    moves: _Flat
    group: Codes
    same: tuple[Codes, ...]


def planned_effects(panel: Panel, project: ProjectSpec, codes: Codes, periods: int) -> Matrix:
    """Return (n series, ``periods``): the factor that known-future covariates put on each period.

    1 where a covariate has the usual value of the series (its median of the last year) or is
    unknown, and for covariates that are the same for all series; 0 where a value has always meant
    that nothing is sold, as for a closed store. ``codes``: (n series,) groups with an effect of
    their own, shrunk to that of all. Learnt from the two years up to the panel's cutoff.
    """
    factor = np.ones((panel.n_series, periods))
    history = panel.target[:, : panel.cutoff + 1]
    past: NDArray[np.bool_] = np.asarray(np.isfinite(history).any(axis=1), dtype=np.bool_)
    if not past.any() or not panel.known:
        return factor
    stopped = np.zeros(factor.shape, dtype=np.bool_)
    for values in panel.known.values():
        stopped |= _stops(values, history, periods)
    moves = [
        _move(values, panel.cutoff, periods, past, year_periods(project))
        for values in (*panel.known.values(), *_depths(panel, project))
        if _differs(values[past, max(0, panel.cutoff + 1 - _span(project)) : panel.cutoff + 1])
    ]
    if moves:
        weights = _learnt(_cells(history, stopped, moves, codes, project), codes)
        total = np.zeros_like(factor)
        for place, move in enumerate(moves):
            total += weights[:, place, None] * move
        factor = _factor(total)
    return np.where(stopped, 0.0, factor)


def without_effects(values: Matrix, factor: Matrix) -> Matrix:
    """Return ``values`` as they would have been, had nothing been planned; NaN where it stopped.

    >>> without_effects(np.array([[6.0, 0.0]]), np.array([[1.5, 0.0]])).tolist()
    [[4.0, nan]]
    """
    return np.where(factor > 0, values / np.where(factor > 0, factor, 1.0), np.nan)


def _depths(panel: Panel, project: ProjectSpec) -> Iterator[Matrix]:
    """Yield, for each declared pair, the mean cut times its depth where it applies."""
    for cut, share in project.features.promotion_depths.items():
        mean, of = panel.known[cut], panel.known[share]
        with np.errstate(over="ignore"):  # a share next to nothing: the depth is cut to 1 below
            depth = mean / np.where(of > 0, of, np.inf)
        yield np.where(np.isfinite(mean) & np.isfinite(of), mean * np.clip(depth, 0.0, 1.0), np.nan)


def _span(project: ProjectSpec) -> int:
    """Return the periods an effect is learnt from."""
    return YEARS * year_periods(project)


def _factor(total: Matrix) -> Matrix:
    """Return the factor of a weighed sum of covariates: the square of half of it plus one.

    It bends between a sum, which makes too little of a large promotion, and an exponential, which
    makes too much of one that was never seen.
    """
    rooted: Matrix = 1 + np.maximum(total, LEAST) / 2
    return np.clip(rooted**2, 1 / MOST, MOST)


def _differs(values: Matrix) -> bool:
    """Return whether two series have different values in one period."""
    some = np.isfinite(values)
    low = np.where(some, values, np.inf).min(axis=0)
    return bool((low < np.where(some, values, -np.inf).max(axis=0)).any())


def _stops(values: Matrix, history: Matrix, periods: int) -> NDArray[np.bool_]:
    """Return (n series, periods): where a covariate has a value at which nothing was ever sold.

    Only its least and its greatest value can be one, and only in a panel that sells on most days.
    """
    stopped = np.zeros((values.shape[0], periods), dtype=np.bool_)
    then = values[:, : history.shape[1]]
    seen = np.isfinite(history) & np.isfinite(then)
    if not seen.any() or (history[seen] == 0).mean() > 0.5:
        return stopped
    for value in {float(then[seen].min()), float(then[seen].max())}:
        cells = seen & (then == value)
        if cells.sum() >= STOPPED and not history[cells].any():
            ahead = values[:, :periods] == value
            stopped[:, : ahead.shape[1]] |= ahead
    return stopped


def _move(values: Matrix, cutoff: int, periods: int, past: NDArray[np.bool_], year: int) -> Matrix:
    """Return (n series, periods): a covariate against its usual value, 0 where it is unknown.

    A covariate that is always above 0 (a price) is compared by ratio, others by difference. What is
    usual for a series without values is what is usual for the others.
    """
    stride = max(1, year // USUAL_FROM)
    recent = values[:, max(0, cutoff + 1 - year) : cutoff + 1][:, ::-1][:, ::stride]
    width = recent.shape[1]
    usual = rolling(recent, [width], ["median"])[f"median_{width}"]
    told = np.isfinite(usual) & past
    usual = np.where(np.isfinite(usual), usual, np.median(usual[told]) if told.any() else 0.0)
    before = values[past, : cutoff + 1]
    ratio = bool((before[np.isfinite(before)] > 0).all()) and bool((usual > 0).all())
    out = np.zeros((values.shape[0], periods))
    part = values[:, :periods]
    change = part / usual[:, None] - 1 if ratio else part - usual[:, None]
    out[:, : part.shape[1]] = np.nan_to_num(change, nan=0.0, posinf=0.0, neginf=0.0)
    return out


def _cells(
    history: Matrix,
    stopped: NDArray[np.bool_],
    moves: Sequence[Matrix],
    codes: Codes,
    project: ProjectSpec,
) -> _Cells:
    """Return the observed cells of the last years, of evenly spaced series if there are many."""
    now = history.shape[1]
    first, week = max(0, now - _span(project)), week_periods(project)
    seen = np.isfinite(history[:, first:]) & ~stopped[:, first:now]
    sells = np.where(seen, history[:, first:], 0.0).sum(axis=1) > 0
    rows = np.flatnonzero(sells)
    rows = rows[np.argsort(codes[rows], kind="stable")]
    rows = np.sort(rows[:: max(1, -(-int(seen[rows].sum()) // CELLS))])
    series, period = np.nonzero(seen[rows])
    place = (rows[series], first + period)
    group = codes[rows]
    many = np.bincount(group)[group] >= FEWEST  # a day of a small group is compared with all others
    mates = np.where(many, group, group.max(initial=0) + 1)[series]
    month = period // (4 * week if week > 1 else 13)
    same = [series * now + month]
    if week > 1:
        same.append(series * week + period % week)
    if len(rows) > 1:
        same.append(mates * now + period)
    return _Cells(
        sold=np.maximum(history[place], 0.0),
        moves=np.stack([move[place] for move in moves]),
        group=codes[place[0]],
        same=tuple(np.unique(one, return_inverse=True)[1].astype(np.int64) for one in same),
    )


def _learnt(cells: _Cells, codes: Codes) -> Matrix:
    """Return (n series, covariates): the weights of each series' group.

    Poisson pseudo maximum likelihood with fixed effects, which needs no distribution but the mean
    and takes zeros as they are, by reweighted least squares with the effects projected out.
    Source: S. Correia, P. Guimaraes, T. Zylkin, "Fast Poisson estimation with high-dimensional
    fixed effects", Stata Journal 20 (2020).
    """
    groups, group = np.unique(cells.group, return_inverse=True)
    if not len(groups):
        return np.zeros((len(codes), len(cells.moves)))
    weights, pool = _fitted(cells, group.astype(np.int64))
    place = np.minimum(np.searchsorted(groups, codes), len(groups) - 1)
    return np.where((groups[place] == codes)[:, None], weights[place], pool)


def _fitted(cells: _Cells, group: Codes) -> tuple[Matrix, Vector]:
    """Return the weights of the groups 0, 1, ..., (g, k), and those of all, (k,)."""
    count = cells.moves.shape[0]
    weights, pool = np.zeros((int(group.max()) + 1, count)), np.zeros(count)
    mean = _means(cells.sold, np.ones(len(cells.sold)), cells.same[0])
    least = 0.01 * np.maximum(mean, cells.sold.mean())
    most = 10 * float(cells.sold.max())
    expected = np.maximum((cells.sold + mean) / 2, least)
    freedom = max(len(cells.sold) - sum(int(one.max()) + 1 for one in cells.same), 1)
    for _ in range(ITERATIONS):
        sums = np.maximum(_weighed(weights, group, cells.moves), LEAST)
        slopes = cells.moves / (1 + sums / 2)
        aim = np.log(expected) + np.clip(cells.sold / expected - 1, -1.0, 4.0)
        known = _weighed(weights, group, slopes) - 2 * np.log1p(sums / 2)
        rest = _projected(np.vstack([aim + known, slopes]), expected, cells.same)
        normal = _normal(rest, slopes, expected, group)
        weights, pool = _shrunk(normal, rest, expected, group, freedom)
        residual = rest[0] - _weighed(weights, group, rest[1:])
        expected = np.clip(np.exp(np.minimum(aim - residual, 700.0)), least, most)
    return weights, pool


def _weighed(weights: Matrix, group: Codes, moves: _Flat) -> _Flat:
    """Return (cells,) the sum of the covariates times the weights of each cell's group."""
    total = np.zeros(moves.shape[1])
    for place, move in enumerate(moves):
        total += weights[group, place] * move
    return total


def _means(values: _Flat, weight: _Flat, same: Codes) -> _Flat:
    """Return (cells,) the weighed mean of ``values`` over the cells that are the same."""
    mean: _Flat = np.bincount(same, values * weight) / np.bincount(same, weight)
    return mean[same]


def _projected(values: _Flat, weight: _Flat, same: Sequence[Codes]) -> _Flat:
    """Return ``values`` (rows, cells) without the means of every grouping, by turns."""
    rest = values.copy()
    for _ in range(ROUNDS if len(same) > 1 else 1):
        for one in same:
            total = np.bincount(one, weight)
            for place in range(len(rest)):
                rest[place] -= (np.bincount(one, rest[place] * weight) / total)[one]
    return rest


@dataclass(frozen=True, kw_only=True)
class _Normal:
    """Normal equations of g groups and k covariates.

    ``info``: (g, k, k); ``pull``: (g, k); ``told``: (k,) whether a covariate differs within a day;
    ``ridge``: (k, k) next to nothing, and much for what is not told. ``strength``: (g,) units sold.
    """

    info: Matrix
    pull: Matrix
    told: NDArray[np.bool_]
    ridge: Matrix
    strength: Vector


def _normal(rest: _Flat, slopes: _Flat, expected: _Flat, group: Codes) -> _Normal:
    """Return the normal equations of every group, weighed by what was ``expected``."""
    aim, moves = rest[0], rest[1:]
    size, count = int(group.max()) + 1, len(moves)
    info, pull = np.zeros((size, count, count)), np.zeros((size, count))
    for i, move in enumerate(moves):
        pull[:, i] = np.bincount(group, move * aim * expected, size)
        for j in range(i + 1):
            info[:, i, j] = info[:, j, i] = np.bincount(group, move * moves[j] * expected, size)
    here = np.diag(info.sum(axis=0))
    raw = (slopes**2 * expected).sum(axis=1)
    told = here > 1e-6 * np.maximum(raw, 1e-12)
    return _Normal(
        info=info,
        pull=pull * told,
        told=told,
        ridge=np.diag(np.where(told, 1e-6 * here, raw.max() + 1.0)),
        strength=np.bincount(group, expected, size).astype(np.float64),
    )


def _shrunk(
    normal: _Normal, rest: _Flat, expected: _Flat, group: Codes, freedom: int
) -> tuple[Matrix, Vector]:
    """Return the weights of the groups, (g, k), shrunk to those of all, and these, (k,).

    How far is told by how much more the groups differ than chance would have it; all of them are
    shrunk to 0 by how little they explain.
    Source: R. DerSimonian, N. Laird, "Meta-analysis in clinical trials", Controlled Clinical Trials
    7 (1986).
    """
    size, count = normal.pull.shape
    total, whole = normal.info.sum(axis=0), float(normal.strength.sum())
    pool: Vector = np.linalg.solve(total + normal.ridge, normal.pull.sum(axis=0))
    own = np.linalg.solve(normal.info + normal.ridge / size, normal.pull[..., None])[..., 0]
    residual = rest[0] - _weighed(own, group, rest[1:])
    noise = max(float((expected * residual**2).sum()) / freedom, 1e-12)
    apart = own - pool
    spread = float(np.einsum("gi,gij,gj->", apart, normal.info, apart)) / noise
    excess = spread - int(normal.told.sum()) * (size - 1)
    weights = np.tile(pool, (size, 1))
    if excess > 0:
        trust = count * (whole - float((normal.strength**2).sum()) / whole) / excess
        prior = trust * total / whole + normal.ridge
        both = np.concatenate([normal.info, normal.pull[..., None]], axis=2)
        share = np.linalg.solve(normal.info + prior, both).sum(axis=0)
        pool = np.linalg.solve(
            share[:, :-1] + np.diag(np.where(normal.told, 1e-9, 1.0)), share[:, -1]
        )
        mixed = normal.pull + prior @ pool
        weights = np.linalg.solve(normal.info + prior, mixed[..., None])[..., 0]
    proof = float(np.einsum("gi,gij,gj->", weights, normal.info, weights)) / noise
    shrink = max(0.0, 1 - count / proof) if proof > 0 else 0.0
    return shrink * weights * normal.told, shrink * pool * normal.told
