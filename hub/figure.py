"""A gauge that is there only while somebody knows it.

Each part of the hub exports its own figures alone: a web process that said "0 days of
partitions" would raise an alarm about what it never looked at.
"""

import time
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

STALE_S = 120.0
"""A figure that was set and could not be read again for so long is shown no more."""


class Figure(Collector):
    def __init__(
        self,
        name: str,
        documentation: str,
        registry: CollectorRegistry,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._documentation = documentation
        self._clock = clock
        self._set: tuple[float, float] | None = None
        self._ask: Callable[[], float] | None = None
        registry.register(self)

    def set(self, value: float) -> None:
        self._set = (value, self._clock())

    def ask(self, function: Callable[[], float]) -> None:
        """`function` is asked at each scrape from now on."""
        self._ask = function

    def describe(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily(self.name, self._documentation)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        if self._ask is not None:
            yield GaugeMetricFamily(self.name, self._documentation, value=self._ask())
        elif self._set is not None and self._clock() - self._set[1] <= STALE_S:
            yield GaugeMetricFamily(self.name, self._documentation, value=self._set[0])
