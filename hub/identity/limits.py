"""So many requests a span of time from one address or device: in memory, bounded."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from hub.identity.errors import refused

REMEMBERED: Final = 4096
"""The one that has been quiet longest is forgotten first."""


class RateLimit:
    def __init__(
        self, allowed: int, within_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._allowed = allowed
        self._within_s = within_s
        self._clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, who: str) -> None:
        """Counts one request; raises EnrolmentRefusedError (429) when there were too many."""
        with self._lock:
            now_s = self._clock()
            times = self._times.setdefault(who, deque(maxlen=self._allowed))
            self._times.move_to_end(who)
            if len(self._times) > REMEMBERED:
                self._times.popitem(last=False)
            while times and times[0] <= now_s - self._within_s:
                times.popleft()
            if len(times) >= self._allowed:
                raise refused("too_many", 429)
            times.append(now_s)
