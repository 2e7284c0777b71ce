"""`hailong hub rescore` and `calibrate`: figures made again, and fitted to what citizens said."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli_errors import BadInput, as_migrator, told
from hub.scoring.rubrics import PACKAGED, load_rubrics
from hub.store import ratings as ratings_store
from hub.store.tables import HANOI

if TYPE_CHECKING:
    # numpy and scikit-learn are loaded by these commands alone, not by every part of the hub.
    from hub.scoring.calibrate import Fitted, Spread
    from hub.scoring.rescore import Progress

_EVERY_S = 2.0
_DAYS = 180
_DAY = click.DateTime(["%Y-%m-%d"])
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("rescore")
@click.option(
    "--since",
    type=_DAY,
    required=True,
    help="Interactions from this day on (Hanoi's).",
)
@click.option(
    "--rubric-dir",
    type=_FOLDER,
    default=PACKAGED,
    show_default="the rubrics of this version",
    help="Rubrics to try: their figures stand beside those that pages show.",
)
@told
def rescore_command(since: datetime, rubric_dir: Path) -> None:
    """Score stored interactions again, beside the old figures.

    Needed after a new version of a rubric or a new calibration. May be broken off and begun again
    at any time; whatever has its figure is passed over. New interactions are scored by the hub
    meanwhile.
    """
    from hub.scoring.rescore import rescore  # noqa: PLC0415

    rubrics = load_rubrics(rubric_dir)
    last: Progress | None = None
    with as_migrator() as database, _shown() as show:
        for last in rescore(
            database, rubrics, since.replace(tzinfo=HANOI), lambda: datetime.now(UTC), rubric_dir
        ):
            show.at(last)
    done, failed = (last.done, last.failed) if last else (0, 0)
    versions = ", ".join(f"{rubric.id} {rubric.version}" for rubric in rubrics)
    click.echo(f"{done - failed} interactions scored under {versions}")
    if failed:
        click.echo(f"{failed} could not be read and keep their old figures; see the log", err=True)
        sys.exit(1)


class _Show:
    """One line on a terminal that is written over, else a line now and then."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._told_s = self._began_s
        self._terminal = sys.stderr.isatty()
        self.open = False

    def at(self, progress: "Progress") -> None:
        now_s = time.monotonic()
        last = progress.done >= progress.total
        if not last and now_s - self._told_s < (_EVERY_S / 10 if self._terminal else _EVERY_S):
            return
        self._told_s = now_s
        pace = progress.done / max(1e-9, now_s - self._began_s)
        left_s = max(0, progress.total - progress.done) / pace
        share = 100 * progress.done // max(1, progress.total)
        text = (
            f"{progress.done} of {progress.total} ({min(100, share)} %), {pace:.0f} a second, "
            f"about {left_s:.0f} s left, {progress.branch_id}"
        )
        click.echo(f"\r{text:<78}" if self._terminal else text, nl=not self._terminal, err=True)
        self.open = self._terminal


@contextmanager
def _shown() -> Iterator[_Show]:
    show = _Show()
    try:
        yield show
    finally:
        if show.open:
            click.echo(err=True)


@click.command("calibrate")
@click.option("--since", type=_DAY, help=f"Ratings from this day on.  [default: {_DAYS} days back]")
@click.option("--until", type=_DAY, help="Ratings before this day.  [default: today]")
@click.option(
    "--ratings",
    "file",
    type=click.Path(exists=False, dir_okay=False, path_type=Path),
    help="More ratings from a CSV file: " + ",".join(ratings_store.COLUMNS) + ".",
)
@click.option("--dry-run", is_flag=True, help="Fit and report, and store nothing.")
@click.option(
    "--withdraw", type=click.IntRange(1), metavar="NUMBER", help="Take a calibration back instead."
)
@told
def calibrate_command(
    since: datetime | None,
    until: datetime | None,
    file: Path | None,
    *,
    dry_run: bool,
    withdraw: int | None,
) -> None:
    """Fit the experience index to ratings by citizens, visit by visit.

    New interactions are calibrated from then on; older ones after `hailong hub rescore`.
    """
    now = datetime.now(UTC)
    if withdraw is not None:
        with as_migrator() as database, database.transaction() as connection:
            if not ratings_store.withdraw_calibration(connection, withdraw, now):
                raise BadInput(f"there is no calibration {withdraw} that holds")
        click.echo(
            f"calibration {withdraw} is withdrawn; `hailong hub rescore` mends older figures"
        )
        return
    from hub.scoring.calibrate_run import calibrate  # noqa: PLC0415

    today = now.astimezone(HANOI).replace(hour=0, minute=0, second=0, microsecond=0)
    more = ratings_store.read_ratings(file) if file is not None else []
    with as_migrator() as database:
        made = calibrate(
            database,
            since.replace(tzinfo=HANOI) if since else today - timedelta(days=_DAYS),
            until.replace(tzinfo=HANOI) if until else today,
            now,
            more,
            stored=not dry_run,
        )
    click.echo(_told(made.fitted))
    if made.number is None:
        click.echo("nothing was stored")
    else:
        click.echo(
            f"calibration {made.number} holds from now on for "
            f"{', '.join(f'{rubric} {version}' for rubric, version in made.rubrics)}; older figures "
            "by `hailong hub rescore --since DAY`"
        )


def _told(fitted: "Fitted") -> str:
    low, high = fitted.band
    lines = [
        (
            f"calibrated on {fitted.ratings} ratings, {fitted.from_day:%d/%m/%Y} to "
            f"{fitted.until_day:%d/%m/%Y}; {100 * fitted.answered:.0f} % of visits were rated; by weight "
            f"they tell as much as {fitted.effective:.0f}"
        ),
        f"mapping: {fitted.method} (error of days outside the fit: "
        + ", ".join(f"{name} {error:.1f}" for name, error in fitted.error_of_methods.items())
        + " points)",
        (
            f"mean absolute error {_text(fitted.error, 1)} points; dissatisfied visits told apart with "
            f"AUC {_text(fitted.auc, 2)}; 90 % interval: {fitted.margin:.1f} points beyond the measured one"
        ),
        "predicted  rated (90 % interval)  ratings",
        *(
            f"{one.predicted:9.1f}  {one.rated.value:5.1f} ({one.rated.low:.1f} to "
            f"{one.rated.high:.1f})  {one.ratings}"
            for one in fitted.reliability
        ),
        (
            f"mean over all visits {fitted.mean:.1f}, if answering depends on what is measured alone. "
            f"Should the most satisfied answer up to {fitted.gamma:g} times as readily as the least, or "
            f"the other way round, it lies anywhere from {low:.1f} to {high:.1f}; ratings cannot show where"
        ),
    ]
    lines += [f"left out: {count} {why}" for why, count in fitted.left_out.items()]
    return "\n".join(lines)


def _text(spread: "Spread", digits: int) -> str:
    return f"{spread.value:.{digits}f} ({spread.low:.{digits}f} to {spread.high:.{digits}f})"


COMMANDS: tuple[click.Command, ...] = (rescore_command, calibrate_command)
