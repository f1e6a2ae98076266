"""``foresell serve --shadow`` and ``foresell shadow report``, as people use them."""

import json
import os
import signal
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

import foresell
from foresell.api import registry
from foresell.bundle.bundle import CHECKSUMS
from tests.serve_process import Running, registered, serving
from tests.served_bundles import ROW

LONG_S = 30.0


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG_S
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def scored(home: Path) -> int:
    """How many rows the shadow has written."""
    files = (home / "_serving" / "toy" / "shadow").glob("*.jsonl")
    return sum(len(file.read_text().splitlines()) for file in files)


def ask(server: Running, number: int) -> float:
    """Ask for one row; what is answered."""
    heads = {"X-Request-ID": f"order-{number}"}
    got = server.ask("POST", "/predict", json.dumps(ROW).encode(), heads)
    assert got.status == 200, got.body
    return float(got.json["prediction"])


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(one) for task in tasks for one in task.read_text().split()]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with version 1, which says 100, as prod and version 2, which says 110, as staging."""
    registered(tmp_path, "toy", 100.0, "prod")
    registered(tmp_path, "toy", 110.0, "staging")
    return tmp_path


def test_what_staging_would_have_answered_is_in_the_report_and_in_the_metrics(home: Path) -> None:
    with serving(home, "toy", "--shadow", "staging") as server:
        assert [ask(server, number) for number in range(4)] == [100.0] * 4
        until(lambda: scored(home) == 4)
        third = registered(home, "toy", 75.0, "")
        registry.promote("toy", third, to="staging", reason="a test", home=home)
        until(lambda: server.ask("GET", "/health").json["shadow_version"] == str(third))
        assert ask(server, 4) == 100.0
        until(lambda: scored(home) == 5)
        told = server.ask("GET", "/metrics").body.decode()
        health = server.ask("GET", "/health").json
        server.process.send_signal(signal.SIGINT)
        assert server.ends() == 0

    assert (health["model_version"], health["shadow_loaded"]) == ("1", True)
    assert 'foresell_shadow_scored_total{project="toy",side="higher"} 4.0' in told
    assert 'foresell_shadow_scored_total{project="toy",side="lower"} 1.0' in told
    (home / "actuals.csv").write_text("request_id,sales\norder-0,111\norder-1,101\norder-4,100\n")
    found = foresell.shadow_report("toy", actuals=home / "actuals.csv", home=home)
    assert [(one.version, one.shadow_version, one.rows) for one in found.pairs] == [
        ("1", "3", 1),
        ("1", "2", 4),
    ]
    for pair, delta, wins in zip(found.pairs, (-25.0, 10.0), (0, 1), strict=True):
        assert pair.delta is not None
        assert pair.actuals is not None
        assert (pair.delta["mean"], pair.actuals["wins"]) == (delta, wins)


def test_a_server_that_is_killed_leaves_no_child_behind(home: Path) -> None:
    with serving(home, "toy", "--shadow", "staging") as server:
        ask(server, 1)
        until(lambda: scored(home) == 1)
        mine = children(server.process.pid)
        assert len(mine) == 1
        server.process.kill()
        server.ends()
        until(lambda: not any(Path(f"/proc/{one}").exists() for one in mine))


def test_a_shadow_is_loaded_before_any_request_and_again_when_its_process_was_killed(
    home: Path,
) -> None:
    with serving(home, "toy", "--shadow", "staging") as server:
        until(lambda: bool(server.ask("GET", "/health").json["shadow_loaded"]))
        metrics = server.ask("GET", "/metrics").body.decode()
        for one in children(server.process.pid):
            os.kill(one, signal.SIGKILL)
        until(lambda: not server.ask("GET", "/health").json["shadow_loaded"])
        until(lambda: bool(server.ask("GET", "/health").json["shadow_loaded"]))
    assert "foresell_shadow_info{" in metrics


def test_a_shadow_whose_files_are_gone_is_told_to_be_not_loaded_and_why(home: Path) -> None:
    digest = sha256((home / "handed_in" / "toy-110" / CHECKSUMS).read_bytes()).hexdigest()
    (home / "_registry" / "objects" / digest[:2] / digest[2:]).unlink()
    with serving(home, "toy", "--shadow", "staging") as server:
        until(lambda: server.ask("GET", "/health").json["trouble"] is not None)
        health = server.ask("GET", "/health").json
        assert ask(server, 1) == 100.0
        metrics = server.ask("GET", "/metrics").body.decode()

    assert (health["shadow_loaded"], health["shadow_version"]) == (False, "2")
    assert health["status"] == "degraded"
    assert "the shadow scores nothing" in health["trouble"]
    assert "foresell_shadow_info{" not in metrics


def test_a_shadow_that_is_killed_again_and_again_fails_no_request(home: Path) -> None:
    with serving(home, "toy", "--shadow", "staging") as server:
        for number in range(60):
            assert ask(server, number) == 100.0
            for one in children(server.process.pid) if number % 10 == 5 else ():
                os.kill(one, signal.SIGKILL)
            time.sleep(0.03)
        assert server.ask("GET", "/health").status == 200
        server.process.send_signal(signal.SIGINT)
        assert server.ends() == 0
