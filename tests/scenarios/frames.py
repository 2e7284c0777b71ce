"""A script as frames: tones over noise on two microphones, pictures, pressed keys."""

from collections.abc import Iterator
from functools import cache

import numpy as np

from edge_agent.capture.frame import (
    SAMPLE_RATE,
    AudioFrame,
    Frame,
    KeyPress,
    Samples,
    VideoFrame,
)
from tests.fakes import NOISE_DBFS
from tests.scenarios.script import Script
from tests.scenarios.scripted import LOWEST, PERIOD, STEP_HZ, amplitude

BLEED_DB = -20.0
TAIL_S = 24.0
"""After which a citizen who has left is known to be gone."""
BLOCK = 48 * 512
FPS = 2.0
_CHANNELS = {"staff": (0,), "citizen": (1,), "hall": (0, 1)}


def sound(
    script: Script, zero_s: float, from_s: float, until_s: float | None = None
) -> Iterator[AudioFrame]:
    """In blocks, from `from_s` on (a multiple of the block's length)."""
    end_s = script.end_s + zero_s + TAIL_S if until_s is None else until_s
    for first in range(round(from_s * SAMPLE_RATE), int(end_s * SAMPLE_RATE), BLOCK):
        yield AudioFrame(first / SAMPLE_RATE, _block(script, zero_s, first))


def _block(script: Script, zero_s: float, first: int) -> Samples:
    channels = script.microphones
    block: Samples = _noise()[:channels].copy()
    for number, line in enumerate(script.lines):
        low = round((line.at_s + zero_s) * SAMPLE_RATE) - first
        high = round((line.end_s + zero_s) * SAMPLE_RATE) - first
        low, high = max(low, 0), min(high, BLOCK)
        if low >= high:
            continue
        wave = _tone(number)[(first + low) % PERIOD :][: high - low] * amplitude(line)
        own = _CHANNELS[line.who]
        for channel in range(channels):
            is_own = channels == 1 or channel in own
            block[channel, low:high] += wave * (1.0 if is_own else 10 ** (BLEED_DB / 20))
    start_s, end_s = first / SAMPLE_RATE, (first + BLOCK) / SAMPLE_RATE
    for what, low_s, high_s in script.faults:
        if what[:-1] in {"dead", "clipped"}:
            low = round((max(start_s, low_s + zero_s) - start_s) * SAMPLE_RATE)
            high = round((min(end_s, high_s + zero_s) - start_s) * SAMPLE_RATE)
            part = block[int(what[-1]), low : max(low, high)]
            part[:] = 0.0 if what.startswith("dead") else np.clip(part * 30_000, -1.0, 1.0)
    return block


@cache
def _noise() -> Samples:
    """A block of it, the same again and again."""
    made = np.random.default_rng(7).normal(0, 10 ** (NOISE_DBFS / 20), (2, BLOCK))
    return made.astype(np.float32)


@cache
def _tone(number: int) -> Samples:
    at = np.arange(BLOCK + PERIOD) / SAMPLE_RATE
    hz = (LOWEST + number) * STEP_HZ
    wave: Samples = np.sin(2 * np.pi * hz * at).astype(np.float32)
    return wave


def frames(
    script: Script, blocks: Iterator[AudioFrame], zero_s: float, from_s: float
) -> Iterator[Frame]:
    """Sound with the pictures and pressed keys before the sound of their time."""
    keys = sorted((at_s + zero_s, key, by) for at_s, key, by in script.keys)
    number = int(np.ceil(from_s * FPS))
    for block in blocks:
        while keys and keys[0][0] <= block.end_s:
            yield KeyPress(*keys.pop(0))
        while script.camera and number / FPS <= block.end_s:
            picture = _picture(script, number, zero_s)
            if picture is not None:
                yield picture
            number += 1
        yield block


def _picture(script: Script, number: int, zero_s: float) -> VideoFrame | None:
    at_s = number / FPS
    faulty = {what for what, low, high in script.faults if low <= at_s - zero_s < high}
    if "gap" in faulty:
        return None
    # One that has frozen shows the room as it was; what it showed then does not matter.
    rng = np.random.default_rng(11 if "frozen" in faulty else 1000 + number)
    picture = rng.integers(60, 190, (24, 32, 3)).astype(np.uint8)
    there = any(low <= at_s - zero_s < high for low, high in script.there)
    away = any(low <= at_s - zero_s < high for low, high in script.away)
    picture[0, 0] = [0 if away else 255, 255 if there else 0, 0]
    if "frozen" in faulty:
        picture[0, 0] = [255, 255, 0]
    if "dark" in faulty:
        picture = np.zeros_like(picture)
    return VideoFrame(at_s, picture)
