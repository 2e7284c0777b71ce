"""Receivers of alerts on this machine: an HTTPS server and a mail server, each with TLS."""

import socketserver
import ssl
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Certificates:
    ca: Path
    pem: Path
    """Certificate and key, for 127.0.0.1, localhost and hook.example."""

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem)
        return context


def make_certificates(folder: Path) -> Certificates:
    now = datetime.now(UTC)
    authority = ec.generate_private_key(ec.SECP256R1())
    own = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName("localhost"), x509.DNSName("hook.example")]
    addresses = [x509.IPAddress(ip_address(HOST))]

    def build(subject: str, key: Any, *, is_authority: bool) -> x509.Certificate:
        called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        made = (
            x509.CertificateBuilder()
            .subject_name(called)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if not is_authority:
            made = made.add_extension(x509.SubjectAlternativeName(names + addresses), False)
        return made.sign(authority, hashes.SHA256())

    def pem(certificate: x509.Certificate) -> bytes:
        return certificate.public_bytes(serialization.Encoding.PEM)

    key = own.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "ca.pem").write_bytes(pem(build("test authority", authority, is_authority=True)))
    (folder / "server.pem").write_bytes(pem(build("receiver", own, is_authority=False)) + key)
    return Certificates(folder / "ca.pem", folder / "server.pem")


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes


class Hook(ThreadingHTTPServer):
    """Answers as told, and keeps what it was sent."""

    daemon_threads = True

    def __init__(self, certificates: Certificates, host: str = HOST) -> None:
        super().__init__((host, 0), _HookHandler)
        self.socket = certificates.server().wrap_socket(self.socket, server_side=True)
        self.port: int = self.server_address[1]
        self.requests: list[Request] = []
        self.status = 204
        self.location = ""
        self.silent_s = 0.0
        self.drips = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that did not believe the certificate is what some tests are about."""


class _HookHandler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(Request(self.path, dict(self.headers), body))
        time.sleep(self.server.silent_s)
        if self.server.drips:
            for _ in range(200):
                self.wfile.write(b"H")
                time.sleep(0.05)
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing to say."""


@contextmanager
def hook(certificates: Certificates, host: str = HOST) -> Iterator[Hook]:
    server = Hook(certificates, host)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@dataclass
class Mail:
    sender: str
    recipients: list[str]
    text: str
    encrypted: bool
    login: str


@dataclass
class Behaviour:
    starttls: bool = True
    implicit_tls: bool = False
    login: str | None = None
    """user:password, where one is asked for."""
    refuses: set[str] = field(default_factory=set)
    """Recipients."""
    after_data: str = "250 kept"
    good_bye: str = "221 bye"


class MailReceiver(socketserver.ThreadingTCPServer):
    """As much of SMTP as an agent of ours speaks."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, certificates: Certificates, behaviour: Behaviour) -> None:
        super().__init__((HOST, 0), _MailHandler)
        self.port: int = self.server_address[1]
        self.context = certificates.server()
        self.behaviour = behaviour
        self.mails: list[Mail] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that did not believe the certificate is what some tests are about."""


class _MailHandler(socketserver.BaseRequestHandler):
    server: MailReceiver

    def handle(self) -> None:
        self._encrypted, self._login = False, ""
        self._sender, self._recipients = "", []
        if self.server.behaviour.implicit_tls:
            self._encrypt()
        self._file = self.request.makefile("rb")
        self._say("220 test")
        while line := self._file.readline().decode().strip():
            word = line.partition(" ")[0].lower()
            if word == "quit":
                self._say(self.server.behaviour.good_bye)
                return
            answer = getattr(self, f"_{word}", None)
            if answer is None:
                self._say("250 ok")
            else:
                answer(line)

    def finish(self) -> None:
        self._file.close()
        self.request.close()

    def _ehlo(self, _line: str) -> None:
        behaviour = self.server.behaviour
        extras = ["250-test"]
        if behaviour.starttls and not self._encrypted:
            extras.append("250-STARTTLS")
        if behaviour.login:
            extras.append("250-AUTH PLAIN")
        self._say(*extras, "250 SMTPUTF8")

    def _starttls(self, _line: str) -> None:
        self._say("220 go on")
        self._file.close()
        self._encrypt()
        self._file = self.request.makefile("rb")

    def _auth(self, line: str) -> None:
        given = b64decode(line.split(" ")[2]).decode().split("\0")
        self._login = ":".join(given[1:])
        known = self._login == self.server.behaviour.login
        self._say("235 welcome" if known else "535 no such login")

    def _mail(self, line: str) -> None:
        self._sender, self._recipients = _address(line), []
        self._say("250 ok")

    def _rcpt(self, line: str) -> None:
        to = _address(line)
        if to in self.server.behaviour.refuses:
            self._say("550 nobody of that name")
        else:
            self._recipients.append(to)
            self._say("250 ok")

    def _data(self, _line: str) -> None:
        self._say("354 go on")
        lines = []
        while (line := self._file.readline().decode()) != ".\r\n":
            lines.append(line)
        answer = self.server.behaviour.after_data
        if answer.startswith("250"):
            self.server.mails.append(
                Mail(self._sender, self._recipients, "".join(lines), self._encrypted, self._login)
            )
        self._say(answer)

    def _encrypt(self) -> None:
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self._encrypted = True

    def _say(self, *lines: str) -> None:
        self.request.sendall("".join(f"{line}\r\n" for line in lines).encode())


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]


@contextmanager
def mail_receiver(certificates: Certificates, **behaviour: Any) -> Iterator[MailReceiver]:
    server = MailReceiver(certificates, Behaviour(**behaviour))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
