"""The room a conversation is put into: two microphones, bleed, noise, an echo, a neighbour.

Levels are against ordinary speech at its own microphone (`voices.LEVEL_DBFS`), as RMS. The
signal-to-noise ratio is that speech over the noise, the same noise level at both microphones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.conversation import ROLES, Conversation, Utterance
from benchmarks.accuracy.voices import LEVEL_DBFS, Random, louder
from edge_agent.capture.frame import SAMPLE_RATE, Samples
from schemas.vocabulary import Role

NOISES = ("white", "pink", "babble", "hall")
MOUTH_TO_OTHER_S = 0.002
"""About 70 cm more than to one's own microphone."""
_LOOP = 1 << 20
"""Noise that has no events goes round every 65 s, seamlessly."""


@dataclass(frozen=True, slots=True)
class Room:
    snr_db: float = 15.0
    bleed_db: float = -20.0
    noise: str | None = None
    """None: one of `NOISES` by the conversation's seed."""
    echo_s: float = 0.3
    """Time in which the room's echo falls by 60 dB."""
    neighbour_db: float | None = None
    """Level of the next counter's voice at the citizen's microphone; 3 dB less at staff's."""
    neighbour_effort_db: float = 0.0
    fault: str | None = None
    """clipped, dead, unplugged: what becomes of the citizen's microphone."""
    fault_from: float = 0.5
    """Share of the recording after which it does, when there is a baseline to be wrong against."""


