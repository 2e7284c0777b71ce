"""Whether two channels tell two people apart.

A phone records in stereo, and each of its channels hears both people alike. Taken for two
microphones, every word would be said by both.
"""

from collections.abc import Iterable
from enum import Enum
from itertools import takewhile

import numpy as np

from edge_agent.capture.frame import AudioFrame

_LOOK_S = 300.0
_APART_DB = 6.0
_APART_SHARE = 0.05
_ABOVE_NOISE_DB = 12.0
_ENOUGH = 10
_SAME = 1e-4
"""Largest difference of samples that a lossy codec makes of one sound in two channels, in
terms of full scale at speech level."""


class Sides(Enum):
    APART = "apart"
    ALIKE = "alike"
    """Both hear the same people about as loud."""
    SAME = "same"
    """One sound, written twice."""


def compare_sides(sound: Iterable[AudioFrame]) -> Sides:
    """`sound`: two channels. Of the first five minutes, the blocks in which somebody is heard.
    Where there are too few, the channels are taken at their word.
    """
    levels, differs = [], []
    for frame in takewhile(lambda f: f.start_s < _LOOK_S, sound):
        power = np.mean(np.square(frame.samples, dtype=np.float64), axis=1)
        levels.append(10 * np.log10(power + 1e-12))
        differs.append(float(np.sqrt(np.mean((frame.samples[0] - frame.samples[1]) ** 2))))
    table = np.array(levels).reshape(-1, 2)
    loudest = table.max(axis=1) if len(table) else np.zeros(0)
    if not len(loudest) or loudest.max() < -70:
        return Sides.APART
    heard = loudest >= min(np.percentile(loudest, 10) + _ABOVE_NOISE_DB, loudest.max() - 3)
    if heard.sum() < _ENOUGH:
        return Sides.APART
    if max(d for d, h in zip(differs, heard, strict=True) if h) < _SAME:
        return Sides.SAME
    apart = np.abs(table[heard, 0] - table[heard, 1]) >= _APART_DB
    return Sides.APART if apart.mean() >= _APART_SHARE else Sides.ALIKE
