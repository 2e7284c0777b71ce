import os
import random
import sqlite3
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from nacl.signing import SigningKey

from edge_agent.errors import (
    ClockError,
    OutboxClosedError,
    OutboxError,
    OutboxFullError,
    StreamMismatchError,
)
from edge_agent.outbox import DeadLetter, Outbox, OutboxRow
from schemas.control import ConfirmPayload, RejectedSequence
from schemas.envelope import signed_bytes, unseal
from schemas.fields import SequenceRange
from schemas.health import DroppedPayload
from schemas.registry import parse
from schemas.topics import Topic
from schemas.vocabulary import DropReason, RejectReason
from tests.builders import (
    BRANCH,
    COUNTER,
    DEVICE,
    NOW,
    activity_payload,
    health_payload,
    interaction_payload,
    turn,
)

KEY = SigningKey(b"k" * 32)
KILL_ROUNDS = 4


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


def topic_for(kind: str) -> str:
    return str(Topic(BRANCH, COUNTER, kind))


def sign(message: bytes) -> bytes:
    return KEY.sign(message).signature


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite3"


@pytest.fixture
def opened(path, clock):
    """Opens the outbox of `path`; what is open at the end is closed."""
    boxes: list[Outbox] = []

    def open_outbox(**given) -> Outbox:
        given = {"clock": clock, **given}
        box = Outbox.open(path, topic_for, sign, DEVICE, **given)
        boxes.append(box)
        return box

    yield open_outbox
    for box in boxes:
        box.close()


@pytest.fixture
def outbox(opened) -> Outbox:
    return opened()


def add(outbox: Outbox, kind="interaction", payload=None, message_id=None) -> int | None:
    made = {"interaction": interaction_payload, "activity": activity_payload}
    given = payload or made.get(kind, health_payload)()
    return outbox.append(kind, given, message_id or uuid4(), NOW)


def big_interaction():
    """About 20 kB."""
    return interaction_payload(turns=tuple(turn(start_s=float(n)) for n in range(75)))


def confirm(outbox: Outbox, settled_below: int, **given) -> ConfirmPayload:
    return ConfirmPayload(stream=outbox.stream, settled_below=settled_below, **given)


def spans(*pairs: tuple[int, int]) -> tuple[SequenceRange, ...]:
    return tuple(SequenceRange(first=a, last=b) for a, b in pairs)


def waiting(outbox: Outbox) -> list[int]:
    return [row.sequence for row in outbox.unsettled(limit=10**6)]


def bodies(outbox: Outbox):
    return [parse(unseal(row.message).body) for row in outbox.unsettled(limit=10**6)]


def damage(path: Path, row: OutboxRow) -> None:
    """Overwrites the page that holds this row, as a dying flash card does."""
    raw = bytearray(path.read_bytes())
    page = raw.index(row.message[:100]) // 4096 * 4096
    raw[page : page + 4096] = b"\xa5" * 4096
    path.write_bytes(raw)


def test_numbers_rows_and_signs_them_for_their_topic(outbox):
    ids = [uuid4() for _ in range(3)]
    assert [add(outbox, message_id=i) for i in ids] == [1, 2, 3]
    assert [b.message_id for b in bodies(outbox)] == ids
    for row in outbox.unsettled():
        sealed = unseal(row.message)
        body = parse(sealed.body)
        KEY.verify_key.verify(signed_bytes(outbox.topic(row), sealed.body), sealed.signature)
        assert (body.stream, body.sequence) == (outbox.stream, row.sequence)
        assert body.device_id == DEVICE
        assert body.captured_at == NOW


def test_rows_are_read_in_pages(outbox):
    for _ in range(5):
        add(outbox)
    first = outbox.unsettled(limit=2)
    assert [r.sequence for r in first] == [1, 2]
    assert [r.sequence for r in outbox.unsettled(after=first[-1].row_id)] == [3, 4, 5]


def test_same_message_again_adds_nothing(outbox):
    message_id = uuid4()
    assert add(outbox, message_id=message_id) == 1
    version = outbox.version
    assert add(outbox, message_id=message_id) is None
    assert outbox.version == version
    assert add(outbox) == 2


def test_bytes_and_numbers_survive_a_restart(opened):
    before = opened()
    message_id = uuid4()
    add(before, message_id=message_id)
    rows = before.unsettled()
    before.close()
    after = opened()
    assert after.stream == before.stream
    assert after.unsettled() == rows
    assert add(after, message_id=message_id) is None
    assert add(after) == 2


