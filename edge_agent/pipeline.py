"""The stages of an agent in their order: frames go in, drafts of messages come out.

    frame -> segment -> turn -> interaction -> words -> measure -> narrow -> message

Time is media time throughout: nothing here reads a clock, so a recording replayed at full
speed gives what the live counter would have given. Nothing is queued between the stages; the
one who pushes waits, so a recording is read as fast as it is measured and no faster.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from edge_agent.activity import ActivityStage
from edge_agent.alert import AlertWatch
from edge_agent.asked import Asked
from edge_agent.capture.buffer import SoundBuffer
from edge_agent.capture.frame import (
    SAMPLE_RATE,
    AudioFrame,
    Frame,
    KeyPress,
    SensorChange,
    VideoFrame,
)
from edge_agent.guard import Guard
from edge_agent.interaction import Admitted, Closed, Event, InteractionTracker, Opened
from edge_agent.loudness import LoudnessMeter
from edge_agent.measure import Measured, measure
from edge_agent.message import (
    Draft,
    Origin,
    activity_draft,
    alert_draft,
    interaction_draft,
)
from edge_agent.models.catalog import Models
from edge_agent.narrow import narrow
from edge_agent.overload import OverloadHistory
from edge_agent.presence import PresenceSettings, PresenceStage, Zones
from edge_agent.read_turn import ReadTurn
from edge_agent.segment import CHUNK, Segmenter, SegmentSettings, Voice
from edge_agent.sound_health import SoundHealth, SoundLimits
from edge_agent.spans import hundredths
from edge_agent.speaker import SpeakerTracker
from edge_agent.turn import MAX_TURN_S, PAUSE_S, SpokenTurn, TurnBuilder
from edge_agent.words import TurnWords, WordReader
from edge_agent.zone_history import PresenceChange
from schemas.health import Press, SensorHealth
from schemas.interaction import ByRole, ExpressionSummary
from schemas.vocabulary import Category, Key, Missing, Overload, Role, Sensor, SensorState

_BUFFER_S = MAX_TURN_S + PAUSE_S + 12.0
"""A turn is cut out of the buffer when it ends: its length, its pause and a segment more."""
FEWER_FPS = 1.0
"""Pictures a second that an overloaded device looks at."""
_SMALL_BEAM = 1
_NEEDED_FROM_S = 1.0
"""Shorter turns hold no phrase that a rule looks for."""
_PRESSES = 16
"""The wire's own limit a message."""


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    zones: Zones
    segment: SegmentSettings = field(default_factory=SegmentSettings)
    presence: PresenceSettings = field(default_factory=PresenceSettings)
    sound: SoundLimits = field(default_factory=SoundLimits)
    sent: frozenset[Category] | None = None
    """The kinds of phrases whose hits may leave; None: all."""


