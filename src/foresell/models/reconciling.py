"""Reconciliation: the series moved as little as it takes to heed what their sums say of themselves.

Every sum is afterwards the sum of its series, so all levels are coherent by construction. With n
series, b their forecasts and t the sums' own, the answer x minimises

    sum_i (x_i - b_i)^2 / w_i  +  sum_j (sum_i a_ji x_i - t_j)^2 / v_j

over all nodes j of all levels, which is the minimum-trace solution for uncorrelated errors of the
variances w and v (S. L. Wickramasuriya, G. Athanasopoulos, R. J. Hyndman, "Optimal forecast
reconciliation for hierarchical and grouped time series through trace minimization", JASA 114
(2019)). Its closed form needs a system of as many equations as there are nodes, never of series.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from foresell.data.panel import Matrix
from foresell.features.levels import Vector
from foresell.features.pools import Codes

ROUNDS = 50  # of holding negative series at 0; two or three settle it as a rule
JITTER = 1e-9  # of a node's variance: keeps levels that say the same from dividing by nothing


def reconcile(
    bottom: Matrix,
    codes: Sequence[Codes],
    targets: Sequence[Matrix],
    trust: Sequence[float],
    share: Matrix,
    *,
    nonnegative: bool = False,
) -> Matrix:
    """Return (n series, steps) the forecasts ``bottom`` reconciled with ``targets``.

    ``codes``: for each level, (n series,) the node each series is summed into. ``targets``: for
    each level (n nodes, steps) the nodes' own forecasts, in the unit of ``bottom``. ``trust``: for
    each level how far its nodes are followed, from 0 (not at all) below 1: a node that stood alone
    would move that share of the way from the sum of its series to its own forecast. ``share``: (n
    series, steps) how much of each series a node's own forecast holds, see
    `foresell.features.hierarchy.presence`.

    A series' variance at a step is the size of its forecast there, so that a miss is shared out by
    size; a series of share 0 is not moved. Sums that agree with their targets already are left as
    they are. Each step is solved by itself: what is asked beside it changes none of its bytes.
    ``nonnegative``: the least under the condition that no value is below 0.
    """
    system = _System(codes, trust)
    whole = np.empty_like(bottom)
    for step in range(bottom.shape[1]):
        start, part = bottom[:, step], share[:, step]
        own = [target[:, step] for target in targets]
        if nonnegative:
            whole[:, step] = _held_at_zero(system, start, own, part)
        else:
            size = np.abs(start)
            whole[:, step] = start + size * system.pulled(start, own, part, held=None)
    return whole


def _held_at_zero(
    system: "_System", bottom: Vector, targets: Sequence[Vector], share: Vector
) -> Vector:
    """Return (n series,) the reconciled values of one step, none below 0.

    A series is held at 0 while its own answer, the sums being met by the others, would lie below;
    the set of those held settles in a few rounds.
    Source: the principal pivoting of S. L. Wickramasuriya, B. A. Turlach, R. J. Hyndman, "Optimal
    non-negative forecast reconciliation", Statistics and Computing 30 (2020).
    """
    held, size = bottom < 0, np.abs(bottom)
    whole = bottom
    for _ in range(ROUNDS):
        whole = bottom + size * system.pulled(bottom, targets, share, held)
        if ((whole < 0) == held).all():
            break
        held = whole < 0
    return np.maximum(whole, 0.0)


class _System:
    """The equations of all nodes; it remembers who is summed into what."""

    def __init__(self, codes: Sequence[Codes], trust: Sequence[float]) -> None:
        self.followed = [place for place, one in enumerate(trust) if one > 0]
        self.codes = [codes[place] for place in self.followed]
        self.sizes = [int(code.max()) + 1 for code in self.codes]
        self.doubt = 1 / np.repeat([trust[place] for place in self.followed], self.sizes) - 1

    def pulled(
        self,
        bottom: Vector,
        targets: Sequence[Vector],
        share: Vector,
        held: NDArray[np.bool_] | None,
    ) -> Vector:
        """Return (n series,) what reconciling adds to each at one step, per variance of its own.

        ``held``: (n series,) those that are held at 0, or None.
        """
        if not self.followed:
            return np.zeros_like(bottom)
        variance = np.abs(bottom)
        free = np.ones_like(bottom) if held is None else np.where(held, 0.0, 1.0)
        shared = self._shared(free * variance * share**2)
        size = np.concatenate([
            np.bincount(codes, variance * share**2, wide)
            for codes, wide in zip(self.codes, self.sizes, strict=True)
        ])
        some = np.flatnonzero(size > 0)
        gap = np.concatenate([
            targets[place] - np.bincount(codes, free * share * bottom, wide)
            for place, codes, wide in zip(self.followed, self.codes, self.sizes, strict=True)
        ])
        system = shared[np.ix_(some, some)] + np.diag(size[some] * (self.doubt[some] + JITTER))
        pull = np.zeros(len(size))
        pull[some] = np.linalg.solve(system, gap[some])
        each, start = np.zeros(len(bottom)), 0
        for codes, wide in zip(self.codes, self.sizes, strict=True):
            each += pull[start : start + wide][codes]
            start += wide
        per_variance: Vector = share * each
        return per_variance

    def _shared(self, variance: Vector) -> Matrix:
        """Return (nodes, nodes) the variance that two nodes share: of the series in both."""
        sides = list(zip(self.codes, self.sizes, strict=True))
        rows = [
            np.concatenate(
                [
                    np.bincount(one * wide + other, variance, high * wide).reshape(high, wide)
                    for other, wide in sides
                ],
                axis=1,
            )
            for one, high in sides
        ]
        return np.concatenate(rows)
