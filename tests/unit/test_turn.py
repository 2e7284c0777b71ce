"""segment -> turn: the pause of 0.8 s, the limit of 28 s, what a turn keeps of its sound."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.capture.buffer import SoundBuffer
from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame
from edge_agent.loudness import LoudnessMeter
from edge_agent.segment import Segment, Voice
from edge_agent.turn import MAX_TURN_S, PAUSE_S, TurnBuilder
from schemas.vocabulary import Role


def build(segments, *, channels=2, until_s=None, sound=None, step_s=None):
    """Pushes the segments when each is known; the builder's turns, and the builder."""
    buffer = SoundBuffer(channels, 60)
    if sound is not None:
        buffer.push(AudioFrame(0.0, sound))
    builder = TurnBuilder(channels, buffer, LoudnessMeter(channels))
    quiet = (None,) * channels
    turns = []
    for segment in sorted(segments, key=lambda s: s.end_s):
        turns += builder.push(Voice(segment.end_s, (segment,), (), quiet))
    if until_s is not None:
        turns += builder.push(Voice(until_s, (), (), quiet))
    return turns, builder


def pieces(start_s, end_s, channel=0, longest_s=5.0):
    edges = [*np.arange(start_s, end_s, longest_s), end_s]
    return [Segment(channel, float(a), float(b)) for a, b in pairwise(edges)]


@pytest.mark.parametrize("start_s", [0.0, 10.1, 1234.567])
def test_a_pause_of_exactly_0_8_s_ends_a_turn(start_s):
    one = Segment(0, start_s, start_s + 1)
    two = Segment(0, one.end_s + PAUSE_S, one.end_s + 2)
    turns, _ = build([one, two], until_s=two.end_s + PAUSE_S)
    assert [(t.start_s, t.end_s) for t in turns] == [
        (one.start_s, one.end_s),
        (two.start_s, two.end_s),
    ]


def test_a_shorter_pause_does_not():
    turns, _ = build([Segment(0, 0, 1), Segment(0, 1.79, 3)], until_s=4)
    assert len(turns) == 1
    assert turns[0].voiced == ((0, 1), (1.79, 3))
    assert turns[0].speech_s == pytest.approx(2.21)


def test_speech_that_began_in_time_keeps_the_turn_open():
    builder = TurnBuilder(1, SoundBuffer(1, 60), LoudnessMeter(1))
    going = Segment(0, 1.5, 2.4)
    assert builder.push(Voice(1.2, (Segment(0, 0, 1),), (), (None,))) == []
    assert builder.push(Voice(2.4, (), (), (going,))) == []
    assert [t.end_s for t in builder.push(Voice(1.8, (), (), (None,)))] == [1]


def test_at_28_s_a_turn_is_cut_and_the_next_goes_on():
    turns, builder = build(pieces(2.0, 62.0))
    turns += builder.finish()
    assert [(t.start_s, t.end_s, t.continued) for t in turns] == [
        (2, 30, True),
        (30, 58, True),
        (58, 62, False),
    ]
    assert sum(t.speech_s for t in turns) == pytest.approx(60)


def test_no_turn_is_made_of_a_sliver_at_the_limit():
    turns, builder = build([*pieces(0, 27.95), Segment(0, 28.0, 32)])
    turns += builder.finish()
    assert [(t.end_s, t.continued) for t in turns] == [(27.95, True), (32, False)]
    turns, builder = build([Segment(0, 0, 27), Segment(0, 27.1, 28.05)])
    turns += builder.finish()
    assert all(t.speech_s >= 0.12 for t in turns)


def test_one_microphone_knows_no_roles():
    turns, _ = build([Segment(0, 0, 1)], channels=1, until_s=3)
    assert (turns[0].role, turns[0].role_confidence) == (Role.UNKNOWN, 0.0)
    turns, _ = build([Segment(0, 0, 1), Segment(1, 2, 3)], until_s=5)
    assert [(t.role, t.role_confidence) for t in turns] == [
        (Role.STAFF, 1.0),
        (Role.CITIZEN, 1.0),
    ]


