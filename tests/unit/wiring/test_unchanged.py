"""What a seal depends on: whatever a run could depend on makes another token, or none."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import foresell
from foresell.adapters.digest_cache import files_below
from foresell.adapters.sources import DirectorySource
from foresell.pipeline.source_files import package_of
from foresell.settings import read_settings
from foresell.spec.directories import DIRECTORIES
from foresell.spec.reading import parse_project
from foresell.wiring.asked import Asked
from foresell.wiring.origins import Given
from foresell.wiring.places import project_workspace
from foresell.wiring.unchanged import _is_what_runs, _raw, _token
from tests.builders import write_files

PATH = list(sys.path)
LATER = 3_000_000_000  # nanoseconds: a file written now is at rest by then
SHOP = Path(foresell.__file__).parent / "projects" / "walmart" / "project.yaml"


@dataclass(frozen=True)
class World:
    """All that a run of one project looks at, in a folder of its own."""

    folder: Path

    def token(self, *, after: int = LATER) -> str | None:
        """Return the token of the world as it is, some nanoseconds from now."""
        settings = read_settings(self.folder / "home")
        place = project_workspace("shop", settings)
        asked = Asked(given=Given(data="data"))
        return _token(["texts"], asked, place, settings, time.time_ns() + after)

    def write(self, name: str, text: str = "other") -> None:
        write_files(self.folder, {name: text.encode()})

    def link(self, name: str, to: str) -> None:
        """Put what is at ``name`` elsewhere, and a link in its place."""
        (self.folder / to).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).rename(self.folder / to)
        (self.folder / name).symlink_to(self.folder / to)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in (*DIRECTORIES, "FORESELL_REGISTRY", "FORESELL_ARTIFACTS", "FORESELL_PROJECTS"):
        monkeypatch.delenv(name, raising=False)
    files = (
        "home/shop/splits/split.json",
        "home/shop/features/day/rows",
        "home/shop/.state/split.json",
        "home/shop/run.log",
        "home/shop/.lock",
        "home/_registry/registry.db",
        "home/_registry/objects/ab/cd",
        "home/_tracking/shop/letter",
        "program/foresell/__init__.py",
        "program/foresell/stages.py",
        "program/foresell/stages.pyc",
        "libs/numpy-1.0.dist-info/METADATA",
        "more/notes",
    )
    write_files(tmp_path, dict.fromkeys(files, b"as it was"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(foresell, "__file__", str(tmp_path / "program/foresell/__init__.py"))
    monkeypatch.setattr(sys, "path", [str(tmp_path / one) for one in ("none", "more", "libs")])
    return World(tmp_path)


def _removed(name: str) -> Callable[[World], object]:
    return lambda world: (world.folder / name).unlink()


def _written(name: str) -> Callable[[World], object]:
    return lambda world: world.write(name)


CHANGES: dict[str, Callable[[World], object]] = {
    "an output was edited": _written("home/shop/splits/split.json"),
    "an output has one more file": _written("home/shop/features/day/more"),
    "an output is gone": _removed("home/shop/features/day/rows"),
    "a record was edited": _written("home/shop/.state/split.json"),
    "a record is gone": _removed("home/shop/.state/split.json"),
    "the registry was written": _written("home/_registry/registry.db"),
    "the registry is being written": _written("home/_registry/registry.db-wal"),
    "the vault holds more": _written("home/_registry/objects/ab/ef"),
    "the outbox is empty": _removed("home/_tracking/shop/letter"),
    "a file of the program was edited": _written("program/foresell/stages.py"),
    "the program has one more file": _written("program/foresell/more.py"),
    "a library is another": lambda world: (world.folder / "libs/numpy-1.0.dist-info").rename(
        world.folder / "libs/numpy-2.0.dist-info"
    ),
    "a library was put where none was": _written("more/numpy-2.0.dist-info/METADATA"),
    "libraries are found in another order": lambda _: sys.path.insert(0, sys.path.pop()),
}


def test_a_world_that_nobody_touched_has_the_same_token(world: World) -> None:
    first = world.token()
    assert first is not None
    assert world.token() == first


@pytest.mark.parametrize("change", list(CHANGES))
def test_whatever_a_run_depends_on_makes_another_token(change: str, world: World) -> None:
    if change == "libraries are found in another order":
        world.write("more/numpy-2.0.dist-info/METADATA")
    first = world.token()
    CHANGES[change](world)
    assert world.token() not in (first, None)


@pytest.mark.parametrize(
    "name", ["home/shop/run.log", "home/shop/.lock", "program/foresell/stages.pyc", "more/notes"]
)
def test_what_says_nothing_of_a_run_makes_no_other_token(name: str, world: World) -> None:
    first = world.token()
    world.write(name)
    assert world.token() == first


@pytest.mark.parametrize(
    ("output", "file"),
    [("splits", "split.json"), ("features", "day/rows"), (".state", "split.json")],
)
def test_what_is_edited_behind_a_link_makes_another_token(
    output: str, file: str, world: World
) -> None:
    world.link(f"home/shop/{output}", f"disk/{output}")
    first = world.token()
    world.write(f"disk/{output}/{file}")
    assert world.token() not in (first, None)


def test_what_is_edited_behind_a_link_in_a_folder_that_was_moved_makes_another_token(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPLITS_DIR", str(world.folder / "moved"))
    world.write("moved/shop/splits/split.json")
    world.link("moved/shop/splits", "disk/splits")
    first = world.token()
    world.write("disk/splits/split.json")
    assert world.token() not in (first, None)


def test_the_same_words_in_another_folder_have_another_token(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.token()
    (world.folder / "there").mkdir()
    monkeypatch.chdir(world.folder / "there")
    assert world.token() not in (first, None)


@pytest.mark.parametrize(
    ("variable", "word"),
    [
        ("FORESELL_PROJECTS", "own"),
        ("FORESELL_USER", "jo"),
        ("SPLITS_DIR", "/elsewhere"),
        ("FORESELL_TRACKING", "off"),
    ],
)
def test_what_the_environment_says_is_part_of_the_token(
    variable: str, word: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "")
    first = world.token()
    monkeypatch.setenv(variable, word)
    assert world.token() not in (first, None)


@pytest.mark.parametrize(
    "name",
    [
        "home/shop/splits/split.json",
        "home/_registry/registry.db",
        "program/foresell/stages.py",
        "libs/numpy-1.0.dist-info/RECORD",
    ],
)
def test_what_was_written_a_moment_ago_leaves_no_token(name: str, world: World) -> None:
    before = time.time_ns()
    time.sleep(0.05)  # a tick of the file system
    world.write(name)
    assert world.token(after=before - time.time_ns()) is None
    assert world.token() is not None


def test_a_file_that_goes_while_it_is_looked_at_leaves_no_token(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world.folder / "home/_registry/objects/ab/gone").symlink_to(world.folder / "nothing")
    assert world.token() is not None  # a link to nothing is no file
    monkeypatch.setattr(sys, "path", [str(world.folder / "libs")])
    (world.folder / "libs/x.dist-info").symlink_to(world.folder / "nothing")
    assert world.token() is None


def test_a_registry_elsewhere_leaves_no_token(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_ARTIFACTS", "s3://bucket/prefix")
    assert world.token() is None


def test_a_process_that_is_younger_than_its_program_knows_what_runs() -> None:
    assert _is_what_runs(time.time_ns() + LATER)
    program = files_below(SHOP.parents[2])
    newest = max(path.stat().st_ctime_ns for name, path in program.items() if name[-3:] == ".py")
    assert not _is_what_runs(newest)


def test_a_process_whose_libraries_are_gone_does_not_know_what_runs(world: World) -> None:
    assert (world.folder / "libs").is_dir()  # all that can be imported
    assert not _is_what_runs(time.time_ns() + LATER)


@pytest.mark.parametrize(
    "change", [_written("program/foresell/stages.py"), _written("program/foresell/more.py")]
)
def test_a_process_that_is_older_than_its_program_does_not_know_what_runs(
    change: Callable[[World], object], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", PATH)
    began = time.time_ns() + LATER  # as if all had been written long before
    assert _is_what_runs(began)
    time.sleep(0.05)
    began = time.time_ns()
    change(world)
    assert not _is_what_runs(began)


def test_a_process_that_has_seen_a_file_that_is_gone_does_not_know_what_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, dict.fromkeys(("shopping/__init__.py", "shopping/more.py"), b""))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(foresell, "__name__", "shopping")
    assert "shopping.more" in package_of("shopping").modules
    assert _is_what_runs(time.time_ns() + LATER)
    (tmp_path / "shopping/more.py").unlink()
    assert not _is_what_runs(time.time_ns() + LATER)


def test_raw_files_that_go_while_they_are_read_are_none(tmp_path: Path) -> None:
    project = parse_project(SHOP.read_text("utf-8"), "walmart")
    names = sorted({table.file for table in project.tables})
    write_files(tmp_path, dict.fromkeys(names, b"rows"))
    found = _raw(tmp_path, project)
    assert found is not None
    assert [name for name, *_ in found["files"]] == names
    (tmp_path / "beside").symlink_to(tmp_path / "nothing")
    assert DirectorySource(tmp_path).files(names[0])
    assert _raw(tmp_path, project) is None
