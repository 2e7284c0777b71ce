"""A keyboard, keypad or foot switch through Linux's evdev, with the standard library alone.

The device is read beside the desktop, not taken from it: choose keys that no program uses, as
F13 to F16 are. Of what else is typed on it nothing is looked at but the key's number, and
nothing is kept.
"""

import os
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from edge_agent.keys.desk import KeyDesk
from edge_agent.keys.device import Bounce, KeyDevice
from edge_agent.keys.state import Line

EVENT = struct.Struct("@llHHi")
"""struct input_event of <linux/input.h>: seconds, microseconds, type, code, value."""
_EV_KEY = 1
_UP, _DOWN = 0, 1  # 2 is the repetition of a held key
_QUIET_S = 0.05


def keyboard(device: Path, codes: Mapping[str, int], desk: KeyDesk) -> KeyDevice:
    """`device`: best by its stable name, /dev/input/by-id/...-event-kbd. `codes`: name of a
    line -> key code of <linux/input-event-codes.h>.
    """
    return KeyDevice(
        str(device),
        lambda: os.open(device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC),
        EVENT.size,
        decoder(codes),
        desk,
    )


def decoder(codes: Mapping[str, int]) -> Callable[[bytes], Iterator[Line]]:
    lines = {code: Line(name) for name, code in codes.items()}
    bounce = Bounce(_QUIET_S)

    def decode(records: bytes) -> Iterator[Line]:
        for seconds, microseconds, kind, code, value in EVENT.iter_unpack(records):
            line = lines.get(code) if kind == _EV_KEY and value in (_UP, _DOWN) else None
            at_s = seconds + microseconds / 1e6
            if line is not None and bounce.push(line, at_s, down=value == _DOWN):
                yield line

    return decode
