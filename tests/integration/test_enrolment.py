"""Enrolment by a one-time token and renewal, over TLS 1.3, to a real broker and database."""

import itertools
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from edge_agent import hub_client
from edge_agent.certificate import TlsKey, read_life
from edge_agent.clock import SystemClock
from edge_agent.errors import EnrolmentError, HubAwayError, IdentityError
from edge_agent.identity import DeviceIdentity
from edge_agent.outbox import Outbox
from edge_agent.publisher import Publisher
from edge_agent.renewal import Renewal, renewing
from edge_agent.tls import believing
from hub.identity.close import take_over
from hub.identity.limits import RateLimit
from hub.ingest.service import IngestService
from hub.settings import HubSettings, load_signing_key
from hub.store.pool import Database
from schemas.enrolment import EnrolmentToken, EnrolRequest, RenewRequest, enrol_bytes, renew_bytes
from tests.builders import health_payload
from tests.devices import wait_until
from tests.identity_site import IdentitySite, free_port, identity_site, load_settings
from tests.integration.conftest import counter_row

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
BRANCH, COUNTER = "cn-may", "quay-01"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def site(module_db, tmp_path_factory) -> Iterator[IdentitySite]:
    from hub.store.place import set_up_place

    counters = [counter_row(BRANCH, f"quay-{n:02d}", number=n) for n in range(1, 4)]
    set_up_place(module_db.open("migrator"), counters)
    with identity_site(tmp_path_factory.mktemp("enrolment"), module_db) as made:
        yield made


@pytest.fixture(scope="module")
def hub_url(site) -> Iterator[str]:
    with site.identity() as url:
        yield url


@contextmanager
def ingest(site: IdentitySite, db) -> Iterator[None]:
    """The hub's worker, on the hubs' listener, over TLS."""
    hub = HubSettings.from_environment(site.environment)
    database = Database(db.url("ingest"), max_size=2, application_name="test-ingest")
    service = IngestService(
        database,
        hub.broker,
        load_signing_key(hub.state),
        client_id="test-ingest",
        tls=hub.tls.broker_files(hub.broker.host),
    )
    stop = threading.Event()
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: service.ready)
        yield
    finally:
        stop.set()
        thread.join(20)


def silence(path: Path, seconds: int = 3) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\1\0\2\0" * 16_000 * seconds)
    return path


@contextmanager
def hub_process(site: IdentitySite, log: Path) -> Iterator[dict[str, str]]:
    """`hailong hub run` as a service runs it; the changed settings of its address."""
    port = free_port()
    changed = {
        "HAILONG_ENROL_ADDRESS": f"127.0.0.1:{port}",
        "HAILONG_ENROL_URL": f"https://localhost:{port}",
    }
    with log.open("wb") as out:
        hub = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "hailong",
                "hub",
                "run",
                "--only",
                "ingest",
                "--only",
                "identity",
            ],
            cwd=ROOT,
            env={**os.environ, **site.environment, **changed},
            stdout=out,
            stderr=out,
        )
    try:
        wait_until(
            lambda: "connected and subscribed" in log.read_text() and "https://" in log.read_text()
        )
        yield changed
    finally:
        hub.terminate()
        assert hub.wait(20) == 0, log.read_text()


