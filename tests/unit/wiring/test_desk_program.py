"""The children that desks start: which bundle they answer with, and that they always end."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

import pytest

from foresell.adapters.vault import open_vault
from foresell.errors import DataError, MachineError
from foresell.govern.keeping import keep_bundle
from foresell.serving.crossing_errors import opened
from foresell.serving.frames import framed, read_frame
from foresell.serving.problems import Refused, refusal_of
from foresell.settings import Settings
from foresell.spec.serving import Live, Place
from foresell.wiring.desk_program import Bundles, answered
from foresell.wiring.placed_bundles import placed_bundle
from tests.served_bundles import ROW, answering_bundle
from tests.shadowed_server import in_folder
from tests.small_bundles import stored

LONG_S = 30.0


def settings(home: Path) -> Settings:
    return Settings(home=home, projects=(), artifacts=str(home / "objects"))


def question(live: Live, do: str = "explain", **more: object) -> Mapping[str, Any]:
    return {"number": 3, "do": do, "place": asdict(live.place), "digest": live.digest, **more}


@contextmanager
def program(kind: str, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "-m", "foresell.wiring.desk_program", kind, str(home), "json"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        try:
            yield started
        finally:
            started.kill()


def pipes(started: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert started.stdin is not None
    assert started.stdout is not None
    return started.stdin, started.stdout


def test_a_version_is_found_by_its_digest_without_the_registry(tmp_path: Path) -> None:
    kept = answering_bundle(answer=7.0)
    digest = keep_bundle(stored(kept), open_vault(str(tmp_path / "objects")))

    found = placed_bundle(Place(project="toy", version=1), digest, settings(tmp_path))

    assert found.model == kept.model
    assert not (tmp_path / "_registry").exists()


def test_a_folder_is_read_only_while_it_holds_the_bundle_that_is_meant(tmp_path: Path) -> None:
    first = in_folder(answering_bundle(answer=7.0), tmp_path / "bundle")
    shutil.rmtree(tmp_path / "bundle")
    second = in_folder(answering_bundle(answer=8.0), tmp_path / "bundle")

    with pytest.raises(Refused, match="has been replaced") as refused:
        placed_bundle(first.place, first.digest, settings(tmp_path))
    assert refused.value.status == 503
    found = placed_bundle(second.place, second.digest, settings(tmp_path))
    assert found.model == answering_bundle(answer=8.0).model


def test_a_file_that_was_changed_is_not_answered_with(tmp_path: Path) -> None:
    live = in_folder(answering_bundle(), tmp_path / "bundle")
    (tmp_path / "bundle" / "contract.yaml").write_text("name: other\n")

    with pytest.raises(DataError, match=r"contract\.yaml is not the file that was written"):
        placed_bundle(live.place, live.digest, settings(tmp_path))


def test_the_last_two_bundles_of_a_project_stay_loaded(tmp_path: Path) -> None:
    lives = [
        in_folder(answering_bundle(answer=float(one)), tmp_path / str(one)) for one in range(3)
    ]
    bundles = Bundles(settings(tmp_path))

    def bundle(one: int) -> object:
        return bundles.bundle(asdict(lives[one].place), lives[one].digest)

    zero, first = bundle(0), bundle(1)
    assert bundle(0) is zero
    second = bundle(2)
    shutil.rmtree(tmp_path / "0")
    shutil.rmtree(tmp_path / "1")
    assert (bundle(0), bundle(2)) == (zero, second)
    with pytest.raises(Refused, match="is gone"):
        bundle(1)
    assert first is not None


def test_a_bundle_that_cannot_be_loaded_is_the_machines_trouble_and_not_the_callers(
    tmp_path: Path,
) -> None:
    gone = Live(
        project="toy",
        alias="",
        version="1",
        digest="0" * 64,
        run_id="",
        place=Place(project="toy", version=1),
    )
    broken = in_folder(answering_bundle(), tmp_path / "bundle")
    (tmp_path / "bundle" / "contract.yaml").write_text("name: other\n")

    for live in (gone, broken):
        reply = answered(question(live, rows=[ROW]), Bundles(settings(tmp_path)))
        with pytest.raises(MachineError, match="cannot be loaded") as raised:
            opened(reply)
        refusal = refusal_of(raised.value)
        assert refusal is not None
        assert (refusal.status, refusal.where) == (503, "server")


def test_a_folder_that_is_gone_is_503_and_says_what_is_lost(tmp_path: Path) -> None:
    live = in_folder(answering_bundle(), tmp_path / "bundle")
    shutil.rmtree(tmp_path / "bundle")

    with pytest.raises(Refused, match="is gone from its folder") as refused:
        placed_bundle(live.place, live.digest, settings(tmp_path))
    assert refused.value.status == 503
    assert "explanations and what-ifs of this version are lost" in refused.value.mend


@pytest.mark.parametrize("log", ["json", "off"])
def test_what_a_child_says_of_its_end_is_a_line_of_the_log(log: str, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "foresell.wiring.desk_program", "explain", str(tmp_path), log]
    sent = framed({"no": "number"})
    ended = subprocess.run(words, input=sent, capture_output=True, timeout=LONG_S, check=False)

    assert ended.returncode == 1
    if log == "off":
        assert b"KeyError: 'number'" in ended.stderr
        return
    (line,) = map(json.loads, ended.stderr.splitlines())
    assert (line["level"], line["desk"]) == ("ERROR", "explain")
    assert "KeyError: 'number'" in line["exception"]


def test_a_warning_in_a_child_is_a_line_of_the_log(tmp_path: Path) -> None:
    code = (
        "import sys, warnings\n"
        "from foresell.wiring import desk_program\n"
        "desk_program.work = lambda *_: warnings.warn('too large', RuntimeWarning)\n"
        "desk_program._begin('explain', sys.argv[1], 'json')\n"
    )
    words = [sys.executable, "-W", "always", "-c", code, str(tmp_path)]
    ended = subprocess.run(words, capture_output=True, timeout=LONG_S, check=True)

    (line,) = map(json.loads, ended.stderr.splitlines())
    assert (line["level"], line["logger"]) == ("WARNING", "py.warnings")
    assert "too large" in line["message"]


def test_a_verb_that_nobody_knows_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    live = in_folder(answering_bundle(), tmp_path / "bundle")

    reply = answered(question(live, "explains"), Bundles(settings(tmp_path)))

    assert reply == {
        "number": 3,
        "error": {
            "kind": "UsageError",
            "what": "nobody here can 'explains'",
            "where": "do",
            "mend": "did you mean 'explain'? Known: explain",
        },
    }


def test_the_program_answers_frame_by_frame_and_ends_with_its_input(tmp_path: Path) -> None:
    live = in_folder(answering_bundle(), tmp_path / "bundle")
    broken = {**ROW, "pieces": 0}

    with program("explain", tmp_path) as started:
        into, out = pipes(started)
        into.write(framed(question(live, rows=[broken])))
        into.write(framed(question(replace(live, digest="0" * 64), rows=[ROW])))
        into.flush()
        first, second = read_frame(out), read_frame(out)
        into.close()
        code = started.wait(LONG_S)

    assert first is not None
    assert second is not None
    assert code == 0
    with pytest.raises(Refused) as refused:
        opened(first)
    assert [(one.field, one.rule) for one in refused.value.fields] == [("pieces", "minimum")]
    with pytest.raises(Refused, match="has been replaced"):
        opened(second)


@pytest.mark.parametrize("kind", ["explain", "shadow"])
def test_a_program_that_hangs_ends_all_the_same_when_its_input_does(
    kind: str, tmp_path: Path
) -> None:
    """The listing of the bundle is a pipe that nobody writes to: reading it never ends."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    os.mkfifo(folder / "checksums.json")
    place = asdict(Place(project="toy", folder=str(folder)))
    shadow = {"place": place, "digest": "0" * 64, "version": "2", "project": "toy"}
    note = {"predictions": [1.0], "given": {}, "shadow": shadow}
    asked = {"number": 1, "do": "explain", "place": place, "digest": "0" * 64}

    with program(kind, tmp_path) as started:
        into, _ = pipes(started)
        into.write(framed(asked if kind == "explain" else {"notes": [note]}))
        into.flush()
        time.sleep(1.0)
        assert started.poll() is None
        into.close()
        assert started.wait(LONG_S) == 1


def test_half_a_frame_counts_as_none(tmp_path: Path) -> None:
    with program("explain", tmp_path) as started:
        into, out = pipes(started)
        into.write(framed({"number": 1})[:-3])
        into.close()
        assert read_frame(out) is None
        assert started.wait(LONG_S) == 0
