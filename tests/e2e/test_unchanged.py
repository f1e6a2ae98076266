"""A run that can change nothing: what it says, what it writes, and what makes it look closer."""

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import foresell
from foresell.api import RunResult
from foresell.pipeline.scheduling import Part
from foresell.pipeline.work import Event
from foresell.settings import read_settings
from foresell.wiring.asked import Asked
from foresell.wiring.origins import Given
from foresell.wiring.unchanged import Unchanged, unchanged
from tests.builders import snapshot

_OWN = ("run_id", "run.json", "run.log")
_REST_S = 2.2  # a file that is younger vouches for nothing


class Sealed:
    """A trained home whose last run found nothing to do, and its raw files."""

    def __init__(self, whole: Path, folder: Path) -> None:
        self.home, self.data = folder / "home", folder / "data"
        shutil.copytree(whole / "home", self.home)
        shutil.copytree(whole / "data", self.data)
        self.events: list[Event] = []
        self.run()  # the folder of the raw files is another: sources.json says so
        time.sleep(_REST_S)
        self.first = self.run()

    def run(self) -> RunResult:
        self.events.clear()
        return foresell.run(
            "walmart", data=self.data, preset="fast", home=self.home, track=False,
            listen=self.events.append,
        )  # fmt: skip

    def ask(self, *, part: Part | None = None, track: bool = False, **said: object) -> bool:
        """Tell whether a run asked for this has nothing to do, as far as its seal says."""
        asked = replace(Asked(given=Given(data=self.data), preset="fast"), **said)  # type: ignore[arg-type]
        settings = read_settings(self.home)
        found = unchanged("walmart", asked, part or Part(), settings, lambda _: None, track=track)
        assert found is None or isinstance(found, Unchanged)
        return found is not None

    def files(self) -> dict[str, bytes]:
        found = snapshot(self.home / "walmart")
        return {name: content for name, content in found.items() if name not in _OWN}


@pytest.fixture(scope="module")
def sealed(whole: tuple[Path, RunResult], tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    return Sealed(whole[0], tmp_path_factory.mktemp("sealed"))


def test_a_run_that_changes_nothing_keeps_every_stage_and_writes_nothing_but_its_own_facts(
    sealed: Sealed,
) -> None:
    files = sealed.files()
    times = {name: (sealed.home / "walmart" / name).stat().st_mtime_ns for name in files}
    assert sealed.ask()
    second = sealed.run()
    assert [event.kind for event in sealed.events] == ["kept"] * len(second.seconds)
    assert sealed.files() == files
    now = {name: (sealed.home / "walmart" / name).stat().st_mtime_ns for name in files}
    assert now == times
    kept = json.loads((sealed.home / "walmart" / "run.json").read_bytes())
    log = (sealed.home / "walmart" / "run.log").read_text().splitlines()[-1]
    assert kept["run_id"] == second.run_id
    assert log.split(maxsplit=1)[1] == f"{second.run_id} quality kept {log.rpartition('kept ')[2]}"


def test_its_result_is_that_of_the_run_that_looked_at_everything(sealed: Sealed) -> None:
    second = sealed.run()
    assert second.run_id != sealed.first.run_id
    for name in ("leaderboard", "value_added"):
        assert getattr(second, name).equals(getattr(sealed.first, name))
    told, before = (
        replace(one, run_id="", leaderboard=None, value_added=None, protocols={})
        for one in (second, sealed.first)
    )
    assert told == before
    assert second.registration is not None
    assert (second.registration["new"], second.registration["changes"]) == (False, {})


@pytest.mark.parametrize(
    "said",
    [
        {"force": True},
        {"preset": "default"},
        {"override": "a reason"},
        {"selection": "tuned"},
        {"part": Part(until="split")},
        {"part": Part(only=("split",))},
        {"track": True},
        {"given": Given()},
    ],
)
def test_who_asks_for_something_else_is_answered_by_a_whole_look(
    said: dict[str, object], sealed: Sealed
) -> None:
    assert not sealed.ask(**said)  # type: ignore[arg-type]


def test_a_raw_file_with_other_bytes_of_the_same_size_and_time_is_seen(sealed: Sealed) -> None:
    raw = sealed.data / "train.csv"
    content, told = raw.read_bytes(), raw.stat()
    raw.write_bytes(content.replace(b"2010-02-12,1", b"2010-02-12,2", 1))
    os.utime(raw, ns=(told.st_atime_ns, told.st_mtime_ns))
    assert raw.stat().st_size == told.st_size
    assert not sealed.ask()
    raw.write_bytes(content)
    os.utime(raw, ns=(told.st_atime_ns, told.st_mtime_ns))
    os.utime(sealed.data, ns=(told.st_atime_ns, sealed.data.stat().st_mtime_ns))
    assert sealed.ask()


def _edited(home: Path) -> None:
    place = home / "walmart" / "splits" / "split.json"
    place.write_bytes(place.read_bytes() + b" ")


def _unrecorded(home: Path) -> None:
    (home / "walmart" / ".state" / "split.json").unlink()


def _damaged(home: Path) -> None:
    seal = home / "_pipeline" / "seals" / "walmart.json"
    seal.write_bytes(seal.read_bytes()[:-9])


def _promoted(home: Path) -> None:
    foresell.promote("walmart", 1, to="prod", reason="a test", home=home)


@pytest.mark.parametrize(
    ("what", "done"),
    [
        (_damaged, []),
        (_edited, ["split"]),
        (_unrecorded, ["split"]),
        (_promoted, ["register"]),
    ],
)
def test_what_was_changed_since_is_found_by_the_next_run(
    what: Callable[[Path], None], done: list[str], sealed: Sealed
) -> None:
    what(sealed.home)
    assert not sealed.ask()
    sealed.run()
    found = [event.stage for event in sealed.events if event.kind == "done"]
    assert [name for name in found if name != "monitor"] == done
