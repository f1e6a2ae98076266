from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import DataError
from foresell.govern.gate import Decision, against_live, gate_of
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project
from tests.small_bundles import Kind, judged_rows, small_bundle, small_texts

errors = st.floats(0, 1e9, allow_nan=False)


def project(kind: Kind = "tabular", *, weighted: bool = False) -> ProjectSpec:
    return parse_project(small_texts(kind=kind, weighted=weighted)[0], "project.yaml")


def metadata(**over: Any) -> dict[str, Any]:
    return {**small_bundle().metadata, **over}


def board(*rows: tuple[object, ...]) -> dict[str, Any]:
    names = ("candidate", "kind", "rmse", "mae")
    return {"held-out": [dict(zip(names, row, strict=True)) for row in rows]}


def test_a_champion_that_beats_the_best_baseline_passes() -> None:
    found = gate_of(metadata(), project())
    assert (found.passed, found.champion, found.protocol) == (True, "ridge", "held-out")
    assert found.sentences == (
        "ridge: RMSE 8.00 beats 10.00 of the best baseline, mean (+20.0% value added)",
        "ridge: MAE 8.00 beats 10.00 of the best baseline, mean (+20.0% value added)",
    )


def test_a_champion_that_does_not_beat_it_does_not_pass() -> None:
    found = gate_of(small_bundle(passed=False).metadata, project())
    assert not found.passed
    assert found.sentences[0] == (
        "ridge: RMSE 12.50 does not beat 10.00 of the best baseline, mean (-25.0% value added)"
    )


@pytest.mark.parametrize("said", [True, False, None])
def test_what_the_bundle_says_of_its_gate_does_not_count(said: bool | None) -> None:
    for passed in (True, False):
        told = {
            **small_bundle(passed=passed).metadata,
            "gate": {"passed": said, "override": "mine"},
        }
        assert gate_of(told, project()).passed is passed
        told.pop("gate")
        assert gate_of(told, project()).passed is passed


@given(own=errors, own_mae=errors, other=errors, other_mae=errors)
def test_the_gate_passes_where_both_errors_are_below_the_best_baselines(
    own: float, own_mae: float, other: float, other_mae: float
) -> None:
    rows = board(
        ("ridge", "candidate", own, own_mae),
        ("mean", "baseline", other, other_mae),
        ("worse", "baseline", other + 1, other_mae + 1),
        ("not chosen", "candidate", 0.0, 0.0),
    )
    found = gate_of(metadata(leaderboard=rows), project())
    assert found.passed == (own < other and own_mae < other_mae)


@pytest.mark.parametrize(
    ("kind", "weighted", "protocol", "metrics"),
    [
        ("tabular", False, "held-out", ["rmse", "mae"]),
        ("tabular", True, "held-out", ["rmse", "wmae"]),
        ("panel", False, "frozen", ["rmse", "mae"]),
        ("panel", True, "frozen", ["rmse", "wmae"]),
    ],
)
def test_the_metrics_and_the_protocol_are_those_of_the_project(
    kind: Kind, weighted: bool, protocol: str, metrics: list[str]
) -> None:
    told = small_bundle(kind=kind, weighted=weighted).metadata
    found = gate_of(told, project(kind, weighted=weighted))
    assert found.protocol == protocol
    assert [one.metric for one in found.comparisons] == metrics


def test_another_protocol_decides_nothing() -> None:
    rows = small_bundle().metadata["leaderboard"]
    assert isinstance(rows, dict)
    moved = metadata(leaderboard={"chronological": rows["held-out"]})
    with pytest.raises(DataError, match="no leaderboard of the protocol 'held-out'"):
        gate_of(moved, project())


LACKING: dict[str, tuple[dict[str, Any], str]] = {
    "no champion": ({"champion": None}, "no leaderboard"),
    "no leaderboard": ({"leaderboard": None}, "no leaderboard"),
    "no rows": ({"leaderboard": board()}, "no candidate 'ridge' was judged"),
    "no such champion": ({"champion": "best"}, "no candidate 'best' was judged"),
    "no baseline": ({"leaderboard": board(("ridge", "candidate", 1, 1))}, "0 baselines"),
    "no number": (
        {"leaderboard": board(("ridge", "candidate", None, 1), ("mean", "baseline", 2, 2))},
        "rmse cannot be compared",
    ),
    "no row": ({"leaderboard": {"held-out": ["ridge"]}}, "candidate None: it has no name"),
    "no kind": ({"leaderboard": board(("ridge", "best", 1, 1))}, "neither a baseline nor"),
    "twice": (
        {"leaderboard": board(("mean", "baseline", 9, 9), ("mean", "baseline", 1, 1))},
        "candidate 'mean': it names it twice",
    ),
    "not finite": (
        {"leaderboard": board(("ridge", "candidate", float("nan"), 1))},
        "candidate 'ridge': its rmse is nan",
    ),
    "below zero": ({"leaderboard": board(("ridge", "candidate", -1, 1))}, "its rmse is -1"),
    "words": ({"leaderboard": board(("ridge", "candidate", "0", 1))}, "its rmse is '0'"),
    "too large": ({"leaderboard": board(("ridge", "candidate", 1, 10**400))}, "its mae is 1000"),
    "a list for a name": ({"leaderboard": board(([1], "candidate", 1, 1))}, "it has no name"),
    "a list for a kind": ({"leaderboard": board(("ridge", [], 1, 1))}, "neither a baseline nor"),
    "true": ({"leaderboard": board(("ridge", "candidate", 1, True))}, "its mae is True"),
}


