"""Where a clean voice begins and ends: by its own 10 ms level, never by a voice detector."""

import numpy as np

from edge_agent.capture.frame import SAMPLE_RATE, Samples

FRAME = SAMPLE_RATE // 100
FRAME_S = 0.01
EDGE_DB = -28.0
"""Against the loudest frame, some 20 dB under the RMS of speech. Lower, the breath and the noise
in the recordings of real people would count as voice."""
SHORTEST_S = 0.06
"""Anything shorter is a click of the recording."""
PAUSE_S = 0.2
"""A shorter rest between two audible frames is part of the word."""

Interval = tuple[float, float]


def audible(samples: Samples) -> np.ndarray:
    """Indexes of the 10 ms frames that are heard."""
    power = _power(samples)
    found: np.ndarray = np.flatnonzero(power > power.max() * 10 ** (EDGE_DB / 10))
    return found


def runs(samples: Samples) -> list[Interval]:
    """Stretches of voice in seconds from the first sample, joined over short rests."""
    found: list[Interval] = []
    for index in audible(samples):
        start_s = round(float(index) * FRAME_S, 2)
        if found and round(start_s - found[-1][1], 3) < PAUSE_S:
            found[-1] = (found[-1][0], start_s + FRAME_S)
        else:
            found.append((start_s, start_s + FRAME_S))
    spoken = [(low, round(high, 2)) for low, high in found if high - low >= SHORTEST_S]
    return spoken or found


def trimmed(samples: Samples) -> Samples:
    """From the first to the last stretch of voice."""
    heard = runs(samples)
    return samples[round(heard[0][0] / FRAME_S) * FRAME : round(heard[-1][1] / FRAME_S) * FRAME]


def speech_rms(samples: Samples) -> float:
    """Over the frames that are heard."""
    return float(np.sqrt(_power(samples)[audible(samples)].mean()))


def _power(samples: Samples) -> np.ndarray:
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    power: np.ndarray = np.mean(frames**2, axis=1) + 1e-14
    return power
