"""Every metric of the agent, in one place: numbers about the machine, none about a person.

Labels: `device` is the counter's own device (as many as this process has counters), `sensor`,
`state` and `step` are words of schemas/vocabulary.py, `stage` is a stage's name, `loop` ours.
"""

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from edge_agent.errors import OutboxError
from edge_agent.running.heart import HEARTS
from edge_agent.running.view import WELL, View, views
from schemas.version import VERSION
from schemas.vocabulary import Overload

REGISTRY = CollectorRegistry()
ProcessCollector(namespace="hailong_agent", registry=REGISTRY)
Gauge("hailong_agent_info", "1; the version is the label", ["version"], registry=REGISTRY).labels(
    VERSION
).set(1)
STAGE_BUSY = Counter(
    "hailong_agent_stage_busy_seconds",
    "Time that models took, by stage",
    ["stage"],
    registry=REGISTRY,
)
STAGE_FAILURES = Counter(
    "hailong_agent_stage_failures", "Failures of models, by stage", ["stage"], registry=REGISTRY
)
_STEPS = tuple(Overload)
_TEXTS = {
    "outbox_messages": "Messages that wait for the hub",
    "outbox_bytes": "Size of the outbox",
    "outbox_oldest_seconds": "How long the oldest message has waited",
    "dead_letters": "Messages that the hub refused and the device keeps",
    "audio_lost_seconds": "Sound lost before the outbox, since the start",
    "pictures_lost": "Pictures lost before the outbox, since the start",
    "alerts_dropped": "Alerts that could not be sent in time, since the start",
    "overload_step": "0: all is measured; each step measures less",
    "clock_trusted": "1 while the device's clock may be believed",
    "broker_connected": "1 while connected to the broker",
}


class Counters(Collector):
    """Read when scraped, from what the counters know anyway."""

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        now_s = time.monotonic()
        live = GaugeMetricFamily(
            "hailong_agent_loop_live", "1 while the loop is not deadlocked", labels=["loop"]
        )
        for heart in HEARTS.all():
            live.add_metric([heart.name], float(heart.judge(now_s)[0]))
        yield live
        gauges = {
            name: GaugeMetricFamily(f"hailong_agent_{name}", text, labels=["device"])
            for name, text in _TEXTS.items()
        }
        sensors = GaugeMetricFamily(
            "hailong_agent_sensor_ok",
            "1 while the sensor is well, or paused by somebody",
            labels=["device", "sensor"],
        )
        sent = CounterMetricFamily(
            "hailong_agent_messages_sent",
            "Messages sent, those that went out again included",
            labels=["device"],
        )
        again = CounterMetricFamily(
            "hailong_agent_messages_resent", "Messages that went out again", labels=["device"]
        )
        for view in views():
            for name, value in _figures(view):
                gauges[name].add_metric([view.device], value)
            for one in view.latest().sensors:
                well = float(one.state in WELL)
                sensors.add_metric([view.device, one.sensor.value], well)
            sent.add_metric([view.device], view.sent())
            again.add_metric([view.device], view.resent())
        yield from gauges.values()
        yield from (sensors, sent, again)

    def describe(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        return self.collect()


def _figures(view: View) -> Iterator[tuple[str, float]]:
    latest = view.latest()
    yield "audio_lost_seconds", latest.losses.audio_dropped_s
    yield "pictures_lost", latest.losses.video_frames_dropped
    yield "alerts_dropped", latest.losses.alerts_dropped or 0
    yield "overload_step", _STEPS.index(latest.overload)
    yield "clock_trusted", float(view.clock_trusted())
    yield "broker_connected", float(view.connected())
    try:
        outbox = view.outbox()
    except OutboxError:
        return
    yield "outbox_messages", outbox.waiting
    yield "outbox_bytes", outbox.bytes
    yield "outbox_oldest_seconds", outbox.oldest_waiting_s
    yield "dead_letters", outbox.dead_letters


REGISTRY.register(Counters())
