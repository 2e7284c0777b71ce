"""Plays a script through the agent's own stages: frames go in, interactions come out.

Scripted are the ends that a machine has no voice, face or ear for: the voice model says
"speech" where the script does, the faces are where it says, and the transcriber writes what
it says. It is given sound alone, and writes a line only where it hears most of it: each line
is a tone of its own, at a voice's level, weaker on the other microphone by the bleed. All
between is the agent's: segments, whose voice it is, levels and the usual level, turns, the
stay, words, the abuse and the sentiment model, spans, coverage, the message.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

import numpy as np

from edge_agent.capture.frame import (
    SAMPLE_RATE,
    AudioFrame,
    Frame,
    KeyPress,
    Samples,
    VideoFrame,
)
from edge_agent.categories import Lexicon
from edge_agent.message import Origin
from edge_agent.models.base import AbuseModel, Capabilities, SentimentModel, Transcript
from edge_agent.models.catalog import Models, load_abuse, load_sentiment
from edge_agent.pipeline import Pipeline, PipelineSettings
from edge_agent.presence import Zones
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Language, SourceKind
from tests.fakes import LEFT, NOISE_DBFS, NOON, RIGHT, SHA256, ScriptedFaces
from tests.scenarios.script import Line, Script

SPEECH_DBFS = -30.0
HALL_DBFS = -42.0
"""Of the loudspeaker and the like, at both microphones."""
BLEED_DB = -20.0
ZERO_S = 10.0
"""Media time of the citizen's coming, when nobody has spoken before."""
USUAL_ZERO_S = 194.0
"""The same after the minute of speech of both sides and the empty time that ends that stay."""
_USUAL_TURNS, _USUAL_TURN_S, _USUAL_GAP_S = 46, 2.9, 0.4
"""Of both sides in turn: over a minute of speech each."""
_TAIL_S = 24.0
"""After which a citizen who has left is known to be gone."""
_BLOCK = 48 * 512
_PERIOD = 400
"""Samples after which each tone is as it was: all are multiples of 40 Hz."""
_LOWEST, _STEP_HZ = 5, SAMPLE_RATE // _PERIOD
_HEARD_SHARE = 0.4
_CHANNELS = {"staff": (0,), "citizen": (1,), "hall": (0, 1)}
FPS = 2.0


@dataclass(slots=True)
class _Stage:
    """What is played now. Models look at it, so that a pipeline may be copied half-way."""

    lines: tuple[Line, ...] = ()
    zero_s: float = ZERO_S

    def voiced(self, at_s: float) -> bool:
        """A voice reaches both microphones; whose it is the agent has to find out."""
        return any(one.at_s <= at_s - self.zero_s < one.end_s for one in self.lines)


@dataclass(slots=True)
class _Stream:
    stage: _Stage
    chunks: int = 0

    def probability(self, chunk: Samples) -> float:
        middle_s = (self.chunks + 0.5) * len(chunk) / SAMPLE_RATE
        self.chunks += 1
        # As a real model, it hears nothing in digital silence.
        return float(bool(chunk.any()) and self.stage.voiced(middle_s))


@dataclass(slots=True)
class _Voice:
    stage: _Stage
    model_id: str = "scripted-voice:1"

    def stream(self) -> _Stream:
        return _Stream(self.stage)


@dataclass(slots=True)
class _Transcriber:
    stage: _Stage
    model_id: str = "scripted-words:1"
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(
            frozenset({Language.VIETNAMESE, Language.ENGLISH}), 30.0
        )
    )

    def transcribe(
        self, samples: Samples, hint: Language | None, *, beam_size: int | None = None
    ) -> Transcript | None:
        del hint, beam_size
        heard = _heard_s(samples, self.stage.lines)
        said = [
            one
            for one, seconds in zip(self.stage.lines, heard, strict=True)
            if seconds > _HEARD_SHARE * min(one.lasting_s, len(samples) / SAMPLE_RATE)
        ]
        if not said:
            return None
        # A line heard as nothing takes the others of its turn with it, as noise does.
        text = " ".join(one.heard for one in said)
        clear = min(one.clear for one in said)
        return Transcript(text, said[0].language, 0.99, clear)


