"""kill -9 of the agent, of the broker with its memory, of the database: every interaction once.

The demo recording goes through a real agent (scripted words, the rest real), broker, hub and
database. Each of them is killed in the middle; nobody is told beforehand.
"""

import random
import signal
import time
from pathlib import Path

import pytest

from hub.embedded.broker import EmbeddedBroker
from hub.settings import Address
from tests.integration.brokers import until
from tests.site import Site, site

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

RECORDING = Path(__file__).parents[2] / "demo" / "counter.mp4"
DOWN_S = 30.0
INTERACTIONS = 3


def stored(database) -> list[tuple]:
    return database.rows(
        "SELECT interaction_id, handling_s, revision FROM hailong.interactions ORDER BY at"
    )


def assert_each_interaction_once(made: Site, database) -> None:
    until(lambda: len(stored(database)) == INTERACTIONS, 60)
    rows = stored(database)
    assert len({row[0] for row in rows}) == INTERACTIONS
    assert {row[2] for row in rows} == {1}
    turns = database.value(
        "SELECT count(*) - count(DISTINCT (interaction_id, turn_no)) FROM hailong.turns"
    )
    assert turns == 0
    windows = database.rows("SELECT count(*), count(DISTINCT at) FROM hailong_private.activity")[0]
    assert windows[0] == windows[1] > 30
    # Every sequence of every stream is settled: no gap below the highest.
    settled = database.rows("SELECT settled, upper(settled) FROM hailong.streams")
    assert settled
    for ranges, upper in settled:
        assert len(ranges) == 1, "a gap was left"
        assert (ranges[0].lower, ranges[0].upper) == (1, upper)
    assert database.value("SELECT count(*) FROM hailong.rejects") == 0


@pytest.fixture
def own_broker(tmp_path_factory):
    with EmbeddedBroker(tmp_path_factory.mktemp("own-broker")) as embedded:
        yield embedded


def address(embedded: EmbeddedBroker) -> Address:
    return Address(embedded.address.host, embedded.address.port)


def test_the_agent_killed_again_and_again(tmp_path, hub_db, postgres_server, broker):
    """Killed at random points of its work, three times, then left alone."""
    chance = random.Random(5)
    with site(tmp_path, "cn-kill-agent", hub_db, postgres_server, broker) as made:
        made.start_hub("ingest")
        for _ in range(3):
            agent = made.start_agent(RECORDING)
            time.sleep(chance.uniform(2.0, 7.0))
            agent.send_signal(signal.SIGKILL)
            agent.wait()
        agent = made.start_agent(RECORDING)
        assert agent.wait(120) == 0, made.log.read_text()[-2000:]
        assert_each_interaction_once(made, hub_db)
        again = made.start_agent(RECORDING)
        assert again.wait(30) == 0
        assert "was measured before" in made.log.read_text()
        assert_each_interaction_once(made, hub_db)


def test_the_broker_dead_for_half_a_minute_and_without_memory(
    tmp_path, hub_db, postgres_server, own_broker
):
    with site(tmp_path, "cn-kill-broker", hub_db, postgres_server, address(own_broker)) as made:
        made.start_hub("ingest")
        agent = made.start_agent(RECORDING)
        until(lambda: hub_db.value("SELECT count(*) FROM hailong_private.activity") > 0, 60)
        _kill(own_broker.pid)
        time.sleep(DOWN_S)
        own_broker.start()
        assert agent.wait(120) == 0, made.log.read_text()[-2000:]
        assert_each_interaction_once(made, hub_db)


def test_the_database_dead_for_half_a_minute(tmp_path, hub_db, postgres_server, broker):
    with site(tmp_path, "cn-kill-database", hub_db, postgres_server, broker) as made:
        made.start_hub("ingest")
        agent = made.start_agent(RECORDING)
        until(lambda: hub_db.value("SELECT count(*) FROM hailong_private.activity") > 0, 60)
        _kill(postgres_server.embedded.pid)
        time.sleep(DOWN_S)
        postgres_server.embedded.start()
        assert agent.wait(120) == 0, made.log.read_text()[-2000:]
        assert_each_interaction_once(made, hub_db)


def _kill(pid: int | None) -> None:
    import os

    assert pid is not None
    os.kill(pid, signal.SIGKILL)
