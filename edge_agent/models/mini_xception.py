"""mini_xception (facial expression; MIT, see data/NOTICE) in ONNX Runtime.

Input 64x64 grey in [-1, 1], the face square; output the probabilities of seven expressions.
Of these only one number leaves: happy less angry, disgusted, afraid and sad. About 66 % of
posed and found faces are told right by its author's count: docs/models/mini_xception.md says
what that is good for, and for whom it is never used (law 2).
"""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge_agent.capture.frame import Picture
from edge_agent.models.base import Face
from edge_agent.models.scaling import scaled

_SIDE = 64
_MIN_FACE_PX = 32
"""Of the face's width in the picture; a smaller one is mostly made up by the scaling."""
_MIN_SHARPNESS = 0.13
"""Mean curvature of brightness over its deviation. Measured (docs/models/mini_xception.md): a
smile out of focus reads as displeased from about 0.1 downwards, so it is not read at all.
"""
_WIDER = 1.2
"""The detector's box ends at brows and chin; the model was trained on a little more."""
_GREY = np.array([0.299, 0.587, 0.114], np.float32)
_SIGNS = np.array([-1, -1, -1, 1, -1, 0, 0], np.float32)
"""angry, disgust, fear, happy, sad, surprise, neutral"""

Grey = NDArray[np.float32]


class MiniXception:
    def __init__(self, path: Path, model_id: str) -> None:
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._model_id = model_id

    @property
    def model_id(self) -> str:
        return self._model_id

    def valence(self, picture: Picture, face: Face) -> float | None:
        """`picture`: uint8 RGB, shape (height, width, 3). -1 displeased to 1 pleased; None
        where the face is too small, out of focus, or partly outside the picture.
        """
        grey = _crop(picture, face)
        if grey is None or _sharpness(grey) < _MIN_SHARPNESS:
            return None
        values = grey / np.float32(127.5) - np.float32(1.0)
        (output,) = self._session.run(None, {"input_1": values[np.newaxis, np.newaxis]})
        return float(np.asarray(output, np.float32)[0] @ _SIGNS)


def _sharpness(grey: Grey) -> float:
    inner = grey[1:-1, 1:-1]
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    deviation = float(grey.std())
    return float(np.abs(4 * inner - around).mean()) / deviation if deviation > 1 else 0.0


def _crop(picture: Picture, face: Face) -> Grey | None:
    height, width = picture.shape[:2]
    size = max(face.width * width, face.height * height)
    if size < _MIN_FACE_PX:
        return None
    half = size * _WIDER / 2
    x, y = face.centre[0] * width, face.centre[1] * height
    left, right = round(x - half), round(x + half)
    top, bottom = round(y - half), round(y + half)
    if left < 0 or top < 0 or right > width or bottom > height:
        return None
    return scaled(picture[top:bottom, left:right], _SIDE, _SIDE) @ _GREY
