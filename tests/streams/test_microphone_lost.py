"""Sound servers that are killed, hang and come back; devices that go: told, and tried again."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import psutil

from edge_agent.capture.microphone import DeviceChannel
from schemas.vocabulary import Sensor, SensorState
from tests.streams.microphones import (
    CITIZEN,
    SOON_S,
    STAFF,
    STALLED_S,
    children,
    heard,
    listen,
    microphone,
    told,
    tones,
)
from tests.streams.signals import level_at


class TestWhatIsLost:
    def test_a_killed_server_is_told_in_time_and_its_return_too(self, pulse):
        pulse.play("counter", tones((440, -20), (1000, -32)))
        with listen(microphone("counter", STAFF, CITIZEN)) as listener:
            listener.wait(heard, SOON_S)
            before = len(listener.changes)
            for _ in range(3):
                count = len(listener.changes)
                pulse.kill()
                gone = told(SensorState.DISCONNECTED, STAFF.sensor, count)
                assert listener.wait(gone, SOON_S) < STALLED_S + 1
                listener.wait(lambda li: not li.last(0.5).any(), SOON_S)
                assert "counter" in str(listener.source._inputs[0].fault)
                pulse.start()
                pulse.play("counter", tones((440, -20), (1000, -32)))
                listener.wait(told(SensorState.OK, CITIZEN.sensor, count), SOON_S)
                listener.wait(heard, SOON_S)
                assert listener.source._inputs[0].fault is None
            staff, citizen = listener.last(0.1)
            assert level_at(staff, 440) > -30 > level_at(staff, 1000)
            assert level_at(citizen, 1000) > -40 > level_at(citizen, 440)
        changes = listener.changes[before:]
        states = [c.state for c in changes if c.sensor is STAFF.sensor]
        assert states == [SensorState.DISCONNECTED, SensorState.OK] * 3
        at = [c.at_s for c in changes]
        assert at == sorted(at)

    def test_a_server_that_hangs_is_a_stall(self, pulse):
        pulse.play("counter", tones((440, -20), (1000, -32)))
        with listen(microphone("counter", STAFF, CITIZEN)) as listener:
            listener.wait(heard, SOON_S)
            before = len(listener.changes)
            pulse.freeze()
            took_s = listener.wait(told(SensorState.STALLED, STAFF.sensor, before), SOON_S)
            assert STALLED_S / 2 < took_s < STALLED_S + 1.5
            pulse.thaw()
            listener.wait(told(SensorState.OK, STAFF.sensor, before), SOON_S)
            listener.wait(heard, SOON_S)

    def test_it_stops_at_once_while_the_server_hangs(self, pulse):
        pulse.play("counter", tones((440, -20), (1000, -32)))
        with listen(microphone("counter", STAFF, CITIZEN)) as listener:
            listener.wait(heard, SOON_S)
            before = len(listener.changes)
            pulse.freeze()
            listener.wait(told(SensorState.STALLED, STAFF.sensor, before), SOON_S)
            began = time.monotonic()
        assert time.monotonic() - began < 5
        pulse.thaw()
        assert children() == []

    def test_one_lost_device_does_not_touch_the_other(self, pulse):
        pulse.play("left", tones((440, -20)))
        pulse.play("right", tones((1000, -20)))
        citizen = DeviceChannel(0, 1, Sensor.MICROPHONE_CITIZEN)
        with listen(microphone("left", STAFF), microphone("right", citizen)) as listener:
            listener.wait(heard, SOON_S)
            victim = next(c for c in children() if '"left"' in " ".join(c.cmdline()))
            before, began = len(listener.changes), listener.sound.shape[1]
            for _ in range(3):
                count = len(listener.changes)
                victim.kill()
                listener.wait(told(SensorState.OK, STAFF.sensor, count), SOON_S)
                listener.wait(heard, SOON_S)
                victim = next(c for c in children() if '"left"' in " ".join(c.cmdline()))
            other = listener.sound[1, began:]
        assert {c.sensor for c in listener.changes[before:]} == {STAFF.sensor}
        assert np.sqrt(np.mean(other.reshape(-1, 512) ** 2, axis=1)).min() > 0.05

    def test_fifty_reconnections_leak_nothing(self, pulse):
        """Of two devices, 25 times both at once."""
        pulse.play("left", tones((440, -20), seconds=170))
        pulse.play("right", tones((1000, -20), seconds=170))
        citizen = DeviceChannel(0, 1, Sensor.MICROPHONE_CITIZEN)
        me = psutil.Process()
        counted: list[tuple[int, int, int]] = []
        memory: list[int] = []
        with listen(microphone("left", STAFF), microphone("right", citizen)) as listener:
            listener.wait(heard, SOON_S)
            for _ in range(25):
                counted.append((threading.active_count(), me.num_fds(), len(me.children())))
                memory.append(me.memory_info().rss)
                count = len(listener.changes)
                both = children()
                assert len(both) == 2
                for child in both:
                    child.kill()
                for side in (STAFF, citizen):
                    listener.wait(told(SensorState.OK, side.sensor, count), SOON_S)
                listener.forget()  # what the test itself keeps
            counted.append((threading.active_count(), me.num_fds(), len(me.children())))
        assert len(set(counted)) == 1
        assert memory[-1] - memory[5] < 3e6
        assert children() == []


class TestTheChild:
    def test_it_ends_with_a_killed_parent(self, pulse):
        program = """
            import sys, time
            from edge_agent.capture.inbox import Inbox, MediaClock
            from edge_agent.capture.microphone import DeviceChannel, MicrophoneInput
            from schemas.vocabulary import Sensor
            channel = DeviceChannel(0, 0, Sensor.MICROPHONE_SHARED)
            inbox = Inbox(1)
            MicrophoneInput("counter", [channel], stalled_s=5.0).start(inbox, MediaClock())
            while not inbox.take(1.0)[0]:
                pass
            print("hears", flush=True)
            time.sleep(600)
        """
        root = Path(__file__).parents[2]
        parent = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, cwd=root
        )
        assert parent.stdout is not None
        try:
            assert parent.stdout.readline() == b"hears\n"
            (child,) = psutil.Process(parent.pid).children()
        finally:
            parent.send_signal(signal.SIGKILL)
            parent.wait()
            parent.stdout.close()
        child.wait(SOON_S)

    def test_it_knows_no_secret_and_leaves_no_core(self, pulse, monkeypatch):
        monkeypatch.setenv("HAILONG_CAMERA_PASSWORD", "s3cret-of-the-camera")
        pulse.play("counter", tones((440, -20), (1000, -32)))
        with listen(microphone("counter", STAFF, CITIZEN)) as listener:
            listener.wait(heard, SOON_S)
            (child,) = children()
            assert child.rlimit(psutil.RLIMIT_CORE) == (0, 0)
            assert "s3cret" not in " ".join(child.cmdline())
            if os.geteuid() == 0:  # the kernel hides it from others, which is as good
                assert b"s3cret" not in Path(f"/proc/{child.pid}/environ").read_bytes()
