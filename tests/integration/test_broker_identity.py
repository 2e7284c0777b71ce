"""Debian's Mosquitto with the configuration that `hailong hub broker-config` writes and the
certificates that `hailong pki` makes: who is let in, who is refused, and how fast.
"""

import http.client
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from hub.api.app import create_app
from hub.api.serve import WebServer
from hub.identity.errors import BrokerFilesError
from hub.identity.keeper import BrokerKeeper
from hub.identity.service import keeper_of
from hub.identity.settings import BrokerFiles, broker_files
from hub.pki.folder import make, unlock_devices
from hub.settings import HubSettings
from hub.store.place import enrol_device, revoke_device, set_up_place
from hub.store.pool import Database
from hub.tls import client_context
from schemas.topics import DOWN, UP
from tests.devices import wait_until
from tests.identity_site import PASSPHRASE, IdentitySite, identity_site
from tests.integration.conftest import counter_row

pytestmark = pytest.mark.integration
BRANCH = "cn-may"
REFUSED = "Not authorized"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def migrator(module_db) -> Database:
    database = module_db.open("migrator")
    counters = [counter_row(BRANCH, f"quay-{n:02d}", number=n) for n in range(1, 4)]
    set_up_place(database, [*counters, counter_row("cn-khac", "quay-01")])
    return database


@pytest.fixture(scope="module")
def site(module_db, migrator, tmp_path_factory) -> Iterator[IdentitySite]:
    with identity_site(tmp_path_factory.mktemp("identity"), module_db) as made:
        yield made


@pytest.fixture(autouse=True)
def no_client_stays(site) -> Iterator[None]:
    yield
    site.close_clients()


@pytest.fixture
def device(site, migrator) -> Callable[..., str]:
    """The id of a new device that is enrolled and known to the broker."""

    def enrolled(counter: str = "quay-01", branch: str = BRANCH) -> str:
        name = f"may-{next(_numbers):02d}"
        enrol_device(
            migrator,
            device_id=name,
            branch_id=branch,
            counter_id=counter,
            public_key=f"{next(_numbers):064x}",
        )
        keeper(site, migrator).settle()
        return name

    return enrolled


def keeper(site: IdentitySite, migrator: Database):
    hub = HubSettings.from_environment(site.environment)
    return keeper_of(hub, site.pki, broker_files(site.environment), migrator)


def topic(kind: str, counter: str = "quay-01", branch: str = BRANCH) -> str:
    return f"hailong/v1/{branch}/{counter}/{kind}"


def test_a_device_writes_its_own_up_topics_and_reads_its_own_down_topics(site, device):
    client = site.device(site.certificate(device()))
    hub = site.hub_client("hub-reader")
    hub.subscribe(*(f"hailong/v1/+/+/{kind}" for kind in UP))
    client.subscribe("hailong/v1/#")
    for kind in UP | DOWN:
        answer = client.publish(topic(kind))
        assert (answer == REFUSED) == (kind in DOWN), kind
        answer = hub.publish(topic(kind))
        assert (answer == REFUSED) == (kind in UP), kind
    wait_until(lambda: len(hub.messages) == len(UP))
    assert {name for name, _ in hub.messages} == {topic(kind) for kind in UP}
    wait_until(lambda: len(client.messages) == len(DOWN) + 1)
    # Its own state, too, by which it knows an older death.
    assert {name for name, _ in client.messages} == {topic(kind) for kind in DOWN | {"state"}}


def test_another_counters_topic_is_refused_and_reaches_nobody(site, device):
    client = site.device(site.certificate(device()))
    hub = site.hub_client("hub-reader")
    hub.subscribe("hailong/v1/#")
    for branch, counter in ((BRANCH, "quay-02"), ("cn-khac", "quay-01")):
        assert client.publish(topic("health", counter, branch)) == REFUSED
    for name in ("hailong/v1/$x", "other/topic", f"{BRANCH}/quay-01/health", "$SYS/broker/x"):
        assert client.publish(name) != "Success"
    assert client.publish(topic("health"), b"own") == "Success"
    wait_until(lambda: (topic("health"), b"own") in hub.messages)
    assert hub.messages == [(topic("health"), b"own")]


