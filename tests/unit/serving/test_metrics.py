"""The page of numbers: in the form that is asked for, of what stands now, each server its own."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as families

from foresell.serving.exchange import Note
from foresell.serving.metrics import Metrics, routes
from foresell.serving.slots import Beside, Refusal, Standing
from foresell.serving.telemetry import Telemetry
from foresell.spec.serving import Took
from tests.scraped import samples
from tests.served_bundles import live, served, slot
from tests.served_sites import toy_site


def numbers(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples of a name."""
    return samples(metrics.page()[0], name)


def test_what_answers_now_is_told_and_what_answered_before_no_more() -> None:
    toy = served(3)
    place = slot("toy")
    metrics = Metrics({"toy": place})
    assert numbers(metrics, "foresell_model_info") == {}
    assert numbers(metrics, "foresell_model_loaded") == {("toy",): 0}
    place.current = served(2)
    place.current, place.standing = toy, Standing(loaded_at=1_795_000_000.0)
    place.shadow = live(4)
    assert numbers(metrics, "foresell_shadow_info") == {}  # it is not loaded yet
    place.beside = lambda: Beside(loaded=live(4).digest)
    # Labels in the order of their names: alias, champion, digest, project, version.
    assert numbers(metrics, "foresell_model_info") == {
        ("prod", toy.model_name, f"{3:064d}", "toy", "3"): 1
    }
    assert numbers(metrics, "foresell_shadow_info") == {("prod", "", f"{4:064d}", "toy", "4"): 1}
    assert numbers(metrics, "foresell_model_loaded") == {("toy",): 1}
    assert numbers(metrics, "foresell_model_loaded_timestamp_seconds") == {
        ("toy",): 1_795_000_000.0
    }
    assert numbers(metrics, "foresell_model_refused") == {("toy",): 0}
    refused = Refusal(live=live(5), why="broken", at=1.0)
    place.standing = Standing(loaded_at=1.0, refused=refused)
    assert numbers(metrics, "foresell_model_refused") == {("toy",): 1}


def test_what_the_shadow_says_is_counted_in_the_unit_of_the_target_and_as_a_share() -> None:
    telemetry = Telemetry()
    telemetry.shadow_scored("toy", [-5.0, 0.0, 250.0], [100.0, 0.0, 1000.0])
    telemetry.shadow_dropped("toy", 7)
    metrics = telemetry.metrics
    assert numbers(metrics, "foresell_shadow_scored_total") == {
        ("toy", "lower"): 1,
        ("toy", "equal"): 1,
        ("toy", "higher"): 1,
    }
    assert numbers(metrics, "foresell_shadow_dropped_total") == {("toy",): 7}
    found = numbers(metrics, "foresell_shadow_delta_bucket")
    delta = {float(bound): count for (bound, _), count in found.items()}
    assert (delta[0.0], delta[1.0], delta[10.0], delta[100.0], delta[1000.0]) == (1, 1, 2, 2, 3)
    share = numbers(metrics, "foresell_shadow_delta_ratio_bucket")
    assert share["0.05", "toy"] == 1
    assert share["0.5", "toy"] == 2


def test_a_route_took_as_long_as_its_own_requests_of_its_own_project() -> None:
    metrics = Telemetry().metrics
    for number in range(100):
        metrics.request("POST", "/predict", 200, "toy", 0.002 if number < 94 else 0.03)
    metrics.request("POST", "/predict", 503, "toy", 60.0)
    for other in (("GET", "/predict", "toy"), ("POST", "/ping", "toy"), ("POST", "/predict", "b")):
        metrics.request(other[0], other[1], 500, other[2], 9.0)

    assert metrics.took("toy", "POST", "/predict") == Took(
        name="POST /predict",
        requests=101,
        failed=1,
        answered=100,
        within_s=(0.0025, 0.05, 0.05, 0.05),
        longest_s=10,
    )
    assert metrics.took("toy", "POST", "/explain") is None


def test_what_was_refused_failed_or_was_not_waited_for_is_no_answer_and_has_no_time() -> None:
    metrics = Telemetry().metrics
    for status, seconds in ((200, 20.0), (429, 0.0001), (499, 0.9), (503, 0.0001)):
        metrics.request("POST", "/predict", status, "toy", seconds)
        metrics.request("POST", "/explain", max(status, 422), "toy", seconds)

    predict, explain = (metrics.took("toy", "POST", path) for path in ("/predict", "/explain"))
    assert predict is not None
    assert (predict.requests, predict.answered, predict.failed) == (4, 1, 1)
    assert predict.within_s == (None, None, None, None)
    assert explain is not None
    assert (explain.requests, explain.answered, explain.failed) == (4, 0, 1)
    assert explain.within_s == ()


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (b"", b"text/plain; version=0.0.4; charset=utf-8"),
        (b"*/*", b"text/plain; version=0.0.4; charset=utf-8"),
        (
            b"application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.4",
            b"application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
        ),
    ],
)
def test_the_numbers_come_in_the_form_that_is_accepted(accept: bytes, media_type: bytes) -> None:
    toy = served(3)
    metrics = Metrics({"toy": slot("toy", toy)})
    note = Note(rows=1, inference_s=0.1, violations=[("price", "minimum")])
    metrics.going("POST", 1)
    metrics.request("POST", "/predict", 200, "toy", 0.1)
    metrics.inference("toy", note, "success")
    metrics.violations("toy", toy, note)
    metrics.shadow("toy", [1.0], [2.0])
    page, found = metrics.page(accept)
    read: Callable[[str], Iterable[Metric]] = open_families if b"openmetrics" in found else families
    names = {family.name for family in read(page.decode())}
    assert found == media_type
    assert {"foresell_model_info", "foresell_build_info", "process_resident_memory_bytes"} <= names
    assert "http_server_request_duration_seconds" in names
    assert not [name for name in names if name.endswith("_created")]


@given(accept=st.binary(max_size=60))
@settings(max_examples=30)
def test_no_accept_header_spoils_the_page(accept: bytes) -> None:
    assert Metrics().page(b"application/openmetrics-text;" + accept)[0].endswith(b"# EOF\n")


def test_two_servers_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.count("shadow_dropped", "toy")
    assert numbers(second, "foresell_shadow_dropped_total") == {}
    assert numbers(first, "foresell_shadow_dropped_total") == {("toy",): 1}


def test_a_server_that_tells_nobody_anything_has_no_page() -> None:
    assert routes(toy_site()) == ()


def test_every_number_of_ours_is_in_the_documents_and_every_one_in_the_documents_is_there() -> None:
    text = Path(__file__).parents[3].joinpath("docs", "serving-observability.md").read_text("utf-8")
    table = "".join(line for line in text.splitlines() if line.startswith("| `"))
    told = set(re.findall(r"`((?:http_server|foresell)_[a-z_]+)`", table))
    page = Metrics({"toy": slot("toy", served(3))}).page()[0].decode()
    there = {
        family.name + ("_total" if family.type == "counter" else "") for family in families(page)
    }
    assert {name for name in there if name.startswith(("http_server", "foresell"))} == told
