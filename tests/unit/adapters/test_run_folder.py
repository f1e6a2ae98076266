"""The folder of a run: what is listed goes, what is not stays, and nothing odd is touched."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as checked
from hypothesis import strategies as st

from foresell.adapters.run_folder import Cleaned, RunFolder, refuse_odd_run
from foresell.adapters.run_list import DRAFT, LIST, RAW, SAMPLE
from foresell.errors import DataError, MachineError, UsageError
from tests.builders import snapshot


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "_runs" / "monday")


def put(folder: RunFolder, *names: str) -> None:
    """Put raw files there, as an extract does."""
    with folder.held("toy"):
        folder.clear(RAW, DRAFT)
        folder.plan(f"{place}/{name}" for place in (DRAFT, RAW) for name in names)
        for name in names:
            folder.copy(f"{DRAFT}/{name}", BytesIO(name.encode()))
        folder.publish(names)


def test_what_was_put_there_lies_below_raw_and_is_gone_after_a_cleanup(folder: RunFolder) -> None:
    put(folder, "a.csv", "sales/year=2024/b.csv")
    files = snapshot(folder.root)
    listed = files.pop(LIST).decode()
    assert files == {"raw/a.csv": b"a.csv", "raw/sales/year=2024/b.csv": b"sales/year=2024/b.csv"}
    assert '"files": [\n  "raw/a.csv",\n  "raw/sales/year=2024/b.csv"\n ]' in listed
    assert folder.remove() == Cleaned(files=2, bytes=26)
    assert not folder.root.exists()
    assert folder.remove() == Cleaned()


def test_putting_again_takes_the_files_of_the_time_before_away(folder: RunFolder) -> None:
    put(folder, "a.csv", "b/c.csv")
    put(folder, "d.csv")
    assert sorted(snapshot(folder.root)) == ["raw/d.csv", LIST]


def test_what_others_put_there_stays_and_is_named(folder: RunFolder) -> None:
    put(folder, "a.csv")
    (folder.root / "raw" / "mine.csv").write_text("mine")
    (folder.root / "notes").mkdir()
    (folder.root / "notes" / "x.txt").write_text("mine too")
    assert folder.remove() == Cleaned(files=1, bytes=5, kept=("notes/x.txt", "raw/mine.csv"))
    assert (folder.root / "raw" / "mine.csv").read_text() == "mine"
    assert folder.remove() == Cleaned(kept=("notes/x.txt", "raw/mine.csv"))


def test_nothing_is_put_among_the_files_of_others(folder: RunFolder) -> None:
    put(folder, "a.csv")
    (folder.root / "raw" / "mine.csv").write_text("mine")
    with pytest.raises(DataError, match=r"foresell did not make what is in it: raw/mine.csv"):
        put(folder, "a.csv")
    assert (folder.root / "raw" / "mine.csv").read_text() == "mine"


@pytest.mark.parametrize("empty", ["notes", "raw/mine", "raw/b/mine/deeper"])
def test_an_empty_folder_of_others_stays_and_is_named_each_time(
    folder: RunFolder, empty: str
) -> None:
    put(folder, "a.csv", "b/c.csv")
    (folder.root / empty).mkdir(parents=True)
    assert folder.remove() == Cleaned(files=2, bytes=12, kept=(f"{empty}/",))
    assert folder.remove() == Cleaned(kept=(f"{empty}/",))
    (folder.root / empty).rmdir()
    if empty != "notes":  # what is above it was foresell's, and is empty now
        assert folder.remove().kept == (f"{Path(empty).parent}/",)


def test_an_empty_folder_of_others_among_raw_files_is_named_before_anything_goes(
    folder: RunFolder,
) -> None:
    put(folder, "a.csv", "b/c.csv")
    (folder.root / "raw" / "mine").mkdir()
    before = snapshot(folder.root)
    with pytest.raises(DataError, match="foresell did not make what is in it: raw/mine/"):
        put(folder, "d.csv")
    assert snapshot(folder.root) == before


def test_files_of_before_stay_until_the_new_ones_stand(folder: RunFolder) -> None:
    put(folder, "a.csv", "b.csv")
    with folder.held("toy"):
        folder.clear(DRAFT)
        folder.plan([f"{DRAFT}/b.csv"])
        folder.copy(f"{DRAFT}/b.csv", BytesIO(b"new"))
        assert (folder.root / "raw" / "a.csv").read_bytes() == b"a.csv"
        folder.publish(["b.csv"])
    files = snapshot(folder.root)
    assert '"files": [\n  "raw/b.csv"\n ]' in files.pop(LIST).decode()
    assert files == {"raw/b.csv": b"new"}


def test_a_process_that_is_killed_half_way_leaves_nothing_that_a_cleanup_does_not_find(
    folder: RunFolder,
) -> None:
    with folder.held("toy"):
        folder.plan(f"{place}/{name}" for place in (DRAFT, RAW) for name in ("a.csv", "b.csv"))
        folder.copy(f"{DRAFT}/a.csv", BytesIO(b"half"))
    assert not (folder.root / RAW).exists()
    (folder.root / DRAFT).rename(folder.root / RAW)  # killed after it, before the list is written
    assert folder.remove() == Cleaned(files=1, bytes=4)
    assert not folder.root.exists()


def test_a_folder_that_foresell_did_not_make_is_not_touched(folder: RunFolder) -> None:
    folder.root.mkdir(parents=True)
    (folder.root / "thesis.tex").write_text("years of work")
    with pytest.raises(DataError, match=r"no list run.json of what foresell made"):
        folder.remove()
    with pytest.raises(DataError, match=r"no list run.json"), folder.held("toy"):
        pass
    assert snapshot(folder.root) == {"thesis.tex": b"years of work"}


@pytest.mark.parametrize(
    "name",
    [
        "../../precious",
        "raw/../../../precious",
        "/etc/hosts",
        "notes/x",
        "raw",
        "raw//a",
        "raw/a\\u0000b",
        f"raw/{'x' * 300}",
    ],
)
def test_a_list_that_names_what_cannot_have_been_made_there_removes_nothing(
    folder: RunFolder, name: str
) -> None:
    put(folder, "a.csv")
    (folder.root.parent.parent / "precious").write_text("precious")
    text = (folder.root / LIST).read_text()
    (folder.root / LIST).write_text(text.replace('"raw/a.csv"', f'"raw/a.csv", "{name}"'))
    before = snapshot(folder.root.parent.parent)
    with pytest.raises(DataError, match=r"the list run.json is not what foresell wrote: it names"):
        folder.remove()
    assert snapshot(folder.root.parent.parent) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [("files of one run, made by foresell", "files of one run"), ("{", "["), ('"run"', '"rum"')],
)
def test_a_spoilt_list_removes_nothing(folder: RunFolder, old: str, new: str) -> None:
    put(folder, "a.csv")
    text = (folder.root / LIST).read_text()
    (folder.root / LIST).write_text(text.replace(old, new, 1))
    with pytest.raises(DataError, match=r"no list run.json"):
        folder.remove()
    assert (folder.root / "raw" / "a.csv").is_file()


def test_a_copied_list_of_another_run_removes_nothing(folder: RunFolder) -> None:
    put(folder, "a.csv")
    other = RunFolder(folder.root.with_name("tuesday"))
    folder.root.rename(other.root)
    with pytest.raises(DataError, match="it is of the run 'monday'"):
        other.remove()
    assert (other.root / "raw" / "a.csv").is_file()


@pytest.mark.parametrize("linked", ["raw/a.csv", "raw", LIST])
def test_a_link_in_the_place_of_what_was_made_removes_nothing(
    folder: RunFolder, tmp_path: Path, linked: str
) -> None:
    put(folder, "a.csv", "b.csv")
    elsewhere = tmp_path / "elsewhere"
    (folder.root / linked).rename(elsewhere)
    (folder.root / linked).symlink_to(elsewhere)
    before = snapshot(tmp_path)
    with pytest.raises(DataError, match=r"is a link|no list"):
        folder.remove()
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("level", ["the run", "all runs"])
def test_a_folder_of_runs_that_is_a_link_is_not_followed(
    folder: RunFolder, tmp_path: Path, level: str
) -> None:
    put(folder, "a.csv")
    place = folder.root if level == "the run" else folder.root.parent
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    before = snapshot(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="the place of runs is a link"):
        folder.remove()
    with pytest.raises(DataError, match="the place of runs is a link"), folder.held("toy"):
        pass
    assert snapshot(tmp_path / "elsewhere") == before


def test_a_run_is_one_project_s(folder: RunFolder) -> None:
    assert folder.project() is None
    put(folder, "a.csv")
    assert folder.project() == "toy"
    refused = pytest.raises(UsageError, match="the run 'monday' is one of the project 'toy'")
    with refused, folder.held("shop"):
        pass


def test_a_report_of_a_run_is_replaced_and_leaves_raw_files_alone(folder: RunFolder) -> None:
    put(folder, "a.csv")
    for content in (b"first", b"second"):
        with folder.held("toy"):
            folder.clear(SAMPLE)
            folder.plan([f"{SAMPLE}/told.json"])
            folder.copy(f"{SAMPLE}/told.json", BytesIO(content))
    files = snapshot(folder.root)
    assert (files["raw/a.csv"], files["sample/told.json"]) == (b"a.csv", b"second")
    put(folder, "b.csv")
    assert sorted(snapshot(folder.root)) == ["raw/b.csv", LIST, "sample/told.json"]
    assert folder.remove() == Cleaned(files=2, bytes=11)


@contextmanager
def held_elsewhere(place: Path) -> Iterator[None]:
    handle = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def test_who_works_in_it_is_waited_for_and_not_disturbed(folder: RunFolder) -> None:
    put(folder, "a.csv")
    with held_elsewhere(folder.root):
        with pytest.raises(MachineError, match="another process is at work"):
            folder.remove()
        with pytest.raises(MachineError, match="another process is at work"):
            put(folder, "b.csv")
    assert folder.remove().files == 1


@pytest.mark.parametrize("run", ["", "..", ".x", "a/b", "a b", "-x", "x" * 251, "a\nb", "ä"])
def test_a_name_that_is_no_name_of_a_run_is_refused(run: str) -> None:
    with pytest.raises(UsageError, match="is no name of a run"):
        refuse_odd_run(run)


def test_the_names_that_airflow_gives_are_names_of_runs() -> None:
    for run in (
        "manual__2026-11-22T06:45:23.123456+00:00",
        "scheduled__2026-11-22T00:00:00+00:00",
        "asset_triggered__2026-11-22T06:45:23.123456+00:00_a1B2",
        "_nightly",
        "x" * 250,
    ):
        refuse_odd_run(run)


names = st.lists(st.sampled_from(["a", "b", "c.csv", "d"]), min_size=1, max_size=3).map("/".join)


@checked(max_examples=40)
@given(own=st.sets(names, min_size=1, max_size=6), others=st.sets(names, max_size=6))
def test_a_cleanup_takes_all_of_ours_and_nothing_of_others(
    tmp_path_factory: pytest.TempPathFactory, own: set[str], others: set[str]
) -> None:
    own = {one for one in own if not any(other.startswith(f"{one}/") for other in own)}
    root = tmp_path_factory.mktemp("runs") / "_runs" / "x"
    folder = RunFolder(root)
    put(folder, *sorted(own))
    written = {}
    for name in sorted(others):
        path = root / RAW / name
        if path.exists() or not all(p.is_dir() or not p.exists() for p in path.parents):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("theirs")
        written[f"{RAW}/{name}"] = b"theirs"
    gone = folder.remove()
    assert (gone.files, gone.kept) == (len(own), tuple(sorted(written)))
    left = snapshot(root) if root.exists() else {}
    left.pop(LIST, None)
    assert left == written
