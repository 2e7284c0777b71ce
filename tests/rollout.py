"""Counters whose agents run what a real hub wants: database, broker, control, pages, ingest.

Agents run in threads, with a recording of a second of silence and `stay`, so that they are
between interactions all the time. `Agents.process` is one that a test can kill.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from nacl.signing import SigningKey

from edge_agent.categories import Lexicon
from edge_agent.identity import DeviceIdentity
from edge_agent.models import catalog
from edge_agent.models.catalog import Models
from edge_agent.models.replaced import INSTALLED, Replaced
from edge_agent.run import Agent
from edge_agent.settings import AgentSettings
from hub.api.app import create_app
from hub.api.deps import WebSettings
from hub.api.serve import WebServer
from hub.control import rollouts
from hub.control.making import lexicon_files, model_files
from hub.control.service import ControlService
from hub.ingest.service import IngestService
from hub.settings import Address
from hub.store import releases
from hub.store.arrivals import ensure_partitions
from hub.store.place import enrol_device
from hub.store.pool import Database
from schemas.vocabulary import Category, Language
from tests.devices import wait_until
from tests.fakes import Scene

BY = "van-hanh"
LISTS = Path(catalog.__file__).parents[1] / "lexicon"
DATA = Path(catalog.__file__).parent / "data"


class Quiet:
    """A transcriber for counters where nobody speaks."""

    model_id = "quiet:1"

    def transcribe(self, samples: Any, hint: Language | None, *, beam_size: int | None = None):
        raise AssertionError("nobody spoke")


def quiet_models(replaced: Replaced = INSTALLED) -> Models:
    return catalog.load_local(Quiet(), Lexicon.load(replaced.lexicon), replaced)


def silence(path: Path, seconds: float = 1.0) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(bytes(int(seconds * 16_000) * 4))
    return path


def recorded(scene: Scene, path: Path) -> Path:
    """The sound of a scene of two channels, which its own models understand."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes((scene.sound().T * 32_767).astype("<i2").tobytes())
    return path


@dataclass
class RunningAgent:
    settings: AgentSettings
    said: list[str] = field(default_factory=list)
    renewals: list[int] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    fault: BaseException | None = None

    def start(self, load_release: Callable[..., Models] | None = None) -> "RunningAgent":
        def renew() -> bool:
            self.renewals.append(1)
            return True

        agent = Agent(
            self.settings,
            quiet_models,
            self.said.append,
            load_release=load_release or (lambda _settings, replaced: quiet_models(replaced)),
            renew_certificate=renew,
        )

        def run() -> None:
            try:
                agent.run(self._stop, stay=True)
            except BaseException as error:  # noqa: BLE001 - told when it is stopped
                self.fault = error

        self._stop.clear()
        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(20)
            assert not self._thread.is_alive()
            self._thread = None
        assert self.fault is None, self.fault

    @property
    def standing(self) -> dict[str, Any]:
        """As it is on the device's disk."""
        path = self.settings.state / "remote" / "standing.json"
        return json.loads(path.read_bytes())["standing"] if path.exists() else {}


