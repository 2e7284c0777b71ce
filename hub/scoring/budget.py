"""The branch's budget of review flags a day: what does not grow is the queue. Pure.

From the eighth on, the day's weakest rule goes on as a trend until the day ends, so that two
places are left for stronger ones; the tenth is the last of the day. QA is told of each rule
that went on as a trend. Money, abuse and complaints stand outside. What was admitted once stays
admitted: a flag that was shown to a person is not taken back.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Literal

TARGET = 8
CAP = 10
HANOI = timezone(timedelta(hours=7))
TrendReason = Literal["target", "cap"]


def day_of(at: datetime) -> date:
    """The branch's day; the one on which a flag reaches people counts, not the one on which
    something happened, because it is their time that is short.
    """
    return at.astimezone(HANOI).date()


@dataclass(frozen=True, slots=True)
class Weakness:
    """The least is the weakest rule."""

    judged: float
    severity: int
    rule_id: str

    @property
    def order(self) -> tuple[float, int, str]:
        return self.judged, self.severity, self.rule_id


@dataclass
class DayBudget:
    """Of one branch and day, in the order of arrival."""

    used: dict[str, int] = field(default_factory=dict)
    """Review flags admitted, by rule."""
    trends: dict[str, TrendReason] = field(default_factory=dict)
    """Rules that go on as trends for the rest of the day."""

    @property
    def total(self) -> int:
        return sum(self.used.values())

    def admit(self, rule_id: str, weakness: Callable[[str], Weakness]) -> bool:
        """Whether a flag of this rule is shown for review. `weakness` is asked of this rule and
        of those that were admitted today, and only when the day is nearly full.
        """
        if rule_id in self.trends:
            return False
        if self.total >= CAP:
            self.trends[rule_id] = "cap"
            return False
        if self.total >= TARGET and not self.trends:
            playing = {rule_id, *(known for known, count in self.used.items() if count)}
            weakest = min(playing, key=lambda known: weakness(known).order)
            self.trends[weakest] = "target"
            if weakest == rule_id:
                return False
        self.used[rule_id] = self.used.get(rule_id, 0) + 1
        return True
