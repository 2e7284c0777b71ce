"""Releases in force, against what this hub's rules and rubrics read."""

from collections.abc import Sequence
from typing import Final

from hub.checks.database import opened
from hub.checks.finding import Finding, ok, warn, wrong
from hub.control.categories import FROM_RULES, wanting
from hub.settings import HubSettings
from hub.store import releases
from hub.store.errors import StoreError
from hub.store.releases import NarrowedRow

ABOUT: Final = "releases"


def check_releases(settings: HubSettings) -> list[Finding]:
    """The control service's role alone may look; that it cannot sign in is told elsewhere."""
    try:
        with opened(settings, "control") as database:
            return judge_releases(releases.narrowed(database))
    except StoreError as error:
        if error.code == "database_refused":
            return [ok(ABOUT, "not looked at; the password of hailong_control is not here")]
        return [wrong(ABOUT, f"{error}; is the schema there? Run `hailong hub migrate`")]


def judge_releases(rows: Sequence[NarrowedRow]) -> list[Finding]:
    found = []
    for row in rows:
        lacks = wanting(row.categories)
        if not lacks:
            continue
        who = list(dict.fromkeys(name for names in lacks.values() for name in names))
        found.append(
            warn(
                ABOUT,
                f"release {row.release_no} ({row.devices} devices) does not send "
                f"{', '.join(lacks)}, needed by {', '.join(who)}: not known there, so no flag and "
                f"nothing measured; make one with --categories {FROM_RULES}",
            )
        )
    return found or [ok(ABOUT, "devices send each kind of phrase that rules and figures need")]
