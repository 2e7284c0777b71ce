"""turn + presence -> interaction: when a citizen's stay begins and ends, and what belongs to it.

Start: the citizen is present, or speaks, for 3 s; the seconds that decided it belong to it,
so turns wait in RAM until it is known. End: the citizen is absent for 20 s; with sound alone,
120 s of silence on all channels. A camera that sees nothing valid, and microphones that are
all dead, end nothing. The trailing wait is no part of the stay, and what staff say in it is
never read: a turn is admitted up to the last sign of the citizen and no further.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from edge_agent.segment import MIN_SPEECH_S, SURE_FROM, Segment, Voice
from edge_agent.turn import SpokenTurn
from edge_agent.zone_history import Presence, PresenceChange, Stretch, ZoneHistory
from schemas.vocabulary import EndReason, Role

START_S = 3.0
ABSENT_S = 20.0
SILENCE_S = 120.0
MAX_STAY_S = 4 * 3600.0
"""A stay that never ends (a poster with a face on it) is cut here, so that what is held in
RAM and sent is bounded; both parts are marked uncertain."""
_SPEECH_WINDOW_S = 15.0
"""Three seconds of a citizen's speech are looked for in so long a stretch."""
_UNSEEN_SPEECH_S = 1.0
"""Of the citizen's voice in that stretch, with nobody seen in the zone: less is a noise in the
hall or the next counter, and would hold a stay open that has ended."""
_GREETING_S = 5.0
"""Where the citizen is not seen, staff's words so shortly before the citizen's are the
greeting that opened the talk."""
_GREETING_REACH_S = 10.0
_KEEP_TURNS_S = 40.0
_KEEP_TURNS = 64
"""Turns that wait to be admitted; of more, the oldest are dropped unread."""
_LONG_S = 900.0
_EMPTY_S = 3.0
_EPSILON_S = 1e-6


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


@dataclass(frozen=True, slots=True)
class Unattended:
    """The citizen is seen at the counter and staff is known to be away, in media time."""

    since_s: float
    until_s: float


