"""BlazeFace full range (Google, Apache-2.0; see data/NOTICE) in ONNX Runtime.

Input 192x192 RGB in [-1, 1], letterboxed; one anchor a cell of a 48x48 grid; regression in
pixels of the input relative to the cell's centre (MediaPipe's SSD anchors, full range).
No buffer outlives a call: it would keep the last picture.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge_agent.capture.frame import Picture
from edge_agent.models.base import Face
from edge_agent.models.scaling import scaled

_SIZE = 192
_GRID = 48
_MIN_CONFIDENCE = 0.6
_MIN_LOGIT = math.log(_MIN_CONFIDENCE / (1 - _MIN_CONFIDENCE))
_MERGE_IOU = 0.3

Floats = NDArray[np.float32]


class BlazeFace:
    def __init__(self, path: Path, model_id: str) -> None:
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._model_id = model_id
        by_width = {output.shape[-1]: output.name for output in self._session.get_outputs()}
        self._outputs = [by_width[16], by_width[1]]
        centres = (np.arange(_GRID, dtype=np.float32) + 0.5) * (_SIZE / _GRID)
        self._anchors = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)

    @property
    def model_id(self) -> str:
        return self._model_id

    def faces(self, picture: Picture) -> Sequence[Face]:
        """`picture`: uint8 RGB, shape (height, width, 3)."""
        letterbox, scale, left, top = _letterbox(picture)
        outputs = self._session.run(self._outputs, {"input": letterbox[np.newaxis]})
        boxes, logits = (np.asarray(output, np.float32)[0] for output in outputs)
        (sure,) = np.nonzero(logits[:, 0] > _MIN_LOGIT)
        if not len(sure):
            return []
        scores = 1.0 / (1.0 + np.exp(-np.minimum(logits[sure, 0], 80)))
        centres = boxes[sure, :2] + self._anchors[sure] - np.array([left, top], np.float32)
        halves = boxes[sure, 2:4] / 2
        height, width = picture.shape[:2]
        corners = np.concatenate([centres - halves, centres + halves], axis=1) / scale
        corners /= np.array([width, height, width, height])
        return _merge(corners.astype(np.float32), scores.astype(np.float32))


def _letterbox(picture: Picture) -> tuple[Floats, float, int, int]:
    """In the middle of a black square, in [-1, 1]; with its scale and where it lies."""
    height, width = picture.shape[:2]
    scale = _SIZE / max(height, width)
    to_height, to_width = max(1, round(height * scale)), max(1, round(width * scale))
    square = np.full((_SIZE, _SIZE, 3), -1.0, np.float32)
    top, left = (_SIZE - to_height) // 2, (_SIZE - to_width) // 2
    inside = square[top : top + to_height, left : left + to_width]
    np.multiply(scaled(picture, to_height, to_width), np.float32(1 / 127.5), out=inside)
    inside -= 1.0
    return square, scale, left, top


def _merge(corners: Floats, scores: Floats) -> list[Face]:
    """Overlapping boxes become one: their mean, weighted by confidence."""
    faces: list[Face] = []
    order = np.argsort(-scores)
    while len(order):
        best = corners[order[0]]
        others = corners[order]
        low = np.maximum(best[:2], others[:, :2])
        high = np.minimum(best[2:], others[:, 2:])
        common = np.prod(np.clip(high - low, 0, None), axis=1)
        areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
        union = areas + areas[0] - common
        same = common > _MERGE_IOU * np.maximum(union, 1e-9)
        same[0] = True
        weights = scores[order[same]][:, np.newaxis]
        left, top, right, bottom = ((others[same] * weights).sum(axis=0) / weights.sum()).tolist()
        faces.append(Face(left, top, right - left, bottom - top, float(scores[order[0]])))
        order = order[~same]
    return faces
