"""What a perfect agent would measure, from the clean voices' own edges.

The definitions of the measurements stand here a second time on purpose: the agent's
arithmetic is held against another's, and its hearing against edges that no voice detector
drew. All times are media time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from benchmarks.accuracy.conversation import OTHER, ROLES, Conversation, Stay, Utterance
from benchmarks.accuracy.edges import Interval, runs
from benchmarks.accuracy.phrases import Kind
from edge_agent.words import count_syllables
from schemas.vocabulary import Role

PAUSE_S = 0.8
DEAD_AIR_S = 5.0
BASELINE_S = 60.0


@dataclass(frozen=True, slots=True)
class TrueTurn:
    role: Role
    voiced: tuple[Interval, ...]
    kinds: tuple[Kind, ...]
    syllables: int

    @property
    def start_s(self) -> float:
        return self.voiced[0][0]

    @property
    def end_s(self) -> float:
        return self.voiced[-1][1]

    @property
    def speech_s(self) -> float:
        return length(self.voiced)

    @property
    def backchannel(self) -> bool:
        return all(kind is Kind.BACKCHANNEL for kind in self.kinds)


@dataclass(frozen=True, slots=True)
class TrueStay:
    start_s: float
    end_s: float
    turns: tuple[TrueTurn, ...]
    interruptions: tuple[tuple[Role, Interval], ...]
    dead_air: tuple[Interval, ...]
    overlaps: tuple[Interval, ...]
    raised: tuple[tuple[Role, Interval], ...]
    response_gap_s: float | None
    staff_absent_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s

    def talk_s(self, role: Role) -> float:
        return sum(turn.speech_s for turn in self.turns if turn.role is role)

    def pace(self, role: Role) -> float | None:
        spoken_s = self.talk_s(role)
        count = sum(turn.syllables for turn in self.turns if turn.role is role)
        return 60 * count / spoken_s if spoken_s else None


def truth(conversation: Conversation) -> list[TrueStay]:
    by_role = {
        role: [u for u in conversation.said if u.role is role and not _outside(u, conversation)]
        for role in ROLES
    }
    turns = sorted(
        (turn for said in by_role.values() for turn in turns_of(said)), key=lambda t: t.start_s
    )
    return [_stay(stay, turns, conversation) for stay in conversation.stays]


def turns_of(said: Sequence[Utterance]) -> list[TrueTurn]:
    """One role's utterances in order -> turns, ended by a pause of 0.8 s."""
    found: list[TrueTurn] = []
    for one in said:
        voiced = tuple(
            (round(one.start_s + low, 2), round(one.start_s + high, 2))
            for low, high in runs(one.clip.samples)
        )
        syllables = count_syllables(one.clip.text, one.clip.language)
        turn = TrueTurn(one.role, voiced, (one.clip.kind,), syllables)
        if found and round(turn.start_s - found[-1].end_s, 3) < PAUSE_S:
            last = found.pop()
            turn = TrueTurn(
                one.role, last.voiced + voiced, last.kinds + turn.kinds, last.syllables + syllables
            )
        found.append(turn)
    return found


def _outside(one: Utterance, conversation: Conversation) -> bool:
    return not any(stay.start_s <= one.start_s < stay.end_s for stay in conversation.stays)


def _stay(stay: Stay, turns: Sequence[TrueTurn], conversation: Conversation) -> TrueStay:
    own = [t for t in turns if stay.start_s <= t.start_s < stay.end_s]
    # With sound alone nobody sees a citizen who does not speak: the stay is the talk.
    start_s = stay.start_s if conversation.video else own[0].start_s
    end_s = stay.end_s if conversation.video else max(t.end_s for t in own)
    return TrueStay(
        start_s=start_s,
        end_s=end_s,
        turns=tuple(own),
        interruptions=tuple(interruptions(own)),
        dead_air=tuple(dead_air(own, start_s, end_s)),
        overlaps=tuple(overlaps(own)),
        raised=tuple(_raised(stay, turns, conversation)),
        response_gap_s=response_gap_s(own, stay.staff_absent),
        staff_absent_s=length(stay.staff_absent),
    )


def interruptions(turns: Sequence[TrueTurn]) -> Iterable[tuple[Role, Interval]]:
    """A has spoken for 1 s, is not within its last 0.3 s, stops within 1.5 s; B holds the
    floor for 1 s. Neither is a backchannel.
    """
    for b in turns:
        for a in turns:
            if a.role is not OTHER[b.role] or a.backchannel or b.backchannel:
                continue
            over_s = round(a.end_s - b.start_s, 3)
            if (
                round(b.start_s - a.start_s, 3) >= 1.0
                and 0.3 < over_s <= 1.5
                and round(b.end_s - a.end_s, 3) >= 1.0
            ):
                yield b.role, (b.start_s, a.end_s)


def dead_air(turns: Sequence[TrueTurn], start_s: float, end_s: float) -> Iterable[Interval]:
    """Nobody speaks for more than 5 s, and staff's last words before did not explain it."""
    voiced = joined(v for turn in turns for v in turn.voiced)
    bounds = [(start_s, start_s), *voiced, (end_s, end_s)]
    for (_, low), (high, _) in pairwise(bounds):
        if round(high - low, 3) <= DEAD_AIR_S:
            continue
        staff = [t for t in turns if t.role is Role.STAFF and t.start_s < low]
        if not staff or Kind.EXPLAINS_WAIT not in staff[-1].kinds:
            yield low, high


def overlaps(turns: Sequence[TrueTurn]) -> Iterable[Interval]:
    staff, citizen = ([v for t in turns if t.role is r for v in t.voiced] for r in ROLES)
    for a in staff:
        for b in citizen:
            if (low := max(a[0], b[0])) < (high := min(a[1], b[1])):
                yield low, high


def response_gap_s(turns: Sequence[TrueTurn], away: Sequence[Interval]) -> float | None:
    gaps = []
    for index, turn in enumerate(turns):
        if turn.role is not Role.CITIZEN:
            continue
        later = [t for t in turns[index + 1 :] if not (t.backchannel and t.end_s <= turn.end_s)]
        if not later or later[0].role is not Role.STAFF:
            continue
        low, high = sorted((turn.end_s, later[0].start_s))
        if not any(start_s < high and end_s > low for start_s, end_s in away):
            gaps.append(later[0].start_s - turn.end_s)
    return median(gaps) if gaps else None


def _raised(
    stay: Stay, turns: Sequence[TrueTurn], conversation: Conversation
) -> Iterable[tuple[Role, Interval]]:
    """Those with a minute of their channel's speech before them; staff's not where they asked
    whether they were heard.
    """
    said = [u for u in conversation.said if stay.start_s <= u.start_s < stay.end_s]
    helped = any(u.clip.kind is Kind.HEARING_HELP for u in said)
    for one in said:
        before_s = sum(t.speech_s for t in turns if t.role is one.role and t.end_s < one.start_s)
        if not one.raised or before_s < BASELINE_S or (helped and one.role is Role.STAFF):
            continue
        yield one.role, (one.start_s, one.end_s)


def joined(intervals: Iterable[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for low, high in sorted(intervals):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def length(intervals: Iterable[Interval]) -> float:
    return sum(high - low for low, high in intervals)
