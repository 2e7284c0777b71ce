"""How the hub's commands say that something was wrong."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from hub.errors import HubError


class BadInput(click.ClickException):
    """One line on standard error, exit code 2."""

    exit_code = 2


def told(command: Callable[..., None]) -> Callable[..., None]:
    """The hub's own errors become that line; all others are faults of the program."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except HubError as error:
            raise BadInput(str(error)) from error

    return run
