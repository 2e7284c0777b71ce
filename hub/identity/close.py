"""Closes a device's open connection: a hub takes its client id over and says good-bye."""

import ssl
import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from hub.identity.errors import ConnectionCloseError
from hub.settings import Address

Close = Callable[[str], None]
"""Takes a device's id, which is its client id. Raises ConnectionCloseError."""
_WAIT_S = 5.0


def closer(broker: Address, tls: ssl.SSLContext | None) -> Close:
    """`broker` is the hubs' listener: on the devices' own nobody chooses a client id."""
    return lambda device_id: take_over(broker, tls, device_id)


def take_over(broker: Address, tls: ssl.SSLContext | None, device_id: str) -> None:
    """MQTT 5, section 3.1.4: the server disconnects whoever holds the id. A clean start, so
    that nothing of its session stays.
    """
    answers: list[ReasonCode] = []

    def answered(_client: Any, _data: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
        answers.append(reason)

    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=device_id,
        protocol=MQTTProtocolVersion.MQTTv5,
        reconnect_on_failure=False,
    )
    client.connect_timeout = _WAIT_S
    client.on_connect = answered
    if tls is not None:
        client.tls_set_context(tls)
    try:
        # Of paho, the keepalive also bounds the handshake.
        client.connect(broker.host, broker.port, keepalive=10, clean_start=True)
        end_s = time.monotonic() + _WAIT_S
        while not answers and time.monotonic() < end_s:
            if client.loop(0.1) != mqtt.MQTT_ERR_SUCCESS:
                break
    except (OSError, ValueError) as error:
        raise _failed(broker, device_id, type(error).__name__) from error
    finally:
        client.disconnect()
        client.loop(0)
    if not answers or answers[0].is_failure:
        raise _failed(broker, device_id, str(answers[0]) if answers else "no answer")


def _failed(broker: Address, device_id: str, why: str) -> ConnectionCloseError:
    return ConnectionCloseError(
        f"the connection of {device_id} could not be closed at {broker} ({why}); its rights are "
        "gone all the same, and it is tried again"
    )
