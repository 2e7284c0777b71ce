"""How loud voices from afar are at each microphone, so that one's own can be held against them.

Somebody at the next counter who talks on and on is heard 10 to 16 dB weaker than the person
whose microphone it is, and that holds from minute to minute: two heights of speech lie on one
microphone, apart from each other. The lower one is learned from what both microphones hear
about alike and both far weaker than usual; who speaks at the counter must stand clear of it,
also where the other side speaks at the same time and nothing else tells the two. Where no
voice from afar is heard, nothing is known of one and nothing is asked of anybody.
"""

from collections import deque
from collections.abc import Sequence
from math import log10

_WINDOW = 8
"""Chunks, a quarter of a second: over so long a voice's syllables and rests come to a level
that keeps within 3 dB; those of a moment spread over 20."""
_FAR_UNDER_DB = 8.0
"""Under the usual level on every channel, what is in the middle is a voice from afar. (The
usual level is of peaks, 3 dB over that of a window.)"""
_RUN = 8
"""Chunks on end before it is believed: a voice that dies away passes the middle too."""
_KNOWN_CHUNKS = 30
"""About a second."""
_KEPT_CHUNKS = 9000
"""With a voice, but none from afar, after which it is forgotten; some 5 minutes of speech."""
_UP_DB, _DOWN_DB = 0.2, 0.2 / 6
"""Steps that lead to the level which six of seven of its windows stay under."""
_CLEAR_DB = 2.5
_CLEAR_SHARE = 0.5
"""Own voices are looked for above this share of the way from the far voice up to what is
certainly near, and no nearer to the far one than the decibels before it."""
_SOFT_DB = 5.5
"""Down to so much under the far voice, what comes clearly from a side is of a soft-spoken
person there."""


class FarVoices:
    """Call `listen` with each chunk's power above the noise, by channel, then `learn` where
    somebody spoke in it. Levels are dB relative to full scale.
    """

    def __init__(self, channels: int) -> None:
        self._recent: list[deque[float]] = [deque([0.0], _WINDOW) for _ in range(channels)]
        self._levels_db = [-120.0] * channels
        self._high_db = [0.0] * channels
        """Of the voice from afar; only one that is louder now and then gets over it."""
        self._heard = 0
        self._run = 0
        self._since = 0
        """Chunks with a voice since one from afar was heard."""

    @property
    def known(self) -> bool:
        return self._heard >= _KNOWN_CHUNKS

    @property
    def difference_db(self) -> float:
        """Of two channels, over the window."""
        return self._levels_db[0] - self._levels_db[1]

    def listen(self, powers: Sequence[float]) -> None:
        for channel, (recent, power) in enumerate(zip(self._recent, powers, strict=True)):
            recent.append(power)
            self._levels_db[channel] = 10 * log10(sum(recent) / len(recent) + 1e-12)

    def learn(self, usual_db: Sequence[float | None], *, in_middle: bool) -> None:
        """`usual_db`: of each channel's own person. `in_middle`: no side is the louder one."""
        pairs = list(zip(self._levels_db, usual_db, strict=True))
        weak = all(usual is not None and db < usual - _FAR_UNDER_DB for db, usual in pairs)
        self._run = self._run + 1 if weak and in_middle else 0
        self._since += 1
        if self._since > _KEPT_CHUNKS:
            self._heard = 0
        if self._run < _RUN:
            return
        if not self._heard:
            self._high_db = self._levels_db.copy()
        for channel, db in enumerate(self._levels_db):
            self._high_db[channel] += _UP_DB if db > self._high_db[channel] else -_DOWN_DB
        self._heard += 1
        self._since = 0

    def is_clear(self, channel: int, usual_db: float | None, *, sided: bool) -> bool:
        """What the channel hears stands above voices from afar. `sided`: it comes clearly from
        the channel's own side.
        """
        if not self.known:
            return True
        far_db = self._high_db[channel]
        least_db = far_db + _CLEAR_DB
        if usual_db is not None:
            near_db = usual_db - _FAR_UNDER_DB
            least_db = min(near_db, max(least_db, far_db + _CLEAR_SHARE * (near_db - far_db)))
        level_db = self._levels_db[channel]
        return level_db >= least_db or (sided and level_db >= far_db - _SOFT_DB)
