"""Options that every command of `hailong hub` has: the settings file and how to log."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from hub import logs
from hub.cli_errors import BadInput
from hub.errors import HubError
from hub.settings_file import load_into


def _read_settings(_context: click.Context, _option: click.Parameter, file: Path | None) -> None:
    if file is None:
        return
    try:
        load_into(os.environ, file)
    except HubError as error:
        raise BadInput(str(error)) from error


def common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--config, --log-level and --log-format; the file is read before anything else."""
    for option in (
        click.option(
            "--log-format",
            type=click.Choice(logs.FORMATS),
            default="auto",
            show_default="text on a terminal, JSON elsewhere",
            envvar="HAILONG_LOG_FORMAT",
            show_envvar=True,
        ),
        click.option(
            "--log-level",
            type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]),
            default="INFO",
            show_default=True,
            envvar="HAILONG_LOG_LEVEL",
            show_envvar=True,
        ),
        click.option(
            "--config",
            type=click.Path(dir_okay=False, path_type=Path),
            envvar="HAILONG_CONFIG",
            show_envvar=True,
            is_eager=True,
            expose_value=False,
            callback=_read_settings,
            help="The hub's settings, a TOML file; the environment stands over it.",
        ),
    ):
        command = option(command)
    return command
