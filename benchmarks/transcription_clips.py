"""Clips with known words, their worse copies, and how far a text is from the words.

The clips are test data that is no part of the project: `clips()` is empty where they are
absent. Nothing here prints or keeps a word of them.
"""

import csv
import os
import re
import unicodedata
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from faster_whisper.audio import decode_audio

from benchmarks.machine import ROOT
from edge_agent.capture.frame import SAMPLE_RATE, Samples

TUNING = (
    "VIVOSDEV01_R002.wav",
    "VIVOSDEV01_R034.wav",
    "VIVOSDEV15_020.wav",
    "VIVOSSPK01_R002.wav",
    "VIVOSSPK01_R005.wav",
)
"""Settings may be chosen by these; what is reported comes from the others."""
_LEVELS_DBFS = (-34, -46)


@dataclass(frozen=True, slots=True, repr=False)
class Clip:
    name: str
    said: str
    sound: Samples

    @property
    def tuning(self) -> bool:
        return self.name in TUNING


def clips() -> list[Clip]:
    folder = Path(os.environ.get("HAILONG_TEST_DATA", ROOT.parent / "shared" / "data")) / "speech"
    listed = folder / "manifest.tsv"
    if not listed.is_file():
        return []
    with listed.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        Clip(row["path"], row["transcript"], decode_audio(str(folder / row["path"])))
        for row in rows
    ]


def copies(clip: Clip) -> dict[str, Samples]:
    """The clip itself, with noise, with reverberation, and quiet; the same at every run."""
    rng = np.random.default_rng(zlib.crc32(clip.name.encode()))
    sound, level = clip.sound, _rms(clip.sound)

    def noisy(noise: np.ndarray, snr_db: float) -> Samples:
        return (sound + noise * level * 10 ** (-snr_db / 20)).astype(np.float32)

    return {
        "clean": sound,
        "noise 10 dB": noisy(_pink(len(sound), rng), 10),
        "reverberation 0.4 s": _reverberated(sound, 0.4, rng),
        "noise 20 dB": noisy(_pink(len(sound), rng), 20),
        "white noise 15 dB": noisy(rng.normal(size=len(sound)), 15),
        "reverberation 0.25 s": _reverberated(sound, 0.25, rng),
        **{
            f"level {dbfs} dBFS": (sound * (10 ** (dbfs / 20) / level)).astype(np.float32)
            for dbfs in _LEVELS_DBFS
        },
    }


def errors(said: str, heard: str) -> tuple[int, int]:
    """Wrong, missing and added words, and the number of words said."""
    words, other = _words(said), _words(heard)
    row = list(range(len(other) + 1))
    for count, word in enumerate(words, 1):
        before, row = row, [count]
        for at, against in enumerate(other, 1):
            row.append(min(before[at] + 1, row[-1] + 1, before[at - 1] + (word != against)))
    return row[-1], len(words)


def interval(
    by_clip: Mapping[str, Sequence[Sequence[float]]],
    statistic: Callable[[np.ndarray], float],
    draws: int = 4000,
) -> tuple[float, float, float]:
    """The statistic and its 95 % bootstrap interval, clips drawn with replacement.

    `by_clip`: rows of numbers, those of a clip's copies together, because they are not
    independent; `statistic` gets the column sums of the rows drawn.
    """
    sums = np.array([np.sum(np.asarray(rows, float), axis=0) for rows in by_clip.values()])
    rng = np.random.default_rng(1)
    drawn = rng.integers(0, len(sums), (draws, len(sums)))
    values = [statistic(sums[chosen].sum(axis=0)) for chosen in drawn]
    low, high = np.percentile(values, [2.5, 97.5])
    return statistic(sums.sum(axis=0)), float(low), float(high)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFC", text).lower())


def _rms(sound: Samples) -> float:
    return float(np.sqrt(np.mean(sound.astype(float) ** 2)))


def _pink(count: int, rng: np.random.Generator) -> np.ndarray:
    bins = np.fft.rfft(rng.normal(size=count))
    made = np.fft.irfft(bins / np.sqrt(np.maximum(1, np.arange(len(bins)))), count)
    return made / np.sqrt(np.mean(made**2))


def _reverberated(sound: Samples, t60_s: float, rng: np.random.Generator) -> Samples:
    """An exponential tail of noise that falls by 60 dB, 3 dB under the direct sound."""
    count = int(t60_s * SAMPLE_RATE)
    tail = rng.normal(size=count) * 10 ** (-3 * np.arange(count) / count)
    tail *= 10 ** (-3 / 20) / np.sqrt(np.sum(tail**2))
    tail[0] += 1
    made = np.convolve(sound, tail)[: len(sound)]
    return (made * _rms(sound) / np.sqrt(np.mean(made**2))).astype(np.float32)
