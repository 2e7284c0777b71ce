"""Keys at the counter: what a press asks for, and devices that chatter, repeat and are unplugged.

The test machine has no /dev/input and no /dev/gpiochip: records as the kernel writes them come
through FIFOs, and the structures are compared with the kernel's own headers.
"""

import os
import queue
import shutil
import struct
import subprocess
import threading
from pathlib import Path

import pytest

from edge_agent.keys import gpio, keyboard
from edge_agent.keys.desk import KeyDesk
from edge_agent.keys.device import Bounce, KeyDevice
from edge_agent.keys.state import Asked, KeyState, Line, after, toggled
from schemas.vocabulary import Key, Role
from tests.devices import wait_until

CODES = {"mute_citizen": 183, "mute_staff": 184, "help": 185, "written": 186}
STAFF, CITIZEN = Role.STAFF, Role.CITIZEN


class Heard:
    """What the agent would put into its inbox."""

    def __init__(self):
        self.queue = queue.Queue()
        self.clock_s = 100.0
        self.desk = KeyDesk(lambda key, role: self.queue.put((key, role)), lambda: self.clock_s)

    def next(self):
        return self.queue.get(timeout=10)

    @property
    def all(self):
        return list(self.queue.queue)


def event(code, value, at_s=0.0, kind=1):
    return keyboard.EVENT.pack(int(at_s), round(at_s % 1 * 1e6), kind, code, value)


def edge(offset, rising, at_s):
    return gpio.EVENT.pack(round(at_s * 1e9), 1 if rising else 2, offset, 1, 1, *[0] * 6)


def test_pause_keys_toggle_and_tell_whose_they_are():
    state = KeyState()
    told = []
    for line in (Line.MUTE_CITIZEN, Line.MUTE_STAFF, Line.MUTE_STAFF, Line.MUTE_CITIZEN):
        asked = toggled(state, line)
        told.append((asked.key, asked.asked_by))
        state = after(state, asked)
    assert told == [
        (Key.MUTE, CITIZEN),
        (Key.UNMUTE, STAFF),
        (Key.MUTE, STAFF),
        (Key.UNMUTE, CITIZEN),
    ]
    assert state == KeyState()


def test_help_changes_no_state_and_written_toggles():
    state = KeyState()
    assert after(state, toggled(state, Line.HELP)) == state
    on = after(state, toggled(state, Line.WRITTEN))
    assert on.written
    assert toggled(on, Line.WRITTEN) == Asked(Key.WRITTEN_OFF, CITIZEN)
    assert not after(on, toggled(on, Line.WRITTEN)).written


def test_a_button_asked_twice_is_told_once_and_keeps_who_asked_first():
    heard = Heard()
    heard.desk.ask(Key.MUTE, CITIZEN)
    heard.clock_s += 7
    heard.desk.ask(Key.MUTE, STAFF)
    assert heard.all == [(Key.MUTE, CITIZEN)]
    assert heard.desk.view().state.muted_by is CITIZEN
    assert heard.desk.view().muted_s == 7
    heard.desk.ask(Key.UNMUTE, STAFF)
    heard.desk.ask(Key.UNMUTE, STAFF)
    assert heard.all == [(Key.MUTE, CITIZEN), (Key.UNMUTE, STAFF)]
    assert heard.desk.view().muted_s is None


def test_each_call_for_help_is_told():
    heard = Heard()
    assert heard.desk.view().help_s is None
    heard.desk.press(Line.HELP)
    heard.clock_s += 3
    heard.desk.ask(Key.HELP, STAFF)
    assert heard.all == [(Key.HELP, STAFF)] * 2
    assert heard.desk.view().help_s == 0


def test_all_keys_share_one_state():
    heard = Heard()
    heard.desk.ask(Key.MUTE, CITIZEN)  # on the page
    heard.desk.press(Line.MUTE_STAFF)  # on the keyboard
    assert heard.all == [(Key.MUTE, CITIZEN), (Key.UNMUTE, STAFF)]


def test_a_contact_that_chatters_is_one_press():
    bounce = Bounce(0.05)
    edges = [(0.0, True), (0.004, False), (0.009, True), (0.2, False), (0.203, True), (0.21, False)]
    presses = [at for at, down in edges if bounce.push(Line.HELP, at, down=down)]
    assert presses == [0.0]
    assert bounce.push(Line.HELP, 0.4, down=True)
    assert bounce.push(Line.WRITTEN, 0.41, down=True)  # each line for itself


def test_a_clock_set_back_does_not_swallow_a_press():
    bounce = Bounce(0.05)
    assert bounce.push(Line.HELP, 1000.0, down=True)
    assert bounce.push(Line.HELP, 3.0, down=True)


def test_a_held_key_and_other_keys_and_kinds_are_nothing():
    decode = keyboard.decoder(CODES)
    records = [event(183, 1, 1.0), event(183, 2, 1.3), event(183, 2, 1.4), event(183, 0, 1.5)]
    records += [event(30, 1, 2.0), event(0, 0, 2.0, kind=0), event(185, 1, 2.0, kind=4)]
    assert list(decode(b"".join(records))) == [Line.MUTE_CITIZEN]


def test_edges_of_pins():
    decode = gpio.decoder({"help": 17, "mute_staff": 27})
    records = edge(17, True, 1.0) + edge(17, False, 1.2) + edge(4, True, 1.3) + edge(27, True, 1.4)
    assert list(decode(records)) == [Line.HELP, Line.MUTE_STAFF]


