"""What is said in a stay because of what is planted in it, or of what its dossier comes to."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.judge.day_plan import Planned
from benchmarks.judge.day_talk import Said, Speakers
from hub.scoring.facts import DossierStep
from schemas.vocabulary import Role

GIFT, HEARING = 0.01, 0.03
"""Share of stays in which a present is offered and refused, the clerk speaks up for somebody."""


@dataclass(frozen=True, slots=True)
class _Words:
    phrases: str
    role: Role
    times: tuple[int, ...]
    """As often as one of these."""
    loud: float = 0.0
    """Share that is said with a raised voice."""


_WORDS: Mapping[str, _Words] = {
    "may_tao": _Words("may_tao", Role.STAFF, (2, 3)),
    "abuse": _Words("abuse", Role.STAFF, (1, 2), loud=0.5),
    "abuse_loud": _Words("abuse", Role.STAFF, (2,), loud=1.0),
    "disrespect": _Words("disrespect", Role.STAFF, (2, 3)),
    "money": _Words("money", Role.STAFF, (1, 2)),
    "missing": _Words("missing", Role.STAFF, (1, 2)),
    "escalation": _Words("escalation", Role.CITIZEN, (1, 2), loud=0.5),
    "citizen_abuse": _Words("citizen_abuse", Role.CITIZEN, (1, 2), loud=0.5),
}


def planted_turns(plan: Planned, speakers: Speakers, chance: random.Random) -> list[Said]:
    words = _WORDS.get(plan.planted or "")
    if words is None:
        return []
    made = []
    for _ in range(words.times[0] if len(words.times) == 1 else chance.choice(words.times)):
        loud = words.loud == 1 or (words.loud > 0 and chance.random() < words.loud)
        made.append(_said(words.phrases, words.role, plan, speakers, loud=loud))
    # Of hints at money a third have their second sign in words, the others in facts.
    if plan.planted == "money" and plan.number % 3 == 2:
        made.append(_said("second_sign", Role.STAFF, plan, speakers))
    return made


def _said(
    phrases: str, role: Role, plan: Planned, speakers: Speakers, *, loud: bool = False
) -> Said:
    return Said(role, speakers.planted(phrases, plan.wording), loud, act="planted")


def ordinary_turns(
    step: DossierStep | None, speakers: Speakers, chance: random.Random
) -> list[Said]:
    """Papers that are missing come with their list; a present is turned away."""
    made: list[Said] = []
    if step is DossierStep.SUPPLEMENT_SLIP:
        made += [speakers.staff("missing"), speakers.staff("list_given")]
    if chance.random() < GIFT:
        made += [speakers.citizen("gift"), speakers.staff("refuse_gift")]
    if chance.random() < HEARING:
        made.append(speakers.staff("hearing"))
    return made
