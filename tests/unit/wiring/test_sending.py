"""What waits is sent once, in order, whoever sends and whatever fails."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.outbox import Outbox
from foresell.wiring.sending import drain
from tests.notes import FILE, STAGES, ShakyTracker, note, shaky

TRAININGS = ("t1", "t2", "t3")
EVERYTHING = [(training, stage) for training in TRAININGS for stage in STAGES]


def full(folder: Path) -> Outbox:
    """An outbox with every stage of three trainings."""
    box = Outbox(folder)
    for training, stage in EVERYTHING:
        box.put(note(stage, training), {"page.html": FILE}, f"{training} {stage}")
    return box


def test_what_waits_is_sent_in_order_and_never_again(tmp_path: Path) -> None:
    box, there = full(tmp_path), ShakyTracker()

    first, second = drain(box, there, box.waiting()), drain(box, there, box.waiting())

    assert there.seen == EVERYTHING
    assert (len(first.sent), second.sent, first.problems, first.trouble) == (12, (), (), None)
    assert {letter.receipt.run for letter in box.letters() if letter.receipt} == set(TRAININGS)


def test_two_trainings_that_fail_in_a_row_are_enough(tmp_path: Path) -> None:
    box, there = full(tmp_path), shaky([False, True, True, True])

    found = drain(box, there, box.waiting())

    assert there.seen == [("t1", "train")]
    assert found.trouble is not None
    assert (found.why, len(box.waiting())) == ("MLflow is out of reach", 11)


def test_one_training_that_is_refused_holds_up_no_other(tmp_path: Path) -> None:
    box, there = full(tmp_path), shaky([False, True])

    found = drain(box, there, box.waiting())

    left = [(letter.training, letter.stage) for letter in box.waiting()]
    assert left == [("t1", "evaluate"), ("t1", "register"), ("t1", "report")]
    assert (len(found.sent), found.why) == (9, "MLflow is out of reach")


@settings(max_examples=25)
@given(down=st.lists(st.booleans(), max_size=30))
def test_whenever_the_tracker_fails_all_arrives_in_the_end_once_and_in_order(
    down: list[bool],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        box, there = full(Path(folder)), shaky(down)
        while box.waiting():
            drain(box, there, box.waiting())

    assert sorted(there.seen) == sorted(EVERYTHING)
    for training in TRAININGS:
        assert [stage for name, stage in there.seen if name == training] == list(STAGES)


def test_senders_at_the_same_time_send_nothing_twice(tmp_path: Path) -> None:
    box, there = full(tmp_path), ShakyTracker()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: drain(box, there, box.waiting()), range(4)))

    assert sorted(there.seen) == sorted(EVERYTHING)
    assert sum(len(one.sent) for one in found) == 12


def test_a_note_that_cannot_be_read_is_told_of_and_the_others_are_sent(tmp_path: Path) -> None:
    box, there = full(tmp_path), ShakyTracker()
    (box.letters()[1].place / "note.json").write_bytes(b"{")

    found = drain(box, there, box.waiting())

    assert there.seen == [one for one in EVERYTHING if one != ("t1", "evaluate")]
    assert found.problems == ("toy/t1/0002-evaluate: the note toy/t1/0002-evaluate cannot be read",)
    assert [letter.name for letter in box.waiting()] == ["toy/t1/0002-evaluate"]
