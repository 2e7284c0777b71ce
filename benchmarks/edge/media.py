"""Made-up counters: two channels of speech in a room and pictures with faces, for any time.

The voices are the clips of the test data (real read Vietnamese), else espeak-ng's; the
pictures are frames of the demo's recording, each time with other noise. Both are held once;
hours of media need no more memory than a minute. The same kind and seed give the same media.
"""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from benchmarks.machine import ROOT
from edge_agent.capture.file import RecordingSource
from edge_agent.capture.frame import (
    SAMPLE_RATE,
    AudioFrame,
    Frame,
    Picture,
    Samples,
    VideoFrame,
)
from edge_agent.presence import Zones

BLOCK = 1536
VIDEO_FPS = 3.0
ZONES = Zones(
    citizen=((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)),
    staff=((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)),
)
_RECORDING = ROOT / "demo" / "counter.mp4"
_THERE_S = (12.0, 90.0)
"""Of the recording: a citizen stands at the counter."""
_EMPTY_S = (0.0, 4.5)
"""Of the recording: nobody but the clerk is there."""
_SPEECH_DBFS = -26.0
_BLEED_DB = -20.0
_BLEED_SAMPLES = 32
"""2 ms later than at its own microphone."""
_NOISE_DBFS = -60.0
_NOISE_S = 30
_EDGE_DB = -20.0
"""Relative to a clip's loudest 50 ms: where it begins and ends."""
_SAY = (
    "chào bác, bác cần làm thủ tục gì ạ",
    "tôi muốn đăng ký khai sinh cho cháu, giấy tờ tôi mang đủ cả rồi",
    "bác cho cháu xem giấy chứng sinh và căn cước của bố mẹ ạ",
    "vâng, đây ạ, thế bao giờ thì tôi lấy được",
    "ba ngày nữa bác quay lại, hoặc cháu gửi qua bưu điện về nhà",
)


@dataclass(frozen=True, slots=True)
class Kind:
    """Citizens stay `stay_s` and are followed by `empty_s` of nobody; both vary by a third.

    `speech`: share of all time in which somebody speaks.
    """

    name: str
    speech: float
    stay_s: float
    empty_s: float


BUSY = Kind("busy", 0.70, 300.0, 30.0)
MIXED = Kind("mixed", 0.30, 240.0, 120.0)
QUIET = Kind("quiet", 0.0, 0.0, 600.0)
BRIEF = Kind("brief", 0.15, 12.0, 25.0)
"""Stays that end soon and often, to see how long a finished one takes to the hub."""
KINDS = {kind.name: kind for kind in (BUSY, MIXED, QUIET, BRIEF)}


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Stock:
    """What all media is made of; a few tens of megabytes."""

    voices: tuple[Samples, ...]
    """One utterance each, from its first to its last audible sample, all equally loud."""
    noise: Samples
    """Of the room, shape (2, n), goes round; its last block is its first again."""
    there: tuple[Picture, ...]
    empty: tuple[Picture, ...]
    grain: Picture
    """To be added modulo 256: from -2 to 2; higher than a picture, to be taken at any row."""
    real: bool
    """The voices are people's."""


def load_stock(seed: int = 1) -> Stock:
    chance = np.random.default_rng(seed)
    voices = _clips()
    real = bool(voices)
    there, empty = _pictures()
    grain = chance.integers(-2, 3, (there[0].shape[0] + 64, there[0].shape[1], 3))
    return Stock(
        voices=tuple(_levelled(_trimmed(voice)) for voice in (voices or _spoken())),
        noise=_room(chance),
        there=there,
        empty=empty,
        grain=grain.astype(np.int8).view(np.uint8),
        real=real,
    )


def frames(stock: Stock, kind: Kind, seconds: float, seed: int) -> Iterator[Frame]:
    """Sound in blocks of 96 ms, two channels; each picture before the sound of its time."""
    chance = np.random.default_rng(seed)
    stays = _Stays(kind, np.random.default_rng((seed, 1)))
    talk = _talk(stock, kind, np.random.default_rng((seed, 1)), np.random.default_rng((seed, 2)))
    going: list[_Said] = []
    coming = next(talk)
    pictures = 0
    for start in range(0, round(seconds * SAMPLE_RATE), BLOCK):
        end_s = (start + BLOCK) / SAMPLE_RATE
        while pictures / VIDEO_FPS <= end_s:
            at_s = pictures / VIDEO_FPS
            yield VideoFrame(at_s, _picture(stock, chance, there=stays.there(at_s)))
            pictures += 1
        while coming.start < start + BLOCK:
            going.append(coming)
            coming = next(talk)
        yield AudioFrame(start / SAMPLE_RATE, _sound(stock, going, start))
        going = [said for said in going if said.end + _BLEED_SAMPLES > start + BLOCK]


@dataclass(frozen=True, slots=True)
class _Said:
    start: int
    channel: int
    samples: Samples

    @property
    def end(self) -> int:
        return self.start + len(self.samples)


class _Stays:
    """When a citizen is there: asked in the order of time."""

    def __init__(self, kind: Kind, chance: np.random.Generator) -> None:
        self._spans = _spans(kind, chance)
        self._span = next(self._spans)

    def there(self, at_s: float) -> bool:
        while at_s >= self._span[1]:
            self._span = next(self._spans)
        return at_s >= self._span[0]


def _spans(kind: Kind, chance: np.random.Generator) -> Iterator[tuple[float, float]]:
    """Start and end of each stay, for ever."""
    if not kind.stay_s:
        yield float("inf"), float("inf")
    now_s = 3.0
    while True:
        stay_s = kind.stay_s * chance.uniform(2 / 3, 4 / 3)
        yield now_s, now_s + stay_s
        now_s += stay_s + kind.empty_s * chance.uniform(0.9, 1.1)


