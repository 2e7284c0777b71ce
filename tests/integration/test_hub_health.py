"""A deadlocked worker is told from a busy one, with a real database and a real broker."""

import os
import signal
import threading
import time
from contextlib import contextmanager

import psutil
import psycopg
import pytest

from hub.health.judge import IDLE_S
from hub.health.monitor import Monitor, Watched
from hub.health.probe import Probe
from hub.ingest.watch import IngestWatch
from hub.store.pool import Database
from tests.builders import health_payload, interaction_payload
from tests.devices import wait_until

pytestmark = pytest.mark.integration
PACE = 0.05
"""A commit is looked at after 0.75 s, blamed when the database was idle for 0.3 s more."""


class Worker:
    """Ingest with its heart and probe, as hub/run.py puts them together."""

    def __init__(self, hub_db, start_ingest, broker):
        self.watch = IngestWatch(pace=PACE)
        database = Database(hub_db.url("ingest"), max_size=1, application_name="test-probe")
        self.probe = Probe(database, "test-ingest", every_s=0.05)
        watched = Watched("ingest", self.watch.hearts, self.probe, self.watch.missing)
        self.monitor = Monitor([watched], pace=PACE)
        self.running = start_ingest(broker, watch=self.watch)
        self.monitor.start()

    def missing(self):
        return " | ".join(self.monitor.report().missing["ingest"])


@pytest.fixture
def worker(hub_db, start_ingest, broker):
    made = Worker(hub_db, start_ingest, broker)
    yield made
    made.monitor.stop()


@contextmanager
def locked(hub_db):
    """Nobody writes interactions meanwhile."""
    with psycopg.connect(hub_db.server.superuser_url(hub_db.name)) as connection:
        connection.execute("LOCK TABLE hailong.interactions IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


def watched_for(seconds, look):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield look()
        time.sleep(0.02)


def test_a_commit_that_waits_for_a_lock_is_busy_and_not_ready(worker, hub_db, sender):
    wait_until(lambda: worker.monitor.report().ready)
    with worker.running.device(sender) as device:
        with locked(hub_db):
            device.publish(sender.message(interaction_payload()))
            wait_until(lambda: "committing has taken" in worker.missing())
            # Twenty times the patience of its phase, as 20 s are of one second.
            reports = list(watched_for(3.0, worker.monitor.report))
        assert all(report.live for report in reports)
        assert not any(report.ready for report in reports)
        loops = [loop for report in reports for loop in report.loops[1:]]
        assert any("the database is at work for it" in loop.words for loop in loops)
        assert device.confirm().settled_below == 2
    wait_until(lambda: worker.monitor.report().ready)


@pytest.mark.parametrize(("stage", "loops"), [("judge", slice(0, 1)), ("store", slice(1, None))])
def test_a_worker_stuck_in_a_lock_of_its_own_is_deadlocked(worker, sender, stage, loops):
    wait_until(lambda: worker.monitor.report().ready)
    held = threading.Event()
    processor = worker.running.service._processor
    really = getattr(processor, stage)

    def stuck(batch):
        held.wait()
        return really(batch)

    setattr(processor, stage, stuck)
    with worker.running.device(sender) as device:
        device.publish(sender.message(health_payload()))
        wait_until(lambda: not worker.monitor.report().live, timeout_s=10)
        report = worker.monitor.report()
        assert any("nothing to do for it" in loop.words for loop in report.loops[loops])
        assert "deadlocked" in worker.missing()
        held.set()
        assert device.confirm().settled_below == 2
    wait_until(lambda: worker.monitor.report().ready)


def test_a_worker_stuck_outside_the_database_is_deadlocked(worker, sender):
    held = threading.Event()
    worker.running.service._subscriber.acknowledge = lambda _arrived: held.wait()
    with worker.running.device(sender) as device:
        device.publish(sender.message(health_payload()))
        wait_until(lambda: not worker.monitor.report().live, timeout_s=10)
        loops = worker.monitor.report().loops
        assert any("acknowledging" in loop.words for loop in loops[1:])
        held.set()


def test_a_database_that_was_killed_is_waited_for_and_not_restarted_for(
    worker, hub_db, postgres_server, sender
):
    wait_until(lambda: worker.monitor.report().ready)
    os.kill(postgres_server.embedded.pid, signal.SIGKILL)
    wait_until(lambda: "does not answer" in worker.missing())
    reports = list(watched_for(1.5, worker.monitor.report))
    assert all(report.live and not report.ready for report in reports)
    postgres_server.embedded.start()
    wait_until(lambda: worker.monitor.report().ready, timeout_s=20)


def test_a_database_that_was_halted_in_the_middle_is_no_deadlock(
    worker, hub_db, postgres_server, sender
):
    """Its connections stay open and say nothing, so that the commit hangs in them."""
    wait_until(lambda: worker.monitor.report().ready)
    server = psutil.Process(postgres_server.embedded.pid)
    pids = [server.pid, *(child.pid for child in server.children())]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        with worker.running.device(sender) as device:
            device.publish(sender.message(interaction_payload()))
            wait_until(lambda: "does not answer" in worker.missing(), timeout_s=15)
            time.sleep(IDLE_S * PACE + 1)
            report = worker.monitor.report()
            assert report.live
            assert not report.ready
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    wait_until(lambda: hub_db.value("SELECT count(*) FROM hailong.interactions") == 1)
    wait_until(lambda: worker.monitor.report().ready, timeout_s=20)


def test_a_broker_that_is_away_makes_it_alive_and_not_ready(
    hub_db, start_ingest, own_broker, sender
):
    from hub.settings import Address

    address = Address(own_broker.address.host, own_broker.address.port)
    worker = Worker(hub_db, start_ingest, address)
    try:
        wait_until(lambda: worker.monitor.report().ready)
        os.kill(own_broker.pid, signal.SIGKILL)
        wait_until(lambda: "not connected and subscribed" in worker.missing())
        assert worker.monitor.report().live
        own_broker.start()
        wait_until(lambda: worker.monitor.report().ready)
    finally:
        worker.monitor.stop()
