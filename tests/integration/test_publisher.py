"""The publisher against Mosquitto, a real broker that forgets everything when killed, and
against the broker that the hub embeds.
"""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import paho.mqtt.client as mqtt
import pytest
from nacl.signing import SigningKey

from edge_agent.identity import DeviceIdentity
from edge_agent.outbox import DeadLetter, Outbox
from edge_agent.publisher import Publisher
from edge_agent.settings import AgentSettings
from hub.embedded.broker import EmbeddedBroker
from schemas.control import ConfirmPayload, RejectedSequence, StatePayload
from schemas.envelope import seal
from schemas.registry import Body
from schemas.topics import Topic
from schemas.vocabulary import Connection, RejectReason
from tests.builders import BRANCH, COUNTER, DEVICE, health_payload, interaction_payload
from tests.integration.brokers import HOST, Hub, Mosquitto, until

pytestmark = pytest.mark.integration

HUB_KEY = SigningKey(b"h" * 32)
HERE = Topic(BRANCH, COUNTER, "confirm")


class Agent:
    """What the pipeline sees of the way out, started and restarted at will."""

    def __init__(self, state: Path, port: int) -> None:
        self._port = port
        self._state = state
        self.identity = DeviceIdentity.load_or_create(state, DEVICE, BRANCH, COUNTER)
        self.outbox = self._open()
        self.publisher: Publisher | None = None

    def _open(self) -> Outbox:
        return Outbox.open(
            self._state / "outbox.sqlite3", self.identity.topic, self.identity.sign, DEVICE
        )

    def start(self, *, protocol=mqtt.MQTTv5, clock=None, **publish) -> Publisher:
        settings = AgentSettings.model_validate(
            {
                "device_id": DEVICE,
                "branch": BRANCH,
                "counter": COUNTER,
                "state": self._state,
                "broker_url": f"mqtt://{HOST}:{self._port}",
                "hub_public_key": bytes(HUB_KEY.verify_key).hex(),
                "source": {"path": "none.wav"},
                "publish": {
                    "resend_after_s": 0.3,
                    "reconnect_min_s": 0.05,
                    "reconnect_max_s": 0.1,
                    **publish,
                },
            }
        )
        self.publisher = Publisher(
            settings,
            self.identity,
            self.outbox,
            agent_version="0.1.0",
            protocol=protocol,
            clock=clock,
        )
        self.publisher.start()
        return self.publisher

    def append(self, count: int = 1) -> None:
        for _ in range(count):
            self.outbox.append("health", health_payload(), uuid4(), datetime.now(UTC))

    def sent(self) -> list[tuple[int, bytes]]:
        return [(row.sequence, row.message) for row in self.outbox.unsettled(limit=10**4)]

    def state(self, connection: int, status: Connection) -> tuple[str, bytes]:
        """A state of this device, as an earlier connection may have left it."""
        topic = self.identity.topic("state")
        now = datetime.now(UTC)
        body = Body(
            kind="state",
            schema_version=1,
            message_id=uuid4(),
            device_id=DEVICE,
            captured_at=now,
            payload=StatePayload(
                connection=connection, status=status, since=now, agent_version="0.1.0"
            ),
        )
        return topic, seal(topic, body.encode(), self.identity.sign)

    def restart(self) -> None:
        self.close()
        self.outbox = self._open()

    def close(self) -> None:
        if self.publisher is not None:
            self.publisher.stop()
            self.publisher = None
        self.outbox.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    mosquitto = Mosquitto(tmp_path)
    mosquitto.start()
    yield mosquitto
    mosquitto.kill()


@pytest.fixture
def agent(tmp_path: Path, broker: Mosquitto) -> Iterator[Agent]:
    made = Agent(tmp_path / "state", broker.port)
    yield made
    made.close()


@pytest.fixture
def hub(broker: Mosquitto, agent: Agent) -> Iterator[Hub]:
    made = Hub(broker.port, agent.identity.public_key, HUB_KEY)
    yield made
    made.close()


def statuses(hub: Hub) -> list[tuple[int, str]]:
    return [(b.payload.connection, b.payload.status.value) for b in hub.states]


def test_everything_arrives_once_told_and_in_order(agent, hub):
    agent.append(250)
    sent = agent.sent()
    publisher = agent.start()
    agent.append(50)
    assert publisher.wait_drained(20)
    assert hub.sequences(agent.outbox.stream) == list(range(1, 301))
    assert [(n, hub.taken[agent.outbox.stream][n]) for n, _ in sent] == sent
    first = list(dict.fromkeys(n for _, n, _ in hub.arrivals))
    assert first == list(range(1, 301))
    assert publisher.clock_trusted
    assert abs(publisher.hub_ahead) < timedelta(seconds=60)


