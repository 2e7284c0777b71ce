"""Which release a device runs: pure, each step gives the next standing and changes nothing.

    want -> accept (fetched, tried) -> begin -> survived
         -> refuse                           -> roll_back

A version is wanted once. One that was refused or rolled back is never in use again: only a
later version is looked at.
"""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from schemas.fields import Count
from schemas.health import ConfigHealth
from schemas.vocabulary import ConfigFault, ConfigState

MOST_STARTS = 3
"""Starts of a release on probation that may end without having been asked to."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Trial(Part):
    version: Count
    starts: Annotated[int, Field(ge=0, le=MOST_STARTS + 1)] = 0
    """Begun and not (yet) ended in an orderly way."""


class Refused(Part):
    version: Count
    state: ConfigState
    reason: ConfigFault


class Standing(Part):
    seen: Count = 0
    """The highest version that came."""
    good: Count = 0
    """The last that passed its probation; 0 is the device as it was installed."""
    before: Count = 0
    """The good one before it."""
    wanted: Count | None = None
    checked: bool = False
    """The wanted one is here, whole, and was tried; it is used from the next start on."""
    trial: Trial | None = None
    refused: Refused | None = None

    @property
    def in_use(self) -> int:
        return self.good if self.trial is None else self.trial.version

    @property
    def due(self) -> bool:
        return self.wanted is not None and self.checked

    @property
    def kept(self) -> frozenset[int]:
        """Versions whose files are needed."""
        return frozenset({self.good, self.before, self.in_use, self.wanted or 0} - {0})

    def want(self, version: int) -> Self:
        """A version that was seen before, or an older one, changes nothing."""
        if version <= self.seen:
            return self
        return self._with(seen=version, wanted=version, checked=False)

    def accept(self, version: int) -> Self:
        return self._with(checked=True) if self.wanted == version else self

    def refuse(self, version: int, reason: ConfigFault) -> Self:
        if self.wanted != version:
            return self
        refused = Refused(version=version, state=ConfigState.FAILED, reason=reason)
        return self._with(wanted=None, checked=False, refused=refused)

    def begin(self) -> Self:
        """The agent starts. One on probation that started too often goes."""
        now = self
        if self.wanted is not None and self.checked:
            now = self._with(wanted=None, checked=False, trial=Trial(version=self.wanted))
        if now.trial is None:
            return now
        if now.trial.starts >= MOST_STARTS:
            return now.roll_back(ConfigFault.CRASHED)
        trial = Trial(version=now.trial.version, starts=now.trial.starts + 1)
        return now.model_copy(update={"trial": trial})

    def ended(self) -> Self:
        """In an orderly way: that start is no crash."""
        if self.trial is None or self.trial.starts == 0:
            return self
        trial = Trial(version=self.trial.version, starts=self.trial.starts - 1)
        return self._with(trial=trial)

    def survived(self) -> Self:
        if self.trial is None:
            return self
        return self._with(good=self.trial.version, before=self.good, trial=None, refused=None)

    def roll_back(self, reason: ConfigFault) -> Self:
        """To the last good one; where that is in use, to the one before it."""
        if self.in_use == 0:
            return self
        refused = Refused(version=self.in_use, state=ConfigState.ROLLED_BACK, reason=reason)
        if self.trial is not None:
            return self._with(trial=None, refused=refused)
        return self._with(good=self.before, before=0, refused=refused)

    def health(self, waiting_for: ConfigFault | None = None) -> ConfigHealth:
        """`waiting_for`: why the wanted one is not here yet."""
        state, reason = ConfigState.OK, None
        if self.wanted is not None:
            state, reason = ConfigState.PENDING, waiting_for
        elif self.trial is not None:
            state = ConfigState.PENDING
        elif self.refused is not None and self.refused.version == self.seen:
            state, reason = self.refused.state, self.refused.reason
        return ConfigHealth(version=self.in_use, wanted=self.seen, state=state, reason=reason)

    def _with(self, **changes: object) -> Self:
        return self.model_copy(update=changes)
