"""What a worker and the process that holds its MQTT connection say to each other. Pure.

Over a socket pair, each way a sequence of frames: one byte for the kind, four for the length of
what follows, big-endian. Down: START, KEYS, ACKNOWLEDGE, PUBLISH. Up: STATE, MESSAGES.
"""

import json
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

START = b"B"
KEYS = b"K"
ACKNOWLEDGE = b"A"
PUBLISH = b"P"
STATE = b"S"
MESSAGES = b"M"

_FRAME = struct.Struct(">cI")
_CONNECTION = struct.Struct(">Q")
_MESSAGE = struct.Struct(">HBHBBI")
"""Packet id, QoS, bytes of topic, of trace context, of the proof and of the payload."""
_PUBLISHED = struct.Struct(">HI")


@dataclass(frozen=True, slots=True)
class Start:
    """The first frame down: whom to connect to, and as whom. Files, never what is in them."""

    host: str
    port: int
    client_id: str
    window: int
    filters: tuple[str, ...]
    first_connection: int
    """Numbers of connections begin here, so that one of a process before is never met again."""
    traces: bool = False
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Said at each change, and every few seconds as a sign of life."""

    up: bool
    """Connected and subscribed."""
    why: str = ""
    """Not; a name of an error or of the broker's reason, empty before the first attempt."""


@dataclass(frozen=True, slots=True)
class Message:
    mid: int
    qos: int
    topic: bytes
    trace: bytes
    proof: bytes
    """The public key under which the signature was found good, else empty."""
    payload: bytes = field(repr=False)


def start(what: Start) -> bytes:
    return _framed(START, json.dumps(asdict(what)).encode())


def read_start(body: bytes) -> Start:
    said: dict[str, Any] = json.loads(body)
    return Start(**{**said, "filters": tuple(said["filters"])})


def state(what: State) -> bytes:
    return _framed(STATE, json.dumps(asdict(what)).encode())


def read_state(body: bytes) -> State:
    return State(**json.loads(body))


def messages(connection: int, taken: Iterable[Message]) -> bytes:
    parts = [_CONNECTION.pack(connection)]
    for one in taken:
        texts = one.topic, one.trace, one.proof, one.payload
        parts += _MESSAGE.pack(one.mid, one.qos, *map(len, texts)), *texts
    return _framed(MESSAGES, b"".join(parts))


def read_messages(body: bytes) -> tuple[int, list[Message]]:
    """The connection's number, and what came by it, in its order."""
    (connection,) = _CONNECTION.unpack_from(body)
    at, found = _CONNECTION.size, []
    while at < len(body):
        mid, qos, topic, trace, proof, payload = _MESSAGE.unpack_from(body, at)
        a = at + _MESSAGE.size
        b, c, d = a + topic, a + topic + trace, a + topic + trace + proof
        at = d + payload
        found.append(Message(mid, qos, body[a:b], body[b:c], body[c:d], body[d:at]))
    return connection, found


def keys(told: Mapping[str, bytes]) -> bytes:
    """Public keys by counter."""
    return _framed(KEYS, json.dumps({name: key.hex() for name, key in told.items()}).encode())


def read_keys(body: bytes) -> dict[str, bytes]:
    return {name: bytes.fromhex(key) for name, key in json.loads(body).items()}


def acknowledge(connection: int, mids: Sequence[int]) -> bytes:
    return _framed(ACKNOWLEDGE, struct.pack(f">Q{len(mids)}H", connection, *mids))


def read_acknowledge(body: bytes) -> tuple[int, tuple[int, ...]]:
    connection, *mids = struct.unpack(f">Q{(len(body) - 8) // 2}H", body)
    return connection, tuple(mids)


def publish(told: Iterable[tuple[str, bytes]]) -> bytes:
    parts: list[bytes] = []
    for topic, payload in told:
        name = topic.encode()
        parts += _PUBLISHED.pack(len(name), len(payload)), name, payload
    return _framed(PUBLISH, b"".join(parts))


def read_publish(body: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while at < len(body):
        name, payload = _PUBLISHED.unpack_from(body, at)
        a = at + _PUBLISHED.size
        at = a + name + payload
        yield body[a : a + name].decode(), body[a + name : at]


class Frames:
    """Cuts what arrives into frames, however it was cut on the way."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def push(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Kind and body of each frame that is whole by now."""
        self._rest += data
        at = 0
        while len(self._rest) - at >= _FRAME.size:
            kind, size = _FRAME.unpack_from(self._rest, at)
            end = at + _FRAME.size + size
            if len(self._rest) < end:
                break
            yield kind, bytes(self._rest[at + _FRAME.size : end])
            at = end
        del self._rest[:at]


def _framed(kind: bytes, body: bytes) -> bytes:
    return _FRAME.pack(kind, len(body)) + body
