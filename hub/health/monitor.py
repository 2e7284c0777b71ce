"""The health of one hub process: judged twice a second, told to systemd and to who asks."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hub import metrics
from hub.health.heart import Heart
from hub.health.judge import Loop, Part, judge_loop, what_is_missing
from hub.health.probe import Probe
from hub.health.systemd import Systemd

_EVERY_S = 0.5
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Watched:
    """`missing` is asked each time: what the part itself lacks, in words."""

    name: str
    hearts: Sequence[Heart]
    """Of the part's loops."""
    probe: Probe | None
    missing: Callable[[], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Report:
    live: bool
    ready: bool
    loops: Sequence[Loop]
    missing: dict[str, list[str]]
    """Part -> what it lacks, in words."""

    @property
    def words(self) -> str:
        stuck = [f"{loop.name}: {loop.words}" for loop in self.loops if not loop.live]
        lacking = [f"{part}: {what}" for part, all_ in self.missing.items() for what in all_]
        return "; ".join(stuck or lacking) or "ready"

    def as_json(self) -> dict[str, Any]:
        return {
            "live": self.live,
            "ready": self.ready,
            "parts": {
                part: {"ready": not missing, "missing": missing}
                for part, missing in self.missing.items()
            },
            "loops": {
                loop.name: {
                    "live": loop.live,
                    "doing": loop.words,
                    "quiet_s": round(loop.quiet_s, 1),
                }
                for loop in self.loops
            },
        }


class Monitor:
    """Judges from memory alone, so that nothing which hangs can keep it from judging."""

    def __init__(
        self,
        parts: Sequence[Watched],
        *,
        pace: float = 1.0,
        systemd: Systemd | None = None,
    ) -> None:
        self._parts = parts
        self._pace = pace
        self._systemd = systemd or Systemd()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)
        self._told = ""

    def start(self) -> None:
        for part in self._parts:
            if part.probe is not None:
                part.probe.start()
        self._systemd.ready()
        self._thread.start()

    def stop(self) -> None:
        self._systemd.stopping()
        self._stop.set()
        self._thread.join(5)
        for part in self._parts:
            if part.probe is not None:
                part.probe.stop()

    def report(self) -> Report:
        now_s = time.monotonic()
        loops: list[Loop] = []
        missing: dict[str, list[str]] = {}
        for one in self._parts:
            part = Part(one.name, one.hearts, one.probe, tuple(one.missing()))
            loops += [judge_loop(heart, one.probe, now_s, self._pace) for heart in one.hearts]
            missing[one.name] = what_is_missing(part, now_s, self._pace)
            if one.probe is not None:
                connected = one.probe.answers(now_s)
                metrics.DATABASE_CONNECTED.labels(one.name).set(connected)
            metrics.READY.labels(one.name).set(not missing[one.name])
        for loop in loops:
            metrics.LIVE.labels(loop.name).set(loop.live)
            metrics.QUIET.labels(loop.name).set(loop.quiet_s)
        live = all(loop.live for loop in loops)
        return Report(live, live and not any(missing.values()), loops, missing)

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_S):
            report = self.report()
            if report.live:
                self._systemd.alive(report.words)
            else:
                self._systemd.stuck(report.words)
            self._tell(report)

    def _tell(self, report: Report) -> None:
        """A loop that stopped or goes on again, once a change; what is not ready the parts tell."""
        stuck = "; ".join(f"{loop.name} {loop.words}" for loop in report.loops if not loop.live)
        names = ", ".join(loop.name for loop in report.loops if not loop.live)
        if names == self._told:
            return
        self._told = names
        if names:
            log.critical("deadlocked: %s", stuck)
        else:
            log.warning("no loop is deadlocked any more")
