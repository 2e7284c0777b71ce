"""The stages of an agent in their order: frames go in, drafts of messages come out.

    frame -> segment -> turn -> interaction -> words -> measure -> message

Time is media time throughout: nothing here reads a clock, so a recording replayed at full
speed gives what the live counter would have given. Nothing is queued between the stages; the
one who pushes waits, so a recording is read as fast as it is measured and no faster.
"""

from dataclasses import dataclass, field

from edge_agent.activity import ActivityStage
from edge_agent.capture.buffer import SoundBuffer
from edge_agent.capture.frame import AudioFrame, Frame
from edge_agent.guard import Guard
from edge_agent.interaction import Admitted, Closed, Event, InteractionTracker, Opened
from edge_agent.loudness import LoudnessMeter
from edge_agent.measure import ReadTurn, measure
from edge_agent.message import Draft, Origin, activity_draft, interaction_draft
from edge_agent.models.catalog import Models
from edge_agent.presence import PresenceChange, PresenceSettings, PresenceStage, Zones
from edge_agent.segment import Segmenter, SegmentSettings, Voice
from edge_agent.sound_health import SoundHealth
from edge_agent.turn import MAX_TURN_S, PAUSE_S, TurnBuilder
from edge_agent.words import WordReader
from schemas.health import SensorHealth
from schemas.interaction import ByRole
from schemas.vocabulary import Sensor

_BUFFER_S = MAX_TURN_S + PAUSE_S + 12.0
"""A turn is cut out of the buffer when it ends: its length, its pause and a segment more."""


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    zones: Zones
    segment: SegmentSettings = field(default_factory=SegmentSettings)
    presence: PresenceSettings = field(default_factory=PresenceSettings)


class Pipeline:
    def __init__(
        self, origin: Origin, channels: int, models: Models, settings: PipelineSettings
    ) -> None:
        self._origin = origin
        self._channels = channels
        self._guard = Guard()
        self._buffer = SoundBuffer(channels, _BUFFER_S)
        self._segmenter = Segmenter(channels, models.voice, settings.segment)
        self._loudness = LoudnessMeter(channels)
        self._turns = TurnBuilder(channels, self._buffer, self._loudness)
        self._presence = PresenceStage(models.faces, settings.zones, settings.presence)
        self._tracker = InteractionTracker(channels)
        self._words = WordReader(models.transcriber, models.lexicon, models.sentiment, self._guard)
        self._health = SoundHealth(channels)
        self._activity = ActivityStage(channels, origin.anchor, self._health)
        self._changes: list[PresenceChange] = []
        """Changes of presence since the last frame of sound."""
        self._read: list[ReadTurn] = []
        self._zero_s = 0.0
        """Start of the open interaction."""
        self._now_s = 0.0

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
        names = (
            (Sensor.MICROPHONE_STAFF, Sensor.MICROPHONE_CITIZEN)
            if self._channels == 2
            else (Sensor.MICROPHONE_SHARED,)
        )
        sensors = []
        for channel, name in enumerate(names):
            state, level_dbfs = self._health.state(channel)
            level = None if level_dbfs is None else round(level_dbfs, 1)
            sensors.append(SensorHealth(sensor=name, state=state, level_dbfs=level))
        return (*sensors, SensorHealth(sensor=Sensor.CAMERA, state=self._presence.sensor))

    def push(self, frame: Frame) -> list[Draft]:
        if not isinstance(frame, AudioFrame):
            seen = self._guard.run("presence", lambda: self._presence.push(frame))
            self._changes += seen.value or self._presence.lost(frame.at_s, failed=seen.failed)
            return []
        self._buffer.push(frame)
        self._now_s = frame.end_s
        self._changes += self._presence.tick(frame.end_s)
        return self._advance(self._segmenter.push(frame))

    def finish(self) -> list[Draft]:
        """The source has ended: what is open ends with it."""
        voice = self._segmenter.finish(self._now_s)
        drafts = self._advance(voice, last=True)
        drafts += self._take(self._tracker.finish(self._now_s))
        minutes = self._activity.flush(self._now_s)
        self._buffer.clear()
        return [*drafts, *(activity_draft(self._origin, windows) for windows in minutes)]

    def _advance(self, voice: Voice, *, last: bool = False) -> list[Draft]:
        changes, self._changes = self._changes, []
        self._health.push(voice.levels)
        self._loudness.push(voice.levels)
        turns = self._turns.push(voice)
        if last:
            turns += self._turns.finish()
        drafts = self._take(self._tracker.push(voice, turns, changes))
        since_s = self._tracker.open_since_s
        going = None if since_s is None else (since_s, self._tracker.active_until_s)
        minutes = self._activity.push(voice, changes, going)
        return [*drafts, *(activity_draft(self._origin, windows) for windows in minutes)]

    def _take(self, events: list[Event]) -> list[Draft]:
        drafts = []
        for event in events:
            if isinstance(event, Opened):
                self._zero_s, self._read = event.start_s, []
                self._words.new_interaction()
            elif isinstance(event, Admitted):
                words = self._words.read(event.turn)
                self._read.append(ReadTurn.of(event.turn, words, self._zero_s))
            else:
                drafts.append(self._measured(event))
        return drafts

    def _measured(self, stay: Closed) -> Draft:
        self._activity.stay(stay.start_s, stay.end_s)
        read, self._read = self._read, []
        snr = [
            self._loudness.snr_db(channel, stay.start_s, stay.end_s)
            for channel in range(self._channels)
        ]
        measured = measure(
            stay,
            read,
            channels=self._channels,
            snr_db=ByRole(staff=snr[0], citizen=snr[1]) if self._channels == 2 else ByRole(),
            audio=self._health.coverage(stay.start_s, stay.end_s),
        )
        return interaction_draft(self._origin, stay, measured)
