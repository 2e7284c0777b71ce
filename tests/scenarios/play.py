"""Plays a script through the agent's own stages: frames go in, interactions come out.

Scripted are the ends that a machine has no voice, face or ear for: the voice model says
"speech" where the script does, the faces are where it says, and the transcriber writes what
it says. All between is the agent's: segments, whose voice it is, levels and the usual level,
turns, the stay, words, the abuse and the sentiment model, spans, coverage, the message.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from edge_agent.capture.frame import AudioFrame
from edge_agent.message import Origin
from edge_agent.models.catalog import Models
from edge_agent.pipeline import Pipeline, PipelineSettings
from edge_agent.presence import Zones
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Language, SourceKind
from tests.fakes import LEFT, NOON, RIGHT, SHA256
from tests.scenarios.frames import frames, sound
from tests.scenarios.script import Line, Script
from tests.scenarios.scripted import Stage, models_of

ZERO_S = 10.0
"""Media time of the citizen's coming, when nobody has spoken before."""
USUAL_ZERO_S = 194.0
"""The same after the minute of speech of both sides and the empty time that ends that stay."""
_USUAL_TURNS, _USUAL_TURN_S, _USUAL_GAP_S = 46, 2.9, 0.4
"""Of both sides in turn: over a minute of speech each."""


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
    stays = [
        d.payload
        for d in drafts
        if isinstance(d.payload, InteractionPayload) and not d.payload.open
    ]
    by = script.started - (NOON + timedelta(seconds=zero_s))
    return [
        one.model_copy(update={"started_at": one.started_at + by, "ended_at": one.ended_at + by})
        for one in stays
    ]


def pipeline_of(models: Models, channels: int) -> Pipeline:
    origin = Origin("dev-01", SHA256, SourceKind.RECORDING, NOON, models.ids(channels))
    return Pipeline(origin, channels, models, PipelineSettings(Zones(citizen=RIGHT, staff=LEFT)))


def _fresh(script: Script) -> tuple[Pipeline, Stage]:
    stage = Stage(ZERO_S)
    return pipeline_of(models_of(stage), script.microphones), stage


@cache
def _after_a_minute() -> tuple[Pipeline, Stage, Models]:
    """Another citizen came before, and both talked for long enough to be known."""
    stage = Stage(ZERO_S)
    models = models_of(stage)
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


def _usual() -> tuple[Pipeline, Stage]:
    """A copy of it, with a stage of its own."""
    pipeline, stage, models = _after_a_minute()
    own = Stage(USUAL_ZERO_S)
    kept: dict[int, object] = {id(stage): own}
    kept |= {id(m): m for m in (models.faces, models.sentiment, models.abuse, models.lexicon)}
    # Levels never change: thousands of them need no copy.
    for channel in pipeline._loudness._channels:
        kept |= {id(level): level for level in (*channel.levels, *channel.speech)}
    return deepcopy(pipeline, kept), own
