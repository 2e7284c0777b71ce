"""interaction -> measurements: the formulas of the design, as a pure function.

Each formula stands in a function of its own. All times here are offsets from the
interaction's start, in seconds.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from edge_agent.interaction import Closed, Stretch
from edge_agent.loudness import Loudness
from edge_agent.presence import Presence
from edge_agent.turn import SpokenTurn
from edge_agent.words import TurnWords
from schemas.interaction import (
    ROLE_NEUTRAL,
    ByRole,
    Coverage,
    Hit,
    Measurements,
    Sentiment,
    SentimentSummary,
    Span,
    Turn,
)
from schemas.vocabulary import Category, Missing, Role, SpanKind

DEAD_AIR_S = 5.0
HALVES_FROM_TURNS = 8
_INTERRUPT_AFTER_S = 1.0
_YIELD_S = 1.5
_FLOOR_S = 1.0
_TURN_END_S = 0.3


@dataclass(frozen=True, slots=True)
class ReadTurn:
    """A turn as numbers: its sound has been read and dropped."""

    role: Role
    role_confidence: float
    start_s: float
    end_s: float
    voiced: tuple[tuple[float, float], ...]
    continued: bool
    loudness: Loudness
    words: TurnWords

    @classmethod
    def of(cls, turn: SpokenTurn, words: TurnWords, zero_s: float) -> "ReadTurn":
        """`zero_s`: the interaction's start in media time; what lies before it is cut."""
        return cls(
            role=turn.role,
            role_confidence=turn.role_confidence,
            start_s=max(0.0, turn.start_s - zero_s),
            end_s=max(0.0, turn.end_s - zero_s),
            voiced=tuple((max(0.0, a - zero_s), max(0.0, b - zero_s)) for a, b in turn.voiced),
            continued=turn.continued,
            loudness=turn.loudness,
            words=words,
        )

    @property
    def speech_s(self) -> float:
        return sum(end - start for start, end in self.voiced)


@dataclass(frozen=True, slots=True)
class Measured:
    turns: tuple[Turn, ...]
    spans: tuple[Span, ...]
    measurements: Measurements
    coverage: Coverage


def measure(
    stay: Closed, turns: Sequence[ReadTurn], *, channels: int, snr_db: ByRole, audio: float
) -> Measured:
    """`audio`: share of the stay in which sound was delivered and valid."""
    turns = sorted(turns, key=lambda t: (t.start_s, t.end_s))
    length_s = stay.end_s - stay.start_s
    citizen = [_offset(s, stay.start_s) for s in stay.citizen]
    staff = [_offset(s, stay.start_s) for s in stay.staff]
    told = channels == 2
    interruptions = list(find_interruptions(turns)) if told else []
    dead_air = find_dead_air(turns, citizen, length_s)
    unattended = find_unattended(citizen, staff)
    raised = find_raised(turns, stay.start_s) if told else []
    overlaps = find_overlaps(turns) if told else []
    spans = [*interruptions, *dead_air, *unattended, *raised, *overlaps]
    spans += _presence_spans(citizen, staff)
    coverage = _coverage(turns, citizen, staff, length_s, told=told, audio=audio)
    return Measured(
        turns=tuple(_wire_turn(t, stay.start_s) for t in turns),
        spans=tuple(sorted(spans, key=lambda s: s.start_s)),
        measurements=Measurements(
            handling_s=_r(length_s),
            talk_time_s=_by_role(told, lambda role: _talk_s(turns, role)),
            unknown_talk_time_s=_r(_talk_s(turns, Role.UNKNOWN)),
            overlap_s=_r(_total(overlaps)) if told else None,
            dead_air_s=_r(_total(dead_air)),
            longest_dead_air_s=_r(max((s.duration_s for s in dead_air), default=0.0)),
            dead_air_threshold_s=DEAD_AIR_S,
            response_gap_s=response_gap_s(turns, staff) if told else None,
            interruptions=_by_role(told, lambda r: sum(s.role is r for s in interruptions)),
            raised_voice_s=ByRole(
                staff=_raised_s(turns, raised, Role.STAFF),
                citizen=_raised_s(turns, raised, Role.CITIZEN),
            ),
            syllables_per_minute=ByRole(
                staff=_pace(turns, Role.STAFF), citizen=_pace(turns, Role.CITIZEN)
            ),
            sentiment=summarise_sentiment(turns),
            citizen_present_s=_seen_s(citizen, Presence.PRESENT),
            staff_present_s=_seen_s(staff, Presence.PRESENT),
            unattended_s=_r(_total(unattended)) if coverage.presence else None,
            longest_unattended_s=_r(max((s.duration_s for s in unattended), default=0.0))
            if coverage.presence
            else None,
            snr_db=snr_db,
        ),
        coverage=coverage,
    )


