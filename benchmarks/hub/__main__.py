"""The hub under a city's and a country's load, on this machine, side by side with less.

    python -m benchmarks.hub            # all, about 30 minutes
    python -m benchmarks.hub --quick    # a tenth of it; nothing is written

Publisher, Mosquitto, consumer and PostgreSQL share the machine's cores. Every publish is a
whole message as an agent makes it, with its signature (benchmarks/fleet.py).
"""

import argparse
import contextlib
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks import machine
from benchmarks.fleet import Fleet, Message
from benchmarks.hub import bare, nodered
from benchmarks.hub.measured import Run, delays_s, watch
from benchmarks.hub.site import Site, enrol, site
from benchmarks.hub.spool import Spool, write
from benchmarks.machine import Figure

CONNECTIONS = 4
WINDOW = 2000
CITY, COUNTRY = 1_110, 34_000
SUSTAINED, NATIONAL = 4_000, 600
_SETTLED = (
    "SELECT COALESCE(sum(upper(part) - lower(part)), 0)"
    " FROM hailong.streams, unnest(settled) AS part"
)


@dataclass(frozen=True, slots=True)
class Plan:
    flood: int = 100_000
    pairs: int = 3
    sustained_s: int = 60
    national_s: int = 600
    nodered: int = 20_000


QUICK = Plan(flood=20_000, pairs=1, sustained_s=10, national_s=30, nodered=4_000)


@dataclass
class Load:
    """A spool with what its activity messages are, to find their rows again."""

    spool: Spool
    numbers: dict[tuple[str, float], int] = field(default_factory=dict)


def load(folder: Path, fleet: Fleet, messages: int, start: datetime) -> Load:
    """Whole minutes of the fleet from `start` on, cut at this number of messages."""
    made = Load(Spool(folder, CONNECTIONS))

    def drawn() -> Iterator[Message]:
        number, minute = 0, start
        by_counter = {(c.branch, c.counter): c.device_id for c in fleet.counters}
        while True:
            for message in fleet.minute(minute):
                _, _, branch, counter, kind = message.topic.split("/")
                if kind == "activity":
                    made.numbers[by_counter[branch, counter], minute.timestamp()] = number
                yield message
                number += 1
                if number >= messages:
                    return
            minute += timedelta(minutes=1)

    write(folder, drawn(), CONNECTIONS)
    return made


@contextlib.contextmanager
def ours(site: Site) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], int]]]:
    """One worker, subscribed, on empty tables."""
    site.empty()
    log = site.home / "worker.log"
    seen = log.read_text().count("connected and subscribed") if log.exists() else 0
    child = site.start(["hailong", "hub", "ingest", "--share", ""], "worker.log")
    _until(lambda: log.read_text().count("connected and subscribed") > seen)
    try:
        yield child, lambda: int(site.rows(_SETTLED)[0][0])
    finally:
        site.stop(child)
        site.forget_session("hailong-ingest-1")


@contextlib.contextmanager
def bare_subscriber(site: Site) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], int]]]:
    site.rows(bare.SCHEMA)
    log = site.home / "bare.log"
    log.unlink(missing_ok=True)
    words = ["benchmarks.hub.bare", site.broker.host, str(site.broker.port), str(WINDOW)]
    child = site.start(words, "bare.log", BARE_DATABASE_URL=site.superuser_url)
    _until(lambda: "subscribed" in log.read_text())

    def done() -> int:
        if child.poll() is not None:
            raise SystemExit(f"the bare subscriber ended: {log.read_text()[-500:]}")
        last = log.read_text().split()[-1]
        return int(last) if last.isdigit() else 0

    try:
        yield child, done
    finally:
        site.stop(child)


