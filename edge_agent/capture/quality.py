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
_HUM_DB = 15.0
"""How far 50 Hz and its first harmonics stand out of what lies between them."""
_NOISY_DBFS = -40.0
_ABOVE_NOISE_DB = 12.0
_SAME_CORRELATION = 0.6
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
    offset = float(np.mean(samples))
    if abs(offset) > _OFFSET:
        found.append((Finding.OFFSET, offset))
    if (hum := _hum_db(samples)) > _HUM_DB:
        found.append((Finding.HUM, hum))
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
    """RMS of each tenth of a second, in dBFS."""
    whole = samples[: samples.size // _FRAME * _FRAME].reshape(-1, _FRAME).astype(np.float64)
    levels: NDArray[np.float64] = 10 * np.log10(np.mean(whole**2, axis=1) + 1e-12)
    return levels


def _correlation(sound: Samples, frames: NDArray[np.intp]) -> float:
    """Median, over the spoken frames, of the best normalised correlation within 5 ms."""
    best = []
    for frame in frames[:: max(1, len(frames) // 50)]:
        one, two = sound[:, frame * _FRAME : (frame + 1) * _FRAME].astype(np.float64)
        scale = np.sqrt(np.dot(one, one) * np.dot(two, two)) + 1e-12
        middle = np.correlate(two, one[_LAG:-_LAG], "valid")
        best.append(float(np.max(np.abs(middle)) / scale))
    return float(np.median(best))


def _hum_db(samples: NDArray[np.float32]) -> float:
    """50, 100 and 150 Hz against the median of 30 to 200 Hz, by the quiet tenths' spectrum."""
    window = SAMPLE_RATE
    if samples.size < window:
        return 0.0
    parts = samples[: samples.size // window * window].reshape(-1, window)
    spectra = np.abs(np.fft.rfft(parts * np.hanning(window), axis=1)[:, :201]) ** 2
    quiet = spectra[np.argmin(spectra.sum(axis=1))]
    peak = max(quiet[round(_HUM_HZ * k) - 1 : round(_HUM_HZ * k) + 2].max() for k in (1, 2, 3))
    return float(10 * np.log10((peak + 1e-12) / (np.median(quiet[30:201]) + 1e-12)))
