"""Models that follow a script, and the sound and pictures of the script, for the agent's stages.

    scene = Scene(60)
    scene.citizen_there(5, 40)
    scene.say(Role.STAFF, 6, 2, "greeting")
    drafts = scene.run().interactions

Each utterance is a tone of its own, so that the scripted transcriber knows what it was given
by listening to it, and a test can say what it must never have been given. The scripted
lexicon takes each word that names a category for a hit of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from edge_agent.capture.frame import (
    SAMPLE_RATE,
    AudioFrame,
    Frame,
    KeyPress,
    Picture,
    Samples,
    SensorChange,
    VideoFrame,
)
from edge_agent.categories import CategoryHit
from edge_agent.message import Draft, Origin
from edge_agent.models.base import Capabilities, Face, Sentiment, Transcript
from edge_agent.models.catalog import Models
from edge_agent.pipeline import Pipeline, PipelineSettings
from edge_agent.presence import Zones
from schemas.vocabulary import Category, Language, Overload, Role, SourceKind

NOON = datetime(2026, 3, 10, 5, 0, 5, tzinfo=UTC)
SHA256 = "ab" * 32
LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
RIGHT = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
NOISE_DBFS = -60.0
_CATEGORIES = {category.value: category for category in Category}


@dataclass(frozen=True)
class Utterance:
    channel: int
    start_s: float
    length_s: float
    text: str
    dbfs: float
    hz: float
    language: Language
    confidence: float

    @property
    def end_s(self) -> float:
        return self.start_s + self.length_s


class ScriptedVoice:
    """Speech wherever the script says, on one channel after the other."""

    model_id = "scripted-voice:1"

    def __init__(self, channels: Sequence[Sequence[tuple[float, float]]]) -> None:
        self._channels = list(channels)
        self._given = 0
        self.fails: list[tuple[float, float]] = []
        self.deaf_to_silence = False
        """As a real model is to digital silence."""

    def stream(self) -> "ScriptedStream":
        self._given += 1
        return ScriptedStream(self._channels[self._given - 1], self.fails, self.deaf_to_silence)


class ScriptedStream:
    def __init__(
        self,
        speech: Sequence[tuple[float, float]],
        fails: Sequence[tuple[float, float]],
        deaf_to_silence: bool,
    ) -> None:
        self._speech = speech
        self._deaf_to_silence = deaf_to_silence
        self._fails = fails
        self._chunk = 0

    def probability(self, chunk: Samples) -> float:
        assert chunk.shape == (512,)
        middle = (self._chunk + 0.5) * 512 / SAMPLE_RATE
        self._chunk += 1
        if any(a <= middle < b for a, b in self._fails):
            raise RuntimeError("voice model failed")
        if self._deaf_to_silence and not chunk.any():
            return 0.0
        return float(any(a <= middle < b for a, b in self._speech))


class ScriptedTranscriber:
    model_id = "scripted-words:1"
    capabilities = Capabilities(frozenset({Language.VIETNAMESE, Language.ENGLISH}), 30.0)

    def __init__(self, utterances: Sequence[Utterance]) -> None:
        self._utterances = utterances
        self.calls: list[Samples] = []
        self.beams: list[int | None] = []
        self.raises: Exception | None = None

    def transcribe(
        self, samples: Samples, hint: Language | None, *, beam_size: int | None = None
    ) -> Transcript | None:
        self.calls.append(samples.copy())
        self.beams.append(beam_size)
        if self.raises is not None:
            raise self.raises
        spoken = [u for u in self._utterances if heard_s(samples, u) > 0.4 * u.length_s]
        if not spoken:
            return None
        text = " ".join(u.text for u in sorted(spoken, key=lambda u: u.start_s))
        return Transcript(text, spoken[0].language, 0.99, spoken[0].confidence)

    def was_given_s(self, utterance: Utterance) -> float:
        """How much of the utterance any call held."""
        return sum(heard_s(samples, utterance) for samples in self.calls)


def heard_s(samples: Samples, utterance: Utterance) -> float:
    """Seconds of the utterance's tone in the sound."""
    at = np.arange(len(samples)) / SAMPLE_RATE
    wave = np.exp(-2j * np.pi * utterance.hz * at)
    amplitude = 10 ** (utterance.dbfs / 20) * np.sqrt(2)
    return float(abs(np.sum(samples * wave))) * 2 / amplitude / SAMPLE_RATE


