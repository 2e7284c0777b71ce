"""`hailong agent enrol`: a device becomes a site's own by a one-time token."""

import os
import sys
from pathlib import Path

import click

from edge_agent.cli_errors import BadInput
from edge_agent.enrol import enrol as ask_hub
from edge_agent.errors import AgentError, SettingsError
from edge_agent.settings_file import merged, read_settings, write_settings
from schemas.enrolment import EnrolmentToken, TokenError

_TOP = ("device_id", "branch", "counter", "state", "broker_url", "hub_public_key")
_TLS = ("ca", "certificate", "hub_url")


@click.command()
@click.option(
    "--settings",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="HAILONG_AGENT_SETTINGS",
    show_envvar=True,
    required=True,
    help="The device's settings, a TOML file; what you wrote there stays. Made where it is not.",
)
@click.option(
    "--token",
    metavar="FILE",
    help="The file that holds it; - is standard input.  [default: asked]",
)
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="HAILONG_AGENT_STATE",
    show_envvar=True,
    help="The device's private folder.  [default: as in the settings]",
)
def enrol(file: Path, token: str | None, state: Path | None) -> None:
    """Make this device's keys, get its certificate from the hub, and write its settings.

    The token is what `hailong hub devices enrol` printed. It is not taken as an argument, which
    every user of this machine could read.
    """
    try:
        text, known = read_settings(file)
        folder = _state(file, known.get("state"), state)
        # Before the token is spent: can this file be written at all?
        merged(text, dict.fromkeys(_TOP, ""), dict.fromkeys(_TLS, ""))
        enrolled = ask_hub(_token(token), folder)
        answer = enrolled.answer
        top = (
            answer.device_id,
            answer.branch,
            answer.counter,
            str(folder),
            answer.broker_url,
            answer.hub_public_key,
        )
        tls = (str(enrolled.ca), str(enrolled.certificate), answer.hub_url)
        written = merged(text, dict(zip(_TOP, top, strict=True)), dict(zip(_TLS, tls, strict=True)))
        write_settings(file, written)
    except (AgentError, TokenError) as error:
        raise BadInput(str(error)) from error
    click.echo(
        f"device {answer.device_id} is enrolled at {answer.branch}/{answer.counter}; its "
        f"certificate ends on {enrolled.ends.date().isoformat()} and renews itself"
    )


def _token(source: str | None) -> EnrolmentToken:
    if source is not None and source.startswith("hailong1."):
        raise BadInput(
            "--token takes the name of a file: arguments are seen by every user of this machine. "
            "Ask for a new token, and put it into a file (0600) or leave --token out"
        )
    if source is not None and source != "-":
        try:
            text = Path(source).read_text("ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{source} cannot be read ({type(error).__name__})") from error
    elif source is None and sys.stdin.isatty():
        text = click.prompt("Token", hide_input=True)
    else:
        text = sys.stdin.readline()
    return EnrolmentToken.parse(text)


def _state(file: Path, in_file: object, given: Path | None) -> Path:
    if given is not None:
        return given.absolute()
    if isinstance(in_file, str) and in_file:
        return Path(in_file)
    raise SettingsError(
        f"{file} names no state folder; set `state` there, or give --state "
        f"(such as /var/lib/hailong-agent){'' if os.geteuid() else ', owned by the agent user'}"
    )
