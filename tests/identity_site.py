"""A site with certificates for a test: the commands an operator runs, Debian's Mosquitto with the
configuration they write, the hub's identity part, and devices that enrol.
"""

import contextlib
import getpass
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge_agent.settings import AgentSettings
from hailong.cli import main
from hub.embedded import ports
from hub.identity import mosquitto
from hub.identity.service import IdentityService
from hub.identity.settings import IdentitySettings
from hub.pki.authority import Signer, key_pem
from hub.pki.folder import unlock_devices
from hub.pki.profiles import Kind, Wanted, new_key
from hub.settings import HubSettings
from hub.tls import client_context
from tests.devices import wait_until

HOST = "127.0.0.1"
PASSPHRASE = "một câu dài để thử"


class Mosquitto:
    """With a configuration that `hailong hub broker-config` wrote."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        if program is None:
            pytest.fail("mosquitto is missing; run: apt-get install mosquitto")
        self.log = folder / "broker.log"
        self._command = [program, "-c", str(folder / mosquitto.CONFIGURATION)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *ports: int) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        for port in ports:
            wait_until(lambda port=port: self._answers(port))

    def reload(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)
        time.sleep(0.3)

    def stop(self) -> None:
        """Fails where the broker has crashed."""
        process, self._process = self._process, None
        if process is not None:
            assert process.poll() is None, self.log.read_text()[-2000:]
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0, self.log.read_text()[-2000:]

    def _answers(self, port: int) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()[-2000:]
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
            return True
        return False


class Client:
    """One MQTT connection; what the broker answered and sent is kept."""

    def __init__(
        self,
        port: int,
        tls: ssl.SSLContext,
        client_id: str = "",
        *,
        keeps: bool = False,
    ) -> None:
        """`keeps`: the broker keeps the session, as a hub's worker asks it to."""
        self.connected = threading.Event()
        self.ended = threading.Event()
        self.published: dict[int, str] = {}
        self.messages: list[tuple[str, bytes]] = []
        self._subscribed: list[Any] = []
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
        )
        self._client.tls_set_context(tls)
        self._client.on_connect = lambda *a: None if a[3].is_failure else self.connected.set()
        self._client.on_disconnect = lambda *_: self.ended.set()
        self._client.on_publish = lambda _c, _u, mid, reason, _p: self.published.update(
            {mid: str(reason)}
        )
        self._client.on_subscribe = lambda *a: self._subscribed.append(a[3])
        self._client.on_message = lambda _c, _u, m: self.messages.append(
            (m.topic, bytes(m.payload))
        )
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 0xFFFFFFFF if keeps else 0
        try:
            self._client.connect(HOST, port, clean_start=not keeps, properties=properties)
        except (OSError, ssl.SSLError):
            self.ended.set()
        else:
            self._client.loop_start()
            wait_until(lambda: self.connected.is_set() or self.ended.is_set())

    @property
    def is_open(self) -> bool:
        return self.connected.is_set() and not self.ended.is_set()

    def publish(self, topic: str, payload: bytes = b"x") -> str:
        """The broker's answer in words."""
        info = self._client.publish(topic, payload, qos=1)
        wait_until(lambda: info.mid in self.published or self.ended.is_set())
        return self.published.get(info.mid, "connection ended")

    def subscribe(self, *filters: str) -> None:
        before = len(self._subscribed)
        self._client.subscribe([(name, 1) for name in filters])
        wait_until(lambda: len(self._subscribed) > before)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@dataclass
