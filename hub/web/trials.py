"""A rule tried from a page: one at a time, within a time that a page can wait for."""

import threading
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from hub.errors import HubError
from hub.scoring.backtest import Trial, backtest
from hub.scoring.budget import HANOI
from hub.scoring.pasted import read_pasted
from hub.store.errors import StatementTimeoutError
from hub.store.pool import Database

MOST_S: Final = 20.0
MOST_DAYS: Final = 180


class TrialRefusedError(HubError):
    """Why a rule was not tried: the person can do something about it."""

    code = "trial_refused"


@dataclass
class Trials:
    """Reading a hundred thousand interactions takes a processor for seconds: pages go on being
    answered because only one does so.
    """

    _running: threading.Lock = field(default_factory=threading.Lock)

    def run(
        self,
        database: Database,
        branches: tuple[str, ...],
        text: str,
        since: date,
        now: datetime,
        most_s: float = MOST_S,
    ) -> Trial:
        """Of these branches, since that day of Hanoi's. Raises RuleError, BacktestTooLongError or
        TrialRefusedError.
        """
        begin = datetime.combine(since, time.min, HANOI)
        if not now - timedelta(days=MOST_DAYS) <= begin <= now:
            raise TrialRefusedError(
                f"got {since:%Y-%m-%d}, expected a day of the last {MOST_DAYS}; choose another"
            )
        rule = read_pasted(text)
        if not self._running.acquire(blocking=False):
            raise TrialRefusedError("another rule is being tried; try again in half a minute")
        try:
            with database.branches_transaction(branches) as connection:
                return backtest(connection, rule, begin, now, most_s=most_s)
        except StatementTimeoutError as error:
            raise TrialRefusedError(
                f"the trial took longer than {most_s:.0f} s and was ended; choose a later day"
            ) from error
        finally:
            self._running.release()
