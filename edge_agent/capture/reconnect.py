"""How long to wait before a lost sensor is tried again: growing pauses, each with jitter, so
that a hall whose power came back does not try all its cameras in the same instant.
"""

from random import Random

_GROWTH = 2.0


class Backoff:
    """Pauses grow from `least_s` to `most_s` and stay there: a sensor is tried for ever.

    A pause is uniform between half of its full length and all of it, so that it is never near
    nought and never above `most_s`. Deterministic for a given `random`.
    """

    def __init__(self, least_s: float, most_s: float, random: Random) -> None:
        if not 0 < least_s <= most_s:
            raise ValueError(f"pauses must grow: got {least_s} s to {most_s} s")
        self._least_s = least_s
        self._most_s = most_s
        self._random = random
        self._full_s = least_s

    def next_s(self) -> float:
        """The pause to make now, in seconds; the next one is longer."""
        full_s = self._full_s
        self._full_s = min(self._most_s, full_s * _GROWTH)
        return full_s * self._random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """The sensor delivers again: the next loss starts with the shortest pause."""
        self._full_s = self._least_s
