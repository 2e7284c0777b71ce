"""Live channels in media time: drift, jitter, gaps, in virtual time."""

import heapq
import random
from collections.abc import Iterable, Sequence

import numpy as np
import pytest

from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame, SensorChange
from edge_agent.capture.inbox import SoundBlock
from edge_agent.capture.mixer import Mixer
from edge_agent.capture.sound import BLOCK
from schemas.vocabulary import Sensor, SensorState
from tests.streams.signals import device, tone

STAFF, CITIZEN = Sensor.MICROPHONE_STAFF, Sensor.MICROPHONE_CITIZEN
STALLED_S = 5.0
Arrivals = Iterable[tuple[float, SoundBlock]]


def mixed(
    arrivals: Sequence[Arrivals], until_s: float, *, look_s: float = 0.0
) -> tuple[list[AudioFrame], list[SensorChange], Mixer]:
    """`look_s`: the mixer is asked only so often, as by somebody who falls behind."""
    mixer = Mixer(len(arrivals), stalled_s=STALLED_S)
    frames: list[AudioFrame] = []
    changes: list[SensorChange] = []
    looked_s = 0.0
    for arrival_s, block in heapq.merge(*arrivals, key=lambda x: x[0]):
        if arrival_s - looked_s >= look_s:
            looked_s = arrival_s
            _sort(mixer.pull(arrival_s), frames, changes)
        mixer.push(block)
    _sort(mixer.pull(until_s), frames, changes)
    return frames, changes, mixer


def _sort(given, frames, changes):
    for frame in given:
        (frames if isinstance(frame, AudioFrame) else changes).append(frame)


def sound(frames: Sequence[AudioFrame], channel: int) -> np.ndarray:
    return np.concatenate([frame.samples[channel] for frame in frames])


def pulses_at(samples: np.ndarray) -> np.ndarray:
    """Seconds at which a pulse stands, also one that a fade has spread over two samples."""
    at = np.flatnonzero(samples > 0.3)
    return at[np.insert(np.diff(at) > 2, 0, True)] / SAMPLE_RATE


def sine(hz: float, first: int, count: int, rate: float) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(first, first + count) / rate).astype(np.float32)


def without(arrivals: Arrivals, from_s: float, to_s: float) -> Arrivals:
    """What would have arrived between the two is lost."""
    return ((at, block) for at, block in arrivals if not from_s <= at < to_s)


def test_frames_are_whole_blocks_without_a_hole():
    frames, changes, _ = mixed([device(0, 20), device(1, 20, block=700)], 20)
    assert [f.samples.shape for f in frames] == [(2, BLOCK)] * len(frames)
    assert BLOCK % 512 == 0
    starts = [round(f.start_s * SAMPLE_RATE) for f in frames]
    assert starts == list(range(0, len(frames) * BLOCK, BLOCK))
    assert frames[-1].end_s == pytest.approx(20, abs=0.35)
    assert changes == []


def test_a_device_in_time_is_given_sample_by_sample():
    def noise(first: int, count: int, rate: float) -> np.ndarray:
        return np.random.default_rng(first).standard_normal(count).astype(np.float32)

    sent = np.concatenate([b.samples for _, b in device(0, 9, sound=noise)])
    frames, _, mixer = mixed([device(0, 9, sound=noise)], 9)
    got = sound(frames, 0)
    assert np.array_equal(got, sent[: got.size])
    assert mixer.late_s == 0


def test_opposite_drifts_stay_aligned_for_two_hours():
    """100 ppm each way is 1.44 s between the two in two hours."""
    jitter = random.Random(3)
    until_s = 7200.0
    fast = device(0, until_s, ppm=100, block=1600, late_s=lambda n: jitter.uniform(0, 0.05))
    slow = device(1, until_s, ppm=-100, block=1280, late_s=lambda n: jitter.expovariate(100))
    mixer = Mixer(2, stalled_s=STALLED_S)
    found: tuple[list[float], list[float]] = ([], [])
    changes = []
    for arrival_s, block in heapq.merge(fast, slow, key=lambda x: x[0]):
        for frame in mixer.pull(arrival_s):
            if not isinstance(frame, AudioFrame):
                changes.append(frame)
                continue
            for channel, index in enumerate(frame.samples.argmax(axis=1)):
                if frame.samples[channel, index] > 0.3:
                    found[channel].append(frame.start_s + index / SAMPLE_RATE)
        mixer.push(block)
    assert changes == []
    assert mixer.late_s == 0
    for at in found:
        assert len(at) == pytest.approx(until_s, abs=2)  # no pulse lost or said twice
        assert np.abs(np.array(at) - np.round(at)).max() < 0.025  # so at most 50 ms apart
        assert np.abs(np.diff(at) - 1).max() < 0.001  # and never by a jump


