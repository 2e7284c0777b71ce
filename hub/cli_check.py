"""`hailong hub check`: what is wrong around the hub, in words."""

import json
import os

import click

from hub.checks.all import CheckSettings, check_all
from hub.checks.finding import worst
from hub.cli_errors import told
from hub.settings import HubSettings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@told
def check(*, as_json: bool) -> None:
    """Look at clock, disk, files, broker, database, devices and releases: one line each.

    Exit code 0: all is well; 1: something will be wrong; 2: something is.
    """
    settings = HubSettings.from_environment(os.environ)
    found = check_all(settings, CheckSettings.from_environment(os.environ))
    if as_json:
        lines = [
            {"about": one.about, "level": one.level.name.lower(), "words": one.words}
            for one in found
        ]
        click.echo(json.dumps({"level": worst(found).name.lower(), "findings": lines}, indent=1))
    else:
        for one in found:
            click.echo(str(one))
    raise SystemExit(int(worst(found)))
