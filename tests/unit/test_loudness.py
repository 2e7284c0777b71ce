"""Baseline, raised voice, noise in the hall, signal to noise."""

import pytest

from edge_agent.loudness import LoudnessMeter
from edge_agent.segment import Level, Segment, Voice

BASE = -32.0


def feed(meter, start_s, end_s, levels, speech=(), clipped=0.0):
    """`levels`: dBFS by channel; `speech`: channels on which somebody speaks all the time."""
    count = round((end_s - start_s) * 10)
    frames = [
        Level(channel, round(start_s + i / 10, 3), dbfs, clipped)
        for i in range(count)
        for channel, dbfs in enumerate(levels)
    ]
    segments = tuple(Segment(channel, start_s, end_s) for channel in speech)
    quiet = (None,) * len(levels)
    meter.push(Voice(end_s, (), tuple(frames), quiet))
    meter.push(Voice(end_s + 0.2, segments, (), quiet))


def pause(meter, start_s):
    """0.5 s of the room's noise."""
    feed(meter, start_s, start_s + 0.5, [-60.0, -60.0])


def with_baseline(seconds=60.0, channels=(0, 1)):
    meter = LoudnessMeter(2)
    feed(meter, 0, seconds, [BASE if c in channels else -60.0 for c in (0, 1)], speech=channels)
    return meter


def said(meter, channel, start_s, end_s):
    return meter.measure(channel, [(start_s, end_s)])


@pytest.mark.parametrize(("seconds", "valid"), [(59.9, False), (60.0, True)])
def test_a_baseline_needs_60_s_of_speech(seconds, valid):
    meter = with_baseline(seconds)
    feed(meter, 70, 72, [BASE + 3, -60], speech=[0])
    loudness = said(meter, 0, 70, 72)
    assert loudness.has_baseline is valid
    assert loudness.dbfs == pytest.approx(BASE + 3)
    assert loudness.above_baseline_db == (pytest.approx(3) if valid else None)


def test_silence_is_no_speech_however_long():
    meter = LoudnessMeter(2)
    feed(meter, 0, 300, [BASE, BASE])
    feed(meter, 301, 303, [BASE, BASE], speech=[0])
    assert not said(meter, 0, 301, 303).has_baseline


def test_the_baseline_is_the_median_of_the_last_ten_minutes():
    meter = LoudnessMeter(1)
    feed(meter, 0, 100, [-50.0], speech=[0])
    feed(meter, 500, 561, [-30.0], speech=[0])
    feed(meter, 565, 567, [-30.0], speech=[0])
    assert said(meter, 0, 565, 567).above_baseline_db == pytest.approx(20)
    feed(meter, 705, 707, [-30.0], speech=[0])
    assert said(meter, 0, 705, 707).above_baseline_db == pytest.approx(0)
    feed(meter, 1400, 1402, [-30.0], speech=[0])
    assert not said(meter, 0, 1400, 1402).has_baseline


def test_another_clerk_begins_without_the_one_befores_baseline():
    meter = with_baseline()
    meter.new_assignment()
    feed(meter, 70, 72, [BASE, -60], speech=[0])
    assert not said(meter, 0, 70, 72).has_baseline


@pytest.mark.parametrize(
    ("above_db", "length_s", "raised"),
    [(12.0, 1.0, True), (11.9, 3.0, False), (12.0, 0.9, False), (20.0, 2.5, True)],
)
def test_raised_is_12_db_above_for_1_s(above_db, length_s, raised):
    meter = with_baseline()
    feed(meter, 70, 71, [BASE, -60])
    feed(meter, 71, 71 + length_s, [BASE + above_db, -60])
    feed(meter, 71 + length_s, 75, [BASE, -60], speech=[0])
    stretches = said(meter, 0, 70, 75).raised
    expected = [(71, 71 + length_s)] if raised else []
    assert [(pytest.approx(a), pytest.approx(b)) for a, b in stretches] == expected


def test_a_slam_in_a_pause_is_no_raised_voice():
    meter = with_baseline()
    feed(meter, 70, 74, [BASE + 20, -60])
    assert meter.measure(0, [(70.0, 70.4), (73.5, 74.0)]).raised == ()


def test_both_channels_rising_together_is_noise():
    meter = with_baseline()
    feed(meter, 70, 73, [BASE + 15, BASE + 13], speech=[0])
    assert said(meter, 0, 70, 73).raised == ()
    feed(meter, 80, 83, [BASE + 15, BASE + 8], speech=[0])
    assert said(meter, 0, 80, 83).raised != ()


def test_what_is_about_as_loud_at_the_other_microphone_is_no_voice_at_this_one():
    meter = with_baseline()
    feed(meter, 70, 73, [BASE + 15, BASE + 10], speech=[0])
    assert said(meter, 0, 70, 73).raised == ()


