from dataclasses import replace
from functools import lru_cache

import numpy as np
import polars as pl
import pytest

from foresell.data.panel import Matrix, Panel
from foresell.features.direct import direct_frame
from foresell.features.hierarchy import hierarchy_levels
from foresell.features.pools import fit_recipe, group_sum
from foresell.features.season import plan_factors
from foresell.models.baselines import BASELINES
from foresell.models.calibrating import candidate_quantiles
from foresell.models.coherence import (
    RECONCILED,
    TRUSTS,
    Past,
    Reconciling,
    reconciled,
    reconciling_from_json,
    sums_of_a_draw,
    with_reconciled,
)
from foresell.models.learner import Learner, PanelForecast, fit_learner, forecast
from foresell.models.learner_files import read_learner, write_learner
from foresell.models.level_bands import band_quantiles
from foresell.models.origins import actual_after, training_origins
from foresell.models.stacking import empty_rows
from foresell.spec.forecast import QUANTILES
from foresell.spec.hierarchy import Hierarchy
from foresell.spec.project import ProjectSpec
from tests.unit.models.test_strangers import with_strangers
from tests.unit.models.toys import HORIZON, QUICK, panel, project

LEVELS = (("shop",), ("item",), ())


def spec(*, nonnegative: bool = True) -> ProjectSpec:
    return replace(project(), hierarchy=Hierarchy(levels=LEVELS), nonnegative=nonnegative)


def fitted(known: Panel) -> Learner:
    recipe = fit_recipe(known, spec())
    frames = {
        origin: direct_frame(known, spec(), recipe, origin, HORIZON)
        for origin in training_origins(known, spec(), QUICK)
    }
    return fit_learner(known, spec(), QUICK, frames.__getitem__, lambda _: None)


@lru_cache(maxsize=1)
def weekly() -> tuple[Panel, Learner]:
    known = panel(120)
    return known, fitted(known)


def plan(known: Panel, steps: int = HORIZON) -> Matrix:
    """What is planned, as the learner of `weekly` sees it."""
    return plan_factors(known, spec(), weekly()[1].recipe, steps)


def told(learner: Learner) -> Reconciling:
    assert learner.reconciling is not None
    return learner.reconciling


def answered() -> PanelForecast:
    known, learner = weekly()
    return forecast(learner, known, spec(), HORIZON)


def test_the_reconciled_forecast_is_a_candidate_judged_and_calibrated_like_any() -> None:
    _, learner = weekly()
    assert RECONCILED in learner.uncertainty
    assert RECONCILED in set(learner.folds["candidate"])
    assert told(learner).source in learner.uncertainty
    assert set(told(learner).trust) <= set(TRUSTS)
    assert len(told(learner).trust) == len(told(learner).bands) == len(LEVELS)


def test_reconciling_moves_the_source_and_nothing_else() -> None:
    known, learner = weekly()
    members = answered().members
    source = members[told(learner).source]
    again = reconciled(told(learner).trust, known, spec(), source, plan(known))
    assert members[RECONCILED].tobytes() == again.tobytes()
    assert np.isfinite(again).all()
    assert (again >= 0).all()
    assert 0 < np.abs(again / source - 1).mean() < 0.1


def test_the_reconciled_series_are_delivered_unless_the_folds_say_they_cost_too_much() -> None:
    _, learner = weekly()
    errors = dict(learner.folds.group_by("candidate").agg(pl.col("abs_error").sum()).iter_rows())
    spared = errors[RECONCILED] <= 1.005 * errors[told(learner).source]
    assert learner.chosen == (RECONCILED if spared else told(learner).source)


def test_where_no_fold_has_a_year_behind_it_all_folds_say_whether_reconciling_is_delivered() -> (
    None
):
    known, cutoffs = panel(50), (33, 41)
    recipe = fit_recipe(known, spec())
    frames = {at: direct_frame(known, spec(), recipe, at, HORIZON) for at in cutoffs}
    actual = [actual_after(known, at, HORIZON).ravel() for at in cutoffs]
    truth = np.concatenate(actual)
    rows = replace(empty_rows(), cutoff=np.repeat(cutoffs, len(actual[0])), actual=truth)
    past = Past(panel=known, project=spec(), recipe=recipe, frames=frames.__getitem__)

    _, made, delivered = with_reconciled(past, rows, {"oracle": truth}, "oracle", (8,))

    assert np.abs(made[RECONCILED] - truth).sum() > 0
    assert delivered == "oracle"


def test_levels_learnt_from_a_draw_of_the_series_are_noted() -> None:
    assert sums_of_a_draw(spec(), 2070, 30490) == [
        "trust in the levels and their bands are learnt from sums of 2,070 of 30,490 series"
    ]
    assert sums_of_a_draw(spec(), 12, 12) == sums_of_a_draw(project(), 2070, 30490) == []


def test_a_changed_plan_moves_the_series_and_their_sums_alike_and_no_other_date() -> None:
    known, learner = weekly()
    at = known.cutoff + 3
    made = {}
    for promoted in (0.0, 1.0):
        promo = known.known["promo"].copy()
        promo[:, at] = promoted
        changed = replace(known, known={"promo": promo})
        answer = forecast(learner, changed, spec(), HORIZON)
        made[promoted] = (answer.members[told(learner).source], answer.members[RECONCILED])
    for codes in (np.arange(12), *(level.codes for level in hierarchy_levels(known, LEVELS))):
        plain, whole = (
            group_sum(made[1.0][place], codes) / group_sum(made[0.0][place], codes)
            for place in (0, 1)
        )
        assert whole[:, 2] == pytest.approx(plain[:, 2], rel=0.01)
        assert (plain[:, 2] > 1.15).all()
    assert (
        np.delete(made[1.0][1], 2, axis=1).tobytes() == np.delete(made[0.0][1], 2, axis=1).tobytes()
    )


