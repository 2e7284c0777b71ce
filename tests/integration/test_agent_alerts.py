"""Alerts of a device against a real broker: past the outbox, at once, and never late."""

import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from nacl.signing import SigningKey

from edge_agent.clock import SystemClock
from edge_agent.delivery import Delivery
from edge_agent.identity import DeviceIdentity
from edge_agent.message import Draft
from edge_agent.outbox import Outbox
from edge_agent.publisher import Publisher
from edge_agent.settings import AgentSettings
from schemas.health import SensorHealth
from schemas.registry import parse
from schemas.vocabulary import Sensor, SensorState
from tests.builders import BRANCH, COUNTER, DEVICE, NOW, interaction_payload
from tests.integration.brokers import HOST, Hub, Mosquitto, until

pytestmark = pytest.mark.integration

HUB_KEY = SigningKey(b"h" * 32)
CAMERA = SensorHealth(sensor=Sensor.CAMERA, state=SensorState.OK)


class Counter:
    """Delivery, outbox and publisher as edge_agent/run.py puts them together."""

    def __init__(self, state: Path, port: int) -> None:
        self.identity = DeviceIdentity.load_or_create(state, DEVICE, BRANCH, COUNTER)
        self.outbox = Outbox.open(
            state / "outbox.db", self.identity.topic, self.identity.sign, DEVICE
        )
        settings = AgentSettings.model_validate(
            {
                "device_id": DEVICE,
                "branch": BRANCH,
                "counter": COUNTER,
                "state": state,
                "broker_url": f"mqtt://{HOST}:{port}",
                "hub_public_key": bytes(HUB_KEY.verify_key).hex(),
                "source": {"path": "none.wav"},
                "publish": {"reconnect_min_s": 0.05, "reconnect_max_s": 0.1},
            }
        )
        self.publisher = Publisher(settings, self.identity, self.outbox, agent_version="0.1.0")
        self.delivery = Delivery(
            settings, self.outbox, self.publisher, SystemClock(), threading.Event()
        )

    def close(self) -> None:
        self.publisher.stop()
        self.outbox.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    mosquitto = Mosquitto(tmp_path)
    mosquitto.start()
    yield mosquitto
    mosquitto.kill()


@pytest.fixture
def counter(tmp_path: Path, broker: Mosquitto) -> Iterator[Counter]:
    made = Counter(tmp_path / "state", broker.port)
    yield made
    made.close()


@pytest.fixture
def hub(broker: Mosquitto, counter: Counter) -> Iterator[Hub]:
    made = Hub(broker.port, counter.identity.public_key, HUB_KEY)
    yield made
    made.close()


def alert(number: int = 1) -> Draft:
    payload = interaction_payload().model_copy(
        update={"open": True, "interaction_id": UUID(int=number)}
    )
    return Draft("alert", payload, uuid4(), NOW)


def test_an_alert_arrives_while_the_outbox_waits_for_a_hub_that_is_silent(counter, hub):
    hub.confirming = False
    counter.delivery.keep([Draft("interaction", interaction_payload(), uuid4(), NOW)])
    counter.publisher.start()
    hub.until(lambda: len(hub.arrivals) == 1)
    counter.delivery.keep([alert()])
    hub.until(lambda: len(hub.alerts) == 1)
    assert hub.alerts[0].payload.open
    until(lambda: counter.publisher.counters.alerts == 1)
    assert counter.outbox.stats().waiting == 1  # an alert is no row of it


def test_an_alert_waits_for_the_broker_and_comes_once(counter, hub, broker):
    counter.publisher.start()
    hub.until(lambda: len(hub.states) == 1)
    broker.kill()
    until(lambda: not counter.publisher.counters.connected)
    counter.delivery.keep([alert(1), alert(2)])
    broker.start()
    # The test's own subscriber may come back later than the device, so the device is asked.
    until(lambda: counter.publisher.counters.alerts == 2)
    assert counter.publisher.alerts.dropped == 0
    assert counter.publisher.alerts.take() is None


def test_what_ended_meanwhile_is_told_of_no_more_and_health_counts_what_was_lost(counter, hub):
    ended = interaction_payload().model_copy(update={"interaction_id": UUID(int=1)})
    counter.delivery.keep(
        [*(alert(n) for n in range(1, 21)), Draft("interaction", ended, uuid4(), NOW)]
    )
    hub.confirming = False
    counter.delivery.report((CAMERA,))
    assert counter.delivery.latest.losses.alerts_dropped == 4
    counter.publisher.start()
    hub.until(lambda: len(hub.alerts) == 16 and len(hub.arrivals) == 2)
    assert {b.payload.interaction_id.int for b in hub.alerts} == set(range(5, 21))
    health = [parse(raw[65:]).payload for _, number, raw in hub.arrivals if number == 2]
    assert health[0].losses.alerts_dropped == 4


def test_a_broker_that_forbids_alerts_gets_none_and_rows_go_on(tmp_path):
    folder = tmp_path / "strict"
    folder.mkdir()
    (folder / "acl").write_text(
        "topic readwrite hailong/v1/+/+/health\ntopic readwrite hailong/v1/+/+/state\n"
        "topic readwrite hailong/v1/+/+/confirm\ntopic read hailong/v1/+/+/alert\n"
    )
    strict = Mosquitto(folder, f"user root\nacl_file {folder / 'acl'}\n")
    strict.start()
    counter = Counter(tmp_path / "device", strict.port)
    hub = Hub(strict.port, counter.identity.public_key, HUB_KEY)
    try:
        counter.publisher.start()
        counter.delivery.keep([alert()])
        until(lambda: counter.publisher.alerts.dropped == 1)
        counter.delivery.report((CAMERA,))
        assert counter.publisher.wait_drained(20)
        assert hub.alerts == []
    finally:
        hub.close()
        counter.close()
        strict.kill()
