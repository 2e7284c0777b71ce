"""How long a rule's trial takes over 100,000 stored interactions, for every rule in force.

    python -m benchmarks.judge.backtest

On an embedded PostgreSQL of its own, by the role of the pages. The goal is 10 s of wall time. On a
machine that others use, wall time says more about them: the processor time of program and server
stands beside it.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg

from benchmarks import machine
from benchmarks.judge import stored
from benchmarks.machine import Figure
from hub.embedded.postgres import EmbeddedPostgres
from hub.scoring.backtest import backtest
from hub.scoring.rules import Rule, load_rules
from hub.store.arrivals import ensure_partitions
from hub.store.bootstrap import bootstrap
from hub.store.migrate import migrate
from hub.store.pool import Database
from tests.builders import NOW
from tests.integration.conftest import HubDatabase, PostgresServer

NAME = "hailong_bench"
INTERACTIONS = 100_000
DAYS = 100
GOAL_S = 10.0
_SLOWEST = 5


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
            first = NOW - timedelta(days=DAYS)
            ensure_partitions(db.open("migrator"), first, NOW + timedelta(days=2))
            yield db
            db.close()
    finally:
        shutil.rmtree(home)


def figures(interactions: int = INTERACTIONS) -> list[Figure]:
    with database() as db:
        with psycopg.connect(db.server.superuser_url(NAME)) as connection:
            branches = stored.place(connection)
            stored.fill(connection, NOW, interactions)
        app = db.open("app")
        took = {rule.id: _tried(app, branches, rule) for rule in load_rules()}
    slowest = sorted(took, key=lambda rule_id: -took[rule_id][0])
    busiest = sorted(took, key=lambda rule_id: -took[rule_id][1])
    seconds = sorted(wall for wall, _ in took.values())
    middle = seconds[len(seconds) // 2]
    within = sum(wall <= GOAL_S for wall in seconds)
    return [
        Figure("trial of a rule, median", middle, "s", GOAL_S),
        Figure(
            "trial of a rule, slowest",
            seconds[-1],
            "s",
            GOAL_S,
            peers={rule_id: took[rule_id][0] for rule_id in slowest[:_SLOWEST]},
        ),
        Figure(
            "trial of a rule, most processor time",
            max(cpu for _, cpu in took.values()),
            "s",
            peers={rule_id: took[rule_id][1] for rule_id in busiest[:_SLOWEST]},
        ),
        Figure("rules within the goal", within / len(took), "share", 1.0, "higher"),
    ]


def _tried(app: Database, branches: list[str], rule: Rule) -> tuple[float, float]:
    """Seconds on the wall, and of the processor in this program and the server."""
    with app.branches_transaction(branches) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        before = time.process_time() + _cpu_s(int(row[0]))
        trial = backtest(connection, rule, NOW - timedelta(days=DAYS), NOW)
        return trial.seconds, time.process_time() + _cpu_s(int(row[0])) - before


def _cpu_s(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def main() -> None:
    found = figures()
    machine.write("judge-backtest", found, notes=[f"{INTERACTIONS} interactions of 40 turns"])
    machine.show(machine.read("judge-backtest"))


if __name__ == "__main__":
    main()
