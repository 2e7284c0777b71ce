"""The page of what is kept, and precision: right after any change, by counts that are kept.

Random changes beside a full count stand in test_rollups.py.
"""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from hub.casework.precision import NOTHING_DECIDED, precision, precisions
from hub.store import activity, erasures, pages, row_counts, standings
from hub.store.activity import activity_store
from hub.store.arrivals import ensure_partitions, write_arrivals
from hub.store.rows import ActivityRow, Arrivals
from tests.builders import NOW
from tests.rollup_city import City

pytestmark = pytest.mark.integration

CLASSES = (
    "interactions", "turns", "scores", "flags", "reviews", "rollups", "staff_rollups",
    "hour_rollups", "activity_rollups",
)  # fmt: skip
OF_INTERACTIONS = CLASSES[:5]


@pytest.fixture
def city(hub_db):
    made = City(hub_db, seed=11)
    made.add(40)
    made.score(40)
    made.decide(8)
    return made


def shown(city, branches=None, staff="*"):
    """Class -> rows and oldest, as the page says."""
    with city.app.branches_transaction(branches or city.branches, staff) as connection:
        return {row.name: (row.rows, row.oldest) for row in pages.kept(connection)}


def counted(db, branches, *classes):
    """The same by counting."""
    times = {"rollups": "day", "staff_rollups": "day", "hour_rollups": "month"}
    found = {}
    for name in classes or CLASSES:
        time = times.get(name, "hour_at" if name == "activity_rollups" else "at")
        if name in times:
            time = f"{time}::timestamp AT TIME ZONE interval '7 hours'"
        found[name] = db.rows(
            f"SELECT count(*), min({time}) FROM hailong.{name} WHERE branch_id = ANY (%s)",
            branches,
        )[0]
    return found


def right(city, branches=None):
    branches = branches or city.branches
    page, rows = shown(city, branches), counted(city.db, branches)
    assert {name: page[name] for name in CLASSES} == rows
    return rows


def windows(city, at, count, counter="quay-01"):
    measured = (3.0, 2.0, 0.0, 0.0, -20.0, -20.0, 10.0, 10.0, 10.0, 1.0, 1.0)
    rows = tuple(
        ActivityRow(city.branches[0], counter, at + timedelta(seconds=10 * n), "d", *measured)
        for n in range(count)
    )
    write_arrivals(city.ingest, city.branches, Arrivals(activity=rows))


def test_counts_are_right_before_and_after_the_worker_adds_them_up(city):
    before = right(city)
    assert all(before[name][0] > 0 for name in OF_INTERACTIONS)
    assert city.db.value("SELECT count(*) FROM hailong.row_changes") > 0
    city.rollups.interactions()
    after = right(city)
    assert all(after[name] == before[name] for name in OF_INTERACTIONS)
    assert city.db.value("SELECT count(*) FROM hailong.row_changes") == 0
    # A revision has other turns, a score of the next rubric stands beside the first.
    city.revise(10)
    city.score(30)
    right(city)


def test_a_branch_sees_its_own_counts_and_a_clerk_none(city):
    whole = right(city)
    one, other = (right(city, [branch]) for branch in city.branches)
    assert one["turns"][0] + other["turns"][0] == whole["turns"][0]
    assert 0 < one["turns"][0] < whole["turns"][0]
    clerk = shown(city, staff="somebody")
    assert all(clerk[name][0] == 0 for name in CLASSES)


def test_after_an_erasure_nothing_of_it_is_counted(city):
    oldest = min(city.keys, key=lambda key: key.at)
    flag = city.db.value("SELECT flag_id FROM hailong.reviews LIMIT 1")
    decided = city.flags[flag][0]
    for number, subject in enumerate({oldest.interaction_id, decided.interaction_id}, start=1):
        erasures.apply(city.migrator, [erasures.Erasure(number, "interaction", str(subject), NOW)])
        rows = right(city)
    assert rows["interactions"][1] > oldest.at
    assert row_counts.faults(city.migrator) == []
    city.rollups.interactions()
    right(city)
    assert row_counts.faults(city.migrator) == []


def test_a_dropped_partition_counts_for_nothing_and_made_anew_for_nothing(city):
    city.add(30, days_ago=34)
    city.rollups.interactions()
    city.score(50)
    old = "2026w07"
    keys = {"interactions": 0, "turns": 0, "scores": 0, "flags": 0}
    for name in keys:
        keys[name] = city.db.value(f"SELECT count(*) FROM hailong.{name}_{old}")
        city.db.rows(f"DROP TABLE hailong.{name}_{old}")
    assert min(keys["interactions"], keys["turns"]) > 0
    city.rollups.interactions()
    page = shown(city)
    rows = counted(city.db, city.branches, *OF_INTERACTIONS)
    assert {name: page[name] for name in OF_INTERACTIONS if name != "reviews"} == {
        name: rows[name] for name in OF_INTERACTIONS if name != "reviews"
    }
    gone = "SELECT count(*) FROM hailong.row_counts WHERE kept_in = 'turns' AND part = '2026-02-09'"
    assert city.db.value(gone) == 0
    # Between two looks of the worker: dropped and made again.
    for name in keys:
        city.db.rows(f"DROP TABLE hailong.{name}_2026w08")
    assert ensure_partitions(city.migrator, NOW - timedelta(days=35), NOW) >= len(keys)
    page = shown(city)
    rows = counted(city.db, city.branches, *OF_INTERACTIONS)
    assert all(page[name] == rows[name] for name in keys)
    assert [f for f in row_counts.faults(city.migrator) if f.kept_in in keys] == []


