"""A report in its place: whole or not at all, and put back by whoever comes next."""

import json
from pathlib import Path

import pytest

from foresell.errors import UsageError
from foresell.wiring import exploring
from tests.builders import snapshot

OLD = {"manifest.json": json.dumps({"project": "p", "fingerprint": "1", "files": {}}).encode()}
NEW = {**OLD, "figures/a.svg": b"<svg/>"}


def test_a_report_takes_the_place_of_another_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    for files in (OLD, NEW, OLD):
        exploring._replace(tmp_path / "v1", files)

        assert snapshot(tmp_path) == {f"v1/{name}": content for name, content in files.items()}


def test_a_report_moved_aside_by_somebody_who_was_killed_is_put_back(tmp_path: Path) -> None:
    exploring._replace(tmp_path / "v1", NEW)
    (tmp_path / "v1").rename(tmp_path / ".v1.old")

    exploring._put_back(tmp_path / "v1")

    assert snapshot(tmp_path) == {f"v1/{name}": content for name, content in NEW.items()}


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
    exploring._replace(tmp_path / "v1", {"manifest.json": json.dumps(told).encode()})
    other = {"manifest.json": json.dumps({**told, key: "other"}).encode()}

    with pytest.raises(UsageError) as refused:
        exploring._refuse_other(tmp_path / "v1", other)

    assert refused.value.what == f"a report that differs is there ({said})"
