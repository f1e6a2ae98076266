"""``foresell loadtest``: a real server, Locust, files that tell what came, and thresholds."""

import json
from pathlib import Path

import polars as pl
import pytest

import foresell as platform
from foresell.adapters.store import DirectoryStore
from foresell.answer.requests import read_requests, request_form
from foresell.answer.varied import varied_rows
from foresell.bundle.bundle import read_bundle
from foresell.contracts.contract import parse_contract
from foresell.errors import UsageError
from foresell.spec.reading import parse_project
from tests.e2e.command import Foresell


def test_a_server_is_asked_in_every_way_and_what_came_of_it_lies_in_files(
    shops: tuple[Path, object], tmp_path: Path
) -> None:
    found = platform.load_test(
        "retail",
        duration=2,
        users=2,
        pace=20,
        max_p95_ms=5000,
        alias="staging",
        out=tmp_path,
        home=shops[0] / "home",
    )

    assert found.passed, found.summary["reasons"]
    told = json.loads((tmp_path / "summary.json").read_text())
    assert told == found.summary
    assert told["failures"] == 0
    assert 0 < told["p50_ms"] <= told["p95_ms"] <= told["p99_ms"] <= told["max_ms"]
    names = {str(one["name"]).removeprefix("POST /projects/retail") for one in told["endpoints"]}
    assert {"/predict", "/predict/batch"} <= names
    requests = pl.read_csv(tmp_path / "requests.csv")
    assert requests.height == told["requests"] > 10
    assert pl.read_csv(tmp_path / "endpoints.csv")["requests"].sum() == told["requests"]
    assert (tmp_path / "load.svg").read_text().startswith("<svg")


def test_a_threshold_that_is_not_kept_ends_with_1(
    shops: tuple[Path, object], foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_HOME", str(shops[0] / "home"))
    words = ("--alias", "staging", "--duration", "1", "--users", "1", "--max-p95-ms", "0.001")

    done = foresell("loadtest", "retail", *words)

    assert done.code == 1
    assert "at most 0.001 ms" in done.out


def test_what_cannot_be_asked_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="0 is out of range") as refused:
        platform.load_test("retail", users=0, home=tmp_path)
    assert refused.value.where == "--users"
    with pytest.raises(UsageError, match="'ftp://x' is no address of a server"):
        platform.load_test("retail", url="ftp://x", home=tmp_path)
    with pytest.raises(UsageError, match="no project has a version at prod"):
        platform.load_test(home=tmp_path)


def test_rows_of_a_table_differ_and_keep_the_contract(orders_home: Path) -> None:
    bundle = read_bundle(DirectoryStore(orders_home / "sales_orders" / "bundle"))

    rows = varied_rows(bundle, 120, seed=5)

    assert rows == varied_rows(bundle, 120, seed=5)
    assert len({json.dumps(row) for row in rows}) > 100
    project = parse_project(bundle.project_text, "project")
    form = request_form(project, parse_contract(bundle.contract_text, "contract"))
    assert read_requests(rows, form).problems == ()
