"""The log of the gate: what is added to it, when, and what is read back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.pipeline.checks_log import Checked, ChecksLog, addition, checked, read_log

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CHECKS: Mapping[str, Any] = {
    "read": 200,
    "kept": 197,
    "quarantined": 3,
    "repaired": 1,
    "processed": 197,
    "sampled": None,
    "allowed_share": 0.02,
    "contract": {"version": "1.2.0", "sha256": "ab" * 32},
    "rules": [
        {"rule": "Dept: maximum", "broken": 3},
        {"rule": "Dept: minimum", "broken": 0},
        {"rule": "Date: frequency", "broken": 1},
    ],
}
RECORD: Mapping[str, Any] = {
    "run_id": "r1",
    "passed": True,
    "inputs": {"landing": {"part-00000.parquet": "1f"}, "repairs": {}},
}
FOUND = checked(AT, RECORD, CHECKS)


def test_a_finding_says_what_the_record_and_the_checks_say() -> None:
    wanted = Checked(
        at=AT,
        run_id="r1",
        passed=True,
        contract="1.2.0",
        rules_sha256="ab" * 32,
        data=FOUND.data,
        read=200,
        kept=197,
        quarantined=3,
        repaired=1,
        checked=200,
        failed=3,
        allowed_share=0.02,
        rules=3,
        broken={"Dept: maximum": 3, "Date: frequency": 1},
    )
    assert wanted == FOUND
    assert FOUND.share == 3 / 200


def test_of_a_sample_the_larger_share_counts_as_at_the_gate() -> None:
    drawn = {**CHECKS, "sampled": {"checked": 10, "broken": 2, "of": 200}}
    found = checked(AT, RECORD, drawn)
    assert (found.checked, found.failed, found.share) == (10, 2, 0.2)


def test_a_first_finding_is_added_and_read_back_as_it_was() -> None:
    assert read_log(addition(b"", FOUND)) == ChecksLog(found=(FOUND,))


def test_the_same_finding_of_another_run_adds_nothing() -> None:
    held = addition(b"", FOUND)
    later = replace(FOUND, at=AT + timedelta(days=1), run_id="r2")
    assert addition(held, later) == b""


@pytest.mark.parametrize(
    "other",
    [
        {"passed": False},
        {"quarantined": 4},
        {"broken": {"Dept: maximum": 2, "Date: frequency": 2}},
        {"rules_sha256": "cd" * 32},
        {"data": "ef" * 32},
        {"allowed_share": 0.5},
    ],
)
def test_a_finding_that_differs_is_added(other: dict[str, Any]) -> None:
    held = addition(b"", FOUND)
    now = replace(FOUND, at=AT + timedelta(days=1), run_id="r2", **other)
    assert read_log(held + addition(held, now)) == ChecksLog(found=(FOUND, now))


def test_other_rows_with_the_same_counts_are_another_finding() -> None:
    moved = {**RECORD, "inputs": {"landing": {"part-00000.parquet": "2e"}, "repairs": {}}}
    assert checked(AT, moved, CHECKS).data != FOUND.data


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_a_line_that_was_cut_off_is_counted_and_the_next_one_stands_whole(cut: int) -> None:
    held = addition(b"", FOUND)[:-cut]
    whole = held + addition(held, FOUND)
    found = read_log(whole)
    assert found.found[-1] == FOUND
    assert (len(found.found), found.damaged) == ((1, 0) if cut == 1 else (1, 1))


def test_what_is_no_finding_is_counted() -> None:
    text = b'{"at": 1}\n[]\n\xff\xfe\n\n' + addition(b"", FOUND)
    assert read_log(text) == ChecksLog(found=(FOUND,), damaged=4)


@settings(max_examples=25)
@given(st.lists(st.integers(0, 2), max_size=8))
def test_a_log_holds_every_finding_but_those_that_repeat_the_one_before(
    counts: Sequence[int],
) -> None:
    held, wanted = b"", list[int]()
    for turn, count in enumerate(counts):
        now = replace(FOUND, at=AT + timedelta(hours=turn), run_id=f"r{turn}", quarantined=count)
        held += addition(held, now)
        if not wanted or wanted[-1] != count:
            wanted.append(count)
    assert [one.quarantined for one in read_log(held).found] == wanted
