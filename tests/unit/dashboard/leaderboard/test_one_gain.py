"""Overview, leaderboard and registry tell one gain of a version, by one metric and baseline."""

import json
from datetime import UTC, datetime

from foresell.dashboard.leaderboard.page import context
from foresell.dashboard.overview.cards import numbers, says
from foresell.dashboard.overview.facts import Facts
from foresell.dashboard.registry.versions import value_added
from foresell.spec.registry import State, Version
from tests.dashboard_site import visit_of
from tests.judged_run import run_files, shown_run

NBSP = "\u00a0"


def test_every_page_tells_the_last_comparison_of_the_gate_with_its_metric_and_baseline() -> None:
    table = run_files("tabular")
    test = json.loads(table["evaluation", "test.json"])
    gate = test["protocols"]["held-out"]["verdict"]
    gate["comparisons"] = [
        {"metric": "rmse", "champion": 2.0, "baseline": 8.0, "best_baseline": "mean"},
        {"metric": "mae", "champion": 2.0, "baseline": 2.5, "best_baseline": "median"},
    ]
    for one in gate["comparisons"]:
        one |= {"passed": True, "value_added": 1 - one["champion"] / one["baseline"]}
    noted = Version(
        project="toy",
        version=1,
        digest="d",
        registered_at="2026-01-01T00:00:00+00:00",
        who="ana",
        run_id="",
        approval="Approved",
        record={"gate": gate},
    )
    facts = Facts(
        name="toy",
        kind="tabular",
        now=datetime(2026, 1, 2, tzinfo=UTC),
        state=State(project="toy", versions=(noted,), stacks={"staging": (), "prod": (1,)}),
        live=noted,
        alias="prod",
    )
    said = f"MAE is 20.0{NBSP}% below that of median, the best baseline"

    files = {**table, ("evaluation", "test.json"): json.dumps(test).encode()}
    page = context(visit_of(shown_run("tabular", files)))

    assert page.heading == said
    assert (page.facts[1].value, page.facts[1].label) == (f"20.0{NBSP}%", "below median")
    assert says(facts) == f"Version 1 answers from prod. Its {said}."
    assert numbers(facts)[0].value == f"20.0{NBSP}%"
    assert numbers(facts)[0].note == "MAE 2.00 against 2.50 of median"
    assert value_added(noted) == (f"+20.0{NBSP}%", "MAE against median")
