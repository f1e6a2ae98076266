import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.wiring.load_summary import by_endpoint, by_time, summary
from foresell.wiring.loadtesting import Load

LOAD = Load(
    seconds=4,
    users=2,
    spawn_rate=2,
    pace=0,
    url=None,
    version="prod",
    key="",
    max_p95_ms=50,
    max_failures=0.1,
)


def asked(*rows: tuple[float, str, float, str]) -> pl.DataFrame:
    """Return requests: second, name, milliseconds, failure."""
    frame = pl.DataFrame(
        rows, schema=["second", "name", "milliseconds", "failure"], orient="row"
    ).cast({"second": pl.Float64, "milliseconds": pl.Float64})
    return frame.with_columns(bytes=pl.lit(10))


def test_a_load_within_its_thresholds_passes_and_tells_each_endpoint_by_name() -> None:
    requests = asked(
        *((at / 5, "GET /b" if at % 2 else "GET /a", 10.0 + at, "") for at in range(21))
    )

    told = summary(requests, LOAD, ["toy"], None)

    assert told["passed"]
    assert (told["requests"], told["failures"], told["requests_per_second"]) == (21, 0, 5.25)
    assert (told["p50_ms"], told["p95_ms"], told["max_ms"]) == (20.0, 29.0, 30.0)
    assert [one["name"] for one in told["endpoints"]] == ["GET /a", "GET /b"]
    assert told["version"] == "prod"
    assert told["reasons"] == []


@pytest.mark.parametrize(
    ("milliseconds", "failures", "broken"),
    [(60.0, 0, ["p95_ms"]), (10.0, 3, ["failures"]), (60.0, 3, ["p95_ms", "failures"])],
)
def test_a_threshold_that_is_not_kept_fails_the_load(
    milliseconds: float, failures: int, broken: list[str]
) -> None:
    rows = [(at / 5, "GET /a", milliseconds, "gone" if at < failures else "") for at in range(20)]

    told = summary(asked(*rows), LOAD, ["toy"], "http://127.0.0.1:1")

    assert not told["passed"]
    assert [one["name"] for one in told["thresholds"] if not one["passed"]] == broken
    assert told["version"] is None
    reasons = [{"name": "GET /a", "failure": "gone", "requests": 3}] if failures else []
    assert told["reasons"] == reasons


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 300), st.sampled_from("abc"), st.floats(0.1, 500), st.just("")),
        min_size=1,
        max_size=40,
    )
)
def test_no_request_is_lost_or_counted_twice(rows: list[tuple[float, str, float, str]]) -> None:
    requests = asked(*sorted(rows))
    assert by_endpoint(requests)["requests"].sum() == len(rows)
    through_time = by_time(requests)
    assert through_time["requests"].sum() == len(rows)
    assert through_time.height <= 62
