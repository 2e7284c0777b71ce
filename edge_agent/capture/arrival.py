"""A stream's own timestamps brought to media time, so that jitter of the network moves nothing.

Timestamps are even, arrivals are not: a packet can come late, never before it was sent. The
least difference of arrival and timestamp is thus the best guess of where timestamp 0 lies
(the minimum filter of NTP, RFC 5905, section 10). The guess may creep up by `_CREEP` seconds a
second, which follows a clock that runs slow by far more than quartz does.
"""

_CREEP = 0.002
_ANEW_S = 2.0
"""Later or earlier than the guess by more, timestamps have begun anew: cameras do so when their
clock is set, and FFmpeg when the first sender report comes (RFC 3550, section 6.4.1).
"""


class ArrivalTimes:
    """Of one stream of one connection. Never gives a time after the arrival itself."""

    def __init__(self) -> None:
        self._offset_s: float | None = None
        self._last_s = 0.0

    def arrived(self, stamp_s: float, arrival_s: float) -> None:
        """A packet stamped `stamp_s` (the stream's seconds) came at `arrival_s` (media time)."""
        offset_s = arrival_s - stamp_s
        guess_s = self._offset_s
        if guess_s is None or abs(offset_s - guess_s) > _ANEW_S:
            self._offset_s = offset_s
        else:
            waited_s = max(0.0, arrival_s - self._last_s)
            self._offset_s = min(offset_s, guess_s + _CREEP * waited_s)
        self._last_s = arrival_s

    def media_s(self, stamp_s: float) -> float:
        """Media time of what is stamped `stamp_s`; some packet must have arrived before."""
        assert self._offset_s is not None
        return max(0.0, stamp_s + self._offset_s)
