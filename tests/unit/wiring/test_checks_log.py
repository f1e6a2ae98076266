"""What the gate found is kept beside the log of the runs, and not twice."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.pipeline.checks_log import LOG, read_log
from foresell.wiring.checks_log import keep_checks
from tests.unit.pipeline.test_checks_log import CHECKS

_AT = datetime(2026, 5, 4, tzinfo=UTC)


@pytest.fixture
def place(tmp_path: Path) -> DirectoryWorkspace:
    return DirectoryWorkspace(tmp_path / "shop")


def publish(place: DirectoryWorkspace, run_id: str, **changed: object) -> None:
    place.draft("checks").write_bytes("checks.json", json.dumps({**CHECKS, **changed}).encode())
    inputs = {"landing": {"report.json": "0a"}}
    record = {"run_id": run_id, "passed": True, "inputs": inputs}
    place.publish("validate", ["checks"], json.dumps(record).encode())


def test_a_finding_is_one_line_and_the_same_one_again_leaves_the_file_alone(
    place: DirectoryWorkspace,
) -> None:
    publish(place, "one")
    keep_checks(place, "one", _AT)
    log = place.root / LOG
    before = log.stat()
    publish(place, "two")
    keep_checks(place, "two", _AT)
    assert [one.run_id for one in read_log(log.read_bytes()).found] == ["one"]
    assert log.stat().st_mtime_ns == before.st_mtime_ns


def test_findings_stand_in_the_order_in_which_they_came(place: DirectoryWorkspace) -> None:
    for run_id, aside in (("one", 3), ("two", 0), ("three", 3)):
        publish(place, run_id, quarantined=aside)
        keep_checks(place, run_id, _AT)
    found = read_log((place.root / LOG).read_bytes())
    assert [(one.run_id, one.quarantined) for one in found.found] == [
        ("one", 3),
        ("two", 0),
        ("three", 3),
    ]


def test_a_run_in_which_the_gate_gave_no_answer_adds_nothing(place: DirectoryWorkspace) -> None:
    publish(place, "one")
    keep_checks(place, "two", _AT)
    assert not (place.root / LOG).exists()


def test_before_any_run_there_is_nothing_to_add(place: DirectoryWorkspace) -> None:
    keep_checks(place, "one", _AT)
    assert not (place.root / LOG).exists()
