"""The room's own noise on one channel: the quietest moments of the last seconds."""

from collections import deque

_SMOOTHED = 4
"""Chunks over which power is smoothed: one chunk of noise by itself says little."""
_BLOCK = 31
"""About a second of chunks; of each the quietest moment is kept."""
_BLOCKS = 8
_QUIETEST_TO_MEAN = 1.25
"""The quietest of so many smoothed chunks of steady noise lies about 1 dB under its mean."""


class NoiseFloor:
    """Minimum statistics (Martin 2001), plain: follows noise down at once, up within 8 s."""

    def __init__(self) -> None:
        self._smooth: float | None = None
        self._lowest = 0.0
        self._count = 0
        self._blocks: deque[float] = deque(maxlen=_BLOCKS)
        self._kept = float("inf")
        """The lowest of the blocks."""

    @property
    def known(self) -> bool:
        """A second has been heard."""
        return bool(self._blocks)

    def push(self, power: float) -> float:
        """`power`: mean square of a chunk of 32 ms. Gives the floor's power."""
        if self._smooth is None:
            self._smooth = self._lowest = power
        self._smooth += (power - self._smooth) / _SMOOTHED
        self._lowest = min(self._lowest, self._smooth)
        self._count += 1
        if self._count == _BLOCK:
            self._blocks.append(self._lowest)
            self._kept = min(self._blocks)
            self._lowest, self._count = self._smooth, 0
        return min(self._kept, self._lowest) * _QUIETEST_TO_MEAN
