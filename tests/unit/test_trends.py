"""Weekly shares with limits: what is change and what is noise."""

import random
from datetime import date, timedelta

import pytest

from hub.scoring.trends import LEAST_WEEKS, SHOWN_FROM, Week, chart

MONDAY = date(2026, 1, 5)


def weeks(*flagged, interactions=120):
    return [
        Week(MONDAY + timedelta(weeks=number), interactions, count)
        for number, count in enumerate(flagged)
    ]


def test_the_limits_are_the_published_formula():
    """By hand: centre 10/100, z of 8, 12, 8, 12 ... is -+0.667, mean range 1.333, 1.333 / 1.128
    is 1.182; 3 * 1.182 * sqrt(.1 * .9 / 100) is .1064.
    """
    found = chart(weeks(8, 12, 8, 12, 8, 12, 8, 12, 10, interactions=100))
    assert found is not None
    assert found.centre == pytest.approx(0.1)
    assert found.spread == pytest.approx(4 / 3 / 1.128)
    assert found.points[-1].high == pytest.approx(0.1 + 3 * found.spread * 0.03)
    assert found.points[-1].low == 0.0
    assert not found.changed


def test_a_quiet_series_is_never_narrower_than_chance():
    found = chart(weeks(*[12] * 9))
    assert found is not None
    assert found.spread == 1.0
    # Eight in a row on neither side: exactly the centre is no side.
    assert not found.changed


def test_a_week_far_out_is_marked_and_does_not_hide_itself():
    found = chart(weeks(12, 10, 14, 11, 13, 12, 9, 14, 12, 60))
    assert found is not None
    assert found.centre == pytest.approx(107 / 9 / 120)
    assert found.points[-1].signals == ("beyond_limit",)
    assert found.changed


def test_two_of_three_beyond_two_sigmas():
    found = chart(weeks(12, 10, 14, 11, 13, 12, 9, 14, 12, 20, 20))
    assert found is not None
    assert "two_of_three" in found.points[-1].signals
    assert "two_of_three" not in found.points[-2].signals


@pytest.mark.parametrize(("before", "after"), [((13, 11), 15), ((11, 13), 9)])
def test_a_lasting_shift_is_a_run_of_eight(before, after):
    found = chart(weeks(*before * 20, *[after] * 8))
    assert found is not None
    assert "run" in found.points[-1].signals
    assert "run" not in found.points[-2].signals


def test_weeks_that_differ_by_more_than_chance_widen_the_limits():
    calm = chart(weeks(*[20, 24] * 5, 36))
    wild = chart(weeks(*[8, 36] * 5, 36))
    assert calm is not None
    assert wild is not None
    assert calm.changed
    assert not wild.changed
    assert wild.spread > 2


def test_a_week_with_few_interactions_is_no_point():
    few = Week(MONDAY, SHOWN_FROM - 1, 19)
    found = chart([few, *weeks(*[11, 13] * 5)])
    assert found is not None
    assert all(point.week.interactions >= SHOWN_FROM for point in found.points)


def test_without_enough_weeks_or_events_nothing_is_said():
    assert chart([]) is None
    assert chart(weeks(*[12] * LEAST_WEEKS)) is None
    assert chart(weeks(*[0] * 9)) is None
    assert chart(weeks(*[120] * 9)) is None


def test_false_alarms_are_rare_and_a_doubled_share_is_mostly_seen():
    chance = random.Random(3)

    def drawn(share):
        return sum(chance.random() < share for _ in range(120))

    quiet = [chart(weeks(*(drawn(0.1) for _ in range(27)))) for _ in range(300)]
    assert sum(found is not None and found.changed for found in quiet) < 15
    changed = [chart(weeks(*(drawn(0.1) for _ in range(26)), drawn(0.25))) for _ in range(100)]
    assert sum(found is not None and found.changed for found in changed) > 75