def _heard_s(samples: Samples, lines: Sequence[Line]) -> list[float]:
    """Seconds of each line's tone in the sound."""
    padded = np.pad(samples, (0, -len(samples) % _PERIOD))
    spectrum = np.abs(np.fft.rfft(padded.reshape(-1, _PERIOD).sum(axis=0, dtype=np.float64)))
    return [
        float(spectrum[_LOWEST + n]) * 2 / (_amplitude(one) * SAMPLE_RATE)
        for n, one in enumerate(lines)
    ]


def _amplitude(line: Line) -> float:
    usual = HALL_DBFS if line.who == "hall" else SPEECH_DBFS
    return float(np.sqrt(2) * 10 ** ((usual + line.louder_db) / 20))


@cache
def word_models() -> tuple[Lexicon, SentimentModel, AbuseModel]:
    """The agent's own, as it would load them."""
    return Lexicon.load(), load_sentiment(), load_abuse()


@dataclass(slots=True)
class Played:
    stays: tuple[InteractionPayload, ...]
    media_s: float


_PLAYED: dict[Script, Played] = {}
"""A script is the same whatever systems knew of it: it is played once."""


def play(script: Script) -> Played:
    if script not in _PLAYED:
        _PLAYED[script] = _play(script)
    return _PLAYED[script]


def _play(script: Script) -> Played:
    pipeline, stage = _usual() if script.usual_known else _fresh(script)
    began_s = pipeline.media_s
    stage.lines = script.lines
    stays = run(pipeline, script, sound(script, stage.zero_s, began_s), stage.zero_s, began_s)
    return Played(tuple(stays), pipeline.media_s)


def run(
    pipeline: Pipeline, script: Script, blocks: Iterator[AudioFrame], zero_s: float, from_s: float
) -> list[InteractionPayload]:
    """The stays that end after `from_s`; they begin at the script's local time."""
    drafts = []
    spare = sorted((at_s + zero_s, step) for at_s, step in script.spare)
    for frame in frames(script, blocks, zero_s, from_s):
        while spare and spare[0][0] <= pipeline.media_s:
            pipeline.relieve(spare.pop(0)[1])
        drafts += pipeline.push(frame)
    drafts += pipeline.finish()
    stays = [d.payload for d in drafts if isinstance(d.payload, InteractionPayload)]
    by = script.started - (NOON + timedelta(seconds=zero_s))
    return [
        one.model_copy(update={"started_at": one.started_at + by, "ended_at": one.ended_at + by})
        for one in stays
    ]


def pipeline_of(models: Models, channels: int) -> Pipeline:
    origin = Origin("dev-01", SHA256, SourceKind.RECORDING, NOON, models.ids(channels))
    return Pipeline(origin, channels, models, PipelineSettings(Zones(citizen=RIGHT, staff=LEFT)))


def _models(stage: _Stage) -> Models:
    lexicon, sentiment, abuse = word_models()
    return Models(
        voice=_Voice(stage),
        transcriber=_Transcriber(stage),
        faces=ScriptedFaces(),
        sentiment=sentiment,
        abuse=abuse,
        lexicon=lexicon,
    )


def _fresh(script: Script) -> tuple[Pipeline, _Stage]:
    stage = _Stage()
    return pipeline_of(_models(stage), script.microphones), stage


@cache
def _after_a_minute() -> tuple[Pipeline, _Stage, Models]:
    """Another citizen came before, and both talked for long enough to be known."""
    stage = _Stage(zero_s=ZERO_S)
    models = _models(stage)
    pipeline = pipeline_of(models, 2)
    step_s = _USUAL_TURN_S + _USUAL_GAP_S
    talk = tuple(
        Line(who, "dạ", n * step_s, _USUAL_TURN_S, 0.0, 0.9, Language.VIETNAMESE, "dạ")
        for n in range(_USUAL_TURNS)
        for who in (("staff", "citizen")[n % 2],)
    )
    stage.lines = talk
    before = Script(
        talk, ((0.0, _USUAL_TURNS * step_s),), (), (), (), (), usual_known=False, microphones=2, camera=True,
        started=NOON,
    )  # fmt: skip
    blocks = sound(before, ZERO_S, 0.0, until_s=USUAL_ZERO_S - 8.0)
    for frame in frames(before, blocks, ZERO_S, 0.0):
        pipeline.push(frame)
    return pipeline, stage, models


