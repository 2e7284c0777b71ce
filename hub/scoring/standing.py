"""How a rule stands at a branch, and why: silent, active, city, trend, stopped or shadow. Pure.

A version of a rule that is new to a branch is silent for some weeks: QA alone sees what it
would have flagged. Then it is active, until decisions with an independent ground say that too
few of its flags were founded (it is stopped and goes on in shadow, a tenth of it reviewed
blind) or too many could not be cleared up (it becomes a trend). A rule that never stops by
itself is then reviewed by the city's QA instead of the branch.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal
from uuid import UUID

from hub.proportion import PROVEN_FROM, Share
from hub.scoring.rules import Rule

Standing = Literal["silent", "active", "city", "trend", "stopped", "shadow"]
Reason = Literal[
    "first_use", "silence_over", "under_floor", "unknown_share", "recovered", "by_hand"
]
Held = Literal["silent", "stopped", "unknown", "budget"]
"""Why a flag is shown as less than its rule asks."""

FLOOR = 0.72
"""Least share of founded flags: at six flags a day, one unfounded flag a clerk a month."""
MOST_UNKNOWN = 0.6
"""Above this share of decisions that say nothing, nobody can tell whether a rule is right."""
LEAST_TO_STOP = 10
"""Decisions with a ground under which no rule is stopped: two dismissals silence nothing."""
SAMPLED = 0.1
"""Share of a stopped rule's flags that are reviewed all the same, not told from others."""
_UNIT = 2**64


@dataclass(frozen=True, slots=True)
class Tally:
    """Decisions on a rule's flags, one a flag: the latest. Bulk decisions are none of them."""

    decided: int = 0
    with_ground: int = 0
    """Of these, rest on an independent ground and have a clear outcome."""
    founded: int = 0
    """Of those: confirmed or coached, and not overturned."""

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.decided + other.decided,
            self.with_ground + other.with_ground,
            self.founded + other.founded,
        )

    @property
    def precision(self) -> Share:
        return Share(self.with_ground, self.founded)

    @property
    def unknown_share(self) -> float | None:
        """Of the decided, those that say nothing for or against the rule."""
        return None if self.decided == 0 else 1 - self.with_ground / self.decided

    @property
    def judged(self) -> float:
        """What the rule is judged by: until 30 decisions the upper bound, so that a rule is
        given the benefit of the doubt; from then on the share itself.
        """
        precision = self.precision
        if precision.value is None or not precision.proven:
            return precision.interval[1]
        return precision.value


@dataclass(frozen=True, slots=True)
class Pooled:
    """What a rule is judged by at a branch."""

    tally: Tally
    pooled: bool
    """Over the whole city, because the branch by itself has too few."""


UNJUDGED = Pooled(Tally(), pooled=False)


def pool(own: Tally, city: Tally) -> Pooled:
    """The branch's own decisions from 30 with a ground on, else the city's, of which they are a
    part. The city is counted once a day: where it lags behind the branch, the branch knows more.
    """
    if own.with_ground >= PROVEN_FROM or city.decided <= own.decided:
        return Pooled(own, pooled=False)
    return Pooled(city, pooled=True)


@dataclass(frozen=True, slots=True)
class Stood:
    """One entry of the history of a version of a rule at a branch; the last one holds."""

    standing: Standing
    reason: Reason
    since: datetime
    silent_until: datetime | None = None
    seed: bytes | None = None
    """Of a stopped rule: which of its flags are sampled."""
    counted_from: datetime | None = None
    """Only flags raised from then on speak for or against it; None: all of this version. A rule
    that recovered is not stopped again by what stopped it before."""


def first_use(rule: Rule, now: datetime) -> Stood:
    """Where a version of a rule meets its first interaction of a branch."""
    if rule.kind == "shadow":
        return Stood("shadow", "first_use", now)
    if rule.weeks_silent == 0:
        return Stood("active", "first_use", now)
    return Stood("silent", "first_use", now, silent_until=now + timedelta(weeks=rule.weeks_silent))


def next_standing(rule: Rule, last: Stood, tally: Tally, now: datetime) -> Stood | None:
    """None: it stands as it stood. `tally`: what it is judged by, of flags since
    `last.counted_from`. A rule that stops gets its seed from the caller: chance is not pure.
    """
    if last.standing == "silent":
        over = last.silent_until is not None and now >= last.silent_until
        return Stood("active", "silence_over", now) if over else None
    if last.standing == "stopped":
        # Since it stopped, only what was sampled has been decided on.
        recovered = tally.precision.proven and tally.judged >= FLOOR
        started = last.counted_from
        return Stood("active", "recovered", now, counted_from=started) if recovered else None
    if last.standing in {"trend", "shadow"} or rule.kind not in {"live", "review"}:
        # Nobody decides on these, so nothing is learned of them.
        return None
    fault = _fault(tally)
    if fault is None:
        return Stood("active", "recovered", now) if last.standing == "city" else None
    if rule.never_stops:
        return None if last.standing == "city" else Stood("city", fault, now)
    return Stood("stopped" if fault == "under_floor" else "trend", fault, now, counted_from=now)


def _fault(tally: Tally) -> Reason | None:
    if tally.with_ground >= LEAST_TO_STOP and tally.judged < FLOOR:
        return "under_floor"
    unknown = tally.unknown_share
    if tally.decided >= PROVEN_FROM and unknown is not None and unknown > MOST_UNKNOWN:
        return "unknown_share"
    return None


def is_sampled(seed: bytes, flag_id: UUID) -> bool:
    """A tenth, by chance and yet the same whenever it is asked."""
    drawn = int.from_bytes(sha256(seed + flag_id.bytes).digest()[:8], "big")
    return drawn < SAMPLED * _UNIT