@pytest.fixture
def fifo(tmp_path):
    path = tmp_path / "event0"
    os.mkfifo(path)
    return path


def test_a_keyboard_is_read_unplugged_and_found_again(fifo):
    heard = Heard()
    device = KeyDevice(
        str(fifo),
        lambda: os.open(fifo, os.O_RDONLY),  # waits for the other end, as a FIFO does
        keyboard.EVENT.size,
        keyboard.decoder(CODES),
        heard.desk,
        retry_s=(0.01, 0.02),
    )
    device.start()
    with fifo.open("wb", buffering=0) as kernel:
        wait_until(lambda: device.connected)
        pressed = event(183, 1, 1.0)
        kernel.write(pressed[:7])  # records may come in parts
        kernel.write(pressed[7:] + event(0, 0, 1.0, kind=0) + event(183, 0, 1.1))
        assert heard.next() == (Key.MUTE, CITIZEN)
    wait_until(lambda: not device.connected)
    with fifo.open("wb", buffering=0) as kernel:
        kernel.write(event(184, 1, 5.0))
        assert heard.next() == (Key.UNMUTE, STAFF)
        device.stop()
    assert not device.connected
    assert "keys" not in {thread.name.split()[0] for thread in threading.enumerate()}


def test_a_device_that_is_not_there_is_told_once_and_looked_for(tmp_path, caplog):
    heard, path = Heard(), tmp_path / "later"
    device = keyboard.keyboard(path, CODES, heard.desk)
    device._retry_s = (0.01, 0.01)
    device.start()
    wait_until(lambda: "No such file or directory" in caplog.text)
    os.mkfifo(path)
    wait_until(lambda: device.connected)
    device.stop()
    assert caplog.text.count("No such file") == 1


def test_starting_and_stopping_leaks_nothing(fifo):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        device = keyboard.keyboard(fifo, CODES, Heard().desk)
        device.start()
        wait_until(lambda device=device: device.connected or not device._thread.is_alive())
        device.stop()
        device.stop()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_pins_through_a_pipe():
    heard = Heard()
    read, write = os.pipe()
    decode = gpio.decoder({"written": 5})
    device = KeyDevice("pins", lambda: os.dup(read), gpio.EVENT.size, decode, heard.desk)
    device.start()
    os.write(write, edge(5, True, 1.0) + edge(5, True, 1.01) + edge(5, False, 1.2))
    os.write(write, edge(5, True, 2.0))
    assert heard.next() == (Key.WRITTEN_ON, CITIZEN)
    assert heard.next() == (Key.WRITTEN_OFF, CITIZEN)
    device.stop()
    os.close(read)
    os.close(write)


def test_a_file_that_is_no_chip_is_refused_by_the_kernel(tmp_path, caplog):
    path = tmp_path / "chip"
    path.write_bytes(b"")
    device = gpio.gpio(path, {"help": 3}, Heard().desk)
    device.start()
    wait_until(lambda: "Inappropriate ioctl" in caplog.text)
    assert not device.connected
    device.stop()


HEADERS = """
#include <linux/gpio.h>
#include <linux/input.h>
#include <stddef.h>
#include <stdio.h>
int main(void) {
  struct gpio_v2_line_request r = {0};
  r.offsets[0] = 17; r.offsets[1] = 27;
  for (int i = 0; i < 12; i++) r.consumer[i] = "hailong-keys"[i];
  r.config.flags = GPIO_V2_LINE_FLAG_ACTIVE_LOW | GPIO_V2_LINE_FLAG_INPUT
    | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING
    | GPIO_V2_LINE_FLAG_BIAS_PULL_UP;
  r.config.num_attrs = 1;
  r.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
  r.config.attrs[0].attr.debounce_period_us = 10000;
  r.config.attrs[0].mask = 3;
  r.num_lines = 2;
  fwrite(&r, sizeof r, 1, stdout);
  struct gpio_v2_line_event e = {0};
  e.timestamp_ns = 1500000000; e.id = GPIO_V2_LINE_EVENT_RISING_EDGE; e.offset = 17;
  fwrite(&e, sizeof e, 1, stdout);
  struct input_event k = {0};
  k.input_event_sec = 1; k.type = EV_KEY; k.code = KEY_F13; k.value = 1;
  fwrite(&k, sizeof k, 1, stdout);
  unsigned int number = GPIO_V2_GET_LINE_IOCTL;
  fwrite(&number, sizeof number, 1, stdout);
}
"""


def test_the_structures_are_the_kernels(tmp_path):
    if shutil.which("gcc") is None or not Path("/usr/include/linux/gpio.h").exists():
        pytest.skip("needs gcc and the kernel's headers (linux-libc-dev)")
    (tmp_path / "layout.c").write_text(HEADERS)
    program = tmp_path / "layout"
    subprocess.run(["gcc", "-o", program, tmp_path / "layout.c"], check=True)
    told = subprocess.run([program], check=True, capture_output=True).stdout
    pins = {"help": 17, "mute_staff": 27}
    request, rest = told[: gpio.REQUEST.size], told[gpio.REQUEST.size :]
    assert request == gpio.request_of(pins)
    pin, rest = rest[: gpio.EVENT.size], rest[gpio.EVENT.size :]
    assert list(gpio.decoder(pins)(pin)) == [Line.HELP]
    typed, number = rest[: keyboard.EVENT.size], rest[keyboard.EVENT.size :]
    assert list(keyboard.decoder(CODES)(typed)) == [Line.MUTE_CITIZEN]
    assert struct.unpack("@I", number) == (gpio.GET_LINE,)