def _usual() -> tuple[Pipeline, _Stage]:
    """A copy of it, with a stage of its own."""
    pipeline, stage, models = _after_a_minute()
    own = _Stage(zero_s=USUAL_ZERO_S)
    kept: dict[int, object] = {id(stage): own}
    kept |= {id(m): m for m in (models.faces, models.sentiment, models.abuse, models.lexicon)}
    # Levels never change: thousands of them need no copy.
    for channel in pipeline._loudness._channels:
        kept |= {id(level): level for level in (*channel.levels, *channel.speech)}
    return deepcopy(pipeline, kept), own


def sound(
    script: Script, zero_s: float, from_s: float, until_s: float | None = None
) -> Iterator[AudioFrame]:
    """In blocks, from `from_s` on (a multiple of the block's length)."""
    end_s = script.end_s + zero_s + _TAIL_S if until_s is None else until_s
    for first in range(round(from_s * SAMPLE_RATE), int(end_s * SAMPLE_RATE), _BLOCK):
        yield AudioFrame(first / SAMPLE_RATE, _block(script, zero_s, first))


def _block(script: Script, zero_s: float, first: int) -> Samples:
    channels = script.microphones
    block: Samples = _noise()[:channels].copy()
    for number, line in enumerate(script.lines):
        low = round((line.at_s + zero_s) * SAMPLE_RATE) - first
        high = round((line.end_s + zero_s) * SAMPLE_RATE) - first
        low, high = max(low, 0), min(high, _BLOCK)
        if low >= high:
            continue
        wave = _tone(number)[(first + low) % _PERIOD :][: high - low] * _amplitude(line)
        own = _CHANNELS[line.who]
        for channel in range(channels):
            is_own = channels == 1 or channel in own
            block[channel, low:high] += wave * (1.0 if is_own else 10 ** (BLEED_DB / 20))
    start_s, end_s = first / SAMPLE_RATE, (first + _BLOCK) / SAMPLE_RATE
    for what, low_s, high_s in script.faults:
        if what[:-1] in {"dead", "clipped"}:
            low = round((max(start_s, low_s + zero_s) - start_s) * SAMPLE_RATE)
            high = round((min(end_s, high_s + zero_s) - start_s) * SAMPLE_RATE)
            part = block[int(what[-1]), low : max(low, high)]
            part[:] = 0.0 if what.startswith("dead") else np.clip(part * 30_000, -1.0, 1.0)
    return block


@cache
def _noise() -> Samples:
    """A block of it, the same again and again."""
    made = np.random.default_rng(7).normal(0, 10 ** (NOISE_DBFS / 20), (2, _BLOCK))
    return made.astype(np.float32)


@cache
def _tone(number: int) -> Samples:
    at = np.arange(_BLOCK + _PERIOD) / SAMPLE_RATE
    hz = (_LOWEST + number) * _STEP_HZ
    wave: Samples = np.sin(2 * np.pi * hz * at).astype(np.float32)
    return wave


def frames(
    script: Script, blocks: Iterator[AudioFrame], zero_s: float, from_s: float
) -> Iterator[Frame]:
    """Sound with the pictures and pressed keys before the sound of their time."""
    keys = sorted((at_s + zero_s, key, by) for at_s, key, by in script.keys)
    number = int(np.ceil(from_s * FPS))
    for block in blocks:
        while keys and keys[0][0] <= block.end_s:
            yield KeyPress(*keys.pop(0))
        while script.camera and number / FPS <= block.end_s:
            picture = _picture(script, number, zero_s)
            if picture is not None:
                yield picture
            number += 1
        yield block


def _picture(script: Script, number: int, zero_s: float) -> VideoFrame | None:
    at_s = number / FPS
    faulty = {what for what, low, high in script.faults if low <= at_s - zero_s < high}
    if "gap" in faulty:
        return None
    # One that has frozen shows the room as it was; what it showed then does not matter.
    rng = np.random.default_rng(11 if "frozen" in faulty else 1000 + number)
    picture = rng.integers(60, 190, (24, 32, 3)).astype(np.uint8)
    there = any(low <= at_s - zero_s < high for low, high in script.there)
    away = any(low <= at_s - zero_s < high for low, high in script.away)
    picture[0, 0] = [0 if away else 255, 255 if there else 0, 0]
    if "frozen" in faulty:
        picture[0, 0] = [255, 255, 0]
    if "dark" in faulty:
        picture = np.zeros_like(picture)
    return VideoFrame(at_s, picture)
