"""The figures of the report: which rooms, which statistics, which goals; JSON and plots."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import util
from time import process_time

from benchmarks.accuracy.conversation import STAYS, Conversation, converse
from benchmarks.accuracy.room import Room, mix
from benchmarks.accuracy.run import measure_all, models
from benchmarks.accuracy.score import (
    Score,
    Statistic,
    absolute_error,
    f1,
    false_raised_per_hour,
    interval,
    precision,
    recall,
    relative_error,
    score,
    typical_error,
    within,
)
from benchmarks.accuracy.seams import EnergyVoice, KeptVoice, WebRtcVoice
from benchmarks.accuracy.voices import real_people
from benchmarks.machine import Figure
from edge_agent.models.base import VoiceActivity

BASE = Room()
"""15 dB signal to noise, -20 dB bleed: where the goals are set."""
EVERY_STAY_S = 3.0
FAULTS = {
    "dead": replace(BASE, fault="dead"),
    "clipped": replace(BASE, fault="clipped"),
    "unplugged": replace(BASE, fault="unplugged"),
    "neighbour talking": replace(BASE, neighbour_db=-10.0),
    "neighbour shouting": replace(BASE, neighbour_db=-10.0, neighbour_effort_db=16.0),
}
"""In none of them does anybody at this counter raise the voice."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many conversations of each kind of voice in each room."""

    base: int
    axis: int
    snr_db: Sequence[float]
    bleed_db: Sequence[float]
    neighbour_db: Sequence[float]
    misread: Sequence[float]
    faults: int
    fault_stays: int
    peers: bool
    sound_alone: int

    @property
    def rooms(self) -> list[tuple[str, Room]]:
        by_snr = [(f"SNR {x:g} dB", replace(BASE, snr_db=x)) for x in self.snr_db]
        by_bleed = [(f"bleed {x:g} dB", replace(BASE, bleed_db=x)) for x in self.bleed_db]
        near = [(f"neighbour {x:g} dB", replace(BASE, neighbour_db=x)) for x in self.neighbour_db]
        return by_snr + by_bleed + near