@pytest.mark.parametrize("latest_s", [0.0, 0.02, 0.1])
def test_jitter_alone_inserts_and_drops_nothing(latest_s):
    jitter = random.Random(5)
    frames, changes, mixer = mixed(
        [device(0, 300, late_s=lambda n: jitter.uniform(0, latest_s))], 300
    )
    at = pulses_at(sound(frames, 0))
    assert changes == []
    assert mixer.late_s < 0.1  # once, where the very first blocks all came late
    # Once the least lateness is found and the start, which was a guess, is moved to it.
    assert set(np.round(np.diff(at[10:]) * SAMPLE_RATE)) == {SAMPLE_RATE}


def test_a_start_that_came_late_is_put_right_within_seconds():
    """A sound server's first blocks: each a little less late than the one before."""
    frames, changes, _ = mixed(
        [device(0, 30, block=800, late_s=lambda n: max(0.0, 0.15 - n * 0.01))], 30
    )
    at = pulses_at(sound(frames, 0))
    assert changes == []
    assert np.abs(at - np.round(at))[at > 3.5].max() <= 0.01


def test_a_correction_does_not_click():
    """The steepest step of a sine stays the steepest, though a sample goes ten times a second."""

    def wave(first: int, count: int, rate: float) -> np.ndarray:
        return sine(300, first, count, rate)

    frames, _, _ = mixed([device(0, 120, ppm=400, sound=wave)], 120)
    steps = np.abs(np.diff(sound(frames, 0)[SAMPLE_RATE:]))
    assert steps.max() < 1.02 * 2 * np.sin(np.pi * 300 / SAMPLE_RATE)


def test_the_level_is_kept_through_corrections():
    def wave(first: int, count: int, rate: float) -> np.ndarray:
        return sine(1000, first, count, rate)

    frames, _, _ = mixed([device(0, 120, ppm=-400, sound=wave)], 120)
    power = np.mean(np.square(sound(frames, 0)[: 110 * SAMPLE_RATE]).reshape(-1, 160), axis=1)
    assert 10 * np.log10(power.min() / 0.5) > -0.2


def test_a_stall_is_told_from_its_beginning_and_its_end():
    frames, changes, _ = mixed([device(0, 60), without(device(1, 60), 20, 40)], 60)
    (stalled, ok) = changes
    assert (stalled.sensor, stalled.state) == (CITIZEN, SensorState.STALLED)
    assert (ok.sensor, ok.state) == (CITIZEN, SensorState.OK)
    assert stalled.at_s == pytest.approx(19.9, abs=0.11)
    assert ok.at_s == pytest.approx(39.9, abs=0.11)
    silent = sound(frames, 1)[round(20 * SAMPLE_RATE) : round(39.8 * SAMPLE_RATE)]
    assert not silent.any()
    assert list(np.round(pulses_at(sound(frames, 1)), 2)) == [
        *range(20), *range(40, 60)
    ]  # fmt: skip
    assert list(np.round(pulses_at(sound(frames, 0)), 2)) == list(range(60))


def test_a_stall_is_known_after_its_limit():
    mixer = Mixer(1, stalled_s=STALLED_S)
    for _, block in device(0, 10):
        mixer.push(block)
    told = []
    for now in range(100, 200):
        told += [(now / 10, c) for c in mixer.pull(now / 10) if isinstance(c, SensorChange)]
    ((known_s, change),) = told
    assert change.sensor is Sensor.MICROPHONE_SHARED
    assert known_s == pytest.approx(10 + STALLED_S, abs=0.45)


def test_a_shorter_gap_is_missing_too_not_silence():
    _, changes, _ = mixed([device(0, 30), without(device(1, 30), 10, 12)], 30)
    assert [c.state for c in changes] == [SensorState.STALLED, SensorState.OK]
    assert changes[1].at_s - changes[0].at_s == pytest.approx(2, abs=0.1)


def test_a_microphone_that_never_comes_is_stalled_from_the_start():
    _, changes, _ = mixed([device(0, 20), iter(())], 20)
    assert changes == [SensorChange(0.0, CITIZEN, SensorState.STALLED)]


def test_sound_held_up_and_then_sent_at_once_keeps_its_place():
    """Late by less than the wait: nothing is lost; and it is no reason to move anything."""
    frames, changes, mixer = mixed(
        [device(0, 60, block=800, late_s=lambda n: 0.15 if n == 400 else 0.0)], 60
    )
    assert changes == []
    assert mixer.late_s == 0
    assert list(pulses_at(sound(frames, 0))) == list(range(60))


def test_later_than_the_wait_it_is_lost_in_part_and_the_rest_keeps_its_place():
    frames, changes, mixer = mixed(
        [device(0, 60, block=800, late_s=lambda n: 2.0 if n == 400 else 0.0)], 60
    )
    assert [c.state for c in changes] == [SensorState.STALLED, SensorState.OK]
    assert 1.5 < mixer.late_s < 2.0
    got = pulses_at(sound(frames, 0))
    assert [s for s in range(60) if s not in got] == [20, 21]


