"""Run by the Python of an environment that has whisperlivekit (PyPI) and nothing of ours:

    PYTHON peer_livekit.py WHISPER_FOLDER < sound (float32, 16 kHz)

prints the CPU-seconds of its work and the number of times it gave words. It decides by the
clock when to look at what has come, so the sound comes by the clock, in blocks of 0.1 s. Of
its two ways LocalAgreement is the one that runs on a CTranslate2 model alone.
"""

import asyncio
import resource
import sys
import time
from typing import Any

import numpy as np
from whisperlivekit import AudioProcessor, TranscriptionEngine

RATE = 16_000
BLOCK = RATE // 10


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def count_changes(results: Any) -> int:
    last, count = "", 0
    async for result in results:
        text = " ".join(line.text or "" for line in result.lines)
        count += text != last
        last = text
    return count


async def hear(engine: TranscriptionEngine, pcm: np.ndarray) -> int:
    processor = AudioProcessor(transcription_engine=engine)
    counting = asyncio.create_task(count_changes(await processor.create_tasks()))
    began_s = time.monotonic()
    for start in range(0, len(pcm), BLOCK):
        wait_s = began_s + (start + BLOCK) / RATE - time.monotonic()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        await processor.process_audio(pcm[start : start + BLOCK].tobytes())
    await processor.process_audio(b"")
    count = await counting
    await processor.cleanup()
    return count


def main() -> None:
    sound = np.frombuffer(sys.stdin.buffer.read(), np.float32)
    engine = TranscriptionEngine(
        model_path=sys.argv[1],
        backend="faster-whisper",
        backend_policy="localagreement",
        lan="vi",
        pcm_input=True,
    )
    began_s = cpu_s()
    count = asyncio.run(hear(engine, (sound * 32767).astype(np.int16)))
    print(cpu_s() - began_s, count)


if __name__ == "__main__":
    main()
