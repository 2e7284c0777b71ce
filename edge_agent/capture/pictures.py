"""The pictures of a recording: upright, small, a few a second."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from edge_agent.capture.container import AvVideoFrame, VideoStream, decoded, rgb
from edge_agent.capture.frame import Picture, VideoFrame

_MAX_SIDE = 384
"""Twice what the face detector looks at."""


def decode_pictures(
    container: Any, stream: VideoStream, fps: float, start_s: float
) -> Iterator[VideoFrame]:
    """`start_s`: the container's time of media time 0."""
    stream.thread_type = "AUTO"
    step_s = 1.0 / fps
    due_s = last_s = float("-inf")
    for frame in decoded(container, stream):
        if frame.time is None:
            continue
        at_s = max(0.0, float(frame.time) - start_s)
        if at_s < due_s - 1e-6 or at_s <= last_s:
            continue
        # A grid, so that the mean rate is kept; begun anew after a gap.
        due_s = (due_s if due_s > at_s - step_s else at_s) + step_s
        last_s = at_s
        yield VideoFrame(at_s, upright(frame))


def upright(frame: AvVideoFrame) -> Picture:
    """RGB, at most 384 pixels on its longer side, turned as its rotation says."""
    scale = min(1.0, _MAX_SIDE / max(frame.width, frame.height))
    width = max(2, round(frame.width * scale / 2) * 2)
    height = max(2, round(frame.height * scale / 2) * 2)
    quarter_turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(rgb(frame, width, height), quarter_turns), np.uint8)
