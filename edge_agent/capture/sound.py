"""The sound of a recording at 16 kHz, in blocks that lie where its timestamps put them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from edge_agent.capture.container import AvAudioFrame, Recording, decoded, opened, resampler
from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame, Samples
from edge_agent.errors import CaptureError

BLOCK = 1536
"""Samples of one audio frame: three chunks of the voice model, about a tenth of a second."""
_GAP_S = 0.1
"""Timestamps may differ from the count of samples by so much before they are believed."""
_STEP_BACK_S = 5.0
"""Timestamps that jump back by more have begun anew; less is sound said twice."""


def decode_sound(recording: Recording, channels: int) -> Iterator[AudioFrame]:
    """From media time 0 to the recording's end, without holes."""
    waiting: list[Samples] = []
    held = at = 0
    for part in _filled(recording, channels):
        waiting.append(part)
        held += part.shape[1]
        if held < BLOCK:
            continue
        sound = np.concatenate(waiting, axis=1)
        whole = held // BLOCK * BLOCK
        for low in range(0, whole, BLOCK):
            yield AudioFrame(at / SAMPLE_RATE, sound[:, low : low + BLOCK].copy())
            at += BLOCK
        waiting, held = [sound[:, whole:]], held - whole
    if held:
        rest = np.zeros((channels, BLOCK), np.float32)
        rest[:, :held] = np.concatenate(waiting, axis=1)
        yield AudioFrame(at / SAMPLE_RATE, rest)


def _filled(recording: Recording, channels: int) -> Iterator[Samples]:
    """Sound as decoded, and digital silence where there is none up to the video's end."""
    made = 0
    with opened(recording.path) as container:
        for part in _resampled(container, recording, channels):
            made += part.shape[1]
            yield part
    if made == 0:
        raise CaptureError(
            f"{recording.path}: its sound cannot be decoded; expected a whole recording; copy it "
            "again, or convert it"
        )
    yield from _silence(channels, round(recording.video_until_s * SAMPLE_RATE) - made)


def _resampled(container: Any, recording: Recording, channels: int) -> Iterator[Samples]:
    tool: Any = None
    kind: tuple[Any, ...] = ()
    expected_s = shift_s = 0.0
    made = 0
    for frame in decoded(container, container.streams.audio[0]):
        length_s = frame.samples / frame.sample_rate
        time_s = expected_s if frame.time is None else frame.time - recording.start_s + shift_s
        late_s = time_s - expected_s
        if not -_STEP_BACK_S < late_s < recording.sound_until_s + _STEP_BACK_S - expected_s:
            shift_s -= late_s  # the timestamps are broken: go on where we are
            late_s = 0.0
        if late_s < -_GAP_S:
            continue
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        if tool is None or now != kind or late_s > _GAP_S:
            for part in _pushed(tool, None, channels):
                made += part.shape[1]
                yield part
            if late_s > _GAP_S:
                lost = round((expected_s + late_s) * SAMPLE_RATE) - made
                made += max(0, lost)
                yield from _silence(channels, lost)
                expected_s += late_s
            tool, kind = resampler(), now
        frame.pts = None  # the resampler is to count samples; their place was decided here
        for part in _pushed(tool, frame, channels):
            made += part.shape[1]
            yield part
        expected_s += length_s
    yield from _pushed(tool, None, channels)


def _pushed(tool: Any, frame: AvAudioFrame | None, channels: int) -> Iterator[Samples]:
    if tool is not None:
        for part in tool.resample(frame):
            yield _shaped(part, channels)


def _shaped(part: AvAudioFrame, channels: int) -> Samples:
    samples = part.to_ndarray().astype(np.float32)
    if channels == 2:
        # A stretch in one channel inside a recording in two belongs to both.
        return samples[:2] if samples.shape[0] >= 2 else np.repeat(samples, 2, axis=0)
    mixed: Samples = samples.mean(axis=0, keepdims=True, dtype=np.float32)
    return mixed


def _silence(channels: int, count: int) -> Iterator[Samples]:
    while count > 0:
        size = min(count, 10 * SAMPLE_RATE)
        yield np.zeros((channels, size), np.float32)
        count -= size
