"""Ports on 127.0.0.1 that stay the same from one start to the next."""

import random
import socket
import time
from pathlib import Path

from hub.embedded.errors import EmbeddedError, InUseError
from hub.embedded.files import write_private

HOST = "127.0.0.1"
_LOWEST = 15_000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_PATIENCE_S = 3.0


class KeptPort:
    """A service's port: `asked` for by the operator, or chosen once and kept in `file`."""

    def __init__(self, file: Path, asked: int | None, service: str) -> None:
        self._file = file
        self._asked = asked
        self._service = service

    def take(self, *, promised: bool) -> int:
        """A port that can be bound now.

        A kept port that a stranger holds is given up for another one, unless it was asked
        for or is `promised` (clients already reconnect to it): then InUseError.
        """
        kept = self._asked or self._kept()
        if kept is not None:
            if _wait_until_free(kept):
                return kept
            if promised or self._asked:
                raise InUseError(
                    f"{self._service} needs port {kept} of {HOST}, and another program holds "
                    "it: stop that program or set another port"
                )
        chosen = _choose()
        write_private(self._file, f"{chosen}\n")
        return chosen

    def _kept(self) -> int | None:
        try:
            port = int(self._file.read_text())
        except (FileNotFoundError, ValueError):
            return None  # chosen anew: a damaged file is worth no more than a missing one
        return port if 0 < port < 65_536 else None


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do, so that connections in TIME_WAIT do not count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _wait_until_free(port: int) -> bool:
    """Waits for a predecessor that is just dying."""
    pause_s, deadline = 0.02, time.monotonic() + _PATIENCE_S
    while not is_free(port):
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, 0.5)
    return True


def _choose() -> int:
    """Below the ephemeral range: while a service is down, a client that keeps trying an
    ephemeral port of its own machine may connect to itself and so hold the port.
    """
    for _ in range(50):
        port = random.randint(_LOWEST, _highest())  # noqa: S311 - no secret
        if is_free(port):
            return port
    raise EmbeddedError(
        f"no free port between {_LOWEST} and {_highest()} on {HOST} in 50 tries: "
        "set the port yourself"
    )


def _highest() -> int:
    try:
        low = int(_EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        low = 32_768
    return low - 1 if low > _LOWEST + 1000 else 65_535
