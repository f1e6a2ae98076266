"""What monitoring has found of the models that a server answers with, on its page of numbers."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from threading import Lock

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from foresell.errors import ForesellError
from foresell.monitor.gauges import Gauge

_PATIENCE_S = 0.5  # for a disk; the page then shows what was known before


class Watched(Collector):
    """The numbers that ``look`` finds on a disk, as they were at the last `refresh`."""

    def __init__(self, look: Callable[[], Sequence[Gauge]]) -> None:
        self._look, self._found = look, tuple[Gauge, ...]()
        self._looking = Lock()

    async def refresh(self) -> None:
        """Look again, in a thread: a disk that hangs holds no request, and one thread at most."""
        looking = asyncio.ensure_future(asyncio.to_thread(self.look))
        await asyncio.wait([looking], timeout=_PATIENCE_S)

    def look(self) -> None:
        """Look again, unless somebody is looking; what cannot be read stays as it was."""
        if not self._looking.acquire(blocking=False):
            return
        try:
            self._found = tuple(self._look())
        except (OSError, ForesellError):
            return
        finally:
            self._looking.release()

    def collect(self) -> Iterable[Metric]:
        """Yield the numbers."""
        families: dict[str, GaugeMetricFamily] = {}
        for one in self._found:
            if one.name not in families:
                families[one.name] = GaugeMetricFamily(one.name, one.says, labels=[*one.labels])
            families[one.name].add_metric([*one.labels.values()], one.value)
        yield from families.values()
