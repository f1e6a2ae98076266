import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foresell.errors import GateError, SpecError
from foresell.pipeline import source_files
from foresell.pipeline.runner import Runner
from foresell.pipeline.staleness import Reason, StageState, reasons, states
from foresell.pipeline.work import Request, Stage, Work
from tests.builders import weekly_files
from tests.unit.pipeline.conftest import GROUND, House, MakeRequest

RAW = weekly_files(stores=2, depts=1, weeks=120)


@pytest.fixture
def request_(ask: MakeRequest) -> Request:
    return ask(RAW)


def told(
    house: House, request: Request, stages: tuple[Stage, ...] = GROUND
) -> Mapping[str, tuple[str, list[str]]]:
    """State and reasons of each stage, in words."""
    return {
        one.stage: (one.state, [reason.says for reason in one.reasons])
        for one in states(stages, request, house.workspace)
    }


FRESH: tuple[str, list[str]] = ("fresh", [])
FOLLOWS: tuple[str, list[str]] = ("follows", [])


def test_before_the_first_run_no_stage_was_ever_done(house: House, request_: Request) -> None:
    never = ("never", ["it was never done"])
    assert told(house, request_) == dict.fromkeys(
        ("manifest", "ingest", "validate", "split"), never
    )


def test_after_a_run_every_stage_is_fresh_and_asking_writes_nothing(
    house: House, request_: Request
) -> None:
    house.run(request_)
    files, records = house.files(), dict(house.workspace.records)
    assert told(house, request_) == dict.fromkeys((stage.name for stage in GROUND), FRESH)
    assert (house.files(), house.workspace.records) == (files, records)


def test_a_changed_raw_file_is_named_and_all_that_reads_it_follows(
    house: House, ask: MakeRequest
) -> None:
    house.run(ask(RAW))
    changed = RAW["train.csv"].replace(b"2010-02-12,1", b"2010-02-12,2", 1)
    now = told(house, ask(RAW | {"train.csv": changed}))
    assert now == {
        "manifest": ("stale", ["source train.csv has changed"]),
        "ingest": FOLLOWS,
        "validate": FOLLOWS,
        "split": FOLLOWS,
    }


def test_what_a_status_calls_stale_is_what_a_run_then_does(house: House, ask: MakeRequest) -> None:
    house.run(ask(RAW))
    request = replace(ask(RAW), project=replace(ask(RAW).project, horizon=40))
    stale = [one.stage for one in states(GROUND, request, house.workspace) if one.state != "fresh"]
    assert stale == ["validate", "split"]
    assert house.run(request) == stale


def test_a_changed_parameter_is_told_with_its_values_at_the_stages_that_read_it(
    house: House, request_: Request
) -> None:
    house.run(request_)
    before = request_.project.horizon
    now = told(house, replace(request_, project=replace(request_.project, horizon=40)))
    assert now["validate"] == ("stale", [f"parameter horizon: {before} -> 40"])
    assert (now["manifest"], now["ingest"]) == (FRESH, FRESH)


def test_of_a_long_parameter_only_the_leaves_that_changed_are_told(
    house: House, request_: Request
) -> None:
    house.run(request_)
    tables = (replace(request_.project.tables[0], na=("none",)), *request_.project.tables[1:])
    now = told(house, replace(request_, project=replace(request_.project, tables=tables)))
    state, says = now["manifest"]
    assert state == "stale"
    assert [word.split(":")[0] for word in says] == ["parameter tables.0.na"]
    assert says[0].endswith('-> ["none"]')


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("changed", "output landing/report.json has changed"),
        ("removed", "output landing/report.json is gone"),
        ("added", "output landing/stray.bin is new"),
    ],
)
def test_an_output_that_was_tampered_with_is_named_where_it_was_made_and_where_it_is_read(
    how: str, says: str, house: House, request_: Request
) -> None:
    house.run(request_)
    landing = house.workspace.published["landing"].files
    if how == "changed":
        landing["report.json"] += b" "
    elif how == "removed":
        del landing["report.json"]
    else:
        landing["stray.bin"] = b""
    now = told(house, request_)
    assert now["ingest"] == ("stale", [says])
    assert now["validate"] == ("stale", [says.replace("output", "input")])
    assert now["split"] == FOLLOWS


