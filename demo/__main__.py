"""`python -m demo`: the whole program on one machine, on a recording."""

import os
from pathlib import Path

import click

from demo.show import forget, show
from edge_agent.errors import AgentError
from hub.errors import HubError

RECORDING = Path(__file__).parent / "counter.mp4"


class BadInput(click.ClickException):
    exit_code = 2


@click.command()
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    default=RECORDING,
    show_default="the demo recording",
    help="A recording of a counter: a video, or sound with one or two channels.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(os.environ.get("HAILONG_STATE", ".hailong")),
    show_default=True,
    help="Folder of the demo's data, kept from run to run.",
)
@click.option("--port", default=8080, show_default=True, help="Of the pages, on 127.0.0.1.")
@click.option("--once", is_flag=True, help="End when everything is measured and scored.")
@click.option("--erase", is_flag=True, help="Delete the demo's data, and do nothing else.")
def main(source: Path, state: Path, port: int, *, once: bool, erase: bool) -> None:
    """Start database, broker, hub and one agent on a recording; Ctrl-C stops them all."""
    try:
        if erase:
            forget(state.absolute(), click.echo)
            return
        show(source.absolute(), state.absolute(), port, click.echo, once=once)
    except (AgentError, HubError) as error:
        raise BadInput(str(error)) from error


if __name__ == "__main__":
    main()
