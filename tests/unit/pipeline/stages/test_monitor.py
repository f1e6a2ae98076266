"""What the watch of a run finds is kept and told, and fails no run."""

import json
from dataclasses import replace

import pytest

from foresell.adapters.store import MemoryStore
from foresell.pipeline.stages.monitor import run
from foresell.pipeline.work import Request, Work
from foresell.pipeline.writing import json_bytes
from tests.unit.pipeline.conftest import MakeRequest

ALARM = {"weight": "alarm", "says": "price moved"}


def watched(request: Request) -> tuple[dict[str, bytes], str]:
    """Return the files and the last note of the stage."""
    out, notes = MemoryStore(), list[str]()
    work = Work(
        request=request,
        inputs={},
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
