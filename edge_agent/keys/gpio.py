"""Push buttons on pins, through Linux's GPIO character device (uAPI v2), without a library.

A button joins its pin to ground: the pins are asked for with pull-up and active-low, so that a
rising edge is a press. Layouts and numbers: <linux/gpio.h>; numbers are the same on all
architectures that Linux runs on with the generic _IOC encoding (x86, ARM, RISC-V).
"""

import fcntl
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from edge_agent.keys.desk import KeyDesk
from edge_agent.keys.device import Bounce, KeyDevice
from edge_agent.keys.state import Line

_MAX_LINES = 64
_CONSUMER = b"hailong-keys"
_ATTRIBUTES = 10
_FLAGS = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 5 | 1 << 8
"""Active low, input, rising and falling edges, pull-up."""
_DEBOUNCE_ATTRIBUTE = 3
_DEBOUNCE_US = 10_000
_QUIET_S = 0.05

REQUEST = struct.Struct(f"@{_MAX_LINES}I32s Q I5I {_ATTRIBUTES * 24}s I I 5I i")
"""struct gpio_v2_line_request: offsets, consumer, config (flags, number of attributes,
padding, attributes), number of lines, size of the event buffer, padding, descriptor.
"""
_ATTRIBUTE = struct.Struct("@II I4x Q")
"""struct gpio_v2_line_config_attribute: id, padding, debounce period (of a union), mask."""
EVENT = struct.Struct("@Q I I I I 6I")
"""struct gpio_v2_line_event: nanoseconds, edge, offset, two numbers, padding."""
GET_LINE = 3 << 30 | REQUEST.size << 16 | 0xB4 << 8 | 0x07
"""GPIO_V2_GET_LINE_IOCTL: _IOWR(0xB4, 0x07, struct gpio_v2_line_request)."""
_RISING = 1


def gpio(chip: Path, pins: Mapping[str, int], desk: KeyDesk) -> KeyDevice:
    """`pins`: name of a line -> its offset on the chip."""
    return KeyDevice(str(chip), lambda: _request(chip, pins), EVENT.size, decoder(pins), desk)


def decoder(pins: Mapping[str, int]) -> Callable[[bytes], Iterator[Line]]:
    lines = {offset: Line(name) for name, offset in pins.items()}
    bounce = Bounce(_QUIET_S)

    def decode(records: bytes) -> Iterator[Line]:
        for nanoseconds, edge, offset, *_ in EVENT.iter_unpack(records):
            line = lines.get(offset)
            if line is not None and bounce.push(line, nanoseconds / 1e9, down=edge == _RISING):
                yield line

    return decode


def request_of(pins: Mapping[str, int]) -> bytes:
    offsets = list(pins.values())
    debounce = _ATTRIBUTE.pack(_DEBOUNCE_ATTRIBUTE, 0, _DEBOUNCE_US, (1 << len(offsets)) - 1)
    return REQUEST.pack(
        *offsets, *[0] * (_MAX_LINES - len(offsets)),
        _CONSUMER,
        _FLAGS, 1, *[0] * 5, debounce,
        len(offsets), 0, *[0] * 5, 0,
    )  # fmt: skip


def _request(chip: Path, pins: Mapping[str, int]) -> int:
    """The descriptor from which edges are read."""
    request = bytearray(request_of(pins))
    descriptor = os.open(chip, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.ioctl(descriptor, GET_LINE, request)
    finally:
        os.close(descriptor)
    lines: int = REQUEST.unpack(bytes(request))[-1]
    return lines
