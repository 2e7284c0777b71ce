"""interaction -> measurements: each formula of the design, and what is missing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.interaction import Closed
from edge_agent.loudness import Loudness
from edge_agent.measure import measure, response_gap_s
from edge_agent.read_turn import ReadTurn, whole
from edge_agent.sound_health import SoundQuality
from edge_agent.words import TurnWords, WordHit
from edge_agent.zone_history import Presence, Stretch
from schemas.interaction import ByRole
from schemas.vocabulary import Category, EndReason, Language, Missing, Role, SpanKind

PRESENT, ABSENT, UNKNOWN = Presence.PRESENT, Presence.ABSENT, Presence.UNKNOWN
ZERO = 100.0
"""The stay's start in media time; turns here are given as offsets from it."""


def words(*categories, missing=None, polarity=None, backchannel=False, at_s=0.0):
    if missing is not None:
        return TurnWords(missing=missing)
    return TurnWords(
        language=Language.VIETNAMESE,
        confidence=0.9,
        syllables=6,
        backchannel=backchannel,
        hits=tuple(WordHit(c, ZERO + at_s, 0.9) for c in categories),
        polarity=polarity,
        polarity_confidence=None if polarity is None else 0.7,
    )


def turn(role, start_s, end_s, said=None, *, raised=(), baseline=True, continued=False):
    above = 1.0 if baseline else None
    stretches = tuple((ZERO + a, ZERO + b) for a, b in raised)
    return ReadTurn(
        role=Role(role),
        role_confidence=1.0,
        start_s=start_s,
        end_s=end_s,
        voiced=((start_s, end_s),),
        continued=continued,
        loudness=Loudness(-30.0, above, stretches, has_baseline=baseline),
        words=said or words(),
    )


def sound(unheard=(), length_s=60.0, by_channel=None):
    lost = sum(b - a for a, b in unheard)
    share = 1 - lost / length_s
    moved = tuple((ZERO + a, ZERO + b) for a, b in unheard)
    return SoundQuality(moved, share, by_channel or (share, 1.0))


def take(turns, *, length_s=60.0, citizen=None, staff=None, channels=2, quality=None, video=True):
    everywhere = [(0.0, length_s, PRESENT)]

    def moved(stretches):
        given_or = everywhere if stretches is None else stretches
        return tuple(Stretch(ZERO + a, ZERO + b, state) for a, b, state in given_or)

    stay = Closed(
        start_s=ZERO,
        end_s=ZERO + length_s,
        reason=EndReason.CITIZEN_ABSENT,
        boundary_uncertain=False,
        citizen=moved(citizen),
        staff=moved(staff),
    )
    if quality is None:
        quality = sound(length_s=length_s, by_channel=(1.0,) * channels)
    return measure(stay, turns, channels=channels, snr_db=ByRole(), sound=quality, has_video=video)


def of_kind(measured, kind):
    return [
        (s.role and s.role.value, s.start_s, round(s.start_s + s.duration_s, 2))
        for s in measured.spans
        if s.kind is SpanKind(kind)
    ]


