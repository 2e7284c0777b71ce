"""kill -9 of the database for half a minute: every interaction is there once."""

import time

import pytest

from hub.settings import Address
from tests.clips import beginning
from tests.kills import (
    DOWN_S,
    TWO_STAYS_S,
    assert_each_interaction_once,
    kill,
    until_something_is_stored,
)
from tests.site import site

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


def test_the_database_dead_for_half_a_minute(tmp_path, hub_db, postgres_server, own_broker):
    recording = beginning(tmp_path / "two.mp4", TWO_STAYS_S)
    with site(
        tmp_path,
        "cn-kill-database",
        hub_db,
        postgres_server,
        Address(own_broker.address.host, own_broker.address.port),
    ) as made:
        made.start_hub("ingest")
        agent = made.start_agent(recording)
        until_something_is_stored(hub_db)
        kill(postgres_server.embedded.pid)
        time.sleep(DOWN_S)
        postgres_server.embedded.start()
        assert agent.wait(120) == 0, made.log.read_text()[-2000:]
        assert_each_interaction_once(hub_db, 2)
