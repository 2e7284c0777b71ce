"""Silero VAD v6 (MIT), the ONNX file that faster-whisper carries, run chunk by chunk.

The model takes a third of what a quiet counter costs, so it is asked only where something
stands above the room's noise in the band of speech. What it was not asked is 0; once something
begins it is first given the last second, so that it is in the state it would have
been in.
"""

from collections import deque
from pathlib import Path

import numpy as np
import onnxruntime

from edge_agent.capture.frame import Samples
from edge_agent.noise_floor import NoiseFloor

CHUNK = 512
_CONTEXT = 64
_RUN_UP = 31
"""Chunks that the model hears again before the first that it is asked about."""
_RISE = 1.5
"""Power in the band of speech, over the noise's, from which the model is asked: 1.8 dB."""
_HANG = 16
"""Half a second: a pause within speech is no quiet room."""


class SileroVoice:
    def __init__(self, path: Path, model_id: str) -> None:
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        self._session = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._model_id = model_id

    @property
    def model_id(self) -> str:
        return self._model_id

    def stream(self) -> "SileroStream":
        return SileroStream(self._session)


class SileroStream:
    """The model sees each chunk of 512 samples behind the last 64 of the one before. Its batch
    axis is time: chunks given together are heard one after the other.
    """

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)
        self._floor = NoiseFloor()
        self._quiet = 0
        """Chunks since one last stood above the noise."""
        self._unheard: deque[Samples] = deque(maxlen=_RUN_UP)

    def probability(self, chunk: Samples) -> float:
        sound = np.concatenate([self._context, chunk], dtype=np.float32)
        self._context = sound[-_CONTEXT:]
        power = _speech_band_power(chunk)
        floor = self._floor.push(power)
        stands_out = power > _RISE * floor or not self._floor.known
        self._quiet = 0 if stands_out else self._quiet + 1
        self._unheard.append(sound)
        if self._quiet > _HANG:
            return 0.0
        heard = np.stack(self._unheard)
        self._unheard.clear()
        output, self._h, self._c = self._session.run(
            None, {"input": heard, "h": self._h, "c": self._c}
        )
        return float(np.asarray(output).reshape(-1)[-1])


def _speech_band_power(chunk: Samples) -> float:
    """Of about 300 to 3,700 Hz (-9 dB), where voices stand and ventilation does not: every two
    samples are added, and from each sum the last but one is taken away.
    """
    halved = chunk[0::2] + chunk[1::2]
    band = halved[2:] - halved[:-2]
    return float(band @ band) / len(band)
