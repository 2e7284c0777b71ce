"""What was measured, as figures with their goals and notes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.edge.peers import LIVE
from benchmarks.edge.plan import Plan
from benchmarks.edge.watched import VOICE, WORDS
from benchmarks.machine import Figure

Measure = Mapping[str, Any] | None
"""Fields of a measure's result; None where it failed or was left out."""

GOAL_CORES = {"busy": 0.35, "quiet": 0.04}
GOAL_FACE_MS = 6.0
GOAL_LIVE_COUNTERS = 4
GOAL_P95_S = 3.0
GOAL_FIRST_MB = 700.0
GOAL_FURTHER_MB = 150.0
GOAL_GROWTH = 1.0
_CORE = "core"


@dataclass(frozen=True, slots=True)
class Found:
    costs: Mapping[str, Measure]
    """By kind of counter."""
    peers: Mapping[str, Measure]
    counters: Measure
    latencies: Mapping[int, Measure]
    """By number of counters."""
    settled: Measure
    growth: Measure
    failed: list[str]


def figures(found: Found) -> list[Figure]:
    return [
        *_costs(found),
        *_latencies(found),
        *_memory(found),
    ]


def notes(found: Found, plan: Plan) -> list[str]:
    costs = [cost for cost in found.costs.values() if cost]
    told = [
        f"{cost['kind']} counter: {cost['turns']} turns in {plan.cost_s:g} s, "
        f"{cost['turn_share']:.0%} of the time; {cost['turn_ms']:.0f} ms of CPU a turn read"
        for cost in costs
    ]
    told += [
        f"{number} live counters: {live['turns']} turns, worst {live['worst_s']:.2f} s, "
        f"{live['cores']:.2f} cores of the machine, making the media included"
        for number, live in found.latencies.items()
        if live
    ]
    if found.growth:
        low, middle, high = found.growth["per_hour"]
        told.append(
            f"growth: {plan.replay_s / 3600:.2g} h of a {found.growth['kind']} counter at full "
            f"speed after {plan.warm_s / 60:.0f} min; {middle:+.2f} % an hour ({low:+.2f} to "
            f"{high:+.2f}, 95 %) of USS, Theil-Sen"
        )
    if found.settled:
        told.append(
            f"settled: {found.settled['interactions']} interactions through outbox, broker and "
            f"hub, {found.settled['unsettled']} left waiting; counted from the moment when the "
            "end is known, without the 20 s of absence that tell it"
        )
    failures = sum(cost["failures"] for cost in costs)
    if failures:
        told.append(f"{failures} calls of models failed: the figures are too low")
    if any(not cost["real_voices"] for cost in costs):
        told.append("the voices are espeak-ng's: the test data is absent")
    told += [
        f"{name} has no figure: not part of a quick run, or no Python that has it is named "
        "(see --help)"
        for name in LIVE
        if name not in found.peers
    ]
    return [*told, *found.failed]


def _costs(found: Found) -> list[Figure]:
    made = [
        Figure(f"{kind} counter", _of(cost, "cores"), _CORE, GOAL_CORES.get(kind))
        for kind, cost in found.costs.items()
    ]
    busy = found.costs.get("busy")
    words = None if busy is None else busy["stages"][VOICE] + busy["stages"][WORDS]
    theirs = {name: peer["cores"] for name, peer in found.peers.items() if peer}
    made.append(Figure("busy sound to words", words, _CORE, peers=theirs))
    made.append(Figure("face detection", _of(busy, "face_ms"), "ms a picture", GOAL_FACE_MS))
    return made


def _latencies(found: Found) -> list[Figure]:
    made = []
    for number, live in found.latencies.items():
        what = f"turn end to measurement, {number} busy"
        goal = GOAL_P95_S if number == GOAL_LIVE_COUNTERS else None
        made.append(Figure(f"{what}, median", _of(live, "p50_s"), "s"))
        made.append(Figure(f"{what}, 95 %", _of(live, "p95_s"), "s", goal))
    what = "interaction end to settled"
    made.append(Figure(f"{what}, median", _of(found.settled, "p50_s"), "s"))
    made.append(Figure(f"{what}, 95 %", _of(found.settled, "p95_s"), "s"))
    return made


def _memory(found: Found) -> list[Figure]:
    first = further = None
    if found.counters:
        peak = {int(number): mb for number, mb in found.counters["peak_mb"].items()}
        first, most = peak[1], max(peak)
        further = (peak[most] - first) / (most - 1)
    growth = None if found.growth is None else found.growth["per_hour"][2]
    return [
        Figure("memory of the first counter, peak", first, "MB", GOAL_FIRST_MB),
        Figure("memory of each further counter", further, "MB", GOAL_FURTHER_MB),
        Figure("memory growth, upper 95 % bound", growth, "% an hour", GOAL_GROWTH),
    ]


def _of(measure: Measure, name: str) -> float | None:
    return None if measure is None else float(measure[name])
