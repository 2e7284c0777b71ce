"""What every command of `hailong hub` shares: errors as one line, and the database to change."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click

from hub.errors import HubError
from hub.settings import HubSettings
from hub.store.pool import Database

_OPEN_S = 10.0


class BadInput(click.ClickException):
    """One line on standard error, exit code 2."""

    exit_code = 2


def told(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except HubError as error:
            raise BadInput(str(error)) from error

    return run


@contextmanager
def as_migrator() -> Iterator[Database]:
    settings = HubSettings.from_environment(os.environ)
    database = Database(settings.database_url("migrator"), application_name="hailong-cli")
    database.open(_OPEN_S)
    try:
        yield database
    finally:
        database.close()
