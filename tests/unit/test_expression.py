"""The citizen's expression: who is read, when there is a figure, and what the model can bear."""

import itertools

import numpy as np
import pytest

from edge_agent.expression import ExpressionMeter
from edge_agent.guard import Guard
from edge_agent.models import catalog
from edge_agent.models.base import Face
from edge_agent.models.blazeface import BlazeFace
from edge_agent.models.scaling import scaled
from edge_agent.presence import PresenceSettings, PresenceStage, Zones
from schemas.vocabulary import SensorState
from tests.fakes import LEFT, RIGHT, Scene, ScriptedFaces


class ScriptedExpression:
    """Pleased, and remembers whose face it was given."""

    model_id = "scripted-expression:1"

    def __init__(self, value=0.6):
        self.value = value
        self.given = []

    def valence(self, picture, face):
        self.given.append(face)
        if self.value is None:
            raise RuntimeError("expression model failed")
        return self.value


def watch(scene, zones, expression):
    guard = Guard()
    stage = PresenceStage(ScriptedFaces(), zones, PresenceSettings(), guard, expression)
    for frame in scene._pictures():
        stage.push(frame)
    return stage, guard


def fed(values, fps=3.0):
    meter = ExpressionMeter()
    for number, value in enumerate(values):
        meter.push(number / fps, value)
    return meter


def test_off_by_default():
    scene = Scene(10)
    scene.citizen_there(0, 10)
    stage = PresenceStage(ScriptedFaces(), Zones(RIGHT, LEFT), PresenceSettings(), Guard())
    for frame in scene._pictures():
        stage.push(frame)
    assert stage.expression is None


def test_the_citizen_is_read_and_the_clerk_never():
    scene = Scene(30)
    scene.staff_there(0, 30)
    scene.citizen_there(10, 30)
    model = ScriptedExpression()
    stage, _ = watch(scene, Zones(RIGHT, LEFT), model)
    assert {face.centre for face in model.given} == {(0.75, 0.45)}
    assert stage.expression.summary(0, 10) is None
    summary = stage.expression.summary(10, 30)
    assert summary.mean_valence == pytest.approx(0.6)
    assert summary.coverage == pytest.approx(0.98, abs=0.03)
    assert 55 <= summary.samples <= 60


def test_a_face_in_both_zones_is_never_read():
    scene = Scene(10)
    scene.citizen_there(0, 10)
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    model = ScriptedExpression()
    watch(scene, Zones(RIGHT, whole), model)  # the citizen's zone lies within staff's
    assert model.given == []
    watch(scene, Zones(RIGHT, LEFT), model)  # and the same face is read where it does not
    assert model.given


def test_a_failing_model_is_missing_and_counted():
    scene = Scene(10)
    scene.citizen_there(0, 10)
    stage, guard = watch(scene, Zones(RIGHT, LEFT), ScriptedExpression(None))
    assert stage.expression.summary(0, 10) is None
    assert guard.by_stage["expression"] == 29  # all but the first, which might be nobody


def test_what_was_read_of_a_frozen_picture_is_no_reading():
    scene = Scene(40)
    scene.citizen_there(0, 40)
    scene.fault("frozen", 10, 40)
    stage, _ = watch(scene, Zones(RIGHT, LEFT), ScriptedExpression())
    assert stage.sensor is SensorState.FROZEN
    assert stage.expression.summary(0, 9) is not None
    assert stage.expression.summary(10, 40) is None


@pytest.mark.parametrize(
    ("values", "there"),
    [
        ([0.5] * 11, True),
        ([0.5] * 10, False),  # the last picture's length is not yet known
        ([0.5] * 20 + [None] * 40, True),
        ([0.5] * 17 + [None] * 43, False),  # under .3 of the interval
        ([None] * 60, False),
        ([], False),
    ],
)
def test_few_pictures_or_little_of_the_stay_is_no_figure(values, there):
    meter = fed(values)
    assert (meter.summary(0, max(1.0, len(values) / 3)) is not None) is there


