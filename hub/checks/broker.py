"""The broker, as a worker of ingest would use it."""

import queue
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hub.checks.finding import Finding, ok, warn, wrong
from hub.settings import Address

ABOUT: Final = "broker"
_WAIT_S: Final = 5.0
_SHARED: Final = "$share/hailong-check/hailong/v1/check/check/health"
"""Nobody publishes there: `check` is enrolled nowhere. Only whether it is allowed is asked."""
_FOR_EVER: Final = 0xFFFFFFFF
"""Mosquitto 2.0.11 crashes some time after a reload that met a session with an end of its own."""


def check_broker(broker: Address, tls: ssl.SSLContext | None = None) -> list[Finding]:
    # One name a machine, so that a check which was killed leaves one session at most.
    name = f"hailong-check-{re.sub(r'[^A-Za-z0-9-]', '-', socket.gethostname())[:40]}"
    try:
        with _connected(broker, name, tls, forget=False) as first:
            found = [ok(ABOUT, f"{broker} takes the connection"), *_limits(first.properties)]
            found.append(_shared(first))
        with _connected(broker, name, tls, forget=True) as second:
            found.append(_sessions(kept=second.session_present))
    except _RefusedError as error:
        return [wrong(ABOUT, f"{broker} refuses the connection: {error}; check its settings")]
    except ssl.SSLError as error:
        return [wrong(ABOUT, f"{broker}: no TLS ({error.reason}); check both sides' certificates")]
    except (OSError, TimeoutError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        return [
            wrong(
                ABOUT,
                f"{broker} cannot be reached ({why}); is it running, and is "
                "HAILONG_BROKER_URL right?",
            )
        ]
    return found


class _RefusedError(Exception):
    """By its answer; the text is the protocol's own reason."""


class _Connection:
    def __init__(self, client: mqtt.Client) -> None:
        self.client = client
        self.up = threading.Event()
        self.reason = ""
        self.session_present = False
        self.properties: Properties | None = None
        self.subscribed: queue.Queue[str] = queue.Queue()

    def on_connect(
        self, _client: Any, _data: Any, flags: Any, reason: Any, properties: Properties | None
    ) -> None:
        self.reason = str(reason) if reason.is_failure else ""
        self.session_present = bool(flags.session_present)
        self.properties = properties
        self.up.set()

    def on_subscribe(self, _client: Any, _data: Any, _mid: int, reasons: Any, _p: Any) -> None:
        self.subscribed.put(str(reasons[0]) if reasons[0].is_failure else "")


@contextmanager
def _connected(
    broker: Address, name: str, tls: ssl.SSLContext | None, *, forget: bool
) -> Iterator[_Connection]:
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=name,
        protocol=MQTTProtocolVersion.MQTTv5,
        reconnect_on_failure=False,
    )
    connection = _Connection(client)
    client.on_connect = connection.on_connect
    client.on_subscribe = connection.on_subscribe
    client.connect_timeout = _WAIT_S
    if tls is not None:
        client.tls_set_context(tls)
    expiry = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    expiry.SessionExpiryInterval = _FOR_EVER
    client.connect(broker.host, broker.port, 30, clean_start=False, properties=expiry)
    client.loop_start()
    try:
        if not connection.up.wait(_WAIT_S):
            raise TimeoutError
        if connection.reason:
            raise _RefusedError(connection.reason)
        yield connection
    finally:
        end = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call]
        end.SessionExpiryInterval = 0 if forget else _FOR_EVER
        client.disconnect(properties=end)
        client.loop_stop()
        # Nothing points back at the client, so that it closes its sockets here and now.
        client.on_connect = client.on_subscribe = None


def _limits(properties: Properties | None) -> list[Finding]:
    """What the broker's answer says that would keep ingest from working."""
    found = []
    if getattr(properties, "MaximumQoS", 2) < 1:
        found.append(wrong(ABOUT, "it allows QoS 0 alone, which loses messages; allow QoS 1"))
    if getattr(properties, "RetainAvailable", 1) == 0:
        found.append(
            wrong(ABOUT, "it retains nothing: births of devices are forgotten; allow retain")
        )
    size = getattr(properties, "MaximumPacketSize", None)
    if size is not None and size < 300_000:
        found.append(wrong(ABOUT, f"its packets end at {size} bytes; expected 300,000 or more"))
    return found


def _shared(connection: _Connection) -> Finding:
    if getattr(connection.properties, "SharedSubscriptionAvailable", 1) == 0:
        return warn(ABOUT, "no shared subscriptions ($share): one worker of ingest alone can run")
    connection.client.subscribe(_SHARED, qos=1)
    try:
        refused = connection.subscribed.get(timeout=_WAIT_S)
    except queue.Empty:
        return warn(ABOUT, "it does not answer a shared subscription ($share)")
    if refused:
        return wrong(
            ABOUT, f"it refuses the hub's subscription ({refused}); check the broker's ACL"
        )
    # Mosquitto's ACL file refuses no subscription; it keeps the messages back instead.
    return ok(ABOUT, "shared subscriptions ($share) are allowed")


def _sessions(*, kept: bool) -> Finding:
    if not kept:
        return warn(
            ABOUT,
            "it forgot the session at once: what arrives while a worker restarts waits on the "
            "devices instead; turn persistent sessions on",
        )
    return ok(
        ABOUT,
        "it keeps sessions; that they outlive its own restart cannot be seen from here "
        "(Mosquitto: persistence true)",
    )
