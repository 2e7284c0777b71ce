"""Ticks against hits: one to one, within the tolerance, nothing counted twice."""

from collections import Counter
from datetime import timedelta
from itertools import combinations
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.truth.matching import (
    Hit,
    Outcome,
    Reason,
    Ticked,
    Unseen,
    Watch,
    match,
    pair,
    silent_stretches,
)
from hub.truth.watched import Thing
from tests.builders import NOW

GREETING = Thing("category", "greeting", "staff")
THANKS = Thing("category", "thanks", "staff")
ABUSIVE = Thing("category", "abusive", "citizen")
LONG = Watch(NOW, NOW + timedelta(hours=1))
TOLERANCE_S = 10.0


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def ticked(*seconds, thing=GREETING):
    return [Ticked(thing, at(s), UUID(int=n)) for n, s in enumerate(seconds)]


def heard(*seconds, thing=GREETING):
    return [Hit(thing, at(s)) for s in seconds]


def outcomes(found):
    return Counter(str(one.outcome) for one in found)


def test_a_hit_belongs_to_one_tick_and_says_how_much_later_it_lies():
    found = match(ticked(100, 104), heard(97), LONG)
    assert outcomes(found) == {"found": 1, "missed": 1}
    assert [one.later_s for one in found if one.outcome is Outcome.FOUND] == [-3.0]


def test_beyond_the_tolerance_it_is_missed_and_a_false_alarm():
    assert outcomes(match(ticked(100), heard(110), LONG)) == {"found": 1}
    assert outcomes(match(ticked(100), heard(110.1), LONG)) == {"missed": 1, "false_alarm": 1}


def test_another_kind_or_side_is_another_thing():
    other_side = [Hit(Thing("category", "greeting", "citizen"), at(100))]
    assert outcomes(match(ticked(100), heard(100, thing=THANKS), LONG)) == {
        "missed": 1,
        "false_alarm": 1,
    }
    assert outcomes(match(ticked(100), other_side, LONG)) == {"missed": 1, "false_alarm": 1}


def test_what_was_not_measured_is_left_out_with_its_reason():
    muted = Unseen(at(200), at(300), Reason.MUTED)
    watch = Watch(NOW, at(3600), [muted])
    found = match(ticked(250, 305, 700), heard(195, 290, 705), watch)
    assert outcomes(found) == {"found": 1, "left_out": 4}
    assert Counter(one.reason for one in found if one.reason) == {Reason.MUTED: 2, Reason.EDGE: 2}


def test_a_kind_that_is_not_sent_is_left_out_alone():
    watch = Watch(NOW, at(3600), [Unseen(NOW, at(900), Reason.NOT_SENT, frozenset({THANKS}))])
    found = match([*ticked(100), *ticked(200, thing=THANKS)], [], watch)
    assert {(one.thing, one.outcome, one.reason) for one in found} == {
        (GREETING, Outcome.MISSED, None),
        (THANKS, Outcome.LEFT_OUT, Reason.NOT_SENT),
    }


def test_near_the_sessions_edges_nothing_counts_and_outside_nothing_is_there():
    found = match(ticked(3, 3596), heard(-5, 8, 3605), LONG)
    assert outcomes(found) == {"left_out": 2}
    assert {one.reason for one in found} == {Reason.EDGE}


def test_windows_that_were_not_heard_are_unseen():
    starts = [at(s) for s in (-10, 0, 10, 40, 50, 100)]
    found = silent_stretches(starts, timedelta(seconds=10), NOW, at(105))
    assert [(one.from_at, one.to_at) for one in found] == [(at(20), at(40)), (at(60), at(100))]
    assert silent_stretches([], timedelta(seconds=10), NOW, at(9))[0].to_at == at(9)


SECONDS = st.lists(st.integers(-30, 400), max_size=12)
THINGS = st.sampled_from([GREETING, THANKS, ABUSIVE])
POINTS = st.lists(st.tuples(THINGS, st.integers(-30, 400)), max_size=14)
GAPS = st.lists(
    st.tuples(st.integers(0, 380), st.integers(1, 80), st.sampled_from(Reason)), max_size=3
)


