"""Sounds whose place, channel and level can be found again, and devices simulated on them."""

from collections.abc import Callable, Iterator

import numpy as np

from edge_agent.capture.frame import SAMPLE_RATE, Samples
from edge_agent.capture.inbox import SoundBlock


def tone(frequency_hz: float, seconds: float, dbfs: float, rate: int = SAMPLE_RATE) -> Samples:
    """A sine whose RMS is `dbfs`, shape (n,)."""
    at = np.arange(round(seconds * rate)) / rate
    peak = np.sqrt(2) * 10 ** (dbfs / 20)
    return (peak * np.sin(2 * np.pi * frequency_hz * at)).astype(np.float32)


def level_dbfs(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-12))


def level_at(samples: Samples, frequency_hz: float) -> float:
    """Level of one frequency in dBFS (RMS of that sine); windowed, so that another frequency
    does not show here because its phase is moved a little, as the mixer does.
    """
    window = np.hanning(samples.size)
    at = np.arange(samples.size) / SAMPLE_RATE
    wave = window * np.exp(-2j * np.pi * frequency_hz * at)
    amplitude = 2 * abs(np.dot(samples.astype(np.float64), wave)) / window.sum()
    return float(20 * np.log10(amplitude / np.sqrt(2) + 1e-9))


def pulses(first: int, count: int, rate: float, every_s: float = 1.0) -> Samples:
    """Samples `first` to `first + count` of a device that takes `rate` samples in a second of
    media time; a pulse of 1.0 at every full `every_s` of media time.
    """
    samples = np.zeros(count, np.float32)
    step = rate * every_s
    number = np.arange(np.ceil(first / step), np.ceil((first + count) / step))
    at = np.round(number * step).astype(int) - first
    samples[at[(at >= 0) & (at < count)]] = 1.0
    return samples


def device(
    channel: int,
    until_s: float,
    *,
    ppm: float = 0.0,
    block: int = 1600,
    late_s: Callable[[int], float] = lambda number: 0.0,
    sound: Callable[[int, int, float], Samples] = pulses,
) -> Iterator[tuple[float, SoundBlock]]:
    """Blocks with the media time of their arrival. `ppm`: how much too fast its crystal is;
    `late_s`: how late block n arrives.
    """
    rate = SAMPLE_RATE * (1 + ppm / 1e6)
    number, free_s = 0, 0.0
    while (end_s := (number + 1) * block / rate) <= until_s:
        arrival_s = free_s = max(free_s, end_s + late_s(number))
        samples = sound(number * block, block, rate)
        yield arrival_s, SoundBlock(channel, arrival_s - block / SAMPLE_RATE, samples)
        number += 1