def test_one_who_looks_seldom_gets_the_same_sound():
    """Falling behind loses nothing in the mixer: all has come by the time it is asked."""
    jitter = [random.Random(1), random.Random(1)]
    often, seldom = (
        mixed([device(0, 60, ppm=80, late_s=lambda n, r=r: r.uniform(0, 0.1))], 60, look_s=look_s)
        for r, look_s in zip(jitter, (0.0, 3.0), strict=True)
    )
    a, b = pulses_at(sound(often[0], 0)), pulses_at(sound(seldom[0], 0))
    assert len(a) == len(b) == 60
    assert np.abs(a - b).max() < 0.01
    assert often[1] == seldom[1] == []


def test_lost_samples_of_unknown_number_move_what_follows_into_place():
    """An overrun in the driver: 0.1 s is gone, and the device goes on counting."""

    def gone(arrivals: Arrivals) -> Arrivals:
        return without(arrivals, 30.01, 30.12)

    frames, _, _ = mixed([gone(device(0, 90, block=1600))], 90)
    at = pulses_at(sound(frames, 0))
    late = np.abs(at - np.round(at))
    assert late[at > 33].max() < 0.06


def test_what_is_held_is_bounded():
    mixer = Mixer(1, stalled_s=STALLED_S)
    minute = np.zeros(60 * SAMPLE_RATE, np.float32)
    for number in range(5):
        mixer.push(SoundBlock(0, 60.0 * number, minute))
    assert mixer._channels[0]._runs[-1].waiting <= 10 * SAMPLE_RATE
    assert mixer.late_s == pytest.approx(290)


def test_times_of_arrival_are_bounded_too():
    mixer = Mixer(1, stalled_s=STALLED_S)
    for arrival_s, block in device(0, 600):
        mixer.push(block)
        for _ in mixer.pull(arrival_s):
            pass
    (run,) = mixer._channels[0]._runs
    assert len(run.least.steps) <= 41
    assert len(run.parts) < 10


class TestTheWordOfTheInput:
    """The input knows why nothing comes; what comes is heard."""

    def told(self, *said: tuple[float, SensorState], gap: tuple[float, float]) -> list:
        mixer = Mixer(1, stalled_s=STALLED_S)
        waiting = list(said)
        told: list[tuple[float, SensorState]] = []
        for arrival_s, block in without(device(0, 60), *gap):
            for frame in mixer.pull(arrival_s):
                if isinstance(frame, SensorChange):
                    told.append((round(frame.at_s), frame.state))
                    continue
                while waiting and waiting[0][0] <= frame.end_s:
                    change = SensorChange(waiting[0][0], Sensor.MICROPHONE_SHARED, waiting[0][1])
                    told += [(round(c.at_s), c.state) for c in mixer.told(change)]
                    waiting.pop(0)
            mixer.push(block)
        return told

    def test_disconnected_is_not_told_as_stalled_too(self):
        said = [(19.9, SensorState.DISCONNECTED), (40.0, SensorState.OK)]
        assert self.told(*said, gap=(20, 40)) == [
            (20, SensorState.DISCONNECTED),
            (40, SensorState.OK),
        ]

    def test_a_stall_that_proves_to_be_a_disconnection(self):
        said = [
            (19.9, SensorState.STALLED),
            (30.0, SensorState.DISCONNECTED),
            (40.0, SensorState.OK),
        ]
        assert self.told(*said, gap=(20, 40)) == [
            (20, SensorState.STALLED),
            (30, SensorState.DISCONNECTED),
            (40, SensorState.OK),
        ]

    def test_its_ok_is_believed_when_the_sound_is_there(self):
        said = [(19.9, SensorState.DISCONNECTED), (30.0, SensorState.OK)]
        assert self.told(*said, gap=(20, 40)) == [
            (20, SensorState.DISCONNECTED),
            (40, SensorState.OK),
        ]

    def test_one_that_forgets_to_say_ok_is_heard_all_the_same(self):
        told = self.told((19.9, SensorState.DISCONNECTED), gap=(20, 40))
        assert told == [(20, SensorState.DISCONNECTED), (40, SensorState.OK)]

    def test_other_sensors_are_the_inputs_own_to_tell(self):
        change = SensorChange(3.0, Sensor.CAMERA, SensorState.FROZEN)
        assert Mixer(2, stalled_s=STALLED_S).told(change) == [change]


def test_a_tone_has_the_level_it_is_asked_for():
    assert 20 * np.log10(np.sqrt(np.mean(tone(440, 1, -20) ** 2))) == pytest.approx(-20, abs=0.01)
