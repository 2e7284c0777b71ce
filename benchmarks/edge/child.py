"""One measure in a process of its own: its CPU time and memory are the process's.

python -m benchmarks.edge.child MEASURE '{"argument": value}' prints the result as JSON.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from benchmarks.edge import peers
from benchmarks.edge.cost import cost
from benchmarks.edge.latency import latency
from benchmarks.edge.media import load_stock
from benchmarks.edge.memory import counters, growth
from benchmarks.edge.settled import settled

MEASURES: dict[str, Callable[..., Any]] = {
    "cost": cost,
    "latency": latency,
    "counters": counters,
    "growth": growth,
    "settled": settled,
    "faster_whisper": peers.faster_whisper,
    "live_peer": peers.live,
}


def main(name: str, arguments: str) -> None:
    result = asdict(MEASURES[name](**json.loads(arguments)))
    result["real_voices"] = load_stock().real
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