def test_another_release_of_a_library_is_told_with_both_releases(
    house: House, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.run(request_)
    record = json.loads(house.workspace.records["split"])
    versions = {**record["libraries"], "polars": "0.1"}
    monkeypatch.setattr("foresell.pipeline.staleness.libraries", lambda: versions)
    now = told(house, request_)
    assert now["split"] == ("stale", [f"library polars: {record['libraries']['polars']} -> 0.1"])


def test_a_record_that_is_damaged_or_of_another_foresell_vouches_for_nothing(
    house: House, request_: Request
) -> None:
    house.run(request_)
    house.workspace.records["ingest"] = b"{ half a rec"
    record = json.loads(house.workspace.records["split"])
    house.workspace.records["split"] = json.dumps({**record, "record": 1}).encode()
    now = told(house, request_)
    assert now["ingest"] == ("never", ["it was never done"])
    assert now["split"] == ("stale", ["it was done by another foresell"])


def made(run: Any, **declared: Any) -> Stage:
    return Stage(**{
        "name": "made",
        "run": run,
        "needs": (),
        "makes": ("made",),
        "says": "",
        **declared,
    })


def test_a_stage_that_did_not_pass_has_failed_though_nothing_has_changed(
    house: House, request_: Request
) -> None:
    def run(work: Work) -> GateError:
        work.outputs["made"].write_bytes("found", b"look at me")
        return GateError("it", "did", "not pass")

    for gated in ((), ("made",)):
        stage = made(run, gated=gated)
        with pytest.raises(GateError):
            house.run(request_, (stage,))
        assert told(house, request_, (stage,)) == {"made": ("failed", ["it did not pass"])}


def test_what_is_outside_is_named_and_a_source_that_cannot_be_seen_is_told(
    house: House, ask: MakeRequest
) -> None:
    house.run(ask(RAW))
    found = states(GROUND[:1], ask({}), house.workspace)
    assert [(one.state, one.looks, bool(one.unseen)) for one in found] == [
        ("fresh", ("source",), True)
    ]


def test_code_that_changed_is_named_by_its_module(
    house: House, request_: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(name="made", run="shop.stage:run", needs=(), makes=("made",), says="")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "stage.py").write_text("import shop.far\ndef run(work): ...\n")
    (tmp_path / "shop" / "far.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for cached in (source_files.code_files, source_files.package_of):
        cached.cache_clear()
    house.run(request_, (stage,))
    (tmp_path / "shop" / "far.py").write_text("# changed\n")
    (tmp_path / "shop" / "stage.py").write_text("import shop.far\nimport shop.near\n")
    (tmp_path / "shop" / "near.py").write_text("")
    for cached in (source_files.code_files, source_files.package_of):
        cached.cache_clear()
    assert told(house, request_, (stage,))["made"] == (
        "stale",
        ["code shop.far has changed", "code shop.near is new", "code shop.stage has changed"],
    )


def test_reasons_of_a_fresh_stage_are_none(house: House, request_: Request) -> None:
    house.run(request_)
    assert [reasons(stage, request_, house.workspace) for stage in GROUND] == [()] * 4


def test_a_parameter_that_is_read_and_not_declared_is_refused_and_nothing_is_published(
    house: House, request_: Request
) -> None:
    stage = made(lambda work: work.project.seed and None, reads=("horizon",))
    with pytest.raises(SpecError) as caught:
        house.run(request_, (stage,))
    assert caught.value.args == (
        "the stage 'made' reads the parameter seed and does not declare it",
        "stage 'made', reads",
        "add what it reads to reads of the stage, or let it be",
    )
    assert house.workspace.record("made") is None


@pytest.mark.parametrize(
    ("run", "what", "where"),
    [
        (lambda work: work.inputs["far"], "reads 'far'", "needs"),
        (lambda work: work.outputs["far"], "writes 'far'", "makes"),
    ],
)
def test_an_input_or_output_that_is_not_declared_is_refused_by_name(
    run: Any, what: str, where: str, house: House, request_: Request
) -> None:
    with pytest.raises(SpecError) as caught:
        house.run(request_, (made(run),))
    assert caught.value.what == f"the stage 'made' {what} and does not declare it"
    assert caught.value.where == f"stage 'made', {where}"
    assert [event.kind for event in house.events] == ["started", "failed"]


class World:
    """A world outside that is known at a glance."""

    def __init__(self) -> None:
        self.state, self.seen = "old", dict[str, str]()

    def now(self, stage: Stage, request: Request) -> str | None:
        return self.state if stage.looks and not request.force else None

    def last(self, stage: Stage) -> str | None:
        return self.seen.get(stage.name)

    def keep(self, stage: Stage, seen: str) -> None:
        self.seen[stage.name] = seen


def test_a_stage_looks_outside_until_it_found_nothing_new_and_again_when_the_world_changes(
    house: House, request_: Request
) -> None:
    world, looks = World(), list[str]()

    def look(work: Work) -> None:
        looks.append(world.state)
        work.outputs["made"].write_bytes("found", world.state.encode())

    runner = Runner(
        workspace=house.workspace, clock=lambda: 0.0, listen=house.events.append, outside=world
    )
    stage = made(look, always=True, looks=("registry",))
    for state in ("old", "old", "old", "new", "new", "new"):
        world.state = state
        runner.run((stage,), request_)
    assert looks == ["old", "old", "new", "new"]
    kinds = [event.kind for event in house.events if event.kind != "started"]
    assert kinds == ["done", "kept", "kept", "done", "kept", "kept"]


def test_a_stage_that_follows_names_those_it_waits_for() -> None:
    state = StageState(stage="split", state="follows", after=("validate",))
    assert (state.after, state.reasons) == (("validate",), ())


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        (Reason(cause="source", what="a.csv", change="touched"),
         "source a.csv was touched, with the same bytes"),
        (Reason(cause="library", what="numpy", change="new", after="2.4"),
         "library numpy: none -> 2.4"),
    ],
)  # fmt: skip
def test_a_reason_is_said_in_one_line(reason: Reason, says: str) -> None:
    assert reason.says == says
