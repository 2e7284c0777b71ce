"""What devices last said of themselves, as gauges. Bounded by the enrolled devices.

About fifteen series a device: 1,110 devices make 17,000, the country's 34,000 half a million;
`HAILONG_METRICS_DEVICES=off` leaves the sums alone.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from hub.figure import STALE_S
from hub.store.operations import FleetRow
from schemas.vocabulary import Overload, Sensor, SensorState

SILENT_S = 1500.0
"""A device whose last word is older counts as silent: they tell how they are every ten minutes."""
_NAMES: Mapping[str, str] = {
    "hailong_hub_device_online": "1 while the broker holds the device's connection",
    "hailong_hub_device_health_age_seconds": "Since the device last told how it is",
    "hailong_hub_device_outbox_messages": "Messages that wait on the device for the hub",
    "hailong_hub_device_outbox_bytes": "Size of the device's outbox",
    "hailong_hub_device_outbox_oldest_seconds": "How long its oldest message has waited",
    "hailong_hub_device_dead_letters": "Messages that the hub refused and the device keeps",
    "hailong_hub_device_audio_lost_seconds": "Sound lost before the outbox, since its start",
    "hailong_hub_device_pictures_lost": "Pictures lost before the outbox, since its start",
    "hailong_hub_device_alerts_dropped": "Alerts not sent in time, since the device's start",
    "hailong_hub_device_model_failures": "Failures of models, since its start",
    "hailong_hub_device_overload_step": "0: all is measured; each step measures less",
    "hailong_hub_device_clock_trusted": "1 while the device's clock may be believed",
    "hailong_hub_device_uptime_seconds": "Since the agent's start",
}
_STEPS = {step.value: number for number, step in enumerate(Overload)}
_SENSORS = frozenset(Sensor)
_STATES = frozenset(SensorState)
_WELL = frozenset({SensorState.OK, SensorState.MUTED, SensorState.ABSENT, SensorState.ENDED})
"""States that nobody needs to do anything about."""


class Fleet(Collector):
    """`show` is called by the part that can read them; a scrape reads memory alone."""

    def __init__(
        self, registry: CollectorRegistry, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._rows: Sequence[FleetRow] | None = None
        self._read_s = 0.0
        self.each_device = True
        registry.register(self)

    def show(self, rows: Sequence[FleetRow]) -> None:
        self._rows, self._read_s = rows, self._clock()

    def describe(self) -> Iterator[GaugeMetricFamily]:
        yield from self._families([])

    def collect(self) -> Iterator[GaugeMetricFamily]:
        rows = self._rows
        age_s = self._clock() - self._read_s
        if rows is None or age_s > STALE_S:
            return
        yield from self._families(rows, age_s)

    def _families(self, rows: Sequence[FleetRow], age_s: float = 0) -> Iterator[GaugeMetricFamily]:
        yield from _sums(rows, age_s)
        if self.each_device:
            yield from _by_device(rows, age_s)


def _sums(rows: Sequence[FleetRow], age_s: float) -> Iterator[GaugeMetricFamily]:
    states = GaugeMetricFamily(
        "hailong_hub_devices",
        "Enrolled devices: online, offline, never heard, or silent (no word for 25 minutes)",
        labels=["status"],
    )
    found = Counter(_status(row, age_s) for row in rows)
    for status in ("online", "silent", "offline", "never"):
        states.add_metric([status], found[status])
    yield states
    sensors = GaugeMetricFamily(
        "hailong_hub_sensors", "Sensors of all devices by their state", labels=["sensor", "state"]
    )
    for (sensor, state), count in sorted(Counter(_sensors(rows)).items()):
        sensors.add_metric([sensor, state], count)
    yield sensors


def _by_device(rows: Sequence[FleetRow], age_s: float) -> Iterator[GaugeMetricFamily]:
    families = {
        name: GaugeMetricFamily(name, text, labels=["device"]) for name, text in _NAMES.items()
    }
    sensors = GaugeMetricFamily(
        "hailong_hub_device_sensor_ok",
        "1 while the sensor is well, or paused by somebody",
        labels=["device", "sensor"],
    )
    for row in rows:
        for name, value in _figures(row, age_s):
            families[name].add_metric([row.device_id], value)
        for sensor, state in _sensors([row]):
            sensors.add_metric([row.device_id, sensor], float(state in _WELL))
    yield from families.values()
    yield sensors


def _status(row: FleetRow, age_s: float) -> str:
    if row.status is None and row.health is None:
        return "never"
    if row.status == "offline":
        return "offline"
    silent = row.age_s is None or row.age_s + age_s > SILENT_S
    return "silent" if silent else "online"


def _sensors(rows: Iterable[FleetRow]) -> Iterator[tuple[str, str]]:
    for row in rows:
        for one in (row.health or {}).get("sensors", ()):
            if one.get("sensor") in _SENSORS and one.get("state") in _STATES:
                yield one["sensor"], one["state"]


def _figures(row: FleetRow, age_s: float) -> Iterator[tuple[str, float]]:
    prefix = "hailong_hub_device_"
    yield f"{prefix}online", float(row.status == "online")
    if row.health is None or row.age_s is None:
        return
    yield f"{prefix}health_age_seconds", row.age_s + age_s
    yield f"{prefix}clock_trusted", float(row.health.get("clock_trusted") is True)
    yield f"{prefix}overload_step", _STEPS.get(str(row.health.get("overload", "none")), math.nan)
    outbox: Mapping[str, Any] = row.health.get("outbox", {})
    losses: Mapping[str, Any] = row.health.get("losses", {})
    for name, value in (
        ("uptime_seconds", row.health.get("uptime_s")),
        ("outbox_messages", outbox.get("waiting")),
        ("outbox_bytes", outbox.get("bytes")),
        ("outbox_oldest_seconds", outbox.get("oldest_waiting_s")),
        ("dead_letters", outbox.get("dead_letters")),
        ("audio_lost_seconds", losses.get("audio_dropped_s", 0)),
        ("pictures_lost", losses.get("video_frames_dropped", 0)),
        ("alerts_dropped", losses.get("alerts_dropped", 0)),
        ("model_failures", losses.get("model_failures", 0)),
    ):
        if isinstance(value, int | float):
            yield prefix + name, float(value)
