"""PostgreSQL, Mosquitto and the enrolled fleet, for one run on this machine."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from benchmarks.fleet import Counter
from benchmarks.hub.spool import connect_packet
from benchmarks.machine import ROOT
from hub.embedded.postgres import EmbeddedPostgres
from hub.settings import Address, role_url
from hub.store.bootstrap import bootstrap
from hub.store.migrate import migrate
from hub.store.pool import Database

HOST = "127.0.0.1"
DATABASE = "hailong"
# As an operator would set it for a city: nothing dropped, a window a worker can fill.
_MOSQUITTO = """\
listener {port} {host}
allow_anonymous true
max_inflight_messages 2000
max_queued_messages 0
persistence true
persistence_location {folder}/
autosave_interval 300
log_dest none
"""


@dataclass
class Site:
    home: Path
    postgres: EmbeddedPostgres
    broker: Address
    mosquitto: subprocess.Popen[bytes]
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def superuser_url(self) -> str:
        address = self.postgres.address
        return self.postgres.url_for(address.superuser, address.password, DATABASE)

    def rows(self, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            cursor = connection.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def start(self, words: Sequence[str], log: str, **environment: str) -> subprocess.Popen[bytes]:
        """A child with the hub's environment; what it says goes to a file of the home."""
        address = self.postgres.address
        with (self.home / log).open("ab") as out:
            child = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env={
                    **os.environ,
                    "HAILONG_DATABASE_URL": f"postgresql://{address.host}:{address.port}/{DATABASE}",
                    "HAILONG_DATABASE_PASSFILE": str(self.home / "database.pass"),
                    "HAILONG_BROKER_URL": f"mqtt://{self.broker}",
                    "HAILONG_STATE": str(self.home / "hub"),
                    "HAILONG_METRICS_ADDRESS": "127.0.0.1:0",
                    **environment,
                },
                stdout=out,
                stderr=out,
            )
        self.children.append(child)
        return child

    def stop(self, child: subprocess.Popen[bytes]) -> None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def clear(self) -> None:
        """Place and devices, too: another fleet comes."""
        with psycopg.connect(self.superuser_url) as connection:
            # Past the trigger that keeps decisions; there are none here.
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute("TRUNCATE hailong.branches, hailong.devices CASCADE")

    def forget_session(self, client_id: str) -> None:
        """Else the broker would keep for a stopped worker what the next consumer is sent."""
        with socket.create_connection((self.broker.host, self.broker.port), 10) as connection:
            connection.sendall(connect_packet(client_id))
            connection.recv(64)

    def empty(self) -> None:
        """All that messages became; place and devices stay."""
        for table in (
            "interactions",
            "turns",
            "scoring_queue",
            "streams",
            "rejects",
            "dropped",
            "device_status",
        ):
            self.rows(f"TRUNCATE hailong.{table} CASCADE")  # type: ignore[arg-type]
        self.rows("TRUNCATE hailong_private.activity")
        self.rows("CHECKPOINT")


@contextmanager
def site() -> Iterator[Site]:
    # Root's PostgreSQL runs as nobody and must get in.
    home = Path(tempfile.mkdtemp(prefix="hailong-bench-"))
    home.chmod(0o755)
    made: Site | None = None
    try:
        with EmbeddedPostgres(home / "state", shared=home / "shared") as postgres:
            address = postgres.address
            superuser = postgres.url_for(address.superuser, address.password, "postgres")
            # Tells when each row was committed, without a word from the worker.
            with psycopg.connect(superuser, autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
            postgres.stop()
            postgres.start()
            bootstrap(superuser, home / "database.pass", DATABASE)
            url = role_url(
                Address(address.host, address.port),
                DATABASE,
                "hailong_migrator",
                home / "database.pass",
            )
            database = Database(url)
            database.open(10)
            migrate(database)
            database.close()
            port = _free_port()
            made = Site(home, postgres, Address(HOST, port), _mosquitto(home, port))
            yield made
    finally:
        if made is not None:
            for child in made.children:
                if child.poll() is None:
                    made.stop(child)
            made.mosquitto.terminate()
            made.mosquitto.wait(10)
        shutil.rmtree(home, ignore_errors=True)


def enrol(site: Site, counters: Sequence[Counter]) -> None:
    branches = sorted({c.branch for c in counters})
    with psycopg.connect(site.superuser_url) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY hailong.branches FROM STDIN") as copy:
            for branch in branches:
                copy.write_row((branch, f"Chi nhánh {branch[-3:]}", f"Branch {branch[-3:]}"))
        with cursor.copy("COPY hailong.points FROM STDIN") as copy:
            for branch in branches:
                copy.write_row((branch, "diem-1", "Điểm 1", "Point 1"))
        with cursor.copy(
            "COPY hailong.counters (branch_id, counter_id, point_id, zone, number) FROM STDIN"
        ) as copy:
            for c in counters:
                copy.write_row((c.branch, c.counter, "diem-1", "intake", int(c.counter[-3:])))
        with cursor.copy(
            "COPY hailong.devices (device_id, branch_id, counter_id, public_key) FROM STDIN"
        ) as copy:
            for c in counters:
                copy.write_row((c.device_id, c.branch, c.counter, bytes(c.key.verify_key)))


def _mosquitto(home: Path, port: int) -> subprocess.Popen[bytes]:
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        raise SystemExit("mosquitto is missing; run: make debian")
    folder = home / "broker"
    folder.mkdir()
    folder.chmod(0o777)  # started by root, Mosquitto works as its own user
    config = home / "mosquitto.conf"
    config.write_text(_MOSQUITTO.format(port=port, host=HOST, folder=folder))
    process = subprocess.Popen([program, "-c", str(config)])
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
            return process
        time.sleep(0.05)
    raise SystemExit("mosquitto did not answer within 10 s")


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])
