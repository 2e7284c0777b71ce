import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hub.embedded.broker import EmbeddedBroker
from hub.embedded.errors import InUseError
from hub.embedded.processes import wait_gone
from schemas.envelope import MAX_BYTES

pytestmark = pytest.mark.integration

TOPIC = "hailong/v1/hn-01/q05/interaction"
FILTER = "hailong/v1/+/+/interaction"


class Client:
    """An MQTT 5 client that keeps what it receives and can wait for it."""

    def __init__(self, port: int, name: str, *, resume: bool = False, manual: bool = False):
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=name,
            protocol=mqtt.MQTTv5,
            manual_ack=manual,
        )
        self.client.reconnect_delay_set(0.1, 0.2)
        self.messages: list[mqtt.MQTTMessage] = []
        self.acknowledged: set[int] = set()
        self.connects = self.subscribed = 0
        self._changed = threading.Condition()
        self.client.on_message = lambda _c, _u, m: self._note(lambda: self.messages.append(m))
        self.client.on_connect = lambda *_: self._note(self._connected)
        self.client.on_subscribe = lambda *_: self._note(self._subscribed)
        self.client.on_publish = lambda _c, _u, mid, *_: self._note(
            lambda: self.acknowledged.add(mid)
        )
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 600 if resume else 0
        self.client.connect("127.0.0.1", port, clean_start=not resume, properties=properties)
        self.client.loop_start()
        self.until(lambda: self.connects > 0)

    def _note(self, change: Callable[[], object]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()

    def _connected(self) -> None:
        self.connects += 1

    def _subscribed(self) -> None:
        self.subscribed += 1

    def until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, 10), [m.payload[:20] for m in self.messages]

    def subscribe(self, topic: str) -> None:
        before = self.subscribed
        self.client.subscribe(topic, qos=1)
        self.until(lambda: self.subscribed > before)

    def publish(self, payload: bytes, topic: str = TOPIC, *, retain: bool = False) -> None:
        """Returns when the broker has acknowledged."""
        sent = self.client.publish(topic, payload, qos=1, retain=retain)
        self.until(lambda: sent.mid in self.acknowledged)

    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.messages]

    def drop(self) -> None:
        """Goes without a word, as a killed process does."""
        self.client.socket().shutdown(socket.SHUT_RDWR)
        self.client.loop_stop()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with EmbeddedBroker(tmp_path_factory.mktemp("trạng thái")) as running:
        yield running


def killed(broker: EmbeddedBroker) -> None:
    pid = broker.pid
    os.kill(pid, signal.SIGKILL)
    assert wait_gone([pid], 10)


def test_listens_on_loopback_only(broker):
    sockets = psutil.Process(broker.pid).net_connections("inet")
    listening = {c.laddr for c in sockets if c.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", broker.address.port)}


def test_delivers_the_largest_message_at_least_once(broker):
    hub, agent = Client(broker.address.port, "hub-big"), Client(broker.address.port, "agent-big")
    hub.subscribe(FILTER)
    agent.publish(b"x" * MAX_BYTES)
    hub.until(lambda: hub.payloads() == [b"x" * MAX_BYTES])
    hub.close()
    agent.close()


def test_redelivers_what_was_not_acknowledged(broker):
    agent = Client(broker.address.port, "agent-again")
    first = Client(broker.address.port, "hub-again", resume=True, manual=True)
    first.subscribe(FILTER)
    for number in range(4):
        agent.publish(b"%d" % number)
    first.until(lambda: len(first.messages) == 4)
    first.client.ack(first.messages[0].mid, 1)
    agent.publish(b"last")
    first.until(lambda: len(first.messages) == 5)
    first.drop()

    second = Client(broker.address.port, "hub-again", resume=True, manual=True)
    second.until(lambda: b"last" in second.payloads())
    # 0 too, if its acknowledgement was still on the way: at least once, in order.
    assert second.payloads()[-4:] == [b"1", b"2", b"3", b"last"]
    second.close()
    agent.close()


def test_last_will_is_sent_and_retained(broker):
    topic = "hailong/v1/hn-01/q06/state"
    watcher = Client(broker.address.port, "watcher")
    watcher.subscribe(topic)
    doomed = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2,
        "doomed",
        protocol=mqtt.MQTTv5,
        reconnect_on_failure=False,
    )
    doomed.will_set(topic, b"offline", qos=1, retain=True)
    doomed.connect("127.0.0.1", broker.address.port)
    doomed.loop_start()
    doomed.publish(topic, b"online", qos=1, retain=True).wait_for_publish(10)
    doomed.socket().shutdown(socket.SHUT_RDWR)
    watcher.until(lambda: watcher.payloads() == [b"online", b"offline"])
    doomed.loop_stop()
    late = Client(broker.address.port, "late")
    late.subscribe(topic)
    late.until(lambda: late.payloads() == [b"offline"])
    assert late.messages[0].retain
    late.close()
    watcher.close()


def test_after_kill_it_is_back_on_its_port_and_clients_reconnect(broker):
    client = Client(broker.address.port, "steady")
    before = broker.address
    killed(broker)
    assert broker.pid is None
    assert not broker.answers()
    assert broker.start() == before
    assert broker.answers()
    client.until(lambda: client.connects == 2)
    client.subscribe(FILTER)
    client.publish(b"again")
    client.until(lambda: client.payloads() == [b"again"])
    client.close()


def test_a_panic_of_the_router_ends_the_process_and_start_brings_it_back(broker):
    # What rumqttd does with $share and a persistent session; the port would go on accepting.
    pid = broker.pid
    consumer = Client(broker.address.port, "sharer", resume=True, manual=True)
    consumer.subscribe(f"$share/hub/{FILTER}")
    consumer.publish(b"unacknowledged")
    consumer.until(lambda: len(consumer.messages) == 1)
    consumer.drop()
    assert wait_gone([pid], 10)
    assert "panicked" in broker._log.path.read_text()
    broker.start()
    assert broker.answers()


def test_next_program_finds_the_same_port(tmp_path):
    with EmbeddedBroker(tmp_path) as first:
        port = first.address.port
    with EmbeddedBroker(tmp_path) as second:
        assert second.address.port == port


def test_second_supervisor_is_refused(broker):
    with pytest.raises(InUseError, match=f"already run by process {os.getpid()}"):
        EmbeddedBroker(broker._state.parent).start()
    assert broker.answers()


def test_port_of_a_stranger(tmp_path, monkeypatch):
    monkeypatch.setattr("hub.embedded.ports._PATIENCE_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        taken = stranger.getsockname()[1]
        with pytest.raises(InUseError, match=f"needs port {taken}"):
            EmbeddedBroker(tmp_path, port=taken).start()
        (tmp_path / "broker" / "port").write_text(f"{taken}\n")
        with EmbeddedBroker(tmp_path) as broker:
            assert broker.address.port != taken


def test_dies_with_its_supervisor(tmp_path):
    program = (
        "import sys, pathlib, hub.embedded.broker as b\n"
        f"broker = b.EmbeddedBroker(pathlib.Path({str(tmp_path)!r}))\n"
        "broker.start(); print(broker.pid, flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as supervisor:
        pid = int(supervisor.stdout.readline())
        supervisor.kill()
    assert wait_gone([pid], 10)