def mix(conversation: Conversation, room: Room) -> Samples:
    """float32, shape (2, n): staff's microphone, the citizen's; n a multiple of 512."""
    count = -(-int(conversation.duration_s * SAMPLE_RATE) // 512) * 512
    rng = np.random.default_rng([conversation.seed, 13])
    sound = np.zeros((2, count))
    for channel, role in enumerate(ROLES):
        voice = np.zeros(count)
        _place(voice, [u for u in conversation.said if u.role is role], 0.0)
        sound[channel] += _echoed(voice, room.echo_s, -12.0, rng)
        across = _delayed(voice, MOUTH_TO_OTHER_S) * 10 ** (room.bleed_db / 20)
        sound[1 - channel] += _echoed(across, room.echo_s, -3.0, rng)
    if room.neighbour_db is not None:
        sound += _neighbour(conversation, room, count, rng)
    kind = room.noise or NOISES[conversation.seed % len(NOISES)]
    sound += _noise(kind, count, rng, conversation) * 10 ** ((LEVEL_DBFS - room.snr_db) / 20)
    if room.fault is not None:
        _break(sound[ROLES.index(Role.CITIZEN)][int(room.fault_from * count) :], room.fault, rng)
    out: Samples = np.clip(sound, -1.0, 1.0).astype(np.float32)
    return out


def _place(onto: np.ndarray, said: Sequence[Utterance], effort_db: float) -> None:
    for one in said:
        at = round(one.start_s * SAMPLE_RATE)
        clip = louder(one.clip, effort_db) if effort_db else one.clip
        part = clip.samples[: max(0, len(onto) - at)]
        onto[at : at + len(part)] += part


def _delayed(sound: np.ndarray, by_s: float) -> np.ndarray:
    by = round(by_s * SAMPLE_RATE)
    return np.concatenate([np.zeros(by), sound[: len(sound) - by]])


def _echoed(sound: np.ndarray, echo_s: float, echo_db: float, rng: Random) -> np.ndarray:
    """`echo_db`: the echo's energy against the direct sound's."""
    if not echo_s:
        return sound
    taps = int(echo_s * SAMPLE_RATE)
    tail = rng.standard_normal(taps) * 10 ** (-3 * np.arange(taps) / taps)
    tail[: SAMPLE_RATE // 200] = 0.0
    tail *= 10 ** (echo_db / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return _filtered(sound, tail)


def _filtered(sound: np.ndarray, taps: np.ndarray, block: int = 1 << 16) -> np.ndarray:
    """Convolution by overlapping blocks, cut to the sound's length."""
    size = 1 << int(np.ceil(np.log2(block + len(taps))))
    spectrum = np.fft.rfft(taps, size)
    out = np.zeros(len(sound) + size)
    for at in range(0, len(sound), block):
        part = sound[at : at + block]
        if part.any():
            out[at : at + size] += np.fft.irfft(np.fft.rfft(part, size) * spectrum, size)
    return out[: len(sound)]


def _neighbour(conversation: Conversation, room: Room, count: int, rng: Random) -> np.ndarray:
    voice = np.zeros(count)
    _place(voice, conversation.neighbour, room.neighbour_effort_db)
    level_db = room.neighbour_db or 0.0
    # It stands beside the counter: half a metre nearer to the citizen's microphone.
    ways = [_delayed(voice, 0.0015), voice]
    far = [_echoed(way, max(room.echo_s, 0.2), -4.0, rng) for way in ways]
    return np.stack([far[0] * 10 ** ((level_db - 3) / 20), far[1] * 10 ** (level_db / 20)])


def _noise(kind: str, count: int, rng: Random, conversation: Conversation) -> np.ndarray:
    """RMS 1 at each microphone; shape (2, count)."""
    if kind == "white":
        made = rng.standard_normal((2, count))
    elif kind == "pink":
        made = np.stack([_pink(count, rng) for _ in ROLES])
    elif kind == "babble":
        made = _babble(count, rng, conversation)
    elif kind == "hall":
        made = _hall(count, rng, conversation)
    else:
        raise ValueError(f"got the noise {kind}, expected one of {', '.join(NOISES)}")
    scaled: np.ndarray = made / np.sqrt(np.mean(made**2, axis=1, keepdims=True))
    return scaled


def _pink(count: int, rng: Random) -> np.ndarray:
    """3 dB less an octave above 60 Hz."""
    hertz = np.fft.rfftfreq(_LOOP, 1 / SAMPLE_RATE)
    spectrum = np.fft.rfft(rng.standard_normal(_LOOP)) / np.sqrt(np.maximum(hertz, 60.0))
    return np.resize(np.fft.irfft(spectrum, _LOOP), count)


def _babble(count: int, rng: Random, conversation: Conversation) -> np.ndarray:
    """Eight voices far away, through long echoes that differ at the two microphones."""
    clips = [u.clip.samples for u in (*conversation.neighbour, *conversation.said)]
    crowd = np.zeros(_LOOP)
    for _ in range(8):
        at = int(rng.integers(SAMPLE_RATE))
        while at < _LOOP:
            part = clips[int(rng.integers(len(clips)))]
            # Nobody in a crowd is anybody at this counter: other pitch and pace.
            factor = float(rng.uniform(0.75, 1.35))
            part = np.interp(np.arange(0, len(part), factor), np.arange(len(part)), part)
            level = np.sqrt(np.mean(part**2) + 1e-20)
            crowd[at : at + len(part)] += part[: _LOOP - at] / level
            at += len(part) + int(rng.integers(SAMPLE_RATE // 2))
    return np.stack([np.resize(_echoed(crowd, 0.8, 6.0, rng), count) for _ in ROLES])


def _hall(count: int, rng: Random, conversation: Conversation) -> np.ndarray:
    """Ventilation, a crowd, a loudspeaker that calls numbers, and things that fall."""
    unit = _noise("babble", count, rng, conversation) * 0.5
    both = _pink(count, rng)
    unit = unit + both / np.std(both)
    calls = np.zeros(count)
    for at_s in np.arange(20.0, count / SAMPLE_RATE - 10, 45.0):
        said = conversation.neighbour[int(rng.integers(len(conversation.neighbour)))]
        at = round((at_s + float(rng.uniform(0, 20))) * SAMPLE_RATE)
        part = said.clip.samples[: max(0, count - at)]
        calls[at : at + len(part)] += part / (np.std(part) + 1e-20) * 10 ** (6 / 20)
    for at_s in np.arange(35.0, count / SAMPLE_RATE - 5, 60.0):
        at = round((at_s + float(rng.uniform(0, 30))) * SAMPLE_RATE)
        slam = rng.standard_normal(SAMPLE_RATE // 4) * np.exp(-np.arange(SAMPLE_RATE // 4) / 800)
        part = slam[: max(0, count - at)]
        calls[at : at + len(part)] += part * 10 ** (15 / 20)
    return unit + np.stack([_echoed(calls, 0.6, 3.0, rng) for _ in ROLES])


def _break(rest: np.ndarray, fault: str, rng: Random) -> None:
    """In place."""
    if fault == "dead":
        rest[:] = 0.0
    elif fault == "clipped":
        rest *= 10 ** (34 / 20)
    elif fault == "unplugged":
        # An open input: hum, and a crackle at full level whenever somebody touches it.
        at = np.arange(len(rest)) / SAMPLE_RATE
        hum = sum(np.sin(2 * np.pi * 50 * k * at) / k for k in (1, 2, 3, 5))
        rest[:] = hum * 10 ** (-30 / 20) + rng.standard_normal(len(rest)) * 1e-3
        for at_s in np.arange(10.0, len(rest) / SAMPLE_RATE - 6, 20.0):
            low = round((at_s + float(rng.uniform(0, 10))) * SAMPLE_RATE)
            part = rest[low : low + round(float(rng.uniform(0.3, 4.0)) * SAMPLE_RATE)]
            part += rng.standard_normal(len(part)) * 0.25 * (rng.random(len(part)) < 0.3)
    else:
        raise ValueError(f"got the fault {fault}, expected clipped, dead or unplugged")
