"""Pictures made smaller or larger on the way into a model, at a fraction of a millisecond."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.frame import Picture

Floats = NDArray[np.float32]


def scaled(picture: Picture, to_height: int, to_width: int) -> Floats:
    """`picture`: uint8, shape (height, width) or (height, width, channels). The mean of 2x2
    pixels as often as that stays above the size asked for, then bilinear; in [0, 255].
    """
    small = picture
    while small.shape[0] >= 2 * to_height and small.shape[1] >= 2 * to_width:
        small = _halved(small)
    values = small.astype(np.float32)
    values = _stretched(values, to_height, axis=0)
    return _stretched(values, to_width, axis=1)


def _halved(picture: Picture) -> Picture:
    height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    rows = np.add(picture[0:height:2], picture[1:height:2], dtype=np.uint16)
    total = rows[:, 0:width:2] + rows[:, 1:width:2]
    total += 2
    total >>= 2
    mean: Picture = total.astype(np.uint8)
    return mean


def _stretched(values: Floats, to: int, *, axis: int) -> Floats:
    size = values.shape[axis]
    if size == to:
        return values
    at = np.clip((np.arange(to, dtype=np.float32) + 0.5) * (size / to) - 0.5, 0, size - 1)
    low = at.astype(np.intp)
    high = np.minimum(low + 1, size - 1)
    shape: Any = [1] * values.ndim
    shape[axis] = to
    share = (at - low).astype(np.float32).reshape(shape)
    result: Floats = values.take(low, axis=axis)
    result += (values.take(high, axis=axis) - result) * share
    return result
