"""Requests that nobody would send, drawn from OpenAPI; a benchmark asks thousands of them."""

import re
from pathlib import Path

import httpx

from benchmarks.serving_fuzz import fuzzed, served

CASES = 2  # of each operation; thousands are asked by `python -m benchmarks.serving_fuzz`
PHASES = ("examples", "fuzzing")  # without the first hardly a request is ever answered
INFER = "/v2/models/{project}/infer"
_COUNTED = re.compile(
    r'^http_server_request_duration_seconds_count\{http_request_method="POST",'
    r'http_response_status_code="2\d\d",http_route="([^"]+)"',
    re.MULTILINE,
)


def answered(url: str) -> set[str]:
    """Routes that were asked with a body and had an answer: the others were only ever refused."""
    return set(_COUNTED.findall(httpx.get(f"{url}/metrics", timeout=10).text))


def test_no_drawn_request_gets_a_500_or_an_answer_that_is_not_documented(
    orders_home: Path, tmp_path: Path
) -> None:
    with served(orders_home / "sales_orders" / "bundle", tmp_path / "home") as url:
        found = fuzzed(url, tmp_path / "said", cases=CASES, seed=1, phases=PHASES)
        reached = answered(url)

    assert found["failed"] == 0, found["said"]
    assert found["operations"] > 10
    assert found["cases"] > found["operations"]
    assert reached >= {"/predict", "/predict/batch", "/explain", "/invocations"}


def test_a_panel_stands_them_too(shops: tuple[Path, object], tmp_path: Path) -> None:
    with served(shops[0] / "home" / "retail" / "bundle", tmp_path / "home") as url:
        found = fuzzed(url, tmp_path / "said", cases=CASES, seed=1, phases=PHASES)
        reached = answered(url)

    assert found["failed"] == 0, found["said"]
    assert found["operations"] > 10
    assert reached >= {"/predict", "/forecast", "/invocations", INFER}
