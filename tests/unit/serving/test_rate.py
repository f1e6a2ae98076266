"""How many requests of a caller are let in, in any order of events."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import UsageError
from foresell.serving import rate as rates
from foresell.serving.guards import Guards
from foresell.serving.rate import RateLimit
from tests.live_server import live
from tests.unit.serving.small_app import small_app


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def limit(per_minute: float, burst: int) -> tuple[RateLimit, Hand]:
    clock = Hand()
    return RateLimit(per_minute, burst, clock), clock


@given(
    gaps=st.lists(st.floats(0, 30), min_size=1, max_size=60),
    per_minute=st.floats(1, 600),
    burst=st.integers(1, 10),
)
@settings(max_examples=80)
def test_no_more_are_let_in_than_a_full_bucket_and_its_pace(
    gaps: list[float], per_minute: float, burst: int
) -> None:
    rate, clock = limit(per_minute, burst)
    began, let_in = clock.now, 0
    for gap in gaps:
        clock.now += gap
        let_in += rate.take("shop").wait_s == 0
        assert let_in <= burst + (clock.now - began) * per_minute / 60 + 1e-6


@given(gaps=st.lists(st.floats(0, 5), max_size=30), per_minute=st.floats(1, 600))
@settings(max_examples=60)
def test_who_waits_as_long_as_it_is_told_is_let_in(gaps: list[float], per_minute: float) -> None:
    rate, clock = limit(per_minute, 3)
    for gap in gaps:
        clock.now += gap
        wait = rate.take("shop").wait_s
        if wait:
            clock.now += wait + 1e-6
            assert rate.take("shop").wait_s == 0


@given(st.integers(1, 20))
@settings(max_examples=20)
def test_as_many_as_are_left_follow_at_once_and_not_one_more(burst: int) -> None:
    rate, _ = limit(60, burst)
    for left in range(burst - 1, -1, -1):
        assert rate.take("shop").left == left
    assert rate.take("shop").wait_s == pytest.approx(1.0, abs=1e-6)


def test_a_refused_request_costs_nothing_and_no_caller_pays_for_another() -> None:
    rate, clock = limit(60, 1)
    assert rate.take("a").wait_s == 0
    for _ in range(50):
        assert rate.take("a").wait_s > 0
    assert rate.take("b").wait_s == 0
    clock.now += 1.0
    assert rate.take("a").wait_s == 0


def test_callers_beyond_measure_are_forgotten_those_who_asked_most_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rates, "_MOST", 100)
    rate, _ = limit(60, 5)
    for _ in range(5):
        rate.take("greedy")
    for number in range(1000):
        rate.take(f"passer-by {number}")
    assert rate.take("greedy").wait_s > 0
    assert len(rate._free) <= 100


@pytest.mark.parametrize(("per_minute", "burst"), [(0, 1), (-1, 1), (60, 0), (float("nan"), 1)])
def test_a_limit_that_lets_nobody_in_is_refused(per_minute: float, burst: int) -> None:
    with pytest.raises(UsageError):
        limit(per_minute, burst)


def test_over_a_socket_the_answer_says_what_is_left_and_when_to_come_back() -> None:
    rate, clock = limit(30, 2)
    with live(small_app(Guards(rate=rate))) as server:
        first = server.ask("POST", "/predict", b"{}")
        assert first.heads["ratelimit-policy"] == '"default";q=2;w=4'
        assert first.heads["ratelimit"] == '"default";r=1;t=3'
        assert server.ask("POST", "/predict", b"{}").status == 200
        late = server.ask("POST", "/predict", b"{}")
        assert (late.status, late.heads["retry-after"]) == (429, "3")
        assert late.json["detail"] == "more than 30 requests a minute"
        assert server.ask("GET", "/health/live").status == 200
        assert server.ask("POST", "/nowhere", b"{}").status == 404
        clock.now += 3
        assert server.ask("POST", "/predict", b"{}").status == 200
