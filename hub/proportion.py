"""A share of few cases and how far it may be off."""

from dataclasses import dataclass
from math import sqrt

Z90 = 1.6448536269514722
"""Standard normal quantile of 0.95: 5 % on either side are left out."""
PROVEN_FROM = 30
"""Cases under which a share is shown as not yet proven ("chưa kiểm chứng")."""


def wilson(successes: int, trials: int, z: float = Z90) -> tuple[float, float]:
    """Wilson's score interval of a share (JASA 22, 1927); (0, 1) without trials."""
    if not 0 <= successes <= trials:
        raise ValueError(f"got {successes} successes of {trials} trials")
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    spread = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    middle = share + z * z / (2 * trials)
    # At 0 and 1 the formula meets the bound exactly, but for the rounding.
    low = 0.0 if successes == 0 else (middle - spread) / scale
    high = 1.0 if successes == trials else (middle + spread) / scale
    return low, high


@dataclass(frozen=True, slots=True)
class Share:
    """Of so many cases, so many; with a 90 % interval."""

    cases: int
    found: int

    @property
    def value(self) -> float | None:
        """None without a case."""
        return self.found / self.cases if self.cases else None

    @property
    def interval(self) -> tuple[float, float]:
        """90 % by Wilson; (0, 1) without a case."""
        return wilson(self.found, self.cases)

    @property
    def proven(self) -> bool:
        return self.cases >= PROVEN_FROM
