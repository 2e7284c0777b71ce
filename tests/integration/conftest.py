"""Real servers: one embedded PostgreSQL and one broker a session.

The template database is migrated once and cloned. `hub_db` is a clone that each test finds
empty, `module_db` one of a module. The broker is shared, so a test has a branch name of its own.
"""

import itertools
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from hub.ingest.watch import IngestWatch
from hub.settings import Address, role_url
from hub.store.arrivals import ensure_partitions
from hub.store.bootstrap import bootstrap, limit_database
from hub.store.migrate import migrate
from hub.store.place import enrol_device, set_up_place
from hub.store.pool import Database
from hub.store.rows import CounterRow
from tests.builders import COUNTER, NOW, Sender
from tests.devices import DeviceClient, wait_until
from tests.integration.brokers import Mosquitto

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
        database = Database(
            self.url(role),
            max_size=2,
            application_name=f"test-{role}",
            plan_once=role == "app",  # as hub/run.py makes it
        )
        database.open(10)
        self._opened.append(database)
        return database

    def close(self) -> None:
        while self._opened:
            self._opened.pop().close()

    def empty(self) -> None:
        """Deletes all rows of all tables, whatever hangs on them or forbids it."""
        with psycopg.connect(self.server.superuser_url(self.name)) as connection:
            connection.execute("SET session_replication_role = replica")
            tables = connection.execute(
                "SELECT relnamespace::regnamespace::text, relname FROM pg_class"
                " WHERE relkind IN ('r', 'p') AND NOT relispartition"
                " AND relnamespace::regnamespace::text IN ('hailong', 'hailong_private')"
            ).fetchall()
            for table in tables:
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(*table)))

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
    # All that ingest asks for at NOW, and the last days for what goes by the real clock.
    ensure_partitions(database, NOW - timedelta(days=36), NOW + timedelta(days=15))
    today = datetime.now(UTC)
    ensure_partitions(database, today - timedelta(days=8), today + timedelta(days=1))
    database.close()
    return TEMPLATE


@contextmanager
def cloned(server: PostgresServer, template: str) -> Iterator[HubDatabase]:
    found = HubDatabase(f"hailong_{next(_numbers)}", server)
    name, owner = sql.Identifier(found.name), sql.Identifier("hailong_migrator")
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY WAL_LOG").format(
                name, owner, sql.Identifier(template)
            )
        )
        limit_database(connection, found.name)
    yield found
    found.close()
    # A new connection: a test may have killed the server meanwhile.
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture(scope="session")
def session_db(postgres_server: PostgresServer, template_database: str) -> Iterator[HubDatabase]:
    with cloned(postgres_server, template_database) as database:
        yield database


@pytest.fixture
def hub_db(session_db: HubDatabase) -> Iterator[HubDatabase]:
    """Empty, as after the migrations. Emptied again, not cloned: a clone takes a second."""
    yield session_db
    session_db.close()
    session_db.empty()


@pytest.fixture(scope="module")
def module_db(postgres_server: PostgresServer, template_database: str) -> Iterator[HubDatabase]:
    """One database for all tests of a module that leave it as they found it."""
    with cloned(postgres_server, template_database) as database:
        yield database


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


@pytest.fixture
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """For a test that counts what its hub refuses, or kills it: the shared one keeps messages
    of other tests' devices for the next hub.
    """
    with EmbeddedBroker(tmp_path_factory.mktemp("own-broker")) as embedded:
        yield embedded


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A production broker of this test alone, with the window that a worker asks for."""
    broker = Mosquitto(tmp_path, extra="max_inflight_messages 2000\nmax_queued_messages 0\n")
    broker.start()
    yield broker
    broker.kill()


@dataclass
class RunningIngest:
    service: IngestService
    hub_key: SigningKey
    broker: Address
    _stop: threading.Event
    _thread: threading.Thread

    @property
    def verify_key(self) -> VerifyKey:
        return self.hub_key.verify_key

    def device(self, sender: Sender) -> DeviceClient:
        return DeviceClient(self.broker, sender, self.verify_key)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()


@pytest.fixture
def start_ingest(hub_db: HubDatabase) -> Iterator[Callable[..., RunningIngest]]:
    """Starts ingest on a broker with the clock at NOW, and stops it when the test ends."""
    started: list[RunningIngest] = []

    def start(
        broker: Address,
        clock: Callable[[], datetime] = lambda: NOW,
        client_id: str | None = None,
        watch: IngestWatch | None = None,
    ) -> RunningIngest:
        key = SigningKey.generate()
        database = Database(hub_db.url("ingest"), max_size=3, application_name="test-ingest")
        client_id = client_id or f"test-ingest-{next(_numbers)}"
        service = IngestService(
            database, broker, key, clock=clock, client_id=client_id, watch=watch
        )
        stop = threading.Event()
        thread = threading.Thread(target=service.run, args=(stop,))
        started.append(RunningIngest(service, key, broker, stop, thread))
        thread.start()
        wait_until(lambda: service.ready)
        return started[-1]

    yield start
    for running in started:
        running.stop()


@pytest.fixture
def ingest(start_ingest: Callable[..., RunningIngest], broker: Address) -> RunningIngest:
    return start_ingest(broker)
