"""Every named query of hub/store/sql, with the parameters of its own rows and of strangers'.

A query that is new fails here until ROLE knows who runs its file and VALUES has its parameters.
"""

import re
from datetime import timedelta
from importlib import resources
from typing import Any

import psycopg
import pytest
from psycopg import sql

from hub.store.backup import Pending, mark_restored
from hub.store.queries import load_queries
from tests.attack_site import A1, A2, B1, OWNERS, fill, marks, text
from tests.builders import NOW

pytestmark = pytest.mark.integration

ROLE = {
    "activity": "migrator",
    "alert_pages": "app",
    "alert_sendings": "worker",
    "alerts": "worker",
    "auth": "app",
    "backtest": "app",
    "backup": "backup",
    "calibrate": "migrator",
    "erasures": "migrator",
    "figures": "worker",
    "fleet": "app",
    "identity": "identity",
    "ingest": "ingest",
    "migrate": "migrator",
    "operations": "app",
    "pages": "app",
    "releases": "migrator",
    "rescore": "migrator",
    "reviews": "app",
    "rollup_check": "migrator",
    "rollups": "app",
    "roster": "migrator",
    "row_counts": "migrator",
    "scoring": "worker",
    "standings": "worker",
    "trends": "app",
    "truth": "app",
}
"""Whose queries a file holds. The migrator's are an operator's commands over all branches: of
those it is asked that no service may run them."""
OTHERS = {
    ("activity", "write"): "ingest",
    ("activity", "mark"): "ingest",
    ("activity", "ensure"): "ingest",
    ("auth", "put_user"): "migrator",
    ("auth", "drop_branches"): "migrator",
    ("auth", "put_branches"): "migrator",
    ("auth", "close_sessions_of"): "migrator",
    ("identity", "put_token"): "migrator",
    ("identity", "forget_tokens"): "migrator",
    ("operations", "streams_with_gaps"): "ingest",
    ("operations", "partitions_until"): "ingest",
    ("operations", "scoring_backlog"): "worker",
    ("operations", "applied_migrations"): "migrator",
    ("releases", "release_lock"): "control",
    ("releases", "releases"): "control",
    ("releases", "release_files"): "control",
    ("releases", "want"): "control",
    ("releases", "wanted"): "control",
    ("releases", "narrowed"): "control",
    ("releases", "open_commands"): "control",
    ("releases", "file_for_device"): "app",
    ("rollups", "branches_waiting"): "worker",
    ("rollups", "branches_marked"): "worker",
    ("rollups", "roll_up"): "worker",
    ("rollups", "roll_up_activity"): "worker",
    ("rollups", "fold_row_counts"): "worker",
    ("truth", "branches"): "worker",
    ("truth", "due"): "worker",
    ("truth", "interactions_between"): "worker",
    ("truth", "flags_between"): "worker",
    ("truth", "heard_between"): "worker",
    ("truth", "forget_matches"): "worker",
    ("truth", "add_match"): "worker",
    ("truth", "mark_matched"): "worker",
}
"""Queries that another role runs than the rest of their file."""
EVERY_BRANCH = {
    ("activity", "ensure"): "makes partitions, which belong to all branches",
    ("alert_sendings", "branches"): "the names on the buildings",
    ("alerts", "sweep"): "ends what no counter ended; a count comes back",
    ("figures", "register"): "rubrics are the whole city's",
    ("figures", "registered"): "rubrics are the whole city's",
    ("figures", "take_up"): "rubrics are the whole city's",
    ("figures", "calibration"): "a calibration is the whole city's",
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
    ("operations", "all_branches"): "the names on the buildings",
    ("operations", "scoring_backlog"): "counts alone",
    ("operations", "streams_with_gaps"): "counts alone",
    ("releases", "releases"): "a release is the whole city's",
    ("releases", "release_files"): "a release is the whole city's",
    ("releases", "want"): "every device is told what to run",
    ("releases", "wanted"): "every device is told what to run",
    ("releases", "narrowed"): "a release is the whole city's, and counts of devices",
    ("releases", "open_commands"): "every device is told what to do",
    ("releases", "file_for_device"): "asked by a device that signs, not by a person",
    ("rescore", "branches"): "the names on the buildings",
    ("rollup_check", "branches"): "the names on the buildings",
    ("rollups", "branches_waiting"): "the worker goes from branch to branch",
    ("rollups", "branches_marked"): "the worker goes from branch to branch",
    ("scoring", "branches_waiting"): "the worker goes from branch to branch",
    ("scoring", "claim"): "keys alone, of the branch it goes to next",
    ("scoring", "claim_one"): "keys alone",
    ("scoring", "done"): "keys alone",
    ("scoring", "done_live"): "keys alone",
    ("scoring", "set_aside"): "keys alone",
    ("standings", "branches"): "the names on the buildings",
    ("standings", "figures"): "counts over the whole city",
    ("standings", "put_figure"): "counts over the whole city",
    ("truth", "branches"): "the names on the buildings",
}
"""What docs/store-rights.md gives over all branches, and why."""
ABSENT = {
    ("activity", "make_hypertable"): "TimescaleDB's, which this server does not have",
    ("activity", "columnstore_policy"): "TimescaleDB's, which this server does not have",
    ("activity", "chunks"): "TimescaleDB's, which this server does not have",
    ("activity", "drop_chunks"): "TimescaleDB's, which this server does not have",
    ("activity", "hypertable_size"): "TimescaleDB's, which this server does not have",
    ("rollup_check", "expect_day"): "a temporary table, which no service but ingest may make",
    ("rollup_check", "compare"): "a temporary table, which no service but ingest may make",
}
"""What a query of an operator's asks for and a service does not find."""
NAMES = {
    "table": sql.Identifier("rollups"),
    "keys": sql.SQL("day, counter_id, zone"),
    "day": sql.Identifier("day"),
    "part": sql.Identifier("hailong_private", "activity"),
    "timescale": sql.Identifier("timescaledb"),
    "bins": sql.SQL("NULL"),
}
"""What the programs put in the place of names."""


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
        "categories": ["greeting"],
        "what": "committed",
        "late": False,
        "captured_at": NOW,
        "hour": NOW,
        "secret_sha256": own["secret"],
        "doubled": 1,
        "since": NOW - timedelta(days=1),
        "messages": 1,
        "subject": own["interaction_id"],
        "backup": own["word"],
        "entries": 1,
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
        "city": True,
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
        "calibration_no": 1,
        "digest": own["sha256"],
        "body": own["word"],
        "now": NOW,
        "zones": ["intake"],
        "rubrics": [own["word"]],
        "versions": [2],
        "calibrations": [None],
        "figures": ["experience"],
        "revisions": [1],
        "values": [50.0],
        "lows": [40.0],
        "highs": [60.0],
        "coverages": [1.0],
        "parts_of": ["[]"],
        "after_at": NOW - timedelta(days=1),
        "after_id": "00000000-0000-0000-0000-000000000000",
        "made_at": NOW,
        "method": "isotonic",
        "knots": "[]",
        "margin": 1.0,
        "ratings": 1,
        "until_day": NOW.date(),
        "scored_at": NOW,
        "rule_version": 1,
        "severity": 1,
        "evidence": "{}",
        "raised_at": NOW,
        "for_s": 1.0,
        "application": own["word"],
        "least": 0,
        "measure": "interactions",
        "from_day": NOW.date() - timedelta(days=1),
        "to_day": NOW.date() + timedelta(days=1),
        "bins": True,
        "by_staff": False,
        "most": 10,
        "branch": own["branch_id"],
        "counter": own["counter_id"],
        "settings": "{}",
        "made_by": own["login"],
        "asked_by": own["login"],
        "taken_by": own["login"],
        "name": "greeting",
        "bytes": 1,
        "stage": "all",
        "step": "pause",
        "paused": False,
        "ended": None,
        "despite": False,
        "command": "self_test",
        "valid_s": 60.0,
        "outcome_at": NOW,
        "live": False,
        "payload": own["json"],
        "received_at": NOW,
        "live_since": NOW - timedelta(days=1),
        "open_since": NOW - timedelta(days=1),
        "ended_since": NOW - timedelta(days=1),
        "event_no": 0,
        "next_at": NOW,
        "fault": "timeout",
        "bulk": False,
        "held": None,
        "sampled": False,
        "reviewer": "branch",
        "standing_no": 2,
        "standing": "active",
        "silent_until": None,
        "seed": None,
        "counted_from": None,
        "pooled": False,
        "set_by": own["login"],
        "decided": 1,
        "with_ground": 1,
        "founded": 1,
        "counted_at": NOW,
        "used": 1,
        "trend_since": None,
        "trend_reason": None,
        "most_ms": "1000",
        "until": NOW + timedelta(days=1),
        "certain": False,
        "measurements": None,
        "spans": None,
        "staff_hits": "exists ($[*] ? (@.confidence > 0))",
        "citizen_hits": None,
        "whole": True,
        "observer": own["user_id"],
        "session_kind": "observer",
        "script": None,
        "dialect": "north",
        "noise": "quiet",
        "watched": ["courtesy"],
        "started_at": own["from_at"],
        "tick_what": "category",
        "tablet_at": own["at"],
        "clock_error_s": 0.1,
        "session_state": "ended",
        "session_end": own["to_at"],
        "settled_before": NOW,
        "day_ago": NOW,
        "only": None,
        "late_for": timedelta(days=8),
        "match_no": 2,
        "match_what": "category",
        "match_version": None,
        "match_outcome": "found",
        "match_reason": None,
        "later_s": 1.0,
    }


