"""What shadows have scored and how long answers take, as the page tells it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from foresell.contracts.contract import parse_contract
from foresell.dashboard.monitoring.latency import latency_of
from foresell.dashboard.monitoring.page import context
from foresell.dashboard.monitoring.shadow import shadow_of
from foresell.dashboard.reading.shown import AbsentError, Declared, Shown
from foresell.spec.reading import parse_project
from foresell.spec.serving import Took
from tests.dashboard_site import memory_shown, visit_of
from tests.served_bundles import CONTRACT, PROJECT

FILES = (
    "shadow-20261121T200000000000Z-00000000.jsonl",
    "shadow-20261122T200000000000Z-0a0a0a0a.jsonl",
)
ALONE = {
    **{"project": "toy", "version": 3, "digest": "d", "alias": "prod", "requests": 200},
    **{"endpoint": "POST /projects/toy/predict", "failures": 0, "reasons": [], "warm_up": 20},
    **{"p50_ms": 1.234, "p95_ms": 2.345, "p99_ms": 3.456, "max_ms": 120.5, "different_rows": 200},
    **{"measured_at": "2026-11-22T10:00:00+00:00", "machine": "Linux x86_64, 2 cores"},
}
LOAD = {
    **{"passed": False, "projects": ["toy"], "users": 20, "duration_s": 30.0, "requests": 4321},
    **{"failures": 12, "failure_share": 12 / 4321, "requests_per_second": 144.2},
    **{
        "p50_ms": 9.1,
        "p95_ms": 45.67,
        "p99_ms": 88.0,
        "max_ms": 1234.5,
        "machine": "Linux, 2 cores",
    },
    "endpoints": [
        {
            **{"name": "POST /predict", "requests": 4321, "failures": 12, "p50_ms": 9.1},
            **{"p95_ms": 45.67, "p99_ms": 88.0, "max_ms": 1234.5, "requests_per_second": 144.2},
        }
    ],
}


def line(number: int, live: float, shadow: float | None, **changed: Any) -> dict[str, Any]:
    return {
        "timestamp": datetime(2026, 11, 21, 20, 0, number, tzinfo=UTC).isoformat(),
        "request_id": f"order-{number}",
        "row": 1,
        "version": "1",
        "shadow_version": "2",
        "prediction": live,
        "shadow_prediction": shadow,
        "delta": None if shadow is None else shadow - live,
        "latency_ms": 0.2,
        "shadow_latency_ms": None if shadow is None else 0.4,
        "refused": "MSRP: must be at least 1" if shadow is None else None,
        "features": {"MSRP": 95, "name": "<script>"},
        **changed,
    }


def lines(*told: dict[str, Any]) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in told).encode()


def declared() -> Declared:
    return Declared(
        spec=parse_project(PROJECT.format(project="toy"), "project.yaml"),
        contract=parse_contract(CONTRACT.format(project="toy"), "contract.yaml"),
        where="here",
    )


def shown(files: dict[tuple[str, str], bytes]) -> Shown:
    return memory_shown("toy", "tabular", files, declared=declared)


SCORED = {
    ("_shadow", FILES[0]): lines(
        line(1, 1000.0, 1100.0), line(2, 2000.0, 2050.0), line(3, 3.0, None)
    ),
    ("_shadow", FILES[1]): lines(line(4, 4000.0, 3900.0), line(5, 5000.0, 5000.0)) + b'{"timest',
}


def test_a_shadow_is_told_by_the_lines_of_all_its_files_but_for_a_torn_one() -> None:
    found = shadow_of(shown(SCORED))

    assert found.lead.replace("\u00a0", " ") == (
        "5 rows from 21 Nov 2026, 20:00 UTC to 21 Nov 2026, 20:00 UTC, 4 scored, 1 refused by the "
        "shadow."
    )
    # Of live answers that sum to 12,000 the shadow's lie 100 + 50 + 100 + 0 apart, two of them up.
    assert found.headline.replace("\u00a0", " ") == (
        "Version 2 answers 2.1 % apart from version 1, higher in 50 % of the rows"
    )
    assert found.refusals == ["1 row: MSRP: must be at least 1"]
    assert [one.value.replace("\u00a0", " ").split()[0] for one in found.facts] == [
        *("62.5", "12.5", "25")
    ]
    assert [[cell.text for cell in row] for row in found.speeds.rows] == [
        ["live, version 1", "0.20", "0.20", "0.20"],
        ["shadow, version 2", "0.40", "0.40", "0.40"],
    ]
    assert found.figure is not None
    assert found.figure.rows is not None
    assert found.figure.rows["rows"].sum() == 4
    assert found.figure.draw(520)["layer"]


def test_pairs_that_were_met_before_are_in_the_table() -> None:
    files = {("_shadow", FILES[0]): lines(line(1, 10.0, 11.0), line(2, 10.0, 12.0, version="3"))}
    found = shadow_of(shown(files))

    assert found.pairs is not None
    assert [row[0].text for row in found.pairs.rows] == ["2 beside 3", "2 beside 1"]


def test_a_shadow_that_refused_every_row_is_told_without_a_picture() -> None:
    found = shadow_of(shown({("_shadow", FILES[0]): lines(line(3, 3.0, None))}))

    assert found.headline == "Version 2 has refused every row that version 1 answered"
    assert found.figure is None
    assert found.facts == []


@pytest.mark.parametrize("content", [b"{}\n", b"no json\n", b'{"timestamp": []}\n'])
def test_a_strange_line_of_a_shadow_is_named_by_its_file(content: bytes) -> None:
    page = context(visit_of(shown({("_shadow", FILES[0]): content})))

    assert page.shadow is None
    assert not page.troubles["shadow"].next


def test_without_a_shadow_the_page_says_how_to_have_one() -> None:
    with pytest.raises(AbsentError) as told:
        shadow_of(shown({}))
    assert told.value.mend == "foresell serve toy --shadow staging"


def test_latencies_are_those_of_their_files() -> None:
    files = {
        ("_latency", "toy.json"): json.dumps(ALONE).encode(),
        ("_load", "summary.json"): json.dumps(LOAD).encode(),
    }
    found = latency_of(shown(files))

    assert found.headline == "95 of 100 rows are answered within 2.35 milliseconds"
    assert [[cell.text for cell in row] for row in found.table.rows] == [
        ["one caller, a row at a time", "1.23", "2.35", "3.46", "120", "200", "0"],
        ["20 callers at once", "9.10", "45.7", "88.0", "1,234", "4,321", "12"],
        ["POST /predict", "9.10", "45.7", "88.0", "1,234", "4,321", "12"],
    ]
    assert [one.source for one in found.facts] == ["_latency/toy.json", "_load/summary.json"]
    assert "its thresholds were not held" in found.notes[1]


TOOK = Took(
    name="POST /predict",
    requests=1234,
    answered=1200,
    failed=2,
    within_s=(0.0025, 0.075, 10, None),
    longest_s=10,
)


def test_the_answers_of_this_server_are_told_by_the_bounds_they_lie_within() -> None:
    rare = Took(
        name="POST /explain", requests=3, answered=3, failed=0, within_s=(1, 1, 1, 1), longest_s=10
    )
    found = latency_of(shown({}), (TOOK, rare))

    assert found.headline == "95 of 100 answers of POST\u00a0/predict took at most 75 milliseconds"
    assert [[cell.text.replace("\u00a0", " ") for cell in row] for row in found.table.rows] == [
        [
            *("callers, POST /predict", "≤ 2.5", "≤ 75", "≤ 10,000"),
            *("> 10,000", "1,234", "2"),
        ],
        ["callers, POST /explain", *["≤ 1,000"] * 4, "3", "0"],
    ]
    assert [cell.mark for cell in found.table.rows[0]] == [""] * 6 + ["warn"]
    assert [(one.value.replace("\u00a0", " "), one.source) for one in found.facts] == [
        ("≤ 75 ms", "/metrics")
    ]
    assert len(found.notes) == 1


def test_what_was_measured_stays_the_finding_beside_what_callers_ask() -> None:
    files = {("_latency", "toy.json"): json.dumps(ALONE).encode()}
    found = latency_of(shown(files), (TOOK,))

    assert found.headline == "95 of 100 rows are answered within 2.35 milliseconds"
    assert [row[0].text for row in found.table.rows] == [
        "callers, POST\u00a0/predict",
        "one caller, a row at a time",
    ]


@pytest.mark.parametrize(
    ("took", "headline"),
    [
        (replace(TOOK, answered=99), "How long an answer takes"),
        (
            replace(TOOK, within_s=(1, None, None, None)),
            "More than 5 of 100 answers of POST\u00a0/predict took longer than 10,000 milliseconds",
        ),
    ],
)
def test_few_answers_are_no_finding_and_slow_ones_are_one(took: Took, headline: str) -> None:
    assert latency_of(shown({}), (took,)).headline == headline


def test_a_load_test_of_other_projects_tells_nothing_of_this_one() -> None:
    other = json.dumps({**LOAD, "projects": ["walmart"]}).encode()
    with pytest.raises(AbsentError, match="nobody has measured"):
        latency_of(shown({("_load", "summary.json"): other}))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"p95_ms": "fast"}'])
def test_a_spoilt_measurement_is_named(content: bytes) -> None:
    page = context(visit_of(shown({("_latency", "toy.json"): content})))

    assert page.latency is None
    assert "_latency" in f"{page.troubles['latency'].what} {page.troubles['latency'].where}"


def test_messages_that_nobody_took_are_told_by_their_place() -> None:
    kept = {
        "project": "toy",
        "subjects": {"drift": {"checked": "2026-11-22T10:00:00Z", "alert": None}},
    }
    files = {
        ("monitor", "alerts.json"): json.dumps(kept).encode(),
        ("monitor", "outbox/hooks.example-1/000001-firing-toy.drift.x.json"): b"{}",
        ("monitor", "outbox/hooks.example-1/tried.json"): json.dumps({
            **{"at": "2026-11-22T10:00:00+00:00", "why": "it is out of reach", "mend": "wait"}
        }).encode(),
        ("monitor", "outbox/other/000002-resolved-toy.drift.x.json"): b"{}",
    }
    page = context(visit_of(shown(files)))

    assert page.alerts is not None
    assert [(one.place, one.messages, one.mend) for one in page.alerts.waiting] == [
        ("hooks.example-1", "1 message", "wait"),
        ("other", "1 message", "foresell monitor deliver"),
    ]
    assert [(one.subject, one.ended) for one in page.alerts.quiet] == [("drift", "")]
    assert page.facts[0].value == "0"