def find_interruptions(turns: Sequence[ReadTurn]) -> Iterable[Span]:
    """By B: A's turn has lasted 1 s or more, B starts and A stops within 1.5 s, B holds the
    floor 1 s or more, and B's start is not within A's last 0.3 s. Backchannels never count.
    """
    for b in turns:
        if b.role is Role.UNKNOWN or b.words.backchannel:
            continue
        for a in turns:
            if a.role in (b.role, Role.UNKNOWN):
                continue
            if (
                b.start_s - a.start_s >= _INTERRUPT_AFTER_S
                and a.end_s - b.start_s > _TURN_END_S
                and a.end_s - b.start_s <= _YIELD_S
                and b.end_s - a.end_s >= _FLOOR_S
            ):
                yield _span(SpanKind.INTERRUPTION, b.start_s, a.end_s, b.role)
                break


def find_dead_air(
    turns: Sequence[ReadTurn], citizen: Sequence[Stretch], length_s: float
) -> list[Span]:
    """Silences over 5 s with the citizen present (where the zone is not seen, the stay itself
    is the presence), less those after an explained wait. A silence after words of staff that
    could not be read is not counted: they may have explained it.
    """
    voiced = sorted(span for turn in turns for span in turn.voiced)
    away = [s for s in citizen if s.state is Presence.ABSENT]
    spans = []
    heard_until = 0.0
    for start_s, end_s in [*voiced, (length_s, length_s)]:
        if start_s - heard_until > DEAD_AIR_S and not _excused(turns, heard_until):
            spans += [
                _span(SpanKind.DEAD_AIR, low, high)
                for low, high in _without(heard_until, min(start_s, length_s), away)
                if high - low > DEAD_AIR_S
            ]
        heard_until = max(heard_until, end_s)
    return spans


def _excused(turns: Sequence[ReadTurn], silence_s: float) -> bool:
    before = [t for t in turns if t.role is Role.STAFF and t.start_s < silence_s]
    if not before:
        return False
    words = before[-1].words
    unread = words.missing is not None
    return unread or any(h.category is Category.EXPLAINS_WAIT for h in words.hits)


def find_unattended(citizen: Sequence[Stretch], staff: Sequence[Stretch]) -> list[Span]:
    """Citizen present while staff is known to be absent."""
    return [
        _span(SpanKind.UNATTENDED, low, high)
        for c in citizen
        if c.state is Presence.PRESENT
        for s in staff
        if s.state is Presence.ABSENT
        and (low := max(c.start_s, s.start_s)) < (high := min(c.end_s, s.end_s))
    ]


def find_raised(turns: Sequence[ReadTurn], zero_s: float) -> list[Span]:
    """Staff who asked whether they are heard well speak up for the citizen, not at them."""
    helped = any(h.category is Category.HEARING_HELP for t in turns for h in t.words.hits)
    return [
        _span(SpanKind.RAISED_VOICE, max(0.0, start_s - zero_s), end_s - zero_s, turn.role)
        for turn in turns
        if not (helped and turn.role is Role.STAFF)
        for start_s, end_s in turn.loudness.raised
    ]


def find_overlaps(turns: Sequence[ReadTurn]) -> list[Span]:
    """Both roles' voices at once, from the voiced parts alone."""
    staff = [v for t in turns if t.role is Role.STAFF for v in t.voiced]
    citizen = [v for t in turns if t.role is Role.CITIZEN for v in t.voiced]
    return [
        _span(SpanKind.OVERLAP, low, high)
        for a, b in staff
        for c, d in citizen
        if (low := max(a, c)) < (high := min(b, d))
    ]


