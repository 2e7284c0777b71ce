"""BlazeFace full range (Google, Apache-2.0; see data/NOTICE) in ONNX Runtime.

Input 192x192 RGB in [-1, 1], letterboxed; one anchor a cell of a 48x48 grid; regression in
pixels of the input relative to the cell's centre (MediaPipe's SSD anchors, full range).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge_agent.capture.frame import Picture
from edge_agent.models.base import Face

_SIZE = 192
_GRID = 48
_MIN_CONFIDENCE = 0.6
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
        centres = (np.arange(_GRID, dtype=np.float32) + 0.5) / _GRID
        self._anchors = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)

    @property
    def model_id(self) -> str:
        return self._model_id

    def faces(self, picture: Picture) -> Sequence[Face]:
        """`picture`: uint8 RGB, shape (height, width, 3)."""
        letterbox, scale, left, top = _letterbox(picture)
        outputs = self._session.run(
            None, {"input": letterbox[np.newaxis].astype(np.float32) / 127.5 - 1.0}
        )
        arrays = [np.asarray(output, np.float32) for output in outputs]
        boxes = next(a for a in arrays if a.shape[-1] == 16)[0]
        logits = next(a for a in arrays if a.shape[-1] == 1)[0, :, 0]
        scores = 1.0 / (1.0 + np.exp(-np.clip(logits, -80, 80)))
        sure = scores > _MIN_CONFIDENCE
        if not sure.any():
            return []
        centres = boxes[sure, :2] / _SIZE + self._anchors[sure]
        sizes = boxes[sure, 2:4] / _SIZE
        corners = np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1) * _SIZE
        height, width = picture.shape[:2]
        corners = (corners - np.array([left, top, left, top])) / scale
        corners /= np.array([width, height, width, height])
        return _merge(corners.astype(np.float32), scores[sure].astype(np.float32))


def _letterbox(picture: Picture) -> tuple[Picture, float, int, int]:
    """Scaled by area mean or nearest pixel into the middle of a black square."""
    height, width = picture.shape[:2]
    scale = _SIZE / max(height, width)
    to_height, to_width = max(1, round(height * scale)), max(1, round(width * scale))
    square = np.zeros((_SIZE, _SIZE, 3), np.uint8)
    top, left = (_SIZE - to_height) // 2, (_SIZE - to_width) // 2
    square[top : top + to_height, left : left + to_width] = _resize(picture, to_height, to_width)
    return square, scale, left, top


def _resize(picture: Picture, to_height: int, to_width: int) -> Picture:
    height, width = picture.shape[:2]
    if height < to_height or width < to_width:
        rows = np.arange(to_height) * height // to_height
        columns = np.arange(to_width) * width // to_width
        nearest: Picture = picture[rows][:, columns]
        return nearest
    factor = height // to_height
    if (height, width) == (to_height * factor, to_width * factor):
        total = np.zeros((to_height, to_width, 3), np.uint32)
        for row in range(factor):
            for column in range(factor):
                total += picture[row::factor, column::factor]
        mean: Picture = (total // factor**2).astype(np.uint8)
        return mean
    # Area mean by sums over the source rows and columns of each target pixel.
    rows = np.arange(to_height) * height // to_height
    columns = np.arange(to_width) * width // to_width
    sums = np.add.reduceat(picture.astype(np.uint32), rows, axis=0)
    sums = np.add.reduceat(sums, columns, axis=1)
    row_counts = np.diff(np.append(rows, height))
    column_counts = np.diff(np.append(columns, width))
    counts = row_counts[:, np.newaxis] * column_counts[np.newaxis]
    means: Picture = (sums // counts[..., np.newaxis]).astype(np.uint8)
    return means


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
