"""The one state that all keys of a counter share: keyboard, pins and page toggle the same."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge_agent.keys.state import Asked, KeyState, Line, after, toggled
from schemas.vocabulary import Key, Role

Pressed = Callable[[Key, Role], None]


@dataclass(frozen=True, slots=True)
class DeskView:
    """For a page; ages in seconds of the monotonic clock."""

    state: KeyState
    muted_s: float | None
    """Paused for so long; None while measuring."""
    help_s: float | None
    """Since help was last asked for; None: not since the start."""


class KeyDesk:
    """Safe for any number of threads. `pressed` is called for what changes something, and for
    each call for help, in the order in which keys were pressed.
    """

    def __init__(self, pressed: Pressed, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._pressed = pressed
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._state = KeyState()
        self._muted_at_s: float | None = None
        self._help_at_s: float | None = None

    def press(self, line: Line) -> None:
        """A key that can only say that it was pressed."""
        with self._lock:
            self._take(toggled(self._state, line))

    def ask(self, key: Key, asked_by: Role) -> None:
        """A button that says what it wants."""
        with self._lock:
            self._take(Asked(key, asked_by))

    def view(self) -> DeskView:
        with self._lock:
            now_s = self._monotonic()
            muted_s = None if self._muted_at_s is None else now_s - self._muted_at_s
            help_s = None if self._help_at_s is None else now_s - self._help_at_s
            return DeskView(self._state, muted_s, help_s)

    def _take(self, asked: Asked) -> None:
        before, self._state = self._state, after(self._state, asked)
        if asked.key is Key.HELP:
            self._help_at_s = self._monotonic()
        elif self._state == before:
            return
        if self._state.muted_by is None:
            self._muted_at_s = None
        elif before.muted_by is None:
            self._muted_at_s = self._monotonic()
        self._pressed(asked.key, asked.asked_by)