def test_a_turn_is_as_sure_as_its_segments_and_unknown_where_they_are_not():
    sure = [Segment(1, 0, 1, 0.98), Segment(1, 1.2, 2.2, 0.9)]
    (turn,), _ = build(sure, until_s=4)
    assert turn.role is Role.CITIZEN
    assert turn.role_confidence == pytest.approx(0.94)
    unsure = [Segment(1, 0, 3, 0.5), Segment(1, 3.2, 3.7, 0.9)]
    (turn,), _ = build(unsure, until_s=6)
    assert (turn.role, turn.role_confidence) == (Role.UNKNOWN, 0.0)
    (turn,), _ = build([Segment(1, 0, 27, 0.9), Segment(1, 27.1, 30, 0.9)], until_s=27.5)
    assert turn.role_confidence == pytest.approx(0.9)


def ramp(seconds, channels=1):
    one = np.arange(int(seconds * SAMPLE_RATE), dtype=np.float32) / SAMPLE_RATE
    return np.stack([one] * channels)


def test_a_turn_has_its_own_sound_and_a_margin():
    turns, _ = build([Segment(0, 3, 5)], channels=1, until_s=6, sound=ramp(10))
    sound = turns[0].sound
    assert sound[0] == pytest.approx(2.8)
    assert sound[-1] == pytest.approx(5.2, abs=1e-3)
    assert turns[0].sound_from_s == pytest.approx(2.8)


def test_the_part_of_a_turn_inside_a_stay_has_only_that_sound():
    segments = [Segment(0, 3, 5), Segment(0, 5.5, 7)]
    (turn,), _ = build(segments, channels=1, until_s=8, sound=ramp(10))
    inside = turn.within(4, 6)
    assert inside.voiced == ((4, 5), (5.5, 6))
    assert (inside.start_s, inside.end_s) == (4, 6)
    assert inside.sound.min() == pytest.approx(4, abs=1e-3)
    assert inside.sound.max() == pytest.approx(6, abs=1e-3)
    assert turn.within(2, 9) is turn
    assert turn.within(6.95, 20) is None


def test_a_turns_repr_hides_its_sound():
    (turn,), _ = build([Segment(0, 3, 5)], channels=1, until_s=6, sound=ramp(10))
    assert repr(turn) == "SpokenTurn(unknown, 3.00-5.00 s)"
    assert "0." not in repr(AudioFrame(1.0, ramp(1))).replace("1.00", "")


def test_the_buffer_forgets_what_is_old_and_takes_lost_sound_for_silence():
    buffer = SoundBuffer(1, 4)
    for second in range(6):
        buffer.push(AudioFrame(second, ramp(1) + second + 1))
    sound, from_s = buffer.cut(0, 0, 3)
    assert from_s == 2
    assert (sound[0], len(sound)) == (3, SAMPLE_RATE)
    buffer.push(AudioFrame(7.0, ramp(1) + 8))
    assert not buffer.cut(0, 6, 7)[0].any()
    assert buffer.cut(0, 20, 30)[0].size == 0
    buffer.clear()
    assert not buffer.cut(0, 0, 9)[0].any()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 3), st.floats(0.12, 12)), min_size=1, max_size=25))
def test_turns_keep_all_speech_in_order_within_the_limit(script):
    segments, at = [], 0.0
    for pause_s, length_s in script:
        segments += pieces(at + pause_s, at + pause_s + length_s)
        at = segments[-1].end_s
    turns, builder = build(segments)
    turns += builder.finish()
    assert sum(t.speech_s for t in turns) == pytest.approx(sum(s.length_s for s in segments))
    for turn in turns:
        assert 0 < turn.end_s - turn.start_s <= MAX_TURN_S + 1e-6
    for turn, following in pairwise(turns):
        gap = following.start_s - turn.end_s
        assert turn.continued == (gap < PAUSE_S - 1e-6)
