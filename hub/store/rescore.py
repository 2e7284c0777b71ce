"""What `hailong hub rescore` reads and writes. Takes connections of hailong_migrator, inside
branches_transaction.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.store.pool import Database
from hub.store.queries import load_queries
from hub.store.scoring import Queued, ScoreRow, ScoringConnection, StoredInteraction

_SQL = load_queries("rescore")
_FIRST_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """By which version a zone's interactions are to be scored."""

    zone: str
    rubric: str
    rubric_version: int
    calibration_no: int | None


def branches(database: Database) -> list[str]:
    with database.transaction() as connection:
        return [str(row[0]) for row in connection.execute(_SQL["branches"])]


def count_due(
    connection: ScoringConnection, branch_id: str, wanted: Sequence[Wanted], since: datetime
) -> int:
    found = connection.execute(_SQL["count_due"], _asked(branch_id, wanted, since)).fetchone()
    assert found is not None
    return int(found[0])


def due(
    connection: ScoringConnection,
    branch_id: str,
    wanted: Sequence[Wanted],
    since: datetime,
    after: Queued | None,
    limit: int,
) -> list[Queued]:
    """In order of time, from after `after` on."""
    values = _asked(branch_id, wanted, since) | {
        "after_at": after.at if after else since,
        "after_id": after.interaction_id if after else _FIRST_ID,
        "limit": limit,
    }
    return [Queued(branch_id, *row) for row in connection.execute(_SQL["due"], values)]


def put_scores(
    connection: ScoringConnection,
    branch_id: str,
    scored: Sequence[tuple[StoredInteraction, Sequence[ScoreRow]]],
    scored_at: datetime,
) -> int:
    """`scored_at`: when the interactions were about to be read. Returns how many figures were
    written; the others were outdated before.
    """
    pairs = [(stored, row) for stored, rows in scored for row in rows]
    if not pairs:
        return 0
    values = {
        "branch_id": branch_id,
        "scored_at": scored_at,
        "counter_ids": [stored.key.counter_id for stored, _ in pairs],
        "ats": [stored.key.at for stored, _ in pairs],
        "interaction_ids": [stored.key.interaction_id for stored, _ in pairs],
        "revisions": [stored.columns["revision"] for stored, _ in pairs],
        "figures": [row.figure for _, row in pairs],
        "rubrics": [row.rubric for _, row in pairs],
        "versions": [row.rubric_version for _, row in pairs],
        "values": [row.value for _, row in pairs],
        "lows": [row.low for _, row in pairs],
        "highs": [row.high for _, row in pairs],
        "coverages": [row.coverage for _, row in pairs],
        "parts_of": [json.dumps(row.parts) for _, row in pairs],
        "calibrations": [row.calibration_no for _, row in pairs],
    }
    return connection.execute(_SQL["put_scores"], values).rowcount


def _asked(branch_id: str, wanted: Sequence[Wanted], since: datetime) -> dict[str, Any]:
    return {
        "branch_id": branch_id,
        "since": since,
        "zones": [one.zone for one in wanted],
        "rubrics": [one.rubric for one in wanted],
        "versions": [one.rubric_version for one in wanted],
        "calibrations": [one.calibration_no for one in wanted],
    }
