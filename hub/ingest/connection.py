"""The process that holds one worker's MQTT connection; a worker starts it, with the link as its
standard input:

    python -m hub.ingest.connection

The work of network and signatures, two fifths of a worker's, is done beside the judging instead
of in turn with it. It refuses, judges and keeps nothing: messages go up as they come, with the key
their signature was found good under; acknowledgements and confirmations go down. When the link ends, so does it; the broker then delivers again whatever
was not acknowledged.
"""

import random
import select
import signal
import socket
import ssl
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hub import tracing
from hub.ingest import link
from hub.ingest.link import Frames, Message, Start, State
from hub.ingest.signatures import KnownKeys
from hub.tls import client_context

SIGN_OF_LIFE_S = 5.0
_SESSION_S = 0xFFFFFFFF
"""The broker keeps messages for a hub that is away, without an end, within its queue limits: of
finite sessions Mosquitto 2.0.11 keeps a list that a reload (SIGHUP) corrupts.
"""
_KEEPALIVE_S = 30
_CONNECT_S = 5.0
_RETRY_S = (0.5, 5.0)
_LOOK_S = 0.5
_MOST_UNSENT = 5000
"""Confirmations that wait for the broker; the oldest go, and their devices ask again."""
_PACKETS = 100
"""Then what came goes up, and the worker is heard, whatever else has come."""
_MOST_IN_FLIGHT = 50
"""Confirmations; brokers may allow fewer."""
_CROWDED_BYTES = 4 * 1024**2
"""More that the worker has not taken yet, and nothing further is read: the broker holds it."""
_READ_BYTES = 65_536


class LinkEndedError(Exception):
    """The worker is gone, or wants no more."""


