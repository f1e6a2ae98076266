"""What a run leaves in the registry, and what a later run makes of it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

import foresell as public
from foresell.govern.promoting import promote
from foresell.govern.registry import read_history
from foresell.govern.rolling_back import roll_back
from foresell.pipeline.work import Event
from tests.builders import write_files
from tests.e2e.command import Foresell, Ran
from tests.e2e.shop import LINES, PROJECT, Shop

# Nobody beats a baseline there.
CONSTANT = LINES.with_columns(
    SALES=pl.lit("1000.0"),
    QUANTITYORDERED=pl.lit("10"),
    PRICEEACH=pl.lit("100.0"),
    DEALSIZE=pl.lit("Small"),
)


@pytest.fixture
def shop(tmp_path: Path, foresell: Foresell) -> Shop:
    made = Shop(tmp_path, foresell)
    made.declare()
    made.data()
    return made


def line(ran: Ran) -> str:
    """What the run says of its version."""
    return next(one for one in ran.out.splitlines() if one.startswith("Registered"))


PROMOTE = f"foresell registry promote {PROJECT} {{}} --to prod --reason TEXT"


def test_a_run_registers_a_version_once_and_by_force_once_more(shop: Shop) -> None:
    first = shop.run()
    assert (first.code, line(first)) == (
        0,
        f"Registered  version 1, on staging; {PROMOTE.format(1)}",
    )
    once = shop.state

    second = shop.run()
    assert (second.code, line(second)) == (0, "Registered  version 1 already (staging)")
    assert shop.state == once

    third = shop.run("--force")
    assert (third.code, line(third)) == (
        0,
        f"Registered  version 2, on staging; {PROMOTE.format(2)}",
    )
    one, two = shop.state.versions
    assert (one.digest, one.run_id != two.run_id) == (two.digest, True)
    assert shop.state.aliases == {"prod": None, "staging": 2}

    promote(shop.registry, PROJECT, 2, "prod", reason="good")
    roll_back(shop.registry, PROJECT, alias="staging", reason="a look at the old one")
    before = shop.state
    fourth = shop.run("--format", "json")
    told = json.loads(fourth.out)
    assert (fourth.code, told["version"], told["aliases"]) == (0, 2, {"prod": 2, "staging": 1})
    assert told["registration"] == shop.told
    assert shop.state == before


def test_a_model_that_failed_the_gate_is_registered_and_goes_to_staging_for_a_reason_alone(
    shop: Shop,
) -> None:
    shop.data(CONSTANT)
    failed = shop.run()
    assert failed.code == 1
    assert line(failed) == "Registered  version 1, not on staging: the gate did not pass"
    assert shop.state.aliases == {"prod": None, "staging": None}

    taken = shop.run("--override", "nothing better will come")
    assert taken.code == 0
    assert line(taken) == (
        f"Registered  version 2, on staging; {PROMOTE.format(2)} --override-gate"
    )
    last = read_history(shop.registry, PROJECT)[-1]
    assert (last.alias, last.after, last.reason, last.evidence["override"]) == (
        "staging",
        2,
        "nothing better will come",
        True,
    )


def test_a_project_that_demands_approval_registers_versions_that_wait_for_it(shop: Shop) -> None:
    shop.declare(registry={"approval": True})
    ran = shop.run()
    assert (ran.code, line(ran)) == (
        0,
        "Registered  version 1, on staging; it waits for approval: "
        f"foresell registry approve {PROJECT} 1 --reason TEXT",
    )
    assert shop.state.versions[0].approval == "PendingManualApproval"


def test_a_registry_out_of_reach_loses_nothing_and_the_same_command_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = write_files(shop.folder, {"file": b""}) / "file"
    monkeypatch.setenv("FORESELL_REGISTRY", f"sqlite:///{nowhere / 'registry.db'}")
    ran = shop.run()
    assert ran.code == 3
    assert "error the model is trained and packed, but not registered:" in ran.err
    assert "then run the project again: it goes on from here" in ran.err
    assert (shop.folder / "home" / PROJECT / "bundle" / "checksums.json").is_file()

    monkeypatch.delenv("FORESELL_REGISTRY")
    heard: list[Event] = []
    result = public.run(PROJECT, data=shop.folder / "data", preset="fast", listen=heard.append)
    done = [event.stage for event in heard if event.kind == "done"]
    assert done == ["register", "report", "monitor", "quality"]
    assert (result.version, result.aliases) == (1, {"prod": None, "staging": 1})


@pytest.mark.parametrize(
    ("variable", "value", "mend"),
    [
        ("FORESELL_REGISTRY", "mysql://db/models", "write sqlite:////folder/registry.db or"),
        ("FORESELL_ARTIFACTS", "ftp://files/models", "name a folder, or s3://BUCKET/PREFIX"),
        ("FORESELL_USER", "an\tn", "set FORESELL_USER to a name"),
        ("FORESELL_USER", " ", "set FORESELL_USER to a name"),
    ],
)
def test_a_registry_that_cannot_be_is_told_before_anything_is_trained(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, mend: str
) -> None:
    monkeypatch.setenv(variable, value)
    ran = shop.run()
    assert (ran.code, ran.out) == (2, "")
    assert f"\n  mend  {mend}" in ran.err
    assert not (shop.folder / "home" / PROJECT / ".state").exists()

    assert shop.run("--until", "validate").code == 0


def test_a_run_can_end_when_the_version_is_registered(shop: Shop) -> None:
    ran = shop.run("--until", "register")
    assert line(ran) == f"Registered  version 1, on staging; {PROMOTE.format(1)}"
    assert not (shop.folder / "home" / PROJECT / "report").exists()


def test_a_run_that_ends_before_leaves_no_version(shop: Shop) -> None:
    ran = shop.run("--until", "refit", "--format", "json")
    told = json.loads(ran.out)
    assert (told["version"], told["aliases"], told["registration"]) == (None, {}, None)
    assert shop.state.versions == ()


def test_a_run_killed_before_its_bundle_is_registered_registers_it_when_it_goes_on(
    shop: Shop,
) -> None:
    log = shop.folder / "home" / PROJECT / "run.log"
    program = str(Path(sys.executable).parent / "foresell")
    words = [program, "run", PROJECT, "--data", str(shop.folder / "data"), "--preset", "fast"]
    with subprocess.Popen(words, env=dict(os.environ), stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        while not (log.exists() and " refit done" in log.read_text()):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    assert " register done" not in log.read_text()

    assert shop.run().code == 0
    assert [one.version for one in shop.state.versions] == [1]
    assert shop.state.aliases == {"prod": None, "staging": 1}
