"""frame -> presence: present, absent, and all the ways of not knowing."""

import logging

import numpy as np
import pytest

from edge_agent.capture.frame import VideoFrame
from edge_agent.guard import Guard
from edge_agent.models.base import Face
from edge_agent.polygon import area, contains, outside_by
from edge_agent.presence import PresenceSettings, PresenceStage, Zones
from edge_agent.zone_history import Presence, PresenceChange, ZoneHistory
from schemas.vocabulary import Role, SensorState
from tests.fakes import LEFT, RIGHT, Scene, ScriptedFaces

PRESENT, ABSENT, UNKNOWN = Presence.PRESENT, Presence.ABSENT, Presence.UNKNOWN


def watch(scene, zones=None, until_s=None):
    """The stage, and each zone's history."""
    guard = Guard()
    stage = PresenceStage(ScriptedFaces(), zones or Zones(RIGHT, LEFT), PresenceSettings(), guard)
    histories = {Role.CITIZEN: ZoneHistory(), Role.STAFF: ZoneHistory()}
    for frame in scene._pictures():
        for change in stage.push(frame):
            histories[change.zone].add(change)
    for change in stage.tick(until_s or 0.0):
        histories[change.zone].add(change)
    return stage, histories


def states(history, end_s, start_s=0.0):
    return [
        (s.state, round(s.start_s, 1), round(s.end_s, 1)) for s in history.stretches(start_s, end_s)
    ]


def test_a_face_makes_its_own_zone_present_from_its_first_picture():
    scene = Scene(30)
    scene.citizen_there(5, 20)
    scene.staff_there(0, 30)
    _, zones = watch(scene)
    assert states(zones[Role.CITIZEN], 30) == [
        (ABSENT, 0, 5),
        (PRESENT, 5, 20),
        (ABSENT, 20, 30),
    ]
    assert states(zones[Role.STAFF], 30) == [(PRESENT, 0, 30)]


def test_one_false_face_is_nobody_and_a_turned_head_stays():
    scene = Scene(30)
    scene.citizen_there(5, 5.2)
    scene.citizen_there(10, 15)
    scene.citizen_there(16.5, 20)
    _, zones = watch(scene)
    assert states(zones[Role.CITIZEN], 22) == [(ABSENT, 0, 10), (PRESENT, 10, 20), (ABSENT, 20, 22)]


def test_each_sighting_is_told_with_its_time():
    scene = Scene(10)
    scene.citizen_there(0, 10)
    stage = PresenceStage(ScriptedFaces(), Zones(RIGHT, None), PresenceSettings(), Guard())
    changes = [c for frame in scene._pictures() for c in stage.push(frame)]
    assert {c.since_s for c in changes} == {0.0}
    assert changes[-1].known_s == pytest.approx(9.67, abs=0.01)


@pytest.mark.parametrize(
    ("fault", "sensor", "from_s"),
    [("dark", SensorState.COVERED, 10), ("frozen", SensorState.FROZEN, 9.7)],
)
def test_a_picture_that_shows_nothing_valid_says_unknown(fault, sensor, from_s):
    scene = Scene(40)
    scene.citizen_there(0, 40)
    scene.fault(fault, 10, 40)
    stage, zones = watch(scene)
    assert stage.sensor is sensor
    assert states(zones[Role.CITIZEN], 40) == [(PRESENT, 0, from_s), (UNKNOWN, from_s, 40)]


def test_a_still_picture_for_some_seconds_is_not_frozen():
    scene = Scene(40)
    scene.citizen_there(0, 40)
    scene.fault("frozen", 10, 24)
    _, zones = watch(scene)
    assert states(zones[Role.CITIZEN], 40) == [(PRESENT, 0, 40)]


def test_a_frozen_picture_that_is_encoded_anew_is_frozen():
    """Key frame and what follows it differ a little, and come again and again."""
    rng = np.random.default_rng(4)
    group = [rng.integers(60, 190, (24, 32, 3)).astype(np.uint8) for _ in range(6)]
    stage = PresenceStage(ScriptedFaces(), Zones(RIGHT, None), PresenceSettings(), Guard())
    for number in range(60):
        stage.push(VideoFrame(number / 3, group[number % 6]))
    assert stage.sensor is SensorState.FROZEN


def test_pictures_that_stop_coming_make_it_unknown_from_the_last():
    scene = Scene(10)
    scene.citizen_there(0, 10)
    stage, zones = watch(scene, until_s=14.0)
    assert states(zones[Role.CITIZEN], 14) == [(PRESENT, 0, 14)]
    stage, zones = watch(scene, until_s=15.0)
    assert states(zones[Role.CITIZEN], 15) == [(PRESENT, 0, 9.7), (UNKNOWN, 9.7, 15)]
    assert stage.sensor is SensorState.STALLED


