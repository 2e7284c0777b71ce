"""Scripts of a counter's half hour in small: who says what when, and who is there.

Everything is drawn from one seed. Three citizens come one after the other; in the last stay
both channels have had their minute of speech, so that raised voices can be measured, and
there they are scripted. The same seed always gives the same conversation, whatever room it
is then put into.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.accuracy.phrases import Kind
from benchmarks.accuracy.voices import (
    Clip,
    Random,
    Speaker,
    louder,
    made_speaker,
    real_speaker,
)
from schemas.vocabulary import Role

STAFF, CITIZEN = Role.STAFF, Role.CITIZEN
OTHER = {STAFF: CITIZEN, CITIZEN: STAFF}
ROLES = (STAFF, CITIZEN)
"""In the order of the channels."""
STAYS = 3
_RAISED_DB = (14.0, 17.0)
_EMPHATIC_DB = 6.0
"""A voice raised for a word's sake, which is no raised voice."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, repr=False)
class Utterance:
    role: Role
    start_s: float
    clip: Clip
    raised: bool = False

    @property
    def end_s(self) -> float:
        return self.start_s + self.clip.length_s


@dataclass(frozen=True, slots=True)
class Stay:
    start_s: float
    end_s: float
    staff_absent: tuple[Interval, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Conversation:
    """`said`: in the order of their starts, those outside stays too. `passers`: faces in the
    citizen's zone too short to be a stay. `neighbour`: what somebody at the next counter says.
    """

    seed: int
    voices: str
    said: tuple[Utterance, ...]
    stays: tuple[Stay, ...]
    passers: tuple[Interval, ...]
    neighbour: tuple[Utterance, ...]
    video: bool
    duration_s: float


@dataclass
class _Scene:
    """What has been written so far; `at_s` is where the next thing goes on from."""

    rng: Random
    speakers: dict[Role, Speaker]
    at_s: float
    said: list[Utterance] = field(default_factory=list)
    absent: list[Interval] = field(default_factory=list)
    last: Role = CITIZEN

    def gap(self) -> float:
        """Between turns; sometimes a slight overlap at the end, as people do."""
        return float(np.clip(self.rng.lognormal(-0.9, 0.7) - 0.1, -0.2, 2.5))

    def say(self, role: Role, kind: Kind = Kind.PLAIN, *, gap_s: float | None = None) -> Utterance:
        clip = self.speakers[role].say(kind, self.rng)
        return self.put(role, clip, self.at_s + (self.gap() if gap_s is None else gap_s))

    def put(self, role: Role, clip: Clip, at_s: float, *, raised: bool = False) -> Utterance:
        own = [u.end_s for u in self.said if u.role is role]
        at_s = round(max([at_s, *(end_s + 0.1 for end_s in own)]), 2)
        one = Utterance(role, at_s, clip, raised)
        self.said.append(one)
        self.at_s, self.last = max(self.at_s, one.end_s), role
        return one

    def long_clip(self, role: Role, at_least_s: float) -> Clip:
        clip = self.speakers[role].say(Kind.PLAIN, self.rng)
        while clip.length_s < at_least_s:
            more = self.speakers[role].say(Kind.PLAIN, self.rng)
            samples = np.concatenate([clip.samples, np.zeros(3200, np.float32), more.samples])
            clip = replace(clip, samples=samples, text=f"{clip.text} {more.text}")
        return clip


def exchange(scene: _Scene) -> None:
    scene.say(STAFF)
    scene.say(CITIZEN)


def two_turns(scene: _Scene) -> None:
    """One speaker twice, with a rest in between that may or may not end the turn."""
    role = OTHER[scene.last]
    scene.say(role)
    scene.say(role, gap_s=float(scene.rng.uniform(0.4, 1.6)))


def backchannel(scene: _Scene) -> None:
    """A "dạ" into the other's turn."""
    role = OTHER[scene.last]
    a = scene.put(role, scene.long_clip(role, 4.0), scene.at_s + scene.gap())
    clip = scene.speakers[OTHER[role]].say(Kind.BACKCHANNEL, scene.rng)
    middle_s = a.start_s + a.clip.length_s * float(scene.rng.uniform(0.3, 0.6))
    scene.put(OTHER[role], clip, middle_s)
    scene.last = role


def interruption(role: Role) -> Callable[[_Scene], None]:
    """`role` cuts the other off, who stops 0.5 to 1.3 s later."""

    def write(scene: _Scene) -> None:
        held_s, over_s = (float(scene.rng.uniform(*r)) for r in ((1.5, 4.0), (0.5, 1.3)))
        clip = scene.long_clip(OTHER[role], held_s + over_s + 0.5).cut(held_s + over_s)
        a = scene.put(OTHER[role], clip, scene.at_s + max(0.2, scene.gap()))
        scene.put(role, scene.long_clip(role, over_s + 1.6), a.end_s - over_s)

    return write


def spoken_over(scene: _Scene) -> None:
    """Both go on: nobody yields within 1.5 s, so it is an overlap and no interruption."""
    role = OTHER[scene.last]
    a = scene.put(role, scene.long_clip(role, 5.0), scene.at_s + max(0.2, scene.gap()))
    over_s = float(scene.rng.uniform(2.0, min(3.0, a.clip.length_s - 1.2)))
    scene.put(OTHER[role], scene.long_clip(OTHER[role], over_s + 1.2), a.end_s - over_s)


def dead_air(scene: _Scene) -> None:
    exchange(scene)
    scene.at_s += float(scene.rng.uniform(6.0, 14.0))


def short_silence(scene: _Scene) -> None:
    exchange(scene)
    scene.at_s += float(scene.rng.uniform(2.5, 4.4))


def explained_wait(scene: _Scene) -> None:
    scene.say(STAFF, Kind.EXPLAINS_WAIT)
    if scene.rng.random() < 0.5:
        scene.say(CITIZEN, Kind.BACKCHANNEL)
    scene.at_s += float(scene.rng.uniform(6.0, 12.0))


def staff_away(scene: _Scene) -> None:
    scene.say(STAFF, Kind.EXPLAINS_WAIT)
    left_s = scene.at_s + 1.0
    back_s = left_s + float(scene.rng.uniform(8.0, 14.0))
    scene.absent.append((round(left_s, 2), round(back_s, 2)))
    scene.at_s = back_s + 0.8
    scene.last = CITIZEN


def loud(role: Role, by_db: tuple[float, float], *, raised: bool) -> Callable[[_Scene], None]:
    def write(scene: _Scene) -> None:
        clip = scene.long_clip(role, 1.8)
        up_db = float(scene.rng.uniform(*by_db))
        scene.put(role, louder(clip, up_db), scene.at_s + max(0.3, scene.gap()), raised=raised)
        scene.say(OTHER[role])

    return write


def hearing_help(scene: _Scene) -> None:
    """The clerk speaks up for somebody who hears badly."""
    scene.say(STAFF, Kind.HEARING_HELP)
    loud(STAFF, _RAISED_DB, raised=True)(scene)


_ALWAYS: tuple[Callable[[_Scene], None], ...] = (
    exchange,
    exchange,
    exchange,
    exchange,
    two_turns,
    backchannel,
    interruption(STAFF),
    interruption(CITIZEN),
    dead_air,
    explained_wait,
)
_SOMETIMES = (backchannel, spoken_over, short_silence, staff_away, dead_air, two_turns)
_EMPHATIC = (
    loud(STAFF, (_EMPHATIC_DB, _EMPHATIC_DB), raised=False),
    loud(CITIZEN, (_EMPHATIC_DB, _EMPHATIC_DB), raised=False),
)
_RAISED = (
    loud(STAFF, _RAISED_DB, raised=True),
    loud(CITIZEN, _RAISED_DB, raised=True),
    loud(CITIZEN, _RAISED_DB, raised=True),
)


def converse(
    seed: int, *, real: bool = False, video: bool = True, raised: bool = True, stays: int = STAYS
) -> Conversation:
    """`raised`: whether anybody raises the voice at all, by much or a little; `real`: voices
    of real people.
    """
    rng = np.random.default_rng([seed, 11])
    make = real_speaker if real else made_speaker
    staff = make(int(rng.integers(100)), rng)
    said: list[Utterance] = []
    written: list[Stay] = []
    passers: list[Interval] = []
    now_s = float(rng.uniform(4.0, 8.0))
    for number in range(stays):
        citizen = make(int(rng.integers(100)), rng)
        while citizen.name.split("/")[0] == staff.name.split("/")[0]:
            citizen = make(int(rng.integers(100)), rng)
        start_s = round(now_s, 2)
        scene = _Scene(rng, {STAFF: staff, CITIZEN: citizen}, start_s + float(rng.uniform(0.8, 2)))
        for write in _events(rng, last=number == stays - 1, raised=raised):
            write(scene)
        end_s = round(scene.at_s + float(rng.uniform(1.0, 4.0)), 2)
        said += scene.said
        written.append(Stay(start_s, end_s, tuple(scene.absent)))
        # By sound alone a stay is over when nobody has spoken for two minutes.
        now_s = end_s + float(rng.uniform(32.0, 45.0) if video else rng.uniform(135.0, 150.0))
        if video and rng.random() < 0.5:
            passers.append((end_s + 24.0, end_s + 24.0 + float(rng.uniform(0.4, 1.6))))
    duration_s = float(np.ceil(now_s))
    return Conversation(
        seed=seed,
        voices="real" if real else "made",
        said=tuple(sorted(said, key=lambda u: u.start_s)),
        stays=tuple(written),
        passers=tuple(passers),
        neighbour=_neighbour(seed, make(int(rng.integers(100)), rng), duration_s),
        video=video,
        duration_s=duration_s,
    )


def _events(rng: Random, *, last: bool, raised: bool) -> Sequence[Callable[[_Scene], None]]:
    events = [*_ALWAYS, *(_SOMETIMES[i] for i in rng.choice(len(_SOMETIMES), 3, replace=False))]
    if raised:
        events += _EMPHATIC
    if last and raised:
        events += _RAISED
        if rng.random() < 0.25:
            events.append(hearing_help)
    return [exchange, *(events[i] for i in rng.permutation(len(events)))]


def _neighbour(seed: int, speaker: Speaker, duration_s: float) -> tuple[Utterance, ...]:
    """Talks and listens all the time, of nothing that concerns this counter."""
    rng = np.random.default_rng([seed, 12])
    said, at_s = [], float(rng.uniform(0.5, 4.0))
    while at_s < duration_s - 15:
        clip = speaker.say(Kind.PLAIN, rng)
        said.append(Utterance(CITIZEN, round(at_s, 2), clip))
        at_s += clip.length_s + float(rng.uniform(2.0, 8.0))
    return tuple(said)
