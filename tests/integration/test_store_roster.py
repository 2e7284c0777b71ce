from datetime import timedelta

import pytest

from hub.store.errors import RosterError
from hub.store.place import enrol_device, read_place, revoke_device, set_up_place
from hub.store.roster import RosterResult, import_roster, read_roster
from tests.builders import interaction_uuid

pytestmark = pytest.mark.integration

DAY = "2026-03-10"


@pytest.fixture
def migrator(hub_db):
    return hub_db.open("migrator")


@pytest.fixture
def roster(tmp_path, migrator, branch):
    """Imports lines such as `quay-05,cb-1,08:00,11:30`, all of one day and branch."""

    def take(*lines):
        path = tmp_path / "roster.csv"
        rows = []
        for line in lines:
            counter, staff, start, end = line.split(",")
            rows.append(f"{branch},{counter},{staff},{DAY}T{start},{DAY}T{end}")
        path.write_text("\n".join(["branch,counter,staff,from,to", *rows]) + "\n")
        return import_roster(migrator, path)

    return take


def store_interaction(db, branch, number, at):
    db.rows(
        "INSERT INTO hailong.interactions VALUES (%s, 'quay-05', %s, %s, 1, %s, 'intake', 'd',"
        " NULL, 'live', 'silence', false, 60, '{}', '{}', '[]', '{}', %s, now())",
        branch,
        at,
        interaction_uuid(number),
        at,
        interaction_uuid(number),
    )


def clerks(db):
    return [r[0] for r in db.rows("SELECT staff_id FROM hailong.interactions ORDER BY at")]


def test_a_roster_is_taken_over_once_and_attributes_what_is_stored(roster, hub_db, branch):
    for number, time in enumerate(("07:59", "08:00", "11:29", "11:30"), start=1):
        store_interaction(hub_db, branch, number, f"{DAY}T{time}+07:00")
    lines = ("quay-05,cb-1,08:00,11:30", "quay-06,cb-2,08:00,11:30")
    assert roster(*lines) == RosterResult(changed=2, new_staff=("cb-1", "cb-2"), attributed=2)
    assert clerks(hub_db) == [None, "cb-1", "cb-1", None]
    assert roster(*lines) == RosterResult(changed=0, new_staff=(), attributed=0)
    assert hub_db.value("SELECT count(*) FROM hailong.assignments") == 2


def test_a_late_correction_attributes_again(roster, hub_db, branch):
    for number, time in enumerate(("08:30", "10:00", "11:00"), start=1):
        store_interaction(hub_db, branch, number, f"{DAY}T{time}+07:00")
    roster("quay-05,cb-1,08:00,11:30")
    assert clerks(hub_db) == ["cb-1", "cb-1", "cb-1"]
    # Really: another clerk from 09:30 to 10:30, and nobody afterwards.
    result = roster("quay-05,cb-1,08:00,09:30", "quay-05,cb-2,09:30,10:30")
    assert result == RosterResult(changed=2, new_staff=("cb-2",), attributed=2)
    assert clerks(hub_db) == ["cb-1", "cb-2", None]


def test_overlaps_are_refused_in_the_file_and_with_what_is_known(roster, hub_db):
    with pytest.raises(RosterError) as caught:
        roster("quay-05,cb-1,08:00,10:00", "quay-05,cb-2,09:00,11:00", "quay-06,cb-3,09:00,10:00")
    assert (
        f"line 3, column from: got '{DAY}T09:00+07:00', expected no overlap at quay-05: line 2 "
        f"has cb-1 there from {DAY}T08:00+07:00 to {DAY}T10:00+07:00" in str(caught.value)
    )
    assert hub_db.value("SELECT count(*) FROM hailong.assignments") == 0
    assert hub_db.value("SELECT count(*) FROM hailong.staff") == 0
    roster("quay-05,cb-1,08:00,10:00")
    for line in ("quay-05,cb-2,09:00,11:00", "quay-05,cb-2,07:00,08:30"):
        with pytest.raises(RosterError, match=r"line 2.*the roster has cb-1"):
            roster(line)
    assert roster("quay-05,cb-2,10:00,11:00").changed == 1  # touching is no overlap


