"""The one command: finds which sides are installed and calls them."""

from importlib.util import find_spec

import click

from schemas.version import VERSION

_SIDES = {
    "agent": ("edge_agent.cli", "agent", ("av", "faster_whisper"), "hailong[agent]"),
    "hub": ("hub.cli", "hub", ("psycopg", "fastapi"), "hailong[hub]"),
    "pki": ("hub.pki.cli", "pki", ("cryptography", "psycopg"), "hailong[hub]"),
    "analyze": (
        "hailong.analyze",
        "analyze",
        ("av", "faster_whisper", "babel"),
        "hailong[agent,hub]",
    ),
}


class NotInstalledError(click.ClickException):
    exit_code = 2


class Sides(click.Group):
    """Imports a side only when it is called, so that a device needs no hub, nor a hub models."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *_SIDES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _SIDES:
            return super().get_command(ctx, cmd_name)
        module, name, needs, extra = _SIDES[cmd_name]
        missing = [package for package in needs if find_spec(package) is None]
        if missing:
            return _not_here(cmd_name, missing, extra)
        from importlib import import_module  # noqa: PLC0415 - each side by itself

        command: click.Command = getattr(import_module(module), name)
        return command


def _not_here(name: str, missing: list[str], extra: str) -> click.Command:
    def tell() -> None:
        raise NotInstalledError(
            f"this machine lacks {', '.join(missing)}, which `hailong {name}` needs; "
            f"install {extra}"
        )

    return click.Command(
        name,
        callback=tell,
        short_help=f"(not installed here: {extra})",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )


@click.group(cls=Sides, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="hailong")
def main() -> None:
    """Hài Lòng: how citizens are served at public counters, measured without keeping a word."""