class Held:
    """Connects for ever, with jittered back-off."""

    def __init__(self, worker: socket.socket, said: Start) -> None:
        worker.setblocking(False)
        self._worker = worker
        self._frames = Frames()
        self._out = bytearray()
        self._said = said
        self._connection = said.first_connection - 1
        self._client: mqtt.Client | None = None
        self._lost = True
        self._taken: list[Message] = []
        self._came = 0
        self._keys = KnownKeys()
        self._unsent: deque[tuple[str, bytes]] = deque(maxlen=_MOST_UNSENT)
        self._in_flight = 0
        self._may_be_in_flight = 1
        self._state = State(up=False)
        self._alive_s = 0.0

    def run(self) -> None:
        """Until the link ends."""
        delay_s = _RETRY_S[0]
        try:
            while True:
                if self._connected_until_lost():
                    delay_s = _RETRY_S[0]
                # Jitter, so that workers do not come back to a restarted broker all at once.
                until_s = time.monotonic() + random.uniform(0.5, 1.0) * delay_s  # noqa: S311 - no secret
                while (left_s := until_s - time.monotonic()) > 0:
                    self._turn(left_s)
                delay_s = min(_RETRY_S[1], delay_s * 2)
        except LinkEndedError:
            pass
        finally:
            if self._client is not None and not self._lost:
                self._client.disconnect()

    def _connected_until_lost(self) -> bool:
        """Whether it was up at all."""
        was_up = False
        client = self._new_client()
        connect = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        connect.SessionExpiryInterval = _SESSION_S
        connect.ReceiveMaximum = self._said.window
        self._connection += 1
        self._client, self._lost = client, False
        self._unsent.clear()
        self._in_flight = 0
        try:
            client.connect(
                self._said.host,
                self._said.port,
                keepalive=_KEEPALIVE_S,
                clean_start=False,
                properties=connect,
            )
        except (OSError, ValueError) as error:  # refused, unreachable, or no such host
            self._lose(type(error).__name__)
        while not self._lost:
            self._turn(_LOOK_S)
            was_up = was_up or self._state.up
        return was_up

    def _new_client(self) -> mqtt.Client:
        """One a connection: paho leaves the last connection's sockets open in a client that
        is started again, and its message numbers mixed.
        """
        said = self._said
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=said.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.max_inflight_messages_set(_MOST_IN_FLIGHT)
        client.connect_timeout = _CONNECT_S
        if said.ca is not None:
            client.tls_set_context(
                client_context(Path(said.ca), _path(said.certificate), _path(said.key))
            )
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        return client

    def _turn(self, wait_s: float) -> None:
        """Waits for either side, `wait_s` at most, and passes on what came. Raises
        LinkEndedError.
        """
        client = None if self._lost else self._client
        broker = None if client is None else client.socket()
        readable, writable = self._wait(client, broker, wait_s)
        if self._worker in readable:
            self._hear()
        if client is not None:
            self._serve(client, readable=broker in readable, writable=broker in writable)
        if time.monotonic() - self._alive_s >= SIGN_OF_LIFE_S:
            self._tell(self._state)
        self._send()

    def _wait(
        self, client: mqtt.Client | None, broker: Any, wait_s: float
    ) -> tuple[list[Any], list[Any]]:
        """Whose socket can be read, and whose written."""
        readers = [self._worker]
        writers = [self._worker] if self._out else []
        # TLS reads a record whole: what is left of it the socket no longer shows.
        left = False
        if client is not None and broker is not None:
            if len(self._out) < _CROWDED_BYTES:
                readers.append(broker)
                left = isinstance(broker, ssl.SSLSocket) and broker.pending() > 0
            if client.want_write():
                writers.append(broker)
        limit_s = 0.0 if left else min(wait_s, _LOOK_S)
        readable, writable, _ = select.select(readers, writers, [], limit_s)
        if left and broker not in readable:
            readable.append(broker)
        return readable, writable

    def _serve(self, client: mqtt.Client, *, readable: bool, writable: bool) -> None:
        if writable:
            client.loop_write()
        if readable:
            self._read(client)
        if not self._lost and client.loop_misc() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._lose("keepalive")

    def _read(self, client: mqtt.Client) -> None:
        """What has come, within bounds: one call of paho's reads one packet, or as many as
        confirmations are under way.
        """
        enough = self._came + _PACKETS
        while (before := self._came) < enough:
            if client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS or self._came == before:
                break
        self._pass_on()

    def _pass_on(self) -> None:
        if self._taken:
            self._out += link.messages(self._connection, self._taken)
            self._taken.clear()
            self._send()

    def _hear(self) -> None:
        try:
            data = self._worker.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            raise LinkEndedError from error
        if not data:
            raise LinkEndedError
        for kind, body in self._frames.push(data):
            self._obey(kind, body)

    def _obey(self, kind: bytes, body: bytes) -> None:
        if kind == link.KEYS:
            self._keys.learn(link.read_keys(body))
            return
        client = self._client
        if client is None or self._lost:
            return  # the broker delivers again; a device asks again
        if kind == link.ACKNOWLEDGE:
            connection, mids = link.read_acknowledge(body)
            # A number of a lost connection may belong to another message by now.
            if connection == self._connection:
                for mid in mids:
                    client.ack(mid, 1)
        elif kind == link.PUBLISH and self._state.up:
            self._unsent += link.read_publish(body)
            self._publish(client)

    def _publish(self, client: mqtt.Client) -> None:
        """As many as the broker allows; paho, which would hold the rest, reads as many packets
        at once as it holds.
        """
        while self._unsent and self._in_flight < self._may_be_in_flight:
            topic, payload = self._unsent.popleft()
            self._in_flight += 1
            client.publish(topic, payload, qos=1)

    def _send(self) -> None:
        if not self._out:
            return
        try:
            sent = self._worker.send(self._out)
        except BlockingIOError:
            return
        except OSError as error:
            raise LinkEndedError from error
        del self._out[:sent]

    def _tell(self, state: State) -> None:
        self._state = state
        self._alive_s = time.monotonic()
        self._out += link.state(state)

    def _lose(self, why: str) -> None:
        if not self._lost:
            self._lost = True
            self._tell(State(up=False, why=why))

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._lose(str(reason))
            return
        allowed = getattr(properties, "ReceiveMaximum", _MOST_IN_FLIGHT)
        self._may_be_in_flight = min(allowed, _MOST_IN_FLIGHT)
        # Always: a broker that forgot the session forgot the subscriptions, too.
        client.subscribe([(name, 1) for name in self._said.filters])

    def _on_subscribe(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        _mid: int,
        reasons: Sequence[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self._lose(f"subscription refused: {refused[0]}")
        else:
            self._tell(State(up=True))

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._lose(str(reason))

    def _on_publish(
        self,
        client: mqtt.Client,
        _userdata: Any,
        _mid: int,
        _reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        """A confirmation has reached the broker."""
        self._in_flight -= 1
        self._publish(client)

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        trace = tracing.context_of(message) if self._said.traces else None
        topic, payload = _topic(message), bytes(message.payload)
        proof = self._keys.proof(topic, payload)
        self._taken.append(
            Message(
                message.mid, message.qos, topic.encode(), (trace or "").encode(), proof, payload
            )
        )
        self._came += 1
        if len(self._taken) >= _PACKETS:
            self._pass_on()


def _topic(message: mqtt.MQTTMessage) -> str:
    """A topic that is no UTF-8 is none of ours; paho raises on reading it."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return ""


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name)


def _started(worker: socket.socket) -> Start | None:
    """None when the worker ended before it said anything."""
    frames = Frames()
    while data := worker.recv(_READ_BYTES):
        for _, body in frames.push(data):
            return link.read_start(body)
    return None


def main() -> int:
    # Whoever stops the worker may signal this process, too; the worker acknowledges what it has
    # committed and then ends the link.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=0) as worker:
        said = _started(worker)
        if said is not None:
            Held(worker, said).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