@dataclass
class RolloutSite:
    folder: Path
    database: Any
    """HubDatabase of tests/integration/conftest.py."""
    branch: str
    broker: Address
    key: SigningKey = field(default_factory=SigningKey.generate)
    agents: list[RunningAgent] = field(default_factory=list)
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.migrator = self.database.open("migrator")
        now = datetime.now(UTC)
        ensure_partitions(self.migrator, now - timedelta(days=36), now + timedelta(days=15))
        self.files = self.folder / "hub-files"
        app = create_app(self.database.open("app"), settings=WebSettings(files=self.files))
        self.web = WebServer(app, port=0)
        self.web.start()
        ingest = IngestService(self._database("ingest"), self.broker, self.key)
        control = ControlService(
            self._database("control"), self.broker, self.key, interval_s=0.1, again_s=0.3
        )
        for service in (ingest, control):
            thread = threading.Thread(target=service.run, args=(self._stop,))
            thread.start()
            self._threads.append(thread)
        wait_until(lambda: ingest.ready)
        return self

    def __exit__(self, *_: object) -> None:
        for agent in self.agents:
            agent.stop()
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()
        self._stop.set()
        for thread in self._threads:
            thread.join(20)
        self.web.stop()

    def _database(self, role: str) -> Database:
        return Database(self.database.url(role), max_size=2, application_name=f"test-{role}")

    # Devices -------------------------------------------------------------------------------

    def enrol(self, counter: str = "quay-05", **remote: Any) -> RunningAgent:
        device = f"may-{self.branch}-{counter[-2:]}"
        state = self.folder / device
        identity = DeviceIdentity.load_or_create(state, device, self.branch, counter)
        enrol_device(
            self.migrator,
            device_id=device,
            branch_id=self.branch,
            counter_id=counter,
            public_key=identity.public_key.hex(),
        )
        settings = AgentSettings.model_validate(
            {
                "device_id": device,
                "branch": self.branch,
                "counter": counter,
                "state": state,
                "broker_url": f"mqtt://{self.broker}",
                "hub_public_key": bytes(self.key.verify_key).hex(),
                "source": {"path": silence(self.folder / f"{device}.wav")},
                "publish": {"resend_after_s": 1, "reconnect_max_s": 0.2, "reconnect_min_s": 0.1},
                "remote": {
                    "hub_url": self.web.address,
                    "probation_s": 1,
                    "retry_s": 0.2,
                    "spread_s": 0,
                    **remote,
                },
            }
        )
        agent = RunningAgent(settings)
        self.agents.append(agent)
        return agent

    def process(self, agent: RunningAgent) -> subprocess.Popen[bytes]:
        """The same device in a process of its own, to be killed."""
        given = agent.settings
        path = given.state / "agent.toml"
        remote = given.remote
        path.write_text(
            f'device_id = "{given.device_id}"\nbranch = "{given.branch}"\n'
            f'counter = "{given.counter}"\nstate = {json.dumps(str(given.state))}\n'
            f'broker_url = "{given.broker_url}"\nhub_public_key = "{given.hub_public_key}"\n'
            f"[source]\npath = {json.dumps(str(given.source.path))}\n"
            "[publish]\nresend_after_s = 1\nreconnect_max_s = 0.2\nreconnect_min_s = 0.1\n"
            f'[remote]\nhub_url = "{remote.hub_url}"\nprobation_s = {remote.probation_s}\n'
            f"retry_s = {remote.retry_s}\nspread_s = {remote.spread_s}\n"
        )
        with (self.folder / "agents.log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "tests.agent_process", str(path), "--stay"],
                cwd=Path(__file__).parents[1],
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.children.append(child)
        return child

    def kill(self, child: subprocess.Popen[bytes]) -> None:
        child.send_signal(signal.SIGKILL)
        child.wait()

    # The operator --------------------------------------------------------------------------

    def release(
        self,
        settings: dict[str, Any] | None = None,
        lists: list[Path] | None = None,
        models: dict[str, Path] | None = None,
        categories: Sequence[Category] | None = None,
    ) -> int:
        files = [
            *lexicon_files(self.files, lists or []),
            *model_files(self.files, [f"{name}={path}" for name, path in (models or {}).items()]),
        ]
        return releases.add_release(self.migrator, settings or {}, files, BY, categories)

    def start(self, release_no: int, counter: str = "quay-05") -> None:
        rollouts.start(
            self.migrator, release_no=release_no, branch=self.branch, counter=counter, taken_by=BY
        )

    def widen(self, **options: Any) -> str:
        return rollouts.widen(self.migrator, taken_by=BY, now=datetime.now(UTC), **options)[0]

    def back(self) -> None:
        rollouts.back(self.migrator, taken_by=BY)

    def says(self, agent: RunningAgent) -> dict[str, Any]:
        """What the hub has heard of the device's release."""
        found = self.database.rows(
            "SELECT health -> 'config' FROM hailong.device_status WHERE device_id = %s",
            agent.settings.device_id,
        )
        return (found[0][0] if found else None) or {}

    def until(self, agent: RunningAgent, timeout_s: float = 30.0, **wanted: Any) -> None:
        wait_until(lambda: all(self.says(agent).get(k) == v for k, v in wanted.items()), timeout_s)


def failing(models: Models) -> Models:
    """A voice model that throws at each call, as a runtime may in the field."""

    class Failing:
        model_id = "failing:1"

        def stream(self) -> "Failing":
            return self

        def probability(self, chunk: Any) -> float:
            raise RuntimeError("out of order")

    return replace(models, voice=Failing())