def test_another_counters_down_topics_are_not_heard(site, device):
    client = site.device(site.certificate(device()))
    client.subscribe("#", "$SYS/#", "hailong/v1/+/+/confirm", topic("confirm", "quay-02"))
    client.subscribe(f"$share/hailong/{topic('command', 'quay-02')}")
    hub = site.hub_client("hub-writer")
    for kind in DOWN:
        assert hub.publish(topic(kind, "quay-02")) != REFUSED
    assert hub.publish(topic("confirm"), b"own") == "Success"
    wait_until(lambda: client.messages)
    time.sleep(0.3)  # overlapping filters: it comes once for each
    assert set(client.messages) == {(topic("confirm"), b"own")}


def expired(site: IdentitySite, name: str) -> ssl.SSLContext:
    path = site.certificate(name, lifetime=timedelta(seconds=1))
    time.sleep(1.2)
    return site.tls(path)


def of_another_authority(site: IdentitySite, name: str) -> ssl.SSLContext:
    folder = site.folder / f"other-{name}"
    _, devices = make(folder, "Hai Long", PASSPHRASE.encode())
    return site.tls(site.certificate(name, devices))


STRANGERS: dict[str, tuple[Callable[[IdentitySite, str], ssl.SSLContext], str]] = {
    "no certificate": (lambda site, _: site.tls(None), "did not return a certificate"),
    "another authority": (of_another_authority, "verify failed"),
    "expired": (expired, "verify failed"),
    "a hub among devices": (lambda site, _: site.hub_tls, "verify failed"),
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_is_not_let_in(site, device, stranger):
    name = device()
    make_tls, said = STRANGERS[stranger]
    tls = make_tls(site, name)
    before = site.broker.log.stat().st_size
    assert not site.device(None, tls=tls).is_open
    with site.broker.log.open() as log:
        log.seek(before)
        wait_until(lambda: said in log.read())
    assert site.device(site.certificate(name)).is_open


@pytest.mark.parametrize("listener", ["devices", "hubs", "enrolment"])
def test_nobody_speaks_tls_1_2(site, device, listener):
    context = site.tls(site.certificate(device())) if listener == "devices" else site.hub_tls
    port = site.hubs_port if listener == "hubs" else site.devices_port
    with ExitStack() as stack:
        if listener == "enrolment":
            port = int(stack.enter_context(site.identity()).rpartition(":")[2])
        with (
            socket.create_connection(("127.0.0.1", port), 5) as raw,
            context.wrap_socket(raw, server_hostname="localhost") as good,
        ):
            assert good.version() == "TLSv1.3"
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        # uvicorn closes without an alert.
        refused = "protocol version|EOF occurred"
        with (
            socket.create_connection(("127.0.0.1", port), 5) as raw,
            pytest.raises(ssl.SSLError, match=refused),
        ):
            context.wrap_socket(raw, server_hostname="localhost")


def test_the_hubs_pages_are_served_by_tls_1_3(site):
    app = create_app(Database("postgresql://hailong_app@127.0.0.1:9/hailong"))
    files = (site.folder / "hub-web.pem", site.folder / "hub-web.key")
    settings = HubSettings.from_environment(
        {**site.environment, "HAILONG_WEB_CERT": str(files[0]), "HAILONG_WEB_KEY": str(files[1])}
    )
    with WebServer(app, port=0, tls=settings.tls.web()) as server:
        assert server.address.startswith("https://")
        context = client_context(site.ca, None, None)
        connection = http.client.HTTPSConnection("localhost", server.port, context=context)
        connection.request("GET", "/sign-in")
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.headers["Strict-Transport-Security"]
        assert "; Secure" in answer.headers["Set-Cookie"]
        connection.close()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with (
            socket.create_connection(("127.0.0.1", server.port), 5) as raw,
            pytest.raises(ssl.SSLError),
        ):
            context.wrap_socket(raw, server_hostname="localhost")


def test_a_device_or_a_server_is_no_hub(site, device):
    own = site.tls(site.certificate(device()))
    server = site.tls(site.folder / "hub-web.pem", site.folder / "hub-web.key")
    for tls in (own, server):
        assert not site.device(None, "x", tls=tls, port=site.hubs_port).is_open
    assert site.hub_client("x").is_open


def test_no_device_takes_another_devices_client_id(site, device):
    victim_name, thief_name = device(), device("quay-02")
    victim = site.device(site.certificate(victim_name), victim_name)
    thief = site.device(site.certificate(thief_name), victim_name)
    assert thief.publish(topic("health", "quay-02")) != REFUSED
    assert victim.publish(topic("health")) != REFUSED
    assert victim.is_open
    assert thief.is_open


def test_hub_workers_share_what_devices_send(site, device):
    workers = [site.hub_client(f"worker-{n}") for n in range(2)]
    for worker in workers:
        worker.subscribe("$share/hailong/hailong/v1/+/+/health", "hailong/v1/+/+/state")
    client = site.device(site.certificate(device()))
    for number in range(10):
        assert client.publish(topic("health"), b"%d" % number) == "Success"
    client.publish(topic("state"), b"birth")
    wait_until(lambda: sum(len(w.messages) for w in workers) == 12)
    taken = sorted(int(raw) for w in workers for _, raw in w.messages if raw != b"birth")
    assert taken == list(range(10))
    assert all((topic("state"), b"birth") in worker.messages for worker in workers)


def test_a_moved_devices_rights_follow_while_it_is_connected(site, migrator, device):
    name = device()
    client = site.device(site.certificate(name))
    assert client.publish(topic("health")) != REFUSED
    (key,) = [d.public_key for d in all_devices_of(migrator) if d.device_id == name]
    enrol_device(
        migrator, device_id=name, branch_id=BRANCH, counter_id="quay-03", public_key=key.hex()
    )
    keeper(site, migrator).settle()
    wait_until(lambda: client.publish(topic("health", "quay-03")) != REFUSED)
    assert client.publish(topic("health")) == REFUSED
    assert client.is_open


def all_devices_of(migrator: Database):
    from hub.store.identity import all_devices

    return all_devices(migrator)


def test_revoking_closes_the_open_connection_and_lets_no_new_one_in(site, device):
    name, other = device(), device()
    certificate = site.certificate(name)
    client, bystander = site.device(certificate), site.device(site.certificate(other))
    assert client.is_open
    started = time.monotonic()
    done = site.run("hub", "devices", "revoke", "--device", name)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        f"device {name} revoked",
        "its certificates are on the list of revoked ones",
        "its connection is closed",
    ]
    assert client.ended.wait(5)
    assert time.monotonic() - started < 5
    assert not site.device(certificate).is_open
    assert bystander.publish(topic("health")) != REFUSED
    assert bystander.is_open
    assert site.run("hub", "devices", "revoke", "--device", name).exit_code == 0


