"""Each packaged rule on interactions that must fire it and on innocent ones that must not."""

import dataclasses

import pytest

from hub.scoring.facts import Facts
from hub.scoring.flag import flags
from hub.scoring.rules import load_rules
from schemas.interaction import ByRole, InteractionPayload
from schemas.vocabulary import Language, Role, SpanKind, Zone
from tests.builders import coverage, hit, interaction_payload, measurements, span, turn

RULES = load_rules()
AT_INTAKE = Facts(zone=Zone.INTAKE)


@dataclasses.dataclass(frozen=True)
class Tried:
    name: str
    interaction: InteractionPayload
    facts: Facts = AT_INTAKE


def said(*words: str | tuple[str, float], role: Role = Role.STAFF, **overrides):
    """Phrases ten seconds apart, each (category, confidence), beside an ordinary greeting."""
    pairs = [(w, 0.9) if isinstance(w, str) else w for w in words]
    found = tuple(hit(w, 20.0 + 10 * n, c) for n, (w, c) in enumerate(pairs))
    return interaction_payload(
        **{
            "turns": (
                turn(hits=(hit("greeting"),)),
                turn(role=role, start_s=20.0, duration_s=8.0, hits=found),
            ),
            **overrides,
        }
    )


def raised(role: Role, at_s: float):
    return (span(SpanKind.RAISED_VOICE, role=role, start_s=at_s, duration_s=3.0),)


def seen(**overrides):
    return interaction_payload(measurements=measurements(**overrides))


def talk(*turns_, **overrides):
    return interaction_payload(turns=tuple(turns_), **overrides)


def silent_turns(count: int = 5, **overrides):
    return [turn(start_s=15.0 * n, **overrides) for n in range(count)]


DEAF = coverage(audio=0.1, text_staff=0.1, text_citizen=0.1)

FIRES: dict[str, list[Tried]] = {
    "abusive_language_staff": [
        Tried("one sure", said("abusive")),
        Tried("two unsure", said(("abusive", 0.6), ("abusive", 0.6))),
        Tried("two of disrespect", said(("disrespect", 0.75), ("disrespect", 0.75))),
        Tried("disrespect, loud", said(("disrespect", 0.75), spans=raised(Role.STAFF, 25.0))),
        Tried("an unsure one of each", said(("abusive", 0.6), ("disrespect", 0.75))),
    ],
    "abuse_by_citizen": [
        Tried("one sure", said("citizen_abuse", role=Role.CITIZEN)),
        Tried("two unsure", said(*[("citizen_abuse", 0.6)] * 2, role=Role.CITIZEN)),
        Tried(
            "unsure and loud",
            said(("citizen_abuse", 0.6), role=Role.CITIZEN, spans=raised(Role.CITIZEN, 22.0)),
        ),
        Tried("in an open interaction", said("citizen_abuse", role=Role.CITIZEN, open=True)),
    ],
    "may_tao_address": [
        Tried("twice", said(("may_tao", 0.75), ("may_tao", 0.75))),
        Tried("once and loud", said(("may_tao", 0.75), spans=raised(Role.STAFF, 28.0))),
    ],
    "escalation": [
        Tried("asked", said("escalation", role=Role.CITIZEN)),
        Tried("in an open interaction", said("escalation", role=Role.CITIZEN, open=True)),
    ],
    "money_hint": [
        Tried("off channel", said("money_hint", "off_channel")),
        Tried("broker", said("money_hint", "broker")),
        Tried("no receipt", said("money_hint"), Facts(zone=Zone.FEE, no_receipt=True)),
        Tried("no ticket", said("money_hint"), Facts(zone=Zone.INTAKE, no_ticket=True)),
    ],
    "citizen_unserved": [
        Tried("just 3 minutes", seen(longest_unattended_s=180.0)),
        Tried(
            "zone not known, camera half blind",
            interaction_payload(
                measurements=measurements(longest_unattended_s=240.0),
                coverage=coverage(presence=0.5),
            ),
            Facts(),
        ),
    ],
    "over_15_minutes": [
        Tried("intake", seen(handling_s=901.0)),
        Tried("result", seen(handling_s=1400.0), Facts(zone=Zone.RESULT)),
    ],
    "greeting_missing": [
        Tried("five turns", talk(*silent_turns())),
        Tried("polite but no greeting", talk(*silent_turns(4), turn(hits=(hit("thanks", 70.0),)))),
    ],
    "raised_voice_staff": [
        Tried("five seconds", seen(raised_voice_s=ByRole(staff=5.0, citizen=0.0))),
        Tried("citizen loud too", seen(raised_voice_s=ByRole(staff=9.0, citizen=9.0))),
    ],
    "interruptions_staff": [
        Tried("three in two minutes", seen(interruptions=ByRole(staff=3, citizen=0))),
        Tried("many", seen(interruptions=ByRole(staff=9, citizen=4))),
    ],
    "sent_away_without_list": [
        Tried("come back", said("come_back")),
        Tried("papers missing", said("document_missing")),
        Tried("sent elsewhere", said("redirect")),
        Tried("an explanation is no list", said("document_missing", "explanation")),
    ],
}