class InteractionTracker:
    """`channels`: 2 tells the citizen's voice; with 1 any voice counts as somebody there."""

    def __init__(self, channels: int) -> None:
        self._citizen_channel = channels - 1
        self._tells_roles = channels == 2
        self._zones = {Role.STAFF: ZoneHistory(), Role.CITIZEN: ZoneHistory()}
        self._waiting: deque[SpokenTurn] = deque(maxlen=_KEEP_TURNS)
        self._speech: deque[Segment] = deque()
        self._start_s: float | None = None
        self._ended_s = 0.0
        self._seen_s = 0.0
        """A face was last seen in the citizen's zone."""
        self._active_s = 0.0
        """Last sign of the citizen: a face, their voice or, unseen, any voice."""
        self._sound_s = 0.0
        """Somebody last spoke, on any channel."""
        self._deaf_s = 0.0
        """No microphone was heard until then."""
        self._cut_s: float | None = None
        """Where a stay that grew too long was cut."""

    @property
    def open_since_s(self) -> float | None:
        return self._start_s

    @property
    def active_until_s(self) -> float:
        return self._active_s

    def so_far(self) -> Closed | None:
        """The open interaction as it would be if its source ended now; None while none is open.

        It reaches to the last sign of the citizen, as a closed one does.
        """
        if self._start_s is None:
            return None
        end_s = max(self._active_s, self._start_s)
        return self._stay(self._start_s, end_s, EndReason.SOURCE_ENDED)

    @property
    def unattended(self) -> Unattended | None:
        staff, citizen = self._zones[Role.STAFF], self._citizen
        if (
            self._start_s is None
            or citizen.state is not Presence.PRESENT
            or staff.state is not Presence.ABSENT
        ):
            return None
        return Unattended(max(staff.since_s, citizen.since_s, self._start_s), self._active_s)

    def push(
        self,
        voice: Voice,
        turns: Sequence[SpokenTurn],
        changes: Sequence[PresenceChange],
        *,
        deaf: bool,
    ) -> list[Event]:
        """`deaf`: no microphone is heard, so that its silence proves nothing."""
        now_s = voice.until_s
        for change in changes:
            self._look(change)
        self._listen(voice)
        if deaf:
            self._deaf_s = now_s
        self._waiting.extend(turns)
        events: list[Event] = []
        if self._start_s is None:
            events += self._try_open(voice)
        if self._start_s is None:
            self._forget(now_s)
            return events
        return [*events, *self._admit(), *self._try_close(now_s)]

    def finish(self, now_s: float) -> list[Event]:
        """The source has ended; an open interaction ends with it."""
        events: list[Event] = []
        if self._start_s is not None:
            there = self._citizen.state is Presence.PRESENT
            events = self._close(now_s if there else self._active_s, EndReason.SOURCE_ENDED)
        self._waiting.clear()
        return events

    @property
    def _citizen(self) -> ZoneHistory:
        return self._zones[Role.CITIZEN]

    def _look(self, change: PresenceChange) -> None:
        zone = self._zones[change.zone]
        before = zone.state
        zone.add(change)
        if change.zone is not Role.CITIZEN:
            return
        if change.state is Presence.PRESENT:
            self._seen_s = change.known_s
            self._active_s = max(self._active_s, change.known_s)
            return
        lost = change.state is Presence.UNKNOWN and before is not Presence.UNKNOWN
        if lost and self._sound_s > change.since_s:
            # Unseen, any voice is a sign; this one was heard before the loss was known.
            self._active_s = max(self._active_s, self._sound_s)

    def _listen(self, voice: Voice) -> None:
        going = [s for s in voice.speaking if s is not None and s.length_s >= MIN_SPEECH_S]
        unseen = self._citizen.state is Presence.UNKNOWN
        self._speech.extend(s for s in voice.segments if self._may_be_citizens(s))
        while self._speech and self._speech[0].end_s < voice.until_s - _SPEECH_WINDOW_S:
            self._speech.popleft()
        for segment in (*voice.segments, *going):
            self._sound_s = max(self._sound_s, segment.end_s)
            citizens = self._tells_roles and self._may_be_citizens(segment)
            if unseen or (citizens and self._is_sign(segment)):
                self._active_s = max(self._active_s, segment.end_s)

    def _may_be_citizens(self, segment: Segment) -> bool:
        """Where the zone is seen, a voice must be surely of the citizen's side: it may be the
        clerk's, heard by this microphone while the clerk's own is dead.
        """
        sure = segment.confidence >= SURE_FROM or not self._tells_roles
        unseen = self._citizen.state is Presence.UNKNOWN
        return segment.channel == self._citizen_channel and (sure or unseen)

    def _is_sign(self, segment: Segment) -> bool:
        """`segment`: on the citizen's microphone."""
        citizen = self._citizen
        if citizen.state is not Presence.ABSENT:
            return True
        lately = [s for s in self._speech if s.start_s != segment.start_s]
        spoken_s = sum(s.length_s for s in [*lately, segment] if s.end_s > citizen.since_s)
        return spoken_s >= _UNSEEN_SPEECH_S

    def _try_open(self, voice: Voice) -> list[Event]:
        starts = []
        citizen = self._citizen
        if citizen.state is Presence.PRESENT:
            since_s = max(citizen.since_s, self._ended_s)
            if self._seen_s - since_s >= START_S - _EPSILON_S:
                starts.append(since_s)
        going = voice.speaking[self._citizen_channel]
        if going is not None and not self._may_be_citizens(going):
            going = None
        spoken = [*self._speech, *([] if going is None else [going])]
        theirs = self._tells_roles or citizen.state is Presence.UNKNOWN
        if theirs and sum(s.length_s for s in spoken) >= START_S - _EPSILON_S:
            first_s = spoken[0].start_s
            seen = citizen.state is Presence.PRESENT
            starts.append(first_s if seen else self._with_greeting(first_s))
        if not starts:
            return []
        self._start_s = max(min(starts), self._ended_s)
        self._active_s = max(self._active_s, self._start_s)
        return [Opened(self._start_s)]

    def _with_greeting(self, first_s: float) -> float:
        start_s = first_s
        for turn in reversed(self._waiting):
            if (
                turn.role is Role.STAFF
                and turn.start_s < start_s <= turn.end_s + _GREETING_S
                and turn.start_s >= first_s - _GREETING_REACH_S
            ):
                start_s = turn.start_s
        return start_s

    def _admit(self) -> list[Event]:
        """Turns up to the last sign of the citizen; later ones wait for one, or are dropped."""
        assert self._start_s is not None
        admitted: list[Event] = []
        kept: list[SpokenTurn] = []
        for turn in self._waiting:
            if turn.end_s > self._active_s + _EPSILON_S:
                kept.append(turn)
            elif (inside := turn.within(self._start_s, turn.end_s)) is not None:
                admitted.append(Admitted(inside))
        self._waiting.clear()
        self._waiting.extend(kept)
        return admitted

    def _try_close(self, now_s: float) -> list[Event]:
        assert self._start_s is not None
        if now_s - self._start_s >= MAX_STAY_S:
            return self._close(self._active_s, EndReason.SOURCE_ENDED, cut=True)
        if self._citizen.state is Presence.ABSENT:
            gone_s = self._citizen.seconds(self._active_s, now_s, Presence.ABSENT)
            if gone_s >= ABSENT_S - _EPSILON_S:
                return self._close(self._active_s, EndReason.CITIZEN_ABSENT)
        elif self._citizen.state is Presence.UNKNOWN:
            last_s = max(self._active_s, self._sound_s, self._deaf_s)
            if now_s - last_s >= SILENCE_S - _EPSILON_S:
                return self._close(self._active_s, EndReason.SILENCE)
        return []

    def _close(self, end_s: float, reason: EndReason, *, cut: bool = False) -> list[Event]:
        assert self._start_s is not None
        start_s, self._start_s = self._start_s, None
        self._ended_s = end_s = max(end_s, start_s)
        cut_turns = [t.within(start_s, end_s) for t in self._waiting if t.start_s < end_s]
        admitted = [Admitted(turn) for turn in cut_turns if turn is not None]
        self._speech.clear()
        self._waiting = deque((t for t in self._waiting if t.start_s >= end_s), _KEEP_TURNS)
        closed = self._stay(start_s, end_s, reason, cut=cut)
        self._cut_s = end_s if cut else None
        return [*admitted, closed]

    def _stay(
        self, start_s: float, end_s: float, reason: EndReason, *, cut: bool = False
    ) -> Closed:
        citizen = self._citizen.stretches(start_s, end_s)
        follows_cut = self._cut_s is not None and start_s - self._cut_s < ABSENT_S
        return Closed(
            start_s=start_s,
            end_s=end_s,
            reason=reason,
            boundary_uncertain=cut or follows_cut or _uncertain(citizen, end_s - start_s),
            citizen=citizen,
            staff=self._zones[Role.STAFF].stretches(start_s, end_s),
        )

    def _forget(self, now_s: float) -> None:
        while self._waiting and self._waiting[0].end_s < now_s - _KEEP_TURNS_S:
            self._waiting.popleft()
        for zone in self._zones.values():
            zone.forget(now_s - _KEEP_TURNS_S)


def _uncertain(citizen: Sequence[Stretch], duration_s: float) -> bool:
    """A long stay in which the zone was empty for 3 s, or was not seen, may be two visits."""
    if duration_s < _LONG_S:
        return False
    unseen_s = sum(s.end_s - s.start_s for s in citizen if s.state is Presence.UNKNOWN)
    emptied = any(s.state is Presence.ABSENT and s.end_s - s.start_s >= _EMPTY_S for s in citizen)
    return emptied or unseen_s > 0.2 * duration_s
