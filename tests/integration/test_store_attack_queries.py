"""Every named query of hub/store/sql, with the parameters of its own rows and of strangers'.

A query that is new fails here until ROLE knows who runs its file and VALUES has its parameters.
"""

import re
from datetime import timedelta
from importlib import resources
from typing import Any

import psycopg
import pytest

from hub.store.backup import Pending, mark_restored
from hub.store.queries import load_queries
from tests.attack_site import A1, A2, B1, OWNERS, fill, marks, text
from tests.builders import NOW

pytestmark = pytest.mark.integration

ROLE = {
    "auth": "app",
    "backup": "backup",
    "erasures": "migrator",
    "fleet": "app",
    "identity": "identity",
    "ingest": "ingest",
    "migrate": "migrator",
    "pages": "app",
    "reviews": "app",
    "roster": "migrator",
    "scoring": "worker",
}
"""Whose queries a file holds. The migrator's are an operator's commands over all branches: of
those it is asked that no service may run them."""
MIGRATORS = {
    ("auth", "put_user"),
    ("auth", "drop_branches"),
    ("auth", "put_branches"),
    ("auth", "close_sessions_of"),
    ("identity", "put_token"),
    ("identity", "forget_tokens"),
}
EVERY_BRANCH = {
    ("identity", "all_devices"): "the broker's rights are written from it",
    ("identity", "device"): "whom a certificate is for",
    ("identity", "devices_version"): "counts alone",
    ("identity", "redeem"): "a token names its own device",
    ("ingest", "devices"): "to say why a message is refused",
    ("ingest", "rejected_of_streams"): "told to the stream's own device alone",
    ("ingest", "settle"): "a refused message is settled whatever its branch",
    ("ingest", "store_dropped"): "of a device that signed it",
    ("ingest", "store_rejects"): "a refused message is recorded whatever its branch",
    ("ingest", "count_rejects"): "a refused message counts whatever its branch",
    ("scoring", "branches_waiting"): "the worker goes from branch to branch",
    ("scoring", "claim"): "keys alone, of the branch it goes to next",
    ("scoring", "claim_one"): "keys alone",
    ("scoring", "done"): "keys alone",
    ("scoring", "set_aside"): "keys alone",
}
"""What docs/store-rights.md gives over all branches, and why."""


def values(owner) -> dict[str, Any]:
    """By the parameters' names, of one owner; a name that means two things stands in VALUES."""
    own = owner.values
    return own | {
        "at": own["at"],
        "ats": [own["at"]],
        "before": None,
        "before_at": None,
        "before_id": None,
        "branches": [own["branch_id"]],
        "branch_ids": [own["branch_id"]],
        "states": ["open"],
        "counters": [own["counter_id"]],
        "counter_ids": [own["counter_id"]],
        "interaction_ids": [own["interaction_id"]],
        "device_ids": [own["device_id"]],
        "streams": [own["stream"]],
        "first": 1,
        "last": 9,
        "what": "committed",
        "late": False,
        "captured_at": NOW,
        "hour": NOW,
        "secret_sha256": own["secret"],
        "doubled": 1,
        "since": NOW - timedelta(days=1),
        "whole": True,
        "messages": 1,
        "subject": own["interaction_id"],
        "backup": own["word"],
        "entries": 1,
        "sha256": own["mark"],
        "first_sequence": 5,
        "last_sequence": 6,
        "sequence": 4,
        "flag_ids": [own["flag_id"]],
        "decided_by": own["user_id"],
        "review_no": 2,
        "outcome": "dismissed",
        "ground": "eyewitness",
        "rule_id": None,
        "kinds": ["live", "review", "trend"],
        "state": None,
        "flagged": False,
        "figure": "experience",
        "limit": 50,
        "day_start": NOW - timedelta(days=1),
        "week_start": NOW - timedelta(days=7),
        "free_tries": 5,
        "first_s": 60.0,
        "longest_s": 900.0,
        "idle_s": 2700.0,
        "touch_after_s": 0.0,
        "lifetime_s": 3600.0,
        "language": "en",
        "role": "supervisor",
        "agent_version": own["word"],
        "health": own["json"],
        "health_at": NOW,
        "connection": 9,
        "status": "online",
        "status_since": NOW,
        "reason": "space",
        "detail": own["word"],
        "size_bytes": 1,
        "kind": "health",
        "message_sha256": own["token_sha256"],
        "branch_vi": own["branch_name"],
        "branch_en": own["branch_name"],
        "point_vi": own["branch_name"],
        "point_en": own["branch_name"],
        "zone": "intake",
        "rubric": own["word"],
        "rubric_version": 1,
        "value": 50,
        "low": 40,
        "high": 60,
        "coverage": 1,
        "parts": "[]",
        "scored_at": NOW,
        "rule_version": 1,
        "severity": 1,
        "evidence": "{}",
        "raised_at": NOW,
        "for_s": 1.0,
    }


