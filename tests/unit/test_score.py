"""The two figures: what DESIGN promises of them, tried on many interactions."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.scoring.batch import read_table, score_table
from hub.scoring.calibration import Calibration
from hub.scoring.facts import Facts
from hub.scoring.rubrics import FIGURES, Rubric, digest, load_rubrics, rubric_for
from hub.scoring.score import Figure, Part, score
from schemas.interaction import ByRole, Coverage, InteractionPayload, SentimentSummary
from schemas.vocabulary import Category, Role, Zone
from tests.builders import coverage, hit, interaction_payload, measurements, turn
from tests.scoring_strategies import NAMES, SHARE, facts, interactions

ROOT = Path(__file__).parents[2]
RUBRICS = load_rubrics()
INTAKE = rubric_for(Zone.INTAKE)
EVERY_RUBRIC = st.sampled_from(RUBRICS)
EPSILON = 1e-7


def with_coverage(interaction: InteractionPayload, seen: Coverage) -> InteractionPayload:
    return interaction.model_copy(update={"coverage": seen})


def figures(
    interaction: InteractionPayload, known: Facts | None = None, rubric: Rubric = INTAKE
) -> tuple[Figure, Figure]:
    return score(interaction, known or Facts(), rubric).figures


def one_part(
    interaction: InteractionPayload, figure: str, part_id: str, known: Facts | None = None
) -> Part:
    found = next(f for f in figures(interaction, known) if f.name == figure)
    return next(p for p in found.parts if p.id == part_id)


def part(interaction: InteractionPayload, figure: str, part_id: str) -> float:
    return one_part(interaction, figure, part_id).value


def only_towards_neutral_and_wider(more: Figure, after: Figure) -> None:
    for one, other in zip(more.parts, after.parts, strict=True):
        assert other.coverage <= one.coverage + EPSILON
        assert towards(one.neutral, one.value, other.value), one.id
    if more.value is None or after.value is None:
        assert after.value is None  # never gains a figure
        return
    assert after.high >= more.high - EPSILON
    assert after.low <= more.low + EPSILON
    assert after.high - after.low >= more.high - more.low - EPSILON


def towards(neutral: float, before: float, after: float) -> bool:
    """Nearer to neutral or as near, and not beyond it."""
    return (
        abs(after - neutral) <= abs(before - neutral) + EPSILON
        and (after - neutral) * (before - neutral) >= -EPSILON
    )


@settings(max_examples=150, deadline=None)
@given(interactions(), facts(), EVERY_RUBRIC, st.sampled_from(NAMES), SHARE)
def test_less_coverage_moves_parts_towards_neutral_and_only_widens(
    interaction, known, rubric, name, kept
):
    seen = getattr(interaction.coverage, name)
    less = with_coverage(interaction, interaction.coverage.model_copy(update={name: seen * kept}))
    for more, after in zip(
        figures(interaction, known, rubric), figures(less, known, rubric), strict=True
    ):
        only_towards_neutral_and_wider(more, after)


@settings(max_examples=100, deadline=None)
@given(
    interactions(),
    facts(),
    EVERY_RUBRIC,
    st.sampled_from(
        ["waiting_s", "dossier_outcome", "no_receipt", "sentiment", "interruptions",
         "raised_voice_s", "dead_air_s", "unattended_s"]
    ),
)  # fmt: skip
def test_a_measurement_or_fact_that_goes_missing_is_less_coverage(interaction, known, rubric, name):
    less, less_known = interaction, known
    if name in Facts.__dataclass_fields__:
        less_known = replace(known, **{name: None})
    else:
        seen = interaction.measurements
        nothing = ByRole() if name in {"interruptions", "raised_voice_s"} else None
        less = interaction.model_copy(
            update={"measurements": seen.model_copy(update={name: nothing})}
        )
    for more, after in zip(
        figures(interaction, known, rubric), figures(less, less_known, rubric), strict=True
    ):
        only_towards_neutral_and_wider(more, after)


@settings(max_examples=120, deadline=None)
@given(interactions(), facts(), EVERY_RUBRIC)
def test_contributions_add_up_and_the_interval_holds_the_value(interaction, known, rubric):
    for figure in figures(interaction, known, rubric):
        for one in figure.parts:
            expected = one.coverage * (one.measured or 0) + (1 - one.coverage) * one.neutral
            assert one.value == pytest.approx(expected)
            assert one.contribution == pytest.approx(one.weight / 100 * one.value)
        if figure.value is None:
            assert figure.coverage < 0.5
            assert figure.reason == "not_enough_measured"
            assert (figure.low, figure.high) == (None, None)
        else:
            assert figure.coverage >= 0.5 - EPSILON
            assert figure.reason is None
            assert sum(p.contribution for p in figure.parts) == pytest.approx(figure.value)
            assert 0 <= figure.low <= figure.value <= figure.high <= 100


@settings(max_examples=80, deadline=None)
@given(interactions(), facts(), EVERY_RUBRIC, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(interaction, known, rubric, chance):
    """Of turns, of the hits in a turn and of spans: not in the last digit."""
    turns = [
        t.model_copy(update={"hits": tuple(chance.sample(t.hits, len(t.hits)))})
        for t in chance.sample(interaction.turns, len(interaction.turns))
    ]
    spans = chance.sample(interaction.spans, len(interaction.spans))
    mixed = interaction.model_copy(update={"turns": tuple(turns), "spans": tuple(spans)})
    assert figures(mixed, known, rubric) == figures(interaction, known, rubric)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(interactions(), facts()), min_size=1, max_size=5), EVERY_RUBRIC)
def test_many_at_once_give_the_same_to_the_last_bit(cases, rubric):
    found = score_table(read_table(rubric, cases), rubric, CALIBRATION)
    assert [found.at(row) for row in range(len(cases))] == [
        score(*case, rubric, CALIBRATION) for case in cases
    ]


CALIBRATION = Calibration(
    number=3,
    knots=((30.0, 20.0), (60.0, 50.0), (62.0, 71.0), (90.0, 88.0)),
    margin=6.5,
    ratings=412,
    until=date(2026, 3, 1),
    rubrics=tuple((rubric.id, rubric.version) for rubric in RUBRICS),
)


@settings(max_examples=100, deadline=None)
@given(interactions(), facts(), EVERY_RUBRIC, st.sampled_from(NAMES), SHARE)
def test_a_calibration_is_one_more_bar_and_keeps_the_promises(
    interaction, known, rubric, name, kept
):
    plain = score(interaction, known, rubric)
    rated = score(interaction, known, rubric, CALIBRATION)
    assert rated.counter_part == plain.counter_part
    seen = getattr(interaction.coverage, name)
    less = with_coverage(interaction, interaction.coverage.model_copy(update={name: seen * kept}))
    after = score(less, known, rubric, CALIBRATION).experience
    only_towards_neutral_and_wider(rated.experience, after)
    if plain.experience.value is None:
        assert rated == plain
        assert not rated.calibrated
        return
    figure = rated.experience
    bars = [p.contribution for p in figure.parts] + [figure.calibration.contribution]
    assert sum(bars) == pytest.approx(figure.value)
    assert 0 <= figure.low <= figure.value <= figure.high <= 100
    assert (figure.calibration.ratings, figure.calibration.until) == (412, date(2026, 3, 1))


def test_a_calibration_says_nothing_of_a_rubric_it_was_not_fitted_to():
    other = replace(CALIBRATION, rubrics=(("intake", INTAKE.version + 1),))
    assert not score(interaction_payload(), Facts(), INTAKE, other).calibrated
    assert score(interaction_payload(), Facts(), INTAKE, CALIBRATION).calibrated


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
@given(interactions(), facts(), EVERY_RUBRIC, st.sampled_from(WORSE))
def test_worse_conduct_never_raises_a_part(interaction, known, rubric, what):
    # A quantity that was missing and is now bad is no worse conduct: give it a start.
    start = worse(interaction, what) if what in {"interruptions", "raised_voice"} else interaction
    if what == "unattended" and interaction.measurements.unattended_s is None:
        return
    for before, after in zip(
        figures(start, known, rubric), figures(worse(start, what), known, rubric), strict=True
    ):
        for one, other in zip(before.parts, after.parts, strict=True):
            assert other.value <= one.value + EPSILON, one.id


@settings(max_examples=60, deadline=None)
@given(interactions(), facts(), EVERY_RUBRIC, st.integers(1, 4))
def test_a_citizens_abuse_never_lowers_the_counters_part(interaction, known, rubric, count):
    abuse = tuple(
        turn(
            role=Role.CITIZEN,
            start_s=90.0 + n,
            hits=(hit(Category.CITIZEN_ABUSE, 90.0), hit(Category.GRIEVANCE, 91.0)),
        )
        for n in range(count)
    )
    after = interaction.model_copy(update={"turns": (*interaction.turns, *abuse)})
    assert figures(after, known, rubric)[1] == figures(interaction, known, rubric)[1]


@settings(max_examples=80, deadline=None)
@given(interactions(), facts(), EVERY_RUBRIC, st.floats(0, 5000), st.floats(-1, 1), st.booleans())
def test_waiting_and_mood_do_not_touch_the_counters_part(
    interaction, known, rubric, waiting_s, mood, boundary
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
    assert figures(other, changed, rubric)[1] == figures(interaction, known, rubric)[1]


@settings(max_examples=80, deadline=None)
@given(interactions(), facts(), EVERY_RUBRIC, st.sampled_from(["overload", "system_fault"]))
def test_overload_and_system_faults_hold_nothing_against_the_counter(
    interaction, known, rubric, name
):
    """What they excuse is not judged, and all else stays as it was."""
    ordinary = replace(known, overload=None, system_fault=None)
    plain = figures(interaction, ordinary, rubric)[1]
    excused = figures(interaction, replace(ordinary, **{name: True}), rubric)[1]
    for before, after in zip(plain.parts, excused.parts, strict=True):
        if before.group in {"slip", "receipt"}:
            assert after.coverage == 0
            assert after.value == after.neutral
        else:
            assert after == before


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
    assert one_part(away, "counter_part", "presence").value < 80
    assert one_part(away, "counter_part", "presence", Facts(paused=True)).value == 80


def test_greetings_count_once():
    def manner(count: int) -> float:
        greetings = tuple(hit(Category.GREETING, float(n)) for n in range(count))
        return part(interaction_payload(turns=(turn(hits=greetings),)), "counter_part", "courtesy")

    assert manner(0) < manner(1) == manner(2) == manner(7)


def test_a_hit_of_an_unsure_speaker_counts_for_nobody():
    for overrides in ({"role_confidence": 0.5}, {"role": Role.UNKNOWN, "hits": ()}):
        given_turn = turn(**{"hits": (hit(Category.ABUSIVE),), **overrides})
        silent = interaction_payload(turns=(turn(hits=()),))
        heard = interaction_payload(turns=(turn(hits=()), given_turn))
        assert part(heard, "counter_part", "insults") == part(silent, "counter_part", "insults")


@pytest.mark.parametrize(("turns_felt", "seen"), [(7, False), (8, True)])
def test_sentiment_under_eight_citizen_turns_is_missing(turns_felt, seen):
    felt = SentimentSummary(mean=-0.9, turns=turns_felt)
    made = interaction_payload(measurements=measurements(sentiment=felt))
    mood = one_part(made, "experience", "mood")
    assert (mood.items[0].quantity is not None) is seen
    assert (mood.coverage > 0) is seen


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
    assert parts["dossier"].measured is None
    assert parts["list"].coverage == 1


@pytest.mark.parametrize("rubric", RUBRICS, ids=lambda rubric: rubric.id)
def test_what_a_well_heard_counter_of_each_zone_shows_without_other_systems(rubric):
    """Until queue and case system are connected, every zone still has both figures."""
    felt = SentimentSummary(mean=0.1, second_half=0.2, turns=9)
    made = interaction_payload(measurements=measurements(sentiment=felt))
    for figure in figures(made, None, rubric):
        assert figure.value is not None
        assert figure.coverage >= 0.58


@pytest.mark.parametrize("rubric", RUBRICS, ids=lambda rubric: rubric.id)
def test_time_never_outweighs_sending_somebody_home_empty_handed(rubric):
    sent = interaction_payload(
        turns=(turn(hits=(hit(Category.COME_BACK),)),),
        measurements=measurements(handling_s=30.0),
    )
    slow = interaction_payload(
        turns=(turn(hits=(hit(Category.EXPLANATION), hit(Category.CLOSING))),),
        measurements=measurements(handling_s=7000.0),
    )
    empty = Facts(waiting_s=0, dossier_outcome="nothing", slip_given=False)
    served = Facts(waiting_s=1800, dossier_outcome="accepted", slip_given=True, no_receipt=False)
    assert figures(sent, empty, rubric)[0].value < figures(slow, served, rubric)[0].value


@pytest.mark.parametrize("rubric", RUBRICS, ids=lambda rubric: rubric.id)
def test_the_weights_of_the_headings_are_the_domains(rubric):
    def weights(figure):
        found = {}
        for one in rubric.parts[figure]:
            found[one.group] = found.get(one.group, 0) + one.weight
        return found

    experience = weights("experience")
    assert experience["citizen_voice"] <= 10
    if rubric.id in {"intake", "result", "fee", "advice"}:
        assert experience == {
            "waiting": 20, "handling": 15, "outcome": 35, "manner": 20, "citizen_voice": 10
        }  # fmt: skip
    assert not {"waiting", "handling", "outcome", "citizen_voice"} & set(weights("counter_part"))


def test_each_zone_is_judged_by_its_own_rubric_in_both_languages():
    assert {(r.id, *r.zones) for r in RUBRICS} == {(zone, zone) for zone in map(str, Zone)}
    for rubric in RUBRICS:
        named = [rubric, *(p for parts in rubric.parts.values() for p in parts)]
        assert all(one.title_vi and one.title_en for one in named)
        assert all(one.title_vi != one.title_en for one in named)


def test_a_changed_rubric_has_a_new_version():
    """Figures of one version are comparable only while its file stays as it is."""
    lines = (ROOT / "tests/data/rubric-versions.txt").read_text("utf-8").splitlines()
    released = dict(line.rsplit(" ", 1) for line in lines)
    for rubric in RUBRICS:
        key = f"{rubric.id} {rubric.version}"
        assert released.get(key) == digest(rubric), (
            f"{key} has changed: raise version in hub/scoring/rubric/{rubric.id}.yaml and add "
            f"'{rubric.id} VERSION DIGEST' to tests/data/rubric-versions.txt"
        )


def test_a_receipt_belongs_to_the_fee_counter():
    rubric = rubric_for(Zone.FEE)
    made = interaction_payload()
    values = {
        known: [f.value for f in figures(made, Facts(no_receipt=known), rubric)]
        for known in (None, False, True)
    }
    for index in (0, 1):
        assert values[True][index] < values[None][index] < values[False][index]
    excused = figures(made, Facts(no_receipt=True, system_fault=True), rubric)[1]
    assert next(p for p in excused.parts if p.id == "receipt").coverage == 0


def test_showing_the_way_is_no_fault_at_the_reception():
    sent_on = interaction_payload(turns=(turn(hits=(hit(Category.REDIRECT),)),))
    plain = interaction_payload(turns=(turn(),))
    reception = rubric_for(Zone.RECEPTION)
    assert figures(sent_on, None, reception) == figures(plain, None, reception)
    assert figures(sent_on)[1].value < figures(plain)[1].value


def test_hardly_any_talk_costs_a_digitising_counter_less():
    silent = interaction_payload(
        turns=(turn(),), measurements=measurements(dead_air_s=150.0, unattended_s=60.0)
    )
    lost = {}
    for zone in (Zone.DIGITISING, Zone.INTAKE):
        talking = interaction_payload(
            turns=(turn(hits=tuple(hit(c) for c in ("greeting", "explanation", "closing"))),)
        )
        rubric = rubric_for(zone)
        lost[zone] = [
            a.value - b.value
            for a, b in zip(
                figures(talking, None, rubric), figures(silent, None, rubric), strict=True
            )
        ]
    assert all(a < b for a, b in zip(lost[Zone.DIGITISING], lost[Zone.INTAKE], strict=True)), lost


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


def test_without_a_calibration_nothing_is_calibrated():
    for zone in Zone:
        rubric = rubric_for(zone, RUBRICS)
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
