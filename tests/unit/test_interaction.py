"""turn + presence -> interaction: when a stay begins and ends, and what may be read of it."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.interaction import MAX_STAY_S, Admitted, Closed, InteractionTracker, Opened
from edge_agent.loudness import Loudness
from edge_agent.segment import Segment, Voice
from edge_agent.turn import SpokenTurn
from edge_agent.zone_history import Presence, PresenceChange
from schemas.vocabulary import EndReason, Role

PRESENT, ABSENT, UNKNOWN = Presence.PRESENT, Presence.ABSENT, Presence.UNKNOWN
STAFF, CITIZEN = 0, 1


def turn(channel, start_s, end_s, channels=2):
    roles = (Role.STAFF, Role.CITIZEN) if channels == 2 else (Role.UNKNOWN,)
    return SpokenTurn(
        channel=channel,
        role=roles[channel],
        role_confidence=1.0,
        start_s=start_s,
        end_s=end_s,
        voiced=((start_s, end_s),),
        continued=False,
        loudness=Loudness(-30.0, None, (), has_baseline=False),
        sound=np.zeros(0, np.float32),
        sound_from_s=start_s,
    )


class Counter:
    """Drives a tracker second by tenth: `speech` as (channel, start, end), each its own turn,
    known 0.8 s after its end; `seen` as (start, end) of faces at the citizen's side; `blind`
    as (start, end) without a valid picture. Without `seen` there is no camera.
    """

    STEP_S = 0.1

    def __init__(
        self,
        until_s: float,
        speech: Sequence[tuple[int, float, float]] = (),
        seen: Sequence[tuple[float, float]] | None = None,
        blind: Sequence[tuple[float, float]] = (),
        deaf: Sequence[tuple[float, float]] = (),
        channels: int = 2,
        confidence: float = 1.0,
    ) -> None:
        self.tracker = InteractionTracker(channels)
        self.events = []
        state = UNKNOWN
        step = 0
        while (now_s := round((step := step + 1) * self.STEP_S, 3)) <= until_s:
            changes, state = self._sight(seen, blind, state, now_s)
            ended = [s for s in speech if now_s - 0.1 < s[2] <= now_s]
            going = [None] * channels
            for channel, start_s, end_s in speech:
                if start_s < now_s < end_s:
                    going[channel] = Segment(channel, start_s, now_s, confidence)
            turns = [turn(*s, channels) for s in speech if now_s - 0.1 < s[2] + 0.8 <= now_s]
            voice = Voice(now_s, tuple(Segment(*s, confidence) for s in ended), (), tuple(going))
            self.events += self.tracker.push(
                voice, turns, changes, deaf=any(a < now_s <= b for a, b in deaf)
            )
        self.events += self.tracker.finish(until_s)

    @staticmethod
    def _sight(seen, blind, state, now_s):
        """Absence is known 2 s late, as the presence stage knows it."""
        if seen is None:
            return [], state
        if any(a < now_s <= b for a, b in blind):
            known = [] if state is UNKNOWN else [change(UNKNOWN, now_s, now_s)]
            return known, UNKNOWN
        for start_s, end_s in seen:
            if start_s <= now_s < end_s:
                return [change(PRESENT, start_s, now_s)], PRESENT
        gone_s = max(
            [0.0, *(e for _, e in seen if e <= now_s), *(b for _, b in blind if b < now_s)]
        )
        if state is not ABSENT and now_s - gone_s >= 2.0:
            return [change(ABSENT, gone_s, now_s)], ABSENT
        return [], state

    @property
    def stays(self):
        return [
            (round(e.start_s, 1), round(e.end_s, 1), e.reason)
            for e in self.events
            if isinstance(e, Closed)
        ]

    @property
    def read(self):
        return [
            (e.turn.channel, round(e.turn.start_s, 1), round(e.turn.end_s, 1))
            for e in self.events
            if isinstance(e, Admitted)
        ]

    @property
    def closed(self):
        return [e for e in self.events if isinstance(e, Closed)]


def change(state, since_s, known_s):
    return PresenceChange(Role.CITIZEN, state, since_s, known_s)


@pytest.mark.parametrize(("until_s", "count"), [(7.8, 0), (8.3, 1)])
def test_three_seconds_of_a_face_begin_a_stay_from_its_first(until_s, count):
    counter = Counter(40, seen=[(5, until_s)])
    assert len(counter.stays) == count
    if count:
        assert counter.stays == [(5, 8.2, EndReason.CITIZEN_ABSENT)]


def test_who_passes_by_is_no_stay_though_absence_is_known_late():
    assert Counter(40, seen=[(5, 6.5), (15, 17)]).stays == []


def test_a_greeting_before_the_three_seconds_have_passed_belongs_to_it():
    counter = Counter(40, [(STAFF, 5.3, 6.8)], seen=[(5, 30)])
    assert counter.read == [(STAFF, 5.3, 6.8)]
    assert isinstance(counter.events[0], Opened)


def test_three_seconds_of_the_citizens_voice_begin_a_stay():
    counter = Counter(200, [(CITIZEN, 10, 11.5), (CITIZEN, 13, 14.6)])
    assert counter.stays == [(10, 14.6, EndReason.SILENCE)]
    assert Counter(200, [(CITIZEN, 10, 11.5), (CITIZEN, 13, 14.4)]).stays == []
    assert Counter(200, [(CITIZEN, 10, 11.5), (CITIZEN, 40, 41.6)]).stays == []


def test_without_a_camera_the_greeting_before_the_citizens_voice_belongs_to_it():
    speech = [(STAFF, 6.5, 8.0), (STAFF, 8.9, 9.5), (CITIZEN, 10, 14)]
    counter = Counter(150, speech)
    assert counter.stays == [(6.5, 14, EndReason.SILENCE)]
    assert counter.read == speech


def test_but_talk_long_before_it_does_not():
    talk = [(STAFF, 2, 5), (STAFF, 5.9, 9), (STAFF, 25, 26.5), (STAFF, 30, 33)]
    counter = Counter(180, [*talk, (CITIZEN, 38.2, 42)])
    assert counter.stays[0][0] == 38.2
    assert counter.read == [(CITIZEN, 38.2, 42)]
    chain = [(STAFF, t, t + 3.0) for t in (20.0, 24.0, 28.0, 32.0)]
    assert Counter(170, [*chain, (CITIZEN, 36, 40)]).stays[0][0] == 28


def test_staff_alone_never_begin_one():
    assert Counter(100, [(STAFF, 5, 60)]).events == []


def test_absent_for_20_s_ends_it_and_the_wait_is_no_part_of_it():
    counter = Counter(100, [(CITIZEN, 12, 14)], seen=[(5, 40)])
    assert counter.stays == [(5, 39.9, EndReason.CITIZEN_ABSENT)]


def test_back_after_19_s_is_the_same_stay():
    counter = Counter(100, seen=[(5, 40), (59, 70)])
    assert counter.stays == [(5, 69.9, EndReason.CITIZEN_ABSENT)]
    counter = Counter(110, seen=[(5, 40), (61, 80)])
    assert [s[:2] for s in counter.stays] == [(5, 39.9), (61, 79.9)]


def test_a_citizen_out_of_the_picture_but_speaking_is_not_gone():
    counter = Counter(100, [(CITIZEN, 50, 52)], seen=[(5, 40)])
    assert counter.stays == [(5, 52, EndReason.CITIZEN_ABSENT)]


def test_a_voice_that_may_be_the_clerks_neither_opens_a_stay_nor_keeps_it():
    """Heard by the citizen's microphone while the clerk's own is dead."""
    private = [(CITIZEN, 50, 55), (CITIZEN, 70, 90)]
    assert Counter(100, private, seen=[(5, 40)], confidence=0.0).stays == [
        (5, 39.9, EndReason.CITIZEN_ABSENT)
    ]
    assert len(Counter(250, private, confidence=0.0).stays) == 1  # unseen, any voice counts


def test_but_a_sound_now_and_then_is_nobody():
    """Noise in the hall that the voice model took for speech: under 1 s in 15 s."""
    noises = [(CITIZEN, at, at + 0.4) for at in (44, 52, 60, 68)]
    passing = Counter(130, noises, seen=[(5, 40), (72, 73)])
    assert passing.stays == [(5, 39.9, EndReason.CITIZEN_ABSENT)]
    assert passing.read == []
    talking = [(CITIZEN, at, at + 0.4) for at in (44, 47, 50, 53)]
    assert Counter(130, talking, seen=[(5, 40)]).stays == [(5, 53.4, EndReason.CITIZEN_ABSENT)]


@pytest.mark.parametrize(("pause_s", "count"), [(119.8, 1), (120.3, 2)])
def test_sound_alone_ends_with_120_s_of_silence_on_both_channels(pause_s, count):
    again = 20 + pause_s
    speech = [(CITIZEN, 10, 14), (STAFF, 15, 20), (CITIZEN, again, again + 4)]
    counter = Counter(again + 130, speech)
    assert len(counter.stays) == count
    assert counter.stays[-1] == (
        10 if count == 1 else round(again, 1),
        round(again + 4, 1),
        EndReason.SILENCE,
    )


def test_staffs_words_in_the_trailing_wait_are_never_read():
    private = [(STAFF, 41, 44), (STAFF, 50, 58), (STAFF, 70, 75)]
    speech = [(STAFF, 10, 12), (CITIZEN, 13, 15), *private]
    counter = Counter(100, speech, seen=[(5, 40)])
    assert counter.stays == [(5, 39.9, EndReason.CITIZEN_ABSENT)]
    assert counter.read == speech[:2]


def test_staffs_words_are_read_when_the_citizen_comes_back():
    speech = [(STAFF, 10, 12), (STAFF, 45, 47)]
    counter = Counter(100, speech, seen=[(5, 40), (55, 70)])
    assert counter.read == speech


def test_a_turn_is_cut_where_the_stay_begins_and_ends():
    counter = Counter(100, [(STAFF, 3, 7), (STAFF, 35, 45)], seen=[(5, 40)])
    assert counter.read == [(STAFF, 5, 7), (STAFF, 35, 39.9)]


def test_nothing_is_read_in_the_two_seconds_until_a_face_is_known_to_be_gone():
    counter = Counter(41.9, [(STAFF, 10, 12), (STAFF, 40.2, 40.6)], seen=[(5, 40), (60, 61)])
    admitted = [e.turn for e in counter.events if isinstance(e, Admitted)]
    before_the_end = admitted[:1]
    assert [t.start_s for t in before_the_end] == [10]


def test_a_source_that_ends_ends_the_stay_at_its_end_or_at_the_last_sign():
    assert Counter(50, seen=[(5, 80)]).stays == [(5, 50, EndReason.SOURCE_ENDED)]
    assert Counter(50, seen=[(5, 40)]).stays == [(5, 39.9, EndReason.SOURCE_ENDED)]
    assert Counter(50, [(CITIZEN, 5, 9), (STAFF, 10, 12)]).stays == [
        (5, 12, EndReason.SOURCE_ENDED)
    ]
    assert Counter(2, seen=[(0, 9)]).stays == []


class TestNotKnowing:
    def test_a_blind_camera_ends_nothing(self):
        counter = Counter(130, [(CITIZEN, 10, 13)], seen=[(5, 125)], blind=[(20, 120)])
        assert counter.stays == [(5, 124.9, EndReason.SOURCE_ENDED)]

    def test_silence_counts_from_the_camera_loss_not_from_the_last_word(self):
        counter = Counter(300, [(CITIZEN, 10, 13)], seen=[(5, 150)], blind=[(150, 400)])
        assert counter.stays == [(5, 149.9, EndReason.SILENCE)]
        counter = Counter(260, [(CITIZEN, 10, 13)], seen=[(5, 150)], blind=[(150, 400)])
        assert counter.stays[0][2] is EndReason.SOURCE_ENDED

    def test_absence_is_only_what_was_seen_of_it(self):
        blind = [(50, 90)]
        counter = Counter(160, [], seen=[(5, 40), (98.5, 110)], blind=blind)
        assert counter.stays[0][:2] == (5, 109.9)
        counter = Counter(160, [], seen=[(5, 40), (101.5, 110)], blind=blind)
        assert counter.stays[0][:2] == (5, 39.9)

    def test_unseen_any_voice_is_a_sign(self):
        counter = Counter(200, [(STAFF, 60, 65)], seen=[(5, 40)], blind=[(45, 100)])
        assert counter.stays == [(5, 65, EndReason.CITIZEN_ABSENT)]

    def test_dead_microphones_end_nothing(self):
        speech = [(CITIZEN, 10, 14), (CITIZEN, 300, 304)]
        counter = Counter(450, speech, deaf=[(50, 290)])
        assert counter.stays == [(10, 304, EndReason.SILENCE)]


class TestOneMicrophone:
    def test_any_voice_begins_a_stay_when_nobody_is_seen(self):
        counter = Counter(200, [(0, 5, 9), (0, 10, 12)], channels=1)
        assert counter.stays == [(5, 12, EndReason.SILENCE)]

    def test_but_not_where_the_camera_sees_that_nobody_is_there(self):
        assert Counter(200, [(0, 5, 30)], seen=[], channels=1).stays == []

    def test_nor_does_it_keep_a_stay_open(self):
        counter = Counter(200, [(0, 10, 12), (0, 41, 60)], seen=[(5, 40)], channels=1)
        assert counter.stays == [(5, 39.9, EndReason.CITIZEN_ABSENT)]
        assert counter.read == [(0, 10, 12)]


@pytest.mark.parametrize(
    ("seen", "uncertain"),
    [
        ([(5, 800)], False),
        ([(5, 1000)], False),
        ([(5, 500), (504, 1000)], True),
        ([(5, 500), (502.5, 1000)], False),
    ],
)
def test_a_long_stay_with_an_empty_zone_may_be_two(seen, uncertain):
    assert [c.boundary_uncertain for c in Counter(1030, seen=seen).closed] == [uncertain]


def test_a_long_talk_by_sound_alone_may_be_two():
    talk = [(CITIZEN, float(t), t + 20.0) for t in range(5, 1000, 30)]
    assert Counter(1200, talk).closed[0].boundary_uncertain


def test_a_stay_without_end_is_cut_and_goes_on_as_another(monkeypatch):
    monkeypatch.setattr("edge_agent.interaction.MAX_STAY_S", 100.0)
    counter = Counter(150, [(STAFF, 20, 22)], seen=[(5, 130)])
    assert counter.stays == [
        (5, 105, EndReason.SOURCE_ENDED),
        (105, 129.9, EndReason.CITIZEN_ABSENT),
    ]
    assert all(c.boundary_uncertain for c in counter.closed)
    assert MAX_STAY_S < 86_400


times = st.floats(0, 180).map(lambda t: round(t, 1))


@settings(max_examples=40, deadline=None)
@given(
    speech=st.lists(st.tuples(st.integers(0, 1), times, st.floats(0.3, 20)), max_size=10),
    seen=st.none() | st.lists(st.tuples(times, st.floats(0.5, 60)), max_size=4),
    blind=st.lists(st.tuples(times, st.floats(1, 40)), max_size=2),
)
def test_whatever_happens_stays_do_not_overlap_and_read_nothing_outside(speech, seen, blind):
    said, free = [], [0.0, 0.0]
    for channel, wanted_s, length_s in sorted(speech, key=lambda s: s[1]):
        start_s = max(wanted_s, free[channel])
        said.append((channel, start_s, round(start_s + length_s, 1)))
        free[channel] = said[-1][2] + 0.9
    intervals = None if seen is None else [(a, a + n) for a, n in seen]
    counter = Counter(220, said, intervals, [(a, a + n) for a, n in blind])
    start_s = None
    read = []
    last_s = 0.0
    for event in counter.events:
        if isinstance(event, Opened):
            assert start_s is None
            assert event.start_s >= last_s
            start_s, read = event.start_s, []
        elif isinstance(event, Admitted):
            read.append(event.turn)
        else:
            assert event.start_s == start_s
            assert event.end_s >= start_s
            assert all(start_s <= t.start_s < t.end_s <= event.end_s for t in read)
            for zone in (event.citizen, event.staff):
                assert sum(s.end_s - s.start_s for s in zone) == pytest.approx(
                    event.end_s - event.start_s
                )
            start_s, last_s = None, event.end_s
    assert start_s is None
