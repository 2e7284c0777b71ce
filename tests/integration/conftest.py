"""Real servers: one embedded PostgreSQL and one broker a session, a database a test.

The template database is migrated once and cloned for each test. The broker is shared, so a
test has a branch name of its own.
"""

import itertools
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from nacl.signing import SigningKey, VerifyKey
from psycopg import sql

from hub.embedded.broker import EmbeddedBroker
from hub.embedded.postgres import EmbeddedPostgres
from hub.ingest.service import IngestService
from hub.settings import Address, role_url
from hub.store.arrivals import ensure_partitions
from hub.store.bootstrap import bootstrap
from hub.store.migrate import migrate
from hub.store.place import enrol_device, set_up_place
from hub.store.pool import Database
from hub.store.rows import CounterRow
from tests.builders import COUNTER, NOW, Sender
from tests.devices import DeviceClient, wait_until

TEMPLATE = "hailong_template"
_numbers = itertools.count(1)


@dataclass
class PostgresServer:
    embedded: EmbeddedPostgres
    passfile: Path

    def superuser_url(self, database: str = "postgres") -> str:
        address = self.embedded.address
        return self.embedded.url_for(address.superuser, address.password, database)

    def role_url(self, role: str, database: str) -> str:
        address = self.embedded.address
        where = Address(address.host, address.port)
        return role_url(where, database, f"hailong_{role}", self.passfile)


@dataclass
class HubDatabase:
    """A freshly migrated database of one test."""

    name: str
    server: PostgresServer
    _opened: list[Database] = field(default_factory=list)

    def url(self, role: str) -> str:
        return self.server.role_url(role, self.name)

    def open(self, role: str) -> Database:
        """A pool of this role (`migrator`, `ingest`, `app`, ...), closed when the test ends."""
        database = Database(self.url(role), max_size=2, application_name=f"test-{role}")
        database.open(10)
        self._opened.append(database)
        return database

    def close(self) -> None:
        for database in self._opened:
            database.close()

    def rows(self, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        """As superuser: what is really there, whatever row security shows."""
        with psycopg.connect(self.server.superuser_url(self.name), autocommit=True) as connection:
            cursor = connection.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, query: LiteralString, *values: Any) -> Any:
        return self.rows(query, *values)[0][0]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    # Not below pytest's own folder, which user nobody, whom root's PostgreSQL runs as, cannot
    # enter.
    home = Path(tempfile.mkdtemp(prefix="hailong-tests-"))
    home.chmod(0o755)
    try:
        with EmbeddedPostgres(home / "state", shared=home / "shared") as embedded:
            yield PostgresServer(embedded, home / "database.pass")
    finally:
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def template_database(postgres_server: PostgresServer) -> str:
    bootstrap(postgres_server.superuser_url(), postgres_server.passfile, TEMPLATE)
    database = Database(postgres_server.role_url("migrator", TEMPLATE))
    database.open(10)
    migrate(database)
    for now in (NOW, datetime.now(UTC)):
        ensure_partitions(database, now - timedelta(days=36), now + timedelta(days=15))
    database.close()
    return TEMPLATE


@pytest.fixture
def hub_db(postgres_server: PostgresServer, template_database: str) -> Iterator[HubDatabase]:
    found = HubDatabase(f"hailong_{next(_numbers)}", postgres_server)
    name = sql.Identifier(found.name)
    with psycopg.connect(postgres_server.superuser_url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                name, sql.Identifier(template_database)
            )
        )
        bootstrap(postgres_server.superuser_url(), postgres_server.passfile, found.name)
        yield found
        found.close()
        connection.close()
    with psycopg.connect(postgres_server.superuser_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def counter_row(branch: str, counter: str, **overrides: Any) -> CounterRow:
    given: dict[str, Any] = {
        "branch_id": branch,
        "branch_vi": "Chi nhánh thử nghiệm",
        "branch_en": "Test branch",
        "point_id": "diem-1",
        "point_vi": "Điểm tiếp nhận số 1",
        "point_en": "Point 1",
        "counter_id": counter,
        "zone": "intake",
        "number": int(counter.rsplit("-", 1)[1]),
    }
    return CounterRow(**{**given, **overrides})


@pytest.fixture
def branch(hub_db: HubDatabase) -> str:
    """A branch of this test alone, with counters quay-05 (intake) and quay-06 (result)."""
    name = f"cn-{next(_numbers)}"
    set_up_place(
        hub_db.open("migrator"),
        [counter_row(name, COUNTER), counter_row(name, "quay-06", zone="result")],
    )
    return name


@pytest.fixture
def enrolled(hub_db: HubDatabase, branch: str) -> Callable[..., Sender]:
    """Makes a device with its key and enrols it: `enrolled()` or `enrolled(counter=...)`."""
    migrator = hub_db.open("migrator")

    def make(**overrides: Any) -> Sender:
        given: dict[str, Any] = {"device_id": f"dev-{next(_numbers)}", "branch": branch}
        sender = Sender(**{**given, **overrides})
        enrol_device(
            migrator,
            device_id=sender.device_id,
            branch_id=sender.branch,
            counter_id=sender.counter,
            public_key=sender.public_key.hex(),
        )
        return sender

    return make


@pytest.fixture
def sender(enrolled: Callable[..., Sender]) -> Sender:
    return enrolled()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    with EmbeddedBroker(tmp_path_factory.mktemp("broker")) as embedded:
        yield Address(embedded.address.host, embedded.address.port)


@dataclass
class RunningIngest:
    service: IngestService
    hub_key: SigningKey
    broker: Address

    @property
    def verify_key(self) -> VerifyKey:
        return self.hub_key.verify_key

    def device(self, sender: Sender) -> DeviceClient:
        return DeviceClient(self.broker, sender, self.verify_key)


@pytest.fixture
def start_ingest(hub_db: HubDatabase) -> Iterator[Callable[..., RunningIngest]]:
    """Starts ingest on a broker with the clock at NOW, and stops it when the test ends."""
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def start(broker: Address, clock: Callable[[], datetime] = lambda: NOW) -> RunningIngest:
        key = SigningKey.generate()
        database = Database(hub_db.url("ingest"), max_size=2, application_name="test-ingest")
        service = IngestService(database, broker, key, clock=clock, client_id=hub_db.name)
        threads.append(threading.Thread(target=service.run, args=(stop,)))
        threads[-1].start()
        wait_until(lambda: service.ready)
        return RunningIngest(service, key, broker)

    yield start
    stop.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def ingest(start_ingest: Callable[..., RunningIngest], broker: Address) -> RunningIngest:
    return start_ingest(broker)