def test_windows_count_when_their_hour_is_counted_and_go_with_their_day(city):
    start = (NOW - timedelta(days=2)).replace(hour=3, minute=0)
    windows(city, start, 6)
    windows(city, start + timedelta(days=1), 4)
    assert shown(city)["activity"] == (0, None)
    city.rollups.activity()
    assert shown(city)["activity"] == (10, start)
    # More of an hour that was counted, and the same again.
    windows(city, start + timedelta(days=1), 5)
    windows(city, start, 6)
    city.rollups.activity()
    assert shown(city)["activity"] == (11, start)
    right(city)
    later = start + timedelta(days=1)
    activity_store(city.migrator).drop_before(city.migrator, later.date())
    assert shown(city)["activity"] == (5, later)
    assert shown(city)["activity_rollups"][0] == 2
    city.rollups.activity()
    assert shown(city)["activity"] == (5, later)
    assert row_counts.faults(city.migrator) == []
    assert activity.activity_store(city.migrator).oldest(city.migrator) == later


def test_precision_follows_each_decision_and_each_deletion(city):
    def told():
        """By the counts, and by every flag's last decision."""
        with city.app.branches_transaction(city.branches) as connection:
            by_counts = precisions(connection)
            rules = city.db.rows("SELECT DISTINCT rule_id FROM hailong.flags")
            for (rule,) in rules:
                assert precision(connection, rule) == by_counts.get(rule, NOTHING_DECIDED)
            rows = connection.execute(
                standings._SQL["tallies_since"], {"rule_id": None, "since": None}
            )
            by_flags: dict[str, tuple[int, int, int]] = {}
            for _, rule, _, *counted, _ in rows:
                before = by_flags.get(rule, (0, 0, 0))
                by_flags[rule] = tuple(map(sum, zip(before, counted, strict=True)))
            assert standings.tallies(connection) == standings.tallies(
                connection, since=datetime(2000, 1, 1, tzinfo=UTC)
            )
        assert {rule: found.decided for rule, found in by_counts.items()} == {
            rule: decided for rule, (decided, *_) in by_flags.items()
        }
        assert {rule: found.with_ground for rule, found in by_counts.items()} == {
            rule: grounded for rule, (_, grounded, _) in by_flags.items()
        }
        return sum(found.decided for found in by_counts.values())

    first = told()
    assert first > 0
    for _ in range(4):
        city.decide(6)
        told()
        city.rollups.interactions()
        told()
    subject = city.db.value("SELECT interaction_id FROM hailong.reviews LIMIT 1")
    before = told()
    erasures.apply(city.migrator, [erasures.Erasure(1, "interaction", str(subject), NOW)])
    assert told() < before
    assert row_counts.faults(city.migrator) == []


def test_a_clerk_is_told_of_decisions_on_the_own_interactions_alone(city):
    staff = city.db.value(
        "SELECT i.staff_id FROM hailong.reviews r JOIN hailong.interactions i"
        " USING (branch_id, counter_id, at, interaction_id) WHERE i.staff_id IS NOT NULL LIMIT 1"
    )
    own = city.db.value(
        "SELECT count(DISTINCT r.flag_id) FROM hailong.reviews r JOIN hailong.interactions i"
        " USING (branch_id, counter_id, at, interaction_id) WHERE i.staff_id = %s",
        staff,
    )
    with city.app.branches_transaction(city.branches, staff) as connection:
        assert sum(row.decided for row in standings.tallies(connection)) == own > 0
    with city.app.branches_transaction(city.branches) as connection:
        assert sum(row.decided for row in standings.tallies(connection)) > own


def test_what_went_past_the_triggers_is_found_and_put_right(city):
    city.rollups.interactions()
    assert row_counts.faults(city.migrator) == []
    city.db.rows("DELETE FROM hailong.row_counts WHERE kept_in = 'scores'")
    city.db.rows("UPDATE hailong.row_counts SET rows = rows + 2 WHERE kept_in = 'turns'")
    faults = row_counts.faults(city.migrator)
    assert {fault.kept_in for fault in faults} == {"scores", "turns"}
    text = next(str(f) for f in faults if f.kept_in == "turns")
    assert text.startswith(f"rows of turns {city.branches[0]} from 2026-")
    assert row_counts.correct(city.migrator) == len(faults)
    assert row_counts.faults(city.migrator) == []
    right(city)


def test_an_emptied_table_has_no_rows(city):
    city.rollups.interactions()
    city.db.rows("TRUNCATE hailong.turns, hailong.rollups, hailong.activity_rollups")
    page = shown(city)
    assert page["turns"] == page["rollups"] == page["activity"] == (0, None)
    assert page["interactions"][0] == 40
    assert row_counts.faults(city.migrator) == []


def test_the_queue_is_the_gravest_first_and_then_the_oldest(city):
    city.score(40)
    city.db.rows("UPDATE hailong.flags SET severity = 1 + hashtext(flag_id::text) % 2 + 2")
    expected = city.db.rows(
        "SELECT flag_id FROM hailong.flags WHERE state = 'open' AND kind IN ('review', 'trend')"
        " ORDER BY severity DESC, at, flag_id"
    )
    assert len(expected) > 5
    for limit in (200, 5):
        with city.app.branches_transaction(city.branches) as connection:
            found = pages.flags(connection, kinds=("review", "trend"), state="open", limit=limit)
            every = pages.flags(connection, kinds=("review", "trend"), limit=200)
        assert [(flag.flag_id,) for flag in found] == expected[:limit]
    assert {flag.state for flag in every} >= {"open", "decided"}
    with city.app.branches_transaction([city.branches[0]], str(uuid4())[:8]) as connection:
        assert pages.flags(connection, kinds=("review", "trend"), state="open", limit=9) == []