def test_a_closed_shop_sells_nothing_surely_and_takes_nothing_from_the_others() -> None:
    known, learner = weekly()
    spoilt, promo = known.target.copy(), known.known["promo"].copy()
    closed = np.zeros(promo.shape, dtype=np.bool_)
    closed[3:6, 60:68] = closed[3:6, 71:76] = True  # 39 cells, all of the second shop
    closed[3:6, known.cutoff + 4] = True
    promo[closed] = 9.0
    spoilt[closed & np.isfinite(spoilt)] = 0.0
    shut = replace(known, target=spoilt, known={"promo": promo})
    answer = forecast(learner, shut, spec(), HORIZON)
    plain = answered()

    for name in (name for name in answer.members if name not in BASELINES):
        assert (answer.members[name][3:6, 3] == 0).all()
        assert (candidate_quantiles(learner, answer, name, spec())[3:6, 3] == 0).all()
    others = np.setdiff1d(np.arange(12), np.arange(3, 6))
    ratio = answer.members[RECONCILED][others, 3] / plain.members[RECONCILED][others, 3]
    assert ratio == pytest.approx(np.ones(9), abs=0.05)


def test_without_a_declared_hierarchy_nothing_is_reconciled() -> None:
    known = panel(120)
    bottom = np.ones((12, HORIZON))
    assert reconciled((0.5,), known, project(), bottom, plan(known)) is bottom


def test_a_step_is_the_same_whatever_horizon_is_asked_for() -> None:
    known, learner = weekly()
    bottom = np.ascontiguousarray(answered().members[told(learner).source])
    whole = reconciled((0.5, 0.5, 0.5), known, spec(), bottom, plan(known))
    part = np.ascontiguousarray(bottom[:, :3])
    short = reconciled((0.5, 0.5, 0.5), known, spec(), part, plan(known, 3))
    assert short.tobytes() == np.ascontiguousarray(whole[:, :3]).tobytes()


def test_what_reconciling_remembers_is_read_as_it_was_written() -> None:
    _, learner = weekly()
    files = write_learner(learner)
    assert write_learner(read_learner(files)) == files
    text = told(learner).to_json()
    assert reconciling_from_json(text).to_json() == text


@pytest.mark.parametrize("count", [1, 9])
def test_series_without_history_change_no_byte_of_the_reconciled_others(count: int) -> None:
    known, learner = weekly()
    more = panel(120, frame=with_strangers(count))
    old = np.flatnonzero(np.isfinite(more.target).any(axis=1))
    source = answered().members[told(learner).source]
    bottom = np.full((more.n_series, HORIZON), 50.0)
    bottom[old] = source
    trust = (0.5, 0.5, 0.5)
    moved = reconciled(trust, more, spec(), bottom, plan(more))
    alone = reconciled(trust, known, spec(), source, plan(known))
    assert moved[old].tobytes() == alone.tobytes()
    new = np.setdiff1d(np.arange(more.n_series), old)
    assert (moved[new] == 50.0).all()


def test_what_happens_after_the_cutoff_changes_no_byte() -> None:
    known, _ = weekly()
    blind = known.until(110)
    spoilt = np.where(np.arange(known.target.shape[1]) > 110, 1e9, known.target)
    bottom = np.abs(np.random.default_rng(1).normal(100, 10, (12, HORIZON)))
    trust, hidden = (0.5, 0.5, 0.5), replace(blind, target=spoilt)
    one = reconciled(trust, blind, spec(), bottom, plan(blind))
    other = reconciled(trust, hidden, spec(), bottom, plan(hidden))
    assert one.tobytes() == other.tobytes()


def test_series_that_are_off_are_drawn_to_what_their_shop_sells() -> None:
    later = panel(120)
    known = later.until(120 - 1 - HORIZON)
    sold = later.target[:, 120 - HORIZON : 120]
    off = sold * np.where(np.arange(12) < 3, 1.3, 1.0)[:, None]  # a whole shop too high
    drawn = reconciled((0.75, 0.0, 0.0), known, spec(), off, plan(known))
    shops = hierarchy_levels(known, LEVELS)[0].codes
    miss = [np.abs(group_sum(one - sold, shops))[0].sum() for one in (drawn, off)]
    assert miss[0] < 0.6 * miss[1]
    assert np.abs(drawn - sold)[:3].sum() < 0.6 * np.abs(off - sold)[:3].sum()


def test_the_bands_of_a_level_rise_around_its_sum_and_narrow_where_more_is_summed() -> None:
    _, learner = weekly()
    shops, _, total = told(learner).bands
    point = np.array([1000.0])
    step = (np.array([4.0]), np.array([1]))
    of_shop = band_quantiles(shops, point, point, np.array([0.25]), step)
    of_all = band_quantiles(total, point, point, np.array([1.0]), step)
    for band in (of_shop, of_all):
        assert np.isfinite(band).all()
        assert (np.diff(band, axis=1) >= 0).all()
        assert abs(band[0, QUANTILES.index(0.5)] / 1000 - 1) < 0.1


def test_a_sum_of_nothing_has_no_width() -> None:
    _, learner = weekly()
    nothing = np.zeros(1)
    place = (np.ones(1), np.zeros(1, dtype=np.int64))
    assert (band_quantiles(told(learner).bands[0], nothing, nothing, nothing, place) == 0).all()
