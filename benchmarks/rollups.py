"""What rollups cost: ingest beside itself without them, the worker, a decision, disk, reading.

    python -m benchmarks.rollups

Two branches of 37 counters on an embedded PostgreSQL of its own, interactions of 40 turns, written
by the programs' own code. CPU-ms are the server's own. Reading is asked of 90 days: the days that were counted, copied.
"""

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

import psycopg

from benchmarks import machine
from benchmarks.machine import Figure
from hub.embedded.postgres import EmbeddedPostgres
from hub.store import activity, rollups
from hub.store.arrivals import ensure_partitions, write_arrivals
from hub.store.bootstrap import bootstrap
from hub.store.migrate import migrate
from hub.store.queries import load_queries
from hub.store.rows import ActivityRow, Arrivals
from tests.builders import NOW
from tests.integration.conftest import HubDatabase, PostgresServer
from tests.rollup_city import City

NAME = "hailong_bench"
BATCHES = 40
BATCH = 50
"""Interactions in one of ingest's transactions: 2,050 rows."""
WINDOWS = 2000
DAYS = 90
ASKED = ("handling_s", "counter_part", "hits")


@contextmanager
def database() -> Iterator[HubDatabase]:
    home = Path(tempfile.mkdtemp(prefix="hailong-bench-"))
    home.chmod(0o755)  # root's PostgreSQL runs as nobody and must get in
    try:
        with EmbeddedPostgres(home / "state", shared=home / "shared") as embedded:
            server = PostgresServer(embedded, home / "database.pass")
            bootstrap(server.superuser_url(), server.passfile, NAME)
            db = HubDatabase(NAME, server)
            migrate(db.open("migrator"))
            ensure_partitions(
                db.open("migrator"), NOW - timedelta(days=DAYS + 5), NOW + timedelta(days=2)
            )
            yield db
            db.close()
    finally:
        shutil.rmtree(home)


