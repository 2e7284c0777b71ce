from edge_agent.overload import OverloadControl
from schemas.vocabulary import Overload


def follow(lags):
    control = OverloadControl()
    return [control.push(float(second), lag) for second, lag in enumerate(lags)]


def test_steps_are_taken_in_their_order_as_the_lag_grows():
    steps = follow(range(30))
    assert list(dict.fromkeys(steps)) == list(Overload)


def test_a_long_turn_is_no_overload():
    assert set(follow([0.3] * 10 + [3.5] + [0.3] * 10)) == {Overload.NONE}


def test_steps_are_left_one_at_a_time_after_calm():
    steps = follow([25] + [0.3] * 130)
    assert steps[0] is Overload.NO_WORDS
    assert steps[29] is Overload.NO_WORDS
    assert list(dict.fromkeys(steps)) == list(reversed(Overload))
    assert steps[-1] is Overload.NONE


def test_a_device_at_its_limit_does_not_swing():
    assert follow([9] + [0.3, 2.0] * 60)[-1] is Overload.SMALLER_BEAM
