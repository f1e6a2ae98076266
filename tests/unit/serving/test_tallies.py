"""What is counted for every request: nothing is lost, and prometheus-client would say the same."""

import threading
from collections.abc import Sequence

import prometheus_client as prometheus
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from foresell.serving.tallies import Amounts, Spread

BOUNDS = (0.0, 0.01, 0.5, 1.0, 1_000.0)
values = st.one_of(st.sampled_from(BOUNDS), st.floats(-1, 1e6, allow_nan=False), st.just(1e300))


def page(registry: prometheus.CollectorRegistry) -> dict[str, float]:
    """Return the samples of a page, without those that tell when a number began."""
    lines = prometheus.generate_latest(registry).decode().splitlines()
    told = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in told if "_created" not in name}


@settings(max_examples=50)
@given(told=st.lists(st.tuples(st.sampled_from(["a", 'b"\n']), values), max_size=20))
def test_a_spread_is_what_the_library_makes_of_the_same_values(
    told: Sequence[tuple[str, float]],
) -> None:
    ours, theirs = prometheus.CollectorRegistry(), prometheus.CollectorRegistry()
    spread = Spread("spread", "says", ["project"], BOUNDS, ours)
    histogram = prometheus.Histogram("spread", "says", ["project"], registry=theirs, buckets=BOUNDS)
    for project, value in told:
        spread.add((project,), value)
        histogram.labels(project).observe(value)
    assert page(ours) == page(theirs)


@pytest.mark.parametrize(
    ("family", "library"),
    [(CounterMetricFamily, prometheus.Counter), (GaugeMetricFamily, prometheus.Gauge)],
)
@given(told=st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 9)), max_size=20))
def test_amounts_are_what_the_library_makes_of_the_same_steps(
    family: type[CounterMetricFamily | GaugeMetricFamily],
    library: type[prometheus.Counter | prometheus.Gauge],
    told: Sequence[tuple[str, int]],
) -> None:
    ours, theirs = prometheus.CollectorRegistry(), prometheus.CollectorRegistry()
    amounts = Amounts(family, "rows", "says", ["project"], ours)
    known = library("rows", "says", ["project"], registry=theirs)
    for project, by in told:
        amounts.add((project,), by)
        known.labels(project).inc(by)
    assert page(ours) == page(theirs)


@given(
    told=st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), values), max_size=30),
    share=st.sampled_from([0.01, 0.5, 0.95, 1.0]),
)
def test_a_share_of_the_values_lies_within_a_bound_and_not_within_the_one_before_it(
    told: Sequence[tuple[str, float]], share: float
) -> None:
    spread = Spread("spread", "says", ["project"], BOUNDS, prometheus.CollectorRegistry())
    for project, value in told:
        spread.add((project,), value)
    own = [value for project, value in told if project != "b"]
    counted = spread.counted(lambda labels: labels[0] != "b")
    assert sum(counted) == len(own)

    enough = [end for end in BOUNDS if sum(one <= end for one in own) >= share * len(own)]
    assert spread.within(counted, share) == (min(enough) if own and enough else None)


def test_threads_that_add_beside_each_other_lose_nothing() -> None:
    registry = prometheus.CollectorRegistry()
    amounts = Amounts(CounterMetricFamily, "rows", "says", ["project"], registry)
    spread = Spread("spread", "says", ["project"], BOUNDS, registry)

    def work() -> None:
        for _ in range(5000):
            amounts.add(("a",))
            spread.add(("a",), 1.0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    found = page(registry)
    assert found['rows_total{project="a"}'] == 20_000
    assert found['spread_count{project="a"}'] == found['spread_sum{project="a"}'] == 20_000
