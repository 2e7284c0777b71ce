"""Makes the demo's site: database, places, roster, people, one enrolled counter."""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge_agent.identity import DeviceIdentity
from edge_agent.state_folder import open_state_folder, write_private
from hub.auth.users import create_user
from hub.embedded.broker import EmbeddedBroker
from hub.embedded.postgres import EmbeddedPostgres
from hub.scoring.rules import load_rules
from hub.scoring.standing_keeper import set_by_hand
from hub.settings import Address, HubSettings
from hub.store.bootstrap import bootstrap
from hub.store.migrate import migrate
from hub.store.place import enrol_device, read_place, set_up_place
from hub.store.pool import Database
from hub.store.roster import import_roster

BRANCH, COUNTER, DEVICE, STAFF = "hoan-kiem", "quay-07", "may-hk-07", "cb-0107"
PLACE = Path(__file__).parent / "place.csv"
PEOPLE = (
    ("supervisor", "supervisor", (BRANCH,), None, "reviews flags of Hoan Kiem branch"),
    ("dongda", "supervisor", ("dong-da",), None, "supervisor of another branch: sees none of it"),
    ("qa", "qa", (BRANCH, "dong-da"), None, "quality team: counters without names"),
    ("privacy", "privacy", (BRANCH, "dong-da"), None, "privacy officer: what is kept"),
    ("clerk", "clerk", (BRANCH,), STAFF, "the clerk at counter 7: own interactions only"),
    ("operator", "operator", (BRANCH, "dong-da"), None, "devices and refused messages"),
)
_OPEN_S = 30.0


@dataclass(frozen=True, slots=True)
class Login:
    login: str
    password: str
    what: str

    def __repr__(self) -> str:
        return f"Login({self.login})"


@dataclass(frozen=True, slots=True)
class Demo:
    hub: HubSettings
    agent_settings: Path
    whisper: Path
    logins: tuple[Login, ...]

    @property
    def web_url(self) -> str:
        return f"http://{self.hub.web}"


def set_up(
    state: Path,
    source: Path,
    postgres: EmbeddedPostgres,
    broker: EmbeddedBroker,
    web_port: int,
    whisper: Path,
) -> Demo:
    """Idempotent: a second run finds everything as the first left it."""
    server = postgres.address
    settings = HubSettings(
        database=Address(server.host, server.port),
        database_name="hailong",
        passfile=state / "database.pass",
        broker=Address(broker.address.host, broker.address.port),
        state=state / "hub",
        web=Address("127.0.0.1", web_port),
    )
    bootstrap(
        postgres.url_for(server.superuser, server.password, "postgres"),
        settings.passfile,
        settings.database_name,
    )
    migrator = Database(settings.database_url("migrator"), application_name="hailong-demo")
    migrator.open(_OPEN_S)
    try:
        migrate(migrator)
        set_up_place(migrator, read_place(PLACE))
        # A real branch's first four weeks are silent; a demo shows what comes after.
        set_by_hand(migrator, load_rules(), [BRANCH], "active", "demo", datetime.now(UTC))
        agent_settings = _agent(state, source, settings, migrator)
        import_roster(migrator, _roster(state))
        logins = _people(state, migrator)
    finally:
        migrator.close()
    return Demo(settings, agent_settings, whisper, logins)


def _agent(state: Path, source: Path, hub: HubSettings, migrator: Database) -> Path:
    folder = open_state_folder(state / "agent")
    identity = DeviceIdentity.load_or_create(folder, DEVICE, BRANCH, COUNTER)
    enrol_device(
        migrator,
        device_id=DEVICE,
        branch_id=BRANCH,
        counter_id=COUNTER,
        public_key=identity.public_key.hex(),
    )
    hub_key = bytes(hub.signing_key().verify_key).hex()
    # JSON strings are TOML strings, whatever stands in the path.
    text = f"""\
device_id = "{DEVICE}"
branch = "{BRANCH}"
counter = "{COUNTER}"
state = {json.dumps(str(folder))}
broker_url = "mqtt://{hub.broker}"
hub_public_key = "{hub_key}"

[source]
path = {json.dumps(str(source))}

[zones]
citizen = [[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0]]
staff = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]]

[models]
threads = {max(1, min(4, os.cpu_count() or 1))}
"""
    path = folder / "agent.toml"
    write_private(path, text.encode())
    return path


def _roster(state: Path) -> Path:
    """One clerk at counter 7, from long enough ago for a recording to lie in it."""
    path = state / "roster.csv"
    if not path.exists():
        start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        from_at, to_at = start - timedelta(days=40), start + timedelta(days=365)
        write_private(
            path,
            (
                "branch,counter,staff,from,to\n"
                f"{BRANCH},{COUNTER},{STAFF},{from_at.isoformat()},{to_at.isoformat()}\n"
            ).encode(),
        )
    return path


def _people(state: Path, migrator: Database) -> tuple[Login, ...]:
    """Passwords are made once and kept in a private file of the demo's folder."""
    path = state / "logins.json"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    passwords = {login: kept.get(login) or secrets.token_urlsafe(12) for login, *_ in PEOPLE}
    write_private(path, json.dumps(passwords, indent=1).encode() + b"\n")
    for login, role, branches, staff, _ in PEOPLE:
        create_user(migrator, login, passwords[login], role, branches, staff)
    return tuple(Login(login, passwords[login], what) for login, *_, what in PEOPLE)
