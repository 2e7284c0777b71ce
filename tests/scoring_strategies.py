"""Interactions and facts of every kind, for what must hold of all of them."""

from hypothesis import strategies as st

from hub.scoring.facts import Facts
from schemas.interaction import ByRole, Coverage, InteractionPayload, SentimentSummary, Turn
from schemas.vocabulary import Category, Role, Zone
from tests.builders import SHARES, hit, interaction_payload, measurements, span, turn

SHARE = st.floats(0, 1)
NAMES = SHARES
STAFF_WORDS = st.sampled_from(
    [
        Category.GREETING,
        Category.THANKS,
        Category.APOLOGY,
        Category.EXPLANATION,
        Category.CLOSING,
        Category.ABUSIVE,
        Category.DISRESPECT,
        Category.MAY_TAO,
        Category.COME_BACK,
        Category.DOCUMENT_MISSING,
        Category.DOCUMENT_LIST_GIVEN,
        Category.REDIRECT,
    ]
)
CITIZEN_WORDS = st.sampled_from(
    [Category.POSITIVE, Category.NEGATIVE, Category.CITIZEN_ABUSE, Category.GRIEVANCE]
)


@st.composite
def turns(draw: st.DrawFn) -> tuple[Turn, ...]:
    made = []
    for number in range(draw(st.integers(1, 6))):
        role = draw(st.sampled_from([Role.STAFF, Role.CITIZEN]))
        words = draw(st.lists(STAFF_WORDS if role is Role.STAFF else CITIZEN_WORDS, max_size=2))
        made.append(
            turn(
                role=role,
                start_s=10.0 * number,
                asr_confidence=draw(st.floats(0.4, 1)),
                hits=tuple(hit(word, 10.0 * number, draw(st.floats(0.3, 1))) for word in words),
            )
        )
    return tuple(made)


@st.composite
def interactions(draw: st.DrawFn) -> InteractionPayload:
    some = st.one_of(st.none(), st.floats(0, 60))
    felt = draw(st.one_of(st.none(), st.integers(1, 20)))
    return interaction_payload(
        turns=draw(turns()),
        spans=tuple(
            span("raised_voice", start_s=s) for s in draw(st.sets(st.floats(0, 99), max_size=2))
        ),
        boundary_uncertain=draw(st.booleans()),
        measurements=measurements(
            handling_s=draw(st.floats(10, 4000)),
            dead_air_s=draw(some),
            unattended_s=draw(some),
            interruptions=ByRole(staff=draw(st.one_of(st.none(), st.integers(0, 9)))),
            raised_voice_s=ByRole(staff=draw(some)),
            sentiment=None
            if felt is None
            else SentimentSummary(
                mean=draw(st.floats(-1, 1)),
                second_half=draw(st.one_of(st.none(), st.floats(-1, 1))),
                turns=felt,
            ),
        ),
        coverage=Coverage(**{name: draw(SHARE) for name in NAMES}),
    )


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    yes = st.sampled_from([None, True, False])
    return Facts(
        zone=Zone.INTAKE,
        waiting_s=draw(st.one_of(st.none(), st.floats(0, 5000))),
        dossier_outcome=draw(st.sampled_from([None, "nothing", "supplement", "accepted"])),
        slip_given=draw(yes),
        no_receipt=draw(yes),
        overload=draw(yes),
        system_fault=draw(yes),
        paused=draw(yes),
    )