def response_gap_s(turns: Sequence[ReadTurn], staff: Sequence[Stretch]) -> float | None:
    """Median over citizen turns followed by staff's; negative where staff began before the
    end; left out where staff was absent in the gap.
    """
    away = [s for s in staff if s.state is Presence.ABSENT]
    gaps = []
    for turn, following in pairwise(turns):
        if turn.role is Role.CITIZEN and following.role is Role.STAFF:
            low, high = sorted((turn.end_s, following.start_s))
            if not any(s.start_s < high and s.end_s > low for s in away):
                gaps.append(following.start_s - turn.end_s)
    return _r(max(-30.0, min(3600.0, median(gaps)))) if gaps else None


def summarise_sentiment(turns: Sequence[ReadTurn]) -> SentimentSummary | None:
    """Of citizens' turns, weighted by speech time; halves from 8 such turns on."""
    felt = [
        (t.words.polarity, t.speech_s)
        for t in turns
        if t.role is Role.CITIZEN and t.words.polarity is not None
    ]
    if not felt:
        return None
    half = len(felt) // 2
    halves = len(felt) >= HALVES_FROM_TURNS
    return SentimentSummary(
        mean=_weighted(felt),
        first_half=_weighted(felt[:half]) if halves else None,
        second_half=_weighted(felt[half:]) if halves else None,
        turns=len(felt),
    )


def _coverage(
    turns: Sequence[ReadTurn],
    citizen: Sequence[Stretch],
    staff: Sequence[Stretch],
    length_s: float,
    *,
    told: bool,
    audio: float,
) -> Coverage:
    both = 0.0 if length_s <= 0 else _known_both(citizen, staff) / length_s
    seen = 0.0 if length_s <= 0 else _known_both(citizen, citizen) / length_s
    spoken_s = sum(t.speech_s for t in turns)
    known_s = sum(t.speech_s for t in turns if t.role is not Role.UNKNOWN)
    staff_turns = [t for t in turns if t.role is Role.STAFF]
    citizen_turns = [t for t in turns if t.role is Role.CITIZEN]
    missing = {t.words.missing for t in turns if t.words.missing is not None}
    if seen == 0:
        missing.add(Missing.NO_VIDEO)
    elif seen < 0.95:
        missing.add(Missing.SENSOR_INVALID)
    if not told:
        missing |= {Missing.SINGLE_CHANNEL, Missing.ROLE_UNKNOWN}
    if any(not t.loudness.has_baseline for t in turns):
        missing.add(Missing.NO_BASELINE)
    if len([t for t in citizen_turns if t.words.polarity is not None]) < HALVES_FROM_TURNS:
        missing.add(Missing.TOO_FEW_TURNS)
    return Coverage(
        audio=_r(audio),
        video=_r(seen),
        roles=_r(known_s / spoken_s) if spoken_s else float(told),
        text_staff=_share(staff_turns, lambda t: t.words.missing is None),
        text_citizen=_share(citizen_turns, lambda t: t.words.missing is None),
        sentiment=_share(citizen_turns, lambda t: t.words.polarity is not None),
        overlap=_r(audio) if told else 0.0,
        raised_voice_staff=_share(staff_turns, lambda t: t.loudness.has_baseline),
        raised_voice_citizen=_share(citizen_turns, lambda t: t.loudness.has_baseline),
        presence=_r(both),
        missing=tuple(sorted(missing)),
    )


def _wire_turn(turn: ReadTurn, zero_s: float) -> Turn:
    words = turn.words
    citizen = turn.role is Role.CITIZEN
    speech_s = turn.speech_s
    sentiment = None
    if citizen and words.polarity is not None and words.polarity_confidence is not None:
        sentiment = Sentiment(polarity=words.polarity, confidence=words.polarity_confidence)
    above = turn.loudness.above_baseline_db
    return Turn(
        role=turn.role,
        role_confidence=_r(turn.role_confidence),
        start_s=_r(turn.start_s),
        duration_s=_r(turn.end_s - turn.start_s),
        speech_s=_r(speech_s),
        continued=turn.continued,
        syllables=words.syllables,
        syllables_per_minute=_rate(words.syllables, speech_s),
        loudness_dbfs=_r(turn.loudness.dbfs),
        loudness_above_baseline_db=None if above is None else _r(above),
        asr_confidence=None if words.confidence is None else _r(words.confidence),
        language=words.language,
        backchannel=words.backchannel,
        sentiment=sentiment,
        hits=tuple(
            Hit(
                category=h.category,
                offset_s=_r(max(0.0, h.at_s - zero_s)),
                confidence=_r(h.confidence),
            )
            for h in words.hits[:32]
            if turn.role is not Role.UNKNOWN or h.category in ROLE_NEUTRAL
        ),
    )


