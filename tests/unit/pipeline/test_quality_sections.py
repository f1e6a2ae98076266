"""What the report says of a model follows from the files of its run, by its definitions."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.store import MemoryStore
from foresell.pipeline.quality_artifacts import artifact, json_artifact
from foresell.pipeline.quality_monitored import drift, performance_found
from foresell.pipeline.quality_sections import calibration, errors, explored, gate, risks

SOURCE = artifact("bundle/judged.parquet", b"rows")


def judged(y: list[float], prediction: list[float]) -> pl.DataFrame:
    return pl.DataFrame({"y": y, "prediction": prediction}, schema_overrides={"y": pl.Float64})


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), deciles=st.integers(1, 12))
def test_the_calibration_error_is_the_mean_distance_of_the_means_in_ten_bins(
    seed: int, deciles: int
) -> None:
    drawn = np.random.default_rng(seed)
    prediction = drawn.permutation(np.arange(10 * deciles, dtype=float))  # all different
    y = prediction + drawn.normal(1, 3, len(prediction))

    section = calibration(judged(y.tolist(), prediction.tolist()), SOURCE, "USD", "toy")

    order = np.argsort(prediction).reshape(10, deciles)
    wanted = float(np.mean(np.abs(y[order].mean(axis=1) - prediction[order].mean(axis=1))))
    told = {one.name: one.value for one in section.numbers}
    assert told["error"] == pytest.approx(wanted, rel=1e-12)
    assert told["share"] == pytest.approx(wanted / np.mean(np.abs(y)), rel=1e-12)
    assert (told["rows"], told["bins"]) == (10 * deciles, 10)


def test_predictions_that_are_right_on_average_in_every_bin_have_no_error() -> None:
    section = calibration(judged([1.0, 3.0] * 20, [2.0] * 40), SOURCE, "USD", "toy")

    assert {one.name: one.value for one in section.numbers}["error"] == 0.0


def test_without_a_judged_row_calibration_is_missing_and_what_mends_it_is_told() -> None:
    section = calibration(pl.DataFrame(), SOURCE, "USD", "toy")

    assert (section.state, section.numbers) == ("missing", ())
    assert section.mend == "train again: foresell run toy"


def registration(*, passed: bool) -> bytes:
    compared = {"metric": "rmse", "best_baseline": "naive", "value_added": 0.25}
    told = {"passed": passed, "comparisons": [compared], "sentences": ["a beats b"]}
    return json.dumps({"gate": told, "override": None}).encode()


@pytest.mark.parametrize("passed", [True, False])
def test_a_model_that_did_not_pass_its_gate_fails_the_section(passed: bool) -> None:
    section = gate(json_artifact("registration.json", registration(passed=passed)), "toy")

    assert section.failed is not passed
    told = [(one.name, one.value, one.at) for one in section.numbers]
    assert told == [
        ("passed", passed, "/gate/passed"),
        ("baseline of RMSE", "naive", "/gate/comparisons/0/best_baseline"),
        ("value added of RMSE", 0.25, "/gate/comparisons/0/value_added"),
    ]


def test_beside_each_error_stands_the_baseline_that_is_best_by_it_as_the_gate_has_it() -> None:
    """RMSE 449 against 1,899 of the mean, though the median is the best by MAE."""
    board = [
        {"kind": "baseline", "candidate": "median", "rmse": 1930.0, "mae": 1452.0, "r2": -0.03},
        {"kind": "baseline", "candidate": "mean", "rmse": 1899.0, "mae": 1500.0, "r2": 0.0},
        {"kind": "candidate", "candidate": "ridge", "rmse": 1.0, "mae": 1.0, "r2": 0.9},
    ]
    compared = [{"metric": "rmse", "best_baseline": "mean", "baseline": 1899.14}]
    metadata = {"unit": "USD", "leaderboard": {"held-out": board}}
    registered = {"gate": {"protocol": "held-out", "comparisons": compared}}
    test = {
        "rows": 9,
        "protocol": "held-out",
        "scores": {"rmse": 449.4, "mae": 255.2, "r2": 0.94, "bias_share": 0.01},
    }
    files = [
        json_artifact(name, json.dumps(told).encode())
        for name, told in (("t.json", test), ("r.json", registered), ("m.json", metadata))
    ]

    section = errors(*files)

    told = {one.name: (one.value, one.unit, one.artifact, one.at) for one in section.numbers}
    assert told["baseline_rmse"] == (1899.14, "USD", "r.json", "/gate/comparisons/0/baseline")
    assert told["rival_rmse"][0] == "mean"
    assert told["baseline_mae"] == (1452.0, "USD", "m.json", "/leaderboard/held-out/0/mae")
    assert (told["rival_mae"][0], told["rival_r2"][0], told["baseline_r2"][0]) == (
        "median",
        "mean",
        0.0,
    )
    assert told["rmse"] == (449.4, "USD", "t.json", "/scores/rmse")
    assert "baseline_bias_share" not in told


def test_why_nothing_was_compared_is_told_as_the_watch_said_it() -> None:
    told = MemoryStore({
        "monitored.json": b'{"available": false, "reason": "no answer was logged"}'
    })

    section = drift(told, "toy")

    assert (section.state, section.failed) == ("not yet", False)
    assert section.says == "Nothing was compared: no answer was logged."


def summary(*, alarm: bool) -> bytes:
    columns = [
        {"name": "year", "psi": 9.0, "ks": 0.9, "drifted": False, "trending": True},
        {"name": "calm", "psi": 0.01, "ks": 0.02, "drifted": False, "trending": False},
        {"name": "price", "psi": 0.4, "ks": 0.3, "drifted": alarm, "trending": False},
        {"name": "none", "psi": None, "ks": None, "drifted": False, "trending": False},
    ]
    findings = [{"weight": "alarm", "says": "price moved"}] if alarm else []
    findings.append({"weight": "note", "says": "year moved as expected"})
    return json.dumps({"version": 3, "columns": columns, "findings": findings}).encode()


@pytest.mark.parametrize("alarm", [True, False])
def test_an_alarm_fails_the_section_and_a_note_does_not(alarm: bool) -> None:
    schema = b'{"findings": []}'
    files = {"drift_summary.json": summary(alarm=alarm), "schema_summary.json": schema}

    section = drift(MemoryStore(files), "toy")

    assert section.failed is alarm
    wanted = "price moved." if alarm else "No alarm: what is asked looks like what was learnt."
    assert section.says == wanted
    told = {one.name: one.value for one in section.numbers}
    assert told["drifted"] == int(alarm)
    assert [name for name in told if name.startswith("PSI of ")] == [
        "PSI of price",
        "PSI of calm",
        "PSI of year",
    ]


def test_a_renamed_column_fails_the_section_though_no_number_moved() -> None:
    schema = b'{"findings": [{"weight": "alarm", "says": "price is now called cost"}]}'
    files = {"drift_summary.json": summary(alarm=False), "schema_summary.json": schema}

    section = drift(MemoryStore(files), "toy")

    assert section.failed
    assert section.says == "price is now called cost."


@pytest.mark.parametrize(("verdict", "failed"), [("steady", 0), ("watch", 0), ("retrain", 1)])
def test_only_the_verdict_to_train_again_fails_what_came_true(verdict: str, failed: int) -> None:
    told = {"verdict": verdict, "reasons": ["errors are larger"], "recent": {"wape": 0.2}}

    section = performance_found(json_artifact("p.json", json.dumps(told).encode()))

    assert section.failed == bool(failed)
    assert section.says == f"The verdict is {verdict}. errors are larger."
    assert {one.name: one.value for one in section.numbers} == {"verdict": verdict, "wape": 0.2}


def test_an_exploration_that_was_not_made_is_missing() -> None:
    assert explored(MemoryStore(), "toy").mend == "foresell eda toy"


def test_segments_tell_their_losses_and_those_without_rows_why_not() -> None:
    levels = [{"level": 95, "var_share": 0.31}]
    listed = [
        {"available": True, "name": "toy_usa"},
        {"available": False, "reason": "no row has A=b"},
    ]
    store = MemoryStore({
        "risk.json": json.dumps({"segments": listed}).encode(),
        "toy_usa.json": json.dumps({"told": "USA", "value_at_risk": {"levels": levels}}).encode(),
    })

    section = risks(store, "toy")

    assert section.state == "found"
    assert section.says == "1 segment gauged. Not gauged: no row has A=b."
    assert [(one.name, one.value) for one in section.numbers] == [("USA: value at risk 95 %", 0.31)]
