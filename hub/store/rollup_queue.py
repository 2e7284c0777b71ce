"""What waits to be rolled up. Takes a Database that signs in as hailong_worker.

Each call is one transaction of one branch: what it takes from the queue and what it changes in
the rollups commit together or not at all. The branch's counts of rows are brought together as well.
"""

from dataclasses import dataclass

from hub.store.pool import Database
from hub.store.queries import load_queries

_SQL = load_queries("rollups")


@dataclass(frozen=True, slots=True)
class RolledUp:
    taken: int
    set_aside: int
    """Of these, wait to be tried again, because their rows cannot be read."""


def branches_waiting(database: Database) -> list[str]:
    with database.transaction() as connection:
        return [str(row[0]) for row in connection.execute(_SQL["branches_waiting"])]


def branches_marked(database: Database) -> list[str]:
    with database.transaction() as connection:
        return [str(row[0]) for row in connection.execute(_SQL["branches_marked"])]


def roll_up(database: Database, branch_id: str, most: int) -> RolledUp:
    """Nothing is taken where another worker is at work on the branch."""
    values = {"branch_id": branch_id, "most": most}
    with database.branches_transaction([branch_id]) as connection:
        row = connection.execute(_SQL["roll_up"], values).fetchone()
        connection.execute(_SQL["fold_row_counts"], values)
    assert row is not None
    return RolledUp(*row)


def roll_up_activity(database: Database, branch_id: str, most: int) -> int:
    """How many marks were taken."""
    values = {"branch_id": branch_id, "most": most}
    with database.branches_transaction([branch_id]) as connection:
        row = connection.execute(_SQL["roll_up_activity"], values).fetchone()
        connection.execute(_SQL["fold_row_counts"], values)
    assert row is not None
    return int(row[0])
