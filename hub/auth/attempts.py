"""How often one address may fail to sign in. In memory: a restart forgives, the lock on a
user in the database does not.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from hub.auth.errors import SignInBusyError

ADDRESSES: Final = 4096
"""Remembered at most; the one that has been quiet longest is forgotten first."""


class FailuresByAddress:
    """A branch shares one address, so the limit is generous: guessing is what it stops."""

    def __init__(
        self,
        allowed: int = 30,
        within_s: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowed = allowed
        self._within_s = within_s
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, address: str) -> None:
        """Raises SignInBusyError when this address has failed too often lately."""
        with self._lock:
            times = self._failures.get(address, deque())
            while times and times[0] <= self._clock() - self._within_s:
                times.popleft()
            if len(times) >= self._allowed:
                raise SignInBusyError(
                    f"{len(times)} failed sign-ins from one address within "
                    f"{self._within_s:.0f} s; expected fewer than {self._allowed}; wait"
                )

    def record(self, address: str) -> None:
        with self._lock:
            times = self._failures.setdefault(address, deque(maxlen=self._allowed))
            times.append(self._clock())
            self._failures.move_to_end(address)
            if len(self._failures) > ADDRESSES:
                self._failures.popitem(last=False)
