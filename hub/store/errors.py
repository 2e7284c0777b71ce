"""What the database can answer, in the hub's own classes: psycopg stays inside hub/store."""

from collections.abc import Mapping

import psycopg
import psycopg_pool

from hub.errors import HubError


class StoreError(HubError):
    """Base of all errors of the store."""

    code = "store"


class DatabaseUnavailableError(StoreError):
    """The server cannot be reached, is starting, or has ended the connection."""

    code = "database_unavailable"
    permanent = False


class DatabaseRefusedError(DatabaseUnavailableError):
    """The server is there and lets us not in: password, role or database is wrong."""

    code = "database_refused"
    permanent = True


class TransactionConflictError(StoreError):
    """Another transaction was in the way; the same one may pass next time."""

    code = "transaction_conflict"
    permanent = False


class StatementTimeoutError(StoreError):
    code = "statement_timeout"
    permanent = False


class NotPermittedError(StoreError):
    """The role has not the right, or row security refused the row."""

    code = "not_permitted"


class RowRefusedError(StoreError):
    """A value or a row breaks a type, a constraint or a trigger."""

    code = "row_refused"


class DuplicateRowError(RowRefusedError):
    code = "duplicate_row"


class PartitionMissingError(RowRefusedError):
    """No partition covers the row's time; `ensure_partitions` makes them."""

    code = "partition_missing"


class QueryError(StoreError):
    """A statement that the server does not accept: a fault of the program or its schema."""

    code = "query"


class UnknownQueryError(StoreError):
    code = "unknown_query"


class InvalidScopeError(StoreError):
    """A branch or staff name that is no name."""

    code = "invalid_scope"


class MigrationError(StoreError):
    """The schema cannot be brought forward from where it stands."""

    code = "migration"


class ErasuresPendingError(StoreError):
    """A restored database that still holds what was erased since its backup."""

    code = "erasures_pending"
    permanent = False


class RosterError(StoreError):
    """A file of the place or the roster that cannot be taken over; names line and column."""

    code = "roster"


class ReleaseRefusedError(StoreError):
    """A release, a rollout's step or a command that cannot be, and why."""

    code = "release_refused"


class RollupError(StoreError):
    """Rollups that cannot be counted as asked."""

    code = "rollup"


_BY_STATE: Mapping[str, type[StoreError]] = {
    "3D000": DatabaseRefusedError,  # no such database
    "25006": NotPermittedError,  # read-only transaction
    "42501": NotPermittedError,  # missing right, or row security
    "44000": NotPermittedError,  # a view's check option: its row security
    "23505": DuplicateRowError,
    "40001": TransactionConflictError,  # serialisation failure
    "40P01": TransactionConflictError,  # deadlock
    "55P03": TransactionConflictError,  # lock timeout
    "57014": StatementTimeoutError,
}
_BY_CLASS: Mapping[str, type[StoreError]] = {
    "08": DatabaseUnavailableError,  # connection
    "22": RowRefusedError,  # value
    "23": RowRefusedError,  # constraint
    "28": DatabaseRefusedError,  # authorisation
    "53": DatabaseUnavailableError,  # connections, memory or disk used up
    "57": DatabaseUnavailableError,  # shutting down, starting up, crashed
    "58": DatabaseUnavailableError,  # the system under it
}


def translate(error: psycopg.Error, address: str) -> StoreError:
    """The store's error for one of psycopg's. Repeats no value of a row: DETAIL is left out.

    SQLSTATE classes: PostgreSQL 18, appendix A.
    """
    state = error.sqlstate or ""
    if not state:
        return _without_state(error, address)
    what = error.diag.message_primary
    where = ", ".join(p for p in (error.diag.table_name, error.diag.constraint_name) if p)
    text = f"{type(error).__name__} ({state}) on {address}" + (f", {where}" if where else "")
    if state == "23514" and error.diag.constraint_name is None:
        return PartitionMissingError(f"{text}: no partition covers the row's time")
    kind = _BY_STATE.get(state) or _BY_CLASS.get(state[:2], QueryError)
    # A server's sentence about a value repeats the value; the others are safe to show.
    return kind(text if issubclass(kind, RowRefusedError) else f"{text}: {what}")


def _without_state(error: psycopg.Error, address: str) -> StoreError:
    """The server said nothing: the way to it failed, or psycopg itself refused a value."""
    if isinstance(error, psycopg_pool.PoolTimeout):
        return DatabaseUnavailableError(
            f"no connection to {address} in time; is PostgreSQL running there?"
        )
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return DatabaseUnavailableError(f"the connection to {address} was lost")
    if isinstance(error, psycopg.DataError):
        return RowRefusedError(f"{type(error).__name__} before a row reached {address}")
    return QueryError(f"{type(error).__name__}: the program used {address} wrongly")
