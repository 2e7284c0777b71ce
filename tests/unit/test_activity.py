"""What a counter did, in windows of 10 s of wall time, six to a message."""

import pytest

from schemas.vocabulary import Role
from tests.fakes import NOON, Scene


def test_windows_lie_on_whole_tens_of_wall_time_and_messages_on_whole_minutes():
    scene = Scene(100)
    scene.say(Role.STAFF, 12, 3)
    result = scene.run()
    starts = [w.at.second + 60 * w.at.minute for w in result.windows]
    assert starts == list(range(0, 110, 10))  # media time 0 is 5 s past the minute
    sizes = [len(d.payload.windows) for d in result.drafts if d.kind == "activity"]
    assert sizes == [6, 5]
    assert all(d.payload.windows[0].at.second == 0 for d in result.drafts if d.kind == "activity")


def test_a_window_holds_what_happened_in_it():
    scene = Scene(100)
    scene.citizen_there(15, 60)
    scene.staff_there(0, 30)
    scene.say(Role.STAFF, 16, 4, dbfs=-30)
    scene.say(Role.CITIZEN, 19, 3)
    windows = {(w.at - NOON).total_seconds(): w for w in scene.run().windows}
    first, busy, late = windows[-5], windows[15], windows[65]
    assert (first.audio_coverage, first.video_coverage) == (0.5, 0.5)
    assert busy.staff_speech_s == pytest.approx(4, abs=0.1)
    assert busy.citizen_speech_s == pytest.approx(3, abs=0.1)
    assert busy.overlap_s == pytest.approx(1, abs=0.1)
    assert busy.unknown_speech_s is None
    assert busy.staff_level_dbfs == pytest.approx(-34, abs=0.5)  # 4 s of 10
    assert busy.citizen_present_s == busy.staff_present_s == busy.in_interaction_s == 10
    assert windows[55].in_interaction_s == pytest.approx(4.7, abs=0.1)
    assert (late.citizen_present_s, late.staff_present_s, late.in_interaction_s) == (0, 0, 0)


def test_what_no_sensor_gave_is_none():
    scene = Scene(100, video=False)
    scene.fault("dead0", 20, 100)
    windows = {(w.at - NOON).total_seconds(): w for w in scene.run().windows}
    dead = windows[35]
    assert dead.staff_speech_s is dead.staff_level_dbfs is dead.overlap_s is None
    assert dead.citizen_speech_s == 0
    assert dead.audio_coverage == dead.video_coverage == 0
    assert dead.citizen_present_s is dead.staff_present_s is None
    assert windows[5].staff_speech_s == 0
    assert windows[15].audio_coverage == 0.5


def test_one_microphone_has_speech_of_nobody():
    scene = Scene(60, channels=1)
    scene.say(Role.UNKNOWN, 6, 3)
    windows = {(w.at - NOON).total_seconds(): w for w in scene.run().windows}
    assert windows[5].unknown_speech_s == pytest.approx(3, abs=0.1)
    assert windows[5].staff_speech_s is windows[5].citizen_speech_s is windows[5].overlap_s is None
    assert windows[5].citizen_level_dbfs is None
