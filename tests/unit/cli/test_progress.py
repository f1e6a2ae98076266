"""What progress shows where nobody looks at a terminal, as in a log."""

import pytest

from foresell.cli.progress import Progress
from foresell.pipeline.work import Event


def told(capsys: pytest.CaptureFixture[str], *events: Event) -> list[str]:
    with Progress() as progress:
        for event in events:
            progress.hear(event)
    return [line.rstrip() for line in capsys.readouterr().err.splitlines()]


def test_whoever_waits_says_so_in_a_log_too(capsys: pytest.CaptureFixture[str]) -> None:
    waits = Event(kind="waits", stage="read", text="another load is at work")

    assert told(capsys, waits) == ["· read         waits   another load is at work"]


def test_a_stage_that_came_to_its_end_and_failed_says_how_and_one_that_was_stopped_cannot(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = told(
        capsys,
        Event(kind="started", stage="check"),
        Event(kind="note", stage="check", text="2 checks; failed: nulls"),
        Event(kind="failed", stage="check", seconds=1.24),
        Event(kind="started", stage="stage"),
        Event(kind="note", stage="stage", text="3 rows"),
        Event(kind="failed", stage="stage"),
    )

    assert lines == ["✗ check         1.2 s  2 checks; failed: nulls", "✗ stage       stopped"]


def test_stages_at_work_together_keep_their_own_notes(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(
        capsys,
        Event(kind="note", stage="read", text="3 rows"),
        Event(kind="note", stage="stage", text="3 rows, 2 planned"),
        Event(kind="done", stage="read", seconds=1.0),
        Event(kind="done", stage="stage", seconds=2.0),
    )

    assert lines == ["✓ read          1.0 s  3 rows", "✓ stage         2.0 s  3 rows, 2 planned"]


def test_several_projects_stand_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(("shop", "walmart")) as progress:
        progress.hear(Event(kind="done", stage="shop: eda", seconds=1.0))
        progress.hear(Event(kind="kept", stage="walmart: manifest"))
    lines = [line.rstrip() for line in capsys.readouterr().err.splitlines()]

    assert lines == [
        "✓ shop: eda              1.0 s",
        "· walmart: manifest     as is   nothing changed",
    ]


def test_what_is_used_though_it_is_stale_is_told_in_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    warned = Event(kind="warned", stage="train", text="split is stale (input x); used as it is")

    assert told(capsys, warned) == [
        "! train                split is stale (input x); used as it is"
    ]
