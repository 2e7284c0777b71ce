"""What words cost and how many are wrong, beside faster-whisper as its README uses it.

    python -m benchmarks.transcription

The same clips, model, compute type and beam, one thread, run in turns; CPU time is the
process's own. A setting is chosen on five clips and reported on the others; clips are drawn
again for the intervals, copies of a clip together. Results hold numbers only.
"""

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from faster_whisper import WhisperModel

from benchmarks import machine, plots
from benchmarks.machine import Figure
from benchmarks.transcription_clips import Clip, clips, copies, errors, interval
from benchmarks.transcription_programs import (
    SHIPPED,
    Setting,
    ours,
    peak_mb,
    theirs,
    whisper_folder,
)
from edge_agent.capture.frame import SAMPLE_RATE, Samples
from edge_agent.models.whisper import SURE

GOAL_RATIO = 0.25
GOAL_POINTS = 1.0
GOAL_MB = 700.0
CURVE = tuple(Setting((silence_s,)) for silence_s in (1.0, 2.0, 4.0, 6.0, 10.0))
RETRIED = tuple(
    Setting(silences_s, sure, capitals)
    for sure, capitals in ((float("-inf"), True), (SURE, True), (SURE, False))
    for silences_s in ((2.0, 6.0), (4.0, 12.0), (6.0, 12.0))
)
assert SHIPPED in RETRIED
SETTINGS = tuple(setting.name for setting in (*CURVE, *RETRIED))
PEER = "faster-whisper"
GIVEN = "faster-whisper, language given"
_OURS_5, _PEER_5 = "ours, beam 5", "faster-whisper, beam 5"


@dataclass(frozen=True, slots=True)
class Run:
    clip: str
    tuning: bool
    copy: str
    program: str
    length_s: float
    cpu_s: float
    wrong: int
    words: int


def main() -> int:
    found = clips()
    if not found:
        print("skipped: the test speech is absent; name its folder by HAILONG_TEST_DATA")
        return 0
    before = machine.describe()
    memory = {who: peak_mb(who) for who in ("ours", "peer")}
    runs = list(_runs(found))
    figures, notes = _judge(runs, memory)
    machine.write("transcription", figures, machine=before, notes=notes)
    _plot(runs)
    machine.show(machine.read("transcription"))
    return 0


def _runs(found: Sequence[Clip]) -> Iterable[Run]:
    folder = whisper_folder()
    peer = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)
    programs: dict[str, Callable[[Samples, str], str]] = {
        PEER: lambda sound, _: theirs(peer, sound, beam_size=1),
        **{setting.name: ours(folder, setting, 1) for setting in (*CURVE, *RETRIED)},
    }
    clean_only: dict[str, Callable[[Samples, str], str]] = {
        GIVEN: lambda sound, language: theirs(peer, sound, beam_size=1, language=language),
        _PEER_5: lambda sound, _: theirs(peer, sound, beam_size=5),
        _OURS_5: ours(folder, SHIPPED, 5),
    }
    for read in (*programs.values(), *clean_only.values()):
        read(found[0].sound, "vi")  # the first call of each makes its buffers
    for number, clip in enumerate(found):
        language = "en" if clip.name == "jfk.flac" else "vi"
        for copy, sound in copies(clip).items():
            asked = list((programs | clean_only if copy == "clean" else programs).items())
            turned = number % len(asked)
            for program, read in asked[turned:] + asked[:turned]:
                start_s = time.process_time()
                heard = read(sound, language)
                cpu_s = time.process_time() - start_s
                wrong, words = errors(clip.said, heard)
                length_s = len(sound) / SAMPLE_RATE
                yield Run(clip.name, clip.tuning, copy, program, length_s, cpu_s, wrong, words)
        print(f"{number + 1} of {len(found)} clips", file=sys.stderr, flush=True)


def _judge(runs: Sequence[Run], memory: dict[str, float]) -> tuple[list[Figure], list[str]]:
    tuning = [run for run in runs if run.tuning]
    others = [run for run in runs if not run.tuning]
    shipped, tuned = SHIPPED.name, choose(tuning, SETTINGS)
    figures: list[Figure] = []
    notes = [
        (
            f"one thread, beam 1 unless named; {len({r.clip for r in tuning})} clips to tune on, "
            f"{len({r.clip for r in others})} others, each in {len({r.copy for r in runs})} copies; intervals are 95 %"
        ),
        f"lowest error on the tuning clips within the cost goal: {tuned}; shipped: {shipped}",
        (
            "the shipped silences and threshold were picked after a sweep that showed the reported "
            "clips too; reading without capitals was picked on the tuning clips alone. The tuned setting "
            "and each of leaving one clip out were picked without the clips they are reported on, from "
            "a list of settings made after that sweep"
        ),
    ]
    named = [("tuned", tuned)] if tuned == shipped else [("tuned", tuned), ("shipped", shipped)]
    for what, program in named:
        goals = _pair(others, program, PEER, f"{what} setting", notes)
        figures += goals
    figures.append(_left_out(runs, SETTINGS, notes))
    figures += _pair(
        [r for r in others if r.copy == "clean"], _OURS_5, _PEER_5, "beam 5, clean", notes
    )
    clean = [r for r in others if r.copy == "clean"]
    figures.append(
        Figure(
            "CPU, shipped setting, clean clips",
            _cost(clean, shipped),
            "CPU-s/s",
            peers={PEER: _cost(clean, PEER), GIVEN: _cost(clean, GIVEN)},
        )
    )
    for copy in dict.fromkeys(run.copy for run in others):
        same = [run for run in others if run.copy == copy]
        peers = {PEER: _wer(same, PEER), f"tuned: {tuned}": _wer(same, tuned)}
        figures.append(Figure(f"WER, shipped, {copy}", _wer(same, shipped), "%", peers=peers))
    for program in SETTINGS:
        figures.append(
            Figure(
                f"CPU, {program}",
                _cost(others, program),
                "CPU-s/s",
                peers={PEER: _cost(others, PEER)},
            )
        )
        figures.append(
            Figure(f"WER, {program}", _wer(others, program), "%", peers={PEER: _wer(others, PEER)})
        )
    figures.append(
        Figure(
            "memory of the model's process, peak",
            memory["ours"],
            "MB",
            GOAL_MB,
            peers={PEER: memory["peer"]},
        )
    )
    return figures, notes