class TestInterruptions:
    """A is the citizen from 10 to 20 unless said; B is staff."""

    @staticmethod
    def count(a, b, said_b=None, said_a=None):
        turns = [turn("citizen", *a, said_a), turn("staff", *b, said_b)]
        found = take(turns).measurements.interruptions
        assert found.citizen == 0
        return found.staff

    def test_all_clauses_hold(self):
        assert self.count((10, 20), (19, 22)) == 1

    @pytest.mark.parametrize(("start_s", "count"), [(11.0, 1), (10.95, 0)])
    def test_a_must_have_lasted_1_s(self, start_s, count):
        assert self.count((10, 12), (start_s, 15)) == count

    @pytest.mark.parametrize(("start_s", "count"), [(18.5, 1), (18.45, 0)])
    def test_a_must_stop_within_1_5_s(self, start_s, count):
        assert self.count((10, 20), (start_s, 23)) == count

    @pytest.mark.parametrize(("end_s", "count"), [(21.0, 1), (20.95, 0)])
    def test_b_must_hold_the_floor_1_s(self, end_s, count):
        assert self.count((10, 20), (19, end_s)) == count

    @pytest.mark.parametrize(("start_s", "count"), [(19.69, 1), (19.7, 0), (19.9, 0), (20.3, 0)])
    def test_bs_start_must_not_lie_in_as_last_0_3_s(self, start_s, count):
        assert self.count((10, 20), (start_s, 23)) == count

    def test_limits_are_the_same_late_in_the_day(self):
        turns = [turn("citizen", 3610.1, 3620.1), turn("staff", 3619.8, 3623.8)]
        assert take(turns, length_s=4000).measurements.interruptions.staff == 0

    def test_backchannels_never_count(self):
        assert self.count((10, 20), (19, 22), words(backchannel=True)) == 0
        assert self.count((10, 20), (19, 22), said_a=words(backchannel=True)) == 0

    def test_a_short_unread_turn_may_be_a_backchannel(self):
        unread = words(missing=Missing.LOW_CONFIDENCE)
        assert self.count((10, 20), (19, 21.5), unread) == 0
        assert self.count((10, 20), (19, 23), unread) == 1

    def test_by_the_citizen(self):
        turns = [turn("staff", 10, 20), turn("citizen", 19, 22)]
        measured = take(turns)
        assert measured.measurements.interruptions == ByRole(staff=0, citizen=1)
        assert of_kind(measured, "interruption") == [("citizen", 19, 20)]

    def test_nobody_stops_talking_at_the_limit_of_28_s(self):
        cut = [
            turn("citizen", 0, 28, continued=True),
            turn("citizen", 28, 40),
            turn("staff", 27, 30),
        ]
        assert take(cut).measurements.interruptions.staff == 0
        assert len(take(cut).turns) == 3

    def test_one_microphone_tells_none(self):
        turns = [turn("unknown", 10, 20), turn("unknown", 19, 22)]
        measured = take(turns, channels=1)
        assert measured.measurements.interruptions == ByRole()
        assert measured.coverage.overlap == 0


class TestDeadAir:
    def test_silences_over_5_s(self):
        turns = [turn("staff", 1, 5), turn("citizen", 10, 12), turn("staff", 20, 58)]
        measured = take(turns)
        assert of_kind(measured, "dead_air") == [(None, 12, 20)]
        assert measured.measurements.dead_air_s == 8
        assert measured.measurements.longest_dead_air_s == 8
        assert measured.measurements.dead_air_threshold_s == 5

    def test_less_those_after_an_explained_wait(self):
        turns = [
            turn("staff", 1, 5, words(Category.EXPLAINS_WAIT)),
            turn("citizen", 6, 7),
            turn("staff", 20, 55),
        ]
        assert take(turns).measurements.dead_air_s == 0
        turns.insert(2, turn("staff", 8, 9))
        assert take(turns).measurements.dead_air_s == 11

    def test_an_explanation_before_the_28_s_limit_counts_too(self):
        turns = [
            turn("staff", 0, 28, words(Category.EXPLAINS_WAIT), continued=True),
            turn("staff", 28, 30),
            turn("citizen", 50, 60),
        ]
        assert take(turns).measurements.dead_air_s == 0

    def test_unread_words_may_have_explained_it(self):
        turns = [
            turn("staff", 1, 5, words(missing=Missing.OTHER_LANGUAGE)),
            turn("citizen", 20, 60),
        ]
        assert take(turns).measurements.dead_air_s == 0

    @pytest.mark.parametrize(
        ("put_in", "dead_air_s"),
        [
            (turn("staff", 8, 8.8, words(missing=Missing.LOW_CONFIDENCE)), 10),
            (turn("staff", 8, 8.8, words(backchannel=True)), 10),
            # Not wholly within the citizen's turn, or longer than a "dạ vâng" is.
            (turn("staff", 9.5, 10.3, words(missing=Missing.LOW_CONFIDENCE)), 0),
            (turn("staff", 6, 7.1, words(missing=Missing.LOW_CONFIDENCE)), 0),
        ],
    )
    def test_what_may_be_a_yes_put_into_the_citizens_turn_explains_nothing(
        self, put_in, dead_air_s
    ):
        turns = [turn("staff", 1, 5), turn("citizen", 5, 10), put_in, turn("citizen", 20, 60)]
        assert take(turns).measurements.dead_air_s == pytest.approx(dead_air_s)

    def test_nor_does_it_take_an_explanation_back(self):
        turns = [
            turn("staff", 1, 5, words(Category.EXPLAINS_WAIT)),
            turn("citizen", 5, 10),
            turn("staff", 8, 8.5, words(backchannel=True)),
            turn("citizen", 20, 60),
        ]
        assert take(turns).measurements.dead_air_s == 0

    def test_only_while_the_citizen_is_there(self):
        turns = [turn("staff", 1, 5), turn("citizen", 30, 60)]
        gone = [(0, 12, PRESENT), (12, 26, ABSENT), (26, 60, PRESENT)]
        assert of_kind(take(turns, citizen=gone), "dead_air") == [(None, 5, 12)]
        unseen = [(0, 60, UNKNOWN)]
        assert take(turns, citizen=unseen).measurements.dead_air_s == 25

    def test_a_dead_microphone_is_no_silence(self):
        turns = [turn("staff", 1, 5), turn("citizen", 50, 60)]
        measured = take(turns, quality=sound([(8, 45)]))
        assert measured.measurements.dead_air_s == 0
        assert measured.coverage.audio == pytest.approx(0.38)

    def test_with_one_microphone_nobody_knows_who_explained_what(self):
        turns = [turn("unknown", 1, 5), turn("unknown", 30, 60)]
        assert take(turns, channels=1).measurements.dead_air_s is None