def test_a_puback_settles_nothing_and_resends_are_the_same_bytes(agent, hub):
    hub.confirming = False
    agent.append(3)
    sent = agent.sent()
    publisher = agent.start()
    stream = agent.outbox.stream
    # With no word from the hub the oldest row goes out again, the others wait.
    hub.until(lambda: len(hub.arrivals) >= 5)
    assert not publisher.drained()
    assert agent.sent() == sent
    assert [n for _, n, _ in hub.arrivals[:5]] == [1, 2, 3, 1, 1]
    assert {(n, raw) for _, n, raw in hub.arrivals} == set(sent)
    hub.confirming = True
    hub.confirm_all(HERE, DEVICE, stream)
    assert publisher.wait_drained(20)


def test_first_word_after_a_silence_brings_what_was_lost_meanwhile(agent, hub):
    hub.lose = lambda _: True
    agent.append(30)
    publisher = agent.start(resend_max_s=0.3)
    hub.until(lambda: len(hub.arrivals) > 30)
    hub.lose = lambda _: False
    assert publisher.wait_drained(20)
    assert hub.sequences(agent.outbox.stream) == list(range(1, 31))


def test_what_the_hub_misses_goes_again_at_once(agent, hub):
    lost: set[int] = set()

    def lose_each_third_once(sequence: int) -> bool:
        new = sequence % 3 == 0 and sequence not in lost
        lost.add(sequence)
        return new

    hub.lose = lose_each_third_once
    agent.append(20)
    publisher = agent.start(resend_after_s=3600, resend_max_s=3600)
    assert publisher.wait_drained(20)
    assert hub.sequences(agent.outbox.stream) == list(range(1, 21))
    numbers = [n for _, n, _ in hub.arrivals]
    assert {n for n in numbers if numbers.count(n) > 1} == {3, 6, 9, 12, 15, 18}


def test_unconfirmed_rows_in_flight_are_bounded(agent, hub):
    hub.confirming = False
    agent.append(50)
    publisher = agent.start(in_flight=7, resend_after_s=3600, resend_max_s=3600)
    hub.until(lambda: len(hub.arrivals) == 7)
    hub.confirm_all(HERE, DEVICE, agent.outbox.stream)
    hub.until(lambda: len(hub.arrivals) == 14)
    assert publisher.counters.sent == 14
    assert len(agent.sent()) == 43


def test_nothing_is_lost_when_the_broker_dies_with_its_memory(agent, hub, broker):
    publisher = agent.start()
    stream = agent.outbox.stream
    for connects in (1, 2, 3):
        hub.confirming = False
        until(lambda n=connects: publisher.counters.connects == n)
        before = len(hub.arrivals)
        agent.append(40)
        hub.until(lambda seen=before: len(hub.arrivals) > seen)
        broker.kill()
        agent.append(40)
        hub.confirming = True
        broker.start()
    assert publisher.wait_drained(20)
    assert hub.sequences(stream) == list(range(1, 241))
    by_number: dict[int, set[bytes]] = {}
    for _, number, raw in hub.arrivals:
        by_number.setdefault(number, set()).add(raw)
    assert all(len(forms) == 1 for forms in by_number.values())
    assert publisher.counters.connects == 4


def test_agent_without_a_broker_starts_takes_and_stops(agent, broker):
    broker.kill()
    publisher = agent.start()
    agent.append(5)
    assert not publisher.wait_drained(0.2)
    publisher.stop()
    assert len(agent.sent()) == 5


def test_rows_of_an_earlier_run_are_sent_by_the_next(agent, hub):
    hub.confirming = False
    agent.append(3)
    agent.start()
    hub.until(lambda: len(hub.arrivals) >= 3)
    agent.restart()
    hub.confirming = True
    agent.append(2)
    assert agent.start().wait_drained(20)
    assert hub.sequences(agent.outbox.stream) == [1, 2, 3, 4, 5]


def test_rejected_rows_leave_the_window_as_dead_letters(agent, hub):
    hub.rejected = (RejectedSequence(sequence=2, reason=RejectReason.CLOCK),)
    agent.append(3)
    assert agent.start().wait_drained(20)
    stream = agent.outbox.stream
    assert agent.outbox.dead_letters() == [DeadLetter(stream, 2, "health", "clock")]


@pytest.mark.parametrize(
    "forged",
    [
        {"key": SigningKey(b"x" * 32)},
        {"signed_for": Topic(BRANCH, "quay-06", "confirm")},
    ],
)
def test_confirm_that_the_hub_did_not_sign_for_here_is_ignored(agent, hub, forged):
    hub.confirming = False
    agent.append(2)
    publisher = agent.start()
    hub.until(lambda: len(hub.arrivals) >= 2)
    said = ConfirmPayload(stream=agent.outbox.stream, settled_below=3)
    hub.confirm(HERE, DEVICE, said, **forged)
    until(lambda: publisher.counters.refused_confirms == 1)
    assert len(agent.sent()) == 2
    hub.confirm(HERE, DEVICE, said)
    assert publisher.wait_drained(20)


