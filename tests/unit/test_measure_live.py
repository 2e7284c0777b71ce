"""When a shift has ended; several counters of one process."""

import threading
from datetime import UTC, datetime, time, timedelta

import pytest

from edge_agent.counters import check_together, run_counters
from edge_agent.errors import SettingsError
from edge_agent.measure_live import ShiftEnds
from edge_agent.settings import AgentSettings

MORNING = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)  # 08:00 in Hanoi


def settings(folder, counter: str, **more) -> AgentSettings:
    return AgentSettings.model_validate(
        {
            "device_id": f"may-{counter[-2:]}",
            "branch": "hoan-kiem",
            "counter": counter,
            "state": folder,
            "hub_public_key": "ab" * 32,
            "broker_url": "mqtt://127.0.0.1:9",
            "source": {"path": "none.mp4"},
            **more,
        }
    )


def test_a_shift_ends_once_at_its_time_in_hanoi():
    ends = ShiftEnds((time(12, 0), time(17, 30)), MORNING)
    passed = [ends.passed(MORNING + timedelta(minutes=m)) for m in range(0, 1440, 10)]
    assert [index * 10 for index, yes in enumerate(passed) if yes] == [240, 570]


def test_a_night_without_measuring_ends_the_shift_too():
    ends = ShiftEnds((time(17, 30),), MORNING)
    assert ends.passed(MORNING + timedelta(days=1))
    assert not ends.passed(MORNING + timedelta(days=1, minutes=1))


def test_counters_of_one_process_have_a_folder_each_and_the_same_models(tmp_path):
    one = settings(tmp_path / "a", "quay-01")
    with pytest.raises(SettingsError, match="same state folder"):
        check_together([one, settings(tmp_path / "a", "quay-02")])
    with pytest.raises(SettingsError, match="share the models"):
        check_together([one, settings(tmp_path / "b", "quay-02", models={"beam_size": 5})])
    check_together([one, settings(tmp_path / "b", "quay-02")])


def test_a_counter_that_fails_is_told_and_stops_no_other(tmp_path, caplog):
    stop = threading.Event()
    for name in "ab":
        (tmp_path / name).mkdir(mode=0o700)
    both = [settings(tmp_path / "a", "quay-01"), settings(tmp_path / "b", "quay-02")]
    said: list[str] = []
    thread = threading.Thread(
        target=run_counters, args=(both, lambda: pytest.fail("no models"), {}, said.append, stop)
    )
    thread.start()
    try:
        for _ in range(200):
            told = [r.getMessage() for r in caplog.records if "tried again" in r.getMessage()]
            if len(told) == 2:
                break
            stop.wait(0.05)
        assert {text.split(":")[0] for text in told} == {"counter quay-01", "counter quay-02"}
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
