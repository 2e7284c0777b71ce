"""The seams to models: a Protocol each; only an adapter's own file imports its runtime."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edge_agent.capture.frame import Picture, Samples
from schemas.vocabulary import Language


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What callers ask instead of a model's type."""

    languages: frozenset[Language]
    max_s: float
    """Longest sound of one call."""


@dataclass(frozen=True, slots=True, repr=False)
class Transcript:
    """Words in RAM, on their way to being counted and dropped."""

    text: str
    language: Language
    language_probability: float
    confidence: float
    """exp of the mean token log probability, 0 to 1."""

    def __repr__(self) -> str:
        return f"Transcript({len(self.text)} characters, {self.language})"


@dataclass(frozen=True, slots=True)
class Face:
    """Relative coordinates, 0 to 1, of the whole picture."""

    x: float
    y: float
    width: float
    height: float
    confidence: float

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


class VoiceStream(Protocol):
    """One channel's voice activity; keeps the model's state from chunk to chunk."""

    def probability(self, chunk: Samples) -> float:
        """`chunk`: float32, shape (512,), 16 kHz. Probability of speech, 0 to 1."""
        ...


class VoiceActivity(Protocol):
    @property
    def model_id(self) -> str: ...

    def stream(self) -> VoiceStream: ...


class SpeakerEncoder(Protocol):
    """A voice as numbers, which stay in RAM and are zeroed when they have served."""

    @property
    def model_id(self) -> str: ...

    def embed(self, sound: Samples) -> Samples | None:
        """`sound`: float32, shape (n,), 16 kHz, speech alone. Shape (windows, numbers): of
        every 1.6 s a vector of length 1, of which the dot product with another's is their
        likeness; None where there is too little.
        """
        ...


class Transcriber(Protocol):
    @property
    def model_id(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def transcribe(
        self, samples: Samples, hint: Language | None, *, beam_size: int | None = None
    ) -> Transcript | None:
        """`samples`: float32, shape (n,), 16 kHz. None where no words could be trusted to be
        there. `hint`: the language this interaction has been in, for turns too short to tell.
        `beam_size`: of this call; None is the configured one.
        """
        ...


class FaceDetector(Protocol):
    @property
    def model_id(self) -> str: ...

    def faces(self, picture: Picture) -> Sequence[Face]: ...


class ExpressionModel(Protocol):
    """For a citizen's face only; `PresenceStage` never passes it a clerk's (law 2)."""

    @property
    def model_id(self) -> str: ...

    def valence(self, picture: Picture, face: Face) -> float | None:
        """-1 displeased to 1 pleased; None where the face cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class Sentiment:
    polarity: float
    """-1 displeased to 1 pleased."""
    confidence: float


class SentimentModel(Protocol):
    """For a citizen's words only; callers never pass it a clerk's (law 2)."""

    @property
    def model_id(self) -> str: ...

    def score(self, text: str, language: Language) -> Sentiment | None: ...


class AbuseModel(Protocol):
    """The second opinion on a phrase that the lexicon found; on its own it says nothing."""

    @property
    def model_id(self) -> str: ...

    def confirms(self, text: str, language: Language) -> bool | None:
        """Whether the turn is abusive; None where the model does not know the language."""
        ...
