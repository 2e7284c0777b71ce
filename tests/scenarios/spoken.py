"""Plays a script through sound: synthesised voices in a room, and the agent's real models.

Silero hears the voices, Whisper reads them; only the faces stay scripted. Lines keep their
gaps, and last as long as the voice takes for them. The minute of speech before is left out:
raised voices are told by the scripted way alone.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np

from demo.recording_script import Line as SpokenLine
from demo.recording_script import Voice
from demo.recording_sound import speak
from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame, Samples
from edge_agent.errors import ModelError
from edge_agent.models import catalog
from edge_agent.models.catalog import Models
from tests.fakes import ScriptedFaces
from tests.scenarios.frames import BLEED_DB, BLOCK, TAIL_S
from tests.scenarios.play import ZERO_S, Played, pipeline_of, run
from tests.scenarios.script import Expected, Line, Scenario, Script, Sound
from tests.scenarios.script_files import ENDING_S

LEVEL_DBFS = -30.0
MOUTH_TO_OTHER_S = 0.002
_PITCH = {"staff": 70, "citizen": 40}


def why_not() -> str | None:
    """What is missing here for sound; None: nothing."""
    if shutil.which("espeak-ng") is None:
        return "espeak-ng is not installed"
    try:
        _models()
    except ModelError as error:
        return str(error)
    return None


def expected(scenario: Scenario) -> Expected:
    """Of what Whisper reads of these voices; the figures are asked of the scripted way alone."""
    assert scenario.sound is not None
    own, missed = scenario.expected, scenario.sound.may_miss
    return replace(own, expect=own.expect - missed, may=own.may | missed)


def play_sound(scenario: Scenario) -> Played:
    assert scenario.sound is not None
    assert not any(line.who == "hall" for line in scenario.script.lines), "the hall has no voice"
    clips = [_clip(line, scenario.sound) for line in scenario.script.lines]
    script = timed(scenario.script, [len(clip) / SAMPLE_RATE for clip in clips])
    sound = _mix(script, clips, scenario.sound)
    pipeline = pipeline_of(_models(), script.microphones)
    stays = run(pipeline, script, _blocks(sound), ZERO_S, 0.0)
    return Played(tuple(stays), pipeline.media_s)


@cache
def _models() -> Models:
    folder = catalog.whisper_folder(None, lambda _line: None)
    return replace(catalog.load(folder, beam_size=1, threads=2), faces=ScriptedFaces())


def timed(script: Script, lengths_s: list[float]) -> Script:
    """The same with lines of these lengths: each as long after the one before it as it was, and
    what ends with the last word too.
    """
    lines: list[Line] = []
    for line, length_s in zip(script.lines, lengths_s, strict=True):
        at_s = line.at_s
        if lines:
            before = script.lines[len(lines) - 1]
            at_s = max(at_s, lines[-1].end_s + line.at_s - before.end_s)
        lines.append(replace(line, at_s=round(at_s, 2), lasting_s=length_s))
    there = ((0.0, max(script.end_s, lines[-1].end_s + ENDING_S)),)
    return replace(script, lines=tuple(lines), there=there, usual_known=False)


def _clip(line: Line, sound: Sound) -> Samples:
    name = sound.staff if line.who == "staff" else sound.citizen
    voice = Voice(name, _PITCH[line.who], sound.words_per_minute)
    return speak(SpokenLine(line.who, 0.0, line.text), voice, LEVEL_DBFS + line.louder_db)


def _mix(script: Script, clips: list[Samples], sound: Sound) -> Samples:
    length = int((script.end_s + ZERO_S + TAIL_S) * SAMPLE_RATE) // BLOCK * BLOCK
    clean = np.zeros((2, length), np.float32)
    for line, clip in zip(script.lines, clips, strict=True):
        at = round((line.at_s + ZERO_S) * SAMPLE_RATE)
        clean[0 if line.who == "staff" else 1, at : at + len(clip)] += clip
    late = round(MOUTH_TO_OTHER_S * SAMPLE_RATE)
    bleed = np.zeros_like(clean)
    bleed[:, late:] = clean[::-1, :-late] * 10 ** (BLEED_DB / 20)
    noise = np.random.default_rng(7).normal(0, 10 ** (sound.noise_dbfs / 20), clean.shape)
    mixed: Samples = np.clip(clean + bleed + noise, -1.0, 1.0).astype(np.float32)
    return mixed


def _blocks(sound: Samples) -> Iterator[AudioFrame]:
    for first in range(0, sound.shape[1], BLOCK):
        yield AudioFrame(first / SAMPLE_RATE, sound[:, first : first + BLOCK])
