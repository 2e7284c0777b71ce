"""The beginning of the demo recording, the same packets up to a moment."""

from pathlib import Path

import av

RECORDING = Path(__file__).parents[1] / "demo" / "counter.mp4"


def beginning(target: Path, until_s: float) -> Path:
    with av.open(str(RECORDING)) as source, av.open(str(target), "w") as out:
        streams = {s.index: out.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.pts is not None and packet.pts * packet.time_base < until_s:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    return target
