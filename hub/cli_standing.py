"""`hailong hub rules standings` and `set`: how rules stand at each branch."""

from datetime import UTC, datetime
from typing import Literal

import click

from hub.cli_errors import BadInput, as_migrator, told
from hub.scoring.rules import Rule, load_rules
from hub.scoring.standing_keeper import set_by_hand
from hub.store import standings as store
from hub.store.standings import StandingRow

ALL = "all"


@click.command("standings")
@click.option("--branch", "branches", multiple=True, help="May be given often.  [default: all]")
@told
def show_standings(branches: tuple[str, ...]) -> None:
    """Print how each version of each rule stands at each branch, and why."""
    with as_migrator() as database:
        with database.transaction() as connection:
            known = store.branches(connection)
        with database.branches_transaction(_of(branches, known)) as connection:
            rows = store.standings(connection)
    for row in rows:
        click.echo(_line(row))
    click.echo(f"{len(rows)} standings")


@click.command("set")
@click.argument("rule")
@click.argument("standing", type=click.Choice(["active", "trend"]))
@click.option("--branch", "branches", multiple=True, required=True, help="May be given often.")
@click.option("--by", required=True, help="Login of who decides it; it stands in the history.")
@told
def set_standing(
    rule: str, standing: Literal["active", "trend"], branches: tuple[str, ...], by: str
) -> None:
    """Let RULE (or `all`) stand as active or as a trend from now on, whatever it did before.

    Ends the silent weeks of a branch that was measured before, takes a stopped rule up again, or
    lets one that flags too much go on as a trend.
    """
    chosen = _rules(rule)
    with as_migrator() as database:
        with database.transaction() as connection:
            of = _of(branches, store.branches(connection))
        written = set_by_hand(database, chosen, of, standing, by, datetime.now(UTC))
    click.echo(f"{written} of {len(chosen) * len(of)} stand otherwise now")


COMMANDS = (show_standings, set_standing)


def _rules(name: str) -> list[Rule]:
    found = [rule for rule in load_rules() if name in {ALL, rule.id}]
    if not found:
        known = ", ".join(rule.id for rule in load_rules())
        raise BadInput(f"no rule {name[:40]!r}: expected one of {known}, or {ALL}")
    return found


def _of(chosen: tuple[str, ...], known: list[str]) -> list[str]:
    for branch in chosen:
        if branch not in known:
            raise BadInput(f"no branch {branch[:40]!r}: expected one of {', '.join(known)}")
    return list(dict.fromkeys(chosen)) or known


def _line(row: StandingRow) -> str:
    rests = f", {row.founded} of {row.with_ground} founded" if row.with_ground else ""
    where = " over the city" if row.pooled else ""
    until = f", silent until {row.silent_until:%Y-%m-%d %H:%M}Z" if row.silent_until else ""
    by = f" by {row.set_by}" if row.set_by else ""
    return (
        f"{row.branch_id} {row.rule_id} version {row.rule_version}: {row.standing} since "
        f"{row.since:%Y-%m-%d %H:%M}Z ({row.reason}{by}{rests}{where}{until})"
    )
