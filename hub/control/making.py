"""A release out of what an operator names: settings, phrase lists, models, categories."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hub.control.files import take_in
from hub.store.errors import ReleaseRefusedError
from hub.store.releases import ReleaseFileRow
from schemas.release import (
    WHISPER,
    ConfigPayload,
    LexiconEntry,
    ModelEntry,
    ReleaseSettings,
)
from schemas.vocabulary import Category, ModelFile, SharedList

_LISTS = frozenset({*Category, *SharedList})
_WHISPER = {
    ModelFile.WHISPER_MODEL: "model.bin",
    ModelFile.WHISPER_CONFIG: "config.json",
    ModelFile.WHISPER_TOKENIZER: "tokenizer.json",
    ModelFile.WHISPER_VOCABULARY: "vocabulary.json",
}


def read_settings(path: Path | None) -> dict[str, Any]:
    """Of a TOML file; raises ReleaseRefusedError with the first fault."""
    if path is None:
        return {}
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        settings = ReleaseSettings.model_validate(data)
    except OSError as error:
        raise ReleaseRefusedError(f"{path}: {error.strerror}; expected a TOML file") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ReleaseRefusedError(f"{path}: no TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        known = ", ".join(ReleaseSettings.model_fields)
        raise ReleaseRefusedError(
            f"{path}: {field}: {first['msg']}; what may be set from afar: {known}"
        ) from error
    return settings.model_dump(exclude_none=True)


def lexicon_files(folder: Path, paths: Sequence[Path]) -> list[ReleaseFileRow]:
    """Taken in; `greeting.yaml` is the list greeting."""
    for path in paths:
        if path.suffix != ".yaml" or path.stem not in _LISTS:
            raise ReleaseRefusedError(
                f"{path}: names no phrase list; expected NAME.yaml with one of "
                f"{', '.join(sorted(_LISTS))}"
            )
    return [ReleaseFileRow("lexicon", path.stem, *take_in(folder, path)) for path in paths]


def model_files(folder: Path, named: Sequence[str]) -> list[ReleaseFileRow]:
    """Taken in; each is NAME=PATH."""
    single = sorted(set(ModelFile) - WHISPER)
    parts = [text.partition("=") for text in named]
    for name, _, path in parts:
        if name not in single or not path:
            raise ReleaseRefusedError(
                f"{name[:40]}: names no model; expected NAME=PATH with one of {', '.join(single)} "
                "(Whisper: --whisper FOLDER)"
            )
    return [ReleaseFileRow("model", name, *take_in(folder, Path(path))) for name, _, path in parts]


def whisper_files(folder: Path, whisper: Path | None) -> list[ReleaseFileRow]:
    """The four files of a folder that CTranslate2 converted."""
    if whisper is None:
        return []
    return [
        ReleaseFileRow("model", model, *take_in(folder, whisper / name))
        for model, name in _WHISPER.items()
    ]


def payload(
    version: int,
    release_no: int,
    settings: Any,
    files: Sequence[ReleaseFileRow],
    categories: Sequence[str] | None = None,
) -> ConfigPayload:
    """What the device is told. Raises ReleaseRefusedError for what the wire does not take."""
    try:
        return ConfigPayload(
            version=version,
            release=release_no,
            settings=ReleaseSettings.model_validate(settings),
            lexicon=tuple(
                LexiconEntry(list=_list(f.name), sha256=f.sha256, bytes=f.bytes)
                for f in files
                if f.kind == "lexicon"
            ),
            models=tuple(
                ModelEntry(model=ModelFile(f.name), sha256=f.sha256, bytes=f.bytes)
                for f in files
                if f.kind == "model"
            ),
            categories=None if categories is None else tuple(map(Category, categories)),
        )
    except (ValidationError, ValueError) as error:
        raise ReleaseRefusedError(
            f"release {release_no} does not fit the wire; each list, model and category once, "
            "sizes up to 8 GiB"
        ) from error


def _list(name: str) -> Category | SharedList:
    return SharedList(name) if name in set(SharedList) else Category(name)
