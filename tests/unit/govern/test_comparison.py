from dataclasses import asdict, replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.bundle.bundle import Bundle
from foresell.contracts.difference import Change
from foresell.errors import SpecError
from foresell.govern.compared import (
    Comparison,
    ContractDifference,
    FileDifference,
    FileFacts,
    ModelDifference,
    SameRows,
    Side,
)
from foresell.govern.comparison import compare
from foresell.govern.differing import Difference
from foresell.spec.registry import Version
from tests.small_bundles import judged_rows, small_bundle

KNOBS = st.fixed_dictionaries({
    "seed": st.integers(1, 3),
    "error": st.sampled_from([7.0, 8.0]),
    "rows": st.sampled_from([12, 15]),
    "approval": st.booleans(),
    "champion": st.sampled_from(["ridge", "lightgbm"]),
    "contract_version": st.sampled_from(["1.0.0", "1.1.0"]),
})
TURNED = {"added": "removed", "removed": "added", "changed": "changed"}


def version(number: int, digest: str = "") -> Version:
    return Version(
        project="toy",
        version=number,
        digest=digest or f"{number}" * 64,
        registered_at="2026-11-21T10:00:00.000000+00:00",
        who="ana",
        run_id="",
        approval="Approved",
        record={},
    )


def told(found: Comparison, part: str) -> list[tuple[str, str, Any, Any]]:
    return [(one.place, one.effect, one.before, one.after) for one in getattr(found, part)]


def with_metadata(bundle: Bundle, **other: object) -> Bundle:
    return replace(bundle, metadata={**bundle.metadata, **other})


def test_a_bundle_and_itself_give_an_empty_comparison_that_says_so() -> None:
    bundle = small_bundle()
    side = Side(
        version=None,
        digest="",
        registered_at="",
        champion="ridge",
        protocol="Held-out rows",
        rows=12,
    )

    found = compare(bundle, bundle)

    assert found == Comparison(project="toy", before=side, after=side)
    assert (found.equal, found.to_json()["equal"]) == (True, True)


def test_two_numbers_of_one_bundle_do_not_differ() -> None:
    bundle = small_bundle()

    found = compare(bundle, bundle, versions=(version(1, "a" * 64), version(2, "a" * 64)))

    assert found.equal
    assert (found.before.version, found.after.version) == (1, 2)


def test_other_bytes_in_what_nobody_names_are_told_all_the_same() -> None:
    bundle = small_bundle()
    other = replace(bundle, history=pl.DataFrame({"order": [1, 2], "sales": [9.5, None]}))

    found = compare(bundle, other, versions=(version(1), version(2)))

    assert not found.equal
    assert found.notes == (
        "the files of the two bundles are not the same bytes, though nothing named differs",
    )


