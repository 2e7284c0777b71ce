"""Silero VAD v6 (MIT), the ONNX file that faster-whisper carries, run chunk by chunk."""

from pathlib import Path

import numpy as np
import onnxruntime

from edge_agent.capture.frame import Samples

CHUNK = 512
_CONTEXT = 64


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
    """The model sees each chunk of 512 samples behind the last 64 of the one before."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)

    def probability(self, chunk: Samples) -> float:
        sound = np.concatenate([self._context, chunk])[np.newaxis].astype(np.float32)
        self._context = chunk[-_CONTEXT:].copy()
        output, self._h, self._c = self._session.run(
            None, {"input": sound, "h": self._h, "c": self._c}
        )
        return float(np.asarray(output).reshape(-1)[0])
