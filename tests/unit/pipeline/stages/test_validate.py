from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.contracts.gate import ROW
from foresell.errors import DataError, GateError, SpecError
from foresell.pipeline import layering, rejects, spill
from foresell.pipeline.stages import validate
from foresell.spec.cleaning import Cleaning, Gate, Grouping
from tests.unit.pipeline.gatehouse import (
    SCHEMA,
    SHOPS,
    Gatehouse,
    Row,
    contract,
    fine,
    landing,
    shops,
    tolerant,
    week,
)

SLOW = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def cramped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for no value in memory, and three rows at a time at most."""
    monkeypatch.setattr(validate, "Spill", lambda scratch: spill.Spill(scratch, held_cells=0))
    for module in (spill, layering, rejects):
        monkeypatch.setattr(module, "BATCH_ROWS", 3)


def test_a_row_is_set_aside_with_every_rule_it_broke_and_its_number() -> None:
    rows = [*fine(), ("b", date(2021, 1, 2), 5000.0, 99.0, "Ulm"), (None, week(0), 1.0, -1.0, "X")]
    house = Gatehouse(project=tolerant()).validate(landing(shops(*rows)))
    assert house.why == {
        11: "units: maximum; ulm_is_cheap: condition; day: frequency",
        12: "shop: required; price: minimum; town: values",
    }
    assert house.rejected.columns == [ROW, "broken_rules", *SCHEMA]
    assert house.counts == dict.fromkeys(
        [
            "shop: required",
            "units: maximum",
            "price: minimum",
            "town: values",
            "ulm_is_cheap: condition",
            "day: frequency",
        ],
        1,
    )
    assert house.outputs["quarantine"].read_bytes("rejected.csv").decode().splitlines() == [
        "__row,broken_rules,shop,day,units,price,town",
        "11,units: maximum; ulm_is_cheap: condition; day: frequency,b,2021-01-02,5000.0,99.0,Ulm",
        "12,shop: required; price: minimum; town: values,,2021-01-01,1.0,-1.0,X",
    ]


def test_every_copy_of_a_key_is_set_aside_and_a_null_in_a_key_is_no_copy() -> None:
    rows = [*fine(), ("a", week(3), 7.0, None, None), ("a", None, 1.0, None, None)] * 1
    house = Gatehouse(project=tolerant()).validate(
        landing(shops(*rows, ("a", None, 2.0, None, None)))
    )
    assert house.why == {
        4: "shop, day: primaryKey",
        11: "shop, day: primaryKey",
        12: "day: required",
        13: "day: required",
    }
    rule = next(rule for rule in house.checks["rules"] if rule["kind"] == "primaryKey")
    assert rule == {
        "rule": "shop, day: primaryKey",
        "kind": "primaryKey",
        "says": "one row for each (shop, day)",
        "columns": ["shop", "day"],
        "broken": 2,
        "examples": ["shop=a, day=2021-01-22"],
    }


def test_too_many_copies_fail_the_gate_with_example_keys_and_stay_to_be_read() -> None:
    house = Gatehouse().validate(landing(shops(*fine(), *fine(weeks=4))))
    assert isinstance(house.failure, GateError)
    assert house.failure.args == (
        "8 of 14 rows (57.1%) broke the contract, more than the 1.0% allowed: "
        "shop, day: primaryKey (8); keys that stand on more than one row: "
        "shop=a, day=2021-01-01; shop=a, day=2021-01-08; shop=a, day=2021-01-15",
        "quarantine/rejected.csv, column broken_rules",
        "mend the rows at their source, or raise cleaning.max_rejected_share if that is right",
    )
    assert (house.rejected.height, house.outputs["processed"].list()) == (8, [])
    assert house.checks["kept"] == 6


def test_a_column_whose_values_are_unique_is_compared_with_nulls_left_out() -> None:
    columns = SHOPS.columns
    once = replace(columns["price"], unique=True)
    schema = replace(
        SHOPS.schema[0], properties=(*[columns[n] for n in SCHEMA if n != "price"], once)
    )
    rows = [
        ("a", week(place), 1.0, price, "Kiel")
        for place, price in enumerate([1.0, 2.0, None, 1.0, None])
    ]
    house = Gatehouse(project=tolerant(), contract=replace(SHOPS, schema=(schema,)))
    assert house.validate(landing(shops(*rows))).why == {1: "price: unique", 4: "price: unique"}
    rule = next(rule for rule in house.checks["rules"] if rule["kind"] == "unique")
    assert rule["examples"] == ["1.0"]


@pytest.mark.parametrize(("known", "passes"), [(5, True), (4, False)])
def test_more_missing_values_than_allowed_fail_the_gate_and_set_no_row_aside(
    known: int, passes: bool
) -> None:
    half = {
        "metric": "nullValues",
        "mustBeLessOrEqualTo": 50,
        "unit": "percent",
    }
    agreed = contract(
        {"name": "shop", "logicalType": "string", "required": True, "primaryKey": True},
        {
            "name": "day",
            "logicalType": "date",
            "required": True,
            "primaryKey": True,
            "primaryKeyPosition": 2,
        },
        {"name": "units", "logicalType": "number"},
        {"name": "price", "logicalType": "number", "quality": [half]},
        {"name": "town", "logicalType": "string"},
    )
    rows = [("a", week(i), 1.0, 1.0 if i < known else None, None) for i in range(10)]
    house = Gatehouse(contract=agreed).validate(landing(shops(*rows)))
    assert (house.rejected.height, house.checks["quarantined"]) == (0, 0)
    rule = next(rule for rule in house.checks["rules"] if rule["kind"] == "missing")
    if passes:
        assert (house.failure, rule["broken"], rule["examples"]) == (None, 0, [])
        return
    assert house.failure is not None
    assert house.failure.args == (
        "60.0% of 'price' is missing, more than the 50.0% allowed",
        "contract.yaml, column 'price', quality nullValues",
        "mend the rows at their source, or raise the limit if so much may be missing",
    )
    assert (rule["broken"], rule["examples"]) == (6, ["60.0% missing"])


def test_where_no_row_passes_all_of_them_are_in_quarantine() -> None:
    house = Gatehouse().validate(landing(shops(("a", week(0), 5000.0, None, None))))
    assert isinstance(house.failure, GateError)
    assert house.failure.what == "no row passed the gate; rules broken: units: maximum (1)"
    assert house.rejected.height == 1


ANY_ROW = st.tuples(
    st.none() | st.sampled_from("ab"),
    st.none() | st.integers(0, 6).map(week) | st.just(date(2021, 1, 2)),
    st.none() | st.sampled_from([-500.0, 1.0, 2.0, 5000.0]),
    st.none() | st.sampled_from([-1.0, 3.0, 99.0]),
    st.none() | st.sampled_from(["Ulm", "Kiel", "Rom"]),
)


@SLOW
@given(
    rows=st.lists(ANY_ROW, min_size=1, max_size=25),
    part=st.integers(1, 30),
    sample=st.none() | st.integers(1, 30),
)
def test_kept_and_quarantined_are_the_rows_read_whatever_they_hold(
    rows: list[Row], part: int, sample: int | None
) -> None:
    project = tolerant(gate=Gate(sample=sample))
    frame = shops(*rows, *fine("z"))
    house = Gatehouse(project=project).validate(landing(frame, part))
    checks = house.checks
    assert checks["kept"] + checks["quarantined"] == checks["read"] == frame.height
    assert checks["processed"] == checks["kept"]
    aside = house.rejected.drop(ROW, "broken_rules")
    both = pl.concat([house.rows().select(list(SCHEMA)), aside])
    assert_frame_equal(both, frame, check_row_order=False)


@SLOW
@given(rows=st.lists(ANY_ROW, max_size=25), part=st.integers(1, 9))
@pytest.mark.usefixtures("cramped")
def test_with_no_room_in_memory_the_same_rows_are_kept_set_aside_and_counted(
    rows: list[Row], part: int
) -> None:
    frame = shops(*rows, *fine("z"))
    small = Gatehouse(project=tolerant()).validate(landing(frame, part))
    with pytest.MonkeyPatch.context() as roomy:
        roomy.setattr(validate, "Spill", spill.Spill)
        for module in (spill, layering, rejects):
            roomy.setattr(module, "BATCH_ROWS", 1_000_000)
        large = Gatehouse(project=tolerant()).validate(landing(frame))
    assert (small.checks, small.audit) == (large.checks, large.audit)
    assert_frame_equal(small.rows(), large.rows(), check_row_order=False)
    quarantine = small.outputs["quarantine"]
    written = [name for name in quarantine.list() if name.endswith(".parquet")]
    assert sum(quarantine.read_frame(name).height for name in written) == large.rejected.height


@pytest.mark.usefixtures("cramped")
def test_rows_summed_up_in_parts_are_those_summed_up_at_once() -> None:
    grouping = Grouping(
        by=("shop", "day"), columns={"units": "sum", "price": "mean", "town": "first"}
    )
    key = {"name": "line", "logicalType": "integer", "required": True, "primaryKey": True}
    columns = [
        {"name": "shop", "logicalType": "string"},
        {"name": "day", "logicalType": "date"},
        {"name": "units", "logicalType": "number"},
        {"name": "price", "logicalType": "number"},
        {"name": "town", "logicalType": "string"},
    ]
    rows = shops(*(row for row in fine("b") for _ in range(3)), *fine("a")).with_row_index("line")
    project = tolerant(grouping=grouping)
    house = Gatehouse(project=project, contract=contract(key, *columns)).validate(
        landing(rows.cast({"line": pl.Int64}), part_rows=4)
    )
    assert house.failure is None
    wanted = rows.group_by("shop", "day").agg(
        pl.col("units").sum(), pl.col("price").mean(), pl.col("town").first()
    )
    assert_frame_equal(house.rows(), wanted.select(list(SCHEMA)), check_row_order=False)
    assert house.audit[1] == {
        "step": "grouping",
        "column": None,
        "rows_in": 40,
        "rows_out": 20,
        "changed": 40,
        "why": "one row for each (shop, day)",
    }


def test_rules_on_dropped_columns_are_named_as_unchecked_and_the_audit_says_why() -> None:
    agreed = contract(
        {"name": "shop", "logicalType": "string", "required": True, "primaryKey": True},
        {
            "name": "day",
            "logicalType": "date",
            "required": True,
            "primaryKey": True,
            "primaryKeyPosition": 2,
        },
        {"name": "units", "logicalType": "number"},
        {"name": "price", "logicalType": "number"},
        {"name": "town", "logicalType": "string"},
        {
            "name": "owner",
            "logicalType": "string",
            "required": True,
            "classification": "personal",
        },
        {"name": "note", "logicalType": "string"},
    )
    landed = landing(shops(*fine()), dropped=["owner", "note"])
    house = Gatehouse(contract=agreed).validate(landed)
    assert house.checks["unchecked"] == ["owner: required"]
    assert [(step["step"], step["column"], step["why"]) for step in house.audit[:3]] == [
        ("drop", "owner", "personal data"),
        ("drop", "note", "cleaning.drop"),
        ("gate", None, "rows that break the contract are set aside"),
    ]


def test_a_column_of_the_contract_that_did_not_land_is_refused() -> None:
    with pytest.raises(DataError, match=r"^the column 'town' did not land"):
        Gatehouse().validate(landing(shops(*fine()).drop("town")))


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({"units": "target", "shop": "key", "day": "time", "price": "excluded"}, "'town' has no"),
        (
            {
                "units": "target",
                "shop": "key",
                "day": "time",
                "price": "excluded",
                "town": "excluded",
                "size": "static",
            },
            "'size' has a role and stands in no table",
        ),
    ],
)
def test_roles_and_columns_that_do_not_meet_are_refused(columns: dict[str, Any], what: str) -> None:
    with pytest.raises(SpecError, match=what):
        Gatehouse(project=tolerant(columns=columns)).validate(landing(shops(*fine())))


def test_the_report_names_the_version_and_digest_of_the_contract() -> None:
    house = Gatehouse().validate(landing(shops(*fine())))
    assert house.checks["contract"] == {"version": "1.2.0", "sha256": SHOPS.digest}
    assert Cleaning() == house.project.cleaning