WIDEST = dict.fromkeys(("branch_id", "counter_id", "from_at", "to_at"))
OTHERWISE = {
    ("ingest", "ensure_partitions"): {"from_at": NOW, "to_at": NOW},
    ("scoring", "put_flag"): {"kind": "review", "role": "staff", "rule_id": "r"},
    ("scoring", "withdraw_flags"): {"flag_ids": []},
    ("auth", "open_session"): {"token_sha256": b"n" * 32},
    ("pages", "page_of_branches"): WIDEST,
    ("pages", "page_of_clerk"): WIDEST,
    ("pages", "flagged_page_of_branches"): WIDEST,
    ("pages", "flagged_page_of_clerk"): WIDEST,
}
"""Where a name means something else, or where the widest question is asked."""
FILES = sorted(
    entry.name.removesuffix(".sql") for entry in (resources.files("hub.store") / "sql").iterdir()
)
QUERIES = [(file, query) for file in FILES for query in load_queries(file)]
PLACE = re.compile("quay-a2a2")
"""A clerk may know that the other counter is there."""
COPIES = {"copy_interactions", "copy_turns", "copy_activity"}


@pytest.fixture(scope="module")
def db(module_db):
    with psycopg.connect(module_db.server.superuser_url(module_db.name)) as connection:
        fill(connection)
    mark_restored(module_db.open("migrator"), Pending("hailong-1", 0, ""))
    return module_db


@pytest.fixture(scope="module")
def connections(db):
    made = {}

    def get(role):
        if role not in made:
            made[role] = psycopg.connect(db.url(role))
        return made[role]

    yield get
    for connection in made.values():
        connection.close()


def begin(connection, *, branches, staff="*", login="", session=""):
    """A transaction as the pool makes it, and without any search path: names stand whole."""
    connection.rollback()
    connection.execute(
        "SELECT set_config('hailong.branches', %s, true), set_config('hailong.staff', %s, true),"
        " set_config('hailong.login', %s, true), set_config('hailong.session', %s, true),"
        " set_config('search_path', '', true)",
        [branches, staff, login, session],
    )


def incoming(connection, owner):
    """Rows of this owner, as a batch that claims them has copied them."""
    sql = load_queries("ingest")
    connection.execute("SET LOCAL client_min_messages = warning")
    connection.execute(sql["incoming_tables"])
    own = owner.values
    key = (own["branch_id"], own["counter_id"], own["at"])
    connection.execute(
        "INSERT INTO pg_temp.incoming_interactions VALUES (%s, %s, %s, %s, 2, %s, %s, 'live',"
        " 'silence', false, 1, '{}', '{}', '[]', '{}', %s, now())",
        [*key, own["interaction_id"], own["ended_at"], own["device_id"], own["message_id"]],
    )
    connection.execute(
        "INSERT INTO pg_temp.stored_interactions VALUES (%s, %s, %s, %s)",
        [*key, own["interaction_id"]],
    )
    connection.execute(
        "INSERT INTO pg_temp.incoming_turns (branch_id, counter_id, at, interaction_id, turn_no,"
        " role, role_confidence, start_s, duration_s, speech_s, continued, loudness_dbfs,"
        " backchannel, hits) VALUES (%s, %s, %s, %s, 7, 'staff', 1, 0, 1, 1, false, -20, false,"
        " '[]')",
        [*key, own["interaction_id"]],
    )
    connection.execute(
        "INSERT INTO pg_temp.incoming_activity (branch_id, counter_id, at, device_id,"
        " in_interaction_s, audio_coverage, video_coverage) VALUES (%s, %s, %s, %s, 1, 1, 1)",
        [key[0], key[1], own["at"] + timedelta(seconds=10), own["device_id"]],
    )


