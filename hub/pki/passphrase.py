"""The passphrase of the services' key: asked, or read from a file or pipe; never an argument."""

import sys
from pathlib import Path

import click

from hub.pki.errors import PassphraseError


def read_passphrase(file: Path | None, *, confirm: bool = False) -> bytes:
    """From `file` (`-` is standard input), else asked on a terminal, else from the pipe that
    standard input is. The first line counts.
    """
    if file is not None and str(file) != "-":
        try:
            lines = file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise PassphraseError(f"{file} cannot be read ({type(error).__name__})") from error
        text = lines[0] if lines else ""
    elif file is None and sys.stdin.isatty():
        text = click.prompt(
            "Passphrase of the services' authority", hide_input=True, confirmation_prompt=confirm
        )
    else:
        text = sys.stdin.readline().rstrip("\n")
    if not text:
        raise PassphraseError("the passphrase is empty; expected one line")
    return str(text).encode()