def _presence_spans(citizen: Sequence[Stretch], staff: Sequence[Stretch]) -> list[Span]:
    spans = []
    for zone, role, kind in (
        (citizen, Role.CITIZEN, SpanKind.CITIZEN_PRESENT),
        (staff, Role.STAFF, SpanKind.STAFF_PRESENT),
    ):
        for stretch in zone:
            if stretch.state is Presence.PRESENT:
                spans.append(_span(kind, stretch.start_s, stretch.end_s, role))
            elif stretch.state is Presence.UNKNOWN:
                spans.append(_span(SpanKind.PRESENCE_UNKNOWN, stretch.start_s, stretch.end_s, role))
    return spans


def _offset(stretch: Stretch, zero_s: float) -> Stretch:
    return Stretch(stretch.start_s - zero_s, stretch.end_s - zero_s, stretch.state)


def _without(
    start_s: float, end_s: float, away: Sequence[Stretch]
) -> Iterable[tuple[float, float]]:
    """What is left of the interval outside the stretches."""
    for stretch in away:
        if stretch.end_s <= start_s or stretch.start_s >= end_s:
            continue
        if stretch.start_s > start_s:
            yield start_s, stretch.start_s
        start_s = max(start_s, stretch.end_s)
    if start_s < end_s:
        yield start_s, end_s


def _known_both(one: Sequence[Stretch], other: Sequence[Stretch]) -> float:
    """Seconds in which the state of both zones is known."""
    return sum(
        max(0.0, min(c.end_s, s.end_s) - max(c.start_s, s.start_s))
        for c in one
        for s in other
        if Presence.UNKNOWN not in (c.state, s.state)
    )


def _seen_s(zone: Sequence[Stretch], state: Presence) -> float | None:
    if all(s.state is Presence.UNKNOWN for s in zone):
        return None
    return _r(sum(s.end_s - s.start_s for s in zone if s.state is state))


def _talk_s(turns: Sequence[ReadTurn], role: Role) -> float:
    return _r(sum(t.speech_s for t in turns if t.role is role))


def _raised_s(turns: Sequence[ReadTurn], raised: Sequence[Span], role: Role) -> float | None:
    """None, not 0, where no turn of this role had a baseline to be held against."""
    if not any(t.role is role and t.loudness.has_baseline for t in turns):
        return None
    return _r(sum(s.duration_s for s in raised if s.role is role))


def _pace(turns: Sequence[ReadTurn], role: Role) -> float | None:
    read = [t for t in turns if t.role is role and t.words.syllables is not None]
    return _rate(sum(t.words.syllables or 0 for t in read), sum(t.speech_s for t in read))


def _rate(syllables: int | None, speech_s: float) -> float | None:
    if syllables is None or speech_s < 0.2:
        return None
    return _r(min(3000.0, syllables * 60 / speech_s))


def _by_role(told: bool, value: Callable[[Role], float]) -> ByRole:  # noqa: FBT001
    return ByRole(staff=value(Role.STAFF), citizen=value(Role.CITIZEN)) if told else ByRole()


def _share(turns: Sequence[ReadTurn], valid: Callable[[ReadTurn], bool]) -> float:
    total = sum(t.speech_s for t in turns)
    return _r(sum(t.speech_s for t in turns if valid(t)) / total) if total else 0.0


def _weighted(values: Sequence[tuple[float, float]]) -> float:
    total = sum(weight for _, weight in values)
    return _r(sum(v * w for v, w in values) / total) if total else 0.0


def _span(kind: SpanKind, start_s: float, end_s: float, role: Role | None = None) -> Span:
    return Span(kind=kind, role=role, start_s=_r(start_s), duration_s=_r(end_s - start_s))


def _total(spans: Sequence[Span]) -> float:
    return sum(s.duration_s for s in spans)


def _r(value: float) -> float:
    """Hundredths: finer than any of these is measured, and short on the wire."""
    return round(value, 2)
