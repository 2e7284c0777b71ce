"""A real Mosquitto on a free loopback port, and a hub that confirms as told."""

import contextlib
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import paho.mqtt.client as mqtt
import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from hub.settings import Address
from schemas.control import ConfirmPayload, RejectedSequence
from schemas.envelope import seal, signed_bytes, unseal
from schemas.errors import WireError
from schemas.fields import SequenceRange
from schemas.registry import Body, parse
from schemas.topics import Topic
from schemas.topics import parse as parse_topic

HOST = "127.0.0.1"


class Mosquitto:
    """Keeps nothing on disk: a kill takes its sessions, retained and queued messages."""

    def __init__(self, folder: Path, extra: str = "") -> None:
        """`extra`: further lines of its configuration."""
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        if program is None:
            pytest.fail("mosquitto is missing; run: apt-get install mosquitto")
        with socket.create_server((HOST, 0)) as probe:
            self.port = probe.getsockname()[1]
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} {HOST}\nallow_anonymous true\npersistence false\nlog_dest none\n"
            + extra
        )
        self._command = [program, "-c", str(config)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> Address:
        return Address(HOST, self.port)

    def start(self) -> None:
        self._process = subprocess.Popen(self._command)
        until(self._answers)

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "mosquitto ended"
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 1):
            return True
        return False


class Hub:
    """Takes what arrives while `listening`, and confirms what it took while `confirming`.

    `lose` says which sequences it lets fall, as a broker does that forgets.
    """

    def __init__(
        self, port: int, device_key: bytes, key: SigningKey, *, protocol: int = mqtt.MQTTv5
    ) -> None:
        self._device_key = VerifyKey(device_key)
        self._key = key
        self.changed = threading.Condition()
        self.confirming = True
        self.lose: Callable[[int], bool] = lambda _: False
        self.rejected: tuple[RejectedSequence, ...] = ()
        self.taken: dict[str, dict[int, bytes]] = defaultdict(dict)
        """Stream -> sequence -> bytes."""
        self.arrivals: list[tuple[str, int, bytes]] = []
        self.states: list[Body] = []
        self.alerts: list[Body] = []
        self.refused: list[bytes] = []
        self._subscribed = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=f"hub-{uuid4().hex[:8]}", protocol=protocol
        )
        self.client.reconnect_delay_set(0.05, 0.1)
        self.client.on_connect = lambda client, *_: client.subscribe("hailong/v1/+/+/+", qos=1)
        self.client.on_subscribe = lambda *_: self._note(self._ready)
        self.client.on_message = self._on_message
        self.client.connect(HOST, port)
        self.client.loop_start()
        self.until(lambda: self._subscribed)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def until(self, condition: Callable[[], bool], timeout_s: float = 20) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, timeout_s), "nothing came in time"

    def sequences(self, stream: str) -> list[int]:
        return sorted(self.taken[stream])

    def confirm(
        self, topic: Topic, device_id: str, said: ConfirmPayload, **changes: object
    ) -> None:
        key = changes.get("key", self._key)
        signed_for = str(changes.get("signed_for", Topic(topic.branch, topic.counter, "confirm")))
        assert isinstance(key, SigningKey)
        body = Body(
            kind="confirm",
            schema_version=1,
            message_id=uuid4(),
            device_id=device_id,
            captured_at=datetime.now(UTC),
            payload=said,
        )
        message = seal(signed_for, body.encode(), lambda raw: key.sign(raw).signature)
        sent_to = str(Topic(topic.branch, topic.counter, "confirm"))
        self.client.publish(sent_to, message, qos=1)

    def confirm_all(self, topic: Topic, device_id: str, stream: str) -> None:
        """What a hub says that settled all it has taken."""
        have = self.sequences(stream)
        highest = max(have, default=0)
        gaps = [n for n in range(1, highest + 1) if n not in self.taken[stream]]
        below = gaps[0] if gaps else highest + 1
        said = ConfirmPayload(
            stream=stream,
            settled_below=below,
            settled=tuple(SequenceRange(first=n, last=n) for n in have if n > below)[:100],
            missing=tuple(SequenceRange(first=n, last=n) for n in gaps)[:100],
            rejected=self.rejected,
        )
        self.confirm(topic, device_id, said)

    def _ready(self) -> None:
        self._subscribed = True

    def _note(self, change: Callable[[], None]) -> None:
        with self.changed:
            change()
            self.changed.notify_all()

    def _on_message(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        topic = parse_topic(message.topic)
        if topic.kind == "confirm":
            return
        raw = bytes(message.payload)
        try:
            sealed = unseal(raw)
            self._device_key.verify(signed_bytes(message.topic, sealed.body), sealed.signature)
        except (WireError, BadSignatureError):
            self._note(lambda: self.refused.append(raw))
            return
        body = parse(sealed.body)
        self._note(lambda: self._take(topic, body, raw))

    def _take(self, topic: Topic, body: Body, raw: bytes) -> None:
        if body.kind == "state":
            self.states.append(body)
            return
        if body.kind == "alert":
            self.alerts.append(body)
            return
        assert body.stream is not None
        assert body.sequence is not None
        self.arrivals.append((body.stream, body.sequence, raw))
        if self.lose(body.sequence):
            return
        self.taken[body.stream][body.sequence] = raw
        if self.confirming:
            self.confirm_all(topic, body.device_id, body.stream)


def until(condition: Callable[[], bool], timeout_s: float = 20) -> None:
    """Looks again and again, for what tells nobody when it changes."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)
