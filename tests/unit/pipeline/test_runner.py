import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foresell.errors import DataError, ForesellError, GateError, UsageError
from foresell.pipeline import source_files
from foresell.pipeline.runner import Runner, until
from foresell.pipeline.work import Event, Request, Stage, Work
from foresell.spec.ports import PROVENANCE
from tests.builders import weekly_files
from tests.unit.pipeline.conftest import GROUND, House, MakeRequest

NAMES = [stage.name for stage in GROUND]
RAW = weekly_files(stores=2, depts=1, weeks=120)


@pytest.fixture
def request_(ask: MakeRequest) -> Request:
    return ask(RAW)


def test_a_first_run_does_every_stage_in_order(house: House, request_: Request) -> None:
    assert house.run(request_) == NAMES
    assert {name.split("/")[0] for name in house.files()} == {
        *("manifest", "sources", "landing", "asked", "processed", "quarantine", "checks", "splits")
    }


def test_nothing_is_done_again_when_nothing_changed(house: House, request_: Request) -> None:
    house.run(request_)
    before = house.files()
    assert house.run(request_) == []
    assert [event.stage for event in house.events if event.kind == "kept"] == NAMES
    assert house.files() == before


@pytest.mark.parametrize(
    ("name", "value", "done"),
    [
        ("title", "Another title", []),
        ("season", 26, []),
        ("seed", 1, []),
        ("horizon", 40, ["validate", "split"]),
        ("asked", None, ["manifest", "ingest"]),
        ("nonnegative", True, []),
    ],
)
def test_a_changed_parameter_does_again_exactly_the_stages_that_read_it(
    name: str, value: Any, done: list[str], house: House, request_: Request
) -> None:
    house.run(request_)
    project = replace(request_.project, **{name: value})
    assert house.run(replace(request_, project=project)) == done


def test_a_preset_that_no_stage_read_changes_nothing(house: House, request_: Request) -> None:
    house.run(request_)
    assert house.run(replace(request_, preset="best", override="why not")) == []


def test_one_changed_byte_of_a_source_does_again_all_that_it_reaches(
    house: House, ask: MakeRequest
) -> None:
    house.run(ask(RAW))
    changed = RAW["train.csv"].replace(b"FALSE\n1,1,2010-02-12,1", b"FALSE\n1,1,2010-02-12,2", 1)
    assert changed != RAW["train.csv"]
    assert house.run(ask(RAW | {"train.csv": changed})) == [
        "manifest",
        "ingest",
        "validate",
        "split",
    ]


def test_a_change_that_stops_mattering_is_followed_no_further(
    house: House, ask: MakeRequest
) -> None:
    house.run(ask(RAW))
    crlf = RAW["train.csv"].replace(b"\n", b"\r\n")
    assert house.run(ask(RAW | {"train.csv": crlf})) == ["manifest", "ingest"]


@pytest.mark.parametrize("how", ["changed", "removed", "added"])
def test_an_output_that_was_tampered_with_is_made_again(
    how: str, house: House, request_: Request
) -> None:
    house.run(request_)
    before = house.files()
    landing = house.workspace.published["landing"].files
    if how == "changed":
        landing["report.json"] += b" "
    elif how == "removed":
        del landing["report.json"]
    else:
        landing["stray.bin"] = b""
    assert house.run(request_) == ["ingest"]
    assert house.files() == before


def test_a_stage_without_a_record_runs_again(house: House, request_: Request) -> None:
    house.run(request_)
    before = house.files()
    del house.workspace.records["validate"]
    assert house.run(request_) == ["validate"]
    assert house.files() == before