def test_confirm_settles_and_no_more(outbox):
    for _ in range(8):
        add(outbox)
    done = outbox.confirm(confirm(outbox, 3, settled=spans((5, 6))))
    assert (done.settled, done.rejected, done.again) == (4, 0, frozenset())
    assert waiting(outbox) == [3, 4, 7, 8]
    rows = outbox.unsettled()
    assert outbox.waiting_among({1, *(r.row_id for r in rows[:2])}) == {r.row_id for r in rows[:2]}
    assert outbox.confirm(confirm(outbox, 3)).settled == 0
    assert outbox.stats().waiting == 4


def test_rejected_row_becomes_a_dead_letter(outbox, clock):
    add(outbox)
    add(outbox)
    rejected = (RejectedSequence(sequence=1, reason=RejectReason.SCHEMA),)
    said = confirm(outbox, 2, rejected=rejected)
    assert outbox.confirm(said).rejected == 1
    outbox.confirm(said)
    assert outbox.dead_letters() == [DeadLetter(outbox.stream, 1, "interaction", "schema")]
    assert outbox.stats().dead_letters == 1
    assert waiting(outbox) == [2]
    outbox.prune(clock.now() + timedelta(days=8))
    assert outbox.stats().dead_letters == 1
    outbox.prune(clock.now() + timedelta(days=37))
    assert outbox.dead_letters() == []


def test_hub_restored_from_a_backup_gets_confirmed_rows_again(outbox):
    for _ in range(4):
        add(outbox)
    sent = outbox.unsettled()
    outbox.confirm(confirm(outbox, 5))
    done = outbox.confirm(confirm(outbox, 2, missing=spans((2, 3)), settled=spans((4, 4))))
    assert done.again == {sent[1].row_id, sent[2].row_id}
    assert outbox.unsettled() == sent[1:3]


def test_missing_rows_that_are_gone_are_told_as_dropped_once(outbox, clock):
    for _ in range(5):
        add(outbox)
    outbox.confirm(confirm(outbox, 4))
    outbox.prune(clock.now() + timedelta(days=7, seconds=1))
    said = confirm(outbox, 1, missing=spans((1, 4)))
    first = outbox.confirm(said)
    told = bodies(outbox)[-1]
    assert [b.sequence for b in bodies(outbox)] == [4, 5, 6]
    assert len(first.again) == 1
    assert told.payload == DroppedPayload(
        dropped_stream=outbox.stream, ranges=spans((1, 3)), reason=DropReason.SPACE
    )
    outbox.confirm(said)
    assert waiting(outbox) == [4, 5, 6]
    # The hub loses that message too, after it has left the file.
    outbox.confirm(confirm(outbox, 7))
    outbox.prune(clock.now() + timedelta(days=7, seconds=1))
    outbox.confirm(confirm(outbox, 1, missing=spans((1, 6))))
    assert [r.first for b in bodies(outbox) for r in b.payload.ranges] == [1]
    assert [r.last for b in bodies(outbox) for r in b.payload.ranges] == [6]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"stream": "0" * 32, "settled_below": 1}, "not in this outbox"),
        ({"settled_below": 4}, "settled sequence 3"),
        ({"settled_below": 1, "settled": spans((3, 9))}, "settled sequence 9"),
    ],
)
def test_confirm_that_cannot_be_for_this_file_changes_nothing(outbox, given, text):
    add(outbox)
    add(outbox)
    said = ConfirmPayload(**{"stream": outbox.stream, **given})
    with pytest.raises(StreamMismatchError, match=text):
        outbox.confirm(said)
    assert waiting(outbox) == [1, 2]


def test_endless_missing_range_is_cut_at_what_was_written(outbox):
    add(outbox)
    done = outbox.confirm(confirm(outbox, 1, missing=spans((1, 2**53))))
    assert len(done.again) == 1
    assert waiting(outbox) == [1]


def test_prune_keeps_a_week_and_remembers_ids_for_the_hubs_window(outbox, clock):
    message_id = uuid4()
    add(outbox, message_id=message_id)
    add(outbox)
    outbox.confirm(confirm(outbox, 2))
    assert outbox.prune(clock.now() + timedelta(days=6)) == 0
    assert outbox.prune(clock.now() + timedelta(days=8)) == 1
    assert add(outbox, message_id=message_id) is None
    outbox.prune(clock.now() + timedelta(days=35))
    assert add(outbox, message_id=message_id) is None
    outbox.prune(clock.now() + timedelta(days=37))
    assert add(outbox, message_id=message_id) == 3
    assert waiting(outbox) == [2, 3]


def test_stats_tell_the_oldest_waiting_row(outbox, clock):
    assert outbox.stats().oldest_waiting_s == 0
    add(outbox)
    clock.at += timedelta(seconds=90)
    add(outbox)
    stats = outbox.stats()
    assert (stats.waiting, stats.oldest_waiting_s, stats.dead_letters) == (2, 90, 0)
    assert stats.bytes > 4096


