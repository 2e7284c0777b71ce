"""One conversation through the agent's own pipeline: what it would have put on the wire."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from benchmarks.accuracy.conversation import Conversation
from benchmarks.accuracy.edges import Interval
from benchmarks.accuracy.room import Room, mix
from benchmarks.accuracy.seams import (
    CITIZEN_ZONE,
    STAFF_ZONE,
    ScriptedFaces,
    ScriptedReader,
    pictures,
)
from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame, Frame, Samples
from edge_agent.categories import Lexicon
from edge_agent.message import Origin
from edge_agent.models.base import VoiceActivity
from edge_agent.models.catalog import Models, load_local
from edge_agent.pipeline import Pipeline, PipelineSettings
from edge_agent.presence import Zones
from schemas.interaction import InteractionPayload, Turn
from schemas.vocabulary import Role, SourceKind, SpanKind

ANCHOR = datetime(2026, 3, 10, 5, 0, 5, tzinfo=UTC)
_BLOCK = 1536


@dataclass(frozen=True)
class Found:
    """One measured stay, its times moved back to media time."""

    start_s: float
    payload: InteractionPayload

    @property
    def end_s(self) -> float:
        return (self.payload.ended_at - ANCHOR).total_seconds()

    @property
    def turns(self) -> list[tuple[Role, Interval]]:
        """Those that the 28 s limit cut are put together again."""
        found: list[tuple[Role, Interval]] = []
        open_at: dict[Role, int] = {}
        for turn in self.payload.turns:
            low, high = self._moved(turn)
            index = open_at.pop(turn.role, None)
            if index is None:
                index = len(found)
                found.append((turn.role, (low, high)))
            else:
                found[index] = (turn.role, (found[index][1][0], high))
            if turn.continued:
                open_at[turn.role] = index
        return found

    def spans(self, kind: SpanKind) -> list[tuple[Role | None, Interval]]:
        return [
            (s.role, (self.start_s + s.start_s, self.start_s + s.start_s + s.duration_s))
            for s in self.payload.spans
            if s.kind is kind
        ]

    def _moved(self, turn: Turn) -> Interval:
        start_s = self.start_s + turn.start_s
        return start_s, start_s + turn.duration_s


@lru_cache(maxsize=1)
def models() -> Models:
    """The agent's own, but for the reader of words, which is put in for each conversation."""
    lexicon = Lexicon.load()
    return load_local(ScriptedReader.__new__(ScriptedReader), lexicon)


def measure_all(
    conversation: Conversation,
    sound: Samples,
    *,
    voice: VoiceActivity | None = None,
    misread: float = 0.0,
) -> list[Found]:
    """`sound`: of `room.mix`. `voice`: another detector than the agent's own."""
    parts = replace(
        models(),
        voice=voice or models().voice,
        transcriber=ScriptedReader(conversation, sound, misread),
        faces=ScriptedFaces(),
    )
    origin = Origin("dev-01", "ab" * 32, SourceKind.RECORDING, ANCHOR, parts.ids(2))
    settings = PipelineSettings(Zones(citizen=CITIZEN_ZONE, staff=STAFF_ZONE))
    pipeline = Pipeline(origin, len(sound), parts, settings)
    drafts = [draft for frame in _frames(conversation, sound) for draft in pipeline.push(frame)]
    drafts += pipeline.finish()
    if pipeline.model_failures:
        raise RuntimeError(f"{pipeline.model_failures} calls of a model failed; expected none")
    payloads = [
        d.payload
        for d in drafts
        if isinstance(d.payload, InteractionPayload) and not d.payload.open
    ]
    return [Found((p.started_at - ANCHOR).total_seconds(), p) for p in payloads]


def measure_in(conversation: Conversation, room: Room) -> list[Found]:
    return measure_all(conversation, mix(conversation, room))


def _frames(conversation: Conversation, sound: Samples) -> Iterator[Frame]:
    """Pictures before the sound of their time."""
    shown = pictures(conversation)
    picture = next(shown, None)
    for at in range(0, sound.shape[1], _BLOCK):
        frame = AudioFrame(at / SAMPLE_RATE, sound[:, at : at + _BLOCK])
        while picture is not None and picture.at_s <= frame.end_s:
            yield picture
            picture = next(shown, None)
        yield frame
