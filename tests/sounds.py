"""Sound of a counter with known truth: voices on two microphones, and what is no voice there.

    room = Room(60)
    room.say(0, clip, 2.0)                      # the clerk, close to microphone 0
    room.far(clip, 10.0, dbfs=-42)              # a neighbour: alike on both
    frames = room.frames()

Real voices come from the shared test data (`clips`), which is never part of the project;
a test that needs them skips where they are absent.
"""

import os
import shutil
import subprocess
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame, Samples
from edge_agent.guard import Guard
from edge_agent.models import catalog
from edge_agent.models.silero import SileroVoice
from edge_agent.segment import CHUNK, CHUNK_S, Segment, Segmenter, SegmentSettings, Voice

DATA = Path(os.environ.get("HAILONG_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")
SPEECH = DATA / "speech"
NEAR_DBFS = -30.0
NOISE_DBFS = -60.0
needs_clips = pytest.mark.skipif(
    not (SPEECH / "manifest.tsv").is_file(), reason="needs the shared speech clips"
)
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")


@cache
def silero() -> SileroVoice:
    path = Path(str(resources.files("faster_whisper") / "assets" / "silero_vad_v6.onnx"))
    return SileroVoice(path, catalog._checked("silero", path, catalog.SILERO_SHA256))


@cache
def clips(speaker: str) -> tuple[Samples, ...]:
    """One speaker's clips at NEAR_DBFS: SPK01, DEV01 or DEV15 (16 kHz)."""
    return tuple(levelled(_read(path)) for path in sorted(SPEECH.glob(f"VIVOS{speaker}_*.wav")))


@cache
def espeak(text: str, voice: str = "vi", pitch: int = 50, words_per_minute: int = 150) -> Samples:
    options = ["-v", voice, "-p", str(pitch), "-s", str(words_per_minute), "--stdout", text]
    raw = subprocess.run(["espeak-ng", *options], check=True, capture_output=True).stdout
    data = raw[raw.index(b"data") + 8 :]
    spoken = np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float32) / 32768
    at = np.arange(int(len(spoken) * SAMPLE_RATE / 22_050)) * 22_050 / SAMPLE_RATE
    return levelled(np.interp(at, np.arange(len(spoken)), spoken).astype(np.float32))


def _read(path: Path) -> Samples:
    with wave.open(str(path)) as file:
        assert file.getframerate() == SAMPLE_RATE
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768


def levelled(sound: Samples, dbfs: float = NEAR_DBFS) -> Samples:
    """Cut to what is audible, and brought to the level over its audible frames."""
    power, loud = _audible(sound)
    gain = 10 ** (dbfs / 20) / np.sqrt(power[loud].mean())
    return (sound[loud[0] * 160 : (loud[-1] + 1) * 160] * gain).astype(np.float32)


