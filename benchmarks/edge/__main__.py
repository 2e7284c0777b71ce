"""What an edge agent costs, each goal beside its figure.

python -m benchmarks.edge            all goals, about 25 minutes on two cores
python -m benchmarks.edge --quick    less of each, about 4 minutes; keeps nothing
python -m benchmarks.edge --long     the two-hour replay is of a busy counter

Peers that need much of their own are installed apart: HAILONG_BENCH_STREAMING_PYTHON names a
Python with whisper-streaming[faster-whisper] (which needs libasound2-dev),
HAILONG_BENCH_LIVEKIT_PYTHON one with whisperlivekit (6 GB, most of it PyTorch's).

Latencies mean something on a machine that does nothing else; CPU-seconds bear company.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks import machine
from benchmarks.edge import figures, plots
from benchmarks.edge.plan import FULL, LONG, QUICK, Plan

PEER_PYTHON = {
    "whisper_streaming": "HAILONG_BENCH_STREAMING_PYTHON",
    "WhisperLiveKit": "HAILONG_BENCH_LIVEKIT_PYTHON",
}
"""By peer: the environment variable that names a Python that has it."""


@dataclass(slots=True)
class Runner:
    """Runs measures in processes of their own, one after the other."""

    failed: list[str] = field(default_factory=list)

    def measure(self, name: str, /, **arguments: Any) -> dict[str, Any] | None:
        """None where the measure failed, which `failed` then tells."""
        what = " ".join([name, *(str(value) for value in arguments.values())])
        began_s = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.edge.child", name, json.dumps(arguments)],
            cwd=machine.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        print(f"  {what}: {time.monotonic() - began_s:.0f} s", flush=True)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no word"])[-1]
            self.failed.append(f"{what} failed: {last[:200]}")
            return None
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found


def run(plan: Plan, pythons: Mapping[str, str]) -> figures.Found:
    runner = Runner()
    return figures.Found(
        costs={
            kind: runner.measure("cost", kind_name=kind, seconds=plan.cost_s)
            for kind in ("busy", "mixed", "quiet")
        },
        peers={
            **{
                f"faster-whisper, beam {beam}": runner.measure(
                    "faster_whisper", seconds=plan.peer_s, beam_size=beam
                )
                for beam in (5, 1)
            },
            **{
                name: runner.measure(
                    "live_peer", name=name, python=python, seconds=plan.live_peer_s
                )
                for name, python in pythons.items()
            },
        },
        counters=runner.measure("counters", seconds=plan.counters_s),
        latencies={
            number: runner.measure("latency", counters=number, seconds=plan.live_s)
            for number in plan.live_counters
        },
        settled=runner.measure("settled", interactions=plan.interactions),
        growth=runner.measure(
            "growth", kind_name=plan.replay_kind, warm_s=plan.warm_s, seconds=plan.replay_s
        ),
        failed=runner.failed,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.edge",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="less media")
    length.add_argument("--long", action="store_true", help="two hours of a busy counter")
    parser.add_argument(
        "--keep", action="store_true", help="write results and plots of a quick run too"
    )
    asked = parser.parse_args()
    plan = QUICK if asked.quick else LONG if asked.long else FULL
    before = machine.describe()
    pythons = {
        name: os.environ[variable]
        for name, variable in PEER_PYTHON.items()
        if os.environ.get(variable) and plan.live_peer_s
    }
    found = run(plan, pythons)
    notes = figures.notes(found, plan)
    if asked.keep or not asked.quick:
        machine.write("edge", figures.figures(found), machine=before, notes=notes)
        plots.plot(found)
        machine.show(machine.read("edge"))
    else:
        machine.show(machine.result(figures.figures(found), machine=before, notes=notes))


if __name__ == "__main__":
    main()
