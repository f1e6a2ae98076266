"""What is told is kept until it is taken, whatever happens in between."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from foresell.adapters.outbox import Attempt, Outbox, Receipt
from foresell.errors import DataError, MachineError
from tests.notes import FILE, STAGES, note

RECEIPT = Receipt(where="memory", run="r1", at="2026-11-21T11:00:00.000000+00:00")


def put(box: Outbox, *stages: str, training: str = "t1") -> None:
    for stage in stages:
        assert box.put(note(stage, training), {"page.html": FILE}, f"{training} {stage}")


def test_a_note_comes_back_as_it_was_told_with_its_files(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    put(box, "train")

    (letter,) = box.letters()
    kept, files = box.read(letter)

    assert (kept, files.list(), files.read_bytes("page.html")) == (note(), ["page.html"], FILE)
    assert letter.name == "toy/t1/0001-train"


def test_notes_wait_in_the_order_they_were_told(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    put(box, *STAGES, training="t2")
    put(box, *STAGES, training="t1")

    told = [(letter.training, letter.number, letter.stage) for letter in box.waiting("toy")]

    assert told == [(name, i, s) for name in ("t1", "t2") for i, s in enumerate(STAGES, start=1)]


def test_what_was_told_is_not_told_again_until_it_says_something_else(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    put(box, "train", "evaluate")

    assert not box.put(note("train"), {"page.html": FILE}, "t1 train")
    assert box.put(note("train", rmse=2), {"page.html": FILE}, "another")
    assert [letter.place.name for letter in box.letters()] == [
        "0001-train",
        "0002-evaluate",
        "0003-train",
    ]


def test_a_note_keeps_its_file_when_the_workspace_has_another(tmp_path: Path) -> None:
    box, output = Outbox(tmp_path / "box"), tmp_path / "report"
    output.mkdir()
    (output / "page.html").write_bytes(FILE)
    box.put(note(), {"page.html": output / "page.html"}, "one")

    output.rename(tmp_path / "old")  # as a workspace does
    output.mkdir()
    (output / "page.html").write_bytes(b"another page")

    _, files = box.read(box.letters()[0])
    assert files.read_bytes("page.html") == FILE


def test_a_note_that_was_taken_leaves_its_words_and_drops_its_files(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    put(box, "train", "evaluate")
    first, second = box.letters()

    box.taken(first, RECEIPT)

    assert [letter.stage for letter in box.waiting()] == ["evaluate"]
    assert box.letters() == [replace(first, receipt=RECEIPT), second]
    assert sorted(path.name for path in first.place.iterdir()) == ["note.json", "sent.json"]


def test_half_a_note_of_a_writer_that_was_killed_is_seen_by_nobody(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    put(box, "train")
    half = tmp_path / "toy" / "t1" / ".draft-evaluate"
    (half / "files").mkdir(parents=True)
    (half / "files" / "page.html").write_bytes(b"a pa")

    assert [letter.stage for letter in box.letters()] == ["train"]
    put(box, "evaluate")
    _, files = box.read(box.letters()[1])
    assert (files.read_bytes("page.html"), half.exists()) == (FILE, False)


@pytest.mark.parametrize("content", [b"", b"{}", b"{", b'{"identity": "x", "note": {}}', b"\xff"])
def test_a_note_that_cannot_be_read_is_named_and_stays(tmp_path: Path, content: bytes) -> None:
    box = Outbox(tmp_path)
    put(box, "train")
    (letter,) = box.letters()
    (letter.place / "note.json").write_bytes(content)

    with pytest.raises(DataError) as refused:
        box.read(letter)

    assert refused.value.what == "the note toy/t1/0001-train cannot be read"
    assert box.waiting() == [letter]


def test_a_note_whose_file_is_gone_is_named(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    put(box, "train")
    (letter,) = box.letters()
    (letter.place / "files" / "page.html").unlink()

    with pytest.raises(DataError, match=r"toy/t1/0001-train lacks the file page.html"):
        box.read(letter)


def test_writers_at_the_same_time_get_numbers_of_their_own(tmp_path: Path) -> None:
    box = Outbox(tmp_path)

    def write(number: int) -> bool:
        return box.put(note(STAGES[number % 4]), {"page.html": FILE}, str(number))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(24)))

    letters = box.letters()
    assert [letter.number for letter in letters] == list(range(1, 25))
    assert all(box.read(letter)[0].stage == letter.stage for letter in letters)


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "toy").write_text("a file where a folder should be")

    with pytest.raises(MachineError, match="what is to be tracked cannot be kept"):
        put(Outbox(tmp_path), "train")


def test_how_the_last_sending_ended_is_kept(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    assert box.last_try("toy") is None
    told = Attempt(at=RECEIPT.at, process=7, where="memory", why="it is down", mend="start it")

    box.tried("toy", told)

    assert (box.last_try("toy"), box.projects(), box.letters()) == (told, ["toy"], [])
