"""Whatever is asked over a socket, the answer is 4xx with the field and the rule, never a 5xx."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.order_rows import LINE
from tests.live_server import Got
from tests.serve_process import Running, serving

# All columns of the contract, and one that is none.
COLUMNS = [
    *LINE,
    *("SALES", "ORDERDATE", "DEALSIZE", "STATUS", "PHONE", "CONTACTLASTNAME", "CITY", "nope"),
]
# What would tell of our insides: paths, modules, classes, traces.
_INSIDES = re.compile(
    rb'Traceback|File "|\.py\b|/home/|/tmp/|/work/|site-packages|foresell\.|Error\b'
)


@pytest.fixture(scope="module")
def server(orders_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of ``sales_orders`` from a bundle folder, as people start it."""
    home = tmp_path_factory.mktemp("serving")
    bundle = orders_home / "sales_orders" / "bundle"
    with serving(home, "sales_orders", "--bundle", bundle, "--max-body", "200000") as running:
        yield running
        assert "Traceback" not in running.log.read_text()


def refused(got: Got, status: int) -> Any:
    """Return the refusal; its form and its silence about our insides are looked at."""
    assert got.status == status, got.body
    assert got.heads["content-type"] == "application/problem+json"
    told = got.json
    assert (told["type"], told["status"]) == ("about:blank", status)
    assert told["request_id"] == got.heads["x-request-id"]
    assert not _INSIDES.search(got.body), got.body
    return told


def ask(server: Running, body: object, path: str = "/predict") -> Got:
    return server.ask("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"QUANTITYORDERED": 0}, "QUANTITYORDERED", "minimum"),
        ({"QUANTITYORDERED": -1}, "QUANTITYORDERED", "minimum"),
        ({"QUANTITYORDERED": 1001}, "QUANTITYORDERED", "maximum"),
        ({"QUANTITYORDERED": 2.5}, "QUANTITYORDERED", "type"),
        ({"QUANTITYORDERED": 10**30}, "QUANTITYORDERED", "maximum"),
        ({"QUANTITYORDERED": "30"}, "QUANTITYORDERED", "type"),
        ({"QUANTITYORDERED": True}, "QUANTITYORDERED", "type"),
        ({"QUANTITYORDERED": None}, "QUANTITYORDERED", "required"),
        ({"QUANTITYORDERED": [30]}, "QUANTITYORDERED", "type"),
        ({"QUANTITYORDERED": {"a": 1}}, "QUANTITYORDERED", "type"),
        ({"PRICEEACH": float("nan")}, "PRICEEACH", "finite"),
        ({"PRICEEACH": float("inf")}, "PRICEEACH", "finite"),
        ({"PRICEEACH": float("-inf")}, "PRICEEACH", "finite"),
        ({"PRICEEACH": 10**400}, "PRICEEACH", "type"),
        ({"COUNTRY": 5}, "COUNTRY", "type"),
        ({"MONTH_ID": 13}, "MONTH_ID", "maximum"),
        ({"nope": 1}, "nope", "unknown"),
        ({"": 1}, "", "unknown"),
        ({"quantityordered": 30}, "quantityordered", "unknown"),
    ],
)
def test_a_field_that_breaks_a_rule_is_named_with_the_rule(
    server: Running, change: dict[str, object], field: str, rule: str
) -> None:
    told = refused(ask(server, {**LINE, **change}), 422)
    assert [(one["row"], one["field"], one["rule"]) for one in told["errors"]] == [(1, field, rule)]
    batch = refused(ask(server, {"rows": [LINE, {**LINE, **change}]}, "/predict/batch"), 422)
    assert [(one["row"], one["field"], one["rule"]) for one in batch["errors"]] == [
        (2, field, rule)
    ]


def test_what_is_allowed_is_told(server: Running) -> None:
    [one] = refused(ask(server, {**LINE, "QUANTITYORDERED": 0}), 422)["errors"]
    assert (one["says"], one["allowed"]) == ("must be at least 1", "whole number, 1 to 1000")


def test_everything_that_is_wrong_is_told_at_once(server: Running) -> None:
    spoilt = {**LINE, "QUANTITYORDERED": 0, "PRICEEACH": "dear", "nope": 1}
    del spoilt["MSRP"]
    told = refused(ask(server, spoilt), 422)
    assert {(one["field"], one["rule"]) for one in told["errors"]} == {
        ("QUANTITYORDERED", "minimum"),
        ("PRICEEACH", "type"),
        ("nope", "unknown"),
        ("MSRP", "required"),
    }


def test_a_text_that_training_never_saw_is_answered_and_flagged(server: Running) -> None:
    got = ask(server, {**LINE, "COUNTRY": "Atlantis"})
    assert (got.status, got.json["unseen"]) == (200, ["COUNTRY"])


