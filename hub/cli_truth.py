"""`hailong hub truth`: what truth sessions tell of rules and kinds of phrases."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from hub.cli_errors import as_migrator, told
from hub.proportion import PROVEN_FROM, Share
from hub.scoring.rules import load_rules
from hub.store import truth as store
from hub.truth.counted import counted
from hub.truth.figures import Line, lines
from hub.truth.keeper import match_due


@click.group()
def truth() -> None:
    """Truth sessions: an observer at a counter, or a script that was played there."""


@truth.command()
@told
def match() -> None:
    """Compare sessions that ended with what the devices sent, now; the hub does so by itself."""
    with as_migrator() as database:
        count = match_due(database, load_rules(), datetime.now(UTC), settles=timedelta())
    click.echo(f"{count} sessions compared")


@truth.command()
@click.option("--branch", "branches", multiple=True, help="May be given often.  [default: all]")
@click.option("--days", type=click.IntRange(1, 1830), default=365, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@told
def report(branches: tuple[str, ...], days: int, *, as_json: bool) -> None:
    """Precision and recall by rule and kind of phrase, by dialect and by noise.

    Under 30 events a figure is not verified: the text leaves it out, the JSON says so.
    """
    since = datetime.now(UTC) - timedelta(days=days)
    with as_migrator() as database:
        asked = branches or tuple(store.branches(database))
        with database.branches_transaction(asked) as connection:
            held = store.held(connection, since)
            found = lines(counted(store.counts(connection, since)))
            reasons = store.reasons(connection, since)
    if as_json:
        answer = {
            "since": since.isoformat(),
            "sessions": held.ended,
            "waiting": held.waiting,
            "observed_s": held.observed_s,
            "needed": PROVEN_FROM,
            "lines": [_as_json(line) for line in found],
            "left_out": {row.reason: row.left_out for row in reasons},
        }
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
        return
    click.echo(
        f"{held.ended} sessions, {held.observed_s / 3600:.1f} h observed, "
        f"{held.waiting} wait to be compared"
    )
    for line in found:
        click.echo(_as_text(line))
    for row in reasons:
        click.echo(f"left out, {row.reason}: {row.left_out}")


def _as_json(line: Line) -> dict[str, Any]:
    return {
        **asdict(line),
        "precision": _share_as_json(line.counts.precision),
        "recall": _share_as_json(line.counts.recall),
    }


def _share_as_json(share: Share) -> dict[str, Any]:
    low, high = share.interval
    return {
        "events": share.cases,
        "value": share.value,
        "low": low,
        "high": high,
        "verified": share.proven,
    }


def _as_text(line: Line) -> str:
    what = line.name if line.what == "rule" else f"{line.name} ({line.role})"
    version = f" v{line.rule_version}" if line.rule_version else ""
    part = f" [{line.part}]" if line.part else ""
    return (
        f"{line.what} {what}{version}{part}: "
        f"precision {_share_as_text(line.counts.precision)}, "
        f"recall {_share_as_text(line.counts.recall)}, {line.counts.left_out} left out"
    )


def _share_as_text(share: Share) -> str:
    if not share.proven or share.value is None:
        return f"not verified ({share.cases} of {PROVEN_FROM} events)"
    low, high = share.interval
    return f"{share.value:.2f} ({low:.2f} to {high:.2f}, {share.cases} events)"
