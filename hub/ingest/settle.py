"""What a device is told of its stream: confirmations, built, paced and signed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from uuid import uuid4

from hub.store.rows import StreamRow
from schemas.control import ConfirmPayload, RejectedSequence
from schemas.envelope import Sign, seal
from schemas.fields import SequenceRange
from schemas.registry import CURRENT, Body
from schemas.topics import Topic
from schemas.vocabulary import RejectReason

INTERVAL_S = 1.0
"""A device gets one confirmation in this time at most; it tells all that came meanwhile."""
_RANGES = 100


def confirm_payload(stream: StreamRow) -> ConfirmPayload:
    """Sequences count from 1, so a stream whose first row is missing has nothing below."""
    ranges = stream.settled
    below = ranges[0][1] + 1 if ranges and ranges[0][0] == 1 else 1
    above = [(first, last) for first, last in ranges if first > below]
    gaps = [(left + 1, right - 1) for (_, left), (right, _) in pairwise([(0, below - 1), *above])]
    return ConfirmPayload(
        stream=stream.stream,
        settled_below=below,
        settled=_ranges(above),
        missing=_ranges(gaps),
        rejected=tuple(
            RejectedSequence(sequence=sequence, reason=RejectReason(reason))
            for sequence, reason in stream.rejected[-_RANGES:]
        ),
        rows=stream.rows,
    )


def _ranges(parts: Sequence[tuple[int, int]]) -> tuple[SequenceRange, ...]:
    return tuple(SequenceRange(first=first, last=last) for first, last in parts[:_RANGES])


@dataclass
class Confirmations:
    """Latest wins by stream; of several streams the one that waits longest goes first.

    Bounded by the enrolled devices and their streams. Lost with the process: a device that
    hears nothing sends its rows again, and is then told.
    """

    sign: Sign
    clock: Callable[[], datetime]
    _pending: dict[str, dict[str, tuple[Topic, StreamRow]]] = field(default_factory=dict)
    _sent_at_s: dict[str, float] = field(default_factory=dict)

    def note(self, streams: Iterable[StreamRow], counters: Mapping[str, tuple[str, str]]) -> None:
        """`counters`: device -> branch and counter whose topic it listens on."""
        for stream in streams:
            branch, counter = counters[stream.device_id]
            topic = Topic(branch, counter, "confirm")
            self._pending.setdefault(stream.device_id, {})[stream.stream] = (topic, stream)

    def due(self, now_s: float) -> list[tuple[str, bytes]]:
        """(topic, message) of every device whose second is over; monotonic time."""
        messages = []
        for device in list(self._pending):
            if now_s - self._sent_at_s.get(device, -INTERVAL_S) < INTERVAL_S:
                continue
            streams = self._pending[device]
            topic, stream = streams.pop(next(iter(streams)))
            if not streams:
                del self._pending[device]
            self._sent_at_s[device] = now_s
            messages.append((str(topic), self._seal(topic, stream)))
        return messages

    def _seal(self, topic: Topic, stream: StreamRow) -> bytes:
        body = Body(
            kind="confirm",
            schema_version=CURRENT["confirm"],
            message_id=uuid4(),
            device_id=stream.device_id,
            captured_at=self.clock(),
            payload=confirm_payload(stream),
        )
        return seal(str(topic), body.encode(), self.sign)
