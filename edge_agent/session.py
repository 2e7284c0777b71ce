"""One connection to the broker: its birth, its window of rows, its end.

A new client object for each connection, so that nothing is queued outside the outbox.
Everything runs in the publisher's one thread.

The window is the first rows that wait in the outbox, `in_flight` at most. A row leaves it
only when the hub's confirm settles it; a PUBACK only frees a slot towards the broker. When
no confirm comes, the oldest row alone goes out again at growing intervals, so that an hour
without a hub does not fill the broker; the first confirm after that sends the rest again.
"""

import logging
import random
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent import tracing
from edge_agent.alert_queue import Alert, AlertQueue
from edge_agent.clock import WallClock
from edge_agent.errors import AgentError, ConfirmError, ConnectionLostError
from edge_agent.identity import DeviceIdentity, HubKey
from edge_agent.outbox import Outbox, OutboxRow
from edge_agent.settings import PublishSettings
from schemas.control import ConfirmPayload, StatePayload
from schemas.envelope import seal, unseal
from schemas.errors import WireError
from schemas.registry import CURRENT, Body, parse
from schemas.vocabulary import Connection

_POLL_S = 0.1
_CONNECT_S = 5.0
_FAREWELL_S = 2.0
_MOST_PENDING = 100
_HEADER_BYTES = 256  # of MQTT, beside the message
_AGAIN_S = 1.0  # what went out again is given so long before it goes a third time
_LONGEST_S = 7 * 86_400.0
"""A Last Will is signed at the connect, and the hub refuses it after 35 days."""


@dataclass(slots=True)
class Counters:
    """Since the publisher's start."""

    connected: bool = False
    """Now."""
    connects: int = 0
    sent: int = 0
    resent: int = 0
    alerts: int = 0
    """Sent past the outbox; the broker has acknowledged them."""
    confirms: int = 0
    refused_confirms: int = 0
    """Messages down: unsigned, malformed, or not for this device or outbox."""
    refused_by_broker: int = 0
    repeated_births: int = 0


@dataclass(frozen=True, slots=True)
class Parties:
    """What each connection of a publisher shares."""

    identity: DeviceIdentity
    hub_key: HubKey
    outbox: Outbox
    alerts: AlertQueue
    clock: WallClock
    settings: PublishSettings
    counters: Counters
    agent_version: str
    heard: Callable[[timedelta], None]
    """Called after each confirm with the hub's clock less ours."""
    outdated: Callable[[int], None]
    """Called with the connection number of a later state of our own."""
    told: Callable[[Body, bytes], None] | None = None
    """Called with each config and command of the hub for this device, and the message."""


_log = logging.getLogger(__name__)


