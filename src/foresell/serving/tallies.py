"""What is counted for every request, kept as plain numbers and put into families when it is read.

prometheus-client's own counters and histograms take a lock for each number of an observation and
look at every bound: five of them cost a request more than all of its guards.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from math import inf
from threading import Lock

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry
from prometheus_client.utils import floatToGoString

Labels = tuple[str | int, ...]


class Amounts(Collector):
    """A number for each combination of ``labels``; any thread may add to it.

    ``family``: a counter, whose numbers only grow, or a gauge.
    """

    def __init__(
        self,
        family: type[CounterMetricFamily | GaugeMetricFamily],
        name: str,
        says: str,
        labels: Sequence[str],
        registry: CollectorRegistry,
    ) -> None:
        self._family, self._name, self._says, self._labels = family, name, says, labels
        self._kept: dict[Labels, float] = {}
        self._lock = Lock()
        registry.register(self)

    def add(self, labels: Labels, by: float = 1) -> None:
        """Add to the number of ``labels``."""
        with self._lock:
            self._kept[labels] = self._kept.get(labels, 0) + by

    def collect(self) -> Iterable[Metric]:
        """Yield the numbers."""
        family = self._family(self._name, self._says, labels=self._labels)
        for labels, amount in tuple(self._kept.items()):
            family.add_metric([str(label) for label in labels], amount)
        yield family


class Spread(Collector):
    """How often a value was at most each of ``bounds``, for each combination of ``labels``.

    ``bounds`` grow; one without an end is added to them. Any thread may add to it.
    """

    def __init__(
        self,
        name: str,
        says: str,
        labels: Sequence[str],
        bounds: Sequence[float],
        registry: CollectorRegistry,
    ) -> None:
        self._name, self._says, self._labels = name, says, labels
        self._bounds = (*bounds, inf)
        self._kept: dict[Labels, list[float]] = {}  # of each bound how often, then the sum
        self._lock = Lock()
        registry.register(self)

    def add(self, labels: Labels, value: float) -> None:
        """Count a value, which is no NaN."""
        at = bisect_left(self._bounds, value)
        with self._lock:
            kept = self._kept.get(labels)
            if kept is None:
                kept = self._kept[labels] = [0.0] * (len(self._bounds) + 1)
            kept[at] += 1
            kept[-1] += value

    def counted(self, fits: Callable[[Labels], bool]) -> tuple[int, ...]:
        """Return (bounds + 1,) how many values lie at or below each bound and above the last one.

        All combinations of labels that ``fits`` says yes to are taken together.
        """
        with self._lock:
            found = [kept[:-1] for labels, kept in self._kept.items() if fits(labels)]
        return tuple(int(sum(each)) for each in zip(*found, strict=True)) or (0,) * len(
            self._bounds
        )

    def within(self, counted: Sequence[int], share: float) -> float | None:
        """Return the smallest bound that holds at least this share of what was ``counted``.

        None where only the one without an end does, or nothing was counted.
        """
        least, below = share * sum(counted), 0
        for bound, times in zip(self._bounds, counted, strict=True):
            below += times
            if below and below >= least:
                return bound if bound < inf else None
        return None

    def collect(self) -> Iterable[Metric]:
        """Yield the numbers, each bound with all that is below it."""
        family = HistogramMetricFamily(self._name, self._says, labels=self._labels)
        with self._lock:
            found = [(labels, tuple(kept)) for labels, kept in self._kept.items()]
        for labels, kept in found:
            below, buckets = 0.0, []
            for bound, times in zip(self._bounds, kept[:-1], strict=True):
                below += times
                shown = floatToGoString(bound)  # type: ignore[no-untyped-call]
                buckets.append((shown, below))
            family.add_metric([str(label) for label in labels], buckets, kept[-1])
        yield family