def test_the_mean_is_of_time_not_of_pictures():
    meter = ExpressionMeter()
    times = [*np.arange(0, 10, 0.2), *np.arange(10, 21, 1.0)]
    for at_s in times:
        meter.push(float(at_s), 1.0 if at_s < 10 else -1.0)
    assert meter.summary(0, 20).mean_valence == pytest.approx(0.0, abs=0.15)
    assert meter.summary(0, 20).coverage == pytest.approx(1.0)


def test_one_misread_picture_moves_a_smoothed_reading_little():
    steady = [0.8] * 30
    wrong = [*steady[:15], -1.0, *steady[16:]]
    assert fed(wrong).summary(5, 6) is None
    assert fed(wrong).summary(0, 9).mean_valence > 0.7


def test_a_gap_is_not_covered_and_the_past_is_forgotten():
    meter = ExpressionMeter()
    for at_s in itertools.chain(range(20), range(60, 80)):
        meter.push(float(at_s), 0.4)
    assert meter.summary(0, 80).coverage == pytest.approx(0.5, abs=0.02)
    meter.forget(40)
    assert meter.summary(0, 40) is None
    assert meter.summary(40, 80) is not None


def test_memory_is_bounded_by_the_longest_stay():
    meter = ExpressionMeter()
    for second in range(5 * 3600):
        meter.push(float(second), 0.1)
    assert len(meter._seconds) <= 4 * 3600 + 61


@pytest.fixture(scope="module")
def astronaut():
    """A smiling face, its picture as capture gives it, and the real models."""
    data = pytest.importorskip("skimage.data", reason="needs scikit-image")
    picture = scaled(data.astronaut(), 384, 384).astype(np.uint8)
    folder = catalog.resources.files("edge_agent.models") / "data"
    (face,) = BlazeFace(folder / "blaze_full.onnx", "blazeface").faces(picture)
    return catalog.load_expression(), picture, face


def test_a_smile_is_pleased_whatever_the_light_and_the_box(astronaut):
    model, picture, face = astronaut
    assert model.model_id == "mini_xception:930195df"
    assert model.valence(picture, face) > 0.9
    for gain in (0.5, 1.5):
        light = (picture * np.float32(gain)).clip(0, 255).astype(np.uint8)
        assert model.valence(light, face) > 0.9
    for dx, dy in itertools.product((-0.15, 0.15), repeat=2):
        moved = Face(
            face.x + dx * face.width, face.y + dy * face.height, face.width, face.height, 1
        )
        assert model.valence(picture, moved) > 0.9


def test_what_is_small_blurred_or_cut_off_is_not_read(astronaut):
    model, picture, face = astronaut
    ndimage = pytest.importorskip("scipy.ndimage", reason="needs SciPy")
    blurred = ndimage.gaussian_filter(picture, (3, 3, 0))
    assert model.valence(blurred, face) is None
    small = scaled(picture, 96, 96).astype(np.uint8)
    assert model.valence(small, face) is None
    assert model.valence(picture[:, :150], Face(0.8, 0.13, 0.4, 0.2, 0.9)) is None
    flat = np.full_like(picture, 128)
    assert model.valence(flat, face) is None


def test_pictures_are_scaled_by_their_mean():
    picture = np.random.default_rng(1).integers(0, 255, (288, 384, 3)).astype(np.uint8)
    halved = scaled(picture, 144, 192)
    exact = picture.reshape(144, 2, 192, 2, 3).mean(axis=(1, 3))
    assert np.abs(halved - exact).max() <= 0.5
    ramp = np.tile(np.arange(0, 240, 2, dtype=np.uint8), (60, 1))
    assert np.abs(np.diff(scaled(ramp, 37, 71), axis=1) - 2 * 120 / 71).max() < 1.5
    assert scaled(ramp, 90, 180).shape == (90, 180)