def all_of(ticks, hits, gaps=(), shift_s=0.0):
    unseen = [Unseen(at(a + shift_s), at(a + b + shift_s), why) for a, b, why in gaps]
    watch = Watch(at(shift_s), at(370 + shift_s), unseen)
    return match(
        [Ticked(thing, at(s + shift_s), UUID(int=n)) for n, (thing, s) in enumerate(ticks)],
        [Hit(thing, at(s + shift_s)) for thing, s in hits],
        watch,
        TOLERANCE_S,
    )


@settings(max_examples=200, deadline=None)
@given(POINTS, POINTS, GAPS)
def test_nothing_is_counted_twice_and_nothing_is_lost(ticks, hits, gaps):
    found = all_of(ticks, hits, gaps)
    within = sum(0 <= s < 370 for _, s in ticks), sum(0 <= s < 370 for _, s in hits)
    counted = outcomes(found)
    # A pair that is left out is two points; each other line is one, a pair that was found two.
    points = sum(within)
    least = counted["missed"] + counted["false_alarm"] + 2 * counted["found"]
    assert least + counted["left_out"] <= points <= least + 2 * counted["left_out"]
    assert counted["found"] + counted["missed"] <= within[0]
    assert counted["found"] + counted["false_alarm"] <= within[1]
    assert all(abs(one.later_s) <= TOLERANCE_S for one in found if one.later_s is not None)


@settings(max_examples=200, deadline=None)
@given(POINTS, POINTS, GAPS, st.randoms(use_true_random=False), st.integers(-9999, 9999))
def test_neither_order_nor_the_time_of_day_matters(ticks, hits, gaps, chance, shift_s):
    plain = all_of(ticks, hits, gaps)
    mixed_ticks, mixed_hits = list(ticks), list(hits)
    chance.shuffle(mixed_ticks)
    chance.shuffle(mixed_hits)
    assert all_of(mixed_ticks, mixed_hits, gaps, shift_s) == plain


def most_pairs(ticks, hits):
    """By trying every way: the smaller side's members each to one of the other's."""
    near = [[abs(t - h) <= TOLERANCE_S for h in hits] for t in ticks]

    def fits(subset):
        used: dict[int, int] = {}

        def place(tick, seen):
            for hit in range(len(hits)):
                if near[tick][hit] and hit not in seen:
                    seen.add(hit)
                    if hit not in used or place(used[hit], seen):
                        used[hit] = tick
                        return True
            return False

        return all(place(tick, set()) for tick in subset)

    for size in range(len(ticks), 0, -1):
        if any(fits(subset) for subset in combinations(range(len(ticks)), size)):
            return size
    return 0


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 90), max_size=6),
    st.lists(st.integers(0, 90), max_size=6),
)
def test_as_many_are_paired_as_can_be(ticks, hits):
    pairs = pair(
        [at(s) for s in sorted(ticks)], [at(s) for s in sorted(hits)], timedelta(seconds=10)
    )
    assert len(pairs) == most_pairs(sorted(ticks), sorted(hits))
    assert len({t for t, _ in pairs}) == len({h for _, h in pairs}) == len(pairs)


@settings(max_examples=100, deadline=None)
@given(SECONDS, SECONDS, st.integers(0, 370))
def test_one_hit_more_never_misses_more(ticks, hits, more):
    def of(seconds):
        return outcomes(match(ticked(*ticks), heard(*seconds), Watch(NOW, at(370))))

    assert of([*hits, more])["missed"] <= of(hits)["missed"]


@settings(max_examples=100, deadline=None)
@given(SECONDS, SECONDS, st.integers(0, 300), st.integers(1, 60))
def test_a_pause_only_ever_takes_away(ticks, hits, start, length):
    pause = Unseen(at(start), at(start + length), Reason.MUTED)
    before = outcomes(match(ticked(*ticks), heard(*hits), Watch(NOW, at(370))))
    after = outcomes(match(ticked(*ticks), heard(*hits), Watch(NOW, at(370), [pause])))
    assert (
        after["found"] + after["missed"] <= before["found"] + before["missed"] + before["left_out"]
    )
    assert after["found"] <= before["found"] + before["left_out"]
