"""How the agent's commands say that something was wrong with what they were given."""

import click


class BadInput(click.ClickException):
    """One line on standard error, exit code 2."""

    exit_code = 2
