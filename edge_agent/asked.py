"""What people at the counter asked for by its keys: pauses, written communication, help.

Muted time is missing, never bad. Who asked is kept, why is not.
"""

from collections import deque
from dataclasses import dataclass

from edge_agent.capture.frame import KeyPress
from edge_agent.spans import hundredths
from schemas.interaction import Span
from schemas.vocabulary import Key, Role, SpanKind

_KEPT = 64
"""Stretches remembered; an interaction with more loses its oldest."""
_BEGINS = {Key.MUTE: SpanKind.MUTED, Key.WRITTEN_ON: SpanKind.WRITTEN}
_ENDS = {Key.UNMUTE: SpanKind.MUTED, Key.WRITTEN_OFF: SpanKind.WRITTEN}


@dataclass(frozen=True, slots=True)
class _Stretch:
    kind: SpanKind
    role: Role
    start_s: float
    end_s: float


class Asked:
    def __init__(self) -> None:
        self._going: dict[SpanKind, KeyPress] = {}
        self._ended: deque[_Stretch] = deque(maxlen=_KEPT)

    @property
    def muted(self) -> bool:
        return SpanKind.MUTED in self._going

    @property
    def written(self) -> bool:
        return SpanKind.WRITTEN in self._going

    def push(self, press: KeyPress) -> bool:
        """Whether it changed anything: a second mute while muted does not."""
        if press.key is Key.HELP:
            self._ended.append(_Stretch(SpanKind.HELP, press.asked_by, press.at_s, press.at_s))
            return True
        if press.key in _BEGINS:
            kind = _BEGINS[press.key]
            return self._going.setdefault(kind, press) is press
        kind = _ENDS[press.key]
        began = self._going.pop(kind, None)
        if began is None:
            return False
        self._ended.append(_Stretch(kind, began.asked_by, began.at_s, press.at_s))
        return True

    def spans(self, start_s: float, end_s: float) -> list[Span]:
        """Of the interaction from `start_s` to `end_s` (media time), offsets from its start."""
        going = [_Stretch(k, p.asked_by, p.at_s, end_s) for k, p in self._going.items()]
        return [
            Span(
                kind=stretch.kind,
                role=stretch.role,
                start_s=hundredths(max(0.0, stretch.start_s - start_s)),
                duration_s=hundredths(min(stretch.end_s, end_s) - max(stretch.start_s, start_s)),
            )
            for stretch in (*self._ended, *going)
            if stretch.start_s <= end_s and stretch.end_s >= start_s
        ]
