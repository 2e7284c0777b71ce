"""Makes the demonstration's recording and its truth: `python -m demo.make_recording`.

Needs espeak-ng, Pillow and scikit-image; running the demo needs none of them. The same
versions of espeak-ng, PyAV and numpy give the same bytes.
"""

import argparse
import fractions
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream

from demo.recording_picture import FRAMES_PER_SECOND, HEIGHT, WIDTH, frames
from demo.recording_script import SCRIPT, read_script
from demo.recording_sound import RATE_HZ, EspeakMissingError, mix, perform
from demo.recording_truth import truth

HERE = Path(__file__).parent
RECORDING = HERE / "counter.mp4"
TRUTH = HERE / "truth.json"
AUDIO_BIT_RATE = 56_000
BLOCK = 1024


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.make_recording", description=__doc__)
    parser.add_argument("--script", type=Path, default=SCRIPT)
    parser.add_argument("--recording", type=Path, default=RECORDING)
    parser.add_argument("--truth", type=Path, default=TRUTH)
    chosen = parser.parse_args(arguments)
    script = read_script(chosen.script)
    try:
        performance = perform(script)
    except EspeakMissingError as error:
        print(error, file=sys.stderr)
        return 2
    write_recording(chosen.recording, mix(script, performance), frames(script, performance))
    facts = truth(chosen.recording, performance)
    chosen.truth.write_text(
        json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    size_mb = chosen.recording.stat().st_size / 1e6
    print(f"{chosen.recording}: {performance.duration_s:.0f} s, {size_mb:.2f} MB")
    return 0


def write_recording(
    path: Path, sound: npt.NDArray[np.float32], pictures: Iterator[npt.NDArray[np.uint8]]
) -> None:
    """`sound` is (2, samples) at RATE_HZ. Interleaved second by second, as a camera would."""
    with av.open(
        str(path), "w", format="mp4", options={"fflags": "+bitexact", "movflags": "+faststart"}
    ) as container:
        video = container.add_stream(
            "libx264",
            rate=FRAMES_PER_SECOND,
            options={"crf": "32", "preset": "slow", "threads": "1", "g": "40"},
        )
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.codec_context.flags |= av.codec.context.Flags.bitexact
        audio = container.add_stream(
            "aac",
            rate=RATE_HZ,
            layout="stereo",
            # Middle/side and intensity coding would mix the two microphones.
            options={"aac_ms": "0", "aac_is": "0", "aac_pns": "0"},
        )
        audio.bit_rate = AUDIO_BIT_RATE
        audio.codec_context.flags |= av.codec.context.Flags.bitexact
        position = 0
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = index
            frame.time_base = fractions.Fraction(1, FRAMES_PER_SECOND)
            container.mux(video.encode(frame))
            until = (index + 1) * RATE_HZ // FRAMES_PER_SECOND
            position = _write_sound(container, audio, sound, position, until)
        _write_sound(container, audio, sound, position, sound.shape[1], last=True)
        container.mux(video.encode())
        container.mux(audio.encode())


def _write_sound(
    container: av.container.OutputContainer,
    audio: AudioStream,
    sound: npt.NDArray[np.float32],
    position: int,
    until: int,
    *,
    last: bool = False,
) -> int:
    """Whole blocks up to `until`, and the rest of it if it is the last; where it stopped."""
    while position + BLOCK <= until or (last and position < until):
        block = np.ascontiguousarray(sound[:, position : min(position + BLOCK, until)])
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate = RATE_HZ
        frame.pts = position
        frame.time_base = fractions.Fraction(1, RATE_HZ)
        container.mux(audio.encode(frame))
        position += block.shape[1]
    return position


if __name__ == "__main__":
    sys.exit(main())
