"""How far each measurement can be relied on, and why not further. Missing is not bad."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge_agent.read_turn import ReadTurn
from edge_agent.sound_health import SoundQuality
from edge_agent.spans import hundredths
from edge_agent.zone_history import Presence, Stretch
from schemas.interaction import Coverage
from schemas.vocabulary import Missing, Role

HALVES_FROM_TURNS = 8
_NEARLY_ALL = 0.95


@dataclass(frozen=True, slots=True)
class Seen:
    """What the sensors gave of one stay; offsets from its start."""

    length_s: float
    citizen: tuple[Stretch, ...]
    staff: tuple[Stretch, ...]
    sound: SoundQuality
    tells_roles: bool
    """Two channels: whose voice is whose is known, also at once and by level."""
    has_video: bool
    """Pictures came at all; those that came may still have shown nothing valid."""


def cover(turns: Sequence[ReadTurn], seen: Seen) -> Coverage:
    staff = [t for t in turns if t.role is Role.STAFF]
    citizen = [t for t in turns if t.role is Role.CITIZEN]
    spoken_s = sum(t.speech_s for t in turns)
    known_s = sum(t.speech_s for t in turns if t.role is not Role.UNKNOWN)
    audio = hundredths(seen.sound.coverage)
    video = _share_known(seen.citizen, seen.citizen, seen.length_s)
    presence = _share_known(seen.citizen, seen.staff, seen.length_s)
    return Coverage(
        audio=audio,
        video=video,
        roles=hundredths(known_s / spoken_s) if spoken_s else float(seen.tells_roles),
        text_staff=_share(staff, lambda t: t.words.missing is None),
        text_citizen=_share(citizen, lambda t: t.words.missing is None),
        sentiment=_share(citizen, lambda t: t.words.polarity is not None),
        overlap=audio if seen.tells_roles else 0.0,
        raised_voice_staff=_share(staff, lambda t: t.loudness.has_baseline),
        raised_voice_citizen=_share(citizen, lambda t: t.loudness.has_baseline),
        presence=presence,
        missing=tuple(sorted(_missing(turns, seen, video, presence))),
    )


def _missing(turns: Sequence[ReadTurn], seen: Seen, video: float, presence: float) -> set[Missing]:
    missing = {t.words.missing for t in turns if t.words.missing is not None}
    if not seen.has_video:
        missing.add(Missing.NO_VIDEO)
    elif min(video, presence) < _NEARLY_ALL:
        missing.add(Missing.SENSOR_INVALID)
    if seen.sound.unheard:
        missing |= seen.sound.reasons or {Missing.SENSOR_INVALID}
    if not seen.tells_roles:
        missing.add(Missing.SINGLE_CHANNEL)
        if not turns or any(t.role is Role.UNKNOWN for t in turns):
            missing.add(Missing.ROLE_UNKNOWN)
    if seen.tells_roles and any(not t.loudness.has_baseline for t in turns):
        missing.add(Missing.NO_BASELINE)
    felt = [t for t in turns if t.role is Role.CITIZEN and t.words.polarity is not None]
    if len(felt) < HALVES_FROM_TURNS:
        missing.add(Missing.TOO_FEW_TURNS)
    return missing


def _share_known(one: Sequence[Stretch], other: Sequence[Stretch], length_s: float) -> float:
    """Share of the stay in which the state of both zones is known."""
    if length_s <= 0:
        return 0.0
    known_s = sum(
        max(0.0, min(a.end_s, b.end_s) - max(a.start_s, b.start_s))
        for a in one
        for b in other
        if Presence.UNKNOWN not in (a.state, b.state)
    )
    return hundredths(min(1.0, known_s / length_s))


def _share(turns: Sequence[ReadTurn], valid: Callable[[ReadTurn], bool]) -> float:
    spoken_s = sum(t.speech_s for t in turns)
    if not spoken_s:
        return 0.0
    return hundredths(min(1.0, sum(t.speech_s for t in turns if valid(t)) / spoken_s))
