"""Flags and figures of a played scenario, and what of it is not as its file says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from hub.scoring.case_facts import read_facts
from hub.scoring.facts import Facts
from hub.scoring.flag import Flag, flags, good_moments
from hub.scoring.located import Located
from hub.scoring.rubrics import FIGURES, FigureName, rubric_for
from hub.scoring.rules import Rule, load_rules
from hub.scoring.score import Scores, score
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Zone
from tests.scenarios.play import Played, play
from tests.scenarios.script import Expected, Scenario, Script

_CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class Judged:
    scenario: Scenario
    stays: tuple[InteractionPayload, ...]
    raised: Mapping[str, Flag]
    """By rule, of all stays: while one goes on, and when it is over; good moments too."""
    raised_at_first: Mapping[str, Flag]
    """With what was known at first; empty where nothing came later."""
    scores: tuple[Scores, ...]
    wrong: tuple[str, ...] = field(default=())

    def figure(self, name: FigureName) -> float | None:
        values = [f.value for one in self.scores for f in one.figures if f.name == name]
        return values[0] if values else None


@cache
def rules() -> tuple[Rule, ...]:
    return load_rules()


def judge(scenario: Scenario) -> Judged:
    return judge_played(scenario, play(scenario.script))


def judge_played(scenario: Scenario, played: Played, expected: Expected | None = None) -> Judged:
    """`expected`: instead of the scenario's own, as of a voice that Whisper misreads."""
    stays = played.stays
    first: dict[str, Flag] = {}
    if scenario.later is not None:
        first = _raised(stays, scenario.facts)
    known = scenario.facts if scenario.later is None else scenario.later
    raised = _raised(stays, known)
    scores = tuple(
        score(one, facts, rubric_for(facts.zone or Zone.INTAKE))
        for one in stays
        for facts in [_facts(known, one)]
    )
    judged = Judged(scenario, stays, raised, first, scores)
    wrong = list(_counted(scenario, stays))
    wrong += _unlike(expected or scenario.expected, raised)
    if scenario.at_first is not None:
        wrong += [f"at first: {said}" for said in _unlike(scenario.at_first, first)]
    if expected is None:
        wrong += _out_of_bounds(judged)
    return Judged(scenario, stays, raised, first, scores, tuple(wrong))


def compare(judged: Sequence[Judged]) -> list[str]:
    """Figures that stand to another scenario's as they should not."""
    by_name = {one.scenario.name: one for one in judged}
    wrong = []
    for one in judged:
        if one.scenario.compare is None:
            continue
        other_name, signs = one.scenario.compare
        for name, sign in signs:
            own, other = one.figure(name), by_name[other_name].figure(name)
            if own is None or other is None:
                wrong.append(f"{one.scenario}: {name} of this or of {other_name!r} is not there")
            elif _stands(own, sign, other) and name in one.scenario.expected.known_wrong:
                wrong.append(f"{one.scenario}: {name} is as it should be: out of known_wrong")
            elif not _stands(own, sign, other) and name not in one.scenario.expected.known_wrong:
                wrong.append(
                    f"{one.scenario}: {name} is {own:.1f}, expected {sign} than {other:.1f} of "
                    f"{other_name!r}"
                )
    return wrong


def _stands(own: float, sign: str, other: float) -> bool:
    match sign:
        case "lower":
            return own < other - _CLOSE
        case "not_lower":
            return own >= other - _CLOSE
        case "higher":
            return own > other + _CLOSE
    return own <= other + _CLOSE


def _facts(known: Mapping[str, Located], stay: InteractionPayload) -> Facts:
    return read_facts(known, stay)


def _raised(stays: Iterable[InteractionPayload], known: Mapping[str, Located]) -> dict[str, Flag]:
    found: dict[str, Flag] = {}
    for stay in stays:
        facts = _facts(known, stay)
        going_on = stay.model_copy(update={"open": True})
        for flag in (
            *flags(going_on, facts, rules()),
            *flags(stay, facts, rules()),
            *good_moments(stay, facts, rules()),
        ):
            found[flag.rule_id] = flag
    return found


def _counted(scenario: Scenario, stays: Sequence[InteractionPayload]) -> Iterable[str]:
    if len(stays) != scenario.stays:
        yield f"got {len(stays)} stay(s), expected {scenario.stays}"


def _unlike(expected: Expected, raised: Mapping[str, Flag]) -> Iterable[str]:
    known = expected.known_wrong
    missed = expected.expect - raised.keys()
    false = raised.keys() - expected.expect - expected.may
    for rule in sorted(missed - known.keys()):
        yield f"{rule} was not raised, expected it"
    for rule in sorted(false - known.keys()):
        word = "is forbidden here" if rule in expected.forbid else "was not expected"
        yield f"{rule} was raised, it {word}"
    for rule in sorted(known.keys() - missed - false - set(FIGURES)):
        yield f"{rule} is as it should be: take it out of known_wrong"


def _out_of_bounds(judged: Judged) -> Iterable[str]:
    for name, bound, points in judged.scenario.bounds:
        value = judged.figure(name)
        if points is None:
            if value is not None:
                yield f"{name} is {value:.1f}, expected none: not enough was measured"
        elif value is None:
            yield f"{name} is none, expected {bound} {points:g}"
        elif value < points if bound == "at_least" else value > points:
            yield f"{name} is {value:.1f}, expected {bound} {points:g}"


def media_s(judged: Iterable[Judged]) -> float:
    """Of all scripts that were played, each once."""
    scripts: dict[Script, float] = {}
    for one in judged:
        scripts[one.scenario.script] = play(one.scenario.script).media_s
    return sum(scripts.values())
