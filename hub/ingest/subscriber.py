"""A worker's end of its MQTT connection: takes messages, acknowledges them when told, sends
confirmations. The connection itself is held by a process of its own (connection.py), started
here, started again when it ends, and replaced when it hangs.

A message is acknowledged only after its commit, so what the hub has not stored the broker
still holds, within the receive maximum.
"""

import logging
import random
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from hub import tracing
from hub.ingest import link
from hub.ingest.connection import SIGN_OF_LIFE_S
from hub.ingest.link import Frames, Start
from hub.ingest.verify import Received
from hub.settings import Address
from hub.tls import ClientFiles
from schemas import topics

log = logging.getLogger(__name__)

WINDOW = 2000
"""Unacknowledged messages at most: MQTT 5's receive maximum. Some brokers give fewer: rumqttd
100, Mosquitto its max_inflight_messages."""
KINDS = frozenset({"activity", "interaction", "health", "dropped", "state", "alert"})
_RETRY_S = (0.5, 5.0)
_PUT_S = 0.2
_SILENT_S = 4 * SIGN_OF_LIFE_S
"""Of the connection's process; then it hangs, and another takes its place."""
_END_S = 5.0
"""To send the last acknowledgements."""
_READ_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message with what is needed to acknowledge it, on the connection it came by."""

    received: Received
    mid: int
    qos: int
    connection: int


class Subscriber:
    """Reconnects for ever with jittered back-off; logs a change of state once.

    Queue: two windows of messages. When full, nothing further is read from the connection's
    process, which then reads nothing from the broker, which holds the rest.
    """

    def __init__(
        self,
        broker: Address,
        *,
        client_id: str,
        clock: Callable[[], datetime],
        window: int = WINDOW,
        share: str | None = None,
        tls: ClientFiles | None = None,
    ) -> None:
        """`share`: the name of a group of workers that share the messages ($share)."""
        self.broker = broker
        self.window = window
        filters = [f for f in topics.up_filters(share) if f.rsplit("/", 1)[1] in KINDS]
        self._start = Start(broker.host, broker.port, client_id, window, tuple(filters), 1)
        if tls is not None:
            ca, certificate, key = tls.names()
            self._start = replace(self._start, ca=ca, certificate=certificate, key=key)
        self._clock = clock
        self._arrived: deque[Arrived] = deque()
        self._changed = threading.Condition()
        self._wanted = 1
        """So many messages are waited for; a word for each would wake a thread for nothing."""
        self._up = threading.Event()
        self._stopping = threading.Event()
        self._reachable: bool | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._link: socket.socket | None = None
        self._writing = threading.Lock()
        self._next_connection = 1
        self._thread = threading.Thread(target=self._keep_process, name="ingest-mqtt")

    @property
    def connected(self) -> bool:
        """Subscribed, too."""
        return self._up.is_set()

    @property
    def waiting(self) -> int:
        """Messages taken in that nobody has asked for yet."""
        return len(self._arrived)

    @property
    def pid(self) -> int | None:
        """Of the connection's process."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What was acknowledged before still goes out."""
        self._stopping.set()
        with self._writing:
            if self._link is not None:
                with suppress(OSError):
                    self._link.shutdown(socket.SHUT_WR)
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

    def acknowledge(self, arrived: Sequence[Arrived]) -> None:
        """After the commit, in the order of arrival. A message of a lost connection comes again
        by itself; its number may belong to another message by now, so the connection is named.
        """
        for connection, those in groupby(arrived, lambda one: one.connection):
            self._say(link.acknowledge(connection, [one.mid for one in those if one.qos > 0]))

    def know(self, keys: Mapping[str, bytes]) -> None:
        """Public keys by counter, for the connection's process to try signatures with."""
        if keys:
            self._say(link.keys(keys))

    def publish(self, told: Iterable[tuple[str, bytes]]) -> None:
        """Topic and message, QoS 1, to the broker of this connection; nothing is kept for a
        later one.
        """
        if self.connected:
            self._say(link.publish(told))

    def _say(self, frame: bytes) -> None:
        with self._writing:
            if self._link is None:
                return
            try:
                self._link.sendall(frame)
            except OSError:
                # Half a frame may have gone: nothing behind it could be read. Another process
                # takes its place, and the broker delivers again.
                with suppress(OSError):
                    self._link.shutdown(socket.SHUT_RDWR)

    def _keep_process(self) -> None:
        """A connection's process after another, until stopped."""
        delay_s = _RETRY_S[0]
        while not self._stopping.is_set():
            began_s = time.monotonic()
            self._run_process()
            self._up.clear()
            if self._stopping.is_set():
                break
            self._tell(up=False, why="the connection's process ended")
            if time.monotonic() - began_s > _SILENT_S:
                delay_s = _RETRY_S[0]
            self._stopping.wait(random.uniform(0.5, 1.0) * delay_s)  # noqa: S311 - no secret
            delay_s = min(_RETRY_S[1], delay_s * 2)

    def _run_process(self) -> None:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                process = subprocess.Popen(
                    [sys.executable, "-m", "hub.ingest.connection"], stdin=theirs.fileno()
                )
            start = replace(
                self._start, first_connection=self._next_connection, traces=tracing.is_on()
            )
            self._process = process
            with suppress(OSError):
                ours.sendall(link.start(start))
            with self._writing:
                self._link = ours
                if self._stopping.is_set():
                    ours.shutdown(socket.SHUT_WR)
            try:
                self._listen(ours, process)
            finally:
                with self._writing:
                    self._link = None
        # Its link has ended; it says goodbye to the broker by itself.
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _listen(self, ours: socket.socket, process: subprocess.Popen[bytes]) -> None:
        """Until the link ends."""
        frames = Frames()
        # The other threads' sends have the same limit: a process that takes nothing hangs.
        ours.settimeout(_SILENT_S)
        while True:
            try:
                data = ours.recv(_READ_BYTES)
            except TimeoutError:
                log.warning("the process of the broker's connection hangs; another is started")
                process.kill()
                return
            except OSError:
                return
            if not data:
                return
            for kind, body in frames.push(data):
                self._hear(kind, body)

    def _hear(self, kind: bytes, body: bytes) -> None:
        if kind == link.MESSAGES:
            connection, messages = link.read_messages(body)
            self._next_connection = connection + 1
            now = self._clock()
            self._put(
                [
                    Arrived(
                        Received(
                            m.topic.decode(), m.payload, now, m.trace.decode() or None, m.proof
                        ),
                        m.mid,
                        m.qos,
                        connection,
                    )
                    for m in messages
                ]
            )
        elif kind == link.STATE:
            state = link.read_state(body)
            if state.up:
                self._up.set()
            else:
                self._up.clear()
            if state.up or state.why:
                self._tell(up=state.up, why=state.why)

    def _put(self, arrived: Sequence[Arrived]) -> None:
        with self._changed:
            while len(self._arrived) >= 2 * self.window and not self._stopping.is_set():
                self._changed.wait(_PUT_S)
            before = len(self._arrived)
            self._arrived += arrived
            if before < self._wanted <= len(self._arrived):
                self._changed.notify_all()

    def _tell(self, *, up: bool, why: str = "") -> None:
        if self._reachable is up or self._stopping.is_set():
            return
        self._reachable = up
        if up:
            log.info("broker %s: connected and subscribed", self.broker)
        else:
            log.warning("broker %s cannot be used (%s); trying again for ever", self.broker, why)