def test_old_time_is_refused(outbox):
    with pytest.raises(ClockError, match="set the device's clock"):
        outbox.append("health", health_payload(), uuid4(), datetime(1970, 1, 2, tzinfo=UTC))
    assert add(outbox) == 1


def test_times_leave_in_utc(outbox):
    hanoi = NOW.astimezone(datetime.strptime("+0700", "%z").tzinfo)
    outbox.append("health", health_payload(), uuid4(), hanoi)
    assert b'"captured_at":"2026-03-10T03:00:00.000Z"' in outbox.unsettled()[0].message


# Size -------------------------------------------------------------------------------------


def dropped_sequences(outbox: Outbox) -> set[int]:
    return {
        n
        for b in bodies(outbox)
        if isinstance(b.payload, DroppedPayload)
        for r in b.payload.ranges
        for n in range(r.first, r.last + 1)
    }


def test_confirmed_rows_leave_first(opened):
    outbox = opened(max_bytes=2**20)
    for _ in range(20):
        add(outbox, payload=big_interaction())
    outbox.confirm(confirm(outbox, 11))
    for _ in range(24):
        add(outbox, payload=big_interaction())
    assert waiting(outbox) == list(range(11, 45))
    assert outbox.stats().bytes <= 2**20


def test_then_the_oldest_activity_which_is_told(opened):
    outbox = opened(max_bytes=2**20)
    add(outbox, payload=big_interaction())
    given: dict[UUID, int] = {}
    while len(given) < 700:
        message_id = uuid4()
        given[message_id] = add(outbox, "activity", message_id=message_id)
    kept, dropped = set(waiting(outbox)), dropped_sequences(outbox)
    numbers = range(1, max(kept) + 1)
    assert dropped
    assert kept | dropped == set(numbers)
    assert not kept & dropped
    assert 1 in kept
    activity = [b.sequence for b in bodies(outbox) if b.kind == "activity"]
    assert max(dropped) < min(activity)
    told = [b.payload for b in bodies(outbox) if b.kind == "dropped"]
    assert {p.reason for p in told} == {DropReason.SPACE}
    assert sum(p.seconds_lost for p in told) == 60 * len(dropped)
    assert outbox.stats().bytes <= 2**20
    # Measured again, dropped activity comes back under a new number.
    oldest = next(i for i, n in given.items() if n in dropped)
    assert add(outbox, "activity", message_id=oldest) > max(kept)


def test_full_of_interactions_takes_nothing_and_loses_nothing(opened):
    outbox = opened(max_bytes=2**20)
    for _ in range(5):
        add(outbox, "activity")
        add(outbox, "health")
    taken: list[int] = []
    ids = [uuid4() for _ in range(200)]

    def fill() -> None:
        taken.extend(add(outbox, payload=big_interaction(), message_id=i) for i in ids)

    with pytest.raises(OutboxFullError, match="hub has not confirmed"):
        fill()
    refused = ids[len(taken)]
    kept = {b.sequence: b.kind for b in bodies(outbox)}
    assert all(kept[n] == "interaction" for n in taken)
    # A full outbox still notes what is settled, and then takes the refused message.
    outbox.confirm(confirm(outbox, 30))
    assert add(outbox, payload=big_interaction(), message_id=refused) == max(kept) + 1


def test_full_disk_is_told_and_nothing_is_half_done(opened):
    outbox = opened()
    add(outbox)
    (pages,) = outbox._db.execute("PRAGMA page_count").fetchone()
    outbox._db.execute(f"PRAGMA max_page_count = {pages}")
    message_id = uuid4()
    with pytest.raises(OutboxFullError, match="not taken"):
        add(outbox, payload=big_interaction(), message_id=message_id)
    assert waiting(outbox) == [1]
    outbox._db.execute("PRAGMA max_page_count = 100000")
    assert add(outbox, payload=big_interaction(), message_id=message_id) == 2


# Files ------------------------------------------------------------------------------------


def test_files_are_private_also_under_a_lax_umask(path, opened):
    before = os.umask(0)
    try:
        add(opened())
    finally:
        os.umask(before)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()}
    assert len(modes) == 4
    assert set(modes.values()) == {0o600}, modes


def test_file_open_to_others_is_refused(path, opened):
    opened().close()
    path.chmod(0o644)
    with pytest.raises(OutboxError, match="chmod 600"):
        opened()


def test_second_agent_is_refused(outbox, opened):
    with pytest.raises(OutboxError, match="in use by another agent"):
        opened()
    outbox.close()
    opened()


def test_closed_outbox_says_so(outbox):
    outbox.close()
    with pytest.raises(OutboxClosedError):
        outbox.unsettled()


