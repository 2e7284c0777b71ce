"""A fleet's messages as finished MQTT packets in files, so that sending costs next to nothing.

One file a connection: PUBLISH packets of QoS 1 one after another, their packet ids already
counted; beside it an array that says of each packet where it ends and what it holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.fleet import Message

_PACKET_IDS = 65_535
INDEX = np.dtype([("end", "<i8"), ("rows", "<i4"), ("number", "<i8")])
"""Byte after the packet, rows it becomes in the hub, its number in the whole spool."""


@dataclass(frozen=True, slots=True)
class Spool:
    folder: Path
    connections: int

    def packets(self, connection: int) -> Path:
        return self.folder / f"{connection}.packets"

    def index(self, connection: int) -> NDArray[np.void]:
        found: NDArray[np.void] = np.load(self.folder / f"{connection}.npy")
        return found


def write(folder: Path, messages: Iterable[Message], connections: int) -> Spool:
    """A counter's messages all go by one connection, and so stay in order."""
    folder.mkdir(parents=True, exist_ok=True)
    spool = Spool(folder, connections)
    ends = [0] * connections
    index: list[list[tuple[int, int, int]]] = [[] for _ in range(connections)]
    files = [spool.packets(n).open("wb") for n in range(connections)]
    for number, message in enumerate(messages):
        place = hash_of(message.topic) % connections
        packet = publish_packet(message.topic, message.payload, len(index[place]) % _PACKET_IDS + 1)
        files[place].write(packet)
        ends[place] += len(packet)
        index[place].append((ends[place], message.rows, number))
    for place, file in enumerate(files):
        file.close()
        np.save(folder / f"{place}.npy", np.array(index[place], dtype=INDEX))
    return spool


def hash_of(topic: str) -> int:
    """The same in every process; of branch and counter alone."""
    return sum(topic.rpartition("/")[0].encode())


def publish_packet(topic: str, payload: bytes, packet_id: int) -> bytes:
    """MQTT 5, QoS 1, no properties (section 3.3 of the standard)."""
    name = topic.encode()
    rest = len(name).to_bytes(2, "big") + name + packet_id.to_bytes(2, "big") + b"\0" + payload
    return b"\x32" + varint(len(rest)) + rest


def connect_packet(client_id: str) -> bytes:
    """Clean start, keep-alive 60 s."""
    name = client_id.encode()
    rest = b"\0\4MQTT\5\2\0\x3c\0" + len(name).to_bytes(2, "big") + name
    return b"\x10" + varint(len(rest)) + rest


def varint(value: int) -> bytes:
    """Variable byte integer (section 1.5.5)."""
    out = bytearray()
    while True:
        value, digit = divmod(value, 128)
        out.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(out)