def took_ms(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def cpu_ms(pid: int) -> float:
    """That a process has used so far: what it costs, however busy the machine is."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def server_cpu_ms(db: HubDatabase, role: str, work: Callable[[], object]) -> float:
    """Of the server, for what a role asks of it by connections that are open already."""
    query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
    pids = [pid for (pid,) in db.rows(query, f"test-{role}")]
    before = sum(map(cpu_ms, pids))
    work()
    return sum(map(cpu_ms, pids)) - before


def interactions_ms(db: HubDatabase, city: City) -> tuple[float, float]:
    """Median of a batch with the trigger and without, in turns."""
    found: dict[str, list[float]] = {"ENABLE": [], "DISABLE": []}
    for _ in range(BATCHES // 2):
        for state, times in found.items():
            with psycopg.connect(db.server.superuser_url(db.name)) as connection:
                for event in ("insert", "update"):
                    connection.execute(
                        f"ALTER TABLE hailong.interactions {state} TRIGGER rollups_after_{event}"  # type: ignore[arg-type]
                    )
            times.append(server_cpu_ms(db, "ingest", lambda: city.add(BATCH, days_ago=10)))
    db.rows("ALTER TABLE hailong.interactions ENABLE TRIGGER ALL")
    return statistics.median(found["ENABLE"]), statistics.median(found["DISABLE"])


def windows_ms(db: HubDatabase, city: City) -> tuple[float, float]:
    """Median of 2,000 windows, six of each counter, with the marks and without, in turns."""
    queries = load_queries("activity")
    unmarked = {**queries, "mark": "SELECT 1"}
    found: dict[bool, list[float]] = {True: [], False: []}
    for number in range(BATCHES):
        rows = tuple(
            window(city.branches[n % 2], f"quay-{n // 12:03}", NOW, n // 2 % 6 + 6 * number)
            for n in range(WINDOWS)
        )
        write = partial(write_arrivals, city.ingest, city.branches, Arrivals(activity=rows))
        marked = number % 2 == 0
        with patch.object(activity, "_SQL", queries if marked else unmarked):
            found[marked].append(server_cpu_ms(db, "ingest", write))
    return statistics.median(found[True]), statistics.median(found[False])


def window(branch: str, counter: str, start: datetime, number: int) -> ActivityRow:
    at = start - timedelta(days=1) + timedelta(seconds=10 * number)
    speech = (3.0, 2.0, 0.0, 0.0, -20.0, -20.0)
    return ActivityRow(branch, counter, at, "d", *speech, 10.0, 10.0, 10.0, 1.0, 1.0)


def reading_ms(db: HubDatabase, city: City) -> list[tuple[float, float]]:
    """Each way of asking for 90 days of a branch, five times: by the clock, and the database's
    CPU.
    """
    for table, day in (("rollups", "day"), ("staff_rollups", "day")):
        columns = "branch_id, measure, variant, {day}, {key}, zone, n, total, squares, bins"
        key = "counter_id" if table == "rollups" else "staff_id"
        db.rows(
            f"INSERT INTO hailong.{table} ({columns.format(day=day, key=key)})"  # type: ignore[arg-type]
            f" SELECT {columns.format(day=f'{day} - 10 * k', key=key)}"
            f" FROM hailong.{table}, generate_series(1, {DAYS // 10 - 1}) AS k ON CONFLICT DO NOTHING"
        )
        db.rows(f"ANALYZE hailong.{table}")  # type: ignore[arg-type]
    last = NOW.date()
    span: tuple[date, date] = (last - timedelta(days=DAYS), last)
    asked = [(by, name) for name in ASKED for by in ("counter", "zone", "day", "hour", "staff")] * 5
    with city.app.branches_transaction(city.branches[:1]) as connection:
        known = rollups.measures(connection)

        pid = connection.info.backend_pid

        def ask(by: rollups.By, name: str) -> tuple[float, float]:
            before = cpu_ms(pid)
            clock = took_ms(lambda: rollups.figures(connection, by, known[name], *span, least=1))
            return clock, cpu_ms(pid) - before

        return [ask(by, name) for by, name in asked]


def disk(db: HubDatabase) -> tuple[float, float, float]:
    """KB for a counter's day in `rollups`, and for an interaction remembered and stored."""
    size = (
        "SELECT sum(pg_total_relation_size(i.inhrelid)) FROM pg_inherits i"
        " WHERE i.inhparent = ANY (%s::regclass[])"
    )
    days = db.value("SELECT count(DISTINCT (branch_id, counter_id, day)) FROM hailong.rollups")
    count = db.value("SELECT count(*) FROM hailong_private.rollup_contributions")
    return tuple(  # type: ignore[return-value]
        float(db.value(size, list(tables))) / 1000 / divisor
        for tables, divisor in (
            (("hailong.rollups",), days),
            (("hailong_private.rollup_contributions",), count),
            (("hailong.interactions", "hailong.turns"), count),
        )
    )


def quantile(ordered: list[float]) -> float:
    return ordered[int(len(ordered) * 0.95)]


def main() -> None:
    before = machine.describe()
    with database() as db:
        city = City(db, seed=1, counters=37, turns=40)
        city.add(BATCH)
        city.rollups.interactions()
        with_marks, without_marks = windows_ms(db, city)
        with_queue, without_queue = interactions_ms(db, city)
        db.rows(
            "INSERT INTO hailong.rollup_queue (branch_id, counter_id, at, interaction_id)"
            " SELECT branch_id, counter_id, at, interaction_id FROM hailong.interactions"
        )
        count = len(city.keys)
        rolled_ms = server_cpu_ms(db, "worker", city.rollups.interactions)
        city.score(400)
        city.rollups.interactions()
        city.decide(10)  # opens the connection
        decided = len(city.flags)
        decisions_ms = server_cpu_ms(db, "app", lambda: city.decide(decided)) / decided
        hours = db.value(
            "SELECT count(DISTINCT (branch_id, counter_id, hour_at)) FROM hailong.activity_marks"
        )
        hour_ms = server_cpu_ms(db, "worker", city.rollups.activity) / hours
        cell_kb, remembered_kb, stored_kb = disk(db)
        times, costs = (sorted(each) for each in zip(*reading_ms(db, city), strict=True))
    figures = [
        Figure(
            "ingest, 50 interactions of 40 turns",
            with_queue,
            "CPU-ms",
            peers={"without the queue": without_queue},
        ),
        Figure(
            "ingest, 2,000 windows",
            with_marks,
            "CPU-ms",
            peers={"without the marks": without_marks},
        ),
        Figure("rolled up, an interaction", rolled_ms / count, "CPU-ms"),
        Figure("a decision, whole", decisions_ms, "CPU-ms"),
        Figure("counted, an hour of a counter", hour_ms, "CPU-ms"),
        Figure("kept, a counter's day", cell_kb, "KB"),
        Figure("remembered, an interaction", remembered_kb, "KB", peers={"its rows": stored_kb}),
        Figure("read, 90 days of a branch, p95", quantile(times), "ms", goal=50.0),
        Figure("read, 90 days of a branch, p95 of CPU", quantile(costs), "CPU-ms"),
    ]
    machine.write(
        "rollups",
        figures,
        machine=before,
        notes=[
            f"{count} interactions, two branches of 37 counters",
            "reading by the clock says little on a machine that others use: see its load and the CPU",
        ],
    )
    machine.show(machine.read("rollups"))


if __name__ == "__main__":
    main()
