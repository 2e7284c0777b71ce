"""kill -9 of the agent, again and again: every interaction is there once."""

import random
import signal
import time

import pytest

from hub.settings import Address
from tests.clips import RECORDING
from tests.kills import assert_each_interaction_once
from tests.site import site

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


def test_the_agent_killed_again_and_again(tmp_path, hub_db, postgres_server, own_broker):
    """Killed at random points of its work, twice, then left alone."""
    chance = random.Random(5)
    with site(
        tmp_path,
        "cn-kill-agent",
        hub_db,
        postgres_server,
        Address(own_broker.address.host, own_broker.address.port),
    ) as made:
        made.start_hub("ingest")
        for _ in range(2):
            agent = made.start_agent(RECORDING)
            time.sleep(chance.uniform(2.0, 7.0))
            agent.send_signal(signal.SIGKILL)
            agent.wait()
        agent = made.start_agent(RECORDING)
        assert agent.wait(120) == 0, made.log.read_text()[-2000:]
        assert_each_interaction_once(hub_db, 3)
        again = made.start_agent(RECORDING)
        assert again.wait(30) == 0
        assert "was measured before" in made.log.read_text()
        assert_each_interaction_once(hub_db, 3)
