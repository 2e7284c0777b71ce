"""Page queries on a generated city: `python -m benchmarks.pages`, or `make bench-pages`.

A hundredth, a thirtieth and a tenth of the city, one after another in the same database, so that
the growth shows: 1,110 counters have 96 million rows of activity and 130 million turns, which the
disk would bear and a quarter of an hour would not. Each query is asked by the app's own role with
row security on, warm, 200 times with different parameters. EXPLAIN (ANALYZE, BUFFERS) of each,
at the largest size, lies in benchmarks/results/pages-explain/.
"""

import argparse
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from benchmarks.machine import RESULTS, Figure, describe, read, show, write
from benchmarks.pages.city import COUNTERS, INTERACTION_DAYS, NOW, Counter, add_counters
from benchmarks.pages.page import write_page
from benchmarks.pages.queries import Question, questions, samples
from benchmarks.pages.sums import add_sums
from hub.embedded.postgres import EmbeddedPostgres
from hub.settings import Address, role_url
from hub.store.arrivals import ensure_partitions
from hub.store.bootstrap import bootstrap
from hub.store.migrate import migrate
from hub.store.pool import Database

GOAL_MS = 50.0
SHARES = (100, 30, 10)
_PATIENCE_S = 20.0
EXPLAINED = RESULTS / "pages-explain"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--shares", type=int, nargs="+", default=list(SHARES))
    parser.add_argument("--dry", action="store_true", help="write no result")
    asked = parser.parse_args()
    machine = describe()
    home = Path(tempfile.mkdtemp(prefix="hailong-bench-pages-"))
    home.chmod(0o755)
    try:
        with EmbeddedPostgres(home / "state", shared=home / "shared") as server:
            _measure(server, home, machine, asked)
    finally:
        shutil.rmtree(home)
    if not asked.dry:
        write_page(read("pages"))
        show(read("pages"))


def _measure(
    server: EmbeddedPostgres, home: Path, machine: dict[str, Any], asked: argparse.Namespace
) -> None:
    address = server.address
    where = Address(address.host, address.port)
    passfile = home / "database.pass"
    bootstrap(server.url_for(address.superuser, address.password, "postgres"), passfile)
    migrator = Database(role_url(where, "hailong", "hailong_migrator", passfile))
    migrator.open(10)
    migrate(migrator)
    days = timedelta(days=INTERACTION_DAYS + 7)
    for start in range(0, days.days, 90):
        ensure_partitions(migrator, NOW - days + timedelta(days=start), NOW)
    migrator.close()
    # As hub/run.py makes the web's.
    app = Database(role_url(where, "hailong", "hailong_app", passfile), plan_once=True)
    app.open(10)
    superuser = server.url_for(address.superuser, address.password, "hailong")
    measured: dict[int, dict[str, Took]] = {}
    sizes: dict[int, str] = {}
    there = 0
    for share in asked.shares:
        counters = COUNTERS // share
        began = time.monotonic()
        with psycopg.connect(superuser, autocommit=False) as connection:
            connection.execute("SET synchronous_commit = off")
            add_counters(connection, there, counters)
            add_sums(connection, [Counter(number).device for number in range(there, counters)])
        there = counters
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
            sizes[share] = _sizes(connection, counters)
            rows = connection.execute(
                "SELECT branch_id, counter_id, at, interaction_id, staff_id"
                " FROM hailong.interactions TABLESAMPLE SYSTEM (20) REPEATABLE (1)"
            ).fetchall()
        print(f"1/{share}: {sizes[share]}, made in {time.monotonic() - began:.0f} s", flush=True)
        measured[share] = {}
        for question in questions(counters):
            name = f"{question.name}, {question.person.name}"
            took = _ask(app, question, samples(rows, question.person, asked.runs + 10))
            measured[share][name] = took
            print(
                f"  {name:<48} median {took.median:7.1f} ms, p95 {took.p95:7.1f} ms, "
                f"CPU {took.cpu:6.1f} ms",
                flush=True,
            )
        if asked.dry:
            continue
        # After each size: a run that is broken off has told what it knew.
        _explain(app, counters, rows)
        done = list(measured)
        write(
            "pages",
            _figures(measured, done),
            machine=machine,
            notes=_notes(done, sizes, asked.runs),
        )
    app.close()


