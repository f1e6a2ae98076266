"""``foresell track``: what waits is said, and what cannot be done has its exit code."""

import json
from pathlib import Path

import pytest

from foresell.adapters.outbox import Attempt, Outbox, Receipt
from tests.e2e.command import Foresell
from tests.held_service import free_port
from tests.notes import FILE, note

AT = "2026-11-21T11:00:00.000000+00:00"


@pytest.fixture
def box(tmp_path: Path) -> Outbox:
    """An outbox of a project ``toy`` with one note that was taken and one that waits."""
    found = Outbox(tmp_path / "home" / "_tracking")
    for stage in ("train", "evaluate"):
        found.put(note(stage), {"page.html": FILE}, stage)
    found.taken(found.letters()[0], Receipt(where="sqlite:///m.db", run="r1", at=AT))
    why = "MLflow is out of reach"
    found.tried("toy", Attempt(at=AT, process=1, where="sqlite:///m.db", why=why, mend="start it"))
    return found


def test_status_says_what_was_sent_what_waits_and_why(foresell: Foresell, box: Outbox) -> None:
    shown, plain = foresell("track", "status", "--format", "json"), foresell("track", "status")

    assert json.loads(shown.out) == [
        {
            "project": "toy",
            "trainings": 1,
            "sent": 1,
            "waiting": 1,
            "where": "sqlite:///m.db",
            "last": AT,
            "why": "MLflow is out of reach",
            "mend": "start it",
        }
    ]
    assert "2026-11-21 11:00:00" in plain.out
    assert "toy  MLflow is out of reach\n  mend  start it\n" in plain.out


def test_status_names_the_place_that_was_tried_whole_though_the_screen_is_narrow(
    foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, where = Outbox(tmp_path / "home" / "_tracking"), "https://mlflow.example.org/team/of/sales"
    box.put(note("train"), {"page.html": FILE}, "train")
    box.tried("toy", Attempt(at=AT, process=1, where=where, why="connection refused", mend="x"))
    monkeypatch.setenv("COLUMNS", "80")

    shown, plain = foresell("track", "status", "--format", "json"), foresell("track", "status")

    (told,) = json.loads(shown.out)
    assert (told["where"], told["last"]) == (where, "")
    last = [line.split()[-1] for line in plain.out.splitlines() if "example" in line or "/" in line]
    assert "".join(last) == where
    assert "more column" not in plain.out


def test_before_anything_was_tracked_there_is_nothing_to_say_or_send(foresell: Foresell) -> None:
    assert foresell("track", "status").out == "nothing was tracked yet\n"
    sent = foresell("track", "sync", "retail")
    assert (sent.code, sent.out) == (0, "nothing to send\n")


def test_a_project_that_does_not_exist_is_bad_input(foresell: Foresell, box: Outbox) -> None:
    for verb in ("status", "sync"):
        ran = foresell("track", verb, "tyo")
        assert (ran.code, ran.err.splitlines()[0]) == (2, "error there is no project 'tyo'")
        assert "did you mean 'toy'?" in ran.err


def test_a_server_out_of_reach_ends_a_sync_with_3_and_is_remembered(
    foresell: Foresell, box: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")

    ran = foresell("track", "sync", "toy", "--format", "json")

    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("error 0 notes sent, 1 still waiting: MLflow is out of reach")
    last = box.last_try("toy")
    assert last is not None
    assert last.why.startswith("MLflow is out of reach or refuses")
    assert last.why.endswith("refuses: connection refused")
    assert len(box.waiting()) == 1


def test_a_note_that_cannot_be_sent_ends_a_sync_with_1_and_is_named(
    foresell: Foresell, box: Outbox
) -> None:
    (box.letters()[1].place / "note.json").write_bytes(b"{")

    ran = foresell("track", "sync")

    assert ran.code == 1
    assert "not sent  toy/t1/0002-evaluate: the note toy/t1/0002-evaluate cannot be read" in ran.out
    assert len(box.waiting()) == 1
