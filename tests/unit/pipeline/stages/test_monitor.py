"""What the watch of a run finds is kept and told, and fails no run; a record knows of it."""

import json
from dataclasses import replace

import pytest

from foresell.adapters.store import MemoryStore
from foresell.pipeline.graph import PANEL_STAGES
from foresell.pipeline.stages.monitor import run
from foresell.pipeline.staleness import reasons
from foresell.pipeline.work import Request, Work
from foresell.pipeline.writing import json_bytes
from foresell.spec.monitoring import MonitoringSpec
from tests.unit.pipeline.conftest import House, MakeRequest

(STAGE,) = (stage for stage in PANEL_STAGES if stage.name == "monitor")
ALARM = {"weight": "alarm", "says": "price moved"}


def watched(request: Request) -> tuple[dict[str, bytes], str]:
    """Return the files and the last note of the stage."""
    out, notes = MemoryStore(), list[str]()
    work = Work(
        request=request,
        inputs={name: MemoryStore() for name in STAGE.needs},
        outputs={"monitored": out},
        scratch=MemoryStore(),
        note=notes.append,
    )
    run(work)
    return dict(out.files), notes[-1]


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ([], "no alarm"),
        ([{**ALARM, "weight": "note"}], "no alarm"),
        ([ALARM], "price moved"),
        ([ALARM, {**ALARM, "says": "CPI moved"}], "price moved; and 1 more"),
    ],
)
def test_what_was_found_is_kept_as_it_is_and_the_first_alarm_is_told(
    ask: MakeRequest, findings: list[dict[str, str]], said: str
) -> None:
    made = {"drift_summary.json": json_bytes({"findings": findings}), "schema_summary.json": b"{}"}
    assert watched(replace(ask({}), monitor=lambda: made)) == (made, said)


def test_a_run_that_nobody_watches_says_so(ask: MakeRequest) -> None:
    files, note = watched(ask({}))
    assert json.loads(files.pop("monitored.json")) == {
        "available": False,
        "reason": "the run was given nothing that watches",
    }
    assert files == {}
    assert note == "nothing to compare: the run was given nothing that watches"


def test_a_threshold_of_the_watch_that_has_changed_is_told_with_both_values(
    house: House, ask: MakeRequest
) -> None:
    def request(least_rows: int) -> Request:
        watch = MonitoringSpec(least_rows=least_rows)
        one = ask({})
        return replace(one, project=replace(one.project, monitoring=watch), monitor=lambda: {})

    assert house.run(request(77), (STAGE,)) == ["monitor"]
    assert reasons(STAGE, request(77), house.workspace) == ()
    assert [one.says for one in reasons(STAGE, request(78), house.workspace)] == [
        "parameter monitoring.least_rows: 77 -> 78"
    ]


def test_another_bundle_is_told_though_the_watch_opens_it_by_itself(
    house: House, ask: MakeRequest
) -> None:
    house.run(ask({}), (STAGE,))
    house.workspace.draft("bundle").write_bytes("model.json", b"{}")
    house.workspace.publish("refit", ["bundle"], b"{}")
    assert [one.says for one in reasons(STAGE, ask({}), house.workspace)] == [
        "input bundle/model.json is new"
    ]
