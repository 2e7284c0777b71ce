"""What a camera's stream costs to decode, by how the camera is set: CPU of one core.

    .venv/bin/python -m benchmarks.decode_cost

Each stream is made here (a moving test picture with noise, by x264 as cameras encode: no
B-frames but where named) and run through the agent's own choosing and decoding.
"""

import io
import time

import av
import numpy as np

from edge_agent.capture.connection import Connection
from edge_agent.capture.frame import VideoFrame
from edge_agent.capture.inbox import Inbox, MediaClock
from edge_agent.capture.stream_parts import Pictures
from edge_agent.capture.stream_told import Told

SECONDS = 12
STREAMS = (
    # name, width, height, rate, key frame every so many, kbit/s, encoder, B-frames
    ("1920x1080 25/s, key 2 s", 1920, 1080, 25, 50, 4000, "libx264", 0),
    ("1280x720 25/s, key 2 s", 1280, 720, 25, 50, 2000, "libx264", 0),
    ("1280x720 25/s, key 1 s", 1280, 720, 25, 25, 2000, "libx264", 0),
    ("1280x720 25/s, key 2 s, 2 B", 1280, 720, 25, 50, 2000, "libx264", 2),
    ("1280x720 25/s, key 1/3 s", 1280, 720, 25, 8, 3000, "libx264", 0),
    ("1280x720 6/s, key 1/3 s", 1280, 720, 6, 2, 1000, "libx264", 0),
    ("640x360 25/s, key 2 s", 640, 360, 25, 50, 600, "libx264", 0),
    ("640x360 5/s, key 2 s", 640, 360, 5, 10, 256, "libx264", 0),
    ("640x360 5/s, key 1/5 s", 640, 360, 5, 1, 512, "libx264", 0),
    ("1280x720 25/s, MJPEG", 1280, 720, 25, 1, 0, "mjpeg", 0),
)


class Everything:
    """Decodes all and takes every picture that is due, as a program without a choice would."""

    skips_non_reference = False

    def __init__(self, fps: float) -> None:
        self._step_s, self._due_s = 1 / fps, -1.0

    def decodes(self, _stamp_s: float | None, **_: bool) -> bool:
        return True

    def takes(self, stamp_s: float, **_: bool) -> bool:
        if stamp_s < self._due_s - 1e-6:
            return False
        self._due_s = max(self._due_s, stamp_s - self._step_s) + self._step_s
        return True


class Clock(MediaClock):
    at_s = 0.0

    def now_s(self) -> float:
        return self.at_s


class Count(Inbox):
    pictures = 0

    def put_picture(self, _frame: VideoFrame) -> None:
        self.pictures += 1


def encoded(
    width: int, height: int, rate: int, gop: int, kbits: int, encoder: str, bframes: int
) -> io.BytesIO:
    file = io.BytesIO()
    random = np.random.default_rng(7)
    noise = random.normal(0, 3, (height + 64, width, 3)).astype(np.float32)
    with av.open(file, "w", format="matroska") as out:
        stream = out.add_stream(encoder, rate=rate)
        stream.width, stream.height, stream.gop_size = width, height, gop
        stream.pix_fmt = "yuv420p" if encoder == "libx264" else "yuvj420p"
        if encoder == "libx264":
            stream.bit_rate = kbits * 1000
            stream.options = {"preset": "veryfast", "bf": str(bframes), "sc_threshold": "0"}
        with av.open(f"testsrc2=size={width}x{height}:rate={rate}", format="lavfi") as source:
            for index, frame in enumerate(source.decode(video=0)):
                if index == SECONDS * rate:
                    break
                top = int(random.integers(64))
                picture = frame.to_ndarray(format="rgb24") + noise[top : top + height]
                noisy = av.VideoFrame.from_ndarray(np.clip(picture, 0, 255).astype(np.uint8))
                out.mux(stream.encode(noisy))
        out.mux(stream.encode(None))
    return file


def cost(file: io.BytesIO, fps: float, *, everything: bool) -> tuple[float, float]:
    """CPU-seconds a second of the stream, and pictures a second."""
    file.seek(0)
    container = av.open(file)
    video = container.streams.video[0]
    video.thread_type, video.thread_count = "NONE", 1
    clock, inbox = Clock(), Count(1)
    inbox.pictures = 0
    never = type("Never", (), {"is_set": lambda _: False})()
    connection = Connection(container, video=video, sound=None)
    part = Pictures(connection, Told(inbox, clock, never), lambda: fps)
    if everything:
        part._chooser = Everything(fps)  # noqa: SLF001 - what is compared with
    packets = [p for p in container.demux(video) if p.size]
    began_s = time.process_time()
    for packet in packets:
        clock.at_s = float((packet.dts or 0) * packet.time_base) + 1
        part.feed(packet, clock.at_s)
    spent_s = time.process_time() - began_s
    container.close()
    return spent_s / SECONDS, inbox.pictures / SECONDS


def main() -> None:
    print(f"{'stream':30} {'all':>8}" + "".join(f"{f'{fps} pictures/s':>22}" for fps in (3, 2, 1)))
    for name, *how in STREAMS:
        file = encoded(*how)
        whole, _ = cost(file, 3, everything=True)
        chosen = [cost(file, fps, everything=False) for fps in (3, 2, 1)]
        row = "".join(f"{100 * c:11.1f} % ({rate:.1f}/s)" for c, rate in chosen)
        print(f"{name:30} {100 * whole:6.1f} %{row}", flush=True)


main()
