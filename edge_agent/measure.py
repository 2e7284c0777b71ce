"""interaction -> measurements: the formulas of the design, as a pure function.

Formulas of stretches stand in spans.py, those of coverage in coverage.py, the others here.
All times here are offsets from the interaction's start, in seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from edge_agent.coverage import HALVES_FROM_TURNS, Seen, cover
from edge_agent.interaction import Closed
from edge_agent.read_turn import ReadTurn, in_order, whole
from edge_agent.sound_health import SoundQuality
from edge_agent.spans import (
    DEAD_AIR_S,
    find_dead_air,
    find_interruptions,
    find_overlaps,
    find_raised,
    find_unattended,
    hundredths,
    presence_spans,
    total_s,
)
from edge_agent.wire_turn import syllable_rate, wire_turn
from edge_agent.zone_history import Presence, Stretch
from schemas.interaction import ByRole, Coverage, Measurements, SentimentSummary, Span, Turn
from schemas.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Measured:
    turns: tuple[Turn, ...]
    spans: tuple[Span, ...]
    measurements: Measurements
    coverage: Coverage


def measure(
    stay: Closed,
    turns: Sequence[ReadTurn],
    *,
    channels: int,
    snr_db: ByRole,
    sound: SoundQuality,
    has_video: bool,
) -> Measured:
    """`sound` in media time. A figure that could not be taken is None, never 0."""
    turns = in_order(turns)
    seen = Seen(
        length_s=stay.end_s - stay.start_s,
        citizen=tuple(_offset(s, stay.start_s) for s in stay.citizen),
        staff=tuple(_offset(s, stay.start_s) for s in stay.staff),
        sound=sound,
        tells_roles=channels == 2,
        has_video=has_video,
    )
    coverage = cover(turns, seen)
    spoken = whole(turns)
    heard = seen.tells_roles and sound.coverage > 0
    unheard = [(low - stay.start_s, high - stay.start_s) for low, high in sound.unheard]
    interruptions = find_interruptions(spoken) if heard else []
    # With one channel nobody knows whether staff explained the wait.
    dead_air = find_dead_air(spoken, seen.citizen, unheard, seen.length_s) if heard else []
    overlaps = find_overlaps(turns) if heard else []
    raised = find_raised(turns, stay.start_s)
    unattended = find_unattended(seen.citizen, seen.staff)
    spans = [*interruptions, *dead_air, *overlaps, *raised, *unattended]
    spans += presence_spans(seen.citizen, seen.staff)
    return Measured(
        turns=tuple(wire_turn(t, stay.start_s) for t in turns),
        spans=tuple(sorted(spans, key=lambda s: (s.start_s, s.kind, s.role or "", s.duration_s))),
        measurements=Measurements(
            handling_s=hundredths(seen.length_s),
            talk_time_s=ByRole(
                staff=_talk_s(turns, Role.STAFF) if heard and sound.by_channel[0] else None,
                citizen=_talk_s(turns, Role.CITIZEN) if heard and sound.by_channel[1] else None,
            ),
            unknown_talk_time_s=_talk_s(turns, Role.UNKNOWN),
            overlap_s=total_s(overlaps) if heard else None,
            dead_air_s=total_s(dead_air) if heard else None,
            longest_dead_air_s=_longest_s(dead_air) if heard else None,
            dead_air_threshold_s=DEAD_AIR_S,
            response_gap_s=response_gap_s(spoken, seen.staff) if heard else None,
            interruptions=_count(interruptions) if heard else ByRole(),
            raised_voice_s=ByRole(
                staff=_raised_s(turns, raised, Role.STAFF),
                citizen=_raised_s(turns, raised, Role.CITIZEN),
            ),
            syllables_per_minute=ByRole(
                staff=_pace(turns, Role.STAFF), citizen=_pace(turns, Role.CITIZEN)
            ),
            sentiment=summarise_sentiment(turns),
            citizen_present_s=_present_s(seen.citizen),
            staff_present_s=_present_s(seen.staff),
            unattended_s=total_s(unattended) if coverage.presence else None,
            longest_unattended_s=_longest_s(unattended) if coverage.presence else None,
            snr_db=snr_db,
        ),
        coverage=coverage,
    )


def response_gap_s(turns: Sequence[ReadTurn], staff: Sequence[Stretch]) -> float | None:
    """Median over citizen's turns of which the next turn is staff's: its start less their end,
    negative where it overlaps; left out where staff was absent in the gap. A "dạ" put into
    the citizen's turn is no answer to it, and no turn to wait for.
    """
    away = [s for s in staff if s.state is Presence.ABSENT]
    gaps = []
    for index, turn in enumerate(turns):
        if turn.role is not Role.CITIZEN:
            continue
        later = (turns[i] for i in range(index + 1, len(turns)))
        following = next(
            (t for t in later if not (t.words.backchannel and t.end_s <= turn.end_s)), None
        )
        if following is None or following.role is not Role.STAFF:
            continue
        low, high = sorted((turn.end_s, following.start_s))
        if not any(s.start_s < high and s.end_s > low for s in away):
            gaps.append(following.start_s - turn.end_s)
    return hundredths(max(-30.0, min(3600.0, median(gaps)))) if gaps else None


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


def _offset(stretch: Stretch, zero_s: float) -> Stretch:
    return Stretch(stretch.start_s - zero_s, stretch.end_s - zero_s, stretch.state)


def _present_s(zone: Sequence[Stretch]) -> float | None:
    if all(s.state is Presence.UNKNOWN for s in zone):
        return None
    return hundredths(sum(s.end_s - s.start_s for s in zone if s.state is Presence.PRESENT))


def _talk_s(turns: Sequence[ReadTurn], role: Role) -> float:
    return hundredths(sum(t.speech_s for t in turns if t.role is role))


def _longest_s(spans: Sequence[Span]) -> float:
    return max((s.duration_s for s in spans), default=0.0)


def _count(interruptions: Sequence[Span]) -> ByRole:
    return ByRole(
        staff=sum(s.role is Role.STAFF for s in interruptions),
        citizen=sum(s.role is Role.CITIZEN for s in interruptions),
    )


def _raised_s(turns: Sequence[ReadTurn], raised: Sequence[Span], role: Role) -> float | None:
    """None, not 0, where no turn of this role had a baseline to be held against."""
    if not any(t.role is role and t.loudness.has_baseline for t in turns):
        return None
    return total_s(s for s in raised if s.role is role)


def _pace(turns: Sequence[ReadTurn], role: Role) -> float | None:
    read = [t for t in turns if t.role is role and t.words.syllables is not None]
    return syllable_rate(sum(t.words.syllables or 0 for t in read), sum(t.speech_s for t in read))


def _weighted(values: Sequence[tuple[float, float]]) -> float:
    total = sum(weight for _, weight in values)
    mean = sum(v * w for v, w in values) / total if total else 0.0
    return hundredths(max(-1.0, min(1.0, mean)))
