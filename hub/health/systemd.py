"""What systemd is told over its socket: ready, alive, stopping. Nothing where there is none."""

import os
import socket
from collections.abc import Mapping
from typing import Final

_TEXT: Final = 200


class Systemd:
    """Protocol: sd_notify(3). A failing socket is no reason to stop: systemd then acts itself."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            self._address = "\0" + self._address[1:]

    def ready(self) -> None:
        self._send("READY=1")

    def alive(self, status: str) -> None:
        """`status` stands in `systemctl status`: one line."""
        line = " ".join(status.split())[:_TEXT]
        self._send(f"WATCHDOG=1\nSTATUS={line}")

    def stuck(self, status: str) -> None:
        """Says why no WATCHDOG=1 comes any more; systemd's own time runs."""
        line = " ".join(status.split())[:_TEXT]
        self._send(f"STATUS={line}")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
                sock.settimeout(1.0)
                sock.connect(self._address)
                sock.sendall(message.encode())
        except OSError:
            return