def test_outbox_of_another_counter_is_refused(path, opened):
    opened().close()
    with pytest.raises(OutboxError, match="is that of dev-hk-05"):
        Outbox.open(path, lambda kind: f"hailong/v1/b/c/{kind}", sign, DEVICE)


def test_later_format_is_refused_and_kept(path, opened):
    opened().close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 2")
    db.close()
    with pytest.raises(OutboxError, match="has format 2"):
        opened()
    assert [p.name for p in path.parent.glob("*damaged*")] == []


def test_damaged_file_is_kept_and_its_readable_rows_drain(path, opened, clock, caplog):
    before = opened()
    for _ in range(200):
        add(before)
    sent = {row.sequence: row for row in before.unsettled(limit=1000)}
    before.confirm(confirm(before, 11))
    before.close()
    damage(path, sent[100])

    after = opened()
    assert after.stream != before.stream
    old = [row for row in after.unsettled(limit=1000) if row.stream == before.stream]
    assert 150 < len(old) < 190
    assert 100 not in {row.sequence for row in old}
    assert all(row.message == sent[row.sequence].message for row in old)
    assert [r.sequence for r in old] == sorted(r.sequence for r in old)
    told = [b for b in bodies(after) if b.kind == "dropped"]
    assert all(b.stream == after.stream for b in told)
    assert {b.payload.dropped_stream for b in told} == {before.stream}
    assert {b.payload.reason for b in told} == {DropReason.DAMAGED}
    assert dropped_sequences(after) == set(range(11, 201)) - {r.sequence for r in old}
    (kept,) = path.parent.glob("outbox-salvaged-????????.sqlite3")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "is damaged; kept as" in caplog.text
    assert f"told {190 - len(old)} as lost" in caplog.text

    # The old stream is confirmed as any other, and a restart salvages nothing twice.
    after.confirm(ConfirmPayload(stream=before.stream, settled_below=201))
    assert {row.stream for row in after.unsettled(limit=1000)} == {after.stream}
    left = waiting(after)
    after.close()
    assert waiting(opened()) == left


def test_file_that_is_no_database_is_kept(path, opened):
    path.write_bytes(b"no database at all" * 1000)
    path.chmod(0o600)
    outbox = opened()
    assert add(outbox) == 1
    (kept,) = path.parent.glob("outbox-salvaged-*.sqlite3")
    assert kept.read_bytes().startswith(b"no database at all")


def test_salvage_takes_only_rows_that_this_device_signed(path, opened):
    before = opened()
    for _ in range(3):
        add(before)
    before.close()
    with sqlite3.connect(path) as db:
        (message,) = db.execute("SELECT message FROM rows WHERE sequence = 2").fetchone()
        changed = message.replace(b'"revision":1', b'"revision":2')
        assert changed != message
        db.execute("UPDATE rows SET message = ? WHERE sequence = 2", (changed,))
    db.close()
    path.rename(path.with_name("outbox-damaged-00000000.sqlite3"))
    after = opened()
    old = [r.sequence for r in after.unsettled() if r.stream == before.stream]
    assert old == [1, 3]
    assert dropped_sequences(after) == {2}


def test_threads_share_one_outbox(outbox):
    def write() -> None:
        for _ in range(20):
            add(outbox, "health")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waiting(outbox) == list(range(1, 81))


WRITER = """
import sys
from pathlib import Path
from uuid import uuid4
from edge_agent.outbox import Outbox
from tests.builders import DEVICE, NOW, activity_payload, interaction_payload
from tests.unit.test_outbox import sign, topic_for
box = Outbox.open(Path(sys.argv[1]), topic_for, sign, DEVICE, max_bytes=2**20)
while True:
    for kind, make in (("activity", activity_payload), ("interaction", interaction_payload)):
        print(box.append(kind, make(), uuid4(), NOW), flush=True)
"""


def test_kill_in_the_middle_of_appends(path, opened):
    """Whatever number was handed out is there after the kill: none twice, none left out."""
    chance = random.Random(20260310)
    highest = 0
    for _ in range(KILL_ROUNDS):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": "."},
        ) as writer:
            lines = [writer.stdout.readline() for _ in range(chance.randrange(1, 60))]
            writer.kill()
            lines += [x for x in writer.stdout.read().splitlines(keepends=True) if x[-1:] == b"\n"]
        handed_out = [int(line) for line in lines]
        assert handed_out[0] == highest + 1
        assert handed_out == list(range(highest + 1, highest + 1 + len(handed_out)))
        outbox = opened()
        kept = waiting(outbox)
        assert kept == list(range(1, len(kept) + 1))
        assert len(kept) - handed_out[-1] in {0, 1}
        assert [b.sequence for b in bodies(outbox)] == kept
        highest = kept[-1]
        outbox.close()