class ScriptedFaces:
    """A picture's first pixel says who is there (red staff, green citizen); blue says fail."""

    model_id = "scripted-faces:1"

    def faces(self, picture: Picture) -> Sequence[Face]:
        staff, citizen, broken = (int(value) > 127 for value in picture[0, 0])
        if broken:
            raise RuntimeError("face model failed")
        found = []
        if staff:
            found.append(Face(0.2, 0.4, 0.1, 0.1, 0.9))
        if citizen:
            found.append(Face(0.7, 0.4, 0.1, 0.1, 0.9))
        return found


class ScriptedLexicon:
    model_id = "lexicon:scripted"

    def match(self, text: str, role: Role, language: Language) -> list[CategoryHit]:
        if role is Role.UNKNOWN:
            return []
        return [
            CategoryHit(_CATEGORIES[word], 0.9, text.index(word) / len(text))
            for word in text.split()
            if word in _CATEGORIES
        ]

    def is_backchannel(self, text: str, language: Language) -> bool:
        return text == "backchannel"


class ScriptedAbuse:
    """Denies what holds the word "quoted"."""

    model_id = "scripted-abuse:1"

    def __init__(self) -> None:
        self.texts: list[str] = []

    def confirms(self, text: str, language: Language) -> bool | None:
        self.texts.append(text)
        return "quoted" not in text if language is Language.VIETNAMESE else None


class ScriptedSentiment:
    model_id = "scripted-feeling:1"

    def __init__(self) -> None:
        self.texts: list[str] = []

    def score(self, text: str, language: Language) -> Sentiment | None:
        self.texts.append(text)
        return Sentiment({"happy": 0.5, "sad": -0.5}.get(text.split(maxsplit=1)[0], 0.0), 0.8)


@dataclass
class Result:
    drafts: list[Draft]
    pipeline: Pipeline

    @property
    def interactions(self) -> list:
        return [d.payload for d in self.drafts if d.kind == "interaction"]

    @property
    def windows(self) -> list:
        return [w for d in self.drafts if d.kind == "activity" for w in d.payload.windows]


