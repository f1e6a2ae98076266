"""What monitoring found, as Prometheus reads it."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families as families

from foresell.monitor.alerts import Standing
from foresell.monitor.gauges import Gauge, Watch, gauges, prometheus_text
from foresell.spec.monitoring import Subject
from tests.alerts_made import DAY, alert
from tests.scraped import samples

NOTHING = Watch(project="toy", drift={}, performance={}, standing={}, waiting=0)


def told(found: list[Gauge]) -> dict[str, dict[tuple[str, ...], float]]:
    """The samples by name, by the values of their labels in the order of their names."""
    page = prometheus_text(found)
    return {name: samples(page, name) for name in dict.fromkeys(one.name for one in found)}


def drift(*columns: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "columns": list(columns)}


def test_nothing_known_is_nothing_told() -> None:
    assert gauges(NOTHING) == []
    assert prometheus_text([]) == b""


def test_each_column_tells_how_far_it_has_moved_and_categories_have_no_ks() -> None:
    known = drift(
        {"name": "CPI", "part": "feature", "psi": 0.25, "ks": 0.5, "drifted": True},
        {"name": "Type", "part": "feature", "psi": 0.01, "ks": None, "drifted": False},
    )
    assert told(gauges(replace(NOTHING, drift=known))) == {
        "foresell_drift_psi": {
            ("CPI", "feature", "toy", "3"): 0.25,
            ("Type", "feature", "toy", "3"): 0.01,
        },
        "foresell_drift_ks": {("CPI", "feature", "toy", "3"): 0.5},
        "foresell_drift_column_drifted": {
            ("CPI", "feature", "toy", "3"): 1,
            ("Type", "feature", "toy", "3"): 0,
        },
    }


def test_how_forecasts_fared_is_told_beside_the_backtest() -> None:
    known = {
        "version": 3,
        "verdict": "watch",
        "recent": {"wape": 0.08, "coverage_80": 0.75, "value_added": None},
        "backtest": {"wape": 0.06},
        "tracking_signal": -4.5,
    }
    assert told(gauges(replace(NOTHING, performance=known))) == {
        "foresell_performance_wape": {("toy", "3"): 0.08},
        "foresell_performance_backtest_wape": {("toy", "3"): 0.06},
        "foresell_tracking_signal": {("toy", "3"): -4.5},
        "foresell_coverage_80": {("toy", "3"): 0.75},
        "foresell_performance_verdict": {
            ("toy", "steady", "3"): 0,
            ("toy", "watch", "3"): 1,
            ("toy", "retrain", "3"): 0,
        },
    }


def test_no_whole_period_yet_is_no_number() -> None:
    known = {"version": None, "recent": None, "backtest": {"wape": None}, "tracking_signal": None}
    assert gauges(replace(NOTHING, performance=known)) == []


def test_alerts_tell_whether_they_stand_when_was_looked_and_what_waits() -> None:
    standing: dict[Subject, Standing] = {
        "drift": Standing(checked=DAY, alert=alert()),
        "schema": Standing(checked=DAY),
    }
    assert told(gauges(replace(NOTHING, standing=standing, waiting=2))) == {
        "foresell_alert": {("toy", "drift"): 1, ("toy", "schema"): 0},
        "foresell_monitor_checked_timestamp_seconds": {
            ("toy", "drift"): DAY.timestamp(),
            ("toy", "schema"): DAY.timestamp(),
        },
        "foresell_outbox_waiting": {("toy",): 2},
    }


def test_every_number_is_in_the_documents_and_every_one_in_the_documents_is_told() -> None:
    column = {"name": "CPI", "part": "feature", "psi": 0.25, "ks": 0.5, "drifted": True}
    recent = {"wape": 0.08, "coverage_80": 0.75, "value_added": 0.1}
    fared = {"recent": recent, "backtest": {"wape": 0.06}, "tracking_signal": 1, "verdict": "watch"}
    whole = Watch(
        project="toy",
        drift=drift(column),
        performance=fared,
        standing={"drift": Standing(checked=DAY)},
        waiting=0,
    )
    text = Path(__file__).parents[3].joinpath("docs", "monitoring.md").read_text("utf-8")
    table = "".join(line for line in text.splitlines() if line.startswith("| `"))
    assert {one.name for one in gauges(whole)} == set(re.findall(r"`(foresell_[a-z_0-9]+)`", table))


@given(
    column=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    value=st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_name_and_number_is_read_back_as_it_was(column: str, value: float) -> None:
    labels = {"column": column, "project": "toy"}
    page = prometheus_text([Gauge(name="foresell_x", says="x\n\\", labels=labels, value=value)])
    [family] = families(page.decode())
    [sample] = family.samples
    assert (sample.labels, sample.value) == (labels, value)
