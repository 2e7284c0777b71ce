"""The sound of the recording: spoken by espeak-ng, levelled, placed on two channels."""

import io
import math
import shutil
import subprocess
import wave
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from demo.recording_script import ROLES, Interaction, Line, Move, Script, Voice

RATE_HZ = 16_000
FRAME = RATE_HZ // 100
EDGE_DB = -26.0
"""A line begins and ends where its 10 ms level passes this, relative to the line's own RMS:
about the level of the room's noise."""
INNER_PAUSE_S = 0.35
PAUSE_S = 0.2
MOUTH_TO_OTHER_MICROPHONE_S = 0.002

Samples = npt.NDArray[np.float32]
"""One channel, or (channels, samples), at RATE_HZ unless it says otherwise."""


class EspeakMissingError(Exception):
    """The speech synthesiser is not installed."""


@dataclass(frozen=True, slots=True)
class Said:
    """One line at its place; `interaction` is None for what is said to nobody."""

    line: Line
    interaction: str | None
    start_s: float
    samples: Samples

    @property
    def end_s(self) -> float:
        return self.start_s + len(self.samples) / RATE_HZ

    @property
    def speech_s(self) -> float:
        """Without the pauses inside, of PAUSE_S or more; the gaps within words are speech."""
        audible = np.flatnonzero(_levels_db(self.samples) > EDGE_DB)
        quiet = np.diff(audible) - 1
        pauses = quiet[quiet >= round(PAUSE_S * 100)].sum()
        return (len(self.samples) // FRAME - int(pauses)) / 100


@dataclass(frozen=True, slots=True)
class Stay:
    """A citizen's time at the counter, and the staff's absences in it, in media time."""

    interaction: Interaction
    start_s: float
    end_s: float
    staff_absent: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Performance:
    said: tuple[Said, ...]
    stays: tuple[Stay, ...]
    duration_s: float


def perform(script: Script) -> Performance:
    """Speaks every line and lets each fall where the script's gaps put it."""
    said: list[Said] = []
    stays: list[Stay] = []
    now_s = 0.0
    for interaction in script.interactions:
        level_dbfs = script.level_dbfs - interaction.softer_db
        if interaction.aside is not None:
            line = Line("staff", interaction.aside.after_s, interaction.aside.words)
            samples = speak(line, interaction.voices["staff"], level_dbfs)
            said.append(Said(line, None, _grid(now_s + line.gap_s), samples))
            now_s = said[-1].end_s
        start_s = now_s = _grid(now_s + interaction.enters_after_s)
        moves: list[float] = []
        for item in interaction.timeline:
            at_s = _grid(now_s + item.gap_s)
            if isinstance(item, Move):
                moves.append(at_s)
                now_s = at_s
                continue
            samples = speak(item, interaction.voices[item.role], level_dbfs)
            said.append(Said(item, interaction.name, at_s, samples))
            now_s = said[-1].end_s
        now_s = _grid(now_s + interaction.leaves_after_s)
        absent = tuple(zip(moves[::2], moves[1::2], strict=True))
        stays.append(Stay(interaction, start_s, now_s, absent))
    return Performance(tuple(said), tuple(stays), float(np.ceil(now_s + script.tail_s)))


def mix(script: Script, performance: Performance) -> Samples:
    """(channels, samples): staff, citizen; each with the other's bleed and its own noise."""
    length = round(performance.duration_s * RATE_HZ)
    clean = np.zeros((2, length), np.float32)
    for said in performance.said:
        at = round(said.start_s * RATE_HZ)
        clean[ROLES.index(said.line.role), at : at + len(said.samples)] += said.samples
    late = round(MOUTH_TO_OTHER_MICROPHONE_S * RATE_HZ)
    bleed = np.zeros_like(clean)
    bleed[:, late:] = clean[::-1, :-late] * 10 ** (script.bleed_db / 20)
    noise = np.stack(
        [_room_noise(length, script.noise_dbfs, script.seed + channel) for channel in range(2)]
    )
    mixed: Samples = (clean + bleed + noise).astype(np.float32)
    peak = float(np.abs(mixed).max())
    if peak >= 1:
        raise ValueError(
            f"the mix clips: got a peak of {peak:.2f}, expected under 1; lower a level"
        )
    return mixed


def speak(line: Line, voice: Voice, level_dbfs: float) -> Samples:
    """One line, from its first to its last audible sample, at its level over speech."""
    samples = _trim(_resample(*_espeak(line.words, voice)))
    if line.raised_db:
        samples = _even(samples)
    return _to_level(samples, level_dbfs + line.raised_db)


def _espeak(words: str, voice: Voice) -> tuple[Samples, int]:
    program = shutil.which("espeak-ng")
    if program is None:
        raise EspeakMissingError(
            "espeak-ng is not installed; it is needed to make the recording anew, not to run the "
            "demo. Install the package espeak-ng"
        )
    out = subprocess.run(  # noqa: S603  # our own script's words, no shell
        [
            program,
            *("-v", voice.voice, "-p", str(voice.pitch), "-s", str(voice.words_per_minute)),
            *("--stdout", "--stdin"),
        ],
        input=words.encode(),
        capture_output=True,
        check=True,
    ).stdout
    with wave.open(io.BytesIO(out)) as spoken:
        # espeak-ng writes to a pipe, so that the header's length is no length.
        pcm = np.frombuffer(spoken.readframes(2**30), np.int16)
        return (pcm / 32768).astype(np.float32), spoken.getframerate()


def _resample(samples: Samples, rate_hz: int) -> Samples:
    """Band-limited, by cutting the spectrum; the ends are silent, so it may wrap."""
    block = rate_hz // math.gcd(rate_hz, RATE_HZ)
    margin = rate_hz // 10
    padded = np.pad(samples, (margin, margin + -(len(samples) + 2 * margin) % block))
    length = round(len(padded) * RATE_HZ / rate_hz)
    spectrum = np.fft.rfft(padded.astype(np.float64))[: length // 2 + 1]
    out: Samples = (np.fft.irfft(spectrum, length) * length / len(padded)).astype(np.float32)
    return out


def _levels_db(samples: Samples) -> npt.NDArray[np.float64]:
    """Of whole 10 ms frames, relative to the RMS of all that is not silence."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    power = np.mean(frames**2, axis=1) + 1e-12
    loud = power > power.max() * 1e-3
    level: npt.NDArray[np.float64] = 10 * np.log10(power / power[loud].mean())
    return level


def _trim(samples: Samples) -> Samples:
    """Cuts the silence at both ends and shortens each pause inside to INNER_PAUSE_S."""
    audible = np.flatnonzero(_levels_db(samples) > EDGE_DB)
    keep: list[Samples] = []
    longest = round(INNER_PAUSE_S * 100)
    begin = int(audible[0])
    for last, following in zip(audible, [*audible[1:], None], strict=True):
        if following is None or following - last - 1 > longest:
            end = int(last) + 1
            pause = 0 if following is None else longest // 2
            keep.append(samples[begin * FRAME : (end + pause) * FRAME])
            begin = 0 if following is None else int(following) - (longest - pause)
    return np.concatenate(keep)


def _even(samples: Samples) -> Samples:
    """A raised voice has no quiet syllables and flat peaks: levels speech over 150 ms, leaves
    silence, and bends what stands over four times the RMS.
    """
    power = np.convolve(samples.astype(np.float64) ** 2, np.ones(2400) / 2400, mode="same")
    level = samples * np.sqrt(power.max() / np.maximum(power, power.max() * 1e-2))
    ceiling = 4 * np.sqrt(np.mean(level**2))
    out: Samples = (ceiling * np.tanh(level / ceiling)).astype(np.float32)
    return out


def _to_level(samples: Samples, level_dbfs: float) -> Samples:
    """RMS over the frames that are no pause."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    power = np.mean(frames**2, axis=1)
    rms = float(np.sqrt(power[power > power.max() * 1e-3].mean()))
    out: Samples = samples * np.float32(10 ** (level_dbfs / 20) / rms)
    return out


def _room_noise(length: int, level_dbfs: float, seed: int) -> Samples:
    """Falls by 3 dB an octave above 60 Hz, as ventilation does."""
    white = np.random.default_rng(seed).standard_normal(length)
    hertz = np.fft.rfftfreq(length, 1 / RATE_HZ)
    shaped = np.fft.irfft(np.fft.rfft(white) / np.sqrt(np.maximum(hertz, 60.0)), length)
    scale = 10 ** (level_dbfs / 20) / np.sqrt(np.mean(shaped**2))
    out: Samples = (shaped * scale).astype(np.float32)
    return out


def _grid(at_s: float) -> float:
    """On 10 ms, so that the truth is a round number."""
    return round(at_s, 2)
