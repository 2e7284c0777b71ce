"""What is wrong with microphones, judged from some seconds of their sound. Pure.

Numbers and enumerated findings come out; the sound is the caller's to drop.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.frame import SAMPLE_RATE, Samples
from schemas.vocabulary import Sensor

_FRAME = SAMPLE_RATE // 10
_SILENT_DBFS = -100.0
_QUIET_DBFS = -55.0
"""Speech at a counter reaches -30 dBFS; who speaks under this is lost in the noise."""
_CLIPPED_AT = 0.985
_CLIPPED_SHARE = 1e-3
_OFFSET = 0.02
_HUM_HZ = 50.0
_HUM_DB = 28.0
"""How far 50 Hz or one of its first harmonics stands out of what lies within 8 Hz of it, at the
resolution that ten seconds give. The pitch of 60 stretches of recorded voices reached 27 dB; a
hum of -45 dBFS under them was found in 95 of 100."""
_HUM_DBFS = -56.0
"""A weaker hum does no harm."""
_NOISY_DBFS = -40.0
_ABOVE_NOISE_DB = 12.0
_SAME_CORRELATION = 0.3
"""One voice in a room, at two microphones: 0.5 where as much comes by the walls as directly, 0.8
where a quarter does. Two people at once: under 0.1."""
_SAME_DB = 6.0
_LAG = SAMPLE_RATE // 200
"""5 ms: sound goes 1.7 m in them."""
_SPOKEN_FRAMES = 10


class Finding(StrEnum):
    SILENT = "silent"
    CLIPPED = "clipped"
    QUIET = "quiet"
    NOISY = "noisy"
    HUM = "hum"
    OFFSET = "offset"
    SWAPPED = "swapped"
    ECHO = "echo"
    NO_SPEECH = "no_speech"
    """Nobody spoke, so that little can be said."""


@dataclass(frozen=True, slots=True)
class SoundFinding:
    sensor: Sensor | None
    """None: of the two together."""
    finding: Finding
    value: float
    """dBFS, dB or a share, as the finding's words say."""


def judge_sound(
    sound: Samples, sensors: Sequence[Sensor], *, staff_speaks: bool = False
) -> list[SoundFinding]:
    """`sound`: float32, shape (channels, n), 16 kHz; `sensors`: of its channels.
    `staff_speaks`: only the clerk was to speak, so that a louder citizen's channel is swapped.
    """
    found: list[SoundFinding] = []
    for sensor, samples in zip(sensors, sound, strict=True):
        found += [SoundFinding(sensor, *one) for one in _judge_one(samples)]
    alive = not any(one.finding is Finding.SILENT for one in found)
    if len(sensors) == 2 and alive:
        found += _judge_both(sound, staff_speaks=staff_speaks)
    return found


def _judge_one(samples: NDArray[np.float32]) -> list[tuple[Finding, float]]:
    levels = _levels(samples)
    if not len(levels) or levels.max() <= _SILENT_DBFS:
        return [(Finding.SILENT, float(levels.max(initial=-120.0)))]
    found = []
    clipped = float(np.mean(np.abs(samples) >= _CLIPPED_AT))
    if clipped >= _CLIPPED_SHARE:
        found.append((Finding.CLIPPED, clipped))
    floor, loud = float(np.percentile(levels, 10)), float(np.percentile(levels, 95))
    if floor > _NOISY_DBFS:
        found.append((Finding.NOISY, floor))
    if floor + _ABOVE_NOISE_DB < loud < _QUIET_DBFS:
        found.append((Finding.QUIET, loud))
    offset = float(np.mean(samples, dtype=np.float64))
    if abs(offset) > _OFFSET:
        found.append((Finding.OFFSET, offset))
    hum_dbfs, stands_out_db = _hum(samples)
    if stands_out_db > _HUM_DB and hum_dbfs > _HUM_DBFS:
        found.append((Finding.HUM, hum_dbfs))
    return found


def _judge_both(sound: Samples, *, staff_speaks: bool) -> list[SoundFinding]:
    levels = np.stack([_levels(samples) for samples in sound])
    floors = np.percentile(levels, 10, axis=1, keepdims=True)
    spoken = (levels > floors + _ABOVE_NOISE_DB).any(axis=0)
    if spoken.sum() < _SPOKEN_FRAMES:
        return [SoundFinding(None, Finding.NO_SPEECH, float(spoken.sum()) / 10)]
    difference = float(np.median(levels[0, spoken] - levels[1, spoken]))
    found = []
    if staff_speaks and difference < -_SAME_DB:
        found.append(SoundFinding(None, Finding.SWAPPED, difference))
    frames = np.flatnonzero(spoken)
    apart = float(np.percentile(np.abs(levels[0, spoken] - levels[1, spoken]), 75))
    if apart < _SAME_DB and _correlation(sound, frames) > _SAME_CORRELATION:
        found.append(SoundFinding(None, Finding.ECHO, apart))
    return found


def _levels(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """RMS of each tenth of a second, in dBFS, without what is constant."""
    whole = samples[: samples.size // _FRAME * _FRAME].reshape(-1, _FRAME).astype(np.float64)
    whole = whole - (whole.mean() if whole.size else 0.0)
    levels: NDArray[np.float64] = 10 * np.log10(np.mean(whole**2, axis=1) + 1e-12)
    return levels


def _correlation(sound: Samples, frames: NDArray[np.intp]) -> float:
    """The best normalised correlation within 5 ms over all spoken frames, high tones raised so
    that rumble and hum, which both hear anyway, do not count.
    """
    spoken = (frames[:, np.newaxis] * _FRAME + np.arange(_FRAME)).ravel()
    one, two = np.diff(sound[:, spoken].astype(np.float64), axis=1)
    scale = np.sqrt(np.dot(one, one) * np.dot(two, two)) + 1e-12
    return float(np.max(np.abs(np.correlate(two, one[_LAG:-_LAG], "valid"))) / scale)


def _hum(samples: NDArray[np.float32]) -> tuple[float, float]:
    """RMS of the strongest of 50, 100 and 150 Hz in dBFS, and how far it stands out in dB. The
    mains keep their frequency within 0.2 Hz for minutes; a voice does not for a second.
    """
    size = samples.size
    if size < 3 * SAMPLE_RATE:
        return -120.0, 0.0
    window = np.hanning(size)
    power = np.abs(np.fft.rfft((samples - samples.mean(dtype=np.float64)) * window)) ** 2
    hz = np.arange(power.size) * SAMPLE_RATE / size
    strongest = (-120.0, 0.0)
    for harmonic in (1, 2, 3):
        away = np.abs(hz - harmonic * _HUM_HZ)
        width = 0.2 * harmonic + 2 * SAMPLE_RATE / size
        peak, beside = power[away <= width], power[(away > width) & (away <= 8.0)]
        stands_out = _db(peak.max() / (np.median(beside) + 1e-12))
        if stands_out > strongest[1]:
            strongest = (_db(2 * peak.sum() / (size * np.sum(window**2))), stands_out)
    return strongest


def _db(power: float) -> float:
    return float(10 * np.log10(power + 1e-12))
