"""Memory of the first counter and of each further one in a process, and its growth.

Peak is VmHWM (all that was ever resident, program and libraries too); the present is USS, what
would come free if the process ended. Both of the kernel; 1 MB is 10^6 bytes.
"""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.edge.media import KINDS, Kind, Stock, frames, load_stock
from benchmarks.edge.watched import WatchedPipeline, load_models
from edge_agent.models.catalog import Models

_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Counters:
    """Peak after 1, 2, ... counters at once."""

    peak_mb: dict[int, float]

    @property
    def first_mb(self) -> float:
        return self.peak_mb[1]

    @property
    def further_mb(self) -> float:
        most = max(self.peak_mb)
        return (self.peak_mb[most] - self.peak_mb[1]) / (most - 1)


def counters(seconds: float, numbers: Sequence[int] = (1, 2, 4)) -> Counters:
    """Busy counters, at full speed, a thread each, models shared."""
    stock, models = load_stock(), load_models()
    peak: dict[int, float] = {}
    for number in numbers:
        threads = [
            threading.Thread(target=_measure, args=(models, stock, KINDS["busy"], seconds, seed))
            for seed in range(1, number + 1)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        peak[number] = peak_mb()
    return Counters(peak)


def _measure(models: Models, stock: Stock, kind: Kind, seconds: float, seed: int) -> None:
    pipeline = WatchedPipeline(models, number=seed)
    for frame in frames(stock, kind, seconds, seed):
        pipeline.push(frame)
    # Not finished: the counter would be let go while the others are still at work.


@dataclass(frozen=True, slots=True)
class Growth:
    kind: str
    minutes: list[float]
    """Minute of media at which each sample was taken, after the warm-up."""
    uss_mb: list[float]
    per_hour: tuple[float, float, float]
    """Percent of the median an hour: lower bound, slope, upper bound (95 %)."""


def growth(kind_name: str, warm_s: float, seconds: float) -> Growth:
    """One counter at full speed. The warm-up fills what is kept of the last minutes."""
    stock, pipeline = load_stock(), WatchedPipeline(load_models())
    minutes: list[float] = []
    held: list[float] = []
    due_s = warm_s
    for frame in frames(stock, KINDS[kind_name], warm_s + seconds, seed=1):
        pipeline.push(frame)
        if pipeline.media_s >= due_s:
            due_s += _MINUTE_S
            minutes.append(pipeline.media_s / 60)
            held.append(uss_mb())
    slopes = theil_sen(minutes, held)
    level_mb = sorted(held)[len(held) // 2]
    low, middle, high = (slope * 60 / level_mb * 100 for slope in slopes)
    return Growth(kind_name, minutes, held, (low, middle, high))


def theil_sen(xs: Sequence[float], ys: Sequence[float]) -> tuple[float, float, float]:
    """Median of the slopes between all pairs, with its 95 % bounds (Sen 1968): the slopes
    at ranks (N -+ 1.96 sd(S)) / 2, sd(S)^2 = (n (n - 1) (2 n + 5) - ties) / 18 of Kendall's S.
    A step of the allocator moves a least-squares line far and this little.

    Raises ValueError under 4 points.
    """
    n = len(xs)
    if n < 4:
        raise ValueError(f"got {n} points, expected 4 or more")
    slopes = sorted((ys[j] - ys[i]) / (xs[j] - xs[i]) for i in range(n) for j in range(i + 1, n))
    ties = sum(t * (t - 1) * (2 * t + 5) for t in (list(ys).count(y) for y in set(ys)))
    spread = 1.96 * math.sqrt((n * (n - 1) * (2 * n + 5) - ties) / 18)
    count = len(slopes)
    low = max(0, math.floor((count - spread) / 2))
    high = min(count - 1, math.ceil((count + spread) / 2))
    middle = (slopes[(count - 1) // 2] + slopes[count // 2]) / 2
    return slopes[low], middle, slopes[high]


def peak_mb() -> float:
    return _kilobytes(Path("/proc/self/status"), "VmHWM:") * 1024 / 1e6


def uss_mb() -> float:
    rollup = Path("/proc/self/smaps_rollup")
    parts = ("Private_Clean:", "Private_Dirty:", "Private_Hugetlb:")
    return sum(_kilobytes(rollup, part) for part in parts) * 1024 / 1e6


def _kilobytes(path: Path, name: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise ValueError(f"{path} has no {name}; expected a Linux kernel")
