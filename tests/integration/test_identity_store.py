"""What the database lets the identity part do: read devices, redeem tokens, and nothing else."""

from datetime import timedelta

import pytest

from hub.identity.enrolment import make_token
from hub.store import identity
from hub.store.errors import NotPermittedError, RosterError
from hub.store.place import revoke_device
from schemas.enrolment import secret_digest

pytestmark = pytest.mark.integration
KEY, OTHER_KEY = b"k" * 32, b"o" * 32


@pytest.fixture
def token(hub_db, branch):
    return make_token(
        hub_db.open("migrator"),
        device_id="may-01",
        branch_id=branch,
        counter_id="quay-05",
        hub_url="https://hub:8443",
        authority_sha256="a" * 64,
    )


def redeem(database, token, key=KEY, device="may-01", fails=False):
    digest = secret_digest(token.secret)
    with identity.redeemed(database, token.token_id, digest, device, key) as found:
        if fails:
            raise RuntimeError("the block failed")
    return found


def test_a_token_enrols_once(hub_db, branch, token):
    mine = hub_db.open("identity")
    found = redeem(mine, token)
    assert (found.outcome, found.branch_id, found.counter_id) == ("enrolled", branch, "quay-05")
    assert redeem(mine, token).outcome == "enrolled"
    assert redeem(mine, token, OTHER_KEY).outcome == "token_used"
    device = identity.find_device(mine, "may-01")
    assert device is not None
    assert device.public_key == KEY


def test_a_failing_block_spends_nothing(hub_db, token):
    mine = hub_db.open("identity")
    with pytest.raises(RuntimeError):
        redeem(mine, token, fails=True)
    assert identity.find_device(mine, "may-01") is None
    assert redeem(mine, token, OTHER_KEY).outcome == "enrolled"


def test_the_devices_version_changes_with_what_the_broker_must_know(hub_db, token):
    mine, migrator = hub_db.open("identity"), hub_db.open("migrator")
    seen = [identity.devices_version(mine)]
    redeem(mine, token)
    seen.append(identity.devices_version(mine))
    revoke_device(migrator, "may-01")
    seen.append(identity.devices_version(mine))
    assert len(set(seen)) == 3


def test_the_roles_rights_end_there(hub_db, token):
    for role in ("identity", "app", "ingest", "worker", "auditor"):
        database = hub_db.open(role)
        with pytest.raises(NotPermittedError), database.transaction() as connection:
            connection.execute("SELECT FROM hailong_private.enrolment_tokens")
        if role != "identity":
            with pytest.raises(NotPermittedError):
                redeem(database, token)
    mine = hub_db.open("identity")
    for statement in (
        "SELECT FROM hailong.interactions",
        "SELECT FROM hailong.users",
        "SELECT FROM hailong.activity",
        "UPDATE hailong.devices SET revoked_at = NULL",
        "INSERT INTO hailong.devices VALUES ('x', 'y', 'z', '\\x00')",
        "DELETE FROM hailong.devices",
    ):
        with pytest.raises(NotPermittedError), mine.transaction() as connection:
            connection.execute(statement)


def test_a_token_for_no_counter(hub_db, branch):
    with pytest.raises(RosterError, match="no counter quay-99"):
        make_token(
            hub_db.open("migrator"),
            device_id="may-01",
            branch_id=branch,
            counter_id="quay-99",
            hub_url="https://hub",
            authority_sha256="a" * 64,
            lifetime=timedelta(hours=1),
        )
