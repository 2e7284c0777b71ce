"""The erasure list: nothing in it can be changed, left out or put in without the hub's key."""

import json
from datetime import UTC, datetime

import pytest
from nacl.signing import SigningKey

from hub.privacy.erasures import ErasureList, ErasureListError, Head
from hub.store.erasures import Erasure

KEY = SigningKey(b"k" * 32)
AT = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
FIRST = "0b0b0b0b-0b0b-8b0b-8b0b-0b0b0b0b0b0b"


@pytest.fixture
def listed(tmp_path):
    return ErasureList.begin(tmp_path, KEY, AT)


def lines(listed):
    return listed.path.read_bytes().splitlines()


def put(listed, changed):
    listed.path.write_bytes(b"".join(line + b"\n" for line in changed))


def test_entries_come_back_in_order_after_the_list_is_opened_again(listed, tmp_path):
    assert listed.read() == []
    listed.append(KEY, "interaction", FIRST, AT, "privacy")
    listed.append(KEY, "staff", "cb-1", AT, "privacy")
    again = ErasureList.begin(tmp_path, KEY, AT)
    assert again.read() == [
        Erasure(1, "interaction", FIRST, AT),
        Erasure(2, "staff", "cb-1", AT),
    ]
    assert again.head().entries == 2
    assert again.read(again.head())
    assert listed.path.stat().st_mode & 0o777 == 0o600
    assert listed.path.parent.stat().st_mode & 0o777 == 0o700


def test_it_holds_keys_and_nothing_else(listed):
    listed.append(KEY, "interaction", FIRST, AT, "privacy")
    body = json.loads(lines(listed)[1])
    assert body["key"] == {"interaction_id": FIRST}
    assert set(body) == {"number", "kind", "key", "at", "by", "previous", "signature"}


@pytest.mark.parametrize(
    "fault",
    [
        lambda rows: [rows[0], rows[1].replace(b"cb-1", b"cb-9"), *rows[2:]],
        lambda rows: [rows[0], *rows[2:]],
        lambda rows: [rows[0], rows[2], rows[1], rows[3]],
        lambda rows: [*rows[:2], rows[1], *rows[2:]],
        lambda rows: rows[1:],
        lambda rows: [*rows, b"{}"],
        lambda rows: [*rows, b"null"],
        lambda rows: [*rows, b"\xff\xfe"],
        lambda rows: [],
    ],
)
def test_what_was_done_to_it_is_found(listed, fault):
    for number in (1, 2, 3):
        listed.append(KEY, "staff", f"cb-{number}", AT, "privacy")
    put(listed, fault(lines(listed)))
    with pytest.raises(ErasureListError, match="put the list back"):
        listed.read()
    with pytest.raises(ErasureListError):
        listed.append(KEY, "staff", "cb-4", AT, "privacy")


def test_a_list_of_another_hub_is_none(listed, tmp_path):
    listed.append(KEY, "staff", "cb-1", AT, "privacy")
    with pytest.raises(ErasureListError, match="not signed by this hub's key"):
        ErasureList(tmp_path, SigningKey(b"x" * 32).verify_key).read()


def test_an_older_copy_does_not_reach_as_far_as_the_backup_knew(listed):
    listed.append(KEY, "staff", "cb-1", AT, "privacy")
    older = lines(listed)
    listed.append(KEY, "staff", "cb-2", AT, "privacy")
    head = listed.head()
    put(listed, older)
    with pytest.raises(ErasureListError, match="put the newest copy"):
        listed.read(head)
    with pytest.raises(ErasureListError, match="put the newest copy"):
        listed.read(Head(1, "0" * 64))


def test_a_missing_list_is_never_an_empty_one(tmp_path):
    listed = ErasureList(tmp_path, KEY.verify_key)
    with pytest.raises(ErasureListError, match="is missing; put it back"):
        listed.read()
    assert not listed.path.exists()


def test_a_line_that_a_power_cut_left_half_written_is_passed_over(listed):
    listed.append(KEY, "staff", "cb-1", AT, "privacy")
    with listed.path.open("ab") as file:
        file.write(b'{"number":2,"ki')
    assert len(listed.read()) == 1
    listed.append(KEY, "staff", "cb-2", AT, "privacy")
    assert [e.subject for e in listed.read()] == ["cb-1", "cb-2"]


def test_only_what_can_be_erased_is_listed(listed):
    with pytest.raises(ErasureListError, match="expected interaction or staff"):
        listed.append(KEY, "begin", "x", AT, "privacy")