@pytest.mark.parametrize("name", LACKING)
def test_without_evidence_there_is_no_decision(name: str) -> None:
    over, what = LACKING[name]
    with pytest.raises(DataError) as caught:
        gate_of(metadata(**over), project())
    assert what in caught.value.what


def test_a_decision_is_written_as_plain_values() -> None:
    found = gate_of(metadata(), project())
    told = found.to_json()
    assert told["sentences"] == list(found.sentences)
    assert {name: told[name] for name in ("passed", "champion", "protocol")} == {
        "passed": True,
        "champion": "ridge",
        "protocol": "held-out",
    }
    assert set(told) == set(Decision.__dataclass_fields__)


def scores(error: float, **over: Any) -> dict[str, Any]:
    known = {
        "champion": "ridge",
        "protocol": "held-out",
        "cutoff": None,
        "rows": 12,
        "rmse": error,
        "mae": error,
        "wmae": None,
        "bias": 0.0,
        "coverage_80": 1.0,
    }
    return {**known, **over}


def test_two_models_are_compared_on_the_rows_both_were_judged_on() -> None:
    found = against_live(small_bundle(error=6.0), small_bundle(seed=2, error=9.0))
    assert (found["comparable"], found["n"]) == (True, 12)
    assert {**found["new"], "wape": None} == {**scores(6.0), "wape": None}
    assert {**found["live"], "wape": None} == {**scores(9.0), "wape": None}
    total = float(judged_rows()["y"].sum())
    assert found["new"]["wape"] == pytest.approx(12 * 6.0 / total, rel=1e-12)


@settings(max_examples=20)
@given(first=st.integers(1, 14), rows=st.integers(1, 12), seed=st.integers(0, 9))
def test_only_shared_rows_count_in_whatever_order_they_lie(
    first: int, rows: int, seed: int
) -> None:
    mine, theirs = judged_rows(6.0), judged_rows(9.0, rows=rows, first=first)
    new, live = small_bundle(judged=mine), small_bundle(judged=theirs)
    shared = max(0, 12 - first + 1 - max(0, 12 - (first + rows - 1)))
    found = against_live(new, live)
    shuffled = replace(new, judged=mine.sample(fraction=1.0, shuffle=True, seed=seed))
    assert against_live(shuffled, live) == found
    if shared:
        assert (found["n"], found["new"]["rows"], found["live"]["rows"]) == (shared, 12, rows)
        assert (found["new"]["rmse"], found["live"]["mae"]) == (6.0, 9.0)
    else:
        why = "no row was judged in both, with the same truth"
        assert found == {"comparable": False, "why": why}


def test_a_row_whose_truth_was_corrected_since_is_not_compared() -> None:
    theirs = judged_rows(9.0).with_columns(y=pl.col("y") + (pl.col("order") == 3))
    assert against_live(small_bundle(), small_bundle(judged=theirs))["n"] == 11


def test_rows_of_a_panel_are_named_by_keys_and_time() -> None:
    new = small_bundle(kind="panel", error=6.0)
    live = small_bundle(kind="panel", judged=judged_rows(9.0, kind="panel", first=7))
    found = against_live(new, live)
    assert (found["n"], found["new"]["cutoff"], found["new"]["protocol"]) == (
        6,
        "2026-01-02",
        "frozen",
    )
    assert (found["new"]["mae"], found["live"]["mae"]) == (6.0, 9.0)


def test_rows_weigh_what_they_weigh_in_the_new_bundle() -> None:
    mine = judged_rows(6.0).with_columns(weight=pl.lit(2.0), prediction=pl.col("y") + 6.0)
    theirs = mine.with_columns(weight=pl.lit(7.0), prediction=pl.col("y") - 9.0)
    found = against_live(small_bundle(judged=mine), small_bundle(judged=theirs))
    assert (found["new"]["wmae"], found["new"]["bias"]) == (6.0, 6.0)
    assert (found["live"]["wmae"], found["live"]["bias"]) == (9.0, -9.0)


def test_rows_of_one_name_and_truth_are_paired_off_and_not_multiplied() -> None:
    mine, theirs = (pl.concat([judged_rows(error)] * 3) for error in (6.0, 9.0))
    found = against_live(small_bundle(judged=mine), small_bundle(judged=theirs))
    assert (found["n"], found["new"]["rmse"], found["live"]["rmse"]) == (36, 6.0, 9.0)


