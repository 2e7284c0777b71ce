"""Which packets are decoded, which pictures taken, and when a picture was: without a stream."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.capture.arrival import ArrivalTimes
from edge_agent.capture.choosing import PictureChooser


def run(chooser, rate, key_every, seconds, from_s=0.0):
    """Times of the packets decoded and of the pictures taken."""
    decoded, taken = [], []
    for number in range(round(rate * seconds)):
        at_s, key = from_s + number / rate, number % key_every == 0
        if chooser.decodes(at_s, key=key):
            decoded.append(at_s)
            if chooser.takes(at_s, key=key):
                taken.append(at_s)
    return decoded, taken


@pytest.mark.parametrize(
    ("rate", "key_every", "fps", "decoded_share"),
    [
        (25, 50, 3, 0.9),  # the tail of a group of 2 s is left out
        (25, 25, 3, 0.8),
        (25, 25, 1, 0.04),  # key frames alone
        (25, 8, 3, 0.13),
        (5, 10, 3, 1.0),
        (30, 1, 3, 0.1),  # MJPEG: what is taken
    ],
)
def test_as_many_pictures_as_wanted_from_as_few_packets_as_can_be(
    rate, key_every, fps, decoded_share
):
    chooser = PictureChooser(fps)
    run(chooser, rate, key_every, 4)
    decoded, taken = run(chooser, rate, key_every, 40, from_s=4.0)
    assert len(taken) / 40 == pytest.approx(fps, rel=0.1)
    # Where key frames come hardly more often than wanted, one is left out now and then.
    assert (
        np.diff(taken).max() <= max(1.6 / fps, 2 * key_every / rate * (decoded_share < 0.2)) + 0.04
    )
    assert len(decoded) / (40 * rate) <= decoded_share + 0.02


@given(
    rate=st.integers(2, 30),
    groups=st.lists(st.integers(1, 60), min_size=2, max_size=40),
    fps=st.floats(0.5, 5),
)
def test_nothing_is_decoded_without_what_it_is_built_on(rate, groups, fps):
    """However groups vary: a packet goes to the decoder only after all since its key frame."""
    chooser = PictureChooser(fps)
    number = 0
    for length in groups:
        whole = True
        for place in range(length):
            decodes = chooser.decodes(number / rate, key=place == 0)
            assert not decodes or whole
            whole = whole and decodes
            if decodes:
                chooser.takes(number / rate, key=place == 0)
            number += 1


def test_before_the_first_key_frame_nothing_is_decoded_and_a_key_without_time_counts():
    chooser = PictureChooser(3)
    assert not chooser.decodes(0.0, key=False)
    assert chooser.decodes(None, key=True)
    assert chooser.decodes(0.1, key=False)


def test_fewer_and_more_pictures_while_it_runs():
    chooser = PictureChooser(4)
    run(chooser, 20, 10, 4)
    chooser.set_fps(1)
    assert len(run(chooser, 20, 10, 10, from_s=4)[1]) == pytest.approx(10, abs=1)
    chooser.set_fps(5)
    assert len(run(chooser, 20, 10, 10, from_s=14)[1]) == pytest.approx(50, abs=4)


def test_timestamps_that_begin_anew_stop_nothing():
    chooser = PictureChooser(3)
    run(chooser, 15, 15, 10, from_s=1000)
    assert len(run(chooser, 15, 15, 10)[1]) == pytest.approx(30, abs=4)


def test_frames_that_no_other_needs_are_left_out_where_enough_are_left():
    many, few = PictureChooser(3), PictureChooser(3)
    run(many, 25, 50, 6)
    run(few, 5, 10, 6)
    assert (many.skips_non_reference, few.skips_non_reference) == (True, False)


def test_jitter_of_the_network_moves_no_picture():
    """Packets sent every 40 ms arrive up to 0.3 s late: times stay even to 5 ms."""
    random = np.random.default_rng(5)
    times, placed = ArrivalTimes(), []
    for number in range(1500):
        sent_s = number * 0.04
        times.arrived(7000 + sent_s, 12 + sent_s + 0.02 + random.exponential(0.05))
        placed.append(times.media_s(7000 + sent_s))
    even = np.array(placed[100:]) - 12 - np.arange(100, 1500) * 0.04
    assert np.ptp(even) < 0.02
    assert even.min() > 0.0
    assert even.max() < 0.05


def test_a_slow_crystal_is_followed_and_a_fast_one_too():
    for rate in (1 - 1e-4, 1 + 1e-4):
        times = ArrivalTimes()
        for number in range(36_000):  # an hour
            times.arrived(number * 0.1 * rate, number * 0.1 + 0.02)
        assert times.media_s(3599.9 * rate) == pytest.approx(3599.92, abs=0.02)


def test_timestamps_that_leap_are_taken_as_begun_anew():
    times = ArrivalTimes()
    times.arrived(5.0, 10.0)
    times.arrived(1_000_000.0, 10.1)
    assert times.media_s(1_000_000.0) == pytest.approx(10.1)
    times.arrived(3.0, 10.2)
    assert times.media_s(3.0) == pytest.approx(10.2)


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 2)), min_size=1, max_size=50))
def test_no_time_is_after_its_own_arrival(packets):
    times, now_s = ArrivalTimes(), 0.0
    for stamp_s, step_s in packets:
        now_s += step_s
        times.arrived(stamp_s, now_s)
        assert 0.0 <= times.media_s(stamp_s) <= now_s + 1e-6