def test_other_bad_confirms_are_ignored_and_counted(agent, hub):
    hub.confirming = False
    agent.append(2)
    publisher = agent.start()
    hub.until(lambda: len(hub.arrivals) >= 2)
    stream = agent.outbox.stream
    hub.client.publish(str(HERE), b"\x01too short", qos=1)
    hub.confirm(HERE, "dev-other", ConfirmPayload(stream=stream, settled_below=3))
    hub.confirm(HERE, DEVICE, ConfirmPayload(stream="0" * 32, settled_below=3))
    hub.confirm(HERE, DEVICE, ConfirmPayload(stream=stream, settled_below=9))
    until(lambda: publisher.counters.refused_confirms == 4)
    assert len(agent.sent()) == 2
    assert publisher.counters.confirms == 0


def test_birth_death_and_good_bye(agent, hub, broker):
    publisher = agent.start()
    hub.until(lambda: statuses(hub) == [(1, "online")])
    assert hub.states[0].payload.agent_version == "0.1.0"
    publisher.stop()
    hub.until(lambda: statuses(hub) == [(1, "online"), (1, "offline")])
    agent.start()
    hub.until(lambda: statuses(hub)[2:] == [(2, "online")])
    # Another client of the same name takes over: the broker sends the Last Will.
    thief = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2,
        client_id=f"hailong-{DEVICE}",
        protocol=mqtt.MQTTv5,
        reconnect_on_failure=False,
    )
    thief.connect(HOST, broker.port)
    thief.loop_start()
    hub.until(lambda: (2, "offline") in statuses(hub) and statuses(hub)[-1] == (3, "online"))
    thief.disconnect()
    thief.loop_stop()


def test_late_death_of_an_older_connection_is_followed_by_a_new_birth(agent, hub):
    publisher = agent.start()
    hub.until(lambda: statuses(hub) == [(1, "online")])
    agent.restart()
    publisher = agent.start()
    hub.until(lambda: statuses(hub)[-1] == (2, "online"))
    before = len(hub.states)
    hub.client.publish(*agent.state(1, Connection.OFFLINE), qos=1, retain=True)
    hub.until(lambda: statuses(hub)[before:] == [(1, "offline"), (2, "online")])
    assert publisher.counters.repeated_births == 1


def test_death_that_this_device_did_not_sign_changes_nothing(agent, hub):
    publisher = agent.start()
    hub.until(lambda: statuses(hub) == [(1, "online")])
    topic, message = agent.state(1, Connection.OFFLINE)
    hub.client.publish(topic, message[:70] + b"x" + message[71:], qos=1)
    hub.client.publish(topic, b"nonsense", qos=1)
    hub.until(lambda: len(hub.refused) == 2)
    agent.append()
    assert publisher.wait_drained(20)
    assert publisher.counters.repeated_births == 0


def test_lost_counter_rises_above_the_last_known_connection(agent, hub):
    hub.client.publish(*agent.state(41, Connection.ONLINE), qos=1, retain=True)
    hub.until(lambda: len(hub.states) == 1)
    agent.start()
    hub.until(lambda: statuses(hub)[-1] == (42, "online"))


def test_nothing_is_sent_under_a_clock_of_before_the_build(agent, hub):
    class Dead:
        at = datetime(1970, 1, 1, tzinfo=UTC)

        def now(self) -> datetime:
            return self.at

    agent.append(1)
    clock = Dead()
    publisher = agent.start(clock=clock)
    assert not publisher.clock_trusted
    assert not publisher.wait_drained(0.3)
    assert publisher.counters.connects == 0
    clock.at = datetime.now(UTC)
    assert publisher.wait_drained(20)


def test_speaks_mqtt_3_too(agent, hub):
    agent.append(3)
    assert agent.start(protocol=mqtt.MQTTv311).wait_drained(20)
    assert hub.sequences(agent.outbox.stream) == [1, 2, 3]


def test_embedded_broker_killed_in_between(tmp_path):
    with EmbeddedBroker(tmp_path / "hub") as broker:
        port = broker.address.port
        agent = Agent(tmp_path / "state", port)
        hub = Hub(port, agent.identity.public_key, HUB_KEY)
        publisher = agent.start()
        agent.append(60)
        agent.outbox.append("interaction", interaction_payload(), uuid4(), datetime.now(UTC))
        hub.until(lambda: len(hub.arrivals) > 0)
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGKILL)
        agent.append(60)
        broker.start()
        assert publisher.wait_drained(20)
        assert hub.sequences(agent.outbox.stream) == list(range(1, 122))
        agent.close()
        hub.until(lambda: statuses(hub)[-1][1] == "offline")
        hub.close()