WIDEST = dict.fromkeys(("branch_id", "counter_id", "from_at", "to_at"))
OTHERWISE = {
    ("ingest", "ensure_partitions"): {"from_at": NOW, "to_at": NOW},
    ("ingest", "store_outcomes"): {"outcome": "done"},
    ("backup", "mark_restored"): {"sha256": "0" * 64},
    ("alerts", "found_again"): {"evidence": f'{{"mark": "{A1.mark}"}}'},
    ("alert_sendings", "record"): {"state": "sent"},
    ("alerts", "put_alert"): {"role": "staff", "rule_id": "r"},
    ("calibrate", "put_calibration"): {"rubrics": "[]", "report": "{}"},
    ("scoring", "put_flag"): {"kind": "review", "role": "staff", "rule_id": "r"},
    ("scoring", "withdraw_flags"): {"flag_ids": []},
    ("backtest", "stays"): {"coverage": "true", "zones": ["intake"]},
    ("backtest", "stays_of"): {"coverage": "true", "zones": ["intake"]},
    ("standings", "add_standing"): {"rule_id": "r", "reason": "by_hand"},
    ("standings", "put_figure"): {"rule_id": "r", "bulk": 0, "branches": 1},
    ("standings", "spend"): {"rule_id": "r", "held": 1},
    ("truth", "add_tick"): {"role": "staff"},
    ("truth", "add_match"): {"role": "staff"},
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


def role_of(file, query):
    assert file in ROLE, "say in ROLE which role runs the queries of this file"
    return OTHERS.get((file, query), ROLE[file])


def run(connection, file, query, owner):
    """Rows, and how many rows were changed. Refusals leave as psycopg's errors."""
    if role_of(file, query) == "ingest":
        incoming(connection, owner)
    given = values(owner) | OTHERWISE.get((file, query), {})
    text_of = load_queries(file)[query]
    for column in re.findall(r"%\((\w+)\)s::\w+\[\]", text_of):
        if not isinstance(given[column], list):
            given[column] = [given[column]]
    if query in COPIES:
        with connection.cursor().copy(text_of):
            return [], 0
    filled = (
        sql.SQL(text_of).format(**NAMES)
        if any(f"{{{name}}}" in text_of for name in NAMES)
        else text_of
    )
    cursor = connection.execute(filled, given if "%(" in text_of else None)
    rows = cursor.fetchall() if cursor.description else []
    return rows, 0 if text_of.startswith(("SELECT", "CREATE")) else max(0, cursor.rowcount)


def scope_of(owner, *, clerk=False):
    own = owner.values
    staff = own["staff_id"] if clerk else "*"
    return {"branches": own["branch_id"], "staff": staff, "login": own["login"]}


@pytest.mark.parametrize(("file", "query"), QUERIES)
def test_a_query_shows_and_changes_nothing_of_strangers(connections, file, query):
    role = role_of(file, query)
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
    except (
        psycopg.errors.UndefinedTable,
        psycopg.errors.UndefinedFunction,
        psycopg.errors.InvalidSchemaName,
    ):
        assert (file, query) in ABSENT
        return
    finally:
        connection.rollback()
    if (file, query) not in EVERY_BRANCH:
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
