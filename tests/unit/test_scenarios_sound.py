"""Scenarios once more, spoken by synthesised voices and read by the real Whisper."""

import pytest

from tests.scenarios import spoken
from tests.scenarios.judge import judge_played
from tests.scenarios.scenario_files import load

SPOKEN = [one for one in load() if one.sound is not None]


@pytest.mark.parametrize("scenario", SPOKEN, ids=lambda one: f"{one.file}:{one.line}")
def test_a_scenario_holds_through_sound_and_whisper(scenario):
    why = spoken.why_not()
    if why is not None:
        pytest.skip(why)
    played = spoken.play_sound(scenario)
    assert not judge_played(scenario, played, spoken.expected(scenario)).wrong, scenario.name


def test_lines_keep_their_gaps_whatever_their_length():
    script = SPOKEN[0].script
    timed = spoken.timed(script, [one.lasting_s * 2 for one in script.lines])
    gaps = [
        [round(b.at_s - a.end_s, 2) for a, b in zip(x.lines, x.lines[1:], strict=False)]
        for x in (script, timed)
    ]
    assert gaps[0] == gaps[1]
    assert timed.end_s == pytest.approx(timed.lines[-1].end_s + 2.0)
