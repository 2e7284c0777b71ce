"""Alive or deadlocked, ready or not, and why, in words. Pure: no clock, no database.

Alive is a question about the program: a loop that says nothing for longer than its phase allows
is deadlocked, unless the database is at work for it, or does not answer: then a restart would
change nothing. Ready is a question about the service: whatever stands in the way counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.health.heart import Heart
from hub.health.probe import Probe

IDLE_S = 6.0
"""So long must the database have had nothing to do before a silent loop is blamed."""
SLOW_S = 2.0
"""An answer to the smallest question that takes longer is slow."""
LONG_S = 10.0
"""A commit that takes longer is told."""


@dataclass(frozen=True, slots=True)
class Loop:
    name: str
    live: bool
    words: str
    quiet_s: float


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the hub: its loops' hearts by their names, its probe, and what it says itself."""

    name: str
    hearts: Sequence[Heart]
    probe: Probe | None = None
    missing: Sequence[str] = field(default=())
    """What the part itself lacks, in words; empty while it can work."""


def judge_loop(heart: Heart, probe: Probe | None, now_s: float, pace: float = 1.0) -> Loop:
    beat = heart.last
    quiet_s = heart.quiet_s(now_s)
    phase_s = max(0.0, now_s - beat.since_s)
    doing = f"{beat.phase.words} for {phase_s:.0f} s"
    if heart.overdue_s(now_s) == 0.0:
        return Loop(heart.name, True, doing, quiet_s)
    silent = f"{doing}, silent for {quiet_s:.0f} s"
    if beat.phase.in_database and probe is not None:
        if not probe.answers(now_s):
            return Loop(heart.name, True, f"{silent}: the database does not answer", quiet_s)
        if probe.idle_s(now_s) < IDLE_S * pace:
            return Loop(heart.name, True, f"{silent}: the database is at work for it", quiet_s)
        return Loop(
            heart.name, False, f"{silent}, and the database has nothing to do for it", quiet_s
        )
    return Loop(heart.name, False, f"{silent}; expected a sign of life", quiet_s)


def what_is_missing(part: Part, now_s: float, pace: float = 1.0) -> list[str]:
    """In words, for a person; empty when the part is ready."""
    found = list(part.missing)
    probe = part.probe
    if probe is not None:
        answer = probe.answer
        if answer is None or not probe.answers(now_s):
            why = f" ({answer.code})" if answer is not None and answer.code else ""
            found.append(f"database {probe.address}: does not answer{why}")
        elif answer.took_s > SLOW_S * pace:
            found.append(f"database {probe.address}: slow, {answer.took_s:.1f} s for an answer")
    for heart in part.hearts:
        phase, since_s = heart.last.phase, now_s - heart.last.since_s
        if phase.in_database and since_s > LONG_S * pace and not found:
            found.append(f"{phase.words} has taken {since_s:.0f} s; expected under {LONG_S:.0f}")
        loop = judge_loop(heart, probe, now_s, pace)
        if not loop.live:
            found.append(f"deadlocked: {loop.words}")
    return found
