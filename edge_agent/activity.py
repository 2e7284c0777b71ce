"""What the counter did, in windows of 10 s of wall time; levels and seconds, never words."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import log10

from edge_agent.presence import Presence, PresenceChange
from edge_agent.segment import LEVEL_S, Level, Segment, Voice
from edge_agent.sound_health import SoundHealth
from edge_agent.turn import roles_of
from schemas.activity import WINDOW_S, ActivityWindow
from schemas.vocabulary import Role

LAG_S = 30.0
"""A window is closed so much later, when it is known whether its speech ended and whether
the citizen had gone."""


@dataclass(frozen=True, slots=True)
class _Interval:
    start_s: float
    end_s: float


class ActivityStage:
    """Gives the windows of each whole minute; `flush` gives the rest at the source's end."""

    def __init__(self, channels: int, anchor: datetime, health: SoundHealth) -> None:
        self._roles = roles_of(channels)
        self._anchor = anchor
        self._health = health
        self._segments: deque[Segment] = deque()
        self._levels: deque[Level] = deque()
        self._changes: dict[Role, list[PresenceChange]] = {Role.STAFF: [], Role.CITIZEN: []}
        self._stays: deque[_Interval] = deque(maxlen=64)
        into_window = timedelta(
            microseconds=(anchor - datetime(1970, 1, 1, tzinfo=UTC))
            // timedelta(microseconds=1)
            % (WINDOW_S * 1_000_000)
        )
        self._next = anchor - into_window
        self._minute: list[ActivityWindow] = []

    def push(
        self,
        voice: Voice,
        changes: Sequence[PresenceChange],
        open_stay: tuple[float, float] | None,
    ) -> list[tuple[ActivityWindow, ...]]:
        """`open_stay`: start and last sign of life of the interaction that goes on."""
        self._segments.extend(voice.segments)
        self._levels.extend(voice.levels)
        for change in changes:
            self._changes[change.zone].append(change)
        return list(self._windows(voice.until_s - LAG_S, voice.until_s, open_stay))

    def stay(self, start_s: float, end_s: float) -> None:
        self._stays.append(_Interval(start_s, end_s))

    def flush(self, end_s: float) -> list[tuple[ActivityWindow, ...]]:
        minutes = list(self._windows(end_s + WINDOW_S, end_s, None))
        if self._minute:
            minutes.append(tuple(self._minute))
            self._minute = []
        return minutes

    def _windows(
        self, closed_s: float, until_s: float, open_stay: tuple[float, float] | None
    ) -> Iterable[tuple[ActivityWindow, ...]]:
        while True:
            start_s = (self._next - self._anchor).total_seconds()
            if start_s + WINDOW_S > closed_s or start_s >= until_s:
                return
            self._minute.append(self._window(start_s, until_s, open_stay))
            self._next += timedelta(seconds=WINDOW_S)
            if self._next.second == 0:
                minute, self._minute = tuple(self._minute), []
                yield minute

    def _window(
        self, start_s: float, until_s: float, open_stay: tuple[float, float] | None
    ) -> ActivityWindow:
        end_s = start_s + WINDOW_S
        low_s, high_s = max(start_s, 0.0), min(end_s, until_s)
        spoken = {
            role: [
                _Interval(max(s.start_s, low_s), min(s.end_s, high_s))
                for s in self._segments
                if s.channel == channel and s.start_s < high_s and s.end_s > low_s
            ]
            for channel, role in enumerate(self._roles)
        }
        stays = [*self._stays, *([_Interval(*open_stay)] if open_stay else [])]
        known_s = {
            zone: self._zone_s(zone, low_s, high_s, (Presence.PRESENT, Presence.ABSENT))
            for zone in self._changes
        }
        present_s = {
            zone: self._zone_s(zone, low_s, high_s, (Presence.PRESENT,)) for zone in self._changes
        }
        alive = self._health.coverage(low_s, high_s)
        window = ActivityWindow(
            at=self._next,
            staff_speech_s=_speech_s(spoken, Role.STAFF),
            citizen_speech_s=_speech_s(spoken, Role.CITIZEN),
            unknown_speech_s=_speech_s(spoken, Role.UNKNOWN),
            overlap_s=_overlap_s(spoken),
            staff_level_dbfs=self._level_dbfs(Role.STAFF, low_s, high_s),
            citizen_level_dbfs=self._level_dbfs(Role.CITIZEN, low_s, high_s),
            citizen_present_s=present_s[Role.CITIZEN] if known_s[Role.CITIZEN] else None,
            staff_present_s=present_s[Role.STAFF] if known_s[Role.STAFF] else None,
            in_interaction_s=round(_common_s(stays, low_s, high_s), 2),
            audio_coverage=round(alive * (high_s - low_s) / WINDOW_S, 2),
            video_coverage=round(min(1.0, known_s[Role.CITIZEN] / WINDOW_S), 2),
        )
        self._forget(end_s)
        return window

    def _zone_s(self, zone: Role, low_s: float, high_s: float, states: Sequence[Presence]) -> float:
        changes = self._changes[zone]
        total = 0.0
        for index, change in enumerate(changes):
            until_s = changes[index + 1].since_s if index + 1 < len(changes) else high_s
            if change.state in states:
                total += max(0.0, min(until_s, high_s) - max(change.since_s, low_s))
        return round(total, 2)

    def _level_dbfs(self, role: Role, low_s: float, high_s: float) -> float | None:
        if role not in self._roles:
            return None
        channel = self._roles.index(role)
        power = [
            10 ** (level.dbfs / 10)
            for level in self._levels
            if level.channel == channel and low_s <= level.at_s + LEVEL_S / 2 < high_s
        ]
        return round(10 * log10(max(sum(power) / len(power), 1e-12)), 1) if power else None

    def _forget(self, before_s: float) -> None:
        while self._segments and self._segments[0].end_s <= before_s:
            self._segments.popleft()
        while self._levels and self._levels[0].at_s + LEVEL_S <= before_s:
            self._levels.popleft()
        for zone, changes in self._changes.items():
            old = [c for c in changes if c.since_s <= before_s]
            self._changes[zone] = changes[max(0, len(old) - 1) :]


def _speech_s(spoken: dict[Role, list[_Interval]], role: Role) -> float | None:
    if role not in spoken:
        return None
    return round(min(float(WINDOW_S), sum(i.end_s - i.start_s for i in spoken[role])), 2)


def _overlap_s(spoken: dict[Role, list[_Interval]]) -> float | None:
    if Role.UNKNOWN in spoken:
        return None
    return round(
        sum(
            _common_s(spoken[Role.CITIZEN], staff.start_s, staff.end_s)
            for staff in spoken[Role.STAFF]
        ),
        2,
    )


def _common_s(intervals: Iterable[_Interval], low_s: float, high_s: float) -> float:
    return sum(max(0.0, min(i.end_s, high_s) - max(i.start_s, low_s)) for i in intervals)