class TestResponseGap:
    @staticmethod
    def gap(*turns, staff=()):
        stretches = [Stretch(a, b, ABSENT) for a, b in staff]
        return response_gap_s(whole(turns), stretches)

    def test_median_of_answered_turns_overlap_negative(self):
        turns = [
            turn("citizen", 0, 5),
            turn("staff", 6, 8),
            turn("citizen", 10, 15),
            turn("staff", 14.5, 18),
            turn("citizen", 20, 25),
            turn("citizen", 27, 28),
            turn("staff", 30, 33),
        ]
        assert self.gap(*turns) == 1.0
        assert self.gap(*turns[2:4]) == -0.5
        assert self.gap(*turns[4:6]) is None

    def test_gaps_with_staff_absent_are_left_out(self):
        turns = [turn("citizen", 0, 5), turn("staff", 25, 27)]
        assert self.gap(*turns) == 20
        assert self.gap(*turns, staff=[(10, 24)]) is None
        assert self.gap(*turns, staff=[(30, 40)]) == 20

    def test_a_yes_put_into_a_turn_is_no_answer(self):
        yes = turn("staff", 3, 3.5, words(backchannel=True))
        assert self.gap(turn("citizen", 0, 10), yes, turn("staff", 11, 14)) == 1


class TestRaisedVoice:
    def test_seconds_and_spans_by_role(self):
        turns = [
            turn("staff", 10, 20, raised=[(12, 14.5)]),
            turn("citizen", 25, 30, raised=[(26, 28)]),
        ]
        measured = take(turns)
        assert measured.measurements.raised_voice_s == ByRole(staff=2.5, citizen=2)
        assert of_kind(measured, "raised_voice") == [("staff", 12, 14.5), ("citizen", 26, 28)]

    def test_without_a_baseline_there_is_none_not_zero(self):
        turns = [turn("staff", 10, 20, baseline=False), turn("citizen", 25, 30)]
        measured = take(turns)
        assert measured.measurements.raised_voice_s == ByRole(staff=None, citizen=0)
        assert measured.coverage.raised_voice_staff == 0
        assert Missing.NO_BASELINE in measured.coverage.missing

    def test_hearing_help_cancels_it_for_staff_alone(self):
        turns = [
            turn("staff", 1, 3, words(Category.HEARING_HELP)),
            turn("staff", 10, 20, raised=[(12, 14)]),
            turn("citizen", 25, 30, raised=[(26, 28)]),
        ]
        assert take(turns).measurements.raised_voice_s == ByRole(staff=0, citizen=2)

    def test_only_what_lies_within_the_stay(self):
        turns = [turn("staff", 0, 2, raised=[(-5, 0.4)]), turn("staff", 57, 60, raised=[(58, 61)])]
        assert of_kind(take(turns), "raised_voice") == [("staff", 58, 60)]


