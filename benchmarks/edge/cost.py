"""CPU-seconds per media-second of one counter at full speed, by stage."""

from dataclasses import dataclass

from benchmarks.edge.media import KINDS, frames, load_stock
from benchmarks.edge.watched import (
    FACES,
    VOICE,
    WORDS,
    Spent,
    WatchedPipeline,
    cpu_s,
    load_models,
    metered,
)
from edge_agent.turn import SpokenTurn

REST = "rest"


@dataclass(frozen=True, slots=True)
class Cost:
    kind: str
    cores: float
    """CPU-seconds per media-second, without what making the media costs."""
    stages: dict[str, float]
    face_ms: float
    """A picture."""
    turn_ms: float
    """Of transcription, a turn."""
    turn_share: float
    """Of the time: turns as the agent found them."""
    turns: int
    failures: int


def cost(kind_name: str, seconds: float) -> Cost:
    """To be run in a process of its own: all its CPU time counts."""
    stock, kind = load_stock(), KINDS[kind_name]
    began_s = cpu_s()
    for _ in frames(stock, kind, seconds, seed=1):
        pass
    making_s = cpu_s() - began_s
    spent = Spent()
    turns: list[float] = []

    def read(turn: SpokenTurn) -> None:
        turns.append(turn.end_s - turn.start_s)

    pipeline = WatchedPipeline(metered(load_models(), spent), read=read)
    spent.clear()
    began_s = cpu_s()
    for frame in frames(stock, kind, seconds, seed=1):
        pipeline.push(frame)
    pipeline.finish()
    all_s = cpu_s() - began_s - making_s
    stages = {name: spent.seconds[name] / seconds for name in (VOICE, FACES, WORDS)}
    return Cost(
        kind=kind_name,
        cores=all_s / seconds,
        stages={**stages, REST: all_s / seconds - sum(stages.values())},
        face_ms=spent.each_ms(FACES),
        turn_ms=spent.each_ms(WORDS),
        turn_share=sum(turns) / seconds,
        turns=len(turns),
        failures=pipeline.model_failures,
    )