def test_another_release_of_a_library_does_everything_again(
    house: House, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.run(request_)
    for asking in ("staleness", "records"):
        monkeypatch.setattr(f"foresell.pipeline.{asking}.libraries", lambda: {"polars": "0"})
    assert house.run(request_) == NAMES


SOURCE = """
from house.far import WORD

def run(work):
    work.outputs["made"].write_bytes("word", WORD)
"""


def imported_stage(folder: Path, monkeypatch: pytest.MonkeyPatch, word: str) -> Stage:
    """A stage from a package on disk, imported as a new process would."""
    (folder / "house").mkdir(exist_ok=True)
    for name, text in {"__init__": "", "stage": SOURCE, "far": f"WORD = b{word!r}\n"}.items():
        (folder / "house" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name in [name for name in sys.modules if name.split(".")[0] == "house"]:
        monkeypatch.delitem(sys.modules, name)
    for cached in (source_files.code_files, source_files.package_of):
        cached.cache_clear()
    run = __import__("house.stage", fromlist=["run"]).run
    return Stage(name="made", run=run, needs=(), makes=("made",), says="")


def test_a_stage_whose_imported_code_changed_runs_again(
    house: House, request_: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [
        house.run(request_, (imported_stage(tmp_path, monkeypatch, word),))
        for word in ("old", "old", "new")
    ]
    assert runs == [["made"], [], ["made"]]
    assert made(house) == {"made/word": b"new"}


def made(house: House) -> dict[str, bytes]:
    """What stages have written, without what the runner says of it."""
    files = house.files()
    return {name: files[name] for name in files if not name.endswith(PROVENANCE)}


def writing(failure: ForesellError | None) -> Stage:
    def run(work: Work) -> ForesellError | None:
        work.outputs["made"].write_bytes("found", b"look at me")
        return failure

    return Stage(name="made", run=run, needs=(), makes=("made",), says="")


def test_a_result_that_did_not_pass_is_kept_to_be_read_and_the_stage_is_not_done(
    house: House, request_: Request
) -> None:
    failure = GateError("it", "did", "not pass")
    for _ in range(2):
        with pytest.raises(GateError, match=r"^it\n"):
            house.run(request_, (writing(failure),))
        assert made(house) == {"made/found": b"look at me"}
    assert [event.kind for event in house.events] == ["started", "failed"]
    assert house.run(request_, (writing(None),)) == ["made"]


def test_what_a_stage_gates_stays_as_it_last_passed_when_a_result_does_not(
    house: House, request_: Request
) -> None:
    def stage(word: bytes, failure: ForesellError | None) -> Stage:
        def run(work: Work) -> ForesellError | None:
            assert work.contract.version
            work.outputs["made"].write_bytes("found", word)
            work.outputs["why"].write_bytes("found", word)
            return failure

        return Stage(
            name="made", run=run, needs=(), makes=("made", "why"), says="", gated=("made",)
        )

    house.run(request_, (stage(b"good", None),))
    with pytest.raises(GateError):
        house.run(
            replace(request_, contract=replace(request_.contract, version="2.0.0")),
            (stage(b"bad", GateError("it", "did", "not pass")),),
        )

    assert made(house) == {"made/found": b"good", "why/found": b"bad"}


def test_a_stage_that_raises_publishes_nothing_and_earlier_ones_stay(
    house: House, request_: Request
) -> None:
    def run(work: Work) -> None:
        work.outputs["late"].write_bytes("half", b"written")
        raise DataError("no", "way", "out")

    late = Stage(name="late", run=run, needs=("made",), makes=("late",), says="")
    with pytest.raises(DataError):
        house.run(request_, (writing(None), late))
    assert made(house) == {"made/found": b"look at me"}
    assert house.workspace.record("late") is None


def test_a_stage_is_told_of_by_its_start_its_notes_and_its_end(
    house: House, request_: Request
) -> None:
    def run(work: Work) -> None:
        work.note("half way")

    house.run(request_, (Stage(name="made", run=run, needs=(), makes=(), says="a thing"),))
    assert house.events == [
        Event(kind="started", stage="made", text="a thing"),
        Event(kind="note", stage="made", text="half way"),
        Event(kind="done", stage="made", text="a thing", seconds=0.0),
    ]


@pytest.mark.parametrize(("last", "names"), [(None, NAMES), ("ingest", NAMES[:2])])
def test_a_run_goes_up_to_the_last_stage_asked_for(last: str | None, names: list[str]) -> None:
    assert [stage.name for stage in until(GROUND, last)] == names


def test_an_unknown_last_stage_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError) as caught:
        until(GROUND, "injest")
    assert caught.value.args == (
        "there is no stage 'injest'",
        "--until",
        "did you mean 'ingest'? Known: ingest, manifest, split, validate",
    )


def test_every_output_says_which_contract_its_rows_have_passed(
    house: House, request_: Request
) -> None:
    house.run(request_, (writing(None),))

    assert json.loads(house.files()[f"made/{PROVENANCE}"]) == {
        "project": "walmart",
        "stage": "made",
        "contract": {"version": "1.0.0", "sha256": request_.contract.digest},
        "synthetic": False,
    }


def test_by_force_every_stage_is_done_again_to_the_same_bytes(
    house: House, request_: Request
) -> None:
    house.run(request_)
    before = house.files()
    assert house.run(replace(request_, force=True)) == NAMES
    assert house.files() == before
    assert house.run(request_) == []


def test_a_stage_can_ask_which_run_did_another_and_whether_by_force(request_: Request) -> None:
    house, heard = House(), list[tuple[str, bool, str]]()

    def ask(work: Work) -> None:
        heard.append((work.run_of("first"), work.forced("first"), work.run_of("unknown")))

    first = Stage(name="first", run=lambda _: None, needs=(), makes=("first",), says="")
    asking = Stage(name="asking", run=ask, needs=(), makes=("asked_of",), says="", always=True)
    runner = Runner(
        workspace=house.workspace, clock=lambda: 0.0, listen=house.events.append, run_id="one"
    )
    runner.run((first, asking), request_)
    replace(runner, run_id="two").run((first, asking), request_)
    replace(runner, run_id="three").run((first, asking), replace(request_, force=True))
    replace(runner, run_id="four").run((first, asking), request_)
    assert json.loads(house.workspace.record("asking") or b"")["run_id"] == "three"
    assert heard == [
        ("one", False, ""),
        ("one", False, ""),
        ("three", True, ""),
        ("three", True, ""),
    ]


def test_a_stage_sees_what_it_made_last_only_while_nothing_it_depends_on_changed(
    request_: Request,
) -> None:
    house, heard = House(), list[bytes | None]()

    def look(work: Work) -> None:
        last = work.last("seen")
        heard.append(last.read_bytes("word") if last is not None else None)
        work.outputs["seen"].write_bytes("word", work.preset.encode())

    looking = (Stage(name="look", run=look, needs=(), makes=("seen",), says="", always=True),)
    house.run(request_, looking)
    house.run(request_, looking)
    house.run(replace(request_, preset="fast"), looking)
    house.run(replace(request_, preset="fast", force=True), looking)
    house.run(replace(request_, preset="fast"), looking)
    house.workspace.output("seen").write_bytes("word", b"edited")
    house.run(replace(request_, preset="fast"), looking)
    assert heard == [None, b"default", None, None, b"fast", None]
