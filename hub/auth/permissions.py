"""Which role may open which route: the one table. A route that is not named here is closed.

What a role sees on a page it may open is the database's matter: `branches_transaction`
limits everybody to the own branches and a clerk to the own assignments.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class UserRole(StrEnum):
    SUPERVISOR = "supervisor"
    QA = "qa"
    PRIVACY = "privacy"
    CLERK = "clerk"
    OPERATOR = "operator"


_EVERYBODY: Final = frozenset(UserRole)
_READERS: Final = frozenset({UserRole.SUPERVISOR, UserRole.QA, UserRole.PRIVACY})
_WITH_CLERKS: Final = _READERS | {UserRole.CLERK}
_QA: Final = frozenset({UserRole.QA})
_DECIDERS: Final = frozenset({UserRole.SUPERVISOR, UserRole.QA})
"""QA on what is reviewed outside the branch, supervisors on all else: the database tells them
apart by the flag."""
_OBSERVERS: Final = frozenset({UserRole.SUPERVISOR, UserRole.QA})
"""Of truth sessions; hailong.may_observe holds them to their branches."""
_MACHINES: Final = frozenset({UserRole.OPERATOR, UserRole.PRIVACY})

PUBLIC: Final = frozenset(
    {
        "health.process",
        "health.ready",
        "page.sign_in",
        "page.sign_in.submit",
        "page.language",
    }
)
"""Open to who has not signed in."""

BY_DEVICES: Final = frozenset({"device.file"})
"""For devices, which sign each request, and for no person: the handler checks it."""

ROUTES: Final[Mapping[str, frozenset[UserRole]]] = {
    "page.home": _EVERYBODY,
    "page.sign_out": _EVERYBODY,
    "page.overview": _READERS,
    "page.overview.live": _READERS,
    "page.alerts": frozenset({UserRole.SUPERVISOR}),
    "page.alerts.events": frozenset({UserRole.SUPERVISOR}),
    "page.alerts.went": frozenset({UserRole.SUPERVISOR}),
    "page.interactions": _WITH_CLERKS,
    "page.interaction": _WITH_CLERKS,
    "page.queue": _READERS,
    "page.decide": _DECIDERS,
    "page.trends": _READERS,
    "page.rules": _QA,
    "page.rules.trial": _QA,
    "page.rules.try": _QA,
    "page.devices": _MACHINES,
    "page.gaps": _MACHINES,
    "page.kept": frozenset({UserRole.PRIVACY}),
    "page.truth": _OBSERVERS,
    "page.truth.start": _OBSERVERS,
    "page.truth.session": _OBSERVERS,
    "page.truth.end": _OBSERVERS,
    "page.truth.void": _OBSERVERS,
    "page.truth.report": frozenset({UserRole.QA}),
    "api.openapi": _EVERYBODY,
    "api.me": _EVERYBODY,
    "api.branches": _READERS,
    "api.interactions": _WITH_CLERKS,
    "api.interaction": _WITH_CLERKS,
    "api.flags": _READERS,
    "api.reviews": _WITH_CLERKS,
    "api.decide": _DECIDERS,
    "api.rules": _EVERYBODY,
    "api.standings": _QA,
    "api.trends": _READERS,
    "api.rubrics": _EVERYBODY,
    "api.devices": _MACHINES,
    "api.rejects": _MACHINES,
    "api.gaps": _MACHINES,
    "api.kept": frozenset({UserRole.PRIVACY}),
    "api.truth.clock": _OBSERVERS,
    "api.truth.ticks": _OBSERVERS,
    "api.truth.report": frozenset({UserRole.QA}),
    "device.file": frozenset(),
}

BACKGROUND: Final = frozenset(
    {"page.overview.live", "page.alerts", "page.alerts.events", "api.truth.clock"}
)
"""Asked for by the page itself every few seconds; a person's absence is not prolonged by it."""


def may_open(role: UserRole, route: str) -> bool:
    return route in PUBLIC or role in ROUTES.get(route, frozenset())
