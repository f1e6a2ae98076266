"""Shadows beside a real server: what is scored is kept, and no shadow is ever noticed."""

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from foresell.serving.desk import Desk
from foresell.settings import Settings
from foresell.spec.serving import Live, Place
from foresell.wiring.desks import shadow_desk
from tests.desk_children import child
from tests.served_bundles import ROW, answering_bundle
from tests.shadowed_server import Shadowed, in_folder, shadowed

LONG_S = 30.0  # on a machine that is busy
BODY = json.dumps(ROW).encode()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG_S
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def ask(over: Shadowed, number: int, **changed: object) -> Any:
    """Ask for one row; the answer without what differs from request to request."""
    body = json.dumps({**ROW, **changed}).encode()
    got = over.server.ask("POST", "/predict", body, {"X-Request-ID": f"order-{number}"})
    assert got.status == 200, got.body
    assert got.json["request_id"] == f"order-{number}"
    return {name: value for name, value in got.json.items() if name != "request_id"}


def real(home: Path) -> Callable[..., Desk]:
    """The desk that `foresell serve --shadow` has."""
    return partial(shadow_desk, Settings(home=home, projects=()))


def misbehaving(behaviour: str, seconds: float = 0.5) -> Callable[..., Desk]:
    """A desk whose child does what the name says."""
    return lambda heard: Desk(
        child(behaviour), "the shadow", seconds=seconds, waiting=8, heard=heard
    )


def lines(home: Path) -> list[dict[str, Any]]:
    files = sorted((home / "_serving" / "toy" / "shadow").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_every_row_is_scored_by_the_other_version_and_kept_with_both_answers(
    tmp_path: Path,
) -> None:
    beside = in_folder(answering_bundle(answer=110.0), tmp_path / "bundle")

    with shadowed(real(tmp_path), beside) as over:
        for number in range(5):
            ask(over, number, pieces=number + 1)
        batch = json.dumps([{**ROW, "pieces": 7}, {**ROW, "colour": None}]).encode()
        got = over.server.ask("POST", "/predict/batch", batch, {"X-Request-ID": "both"})
        assert got.status == 200
        until(lambda: len(over.told.deltas) == 7)

    assert over.told.deltas == [10.0] * 7
    assert over.told.answers == [100.0] * 7
    assert (over.told.dropped, over.told.said) == (0, [])
    kept = lines(tmp_path)
    names = [(one["request_id"], one["row"], one["features"]["pieces"]) for one in kept]
    assert names == [
        *((f"order-{number}", 1, number + 1) for number in range(5)),
        ("both", 1, 7),
        ("both", 2, 3),
    ]
    first = kept[0]
    assert list(first) == [
        *("timestamp", "request_id", "row", "version", "shadow_version"),
        *("prediction", "shadow_prediction", "delta", "latency_ms", "shadow_latency_ms"),
        *("refused", "features"),
    ]
    assert first["features"] == {**ROW, "pieces": 1}
    assert (first["version"], first["shadow_version"]) == ("1", "2")
    assert (first["prediction"], first["shadow_prediction"], first["delta"]) == (100, 110, 10)
    assert first["latency_ms"] > 0
    assert first["shadow_latency_ms"] > 0
    assert first["refused"] is None
    assert first["timestamp"].endswith("+00:00")


def test_a_row_that_the_shadow_refuses_is_kept_with_the_reason(tmp_path: Path) -> None:
    other = answering_bundle(answer=110.0)
    strict = other.contract_text.replace("maximum: 99", "maximum: 5")
    assert strict != other.contract_text
    beside = in_folder(replace(other, contract_text=strict), tmp_path / "bundle")

    with shadowed(real(tmp_path), beside) as over:
        ask(over, 1, pieces=6)
        ask(over, 2, pieces=5)
        until(lambda: len(lines(tmp_path)) == 2)
        until(lambda: len(over.told.deltas) == 1)

    refused, scored = lines(tmp_path)
    assert (refused["shadow_prediction"], refused["delta"]) == (None, None)
    assert refused["refused"].startswith("pieces: must be at most 5")
    assert (scored["delta"], scored["refused"]) == (10.0, None)


def test_personal_columns_are_scored_with_and_never_written_down(tmp_path: Path) -> None:
    other = answering_bundle(answer=110.0)
    named = other.contract_text.replace(
        "name: colour, logicalType: string",
        "name: colour, logicalType: string, classification: personal",
    )
    assert named != other.contract_text
    beside = in_folder(replace(other, contract_text=named), tmp_path / "bundle")

    with shadowed(real(tmp_path), beside) as over:
        ask(over, 1)
        until(lambda: len(over.told.deltas) == 1)

    (line,) = lines(tmp_path)
    assert list(line["features"]) == ["day", "pieces", "price", "gift"]


@pytest.mark.parametrize("behaviour", ["hangs", "spins", "throws", "dies", "slow", "noise"])
def test_a_shadow_that_misbehaves_changes_nothing_for_the_caller(
    behaviour: str, tmp_path: Path
) -> None:
    beside = in_folder(answering_bundle(answer=110.0), tmp_path / "bundle")
    with shadowed(misbehaving(behaviour), None) as over:
        alone = [ask(over, number, pieces=number + 1) for number in range(40)]
        assert over.shadow.desk.pid is None

    with shadowed(misbehaving(behaviour), beside) as over:
        took = []
        for number in range(40):
            began = time.monotonic()
            assert ask(over, number, pieces=number + 1) == alone[number]
            took.append(time.monotonic() - began)
            time.sleep(0.02)
        assert sorted(took)[20] < 0.25
        until(lambda: over.told.dropped > 0)


def test_rows_are_either_scored_or_counted_as_dropped_though_the_shadow_is_killed(
    tmp_path: Path,
) -> None:
    beside = in_folder(answering_bundle(answer=110.0), tmp_path / "bundle")

    with shadowed(real(tmp_path), beside) as over:
        ask(over, 0)
        until(lambda: len(over.told.deltas) == 1)
        pid = over.shadow.desk.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)  # it hangs with what it is told
        for number in range(1, 11):
            ask(over, number)
        time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        until(lambda: over.told.dropped > 0)
        for number in range(11, 21):
            ask(over, number)
        until(lambda: len(over.told.deltas) + over.told.dropped == 21)
        assert over.shadow.desk.pid not in {None, pid}
        assert over.shadow.desk.dropped == over.told.dropped
    assert len(lines(tmp_path)) == len(over.told.deltas)