@dataclass
class Scene:
    """What happens at a counter. `bleed_db`: how much weaker the other microphone hears."""

    duration_s: float
    channels: int = 2
    bleed_db: float | None = None
    video: bool = True
    utterances: list[Utterance] = field(default_factory=list)
    staff: list[tuple[float, float]] = field(default_factory=list)
    citizen: list[tuple[float, float]] = field(default_factory=list)
    faults: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """dark, frozen, gap, fails: of the camera; voice_fails; dead0, dead1, clipped0, clipped1: of
    a microphone.
    """
    events: list[SensorChange | KeyPress] = field(default_factory=list)

    def say(
        self,
        role: Role,
        start_s: float,
        length_s: float,
        text: str = "words",
        *,
        dbfs: float = -30.0,
        language: Language = Language.VIETNAMESE,
        confidence: float = 0.9,
    ) -> Utterance:
        channel = 1 if role is Role.CITIZEN and self.channels == 2 else 0
        hz = 200.0 + 40.0 * len(self.utterances)
        said = Utterance(channel, start_s, length_s, text, dbfs, hz, language, confidence)
        self.utterances.append(said)
        return said

    def citizen_there(self, start_s: float, end_s: float) -> None:
        self.citizen.append((start_s, end_s))

    def staff_there(self, start_s: float, end_s: float) -> None:
        self.staff.append((start_s, end_s))

    def fault(self, kind: str, start_s: float, end_s: float) -> None:
        self.faults.setdefault(kind, []).append((start_s, end_s))

    def sound(self) -> Samples:
        count = int(self.duration_s * SAMPLE_RATE) // 512 * 512
        noise = np.random.default_rng(7).normal(0, 10 ** (NOISE_DBFS / 20), (self.channels, count))
        sound = noise.astype(np.float32)
        for said in self.utterances:
            low, high = round(said.start_s * SAMPLE_RATE), round(said.end_s * SAMPLE_RATE)
            at = np.arange(low, min(high, count)) / SAMPLE_RATE
            wave = np.sqrt(2) * 10 ** (said.dbfs / 20) * np.sin(2 * np.pi * said.hz * at)
            for channel in range(self.channels):
                if channel == said.channel:
                    sound[channel, low:high] += wave.astype(np.float32)
                elif self.bleed_db is not None:
                    weaker = wave * 10 ** (self.bleed_db / 20)
                    sound[channel, low:high] += weaker.astype(np.float32)
        for channel in range(self.channels):
            for start_s, end_s in self.faults.get(f"dead{channel}", []):
                sound[channel, round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)] = 0.0
            for start_s, end_s in self.faults.get(f"clipped{channel}", []):
                part = sound[channel, round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]
                part[:] = np.clip(part * 30_000, -1.0, 1.0)
        return sound

    def frames(self, block: int = 1536) -> Iterator[Frame]:
        sound = self.sound()
        pictures = sorted([*self._pictures(), *self.events], key=lambda frame: frame.at_s)
        for at in range(0, sound.shape[1], block):
            frame = AudioFrame(at / SAMPLE_RATE, sound[:, at : at + block])
            while pictures and pictures[0].at_s <= frame.end_s:
                yield pictures.pop(0)
            yield frame

    def models(self) -> Models:
        speech = [
            [
                (u.start_s, u.end_s)
                for u in self.utterances
                if u.channel == channel or self.bleed_db is not None
            ]
            for channel in range(self.channels)
        ]
        voice = ScriptedVoice(speech)
        voice.fails += self.faults.get("voice_fails", [])
        voice.deaf_to_silence = bool(self.events)
        return Models(
            voice=voice,
            transcriber=ScriptedTranscriber(self.utterances),
            faces=ScriptedFaces(),
            sentiment=ScriptedSentiment(),
            abuse=ScriptedAbuse(),
            lexicon=ScriptedLexicon(),
        )

    def run(
        self,
        block: int = 1536,
        models: Models | None = None,
        steps: Mapping[float, Overload] | None = None,
        shift_ends: Sequence[float] = (),
        sent: frozenset[Category] | None = None,
    ) -> Result:
        """`steps`: of overload, by the media time from which they hold."""
        models = models or self.models()
        origin = Origin("dev-01", SHA256, SourceKind.RECORDING, NOON, models.ids(self.channels))
        zones = Zones(citizen=RIGHT, staff=LEFT)
        pipeline = Pipeline(origin, self.channels, models, PipelineSettings(zones, sent=sent))
        drafts: list[Draft] = []
        ahead = sorted((steps or {}).items())
        shifts = sorted(shift_ends)
        for frame in self.frames(block):
            while shifts and shifts[0] <= pipeline.media_s:
                pipeline.end_shift()
                del shifts[0]
            while ahead and ahead[0][0] <= pipeline.media_s:
                pipeline.relieve(ahead.pop(0)[1])
            drafts += pipeline.push(frame)
        return Result(drafts + pipeline.finish(), pipeline)

    def _pictures(self, fps: float = 3.0) -> Iterator[VideoFrame]:
        rng = np.random.default_rng(11)
        last: Picture | None = None
        for number in range(int(self.duration_s * fps) if self.video else 0):
            at_s = number / fps
            picture = rng.integers(60, 190, (24, 32, 3)).astype(np.uint8)
            picture[0, 0] = [
                255 * _within(self.staff, at_s),
                255 * _within(self.citizen, at_s),
                255 * self._faulty("fails", at_s),
            ]
            if self._faulty("gap", at_s):
                continue
            if self._faulty("dark", at_s):
                picture = np.zeros_like(picture)
            if self._faulty("frozen", at_s) and last is not None:
                picture = last
            last = picture
            yield VideoFrame(at_s, picture)

    def _faulty(self, kind: str, at_s: float) -> bool:
        return _within(self.faults.get(kind, []), at_s)


def _within(intervals: Sequence[tuple[float, float]], at_s: float) -> bool:
    return any(low <= at_s < high for low, high in intervals)
