"""Voices for the conversations: made by espeak-ng, or real people's, read from the shared data.

Both give clips without silence at the ends and at one level. The real clips are read
sentences; as which kind of phrase one counts is said by the text beside it, which only the
scripted reader sees.
"""

import os
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import av
import numpy as np

from benchmarks.accuracy.edges import FRAME, runs, speech_rms, trimmed
from benchmarks.accuracy.phrases import PHRASES, Kind
from demo.recording_script import Line
from demo.recording_script import Voice as EspeakVoice
from demo.recording_sound import speak
from edge_agent.capture.frame import SAMPLE_RATE, Samples
from schemas.vocabulary import Language

LEVEL_DBFS = -33.0
"""Ordinary speech at its own microphone; leaves a raised voice its headroom."""
Random = np.random.Generator


@dataclass(frozen=True, slots=True, repr=False)
class Clip:
    samples: Samples
    text: str
    language: Language
    kind: Kind

    @property
    def length_s(self) -> float:
        return len(self.samples) / SAMPLE_RATE

    def cut(self, length_s: float) -> "Clip":
        """The beginning, as of somebody who is interrupted: faded out over 30 ms."""
        count = round(length_s * 100) * FRAME
        if count >= len(self.samples):
            return self
        samples = self.samples[:count].copy()
        fade = SAMPLE_RATE * 30 // 1000
        samples[-fade:] *= np.linspace(1.0, 0.05, fade, dtype=np.float32)
        words = self.text.split()
        said = max(1, round(len(words) * count / len(self.samples)))
        return replace(self, samples=trimmed(samples), text=" ".join(words[:said]))


class Speaker(Protocol):
    name: str
    language: Language

    def say(self, kind: Kind, rng: Random) -> Clip: ...


@dataclass(frozen=True)
class MadeSpeaker:
    """espeak-ng with a voice, a pitch and a speed."""

    name: str
    language: Language
    voice: EspeakVoice

    def say(self, kind: Kind, rng: Random) -> Clip:
        phrases = PHRASES[self.language][kind]
        count = 2 if kind is Kind.PLAIN and rng.random() < 0.2 else 1
        words = [phrases[i] for i in rng.choice(len(phrases), count, replace=False)]
        text = " ".join(words)
        return Clip(_spoken(text, self.voice), text, self.language, kind)


@lru_cache(maxsize=4096)
def _spoken(text: str, voice: EspeakVoice) -> Samples:
    return trimmed(speak(Line("staff", 0.0, text), voice, LEVEL_DBFS))


MADE = (
    ("vi", Language.VIETNAMESE),
    ("vi+f3", Language.VIETNAMESE),
    ("vi+m7", Language.VIETNAMESE),
    ("vi-vn-x-central+m3", Language.VIETNAMESE),
    ("vi-vn-x-south+f2", Language.VIETNAMESE),
    ("vi-vn-x-south", Language.VIETNAMESE),
    ("en-gb", Language.ENGLISH),
    ("en-us+f4", Language.ENGLISH),
)


def made_speaker(number: int, rng: Random) -> MadeSpeaker:
    voice, language = MADE[number % len(MADE)]
    pitch, speed = int(rng.integers(30, 75)), int(rng.integers(135, 190))
    return MadeSpeaker(f"{voice}/{pitch}/{speed}", language, EspeakVoice(voice, pitch, speed))


@dataclass(frozen=True)
class RealSpeaker:
    """One person's clips, played a little faster or slower to make a further person."""

    name: str
    language: Language
    clips: tuple[Clip, ...]
    factor: float

    def say(self, kind: Kind, rng: Random) -> Clip:
        clip = self.clips[int(rng.integers(len(self.clips)))]
        clip = replace(clip, samples=_faster(clip.samples, self.factor), kind=kind)
        if kind is Kind.PLAIN:
            return clip
        phrases = PHRASES[self.language][kind]
        text = phrases[int(rng.integers(len(phrases)))]
        if kind is Kind.BACKCHANNEL:
            return replace(clip.cut(float(rng.uniform(0.35, 0.7))), text=text)
        return replace(clip, text=text)


