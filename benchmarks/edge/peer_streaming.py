"""Run by the Python of an environment that has whisper-streaming (PyPI) and nothing of ours:

    PYTHON peer_streaming.py WHISPER_FOLDER < sound (float32, 16 kHz)

prints the CPU-seconds of its work and the number of times it gave words. Sound comes in
blocks of 1 s, as its ancestor's default is; it keeps 15 s.
"""

import queue
import resource
import sys
from typing import Any

import numpy as np
from whisper_streaming.backend import (
    FasterWhisperFeatureExtractorConfig,
    FasterWhisperModelConfig,
    FasterWhisperTranscribeConfig,
)
from whisper_streaming.base import Backend
from whisper_streaming.processor import ASRProcessor, AudioReceiver, OutputSender, TimeTrimming

RATE = 16_000


class Blocks(AudioReceiver):  # type: ignore[misc] # not installed here
    def __init__(self, sound: np.ndarray) -> None:
        super().__init__()
        for start in range(0, len(sound), RATE):
            self.queue.put(sound[start : start + RATE])
        self.stopped.set()

    def _do_receive(self) -> None:
        return None

    def _do_close(self) -> None:
        pass


class Count(OutputSender):  # type: ignore[misc] # not installed here
    def __init__(self) -> None:
        super().__init__()
        self.queue: queue.Queue[Any] = queue.Queue()

    def _do_output(self, data: Any) -> None:
        pass

    def _do_close(self) -> None:
        pass


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    sound = np.frombuffer(sys.stdin.buffer.read(), np.float32)
    count = 0

    class Heard(Count):
        def _do_output(self, data: Any) -> None:  # noqa: ARG002 - counted, not kept
            nonlocal count
            count += 1

    processor = ASRProcessor(
        ASRProcessor.ProcessorConfig(
            sampling_rate=RATE,
            prompt_size=200,
            audio_receiver_timeout=0.1,
            audio_trimming=TimeTrimming(15),
            language="vi",
        ),
        Blocks(sound),
        Heard(),
        Backend.FASTER_WHISPER,
        FasterWhisperModelConfig(sys.argv[1], device="cpu", compute_type="int8"),
        FasterWhisperTranscribeConfig(vad_filter=True),
        FasterWhisperFeatureExtractorConfig(),
    )
    began_s = cpu_s()
    processor.run()
    print(cpu_s() - began_s, count)


if __name__ == "__main__":
    main()
