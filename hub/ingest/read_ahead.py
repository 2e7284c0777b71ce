"""An MQTT client that reads ahead, and its loop.

paho asks the system for a packet's first byte, for each byte of its length, and for the rest, and
gives the interpreter up at each: beside threads that compute, a busy worker's network then waits
most of the time. Here the system is asked once for as much as is there.
"""

import select
import time
from collections.abc import Callable

import paho.mqtt.client as mqtt

_AHEAD_BYTES = 256 * 1024
_LOOK_S = 0.5


class ReadAheadClient(mqtt.Client):
    """Driven by `run_loop`, and by no loop of paho's own."""

    _ahead = b""
    _at = 0

    @property
    def read_ahead(self) -> bool:
        """Whether there is something that the system need not be asked for."""
        return self._at < len(self._ahead)

    def close(self) -> None:
        """Its sockets at once, which paho itself leaves to the garbage collector."""
        self._reset_sockets()

    def _sock_recv(self, bufsize: int) -> bytes:
        """Paho's one way to its socket; a test watches that it stays so."""
        if not self.read_ahead:
            self._ahead, self._at = super()._sock_recv(max(bufsize, _AHEAD_BYTES)), 0
        piece = self._ahead[self._at : self._at + bufsize]
        self._at += len(piece)
        return piece


def run_loop(client: ReadAheadClient, ended: Callable[[], bool]) -> None:
    """Until `ended` or the connection is gone. Others may publish and acknowledge meanwhile;
    what they queue goes out within 5 ms while messages come, and within half a second else.
    """
    # Without it paho would write in the threads that acknowledge.
    client.on_socket_register_write = _queued
    kept_s = time.monotonic()
    while not ended():
        socket = client.socket()
        if socket is None:
            return
        if not client.read_ahead:
            wants = [socket] if client.want_write() else []
            wait_s = 0.0 if _pending(socket) else _pause_s(client)
            try:
                ready, _, _ = select.select([socket], wants, [], wait_s)
            except (OSError, ValueError):  # closed meanwhile
                client.loop_misc()
                return
            if ready or wait_s == 0.0:
                client.loop_read()
        while client.read_ahead and not ended():
            if client.loop_read() != mqtt.MQTT_ERR_SUCCESS:
                break
        if client.want_write():
            client.loop_write()
        if time.monotonic() - kept_s >= _LOOK_S:
            kept_s = time.monotonic()
            client.loop_misc()


def _pause_s(client: ReadAheadClient) -> float:
    return 0.0 if client.want_write() else 0.005


def _pending(socket: object) -> bool:
    """TLS may have decrypted more than was asked for."""
    pending = getattr(socket, "pending", None)
    return bool(pending and pending())


def _queued(*_: object) -> None:
    """What was queued is written by the loop."""
