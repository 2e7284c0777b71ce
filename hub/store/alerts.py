"""Snapshots of interactions that go on, and the alerts that live rules raise on them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from hub.store.pool import Database
from hub.store.queries import load_queries
from hub.store.scoring import Queued, ScoringConnection

_SQL = load_queries("alerts")


@dataclass(frozen=True, slots=True)
class OpenInteraction:
    device_id: str
    captured_at: datetime
    payload: str
    zone: str | None


@dataclass(frozen=True, slots=True)
class AlertRow:
    flag_id: UUID
    rule_id: str
    rule_version: int
    severity: int
    role: str
    evidence: Sequence[Mapping[str, Any]]
    coverage: float


def take(connection: ScoringConnection, key: Queued) -> OpenInteraction | None:
    """The snapshot to be judged, locked until the transaction ends; None where the interaction
    has ended meanwhile: what was left of it is gone then.
    """
    values = asdict(key)
    with connection.cursor(row_factory=class_row(OpenInteraction)) as cursor:
        found = cursor.execute(_SQL["open_interaction"], values).fetchone()
    if connection.execute(_SQL["has_ended"], values).fetchone() is None:
        return found
    connection.execute(_SQL["forget_snapshot"], values)
    return None


def judged(connection: ScoringConnection, key: Queued, now: datetime) -> None:
    connection.execute(_SQL["judged"], asdict(key) | {"now": now})


def put(
    connection: ScoringConnection,
    key: Queued,
    alerts: Sequence[AlertRow],
    captured_at: datetime,
    now: datetime,
) -> list[str]:
    """What a snapshot raised; alerts of this interaction that are not among them end. Returns
    the changes: new, update or end, one each.
    """
    at = asdict(key) | {"captured_at": captured_at, "now": now}
    changes: list[str] = []
    for alert in alerts:
        values = at | asdict(alert) | {"evidence": json.dumps(alert.evidence)}
        if connection.execute(_SQL["found_again"], values).rowcount:
            continue
        changes += [str(row[0]) for row in connection.execute(_SQL["put_alert"], values)]
    raised = at | {"flag_ids": [alert.flag_id for alert in alerts]}
    return changes + [str(row[0]) for row in connection.execute(_SQL["end_alerts"], raised)]


def settle(
    connection: ScoringConnection,
    key: Queued,
    supported: Callable[[], Sequence[UUID]],
    now: datetime,
) -> int:
    """The finished interaction decides on its alerts, where it has any: it supports those of these
    flags. How many ended, or ended otherwise than before.
    """
    values = asdict(key) | {"now": now}
    # First: who judges the snapshot holds its lock, and what it raises must be seen below.
    connection.execute(_SQL["forget_snapshot"], values)
    if connection.execute(_SQL["any_alert"], values).fetchone() is None:
        return 0
    values["flag_ids"] = list(supported())
    return connection.execute(_SQL["settle_alerts"], values).rowcount


def sweep(database: Database, now: datetime) -> int:
    """Alerts that ended because their counter never told how; forgets old snapshots and events."""
    with database.transaction() as connection:
        row = connection.execute(_SQL["sweep"], {"now": now}).fetchone()
    assert row is not None
    return int(row[0])
