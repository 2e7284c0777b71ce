"""How long each measure runs: the full run, the quick one, the long one."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Plan:
    """Seconds of media, except where the name says otherwise."""

    cost_s: float = 600.0
    live_s: float = 150.0
    """Of the wall too: its media comes by the clock."""
    live_counters: tuple[int, ...] = (1, 2, 4)
    counters_s: float = 120.0
    warm_s: float = 900.0
    """Levels of the last 12.5 minutes are kept; before that memory grows as it should."""
    replay_s: float = 7200.0
    replay_kind: str = "mixed"
    interactions: int = 40
    peer_s: float = 180.0
    live_peer_s: float = 60.0
    """0: not measured."""


FULL = Plan()
QUICK = Plan(
    cost_s=90.0,
    live_s=30.0,
    live_counters=(1, 4),
    counters_s=20.0,
    warm_s=780.0,
    replay_s=300.0,
    interactions=6,
    peer_s=45.0,
    live_peer_s=0.0,
)
LONG = replace(FULL, replay_kind="busy", interactions=200)
