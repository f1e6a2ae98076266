"""A server as it is started tells of itself: numbers that Prometheus reads, lines of JSON that end
with the process, and the log of requests that monitoring reads."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families

from foresell.settings import Settings
from foresell.wiring.request_log import log_folder, read_requests_log
from tests.scraped import samples
from tests.serve_process import Running, registered, serving
from tests.served_bundles import CONTRACT, PROJECT

ROW = {"day": "2026-02-03", "pieces": 3, "price": 9.5, "gift": True, "colour": "red"}
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
OPEN_METRICS = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with a toy on prod."""
    folder = tmp_path_factory.mktemp("observed")
    registered(folder, "toy")
    return folder


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Running]:
    """Return a server that logs every request."""
    with serving(home, "toy", "--request-log", "1") as running:
        yield running


def body(content: Any) -> bytes:
    return json.dumps(content).encode()


def scraped(server: Running, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples of a name by the values of their labels, in the order of their names."""
    got = server.ask("GET", "/metrics")
    assert got.status == 200
    return samples(got.body, name)


def logged(log: Path) -> list[Mapping[str, Any]]:
    """Return the lines of a log; every one must be JSON."""
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_prometheus_reads_what_was_asked_answered_and_refused(server: Running) -> None:
    counts = "http_server_request_duration_seconds_count"
    before = scraped(server, counts)
    assert server.ask("POST", "/predict", body(ROW)).status == 200
    rows = [ROW, {**ROW, "colour": "mauve", "price": 77.0}]
    assert server.ask("POST", "/projects/toy/predict/batch", body(rows)).status == 200
    assert server.ask("POST", "/predict", body({**ROW, "pieces": 100})).status == 422
    for path in ("/nowhere", "/else/where", "/.env"):
        assert server.ask("GET", path).status == 404
    after = scraped(server, counts)
    grown = {key: value - before.get(key, 0) for key, value in after.items()}
    # Labels in the order of their names: method, status, route, project.
    assert {key: value for key, value in grown.items() if value and key[2] != "/metrics"} == {
        ("POST", "200", "/predict", "toy"): 1,
        ("POST", "200", "/predict/batch", "toy"): 1,
        ("POST", "422", "/predict", "toy"): 1,
        ("GET", "404", "", ""): 3,
    }
    assert scraped(server, "foresell_inference_total")["success", "toy"] == 2
    assert scraped(server, "foresell_rows_total") == {("toy",): 3}
    assert scraped(server, "foresell_unseen_total") == {("colour", "toy"): 1}
    assert scraped(server, "foresell_outside_total") == {("price", "toy"): 1}
    broken = scraped(server, "foresell_contract_violations_total")
    assert broken == {("pieces", "toy", "maximum"): 1}
    ((alias, _, _, project, version),) = scraped(server, "foresell_model_info")
    assert (alias, project, version) == ("prod", "toy", "1")
    assert scraped(server, "foresell_reload_total") == {("success", "toy"): 1}
    (resident,) = scraped(server, "process_resident_memory_bytes").values()
    assert resident > 10_000_000


def test_openmetrics_is_answered_where_it_is_asked_for(server: Running) -> None:
    got = server.ask("GET", "/metrics", heads={"Accept": OPEN_METRICS})
    assert got.heads["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    read: Callable[[str], Iterable[Metric]] = open_families
    assert "foresell_model_info" in {family.name for family in read(got.body.decode())}


def test_a_request_is_a_line_under_the_id_and_the_trace_of_its_caller(server: Running) -> None:
    heads = {"X-Request-Id": "till-17", "traceparent": f"00-{TRACE}-{SPAN}-01"}
    got = server.ask("POST", "/predict", body(ROW), heads)
    assert got.heads["x-request-id"] == "till-17"
    assert got.heads["traceresponse"].startswith(f"00-{TRACE}-")
    span = got.heads["traceresponse"].split("-")[2]
    assert span != SPAN
    line = _line_of(server, "till-17")
    assert (line["trace_id"], line["span_id"], line["parent_span_id"]) == (TRACE, span, SPAN)
    assert (line["message"], line["project"], line["model_version"], line["rows"]) == (
        "POST /predict 200",
        "toy",
        "1",
        1,
    )
    assert line["reply_bytes"] == len(got.body)


def test_no_value_of_a_request_is_in_a_line_of_the_log(server: Running) -> None:
    person = "Jane-Doe-of-12-High-Street"
    row = {**ROW, "order": person, "colour": person, person: 1}
    got = server.ask("POST", f"/predict?name={person}", body(row), {"X-Request-Id": "shy"})
    assert got.status == 422
    assert _line_of(server, "shy")["status"] == 422
    assert person not in server.log.read_text()


def _line_of(server: Running, request_id: str) -> Mapping[str, Any]:
    """Return the line of a request, once it was written."""
    until = time.monotonic() + 20
    found: list[Mapping[str, Any]] = []
    while not found:
        assert time.monotonic() < until, f"no line tells of {request_id}"
        time.sleep(0.02)
        found = [one for one in logged(server.log) if one.get("request_id") == request_id]
    (line,) = found
    return line


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_what_was_answered_is_read_by_monitoring_and_nothing_else_of_it(
    tmp_path: Path, form: str
) -> None:
    registered(tmp_path, "toy")
    words = ("--request-log", "1", "--request-log-format", form)
    with serving(tmp_path, "toy", *words) as server:
        rows = [ROW, {**ROW, "pieces": 4.0, "colour": None, "order": "Jane Doe"}]
        got = server.ask("POST", "/predict/batch", body(rows), {"X-Request-Id": "two-rows"})
        assert server.ask("POST", "/predict", body({**ROW, "pieces": 0})).status == 422
        server.process.send_signal(signal.SIGINT)
        server.ends()
    settings = _declared(tmp_path)
    found = read_requests_log("toy", settings)
    answers = got.json["predictions"]
    told = ("request_id", "row", "version", "prediction", "p10", "p90")
    assert found.answers.select(told).rows() == [
        ("two-rows", at, "1", one["prediction"], one["p10"], one["p90"])
        for at, one in enumerate(answers, start=1)
    ]
    assert found.features.rows() == [
        (date(2026, 2, 3), 3, 9.5, True, "red"),
        (date(2026, 2, 3), 4, 9.5, True, None),
    ]
    files = list(log_folder(settings, "toy").iterdir())
    assert [file.suffix for file in files] == [f".{form}"]
    assert b"Jane Doe" not in files[0].read_bytes()


def test_a_server_that_is_killed_has_lost_no_row_that_it_had_a_moment_to_write(
    tmp_path: Path,
) -> None:
    registered(tmp_path, "toy")
    with serving(tmp_path, "toy", "--request-log", "1", "--request-log-format", "parquet") as one:
        assert one.ask("POST", "/predict", body(ROW)).status == 200
        until = time.monotonic() + 20
        while scraped(one, "foresell_request_log_rows_total") != {("toy",): 1}:
            assert time.monotonic() < until, "the row is not written"
            time.sleep(0.02)
        os.kill(one.process.pid, signal.SIGKILL)
        one.ends()
    assert read_requests_log("toy", _declared(tmp_path)).features["colour"].to_list() == ["red"]


def test_the_last_line_is_written_before_a_server_ends_and_nothing_is_said_in_words_of_its_own(
    tmp_path: Path,
) -> None:
    registered(tmp_path, "toy")
    with serving(tmp_path, "toy") as server:
        server.ask("POST", "/predict", body(ROW), {"X-Request-Id": "the-last"})
        server.process.send_signal(signal.SIGTERM)
        server.ends()
        lines = logged(server.log)
    assert lines[-1]["request_id"] == "the-last"
    assert {line["level"] for line in lines} == {"INFO"}


def test_without_a_log_nothing_is_said(tmp_path: Path) -> None:
    registered(tmp_path, "toy")
    with serving(tmp_path, "toy", "--log", "off") as server:
        assert server.ask("POST", "/predict", body(ROW)).status == 200
        server.process.send_signal(signal.SIGINT)
        server.ends()
        assert server.log.read_text() == ""


def test_a_log_for_people_is_a_line_of_words_for_every_request(tmp_path: Path) -> None:
    registered(tmp_path, "toy")
    with serving(tmp_path, "toy", "--log", "text") as server:
        server.ask("POST", "/predict", body(ROW), {"X-Request-Id": "in-words"})
        server.process.send_signal(signal.SIGINT)
        server.ends()
        last = server.log.read_text().splitlines()[-1]
    assert "INFO    POST /predict 200  request_id=in-words" in last
    assert "project=toy model_version=1 rows=1" in last


def _declared(home: Path) -> Settings:
    """Return the settings of a home whose toy is declared too."""
    place = home / "declared" / "toy"
    place.mkdir(parents=True)
    (place / "project.yaml").write_text(PROJECT.format(project="toy"))
    (place / "contract.yaml").write_text(CONTRACT.format(project="toy"))
    return Settings(home=home, projects=(home / "declared",))
