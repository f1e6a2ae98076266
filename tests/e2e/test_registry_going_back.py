"""Going back by the commands: from a bad first version, and while MLflow takes its time."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import foresell as package
from foresell.adapters.store import DirectoryStore
from foresell.bundle.bundle import write_bundle
from tests.e2e.command import Foresell, Ran
from tests.small_bundles import small_bundle

WHY = ("--reason", "a test")
Registry = Callable[..., Ran]


@pytest.fixture
def kept(foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """``foresell registry`` of a home with two versions, which were prod one after the other."""
    monkeypatch.setenv("FORESELL_HOME", str(tmp_path / "home"))
    for seed in (1, 2):
        place = tmp_path / f"bundle_{seed}"
        write_bundle(small_bundle(seed=seed, error=9.0 - seed), DirectoryStore(place))
        package.register("toy", place)
        package.promote("toy", seed, reason="a test")
    return lambda *words: foresell("registry", *words)


def test_a_bad_first_version_is_taken_off_prod_and_rejected(kept: Registry) -> None:
    assert kept("rollback", "toy", *WHY).code == 0

    stuck = kept("rollback", "toy", *WHY)
    held = kept("reject", "toy", "1", *WHY)
    off = kept("rollback", "toy", "--to", "none", *WHY)

    way_out = "or take it off: foresell registry rollback toy --to none --reason TEXT"
    assert (stuck.code, stuck.err.splitlines()[2].endswith(way_out)) == (2, True)
    assert (held.code, held.err.splitlines()[2].endswith("--to none takes it off prod")) == (
        1,
        True,
    )
    assert off.out.startswith("✓ prod of toy is no version now; it was version 1\n")
    assert kept("reject", "toy", "1", *WHY).code == 0
    assert package.versions("toy").aliases == {"prod": None, "staging": None}
    assert kept("verify", "toy").code == 0


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_change_stands_and_is_told_while_mlflow_has_not_answered_yet(
    form: str, kept: Registry, tmp_path: Path
) -> None:
    program = str(Path(sys.executable).parent / "foresell")
    words = ["registry", "rollback", "toy", *WHY, "--format", form]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        place = {
            "FORESELL_HOME": str(tmp_path / "home"),
            "FORESELL_TRACKING": "on",
            "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{silent.getsockname()[1]}",
        }
        with subprocess.Popen(
            [program, *words],
            env={**os.environ, **place},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as asked:
            try:
                assert asked.stdout is not None
                said = asked.stdout.readline().decode()  # a pipe: what is not flushed is not seen
                asker, _ = silent.accept()  # MLflow is asked, and never answers
                assert asked.poll() is None
                asker.close()
            finally:
                os.killpg(asked.pid, signal.SIGKILL)

    begins = {"table": "✓ prod of toy is version 1 now; it was version 2\n", "json": "{\n"}
    assert said == begins[form]
    assert package.versions("toy").aliases["prod"] == 1
