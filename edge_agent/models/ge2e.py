"""GE2E speaker encoder of Resemblyzer (Apache-2.0) as ONNX: a voice as 256 numbers.

Features as its training had them (librosa's defaults): 40 bins on the mel scale of Slaney with
triangles of equal area, power spectrum of 25 ms Hann windows every 10 ms, no logarithm; quiet
sound is raised to -30 dBFS. The encoder sees windows of 1.6 s, half of each in the next.
"""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge_agent.capture.frame import SAMPLE_RATE, Samples

_WINDOW = SAMPLE_RATE * 25 // 1000
_STEP = SAMPLE_RATE // 100
_BINS = 40
_FRAMES = 160
LEAST_S = _FRAMES * _STEP / SAMPLE_RATE
_QUIET_DBFS = -30.0

Floats = NDArray[np.float32]


class Ge2e:
    def __init__(self, path: Path, model_id: str) -> None:
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        self._session = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._model_id = model_id
        self._filters = _mel_filters()
        self._hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)).astype(
            np.float32
        )

    @property
    def model_id(self) -> str:
        return self._model_id

    def embed(self, sound: Samples) -> Samples | None:
        if len(sound) < _FRAMES * _STEP:
            return None
        frames = self._mel(sound)
        starts = range(0, len(frames) - _FRAMES + 1, _FRAMES // 2)
        windows = np.stack([frames[start : start + _FRAMES] for start in starts])
        (each,) = self._session.run(None, {"mel": windows})
        found: Samples = each
        return found

    def _mel(self, sound: Samples) -> Floats:
        """Shape (frames, 40); as many frames as steps, the first one's middle at the start."""
        level_dbfs = 10 * np.log10(float(np.mean(np.square(sound, dtype=np.float64))) + 1e-12)
        if level_dbfs < _QUIET_DBFS:
            sound = sound * np.float32(10 ** ((_QUIET_DBFS - level_dbfs) / 20))
        padded = np.pad(sound, _WINDOW // 2)
        frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_STEP]
        power = np.abs(np.fft.rfft(frames * self._hann, axis=1)) ** 2
        mel: Floats = (power @ self._filters.T).astype(np.float32)
        return mel


def _mel_filters() -> Floats:
    """Shape (40, 201). Slaney's scale: linear to 1 kHz, then 27 steps a factor of 6.4."""

    def to_mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
        above = 15 + 27 * np.log(np.maximum(hertz, 1e-9) / 1000) / np.log(6.4)
        return np.where(hertz >= 1000, above, hertz * 3 / 200)

    def to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(mel >= 15, 1000 * 6.4 ** ((mel - 15) / 27), mel * 200 / 3)

    highest = to_mel(np.array([SAMPLE_RATE / 2]))[0]
    corners = to_hertz(np.linspace(0.0, highest, _BINS + 2))
    hertz = np.linspace(0, SAMPLE_RATE / 2, _WINDOW // 2 + 1)
    widths = np.diff(corners)
    ramps = corners[:, np.newaxis] - hertz[np.newaxis]
    falling, rising = -ramps[:-2] / widths[:-1, np.newaxis], ramps[2:] / widths[1:, np.newaxis]
    triangles = np.maximum(0, np.minimum(falling, rising))
    filters: Floats = (triangles * (2 / (corners[2:] - corners[:-2]))[:, np.newaxis]).astype(
        np.float32
    )
    return filters
