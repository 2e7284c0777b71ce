"""What one run costs and how long each publish took until its rows were committed."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from benchmarks.hub.site import Site
from benchmarks.hub.spool import Spool

_LOOK_S = 0.2
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Run:
    seconds: float
    """From the first publish to the last commit, which is looked for every 0.2 s."""
    messages: int
    rows: int
    cpu_s: Mapping[str, float]
    """Of the consumer, Mosquitto, PostgreSQL and the publisher."""
    rss_mb: float
    """The consumer's largest, with its processes."""
    done: int
    """Messages that the consumer had committed in the end."""
    working_s: float
    """From the first publish until it committed nothing more."""

    @property
    def messages_a_second(self) -> float:
        return self.messages / self.seconds

    def cores(self, name: str) -> float:
        return self.cpu_s[name] / self.seconds


def watch(
    site: Site,
    consumer: int,
    spool: Spool,
    rate: float,
    done: Callable[[], int],
    sent: Path,
) -> Run:
    """Publishes the spool at this rate (0: as fast as the broker takes it) and waits until the
    consumer has done with all of it, or has made no progress for a minute.
    """
    rows = sum(int(spool.index(n)["rows"].sum()) for n in range(spool.connections))
    messages = sum(len(spool.index(n)) for n in range(spool.connections))
    watched = {
        "consumer": _family(consumer),
        "mosquitto": [psutil.Process(site.mosquitto.pid)],
    }
    before = {name: _cpu_s(processes) for name, processes in watched.items()}
    postgres_before = _postgres_s(site)
    start_s = time.monotonic()
    sending = subprocess.Popen(
        [
            sys.executable, "-m", "benchmarks.hub.publisher", str(spool.folder),
            str(spool.connections), site.broker.host, str(site.broker.port), str(rate), str(sent),
        ],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    publisher = psutil.Process(sending.pid)
    publisher_s, largest, progress_s, last = 0.0, 0, start_s, -1
    now = 0
    while (now := done()) < messages:
        if now != last:
            last, progress_s = now, time.monotonic()
        if time.monotonic() - progress_s > _PATIENCE_S:
            break
        largest = max(largest, sum(p.memory_info().rss for p in watched["consumer"]))
        if sending.poll() is None:
            publisher_s = _cpu_s([publisher])
        time.sleep(_LOOK_S)
    ended_s = time.time()
    sending.wait(60)
    seconds = ended_s - float(np.load(sent).min())
    return Run(
        seconds,
        messages,
        rows,
        {
            **{name: _cpu_s(processes) - before[name] for name, processes in watched.items()},
            "postgres": _postgres_s(site) - postgres_before,
            "publisher": publisher_s,
        },
        largest / 2**20,
        now,
        seconds if now == messages else seconds - (time.monotonic() - progress_s),
    )


def delays_s(site: Site, sent: Path, numbers: Mapping[tuple[str, float], int]) -> np.ndarray:
    """Publish to commit, of each activity message: by the commit times that PostgreSQL keeps.

    `numbers`: (device, Unix time of its first window) -> number in the spool.
    """
    sent_at = np.load(sent)
    found = site.rows(
        "SELECT device_id, extract(epoch FROM at)::float8,"
        " extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8"
        " FROM hailong_private.activity WHERE extract(second FROM at) = 0"
    )
    return np.array([committed - sent_at[numbers[device, at]] for device, at, committed in found])


def _family(pid: int) -> list[psutil.Process]:
    """The consumer with the processes that it has started."""
    first = psutil.Process(pid)
    return [first, *first.children(recursive=True)]


def _cpu_s(processes: list[psutil.Process]) -> float:
    try:
        return sum(sum(p.cpu_times()[:2]) for p in processes)
    except psutil.NoSuchProcess:
        return 0.0


def _postgres_s(site: Site) -> float:
    """Of the server and all its backends, those that ended included (as children of the
    postmaster they count there).
    """
    pid = site.postgres.pid
    assert pid is not None
    main = psutil.Process(pid)
    times = main.cpu_times()
    living = sum(_cpu_s([child]) for child in main.children(recursive=True))
    return float(times.user + times.system + times.children_user + times.children_system + living)
