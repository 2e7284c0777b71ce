"""Row security computes a transaction's scope once a statement, not once a row.

Else a batch of ingest's that names two hundred branches reads their list two hundred times as
often as it needs, and a page does so for every row that it counts.
"""

import re

import psycopg
import pytest

from hub.store.bootstrap import MIGRATOR, ROLES
from tests.attack_site import FILLERS

pytestmark = pytest.mark.integration

SERVICES = [role.name for role in ROLES if role.name != MIGRATOR]
CALL = re.compile(r"(?<!SELECT )(?<!SELECT unnest\()hailong\.visible_\w+\(\)")
"""A call that is not the whole of a sub-select."""


@pytest.fixture(scope="module")
def rules(module_db):
    """Every policy's conditions and every view's text, by name."""
    found = module_db.rows(
        "SELECT tablename || ' ' || policyname, concat(qual, ' ', with_check) FROM pg_policies"
        " UNION ALL SELECT viewname, definition FROM pg_views"
        " WHERE schemaname = 'hailong'"
    )
    return dict(found)


def test_no_policy_and_no_view_asks_for_the_scope_row_by_row(rules):
    asking = [name for name, text in rules.items() if "visible_" in text]
    assert len(asking) > 30
    assert [name for name in asking if CALL.search(rules[name])] == []
    # The pattern finds what it is for.
    assert CALL.search("(branch_id = ANY (hailong.visible_branches()))")


def test_what_is_written_is_looked_up_in_a_hash(rules):
    hashed = "branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)"
    for table in ("interactions", "turns", "activity_marks", "scoring_queue", "device_status"):
        assert hashed in rules[f"{table} by_branch"]
    assert hashed in rules["activity"]


@pytest.mark.parametrize("role", SERVICES)
def test_no_plan_reads_the_setting_in_a_filter(module_db, role):
    """What stands in a filter or a condition of an index is evaluated for each row or search."""
    read = {table for table in FILLERS if table.startswith("hailong.")}
    planned = 0
    with psycopg.connect(module_db.url(role.removeprefix("hailong_"))) as connection:
        for table in sorted(read):
            try:
                lines = connection.execute(f"EXPLAIN SELECT FROM {table}").fetchall()
            except psycopg.errors.InsufficientPrivilege:
                connection.rollback()
                continue
            planned += 1
            asked = [line for (line,) in lines if re.search(r"Filter: |Cond: ", line)]
            assert not [line for line in asked if "current_setting" in line], table
    assert planned > 0


WRITES = {
    "turns": ["SubPlan"],
    "interactions": ["SubPlan", "InitPlan"],
    "activity": ["SubPlan"],
}
CONFLICT = {
    "turns": "",
    "interactions": (
        "ON CONFLICT (branch_id, counter_id, at, interaction_id) DO UPDATE"
        " SET revision = excluded.revision WHERE known.revision < excluded.revision"
    ),
    "activity": "ON CONFLICT (branch_id, counter_id, at, device_id) DO NOTHING",
}


@pytest.mark.parametrize("table", WRITES)
def test_the_checks_of_a_write_are_planned_as_parts_of_the_statement(module_db, table):
    """What a statement computes once, or hashes once, hangs on its first node."""
    statement = f"INSERT INTO hailong.{table} AS known SELECT * FROM hailong.{table}"
    with psycopg.connect(module_db.url("ingest")) as connection:
        lines = [line for (line,) in connection.execute(f"EXPLAIN {statement} {CONFLICT[table]}")]
    own = [line for line in lines if re.match(r"  \w", line)]
    assert [name for name in WRITES[table] if not any(name in line for line in own)] == []


def test_many_branches_are_written_in_one_statement(module_db):
    """Both ways of a write, with a scope far beyond a page's: taken, and refused for one row."""
    branches = [f"cn-{n:03}" for n in range(300)]
    module_db.rows(
        "INSERT INTO hailong.branches SELECT unnest(%s::text[]), 'a', 'b' ON CONFLICT DO NOTHING",
        branches,
    )
    insert = (
        "INSERT INTO hailong.activity_marks (branch_id, counter_id, hour_at)"
        " SELECT unnest(%s::text[]), 'quay-01', now()"
    )
    with psycopg.connect(module_db.url("ingest")) as connection:
        for named, expected in ((branches, 300), (branches[:299], None)):
            connection.execute("SELECT set_config('hailong.branches', %s, true)", [",".join(named)])
            if expected is not None:
                assert connection.execute(insert, [branches]).rowcount == expected
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(insert, [branches])
            connection.rollback()