def test_a_shadow_whose_bundle_cannot_be_read_hangs_alone(tmp_path: Path) -> None:
    """The listing of its bundle is a pipe that nobody writes to: reading it never ends."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    os.mkfifo(folder / "checksums.json")
    place = Place(project="toy", folder=str(folder))
    beside = Live(
        project="toy", alias="staging", version="2", digest="0" * 64, run_id="", place=place
    )

    def desk_of(heard: Any) -> Desk:
        return shadow_desk(Settings(home=tmp_path, projects=()), heard, seconds=3.0)

    with shadowed(desk_of, beside) as over:
        for number in range(10):
            ask(over, number)
        until(lambda: over.told.dropped == 10)
        pid = over.shadow.desk.pid
        ask(over, 11)
        until(lambda: over.shadow.desk.pid not in {None, pid})


def test_a_broken_bundle_is_said_once_and_its_rows_are_counted(tmp_path: Path) -> None:
    beside = in_folder(answering_bundle(answer=110.0), tmp_path / "bundle")
    (tmp_path / "bundle" / "project.yaml").write_text("name: other\n")

    with shadowed(real(tmp_path), beside) as over:
        ask(over, 1)
        until(lambda: over.told.dropped == 1)
        ask(over, 2)
        until(lambda: over.told.dropped == 2)

    assert over.told.said == [
        "the shadow scores nothing: version 2 of toy: project.yaml is not the file that was written"
    ]
    assert lines(tmp_path) == []


def test_the_shadow_follows_its_alias(tmp_path: Path) -> None:
    second = in_folder(answering_bundle(answer=110.0), tmp_path / "second", 2)
    third = in_folder(answering_bundle(answer=75.0), tmp_path / "third", 3)

    with shadowed(real(tmp_path), second) as over:
        ask(over, 1)
        until(lambda: len(over.told.deltas) == 1)
        over.shadow._slot.shadow = third
        ask(over, 2)
        until(lambda: len(over.told.deltas) == 2)
        over.shadow._slot.shadow = None
        ask(over, 3)
        time.sleep(0.2)

    assert [(one["shadow_version"], one["delta"]) for one in lines(tmp_path)] == [
        ("2", 10.0),
        ("3", -25.0),
    ]


def test_of_a_large_request_the_first_rows_are_scored_and_the_others_count_as_dropped(
    tmp_path: Path,
) -> None:
    beside = in_folder(answering_bundle(answer=110.0), tmp_path / "bundle")

    with shadowed(real(tmp_path), beside) as over:
        got = over.server.ask("POST", "/predict/batch", json.dumps([ROW] * 130).encode())
        assert len(got.json["predictions"]) == 130
        until(lambda: len(over.told.deltas) == 100)

    assert over.told.dropped == 30


def test_requests_that_are_refused_are_not_scored(tmp_path: Path) -> None:
    beside = in_folder(answering_bundle(answer=110.0), tmp_path / "bundle")

    with shadowed(real(tmp_path), beside) as over:
        assert over.server.ask("POST", "/predict", b'{"pieces": -1}').status == 422
        assert over.server.ask("GET", "/health").status == 200
        assert over.shadow.desk.pid is None

    assert (over.told.deltas, over.told.dropped) == ([], 0)
