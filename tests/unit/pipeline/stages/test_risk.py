"""Segments are gauged as `foresell risk` does it, and one that is not there fails no run."""

import json
from dataclasses import replace

import pytest

from foresell.adapters.sources import MemorySource
from foresell.contracts.contract import Contract
from foresell.errors import SpecError
from foresell.pipeline.graph import stages_of
from foresell.pipeline.reads import READS
from foresell.pipeline.work import Request
from foresell.spec.monitoring import Chosen, RiskSpec
from foresell.spec.project import ProjectSpec
from tests.builders import weekly_files
from tests.tabular_files import order_files, order_lines
from tests.unit.pipeline.conftest import House, shipped

DATA = order_files(order_lines(60))
WANTED = {"manifest", "ingest", "validate", "risk"}


def declared(*segments: dict[str, Chosen]) -> tuple[ProjectSpec, Contract]:
    project, contract = shipped("sales_orders")
    return replace(project, risk=RiskSpec(segments=segments)), contract


def gauged(house: House, *segments: dict[str, Chosen]) -> list[str]:
    project, contract = declared(*segments)
    stages = tuple(one for one in stages_of(project) if one.name in WANTED)
    return house.run(Request(project=project, contract=contract, source=MemorySource(DATA)), stages)


def test_a_segment_that_no_row_has_is_listed_with_the_reason_and_the_rest_is_gauged(
    house: House,
) -> None:
    assert gauged(house, {"COUNTRY": "Atlantis"}, {"COUNTRY": ("Spain", "USA")})[-1] == "risk"

    files = house.workspace.published["segment_risk"].files
    name = "sales_ts_risk_spain_usa"
    assert sorted(files) == sorted([
        "metrics.json",
        "provenance.json",
        "risk.json",
        *(f"{name}.{ending}" for ending in ("json", "png", "svg")),
    ])
    lost, found = json.loads(files["risk.json"])["segments"]
    assert (lost["available"], lost["segment"]) == (False, {"COUNTRY": "Atlantis"})
    assert lost["reason"].startswith("no row has COUNTRY=Atlantis; ")
    assert found == {
        "available": True,
        "name": name,
        "segment": {"COUNTRY": ["Spain", "USA"]},
        "told": "COUNTRY Spain or USA",
    }
    assert json.loads(files[f"{name}.json"])["asked"] == {"forecast_steps": 6, "garch_horizon": 6}
    notes = [one.text for one in house.events if (one.kind, one.stage) == ("note", "risk")]
    assert notes[-1].startswith("1 segment gauged; not gauged: no row has COUNTRY=Atlantis")
    assert gauged(house, {"COUNTRY": "Atlantis"}, {"COUNTRY": ("Spain", "USA")}) == []


def test_two_segments_whose_files_would_be_one_are_refused(house: House) -> None:
    with pytest.raises(SpecError) as refused:
        gauged(house, {"COUNTRY": "Spain"}, {"COUNTRY": ("Spain",)})
    assert refused.value.args[:2] == (
        "two segments are both called sales_ts_risk_spain",
        "project 'sales_orders', risk.segments",
    )


def test_what_is_read_is_what_is_declared_for_both_kinds(house: House) -> None:
    gauged(house, {"COUNTRY": "Spain"})
    assert set(json.loads(house.workspace.records["risk"])["parameters"]) == set(
        READS["tabular"]["risk"]
    )

    panel = House()
    project, contract = shipped("walmart")
    project = replace(project, risk=RiskSpec(segments=({"Store": "1"},)))
    stages = tuple(one for one in stages_of(project) if one.name in WANTED)
    raw = MemorySource(weekly_files(stores=2, depts=1, weeks=120))
    panel.run(Request(project=project, contract=contract, source=raw), stages)
    assert set(json.loads(panel.workspace.records["risk"])["parameters"]) == set(
        READS["panel"]["risk"]
    )
