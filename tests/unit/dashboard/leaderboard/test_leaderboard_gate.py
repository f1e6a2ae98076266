"""The leaderboard page: what the gate and the registry say of the run."""

import json
from dataclasses import replace
from typing import Any

from foresell.adapters.ledger_memory import MemoryLedger
from tests.judged_run import Files, html, looked, register_bundles, shown_run
from tests.small_bundles import small_bundle, stored

NBSP = "\u00a0"


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
    page = looked(shown)
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
    page = looked(shown_run("panel", panel, ledger=changed))
    assert set(page.troubles) == {"versions"}
    assert page.about.standing == (
        "The registry cannot be read, so nobody can say whether this run is registered."
    )
    assert page.boards is not None
    assert page.picking is None
