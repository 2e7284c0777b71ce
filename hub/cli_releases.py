"""`hailong hub releases`, `rollout` and `commands`: what devices are to run and do."""

import getpass
import json
import os
import re
from collections.abc import Iterable, Sized
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from hub.cli_errors import as_migrator, told
from hub.control import rollouts
from hub.control.categories import not_sent, read_categories, sent_again, warnings
from hub.control.gate import SILENT_AFTER
from hub.control.making import lexicon_files, model_files, payload, read_settings, whisper_files
from hub.settings import HubSettings
from hub.store import releases as store
from hub.store.errors import ReleaseRefusedError
from schemas.vocabulary import Category, CommandKind

_WHO = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_PATH = click.Path(dir_okay=False, path_type=Path)
_BY = click.option(
    "--by",
    envvar="HAILONG_OPERATOR",
    show_envvar=True,
    help="Who does this, for the record.  [default: the system's user]",
)
_SILENT = click.option(
    "--silent-after",
    type=click.FloatRange(1, 10_080),
    default=SILENT_AFTER.total_seconds() / 60,
    show_default=True,
    help="Minutes without a report after which a device counts as silent.",
)


def _who(by: str | None) -> str:
    name = by or getpass.getuser()
    if not _WHO.fullmatch(name):
        raise ReleaseRefusedError(
            f"--by {name[:40]!r} is no name; expected lower-case letters, digits, dots and hyphens"
        )
    return name


def _holds(settings: Sized, files: Sized, sent: Sized | None) -> str:
    kinds = "" if sent is None else f", {len(sent)} of {len(Category)} categories"
    return f"{len(settings)} settings, {len(files)} files{kinds}"