def test_from_a_token_to_rows_in_the_database(site, module_db, tmp_path):
    """An operator's and an installer's first hour; hub and agent are processes of their own."""
    settings = tmp_path / "agent.toml"
    recording = silence(tmp_path / "counter.wav")
    own = (
        "# the installer's own lines\n"
        f"[source]\npath = {json.dumps(str(recording))}  # a recording\n\n"
        "[zones]\ncitizen = [[0.5, 0], [1, 0], [1, 1], [0.5, 1]]\n"
    )
    settings.write_text(own)
    log = tmp_path / "hub.log"
    with hub_process(site, log) as changed:
        names = ["--device", "may-01", "--branch", BRANCH, "--counter", COUNTER]
        made = site.run("hub", "devices", "enrol", *names, **changed)
        done = site.enrol_on_device(settings, made.stdout)
        assert done.exit_code == 0, done.output
        assert done.stdout.startswith(f"device may-01 is enrolled at {BRANCH}/{COUNTER}; ")
        assert own.strip() in settings.read_text()
        state = tmp_path / "state"
        for name in ("device.key", "tls.pem", "tls-ca.pem"):
            assert (state / name).stat().st_mode & 0o777 == 0o600
        agent = subprocess.run(
            [sys.executable, "-m", "tests.agent_process", str(settings)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert agent.returncode == 0, agent.stderr[-2000:]
    assert "the hub has confirmed everything" in agent.stdout
    query = "SELECT branch_id, status FROM hailong.device_status WHERE device_id = 'may-01'"
    assert module_db.rows(query) == [(BRANCH, "offline")]
    assert module_db.value("SELECT count(*) FROM hailong_private.activity") >= 1
    assert module_db.rows("SELECT reason FROM hailong.rejects") == []
    said = log.read_text() + agent.stdout + agent.stderr
    token = EnrolmentToken.parse(made.stdout)
    assert token.secret not in said
    assert "ERROR" not in log.read_text()


def test_the_hub_keeps_no_key_and_no_secret(site, module_db, hub_url):
    token = EnrolmentToken.parse(site.token("may-02", BRANCH, COUNTER))
    settings = site.folder / "may-02" / "agent.toml"
    assert site.enrol_on_device(settings, str(token)).exit_code == 0
    key = (settings.parent / "state" / "device.key").read_text().split()[1]
    tls = (settings.parent / "state" / "tls.pem").read_text().splitlines()[1]
    rows = str(module_db.rows("SELECT * FROM hailong_private.enrolment_tokens"))
    assert token.token_id in rows
    held = rows + "".join(
        path.read_text("utf-8", "replace")
        for folder in (site.pki, site.folder / "broker", site.folder / "hub")
        for path in folder.rglob("*")
        if path.is_file()
    )
    for secret in (token.secret, key, tls):
        assert secret not in held


@pytest.fixture
def device(site, tmp_path) -> Callable[..., "Asking"]:
    return lambda name, *words: Asking(site, name, tmp_path, *words)


class Asking:
    """A device that may ask in any wrong way."""

    def __init__(self, site: IdentitySite, name: str, folder: Path, *words: str) -> None:
        self.token = EnrolmentToken.parse(site.token(name, BRANCH, COUNTER, *words))
        self.folder = folder / name
        self.identity = DeviceIdentity.load_or_create(self.folder, name, BRANCH, COUNTER)
        self.authority = site.ca.read_text()

    def request(self, csr: str | None = None, **changes: str) -> EnrolRequest:
        csr = csr or TlsKey().request(self.token.device_id)
        signed = enrol_bytes(self.token.token_id, self.token.device_id, csr)
        given = {
            "token_id": self.token.token_id,
            "secret": self.token.secret,
            "device_id": self.token.device_id,
            "message_key": self.identity.public_key.hex(),
            "request": csr,
            "proof": self.identity.sign(signed).hex(),
        }
        return EnrolRequest.model_validate({**given, **changes})

    def ask(self, csr: str | None = None, **changes: str):
        return hub_client.enrol(self.token.hub_url, self.authority, self.request(csr, **changes))

    def refused(self, csr: str | None = None, **changes: str) -> str:
        """The reason, a stable word."""
        with pytest.raises(EnrolmentError) as caught:
            self.ask(csr, **changes)
        return str(caught.value).partition("(")[2].partition(")")[0]


def test_a_token_works_once_and_the_same_device_may_hear_the_answer_again(device, tmp_path):
    first = device("may-03")
    serial = x509.load_pem_x509_certificate(first.ask().certificate.encode()).serial_number
    again = x509.load_pem_x509_certificate(first.ask().certificate.encode()).serial_number
    assert serial != again
    thief = device("may-03")
    thief.token = first.token
    thief.identity = DeviceIdentity.load_or_create(tmp_path / "thief", "may-03", BRANCH, COUNTER)
    assert thief.refused() == "token_used"


def test_what_a_lost_answer_left_is_revoked(site, device):
    one = device("may-04")
    lost = x509.load_pem_x509_certificate(one.ask().certificate.encode())
    one.ask()
    (entry,) = [
        e
        for e in site.devices.authority.index.read().of("may-04")
        if e.serial == lost.serial_number
    ]
    assert entry.revoked_at is not None


def test_an_expired_token(device, module_db):
    late = device("may-05")
    module_db.rows(
        "UPDATE hailong_private.enrolment_tokens SET expires_at = now() WHERE token_id = %s",
        late.token.token_id,
    )
    assert late.refused() == "token_expired"


def test_a_wrong_secret_and_an_unknown_token_get_the_same_answer(device):
    one = device("may-06")
    assert one.refused(secret="0" * 64) == "token_unknown"
    unknown = replace(one.token, token_id="0" * 16)
    one.token = unknown
    assert one.refused() == "token_unknown"


def test_a_token_is_for_its_device_alone(device):
    one, other = device("may-07"), device("may-08")
    other.token = replace(one.token, device_id="may-08")
    assert other.refused() == "token_other_device"
    assert one.ask().counter == COUNTER


def test_a_device_revoked_after_its_token_was_made(site, device):
    one = device("may-09")
    one.ask()
    later = device("may-09")
    assert site.run("hub", "devices", "revoke", "--device", "may-09").exit_code == 0
    assert later.refused() == "device_revoked"
    assert one.refused() == "device_revoked"
    # An operator who makes another token means it; the revoked key stays revoked all the same.
    anew = device("may-09")
    assert anew.refused() == "key_revoked"


def test_a_device_with_another_key_is_not_taken_over(device, tmp_path):
    device("may-10").ask()
    thief = device("may-10")
    thief.identity = DeviceIdentity.load_or_create(tmp_path / "new", "may-10", BRANCH, COUNTER)
    assert thief.refused() == "device_has_other_key"


def csr(name: str, key=None, *, more: bool = False) -> str:
    key = key or ec.generate_private_key(ec.SECP256R1())
    names = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if more:
        names.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, "hub"))
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names))
    return made.sign(key, algorithm).public_bytes(serialization.Encoding.PEM).decode()