def _talk(
    stock: Stock, kind: Kind, spans: np.random.Generator, chance: np.random.Generator
) -> Iterator[_Said]:
    """Turn and turn about within each stay: one to three utterances, then a gap."""
    within = kind.speech * (kind.stay_s + kind.empty_s) / max(kind.stay_s, 1.0)
    for start_s, end_s in _spans(kind, spans):
        if start_s == float("inf"):
            break
        now_s, channel, spoken_s = start_s + 1.0, 0, 0.0
        while now_s < end_s - 1.0:
            for _ in range(int(chance.integers(1, 4))):
                voice = stock.voices[int(chance.integers(len(stock.voices)))]
                if now_s >= end_s - 1.0:
                    break
                yield _Said(round(now_s * SAMPLE_RATE), channel, voice)
                spoken_s += len(voice) / SAMPLE_RATE
                now_s += len(voice) / SAMPLE_RATE + 0.25
            behind_s = spoken_s / within - (now_s - start_s)
            now_s += max(0.05, behind_s * chance.uniform(0.6, 1.4))
            channel = 1 - channel
    while True:
        yield _Said(1 << 62, 0, stock.voices[0])


def _sound(stock: Stock, going: list[_Said], start: int) -> Samples:
    at = start % (stock.noise.shape[1] - BLOCK)
    sound = stock.noise[:, at : at + BLOCK].copy()
    for said in going:
        _add(sound[said.channel], said.samples, said.start - start, 1.0)
        late = said.start - start + _BLEED_SAMPLES
        _add(sound[1 - said.channel], said.samples, late, 10 ** (_BLEED_DB / 20))
    return sound


def _add(sound: Samples, samples: Samples, at: int, gain: float) -> None:
    low, high = max(at, 0), min(at + len(samples), len(sound))
    if low < high:
        sound[low:high] += samples[low - at : high - at] * np.float32(gain)


def _picture(stock: Stock, chance: np.random.Generator, *, there: bool) -> Picture:
    among = stock.there if there else stock.empty
    picture = among[int(chance.integers(len(among)))]
    row = int(chance.integers(64))
    noisy: Picture = picture + stock.grain[row : row + picture.shape[0]]
    return noisy


def _clips() -> list[Samples]:
    """Of the Vietnamese clips of the test data; none where it is absent."""
    named = os.environ.get("HAILONG_TEST_DATA")
    folder = (Path(named) if named else ROOT.parent / "shared" / "data") / "speech"
    manifest = folder / "manifest.tsv"
    if not manifest.is_file():
        return []
    with manifest.open(newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["lang"] == "vi"]
    return [_decoded(folder / row["path"]) for row in rows if (folder / row["path"]).is_file()]


def _spoken() -> list[Samples]:
    from demo.recording_script import Line, Voice  # noqa: PLC0415 - only where no clips are
    from demo.recording_sound import speak  # noqa: PLC0415

    voices = [Voice("vi", 60, 140), Voice("vi+m3", 40, 130)]
    return [
        speak(Line("staff", 0.0, words), voices[index % 2], _SPEECH_DBFS)
        for index, words in enumerate(_SAY)
    ]


def _decoded(path: Path) -> Samples:
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=SAMPLE_RATE)
    parts: list[Samples] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            parts += [out.to_ndarray()[0] for out in resampler.resample(frame)]
        parts += [out.to_ndarray()[0] for out in resampler.resample(None)]
    return np.concatenate(parts).astype(np.float32)


def _trimmed(samples: Samples) -> Samples:
    """From the first to the last 50 ms that are loud: the clips have rooms of their own."""
    frame = SAMPLE_RATE // 20
    whole = samples[: len(samples) // frame * frame].reshape(-1, frame)
    level_db = 10 * np.log10(np.mean(np.square(whole, dtype=np.float64), axis=1) + 1e-12)
    loud = np.flatnonzero(level_db > level_db.max() + _EDGE_DB)
    return samples[loud[0] * frame : (loud[-1] + 1) * frame]


def _levelled(samples: Samples) -> Samples:
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    loud: Samples = np.clip(samples * (10 ** (_SPEECH_DBFS / 20) / rms), -0.9, 0.9)
    return loud.astype(np.float32)


def _room(chance: np.random.Generator) -> Samples:
    """Falls by 3 dB an octave above 60 Hz, as ventilation does; another on each channel."""
    length = _NOISE_S * SAMPLE_RATE
    white = chance.standard_normal((2, length))
    hertz = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    shaped = np.fft.irfft(np.fft.rfft(white) / np.sqrt(np.maximum(hertz, 60.0)), length)
    scale = 10 ** (_NOISE_DBFS / 20) / np.sqrt(np.mean(np.square(shaped)))
    noise = (shaped * scale).astype(np.float32)
    return np.concatenate([noise, noise[:, :BLOCK]], axis=1)


def _pictures() -> tuple[tuple[Picture, ...], tuple[Picture, ...]]:
    there: list[Picture] = []
    empty: list[Picture] = []
    for frame in RecordingSource(_RECORDING, channels=2, video_fps=0.5).frames():
        if not isinstance(frame, VideoFrame):
            continue
        if frame.at_s > _THERE_S[1]:
            break
        kept = np.clip(frame.picture, 4, 251).astype(np.uint8)
        if _EMPTY_S[0] <= frame.at_s < _EMPTY_S[1]:
            empty.append(kept)
        elif frame.at_s >= _THERE_S[0] and len(there) < 8:
            there.append(kept)
    return tuple(there), tuple(empty)
