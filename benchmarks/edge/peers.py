"""The same busy sound through other programs, on the same model: CPU-seconds per second.

They turn sound into words and do nothing else; beside them stands what this agent spends on
voice activity and transcription. The sound is both channels in one, as one microphone would
hear them. What they heard is counted and dropped.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.edge.media import BUSY, frames, load_stock
from benchmarks.edge.watched import cpu_s, whisper_folder
from edge_agent.capture.frame import AudioFrame, Samples

LIVE = {"whisper_streaming": "peer_streaming.py", "WhisperLiveKit": "peer_livekit.py"}
"""Those that are installed apart, for what they bring with them: their scripts here."""


@dataclass(frozen=True, slots=True)
class Peer:
    cores: float
    segments: int
    language: str


def faster_whisper(seconds: float, beam_size: int) -> Peer:
    """As its README uses it: the model in int8, `transcribe` with its voice filter."""
    from faster_whisper import WhisperModel  # noqa: PLC0415 - loads slowly

    sound = _sound(seconds)
    model = WhisperModel(str(whisper_folder()), device="cpu", compute_type="int8")
    began_s = cpu_s()
    segments, info = model.transcribe(sound, beam_size=beam_size, vad_filter=True)
    count = sum(1 for _ in segments)
    return Peer((cpu_s() - began_s) / seconds, count, info.language)


def live(name: str, python: str, seconds: float) -> Peer:
    """One of LIVE, by the Python that has it; the sound goes there through a pipe.

    Raises CalledProcessError where it does not run.
    """
    done = subprocess.run(
        [python, Path(__file__).with_name(LIVE[name]), whisper_folder()],
        input=_sound(seconds).tobytes(),
        capture_output=True,
        check=True,
        # Its modules are its own.
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    )
    used_s, count = done.stdout.split()
    return Peer(float(used_s) / seconds, int(count), "vi")


def _sound(seconds: float) -> Samples:
    parts = [
        frame.samples.sum(axis=0)
        for frame in frames(load_stock(), BUSY, seconds, seed=1)
        if isinstance(frame, AudioFrame)
    ]
    sound: Samples = np.clip(np.concatenate(parts), -1, 1)
    return sound
