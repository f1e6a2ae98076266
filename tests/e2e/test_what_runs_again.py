"""One changed byte, parameter or rule runs again what depends on it, and nothing else."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import foresell
from foresell.pipeline.graph import PANEL_STAGES
from foresell.pipeline.work import Event
from tests.builders import weekly_files, write_files

ALL = [stage.name for stage in PANEL_STAGES if stage.name != "risk"]  # no segment is declared
SHIPPED = Path(foresell.__file__).parent / "projects" / "walmart"
Change = Callable[[Path], None]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, declaration and workspace, in which everything is up to date."""
    place = tmp_path_factory.mktemp("done")
    write_files(place / "data", weekly_files())
    texts = {path.name: path.read_bytes() for path in SHIPPED.glob("*.yaml")}
    write_files(place / "projects" / "walmart", texts)
    ran_in(place)
    return place


def ran_in(place: Path) -> list[str]:
    """Run in ``place`` and return the stages that did anything."""
    heard: list[Event] = []
    here = Path.cwd()
    os.chdir(place)
    try:
        foresell.run(
            "walmart",
            data=place / "data",
            preset="fast",
            home=place / "home",
            override="toy data",
            listen=heard.append,
        )
    finally:
        os.chdir(here)
    return [event.stage for event in heard if event.kind == "done"]


def edit(name: str, old: str, new: str) -> Change:
    def change(place: Path) -> None:
        path = place / name
        text = path.read_bytes().decode()
        assert old in text
        path.write_bytes(text.replace(old, new, 1).encode())

    return change


def touch(place: Path) -> None:
    for path in (place / "data").iterdir():
        os.utime(path, (1, 1))


def remove_forecast(place: Path) -> None:
    shutil.rmtree(place / "home" / "walmart" / "forecast")


LOOKED = "manifest"  # of a copy: its raw files are others, of the same bytes
PROJECT, CONTRACT = "projects/walmart/project.yaml", "projects/walmart/contract.yaml"
AFTER_REFIT = ["refit", "register", "forecast", "report", "monitor", "quality"]
CHANGES: dict[str, tuple[Change, list[str]]] = {
    "nothing": (lambda _: None, []),
    "the time of the files": (touch, []),
    "a byte of the sales": (edit("data/train.csv", "1,1,2010-02-05,", "1,1,2010-02-05,1"), ALL[1:]),
    "a byte of the rows asked for": (
        edit("data/test.csv", "TRUE", "FALSE"),
        ["ingest", "eda", *AFTER_REFIT],
    ),
    "a byte that means the same": (
        edit("data/stores.csv", "50000", "050000"),
        ["ingest", "eda", *AFTER_REFIT],
    ),
    "a parameter of one late stage": (
        edit(PROJECT, "segments: [Type]", "segments: []"),
        ["eda", "evaluate", *AFTER_REFIT],
    ),
    "a parameter of the features": (
        edit(PROJECT, "event_window_days: 28", "event_window_days: 21"),
        ["eda", "features", "train", "evaluate", *AFTER_REFIT],
    ),
    "a rule of the contract": (
        edit(CONTRACT, "version: 1.0.0", "version: 1.1.0"),
        ALL[1:],
    ),
    "a description in the contract": (
        edit(CONTRACT, "Number of the store.", "Which store."),
        ["ingest", "validate", "eda", *AFTER_REFIT],
    ),
    "a threshold of the watch": (
        edit(PROJECT, "monitoring:\n", "monitoring:\n  psi: 0.3\n"),
        ["monitor"],
    ),
    "an output that was lost": (remove_forecast, ["forecast"]),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_runs_what_depends_on_it_and_nothing_else(
    what: str, done: Path, tmp_path: Path
) -> None:
    change, expected = CHANGES[what]
    place = tmp_path / "place"
    shutil.copytree(done, place)

    change(place)

    assert ran_in(place) == [stage for stage in ALL if stage in {LOOKED, *expected}]
    assert ran_in(place) == []
