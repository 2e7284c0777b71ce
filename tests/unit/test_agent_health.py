import pytest

from edge_agent.health import HealthReporter
from schemas.health import LossHealth, OutboxHealth, SensorHealth
from schemas.vocabulary import Sensor, SensorState

OUTBOX = OutboxHealth(waiting=3, oldest_waiting_s=4, dead_letters=0, bytes=4096)


def camera(state: SensorState = SensorState.OK, level: float | None = None) -> SensorHealth:
    return SensorHealth(sensor=Sensor.CAMERA, state=state, level_dbfs=level)


@pytest.fixture
def report():
    reporter = HealthReporter(60, "0.1.0", started_s=1000)

    def at(now_s, sensor=None, outbox=OUTBOX, losses=None, *, clock_trusted=True):
        return reporter.report(
            now_s,
            (sensor or camera(),),
            outbox,
            losses or LossHealth(),
            clock_trusted=clock_trusted,
        )

    return at


def test_first_look_and_then_each_interval(report):
    first = report(1002)
    assert (first.uptime_s, first.agent_version, first.outbox) == (2, "0.1.0", OUTBOX)
    assert report(1061.9) is None
    assert report(1062).uptime_s == 62
    assert report(1121.9) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"sensor": camera(SensorState.COVERED)},
        {"clock_trusted": False},
        {"outbox": OUTBOX.model_copy(update={"dead_letters": 1})},
        {"losses": LossHealth(model_failures=1)},
    ],
)
def test_a_change_is_told_at_once_and_once(report, changed):
    report(1000)
    assert report(1010, **changed) is not None
    assert report(1020, **changed) is None
    assert report(1069.9, **changed) is None
    assert report(1070, **changed) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"sensor": camera(level=-30)},
        {"outbox": OUTBOX.model_copy(update={"waiting": 9, "bytes": 1})},
        {"losses": LossHealth(audio_dropped_s=3)},
    ],
)
def test_what_moves_all_the_time_waits_for_the_interval(report, changed):
    report(1000)
    assert report(1010, **changed) is None


def test_a_sensor_that_flaps_is_told_once_a_second(report):
    report(1000)
    states = [SensorState.COVERED, SensorState.OK] * 25
    told = [report(1001 + n / 10, camera(state)) for n, state in enumerate(states)]
    assert len([t for t in told if t is not None]) == 5
