"""A line on the terminal for each thing the demo finds, read as a supervisor would see it."""

from collections.abc import Callable
from types import TracebackType
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

from demo.setup import BRANCH, Demo
from hub.scoring.rules import load_rules
from hub.store import pages
from hub.store.errors import StoreError
from hub.store.pool import Database

_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_LIMIT = 200


class Findings:
    def __init__(self, demo: Demo, say: Callable[[str], None]) -> None:
        self._database = Database(demo.hub.database_url("app"), application_name="hailong-demo")
        self._say = say
        self._titles = {rule.id: rule.title_en for rule in load_rules()}
        self._told: set[UUID] = set()

    def __enter__(self) -> Self:
        self._database.open(10.0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def look(self) -> None:
        """Prints what is new. A database that is away for a while is asked again later."""
        try:
            with self._database.branches_transaction([BRANCH]) as connection:
                rows = pages.interactions(connection, limit=_LIMIT)
                for row in sorted(rows, key=lambda r: r.at):
                    if row.scored_at is None or row.interaction_id in self._told:
                        continue
                    flags = pages.flags(
                        connection,
                        kinds=["live", "review", "trend"],
                        interaction_id=row.interaction_id,
                        limit=50,
                    )
                    self._told.add(row.interaction_id)
                    self._tell(row, flags)
        except StoreError:
            return

    def settled(self) -> bool:
        """Whether every interaction of the branch has its figures."""
        try:
            with self._database.branches_transaction([BRANCH]) as connection:
                rows = pages.interactions(connection, limit=_LIMIT)
        except StoreError:
            return False
        return all(row.scored_at is not None for row in rows)

    def _tell(self, row: pages.InteractionListRow, flags: list[pages.FlagRow]) -> None:
        at = row.at.astimezone(_ZONE)
        length_s = round(row.handling_s)
        figure = (
            "not enough measured for a figure"
            if row.figure_value is None
            else f"experience {row.figure_value:.0f} "
            f"({row.figure_low:.0f} to {row.figure_high:.0f})"
        )
        self._say(
            f"  {at:%H:%M:%S} counter {row.number}: interaction of "
            f"{length_s // 60}:{length_s % 60:02d}, {figure}"
        )
        for flag in flags:
            title = self._titles.get(flag.rule_id, flag.rule_id)
            # A trend asks nothing of anybody: it counts by the week.
            what = "trend" if flag.kind == "trend" else f"flag to review ({flag.kind})"
            self._say(f"           {what}: {title}")