def flood(site: Site, plan: Plan) -> tuple[list[Run], list[Run]]:
    """Ours and the bare subscriber, in turn, on the same publishes as fast as they go."""
    fleet = Fleet(CITY)
    enrol(site, fleet.counters)
    start = _minute(datetime.now(UTC)) - timedelta(minutes=plan.flood // CITY + 5)
    made = load(site.home / "flood", fleet, plan.flood, start)
    sent = site.home / "sent.npy"
    runs: tuple[list[Run], list[Run]] = [], []
    for _ in range(plan.pairs):
        for kept, consumer in zip(runs, (ours, bare_subscriber), strict=True):
            with consumer(site) as (child, done):
                kept.append(watch(site, child.pid, made.spool, 0, done, sent))
                _say(consumer.__name__, kept[-1])
                if consumer is ours:
                    _check_complete(site, plan.flood)
    return runs


def sustained(site: Site, plan: Plan) -> tuple[Run, np.ndarray]:
    fleet = Fleet(CITY, seed=2)
    site.clear()
    enrol(site, fleet.counters)
    messages = SUSTAINED * plan.sustained_s
    start = _minute(datetime.now(UTC)) - timedelta(minutes=messages // CITY + 5)
    made = load(site.home / "sustained", fleet, messages, start)
    sent = site.home / "sent.npy"
    with ours(site) as (child, done):
        run = watch(site, child.pid, made.spool, SUSTAINED, done, sent)
    _say("sustained", run)
    return run, delays_s(site, sent, made.numbers)


def national(site: Site, plan: Plan) -> tuple[Run, np.ndarray]:
    fleet = Fleet(COUNTRY, seed=3)
    site.clear()
    enrol(site, fleet.counters)
    messages = NATIONAL * plan.national_s
    start = _minute(datetime.now(UTC)) - timedelta(minutes=messages // COUNTRY + 5)
    made = load(site.home / "national", fleet, messages, start)
    sent = site.home / "sent.npy"
    with ours(site) as (child, done):
        run = watch(site, child.pid, made.spool, NATIONAL, done, sent)
    _say("national", run)
    return run, delays_s(site, sent, made.numbers)


def node_red(site: Site, plan: Plan) -> list[Run]:
    fleet = Fleet(CITY, seed=4)
    start = _minute(datetime.now(UTC)) - timedelta(minutes=plan.nodered // CITY + 5)
    made = load(site.home / "nodered-load", fleet, plan.nodered, start)

    def stored() -> int:
        windows, others = site.rows(
            "SELECT (SELECT count(*) FROM nodered.activity), (SELECT count(*) FROM nodered.messages)"
        )[0]
        return int(windows) // 6 + int(others)

    runs = []
    with tempfile.TemporaryDirectory(prefix="hailong-nodered-") as name:
        folder = Path(name)
        nodered.install(folder)
        for _ in range(plan.pairs):
            site.rows(nodered.SCHEMA)
            with nodered.running(site, folder, site.broker.port + 1) as process:
                time.sleep(15)
                runs.append(watch(site, process.pid, made.spool, 0, stored, site.home / "sent.npy"))
            _say("Node-RED", runs[-1])
    return runs


def figures(plan: Plan) -> tuple[list[Figure], list[str]]:
    notes = [f"Mosquitto's window {WINDOW}; synchronous_commit on; all on the same cores."]
    with site() as here:
        our_runs, bare_runs = flood(here, plan)
        steady, steady_s = sustained(here, plan)
        country, country_s = national(here, plan)
        peers: list[Run] = []
        try:
            peers = node_red(here, plan)
        except nodered.NodeRedError as error:
            notes.append(f"Node-RED: {error}")
    notes += [
        f"Node-RED stored {run.done} of {run.messages} in one of its runs"
        for run in peers
        if run.done < run.messages
    ]
    best = statistics.median(r.messages_a_second for r in our_runs)
    bare_best = statistics.median(r.messages_a_second for r in bare_runs)
    ratio = statistics.median(
        a.messages_a_second / b.messages_a_second for a, b in zip(our_runs, bare_runs, strict=True)
    )
    rows = statistics.median(r.rows / r.seconds for r in our_runs)
    beside: Mapping[str, float] = {"bare subscriber": bare_best} | (
        {"Node-RED": statistics.median(r.done / r.working_s for r in peers)} if peers else {}
    )
    made = [
        Figure("publishes a second, one worker", best, "1/s", 4_000, "higher", beside),
        Figure("rows a second, one worker", rows, "1/s", 6_000, "higher"),
        Figure("of the bare subscriber's publishes", ratio, "ratio", 0.8, "higher"),
        Figure(
            f"publishes a second over {plan.sustained_s} s at {SUSTAINED}",
            steady.messages_a_second, "1/s", None, "higher",
        ),
        Figure("publish to commit at that rate, p99", _p(steady_s, 99), "s", 1.0),
        Figure("publish to commit at that rate, median", _p(steady_s, 50), "s"),
        Figure("messages lost at that rate", float(steady.messages - steady.done), "", 0.0),
        Figure("worker, country's mix", country.cores("consumer"), "cores", 0.3),
        Figure("PostgreSQL, country's mix", country.cores("postgres"), "cores"),
        Figure("Mosquitto, country's mix", country.cores("mosquitto"), "cores"),
        Figure("publish to commit, country's mix, p99", _p(country_s, 99), "s"),
        Figure("worker's memory, country's mix", country.rss_mb, "MB"),
    ]  # fmt: skip
    made += [
        Figure(f"CPU a publish, {name}", _us(our_runs, name), "us",
               peers={"bare subscriber's run": _us(bare_runs, name)})
        for name in ("consumer", "postgres", "mosquitto", "publisher")
    ]  # fmt: skip
    return made, notes


def _check_complete(site: Site, messages: int) -> None:
    settled = int(site.rows(_SETTLED)[0][0])
    refused = site.rows("SELECT count(*) FROM hailong.rejects")[0][0]
    if (settled, refused) != (messages, 0):
        raise SystemExit(f"{settled} of {messages} settled, {refused} refused")


def _p(values: np.ndarray, share: float) -> float:
    return float(np.percentile(values, share))


def _us(runs: Sequence[Run], name: str) -> float:
    return statistics.median(1e6 * run.cpu_s[name] / run.messages for run in runs)


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _until(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise SystemExit("a program did not start within a minute")


def _say(name: str, run: Run) -> None:
    cpu = ", ".join(f"{n} {1e6 * s / run.messages:.0f}" for n, s in run.cpu_s.items())
    print(
        f"{name}: {run.done} of {run.messages} publishes in {run.seconds:.1f} s, "
        f"{run.messages_a_second:.0f}/s, {run.rows / run.seconds:.0f} rows/s; us each: {cpu}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth, and nothing is written")
    quick = parser.parse_args().quick
    before = machine.describe()
    made, notes = figures(QUICK if quick else Plan())
    if not quick:
        machine.write("hub", made, machine=before, notes=notes)
    machine.show(machine.result(made, machine=before, notes=notes))


if __name__ == "__main__":
    main()
