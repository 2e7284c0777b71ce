"""Plots of what was measured: CPU by counter and stage, latency by counters, memory by time."""

from benchmarks import plots
from benchmarks.edge.figures import GOAL_CORES, GOAL_P95_S, Found


def plot(found: Found) -> None:
    costs = {kind: cost for kind, cost in found.costs.items() if cost}
    plots.stacked(
        "edge-cpu",
        "CPU of one counter",
        "CPU-seconds per second",
        {kind: cost["stages"] for kind, cost in costs.items()},
        GOAL_CORES,
    )
    live = {number: live for number, live in found.latencies.items() if live}
    plots.lines(
        "edge-latency",
        "End of a turn to its measurement, busy counters in one process",
        "counters",
        "seconds",
        {
            name: [(number, one[key]) for number, one in live.items()]
            for name, key in (("95 %", "p95_s"), ("median", "p50_s"))
        },
        goal=GOAL_P95_S,
    )
    if found.growth:
        minutes, held = found.growth["minutes"], found.growth["uss_mb"]
        plots.lines(
            "edge-memory",
            f"Memory over a replay, {found.growth['kind']} counter",
            "minutes of media",
            "USS, MB",
            {"one counter": list(zip(minutes, held, strict=True))},
        )
