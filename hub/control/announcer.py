"""The control service's way to the broker: publishes, and hears nothing."""

import logging
import random
import ssl
import threading
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hub.control.messages import Message
from hub.errors import HubError
from hub.settings import Address

_KEEPALIVE_S = 30
_CONNECT_S = 5.0
_TAKEN_S = 10.0
_AT_ONCE = 100
_RETRY_S = (0.2, 5.0)
log = logging.getLogger(__name__)


class BrokerGoneError(HubError):
    """The broker did not take what was published; it is published again when it is back."""

    code = "broker_gone"
    permanent = False


class Announcer:
    """Connects when asked to publish; one client object a connection, which keeps nothing for
    a later one.
    """

    def __init__(
        self, broker: Address, *, client_id: str, tls: ssl.SSLContext | None = None
    ) -> None:
        self._broker = broker
        self._client_id = client_id
        self._tls = tls
        self._client: mqtt.Client | None = None
        self._up = threading.Event()
        self._settled = threading.Event()
        self._reachable: bool | None = None
        self._delay_s = _RETRY_S[0]
        self.connections = 0
        """Rises with each connection: a broker may have forgotten what it was told before."""

    def connect(self, stop: threading.Event) -> bool:
        """Whether there is a connection; where there is none, after a pause."""
        if self._up.is_set():
            return True
        self.close()
        if self._try():
            self._delay_s = _RETRY_S[0]
            self.connections += 1
            self._tell(up=True)
            return True
        self._tell(up=False)
        stop.wait(random.uniform(0.5, 1.0) * self._delay_s)  # noqa: S311 - no secret
        self._delay_s = min(_RETRY_S[1], self._delay_s * 2)
        return False

    def publish(self, messages: list[Message], *, retain: bool) -> None:
        """Returns when the broker has taken all. Raises BrokerGoneError."""
        client = self._client
        for first in range(0, len(messages), _AT_ONCE):
            part = messages[first : first + _AT_ONCE]
            if client is None or not self._up.is_set():
                raise BrokerGoneError(f"broker {self._broker}: no connection")
            sent = [client.publish(m.topic, m.raw, qos=1, retain=retain) for m in part]
            for info in sent:
                self._wait(info)

    def close(self) -> None:
        client, self._client = self._client, None
        self._up.clear()
        if client is not None:
            client.disconnect()
            client.loop_stop()

    def _wait(self, info: mqtt.MQTTMessageInfo) -> None:
        if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
            info.wait_for_publish(_TAKEN_S)
            if info.is_published():
                return
        self._up.clear()  # the next try is a new connection
        raise BrokerGoneError(f"broker {self._broker}: a message was not taken")

    def _try(self) -> bool:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        client.connect_timeout = _CONNECT_S
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        self._settled.clear()
        try:
            client.connect(
                self._broker.host, self._broker.port, keepalive=_KEEPALIVE_S, clean_start=True
            )
        except (OSError, ValueError):  # refused, unreachable, no such host, no trust
            return False
        self._client = client
        client.loop_start()
        self._settled.wait(_CONNECT_S)
        return self._up.is_set()

    def _on_connect(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if not reason.is_failure:
            self._up.set()
        self._settled.set()

    def _on_disconnect(
        self,
        client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.DisconnectFlags,
        _reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if client is self._client:
            self._up.clear()
        self._settled.set()

    def _tell(self, *, up: bool) -> None:
        if self._reachable is not up:
            self._reachable = up
            if up:
                log.info("broker %s: connected", self._broker)
            else:
                log.warning("broker %s cannot be reached; trying again for ever", self._broker)
