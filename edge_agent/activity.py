"""What the counter did, in windows of 10 s of wall time; levels and seconds, never words."""

from collections import deque
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import log10

from edge_agent.segment import LEVEL_S, Level, Segment, Voice
from edge_agent.sound_health import SoundHealth
from edge_agent.turn import roles_of
from edge_agent.zone_history import Presence, PresenceChange, ZoneHistory
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
        self._zones = {Role.STAFF: ZoneHistory(), Role.CITIZEN: ZoneHistory()}
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
            self._zones[change.zone].add(change)
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
        sound = self._health.quality(low_s, high_s)
        citizen_known_s, citizen_s = self._zone_s(Role.CITIZEN, low_s, high_s)
        staff_known_s, staff_s = self._zone_s(Role.STAFF, low_s, high_s)
        heard = {
            role for role, share in zip(self._roles, sound.by_channel, strict=True) if share > 0
        }
        window = ActivityWindow(
            at=self._next,
            staff_speech_s=_speech_s(spoken, heard, Role.STAFF),
            citizen_speech_s=_speech_s(spoken, heard, Role.CITIZEN),
            unknown_speech_s=_speech_s(spoken, heard, Role.UNKNOWN),
            overlap_s=_overlap_s(spoken, heard),
            staff_level_dbfs=self._level_dbfs(heard, Role.STAFF, low_s, high_s),
            citizen_level_dbfs=self._level_dbfs(heard, Role.CITIZEN, low_s, high_s),
            citizen_present_s=citizen_s if citizen_known_s else None,
            staff_present_s=staff_s if staff_known_s else None,
            in_interaction_s=round(_common_s(stays, low_s, high_s), 2),
            audio_coverage=round(sound.coverage * (high_s - low_s) / WINDOW_S, 2),
            video_coverage=round(min(1.0, citizen_known_s / WINDOW_S), 2),
        )
        self._forget(end_s)
        return window

    def _zone_s(self, zone: Role, low_s: float, high_s: float) -> tuple[float, float]:
        """Seconds in which the zone's state is known, and in which somebody was there."""
        history = self._zones[zone]
        known_s = history.seconds(low_s, high_s, Presence.PRESENT, Presence.ABSENT)
        return round(known_s, 2), round(history.seconds(low_s, high_s, Presence.PRESENT), 2)

    def _level_dbfs(
        self, heard: AbstractSet[Role], role: Role, low_s: float, high_s: float
    ) -> float | None:
        if role not in heard:
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
        for history in self._zones.values():
            history.forget(before_s)


def _speech_s(
    spoken: dict[Role, list[_Interval]], heard: AbstractSet[Role], role: Role
) -> float | None:
    """None where the role has no microphone of its own, or it was dead all the time."""
    if role not in heard:
        return None
    return round(min(float(WINDOW_S), sum(i.end_s - i.start_s for i in spoken[role])), 2)


def _overlap_s(spoken: dict[Role, list[_Interval]], heard: AbstractSet[Role]) -> float | None:
    if not {Role.STAFF, Role.CITIZEN} <= heard:
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
