"""What a bundle says of itself, over a judged run that a test writes."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from foresell.adapters.sources import MemorySource
from foresell.adapters.store import MemoryStore
from foresell.pipeline.evidence import evidence, feature_facts, judged_rows
from foresell.pipeline.work import Request, Work
from foresell.spec.forecast import quantile_columns
from tests.unit.pipeline.conftest import shipped
from tests.unit.pipeline.stages.test_evaluate_of_rows import FRAME, Court

BAND = ("q0.1", "q0.9")


def work_of(court: Court, **others: Any) -> Work:
    """What the stage after ``evaluate`` sees of a judged table."""
    manifest = MemoryStore()
    manifest.write_bytes("manifest.json", b'{"files": [], "synthetic": false}')
    request = Request(
        project=court.house.project,
        contract=court.house.contract,
        source=MemorySource({}),
        **others,
    )
    return Work(
        request=request,
        inputs={**court.inputs, "evaluation": court.run(), "manifest": manifest},
        outputs={},
        scratch=MemoryStore(),
        note=lambda _: None,
    )


@pytest.fixture(scope="module")
def rows() -> Work:
    return work_of(Court(), preset="fast", override="because")


def test_the_metadata_says_how_the_rows_were_cut_judged_and_decided(rows: Work) -> None:
    told = evidence(rows)
    test = json.loads(rows.inputs["evaluation"].read_bytes("test.json"))
    board = pl.read_csv(rows.inputs["evaluation"].read_bytes("leaderboard.csv"))
    assert set(told) == {
        *("project", "kind", "target", "unit", "preset", "roles", "declared", "split", "scores"),
        *("protocols", "leaderboard", "result_id", "gate", "data", "contract_version"),
        *("contract_sha256", "libraries", "seed", "selection"),
    }
    assert (told["kind"], told["preset"]) == ("tabular", "fast")
    assert told["split"] == json.loads(rows.inputs["splits"].read_bytes("split.json"))
    assert list(told["leaderboard"]) == list(told["protocols"]) == ["held-out", "chronological"]
    assert told["leaderboard"]["held-out"] == board.to_dicts()
    assert told["gate"] == {**test["verdict"], "override": "because"}
    assert told["declared"] == {}
    assert json.loads(json.dumps(told)) == told


def test_what_is_declared_to_be_derived_stands_there_and_defaults_do_not() -> None:
    project, contract = shipped("sales_orders")
    court = Court()
    request = Request(project=project, contract=contract, source=MemorySource({}))
    own = work_of(court)
    declared = evidence(
        Work(request=request, inputs=own.inputs, outputs={}, scratch=MemoryStore(), note=print)
    )["declared"]
    assert declared == {
        "ratios": (("PRICEEACH", "MSRP"), ("MSRP", "PRICEEACH")),
        "steps": {"PRICEEACH": (100,)},
        "months": ("YEAR_ID", "MONTH_ID"),
    }


def test_a_feature_is_told_with_its_role_type_and_unit() -> None:
    project, contract = shipped("walmart")
    store, fuel = feature_facts(["Store", "Fuel_Price"], project, contract)
    assert (store["name"], store["role"], store["type"]) == ("Store", "key", "integer")
    assert (fuel["role"], fuel["unit"]) == (
        "past_only",
        contract.columns["Fuel_Price"].unit,
    )


def test_the_judged_rows_of_a_table_are_named_by_its_key_and_hold_truth_and_band(
    rows: Work,
) -> None:
    found = judged_rows(rows, "ridge")
    truth = rows.inputs["evaluation"].read_frame("truth.parquet")
    assert found.columns == ["order", "line", "y", "prediction", *BAND]
    assert found.height == truth.height
    assert found["prediction"].to_list() == pytest.approx((found["y"] + 1.0).to_list())
    places = [quantile_columns().index(name) for name in BAND]
    for name, place in zip(BAND, places, strict=True):
        gaps = found[name] - found["prediction"]
        assert gaps.to_list() == pytest.approx([3 * place - 15] * found.height)


def test_the_order_of_the_rows_does_not_show_in_the_judged_rows(rows: Work) -> None:
    shuffled = Court(frame=FRAME.sample(fraction=1, shuffle=True, seed=3))
    assert_frame_equal(judged_rows(work_of(shuffled), "ridge"), judged_rows(rows, "ridge"))


def test_the_judged_rows_of_a_panel_are_named_by_series_and_date_and_weighed() -> None:
    project, contract = shipped("walmart")
    names: Mapping[str, list[object]] = {
        "Store": [2, 1],
        "Dept": [1, 1],
        "Date": [date(2012, 1, 6)] * 2,
    }
    truth, said = MemoryStore(), MemoryStore()
    truth.write_frame(
        "truth.parquet",
        pl.DataFrame({**names, "step": [1, 1], "y": [5.0, 7.0], "weight": [1.0, 5.0]}),
    )
    levels = {name: [float(place), float(place)] for place, name in enumerate(quantile_columns())}
    made = pl.DataFrame({**names, "prediction": [6.0, 6.5], **levels})
    beyond = made.head(1).with_columns(Date=pl.date(2012, 1, 13))  # never observed
    said.write_frame("ridge.parquet", pl.concat([made, beyond]))
    found = judged_rows(
        Work(
            request=Request(project=project, contract=contract, source=MemorySource({})),
            inputs={"evaluation": truth, "predictions": said},
            outputs={},
            scratch=MemoryStore(),
            note=print,
        ),
        "ridge",
    )
    assert found.to_dicts() == [
        {"Store": 1, "Dept": 1, "Date": date(2012, 1, 6), "y": 7.0, "weight": 5.0,
         "prediction": 6.5, "q0.1": 1.0, "q0.9": 9.0},
        {"Store": 2, "Dept": 1, "Date": date(2012, 1, 6), "y": 5.0, "weight": 1.0,
         "prediction": 6.0, "q0.1": 1.0, "q0.9": 9.0},
    ]  # fmt: skip