def test_rows_that_one_bundle_has_more_often_than_the_other_favour_neither() -> None:
    once, more = judged_rows(6.0), judged_rows(9.0, rows=5).with_columns(prediction=pl.col("y"))
    for pair in ((pl.concat([once, more]), once), (once, pl.concat([once, more]))):
        found = against_live(*(small_bundle(judged=one) for one in pair))
        assert (found["n"], found["new"]["rmse"], found["live"]["rmse"]) == (7, 6.0, 6.0)
    twice, thrice = pl.concat([once, once]), pl.concat([once, once, once])
    assert against_live(small_bundle(judged=twice), small_bundle(judged=thrice)) == {
        "comparable": False,
        "why": "no row was judged in both, with the same truth",
    }


@pytest.mark.parametrize("kind", [pl.Int64, pl.Float32, pl.UInt16, pl.Decimal(10, 2)])
def test_the_truth_is_equal_as_a_number_whatever_its_type(kind: Any) -> None:
    mine = judged_rows(6.0).with_columns(pl.col("y").cast(kind))
    for new, live in ((mine, judged_rows(6.0)), (judged_rows(6.0), mine)):
        pair = (replace(small_bundle(), judged=one) for one in (new, live))
        found = against_live(*pair)
        assert (found["n"], found["new"]["rmse"], found["live"]["rmse"]) == (12, 6.0, 6.0)


def test_a_declaration_that_only_another_foresell_can_read_forbids_nothing() -> None:
    live = small_bundle(seed=2, error=9.0)
    live = replace(live, project_text=f"{live.project_text}of_another_time: true\n")
    found = against_live(small_bundle(error=6.0), live)
    assert (found["n"], found["new"]["rmse"], found["live"]["rmse"]) == (12, 6.0, 9.0)
    assert (found["new"]["protocol"], found["live"]["protocol"]) == ("held-out", None)


@pytest.mark.parametrize(
    ("judged", "lack"),
    [
        (judged_rows().drop("prediction"), "judged rows without prediction"),
        (judged_rows().drop("y"), "judged rows without y"),
        (judged_rows().cast({"y": pl.String}), "judged rows whose y is no number"),
        (judged_rows().with_columns(weight=pl.lit("5")), "judged rows whose weight is no number"),
        (judged_rows().drop("order"), "no judged rows"),
    ],
    ids=["no prediction", "no truth", "truth in words", "weight in words", "no names"],
)
def test_rows_that_are_none_are_told_and_forbid_nothing(judged: pl.DataFrame, lack: str) -> None:
    bad = small_bundle()
    bad = replace(bad, judged=judged)
    why = f"the live bundle holds {lack}"
    assert against_live(small_bundle(), bad) == {"comparable": False, "why": why}
    assert against_live(bad, small_bundle())["why"] == f"the new bundle holds {lack}"


@pytest.mark.parametrize("name", ["y", "prediction", "q0.1", "weight"])
@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_no_finite_number_is_left_out(name: str, value: float | None) -> None:
    whole = judged_rows(6.0).with_columns(weight=pl.lit(1.0))
    third = pl.when(pl.col("order") == 3).then(pl.lit(value, pl.Float64))
    holed = whole.with_columns(third.otherwise(pl.col(name)).alias(name))
    found = against_live(
        replace(small_bundle(), judged=holed), replace(small_bundle(), judged=whole)
    )
    assert (found["n"], found["new"]["rmse"]) == (11 if name in {"y", "prediction"} else 12, 6.0)
    assert (found["new"]["coverage_80"] is None) == (name == "q0.1")
    assert (found["new"]["wmae"] is None) == (name == "weight")


def test_a_row_may_be_named_by_a_feature_that_is_null() -> None:
    mine = judged_rows(6.0).with_columns(order=pl.lit(None, pl.Int64))
    assert against_live(small_bundle(judged=mine), small_bundle(judged=mine))["n"] == 12


def test_without_a_band_there_is_no_coverage() -> None:
    mine, theirs = judged_rows(6.0).drop("q0.1", "q0.9"), judged_rows(9.0)
    found = against_live(small_bundle(judged=mine), small_bundle(judged=theirs))
    assert (found["new"]["coverage_80"], found["live"]["coverage_80"]) == (None, 1.0)


@pytest.mark.parametrize(
    ("live", "why"),
    [
        (None, "nothing was live"),
        (small_bundle(judged=pl.DataFrame()), "the live bundle holds no judged rows"),
        (
            small_bundle(judged=judged_rows().rename({"order": "line"})),
            "the rows of the two are named by other columns",
        ),
        (
            small_bundle(judged=judged_rows(first=100)),
            "no row was judged in both, with the same truth",
        ),
    ],
    ids=["nothing live", "no rows", "other names", "other rows"],
)
def test_where_nothing_can_be_compared_the_reason_is_told(live: Any, why: str) -> None:
    assert against_live(small_bundle(), live) == {"comparable": False, "why": why}
