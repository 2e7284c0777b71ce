"""What Whisper's encoder gets of a turn: the turn and some silence, not 30 s.

The encoder is trained on windows of 30 s and costs the same for a turn of 3 s; CTranslate2
takes shorter ones. Two things make a short window work:

- The silence after the turn looks like silence. Whisper was trained on sound padded with
  zeros, whose log-mel value is the floor of the turn's own scale; faster-whisper pads with
  0.0, a middling loudness, after which a short window goes on talking.
- The number of tokens is capped by the turn's length.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.frame import SAMPLE_RATE, Samples

Mel = NDArray[np.float32]
"""Shape (mel bins, frames of 10 ms)."""

_FRAMES_PER_S = 100
_MAX_FRAMES = 3000
_RANGE = 2.0
"""Whisper keeps 8 decades under the loudest bin and divides by 4."""
_SILENCE = -1.5
"""(log10(1e-10) + 4) / 4: nothing is lower, digital silence is this."""
_TOKENS_PER_S = 16
"""Fast Vietnamese is some 10 tokens a second; a cap of 8 cut words off."""
_MORE_TOKENS = 12
MAX_TOKENS = 448
"""Whisper's own, the prompt included."""


def window(extract: Callable[[Samples], Mel], samples: Samples, silence_s: float) -> Mel:
    """`extract`: log-mel features of sound, without padding to 30 s."""
    features = extract(samples)
    length_s = len(samples) / SAMPLE_RATE
    frames = min(_MAX_FRAMES, math.ceil((length_s + silence_s) * _FRAMES_PER_S))
    frames += frames % 2  # the encoder halves the time axis
    floor = max(float(features.max()) - _RANGE, _SILENCE)
    made = np.full((features.shape[0], frames), floor, np.float32)
    count = min(frames, features.shape[1])
    made[:, :count] = features[:, :count]
    return made


def most_tokens(length_s: float) -> int:
    """Of a turn's text; a decoder that reaches it has gone on after the words ended."""
    return int(_TOKENS_PER_S * length_s) + _MORE_TOKENS
