"""`hailong agent`: the program at a counter."""

import json
import logging
import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from edge_agent import privacy
from edge_agent.cli_enrol import enrol
from edge_agent.cli_errors import BadInput
from edge_agent.cli_sensors import check, devices, ready
from edge_agent.counters import check_together, run_counters
from edge_agent.errors import AgentError
from edge_agent.identity import DeviceIdentity
from edge_agent.lexicon.command import lexicon
from edge_agent.models import catalog
from edge_agent.run import Agent
from edge_agent.settings import AgentSettings

_log = logging.getLogger(__name__)
_SETTINGS = click.Path(exists=False, dir_okay=False, path_type=Path)


@click.group(help="The agent at a counter: measures on the device, publishes only numbers.")
@click.option(
    "--log-level",
    type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]),
    default="INFO",
    show_default=True,
    envvar="HAILONG_LOG_LEVEL",
    show_envvar=True,
)
def agent(log_level: str) -> None:
    logging.basicConfig(level=log_level, format="%(levelname)s %(name)s: %(message)s")
    privacy.quiet_crashes()


_WITH_SETTINGS = click.option(
    "--settings",
    "file",
    type=_SETTINGS,
    envvar="HAILONG_AGENT_SETTINGS",
    show_envvar=True,
    required=True,
    help="The device's settings, a TOML file.",
)


@agent.command()
@click.option(
    "--settings",
    "files",
    type=_SETTINGS,
    envvar="HAILONG_AGENT_SETTINGS",
    show_envvar=True,
    required=True,
    multiple=True,
    help="The device's settings, a TOML file. Given again: one more counter in this process.",
)
@click.option("--stay", is_flag=True, help="Stay online when the recording has been measured.")
def run(files: tuple[Path, ...], *, stay: bool) -> None:
    """Measure the source of the settings and send what was measured to the hub."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        every = [AgentSettings.load(file, os.environ) for file in files]
        check_together(every)

        def load() -> catalog.Models:
            return _models(every)

        if len(every) == 1:
            Agent(every[0], load, _say, environ=os.environ).run(stop, stay=stay)
        else:
            run_counters(every, load, os.environ, _say, stop)
    except AgentError as error:
        raise BadInput(str(error)) from error


def _models(every: Sequence[AgentSettings]) -> catalog.Models:
    """Of counters that share a process, and so the [models] of their settings."""
    settings = every[0]
    folder = catalog.whisper_folder(settings.models.whisper, _say)
    models = catalog.load(
        folder, beam_size=settings.models.beam_size, threads=settings.models.threads
    )
    if settings.models.expression:
        models = replace(models, expression=catalog.load_expression())
    if settings.models.speakers and any(one.source.may_be_shared for one in every):
        models = replace(models, speakers=catalog.load_speakers())
    privacy.no_core_dumps()
    if not privacy.lock_memory():
        _log.info("memory is not locked: the system does not allow it; turn swap off")
    return models


@agent.command()
@_WITH_SETTINGS
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def key(file: Path, *, as_json: bool) -> None:
    """Print the device's public key, by which the hub enrols it; it is made at first use."""
    try:
        settings = AgentSettings.load(file, os.environ)
        identity = DeviceIdentity.load_or_create(
            settings.state, settings.device_id, settings.branch, settings.counter
        )
    except AgentError as error:
        raise BadInput(str(error)) from error
    public = identity.public_key.hex()
    click.echo(json.dumps({"device": identity.device_id, "key": public}) if as_json else public)


def _say(line: str) -> None:
    click.echo(line)


for command in (devices, check, ready, lexicon, enrol):
    agent.add_command(command)
