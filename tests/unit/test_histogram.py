"""Sums and histograms of whole steps: exact in any order, and a percentile within its bounds."""

from decimal import Decimal
from math import ceil
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.histogram import Sums, mean, percentile, standard_deviation, sums

STEP = Decimal("0.01")
EDGES = (0, 1, 50, 100, 1000, 5000, 8_640_001)
values = st.lists(st.integers(0, 8_640_000), max_size=60)
NOTHING = sums([], EDGES)


@given(values, values)
def test_adding_is_counting_together_and_subtracting_undoes_it(ours, theirs):
    both = sums(ours + theirs, EDGES)
    assert sums(ours, EDGES) + sums(theirs, EDGES) == both
    assert both - sums(theirs, EDGES) == sums(ours, EDGES)
    assert both - both == NOTHING == Sums(0, 0, 0, (0,) * 6)


@given(values, st.randoms())
def test_order_does_not_matter(ours, randomly):
    shuffled = list(ours)
    randomly.shuffle(shuffled)
    added = NOTHING
    for value in shuffled:
        added = added + sums([value], EDGES)
    assert added == sums(ours, EDGES)


@given(values)
def test_mean_and_spread_are_those_of_the_values(ours):
    found = sums(ours, EDGES)
    plain = [value / 100 for value in ours]
    assert mean(found, STEP) == (pytest.approx(fmean(plain)) if plain else None)
    expected = pytest.approx(stdev(plain), rel=1e-6, abs=1e-6) if len(plain) > 1 else None
    assert standard_deviation(found, STEP) == expected


def test_digits_do_not_cancel():
    # As floats, squares and total lose the difference of one step wholly.
    found = sums([8_640_000] * 999_999 + [8_639_999], None)
    assert standard_deviation(found, Decimal(1)) == pytest.approx(0.001, rel=1e-3)


@given(values.filter(bool), st.sampled_from((0.01, 0.5, 0.9, 0.95, 0.99, 1.0)))
def test_the_true_percentile_lies_within_the_bounds(ours, share):
    found = percentile(sums(ours, EDGES), EDGES, STEP, share)
    assert found is not None
    rank = ceil(Decimal(str(share)) * len(ours))
    true = sorted(ours)[rank - 1] / 100
    assert found.low <= true <= found.high
    assert found.low <= found.value <= found.high


@given(values.filter(bool))
def test_higher_shares_are_never_lower(ours):
    found = [
        percentile(sums(ours, EDGES), EDGES, STEP, share).value for share in (0.1, 0.5, 0.9, 0.95)
    ]
    assert found == sorted(found)


def test_a_bin_of_one_value_is_exact_and_others_are_filled_evenly():
    exact = percentile(sums([0] * 9 + [700], EDGES), EDGES, STEP, 0.9)
    assert (exact.value, exact.low, exact.high) == (0, 0, 0)
    spread = [percentile(sums([200] * 4, EDGES), EDGES, Decimal(1), n / 4).value for n in (1, 2, 4)]
    assert spread == [100 + 899 / 8, 100 + 899 * 3 / 8, 100 + 899 * 7 / 8]


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(ValueError, match="share"):
        percentile(sums([1], EDGES), EDGES, STEP, 0)
    for wrong in (Sums(2, 1, 1, (1, 0, 0, 0, 0, 0)), Sums(1, 1, 1, (1,)), Sums(1, 1, 1, None)):
        with pytest.raises(ValueError, match="does not belong"):
            percentile(wrong, EDGES, STEP, 0.5)
    assert percentile(NOTHING, EDGES, STEP, 0.5) is None


def test_values_beyond_the_edges_count_in_the_outermost_bin():
    assert sums([-5, 0, 9_000_000], EDGES).bins == (2, 0, 0, 0, 0, 1)