def _warn(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(f"warning: {line}", err=True)


@click.group()
def releases() -> None:
    """Numbered releases: settings, phrase lists, models, categories. Made once, never changed."""


@releases.command()
@click.option("--settings", "settings_file", type=_PATH, help="A TOML file of what is to be set.")
@click.option("--lexicon", "lists", type=_PATH, multiple=True, help="NAME.yaml; may be repeated.")
@click.option("--model", "models", multiple=True, help="NAME=PATH; may be repeated.")
@click.option("--whisper", type=click.Path(file_okay=False, path_type=Path), help="A folder.")
@click.option(
    "--categories",
    "named",
    help="Kinds of phrases whose hits may leave a device: from-rules (what this hub's rules and "
    "rubrics read), names with commas between them, or all.  [default: all]",
)
@_BY
@told
def create(
    settings_file: Path | None,
    lists: tuple[Path, ...],
    models: tuple[str, ...],
    whisper: Path | None,
    named: str | None,
    by: str | None,
) -> None:
    """Make a release of what is named; everything else stays as each device has it."""
    who = _who(by)
    folder = HubSettings.from_environment(os.environ).files
    settings = read_settings(settings_file)
    sent = read_categories(named)
    files = [
        *lexicon_files(folder, lists),
        *model_files(folder, models),
        *whisper_files(folder, whisper),
    ]
    if not settings and not files and named is None:
        raise ReleaseRefusedError(
            "nothing is named; expected settings, lists, models or categories"
        )
    payload(1, 1, settings, files, sent)  # what the wire does not take is refused here
    with as_migrator() as database:
        number = store.add_release(database, settings, files, who, sent)
    click.echo(f"release {number}: {_holds(settings, files, sent)}")
    _warn(warnings(sent))


@releases.command("list")
@told
def list_releases() -> None:
    """All releases, newest first."""
    with as_migrator() as database:
        for row in store.releases(database):
            files = store.release_files(database, row.release_no)
            click.echo(
                f"{row.release_no:5d}  {row.made_at:%Y-%m-%d %H:%M} UTC  {row.made_by}  "
                f"{_holds(row.settings, files, row.categories)}"
            )


@releases.command()
@click.argument("number", type=click.IntRange(1))
@told
def show(number: int) -> None:
    """What a release sets and brings."""
    with as_migrator() as database:
        found = store.releases(database, number)
        if not found:
            raise ReleaseRefusedError(f"no release {number}; see hailong hub releases list")
        files = store.release_files(database, number)
    row = found[0]
    click.echo(f"release {number}, made by {row.made_by} at {row.made_at:%Y-%m-%d %H:%M} UTC")
    for name, value in row.settings.items():
        click.echo(f"  {name} = {json.dumps(value)}")
    for file in files:
        click.echo(f"  {file.kind} {file.name}: {file.bytes} bytes, sha256 {file.sha256}")
    if row.categories is None:
        click.echo("  categories sent: all")
    else:
        click.echo(f"  categories sent: {', '.join(row.categories) or 'none'}")
        click.echo(f"  not sent: {', '.join(not_sent(row.categories)) or 'none'}")


@click.group()
def rollout() -> None:
    """A release on its way: one counter, its branch, all."""


@rollout.command()
@click.option("--release", "number", type=click.IntRange(1), required=True)
@click.option("--branch", required=True)
@click.option("--counter", required=True, help="The counter to begin with.")
@_BY
@told
def start(number: int, branch: str, counter: str, by: str | None) -> None:
    """Begin with the devices of one counter."""
    with as_migrator() as database:
        before = store.narrowed(database)
        count = rollouts.start(
            database, release_no=number, branch=branch, counter=counter, taken_by=_who(by)
        )
        (row,) = store.releases(database, number)
    click.echo(f"{count} device(s) at {branch}/{counter} are to run release {number}")
    _warn([*warnings(row.categories), *sent_again(row.categories, before)])


@rollout.command()
@click.option("--despite-failures", is_flag=True, help="Also past devices that are not well.")
@_SILENT
@_BY
@told
def widen(*, despite_failures: bool, silent_after: float, by: str | None) -> None:
    """Go on from the counter to its branch, and from the branch to all."""
    with as_migrator() as database:
        stage, count = rollouts.widen(
            database,
            taken_by=_who(by),
            now=datetime.now(UTC),
            silent_after=timedelta(minutes=silent_after),
            despite=despite_failures,
        )
    click.echo(f"stage {stage}: {count} more device(s) are to run the release")


@rollout.command()
@_BY
@told
def pause(by: str | None) -> None:
    """Tell no further device; those that were told go on."""
    with as_migrator() as database:
        rollouts.pause(database, taken_by=_who(by), paused=True)
    click.echo("paused")


@rollout.command()
@_BY
@told
def resume(by: str | None) -> None:
    """Go on after a pause."""
    with as_migrator() as database:
        rollouts.pause(database, taken_by=_who(by), paused=False)
    click.echo("resumed")


@rollout.command()
@_BY
@told
def back(by: str | None) -> None:
    """End the rollout; each of its devices is to run again what it ran before."""
    with as_migrator() as database:
        count = rollouts.back(database, taken_by=_who(by))
    click.echo(f"{count} device(s) are to run again what they ran before")


@rollout.command()
@_SILENT
@told
def status(silent_after: float) -> None:
    """The stage, who took which step, and how each device stands. Exit code 1: not all well."""
    with as_migrator() as database:
        found = rollouts.status(database, datetime.now(UTC), timedelta(minutes=silent_after))
    if found is None:
        click.echo("no rollout goes on")
        return
    going = found.rollout
    paused = ", paused" if going.paused else ""
    click.echo(
        f"rollout {going.rollout_no} of release {going.release_no}: stage {going.stage}{paused}"
    )
    for step in found.steps:
        despite = ", despite failures" if step.despite_failures else ""
        click.echo(
            f"  {step.taken_at:%Y-%m-%d %H:%M} UTC  {step.step} ({step.stage}{despite})  "
            f"{step.taken_by}"
        )
    for device in found.devices:
        click.echo(f"  {device}")
    if any(device.standing != "good" for device in found.devices):
        raise SystemExit(1)


@click.group()
def commands() -> None:
    """Asked of a device once."""


@commands.command()
@click.option("--device", required=True)
@click.argument("command", type=click.Choice([str(kind) for kind in CommandKind]))
@click.option("--stream", help="Of resend: the outbox file, 32 hexadecimal digits.")
@click.option("--first", type=click.IntRange(1), help="Of resend: the first sequence.")
@click.option("--last", type=click.IntRange(1), help="Of resend: the last sequence.")
@click.option(
    "--valid-for",
    type=click.FloatRange(1, 10_080),
    default=60.0,
    show_default=True,
    help="Minutes; after that it is not done any more.",
)
@_BY
@told
def send(
    device: str,
    command: str,
    stream: str | None,
    first: int | None,
    last: int | None,
    valid_for: float,
    by: str | None,
) -> None:
    """Ask a device to do something. It is done once, however often the message comes."""
    with as_migrator() as database:
        number = store.add_command(
            database,
            device_id=device,
            command=command,
            asked_by=_who(by),
            valid_s=valid_for * 60,
            stream=stream,
            first=first,
            last=last,
        )
    click.echo(f"{command} asked of {device}: {number}")


@commands.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@told
def list_commands(limit: int) -> None:
    """The last ones and what came of them."""
    with as_migrator() as database:
        found = store.commands(database, limit)
    now = datetime.now(UTC)
    for row in found:
        waits = "expired" if row.expires_at < now else "waits"
        click.echo(
            f"{row.asked_at:%Y-%m-%d %H:%M} UTC  {row.device_id}  {row.command}  "
            f"{row.outcome or waits}  {row.command_id}  {row.asked_by}"
        )


GROUPS: tuple[click.Group, ...] = (releases, rollout, commands)