class TestSentiment:
    @staticmethod
    def of(*polarities):
        turns = [
            turn("citizen", 3 * i, 3 * i + 1, words(polarity=p)) for i, p in enumerate(polarities)
        ]
        return take(turns)

    def test_weighted_by_speech_time_of_the_citizen_alone(self):
        turns = [
            turn("citizen", 0, 3, words(polarity=1.0)),
            turn("citizen", 5, 6, words(polarity=-1.0)),
            turn("staff", 10, 50),
        ]
        summary = take(turns).measurements.sentiment
        assert (summary.mean, summary.turns, summary.first_half) == (0.5, 2, None)

    def test_halves_from_eight_turns_on(self):
        seven = self.of(*[0.5] * 3, *[-0.5] * 4)
        assert seven.measurements.sentiment.first_half is None
        assert Missing.TOO_FEW_TURNS in seven.coverage.missing
        eight = self.of(*[0.5] * 4, *[-0.5] * 4)
        summary = eight.measurements.sentiment
        assert (summary.first_half, summary.second_half) == (0.5, -0.5)
        assert Missing.TOO_FEW_TURNS not in eight.coverage.missing

    def test_none_where_nobodys_was_read(self):
        assert take([turn("staff", 0, 3)]).measurements.sentiment is None


class TestPresence:
    def test_unattended_is_citizen_there_and_staff_known_to_be_away(self):
        citizen = [(0, 40, PRESENT), (40, 50, ABSENT), (50, 60, PRESENT)]
        staff = [(0, 20, PRESENT), (20, 45, ABSENT), (45, 55, UNKNOWN), (55, 60, ABSENT)]
        measured = take([], citizen=citizen, staff=staff)
        assert of_kind(measured, "unattended") == [(None, 20, 40), (None, 55, 60)]
        figures = measured.measurements
        assert (figures.unattended_s, figures.longest_unattended_s) == (25, 20)
        assert (figures.citizen_present_s, figures.staff_present_s) == (50, 20)
        assert (measured.coverage.video, measured.coverage.presence) == (1, 0.83)
        assert Missing.SENSOR_INVALID in measured.coverage.missing
        assert of_kind(measured, "presence_unknown") == [("staff", 45, 55)]

    def test_what_no_camera_saw_is_none(self):
        unseen = [(0, 60, UNKNOWN)]
        measured = take([], citizen=unseen, staff=unseen, video=False)
        figures = measured.measurements
        assert figures.citizen_present_s is figures.staff_present_s is None
        assert figures.unattended_s is figures.longest_unattended_s is None
        assert measured.coverage.video == measured.coverage.presence == 0
        assert Missing.NO_VIDEO in measured.coverage.missing
        assert Missing.SENSOR_INVALID not in measured.coverage.missing
        dark = take([], citizen=unseen, staff=unseen, video=True)
        assert Missing.SENSOR_INVALID in dark.coverage.missing
        assert Missing.NO_VIDEO not in dark.coverage.missing


class TestCoverage:
    def test_text_by_the_share_of_speech_that_was_read(self):
        turns = [
            turn("staff", 0, 6),
            turn("staff", 8, 10, words(missing=Missing.LOW_CONFIDENCE)),
            turn("citizen", 12, 16, words(missing=Missing.OTHER_LANGUAGE)),
            turn("citizen", 18, 19, words(polarity=0.1)),
        ]
        coverage = take(turns).coverage
        assert (coverage.text_staff, coverage.text_citizen) == (0.75, 0.2)
        assert coverage.sentiment == 0.2
        assert {Missing.LOW_CONFIDENCE, Missing.OTHER_LANGUAGE} <= set(coverage.missing)

    def test_a_dead_channels_figures_are_none(self):
        quality = SoundQuality(((ZERO, ZERO + 60),), 0.0, (0.0, 1.0))
        measured = take([turn("citizen", 3, 9)], quality=quality)
        figures = measured.measurements
        assert figures.talk_time_s.staff is None
        assert figures.overlap_s is figures.dead_air_s is figures.response_gap_s is None
        assert figures.interruptions == ByRole()
        assert measured.coverage.audio == measured.coverage.overlap == 0
        assert Missing.SENSOR_INVALID in measured.coverage.missing

    def test_one_microphone(self):
        hits = words(Category.ABUSIVE, Category.BACKCHANNEL, polarity=0.4)
        measured = take([turn("unknown", 3, 9, hits)], channels=1)
        coverage = measured.coverage
        assert (coverage.roles, coverage.overlap, coverage.sentiment) == (0, 0, 0)
        assert (coverage.text_staff, coverage.text_citizen) == (0, 0)
        assert {Missing.SINGLE_CHANNEL, Missing.ROLE_UNKNOWN} <= set(coverage.missing)
        (wire,) = measured.turns
        assert wire.sentiment is None
        assert [h.category for h in wire.hits] == [Category.BACKCHANNEL]
        assert measured.measurements.talk_time_s == ByRole()
        assert measured.measurements.unknown_talk_time_s == 6
        assert measured.measurements.sentiment is None


