"""Sends a spool at a steady rate, over its connections, within the broker's window.

    python -m benchmarks.hub.publisher FOLDER CONNECTIONS HOST PORT RATE OUT.npy

RATE in publishes a second, 0 for as fast as the broker takes them. OUT: Unix time of sending,
by the message's number. Prints {sent, acknowledged, seconds, cpu_s} as JSON.
"""

import json
import select
import socket
import sys
import time
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np

from benchmarks.hub.spool import Spool, connect_packet

_WINDOW = 1_000
"""Unacknowledged publishes of one connection; a broker may allow fewer (CONNACK)."""
_TICK_S = 0.005
_PATIENCE_S = 60.0


class Connection:
    def __init__(self, spool: Spool, number: int, host: str, port: int) -> None:
        index = spool.index(number)
        self.ends = [0, *index["end"].tolist()]
        self.numbers = index["number"].tolist()
        self.sent = 0
        self.acknowledged = 0
        with spool.packets(number).open("rb") as file:
            self._packets = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
        self.socket = socket.create_connection((host, port), 10)
        self.socket.sendall(connect_packet(f"fleet-{number}"))
        self._window = min(_WINDOW, _receive_maximum(self.socket.recv(1024)))
        self._rest = b""

    @property
    def total(self) -> int:
        return len(self.numbers)

    def send(self, until: int) -> range:
        """Packets up to the one of this place, as far as the window allows."""
        last = min(until, self.acknowledged + self._window, self.total)
        if last <= self.sent:
            return range(0)
        going = range(self.sent, last)
        self.socket.sendall(self._packets[self.ends[self.sent] : self.ends[last]])
        self.sent = last
        return going

    def receive(self) -> None:
        """Counts PUBACKs (0x40), each 2 bytes and its remaining length."""
        data = self._rest + self.socket.recv(65_536)
        if len(data) == len(self._rest):
            raise ConnectionError("the broker closed the connection")
        at = 0
        while at + 2 <= len(data) and at + 2 + data[at + 1] <= len(data):
            self.acknowledged += data[at] == 0x40
            at += 2 + data[at + 1]
        self._rest = data[at:]


def _receive_maximum(connack: bytes) -> int:
    """Property 0x21, or the standard's 65,535; raises ConnectionError when refused."""
    if len(connack) < 5 or connack[0] != 0x20 or connack[3] != 0:
        raise ConnectionError("the broker refused the connection")
    at, end = 5, 5 + connack[4]
    sizes = {
        0x11: 4,
        0x21: 2,
        0x24: 1,
        0x25: 1,
        0x27: 4,
        0x22: 2,
        0x28: 1,
        0x29: 1,
        0x2A: 1,
        0x13: 2,
    }
    while at < end:
        name = connack[at]
        size = sizes.get(name)
        if size is None:  # a string: length first
            size = 2 + int.from_bytes(connack[at + 1 : at + 3], "big")
        if name == 0x21:
            return int.from_bytes(connack[at + 1 : at + 3], "big")
        at += 1 + size
    return 65_535


def publish(spool: Spool, host: str, port: int, rate: float, out: Path) -> dict[str, float]:
    connections = [Connection(spool, n, host, port) for n in range(spool.connections)]
    total = sum(c.total for c in connections)
    sent_at = np.zeros(total)
    start_s, cpu_s = time.time(), time.process_time()
    heard_s = start_s
    while sum(c.acknowledged for c in connections) < total:
        now_s = time.time()
        for each in connections:
            due = each.total if rate <= 0 else int((now_s - start_s) * rate * each.total / total)
            going = each.send(due)
            if going:
                sent_at[each.numbers[going.start : going.stop]] = now_s
        ready, _, _ = select.select([c.socket for c in connections], [], [], _TICK_S)
        for each in connections:
            if each.socket in ready:
                each.receive()
                heard_s = now_s
        if now_s - heard_s > _PATIENCE_S:
            raise ConnectionError("the broker has acknowledged nothing for a minute")
        if rate > 0:
            time.sleep(_TICK_S)
    np.save(out, sent_at)
    return {
        "sent": total,
        "acknowledged": sum(c.acknowledged for c in connections),
        "seconds": time.time() - start_s,
        "cpu_s": time.process_time() - cpu_s,
    }


if __name__ == "__main__":
    folder, count, host, port, rate, out = sys.argv[1:]
    said = publish(Spool(Path(folder), int(count)), host, int(port), float(rate), Path(out))
    print(json.dumps(said))
