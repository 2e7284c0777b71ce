"""How a rule comes to be silent, active, stopped, a trend or the city's: pure functions."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.proportion import wilson
from hub.scoring.standing import (
    FLOOR,
    Stood,
    Tally,
    first_use,
    is_sampled,
    next_standing,
    pool,
)
from tests.builders import NOW
from tests.stored import RULES

BY_ID = {rule.id: rule for rule in RULES}
REVIEW = replace(BY_ID["may_tao_address"], never_stops=False, weeks_silent=4)
LIVE = replace(BY_ID["escalation"], never_stops=False)
TREND = BY_ID["greeting_missing"]
MONEY = BY_ID["money_hint"]
ACTIVE = Stood("active", "silence_over", NOW)
LATER = NOW + timedelta(days=1)
BAD = Tally(40, 40, 20)
GOOD = Tally(40, 40, 36)
UNKNOWN = Tally(40, 12, 11)


def after(rule, last, tally=Tally(), now=LATER):  # noqa: B008 - frozen
    stood = next_standing(rule, last, tally, now)
    return (last.standing, last.reason) if stood is None else (stood.standing, stood.reason)


def test_a_new_rule_is_silent_for_its_weeks_and_then_active():
    first = first_use(REVIEW, NOW)
    assert (first.standing, first.silent_until) == ("silent", NOW + timedelta(weeks=4))
    just_before = first.silent_until - timedelta(seconds=1)
    assert after(REVIEW, first, now=just_before) == ("silent", "first_use")
    assert after(REVIEW, first, now=first.silent_until) == ("active", "silence_over")
    # Not even by a proof of its faults: in silence nobody decides.
    assert after(REVIEW, first, BAD) == ("silent", "first_use")
    assert first_use(replace(REVIEW, weeks_silent=0), NOW).standing == "active"
    assert first_use(replace(REVIEW, weeks_silent=1), NOW).silent_until == NOW + timedelta(weeks=1)
    assert first_use(replace(REVIEW, kind="shadow"), NOW).standing == "shadow"


@pytest.mark.parametrize("rule", [REVIEW, LIVE])
def test_a_rule_stops_under_its_floor_and_counts_anew_from_then_on(rule):
    stood = next_standing(rule, ACTIVE, BAD, LATER)
    assert stood is not None
    assert (stood.standing, stood.reason) == ("stopped", "under_floor")
    assert stood.counted_from == LATER
    assert after(rule, ACTIVE, GOOD) == ("active", "silence_over")
    assert after(rule, ACTIVE, UNKNOWN) == ("trend", "unknown_share")


@pytest.mark.parametrize(
    ("tally", "stops"),
    [
        (Tally(30, 30, 21), True),  # .70 from 30 on: the share itself
        (Tally(30, 30, 22), False),  # .733
        (Tally(29, 29, 20), False),  # .69, but the upper bound is .81
        (Tally(29, 29, 15), True),  # upper bound .66
        (Tally(10, 10, 5), False),  # upper bound .73
        (Tally(10, 10, 4), True),  # upper bound .64
        (Tally(9, 9, 0), False),  # under ten nothing is stopped
        (Tally(2, 2, 0), False),
        (Tally(), False),
    ],
)
def test_until_thirty_decisions_the_upper_bound_judges(tally, stops):
    expected = wilson(tally.founded, tally.with_ground)[1]
    if 0 < tally.with_ground < 30:
        assert tally.judged == expected
    assert (after(REVIEW, ACTIVE, tally)[0] == "stopped") == stops


def test_unknown_counts_from_thirty_decisions_and_only_above_sixty_per_cent():
    assert after(REVIEW, ACTIVE, Tally(29, 0, 0))[0] == "active"
    assert after(REVIEW, ACTIVE, Tally(30, 12, 12))[0] == "active"  # exactly .6
    assert after(REVIEW, ACTIVE, Tally(30, 11, 11))[0] == "trend"


def test_money_and_abuse_never_stop_but_go_to_the_city():
    shown = [r for r in RULES if r.never_stops and r.kind in {"live", "review"}]
    assert {"money_hint", "abusive_language_staff"} <= {rule.id for rule in shown}
    for rule in shown:
        assert after(rule, ACTIVE, BAD) == ("city", "under_floor")
        assert after(rule, ACTIVE, UNKNOWN) == ("city", "unknown_share")
        city = Stood("city", "under_floor", NOW)
        assert after(rule, city, BAD) == ("city", "under_floor")
        assert after(rule, city, GOOD) == ("active", "recovered")


@given(founded=st.integers(0, 200), unfounded=st.integers(0, 200), unknown=st.integers(0, 400))
def test_no_decisions_whatever_take_money_and_abuse_from_people(founded, unfounded, unknown):
    grounded = founded + unfounded
    tally = Tally(grounded + unknown, grounded, founded)
    for last in (ACTIVE, Stood("city", "under_floor", NOW)):
        assert after(MONEY, last, tally)[0] in {"active", "city"}


def test_a_stopped_rule_comes_back_by_thirty_sampled_decisions_at_its_floor():
    stopped = Stood("stopped", "under_floor", NOW, seed=b"s" * 16, counted_from=NOW)
    assert after(REVIEW, stopped, Tally(29, 29, 29)) == ("stopped", "under_floor")
    assert after(REVIEW, stopped, Tally(30, 30, 21)) == ("stopped", "under_floor")
    back = next_standing(REVIEW, stopped, Tally(30, 30, 25), LATER)
    assert back is not None
    assert (back.standing, back.reason) == ("active", "recovered")
    # What stopped it before does not stop it again.
    assert back.counted_from == NOW


def test_of_trends_nobody_decides_so_nothing_changes():
    assert after(TREND, ACTIVE, BAD) == ("active", "silence_over")
    assert after(REVIEW, Stood("trend", "unknown_share", NOW), GOOD)[0] == "trend"
    assert after(replace(REVIEW, kind="shadow"), Stood("shadow", "first_use", NOW), BAD)[0] == (
        "shadow"
    )


def test_the_branch_is_judged_by_itself_from_thirty_on_and_else_by_the_city():
    city = Tally(200, 150, 120)
    own = pool(Tally(30, 30, 10), city)
    assert (own.tally.with_ground, own.pooled) == (30, False)
    pooled = pool(Tally(29, 29, 29), city)
    assert (pooled.tally, pooled.pooled) == (city, True)
    behind = pool(Tally(4, 4, 0), Tally())
    assert (behind.tally, behind.pooled) == (Tally(4, 4, 0), False), "not counted yet today"
    alone = pool(Tally(5, 5, 5), Tally(5, 5, 5))
    assert alone.pooled is False, "a city of one branch pools nothing"


def test_a_tenth_is_sampled_by_chance_and_always_the_same():
    ids = [uuid5(UUID(int=1), str(n)) for n in range(5000)]
    seed = bytes(range(16))
    chosen = [flag for flag in ids if is_sampled(seed, flag)]
    assert chosen == [flag for flag in ids if is_sampled(seed, flag)]
    # 0.1 of 5,000 is 500, standard deviation 21.
    assert 415 < len(chosen) < 585
    other = {flag for flag in ids if is_sampled(b"another seed, 16", flag)}
    assert 20 < len(other & set(chosen)) < 85, "seeds do not choose alike"


def test_the_floor_is_what_the_domain_says():
    assert FLOOR == 0.72
