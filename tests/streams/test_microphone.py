"""Microphones through PortAudio on a real PulseAudio: what another process plays is heard."""

import time

import numpy as np
import pytest

from edge_agent.capture.devices import Microphone, level_line, meter, microphones
from edge_agent.capture.frame import SAMPLE_RATE
from edge_agent.capture.inbox import Inbox, MediaClock
from edge_agent.capture.microphone import DeviceChannel
from edge_agent.errors import CaptureError
from schemas.vocabulary import Sensor, SensorState
from tests.streams.listener import Listener
from tests.streams.microphones import (
    CITIZEN,
    SOON_S,
    STAFF,
    STALLED_S,
    heard,
    listen,
    microphone,
    tones,
)
from tests.streams.pulse import RATE
from tests.streams.signals import level_at, tone


def plays(*wanted: tuple[float, float]):
    """For half a second each channel has its tone at its level, and none of the others'."""

    def met(listener: Listener) -> bool:
        sides = listener.last(0.5)
        return sides.shape[1] == SAMPLE_RATE // 2 and all(
            abs(level_at(tenth, hz) - dbfs) < 0.5
            and all(level_at(tenth, other) < -75 for other, _ in wanted if other != hz)
            for samples, (hz, dbfs) in zip(sides, wanted, strict=True)
            for tenth in samples.reshape(5, -1)
        )

    return met


