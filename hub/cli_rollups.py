"""`hailong hub rollups`: whether the sums are what the rows say, and counting them anew."""

import sys
from datetime import date, datetime

import click

from hub.cli_errors import as_migrator, told
from hub.store import row_counts
from hub.store.rollup_check import check as check_rollups
from hub.store.rollup_check import rebuild as rebuild_rollups

_SHOWN = 100
"""Differences printed at most: where there are thousands, a hundred tell as much."""


@click.group()
def rollups() -> None:
    """The sums by counter, clerk, hour and day, which are kept longer than the rows."""


def _since(*, required: bool) -> click.Option:
    return click.Option(
        ["--since"],
        type=click.DateTime(["%Y-%m-%d"]),
        required=required,
        help="From the first of this day's month on."
        + ("" if required else "  [default: from the first row]"),
    )


@rollups.command(params=[_since(required=False)])
@told
def check(since: datetime | None) -> None:
    """Recompute from the rows and print what differs, sums and counts of rows; exit code 1 if
    anything does.
    """
    found = waiting = set_aside = 0
    with as_migrator() as database:
        branches = set()
        for checked in check_rollups(database, since.date() if since else None):
            for difference in checked.differences:
                found += 1
                if found <= _SHOWN:
                    click.echo(str(difference))
            if checked.branch_id not in branches:
                branches.add(checked.branch_id)
                waiting += checked.waiting
                set_aside += checked.set_aside
        counts = row_counts.faults(database)
    if found > _SHOWN:
        click.echo(f"and {found - _SHOWN} more")
    click.echo(f"{found} cells differ; {waiting} changes wait, {set_aside} of them set aside")
    for fault in counts[:_SHOWN]:
        click.echo(str(fault))
    if counts:
        click.echo(f"{len(counts)} counts of rows differ")
    if found or counts:
        click.echo("count them anew: hailong hub rollups rebuild --since DAY", err=True)
        sys.exit(1)


@rollups.command(params=[_since(required=True)])
@told
def rebuild(since: datetime) -> None:
    """Count anew from the rows, branch by branch and month by month, while all goes on; and put
    counts of rows right, of all times.
    """
    with as_migrator() as database:
        for branch, month, count in rebuild_rollups(database, since.date()):
            click.echo(f"{branch} {_month(month)}: {count} interactions")
        corrected = row_counts.correct(database)
        if corrected:
            click.echo(f"{corrected} counts of rows were wrong and are right now")


def _month(first: date) -> str:
    return f"{first:%m/%Y}"
