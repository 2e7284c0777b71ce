"""How often one sender may ask."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable


class RequestsBySender:
    """In memory; of too many senders the one that has been quiet longest is forgotten first."""

    def __init__(
        self,
        allowed: int,
        within_s: float,
        senders: int = 65_536,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowed = allowed
        self._within_s = within_s
        self._senders = senders
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def over(self, sender: str) -> bool:
        """Whether it has asked too often already; counts nothing."""
        since, count = self._seen.get(sender, (0.0, 0))
        return count >= self._allowed and self._clock() - since < self._within_s

    def count(self, sender: str) -> bool:
        """Counts one request; whether it is one too many of this stretch of time."""
        with self._lock:
            now = self._clock()
            since, count = self._seen.pop(sender, (now, 0))
            if now - since >= self._within_s:
                since, count = now, 0
            self._seen[sender] = (since, count + 1)
            if len(self._seen) > self._senders:
                self._seen.popitem(last=False)
            return count + 1 > self._allowed