class TestWhatIsHeard:
    def test_each_side_on_its_channel_with_its_level(self, pulse):
        pulse.play("counter", tones((440, -20), (1000, -32)))
        with listen(microphone("counter", STAFF, CITIZEN)) as listener:
            listener.wait(plays((440, -20), (1000, -32)), SOON_S)

    def test_the_settings_say_which_channel_is_whose(self, pulse):
        pulse.play("counter", tones((440, -20), (1000, -32)))
        swapped = (
            DeviceChannel(1, 0, Sensor.MICROPHONE_STAFF),
            DeviceChannel(0, 1, Sensor.MICROPHONE_CITIZEN),
        )
        with listen(microphone("counter", *swapped)) as listener:
            listener.wait(plays((1000, -32), (440, -20)), SOON_S)

    def test_one_channel_of_two_alone(self, pulse):
        pulse.play("counter", tones((440, -20), (1000, -32)))
        alone = DeviceChannel(1, 0, Sensor.MICROPHONE_SHARED)
        with listen(microphone("counter", alone)) as listener:
            mine = plays((1000, -32))
            listener.wait(lambda li: mine(li) and level_at(li.last(0.5)[0], 440) < -75, SOON_S)

    @pytest.mark.parametrize("rate", [48_000, 44_100])
    def test_a_device_with_a_rate_of_its_own_is_resampled(self, pulse, rate):
        pulse.play("counter", tones((440, -20), (3000, -32)))
        with listen(microphone("counter", STAFF, CITIZEN, rate=rate)) as listener:
            listener.wait(plays((440, -20), (3000, -32)), SOON_S)

    def test_two_devices_are_aligned(self, pulse):
        """One player into both sinks: what sounds at once is at one place in media time."""
        pulse.control("load-module", "module-combine-sink", "sink_name=both", "slaves=left,right")
        every = np.zeros(RATE // 2, np.float32)
        every[: RATE // 20] = tone(440, 0.05, -10, RATE)
        pulse.play("both", np.tile(every, 200)[np.newaxis])
        citizen = DeviceChannel(0, 1, Sensor.MICROPHONE_CITIZEN)
        with listen(microphone("left", STAFF), microphone("right", citizen)) as listener:
            listener.wait(lambda li: li.last(0.5).any(axis=1).all() and li._sound, SOON_S)
            more = listener.sound.shape[1] + 4 * SAMPLE_RATE
            listener.wait(lambda li: li.sound.shape[1] > more, SOON_S)
            sides = listener.last(3)
        begins = [onsets(side) for side in sides]
        assert min(map(len, begins)) >= 4
        nearest = [min(abs(a - b) for b in begins[1]) for a in begins[0][1:-1]]
        assert max(nearest) < 0.06
        for side in begins:  # and half a second stays half a second
            assert np.abs(np.diff(side) - 0.5).max() < 0.02

    def test_a_muted_one_gives_digital_silence(self, pulse):
        """That it is dead is found from the sound itself, by a later stage."""
        pulse.play("counter", tones((440, -20), (1000, -32)))
        with listen(microphone("counter", STAFF, CITIZEN)) as listener:
            listener.wait(heard, SOON_S)
            before = len(listener.changes)
            pulse.control("set-sink-mute", "counter", "1")
            listener.wait(lambda li: not li.last(0.5).any(), SOON_S)
            time.sleep(1.5 * STALLED_S)  # silence must not become a stall
            assert not listener.last(0.5).any()
            assert listener.changes[before:] == []
            pulse.control("set-sink-mute", "counter", "0")
            listener.wait(heard, SOON_S)


def onsets(samples: np.ndarray) -> np.ndarray:
    """Seconds at which sound begins after silence; not what the stretch itself begins with."""
    at = np.flatnonzero(np.abs(samples) > 0.05)
    return at[1:][np.diff(at) > SAMPLE_RATE // 10] / SAMPLE_RATE


class TestWhatIsWrong:
    def fault_of(self, device: str | int, *channels: DeviceChannel) -> str:
        """What an input says of itself, once it has said why nothing comes."""
        wrong = microphone(device, *(channels or (STAFF,)))
        inbox = Inbox(2)
        wrong.start(inbox, MediaClock())
        try:
            events: list = []
            while not events:
                events = inbox.take(SOON_S)[2]
        finally:
            wrong.stop()
        assert events[0].state is SensorState.DISCONNECTED
        assert wrong.fault is not None
        assert "\n" not in wrong.fault
        return wrong.fault

    def test_the_devices_are_listed(self, pulse):
        found = microphones()
        assert all(isinstance(m, Microphone) for m in found)
        names = [m.name for m in found]
        assert {"counter_microphone", "left_microphone", "right_microphone"} <= set(names)
        assert {m.host_api for m in found} == {"ALSA"}
        assert [m.index for m in found] == sorted({m.index for m in found})

    def test_a_device_by_its_number(self, pulse):
        pulse.play("counter", tones((440, -20), (1000, -32)))
        (index,) = (m.index for m in microphones() if m.name == "counter_microphone")
        with listen(microphone(index, STAFF, CITIZEN)) as listener:
            listener.wait(heard, SOON_S)

    def test_no_such_device_names_those_that_are_there(self, pulse):
        fault = self.fault_of("Jabra")
        assert "'Jabra': no such device" in fault
        assert "counter_microphone" in fault

    def test_a_name_that_several_have(self, pulse):
        fault = self.fault_of("_microphone")
        assert "several devices" in fault
        assert "left_microphone" in fault
        assert "pulse" not in fault

    def test_a_channel_that_the_device_does_not_have(self, pulse):
        fault = self.fault_of("counter", DeviceChannel(63, 0, Sensor.MICROPHONE_STAFF))
        assert "channel 63" in fault

    def test_without_portaudio_it_says_what_to_install(self, tmp_path, monkeypatch):
        (tmp_path / "sounddevice.py").write_text(
            "raise OSError('PortAudio library not found')", "utf-8"
        )
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        with pytest.raises(CaptureError, match=r"PortAudio library not found.*libportaudio2"):
            microphones()
        assert "libportaudio2" in self.fault_of("counter")


class TestTheMeter:
    def test_it_shows_how_loud_each_channel_is(self, pulse):
        pulse.play("counter", tones((440, -20), (1000, -40)))
        drawn: list[list[str]] = []
        meter("counter", 2, 2.0, drawn.append)
        assert len(drawn) >= 2
        # A busy machine may leave a gap in what is played; no line is louder than the tones.
        staff, citizen = max(drawn, key=lambda lines: float(lines[0].split("]")[1].split()[0]))
        assert "-20.0 dBFS" in staff
        assert "-40.0 dBFS" in citizen
        assert staff.count("#") > citizen.count("#") > 5

    def test_a_line_of_it(self):
        assert (
            level_line(-35.0, -17.5) == "[###############.......|.......]  -35.0 dBFS, peak  -17.5"
        )
        assert level_line(-120.0, -120.0).endswith("silent")
        assert level_line(0.0, 0.0).startswith("[" + 29 * "#" + "|]")
