"""`hailong hub rules backtest`: what a rule would have flagged, were it in force already."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from hub.cli_errors import BadInput, told
from hub.scoring.backtest import Trial, backtest
from hub.scoring.budget import CAP, HANOI
from hub.scoring.rules import read_rule
from hub.settings import HubSettings
from hub.store import standings
from hub.store.pool import Database

_OPEN_S = 10.0
_SHOWN = 20
_MOST_S = 3600.0
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("backtest")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--since", type=_DAY, required=True, help="First day, Hanoi's.")
@click.option("--until", type=_DAY, help="Last day.  [default: today]")
@click.option("--branch", "branches", multiple=True, help="May be given often.  [default: all]")
@click.option("--json", "as_json", is_flag=True, help="Everything found, for programs.")
@told
def backtest_rule(
    file: Path,
    since: datetime,
    until: datetime | None,
    branches: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Try the rule in FILE on what is stored: which interactions it would have flagged, how many
    a branch-day, and which of them are flagged already. Nothing is changed.
    """
    rule = read_rule(file)
    begin = since.replace(tzinfo=HANOI)
    end = until.replace(tzinfo=HANOI) + timedelta(days=1) if until else datetime.now(UTC)
    if begin >= end:
        raise BadInput("--since lies after --until; expected the first day before the last")
    with _as_auditor() as database:
        with database.transaction() as connection:
            known = standings.branches(connection)
        unknown = [branch for branch in branches if branch not in known]
        if unknown:
            raise BadInput(f"no branch {unknown[0][:40]!r}: expected one of {', '.join(known)}")
        with database.branches_transaction(branches or known) as connection:
            trial = backtest(connection, rule, begin, end, most_s=_MOST_S)
    click.echo(
        json.dumps(as_dict(trial), ensure_ascii=False) if as_json else "\n".join(_text(trial))
    )


@contextmanager
def _as_auditor() -> Iterator[Database]:
    """The role that can only read."""
    settings = HubSettings.from_environment(os.environ)
    database = Database(settings.database_url("auditor"), application_name="hailong-backtest")
    database.open(_OPEN_S)
    try:
        yield database
    finally:
        database.close()


def as_dict(trial: Trial) -> dict[str, Any]:
    return {
        "rule": trial.rule_id,
        "version": trial.rule_version,
        "since": trial.since.isoformat(),
        "until": trial.until.isoformat(),
        "interactions": trial.interactions,
        "flagged": len(trial.found),
        "new": trial.new,
        "a_branch_day": trial.a_branch_day,
        "seconds": round(trial.seconds, 3),
        "branches": [
            {
                "branch": one.branch_id,
                "interactions": one.interactions,
                "days": one.days,
                "flagged": one.flagged,
                "a_day": one.a_day,
                "most_a_day": one.most_a_day,
                "days_above_cap": one.days_above_cap,
            }
            for one in trial.branches
        ],
        "overlap": dict(sorted(trial.overlap.items())),
        "found": [
            {
                "branch": one.key.branch_id,
                "counter": one.key.counter_id,
                "at": one.key.at.isoformat(),
                "interaction_id": str(one.key.interaction_id),
                "flagged_by": list(one.flagged_by),
            }
            for one in trial.found
        ],
    }


def _text(trial: Trial) -> Iterator[str]:
    yield (
        f"{trial.rule_id} version {trial.rule_version}: {len(trial.found)} of "
        f"{trial.interactions} interactions flagged, {_number(trial.a_branch_day)} a branch-day; "
        f"{trial.new} of them by no rule yet ({trial.seconds:.1f} s)"
    )
    for branch in trial.branches:
        yield (
            f"  {branch.branch_id}: {branch.flagged} of {branch.interactions} on {branch.days} "
            f"days, {branch.a_day:.2f} a day, {branch.most_a_day} at most"
            + (f"; above {CAP} on {branch.days_above_cap} days" if branch.days_above_cap else "")
        )
    for rule_id, count in sorted(trial.overlap.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {count} are flagged already by {rule_id}"
    for found in trial.found[:_SHOWN]:
        also = f" ({', '.join(found.flagged_by)})" if found.flagged_by else ""
        yield (
            f"  {found.key.at.astimezone(HANOI):%Y-%m-%d %H:%M} {found.key.branch_id} "
            f"{found.key.counter_id} {found.key.interaction_id}{also}"
        )
    if len(trial.found) > _SHOWN:
        yield f"  and {len(trial.found) - _SHOWN} more: --json tells all"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"