FULL = Plan(
    base=12,
    axis=4,
    snr_db=(0.0, 5.0, 10.0, 25.0),
    bleed_db=(-10.0, -15.0, -25.0),
    neighbour_db=(-16.0, -13.0, -10.0),
    misread=(0.1, 0.3, 0.6),
    faults=2,
    fault_stays=3,
    peers=True,
    sound_alone=3,
)
SHORT = Plan(
    base=1,
    axis=0,
    snr_db=(),
    bleed_db=(),
    neighbour_db=(),
    misread=(),
    faults=1,
    fault_stays=2,
    peers=False,
    sound_alone=0,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A figure of the report. `scale` makes shares percent."""

    name: str
    unit: str
    of: Statistic
    goal: float | None = None
    better: str = "lower"
    scale: float = 1.0


def _share(name: str, of: Statistic, goal: float | None = None, better: str = "lower") -> Wanted:
    return Wanted(name, "%", of, goal, better, 100.0)


WANTED = (
    Wanted(
        "turn edges, median error",
        "s",
        absolute_error("turn starts", 0.5, "turn ends"),
        0.2,
    ),
    Wanted("turn edges, 95th percentile", "s", absolute_error("turn starts", 0.95, "turn ends")),
    Wanted("turns with role, F1", "", f1("turns"), better="higher"),
    Wanted("turns with role, precision", "", precision("turns"), better="higher"),
    Wanted("turns with role, recall", "", recall("turns"), better="higher"),
    Wanted("interruptions, F1", "", f1("interruptions"), 0.9, "higher"),
    Wanted("interruptions, precision", "", precision("interruptions"), better="higher"),
    Wanted("interruptions, recall", "", recall("interruptions"), better="higher"),
    _share("dead air, error of its seconds", relative_error("dead_air_s"), 5.0),
    Wanted("dead air spans, F1", "", f1("dead air spans"), better="higher"),
    Wanted("raised voice, F1", "", f1("raised voices"), better="higher"),
    Wanted("raised voice, precision", "", precision("raised voices"), better="higher"),
    Wanted("raised voice, recall", "", recall("raised voices"), better="higher"),
    Wanted("raised voice that nobody raised", "s/hour", false_raised_per_hour),
    _share(
        "interaction edges within 3 s",
        within("interaction edges", EVERY_STAY_S),
        95.0,
        "higher",
    ),
    Wanted("interactions, F1", "", f1("interactions"), better="higher"),
    _share("handling_s, error", relative_error("handling_s")),
    _share("talk_time_s, error", relative_error("talk_time_s")),
    _share("overlap_s, error", relative_error("overlap_s")),
    Wanted("response_gap_s, median error", "s", typical_error("response_gap_s")),
    _share("syllables_per_minute, error", relative_error("syllables_per_minute")),
    _share("citizen_present_s, error", relative_error("citizen_present_s")),
    _share("staff_present_s, error", relative_error("staff_present_s")),
    _share("unattended_s, error", relative_error("unattended_s")),
)
Say = Callable[[str], None]


@dataclass
class Report:
    """Scores by the name of their room; `base` is that of the goals."""

    scores: dict[str, list[Score]]
    peers: dict[str, list[Score]]
    cpu_s: float
    notes: list[str]

    def figures(self) -> list[Figure]:
        found = [self._figure(w, "base", goal=True) for w in WANTED]
        for voices in ("made voices", "real voices"):
            if self.scores.get(voices):
                found += [self._figure(w, voices) for w in WANTED]
        for name in FAULTS:
            if self.scores.get(name):
                false_s = sum(s.false_raised_s for s in self.scores[name])
                found.append(Figure(f"raised voice, {name}: seconds", false_s, "s", 0.0))
        apart = {"base", "made voices", "real voices", *FAULTS}
        for room in self.scores:
            if room not in apart:
                found += [self._figure(w, room) for w in WANTED]
        return found

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Of 95 %, of the figures in the room of the goals."""
        return {
            w.name: (w.scale * low, w.scale * high)
            for w in WANTED
            for low, high in [interval(w.of, self.scores["base"])]
        }

    def line(self, name: str, rooms: Mapping[float, str]) -> list[tuple[float, float]]:
        """A figure over an axis: the value that each room's name stands for, and the figure."""
        wanted = next(w for w in WANTED if w.name == name)
        return [
            (at, wanted.scale * wanted.of(self.scores[room]))
            for at, room in sorted(rooms.items())
            if self.scores.get(room)
        ]

    def _figure(self, wanted: Wanted, room: str, *, goal: bool = False) -> Figure:
        value = wanted.of(self.scores[room])
        peers = {}
        if goal:
            peers = {p: wanted.scale * wanted.of(scores) for p, scores in self.peers.items()}
        return Figure(
            name=wanted.name if goal else f"{room}: {wanted.name}",
            value=None if value != value else wanted.scale * value,  # noqa: PLR0124 - not a number
            unit=wanted.unit,
            goal=wanted.goal if goal else None,
            better="higher" if wanted.better == "higher" else "lower",
            peers={p: v for p, v in peers.items() if v == v},  # noqa: PLR0124
        )


def measure(plan: Plan, say: Say) -> Report:
    began = process_time()
    report = Report({}, {}, 0.0, [])
    kinds = [False, True] if real_people() else [False]
    if len(kinds) == 1:
        report.notes.append("no real voices: the shared speech is not on this machine")
    report.notes += _base(plan, kinds, report, say)
    for name, room in plan.rooms:
        talks = _talks(plan.axis, kinds)
        report.scores[name] = _scores(talks, room, say, name)
    if plan.sound_alone:
        talks = _talks(plan.sound_alone, kinds, video=False)
        report.scores["sound alone"] = _scores(talks, BASE, say, "sound alone")
    brief = plan.fault_stays < STAYS
    for name, room in FAULTS.items():
        if brief and name == "neighbour talking":
            continue
        talks = _talks(
            plan.faults, kinds[:1] if brief else kinds, raised=False, stays=plan.fault_stays
        )
        broken = replace(room, fault_from=0.7) if brief else room
        report.scores[name] = _scores(talks, broken, say, name)
    report.cpu_s = process_time() - began
    return report


def _base(plan: Plan, kinds: Sequence[bool], report: Report, say: Say) -> list[str]:
    """The room of the goals; the same recordings again with words misread, and by peers."""
    peers: dict[str, VoiceActivity] = {}
    notes = []
    if plan.peers:
        peers["energy VAD"] = EnergyVoice()
        if util.find_spec("webrtcvad") is not None:
            peers["webrtcvad"] = WebRtcVoice()
        else:
            notes.append("the peer webrtcvad is not installed")
    base: list[Score] = []
    by_kind: dict[str, list[Score]] = {"made voices": [], "real voices": []}
    for number, talk in enumerate(_talks(plan.base, kinds)):
        sound = mix(talk, BASE)
        kept = KeptVoice(models().voice)
        base.append(score(talk, measure_all(talk, sound, voice=kept)))
        by_kind[f"{talk.voices} voices"].append(base[-1])
        if number < 2 * plan.axis:
            for share in plan.misread:
                found = measure_all(talk, sound, voice=kept.again(), misread=share)
                name = f"misread {100 * share:g} %"
                report.scores.setdefault(name, []).append(score(talk, found))
            for peer, voice in peers.items():
                found = measure_all(talk, sound, voice=voice)
                report.peers.setdefault(peer, []).append(score(talk, found))
        say(f"base: {number + 1} conversations")
    report.scores = {"base": base, **{k: v for k, v in by_kind.items() if v}, **report.scores}
    return notes


def _talks(
    count: int,
    kinds: Sequence[bool],
    *,
    video: bool = True,
    raised: bool = True,
    stays: int = STAYS,
) -> list[Conversation]:
    """Made and real voices in turn, the noises in turn by the seed."""
    return [
        converse(seed, real=real, video=video, raised=raised, stays=stays)
        for seed in range(1, count + 1)
        for real in kinds
    ]


def _scores(talks: Iterable[Conversation], room: Room, say: Say, name: str) -> list[Score]:
    made = []
    for talk in talks:
        made.append(score(talk, measure_all(talk, mix(talk, room))))
        say(f"{name}: {len(made)} conversations")
    return made