class IdentitySite:
    folder: Path
    environment: dict[str, str]
    devices_port: int
    hubs_port: int
    broker: Mosquitto
    _clients: list[Client] = field(default_factory=list)

    @property
    def pki(self) -> Path:
        return self.folder / "pki"

    @property
    def ca(self) -> Path:
        return self.pki / "services" / "ca.pem"

    @property
    def devices(self) -> Signer:
        return unlock_devices(self.pki)

    def run(self, *words: str, given: str = "", **environment: str) -> Result:
        """A command of `hailong` as a user runs it; `given` stands on its standard input."""
        return CliRunner().invoke(
            main, list(words), input=given, env={**self.environment, **environment}
        )

    def token(self, device: str, branch: str, counter: str, *words: str) -> str:
        names = ["--device", device, "--branch", branch, "--counter", counter]
        done = self.run("hub", "devices", "enrol", *names, *words)
        assert done.exit_code == 0, done.output
        return str(done.stdout.strip())

    def enrol(self, device: str, branch: str, counter: str) -> Path:
        """By its operator and on the device; the settings file."""
        settings = self.folder / device / "agent.toml"
        token = self.token(device, branch, counter)
        done = self.enrol_on_device(settings, token)
        assert done.exit_code == 0, done.output
        return settings

    def enrol_on_device(self, settings: Path, token: str) -> Result:
        state = str(settings.parent / "state")
        words = ["agent", "enrol", "--settings", str(settings), "--state", state]
        return self.run(*words, given=token + "\n")

    def certificate(
        self, name: str, signer: Signer | None = None, lifetime: timedelta | None = None
    ) -> Path:
        """A device's key and certificate in one file, made past enrolment."""
        key = new_key()
        wanted = Wanted(Kind.DEVICE, name, lifetime=lifetime)
        made = (signer or self.devices).issue(wanted, key.public_key())
        path = self.folder / f"{name}-{made.serial_number:x}.pem"
        path.write_bytes(key_pem(key).encode() + made.public_bytes(serialization.Encoding.PEM))
        return path

    def tls(self, certificate: Path | None, key: Path | None = None) -> ssl.SSLContext:
        return client_context(self.ca, certificate, key)

    @property
    def hub_tls(self) -> ssl.SSLContext:
        return self.tls(self.folder / "hub-1.pem", self.folder / "hub-1.key")

    def device(self, certificate: Path | None, client_id: str = "", **changes: Any) -> Client:
        port = changes.pop("port", self.devices_port)
        tls = changes.pop("tls", None) or self.tls(certificate)
        self._clients.append(Client(port, tls, client_id, **changes))
        return self._clients[-1]

    def hub_client(self, client_id: str) -> Client:
        return self.device(None, client_id, port=self.hubs_port, tls=self.hub_tls)

    def close_clients(self) -> None:
        while self._clients:
            self._clients.pop().close()

    @contextmanager
    def identity(self, lifetime: timedelta | None = None) -> Iterator[str]:
        """The hub's identity part; its address for devices. Other lifetime: on another port."""
        hub = HubSettings.from_environment(self.environment)
        mine = IdentitySettings.from_environment(self.environment)
        if lifetime is not None:
            port = free_port()
            url = f"https://{HOST}:{port}"
            mine = replace(
                mine, lifetime=lifetime, hub_url=url, listen=replace(mine.listen, port=port)
            )
        stop = threading.Event()
        service = IdentityService(hub, mine)
        thread = threading.Thread(target=service.run, args=(stop,))
        thread.start()
        try:
            wait_until(lambda: _listens(mine.listen.port))
            yield mine.hub_url
        finally:
            stop.set()
            thread.join(20)
            assert not thread.is_alive()


@contextmanager
def identity_site(folder: Path, database: Any) -> Iterator[IdentitySite]:
    """`database`: a HubDatabase. Everything is made by the commands of docs/identity.md."""
    folder.mkdir(mode=0o700, exist_ok=True)
    devices_port, hubs_port, enrol_port = free_port(), free_port(), free_port()
    postgres = database.server.embedded.address
    files = folder / "broker"
    pid = folder / "mosquitto.pid"
    environment = {
        "HAILONG_DATABASE_URL": f"postgresql://{postgres.host}:{postgres.port}/{database.name}",
        "HAILONG_DATABASE_PASSFILE": str(database.server.passfile),
        "HAILONG_STATE": str(folder / "hub"),
        "HAILONG_METRICS_ADDRESS": "off",
        "HAILONG_PKI": str(folder / "pki"),
        "HAILONG_BROKER_URL": f"mqtts://{HOST}:{hubs_port}",
        "HAILONG_BROKER_CA": str(folder / "pki" / "services" / "ca.pem"),
        "HAILONG_BROKER_CERT": str(folder / "hub-1.pem"),
        "HAILONG_BROKER_KEY": str(folder / "hub-1.key"),
        "HAILONG_BROKER_FILES": str(files),
        "HAILONG_BROKER_RELOAD": f"pid:{pid}",
        "HAILONG_DEVICE_BROKER_URL": f"mqtts://localhost:{devices_port}",
        "HAILONG_ENROL_ADDRESS": f"{HOST}:{enrol_port}",
        "HAILONG_ENROL_URL": f"https://localhost:{enrol_port}",
        "HAILONG_ENROL_CERT": str(folder / "hub-web.pem"),
        "HAILONG_ENROL_KEY": str(folder / "hub-web.key"),
    }
    made = IdentitySite(folder, environment, devices_port, hubs_port, Mosquitto(files))
    options = ["--pid-file", str(pid), "--user", getpass.getuser()]
    options += ["--devices-address", f"{HOST}:{devices_port}"]
    options += ["--hubs-address", f"{HOST}:{hubs_port}"]
    hosts = ["--host", "localhost", "--host", HOST]
    for words in (
        ["pki", "init"],
        ["pki", "issue", "server", "--name", "broker", *hosts, "--out", str(files)],
        ["pki", "issue", "server", "--name", "hub-web", *hosts, "--out", str(folder)],
        ["pki", "issue", "hub", "--name", "hub-1", "--out", str(folder)],
        ["hub", "broker-config", "mosquitto", "--out", str(files), *options],
    ):
        done = made.run(*words, given=PASSPHRASE + "\n")
        assert done.exit_code == 0, (words, done.output)
    made.broker.start(devices_port, hubs_port)
    try:
        yield made
    finally:
        made.close_clients()
        made.broker.stop()


def load_settings(file: Path, **changes: Any) -> AgentSettings:
    """Of an enrolled device that has a source by now."""
    if "[source]" not in file.read_text():
        file.write_text(file.read_text() + '\n[source]\npath = "none.wav"\n')
    found = AgentSettings.load(file, {})
    return found.model_copy(update=changes)


def free_port() -> int:
    """Below those that clients get: a broker comes back to its port after a restart."""
    return ports._choose()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
        return True
    return False
