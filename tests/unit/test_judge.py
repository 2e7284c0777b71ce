"""Fairness in short, and the parts of `make bench-judge`."""

from itertools import groupby

import pytest

from benchmarks.judge import calibration, fairness, speed
from benchmarks.judge.groups import GROUPS, REFERENCE, stay, toneless
from schemas.vocabulary import Category, Missing, Role

BY_NAME = {group.name: group for group in GROUPS}
SHORT = ("the south", "hard of hearing", "writing or signing")


@pytest.fixture(scope="module")
def compared():
    """Three talks in the ways of four groups: about ten seconds."""
    found = fairness.compare(3, [BY_NAME[name] for name in SHORT])
    return {name: list(of) for name, of in groupby(found, key=lambda one: one.group)}


def test_no_groups_mean_shifts_by_more_than_its_interval(compared):
    assert list(compared) == [REFERENCE.name, *SHORT]
    for shown in compared.values():
        assert [one.figure for one in shown] == ["experience", "counter_part"]
        assert all(one.fair for one in shown)


def test_the_share_left_out_is_known_of_every_group(compared):
    left_out = {name: {one.left_out for one in shown} for name, shown in compared.items()}
    assert left_out == {
        REFERENCE.name: {0.0},
        "the south": {0.0},
        "hard of hearing": {0.0},
        "writing or signing": {1.0},
    }
    lines = fairness.notes([one for shown in compared.values() for one in shown])
    assert len(lines) == 4
    assert "left out 100%" in lines[-1]


def test_speaking_up_for_one_who_hears_badly_is_no_raised_voice():
    payload = stay(BY_NAME["hard of hearing"], 0)
    said = {hit.category for turn in payload.turns for hit in turn.hits}
    assert Category.HEARING_HELP in said
    louder = [t for t in payload.turns if t.role is Role.STAFF and t.loudness_above_baseline_db]
    assert max(t.loudness_above_baseline_db for t in louder) > 12, "the group must speak up"
    assert payload.measurements.raised_voice_s.staff == 0


def test_what_is_written_or_signed_is_missing_and_not_bad():
    payload = stay(BY_NAME["writing or signing"], 0)
    assert Missing.WRITTEN in payload.coverage.missing


def test_a_shift_beyond_the_interval_is_told():
    given = {"group": "x", "figure": "experience", "scored": 20, "of": 24, "mean": 70.0}
    assert fairness.Shown(**given, half=3.0, shift=-2.9).fair
    assert not fairness.Shown(**given, half=3.0, shift=-3.1).fair
    assert not fairness.Shown(**given, half=3.0, shift=3.1).fair
    unfair = [
        fairness.Shown(**{**given, "figure": name}, half=3.0, shift=-3.1)
        for name in ("experience", "counter_part")
    ]
    assert fairness.figures(unfair)[0].met is False


def test_lost_tones_leave_the_letters():
    assert [toneless(w) for w in ("giấy", "đường", "mày", "Việt", "bồi")] == [
        "giây", "đương", "may", "Viêt", "bôi"
    ]  # fmt: skip


def test_the_speed_is_measured_of_every_step():
    found = speed.figures(least_s=0.0, read=40)
    assert [figure.goal for figure in found] == [speed.GOAL, None, None, None]
    assert all(figure.value > 100 for figure in found)


def test_calibration_is_measured_where_answering_is_seen_and_where_it_is_not():
    seen = calibration.tried("observed", 1, 30, 15)
    hidden = calibration.tried("hidden", 1, 30, 15)
    assert 0.85 <= seen.held <= 0.95
    assert abs(seen.bias) < 2 < seen.unweighted
    assert hidden.bias > 1.5
    assert hidden.band_holds
