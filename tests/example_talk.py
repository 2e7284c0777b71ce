"""The worked example of docs/score.md and docs/score.vi.md: one visit to an intake counter."""

from hub.scoring.facts import Facts
from schemas.interaction import ByRole, InteractionPayload, SentimentSummary
from schemas.vocabulary import Role, Zone
from tests.builders import coverage, hit, interaction_payload, measurements, turn

FACTS = Facts(zone=Zone.INTAKE)


def example() -> InteractionPayload:
    """14 minutes; greeted, explained once, no closing; one interruption; two microphones, of which
    nine tenths of the clerk's words were read; no ticket and no dossier known.
    """
    return interaction_payload(
        turns=(
            turn(hits=(hit("greeting"), hit("explanation", 40.0)), asr_confidence=0.8),
            turn(role=Role.CITIZEN, start_s=6.0, hits=(hit("positive", 800.0),)),
        ),
        measurements=measurements(
            handling_s=840.0,
            talk_time_s=ByRole(staff=100.0, citizen=80.0),
            dead_air_s=126.0,
            interruptions=ByRole(staff=1, citizen=0),
            sentiment=SentimentSummary(mean=0.1, second_half=0.25, turns=12),
            citizen_present_s=840.0,
            staff_present_s=756.0,
            unattended_s=84.0,
        ),
        coverage=coverage(text_staff=0.9, presence=0.8),
    )
