"""A device of keys: a thread that reads its records, and opens it again when it was unplugged."""

import logging
import os
import random
import selectors
import threading
from collections.abc import Callable, Iterable

from edge_agent.keys.desk import KeyDesk
from edge_agent.keys.state import Line

_READ_BYTES = 4096
_RETRY_MIN_S = 0.5
_RETRY_MAX_S = 10.0

_log = logging.getLogger(__name__)


class Bounce:
    """Contacts chatter: a line counts once, and again only after it was quiet for so long.

    A key that is held sends its press once; a foot switch of 40 ms chatter is one press.
    """

    def __init__(self, quiet_s: float) -> None:
        self._quiet_s = quiet_s
        self._last_s: dict[Line, float] = {}

    def push(self, line: Line, at_s: float, *, down: bool) -> bool:
        """True where it is a press. Releases chatter too, and prolong the quiet."""
        last_s = self._last_s.get(line)
        self._last_s[line] = at_s
        return down and (last_s is None or not 0 <= at_s - last_s < self._quiet_s)


class KeyDevice:
    """`open_device` gives a file descriptor; `decode` the presses in whole records of it."""

    def __init__(
        self,
        name: str,
        open_device: Callable[[], int],
        record_bytes: int,
        decode: Callable[[bytes], Iterable[Line]],
        desk: KeyDesk,
        *,
        retry_s: tuple[float, float] = (_RETRY_MIN_S, _RETRY_MAX_S),
    ) -> None:
        self._name = name
        self._open_device = open_device
        self._record_bytes = record_bytes
        self._decode = decode
        self._desk = desk
        self._retry_s = retry_s
        self._wake_read, self._wake_write = os.pipe()
        self._stopped = threading.Event()
        self._connected = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"keys {name}", daemon=True)

    @property
    def connected(self) -> bool:
        return self._connected.is_set()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when its thread is gone and its device is free."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        os.write(self._wake_write, b".")
        if self._thread.ident is not None:
            self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _run(self) -> None:
        wait_s, told = self._retry_s[0], False
        while not self._stopped.is_set():
            reason = "it was unplugged"
            try:
                descriptor = self._open_device()
            except OSError as error:
                reason = error.strerror or "it cannot be opened"
            else:
                wait_s, told = self._retry_s[0], False
                self._connected.set()
                _log.info("keys %s: connected", self._name)
                try:
                    self._read(descriptor)
                finally:
                    self._connected.clear()
                    os.close(descriptor)
            if self._stopped.is_set():
                return
            if not told:
                _log.warning("keys %s: %s; trying again until it is there", self._name, reason)
                told = True
            self._stopped.wait(wait_s * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
            wait_s = min(2 * wait_s, self._retry_s[1])

    def _read(self, descriptor: int) -> None:
        """Until the device is gone, or the wake pipe says stop."""
        os.set_blocking(descriptor, False)
        rest = b""
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            selector.register(self._wake_read, selectors.EVENT_READ)
            while not self._stopped.is_set():
                selector.select()
                if self._stopped.is_set():
                    return
                try:
                    data = os.read(descriptor, _READ_BYTES)
                except (BlockingIOError, InterruptedError):
                    continue
                except OSError:  # ENODEV: unplugged
                    return
                if not data:
                    return
                rest += data
                whole = len(rest) // self._record_bytes * self._record_bytes
                for line in self._decode(rest[:whole]):
                    self._desk.press(line)
                rest = rest[whole:]
