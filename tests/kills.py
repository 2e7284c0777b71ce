"""What the tests share that kill -9 a part of a working site.

The demo recording goes through a real agent (scripted words, the rest real), broker, hub and
database. One of them is killed in the middle; nobody is told beforehand. Each kill is a file
of its own, so that the half minutes of waiting run beside other tests.
"""

import os
import signal

from tests.integration.brokers import until

DOWN_S = 30.0
TWO_STAYS_S = 266.0
"""The demo recording up to here holds two of its three interactions."""


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def stored(database) -> list[tuple]:
    return database.rows(
        "SELECT interaction_id, handling_s, revision FROM hailong.interactions ORDER BY at"
    )


def assert_each_interaction_once(database, expected: int) -> None:
    until(lambda: len(stored(database)) == expected, 60)
    rows = stored(database)
    assert len({row[0] for row in rows}) == expected
    assert {row[2] for row in rows} == {1}
    turns = database.value(
        "SELECT count(*) - count(DISTINCT (interaction_id, turn_no)) FROM hailong.turns"
    )
    assert turns == 0
    windows = database.rows("SELECT count(*), count(DISTINCT at) FROM hailong_private.activity")[0]
    assert windows[0] == windows[1] > 20
    # Every sequence of every stream is settled: no gap below the highest.
    settled = database.rows("SELECT settled, upper(settled) FROM hailong.streams")
    assert settled
    for ranges, upper in settled:
        assert len(ranges) == 1, "a gap was left"
        assert (ranges[0].lower, ranges[0].upper) == (1, upper)
    refused = database.rows(
        "SELECT reason, detail, kind, branch_id, device_id FROM hailong.rejects"
    )
    assert refused == [], refused


def until_something_is_stored(database) -> None:
    until(lambda: database.value("SELECT count(*) FROM hailong_private.activity") > 0, 60)
