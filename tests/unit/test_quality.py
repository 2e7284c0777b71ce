"""What `hailong agent check` finds in some seconds of sound."""

import numpy as np
import pytest

from edge_agent.capture.quality import Finding, judge_sound
from schemas.vocabulary import Sensor

RATE = 16_000
BOTH = (Sensor.MICROPHONE_STAFF, Sensor.MICROPHONE_CITIZEN)
SECONDS = 10


def noise(seed: int, dbfs: float = -62.0, seconds: float = SECONDS) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 10 ** (dbfs / 20), round(seconds * RATE))


def speech(seed: int, dbfs: float = -25.0) -> np.ndarray:
    """Noise in syllables: half a second on, half a second off."""
    on = np.tile(np.repeat([1.0, 0.0], RATE // 2), SECONDS)
    return noise(seed, dbfs) * on


def voice_at(hz: float) -> np.ndarray:
    """A pitch that wanders as a voice's does, with harmonics, all the time."""
    at = np.arange(SECONDS * RATE) / RATE
    pitch = hz * (1 + 0.05 * np.sin(2 * np.pi * 1.3 * at) + 0.03 * np.sin(2 * np.pi * 3.1 * at))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    return 0.03 * sum(np.sin(k * phase) / k for k in range(1, 12))


def in_a_room(sound: np.ndarray, seed: int, delay: int = 0) -> np.ndarray:
    """As much by the walls as directly, 0.5 s of reverberation."""
    tail = np.random.default_rng(seed).normal(size=4000) * np.exp(-np.arange(4000) / 1150)
    tail[: delay + 1] = 0
    tail /= np.sqrt(np.sum(tail**2))
    tail[delay] = 1.0
    size = sound.size + tail.size
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(tail, size), size)[: sound.size]


def findings(staff, citizen, **more):
    sound = np.stack([staff, citizen]).astype(np.float32)
    return {(f.sensor, f.finding) for f in judge_sound(sound, BOTH, **more)}


def test_two_good_microphones_have_no_finding():
    voice = speech(1)
    assert findings(voice + noise(2), voice * 0.1 + noise(3), staff_speaks=True) == set()


def test_a_dead_one_is_silent_and_nothing_is_said_of_the_two():
    assert findings(speech(1) + noise(2), np.zeros(SECONDS * RATE)) == {
        (Sensor.MICROPHONE_CITIZEN, Finding.SILENT)
    }


def test_nothing_at_all_is_silent():
    sound = np.zeros((2, 0), np.float32)
    assert {f.finding for f in judge_sound(sound, BOTH)} == {Finding.SILENT}


@pytest.mark.parametrize(
    ("spoil", "finding"),
    [
        (lambda x: np.clip(x * 60, -1, 1), Finding.CLIPPED),
        (lambda x: x * 0.01, Finding.QUIET),
        (lambda x: x + noise(9, -35), Finding.NOISY),
        (lambda x: x + 0.05, Finding.OFFSET),
        (
            lambda x: x + 0.01 * np.sin(2 * np.pi * 50 * np.arange(x.size) / RATE),
            Finding.HUM,
        ),
    ],
)
def test_one_spoiled_channel(spoil, finding):
    voice = speech(1)
    found = findings(spoil(voice + noise(2)), voice * 0.1 + noise(3))
    assert (Sensor.MICROPHONE_STAFF, finding) in found
    assert (Sensor.MICROPHONE_CITIZEN, finding) not in found


def test_swapped_microphones_when_the_clerk_speaks():
    voice = speech(1)
    swapped = (None, Finding.SWAPPED)
    assert swapped in findings(voice * 0.1 + noise(2), voice + noise(3), staff_speaks=True)
    assert swapped not in findings(voice * 0.1 + noise(2), voice + noise(3))


def test_two_microphones_that_hear_the_same():
    voice = speech(1)
    echo = (None, Finding.ECHO)
    assert echo in findings(voice + noise(2), np.roll(voice, 30) * 0.9 + noise(3))
    apart = np.roll(voice, 30) * 0.2
    assert echo not in findings(voice + noise(2), apart + noise(3))
    assert echo not in findings(voice + noise(2), speech(4) + noise(3)), "two people at once"


def test_two_microphones_that_hear_the_same_in_a_room_that_echoes():
    echo = (None, Finding.ECHO)
    near, far = in_a_room(speech(1), 5), in_a_room(speech(1), 6, delay=30)
    assert echo in findings(near + noise(2), far * 0.8 + noise(3))
    other = in_a_room(speech(4), 6)
    assert echo not in findings(near + noise(2), other * 0.8 + noise(3)), "two people at once"


@pytest.mark.parametrize("hz", [98, 100, 103, 149])
def test_a_deep_voice_is_no_hum(hz):
    voice = voice_at(hz)
    found = findings(voice + noise(2), voice * 0.1 + noise(3))
    assert Finding.HUM not in {finding for _, finding in found}


@pytest.mark.parametrize("hz", [49.8, 50.15, 100.3])
def test_a_hum_under_a_voice_is_found(hz):
    hum = 0.01 * np.sin(2 * np.pi * hz * np.arange(SECONDS * RATE) / RATE)
    found = findings(speech(1) + hum + noise(2), speech(1) * 0.1 + noise(3))
    assert (Sensor.MICROPHONE_STAFF, Finding.HUM) in found
    assert (Sensor.MICROPHONE_CITIZEN, Finding.HUM) not in found


def test_an_offset_is_no_noise():
    found = findings(speech(1) + noise(2) + 0.05, speech(1) * 0.1 + noise(3))
    assert found == {(Sensor.MICROPHONE_STAFF, Finding.OFFSET)}


def test_nobody_spoke():
    assert findings(noise(1), noise(2)) == {(None, Finding.NO_SPEECH)}
