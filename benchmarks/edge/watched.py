"""A pipeline that is watched from outside: what each model costs, when each turn was read.

The models are wrapped at their seams, so that whatever they are asked is counted; the
pipeline's own work is what is left.
"""

import resource
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.edge.media import ZONES
from edge_agent.interaction import Closed
from edge_agent.message import Draft, Origin
from edge_agent.models import catalog
from edge_agent.models.catalog import Models
from edge_agent.pipeline import Pipeline, PipelineSettings
from edge_agent.settings import ModelSettings
from edge_agent.turn import SpokenTurn
from edge_agent.words import TurnWords
from schemas.vocabulary import SourceKind

VOICE, FACES, WORDS = "voice activity", "faces", "transcription"
_ANCHOR = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def whisper_folder() -> Path:
    """What the agent takes by itself: HAILONG_WHISPER, else Whisper base."""
    return Path(catalog.whisper_folder(None, lambda _: None))


def load_models() -> Models:
    """As an agent without settings of its own loads them, and each asked once, because what
    a runtime does at its first call it does once a day.
    """
    settings = ModelSettings()
    models = catalog.load(whisper_folder(), beam_size=settings.beam_size, threads=settings.threads)
    chance = np.random.default_rng(1)
    models.transcriber.transcribe(chance.normal(0, 0.01, 48_000).astype(np.float32), None)
    models.faces.faces(chance.integers(0, 255, (480, 640, 3)).astype(np.uint8))
    return models


@dataclass(slots=True)
class Spent:
    """CPU time of the whole process while a stage's model was at work; with one pipeline in
    the process that is the model's.
    """

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def clear(self) -> None:
        self.seconds.clear()
        self.calls.clear()

    def each_ms(self, stage: str) -> float:
        return self.seconds[stage] / max(1, self.calls[stage]) * 1000


def metered(models: Models, spent: Spent) -> Models:
    return replace(
        models,
        voice=_Metered(models.voice, VOICE, spent),
        faces=_Metered(models.faces, FACES, spent),
        transcriber=_Metered(models.transcriber, WORDS, spent),
    )


class _Metered:
    """Stands for a model; each call of a method of it is metered."""

    def __init__(self, model: Any, stage: str, spent: Spent) -> None:
        self._model = model
        self._stage = stage
        self._spent = spent

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._model, name)
        if name.startswith("stream"):
            return lambda *words, **named: _Metered(
                found(*words, **named), self._stage, self._spent
            )
        if not callable(found):
            return found
        call = self._meter(found)
        setattr(self, name, call)
        return call

    def _meter(self, method: Callable[..., Any]) -> Callable[..., Any]:
        stage, spent = self._stage, self._spent

        def call(*words: Any, **named: Any) -> Any:
            before = time.process_time()
            try:
                return method(*words, **named)
            finally:
                spent.seconds[stage] += time.process_time() - before
                spent.calls[stage] += 1

        return call


class WatchedPipeline(Pipeline):
    """Calls `read` with each turn that was read; `closed` with each interaction's message and
    when, by the monotonic clock, its end was known.
    """

    def __init__(
        self,
        models: Models,
        *,
        number: int = 1,
        device: str | None = None,
        anchor: datetime = _ANCHOR,
        read: Callable[[SpokenTurn], None] = lambda _: None,
        closed: Callable[[float, Draft], None] = lambda *_: None,
    ) -> None:
        origin = Origin(
            device or f"may-{number:02d}", "benchmark", SourceKind.RECORDING, anchor, models.ids(2)
        )
        super().__init__(origin, 2, models, PipelineSettings(ZONES))
        self._tell_read = read
        self._tell_closed = closed

    def _hear(self, turn: SpokenTurn) -> TurnWords:
        words = super()._hear(turn)
        self._tell_read(turn)
        return words

    def _measured(self, stay: Closed) -> Draft:
        known_s = time.monotonic()
        draft = super()._measured(stay)
        self._tell_closed(known_s, draft)
        return draft


def cpu_s() -> float:
    """Of the whole process, all threads, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