INNOCENT: dict[str, list[Tried]] = {
    "abusive_language_staff": [
        Tried("one unsure", said(("abusive", 0.7))),
        Tried("one disrespect", said("disrespect")),
        Tried("weak disrespect twice", said(("disrespect", 0.4), ("disrespect", 0.4))),
        Tried("disrespect, loud much later", said("disrespect", spans=raised(Role.STAFF, 90.0))),
        Tried("disrespect, the citizen loud", said("disrespect", spans=raised(Role.CITIZEN, 21.0))),
        Tried("by the citizen", said("abusive", role=Role.CITIZEN)),
        Tried("unsure who", talk(turn(role_confidence=0.5, hits=(hit("abusive"),)))),
        Tried("hardly anything was heard", said("abusive", coverage=DEAF)),
        Tried(
            "one outburst is one",
            talk(turn(hits=(hit("abusive", 5.0, 0.6), hit("abusive", 5.5, 0.6)))),
        ),
    ],
    "abuse_by_citizen": [
        Tried("one unsure", said(("citizen_abuse", 0.6), role=Role.CITIZEN)),
        Tried("a grievance", said("grievance", "negative", role=Role.CITIZEN)),
        Tried("by staff", said("abusive")),
        Tried("hardly anything was heard", said("citizen_abuse", role=Role.CITIZEN, coverage=DEAF)),
    ],
    "may_tao_address": [
        Tried("once", said("may_tao")),
        Tried("by the citizen", said("may_tao", "may_tao", role=Role.CITIZEN)),
        Tried(
            "mày and tao of one breath",
            talk(turn(hits=(hit("may_tao", 5.0), hit("may_tao", 5.8)))),
        ),
    ],
    "escalation": [
        Tried("a question", said("negative", role=Role.CITIZEN)),
        Tried("unsure words", said(("escalation", 0.5), role=Role.CITIZEN)),
        Tried("an open one without it", interaction_payload(open=True)),
    ],
    "money_hint": [
        Tried("alone", said("money_hint", "money_hint")),
        Tried("receipt issued", said("money_hint"), Facts(zone=Zone.FEE, no_receipt=False)),
        Tried("off channel alone", said("off_channel", "broker")),
        Tried("a gift refused", said("gift_refusal")),
        Tried("in an open interaction", said("money_hint", "off_channel", open=True)),
    ],
    "citizen_unserved": [
        Tried("shorter", seen(longest_unattended_s=179.0)),
        Tried("no camera", seen(longest_unattended_s=None, unattended_s=None)),
        Tried("paused", seen(longest_unattended_s=600.0), Facts(paused=True)),
        Tried(
            "camera mostly blind",
            interaction_payload(
                measurements=measurements(longest_unattended_s=240.0),
                coverage=coverage(presence=0.4),
            ),
        ),
    ],
    "over_15_minutes": [
        Tried("just 15", seen(handling_s=900.0)),
        Tried("advice", seen(handling_s=2000.0), Facts(zone=Zone.ADVICE)),
        Tried("zone not known", seen(handling_s=2000.0), Facts()),
        Tried(
            "two visits run together",
            interaction_payload(
                boundary_uncertain=True, measurements=measurements(handling_s=2000.0)
            ),
        ),
        Tried("overload", seen(handling_s=2000.0), Facts(zone=Zone.INTAKE, overload=True)),
    ],
    "greeting_missing": [
        Tried("greeted", interaction_payload(turns=(turn(hits=(hit("greeting"),)), *silent_turns()))),
        Tried("greeted, found without tones", said(("greeting", 0.4))),
        Tried("too little talk", talk(*silent_turns(3))),
        Tried("the opening was not read", talk(turn(syllables=None), *silent_turns())),
        Tried("the opening was in Khmer", talk(turn(language=Language.OTHER), *silent_turns())),
        Tried("an unknown voice opened", talk(turn(role=Role.UNKNOWN), *silent_turns())),
        Tried("poor transcripts", talk(*silent_turns(asr_confidence=0.5))),
        Tried("too little text", talk(*silent_turns(), coverage=coverage(text_staff=0.79))),
        Tried("half the sound was lost", talk(*silent_turns(), coverage=coverage(audio=0.5))),
    ],
    "raised_voice_staff": [
        Tried("short", seen(raised_voice_s=ByRole(staff=2.0, citizen=0.0))),
        Tried("no baseline", seen(raised_voice_s=ByRole())),
        Tried(
            "baseline of a few turns only",
            interaction_payload(
                measurements=measurements(raised_voice_s=ByRole(staff=9.0)),
                coverage=coverage(raised_voice_staff=0.3),
            ),
        ),
    ],
    "interruptions_staff": [
        Tried("two", seen(interruptions=ByRole(staff=2, citizen=6))),
        Tried("one channel", seen(interruptions=ByRole(), talk_time_s=ByRole())),
        Tried(
            "three in a long talk",
            seen(
                interruptions=ByRole(staff=3, citizen=0),
                talk_time_s=ByRole(staff=300.0, citizen=300.0),
            ),
        ),
    ],
    "sent_away_without_list": [
        Tried("with a list", said("document_missing", "document_list_given")),
        Tried("sent elsewhere and explained", said("redirect", "explanation")),
        Tried("slip printed", said("come_back"), Facts(zone=Zone.INTAKE, slip_given=True)),
        Tried("overload", said("come_back"), Facts(zone=Zone.INTAKE, overload=True)),
        Tried("system down", said("come_back"), Facts(zone=Zone.INTAKE, system_fault=True)),
        Tried("the list may be in what was not read", said("come_back", coverage=coverage(text_staff=0.7))),
        Tried("by the citizen", said("come_back", role=Role.CITIZEN)),
    ],
}  # fmt: skip


def raised_by(tried: Tried) -> set[str]:
    return {flag.rule_id for flag in flags(tried.interaction, tried.facts, RULES)}


def test_each_rule_has_cases_and_at_least_as_many_innocent_ones():
    assert {rule.id for rule in RULES} == FIRES.keys() == INNOCENT.keys()
    for rule_id, cases in FIRES.items():
        assert len(INNOCENT[rule_id]) >= len(cases) >= 2, rule_id


@pytest.mark.parametrize(
    ("rule_id", "tried"),
    [pytest.param(r, t, id=f"{r}: {t.name}") for r, cases in FIRES.items() for t in cases],
)
def test_fires(rule_id, tried):
    assert rule_id in raised_by(tried)


@pytest.mark.parametrize(
    ("rule_id", "tried"),
    [pytest.param(r, t, id=f"{r}: {t.name}") for r, cases in INNOCENT.items() for t in cases],
)
def test_innocent(rule_id, tried):
    assert rule_id not in raised_by(tried)


def test_an_ordinary_day_raises_nothing():
    assert raised_by(Tried("ordinary", interaction_payload())) == set()