def forged(name: str) -> str:
    """Somebody else's public key: the request's own signature does not fit."""
    text = csr(name)
    der = bytearray(x509.load_pem_x509_csr(text.encode()).public_bytes(serialization.Encoding.DER))
    der[-3] ^= 1
    import base64

    body = base64.encodebytes(bytes(der)).decode()
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda _: csr("may-99"), "request_other_name"),
        (lambda name: csr(name, more=True), "request_other_name"),
        (lambda name: csr(name, ec.generate_private_key(ec.SECP384R1())), "request_invalid"),
        (lambda name: csr(name, ed25519.Ed25519PrivateKey.generate()), "request_invalid"),
        (forged, "request_invalid"),
        (lambda _: "-----BEGIN CERTIFICATE REQUEST-----\n" + "x" * 90, "request_invalid"),
    ],
)
def test_a_wrong_request_is_refused_and_spends_no_token(device, make, reason):
    name = f"may-11-{next(_numbers)}"
    one = device(name)
    assert one.refused(make(name)) == reason
    assert one.ask().device_id == name


def test_who_does_not_hold_the_message_key_is_refused(device):
    one, other = device("may-12"), device("may-13")
    assert one.refused(message_key=other.identity.public_key.hex()) == "proof_wrong"
    # A proof for one request says nothing of another.
    assert one.refused(proof=one.request(csr("may-12")).proof) == "proof_wrong"
    assert one.ask().device_id == "may-12"


def test_a_hub_that_is_not_the_tokens_hears_no_secret(site, device, tmp_path):
    one = device("may-14")
    wrong = replace(one.token, authority_sha256="0" * 64)
    done = site.enrol_on_device(tmp_path / "x" / "agent.toml", str(wrong))
    assert done.exit_code == 2
    assert "is not the hub of the token" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "x" / "agent.toml").exists()
    assert one.ask().device_id == "may-14"


