"""Everything in its order. What cannot be looked at for want of another thing is left out."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hub.checks.broker import check_broker
from hub.checks.clock import check_clock
from hub.checks.database import (
    ABOUT,
    check_migrations,
    check_roles,
    check_room,
    check_server,
    check_store,
    opened,
)
from hub.checks.devices import check_devices
from hub.checks.disk import check_disk
from hub.checks.files import check_backups, check_certificate, check_private
from hub.checks.finding import Finding, wrong
from hub.checks.releases import check_releases
from hub.errors import HubError
from hub.settings import HubSettings
from hub.store import operations
from hub.store.errors import StoreError

_GIVEN = re.compile(r"HAILONG_[A-Z]+_(CERT|CA)")


@dataclass(frozen=True, slots=True)
class CheckSettings:
    certificates: tuple[Path, ...] = ()
    backups: Path | None = None
    database_folder: Path | None = None
    """Where a database on this machine keeps its files."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "CheckSettings":
        def path(variable: str) -> Path | None:
            return Path(environment[variable]) if environment.get(variable) else None

        named = environment.get("HAILONG_CHECK_CERTIFICATES", "").split(":")
        # And each that the hub itself is given, whatever for.
        given = [value for name, value in sorted(environment.items()) if _GIVEN.fullmatch(name)]
        return cls(
            certificates=tuple(Path(one) for one in dict.fromkeys([*named, *given]) if one),
            backups=path("HAILONG_CHECK_BACKUPS"),
            database_folder=path("HAILONG_CHECK_DATABASE_FOLDER"),
        )


def check_all(settings: HubSettings, more: CheckSettings) -> list[Finding]:
    now = datetime.now(UTC)
    found = [
        check_private("state", settings.state, 0o700),
        check_private("signing key", settings.state / "hub.key", 0o600),
        check_private("password file", settings.passfile, 0o600),
        check_disk("state's disk", settings.state),
    ]
    found += [check_certificate(path, now) for path in more.certificates]
    if more.backups is not None:
        found.append(check_backups(more.backups, now))
    try:
        found += check_broker(settings.broker, settings.tls.broker(settings.broker.host))
    except HubError as error:
        found.append(wrong("broker", str(error)))
    return found + _of_database(settings, more, now)


def _of_database(settings: HubSettings, more: CheckSettings, now: datetime) -> list[Finding]:
    try:
        with opened(settings, "app") as database:
            server = operations.server(database)
            found = [
                *check_clock(time.time(), server.now_s),
                *check_server(server),
                *check_roles(settings),
                check_migrations(settings),
                check_room(settings, database, more.database_folder),
            ]
            try:
                found += [
                    *check_store(database, now),
                    *check_devices(operations.fleet(database)),
                    *check_releases(settings),
                ]
            except StoreError as error:
                found.append(
                    wrong(ABOUT, f"{error}; is the schema there? Run `hailong hub migrate`")
                )
    except StoreError as error:
        return [*check_clock(time.time(), None), wrong(ABOUT, str(error))]
    return found
