"""A device's side of the broker, for tests: publishes, and listens for confirmations."""

import queue
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from nacl.signing import VerifyKey
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from hub.settings import Address
from schemas import envelope, registry
from schemas.control import ConfirmPayload
from tests.builders import Sender


def wait_until(condition: Callable[[], object], timeout_s: float = 15.0) -> None:
    """Asks again and again; fails when it does not become true in time."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, f"not true after {timeout_s} s"
        time.sleep(0.02)


class DeviceClient:
    """One connection; confirmations are checked against the hub's key when they are read."""

    def __init__(self, broker: Address, sender: Sender, hub_key: VerifyKey) -> None:
        self.sender = sender
        self._hub_key = hub_key
        self._confirms: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._subscribed: queue.Queue[Any] = queue.Queue()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"test-{sender.stream}",
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        self._client.on_message = lambda _c, _u, m: self._confirms.put((m.topic, bytes(m.payload)))
        self._client.on_subscribe = lambda *args: self._subscribed.put(args)
        self._broker = broker

    def __enter__(self) -> Self:
        self._client.connect(self._broker.host, self._broker.port)
        self._client.loop_start()
        self._client.subscribe(self.sender.topic("confirm"), qos=1)
        self._subscribed.get(timeout=10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, *messages: tuple[str, bytes], retain: bool = False) -> None:
        """Returns when the broker has taken all of them."""
        sent = [self._client.publish(topic, raw, 1, retain) for topic, raw in messages]
        for one in sent:
            one.wait_for_publish(timeout=10)

    def confirm(self, timeout_s: float = 10.0) -> ConfirmPayload:
        """The next confirmation, with its signature checked."""
        topic, raw = self._confirms.get(timeout=timeout_s)
        sealed = envelope.unseal(raw)
        self._hub_key.verify(envelope.signed_bytes(topic, sealed.body), sealed.signature)
        body = registry.parse(sealed.body)
        assert body.device_id == self.sender.device_id
        assert isinstance(body.payload, ConfirmPayload)
        return body.payload

    def confirm_when(
        self, condition: Callable[[ConfirmPayload], bool], timeout_s: float = 15.0
    ) -> ConfirmPayload:
        """The first confirmation for which `condition` holds; earlier ones are partial."""
        deadline_s = time.monotonic() + timeout_s
        while not condition(found := self.confirm(max(0.1, deadline_s - time.monotonic()))):
            pass
        return found
