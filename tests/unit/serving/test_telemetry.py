"""What the server tells of a request: numbers under known names, one line, and no more labels
than it has routes, projects and columns."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import MachineError
from foresell.serving.exchange import Asked, Note
from foresell.serving.logs import Lines
from foresell.serving.reloading import Reload
from foresell.serving.served import Served
from foresell.serving.telemetry import Ended, Telemetry
from foresell.serving.tracing import Trace
from tests.scraped import samples
from tests.served_bundles import live, served, slot

TRACE = Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "b7ad6b7169203331", True)


def numbers(telemetry: Telemetry, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples of a name."""
    return samples(telemetry.metrics.page()[0], name)


@pytest.fixture(scope="module")
def toy() -> Served:
    return served(3)


def ended(
    toy: Served | None,
    note: Note | None = None,
    *,
    status: int = 200,
    method: str = "POST",
    route: str = "/predict",
    seconds: float = 0.003,
    **more: Any,
) -> Ended:
    """Return a request that is over."""
    asked = None
    if toy is not None:
        asked = Asked(
            "id-1", b"", (), slot=slot("toy", toy), served=toy, caller="till", note=note or Note()
        )
    told = {"scope": "predict" if method == "POST" else "read", **more}
    return Ended(method, route, status, seconds, "id-1", TRACE, asked, **told)


def lines_of(told: Sequence[Ended]) -> Iterator[Mapping[str, Any]]:
    """Yield what the log says of requests."""
    out = io.BytesIO()
    telemetry = Telemetry(Lines(out.write))
    for one in told:
        telemetry.began(one.method)
        telemetry.ended(one)
    telemetry.close()
    for line in out.getvalue().splitlines():
        yield json.loads(line)


def test_a_request_is_counted_under_the_names_of_open_telemetry(toy: Served) -> None:
    telemetry = Telemetry()
    telemetry.began("POST", "/predict")
    going = numbers(telemetry, "http_server_active_requests")
    telemetry.ended(ended(toy, seconds=0.003))
    name = "http_server_request_duration_seconds"
    assert going == {("POST",): 1}
    assert numbers(telemetry, "http_server_active_requests") == {("POST",): 0}
    # Labels in the order of their names: method, status, route, project.
    assert numbers(telemetry, f"{name}_count") == {("POST", "200", "/predict", "toy"): 1}
    assert numbers(telemetry, f"{name}_sum") == {
        ("POST", "200", "/predict", "toy"): pytest.approx(0.003, abs=1e-12)
    }
    buckets = numbers(telemetry, f"{name}_bucket")
    below = {float(key[3]): count for key, count in buckets.items()}
    assert all(count == (bound >= 0.003) for bound, count in below.items())
    assert {0.001, 0.0025, 0.005, 10.0, float("inf")} <= below.keys()


def test_what_the_model_did_is_counted_by_project(toy: Served) -> None:
    telemetry = Telemetry()
    unseen, outside = [["colour"], [], ["colour"]], [(), ("price", "day"), ()]
    note = Note(rows=3, inference_s=0.0002, unseen=unseen, outside=outside)
    for status in (200, 500):
        telemetry.began("POST")
        telemetry.ended(ended(toy, note, status=status))
    assert numbers(telemetry, "foresell_inference_total") == {
        ("success", "toy"): 1,
        ("failure", "toy"): 1,
    }
    assert numbers(telemetry, "foresell_rows_total") == {("toy",): 3}
    assert numbers(telemetry, "foresell_inference_duration_seconds_count") == {("toy",): 2}
    assert numbers(telemetry, "foresell_unseen_total") == {("colour", "toy"): 4}
    assert numbers(telemetry, "foresell_outside_total") == {("price", "toy"): 2, ("day", "toy"): 2}


def test_a_model_that_fails_before_it_says_anything_is_a_failure_and_nothing_else_is(
    toy: Served,
) -> None:
    telemetry = Telemetry()
    for status, scope in ((500, "explain"), (504, "predict"), (500, "read"), (503, "admin")):
        telemetry.began("POST")
        telemetry.ended(ended(toy, status=status, scope=scope))
    telemetry.began("POST")
    telemetry.ended(ended(toy, status=422))
    assert numbers(telemetry, "foresell_inference_total") == {("failure", "toy"): 2}


def test_a_request_that_asked_no_model_counts_no_inference(toy: Served) -> None:
    telemetry = Telemetry()
    telemetry.began("GET")
    telemetry.ended(ended(toy, route="/metadata", method="GET"))
    assert numbers(telemetry, "foresell_inference_total") == {}
    assert numbers(telemetry, "foresell_rows_total") == {}


def test_a_broken_rule_is_counted_by_the_field_of_the_contract_and_by_no_other_name(
    toy: Served,
) -> None:
    telemetry = Telemetry()
    broken = [
        ("pieces", "maximum"),
        ("pieces", "maximum"),
        ("pieces, price", "too cheap"),
        ("sales_tax", "unknown"),
        ("", "type"),
    ]
    telemetry.began("POST")
    telemetry.ended(ended(toy, Note(violations=broken), status=422))
    assert numbers(telemetry, "foresell_contract_violations_total") == {
        ("pieces", "toy", "maximum"): 2,
        ("pieces, price", "toy", "too cheap"): 1,
        ("(row)", "toy", "unknown"): 1,
        ("(row)", "toy", "type"): 1,
    }


