"""turn + presence -> interaction: when a citizen's stay begins and ends, and what belongs to it.

Start: the citizen is present, or speaks, for 3 s; the seconds that decided it belong to it,
so turns wait in RAM until it is known. End: the citizen is absent for 20 s; with sound alone,
120 s of silence on all channels. The trailing wait is no part of the stay, and what staff say
in it is never read.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from edge_agent.presence import Presence, PresenceChange
from edge_agent.segment import Segment, Voice
from edge_agent.turn import SpokenTurn
from schemas.vocabulary import EndReason, Role

START_S = 3.0
ABSENT_S = 20.0
SILENCE_S = 120.0
_SPEECH_WINDOW_S = 15.0
"""Three seconds of a citizen's speech are looked for in so long a stretch."""
_GREETING_S = 5.0
"""With sound alone, words of staff so shortly before the citizen's belong to the stay."""
_KEEP_TURNS_S = 40.0
_KEEP_TURNS = 64
_LONG_S = 900.0
_EMPTY_S = 3.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one zone was from `start_s` to `end_s`, in media time."""

    start_s: float
    end_s: float
    state: Presence


@dataclass(frozen=True, slots=True)
class Opened:
    start_s: float


@dataclass(frozen=True, slots=True)
class Admitted:
    """The turn belongs to the interaction and may be read."""

    turn: SpokenTurn


@dataclass(frozen=True, slots=True)
class Closed:
    start_s: float
    end_s: float
    reason: EndReason
    boundary_uncertain: bool
    citizen: tuple[Stretch, ...]
    staff: tuple[Stretch, ...]


Event = Opened | Admitted | Closed


class InteractionTracker:
    """`channels`: 2 tells the citizen's voice; with 1 any voice counts as somebody there."""

    def __init__(self, channels: int) -> None:
        self._citizen_channel = channels - 1
        self._tells_roles = channels == 2
        self._changes: dict[Role, list[PresenceChange]] = {Role.STAFF: [], Role.CITIZEN: []}
        self._waiting: deque[SpokenTurn] = deque(maxlen=_KEEP_TURNS)
        self._speech: deque[Segment] = deque()
        self._start_s: float | None = None
        self._active_s = 0.0
        """The citizen was last there or speaking."""
        self._sound_s = 0.0
        """Somebody last spoke, on any channel."""

    @property
    def open_since_s(self) -> float | None:
        return self._start_s

    @property
    def active_until_s(self) -> float:
        return self._active_s if self._sees else max(self._active_s, self._sound_s)

    def push(
        self, voice: Voice, turns: Sequence[SpokenTurn], changes: Sequence[PresenceChange]
    ) -> list[Event]:
        now_s = voice.until_s
        for change in changes:
            self._changes[change.zone].append(change)
            if change.zone is Role.CITIZEN and change.state is Presence.ABSENT:
                # The seconds until the face was known to be gone were not a presence.
                self._active_s = min(self._active_s, max(change.since_s, self._spoke_until_s))
        self._listen(voice)
        if self._state(Role.CITIZEN) is Presence.PRESENT:
            self._active_s = max(self._active_s, now_s)
        self._waiting.extend(turns)
        events: list[Event] = []
        if self._start_s is None:
            events += self._try_open(voice)
        if self._start_s is not None:
            events += self._admit()
            events += self._try_close(now_s)
        else:
            self._forget(now_s)
        return events

    def finish(self, now_s: float) -> list[Event]:
        """The source has ended; an open interaction ends with it."""
        if self._start_s is None:
            return []
        events = list(self._admit())
        return [*events, self._close(self._end_s(now_s), EndReason.SOURCE_ENDED)]

    @property
    def _sees(self) -> bool:
        return self._state(Role.CITIZEN) is not Presence.UNKNOWN

    @property
    def _spoke_until_s(self) -> float:
        return self._speech[-1].end_s if self._speech and self._tells_roles else 0.0

    def _state(self, zone: Role) -> Presence:
        changes = self._changes[zone]
        return changes[-1].state if changes else Presence.UNKNOWN

    def _listen(self, voice: Voice) -> None:
        for segment in voice.segments:
            self._sound_s = max(self._sound_s, segment.end_s)
            if segment.channel == self._citizen_channel:
                self._speech.append(segment)
                if self._tells_roles or not self._sees:
                    self._active_s = max(self._active_s, segment.end_s)
        if any(since is not None for since in voice.speaking_since):
            self._sound_s = voice.until_s
        speaking = voice.speaking_since[self._citizen_channel] is not None
        if speaking and (self._tells_roles or not self._sees):
            self._active_s = max(self._active_s, voice.until_s)
        while self._speech and self._speech[0].end_s < voice.until_s - _SPEECH_WINDOW_S:
            self._speech.popleft()

    def _try_open(self, voice: Voice) -> list[Event]:
        now_s = voice.until_s
        starts = []
        citizen = self._changes[Role.CITIZEN]
        if citizen and citizen[-1].state is Presence.PRESENT:
            since_s = citizen[-1].since_s
            if now_s - since_s >= START_S:
                starts.append(since_s)
        since = voice.speaking_since[self._citizen_channel]
        spoken_s = sum(s.end_s - s.start_s for s in self._speech)
        spoken_s += 0.0 if since is None else now_s - since
        if spoken_s >= START_S and (self._tells_roles or not self._sees):
            first_s = self._speech[0].start_s if self._speech else (since or now_s)
            starts.append(first_s if self._sees else self._with_greeting(first_s))
        if not starts:
            return []
        self._start_s = min(starts)
        self._active_s = max(self._active_s, self._start_s)
        return [Opened(self._start_s)]

    def _with_greeting(self, start_s: float) -> float:
        for turn in reversed(self._waiting):
            if turn.start_s < start_s <= turn.end_s + _GREETING_S:
                start_s = turn.start_s
        return start_s

    def _admit(self) -> list[Event]:
        """Turns up to the last sign of the citizen; later ones wait for one, or are dropped."""
        assert self._start_s is not None
        admitted: list[Event] = []
        kept: list[SpokenTurn] = []
        for turn in self._waiting:
            if (turn.start_s + turn.end_s) / 2 < self._start_s:
                continue
            if turn.start_s <= self._active_s or not self._sees:
                admitted.append(Admitted(turn))
            else:
                kept.append(turn)
        self._waiting.clear()
        self._waiting.extend(kept)
        return admitted

    def _try_close(self, now_s: float) -> list[Event]:
        if self._sees:
            if now_s - self._active_s < ABSENT_S:
                return []
            return [self._close(self._active_s, EndReason.CITIZEN_ABSENT)]
        last_s = max(self._active_s, self._sound_s)
        if now_s - last_s < SILENCE_S:
            return []
        return [self._close(last_s, EndReason.SILENCE)]

    def _end_s(self, now_s: float) -> float:
        if self._state(Role.CITIZEN) is Presence.PRESENT:
            return now_s
        return self.active_until_s

    def _close(self, end_s: float, reason: EndReason) -> Closed:
        assert self._start_s is not None
        start_s, self._start_s = self._start_s, None
        end_s = max(end_s, start_s)
        citizen = self._stretches(Role.CITIZEN, start_s, end_s)
        closed = Closed(
            start_s=start_s,
            end_s=end_s,
            reason=reason,
            boundary_uncertain=_uncertain(citizen, end_s - start_s),
            citizen=citizen,
            staff=self._stretches(Role.STAFF, start_s, end_s),
        )
        self._speech.clear()
        self._waiting = deque((t for t in self._waiting if t.start_s > end_s), _KEEP_TURNS)
        return closed

    def _stretches(self, zone: Role, start_s: float, end_s: float) -> tuple[Stretch, ...]:
        """The zone's states over the interval, without holes: before any word it is unknown."""
        stretches: list[Stretch] = []
        changes = [PresenceChange(zone, Presence.UNKNOWN, float("-inf")), *self._changes[zone]]
        for index, change in enumerate(changes):
            until_s = changes[index + 1].since_s if index + 1 < len(changes) else end_s
            low, high = max(change.since_s, start_s), min(until_s, end_s)
            if high > low:
                stretches.append(Stretch(low, high, change.state))
        return tuple(stretches)

    def _forget(self, now_s: float) -> None:
        while self._waiting and self._waiting[0].end_s < now_s - _KEEP_TURNS_S:
            self._waiting.popleft()
        for zone, changes in self._changes.items():
            self._changes[zone] = changes[-8:]


def _uncertain(citizen: Sequence[Stretch], duration_s: float) -> bool:
    """A long stay in which the zone was empty for 3 s, or was not seen, may be two visits."""
    if duration_s < _LONG_S:
        return False
    unseen_s = sum(s.end_s - s.start_s for s in citizen if s.state is Presence.UNKNOWN)
    emptied = any(s.state is Presence.ABSENT and s.end_s - s.start_s >= _EMPTY_S for s in citizen)
    return emptied or unseen_s > 0.2 * duration_s