class Pipeline:
    def __init__(
        self, origin: Origin, channels: int, models: Models, settings: PipelineSettings
    ) -> None:
        self._origin = origin
        self._channels = channels
        self._guard = Guard()
        self._buffer = SoundBuffer(channels, _BUFFER_S)
        self._segmenter = Segmenter(channels, models.voice, settings.segment, self._guard)
        self._loudness = LoudnessMeter(channels)
        self._turns = TurnBuilder(channels, self._buffer, self._loudness)
        self._presence = PresenceStage(
            models.faces, settings.zones, settings.presence, self._guard, models.expression
        )
        self._sent = settings.sent
        self._tracker = InteractionTracker(channels)
        self._alerts = AlertWatch(settings.sent)
        self._words = WordReader(
            models.transcriber, models.lexicon, models.sentiment, models.abuse, self._guard
        )
        self._speakers = (
            SpeakerTracker(models.speakers, self._guard)
            if models.speakers is not None and channels == 1
            else None
        )
        self._health = SoundHealth(channels, settings.sound)
        self._activity = ActivityStage(channels, origin.anchor, self._health)
        self._changes: deque[PresenceChange] = deque()
        """Those that the sound, which comes in blocks, has not reached yet."""
        self._read: list[ReadTurn] = []
        self._zero_s = 0.0
        """Start of the open interaction."""
        self._now_s = 0.0
        self._asked = Asked()
        self._presses: deque[Press] = deque(maxlen=_PRESSES)
        self._microphones = _MICROPHONES[channels]
        self._told = [SensorState.OK] * channels
        """The source's last word on each microphone."""
        self._overload = OverloadHistory()
        self._looked_s = float("-inf")

    @property
    def media_s(self) -> float:
        """How far the source has been measured."""
        return self._now_s

    @property
    def model_failures(self) -> int:
        return self._guard.failures

    @property
    def sensors(self) -> tuple[SensorHealth, ...]:
        """How each sensor is now; never a fact about a person."""
        sensors = []
        for channel, name in enumerate(self._microphones):
            state, level_dbfs = self._health.state(channel)
            level = None if level_dbfs is None else round(level_dbfs, 1)
            sensors.append(SensorHealth(sensor=name, state=state, level_dbfs=level))
        camera = self._presence.sensor
        if self._asked.muted and camera is not SensorState.ABSENT:
            camera = SensorState.MUTED
        return (*sensors, SensorHealth(sensor=Sensor.CAMERA, state=camera))

    @property
    def overload(self) -> Overload:
        return self._overload.step

    @property
    def interaction_open(self) -> bool:
        return self._tracker.open_since_s is not None

    def end_shift(self) -> None:
        """Another person may sit at the counter from now on."""
        self._loudness.new_assignment()
        self._forget_voices()

    def relieve(self, step: Overload) -> None:
        """From now on do less, as the step says, or all again."""
        self._overload.change(self._now_s, step)

    def take_presses(self) -> tuple[Press, ...]:
        """Keys that changed something since the last call."""
        presses = tuple(self._presses)
        self._presses.clear()
        return presses

    def push(self, frame: Frame) -> list[Draft]:
        """Sound in blocks of a multiple of 512 samples; pictures, changes of sensors and
        pressed keys before the sound of their time. How large the blocks are changes nothing:
        the stages see 512 samples at a time.
        """
        match frame:
            case AudioFrame():
                return self._listen(frame)
            case VideoFrame():
                self._look(frame)
            case SensorChange():
                self._source_says(frame)
            case KeyPress():
                self._press(frame)
        return []

    def _listen(self, frame: AudioFrame) -> list[Draft]:
        if self._asked.muted:
            frame = AudioFrame(frame.start_s, np.zeros_like(frame.samples))
        drafts = []
        for chunk in _chunks(frame):
            self._buffer.push(chunk)
            self._now_s = chunk.end_s
            if self._speakers is not None:
                self._speakers.tick(chunk.end_s)
            if not self._asked.muted:
                self._changes.extend(self._presence.tick(chunk.end_s))
            drafts += self._advance(self._segmenter.push(chunk))
        return drafts

    def _look(self, frame: VideoFrame) -> None:
        spare = self._overload.step is not Overload.NONE
        if self._asked.muted or (spare and frame.at_s - self._looked_s < 0.9 / FEWER_FPS):
            return
        self._looked_s = frame.at_s
        self._changes.extend(self._presence.push(frame))

    def _source_says(self, change: SensorChange) -> None:
        if change.sensor in self._microphones:
            channel = self._microphones.index(change.sensor)
            self._told[channel] = change.state
            if not self._asked.muted:
                self._health.told(channel, change.at_s, change.state)
        elif change.sensor is Sensor.CAMERA and change.state is not SensorState.OK:
            self._changes.extend(self._presence.lost(change.at_s, change.state))

    def _press(self, press: KeyPress) -> None:
        if not self._asked.push(press):
            return
        self._presses.append(
            Press(key=press.key, at=self._origin.at(press.at_s), asked_by=press.asked_by)
        )
        if press.key is Key.MUTE:
            self._forget_voices()
            for channel in range(self._channels):
                self._health.told(channel, press.at_s, SensorState.MUTED)
            self._changes.extend(self._presence.lost(press.at_s, SensorState.MUTED))
        elif press.key is Key.UNMUTE:
            for channel, state in enumerate(self._told):
                self._health.told(channel, press.at_s, state)
        elif press.key is Key.HELP:
            self._alerts.pressed(press.at_s)
        else:
            self._health.written(press.at_s, on=press.key is Key.WRITTEN_ON)

    def finish(self) -> list[Draft]:
        """The source has ended: what is open ends with it."""
        voice = self._segmenter.finish(self._now_s)
        drafts = self._advance(voice, last=True)
        drafts += self._take(self._tracker.finish(self._now_s))
        minutes = self._activity.flush(self._now_s)
        self._buffer.clear()
        self._forget_voices()
        return [*drafts, *(activity_draft(self._origin, windows) for windows in minutes)]

    def _advance(self, voice: Voice, *, last: bool = False) -> list[Draft]:
        changes = list(self._known(voice.until_s, last=last))
        self._health.push(voice)
        self._loudness.push(voice)
        turns = self._turns.push(voice)
        if last:
            turns += self._turns.finish()
        drafts = self._take(self._tracker.push(voice, turns, changes, deaf=self._health.deaf))
        drafts += self._snapshot(voice.until_s)
        since_s = self._tracker.open_since_s
        going = None if since_s is None else (since_s, self._tracker.active_until_s)
        minutes = self._activity.push(voice, changes, going)
        return [*drafts, *(activity_draft(self._origin, windows) for windows in minutes)]

    def _known(self, now_s: float, *, last: bool) -> Iterator[PresenceChange]:
        while self._changes and (last or self._changes[0].known_s <= now_s):
            yield self._changes.popleft()

    def _take(self, events: list[Event]) -> list[Draft]:
        drafts = []
        for event in events:
            if isinstance(event, Opened):
                self._zero_s, self._read = event.start_s, []
                self._alerts.opened(event.start_s)
                self._words.new_interaction()
                if self._speakers is not None:
                    self._speakers.new_interaction()
            elif isinstance(event, Admitted):
                for turn in self._told_apart(event.turn):
                    self._read.append(ReadTurn.of(turn, self._hear(turn), self._zero_s))
                    self._alerts.heard(self._read[-1])
            else:
                drafts.append(self._measured(event))
        return drafts

    def _told_apart(self, turn: SpokenTurn) -> list[SpokenTurn]:
        if self._channels == 2:
            return [turn]
        parts = [turn]
        if self._speakers is not None and not self._asked.muted:
            parts = self._speakers.attribute(turn)
        # One microphone's usual level is of both sides, each at its own distance.
        return [
            replace(part, loudness=self._loudness.measure(0, part.voiced).without_baseline())
            for part in parts
        ]

    def _forget_voices(self) -> None:
        if self._speakers is not None:
            self._speakers.forget()

    def _hear(self, turn: SpokenTurn) -> TurnWords:
        step = self._overload.step
        if self._asked.written and turn.role is Role.CITIZEN:
            return TurnWords(missing=Missing.WRITTEN)
        if step is Overload.NO_WORDS or (step is Overload.NEEDED_WORDS and not _needed(turn)):
            return TurnWords(missing=Missing.OVERLOAD)
        small = step in (Overload.SMALLER_BEAM, Overload.NEEDED_WORDS)
        return self._words.read(turn, beam_size=_SMALL_BEAM if small else None)

    def _snapshot(self, now_s: float) -> list[Draft]:
        """Of the open interaction, where one is due. What has just closed needs none."""
        start_s, until_s = self._tracker.open_since_s, self._tracker.active_until_s
        if start_s is None:
            return []
        number = self._alerts.due(now_s, max(start_s, until_s), self._tracker.unattended)
        stay = self._tracker.so_far() if number else None
        if stay is None:
            return []
        return [alert_draft(self._origin, stay, self._measure(stay, self._read), number, now_s)]

    def _measured(self, stay: Closed) -> Draft:
        self._activity.stay(stay.start_s, stay.end_s)
        read, self._read = self._read, []
        return interaction_draft(self._origin, stay, self._measure(stay, read))

    def _measure(self, stay: Closed, read: Sequence[ReadTurn]) -> Measured:
        snr = [
            self._loudness.snr_db(channel, stay.start_s, stay.end_s)
            for channel in range(self._channels)
        ]
        measured = measure(
            stay,
            read,
            channels=self._channels,
            snr_db=ByRole(staff=snr[0], citizen=snr[1]) if self._channels == 2 else ByRole(),
            sound=self._health.quality(stay.start_s, stay.end_s),
            has_video=self._presence.sensor is not SensorState.ABSENT,
        )
        measurements = measured.measurements.model_copy(
            update={"expression": self._expression(stay.start_s, stay.end_s)}
        )
        asked = self._asked.spans(stay.start_s, stay.end_s)
        spans = tuple(sorted((*measured.spans, *asked), key=lambda s: (s.start_s, s.kind)))
        coverage = measured.coverage
        if self._overload.touches(stay.start_s, stay.end_s):
            missing = tuple(sorted({*coverage.missing, Missing.OVERLOAD}))
            coverage = coverage.model_copy(update={"missing": missing})
        measured = replace(measured, measurements=measurements, spans=spans, coverage=coverage)
        return narrow(measured, self._sent)

    def _expression(self, start_s: float, end_s: float) -> ExpressionSummary | None:
        meter = self._presence.expression
        found = None if meter is None else meter.summary(start_s, end_s)
        if found is None:
            return None
        return ExpressionSummary(
            mean_valence=hundredths(found.mean_valence),
            samples=found.samples,
            coverage=hundredths(found.coverage),
        )


_MICROPHONES = {
    1: (Sensor.MICROPHONE_SHARED,),
    2: (Sensor.MICROPHONE_STAFF, Sensor.MICROPHONE_CITIZEN),
}
"""By number of channels, in their order."""


def _needed(turn: SpokenTurn) -> bool:
    """Rules look for words of staff, and for those of a citizen who raises the voice."""
    if turn.speech_s < _NEEDED_FROM_S:
        return False
    return turn.role is Role.STAFF or bool(turn.loudness.raised)


def _chunks(frame: AudioFrame) -> Iterator[AudioFrame]:
    first = round(frame.start_s * SAMPLE_RATE)
    for at in range(0, frame.samples.shape[1], CHUNK):
        yield AudioFrame((first + at) / SAMPLE_RATE, frame.samples[:, at : at + CHUNK])
