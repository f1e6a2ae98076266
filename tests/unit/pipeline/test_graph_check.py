"""Every way a graph can be wrong is found before anything runs, and told with its mend."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from foresell.pipeline.graph import PANEL_STAGES, STAGES, TABULAR_STAGES, stages_of
from foresell.pipeline.graph_check import check
from foresell.pipeline.reads import known_parameters
from foresell.pipeline.stage_check import Finding
from foresell.pipeline.work import Stage
from foresell.spec.directories import DIRECTORIES
from foresell.spec.monitoring import RiskSpec
from tests.unit.pipeline import broken_graphs, broken_stages
from tests.unit.pipeline.conftest import shipped
from tests.unit.pipeline.sound_graph import PARAMETERS, PLACES, SOUND, changed


def found(stages: Sequence[Stage]) -> list[tuple[str, str, str]]:
    told = check(stages, parameters=PARAMETERS, places=PLACES)
    return [(one.where, one.what, one.mend) for one in told]


def test_a_sound_graph_has_no_finding() -> None:
    assert found(SOUND) == []


@pytest.mark.parametrize("kind", ["panel", "tabular"])
@pytest.mark.parametrize("risky", [True, False])
def test_the_graphs_that_are_run_have_no_finding(kind: str, risky: bool) -> None:
    name = {"panel": "walmart", "tabular": "sales_orders"}[kind]
    project = replace(shipped(name)[0], risk=RiskSpec(segments=({},)) if risky else None)
    places = [output for outputs in DIRECTORIES.values() for output in outputs]
    elsewhere = {name for one in (*PANEL_STAGES, *TABULAR_STAGES) for name in one.reads or ()}
    assert (
        check(
            stages_of(project),
            parameters=known_parameters(),
            places=places,
            elsewhere=elsewhere,
        )
        == ()
    )


def test_a_parameter_that_no_graph_reads_is_found_in_each_of_them() -> None:
    everywhere = {name for one in (*PANEL_STAGES, *TABULAR_STAGES) for name in one.reads or ()}
    for stages in STAGES.values():
        told = check(
            stages,
            parameters=(*known_parameters(), "colour"),
            places=[output for outputs in DIRECTORIES.values() for output in outputs],
            elsewhere=everywhere,
        )
        assert [one.what for one in told] == ["nobody reads the parameter 'colour'"]


BROKEN = {**broken_graphs.BROKEN, **broken_stages.BROKEN}


def test_there_are_at_least_thirty_broken_graphs() -> None:
    assert len(BROKEN) >= 30


@pytest.mark.parametrize("wrong", BROKEN)
def test_a_broken_graph_is_told_by_what_is_wrong_where_and_how_to_mend_it(wrong: str) -> None:
    stages, told = BROKEN[wrong]
    assert found(stages) == list(told)


def test_everything_wrong_is_told_at_once() -> None:
    told = check(
        changed("ingest", needs=("lost",), makes=("landing", "asked", "attic"), reads=("sed",)),
        parameters=PARAMETERS,
        places=PLACES,
    )
    assert [one.what for one in told] == [
        "it needs 'lost', which no stage makes",
        "it reads 'sed', which is no parameter",
        "'attic' has no place",
    ]
    assert all(isinstance(one, Finding) for one in told)