def _faster(samples: Samples, factor: float) -> Samples:
    at = np.arange(int(len(samples) / factor)) * factor
    out: Samples = np.interp(at, np.arange(len(samples)), samples).astype(np.float32)
    return out


def data_folder() -> Path | None:
    """Of the shared real speech; None where this machine has none."""
    named = os.environ.get("HAILONG_TEST_DATA")
    folder = Path(named) if named else Path(__file__).parents[3] / "shared" / "data"
    return folder / "speech" if (folder / "speech" / "manifest.tsv").is_file() else None


@lru_cache(maxsize=1)
def real_people() -> dict[str, tuple[Clip, ...]]:
    """By person; those with too few clips for a conversation are left out."""
    folder = data_folder()
    if folder is None:
        return {}
    rows = [line.split("\t") for line in (folder / "manifest.tsv").read_text().splitlines()]
    column = {name: index for index, name in enumerate(rows[0])}
    people: dict[str, list[Clip]] = {}
    for row in rows[1:]:
        language = Language(row[column["lang"]])
        sound = _levelled(_read(folder / row[column["path"]]))
        whole = Clip(sound, row[column["transcript"]], language, Kind.PLAIN)
        people.setdefault(row[column["speaker"]].split()[0], []).extend(_sentences(whole))
    return {name: tuple(clips) for name, clips in people.items() if len(clips) >= 3}


def real_speaker(number: int, rng: Random) -> RealSpeaker:
    people = real_people()
    name = sorted(people)[number % len(people)]
    factor = float(rng.uniform(0.9, 1.12))
    return RealSpeaker(f"{name}/{factor:.2f}", people[name][0].language, people[name], factor)


def _read(path: Path) -> Samples:
    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE)
    with av.open(str(path)) as container:
        blocks = [
            block.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for block in resampler.resample(frame)
        ]
    return np.concatenate(blocks).astype(np.float32)


def _levelled(samples: Samples) -> Samples:
    out: Samples = (samples * (10 ** (LEVEL_DBFS / 20) / speech_rms(samples))).astype(np.float32)
    return out


def _sentences(clip: Clip) -> list[Clip]:
    """A recording with long rests, cut there, so that each rest is one of the script's."""
    joined: list[list[float]] = []
    for start_s, end_s in runs(clip.samples):
        if joined and start_s - joined[-1][1] < 0.45:
            joined[-1][1] = end_s
        else:
            joined.append([start_s, end_s])
    whole_s = sum(end - start for start, end in joined)
    words, found, at_s = clip.text.split(), [], 0.0
    for start_s, end_s in joined:
        low = round(len(words) * at_s / whole_s)
        at_s += end_s - start_s
        high = max(low + 1, round(len(words) * at_s / whole_s))
        part = clip.samples[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]
        if end_s - start_s >= 0.6:
            found.append(replace(clip, samples=trimmed(part), text=" ".join(words[low:high])))
    return found


def louder(clip: Clip, by_db: float) -> Clip:
    """The same words with effort: louder, brighter (by up to 8 dB at 2 kHz), and with less
    difference between syllables (half of it, in dB over 150 ms), as of people who shout. Less
    effort than 14 dB changes the voice by its share of that.
    """
    effort = min(1.0, by_db / 14.0)
    samples = clip.samples.astype(np.float64)
    hertz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    tilt_db = 8.0 * effort * np.clip(np.log2(np.maximum(hertz, 1.0) / 500.0) / 2.0, 0.0, 1.0)
    bright = np.fft.irfft(np.fft.rfft(samples) * 10 ** (tilt_db / 20), len(samples))
    power = np.convolve(bright**2, np.ones(2400) / 2400, mode="same")
    even = bright * (power.max() / np.maximum(power, power.max() * 1e-2)) ** (0.25 * effort)
    wanted = speech_rms(clip.samples) * 10 ** (by_db / 20)
    out = (even * wanted / speech_rms(even.astype(np.float32))).astype(np.float32)
    return replace(clip, samples=out)