@pytest.mark.parametrize(("other_db", "usual"), [(-3.0, BASE), (-8.0, BASE - 12)])
def test_a_voice_that_reaches_both_microphones_is_not_how_loud_ones_own_person_speaks(
    other_db, usual
):
    meter = LoudnessMeter(2)
    feed(meter, 0, 20, [-60.0, -60.0])
    feed(meter, 20, 90, [BASE, -60.0], speech=[0])
    feed(meter, 100, 120, [-60.0, -60.0])
    for start_s in range(120, 320, 5):
        feed(meter, start_s, start_s + 3, [BASE - 12, BASE - 12 + other_db], speech=[0])
        feed(meter, start_s + 3, start_s + 5, [-60.0, -60.0])
    pause(meter, 329.5)
    feed(meter, 330, 332, [BASE, -60.0], speech=[0])
    pause(meter, 332)
    assert said(meter, 0, 330, 332).above_baseline_db == pytest.approx(BASE - usual)


def test_the_other_rooms_steady_noise_does_not_cost_the_baseline():
    meter = LoudnessMeter(2)
    feed(meter, 0, 70, [BASE, BASE - 3], speech=[0])
    feed(meter, 80, 82, [BASE, BASE - 3], speech=[0])
    assert said(meter, 0, 80, 82).has_baseline


@pytest.mark.parametrize(("clipped", "measured"), [(0.009, True), (0.01, False), (0.3, False)])
def test_a_microphone_at_its_limit_says_nothing_of_the_voice(clipped, measured):
    meter = with_baseline()
    pause(meter, 69.5)
    feed(meter, 70, 73, [BASE + 25, -60], speech=[0], clipped=clipped)
    pause(meter, 73)
    loudness = said(meter, 0, 70, 73)
    assert loudness.has_baseline is measured
    assert bool(loudness.raised) is measured
    assert (loudness.above_baseline_db is None) is not measured


def test_one_clipped_frame_of_many_takes_nothing_from_a_raised_voice():
    meter = with_baseline()
    pause(meter, 69.5)
    feed(meter, 70, 70.1, [BASE + 15, -60], clipped=0.1)
    feed(meter, 70.1, 73, [BASE + 15, -60])
    pause(meter, 73)
    meter.push(Voice(73.3, (Segment(0, 70, 73),), (), (None, None)))
    assert said(meter, 0, 70, 73).raised != ()


@pytest.mark.parametrize(
    ("noise_db", "measured"), [((0.0, 0.0), True), ((14.0, 14.0), True), ((14.0, 0.0), False)]
)
@pytest.mark.parametrize("turned_s", [69.6, 70.0])
def test_a_microphone_turned_up_makes_no_raised_voice(noise_db, measured, turned_s):
    """All it hears is louder then; a hall that got louder is so on both."""
    meter = LoudnessMeter(2)
    for start_s in range(0, 65, 5):
        feed(meter, start_s, start_s + 4.8, [BASE, BASE - 20], speech=[0])
        feed(meter, start_s + 4.8, start_s + 5, [-60.0, -60.0])
    louder = [-60.0 + db for db in noise_db]
    feed(meter, 65, turned_s, [-60.0, -60.0])
    feed(meter, turned_s, 70, louder)
    feed(meter, 70, 73, [BASE + 14, BASE - 6], speech=[0])
    feed(meter, 73, 73.5, louder)
    loudness = said(meter, 0, 70, 73)
    assert loudness.has_baseline is measured
    assert bool(loudness.raised) is measured


def test_unsure_speech_is_nobodys_usual_level():
    """Such as the citizen's bleed while the citizen's own microphone is dead."""
    meter = with_baseline()
    feed(meter, 70, 200, [BASE - 20, -120.0])
    meter.push(Voice(200.2, (Segment(0, 70, 200, 0.0),), (), (None, None)))
    pause(meter, 209.5)
    feed(meter, 210, 213, [BASE, -120.0], speech=[0])
    pause(meter, 213)
    assert said(meter, 0, 210, 213).above_baseline_db == pytest.approx(0)


def test_clipped_speech_makes_no_baseline():
    meter = LoudnessMeter(2)
    feed(meter, 0, 100, [-3.0, -60.0], speech=[0], clipped=0.2)
    feed(meter, 110, 112, [BASE, -60.0], speech=[0])
    assert not said(meter, 0, 110, 112).has_baseline


def test_without_the_others_baseline_a_noise_on_both_is_noise_too():
    meter = with_baseline(channels=[0])
    feed(meter, 70, 73, [BASE + 15, BASE + 10], speech=[0])
    assert said(meter, 0, 70, 73).raised == ()
    feed(meter, 80, 83, [BASE + 15, BASE - 5], speech=[0])  # bleed of 20 dB
    assert said(meter, 0, 80, 83).raised != ()


def test_snr_is_speech_over_the_quietest_tenth():
    meter = LoudnessMeter(1)
    feed(meter, 0, 10, [-60.0])
    feed(meter, 10, 20, [-30.0], speech=[0])
    assert meter.snr_db(0, 0, 20) == pytest.approx(30)
    assert meter.snr_db(0, 0, 3) is None


def test_snr_takes_a_dead_microphone_for_no_quiet_room():
    meter = LoudnessMeter(1)
    feed(meter, 0, 10, [-60.0])
    feed(meter, 10, 20, [-30.0], speech=[0])
    feed(meter, 20, 60, [-120.0])
    assert meter.snr_db(0, 0, 60) == pytest.approx(30)