def test_a_gap_is_found_also_when_the_next_picture_comes_before_the_tick():
    scene = Scene(40)
    scene.citizen_there(0, 40)
    scene.fault("gap", 10, 20)
    _, zones = watch(scene)
    assert states(zones[Role.CITIZEN], 40) == [
        (PRESENT, 0, 9.7),
        (UNKNOWN, 9.7, 20),
        (PRESENT, 20, 40),
    ]


def test_a_failing_detector_makes_it_unknown_and_is_counted(caplog):
    scene = Scene(20)
    scene.citizen_there(0, 20)
    scene.fault("fails", 5, 10)
    guard = Guard()
    stage = PresenceStage(ScriptedFaces(), Zones(RIGHT, LEFT), PresenceSettings(), guard)
    history = ZoneHistory()
    with caplog.at_level(logging.ERROR):
        for frame in scene._pictures():
            for change in stage.push(frame):
                if change.zone is Role.CITIZEN:
                    history.add(change)
    assert guard.by_stage == {"presence": 15}
    assert states(history, 20) == [(PRESENT, 0, 5), (UNKNOWN, 5, 10), (PRESENT, 10, 20)]
    assert len(caplog.records) == 2  # the 1st and the 10th


def test_a_staff_zone_that_no_camera_sees_says_nothing():
    scene = Scene(10)
    scene.staff_there(0, 10)
    _, zones = watch(scene, Zones(RIGHT, None))
    assert states(zones[Role.STAFF], 10) == [(UNKNOWN, 0, 10)]


class Boxes:
    """Gives each picture the next faces of a list."""

    model_id = "boxes:1"

    def __init__(self, faces):
        self._faces = iter(faces)

    def faces(self, picture):
        return next(self._faces)


def face(x, y=0.5, size=0.2):
    """By its centre."""
    return Face(x - size / 2, y - size / 2, size, size, 0.9)


def play(pictures, zones=None, fps=3.0, **settings):
    """Histories of both zones where each picture shows these faces."""
    rng = np.random.default_rng(3)
    stage = PresenceStage(
        Boxes(pictures), zones or Zones(RIGHT, LEFT), PresenceSettings(**settings), Guard()
    )
    histories = {Role.CITIZEN: ZoneHistory(), Role.STAFF: ZoneHistory()}
    for number in range(len(pictures)):
        picture = rng.integers(60, 190, (24, 32, 3)).astype(np.uint8)
        for change in stage.push(VideoFrame(number / fps, picture)):
            histories[change.zone].add(change)
    return histories


@pytest.mark.parametrize("fps", [5.0, 3.0, 2.0, 1.0])
def test_how_many_pictures_come_a_second_changes_little(fps):
    """10 s nobody, 20 s somebody, 10 s nobody, seen at any rate."""
    pictures = [[face(0.75)] if 10 <= n / fps < 30 else [] for n in range(int(40 * fps))]
    citizen = play(pictures, fps=fps)[Role.CITIZEN]
    assert states(citizen, 40) == [(ABSENT, 0, 10), (PRESENT, 10, 30), (ABSENT, 30, 40)]


@pytest.mark.parametrize("fps", [5.0, 3.0, 1.0])
def test_a_face_found_in_every_second_picture_is_there_throughout(fps):
    pictures = [[face(0.75)] if n % 2 == 0 else [] for n in range(int(30 * fps))]
    citizen = play(pictures, fps=fps)[Role.CITIZEN]
    assert states(citizen, 30) == [(PRESENT, 0, 30)]


def test_single_false_faces_never_make_somebody():
    pictures = [[face(0.75)] if n % 3 == 0 else [] for n in range(60)]
    citizen = play(pictures)[Role.CITIZEN]
    assert states(citizen, 20)[-1][0] is not PRESENT


def test_a_face_that_shakes_on_the_edge_enters_once_and_stays():
    rng = np.random.default_rng(1)
    pictures = [[face(0.51)]] * 3 + [[face(0.5 + x)] for x in rng.normal(0, 0.02, 60)]
    citizen = play(pictures)[Role.CITIZEN]
    assert states(citizen, 20) == [(PRESENT, 0, 20)]


def test_a_face_leaves_when_it_is_out_by_the_margin():
    walk = [[face(0.75 - 0.02 * n)] for n in range(20)]  # to .37; out by half a face at .40
    citizen = play(walk + [[face(0.37)]] * 12, Zones(RIGHT, None), fps=2.0)[Role.CITIZEN]
    (there, gone) = states(citizen, 16)
    assert there == (PRESENT, 0, 9)
    assert gone[0] is ABSENT


def test_a_neighbour_just_outside_does_not_stand_in_for_who_has_gone():
    pictures = [[face(0.9), face(0.44)]] * 12 + [[face(0.44)]] * 18
    citizen = play(pictures, Zones(RIGHT, None))[Role.CITIZEN]
    assert states(citizen, 10) == [(PRESENT, 0, 4), (ABSENT, 4, 10)]


