"""What of an interaction is evidence by itself: stretches with a beginning and a length.

Each formula of the design stands in a function of its own. Times are offsets from the
interaction's start, in seconds; turns come as `read_turn.whole` gives them, in order.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from edge_agent.loudness import RAISED_MIN_S
from edge_agent.read_turn import ReadTurn
from edge_agent.segment import LEVEL_S
from edge_agent.zone_history import Presence, Stretch
from schemas.interaction import Span
from schemas.vocabulary import Category, Role, SpanKind

DEAD_AIR_S = 5.0
_INTERRUPT_AFTER_S = 1.0
_YIELD_S = 1.5
_FLOOR_S = 1.0
_TURN_END_S = 0.3
_YES_AT_MOST_S = 1.0
"""Put into the citizen's turn and not understood, so short a turn is a "dạ" and explains
nothing."""
_BACKCHANNEL_AT_MOST_S = 3.0
"""Nobody says "dạ vâng" for longer: an unread turn may be such words up to here."""

Interval = tuple[float, float]


def hundredths(value: float) -> float:
    """Finer than any of these is measured, and short on the wire."""
    return round(value, 2)


def total_s(spans: Iterable[Span]) -> float:
    return hundredths(sum(s.duration_s for s in spans))


def find_interruptions(turns: Sequence[ReadTurn]) -> list[Span]:
    """By B: A's turn has lasted 1 s or more, B starts and A stops within 1.5 s, B holds the
    floor 1 s or more, and B's start is not within A's last 0.3 s. Turns of backchannels alone
    never count, nor do unread ones that may be no more than that.
    """
    by_role = {role: [t for t in turns if t.role is role] for role in (Role.STAFF, Role.CITIZEN)}
    starts = {role: [t.start_s for t in found] for role, found in by_role.items()}
    spans = []
    for b in turns:
        if b.role is Role.UNKNOWN or _maybe_backchannel(b):
            continue
        other = Role.STAFF if b.role is Role.CITIZEN else Role.CITIZEN
        # One role's turns follow one another, so only its last one can still be going on.
        before = bisect_left(starts[other], b.start_s)
        if before and _interrupts(by_role[other][before - 1], b):
            a_end_s = by_role[other][before - 1].end_s
            spans.append(_span(SpanKind.INTERRUPTION, b.start_s, a_end_s, b.role))
    return spans


def _interrupts(a: ReadTurn, b: ReadTurn) -> bool:
    # Milliseconds, so that a limit is the same wherever in the day it falls.
    before_s = round(b.start_s - a.start_s, 3)
    over_s = round(a.end_s - b.start_s, 3)
    after_s = round(b.end_s - a.end_s, 3)
    return (
        not a.words.backchannel
        and before_s >= _INTERRUPT_AFTER_S
        and _TURN_END_S < over_s <= _YIELD_S
        and after_s >= _FLOOR_S
    )


def _maybe_backchannel(turn: ReadTurn) -> bool:
    unread = turn.words.missing is not None and turn.speech_s <= _BACKCHANNEL_AT_MOST_S
    return turn.words.backchannel or unread


def find_dead_air(
    turns: Sequence[ReadTurn],
    citizen: Sequence[Stretch],
    unheard: Sequence[Interval],
    length_s: float,
) -> list[Span]:
    """Silences over 5 s with the citizen present (where the zone is not seen, the stay itself
    is the presence), less those after an explained wait. A silence after words of staff that
    could not be read is not counted: they may have explained it. Nor is one in which a
    microphone was dead.
    """
    voiced = sorted(span for turn in turns for span in turn.voiced)
    staff = _with_last_words(turns)
    starts = [t.start_s for t in staff]
    gone = [(s.start_s, s.end_s) for s in citizen if s.state is Presence.ABSENT]
    left_out = sorted([*gone, *unheard])
    spans = []
    heard_until = 0.0
    for start_s, end_s in [*voiced, (length_s, length_s)]:
        last = bisect_left(starts, heard_until)
        excused = last > 0 and _may_explain(staff[last - 1])
        if _over(start_s - heard_until) and not excused:
            spans += [
                _span(SpanKind.DEAD_AIR, low, high)
                for low, high in _without(heard_until, min(start_s, length_s), left_out)
                if _over(high - low)
            ]
        heard_until = max(heard_until, end_s)
    return spans


def _over(silence_s: float) -> bool:
    return round(silence_s, 3) > DEAD_AIR_S


def _with_last_words(turns: Sequence[ReadTurn]) -> list[ReadTurn]:
    """Staff's turns but for a "dạ" put into the citizen's turn, or what is as short and was not
    understood: such is no explanation and takes none back.
    """
    found = []
    citizen_until_s = float("-inf")
    for turn in turns:
        if turn.role is Role.CITIZEN:
            citizen_until_s = max(citizen_until_s, turn.end_s)
        elif turn.role is Role.STAFF:
            unread = turn.words.missing is not None and turn.speech_s <= _YES_AT_MOST_S
            put_in = turn.end_s <= citizen_until_s
            if not (put_in and (unread or turn.words.backchannel)):
                found.append(turn)
    return found


def _may_explain(turn: ReadTurn) -> bool:
    words = turn.words
    return words.missing is not None or any(
        h.category is Category.EXPLAINS_WAIT for h in words.hits
    )


def _without(start_s: float, end_s: float, left_out: Sequence[Interval]) -> Iterable[Interval]:
    """What remains of the interval outside the others, which come in order."""
    for low_s, high_s in left_out:
        if high_s <= start_s or low_s >= end_s:
            continue
        if low_s > start_s:
            yield start_s, low_s
        start_s = max(start_s, high_s)
    if start_s < end_s:
        yield start_s, end_s


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
    """12 dB or more above the baseline for 1 s or more. Staff who asked whether they are heard
    well speak up for the citizen, not at them. `zero_s`: the interaction's start.
    """
    helped = any(
        h.category is Category.HEARING_HELP
        for t in turns
        if t.role is Role.STAFF
        for h in t.words.hits
    )
    return [
        _span(SpanKind.RAISED_VOICE, low, high, turn.role)
        for turn in turns
        if turn.role is not Role.UNKNOWN and not (helped and turn.role is Role.STAFF)
        for start_s, end_s in turn.loudness.raised
        # Level frames stick out a little; a turn that the stay's edge cut was measured whole.
        if (high := min(end_s - zero_s, turn.end_s)) - (low := max(start_s - zero_s, turn.start_s))
        >= RAISED_MIN_S - LEVEL_S
    ]


def find_overlaps(turns: Sequence[ReadTurn]) -> list[Span]:
    """Both roles' voices at once, from the voiced parts alone."""
    staff = sorted(v for t in turns if t.role is Role.STAFF for v in t.voiced)
    citizen = sorted(v for t in turns if t.role is Role.CITIZEN for v in t.voiced)
    spans = []
    one = two = 0
    while one < len(staff) and two < len(citizen):
        low = max(staff[one][0], citizen[two][0])
        high = min(staff[one][1], citizen[two][1])
        if low < high:
            spans.append(_span(SpanKind.OVERLAP, low, high))
        if staff[one][1] <= citizen[two][1]:
            one += 1
        else:
            two += 1
    return spans


def presence_spans(citizen: Sequence[Stretch], staff: Sequence[Stretch]) -> list[Span]:
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


def _span(kind: SpanKind, start_s: float, end_s: float, role: Role | None = None) -> Span:
    """Both ends rounded, so that no span reaches over the stay's own rounded end."""
    start_s, end_s = hundredths(start_s), hundredths(end_s)
    return Span(kind=kind, role=role, start_s=start_s, duration_s=hundredths(end_s - start_s))
