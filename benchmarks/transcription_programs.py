"""The programs that read words, ours and the peer, and the peak memory of each in a process.

    python -m benchmarks.transcription_programs ours|peer

prints the peak in MB after a turn of 28 s.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel

from benchmarks.machine import ROOT
from benchmarks.transcription_clips import clips
from edge_agent.capture.frame import SAMPLE_RATE, Samples
from edge_agent.models import catalog
from edge_agent.models.whisper import SILENCES_S, SURE, WhisperTranscriber


@dataclass(frozen=True, slots=True)
class Setting:
    """Of our transcriber."""

    silences_s: tuple[float, ...]
    sure: float = float("-inf")
    """Mean log probability under which a turn is read twice."""
    capitals: bool = True
    """Whether the first reading of Vietnamese may have them."""

    @property
    def name(self) -> str:
        first, *again = (f"{silence:g}" for silence in self.silences_s)
        more = "".join(f", again + {silence} s" for silence in again)
        twice = "" if self.sure == float("-inf") else f", twice under {self.sure:g}"
        lower = "" if self.capitals else ", no capitals"
        return f"turn + {first} s{more}{twice}{lower}"


SHIPPED = Setting(SILENCES_S, SURE, capitals=False)


def ours(folder: Path, setting: Setting, beam_size: int) -> Callable[[Samples, str], str]:
    model = WhisperTranscriber(
        folder,
        "measured",
        beam_size=beam_size,
        threads=1,
        silences_s=setting.silences_s,
        sure=setting.sure,
        capitals=setting.capitals,
    )

    def read(sound: Samples, _: str) -> str:
        heard = model.transcribe(sound, None)
        return "" if heard is None else heard.text

    return read


def theirs(
    model: WhisperModel, sound: Samples, *, beam_size: int, language: str | None = None
) -> str:
    segments, _ = model.transcribe(sound, beam_size=beam_size, language=language)
    return " ".join(segment.text for segment in segments)


def whisper_folder() -> Path:
    return catalog.whisper_folder(None, lambda line: print(line, file=sys.stderr))


def peak_mb(who: str) -> float:
    """Of a new process that has read the longest turn there is."""
    command = [sys.executable, "-m", "benchmarks.transcription_programs", who]
    return float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)


def _read_longest(who: str) -> None:
    sound = max((clip.sound for clip in clips()), key=len)
    longest = np.resize(sound, 28 * SAMPLE_RATE)
    if who == "ours":
        ours(whisper_folder(), SHIPPED, 1)(longest, "en")
    else:
        model = WhisperModel(
            str(whisper_folder()), device="cpu", compute_type="int8", cpu_threads=1
        )
        theirs(model, longest, beam_size=1)


if __name__ == "__main__":
    _read_longest(sys.argv[1])
    status = Path("/proc/self/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    print(int(peak.split()[1]) / 1024)
