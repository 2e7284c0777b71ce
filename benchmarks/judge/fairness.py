"""Is the same service to different people measured alike? And how much of each group is left out?

Each group gets the same plans (groups.py), through the agent's own stages. A group's mean may differ
from the reference's by no more than its own 90 % interval, that of a counter's day. Means are of
those that have a figure; the share without one stands beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from statistics import fmean, stdev

from benchmarks.judge.groups import GROUPS, REFERENCE, Group, stay
from benchmarks.machine import Figure
from hub.scoring.facts import Facts
from hub.scoring.rubrics import FIGURES, FigureName, rubric_for
from hub.scoring.score import score
from schemas.vocabulary import Zone

PLANS = 24
"""A counter's interactions of a day."""
_NINETY = 1.645
_TITLES = {"experience": "experience", "counter_part": "counter's part"}


@dataclass(frozen=True, slots=True)
class Shown:
    group: str
    figure: FigureName
    scored: int
    of: int
    mean: float | None
    half: float
    """Half the width of the mean's 90 % interval; infinite under two figures."""
    shift: float | None
    """Against the reference; None where either has no figure."""

    @property
    def left_out(self) -> float:
        return 1 - self.scored / self.of

    @property
    def fair(self) -> bool:
        """Nothing is said against anybody by a figure that is not there."""
        return self.shift is None or abs(self.shift) <= self.half


def compare(plans: int = PLANS, groups: Sequence[Group] = GROUPS) -> list[Shown]:
    rubric = rubric_for(Zone.INTAKE)
    found: list[Shown] = []
    references: dict[FigureName, float] = {}
    for group in (REFERENCE, *(g for g in groups if g is not REFERENCE)):
        scores = [
            score(stay(group, seed), Facts(zone=Zone.INTAKE), rubric) for seed in range(plans)
        ]
        for name in FIGURES:
            values = [
                figure.value
                for one in scores
                for figure in one.figures
                if figure.name == name and figure.value is not None
            ]
            mean = fmean(values) if values else None
            if group is REFERENCE and mean is not None:
                references[name] = mean
            reference = references.get(name)
            found.append(
                Shown(
                    group=group.name,
                    figure=name,
                    scored=len(values),
                    of=plans,
                    mean=mean,
                    half=_NINETY * stdev(values) / sqrt(len(values)) if len(values) > 1 else inf,
                    shift=None if mean is None or reference is None else mean - reference,
                )
            )
    return found


def figures(found: Sequence[Shown]) -> list[Figure]:
    made = [
        Figure(
            "groups whose mean shifts by more than its interval",
            float(len({one.group for one in found if not one.fair})),
            "groups",
            goal=0.0,
        )
    ]
    for name in FIGURES:
        shifts = [abs(one.shift) for one in found if one.figure == name and one.shift is not None]
        made.append(Figure(f"largest shift of a group, {_TITLES[name]}", max(shifts), "points"))
    made += [
        Figure(f"left out: {one.group}", one.left_out, "share")
        for one in found
        if one.figure == "experience"
    ]
    return made


def table(found: Sequence[Shown]) -> list[tuple[str, ...]]:
    """A group a row: both means with their intervals and shifts, and the share left out."""
    rows: list[tuple[str, ...]] = []
    for group in dict.fromkeys(one.group for one in found):
        experience, counter_part = (one for one in found if one.group == group)
        rows.append(
            (
                group,
                _mean(experience),
                _shift(experience),
                _mean(counter_part),
                _shift(counter_part),
                f"{experience.left_out:.0%}",
            )
        )
    return rows


def notes(found: Sequence[Shown]) -> list[str]:
    return [
        f"{group}: experience {experience} (shift {shift}), counter's part {part} "
        f"(shift {part_shift}), left out {left_out}"
        for group, experience, shift, part, part_shift, left_out in table(found)
    ]


def _mean(one: Shown) -> str:
    return "–" if one.mean is None else f"{one.mean:.1f} ± {one.half:.1f}"


def _shift(one: Shown) -> str:
    return "–" if one.shift is None or one.group == REFERENCE.name else f"{one.shift:+.1f}"
