"""Local time: what clock, weekday and part of the working day it is in Hanoi. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
Hours = tuple[tuple[time, time], ...]
"""The working stretches of a day in order, from - until; what lies between two is lunch."""


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class PartOfDay(StrEnum):
    WORKING = "working"
    LUNCH = "lunch"
    OUTSIDE = "outside"
    """Before opening or after closing."""
    HOLIDAY = "holiday"
    """A day without working hours: Tết, a Sunday."""


@dataclass(frozen=True, slots=True)
class Calendar:
    weekly: Mapping[Weekday, Hours]
    """A weekday that is left out is a holiday."""
    days: Mapping[date, Hours] = field(default_factory=dict)
    """Days that differ: a holiday has no hours, a Saturday that makes up for one has some."""

    def part_of_day(self, at: datetime) -> PartOfDay:
        local = at.astimezone(HERE)
        hours = self.days.get(local.date(), self.weekly.get(weekday(at), ()))
        if not hours:
            return PartOfDay.HOLIDAY
        now = local.time()
        if any(start <= now < end for start, end in hours):
            return PartOfDay.WORKING
        return PartOfDay.LUNCH if hours[0][0] <= now < hours[-1][1] else PartOfDay.OUTSIDE


def weekday(at: datetime) -> Weekday:
    return tuple(Weekday)[at.astimezone(HERE).weekday()]


@dataclass(frozen=True, slots=True)
class Clock:
    """A stretch of local time. Clock and weekday are always known; parts of the day only
    where there is a calendar.
    """

    from_: time = time.min
    until: time = time.max
    """Not included."""
    weekdays: tuple[Weekday, ...] = ()
    """Empty: every day."""
    parts: tuple[PartOfDay, ...] = ()
    """Empty: every part of the day."""

    def holds(self, at: datetime, calendar: Calendar | None) -> bool | None:
        if not self.from_ <= at.astimezone(HERE).time() < self.until:
            return False
        if self.weekdays and weekday(at) not in self.weekdays:
            return False
        if not self.parts:
            return True
        return None if calendar is None else calendar.part_of_day(at) in self.parts

    def can_tell(self, calendar: Calendar | None) -> bool:
        return not self.parts or calendar is not None
