"""Runs the embedded MQTT broker: iotcore's rumqttd as a child process, MQTT 5 on 127.0.0.1.

What it is not, found by experiment with rumqttd 0.20, and why the product never leans on it:
- It keeps everything in memory: a restart forgets sessions, retained and queued messages.
- A client must acknowledge in the order of arrival. An acknowledgement out of order closes
  the connection and costs a message.
- `$share` with a persistent session kills its router when the client goes: do not use it.
- It gives a consumer 100 unacknowledged messages at most, whatever its receive maximum.
- It ignores session expiry, does not mark redelivered messages as duplicates, and sends
  retained messages only on the first subscription of a session.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from hub.embedded.errors import EmbeddedError
from hub.embedded.files import Lock, Log, write_private
from hub.embedded.ports import HOST, KeptPort
from hub.embedded.processes import send, wait_gone

MAX_PACKET_BYTES = 512 * 1024
"""Twice the wire's largest message. A larger packet closes its sender's connection."""
UNACKNOWLEDGED = 100
"""Messages a consumer holds at most; rumqttd's own constant, stated for the reader."""

_CHILD = Path(__file__).with_name("broker_child.py")
_START_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 5.0
_PROBE_TIMEOUT_S = 2.0
_POLL_S = 0.02
# A filter keeps at most segments x size bytes for subscribers that are behind or away: 40 MiB.
_CONFIG = """\
id = 0

[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 200
max_segment_size = 4194304
max_segment_count = 10

[v5.1]
name = "loopback"
listen = "{host}:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = {max_packet}
max_inflight_count = {unacknowledged}
"""
# CONNECT of MQTT 5, clean start, keep-alive 5 s, client id "hailong-probe"; then DISCONNECT.
_PROBE = b"\x10\x1a\x00\x04MQTT\x05\x02\x00\x05\x00\x00\x0dhailong-probe"
_GOODBYE = b"\xe0\x00"
_CONNACK = 0x20


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    host: str
    port: int


class EmbeddedBroker:
    """The broker of one state folder, on 127.0.0.1 only. Not thread-safe.

    Without a `port` it chooses one and keeps it in the state folder, so that clients find
    the restarted broker. A kept port that a stranger took meanwhile is replaced on the first
    start and an InUseError on a later one, when clients already know it; a port asked for
    is never replaced.
    """

    def __init__(self, state: Path, port: int | None = None) -> None:
        self._state = state / "broker"
        self._asked = port
        self._process: subprocess.Popen[bytes] | None = None
        self._address: BrokerAddress | None = None
        self._lock = Lock(self._state / "lock", "the embedded broker")
        self._log = Log(self._state / "broker.log")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """Of the child while it runs."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process is not None and running else None

    @property
    def address(self) -> BrokerAddress:
        if self._address is None:
            raise EmbeddedError("the embedded broker has not been started: call start() first")
        return self._address

    def start(self) -> BrokerAddress:
        """Answers clients on return. A running broker is left alone."""
        if self.pid is not None:
            return self.address
        self._forget_process()
        try:
            self._state.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire()
            kept = KeptPort(self._state / "port", self._asked, "the embedded broker")
            port = kept.take(promised=self._address is not None)
            self._launch(port)
            self._wait_until_it_answers(port)
            self._address = BrokerAddress(HOST, port)
        except (OSError, subprocess.SubprocessError) as error:
            self.stop()
            raise EmbeddedError(f"the embedded broker did not start: {error}") from error
        except BaseException:  # Ctrl-C during the start leaves no child behind either
            self.stop()
            raise
        return self._address

    def answers(self) -> bool:
        """Whether it accepts a client within 2 s; a look at `pid` is cheaper."""
        return self.pid is not None and _answers(self.address.port)

    def stop(self) -> None:
        process = self._process
        if process is not None and process.poll() is None:
            for number in (signal.SIGTERM, signal.SIGKILL):
                send(process.pid, number)
                if wait_gone([process.pid], _STOP_TIMEOUT_S):
                    break
        self._forget_process()
        self._lock.release()

    def _launch(self, port: int) -> None:
        config = self._state / "rumqttd.toml"
        text = _CONFIG.format(
            host=HOST, port=port, max_packet=MAX_PACKET_BYTES, unacknowledged=UNACKNOWLEDGED
        )
        write_private(config, text)
        log = self._log.open()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own file, no shell
                [sys.executable, "-P", str(_CHILD), str(config), str(self._log.path)],
                stdin=subprocess.PIPE,  # closes when we die, and the child ends
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops in order
            )
        finally:
            os.close(log)

    def _wait_until_it_answers(self, port: int) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not _answers(port):
            if wait_gone([self._process.pid], _POLL_S):
                raise EmbeddedError(
                    f"the embedded broker ended while starting (status {self._process.wait()}); "
                    f"its log {self._log.path} ends: {self._log.tail()}"
                )
            if time.monotonic() >= deadline:
                raise EmbeddedError(
                    f"the embedded broker did not answer within {_START_TIMEOUT_S:.0f} s; "
                    f"its log {self._log.path} ends: {self._log.tail()}"
                )

    def _forget_process(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.wait()


def _answers(port: int) -> bool:
    """By a real CONNECT: a port that accepts says nothing of the broker behind it."""
    try:
        with socket.create_connection((HOST, port), timeout=_PROBE_TIMEOUT_S) as probe:
            probe.sendall(_PROBE)
            answer = probe.recv(4)
            if len(answer) < 4 or answer[0] != _CONNACK or answer[3] != 0:
                return False
            probe.sendall(_GOODBYE)
    except OSError:
        return False
    return True
