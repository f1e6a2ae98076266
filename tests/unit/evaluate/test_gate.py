import json
from collections.abc import Mapping
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import UsageError
from foresell.evaluate.gate import Comparison, Verdict, deciding_metrics, judge
from foresell.spec.project import HolidayWeight, ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

METRICS = ("rmse", "wmae")
errors = st.floats(0.001, 1e6)


def board(rows: Mapping[str, tuple[float | None, float | None]], champion: str) -> pl.DataFrame:
    """A leaderboard of baselines and one candidate: name to (RMSE, WMAE)."""
    return pl.DataFrame({
        "candidate": list(rows),
        "kind": ["candidate" if name == champion else "baseline" for name in rows],
        "rmse": [rmse for rmse, _ in rows.values()],
        "wmae": [wmae for _, wmae in rows.values()],
    })


def test_a_champion_that_beats_each_metrics_own_best_baseline_passes_with_its_reasons() -> None:
    got = judge(
        board({"model": (2700, 1350), "naive": (3000, 2000), "hybrid": (4000, 1500)}, "model"),
        "model",
        METRICS,
    )
    assert got.passed
    assert got.reasons == (
        "model: RMSE 2,700 beats 3,000 of the best baseline, naive (+10.0% value added)",
        "model: WMAE 1,350 beats 1,500 of the best baseline, hybrid (+10.0% value added)",
    )


def test_one_lost_metric_is_enough_to_fail_and_the_reason_says_which() -> None:
    got = judge(board({"model": (2.0, 3.3), "naive": (3.0, 3.0)}, "model"), "model", METRICS)
    assert not got.passed
    assert [one.passed for one in got.comparisons] == [True, False]
    assert got.reasons[1] == (
        "model: WMAE 3.30 does not beat 3.00 of the best baseline, naive (-10.0% value added)"
    )


def test_a_target_that_is_everywhere_the_same_is_named_as_the_reason() -> None:
    none = board({"model": (0.0, 0.0), "mean": (0.0, 0.0)}, "model")
    got = judge(none, "model", METRICS, constant=True)
    assert not got.passed
    assert got.reasons[0] == (
        "model: RMSE 0.00 does not beat 0.00 of the best baseline, mean; the target is the same in "
        "every judged row"
    )


def test_equal_to_the_best_baseline_is_not_better() -> None:
    equal = board({"model": (3.0, 2.0), "naive": (3.0, 3.0)}, "model")
    assert not judge(equal, "model", METRICS).passed


def test_a_baseline_as_champion_never_passes() -> None:
    alone = board({"naive": (1.0, 1.0), "hybrid": (2.0, 2.0)}, "nobody")
    assert not judge(alone, "naive", METRICS).passed


def test_a_baseline_without_error_cannot_be_beaten_and_has_no_value_added() -> None:
    got = judge(board({"model": (0.0, 0.0), "naive": (0.0, 0.0)}, "model"), "model", ["rmse"])
    assert got == Verdict(
        champion="model",
        passed=False,
        comparisons=(
            Comparison(
                metric="rmse",
                champion=0.0,
                baseline=0.0,
                best_baseline="naive",
                value_added=None,
                passed=False,
            ),
        ),
    )


def test_a_better_candidate_beside_the_champion_changes_nothing() -> None:
    rows = {"model": (2.0, 2.0), "naive": (3.0, 3.0)}
    crowd = board(rows | {"lucky": (1.0, 1.0)}, "model").with_columns(
        kind=pl
        .when(pl.col("candidate") == "naive")
        .then(pl.lit("baseline"))
        .otherwise(pl.lit("candidate"))
    )
    assert judge(crowd, "model", METRICS) == judge(board(rows, "model"), "model", METRICS)


def test_the_verdict_is_plain_json() -> None:
    got = judge(board({"model": (2.0, 2.0), "naive": (4.0, 4.0)}, "model"), "model", ["rmse"])
    assert json.loads(json.dumps(got.to_json(), allow_nan=False)) == {
        "champion": "model",
        "passed": True,
        "reasons": ["model: RMSE 2.00 beats 4.00 of the best baseline, naive (+50.0% value added)"],
        "comparisons": [
            {
                "metric": "rmse",
                "champion": 2.0,
                "baseline": 4.0,
                "best_baseline": "naive",
                "value_added": 0.5,
                "passed": True,
            }
        ],
    }


def test_an_unknown_champion_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="did you mean 'model'"):
        judge(board({"model": (1, 1), "naive": (2, 2)}, "model"), "modle", METRICS)


def test_a_board_without_baselines_is_refused() -> None:
    with pytest.raises(UsageError, match="0 baselines and 2 metrics"):
        judge(board({"model": (1, 1)}, "model"), "model", METRICS)


def test_a_metric_that_nobody_has_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="wmae cannot be compared"):
        judge(board({"model": (1, None), "naive": (2, None)}, "model"), "model", METRICS)


def test_weights_decide_whether_the_second_metric_is_wmae_or_mae() -> None:
    plain = ProjectSpec(
        name="shop",
        title="Shop",
        kind="panel",
        tables=(Table(name="sales", file="sales.csv"),),
        columns={"store": "key", "day": "time", "units": "target", "party": "known_future"},
        frequency="D",
        horizon=7,
        season=7,
        split=SplitSpec(test=7, validation=(7,)),
    )
    weighted = replace(plain, holiday_weight=HolidayWeight(column="party", value=5))
    assert deciding_metrics(plain) == ("rmse", "mae")
    assert deciding_metrics(weighted) == ("rmse", "wmae")


@given(model=st.tuples(errors, errors), naive=st.tuples(errors, errors), less=st.floats(0, 1))
@settings(deadline=None)
def test_less_error_never_turns_a_pass_into_a_failure(
    model: tuple[float, float], naive: tuple[float, float], less: float
) -> None:
    better = (model[0] * less, model[1] * less)
    before, after = (
        judge(board({"model": own, "naive": naive}, "model"), "model", METRICS).passed
        for own in (model, better)
    )
    assert after or not before
    assert before == (model[0] < naive[0] and model[1] < naive[1])
