"""A release's file over HTTP: broken off, gone on, too long, another, no room."""

import hashlib
import shutil
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from nacl.signing import SigningKey

from edge_agent.errors import ReleaseError
from edge_agent.identity import DeviceIdentity
from edge_agent.remote.fetch import Hub, StoppedFetch, fetch
from schemas.request import request_bytes
from schemas.vocabulary import ConfigFault

KEY = SigningKey(b"d" * 32)
CONTENT = bytes(range(256)) * 1024
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SIZE = len(CONTENT)


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 3, 10, 3, 0, tzinfo=UTC)


class Server:
    """Gives `content`; breaks off after `cut` bytes of an answer."""

    def __init__(self) -> None:
        self.content = CONTENT
        self.cut: int | None = None
        self.status = 0
        self.ranges: list[str | None] = []
        self.ignores_ranges = False
        self.wrong_start = False
        self.asked: list[tuple[str, dict[str, str]]] = []

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range")
        self.ranges.append(wanted)
        self.asked.append((request.path, dict(request.headers)))
        if self.status:
            request.send_response(self.status)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        start = 0
        if wanted and not self.ignores_ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        body = self.content[start:]
        request.send_response(206 if start else 200)
        if start:
            told = start + self.wrong_start
            request.send_header("Content-Range", f"bytes {told}-{len(self.content) - 1}/9")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body if self.cut is None else body[: self.cut])


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.answer(self)
            self.close_connection = True

        def log_message(self, *_: object) -> None: ...

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    made.http = http
    made.url = f"http://127.0.0.1:{http.server_port}"
    yield made
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def get(server, tmp_path):
    identity = DeviceIdentity(
        "may-01", "b", "q", bytes(KEY.verify_key), lambda raw: KEY.sign(raw).signature
    )

    def run(sha256=SHA256, size=SIZE, stop=None, free=None, tls=None):
        hub = Hub(server.url, tls, identity, Clock())
        return fetch(hub, sha256, size, tmp_path, stop or threading.Event(), free)

    return run


def fault(run) -> ConfigFault:
    with pytest.raises(ReleaseError) as caught:
        run()
    return caught.value.fault


def test_a_file_comes_whole_and_once(get, server, tmp_path):
    assert get().read_bytes() == CONTENT
    assert get() == tmp_path / SHA256
    assert server.ranges == [None]
    assert [path.name for path in tmp_path.iterdir()] == [SHA256]


def test_each_request_is_signed_for_its_path_and_time(get, server):
    get()
    ((path, headers),) = server.asked
    assert path == f"/api/v1/files/{SHA256}"
    assert headers["X-Hailong-At"] == str(int(Clock().now().timestamp()))
    signed = request_bytes("may-01", headers["X-Hailong-At"], path)
    KEY.verify_key.verify(signed, bytes.fromhex(headers["X-Hailong-Signature"]))


def test_one_that_breaks_off_goes_on_from_there(get, server, tmp_path):
    server.cut = 100_000
    assert fault(get) is ConfigFault.FETCH
    assert fault(get) is ConfigFault.FETCH
    server.cut = None
    assert get().read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=100000-", "bytes=200000-"]


def test_a_hub_that_knows_no_ranges_gives_it_from_the_start(get, server, tmp_path):
    (tmp_path / f"{SHA256}.part").write_bytes(CONTENT[:1000])
    server.ignores_ranges = True
    assert get().read_bytes() == CONTENT


def test_one_that_goes_on_at_another_byte_is_not_mixed_in(get, server, tmp_path):
    part = tmp_path / f"{SHA256}.part"
    part.write_bytes(CONTENT[:1000])
    server.wrong_start = True
    assert fault(get) is ConfigFault.FETCH
    assert part.read_bytes() == CONTENT[:1000]


def test_a_part_that_is_longer_than_signed_or_whole_already(get, server, tmp_path):
    part = tmp_path / f"{SHA256}.part"
    part.write_bytes(CONTENT + b"#")
    assert get().read_bytes() == CONTENT
    (tmp_path / SHA256).rename(part)
    assert get().read_bytes() == CONTENT
    assert server.ranges == [None]


@pytest.mark.parametrize("change", [b"", b"# and more"])
def test_another_file_than_the_signed_one_is_deleted(get, server, tmp_path, change):
    server.content = b"#" + CONTENT[1:] + change
    assert fault(get) is ConfigFault.FILE
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [401, 404, 429, 503, 301])
def test_a_hub_that_does_not_give_it_is_asked_later(get, server, status):
    server.status = status
    assert fault(get) is ConfigFault.FETCH


def test_a_range_that_the_hub_cannot_give_starts_anew(get, server, tmp_path):
    part = tmp_path / f"{SHA256}.part"
    part.write_bytes(CONTENT[:1000])
    server.status = 416
    assert fault(get) is ConfigFault.FETCH
    assert not part.exists()


def certificate(folder) -> tuple[str, str]:
    """(certificate, key) of 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub of a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "hub.crt").write_bytes(made.public_bytes(pem))
    (folder / "hub.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(folder / "hub.crt"), str(folder / "hub.key")


def test_over_tls_from_a_hub_that_is_trusted_and_from_no_other(get, server, tmp_path_factory):
    crt, key = certificate(tmp_path_factory.mktemp("pki"))
    side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    side.load_cert_chain(crt, key)
    server.http.socket = side.wrap_socket(server.http.socket, server_side=True)
    server.url = server.url.replace("http:", "https:")
    assert fault(get) is ConfigFault.FETCH  # not by the system's authorities
    assert server.asked == []
    assert get(tls=ssl.create_default_context(cafile=crt)).read_bytes() == CONTENT


def test_no_hub_and_no_trust_are_told_alike(get, server):
    port = server.url.rpartition(":")[2]
    for url in ("http://127.0.0.1:1", f"https://127.0.0.1:{port}"):
        server.url = url
        assert fault(get) is ConfigFault.FETCH


def test_a_full_disk_leaves_room_for_the_outbox(get, tmp_path, monkeypatch):
    assert fault(lambda: get(free=lambda _: SIZE)) is ConfigFault.SPACE

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("edge_agent.remote.fetch._copy", full)
    assert fault(get) is ConfigFault.SPACE
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert shutil.disk_usage(tmp_path).free > SIZE
    assert get().read_bytes() == CONTENT


def test_who_is_asked_to_stop_stops(get):
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedFetch):
        get(stop=stop)