def test_every_fault_is_named_and_nothing_is_taken_over(migrator, tmp_path, branch, hub_db):
    path = tmp_path / "phan-cong.csv"
    path.write_text(
        "branch,counter,staff,from,to\n"
        f"{branch},quay-05,cb-1,{DAY}T08:00,{DAY}T11:30\n"
        f"{branch},quay-05,Nguyễn An,{DAY}T13:30,{DAY}T16:00\n"
        f"{branch},quay-99,cb-1,{DAY}T08:00,{DAY}T11:30\n"
        f"{branch},quay-06,cb-1,10/03/2026 08:00,{DAY}T11:30\n"
        f"{branch},quay-06,cb-1,{DAY}T11:30,{DAY}T11:30\n"
        f"{branch},quay-06,cb-1\n",
        encoding="utf-8-sig",
    )
    with pytest.raises(RosterError) as caught:
        import_roster(migrator, path)
    text = str(caught.value)
    assert f"{path}, line 3, column staff: got 'Nguyễn An', expected lower-case" in text
    assert f"{path}, line 4, column counter: got 'quay-99', expected a counter of branch" in text
    assert f"{path}, line 5, column from: got '10/03/2026 08:00', expected a time such" in text
    assert f"{path}, line 6, column to: got '{DAY}T11:30', expected a time after" in text
    assert f"{path}, line 7: got 3 columns, expected 5" in text
    assert text.endswith("Nothing was taken over; correct the file and try again")
    assert hub_db.value("SELECT count(*) FROM hailong.assignments") == 0


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "no such file"),
        (b"", "expected branch,counter,staff,from,to"),
        (b"branch;counter;staff;from;to\n", "got columns 'branch;counter;staff;from;to'"),
        (b"\xff\xfe\x00", "cannot be read as CSV in UTF-8"),
        (b'branch,counter,staff,from,to\n"a', "cannot be read as CSV in UTF-8"),
    ],
)
def test_a_file_that_is_no_roster_gets_one_sentence(tmp_path, content, fault):
    path = tmp_path / "roster.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RosterError, match=fault):
        read_roster(path)


def test_times_have_hanois_offset_or_their_own(migrator, tmp_path, branch, hub_db):
    path = tmp_path / "roster.csv"
    path.write_text(
        f"branch,counter,staff,from,to\n{branch},quay-05,cb-1,{DAY}T01:00Z,{DAY}T11:30\n"
    )
    import_roster(migrator, path)
    start, end = hub_db.rows("SELECT from_at, to_at FROM hailong.assignments")[0]
    assert end - start == timedelta(hours=3, minutes=30)


def test_a_place_by_csv_is_set_up_once_and_can_be_renamed(migrator, tmp_path, hub_db):
    path = tmp_path / "place.csv"
    header = "branch,branch_vi,branch_en,point,point_vi,point_en,counter,zone,number\n"
    line = "hk,Chi nhánh Hoàn Kiếm,Hoan Kiem branch,p1,Điểm 1,Point 1,quay-{0},{1},{0}\n"
    path.write_text(header + line.format(1, "intake") + line.format(2, "fee"))
    assert set_up_place(migrator, read_place(path)) == 4
    assert set_up_place(migrator, read_place(path)) == 0
    path.write_text(path.read_text().replace("Điểm 1", "Điểm tiếp nhận 1"))
    assert set_up_place(migrator, read_place(path)) == 1
    assert hub_db.rows("SELECT counter_id, zone, number FROM hailong.counters ORDER BY 1") == [
        ("quay-1", "intake", 1),
        ("quay-2", "fee", 2),
    ]
    path.write_text(
        header
        + line.format(1, "intake")
        + line.format(2, "bàn")
        + line.format(1, "fee").replace("Hoàn", "Hoàng")
    )
    with pytest.raises(RosterError) as caught:
        read_place(path)
    text = str(caught.value)
    assert "line 3, column zone: got 'bàn', expected one of reception, advice" in text
    assert "line 4, column branch_vi: got 'Chi nhánh Hoàng Kiếm'" in text
    assert "line 4, column counter: got" in text


def test_a_device_is_enrolled_moved_revoked_and_given_a_new_key(migrator, branch, hub_db):
    def enrol(key="aa" * 32, counter="quay-05", device="dev-1"):
        return enrol_device(
            migrator, device_id=device, branch_id=branch, counter_id=counter, public_key=key
        )

    assert (enrol(), enrol(), enrol(counter="quay-06")) == (True, False, True)
    with pytest.raises(RosterError, match="is enrolled with another key"):
        enrol(key="bb" * 32)
    revoke_device(migrator, "dev-1")
    with pytest.raises(RosterError, match="was revoked; make a new one"):
        enrol()
    assert enrol(key="bb" * 32)
    query = "SELECT counter_id, public_key, revoked_at FROM hailong.devices"
    assert hub_db.rows(query) == [("quay-05", b"\xbb" * 32, None)]
    for wrong, fault in (
        ({"counter": "quay-99"}, "no counter quay-99"),
        ({"key": "khoá"}, "64 hex digits"),
        ({"device": "Thiết bị"}, "is no name"),
    ):
        with pytest.raises(RosterError, match=fault):
            enrol(**{"device": "dev-2", **wrong})
    with pytest.raises(RosterError, match="no device 'dev-3' is enrolled"):
        revoke_device(migrator, "dev-3")