def test_staff_never_get_sentiment_even_when_a_model_gave_one():
    (wire,) = take([turn("staff", 3, 9, words(polarity=0.4))]).turns
    assert wire.sentiment is None


def test_of_more_hits_than_the_wire_takes_the_surest_stay():
    many = tuple(WordHit(Category.EXPLANATION, ZERO + 3, 0.5 + i / 100) for i in range(40))
    said = TurnWords(language=Language.VIETNAMESE, confidence=0.9, syllables=90, hits=many)
    (wire,) = take([turn("staff", 3, 9, said)]).turns
    assert len(wire.hits) == 32
    assert min(h.confidence for h in wire.hits) == 0.58


def test_pace_is_syllables_over_speech_time_of_the_turns_that_were_read():
    turns = [
        turn("staff", 0, 2),
        turn("staff", 4, 5),
        turn("staff", 6, 50, words(missing=Missing.LOW_CONFIDENCE)),
        turn("citizen", 51, 51.1),
    ]
    pace = take(turns).measurements.syllables_per_minute
    assert pace == ByRole(staff=240, citizen=None)


spoken = st.lists(
    st.tuples(
        st.sampled_from(["staff", "citizen"]),
        st.floats(0, 280),
        st.floats(0.12, 28),
        st.sampled_from([None, Missing.LOW_CONFIDENCE]),
        st.floats(-1, 1),
        st.booleans(),
    ),
    max_size=30,
)
cuts = st.lists(st.tuples(st.floats(0, 300), st.sampled_from(list(Presence))), max_size=6)


def stretches_of(script):
    edges = sorted(script, key=lambda c: c[0])
    found, at, state = [], 0.0, UNKNOWN
    for until_s, following in edges:
        if until_s > at:
            found.append((at, until_s, state))
            at = until_s
        state = following
    return [*found, (at, 300.0, state)] if at < 300 else found


@settings(max_examples=80, deadline=None)
@given(spoken, cuts, cuts, st.lists(st.tuples(st.floats(0, 250), st.floats(1, 50)), max_size=2))
def test_whatever_was_said_the_sums_hold_and_all_lies_within_the_stay(
    script, citizen, staff, unheard
):
    free = {"staff": 0.0, "citizen": 0.0}
    turns = []
    for role, wanted_s, length_s, missing, polarity, raised in sorted(script, key=lambda t: t[1]):
        start_s = max(wanted_s, free[role])
        end_s = min(300.0, start_s + length_s)
        if end_s - start_s < 0.12:
            continue
        free[role] = end_s + 0.81
        said = words(missing=missing, polarity=polarity if role == "citizen" else None)
        loud = [(start_s, end_s)] if raised and end_s - start_s >= 1 else []
        turns.append(turn(role, start_s, end_s, said, raised=loud))
    lost = sorted((a, min(300.0, a + n)) for a, n in unheard)
    if len(lost) == 2 and lost[0][1] > lost[1][0]:
        lost = lost[:1]
    measured = take(
        turns,
        length_s=300.0,
        citizen=stretches_of(citizen),
        staff=stretches_of(staff),
        quality=sound(lost, 300.0),
    )
    figures = measured.measurements
    for one in (*measured.turns, *measured.spans):
        assert one.start_s >= 0
        assert one.start_s + one.duration_s <= figures.handling_s + 1e-9
    for one in measured.turns:
        assert one.speech_s <= one.duration_s
        assert all(one.start_s <= h.offset_s <= one.start_s + one.duration_s for h in one.hits)
    by_kind = {k: sum(s.duration_s for s in measured.spans if s.kind is k) for k in SpanKind}
    assert figures.dead_air_s == pytest.approx(by_kind[SpanKind.DEAD_AIR], abs=0.01)
    assert figures.overlap_s == pytest.approx(by_kind[SpanKind.OVERLAP], abs=0.01)
    assert figures.overlap_s <= min(figures.talk_time_s.staff, figures.talk_time_s.citizen) + 0.1
    assert figures.talk_time_s.staff <= 300
    assert figures.interruptions.staff + figures.interruptions.citizen == sum(
        s.kind is SpanKind.INTERRUPTION for s in measured.spans
    )
    if figures.unattended_s is not None:
        assert figures.unattended_s <= (figures.citizen_present_s or 0) + 0.1
    assert figures.dead_air_s + figures.talk_time_s.staff <= 300.1
