"""Which packets of a video stream are worth decoding for a few pictures a second.

A picture between key frames needs all from its key frame on, so that 3 pictures a second of a
camera that sends 25 cost nearly as much as 25. What can be left out: everything but key frames
where those come often enough, and what stands between the last picture wanted of a group and
the next key frame. Pure: takes seconds of the stream's own timestamps.
"""

_SLACK = 0.25
"""Share of the step between two pictures by which a key frame may come early for its turn."""
_NON_REFERENCE_RATE = 4.0
"""Where the stream has so many times more frames than wanted, those that no other frame
refers to are left out too: a third of the frames remain in the sparsest usual pattern.
"""


class PictureChooser:
    def __init__(self, fps: float) -> None:
        self._step_s = 1.0 / fps
        self._due_s = self._taken_s = float("-inf")
        self._key_s: float | None = None
        self._gaps_s: tuple[float, ...] = ()
        """Between the last three key frames; groups of varying length count as the longer."""
        self._packets = 0
        self._rate: float | None = None
        self._chained = False
        """Whether the decoder has everything since the last key frame."""

    def set_fps(self, fps: float) -> None:
        self._step_s = 1.0 / fps
        self._due_s = min(self._due_s, self._taken_s + self._step_s)

    def decodes(self, stamp_s: float | None, *, key: bool) -> bool:
        """Whether the packet goes to the decoder. In the order of the stream. None: it has no
        timestamp, as the first of an RTSP stream, on which others may build all the same.
        """
        self._packets += 1
        if stamp_s is None:
            self._chained = self._chained or key
        elif key:
            self._begin_group(stamp_s)
            if self._keys_are_enough:
                self._chained = False
                return self._is_due(stamp_s, key=True)
            self._chained = True
        elif self._chained and self._next_key_serves:
            self._chained = False
        return self._chained

    def takes(self, stamp_s: float, *, key: bool) -> bool:
        """Whether a decoded picture is one of those wanted."""
        if not self._is_due(stamp_s, key=key):
            return False
        # A grid, so that the mean rate is kept; begun anew after a gap.
        on_grid = self._due_s > stamp_s - self._step_s
        self._due_s = (self._due_s if on_grid else stamp_s) + self._step_s
        self._taken_s = stamp_s
        return True

    @property
    def skips_non_reference(self) -> bool:
        return self._rate is not None and self._rate * self._step_s >= _NON_REFERENCE_RATE

    @property
    def _gap_s(self) -> float | None:
        return max(self._gaps_s, default=None)

    @property
    def _keys_are_enough(self) -> bool:
        return self._gap_s is not None and self._gap_s <= (1 + _SLACK) * self._step_s

    @property
    def _next_key_serves(self) -> bool:
        if self._gap_s is None or self._key_s is None:
            return False
        return self._due_s >= self._key_s + self._gap_s - _SLACK * self._step_s

    def _begin_group(self, stamp_s: float) -> None:
        gap_s = None if self._key_s is None else stamp_s - self._key_s
        if gap_s is not None and gap_s > 0:
            self._gaps_s = (*self._gaps_s[-1:], gap_s)
            self._rate = self._packets / gap_s
        else:
            self._gaps_s, self._rate = (), None
        self._key_s, self._packets = stamp_s, 0

    def _is_due(self, stamp_s: float, *, key: bool) -> bool:
        if stamp_s < self._due_s - 2 * self._step_s:  # the timestamps have begun anew
            self._due_s = stamp_s
        early_s = _SLACK * self._step_s if key else 1e-6
        return stamp_s >= self._due_s - early_s
