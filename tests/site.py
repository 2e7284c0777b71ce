"""A whole site for a test: database, broker, hub and an enrolled counter, each a real one.

The hub's services and the agent are processes of their own, so that a test can kill them.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge_agent.identity import DeviceIdentity
from edge_agent.state_folder import open_state_folder
from hub.settings import Address, load_signing_key
from hub.store.place import enrol_device, set_up_place
from hub.store.rows import CounterRow

COUNTER = "quay-01"


@dataclass
class Site:
    folder: Path
    branch: str
    database: Any
    passfile: Path
    broker: Address
    hub_key_hex: str
    database_url: str
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)
    agents: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """What all programs said on standard output and error."""
        return self.folder / "programs.log"

    def start_hub(self, *parts: str) -> subprocess.Popen[bytes]:
        only = [word for part in parts for word in ("--only", part)]
        return self._start(["hailong", "hub", "run", *only])

    def start_worker(self, name: str) -> subprocess.Popen[bytes]:
        """One of several that share what comes in."""
        return self._start(["hailong", "hub", "ingest", "--worker", name])

    def start_agent(
        self, recording: Path, *words: str, counter: str = COUNTER
    ) -> subprocess.Popen[bytes]:
        """With scripted words: tests/agent_process.py."""
        settings = str(self._enrolled(_recording(recording), counter))
        self.agents.append(self._start(["tests.agent_process", settings, *words]))
        return self.agents[-1]

    def start_whisper_agent(self, recording: Path, counter: str) -> subprocess.Popen[bytes]:
        return self.start_live_agent(_recording(recording), counter)

    def start_live_agent(self, source: str, counter: str) -> subprocess.Popen[bytes]:
        """`source`: the section [source] of its settings."""
        settings = str(self._enrolled(source, counter))
        self.agents.append(self._start(["hailong", "agent", "run", "--settings", settings]))
        return self.agents[-1]

    def _enrolled(self, source: str, counter: str) -> Path:
        """The settings file of the counter's device, which is set up where it is new."""
        device = f"may-{counter[-2:]}"
        state = open_state_folder(self.folder / device)
        path = state / "agent.toml"
        if path.exists():
            return path
        identity = DeviceIdentity.load_or_create(state, device, self.branch, counter)
        migrator = self.database.open("migrator")
        set_up_place(migrator, [_counter(self.branch, counter)])
        enrol_device(
            migrator,
            device_id=device,
            branch_id=self.branch,
            counter_id=counter,
            public_key=identity.public_key.hex(),
        )
        path.write_text(
            f'device_id = "{device}"\nbranch = "{self.branch}"\ncounter = "{counter}"\n'
            f"state = {json.dumps(str(state))}\n"
            f'broker_url = "mqtt://{self.broker}"\nhub_public_key = "{self.hub_key_hex}"\n'
            f"{source}\n"
            "[zones]\ncitizen = [[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0]]\n"
            "staff = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]]\n"
            "[publish]\nresend_after_s = 1\nreconnect_max_s = 1\n"
        )
        return path

    def _start(self, words: list[str]) -> subprocess.Popen[bytes]:
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=Path(__file__).parents[1],
                env={
                    **os.environ,
                    "HAILONG_DATABASE_URL": self.database_url,
                    "HAILONG_DATABASE_PASSFILE": str(self.passfile),
                    "HAILONG_BROKER_URL": f"mqtt://{self.broker}",
                    "HAILONG_STATE": str(self.folder / "hub"),
                    "HOME": str(scratch),
                    "TMPDIR": str(scratch),
                    "PYTHONUNBUFFERED": "1",
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.children.append(child)
        return child


def _recording(path: Path) -> str:
    return f"[source]\npath = {json.dumps(str(path))}"


def _counter(branch: str, counter: str) -> CounterRow:
    return CounterRow(
        branch_id=branch,
        branch_vi="Chi nhánh thử nghiệm",
        branch_en="Test branch",
        point_id="diem-1",
        point_vi="Điểm tiếp nhận số 1",
        point_en="Point 1",
        counter_id=counter,
        zone="intake",
        number=int(counter[-2:]),
    )


@contextmanager
def site(folder: Path, branch: str, database, server, broker: Address) -> Iterator[Site]:
    """`database`, `server`: HubDatabase and PostgresServer of tests/integration/conftest.py."""
    address = server.embedded.address
    made = Site(
        folder=folder,
        branch=branch,
        database=database,
        passfile=server.passfile,
        broker=broker,
        hub_key_hex=bytes(load_signing_key(folder / "hub").verify_key).hex(),
        database_url=f"postgresql://{address.host}:{address.port}/{database.name}",
    )
    try:
        yield made
    finally:
        for child in made.children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in made.children:
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
