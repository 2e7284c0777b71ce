"""Two branches with two clerks each, in every table there is, each row known by its mark.

A row's mark stands in its text wherever it is read: `a1a1` is the first clerk of branch a, what
belongs to a whole branch has `aaaa`. So a leak is found by looking for a mark, and a table that
is new must be filled here before the tests pass.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from tests.builders import NOW

MARKS = ("aaaa", "a1a1", "a2a2", "bbbb", "b1b1", "b2b2")


@dataclass(frozen=True)
class Owner:
    """A clerk with a counter, a device, an interaction, a flag and a supervisor."""

    mark: str

    @property
    def branch_mark(self) -> str:
        return self.mark[0] * 4

    @property
    def values(self) -> dict[str, Any]:
        """Parameters of the fillers and, by the same names, of the named queries."""
        mark, number = self.mark, int(self.mark[1])
        at = NOW - timedelta(minutes=10 * number + ord(mark[0]) - ord("a"))

        def uuid(kind: int) -> str:
            return f"{mark}{mark}-{mark}-8{kind:03}-8000-{mark * 3}"

        return {
            "mark": mark,
            "branch_id": f"cn-{self.branch_mark}",
            "branch_name": f"ten {self.branch_mark}",
            "point_id": f"diem-{self.branch_mark}",
            "counter_id": f"quay-{mark}",
            "number": number,
            "device_id": f"may-{mark}",
            "public_key": bytes.fromhex(mark * 16),
            "staff_id": f"cb-{mark}",
            "clerk_id": uuid(1),
            "clerk_login": f"clerk.{mark}",
            "user_id": uuid(2),
            "login": f"chief.{mark}",
            "password_hash": f"hash {mark}",
            "token_sha256": bytes.fromhex(mark * 16),
            "token_id": mark * 4,
            "secret": bytes.fromhex(mark * 16),
            "csrf_token": f"csrf {mark}",
            "stream": mark * 8,
            "at": at,
            "from_at": at - timedelta(hours=1),
            "to_at": at + timedelta(hours=1),
            "ended_at": at + timedelta(minutes=2),
            "interaction_id": uuid(3),
            "message_id": uuid(4),
            "flag_id": uuid(5),
            "json": f'{{"mark": "{mark}"}}',
            "word": f"word {mark}",
            "rule_id": f"rule_{mark}",
            "day": at.date(),
            "sha256": mark * 16,
            "release_no": 2 * (ord(mark[0]) - ord("a")) + number,
            "rollout_no": 2 * (ord(mark[0]) - ord("a")) + number,
            "command_id": uuid(6),
            "event_no": 1000 + 2 * (ord(mark[0]) - ord("a")) + number,
            "channel": f"kenh-{mark}",
            "session_id": uuid(7),
            "tick_id": uuid(8),
        }


A1, A2, B1, B2 = Owner("a1a1"), Owner("a2a2"), Owner("b1b1"), Owner("b2b2")
OWNERS = (A1, A2, B1, B2)

KEY = "%(branch_id)s, %(counter_id)s, %(at)s"
CELL = "%(branch_id)s, 'interactions', ''"
SUMS = "'intake', 1, 1, 1, NULL"
FILLERS = {
    "hailong.branches": "(%(branch_id)s, %(branch_name)s, %(branch_name)s)",
    "hailong.points": "(%(branch_id)s, %(point_id)s, %(branch_name)s, %(branch_name)s)",
    "hailong.counters": "(%(branch_id)s, %(counter_id)s, %(point_id)s, 'intake', %(number)s)",
    "hailong.staff": "(%(staff_id)s, %(branch_id)s)",
    "hailong.assignments": (
        "(%(branch_id)s, %(counter_id)s, %(staff_id)s, %(from_at)s, %(to_at)s)"
    ),
    "hailong.devices": "(%(device_id)s, %(branch_id)s, %(counter_id)s, %(public_key)s)",
    "hailong_private.enrolment_tokens": (
        "(%(token_id)s, %(secret)s, %(device_id)s, %(branch_id)s, %(counter_id)s, now(), now())"
    ),
    "hailong.users": (
        "(%(user_id)s, %(login)s, %(password_hash)s, 'supervisor', NULL),"
        " (%(clerk_id)s, %(clerk_login)s, %(password_hash)s, 'clerk', %(staff_id)s)"
    ),
    "hailong.user_branches": "(%(user_id)s, %(branch_id)s), (%(clerk_id)s, %(branch_id)s)",
    "hailong.sessions": (
        "(%(token_sha256)s, %(user_id)s, %(csrf_token)s, now(), now(), now() + interval '1 day')"
    ),
    "hailong.device_status": (
        "(%(device_id)s, %(branch_id)s, 1, 'online', %(at)s, '0.1.0', %(json)s, %(at)s)"
    ),
    "hailong.streams": "(%(device_id)s, %(stream)s, '{[1,4)}')",
    "hailong.stream_faults": "(%(device_id)s, %(stream)s, %(at)s, 1, 1)",
    "hailong.dropped": "(%(device_id)s, %(stream)s, 1, 2, 'space')",
    "hailong.rejects": (
        "(DEFAULT, now(), %(branch_id)s, %(counter_id)s, 'health', %(device_id)s, %(stream)s, 3,"
        " 'schema', %(word)s, 1, %(token_sha256)s)"
    ),
    "hailong.reject_counts": "(%(at)s, %(branch_id)s, %(device_id)s, 'schema', 1)",
    "hailong.interactions": (
        f"({KEY}, %(interaction_id)s, 1, %(ended_at)s, 'intake', %(device_id)s, %(staff_id)s,"
        " 'live', 'silence', false, 60, %(json)s, %(json)s, '[]', '{}', %(message_id)s, now())"
    ),
    "hailong.turns": (
        f"({KEY}, %(interaction_id)s, 1, 'staff', 1, 0, 1, 1, false, 4, 240, -20, 0, 1, 'vi',"
        " false, NULL, NULL, '[]')"
    ),
    "hailong_private.activity": (f"({KEY}, %(device_id)s, 1, 1, 1, 1, -20, -20, 1, 1, 1, 1, 1)"),
    "hailong.open_interactions": (
        f"({KEY}, %(interaction_id)s, %(device_id)s, %(at)s, %(json)s, %(message_id)s, now(), NULL)"
    ),
    "hailong.alerts": (
        f"({KEY}, %(flag_id)s, %(interaction_id)s, 'rule', 1, 3, 'staff', %(json)s, 1, 'new', NULL,"
        " now(), %(at)s, now())"
    ),
    "hailong.alert_events": (
        f"(%(event_no)s, {KEY}, %(flag_id)s, %(interaction_id)s, 'new', now())"
    ),
    "hailong.alert_visits": f"({KEY}, %(flag_id)s, %(user_id)s, %(interaction_id)s, now())",
    "hailong.alert_sendings": (
        "(%(event_no)s, %(channel)s, %(branch_id)s, 'waiting', 0, now(), now(), NULL)"
    ),
    "hailong.scoring_queue": f"({KEY}, %(interaction_id)s)",
    "hailong.scores": (
        f"({KEY}, %(interaction_id)s, 'experience', %(word)s, 1, 50, 40, 60, 1, '[]', now())"
    ),
    "hailong.rubrics": "(%(word)s, 1, %(sha256)s, %(word)s, now())",
    "hailong.calibrations": (
        "(DEFAULT, now(), NULL, 'isotonic', '[]', 1, 1, %(at)s::date, %(at)s::date, %(json)s,"
        " %(json)s)"
    ),
    "hailong.ratings": (
        "(%(branch_id)s, %(message_id)s, %(counter_id)s, %(at)s, %(flag_id)s,"
        " ARRAY[%(interaction_id)s::uuid], 4, 'counter', false)"
    ),
    "hailong.flags": (
        f"({KEY}, %(flag_id)s, %(interaction_id)s, 'rule', 1, 'review', 3, 'staff', %(json)s, 1,"
        " 'open', now())"
    ),
    "hailong.reviews": (
        f"({KEY}, %(flag_id)s, 1, %(interaction_id)s, 'coached', 'clerk_agrees', %(user_id)s)"
    ),
    "hailong.rule_standings": (
        "(%(branch_id)s, %(rule_id)s, 1, 1, 'active', 'by_hand', %(at)s, NULL, NULL, NULL, 0, 0,"
        " 0, false, %(login)s)"
    ),
    "hailong.rule_figures": "(%(rule_id)s, 1, 1, 1, 1, 0, 1, %(at)s)",
    "hailong.review_budgets": "(%(branch_id)s, %(day)s, %(rule_id)s, 1, 0, NULL, NULL)",
    "hailong.erased": "(%(token_sha256)s, 'interaction', %(number)s, now())",
    "hailong_private.rollup_contributions": (
        f"({KEY}, %(interaction_id)s, 'intake', %(staff_id)s, '{{interactions}}', '{{\"\"}}', '{{1}}')"
    ),
    "hailong.rollups": f"({CELL}, hailong.hanoi(%(at)s)::date, %(counter_id)s, {SUMS})",
    "hailong.hour_rollups": (
        f"({CELL}, date_trunc('month', hailong.hanoi(%(at)s))::date,"
        f" extract(hour FROM hailong.hanoi(%(at)s)), %(counter_id)s, {SUMS})"
    ),
    "hailong.staff_rollups": f"({CELL}, hailong.hanoi(%(at)s)::date, %(staff_id)s, {SUMS})",
    "hailong.activity_rollups": (
        "(%(branch_id)s, %(counter_id)s, date_trunc('hour', %(at)s, 'UTC'), 1, 100, 1, 100, 1, 100,"
        " 1, 100, 1, 100, 1, 100, 1, 100, 1000, 1000)"
    ),
    "hailong.rollup_queue": f"(DEFAULT, {KEY}, %(interaction_id)s)",
    "hailong.activity_marks": (
        "(DEFAULT, %(branch_id)s, %(counter_id)s, date_trunc('hour', %(at)s, 'UTC'))"
    ),
    "hailong.row_counts": "(%(branch_id)s, 'turns', '2026-03-09', '', 1)",
    "hailong.row_changes": "(DEFAULT, %(branch_id)s, 'turns', '2026-03-09', '', 1)",
    "hailong_private.rollups_closed": "('interactions', '2020-01-01Z')",
    "hailong.files": "(%(sha256)s, 1)",
    "hailong.releases": "(%(release_no)s, %(json)s, %(login)s)",
    "hailong.release_files": "(%(release_no)s, 'lexicon', 'greeting', %(sha256)s)",
    "hailong.rollouts": (
        "(%(rollout_no)s, %(release_no)s, %(branch_id)s, %(counter_id)s, 'all', false, 'replaced')"
    ),
    "hailong.rollout_steps": "(%(rollout_no)s, 1, 'start', 'counter', false, %(login)s)",
    "hailong.device_configs": "(%(device_id)s, 1, %(release_no)s, %(rollout_no)s)",
    "hailong.truth_sessions": (
        "(%(branch_id)s, %(session_id)s, %(counter_id)s, 'observer', NULL, 'north', 'quiet',"
        " '{courtesy}', %(from_at)s, %(from_at)s, %(user_id)s, %(from_at)s, %(to_at)s, 'open', NULL)"
    ),
    "hailong.truth_ticks": (
        "(%(branch_id)s, %(session_id)s, %(tick_id)s, 'category', 'greeting', 'staff', %(at)s,"
        " %(at)s, 0.1, %(at)s, NULL)"
    ),
    "hailong.truth_matches": (
        "(%(branch_id)s, %(session_id)s, 1, 'category', 'greeting', 'staff', NULL, 'found', NULL, 1)"
    ),
    "hailong.commands": (
        "(%(command_id)s, %(device_id)s, 'self_test', NULL, NULL, NULL, %(login)s, now(),"
        " now() + interval '1 day')"
    ),
}
"""In the order that foreign keys ask for; what an owner's branch has in common comes once."""


