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

from edge_agent import logs, privacy, tracing
from edge_agent.cli_enrol import enrol
from edge_agent.cli_errors import BadInput
from edge_agent.cli_sensors import check, devices, ready, sensors_ready
from edge_agent.counters import check_together, run_counters
from edge_agent.errors import AgentError
from edge_agent.identity import DeviceIdentity
from edge_agent.lexicon.command import lexicon
from edge_agent.models import catalog
from edge_agent.models.replaced import INSTALLED, Replaced
from edge_agent.run import Agent
from edge_agent.running.told import told
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
@click.option(
    "--log-format",
    type=click.Choice(logs.FORMATS),
    default="auto",
    show_default="text on a terminal, JSON elsewhere",
    envvar="HAILONG_LOG_FORMAT",
    show_envvar=True,
)
def agent(log_level: str, log_format: str) -> None:
    logs.configure(log_level, log_format)
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
@click.option(
    "--metrics-address",
    envvar="HAILONG_AGENT_METRICS_ADDRESS",
    show_envvar=True,
    help="Serve /metrics, /healthz and /readyz here, on loopback: 127.0.0.1:9467.  "
    "[default: nowhere]",
)
@click.option(
    "--otlp-endpoint",
    envvar="HAILONG_OTLP_ENDPOINT",
    show_envvar=True,
    help="Send traces there: http://host:port/v1/traces.  [default: none are made]",
)
def run(
    files: tuple[Path, ...], *, stay: bool, metrics_address: str | None, otlp_endpoint: str | None
) -> None:
    """Measure the source of the settings and send what was measured to the hub."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        every = [AgentSettings.load(file, os.environ) for file in files]
        check_together(every)

        def load() -> catalog.Models:
            return _models(every)

        def load_release(settings: AgentSettings, replaced: Replaced) -> catalog.Models:
            return _models(every, settings, replaced)

        if otlp_endpoint:
            tracing.start(otlp_endpoint)
        with told(metrics_address, _say):
            if len(every) == 1:
                agent = Agent(
                    every[0],
                    load,
                    _say,
                    environ=os.environ,
                    load_release=load_release,
                    self_test=sensors_ready,
                )
                agent.run(stop, stay=stay)
            else:
                run_counters(every, load, os.environ, _say, stop, load_release)
    except AgentError as error:
        raise BadInput(str(error)) from error
    finally:
        tracing.stop()


def _models(
    every: Sequence[AgentSettings],
    own: AgentSettings | None = None,
    replaced: Replaced = INSTALLED,
) -> catalog.Models:
    """Of counters that share a process, and so the [models] of their settings; `own`: of one that
    a release has set.
    """
    settings = own or every[0]
    folder = replaced.whisper or catalog.whisper_folder(settings.models.whisper, _say)
    models = catalog.load(
        folder,
        beam_size=settings.models.beam_size,
        threads=settings.models.threads,
        replaced=replaced,
    )
    if settings.models.expression:
        models = replace(models, expression=catalog.load_expression(replaced))
    if settings.models.speakers and any(one.source.may_be_shared for one in every):
        models = replace(models, speakers=catalog.load_speakers(replaced))
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