class Session:
    def __init__(
        self,
        parties: Parties,
        number: int,
        protocol: MQTTProtocolVersion,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._parties = parties
        self._outbox = parties.outbox
        self._counters = parties.counters
        self._number = number
        self._protocol = protocol
        self._tls = tls
        self._state_topic = parties.identity.topic("state")
        self._confirm_topic = parties.identity.topic("confirm")
        self._ready = False
        self._ended: str | None = None
        self._slots = _MOST_PENDING
        self._packet_bytes: int | None = None
        self._unacknowledged: set[int] = set()
        self._alerts: dict[int, Alert] = {}
        """By the number of their packet, until the broker acknowledges it."""
        self._sent: set[int] = set()
        """Row ids that went out and wait for the hub."""
        self._ever_sent: set[int] = set()
        self._missed_at: dict[int, float] = {}
        self._ahead: deque[OutboxRow] = deque()
        """Rows of the window that have not gone out; as of `_seen_version`."""
        self._seen_version = -1
        self._heard_at = time.monotonic()
        self._patience_s = parties.settings.resend_after_s
        self._asked_again = False
        self._logged_refusal = False
        self._client = self._new_client()

    def run(
        self, host: str, port: int, stopping: threading.Event, tick: Callable[[], None]
    ) -> None:
        """Returns when stopped; raises OSError or ConnectionLostError when the broker goes."""
        keepalive = self._parties.settings.keepalive_s
        if self._protocol == MQTTProtocolVersion.MQTTv5:
            self._client.connect(host, port, keepalive, clean_start=True)
        else:
            self._client.connect(host, port, keepalive)
        try:
            self._serve(stopping, tick)
            self._part()
        finally:
            # Closes the socket whatever happened; the next client must not fight this one.
            self._client.disconnect()
            self._client.loop(0)

    def _serve(self, stopping: threading.Event, tick: Callable[[], None]) -> None:
        started = time.monotonic()
        while not stopping.is_set():
            self._loop()
            now = time.monotonic()
            if self._ready:
                self._feed()
                self._ask_again(now)
            elif now - started > _CONNECT_S:
                raise ConnectionLostError("the broker does not answer; expected a CONNACK")
            if now - started > _LONGEST_S:
                break
            tick()

    def _new_client(self) -> mqtt.Client:
        version_5 = self._protocol == MQTTProtocolVersion.MQTTv5
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"hailong-{self._parties.identity.device_id}",
            # The outbox remembers; a session kept by the broker would send births of old.
            clean_session=None if version_5 else True,
            protocol=self._protocol,
            reconnect_on_failure=False,
        )
        client.connect_timeout = _CONNECT_S
        if self._tls is not None:
            client.tls_set_context(self._tls)
        # The client itself neither holds back nor queues: `_slots` bounds what it is given.
        client.max_inflight_messages_set(2 * _MOST_PENDING)
        client.max_queued_messages_set(2 * _MOST_PENDING)
        client.will_set(self._state_topic, self._state(Connection.OFFLINE), qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _loop(self) -> None:
        code = self._client.loop(_POLL_S)
        if self._ended is not None:
            raise ConnectionLostError(self._ended)
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise ConnectionLostError(f"connection to the broker lost: {mqtt.error_string(code)}")

    def _part(self) -> None:
        """Says good-bye, so that the Last Will stays unsaid."""
        if self._ready:
            self._ready = False  # the good-bye comes back to us and is no older death
            farewell = self._publish(
                self._state_topic, self._state(Connection.OFFLINE), retain=True
            )
            until = time.monotonic() + _FAREWELL_S
            while farewell in self._unacknowledged and time.monotonic() < until:
                self._loop()

    def _publish(
        self,
        topic: str,
        message: bytes,
        *,
        retain: bool = False,
        properties: Properties | None = None,
    ) -> int:
        info = self._client.publish(topic, message, qos=1, retain=retain, properties=properties)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise ConnectionLostError(
                f"the message could not be sent: {mqtt.error_string(info.rc)}"
            )
        self._unacknowledged.add(info.mid)
        return info.mid

    # Rows ---------------------------------------------------------------------------------

    def _feed(self) -> None:
        """Sends what of the window has not gone out, as the broker acknowledges; alerts first."""
        while len(self._unacknowledged) < self._slots and self._send_alert():
            pass
        version = self._outbox.version
        if version != self._seen_version:
            window = self._outbox.unsettled(limit=self._parties.settings.in_flight)
            self._ahead = deque(row for row in window if row.row_id not in self._sent)
            self._seen_version = version
        while self._ahead and len(self._unacknowledged) < self._slots:
            self._send(self._ahead.popleft())

    def _send_alert(self) -> bool:
        """Whether one waited."""
        alerts = self._parties.alerts
        alert = alerts.take()
        if alert is None:
            return False
        if self._too_large(alert.message):
            alerts.refused(alert)
        else:
            self._alerts[self._publish(alerts.topic, alert.message)] = alert
        return True

    def _too_large(self, message: bytes) -> bool:
        return self._packet_bytes is not None and len(message) + _HEADER_BYTES > self._packet_bytes

    def _send(self, row: OutboxRow) -> None:
        if not self._sent:
            self._heard_at = time.monotonic()
        self._sent.add(row.row_id)
        if self._too_large(row.message):
            self._refused_by_broker(f"its packets end at {self._packet_bytes} bytes")
            return
        with tracing.publishing(row.kind) as trace:
            # Older protocols have no place for it.
            properties = trace if self._protocol == MQTTProtocolVersion.MQTTv5 else None
            self._publish(self._outbox.topic(row), row.message, properties=properties)
        if row.row_id in self._ever_sent:
            self._counters.resent += 1
        self._ever_sent.add(row.row_id)
        self._counters.sent += 1

    def _ask_again(self, now: float) -> None:
        """The oldest row once more, when the hub has been silent for too long."""
        silent = now - self._heard_at > self._patience_s
        if not self._sent or not silent or len(self._unacknowledged) >= self._slots:
            return
        settings = self._parties.settings
        spread = random.uniform(0.8, 1.2)  # noqa: S311 - only keeps devices apart
        self._patience_s = min(self._patience_s * 2, settings.resend_max_s) * spread
        self._heard_at = now
        self._asked_again = True
        for row in self._outbox.unsettled(limit=1):
            self._send(row)

    def _settle(self, said: ConfirmPayload) -> None:
        confirmed = self._outbox.confirm(said)
        now = time.monotonic()
        self._ever_sent = set(self._outbox.waiting_among(self._ever_sent))
        self._sent &= self._ever_sent
        # A second confirm may come before what the first one missed can have arrived.
        again = {n for n in confirmed.again if now - self._missed_at.get(n, -1e9) > _AGAIN_S}
        self._missed_at = {n: self._missed_at.get(n, now) for n in confirmed.again - again}
        self._missed_at |= dict.fromkeys(again, now)
        # After a silence nobody knows what of the window reached the hub.
        self._sent = set() if self._asked_again else self._sent - again
        self._asked_again = False
        self._patience_s = self._parties.settings.resend_after_s
        self._heard_at = now
        self._seen_version = -1

    # The broker's side ----------------------------------------------------------------------

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._ended = f"the broker refuses the connection: {reason}; check the device's rights"
            return
        limit = getattr(properties, "ReceiveMaximum", _MOST_PENDING)
        # Two are left for a birth and the good-bye.
        self._slots = max(1, min(limit, _MOST_PENDING) - 2)
        self._packet_bytes = getattr(properties, "MaximumPacketSize", None)
        topics = [self._confirm_topic, self._state_topic]
        if self._parties.told is not None:
            topics += [self._parties.identity.topic(kind) for kind in ("config", "command")]
        client.subscribe([(topic, 1) for topic in topics])
        self._publish(self._state_topic, self._state(Connection.ONLINE), retain=True)
        self._ready = self._counters.connected = True
        self._counters.connects += 1

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._ended is None and self._tls is not None and not self._ready:
            # TLS 1.3: a refused certificate shows after the handshake, and paho tells no alert.
            self._ended = (
                "the broker ended the connection before its answer; is this device's "
                "certificate expired or revoked? The broker's log says why"
            )
        elif self._ended is None:
            self._ended = f"connection to the broker ended: {reason}"

    def _on_publish(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        mid: int,
        reason: ReasonCode,
        _properties: Properties,
    ) -> None:
        self._unacknowledged.discard(mid)
        alert = self._alerts.pop(mid, None)
        if alert is not None and reason.is_failure:
            self._parties.alerts.refused(alert)
            return
        if alert is not None:
            self._parties.alerts.sent(alert)
            self._counters.alerts += 1
        # 0x10, no subscriber, is a success too: the row waits for the hub's confirm anyway.
        if reason.is_failure:
            self._refused_by_broker(str(reason))

    def _refused_by_broker(self, why: str) -> None:
        self._counters.refused_by_broker += 1
        if self._counters.refused_by_broker == 1:
            _log.warning("the broker refuses a message: %s; it stays in the outbox", why)

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic == self._state_topic:
            self._see_state(bytes(message.payload), retained=message.retain)
            return
        try:
            self._read_down(message.topic, bytes(message.payload))
        except (AgentError, WireError) as error:
            self._counters.refused_confirms += 1
            if not self._logged_refusal:
                self._logged_refusal = True
                _log.warning("a message of the hub is ignored: %s", error)

    def _read_down(self, topic: str, message: bytes) -> None:
        """Checks, in order: whole, signed by the hub for this topic, known, of this topic's
        kind, for this device, of a stream of this outbox.
        """
        sealed = unseal(message)
        self._parties.hub_key.verify(topic, sealed)
        body = parse(sealed.body)
        payload = body.payload
        if topic != self._parties.identity.topic(body.kind):
            raise ConfirmError(f"a {body.kind} on {topic[:120]}; expected one of that topic")
        if body.device_id != self._parties.identity.device_id:
            raise ConfirmError(f"a {body.kind} for {body.device_id}; expected one for this device")
        if not isinstance(payload, ConfirmPayload):
            if self._parties.told is not None:
                self._parties.told(body, message)
            return
        self._settle(payload)
        self._counters.confirms += 1
        self._parties.heard(body.captured_at - self._parties.clock.now())

    def _see_state(self, message: bytes, *, retained: bool) -> None:
        """The birth again where an older connection's death came after it. What the broker
        had retained came before it, and only tells of a counter that was lost since.
        """
        try:
            sealed = unseal(message)
            if not self._parties.identity.signed_by_us(self._state_topic, sealed):
                return
            state = parse(sealed.body).payload
        except WireError:
            return
        if not isinstance(state, StatePayload):
            return
        if state.connection > self._number:
            self._parties.outdated(state.connection)
            self._ended = "a later connection of this device is known; connecting above it"
        elif state.status is Connection.OFFLINE and self._ready and not retained:
            self._publish(self._state_topic, self._state(Connection.ONLINE), retain=True)
            self._counters.repeated_births += 1

    def _state(self, status: Connection) -> bytes:
        now: datetime = self._parties.clock.now()
        body = Body(
            kind="state",
            schema_version=CURRENT["state"],
            message_id=uuid4(),
            device_id=self._parties.identity.device_id,
            captured_at=now,
            payload=StatePayload(
                connection=self._number,
                status=status,
                since=now,
                agent_version=self._parties.agent_version,
            ),
        )
        return seal(self._state_topic, body.encode(), self._parties.identity.sign)
