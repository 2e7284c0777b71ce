"""The hub's MQTT client: takes messages in, acknowledges them when told, sends confirmations.

A message is acknowledged only after its commit, so what the hub has not stored the broker
still holds, within the receive maximum.
"""

import logging
import random
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hub import tracing
from hub.ingest.verify import Received
from hub.settings import Address
from schemas import topics

log = logging.getLogger(__name__)

WINDOW = 1000
"""Unacknowledged messages at most: MQTT 5's receive maximum. Some brokers give fewer: rumqttd
100, Mosquitto its max_inflight_messages."""
KINDS = frozenset({"activity", "interaction", "health", "dropped", "state", "alert"})
_SESSION_S = 0xFFFFFFFF
"""The broker keeps messages for a hub that is away, without an end, within its queue limits: of
finite sessions Mosquitto 2.0.11 keeps a list that a reload (SIGHUP) corrupts.
"""
_KEEPALIVE_S = 30
_RETRY_S = (0.5, 5.0)
_PUT_S = 0.2
_MOST_UNSENT = 5000
"""Confirmations that wait for the broker; a device that misses one asks again."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message with what is needed to acknowledge it, on the connection it came by."""

    received: Received
    mid: int
    qos: int
    client: mqtt.Client = field(repr=False)


class Subscriber:
    """Reconnects for ever with jittered back-off; logs a change of state once.

    Queue: two windows of messages. When full, the network thread waits, and with it the
    broker, which holds the rest.
    """

    def __init__(
        self,
        broker: Address,
        *,
        client_id: str,
        clock: Callable[[], datetime],
        window: int = WINDOW,
        share: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`share`: the name of a group of workers that share the messages ($share)."""
        self.broker = broker
        self.window = window
        self._share = share
        self._clock = clock
        self._arrived: deque[Arrived] = deque()
        self._changed = threading.Condition()
        self._wanted = 1
        """So many messages are waited for; a word for each would wake a thread for nothing."""
        self._up = threading.Event()
        self._lost = threading.Event()
        self._stopping = threading.Event()
        self._reachable: bool | None = None
        self._client_id = client_id
        self._tls = tls
        self._client: mqtt.Client | None = None
        self._thread = threading.Thread(target=self._keep_connected, name="ingest-mqtt")

    @property
    def connected(self) -> bool:
        """Subscribed, too."""
        return self._up.is_set()

    @property
    def waiting(self) -> int:
        """Messages taken in that nobody has asked for yet."""
        return len(self._arrived)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._lost.set()
        if self._thread.is_alive():
            self._thread.join()

    def take(self, most: int, wait_s: float, gather_s: float) -> list[Arrived]:
        """Up to `most` messages: none when none comes within `wait_s`, else what has come
        `gather_s` after the first.
        """
        with self._changed:
            self._wanted = 1
            if not self._changed.wait_for(lambda: self._arrived, wait_s):
                return []
            self._wanted = most
            self._changed.wait_for(lambda: len(self._arrived) >= most, gather_s)
            taken = [self._arrived.popleft() for _ in range(min(most, len(self._arrived)))]
            self._changed.notify_all()  # there is room again
            return taken

    def acknowledge(self, arrived: Arrived) -> None:
        """After the commit, in the order of arrival. A message of a lost connection comes again
        by itself; its number may belong to another message by now, so the old client is asked.
        """
        if arrived.qos > 0:
            arrived.client.ack(arrived.mid, arrived.qos)

    def publish(self, topic: str, message: bytes) -> None:
        """QoS 1, to the broker of this connection; nothing is kept for a later one."""
        client = self._client
        if client is not None and self.connected:
            client.publish(topic, message, qos=1)

    def _keep_connected(self) -> None:
        delay_s = _RETRY_S[0]
        while not self._stopping.is_set():
            self._lost.clear()
            self._up.clear()
            if self._try_connection():
                delay_s = _RETRY_S[0]
            # Jitter, so that workers do not come back to a restarted broker all at once.
            self._stopping.wait(random.uniform(0.5, 1.0) * delay_s)  # noqa: S311 - no secret
            delay_s = min(_RETRY_S[1], delay_s * 2)

    def _try_connection(self) -> bool:
        """Until it is lost; whether it was up at all."""
        client = self._new_client()
        connect = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        connect.SessionExpiryInterval = _SESSION_S
        connect.ReceiveMaximum = self.window
        try:
            client.connect(
                self.broker.host,
                self.broker.port,
                keepalive=_KEEPALIVE_S,
                clean_start=False,
                properties=connect,
            )
        except (OSError, ValueError) as error:  # refused, unreachable, or no such host
            self._tell(up=False, why=type(error).__name__)
            return False
        self._client = client
        client.loop_start()
        try:
            self._lost.wait()
            return self._up.is_set()
        finally:
            self._up.clear()
            client.disconnect()
            client.loop_stop()

    def _new_client(self) -> mqtt.Client:
        """One a connection: paho leaves the last connection's sockets open in a client that
        is started again, and its message numbers mixed.
        """
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.max_queued_messages_set(_MOST_UNSENT)
        client.connect_timeout = 5.0
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        return client

    def _tell(self, *, up: bool, why: str = "") -> None:
        if self._reachable is up:
            return
        self._reachable = up
        if up:
            log.info("broker %s: connected and subscribed", self.broker)
        else:
            log.warning("broker %s cannot be used (%s); trying again for ever", self.broker, why)

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._tell(up=False, why=str(reason))
            self._lost.set()
            return
        # Always: a broker that forgot the session forgot the subscriptions, too.
        filters = [f for f in topics.up_filters(self._share) if f.rsplit("/", 1)[1] in KINDS]
        client.subscribe([(name, 1) for name in filters])

    def _on_subscribe(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self._tell(up=False, why=f"subscription refused: {refused[0]}")
            self._lost.set()
            return
        self._up.set()
        self._tell(up=True)

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if not self._stopping.is_set():
            self._tell(up=False, why=str(reason))
        self._lost.set()

    def _on_message(self, client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        received = Received(
            _topic(message), bytes(message.payload), self._clock(), tracing.context_of(message)
        )
        arrived = Arrived(received, message.mid, message.qos, client)
        with self._changed:
            while len(self._arrived) >= 2 * self.window:
                if self._stopping.is_set() or self._lost.is_set():
                    return
                self._changed.wait(_PUT_S)
            self._arrived.append(arrived)
            if len(self._arrived) == self._wanted:
                self._changed.notify_all()


def _topic(message: mqtt.MQTTMessage) -> str:
    """A topic that is no UTF-8 is none of ours; paho raises on reading it."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return ""
