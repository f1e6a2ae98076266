"""A report in its place: whole or not at all, and put back by whoever comes next."""

import json
from pathlib import Path

import pytest

from foresell.errors import UsageError
from foresell.wiring import report_folders
from tests.builders import snapshot, write_files

OLD = {"manifest.json": json.dumps({"project": "p", "fingerprint": "1", "files": {}}).encode()}
LISTED = {"project": "p", "fingerprint": "2", "files": {"figures/a.svg": {}}}
NEW = {"manifest.json": json.dumps(LISTED).encode(), "figures/a.svg": b"<svg/>"}


def test_a_report_takes_the_place_of_another_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    for files in (OLD, NEW, OLD):
        report_folders.replace(tmp_path / "v1", files)

        assert snapshot(tmp_path) == {f"v1/{name}": content for name, content in files.items()}


def test_a_report_moved_aside_by_somebody_who_was_killed_is_put_back(tmp_path: Path) -> None:
    report_folders.replace(tmp_path / "v1", NEW)
    (tmp_path / "v1").rename(tmp_path / ".v1.0123456789abcdef.foresell-old")

    report_folders.put_back(tmp_path / "v1", "p")

    assert snapshot(tmp_path) == {f"v1/{name}": content for name, content in NEW.items()}


def test_what_others_keep_beside_a_report_is_neither_moved_nor_removed(tmp_path: Path) -> None:
    names = (".v1.old", ".v1.draft", ".v1.0123456789abcdef.foresell-old")
    for name in names:
        write_files(tmp_path / name, {"letter.txt": b"mine"})

    report_folders.put_back(tmp_path / "v1", "p")
    for files in (OLD, NEW):
        report_folders.replace(tmp_path / "v1", files)

    kept = snapshot(tmp_path)
    assert {name: kept[f"{name}/letter.txt"] for name in names} == dict.fromkeys(names, b"mine")


def test_a_draft_that_somebody_who_was_killed_left_is_cleared_away(tmp_path: Path) -> None:
    write_files(tmp_path / ".v1.0123456789abcdef.foresell-draft", OLD)

    report_folders.replace(tmp_path / "v1", OLD)

    assert [path.name for path in tmp_path.iterdir()] == ["v1"]


def test_a_file_beside_a_report_is_not_lost_by_writing_over_it(tmp_path: Path) -> None:
    report_folders.replace(tmp_path / "v1", OLD)
    (tmp_path / "v1" / "notes.txt").write_text("mine", "utf-8")

    with pytest.raises(UsageError, match=r"'notes\.txt' beside a report"):
        report_folders.refuse_foreign(tmp_path / "v1", "p")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("fingerprint", "other data"),
        ("rows", "train or all"),
        ("foresell", "another foresell"),
        ("libraries", "other versions of libraries"),
        ("nothing", "other files"),
    ],
)
def test_a_report_that_differs_is_refused_and_the_difference_is_named(
    tmp_path: Path, key: str, said: str
) -> None:
    told = {
        "project": "p",
        "report_version": "v1",
        "rows": "train",
        "fingerprint": "1",
        "foresell": "1",
        "libraries": {},
        "files": {},
    }
    report_folders.replace(tmp_path / "v1", {"manifest.json": json.dumps(told).encode()})
    other = {"manifest.json": json.dumps({**told, key: "other"}).encode()}

    with pytest.raises(UsageError) as refused:
        report_folders.refuse_other(tmp_path / "v1", other)

    assert refused.value.what == f"a report that differs is there ({said})"
