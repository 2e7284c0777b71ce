import pytest

from hub.casework.precision import NOTHING_DECIDED, Precision, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "z", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 1.959964, 0.2553, 0.3662),
        (15, 148, 1.959964, 0.0624, 0.1605),
        (0, 20, 1.959964, 0.0, 0.1611),
        (1, 29, 1.959964, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_values(successes, trials, z, low, high):
    assert wilson(successes, trials, z) == pytest.approx((low, high), abs=5e-5)


def test_wilson_is_symmetrical_and_narrows():
    low, high = wilson(7, 10)
    mirrored = wilson(3, 10)
    assert (1 - high, 1 - low) == pytest.approx(mirrored)
    assert 0 < low < 0.7 < high < 1
    more = wilson(70, 100)
    assert more[1] - more[0] < high - low
    assert wilson(5, 5)[1] == 1.0
    assert wilson(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="6 successes of 5 trials"):
        wilson(6, 5)


def test_a_rule_is_proven_from_thirty_grounded_decisions():
    assert NOTHING_DECIDED.unknown_share is None
    assert not NOTHING_DECIDED.proven
    assert not Precision(100, 29, 0.9, 0.8, 0.95).proven
    proven = Precision(40, 30, 0.9, 0.8, 0.95)
    assert proven.proven
    assert proven.unknown_share == pytest.approx(0.25)
