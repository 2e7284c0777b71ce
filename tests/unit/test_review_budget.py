"""The branch's day: eight, ten at most, the weakest gives way, nothing is taken back."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.scoring.budget import CAP, TARGET, DayBudget, Weakness, day_of

STRENGTH = {"strong": 0.95, "middle": 0.85, "weak": 0.75}


def weakness(rule):
    return Weakness(STRENGTH[rule], 3, rule)


def a_day(*arrivals, budget=None):
    budget = budget or DayBudget()
    return budget, [budget.admit(rule, weakness) for rule in arrivals]


def test_up_to_the_target_everything_is_shown():
    budget, shown = a_day(*["weak"] * TARGET)
    assert all(shown)
    assert (budget.total, budget.trends) == (TARGET, {})


def test_from_the_target_on_the_weakest_of_the_day_is_a_trend():
    budget, shown = a_day(*["weak"] * 4, *["strong"] * 4, "weak", "strong", "middle", "strong")
    assert shown == [True] * 8 + [False, True, True, False]
    assert budget.trends == {"weak": "target", "strong": "cap"}
    assert budget.total == CAP


def test_a_weaker_rule_gives_way_to_the_one_that_arrives():
    budget, shown = a_day(*["weak"] * 8, "strong")
    assert shown[-1] is True
    assert budget.trends == {"weak": "target"}


def test_a_rule_alone_in_the_day_gives_way_to_itself():
    budget, shown = a_day(*["strong"] * 9)
    assert shown == [True] * 8 + [False]
    assert budget.used == {"strong": 8}


def test_among_equals_the_milder_goes_first():
    equal = {"a": Weakness(0.8, 4, "a"), "b": Weakness(0.8, 2, "b")}
    budget = DayBudget(used={"a": 4, "b": 4})
    assert budget.admit("a", equal.__getitem__)
    assert budget.trends == {"b": "target"}


def test_weakness_is_asked_only_when_the_day_is_nearly_full():
    def never(rule):
        raise AssertionError(rule)

    budget = DayBudget()
    assert all(budget.admit("weak", never) for _ in range(TARGET))


@given(st.lists(st.sampled_from(sorted(STRENGTH)), max_size=40))
def test_never_more_than_the_cap_and_the_same_whatever_the_pieces(arrivals):
    budget, shown = a_day(*arrivals)
    assert sum(shown) == budget.total <= CAP
    assert all(
        budget.used[rule] == sum(s for s, r in zip(shown, arrivals, strict=True) if r == rule)
        for rule in budget.used
    )
    if len(arrivals) <= TARGET:
        assert all(shown)
    # Taken up again from what is stored after any arrival, it goes on the same.
    again = DayBudget()
    told = []
    for rule in arrivals:
        again = DayBudget(dict(again.used), dict(again.trends))
        told.append(again.admit(rule, weakness))
    assert told == shown


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 3, 9, 16, 59, 59, tzinfo=UTC), date(2026, 3, 9)),
        (datetime(2026, 3, 9, 17, 0, tzinfo=UTC), date(2026, 3, 10)),
    ],
)
def test_the_day_is_hanois(at, day):
    assert day_of(at) == day