def test_two_revoked_in_the_same_second_are_both_refused(site, migrator, device):
    """OpenSSL goes by the later list, in whole seconds."""
    names = [device(), device()]
    files = [site.certificate(name) for name in names]
    at_work = keeper(site, migrator)
    for name in names:
        revoke_device(migrator, name)
        at_work.settle()
    assert [site.device(file).is_open for file in files] == [False, False]


def test_the_identity_part_closes_what_was_revoked_elsewhere(site, migrator, device):
    """Revoked in the database alone: by another machine, or while nobody kept the broker."""
    name, later = device(), device()
    before, after = site.certificate(name), site.certificate(later)
    client, other = site.device(before), site.device(after)
    revoke_device(migrator, name)
    assert client.publish(topic("health")) != REFUSED
    with site.identity():
        assert client.ended.wait(5)
        assert not site.device(before).is_open
        revoke_device(migrator, later)
        assert other.ended.wait(5)
        assert not site.device(after).is_open


def test_a_connection_that_the_keeper_had_no_time_to_close_is_closed_at_its_start(
    site, migrator, device
):
    name = device()
    client = site.device(site.certificate(name))
    revoke_device(migrator, name)
    crashed = keeper(site, migrator)
    crashed._close = None  # everything but the closing was done
    assert crashed.settle().closed == ()
    assert client.is_open
    assert name in keeper(site, migrator).settle().closed
    assert client.ended.wait(5)