COLUMNS = {
    "hailong.users": "(user_id, login, password_hash, role, staff_id)",
    "hailong.rollouts": "OVERRIDING SYSTEM VALUE",
    "hailong.alert_events": "OVERRIDING SYSTEM VALUE",
}
"""Where a row is not given whole, or with a number that the table gives by itself."""
OF_NOBODY = {"hailong_private.rollups_closed"}
"""Dates alone: rows without a mark."""


def fill(connection: psycopg.Connection[TupleRow]) -> None:
    """As superuser. Tables that this schema does not have yet are left out."""
    for table, values in FILLERS.items():
        if connection.execute("SELECT to_regclass(%s)", [table]).fetchone() == (None,):
            continue
        columns = COLUMNS.get(table, "")
        for owner in OWNERS:
            connection.execute(
                f"INSERT INTO {table} {columns} VALUES {values} ON CONFLICT DO NOTHING",
                owner.values,
            )


def tables(connection: psycopg.Connection[TupleRow]) -> list[str]:
    """Every table and view of ours that is no partition."""
    return [
        row[0]
        for row in connection.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f')"
            " AND NOT relispartition AND relnamespace::regnamespace::text LIKE 'hailong%'"
            " ORDER BY 1"
        )
    ]


def partitions(connection: psycopg.Connection[TupleRow]) -> list[str]:
    return [
        row[0]
        for row in connection.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relispartition AND relkind IN"
            " ('r', 'p') AND relnamespace::regnamespace::text LIKE 'hailong%' ORDER BY 1"
        )
    ]


def name(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))


def text(value: Any) -> str:
    """A value as a reader meets it, bytes as hex."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return " ".join(text(part) for part in value)
    return str(value)


def marks(rows: Any) -> set[str]:
    """Whose rows these are."""
    shown = text(rows)
    return {mark for mark in MARKS if mark in shown}
