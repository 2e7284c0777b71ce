"""Branches, points and counters, and the devices that stand at them.

Every function takes a Database that signs in as hailong_migrator: an operator's command, held
by no service.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from psycopg.rows import class_row

from hub.store.errors import RosterError, RowRefusedError
from hub.store.pool import Database
from hub.store.queries import load_queries
from hub.store.rows import CounterRow, DeviceRow
from hub.store.tables import NAME, read_lines
from schemas.vocabulary import Zone

COLUMNS = (
    "branch",
    "branch_vi",
    "branch_en",
    "point",
    "point_vi",
    "point_en",
    "counter",
    "zone",
    "number",
)
_SQL = load_queries("roster")


def read_place(path: Path) -> list[CounterRow]:
    """One counter a line, with the names of its point and branch. Raises RosterError."""
    lines, faults = read_lines(path, COLUMNS)
    zones = [zone.value for zone in Zone]
    counters = [
        CounterRow(
            branch_id=line.name("branch"),
            branch_vi=line.text("branch_vi"),
            branch_en=line.text("branch_en"),
            point_id=line.name("point"),
            point_vi=line.text("point_vi"),
            point_en=line.text("point_en"),
            counter_id=line.name("counter"),
            zone=line.one_of("zone", zones),
            number=line.integer("number", 1, 999),
        )
        for line in lines
    ]
    named: dict[tuple[str, ...], tuple[str, ...]] = {}
    for line, row in zip(lines, counters, strict=True):
        facts = (
            ("branch_vi", (row.branch_id,), (row.branch_vi, row.branch_en)),
            ("point_vi", (row.branch_id, row.point_id), (row.point_vi, row.point_en)),
            ("counter", (row.branch_id, "counter", row.counter_id), (str(line.number),)),
        )
        for column, key, value in facts:
            if named.setdefault(key, value) != value:
                faults.add(line.number, column, value[0], "what an earlier line says of it")
    faults.raise_if_any()
    return counters


def set_up_place(database: Database, counters: Sequence[CounterRow]) -> int:
    """All or nothing; returns how many branches, points and counters are new or changed."""
    changed = 0
    with database.transaction() as connection:
        for counter in counters:
            for query in ("put_branch", "put_point", "put_counter"):
                changed += connection.execute(_SQL[query], asdict(counter)).rowcount
    return changed


def enrol_device(
    database: Database, *, device_id: str, branch_id: str, counter_id: str, public_key: str
) -> bool:
    """Takes messages signed with this key (64 hex digits) from this counter from now on.

    True when anything changed. The same key at another counter moves the device; another key
    is taken only after the old one was revoked, and a revoked key never comes back.
    """
    if not NAME.fullmatch(device_id):
        raise RosterError(
            f"device {device_id[:40]!r} is no name; expected lower-case letters, digits and "
            "hyphens, 32 at most"
        )
    key = _key(public_key)
    wanted = {
        "device_id": device_id,
        "branch_id": branch_id,
        "counter_id": counter_id,
        "public_key": key,
    }
    try:
        with database.transaction() as connection:
            with connection.cursor(row_factory=class_row(DeviceRow)) as cursor:
                known = cursor.execute(_SQL["find_device"], wanted).fetchone()
            if known is not None and known.revoked and known.public_key == key:
                raise RosterError(
                    f"the key of device {device_id} was revoked; make a new one on the device"
                )
            if known is not None and not known.revoked and known.public_key != key:
                raise RosterError(
                    f"device {device_id} is enrolled with another key; revoke it first, or give "
                    "this device another name"
                )
            if known == DeviceRow(device_id, branch_id, counter_id, key, revoked=False):
                return False
            connection.execute(_SQL["put_device"], wanted)
    except RowRefusedError as error:
        raise RosterError(
            f"no counter {counter_id} in branch {branch_id}; set up the place first"
        ) from error
    return True


def revoke_device(database: Database, device_id: str) -> None:
    with database.transaction() as connection:
        if not connection.execute(_SQL["revoke_device"], {"device_id": device_id}).rowcount:
            raise RosterError(f"no device {device_id[:40]!r} is enrolled; nothing to revoke")


def _key(public_key: str) -> bytes:
    try:
        key = bytes.fromhex(public_key)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise RosterError(
            f"public key of {len(public_key)} characters; expected the device's Ed25519 key as "
            "64 hex digits"
        )
    return key
