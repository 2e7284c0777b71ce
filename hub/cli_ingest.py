"""`hailong hub ingest` and `hailong hub gaps`: workers that take messages in, and what is missing."""

import os
import re
import signal
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click

from hub.cli_errors import BadInput, as_migrator, told
from hub.run import run_ingest
from hub.settings import HubSettings
from hub.store.fleet import GapRow, RefusedRow
from hub.store.fleet import gaps as find_gaps
from hub.store.fleet import refused as find_refused
from hub.store.tables import HANOI, NAME

_SPAN = re.compile(r"(\d{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_RANGES = 5


@click.command()
@click.option(
    "--worker",
    envvar="HAILONG_WORKER",
    show_envvar=True,
    default="1",
    show_default=True,
    help="This worker's name; it stays the same, for the broker keeps its session by it.",
)
@click.option(
    "--share",
    default="hailong",
    show_default=True,
    help="The group whose workers share the messages ($share); empty: this worker takes all.",
)
@told
def ingest(worker: str, share: str) -> None:
    """Run one of several workers that take messages in, until Ctrl-C."""
    for option, value in (("--worker", worker), ("--share", share or "none")):
        if not NAME.fullmatch(value):
            raise BadInput(
                f"{option} is no name: got {value[:40]!r}, expected lower-case letters, digits "
                "and hyphens, 32 at most"
            )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    run_ingest(HubSettings.from_environment(os.environ), stop, worker=worker, share=share or None)


@click.command()
@click.option(
    "--since",
    default="24h",
    show_default=True,
    help="90m, 24h, 7d, or a time such as 2026-03-10T07:30 (Hanoi's, unless it has an offset).",
)
@click.option("--all", "whole", is_flag=True, help="Streams that lack nothing, too.")
@told
def gaps(since: str, whole: bool) -> None:  # noqa: FBT001 - a flag of the command line
    """What is missing, late, doubled, rejected or dropped, by device and stream.

    Exit code 1 when something is missing.
    """
    start = parse_since(since, datetime.now(UTC))
    with as_migrator() as database, database.transaction() as connection:
        found = find_gaps(connection, start, whole=whole)
        turned_away = find_refused(connection, start)
    click.echo(report(found, turned_away))
    if any(row.missing for row in found):
        raise SystemExit(1)


def parse_since(text: str, now: datetime) -> datetime:
    """Raises BadInput."""
    if span := _SPAN.fullmatch(text):
        return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"--since cannot be read: got {text[:40]!r}, expected 90m, 24h, 7d or a time such as "
            "2026-03-10T07:30"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=HANOI)


def report(gaps: Sequence[GapRow], refused: Sequence[RefusedRow]) -> str:
    lines = []
    if gaps:
        titles = (
            "counter",
            "device",
            "stream",
            "missing",
            "late",
            "doubled",
            "rejected",
            "dropped",
        )
        rows = [
            (
                f"{row.branch_id}/{row.counter_id}",
                row.device_id,
                row.stream[:8],
                *map(str, (row.missing, row.late, row.doubled, row.rejected, row.dropped)),
            )
            for row in gaps
        ]
        widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
        for cells, row in zip([titles, *rows], [None, *gaps], strict=True):
            left = [cell.ljust(width) for cell, width in zip(cells[:3], widths, strict=False)]
            right = [cell.rjust(width) for cell, width in zip(cells[3:], widths[3:], strict=True)]
            ranges = _ranges(row) if row else ""
            lines.append("  ".join([*left, *right]) + ranges)
    else:
        lines.append("no stream lacks anything")
    for turned in refused:
        device = turned.device_id or "unknown devices"
        lines.append(f"refused: {turned.messages} of {device} ({turned.reason})")
    return "\n".join(lines)


def _ranges(row: GapRow) -> str:
    """The first missing sequences, for whoever looks into a device's outbox."""
    if not row.missing:
        return ""
    shown = [f"{a}-{b}" if a != b else str(a) for a, b in row.missing_ranges[:_RANGES]]
    more = ", ..." if len(row.missing_ranges) > _RANGES else ""
    return f"  missing: {', '.join(shown)}{more}"