def test_a_keeper_goes_on_when_files_and_broker_are_there_again(
    site, migrator, device, tmp_path, caplog
):
    """No folder, then a reload that fails: told once each, and made up for."""
    name = device()
    folder, reloads, fails = tmp_path / "broker", [], [True]

    def reload():
        reloads.append(fails[0])
        if fails[0]:
            raise BrokerFilesError("the broker does not answer")

    at_work = BrokerKeeper(migrator, site.devices, BrokerFiles(folder, reload), None)
    stop = threading.Event()
    thread = threading.Thread(target=at_work.run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: "cannot be written" in caplog.text)
        folder.mkdir()
        wait_until(lambda: reloads)
        assert f"user {name}\n" in (folder / "devices.acl").read_text()
        fails[0] = False
        wait_until(lambda: reloads[-1] is False)
    finally:
        stop.set()
        thread.join(20)
    assert caplog.text.count("does not answer") <= 1 + caplog.text.count("cannot be written")


def test_a_broker_that_is_away_while_a_device_is_revoked(site, device):
    name = device()
    certificate = site.certificate(name)
    site.broker.stop()
    done = site.run("hub", "devices", "revoke", "--device", name)
    assert done.exit_code == 2
    # Beside what the log says, which is JSON away from a terminal.
    (told,) = (line for line in done.stderr.splitlines() if not line.startswith("{"))
    assert "pid" in told
    site.broker.start(site.devices_port, site.hubs_port)
    assert not site.device(certificate).is_open
    assert site.device(site.certificate(device())).is_open


@pytest.mark.parametrize("share", ["", "$share/hailong/"])
@pytest.mark.parametrize("meanwhile", ["restarted", "reloaded"])
def test_what_waits_for_an_absent_hub_outlives_the_brokers(site, device, meanwhile, share):
    """A hub that is away while a device is enrolled (reload), or while the broker restarts."""

    name = f"sleeper-{next(_numbers)}"

    def hub():
        return site.device(None, name, port=site.hubs_port, tls=site.hub_tls, keeps=True)

    waiting = hub()
    waiting.subscribe(f"{share}hailong/v1/+/+/health")
    waiting.close()
    client = site.device(site.certificate(device()))
    assert client.publish(topic("health"), b"before") == "Success"
    if meanwhile == "restarted":
        site.broker.stop()
        site.broker.start(site.devices_port, site.hubs_port)
        client = site.device(site.certificate(device()))
    else:
        site.broker.reload()
    # After a restart 2.0.11 has forgotten shared subscriptions until their hub subscribes again;
    # devices then send again what was not confirmed.
    forgotten = bool(share) and meanwhile == "restarted"
    assert client.publish(topic("health"), b"after") != REFUSED
    back = hub()
    expected = [b"before"] if forgotten else [b"before", b"after"]
    wait_until(lambda: [raw for _, raw in back.messages] == expected)


def test_a_hub_that_comes_and_goes_while_the_broker_reloads(site):
    """Mosquitto 2.0.11 crashes over this with sessions that end by themselves."""
    for _ in range(3):
        hubs = [
            site.device(None, f"w{n}", port=site.hubs_port, tls=site.hub_tls, keeps=True)
            for n in range(3)
        ]
        for hub in hubs:
            hub.close()
        site.broker.reload()
        site.broker.reload()
    time.sleep(1.5)
    assert site.hub_client("w0").is_open


def test_a_message_beyond_the_size_ends_the_connection(site, device):
    from schemas.envelope import MAX_BYTES

    client = site.device(site.certificate(device()))
    assert client.publish(topic("health"), b"x" * MAX_BYTES) != REFUSED
    assert client.is_open
    client.publish(topic("health"), b"x" * (MAX_BYTES + 600))
    assert client.ended.wait(5)


def test_the_authoritys_warnings_name_what_ends(site):
    done = site.run("pki", "list", "--json")
    assert done.exit_code == 0, done.output
    assert '"warnings": []' in done.stdout
    assert unlock_devices(site.pki).authority.crl().next_update_utc is not None