class Took(NamedTuple):
    """In ms: of the transaction by the clock, scope and rows included, and the server's CPU."""

    median: float
    p95: float
    cpu: float
    """Median; tells more than the clock where others use the machine, too."""


def _ask(app: Database, question: Question, chosen: Sequence[Any]) -> Took:
    """The first ones warm up. A question that takes seconds is asked until its time is over, and
    at least five times.
    """
    took: list[float] = []
    cost: list[float] = []
    began = time.monotonic()
    for sample in chosen:
        started = time.perf_counter()
        with app.branches_transaction(
            question.person.branches, question.person.staff
        ) as connection:
            before = cpu_ms(connection.info.backend_pid)
            question.ask(connection, sample)
            cost.append(cpu_ms(connection.info.backend_pid) - before)
        took.append((time.perf_counter() - started) * 1000)
        if time.monotonic() - began > _PATIENCE_S and len(took) >= 6:
            break
    cold = min(10, len(took) // 5)
    warm = sorted(took[cold:])
    p95 = warm[max(0, round(len(warm) * 0.95) - 1)]
    return Took(statistics.median(warm), p95, statistics.median(cost[cold:]))


def cpu_ms(pid: int) -> float:
    """That a process has used so far."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def _sizes(connection: psycopg.Connection[Any], counters: int) -> str:
    interactions, turns, activity, size = connection.execute(
        "SELECT (SELECT count(*) FROM hailong.interactions), (SELECT count(*) FROM hailong.turns),"
        " (SELECT count(*) FROM hailong_private.activity), pg_database_size(current_database())"
    ).fetchone() or (0, 0, 0, 0)
    return (
        f"{counters} counters, {interactions:,} interactions, {turns:,} turns, {activity:,} "
        f"windows, {size / 1e9:.1f} GB"
    )


def _explain(app: Database, counters: int, rows: Sequence[tuple[Any, ...]]) -> None:
    shutil.rmtree(EXPLAINED, ignore_errors=True)
    EXPLAINED.mkdir(parents=True)
    for question in questions(counters):
        asked: list[tuple[str, Any]] = []
        sample = samples(rows, question.person, 1)[0]
        with app.branches_transaction(
            question.person.branches, question.person.staff
        ) as connection:
            _listen(connection, asked)
            question.ask(connection, sample)
            connection.cursor_factory = psycopg.Cursor
            texts = []
            for query, values in asked:
                plan = connection.execute(
                    f"EXPLAIN (ANALYZE, BUFFERS) {query}",  # type: ignore[arg-type]
                    values,
                ).fetchall()
                texts.append(f"{query}\n\n" + "\n".join(str(line[0]) for line in plan))
        name = re.sub(r"[^a-z0-9]+", "-", f"{question.name} {question.person.name}".lower())
        (EXPLAINED / f"{name}.txt").write_text("\n\n\n".join(texts) + "\n", encoding="utf-8")


def _listen(connection: psycopg.Connection[Any], asked: list[tuple[str, Any]]) -> None:
    class Listening(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            whole = query.as_string(self) if isinstance(query, sql.Composable) else str(query)
            asked.append((whole, params))
            return super().execute(query, params, **options)

    connection.cursor_factory = Listening


def _figures(measured: dict[int, dict[str, Took]], shares: Sequence[int]) -> list[Figure]:
    """The largest size is the figure; the smaller ones and the medians stand beside it."""
    largest = shares[-1]
    return [
        Figure(
            f"p95, {name}",
            took.p95,
            "ms",
            goal=GOAL_MS,
            peers={
                "median": took.median,
                "CPU": took.cpu,
                **{f"p95 at 1/{share}": measured[share][name].p95 for share in shares[:-1]},
            },
        )
        for name, took in measured[largest].items()
    ]


def _notes(shares: Sequence[int], sizes: dict[int, str], runs: int) -> list[str]:
    return [
        *(f"1/{share} of the city: {sizes[share]}" for share in shares),
        f"each query {runs} times, warm, as the app's role under row security, one connection",
        "rollups of 90 days beside them; 90 days of a measure: with p95 where it has bins",
        "CPU: the server's for one question, median",
    ]


if __name__ == "__main__":
    main()
