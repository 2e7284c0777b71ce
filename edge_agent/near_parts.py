"""What of a stretch of speech was said near: the rest is a voice from afar that went on
where the person at the counter stopped, or that began before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge_agent.one_sound import Moment

_LEAST = 4
"""Chunks near on end: a far voice's loudest syllable is so for one or two. A short "dạ" said
near is for ten."""
_BEFORE_S, _AFTER_S = 0.35, 0.1
"""Around a chunk that stands clear of voices from afar, speech belongs to it. That it does is
known of the quarter of a second before it."""
_APART_S = 0.24
"""Between the ends of two chunks; a longer rest parts."""
_EPSILON_S = 1e-6


@dataclass(frozen=True, slots=True)
class Heard:
    """A chunk in which a channel's own person seems to speak."""

    end_s: float
    confidence: float
    near: bool
    """It stands clear of the voices from afar."""
    moment: Moment | None
    """What tells whether it is one sound from afar."""


def near_parts(heard: Sequence[Heard]) -> list[Sequence[Heard]]:
    """In order. All of it is one part where nothing is from afar."""
    if all(chunk.near for chunk in heard):
        return [heard] if heard else []
    parts: list[list[Heard]] = []
    for chunk in _reached(heard):
        if parts and chunk.end_s - parts[-1][-1].end_s < _APART_S:
            parts[-1].append(chunk)
        else:
            parts.append([chunk])
    return list(parts)


def _reached(heard: Sequence[Heard]) -> Iterable[Heard]:
    spans = list(_near_spans(heard))
    index = 0
    for chunk in heard:
        while index < len(spans) and spans[index][1] < chunk.end_s - _EPSILON_S:
            index += 1
        if index < len(spans) and spans[index][0] <= chunk.end_s + _EPSILON_S:
            yield chunk


def _near_spans(heard: Sequence[Heard]) -> Iterable[tuple[float, float]]:
    """Of chunks near on end, from where to where speech belongs to them."""
    run: list[Heard] = []
    for chunk in [*heard, None]:
        if chunk is not None and chunk.near:
            run.append(chunk)
            continue
        if len(run) >= _LEAST:
            yield run[0].end_s - _BEFORE_S, run[-1].end_s + _AFTER_S
        run = []
