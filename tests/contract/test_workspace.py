"""What every Workspace promises: whole outputs, replaced at once, with a record that comes last."""

import hashlib
from pathlib import Path

import pytest

from foresell.adapters.workspace import DirectoryWorkspace, MemoryWorkspace
from foresell.spec.directories import Place
from foresell.spec.ports import Workspace


@pytest.fixture(params=["directory", "moved", "memory"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    if request.param == "memory":
        return MemoryWorkspace()
    elsewhere = Place(folder=tmp_path / "data" / "walmart", variable="DATA_DIR")
    moved = {"landing": elsewhere} if request.param == "moved" else {}
    (tmp_path / "home").mkdir()
    return DirectoryWorkspace(tmp_path / "home", moved)


def publish(workspace: Workspace, content: bytes, record: bytes = b"{}") -> None:
    workspace.draft("landing").write_bytes("rows", content)
    workspace.publish("ingest", ["landing"], record)


def test_a_new_workspace_has_no_outputs_no_digests_and_no_record(workspace: Workspace) -> None:
    assert workspace.output("landing").list() == []
    assert workspace.digests("landing") == {}
    assert workspace.record("ingest") is None


def test_a_draft_is_out_of_sight_until_it_is_published(workspace: Workspace) -> None:
    workspace.draft("landing").write_bytes("rows", b"new")
    assert workspace.output("landing").list() == []
    workspace.publish("ingest", ["landing"], b"kept")
    assert workspace.output("landing").read_bytes("rows") == b"new"
    assert workspace.record("ingest") == b"kept"


def test_a_draft_starts_empty_even_after_one_that_was_never_published(workspace: Workspace) -> None:
    workspace.draft("landing").write_bytes("half", b"written")
    assert workspace.draft("landing").list() == []


def test_a_draft_in_the_making_leaves_the_published_output_alone(workspace: Workspace) -> None:
    publish(workspace, b"old")
    workspace.draft("landing").write_bytes("rows", b"new")
    assert workspace.output("landing").read_bytes("rows") == b"old"


def test_publishing_replaces_the_whole_output_not_file_by_file(workspace: Workspace) -> None:
    draft = workspace.draft("landing")
    draft.write_bytes("gone/later", b"1")
    draft.write_bytes("rows", b"1")
    workspace.publish("ingest", ["landing"], b"first")
    publish(workspace, b"2", b"second")
    assert workspace.output("landing").list() == ["rows"]
    assert workspace.output("landing").read_bytes("rows") == b"2"
    assert workspace.record("ingest") == b"second"


def test_publishing_one_stage_leaves_the_others_as_they_were(workspace: Workspace) -> None:
    publish(workspace, b"rows", b"mine")
    workspace.draft("splits").write_bytes("split.json", b"{}")
    workspace.publish("split", ["splits"], b"yours")
    assert workspace.output("landing").read_bytes("rows") == b"rows"
    assert workspace.record("ingest") == b"mine"


def test_an_output_may_be_published_empty(workspace: Workspace) -> None:
    publish(workspace, b"rows")
    workspace.draft("landing")
    workspace.publish("ingest", ["landing"], b"{}")
    assert workspace.output("landing").list() == []


def test_digests_are_the_sha256_of_what_is_published(workspace: Workspace) -> None:
    publish(workspace, b"rows")
    assert workspace.digests("landing") == {"rows": hashlib.sha256(b"rows").hexdigest()}


def test_a_publication_that_cannot_be_finished_leaves_no_record(workspace: Workspace) -> None:
    publish(workspace, b"old", b"old record")
    workspace.draft("landing").write_bytes("rows", b"new")
    with pytest.raises((FileNotFoundError, KeyError)):
        workspace.publish("ingest", ["landing", "never drafted"], b"new record")
    assert workspace.record("ingest") is None
