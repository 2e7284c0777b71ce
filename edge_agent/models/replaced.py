"""Files of a release that take the place of installed ones."""

from dataclasses import dataclass
from pathlib import Path

from schemas.vocabulary import ModelFile


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file of this device and the sha256 it must have."""

    model: ModelFile
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Replaced:
    lexicon: Path | None = None
    """A whole folder of phrase lists: the release's, and the installed ones beside them."""
    whisper: Path | None = None
    """A whole folder of a model that CTranslate2 converted."""
    files: tuple[HeldFile, ...] = ()

    def file(self, model: ModelFile) -> HeldFile | None:
        return next((held for held in self.files if held.model is model), None)


INSTALLED = Replaced()
