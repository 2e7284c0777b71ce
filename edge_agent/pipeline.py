"""The stages of an agent in their order: frames go in, drafts of messages come out.

    frame -> segment -> turn -> interaction -> words -> measure -> message

Time is media time throughout: nothing here reads a clock, so a recording replayed at full
speed gives what the live counter would have given. Nothing is queued between the stages; the
one who pushes waits, so a recording is read as fast as it is measured and no faster.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from edge_agent.activity import ActivityStage
from edge_agent.capture.buffer import SoundBuffer
from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame, Frame, VideoFrame
from edge_agent.guard import Guard
from edge_agent.interaction import Admitted, Closed, Event, InteractionTracker, Opened
from edge_agent.loudness import LoudnessMeter
from edge_agent.measure import measure
from edge_agent.message import Draft, Origin, activity_draft, interaction_draft
from edge_agent.models.catalog import Models
from edge_agent.presence import PresenceSettings, PresenceStage, Zones
from edge_agent.read_turn import ReadTurn
from edge_agent.segment import CHUNK, Segmenter, SegmentSettings, Voice
from edge_agent.sound_health import SoundHealth
from edge_agent.turn import MAX_TURN_S, PAUSE_S, TurnBuilder
from edge_agent.words import WordReader
from edge_agent.zone_history import PresenceChange
from schemas.health import SensorHealth
from schemas.interaction import ByRole
from schemas.vocabulary import Sensor, SensorState

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
        self._segmenter = Segmenter(channels, models.voice, settings.segment, self._guard)
        self._loudness = LoudnessMeter(channels)
        self._turns = TurnBuilder(channels, self._buffer, self._loudness)
        self._presence = PresenceStage(models.faces, settings.zones, settings.presence, self._guard)
        self._tracker = InteractionTracker(channels)
        self._words = WordReader(models.transcriber, models.lexicon, models.sentiment, self._guard)
        self._health = SoundHealth(channels)
        self._activity = ActivityStage(channels, origin.anchor, self._health)
        self._changes: deque[PresenceChange] = deque()
        """Those that the sound, which comes in blocks, has not reached yet."""
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
        """Sound in blocks of a multiple of 512 samples; pictures before the sound of their
        time. How large the blocks are changes nothing: the stages see 512 samples at a time.
        """
        if isinstance(frame, VideoFrame):
            self._changes.extend(self._presence.push(frame))
            return []
        if not isinstance(frame, AudioFrame):
            return []
        drafts = []
        for chunk in _chunks(frame):
            self._buffer.push(chunk)
            self._now_s = chunk.end_s
            self._changes.extend(self._presence.tick(chunk.end_s))
            drafts += self._advance(self._segmenter.push(chunk))
        return drafts

    def finish(self) -> list[Draft]:
        """The source has ended: what is open ends with it."""
        voice = self._segmenter.finish(self._now_s)
        drafts = self._advance(voice, last=True)
        drafts += self._take(self._tracker.finish(self._now_s))
        minutes = self._activity.flush(self._now_s)
        self._buffer.clear()
        return [*drafts, *(activity_draft(self._origin, windows) for windows in minutes)]

    def _advance(self, voice: Voice, *, last: bool = False) -> list[Draft]:
        changes = list(self._known(voice.until_s, last=last))
        self._health.push(voice)
        self._loudness.push(voice)
        turns = self._turns.push(voice)
        if last:
            turns += self._turns.finish()
        drafts = self._take(self._tracker.push(voice, turns, changes, deaf=self._health.deaf))
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
            sound=self._health.quality(stay.start_s, stay.end_s),
            has_video=self._presence.sensor is not SensorState.ABSENT,
        )
        return interaction_draft(self._origin, stay, measured)


def _chunks(frame: AudioFrame) -> Iterator[AudioFrame]:
    first = round(frame.start_s * SAMPLE_RATE)
    for at in range(0, frame.samples.shape[1], CHUNK):
        yield AudioFrame((first + at) / SAMPLE_RATE, frame.samples[:, at : at + CHUNK])