def _audible(sound: Samples) -> tuple[np.ndarray, np.ndarray]:
    frames = sound[: len(sound) // 160 * 160].reshape(-1, 160)
    power = np.mean(frames.astype(np.float64) ** 2, axis=1)
    return power, np.flatnonzero(power > power.max() * 1e-3)


def at_level(sound: Samples, db: float) -> Samples:
    return (sound * 10 ** (db / 20)).astype(np.float32)


def speech_like(seconds: float, seed: int) -> Samples:
    """Noise with the envelope of syllables, four a second: for a scripted voice model."""
    rng = np.random.default_rng(seed)
    count = round(seconds * SAMPLE_RATE)
    heights = np.interp(
        np.arange(count) / SAMPLE_RATE * 8,
        np.arange(int(seconds * 8) + 2),
        rng.uniform(-14, 0, int(seconds * 8) + 2),
    )
    return levelled((rng.normal(0, 1, count) * 10 ** (heights / 20)).astype(np.float32))


def reverberated(
    sound: Samples, seed: int, *, t60_s: float = 0.5, direct_db: float = 0.0
) -> Samples:
    """With a decaying tail of noise; `direct_db`: the direct sound's power over the tail's."""
    rng = np.random.default_rng(seed)
    at = np.arange(round(t60_s * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.normal(0, 1, len(at)) * 10 ** (-3 * at / t60_s)
    tail *= 10 ** (-direct_db / 20) / np.sqrt(np.sum(tail**2))
    tail[0] += 1.0
    size = len(sound) + len(tail)
    wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(tail, size), size)
    return wet.astype(np.float32)


def band_passed(sound: Samples, low_hz: float, high_hz: float) -> Samples:
    """As a hall's loudspeaker or a telephone passes it."""
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    keep = (hertz >= low_hz) & (hertz <= high_hz)
    return np.fft.irfft(np.fft.rfft(sound) * keep, len(sound)).astype(np.float32)


def crying(seconds: float, seed: int = 1) -> Samples:
    """A child: bursts of a gliding tone of 350 to 550 Hz with its overtones."""
    rng = np.random.default_rng(seed)
    parts = []
    while sum(map(len, parts)) < seconds * SAMPLE_RATE:
        length = round(rng.uniform(0.7, 1.4) * SAMPLE_RATE)
        shape = np.sin(np.pi * np.arange(length) / length)
        hz = rng.uniform(330, 400) + rng.uniform(80, 150) * shape
        hz *= 1 + 0.02 * np.sin(2 * np.pi * 6 * np.arange(length) / SAMPLE_RATE)
        phase = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE
        voice = sum(np.sin(k * phase) / k**0.7 for k in range(1, 12))
        voice += 0.1 * rng.normal(0, 1, length)
        parts += [voice * shape**0.4, np.zeros(round(rng.uniform(0.2, 0.5) * SAMPLE_RATE))]
    return levelled(np.concatenate(parts)[: round(seconds * SAMPLE_RATE)].astype(np.float32))


def ringing(seconds: float) -> Samples:
    """A desk telephone: two tones in turn, 1 s on and 2 s off."""
    at = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hz = np.where((at * 20).astype(int) % 2, 1100.0, 1400.0)
    tone = np.sin(2 * np.pi * np.cumsum(hz) / SAMPLE_RATE) * ((at % 3) < 1)
    return levelled(tone.astype(np.float32))


def music(seconds: float, seed: int = 2) -> Samples:
    rng = np.random.default_rng(seed)
    at = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sound = np.zeros(len(at))
    for start in np.arange(0, seconds, 0.4):
        for hz in rng.choice([220, 262, 330, 392, 523, 659], 3, replace=False):
            since = at - start
            sound += np.where(since >= 0, np.exp(-3 * np.maximum(since, 0)), 0) * np.sin(
                2 * np.pi * hz * at
            )
    return levelled(sound.astype(np.float32))


def ventilation(count: int, dbfs: float, seed: int) -> Samples:
    """Noise that falls by 3 dB an octave above 60 Hz."""
    white = np.random.default_rng(seed).standard_normal(count)
    hertz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    shaped = np.fft.irfft(np.fft.rfft(white) / np.sqrt(np.maximum(hertz, 60.0)), count)
    return (shaped * 10 ** (dbfs / 20) / np.sqrt(np.mean(shaped**2))).astype(np.float32)


@dataclass
class Room:
    """Two microphones (or one). `gains_db`: of each; noise and voices go through it alike."""

    seconds: float
    channels: int = 2
    bleed_db: float = -20.0
    delay_s: float = 0.002
    gains_db: tuple[float, float] = (0.0, 0.0)
    noise_dbfs: float = NOISE_DBFS
    reverberant: bool = False
    """The other's voice comes with the room's tail."""
    sound: Samples = field(init=False)
    spoken: list[tuple[int, float, Samples]] = field(default_factory=list)
    """Near voices: channel (of the speaker), start, dry sound."""

    def __post_init__(self) -> None:
        count = int(self.seconds * SAMPLE_RATE) // CHUNK * CHUNK
        self.sound = np.stack(
            [ventilation(count, self.noise_dbfs, seed=90 + c) for c in range(self.channels)]
        )

    def say(self, channel: int, sound: Samples, start_s: float) -> float:
        """A person at the counter; gives the end. Of one microphone both are close to it."""
        self.spoken.append((channel, start_s, sound))
        if self.channels == 1:
            return self._add(0, sound, start_s)
        end_s = self._add(channel, sound, start_s)
        bleed = at_level(sound, self.bleed_db)
        if self.reverberant:
            bleed = reverberated(bleed, seed=len(self.spoken), t60_s=0.4, direct_db=0.0)
        self._add(1 - channel, bleed, start_s + self.delay_s)
        return end_s

    def far(
        self,
        sound: Samples,
        start_s: float,
        *,
        dbfs: float,
        differs_db: float = 0.0,
        seed: int = 5,
        direct_db: float = 3.0,
    ) -> float:
        """From a distance: about alike on all microphones, each with its own reverberation.
        `differs_db`: how much louder on the last.
        """
        end_s = start_s + len(sound) / SAMPLE_RATE
        for channel in range(self.channels):
            wet = reverberated(sound, seed + channel, t60_s=0.5, direct_db=direct_db)
            level = dbfs + (differs_db if channel == self.channels - 1 else 0.0)
            power, loud = _audible(wet)
            wet = at_level(wet, level - 10 * np.log10(power[loud].mean()))
            self._add(channel, wet, start_s + 0.0035 + 0.0006 * channel)
        return end_s

    def converse(
        self,
        voices: tuple[tuple[Samples, ...], tuple[Samples, ...]],
        *,
        start_s: float = 1.0,
        pause_s: float = 0.6,
        overlap_every: int = 0,
        until_s: float | None = None,
    ) -> float:
        """Turn and turn about; of every `overlap_every` turns one begins in the one before."""
        at_s, number = start_s, 0
        while True:
            channel = number % 2
            own = voices[channel]
            sound = own[(number // 2) % len(own)]
            if overlap_every and number % overlap_every == overlap_every - 1:
                at_s -= pause_s + 1.2
            if at_s + len(sound) / SAMPLE_RATE > (until_s or self.seconds) - 1.0:
                return at_s
            at_s = self.say(channel, sound, at_s) + pause_s
            number += 1

    def frames(self, block: int = CHUNK) -> Iterator[AudioFrame]:
        gains = 10 ** (np.array(self.gains_db[: self.channels]) / 20)
        heard = (self.sound * gains[:, np.newaxis]).astype(np.float32)
        for at in range(0, heard.shape[1], block):
            yield AudioFrame(at / SAMPLE_RATE, heard[:, at : at + block])

    def truth(self) -> np.ndarray:
        """Speech by channel and chunk, as the voice model has it of each voice by itself."""
        count = self.sound.shape[1] // CHUNK
        active = np.zeros((max(2, self.channels), count), bool)
        for channel, start_s, sound in self.spoken:
            for low_s, high_s in dry_speech(sound):
                low, high = start_s + low_s, start_s + high_s
                active[channel, round(low / CHUNK_S) : round(high / CHUNK_S)] = True
        return active

    def _add(self, channel: int, sound: Samples, start_s: float) -> float:
        low = round(start_s * SAMPLE_RATE)
        kept = sound[: max(0, self.sound.shape[1] - low)]
        self.sound[channel, low : low + len(kept)] += kept
        return start_s + len(sound) / SAMPLE_RATE


_DRY: dict[int, tuple[Samples, list[tuple[float, float]]]] = {}


def dry_speech(sound: Samples) -> list[tuple[float, float]]:
    """Where a voice by itself speaks, in a quiet room."""
    if id(sound) not in _DRY:
        room = Room(len(sound) / SAMPLE_RATE + 1.0, channels=1, noise_dbfs=-75)
        room._add(0, levelled(sound), 0.3)
        found, _ = listen(room)
        _DRY[id(sound)] = (sound, [(s.start_s - 0.3, s.end_s - 0.3) for s in found])
    return _DRY[id(sound)][1]


def listen(
    room: Room, settings: SegmentSettings | None = None
) -> tuple[list[Segment], list[Voice]]:
    """What the segmenter with the real voice model finds."""
    stage = Segmenter(room.channels, silero(), settings or SegmentSettings(), Guard())
    voices = [stage.push(frame) for frame in room.frames()]
    voices.append(stage.finish(voices[-1].until_s))
    return [segment for voice in voices for segment in voice.segments], voices


def as_chunks(segments: list[Segment], channels: int, count: int) -> np.ndarray:
    active = np.zeros((channels, count), bool)
    for segment in segments:
        low, high = round(segment.start_s / CHUNK_S), round(segment.end_s / CHUNK_S)
        active[segment.channel, low:high] = True
    return active


@dataclass(frozen=True)
class Agreement:
    hit: int
    false: int
    missed: int

    @property
    def f1(self) -> float:
        return 2 * self.hit / max(1, 2 * self.hit + self.false + self.missed)


def agreement(found: np.ndarray, truth: np.ndarray) -> Agreement:
    return Agreement(
        int(np.sum(found & truth)), int(np.sum(found & ~truth)), int(np.sum(~found & truth))
    )
