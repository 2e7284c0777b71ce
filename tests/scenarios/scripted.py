"""The models that follow a script: a voice model, a transcriber, and whose words are judged.

The transcriber is given sound alone: each line is a tone of its own, and it writes a line where
it hears most of the tone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from edge_agent.capture.frame import SAMPLE_RATE, Samples
from edge_agent.categories import Lexicon
from edge_agent.models.base import AbuseModel, Capabilities, SentimentModel, Transcript
from edge_agent.models.catalog import Models, load_abuse, load_sentiment
from schemas.vocabulary import Language
from tests.fakes import ScriptedFaces
from tests.scenarios.script import Line

SPEECH_DBFS = -30.0
HALL_DBFS = -42.0
"""Of the loudspeaker and the like, at both microphones."""
PERIOD = 400
"""Samples after which each tone is as it was: all are multiples of 40 Hz."""
LOWEST, STEP_HZ = 5, SAMPLE_RATE // PERIOD
_HEARD_SHARE = 0.4


@dataclass(slots=True)
class Stage:
    """What is played now. Models look at it, so that a pipeline may be copied half-way."""

    zero_s: float
    """Media time of the citizen's coming."""
    lines: tuple[Line, ...] = ()

    def voiced(self, at_s: float) -> bool:
        """A voice reaches both microphones; whose it is the agent has to find out."""
        return any(one.at_s <= at_s - self.zero_s < one.end_s for one in self.lines)


@dataclass(slots=True)
class _Stream:
    stage: Stage
    chunks: int = 0

    def probability(self, chunk: Samples) -> float:
        middle_s = (self.chunks + 0.5) * len(chunk) / SAMPLE_RATE
        self.chunks += 1
        # As a real model, it hears nothing in digital silence.
        return float(bool(chunk.any()) and self.stage.voiced(middle_s))


@dataclass(slots=True)
class _Voice:
    stage: Stage
    model_id: str = "scripted-voice:1"

    def stream(self) -> _Stream:
        return _Stream(self.stage)


@dataclass(slots=True)
class _Transcriber:
    stage: Stage
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
    padded = np.pad(samples, (0, -len(samples) % PERIOD))
    spectrum = np.abs(np.fft.rfft(padded.reshape(-1, PERIOD).sum(axis=0, dtype=np.float64)))
    return [
        float(spectrum[LOWEST + n]) * 2 / (amplitude(one) * SAMPLE_RATE)
        for n, one in enumerate(lines)
    ]


def amplitude(line: Line) -> float:
    usual = HALL_DBFS if line.who == "hall" else SPEECH_DBFS
    return float(np.sqrt(2) * 10 ** ((usual + line.louder_db) / 20))


@cache
def word_models() -> tuple[Lexicon, SentimentModel, AbuseModel]:
    """The agent's own, as it would load them."""
    return Lexicon.load(), load_sentiment(), load_abuse()


def models_of(stage: Stage) -> Models:
    lexicon, sentiment, abuse = word_models()
    return Models(
        voice=_Voice(stage),
        transcriber=_Transcriber(stage),
        faces=ScriptedFaces(),
        sentiment=sentiment,
        abuse=abuse,
        lexicon=lexicon,
    )
