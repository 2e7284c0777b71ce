"""What a loop of the agent says of itself: that it goes round, and what it is doing."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Beat:
    words: str
    quiet_s: float
    """How long the loop may say nothing while it does this."""
    last_s: float
    """Monotonic time of the last sign of life."""


class Heart:
    """Beating is one assignment: no lock, nothing to wait for."""

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._clock = clock
        self._beat = Beat("starting", 60.0, clock())

    def beat(self, words: str, quiet_s: float) -> None:
        self._beat = Beat(words, quiet_s, self._clock())

    def judge(self, now_s: float) -> tuple[bool, str]:
        """Whether the loop is alive, and what it does, in words."""
        beat = self._beat
        quiet_s = max(0.0, now_s - beat.last_s)
        if quiet_s <= beat.quiet_s:
            return True, beat.words
        return False, (
            f"{beat.words}, silent for {quiet_s:.0f} s; expected a sign of life within "
            f"{beat.quiet_s:.0f}"
        )


class Hearts:
    """Of the loops that run now; one that ended is nobody's deadlock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hearts: dict[str, Heart] = {}

    @contextmanager
    def beating(self, name: str) -> Iterator[Heart]:
        """A heart among `all()` for as long as its loop runs."""
        heart = Heart(name)
        with self._lock:
            self._hearts[name] = heart
        try:
            yield heart
        finally:
            with self._lock:
                if self._hearts.get(name) is heart:
                    del self._hearts[name]

    def all(self) -> tuple[Heart, ...]:
        with self._lock:
            return tuple(self._hearts.values())


HEARTS = Hearts()
"""Of this process."""
