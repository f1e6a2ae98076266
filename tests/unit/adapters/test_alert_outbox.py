"""Messages wait in order, once each, until they are taken."""

from pathlib import Path

import pytest

from foresell.adapters.alert_outbox import AlertOutbox, Tried
from foresell.errors import DataError, MachineError
from tests.alerts_made import alert


@pytest.fixture
def box(tmp_path: Path) -> AlertOutbox:
    return AlertOutbox(tmp_path / "outbox")


def test_messages_wait_in_the_order_they_came_over_processes(box: AlertOutbox) -> None:
    told = [alert(), alert(state="resolved"), alert(key="walmart.schema.1"), alert(key="a.b.2")]
    for one in told:
        box.put("a.example-1", one)
    box.put("b.example-1", alert())
    again = AlertOutbox(box.root)
    assert [one.alert for one in again.waiting("a.example-1")] == told
    assert (again.places(), again.count()) == (["a.example-1", "b.example-1"], 5)


def test_the_same_key_and_state_is_one_message_which_says_what_was_said_last(
    box: AlertOutbox,
) -> None:
    box.put("a", alert("before"))
    box.put("a", alert(state="resolved"))
    box.put("a", alert("after"))
    assert [one.alert for one in box.waiting("a")] == [alert("after"), alert(state="resolved")]


def test_what_is_taken_waits_no_more_and_its_number_is_not_given_to_an_older_place(
    box: AlertOutbox,
) -> None:
    for key in ("1", "2", "3"):
        box.put("a", alert(key=key))
    box.taken(box.waiting("a")[1])
    box.put("a", alert(key="4"))
    assert [one.alert.key for one in box.waiting("a")] == ["1", "3", "4"]


def test_one_that_was_renewed_while_it_was_sent_still_waits(box: AlertOutbox) -> None:
    box.put("a", alert("before"))
    [sent] = box.waiting("a")
    box.put("a", alert("after"))
    box.taken(sent)
    assert [one.alert for one in box.waiting("a")] == [alert("after")]
    box.taken(box.waiting("a")[0])
    assert box.places() == []


def test_with_the_end_of_an_alert_what_was_said_of_it_before_waits_no_more(
    box: AlertOutbox,
) -> None:
    box.put("a", alert())
    box.put("a", alert(key="another-1"))
    box.put("a", alert(state="resolved"))
    box.taken(box.waiting("a")[2])
    assert [one.alert for one in box.waiting("a")] == [alert(key="another-1")]


def test_a_message_that_cannot_be_read_is_named(box: AlertOutbox) -> None:
    box.put("a", alert())
    [kept] = box.waiting("a")
    kept.file.write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="a message that waits cannot be read"):
        _ = box.waiting("a")[0].alert


def test_what_is_half_written_is_no_message(box: AlertOutbox) -> None:
    box.put("a", alert())
    (box.root / "a" / ".000002-firing-x.json.abcd").write_text("{", encoding="utf-8")
    assert box.count() == 1


def test_what_a_killed_writer_left_half_written_is_swept_by_the_next(box: AlertOutbox) -> None:
    box.put("a", alert())
    draft = box.root / "a" / ".000002-firing-x.json.draft"
    draft.write_text("{", encoding="utf-8")
    box.put("a", alert())
    assert (draft.exists(), box.count()) == (False, 1)


def test_a_newer_message_of_the_subject_that_was_taken_drops_the_older_ones(
    box: AlertOutbox,
) -> None:
    for key in ("toy.drift.1", "toy.schema.1", "toy.drift.2"):
        box.put("a", alert(key=key))
    box.taken(box.waiting("a")[2])
    assert [one.alert.key for one in box.waiting("a")] == ["toy.schema.1"]


def test_a_file_that_is_no_message_is_none(box: AlertOutbox) -> None:
    box.put("a", alert())
    for name in ("0.json", "0abc-firing-x.json", "²-firing-x.json"):
        (box.root / "a" / name).write_text("{", encoding="utf-8")
    assert box.count() == 1


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file", encoding="utf-8")
    with pytest.raises(MachineError, match="an alert cannot be kept"):
        AlertOutbox(tmp_path / "outbox").put("a", alert())


def test_how_the_last_sending_ended_is_known_until_one_goes_well(box: AlertOutbox) -> None:
    tried = Tried(at="2026-05-04T03:02:01+00:00", why="it answered 500", mend="wait")
    box.put("a", alert())
    assert box.last_try("a") is None
    box.tried("a", tried)
    assert box.last_try("a") == tried
    box.tried("a", None)
    assert box.last_try("a") is None
