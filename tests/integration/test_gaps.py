"""What is missing, late, doubled, refused or lost is told by device and stream: command, page, API."""

from datetime import timedelta

import pytest

from hub.cli_ingest import report
from hub.ingest.process import Processor
from hub.ingest.rejects import RejectBudget
from hub.ingest.verify import Received
from hub.store.fleet import gaps, refused
from tests.builders import (
    NOW,
    Sender,
    activity_payload,
    dropped_payload,
    health_payload,
    interaction_payload,
    turn,
)
from tests.website import Site

pytestmark = pytest.mark.integration


def take(hub_db, *messages, now=NOW, budget=None):
    processor = Processor(hub_db.open("ingest"), lambda: now)
    if budget is not None:
        processor.rejects = RejectBudget(budget)
    return processor.process([Received(topic, raw, now) for topic, raw in messages])


@pytest.fixture
def faulty(hub_db, sender):
    """Sequences 3 and 6 to 7 are missing, 2 came twice and 9 late, 4 was refused, 5 given up."""
    messages = {n: sender.message(health_payload(), sequence=n) for n in (1, 2, 8)}
    late = sender.message(activity_payload(), sequence=9, captured_at=NOW - timedelta(minutes=11))
    bad = sender.message(interaction_payload(turns=(turn(syllables=2**40),)), sequence=4)
    lost = sender.message(dropped_payload(sender.stream, (5, 5)), sequence=10)
    take(hub_db, messages[1], messages[2], messages[8], bad)
    take(hub_db, messages[2], late, lost)
    return sender


def test_a_count_that_no_column_holds_is_refused_alone(hub_db, faulty):
    rows = hub_db.rows("SELECT reason, sequence FROM hailong.rejects")
    assert rows == [("database", 4)]


def test_gaps_by_stream(hub_db, faulty):
    with hub_db.open("migrator").transaction() as connection:
        (row,) = gaps(connection, NOW - timedelta(days=400))
        (turned,) = refused(connection, NOW - timedelta(days=400))
    assert (row.missing, row.missing_ranges) == (3, [[3, 3], [6, 7]])
    assert (row.late, row.doubled, row.rejected, row.dropped) == (1, 1, 1, 1)
    assert (row.settled, row.device_id, row.stream) == (7, faulty.device_id, faulty.stream)
    assert (turned.device_id, turned.reason, turned.messages) == (faulty.device_id, "database", 1)
    said = report([row], [turned]).splitlines()
    assert said[1].split()[3:8] == ["3", "1", "1", "1", "1"]
    assert said[1].endswith("missing: 3, 6-7")
    assert said[2] == f"refused: 1 of {faulty.device_id} (database)"


def test_what_came_again_is_no_longer_missing(hub_db, faulty):
    take(hub_db, *[faulty.message(health_payload(), sequence=n) for n in (3, 6, 7)])
    with hub_db.open("migrator").transaction() as connection:
        (row,) = gaps(connection, NOW - timedelta(days=400))
    assert (row.missing, row.missing_ranges) == (0, [])


def test_a_stream_in_order_is_shown_only_where_all_are_asked_for(hub_db, sender):
    take(hub_db, sender.message(health_payload()))
    with hub_db.open("migrator").transaction() as connection:
        assert gaps(connection, NOW - timedelta(days=400)) == []
        (row,) = gaps(connection, NOW - timedelta(days=400), whole=True)
    assert row.sound
    assert report([], []) == "no stream lacks anything"


def test_a_flood_of_strangers_is_counted_and_hardly_recorded(hub_db, sender):
    stranger = Sender(branch=sender.branch, device_id="ke-la")
    flood = [stranger.message(health_payload()) for _ in range(50)]
    take(hub_db, *flood, sender.message(health_payload()), budget=10)
    assert hub_db.value("SELECT count(*) FROM hailong.rejects") == 10
    assert hub_db.rows(
        "SELECT branch_id, device_id, reason, messages FROM hailong.reject_counts"
    ) == [("", "", "unknown_device", 50)]
    assert hub_db.value("SELECT count(*) FROM hailong.device_status") == 1


def test_the_operators_page_and_api_show_it(hub_db, faulty):
    site = Site(hub_db.open("app"), hub_db.open("migrator"), faulty.branch)
    site.now = NOW + timedelta(days=1)
    with site.as_("operator") as client:
        page = client.get("/devices/gaps", params={"days": 30})
        told = client.get("/api/v1/gaps", params={"days": 30}).json()
        wrong = client.get("/devices/gaps", params={"days": 31})
    assert page.status_code == 200
    assert "Bản tin còn thiếu" in page.text
    assert "6–7" in page.text
    assert "Quầy 5" in page.text
    # Where one is: below the devices, at the chosen period.
    assert 'href="/devices" aria-current="true"' in page.text
    assert 'href="/devices/gaps?days=30" aria-current="true"' in page.text
    (stream,) = told["streams"]
    assert (stream["missing"], stream["ranges"]) == (3, [[3, 3], [6, 7]])
    assert told["refused"][0]["reason"] == "database"
    assert wrong.status_code == 422


def test_an_operator_of_another_branch_sees_nothing_of_it(hub_db, faulty):
    migrator = hub_db.open("migrator")
    with migrator.transaction() as connection:
        connection.execute("INSERT INTO hailong.branches VALUES ('noi-khac', 'Nơi khác', 'Other')")
    site = Site(hub_db.open("app"), migrator, "noi-khac")
    with site.as_("operator") as client:
        told = client.get("/api/v1/gaps", params={"days": 30}).json()
    assert (told["streams"], told["refused"]) == ([], [])
