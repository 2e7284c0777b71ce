"""What live inputs put into their inbox, kept in order for a test to ask."""

import time
from contextlib import contextmanager

from edge_agent.capture.inbox import Inbox, MediaClock
from schemas.vocabulary import Sensor, SensorState


class Watch:
    def __init__(self, channels=2):
        self.inbox, self.clock = Inbox(channels), MediaClock()
        self.pictures, self.arrivals_s, self.events, self.sound = [], [], [], []

    def until(self, met, within_s):
        """Seconds until it was met. Raises AssertionError where it is not in time."""
        began = time.monotonic()
        while not met(self):
            left_s = began + within_s - time.monotonic()
            assert left_s > 0, f"not met within {within_s} s; states: {self.states}"
            blocks, pictures, events = self.inbox.take(min(left_s, 0.25))
            self.sound += blocks
            self.pictures += pictures
            self.arrivals_s += [self.clock.now_s()] * len(pictures)
            self.events += events
        return time.monotonic() - began

    def for_s(self, seconds):
        ends = time.monotonic() + seconds
        self.until(lambda _: time.monotonic() >= ends, seconds + 1)

    def is_(self, state, within_s, sensor=Sensor.CAMERA):
        return self.until(lambda w: w.state(sensor) is state, within_s)

    def more_pictures(self, count, within_s):
        least = len(self.pictures) + count
        self.until(lambda w: len(w.pictures) >= least, within_s)
        return self.pictures[-count:]

    def state(self, sensor=Sensor.CAMERA):
        return next((e.state for e in reversed(self.events) if e.sensor is sensor), None)

    @property
    def states(self):
        return [(event.sensor.value, event.state.value) for event in self.events]


@contextmanager
def watching(stream, channels=2):
    watch = Watch(channels)
    stream.start(watch.inbox, watch.clock)
    try:
        yield watch
    finally:
        stream.stop()


OK, STALLED, DISCONNECTED = SensorState.OK, SensorState.STALLED, SensorState.DISCONNECTED
