"""A live stream with pictures and sound: a thread that connects, delivers, notices silence,
and connects again for ever.

What a network camera and one on a cable have in common; rtsp.py and camera.py say how each is
addressed. Nothing of the stream is kept here but a tenth of a second of sound.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from traceback import extract_tb

from edge_agent.capture.connection import Address, Connection, Fault, Pause
from edge_agent.capture.inbox import Inbox, MediaClock
from edge_agent.capture.microphone import DeviceChannel
from edge_agent.capture.reconnect import Backoff
from edge_agent.capture.stream_parts import Part, Pictures, Sound
from edge_agent.capture.stream_told import Told
from schemas.vocabulary import Sensor, SensorState

log = logging.getLogger(__name__)

_STOP_S = 2.0
_READ_S = 1.5
"""The longest wait for a packet before the thread looks up."""
_POLL_S = 0.02
"""Between two looks at a device that does not wait."""
_GOOD_S = 10.0
"""A connection that delivered for so long was no failed try."""
_HALF_STALLED = 10.0
"""Where only the sound or only the pictures stall, the other is worth more than a new try:
the first comes after so many times `stalled_s` at least, later ones less often.
"""


@dataclass(frozen=True, slots=True)
class StreamLimits:
    stalled_s: float = 5.0
    """An open connection over which nothing comes for so long has stalled."""
    open_s: float = 8.0
    """To connect, and again to see what comes."""


class StreamInput:
    """An Input (inbox.py). `find`: the address, or what is wrong, asked before each try.

    `sound`: which channel of the stream is which of the source; empty: none is wanted.
    """

    def __init__(
        self,
        name: str,
        find: Callable[[], Address | str],
        *,
        fps: float,
        wants_video: bool,
        sound: Sequence[DeviceChannel],
        limits: StreamLimits,
        backoff: Backoff | None,
    ) -> None:
        if not wants_video and not sound:
            raise ValueError("nothing of a stream is wanted; expected video or sound")
        self.name = name
        """For logs; holds no secret."""
        self.fault: str | None = None
        """Why something that is wanted does not come now, in one line; None while all comes."""
        self._find = find
        self._fps = fps
        self._wants_video = wants_video
        self._sound = tuple(sound)
        self._sensors = (
            *((Sensor.CAMERA,) if wants_video else ()),
            *(one.sensor for one in self._sound),
        )
        self._limits = limits
        self._backoff = backoff or Backoff(0.5, 30.0, Random())  # noqa: S311 - no secret
        least_s = 2 * _HALF_STALLED * limits.stalled_s
        self._patience = Backoff(least_s, 40 * least_s, Random())  # noqa: S311 - no secret
        self._give_up_s: float | None = None
        self._said = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, inbox: Inbox, clock: MediaClock) -> None:
        assert self._thread is None, "an input starts once"
        told = Told(inbox, clock, self._stopping)
        self._thread = threading.Thread(
            target=self._run, args=(told,), name=f"stream {self.name}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Waits 2 s at most. Where FFmpeg still opens a stream that does not answer, the thread
        ends by itself when `open_s` are over; it delivers nothing any more.
        """
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_STOP_S)

    def set_fps(self, fps: float) -> None:
        """Pictures a second from now on; for any thread."""
        self._fps = fps

    def _run(self, told: Told) -> None:
        while not self._stopping.is_set():
            try:
                self._connect(told)
            except Exception as error:  # noqa: BLE001 - a sensor's fault must not end its thread
                # The text may hold the address with the password; its class and place do not.
                self._lost(told, SensorState.DISCONNECTED, f"failed: {_place(error)}")
            self._stopping.wait(self._backoff.next_s())

    def _connect(self, told: Told) -> None:
        address = self._find()
        if isinstance(address, str):
            self._lost(told, SensorState.DISCONNECTED, address)
            return
        connection = Connection.open(
            address,
            video=self._wants_video,
            sound=bool(self._sound),
            open_s=self._limits.open_s,
            read_s=min(_READ_S, self._limits.stalled_s / 2),
        )
        if isinstance(connection, Fault):
            # What has stalled and does not answer either is there, as far as one knows.
            hangs = connection is Fault.NO_ANSWER and told.any_is(SensorState.STALLED)
            state = SensorState.STALLED if hangs else SensorState.DISCONNECTED
            self._lost(told, state, connection.value)
            return
        opened_s = told.now_s()
        try:
            self._deliver(connection, told)
        finally:
            connection.close()
        if told.now_s() - opened_s >= _GOOD_S:
            self._backoff.reset()

    def _deliver(self, connection: Connection, told: Told) -> None:
        """Until the stream ends or stalls, or the input is stopped."""
        pictures = Pictures(connection, told, lambda: self._fps) if self._wants_video else None
        sound = Sound(connection, told, self._sound) if self._sound else None
        parts: list[Part] = [part for part in (pictures, sound) if part is not None]
        opened_s = told.now_s()
        self._give_up_s = None
        while not self._stopping.is_set():
            packet = connection.read()
            if packet is Pause.ENDED:
                self._lost(told, SensorState.DISCONNECTED, "has ended the connection")
                return
            if packet is Pause.NOT_YET:
                self._stopping.wait(_POLL_S)
            elif packet is not Pause.NOTHING_CAME:
                part = pictures if connection.is_video(packet) else sound
                if part is not None:
                    part.feed(packet, told.now_s())
            if not self._still_good(parts, opened_s, told):
                return

    def _still_good(self, parts: Sequence[Part], opened_s: float, told: Told) -> bool:
        """Tells of silent parts; False where only a new connection can help."""
        now_s = told.now_s()
        silent_s = 0.0
        silent: list[Part] = []
        for part in parts:
            since_s = now_s - (opened_s if part.delivered_s is None else part.delivered_s)
            if since_s >= part.silent_after_s(self._limits.stalled_s):
                silent.append(part)
                silent_s = max(silent_s, since_s)
                told.lost(part.sensors, SensorState.STALLED)
        if silent:
            self._say(silent[0].fault)
            if self._give_up_s is None:
                self._give_up_s = self._patience.next_s()
            return len(silent) < len(parts) and silent_s < self._give_up_s
        if all(part.delivered_s is not None for part in parts):
            self._patience.reset()
            self._give_up_s = None
            self._say(None)
        return True

    def _lost(self, told: Told, state: SensorState, what: str) -> None:
        told.lost(self._sensors, state)
        self._say(what)

    def _say(self, what: str | None) -> None:
        """Once, however often it is so."""
        fault = None if what is None else f"{self.name}: {what}"
        if fault == self.fault and self._said:
            return
        self.fault, self._said = fault, True
        if fault is None:
            log.info("%s: delivers", self.name)
        else:
            log.warning("%s", fault)


def _place(error: BaseException) -> str:
    """The class of an error and where it was raised; not its text."""
    places = extract_tb(error.__traceback__)
    where = f" in {places[-1].name}, line {places[-1].lineno}" if places else ""
    return f"{type(error).__name__}{where}"
