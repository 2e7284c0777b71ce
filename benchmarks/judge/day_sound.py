"""How often the stages of sound err, as benchmarks/results/accuracy.json measured."""

from dataclasses import dataclass
from functools import cache

from benchmarks.machine import read


@dataclass(frozen=True, slots=True)
class SoundErrors:
    """Of benchmarks/results/accuracy.json. A turn counts there as invented also where it is cut
    in another place; here each is taken for one of the wrong side, which is the worse.
    """

    lost: float
    invented: float
    """A true turn."""
    raised_missed: float
    raised_invented_s: float
    """A second of talk."""

    @classmethod
    def measured(cls) -> "SoundErrors":
        by_name = {figure.name: figure.value or 0.0 for figure in read("accuracy").figures}
        precision = by_name["turns with role, precision"]
        recall = by_name["turns with role, recall"]
        return cls(
            lost=1 - recall,
            invented=recall * (1 - precision) / precision,
            raised_missed=1 - by_name["raised voice, recall"],
            raised_invented_s=by_name["raised voice that nobody raised"] / 3600,
        )


@cache
def sound_errors() -> SoundErrors:
    return SoundErrors.measured()
