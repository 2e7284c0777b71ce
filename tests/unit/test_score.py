"""The two figures: what DESIGN promises of them, tried on many interactions."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.scoring.facts import Facts
from hub.scoring.rubrics import FIGURES, load_rubrics, rubric_for
from hub.scoring.score import Figure, ScoredItem, score
from schemas.interaction import ByRole, Coverage, InteractionPayload, SentimentSummary
from schemas.vocabulary import Category, Role, Zone
from tests.builders import coverage, hit, interaction_payload, measurements, turn
from tests.scoring_strategies import NAMES, SHARE, facts, interactions

RUBRIC = rubric_for(Zone.INTAKE)
EPSILON = 1e-7


def with_coverage(interaction: InteractionPayload, seen: Coverage) -> InteractionPayload:
    return interaction.model_copy(update={"coverage": seen})


def figures(interaction: InteractionPayload, known: Facts | None = None) -> tuple[Figure, Figure]:
    return score(interaction, known or Facts(), RUBRIC).figures


def part(interaction: InteractionPayload, figure: str, part_id: str) -> float:
    found = next(f for f in figures(interaction) if f.name == figure)
    return next(p.value for p in found.parts if p.id == part_id)


@settings(max_examples=80, deadline=None)
@given(interactions(), facts(), st.sampled_from(NAMES), SHARE)
def test_less_coverage_moves_parts_towards_neutral_and_only_widens(interaction, known, name, kept):
    seen = getattr(interaction.coverage, name)
    less = with_coverage(interaction, interaction.coverage.model_copy(update={name: seen * kept}))
    for more, after in zip(figures(interaction, known), figures(less, known), strict=True):
        for one, other in zip(more.parts, after.parts, strict=True):
            for item, lesser in zip(one.items, other.items, strict=True):
                assert lesser.points == item.points
                assert lesser.coverage <= item.coverage + EPSILON
                assert towards(one.neutral, pulled(item, one.neutral), pulled(lesser, one.neutral))
            assert other.value == pytest.approx(
                other.coverage * (other.measured or 0) + (1 - other.coverage) * one.neutral
            )
        if more.value is None or after.value is None:
            assert more.value is not None or after.value is None  # never gains a figure
            continue
        assert after.high >= more.high - EPSILON
        assert after.low <= more.low + EPSILON
        assert after.high - after.low >= more.high - more.low - EPSILON


def pulled(item: ScoredItem, neutral: float) -> float:
    return item.coverage * (item.points or 0) + (1 - item.coverage) * neutral


def towards(neutral: float, before: float, after: float) -> bool:
    """Nearer to neutral or as near, and not beyond it."""
    return (
        abs(after - neutral) <= abs(before - neutral) + EPSILON
        and (after - neutral) * (before - neutral) >= -EPSILON
    )


@settings(max_examples=80, deadline=None)
@given(interactions(), facts(), SHARE)
def test_a_part_whose_items_are_seen_alike_moves_towards_its_neutral(interaction, known, kept):
    dim = {n: getattr(interaction.coverage, n) for n in NAMES}
    for one in figures(interaction, known)[1].parts:
        names = {n for p in RUBRIC.parts["counter_part"] if p.id == one.id for n in used(p)}
        if len({tuple(sorted(item.coverage)) for item in items_of(one.id)}) > 1:
            continue
        first = min(names)
        less = with_coverage(interaction, Coverage(**{**dim, first: dim[first] * kept}))
        other = next(p for p in figures(less, known)[1].parts if p.id == one.id)
        assert towards(one.neutral, one.value, other.value)


def used(rubric_part) -> set[str]:
    return {name for item in rubric_part.items for name in item.coverage}


def items_of(part_id: str):
    return next(p for p in RUBRIC.parts["counter_part"] if p.id == part_id).items


@settings(max_examples=80, deadline=None)
@given(interactions(), facts())
def test_contributions_add_up_and_the_interval_holds_the_value(interaction, known):
    for figure in figures(interaction, known):
        for one in figure.parts:
            expected = one.coverage * (one.measured or 0) + (1 - one.coverage) * one.neutral
            assert one.value == pytest.approx(expected)
        if figure.value is None:
            assert figure.coverage < 0.5
            assert figure.reason == "not_enough_measured"
            assert (figure.low, figure.high) == (None, None)
        else:
            assert figure.coverage >= 0.5 - EPSILON
            assert figure.reason is None
            assert sum(p.contribution for p in figure.parts) == pytest.approx(figure.value)
            assert 0 <= figure.low <= figure.value <= figure.high <= 100


def worse(interaction: InteractionPayload, what: str) -> InteractionPayload:
    """The same interaction with one thing done worse by staff."""
    seen = interaction.measurements
    if what in set(Category):
        added = turn(start_s=100.0, asr_confidence=0.9, hits=(hit(what, 100.0),))
        return interaction.model_copy(update={"turns": (*interaction.turns, added)})
    if what == "interruptions":
        more = {"interruptions": ByRole(staff=(seen.interruptions.staff or 0) + 2)}
    elif what == "raised_voice":
        more = {"raised_voice_s": ByRole(staff=(seen.raised_voice_s.staff or 0) + 5)}
    elif what == "unattended":
        more = {"unattended_s": (seen.unattended_s or 0) + 60}
    else:
        left = [
            t.model_copy(update={"hits": tuple(h for h in t.hits if h.category != Category(what[3:]))})
            for t in interaction.turns
        ]  # fmt: skip
        return interaction.model_copy(update={"turns": tuple(left)})
    return interaction.model_copy(update={"measurements": seen.model_copy(update=more)})


WORSE = [
    "abusive",
    "disrespect",
    "may_tao",
    "come_back",
    "document_missing",
    "redirect",
    "interruptions",
    "raised_voice",
    "unattended",
    "no_greeting",
    "no_thanks",
    "no_apology",
    "no_explanation",
    "no_closing",
    "no_document_list_given",
]


@settings(max_examples=120, deadline=None)
@given(interactions(), facts(), st.sampled_from(WORSE))
def test_worse_conduct_never_raises_a_part(interaction, known, what):
    # A quantity that was missing and is now bad is no worse conduct: give it a start.
    start = worse(interaction, what) if what in {"interruptions", "raised_voice"} else interaction
    if what == "unattended" and interaction.measurements.unattended_s is None:
        return
    for before, after in zip(
        figures(start, known), figures(worse(start, what), known), strict=True
    ):
        for one, other in zip(before.parts, after.parts, strict=True):
            assert other.value <= one.value + EPSILON, one.id


@settings(max_examples=60, deadline=None)
@given(interactions(), facts(), st.integers(1, 4))
def test_a_citizens_abuse_never_lowers_the_counters_part(interaction, known, count):
    abuse = tuple(
        turn(
            role=Role.CITIZEN,
            start_s=90.0 + n,
            hits=(hit(Category.CITIZEN_ABUSE, 90.0), hit(Category.GRIEVANCE, 91.0)),
        )
        for n in range(count)
    )
    after = interaction.model_copy(update={"turns": (*interaction.turns, *abuse)})
    assert figures(after, known)[1] == figures(interaction, known)[1]


@settings(max_examples=60, deadline=None)
@given(interactions(), facts(), st.floats(0, 5000), st.floats(-1, 1), st.booleans())
def test_waiting_mood_and_overload_do_not_touch_the_counters_part(
    interaction, known, waiting_s, mood, boundary
):
    felt = SentimentSummary(mean=mood, second_half=mood, turns=12)
    other = interaction.model_copy(
        update={
            "boundary_uncertain": boundary,
            "measurements": interaction.measurements.model_copy(
                update={"sentiment": felt, "handling_s": waiting_s, "dead_air_s": waiting_s}
            ),
        }
    )
    changed = replace(known, waiting_s=waiting_s, dossier_outcome="nothing")
    assert figures(other, changed)[1] == figures(interaction, known)[1]


def test_overload_excuses_the_clerk_and_leaves_the_citizens_experience():
    sent = interaction_payload(turns=(turn(hits=(hit(Category.COME_BACK),)),))
    for name in ("overload", "system_fault"):
        plain, excused = figures(sent), figures(sent, Facts(**{name: True}))
        slip = {f.name: f.parts[1] for f in (plain[1], excused[1])}
        assert plain[1].parts[1].measured == 0
        assert excused[1].parts[1].measured is None
        assert slip["counter_part"].value == 75
        assert excused[0] == plain[0]


def test_a_paused_counter_is_not_measured_for_presence():
    away = interaction_payload(measurements=measurements(unattended_s=150.0))
    assert figures(away)[1].parts[3].value < 80
    assert figures(away, Facts(paused=True))[1].parts[3].value == 80


def test_greetings_count_once():
    def manner(count: int) -> float:
        greetings = tuple(hit(Category.GREETING, float(n)) for n in range(count))
        return part(interaction_payload(turns=(turn(hits=greetings),)), "counter_part", "manner")

    assert manner(0) < manner(1) == manner(2) == manner(7)


def test_a_hit_of_an_unsure_speaker_counts_for_nobody():
    for overrides in ({"role_confidence": 0.5}, {"role": Role.UNKNOWN, "hits": ()}):
        given_turn = turn(**{"hits": (hit(Category.ABUSIVE),), **overrides})
        silent = interaction_payload(turns=(turn(hits=()),))
        heard = interaction_payload(turns=(turn(hits=()), given_turn))
        assert part(heard, "counter_part", "manner") == part(silent, "counter_part", "manner")


@pytest.mark.parametrize(("turns_felt", "seen"), [(7, False), (8, True)])
def test_sentiment_under_eight_citizen_turns_is_missing(turns_felt, seen):
    felt = SentimentSummary(mean=-0.9, turns=turns_felt)
    made = interaction_payload(measurements=measurements(sentiment=felt))
    voice = next(p for p in figures(made)[0].parts if p.id == "citizen_voice")
    item = next(i for i in voice.items if i.measures == "sentiment_mean")
    assert (item.quantity is not None) is seen
    assert (item.coverage > 0) is seen


def test_under_half_of_the_weight_there_is_no_figure():
    deaf = interaction_payload(
        coverage=coverage(audio=0.0, text_staff=0.0, overlap=0.0, raised_voice_staff=0.0)
    )
    experience, counter_part = figures(deaf)
    assert experience.reason == counter_part.reason == "not_enough_measured"
    assert experience.value is counter_part.value is None


def test_conversation_alone_measures_enough_of_the_experience():
    """Waiting and the dossier have no source yet: what is left must suffice."""
    experience, counter_part = figures(interaction_payload())
    assert experience.coverage == pytest.approx(0.60)
    assert counter_part.coverage == pytest.approx(0.925)
    parts = {p.id: p for p in experience.parts}
    assert parts["waiting"].measured is None
    assert parts["waiting"].contribution == pytest.approx(0.2 * 65)
    assert parts["outcome"].coverage == pytest.approx(0.6)


def test_time_never_outweighs_a_dossier_left_undone():
    turned_away = interaction_payload(
        turns=(turn(hits=(hit(Category.DOCUMENT_MISSING),)),),
        measurements=measurements(handling_s=60.0),
    )
    slow = interaction_payload(measurements=measurements(handling_s=3000.0))
    fast = figures(turned_away, Facts(waiting_s=0, dossier_outcome="nothing", slip_given=False))
    done = figures(slow, Facts(waiting_s=1800, dossier_outcome="accepted", slip_given=True))
    assert fast[0].value < done[0].value


def test_worse_transcripts_widen_the_interval():
    sure, unsure = (
        figures(interaction_payload(turns=(turn(asr_confidence=c, hits=(hit("greeting"),)),)))[1]
        for c in (0.95, 0.45)
    )
    assert sure.value == unsure.value
    assert unsure.high - unsure.low > sure.high - sure.low


def test_every_zone_has_a_rubric_and_nothing_is_calibrated_yet():
    rubrics = load_rubrics()
    for zone in Zone:
        rubric = rubric_for(zone, rubrics)
        scores = score(interaction_payload(), Facts(zone=zone), rubric)
        assert (scores.rubric, scores.rubric_version) == (rubric.id, rubric.version)
        assert [f.name for f in scores.figures] == list(FIGURES)
        assert scores.calibrated is False


def test_advice_may_take_longer_than_intake():
    long = interaction_payload(measurements=measurements(handling_s=1800.0))
    values = {
        zone: score(long, Facts(zone=zone), rubric_for(zone)).experience.value
        for zone in (Zone.INTAKE, Zone.ADVICE)
    }
    assert values[Zone.INTAKE] < values[Zone.ADVICE]
