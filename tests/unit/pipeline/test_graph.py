"""Which stages a project has, in which order, and that each is given what an earlier one makes."""

from dataclasses import replace

import pytest

from foresell.pipeline.graph import STAGES, stages_of
from foresell.spec.monitoring import RiskSpec
from foresell.spec.project import ProjectSpec
from tests.unit.pipeline.conftest import shipped

ORDER = [
    *("manifest", "ingest", "validate", "split", "eda", "features", "baselines", "train"),
    *("evaluate", "refit", "register", "forecast", "report", "risk", "monitor", "quality"),
]
RISK = RiskSpec(segments=({},))


def project(name: str, *, risky: bool) -> ProjectSpec:
    return replace(shipped(name)[0], risk=RISK if risky else None)


def test_the_stages_stand_in_the_order_of_the_documentation() -> None:
    assert [stage.name for stage in STAGES["panel"]] == ORDER
    rows = [name for name in ORDER if name not in {"features", "forecast"}]
    assert [stage.name for stage in STAGES["tabular"]] == rows


@pytest.mark.parametrize("name", ["walmart", "california_housing"])
def test_only_a_project_with_segments_gauges_them_and_needs_what_comes_of_it(name: str) -> None:
    with_risk = stages_of(project(name, risky=name == "walmart"))
    without = stages_of(project(name, risky=False))
    assert [one.name for one in without] == [
        one.name for one in STAGES[project(name, risky=False).kind] if one.name != "risk"
    ]
    assert not any("segment_risk" in one.needs for one in without)
    assert any("segment_risk" in one.needs for one in with_risk) is (name == "walmart")


@pytest.mark.parametrize("risky", [True, False])
@pytest.mark.parametrize("name", ["walmart", "sales_orders"])
def test_a_stage_needs_only_what_an_earlier_one_makes(name: str, risky: bool) -> None:
    there = {"repairs"}  # made by hand
    for stage in stages_of(project(name, risky=risky)):
        assert set(stage.needs) <= there, stage.name
        assert not set(stage.makes) & there
        there |= {*stage.makes}
