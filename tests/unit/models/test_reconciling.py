from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.models.reconciling import reconcile

Matrix = np.ndarray
STEPS = 3
seeds = st.integers(0, 2**20)


class World:
    """Random series in two crossing levels and the total, with forecasts of all of them."""

    def __init__(self, seed: int, count: int = 30, *, negative: bool = False) -> None:
        rng = np.random.default_rng(seed)
        self.codes = [
            np.sort(rng.integers(0, 4, count)),
            rng.integers(0, 5, count),
            np.zeros(count, dtype=np.int64),
        ]
        self.codes = [np.unique(codes, return_inverse=True)[1] for codes in self.codes]
        self.bottom = rng.lognormal(3, 2, (count, 1)) * rng.uniform(0.5, 1.5, (count, STEPS))
        if negative:
            self.bottom *= rng.choice([-1.0, 1.0], (count, STEPS))
        self.share = rng.choice([0.0, 0.3, 1.0], (count, STEPS), p=[0.1, 0.2, 0.7])
        self.targets = [
            np.abs(sums) * rng.uniform(0.2, 1.8, sums.shape)
            for sums in summed(self.bottom, self.codes)
        ]
        self.trust = tuple(float(one) for one in rng.choice([0.0, 0.25, 0.5, 0.9], 3))

    def answer(self, trust: Sequence[float] | None = None, *, nonnegative: bool = False) -> Matrix:
        return reconcile(
            self.bottom,
            self.codes,
            self.targets,
            self.trust if trust is None else trust,
            self.share,
            nonnegative=nonnegative,
        )


def summed(values: Matrix, codes: Sequence[Matrix]) -> list[Matrix]:
    sums = []
    for code in codes:
        total = np.zeros((int(code.max()) + 1, values.shape[1]))
        np.add.at(total, code, values)
        sums.append(total)
    return sums


def cost(world: World, values: Matrix) -> float:
    """What the answer is to make least, at step 0, for levels of trust above 0."""
    size = np.abs(world.bottom[:, 0])
    some = size > 0
    total = ((values[:, 0] - world.bottom[:, 0])[some] ** 2 / size[some]).sum()
    held = summed((world.share * values)[:, :1], world.codes)
    spread = summed((size * world.share[:, 0] ** 2)[:, None], world.codes)
    for trust, sums, own, variance in zip(world.trust, held, world.targets, spread, strict=True):
        if trust > 0:
            doubt = variance[:, 0] * (1 / trust - 1 + 1e-9)
            fine = variance[:, 0] > 0
            total += ((sums[:, 0] - own[:, 0])[fine] ** 2 / doubt[fine]).sum()
    return float(total)


@settings(deadline=None, max_examples=40)
@given(seed=seeds)
def test_all_levels_add_up_to_the_same_total_to_a_millionth(seed: int) -> None:
    stores, items, total = summed((world := World(seed)).answer(), world.codes)
    assert stores.sum(axis=0) == pytest.approx(total[0], rel=1e-6)
    assert items.sum(axis=0) == pytest.approx(total[0], rel=1e-6)


@settings(deadline=None, max_examples=40)
@given(seed=seeds, negative=st.booleans())
def test_forecasts_that_agree_already_are_left_as_they_are(seed: int, negative: bool) -> None:
    world = World(seed, negative=negative)
    world.targets = summed(world.share * world.bottom, world.codes)
    size = np.abs(world.bottom).max()
    assert np.abs(world.answer() - world.bottom).max() <= 1e-9 * size


@settings(deadline=None, max_examples=40)
@given(seed=seeds, moved=seeds)
def test_no_other_forecast_is_nearer_to_series_and_sums_together(seed: int, moved: int) -> None:
    world = World(seed)
    best = world.answer()
    rng = np.random.default_rng(moved)
    for scale in (1e-3, 1e-1):
        other = best * (1 + scale * rng.normal(size=best.shape))
        assert cost(world, best) <= cost(world, other) * (1 + 1e-9)