def run(connection, file, query, owner):
    """Rows, and how many rows were changed. Refusals leave as psycopg's errors."""
    if file == "ingest":
        incoming(connection, owner)
    given = values(owner) | OTHERWISE.get((file, query), {})
    text_of = load_queries(file)[query]
    for column in re.findall(r"%\((\w+)\)s::\w+\[\]", text_of):
        if not isinstance(given[column], list):
            given[column] = [given[column]]
    if query in COPIES:
        with connection.cursor().copy(text_of):
            return [], 0
    cursor = connection.execute(text_of, given if "%(" in text_of else None)
    rows = cursor.fetchall() if cursor.description else []
    return rows, 0 if text_of.startswith(("SELECT", "CREATE")) else max(0, cursor.rowcount)


def scope_of(owner, *, clerk=False):
    own = owner.values
    staff = own["staff_id"] if clerk else "*"
    return {"branches": own["branch_id"], "staff": staff, "login": own["login"]}


@pytest.mark.parametrize(("file", "query"), QUERIES)
def test_a_query_shows_and_changes_nothing_of_strangers(connections, file, query):
    assert file in ROLE, "say in ROLE which role runs the queries of this file"
    role = "migrator" if (file, query) in MIGRATORS else ROLE[file]
    if role in {"migrator", "backup"}:
        refused_to_services(connections, file, query)
        return
    connection = connections(role)
    for clerk in (False, True) if role == "app" else (False,):
        allowed = {"aaaa", "a1a1"} if clerk or file == "auth" else {"aaaa", "a1a1", "a2a2"}
        begin(connection, **scope_of(A1, clerk=clerk))
        try:
            rows, _ = run(connection, file, query, A1)
        except psycopg.errors.InsufficientPrivilege:
            assert clerk, "refused with its own rows"
            rows = []
        finally:
            connection.rollback()
        if (file, query) not in EVERY_BRANCH:
            assert marks(PLACE.sub("", text(rows))) <= allowed
        for stranger in (B1, A2) if clerk or file == "auth" else (B1,):
            begin(connection, **scope_of(A1, clerk=clerk))
            try:
                rows, changed = run(connection, file, query, stranger)
            except (
                psycopg.errors.InsufficientPrivilege,
                psycopg.errors.WithCheckOptionViolation,
            ):
                continue
            finally:
                connection.rollback()
            if (file, query) in EVERY_BRANCH:
                continue
            assert marks(PLACE.sub("", text(rows))) <= allowed, "shows what is a stranger's"
            assert changed == 0 or query.startswith("queue_"), "changes what is a stranger's"


def refused_to_services(connections, file, query):
    """The app, whom people reach, gets nothing done with an operator's query on a stranger."""
    connection = connections("app")
    begin(connection, **scope_of(A1))
    try:
        rows, changed = run(connection, file, query, B1)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ActiveSqlTransaction):
        return
    finally:
        connection.rollback()
    assert marks(rows) <= {"aaaa", "a1a1", "a2a2"}
    assert changed == 0


def test_the_marks_are_found_where_they_are(connections, db):
    """The test above can fail: over both branches the same queries show both."""
    connection = connections("app")
    for query in ("page_of_branches", "counters", "devices", "flags", "rejects"):
        begin(connection, branches="cn-aaaa,cn-bbbb")
        rows, _ = run(connection, "pages", query, A1)
        connection.rollback()
        assert {mark[0] for mark in marks(rows)} == {"a", "b"}, query
    assert marks(text(b"\xa1\xa1")) == {"a1a1"}
    assert {m for owner in OWNERS for m in marks(list(owner.values.values()))} >= {
        "a1a1", "a2a2", "b1b1", "b2b2",
    }  # fmt: skip