def test_small_faces_of_the_queue_are_nobody_and_a_trembling_size_stays():
    queue = [[face(0.75, 0.3, 0.09)]] * 30
    assert states(play(queue, min_face=0.1)[Role.CITIZEN], 10) == [(ABSENT, 0, 10)]
    near = [[face(0.75, size=0.101)], [face(0.75, size=0.09)]] * 15
    assert states(play(near, min_face=0.1)[Role.CITIZEN], 10) == [(PRESENT, 0, 10)]


def test_in_overlapping_zones_one_face_is_one_person():
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    clerk = play([[face(0.2)]] * 12, Zones(whole, LEFT))
    assert states(clerk[Role.STAFF], 4) == [(PRESENT, 0, 4)]
    assert states(clerk[Role.CITIZEN], 4) == [(ABSENT, 0, 4)]
    leaning = [[face(0.6 - 0.01 * n)] for n in range(30)]  # in from the right, to .31
    citizen = play(leaning, Zones(whole, LEFT))
    assert states(citizen[Role.CITIZEN], 10) == [(PRESENT, 0, 10)]
    assert states(citizen[Role.STAFF], 10) == [(ABSENT, 0, 10)]


def test_a_lost_camera_is_unknown_until_pictures_come_again():
    scene = Scene(40)
    scene.citizen_there(0, 40)
    stage = PresenceStage(ScriptedFaces(), Zones(RIGHT, LEFT), PresenceSettings(), Guard())
    history = ZoneHistory()
    pictures = list(scene._pictures())
    for frame in pictures:
        if frame.at_s < 10 or frame.at_s >= 30:
            for change in stage.push(frame):
                if change.zone is Role.CITIZEN:
                    history.add(change)
        elif 10 <= frame.at_s < 10.3:
            told = stage.lost(frame.at_s, SensorState.DISCONNECTED)
            assert {(c.zone, c.state, c.since_s) for c in told} == {
                (Role.CITIZEN, UNKNOWN, 10.0),
                (Role.STAFF, UNKNOWN, 10.0),
            }
            history.add(next(c for c in told if c.zone is Role.CITIZEN))
            assert stage.sensor is SensorState.DISCONNECTED
            assert stage.tick(25.0) == []
            assert stage.sensor is SensorState.DISCONNECTED
    assert states(history, 40) == [(PRESENT, 0, 10), (UNKNOWN, 10, 30), (PRESENT, 30, 40)]
    assert stage.sensor is SensorState.OK


def test_the_stage_keeps_no_picture():
    """Law 1: what stays after a push is too small to hold even a thumbnail."""
    scene = Scene(5)
    scene.citizen_there(0, 5)
    stage = PresenceStage(ScriptedFaces(), Zones(RIGHT, LEFT), PresenceSettings(), Guard())
    for frame in scene._pictures():
        stage.push(frame)
        kept = [value for value in vars(stage).values() if hasattr(value, "__len__")]
        assert not [value for value in vars(stage).values() if isinstance(value, np.ndarray)]
        assert max(len(value) for value in kept) <= 16


def test_polygon():
    triangle = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    assert contains(triangle, (0.2, 0.2))
    assert not contains(triangle, (0.8, 0.8))
    assert not contains(triangle, (-0.1, 0.2))
    assert area(triangle) == 0.5
    assert outside_by(triangle, (0.2, 0.2), (0.1, 0.1)) == 0
    assert outside_by(triangle, (0.2, -0.3), (0.2, 0.1)) == pytest.approx(3.0)
    assert outside_by(triangle, (-0.3, -0.4), (1.0, 1.0)) == pytest.approx(0.5)


def change(state, since_s, known_s=None):
    return PresenceChange(Role.CITIZEN, state, since_s, known_s or since_s)


def test_late_knowledge_takes_the_place_of_what_was_thought():
    history = ZoneHistory()
    for one in (change(PRESENT, 5), change(ABSENT, 30), change(UNKNOWN, 28), change(PRESENT, 28)):
        history.add(one)
    assert states(history, 40) == [(UNKNOWN, 0, 5), (PRESENT, 5, 40)]
    history.add(change(UNKNOWN, 3))
    assert states(history, 40) == [(UNKNOWN, 0, 40)]


def test_a_history_forgets_only_what_no_question_can_need():
    history = ZoneHistory()
    for at in range(0, 100, 10):
        history.add(change(PRESENT if at % 20 else ABSENT, at))
    before = history.stretches(50, 100)
    history.forget(50)
    assert history.stretches(50, 100) == before
    assert history.seconds(50, 100, PRESENT) == 30


def test_a_pictures_repr_hides_it():
    assert repr(VideoFrame(2.0, np.full((2, 2, 3), 77, np.uint8))) == "VideoFrame(2.00 s)"
