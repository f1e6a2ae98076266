"""What is printed of several runs, and the code they end with."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from foresell.api import RunResult, Runs
from foresell.cli.show import Format
from foresell.cli.show_runs import exit_code, show_runs
from foresell.errors import DataError, MachineError

ONE = RunResult(
    project="shop",
    kind="tabular",
    workspace=Path("home/shop"),
    checks=None,
    leakage=None,
    champion="ridge",
    passed=True,
    verdict=None,
    leaderboard=None,
    value_added=None,
    report=None,
    forecast=None,
    seconds={},
    version=3,
    aliases={"prod": 2, "staging": 3},
    stages={"manifest": "kept", "train": "done"},
)
LOST = DataError("train.csv is missing", "data", "put it there")


def runs(*found: RunResult, **failed: DataError | MachineError) -> Runs:
    return Runs(runs=found, passed_over={"walmart": "it needs data"}, failed=failed)


def test_each_run_is_a_line_and_each_other_project_says_why_it_has_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_runs(runs(ONE, replace(ONE, project="till", passed=False), lost=LOST), Format.table)

    told = capsys.readouterr()
    lines = [" ".join(line.split()) for line in told.out.splitlines() if line.strip()]
    assert lines == [
        "project stages champion gate version tracked",
        lines[1],
        "shop 1 done, 1 as they were ridge passed 3 (staging) off",
        "till 1 done, 1 as they were ridge not passed 3 (staging) off",
        "walmart was passed over: it needs data",
    ]
    assert told.err.splitlines()[:2] == ["lost", "error train.csv is missing"]


def test_a_program_gets_every_run_and_every_reason(capsys: pytest.CaptureFixture[str]) -> None:
    show_runs(runs(ONE, lost=LOST), Format.json)

    told = json.loads(capsys.readouterr().out)
    assert [one["project"] for one in told["runs"]] == ["shop"]
    assert told["passed_over"] == {"walmart": "it needs data"}
    assert told["failed"] == {
        "lost": {"what": "train.csv is missing", "where": "data", "mend": "put it there"}
    }


def test_the_code_is_that_of_the_worst_error_else_of_the_gates() -> None:
    refused = replace(ONE, passed=False)
    assert exit_code(runs(ONE), single=False) == 0
    assert exit_code(runs(ONE, refused), single=False) == 1
    assert exit_code(runs(ONE, refused), single=True) == 0
    assert exit_code(runs(replace(refused, override="a test")), single=False) == 0
    killed = MachineError("it was killed", "shop", "free memory")
    assert exit_code(runs(ONE, lost=LOST, shop=killed), single=False) == 3