@settings(deadline=None, max_examples=40)
@given(seed=seeds, trust=st.floats(0.05, 0.95))
def test_a_level_alone_moves_each_sum_its_trust_of_the_way(seed: int, trust: float) -> None:
    world = World(seed)
    world.share = np.ones_like(world.share)
    before = summed(world.bottom, world.codes)[0]
    after = summed(world.answer((trust, 0.0, 0.0)), world.codes)[0]
    expected = before + trust * (world.targets[0] - before)
    assert after == pytest.approx(expected, rel=1e-6)


@settings(deadline=None, max_examples=40)
@given(seed=seeds)
def test_nothing_falls_below_zero_when_nothing_may(seed: int) -> None:
    world = World(seed)
    world.targets = [target * 0.05 for target in world.targets]
    world.trust = (0.9, 0.9, 0.9)
    answer = world.answer(nonnegative=True)
    assert (answer >= 0).all()
    assert np.isfinite(answer).all()
    free = world.answer()
    same = (free >= 0).all(axis=0)
    assert answer[:, same] == pytest.approx(free[:, same], rel=1e-9)


@settings(deadline=None, max_examples=20)
@given(seed=seeds)
def test_values_that_may_not_be_negative_are_the_best_of_those(
    seed: int,
) -> None:
    world = World(seed)
    world.trust = (0.5, 0.5, 0.5)
    world.targets = [target * 0.3 for target in world.targets]
    best = world.answer(nonnegative=True)
    others = [np.maximum(world.answer(), 0.0)]
    rng = np.random.default_rng(seed)
    others += [best * rng.uniform(0.9, 1.1, best.shape) for _ in range(5)]
    others += [best + rng.uniform(0, 1, best.shape) * 0.01 * best.max() for _ in range(5)]
    assert all(cost(world, best) <= cost(world, other) * (1 + 1e-6) for other in others)


@settings(deadline=None, max_examples=20)
@given(seed=seeds)
def test_the_order_of_the_series_changes_nothing(seed: int) -> None:
    world = World(seed)
    order = np.random.default_rng(seed).permutation(len(world.bottom))
    straight = world.answer()
    world.codes = [codes[order] for codes in world.codes]
    world.bottom, world.share = world.bottom[order], world.share[order]
    size = np.abs(straight).max()
    assert np.abs(world.answer() - straight[order]).max() <= 1e-9 * size


@settings(deadline=None, max_examples=20)
@given(seed=seeds)
def test_the_names_of_the_nodes_change_nothing(seed: int) -> None:
    world = World(seed)
    straight, rng = world.answer(), np.random.default_rng(seed)
    for place, codes in enumerate(world.codes):
        names = rng.permutation(int(codes.max()) + 1)
        world.codes[place] = names[codes]
        world.targets[place] = world.targets[place][np.argsort(names)]
    assert np.abs(world.answer() - straight).max() <= 1e-9 * np.abs(straight).max()


@settings(deadline=None, max_examples=20)
@given(seed=seeds)
def test_a_step_has_the_same_bytes_whatever_steps_are_asked_beside_it(seed: int) -> None:
    world = World(seed)
    whole = world.answer()
    world.bottom, world.share = world.bottom[:, :1], world.share[:, :1]
    world.targets = [target[:, :1] for target in world.targets]
    assert world.answer().tobytes() == np.ascontiguousarray(whole[:, :1]).tobytes()


def test_a_series_that_the_sums_do_not_hold_is_not_moved() -> None:
    world = World(3)
    world.share[4] = 0.0
    assert (world.answer((0.9, 0.9, 0.9))[4] == world.bottom[4]).all()


def test_without_trust_the_series_stay_as_they_are() -> None:
    world = World(3)
    assert (world.answer((0.0, 0.0, 0.0)) == world.bottom).all()


def test_series_that_sell_nothing_stay_at_nothing() -> None:
    world = World(3)
    world.bottom[:] = 0.0
    assert (world.answer((0.5, 0.5, 0.5)) == 0).all()
