"""`hailong agent devices`, `check` and `ready`: before and while a counter is set up."""

import logging
import os
import shutil
import signal
import threading
from pathlib import Path

import click

from edge_agent.capture.camera import cameras
from edge_agent.capture.devices import meter, microphones
from edge_agent.capture.frame import Picture
from edge_agent.check import Line, Looked, lines, look
from edge_agent.check_words import NOT_READY, READY, SPEAK, Language
from edge_agent.cli_errors import BadInput
from edge_agent.errors import AgentError, CaptureError
from edge_agent.local_page.terminal import draw_zones
from edge_agent.local_page.zones import serve_zones, zones_toml
from edge_agent.models import catalog
from edge_agent.settings import AgentSettings
from schemas.vocabulary import SourceKind

_READY_S = 4.0
_SETTINGS = click.option(
    "--settings",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="HAILONG_AGENT_SETTINGS",
    show_envvar=True,
    required=True,
    help="The device's settings, a TOML file.",
)
_LANGUAGE = click.option(
    "--language",
    type=click.Choice(["vi", "en"]),
    default="vi",
    show_default=True,
    envvar="HAILONG_LANGUAGE",
    show_envvar=True,
)


@click.command()
@click.option("--meter", "name", help="Part of a microphone's name, or its number: a live level.")
@click.option("--seconds", type=click.FloatRange(1, 3600), default=10.0, show_default=True)
def devices(name: str | None, seconds: float) -> None:
    """List the microphones and cameras that are there, or watch one microphone's level."""
    try:
        found = microphones()
    except CaptureError as error:
        raise BadInput(str(error)) from error
    if name is not None:
        wanted = int(name) if name.isdigit() else name
        channels = next(
            (m.channels for m in found if wanted in (m.index, m.name) or str(name) in m.name), 1
        )
        try:
            meter(wanted, min(channels, 2), seconds, _Meter())
        except CaptureError as error:
            raise BadInput(str(error)) from error
        return
    click.echo("microphones" if found else "microphones: none")
    for one in found:
        click.echo(
            f"  {one.index:3d}  {one.name}  ({one.channels} channels, {one.rate} Hz, {one.host_api})"
        )
    there = cameras()
    click.echo("cameras" if there else "cameras: none (RTSP cameras are named by their address)")
    for camera in there:
        click.echo(f"  {camera.path}  {camera.name}")


@click.command()
@_SETTINGS
@_LANGUAGE
@click.option("--seconds", type=click.FloatRange(3, 120), default=10.0, show_default=True)
@click.option(
    "--zones",
    type=click.Choice(["terminal", "page"]),
    help="Show the zones on one still, here or on a page of this machine; it is then forgotten.",
)
def check(file: Path, language: Language, seconds: float, zones: str | None) -> None:
    """Listen and look at the configured sources, and say in words what is wrong."""
    try:
        settings = _live(file)
        click.echo(SPEAK[language].format(seconds=seconds))
        looked = look(settings, os.environ, catalog.load_faces(), seconds)
        if zones is not None and looked.still is not None:
            _show(settings, looked.still, zones)
    except AgentError as error:
        raise BadInput(str(error)) from error
    _end(looked, language, staff_speaks=True)


@click.command()
@_SETTINGS
@_LANGUAGE
def ready(file: Path, language: Language) -> None:
    """The morning's self-test: a line a sensor; exit code 1 where one is not ready."""
    try:
        settings = _live(file)
        looked = look(settings, os.environ, catalog.load_faces(), _READY_S)
    except AgentError as error:
        raise BadInput(str(error)) from error
    found = lines(looked, language, staff_speaks=False)
    by_sensor: dict[str, list[Line]] = {}
    for line in found:
        by_sensor.setdefault(line.sensor, []).append(line)
    for sensor, about in by_sensor.items():
        bad = [line for line in about if line.bad]
        word = NOT_READY if bad else READY
        more = f": {'; '.join(line.text for line in bad)}" if bad else ""
        click.echo(f"{sensor}: {word[language]}{more}")
    if any(line.bad for line in found):
        raise SystemExit(1)


def sensors_ready(settings: AgentSettings) -> bool:
    """`ready` without words: for the hub's command. Raises AgentError."""
    looked = look(settings, os.environ, catalog.load_faces(), _READY_S)
    return not any(line.bad for line in lines(looked, "en", staff_speaks=False))


def _live(file: Path) -> AgentSettings:
    logging.getLogger("edge_agent.capture").setLevel(logging.ERROR)  # the lines below say it
    settings = AgentSettings.load(file, os.environ)
    if settings.source.live_or_recording is not SourceKind.LIVE:
        raise BadInput(f"{file}: the source is a recording; expected live microphones to look at")
    return settings


def _show(settings: AgentSettings, still: Picture, place: str) -> None:
    if place == "terminal":
        columns = min(100, shutil.get_terminal_size().columns)
        click.echo(draw_zones(still, settings.zones, columns))
        return
    stop = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        chosen = serve_zones(still, settings.zones, click.echo, stop)
    finally:
        signal.signal(signal.SIGINT, before)
    if chosen is not None:
        click.echo(zones_toml(chosen))


def _end(looked: Looked, language: Language, *, staff_speaks: bool) -> None:
    found = lines(looked, language, staff_speaks=staff_speaks)
    for line in found:
        click.echo(f"{'✗' if line.bad else '•'} {line.sensor}: {line.text}")
    if any(line.bad for line in found):
        raise SystemExit(1)


class _Meter:
    """Draws over what it drew before."""

    def __init__(self) -> None:
        self._drawn = 0

    def __call__(self, levels: list[str]) -> None:
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        self._drawn = len(levels)
        click.echo(up + "\n".join(f"\x1b[K{number}  {line}" for number, line in enumerate(levels)))
