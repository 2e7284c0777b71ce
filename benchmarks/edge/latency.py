"""From a turn's end to its measurement, in media that comes by the wall clock.

Each counter has a source that puts each frame when it is due and a thread that measures; a
turn's end is where its speech ends, so 0.8 s of it is the pause that ends a turn.
"""

import queue
import threading
import time
from dataclasses import dataclass

from benchmarks.edge.media import BUSY, Stock, frames, load_stock
from benchmarks.edge.watched import WatchedPipeline, cpu_s, load_models
from edge_agent.capture.frame import AudioFrame, Frame, VideoFrame
from edge_agent.models.catalog import Models
from edge_agent.turn import SpokenTurn

_QUEUED = 2000
"""Frames; two minutes and a half. A full queue stops the source, which a camera would not."""


@dataclass(frozen=True, slots=True)
class Latency:
    counters: int
    turns: int
    p50_s: float
    p95_s: float
    worst_s: float
    cores: float
    """CPU-seconds per second of the wall, all counters and making their media."""


def latency(counters: int, seconds: float) -> Latency:
    stock, models = load_stock(), load_models()
    found: list[float] = []
    began_cpu_s, began_s = cpu_s(), time.monotonic()
    threads = [
        threading.Thread(target=_counter, args=(stock, models, seconds, number, found))
        for number in range(1, counters + 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cores = (cpu_s() - began_cpu_s) / (time.monotonic() - began_s)
    found.sort()
    return Latency(
        counters=counters,
        turns=len(found),
        p50_s=quantile(found, 0.5),
        p95_s=quantile(found, 0.95),
        worst_s=quantile(found, 1.0),
        cores=cores,
    )


def quantile(ordered: list[float], share: float) -> float:
    """The smallest that is not under `share` of all; not a number where there is none."""
    if not ordered:
        return float("nan")
    rank = -(-round(share * len(ordered) * 1000) // 1000)
    return ordered[min(len(ordered), max(1, rank)) - 1]


def _counter(stock: Stock, models: Models, seconds: float, number: int, found: list[float]) -> None:
    # Counters do not begin on one tick of the clock.
    zero_s = time.monotonic() + 0.024 * number

    def read(turn: SpokenTurn) -> None:
        found.append(time.monotonic() - zero_s - turn.end_s)

    coming: queue.Queue[Frame | None] = queue.Queue(_QUEUED)
    source = threading.Thread(target=_source, args=(stock, seconds, number, zero_s, coming))
    source.start()
    pipeline = WatchedPipeline(models, number=number, read=read)
    while (frame := coming.get()) is not None:
        pipeline.push(frame)
    source.join()


def _source(
    stock: Stock, seconds: float, seed: int, zero_s: float, coming: queue.Queue[Frame | None]
) -> None:
    for frame in frames(stock, BUSY, seconds, seed):
        due_s = zero_s + _due_s(frame)
        wait_s = due_s - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        coming.put(frame)
    coming.put(None)


def _due_s(frame: Frame) -> float:
    """A block of sound is there when its last sample is."""
    match frame:
        case AudioFrame():
            return frame.end_s
        case VideoFrame():
            return frame.at_s
        case _:
            return 0.0
