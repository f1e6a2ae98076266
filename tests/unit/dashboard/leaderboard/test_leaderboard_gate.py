"""The leaderboard page: what the gate and the registry say of the run."""

import json
from dataclasses import replace
from typing import Any

import pytest

from foresell.adapters.ledger_memory import MemoryLedger
from foresell.dashboard.leaderboard.page import Leaderboard, context
from foresell.dashboard.pages import page_of
from foresell.dashboard.reading.shown import Shown
from foresell.dashboard.rendering import rendered
from foresell.serving.exchange import Kind
from tests.dashboard_site import visit_of
from tests.judged_run import (
    Files,
    register_bundles,
    run_files,
    shown_run,
)
from tests.small_bundles import small_bundle, stored

NBSP = "\u00a0"


@pytest.fixture(scope="module")
def panel() -> Files:
    return run_files("panel")


def looked(files: Files, kind: Kind = "panel", **query: str) -> Leaderboard:
    return context(visit_of(shown_run(kind, files), query))


def html(shown: Shown, **query: str) -> str:
    visit = visit_of(shown, query)
    return rendered(page_of("leaderboard", shown.kind), context(visit), visit, keyed=False).decode()


def test_a_model_that_failed_its_gate_is_told_as_that_and_why_it_may_answer(panel: Files) -> None:
    test = json.loads(panel["evaluation", "test.json"])
    told = test["protocols"]["frozen"]
    told["verdict"] |= {"passed": False, "reasons": ["RMSE 9 does not beat 5"]}
    last = told["verdict"]["comparisons"][-1]
    last |= {"champion": 2 * last["baseline"]}
    knobs: dict[str, Any] = {"kind": "panel", "weighted": True, "champion": "lightgbm"}
    knobs |= {"override": "a <b>test</b>"}
    bundle = {("bundle", name): own for name, own in stored(small_bundle(**knobs)).files.items()}
    files = {**panel, **bundle, ("evaluation", "test.json"): json.dumps(test).encode()}
    shown = shown_run("panel", files)
    register_bundles(shown, knobs)
    page = context(visit_of(shown))
    assert page.heading == (
        f"Not passed: WMAE is 100.0{NBSP}% above that of seasonal_naive, the best baseline"
    )
    assert (page.facts[1].label, page.facts[1].tone) == ("above seasonal_naive", "bad")
    sent = html(shown)
    assert "The gate did not pass." in sent
    assert "It may answer all the same: a &lt;b&gt;test&lt;/b&gt;" in sent


def test_a_registry_that_was_changed_takes_away_what_hangs_on_it(panel: Files) -> None:
    ledger = MemoryLedger()
    shown = shown_run("panel", panel, ledger=ledger)
    register_bundles(shown, {"kind": "panel", "weighted": True, "champion": "lightgbm"})
    (entry,) = ledger.transitions("toy")
    changed = MemoryLedger()
    changed.append(replace(entry, reason="another one"))
    page = context(visit_of(shown_run("panel", panel, ledger=changed)))
    assert set(page.troubles) == {"versions", "registered"}
    assert page.boards is not None
    assert page.picking is None