def choose(runs: Sequence[Run], settings: Sequence[str]) -> str:
    """Lowest error within the cost goal, the cheaper of equals."""
    within = [s for s in settings if _cost(runs, s) <= GOAL_RATIO * _cost(runs, PEER)]
    return min(within or settings, key=lambda s: (_wer(runs, s), _cost(runs, s)))


def _pair(runs: Sequence[Run], ours: str, theirs: str, what: str, notes: list[str]) -> list[Figure]:
    """Cost ratio and difference of error rates, with intervals in the notes."""
    cost = interval(_side_by_side(runs, ours, theirs), lambda s: s[0] / s[1])
    points = interval(_side_by_side(runs, ours, theirs), lambda s: 100 * (s[2] - s[3]) / s[4])
    mine = {(r.clip, r.copy): r.cpu_s for r in runs if r.program == ours}
    ratios = [mine[r.clip, r.copy] / r.cpu_s for r in runs if r.program == theirs]
    notes.append(
        f"{what} ({ours}): CPU {cost[0]:.3f} of {theirs} ({cost[1]:.3f} to {cost[2]:.3f}), "
        f"median of pairs {np.median(ratios):.3f}; WER {points[0]:+.2f} points "
        f"({points[1]:+.2f} to {points[2]:+.2f})"
    )
    return [
        Figure(f"CPU ratio, {what}", cost[0], f"of {theirs}", GOAL_RATIO),
        Figure(f"WER difference, {what}", points[0], "points", GOAL_POINTS),
        Figure(f"WER difference, {what}, upper bound", points[2], "points", GOAL_POINTS),
    ]


def _left_out(runs: Sequence[Run], settings: Sequence[str], notes: list[str]) -> Figure:
    """Each clip read with the setting that all other clips would choose."""
    rows: dict[str, list[list[float]]] = {}
    chosen: dict[str, int] = {}
    for name in dict.fromkeys(run.clip for run in runs):
        best = choose([run for run in runs if run.clip != name], settings)
        chosen[best] = chosen.get(best, 0) + 1
        rows |= _side_by_side([run for run in runs if run.clip == name], best, PEER)
    value, low, high = interval(rows, lambda s: 100 * (s[2] - s[3]) / s[4])
    picks = "; ".join(f"{count} times {program}" for program, count in chosen.items())
    notes.append(
        f"one clip left out, all clips: {value:+.2f} points ({low:+.2f} to {high:+.2f}); {picks}"
    )
    return Figure("WER difference, one clip left out", value, "points", GOAL_POINTS)


def _side_by_side(runs: Sequence[Run], ours: str, theirs: str) -> dict[str, list[list[float]]]:
    """By clip, a row a copy: our CPU, theirs, our errors, theirs, words."""
    mine = {(r.clip, r.copy): r for r in runs if r.program == ours}
    rows: dict[str, list[list[float]]] = {}
    for run in runs:
        if run.program == theirs:
            own = mine[run.clip, run.copy]
            row: list[float] = [own.cpu_s, run.cpu_s, own.wrong, run.wrong, run.words]
            rows.setdefault(run.clip, []).append(row)
    return rows


def _cost(runs: Sequence[Run], program: str) -> float:
    own = [run for run in runs if run.program == program]
    return sum(run.cpu_s for run in own) / sum(run.length_s for run in own)


def _wer(runs: Sequence[Run], program: str) -> float:
    own = [run for run in runs if run.program == program]
    return 100 * sum(run.wrong for run in own) / sum(run.words for run in own)


def _plot(runs: Sequence[Run]) -> None:
    others = [run for run in runs if not run.tuning]

    def line(programs: Sequence[str]) -> list[tuple[float, float]]:
        return [(_cost(others, program), _wer(others, program)) for program in programs]

    plots.lines(
        "transcription",
        "Words: CPU time against error, reported clips",
        "CPU-seconds a second of sound",
        "word error rate, %",
        {
            "once": line([s.name for s in CURVE]),
            "again where it loops": line([s.name for s in RETRIED if s.sure != SURE]),
            "and twice where unsure": line(
                [s.name for s in RETRIED if s.sure == SURE and s.capitals]
            ),
            "and without capitals": line([s.name for s in RETRIED if not s.capitals]),
            "shipped": line([SHIPPED.name]),
            PEER: line([PEER]),
        },
        from_zero=False,
    )


if __name__ == "__main__":
    sys.exit(main())
