"""`hailong hub`: the database, who may sign in, which devices are ours, and the services."""

import os
import signal
import sys
import threading
from pathlib import Path

import click

from hub import logs
from hub.auth.permissions import UserRole
from hub.auth.users import create_user
from hub.cli_alerts import alerts
from hub.cli_backtest import backtest_rule
from hub.cli_backup import COMMANDS as BACKUP_COMMANDS
from hub.cli_broker import broker_config
from hub.cli_check import check
from hub.cli_devices import devices
from hub.cli_errors import BadInput, as_migrator, told
from hub.cli_figures import COMMANDS as FIGURES
from hub.cli_ingest import gaps, ingest
from hub.cli_options import common_options
from hub.cli_releases import GROUPS as RELEASES
from hub.cli_rollups import rollups
from hub.cli_rules import rules
from hub.cli_standing import COMMANDS as STANDING_COMMANDS
from hub.cli_truth import truth
from hub.health.settings import OperationsSettings
from hub.run import PARTS, run_hub, usual_parts
from hub.settings import HubSettings
from hub.store.bootstrap import bootstrap as make_roles_and_database
from hub.store.migrate import migrate as migrate_database
from hub.store.migrate_plan import plan, plan_text
from hub.store.place import read_place, set_up_place
from hub.store.roster import import_roster

_FILE = click.Path(exists=False, dir_okay=False, path_type=Path)


@click.group(
    help="The hub: takes in what counters measured, scores it, shows it to people. Settings "
    "come from the environment (HAILONG_DATABASE_URL, HAILONG_DATABASE_PASSFILE, "
    "HAILONG_BROKER_URL, HAILONG_STATE, HAILONG_WEB_ADDRESS) or a TOML file."
)
@common_options
def hub(log_level: str, log_format: str) -> None:
    logs.configure(log_level, log_format)


@hub.command()
@click.option(
    "--only",
    "parts",
    type=click.Choice(PARTS),
    multiple=True,
    help="Run this part alone; may be given several times.  [default: all]",
)
@told
def run(parts: tuple[str, ...]) -> None:
    """Run the hub's services until Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    run_hub(
        HubSettings.from_environment(os.environ),
        parts or usual_parts(os.environ),
        stop,
        OperationsSettings.from_environment(os.environ),
    )


@hub.command()
@click.option(
    "--superuser-url",
    envvar="HAILONG_SUPERUSER_URL",
    show_envvar=True,
    required=True,
    help="Such as postgresql://postgres@host/postgres?passfile=FILE; a password belongs in the "
    "file.",
)
@told
def bootstrap(superuser_url: str) -> None:
    """Make the database and its roles; missing passwords are added to the password file."""
    settings = HubSettings.from_environment(os.environ)
    make_roles_and_database(superuser_url, settings.passfile, settings.database_name)
    click.echo(f"database {settings.database_name} and its roles are there")


@hub.command()
@click.option("--plan", "only_plan", is_flag=True, help="Say what would be done, and do nothing.")
@told
def migrate(*, only_plan: bool) -> None:
    """Bring the database to this version's schema."""
    with as_migrator() as database:
        if only_plan:
            click.echo(plan_text(plan(database)))
            return
        applied = migrate_database(database)
    click.echo(f"applied {', '.join(applied)}" if applied else "the schema is up to date")


@hub.command()
@click.argument("file", type=_FILE)
@told
def place(file: Path) -> None:
    """Set up branches, points and counters from a CSV file."""
    rows = read_place(file)
    with as_migrator() as database:
        changed = set_up_place(database, rows)
    click.echo(f"{len(rows)} counters, {changed} new or changed rows")


@hub.command()
@click.argument("file", type=_FILE)
@told
def roster(file: Path) -> None:
    """Import who sits where and when from a CSV file: branch,counter,staff,from,to."""
    with as_migrator() as database:
        result = import_roster(database, file)
    click.echo(str(result))


@hub.group()
def users() -> None:
    """The people who may sign in."""


@users.command()
@click.option("--login", required=True)
@click.option("--role", type=click.Choice([str(role) for role in UserRole]), required=True)
@click.option("--branch", "branches", multiple=True, required=True, help="May be given often.")
@click.option("--staff", help="For a clerk: the pseudonym in the roster.")
@click.option("--language", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
@told
def add(login: str, role: str, branches: tuple[str, ...], staff: str | None, language: str) -> None:
    """Add a user, or change one. The password is asked, or read from a pipe."""
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    if len(password) < 12:
        raise BadInput("the password is too short: expected 12 characters or more")
    with as_migrator() as database:
        create_user(database, login, password, role, branches, staff, language)
    click.echo(f"user {login} may sign in")


hub.add_command(devices)
hub.add_command(broker_config)
hub.add_command(ingest)
hub.add_command(gaps)
for group in (*RELEASES, *BACKUP_COMMANDS, *FIGURES):
    hub.add_command(group)
hub.add_command(rollups)
hub.add_command(rules)
for command in (*STANDING_COMMANDS, backtest_rule):
    rules.add_command(command)
hub.add_command(truth)
hub.add_command(check)
hub.add_command(alerts)
