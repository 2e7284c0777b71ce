"""Pauses before a lost sensor is tried again."""

import random

import pytest

from edge_agent.capture.reconnect import Backoff


def pauses(seed: int, count: int = 12) -> list[float]:
    backoff = Backoff(0.5, 30.0, random.Random(seed))
    return [backoff.next_s() for _ in range(count)]


def test_they_grow_to_the_longest_and_stay_there_for_ever():
    for n, pause_s in enumerate(pauses(1, 2000)):
        full_s = min(30.0, 0.5 * 2 ** min(n, 10))
        assert full_s / 2 <= pause_s <= full_s


def test_they_differ_from_one_device_to_the_next_and_not_by_the_run():
    assert pauses(1) == pauses(1)
    assert all(abs(a - b) > 1e-6 for a, b in zip(pauses(1), pauses(2), strict=True))


def test_the_next_loss_begins_with_a_short_one():
    backoff = Backoff(0.5, 30.0, random.Random(1))
    for _ in range(20):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() <= 0.5


@pytest.mark.parametrize(("least_s", "most_s"), [(0, 1), (-1, 1), (2, 1)])
def test_pauses_that_cannot_grow_are_refused(least_s, most_s):
    with pytest.raises(ValueError, match="pauses must grow"):
        Backoff(least_s, most_s, random.Random(1))