def test_a_column_that_the_model_does_not_use_is_accepted_and_named(server: Running) -> None:
    plain, with_it = ask(server, LINE), ask(server, {**LINE, "DEALSIZE": "Large"})
    assert (with_it.status, with_it.json["ignored"]) == (200, ["DEALSIZE"])
    assert with_it.json["prediction"] == plain.json["prediction"]


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (b"", 400, "the body is empty"),
        (b"  \n", 400, "the body is empty"),
        (b"{", 400, "not JSON: "),
        (b"{'MSRP': 1}", 400, "not JSON: "),
        (b'{"MSRP": 1}}', 400, "not JSON: "),
        (b'{"MSRP": 01}', 400, "not JSON: "),
        (b"\xff\xfe{\x00}\x00", 400, "not JSON: "),
        (b'{"COUNTRY": "\xff"}', 400, "not JSON: "),
        (b'{"COUNTRY": "\\ud800"}', 400, "not JSON: "),
        (b'\xef\xbb\xbf{"MSRP": 1}', 400, "not JSON: "),
        (b"\0" * 50, 400, "not JSON: "),
        (b"[]", 422, "the body is no object of fields"),
        (b"null", 422, "the body is no object of fields"),
        (b"7", 422, "the body is no object of fields"),
        (b'"MSRP"', 422, "the body is no object of fields"),
        (b'{"MSRP": 1, "MSRP": 2}', 422, "the field 'MSRP' stands twice in one object"),
        (b'{"MSRP": {"a": 1, "a": 2}}', 422, "the field 'a' stands twice in one object"),
        (b"[" * 90_000, 422, "it is nested too deeply"),
        (b'{"a":' * 30_000 + b"1" + b"}" * 30_000, 422, "it is nested too deeply"),
        (b'{"MSRP": ' + b"9" * 9000 + b"}", 422, "a number in it has too many digits"),
        (b" " * 200_001, 413, "the body is longer than 200,000 bytes"),
        (json.dumps({f"f{at}": 1 for at in range(9000)}).encode(), 422, "the row is refused: "),
    ],
)
def test_a_body_that_is_no_row_is_refused_whatever_it_is(
    server: Running, body: bytes, status: int, detail: str
) -> None:
    told = refused(ask(server, body), status)
    assert told["detail"].startswith(detail)
    assert len(json.dumps(told)) < 50_000
    refused(ask(server, body, "/predict/batch"), status)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 422),
        ({"rows": []}, 422),
        ({"rows": {}}, 422),
        ({"rows": [LINE], "more": 1}, 422),
        ({"rows": [LINE, 7, None, [], "x"]}, 422),
        ({"row": [LINE]}, 422),
        ([{}] * 10_001, 413),
    ],
)
def test_a_batch_that_is_none_is_refused(server: Running, body: object, status: int) -> None:
    refused(ask(server, body, "/predict/batch"), status)


@pytest.mark.parametrize(
    ("path", "media", "status"),
    [
        ("/predict", "text/plain", 415),
        ("/predict", "application/x-www-form-urlencoded", 415),
        ("/predict", "multipart/form-data; boundary=x", 415),
        ("/predict/batch", "text/csv", 415),
        ("/explain", "application/xml", 415),
    ],
)
def test_another_content_type_is_refused(
    server: Running, path: str, media: str, status: int
) -> None:
    body = json.dumps(LINE).encode()
    refused(server.ask("POST", path, body, {"Content-Type": media}), status)


def test_another_host_is_refused_everywhere(server: Running) -> None:
    for path in ("/health/live", "/openapi.json", "/metrics", "/docs", "/"):
        refused(server.ask("GET", path, None, {"Host": "evil.example"}), 421)
    refused(server.ask("POST", "/predict", b"{}", {"Host": "evil.example:8000"}), 421)


def test_another_method_and_another_path_are_refused(server: Running) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert refused(server.ask(method, "/predict"), 405)["where"] == "/predict"
    for path in ("/predict/../metadata", "/predicts", "/projects/retail/predict", "/.env"):
        refused(ask(server, LINE, path), 404)


def test_a_chunked_body_beyond_the_cap_is_refused_before_its_end(server: Running) -> None:
    with server.connect() as line:
        line.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        for _ in range(4):
            line.sendall(b"ffff\r\n" + b" " * 0xFFFF + b"\r\n")
        assert line.recv(12) == b"HTTP/1.1 413"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


WRAPPED = {
    "/predict": "%s",
    "/explain": "%s",
    "/predict/batch": "[%s]",
    "/invocations": '{"instances": [%s]}',
}
# As text: Python writes neither of them down as JSON has it.
odd_numbers = st.sampled_from(["1e400", "-1e400", "-0.0", "1e-400", "9" * 400, "1E2"])
drawn_values = odd_numbers | values.map(json.dumps)


@given(
    drawn=st.dictionaries(st.sampled_from(COLUMNS), drawn_values, max_size=4),
    path=st.sampled_from(list(WRAPPED)),
)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_row_whatever_it_holds_is_our_failure(
    server: Running, drawn: dict[str, str], path: str
) -> None:
    row = {name: json.dumps(value) for name, value in LINE.items()} | drawn
    text = ", ".join(f"{json.dumps(name)}: {value}" for name, value in row.items())
    got = ask(server, (WRAPPED[path] % f"{{{text}}}").encode(), path)
    if got.status != 200:
        assert 400 <= got.status < 500, got.body
        assert not _INSIDES.search(got.body), got.body


@pytest.mark.parametrize("value", ["1e400", "-1e400", "9" * 400, '{"a": [1e400]}', '"NaN"'])
def test_what_a_column_without_a_say_holds_changes_no_answer(server: Running, value: str) -> None:
    plain = json.dumps(LINE)
    told = f'{plain[:-1]}, "SALES": {value}, "CONTACTLASTNAME": {value}}}'
    for path in ("/predict", "/explain"):
        with_them, without = ask(server, told.encode(), path), ask(server, plain.encode(), path)
        assert (with_them.status, without.status) == (200, 200), with_them.body
        assert with_them.json["ignored"] == ["SALES", "CONTACTLASTNAME"]
        assert with_them.json["prediction"] == pytest.approx(without.json["prediction"], rel=1e-12)


@given(
    body=st.binary(max_size=60),
    path=st.sampled_from([
        "/predict",
        "/predict/batch",
        "/explain",
        "/v2/models/sales_orders/infer",
    ]),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_whatever_they_are_are_our_failure(
    server: Running, body: bytes, path: str
) -> None:
    got = ask(server, body, path)
    assert 400 <= got.status < 500, got.body
    refused(got, got.status)