@settings(max_examples=20)
@given(
    asked=st.lists(
        st.tuples(
            st.sampled_from(["GET", "POST"]) | st.text(max_size=8),
            st.text(max_size=30),
            st.text(max_size=12),
        ),
        max_size=30,
    )
)
def test_no_request_invents_a_label(asked: list[tuple[str, str, str]]) -> None:
    telemetry, toy = Telemetry(), served(3)
    for method, path, field in asked:
        telemetry.began(method, path)
        note = Note(violations=[(field, "unknown")])
        telemetry.ended(ended(toy, note, status=404, method=method, route="", path=path))
    labels = numbers(telemetry, "http_server_request_duration_seconds_count")
    known = {"GET", "POST", "HEAD", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
    assert {method for method, _, _, _ in labels} <= {*known, "_OTHER"}
    assert {route for _, _, route, _ in labels} <= {""}
    fields = {key[0] for key in numbers(telemetry, "foresell_contract_violations_total")}
    assert fields <= {"(row)", *toy.contract.columns}


def test_reloads_are_counted_by_what_became_of_them_and_told_in_the_log() -> None:
    out = io.BytesIO()
    telemetry = Telemetry(Lines(out.write))
    telemetry.heard(Reload(project="toy", outcome="loaded", live=live(2), seconds=0.25))
    broken = ValueError("bits")
    telemetry.heard(
        Reload(project="toy", outcome="refused", live=live(3), why="bits", error=broken)
    )
    away = MachineError("no registry", "the disk", "mount it")
    telemetry.heard(Reload(project="toy", outcome="unreachable", why="no registry", error=away))
    telemetry.heard(Reload(project="toy", outcome="reachable"))
    telemetry.close()
    assert numbers(telemetry, "foresell_reload_total") == {
        ("success", "toy"): 1,
        ("refused", "toy"): 1,
        ("unreachable", "toy"): 1,
    }
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(one["level"], one["message"]) for one in told] == [
        ("INFO", "toy: loaded version 2"),
        ("ERROR", "toy: refused version 3"),
        ("ERROR", "toy: unreachable"),
        ("INFO", "toy: reachable"),
    ]
    assert told[0]["seconds"] == 0.25
    assert told[1]["why"] == "bits"
    assert "ValueError: bits" in told[1]["exception"]
    assert (told[2]["where"], told[2]["mend"]) == ("the disk", "mount it")
    assert "exception" not in told[2]


def test_the_line_of_a_request_names_it_its_trace_and_what_became_of_it(toy: Served) -> None:
    note = Note(rows=2, inference_s=0.00123)
    (line,) = lines_of([ended(toy, note, reply_bytes=321)])
    stamp = line.pop("timestamp")  # type: ignore[attr-defined]
    assert stamp.endswith("Z")
    assert line == {
        "level": "INFO",
        "message": "POST /predict 200",
        "request_id": "id-1",
        "trace_id": TRACE.trace_id,
        "span_id": TRACE.span_id,
        "parent_span_id": TRACE.parent_id,
        "trace_flags": "01",
        "method": "POST",
        "route": "/predict",
        "status": 200,
        "duration_ms": 3.0,
        "project": "toy",
        "model_version": "3",
        "rows": 2,
        "inference_ms": 1.23,
        "reply_bytes": 321,
        "caller": "till",
    }


def test_a_path_is_told_only_where_it_leads_nowhere_and_then_not_for_ever(toy: Served) -> None:
    found, lost = lines_of([
        ended(toy, path="/predict"),
        ended(None, status=404, route="", path="/wp-admin/" + "x" * 5000, refused="no such path"),
    ])
    assert "path" not in found
    assert lost["path"] == "/wp-admin/" + "x" * 190
    assert (lost["message"], lost["refused"]) == ("POST (no route) 404", "no such path")
    assert "project" not in lost


def test_what_nobody_foresaw_is_told_whole_as_an_error(toy: Served) -> None:
    (line,) = lines_of([ended(toy, status=500, trouble=ValueError("deep inside"))])
    assert line["level"] == "ERROR"
    assert line["exception"] == "ValueError: deep inside\n"


def test_probes_that_go_well_are_no_line_and_those_that_do_not_are(toy: Served) -> None:
    told = lines_of([
        ended(None, route="/health/live", method="GET"),
        ended(toy, route="/projects/toy/health/ready", method="GET"),
        ended(None, route="/metrics", method="GET"),
        ended(toy, route="/health/ready", method="GET", status=503),
    ])
    assert [line["message"] for line in told] == ["GET /health/ready 503"]


def test_lines_that_are_lost_are_a_number_too() -> None:
    def write(_: bytes) -> None:
        raise OSError("disk full")

    telemetry = Telemetry(Lines(write))
    telemetry.said("INFO", "something", project="toy")
    telemetry.close()
    assert numbers(telemetry, "foresell_log_dropped_lines_total") == {(): 1}


def test_without_a_log_everything_is_counted_all_the_same(toy: Served) -> None:
    telemetry = Telemetry(None)
    telemetry.began("POST")
    telemetry.ended(ended(toy, Note(rows=1, inference_s=0.1)))
    telemetry.said("ERROR", "nobody hears this")
    telemetry.close()
    assert numbers(telemetry, "foresell_rows_total") == {("toy",): 1}