def test_a_server_that_the_authority_does_not_know(site, device, hub_url):
    """The right fingerprint, but another certificate on the connection, or another name."""
    one = device("may-15")
    url = hub_url.replace("localhost", "127.1")  # the same machine
    with pytest.raises(EnrolmentError, match="cannot prove who it is"):
        hub_client.enrol(url, one.authority, one.request())
    with pytest.raises(EnrolmentError, match="cannot prove who it is"):
        hub_client.enrol(hub_url, (site.pki / "devices" / "ca.pem").read_text(), one.request())
    with pytest.raises(HubAwayError, match="does not answer"):
        hub_client.enrol("https://localhost:9", one.authority, one.request())


def test_what_is_no_token_is_told_in_one_line(site, tmp_path):
    settings = str(tmp_path / "agent.toml")
    words = ["agent", "enrol", "--settings", settings, "--state", str(tmp_path / "state")]
    for given in ("", "hailong1.xx", "hailong1." + "A" * 40, "token"):
        done = site.run(*words, given=given + "\n")
        assert done.exit_code == 2
        assert done.stderr.count("\n") == 1
        assert "token" in done.stderr
    token = site.token("may-16", BRANCH, COUNTER)
    done = site.run(*words, "--token", token)
    assert done.exit_code == 2
    assert "arguments are seen by every user" in done.stderr
    assert token not in done.stderr
    file = tmp_path / "token"
    file.write_text(token + "\n")
    assert site.run(*words, "--token", str(file)).exit_code == 0


def test_an_unknown_counter_gets_no_token(site):
    names = ["--device", "may-17", "--branch", BRANCH, "--counter", "quay-77"]
    done = site.run("hub", "devices", "enrol", *names)
    assert done.exit_code == 2
    assert "no counter quay-77" in done.stderr


def test_no_device_is_named_as_a_hubs_worker(site):
    """Its name is its client id: it would take the worker's session over."""
    names = ["--device", "hailong-ingest-1", "--branch", BRANCH, "--counter", COUNTER]
    done = site.run("hub", "devices", "enrol", *names)
    assert done.exit_code == 2
    assert "named as the hub's workers are" in done.stderr


def renew(site: IdentitySite, one: Asking, **changes: object) -> str:
    """The reason of the refusal, empty when it was renewed."""
    csr_pem = TlsKey().request(one.token.device_id)
    at = int(changes.get("at", time.time()))  # type: ignore[call-overload]
    signed = renew_bytes(one.token.device_id, at, csr_pem)
    request = RenewRequest(
        device_id=one.token.device_id, at=at, request=csr_pem, proof=one.identity.sign(signed).hex()
    )
    try:
        hub_client.renew(one.token.hub_url, believing(site.ca), request)
    except EnrolmentError as error:
        return str(error).partition("(")[2].partition(")")[0]
    return ""


def test_renewal_is_for_who_holds_the_enrolled_key(site, device, tmp_path):
    one = device("may-18")
    one.ask()
    assert renew(site, one) == ""
    assert renew(site, one, at=time.time() - 400) == "clock"
    true_identity = one.identity
    one.identity = DeviceIdentity.load_or_create(tmp_path / "new", "may-18", BRANCH, COUNTER)
    assert renew(site, one) == "proof_wrong"
    one.identity = true_identity
    assert site.run("hub", "devices", "revoke", "--device", "may-18").exit_code == 0
    assert renew(site, one) == "revoked"


def test_too_many_requests_of_one_device(device):
    one = device("may-19")
    reasons = []
    for _ in range(13):
        try:
            one.ask(csr("may-98"))
        except HubAwayError:
            reasons.append("too many")
        except EnrolmentError:
            reasons.append("refused")
    assert reasons == ["refused"] * 12 + ["too many"]


def test_the_limit_forgets_after_its_span_and_remembers_a_bounded_number():
    from hub.identity import limits
    from hub.identity.errors import EnrolmentRefusedError

    now = [0.0]
    limit = RateLimit(2, 60.0, lambda: now[0])
    limit.take("a")
    limit.take("a")
    with pytest.raises(EnrolmentRefusedError) as caught:
        limit.take("a")
    assert caught.value.status == 429
    limit.take("b")
    now[0] = 61.0
    limit.take("a")
    for number in range(limits.REMEMBERED + 10):
        limit.take(str(number))
    assert len(limit._times) == limits.REMEMBERED


