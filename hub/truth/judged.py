"""Rules against what was ticked, one interaction at a time. Pure.

A rule that asks for words is asked again with the ticked words in the place of those that the
device heard: what it says then is the truth, so that it answers for what was misheard and for
nothing else. A rule whose moment a person can see is true where that moment was ticked.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.scoring.case import Case
from hub.scoring.facts import Facts, known_to_hold
from hub.scoring.flag import POSITIVE, fires
from hub.scoring.heard import LEAST_ROLE_CONFIDENCE
from hub.scoring.needs import read_by_rule
from hub.scoring.quantities import coverage_of
from hub.scoring.rules import Rule
from hub.truth.matching import TOLERANCE_S, Match, Outcome, Reason, Ticked, Watch
from hub.truth.watched import GROUPS, SEEN, Thing, things
from schemas.interaction import Hit, InteractionPayload, Turn
from schemas.vocabulary import Category, Role, SpanKind

_EVERY = things(GROUPS)
_SPANS = {SpanKind.MUTED: Reason.MUTED, SpanKind.WRITTEN: Reason.WRITTEN}


@dataclass(frozen=True, slots=True)
class Stay:
    """One stored interaction, with the versions of the rules that flagged it."""

    interaction: InteractionPayload
    facts: Facts
    flagged: Mapping[str, int]


def judge(
    stays: Sequence[Stay],
    ticks: Sequence[Ticked],
    watch: Watch,
    rules: Sequence[Rule],
    watched: Collection[Thing],
    tolerance_s: float = TOLERANCE_S,
) -> list[Match]:
    """One of each interaction and rule that was flagged, true or both."""
    asked = [rule for rule in rules if is_judged(rule, watched)]
    placed, lost = _placed(stays, ticks, timedelta(seconds=tolerance_s))
    found = []
    for stay, own in zip(stays, placed, strict=True):
        told = as_ticked(stay.interaction, own)
        moments = {tick.thing.name for tick in own if tick.thing.what == "rule"}
        for rule in asked:
            true = (
                rule.id in moments
                if rule.id in SEEN
                else fires(rule, Case(told, stay.facts, rule.cool_down_s))
            )
            if true or rule.id in stay.flagged:
                found.append(_match(rule, stay, watch, true=true))
    return found + _of_no_stay(lost, asked, watch, timedelta(seconds=tolerance_s))


def is_judged(rule: Rule, watched: Collection[Thing]) -> bool:
    """Whether this session can tell of the rule: its moment, or all the words that it asks for,
    are watched. Good moments are no flags; a live rule that ends with the interaction leaves none
    to compare with.
    """
    if rule.id in SEEN:
        return Thing("rule", rule.id, "none") in watched
    read = read_by_rule(rule)
    if not read or rule.kind == POSITIVE or "ended" in rule.blocked_by:
        return False
    for category in read:
        said = {one for one in _EVERY if one.what == "category" and one.name == category}
        own_side = {one for one in said if one.role == rule.role}
        if not said or not (own_side or said) <= set(watched):
            return False
    return True


def as_ticked(interaction: InteractionPayload, ticks: Sequence[Ticked]) -> InteractionPayload:
    """The interaction as it would be had each ticked phrase been heard, and no other."""
    turns = [turn.model_copy(update={"hits": ()}) for turn in interaction.turns]
    length_s = (interaction.ended_at - interaction.started_at).total_seconds()
    for tick in ticks:
        if tick.thing.what != "category":
            continue
        offset_s = (tick.at - interaction.started_at).total_seconds()
        offset_s = min(max(0.0, offset_s), length_s)
        hit = Hit(category=Category(tick.thing.name), offset_s=offset_s, confidence=1.0)
        role = Role(tick.thing.role)
        own = [n for n, turn in enumerate(turns) if _is_of(turn, role)]
        if own:
            place = min(own, key=lambda n: _apart_s(turns[n], offset_s))
            turns[place] = turns[place].model_copy(update={"hits": (*turns[place].hits, hit)})
        else:
            turns.append(_unheard(role, offset_s).model_copy(update={"hits": (hit,)}))
    turns.sort(key=lambda turn: turn.start_s)
    return interaction.model_copy(update={"turns": tuple(turns)})


def _placed(
    stays: Sequence[Stay], ticks: Sequence[Ticked], margin: timedelta
) -> tuple[list[list[Ticked]], list[Ticked]]:
    """The ticks of each stay, and those of none. A tick belongs to the nearest stay alone."""
    placed: list[list[Ticked]] = [[] for _ in stays]
    lost = []
    for tick in ticks:
        near = [(_away(stay.interaction, tick.at), number) for number, stay in enumerate(stays)]
        away, number = min(near, default=(margin * 2, -1))
        if away <= margin:
            placed[number].append(tick)
        else:
            lost.append(tick)
    return placed, lost


def _away(interaction: InteractionPayload, at: datetime) -> timedelta:
    return max(timedelta(), interaction.started_at - at, at - interaction.ended_at)


def _match(rule: Rule, stay: Stay, watch: Watch, *, true: bool) -> Match:
    version = stay.flagged.get(rule.id)
    thing = Thing("rule", rule.id, "none")
    reason = _why_not(rule, stay, watch)
    if reason is not None:
        return Match(thing, Outcome.LEFT_OUT, reason, version or rule.version)
    outcome = Outcome.MISSED if version is None else Outcome.FOUND if true else Outcome.FALSE_ALARM
    return Match(thing, outcome, None, version or rule.version)


def _why_not(rule: Rule, stay: Stay, watch: Watch) -> Reason | None:
    """Why nothing can be held against the rule here, nor for it."""
    one = stay.interaction
    if one.started_at < watch.from_at or one.ended_at > watch.to_at:
        return Reason.EDGE
    return _not_seen(rule, one) or (None if rule.id in stay.flagged else _silent(rule, stay))


def _not_seen(rule: Rule, one: InteractionPayload) -> Reason | None:
    for span in one.spans:
        if span.kind in _SPANS:
            return _SPANS[span.kind]
    for name, least in rule.coverage.items():
        if coverage_of(one, name) < least:
            return Reason.NOT_READ if name.startswith("text_") else Reason.NOT_MEASURED
    sent = one.coverage.categories_sent
    if sent is not None and not read_by_rule(rule) <= set(sent):
        return Reason.NOT_SENT
    return None


def _silent(rule: Rule, stay: Stay) -> Reason | None:
    """A rule that says nothing because it is not to, or cannot know."""
    one = stay.interaction
    if rule.zones and stay.facts.zone not in rule.zones:
        return Reason.BLOCKED
    for name in rule.blocked_by:
        blocked = (
            one.boundary_uncertain
            if name == "boundary_uncertain"
            else known_to_hold(name, stay.facts) is True
        )
        if blocked:
            return Reason.BLOCKED
    known = rule.when.holds(Case(one, stay.facts, rule.cool_down_s))
    return Reason.NOT_KNOWN if known is None else None


def _of_no_stay(
    ticks: Sequence[Ticked], rules: Sequence[Rule], watch: Watch, margin: timedelta
) -> list[Match]:
    """Moments where the device saw nobody at the counter."""
    versions = {rule.id: rule.version for rule in rules}
    found = []
    for tick in ticks:
        if tick.thing.what != "rule" or tick.thing.name not in versions:
            continue
        reason = watch.blind(tick.thing, tick.at)
        if reason is None and watch.near_edge(tick.thing, tick.at, margin):
            reason = Reason.EDGE
        outcome = Outcome.MISSED if reason is None else Outcome.LEFT_OUT
        found.append(Match(tick.thing, outcome, reason, versions[tick.thing.name]))
    return found


def _is_of(turn: Turn, role: Role) -> bool:
    return turn.role is role and turn.role_confidence >= LEAST_ROLE_CONFIDENCE


def _apart_s(turn: Turn, offset_s: float) -> float:
    return max(0.0, turn.start_s - offset_s, offset_s - turn.start_s - turn.duration_s)


def _unheard(role: Role, offset_s: float) -> Turn:
    """A turn that the device gave to nobody of this side."""
    return Turn(
        role=role,
        role_confidence=1.0,
        start_s=max(0.0, offset_s - 1.0),
        duration_s=2.0,
        speech_s=2.0,
        loudness_dbfs=-30.0,
    )