@settings(max_examples=25)
@given(first=KNOBS, second=KNOBS)
def test_the_other_way_round_is_the_same_with_both_sides_exchanged(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    a, b = small_bundle(**first), small_bundle(**second)

    there, back = compare(a, b), compare(b, a)

    assert there.equal is back.equal is (first == second)
    assert (there.before, there.after) == (back.after, back.before)
    for part in ("features", "parameters", "facts", "declaration", "libraries"):
        turned = [(place, TURNED[how], old, new) for place, how, new, old in told(back, part)]
        assert sorted(told(there, part), key=str) == sorted(turned, key=str)
    assert {(one.metric, one.before, one.after) for one in there.metrics} == {
        (one.metric, one.after, one.before) for one in back.metrics
    }
    for one in there.metrics:
        assert one.difference is not None
        assert (one.before or 0) + one.difference == pytest.approx(one.after)


def test_scores_on_the_same_rows_are_compared_as_they_are() -> None:
    found = compare(small_bundle(error=8.0), small_bundle(error=6.0))

    shown = {one.metric: one for one in found.metrics}
    assert list(shown)[:2] == ["rmse", "mae"]
    assert asdict(shown["rmse"]) == {
        "metric": "rmse",
        "deciding": True,
        "before": pytest.approx(8.0),
        "after": pytest.approx(6.0),
        "difference": pytest.approx(-2.0),
        "change": pytest.approx(-0.25),
    }
    assert [name for name, one in shown.items() if one.deciding] == ["rmse", "mae"]
    assert shown["r2"].change is None
    assert found.same_rows == SameRows(n=12, says="both were judged on the same 12 rows")


def test_scores_on_other_rows_are_compared_on_those_that_both_were_judged_on() -> None:
    before = small_bundle(error=8.0, rows=12)
    after = small_bundle(error=6.0, judged=judged_rows(6.0, rows=15, first=5))

    found = compare(before, after, versions=(version(1), version(2)))

    assert found.same_rows is not None
    assert (found.same_rows.n, found.same_rows.says) == (
        8,
        "the scores are not of the same rows: version 1 was judged on 12 rows, "
        "version 2 on 15 rows; 8 of them are the same",
    )
    rmse = asdict(found.same_rows.metrics[0])
    assert (rmse["metric"], rmse["before"]) == ("rmse", pytest.approx(8.0))
    assert rmse["after"] == pytest.approx(6.0)


def test_scores_without_a_row_in_both_are_said_to_be_incomparable() -> None:
    before, after = small_bundle(), small_bundle(judged=judged_rows(first=100))

    assert compare(before, after).same_rows == SameRows(
        n=0,
        says="the scores cannot be compared: the bundle before was judged on 12 rows, the bundle "
        "after on 12 rows; no row was judged in both, with the same truth",
    )


def test_a_bundle_without_judged_rows_is_named() -> None:
    before, after = small_bundle(), small_bundle(error=6.0, judged=judged_rows(6.0))

    found = compare(before, replace(after, judged=pl.DataFrame()))

    assert found.same_rows == SameRows(
        n=0, says="the bundle after holds no judged rows: whether they are the same is unknown"
    )


def test_features_are_compared_by_name() -> None:
    before = with_metadata(
        small_bundle(),
        features=[{"name": "pieces", "role": "feature", "required": True}, {"name": "price"}],
    )
    after = with_metadata(
        small_bundle(),
        features=[{"name": "pieces", "role": "feature", "required": False}],
        derived=[{"name": "pieces x price", "how": "product", "of": ["pieces", "price"]}],
    )

    assert compare(before, after).features == (
        Difference(place="pieces.required", effect="changed", before=True, after=False),
        Difference(place="price", effect="removed", before={}),
        Difference(
            place="pieces x price",
            effect="added",
            after={"how": "product", "of": ["pieces", "price"]},
        ),
    )


def test_settings_and_weights_of_the_champion_are_compared_candidate_by_candidate() -> None:
    def learner(weight: float) -> dict[str, bytes]:
        text = f'{{"ensembles": {{"mix": {{"ridge": {weight}, "lad": 0.5}}, "other": {{}}}}}}'
        return {"learner.json": text.encode()}

    before = replace(small_bundle(champion="mix"), model=learner(0.5))
    after = replace(small_bundle(champion="mix", seed=2), model=learner(0.4))

    assert told(compare(before, after), "parameters") == [
        ("seed", "changed", 1, 2),
        ("settings.mix.penalty", "changed", 1.0, 2.0),
        ("weights.ridge", "changed", 0.5, 0.4),
    ]


def test_weights_by_horizon_are_named_by_the_last_step_of_their_bucket() -> None:
    def learner(weight: float) -> dict[str, bytes]:
        mixes = f'[{{"lad": 1.0}}, {{"lad": {weight}}}]'
        chosen = '"reconciling": {"source": "greedy"}, "buckets": [13, 26]'
        return {"learner.json": f'{{"ensembles": {{"greedy": {mixes}}}, {chosen}}}'.encode()}

    before, after = (replace(small_bundle(), model=learner(weight)) for weight in (0.5, 1.0))

    assert told(compare(before, after), "parameters") == [
        ("weights.to step 26.lad", "changed", 0.5, 1.0)
    ]


def test_an_override_that_one_was_given_is_a_difference() -> None:
    found = compare(small_bundle(), small_bundle(override="a test"))

    assert told(found, "parameters") == [("override", "added", None, "a test")]


def test_raw_files_are_compared_by_name_with_hash_bytes_and_rows() -> None:
    old = {"name": "lines.csv", "bytes": 100, "sha256": "ab" * 32, "rows": 12}
    new = {"name": "more.csv", "bytes": 9, "sha256": "ef" * 32, "rows": None}
    before = with_metadata(small_bundle(), data={"synthetic": False, "files": [old]})
    after = with_metadata(
        small_bundle(),
        rows=20,
        data={"synthetic": False, "files": [{**old, "sha256": "cd" * 32}, new]},
    )

    found = compare(before, after)

    assert found.files == (
        FileDifference(
            name="lines.csv",
            before=FileFacts(sha256="ab" * 32, bytes=100, rows=12),
            after=FileFacts(sha256="cd" * 32, bytes=100, rows=12),
        ),
        FileDifference(
            name="more.csv", before=None, after=FileFacts(sha256="ef" * 32, bytes=9, rows=None)
        ),
    )
    assert told(found, "facts") == [("rows", "changed", 12, 20)]


def test_cutoffs_of_a_panel_are_compared() -> None:
    before, after = small_bundle(kind="panel"), small_bundle(kind="panel")

    found = compare(before, with_metadata(after, refit_cutoff="2026-02-06"))

    assert found.before.protocol == "Frozen origin"
    assert told(found, "facts") == [("refit_cutoff", "changed", "2026-01-30", "2026-02-06")]


def test_the_contract_is_compared_by_its_meaning() -> None:
    before = small_bundle()
    optional = before.contract_text.replace(
        "name: price, logicalType: number, required: true", "name: price, logicalType: number"
    )

    found = compare(before, replace(before, contract_text=optional))

    assert found.contract == ContractDifference(
        before="1.0.0",
        after="1.0.0",
        verdict="weaker under the same version: a run will refuse it; raise the version",
        changes=(Change(effect="breaking", place="price", what="a value may be missing now"),),
    )


def test_comments_are_no_difference_and_are_told_as_such() -> None:
    bundle = small_bundle()
    other = replace(
        bundle,
        contract_text=f"# words\n{bundle.contract_text}",
        project_text=f"# words\n{bundle.project_text}",
    )

    found = compare(bundle, other)

    assert (found.contract, found.declaration) == (None, ())
    assert found.notes == (
        "contract.yaml differs in layout or comments only",
        "project.yaml differs in layout or comments only",
    )
    assert not found.equal


def test_the_declaration_is_compared_key_by_key_and_libraries_by_name() -> None:
    after = with_metadata(
        small_bundle(approval=True), libraries={"python": "3.11.15", "duckdb": "2.0.0"}
    )

    found = compare(small_bundle(), after)

    assert told(found, "declaration") == [("registry", "added", None, {"approval": True})]
    assert told(found, "libraries") == [
        ("polars", "removed", "2.1.0", None),
        ("duckdb", "added", None, "2.0.0"),
    ]


def test_files_of_the_model_are_told_apart_by_their_bytes() -> None:
    before = small_bundle()
    after = replace(before, model={**before.model, "new.onnx": b"1", "ridge/weights.txt": b"2"})
    del after.model["learner.json"]  # type: ignore[attr-defined]

    assert compare(before, after).model == ModelDifference(
        changed=("ridge/weights.txt",), added=("new.onnx",), removed=("learner.json",), same=0
    )


def test_the_json_of_a_comparison_has_every_part_under_its_name() -> None:
    found = compare(small_bundle(), small_bundle(seed=2, error=6.0)).to_json()

    assert list(found) == [
        *("equal", "project", "before", "after", "metrics", "same_rows", "features"),
        *("parameters", "files", "facts", "contract", "declaration", "libraries", "model", "notes"),
    ]
    assert found["parameters"][0] == {
        "place": "seed",
        "effect": "changed",
        "before": 1,
        "after": 2,
    }


def test_a_declaration_that_cannot_be_read_is_named() -> None:
    bundle = small_bundle()
    with pytest.raises(SpecError, match="second version"):
        compare(bundle, replace(bundle, contract_text="nonsense: true"))