def test_a_body_beyond_the_size_is_not_read(site, hub_url):
    import http.client

    connection = http.client.HTTPSConnection(
        "localhost", int(hub_url.rpartition(":")[2]), context=believing(site.ca), timeout=10
    )
    connection.request("POST", "/api/v1/devices/enrol", "x" * 200_000)
    answer = connection.getresponse()
    assert answer.status in {413, 422}
    assert answer.status == 413
    connection.close()


def test_rows_flow_on_while_certificates_change(site, module_db, hub_url):
    """Certificates that live a few seconds: the device renews by itself, its connection is cut
    once after the first certificate has ended, and no row is lost or doubled.
    """
    life = timedelta(seconds=5)
    with site.identity(life) as short, ingest(site, module_db):
        words = ["hub", "devices", "enrol", "--device", "may-20", "--branch", BRANCH]
        made = site.run(*words, "--counter", COUNTER, HAILONG_ENROL_URL=short)
        file = site.folder / "may-20" / "agent.toml"
        assert site.enrol_on_device(file, made.stdout).exit_code == 0
        settings = load_settings(file)
        state = settings.state
        first = (state / "tls.pem").read_bytes()
        ends = read_life(state / "tls.pem").ends
        identity = DeviceIdentity.load_or_create(state, "may-20", BRANCH, COUNTER)
        outbox = Outbox.open(state / "outbox.db", identity.topic, identity.sign, "may-20")
        publisher = Publisher(settings, identity, outbox, agent_version="0.1.0")
        with renewing(settings, identity, SystemClock()):
            publisher.start()
            sent = 0
            cut = False
            while sent < 40 or not cut:
                outbox.append("health", health_payload(), uuid4(), datetime.now(UTC))
                sent += 1
                time.sleep(0.1)
                if not cut and datetime.now(UTC) > ends + timedelta(seconds=0.5):
                    hub = HubSettings.from_environment(site.environment)
                    take_over(hub.broker, hub.tls.broker(hub.broker.host), "may-20")
                    cut = True
            assert publisher.wait_drained(20)
        assert (state / "tls.pem").read_bytes() != first
        assert publisher.counters.connects == 2
        stream = outbox.stream
        publisher.stop()
        outbox.close()
    settled = module_db.rows(
        "SELECT settled::text FROM hailong.streams WHERE device_id = 'may-20' AND stream = %s",
        stream,
    )
    assert settled == [(f"{{[1,{sent + 1})}}",)]


def test_a_hub_that_is_away_when_a_renewal_is_due(site, hub_url, tmp_path):
    settings = load_settings(site.enrol("may-21", BRANCH, COUNTER))
    tls = settings.tls
    assert tls.ca is not None
    assert tls.certificate is not None
    identity = DeviceIdentity.load_or_create(settings.state, "may-21", BRANCH, COUNTER)
    before = tls.certificate.read_bytes()
    away = Renewal(
        settings, identity, SystemClock(), "https://localhost:9", tls.ca, tls.certificate
    )
    with pytest.raises(HubAwayError):
        away.renew()
    assert tls.certificate.read_bytes() == before
    tls.certificate.write_text("no certificate")
    with pytest.raises(IdentityError, match="holds no certificate"):
        read_life(tls.certificate)
    # A damaged file is renewed by the message key all the same.
    Renewal(settings, identity, SystemClock(), hub_url, tls.ca, tls.certificate).renew()
    assert read_life(tls.certificate).ends > datetime.now(UTC)


def test_the_outbox_is_no_part_of_enrolment(site, hub_url):
    """Enrolled again with the same key, the device keeps what it has not sent."""
    file = site.enrol("may-22", BRANCH, COUNTER)
    state = load_settings(file).state
    identity = DeviceIdentity.load_or_create(state, "may-22", BRANCH, COUNTER)
    outbox = Outbox.open(state / "outbox.db", identity.topic, identity.sign, "may-22")
    outbox.append("health", health_payload(), uuid4(), datetime.now(UTC))
    outbox.close()
    site.enrol("may-22", BRANCH, "quay-02")
    assert load_settings(file).counter == "quay-02"
    with sqlite3.connect(state / "outbox.db") as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
    connection.close()
    assert names
