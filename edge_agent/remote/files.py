"""A release on this device's disk: its signed message, its files by sha256, its folders."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from edge_agent.categories import PACKAGED
from edge_agent.errors import AgentError, ReleaseError
from edge_agent.identity import DeviceIdentity, HubKey
from edge_agent.models.replaced import HeldFile, Replaced
from edge_agent.remote.fetch import digest
from edge_agent.remote.standing import Standing
from edge_agent.state_folder import open_state_folder, write_private
from schemas.envelope import unseal
from schemas.errors import WireError
from schemas.registry import parse
from schemas.release import WHISPER, ConfigPayload, LexiconEntry, ModelEntry
from schemas.vocabulary import ConfigFault, ModelFile

_WHISPER_NAMES = {
    ModelFile.WHISPER_MODEL: "model.bin",
    ModelFile.WHISPER_CONFIG: "config.json",
    ModelFile.WHISPER_TOKENIZER: "tokenizer.json",
    ModelFile.WHISPER_VOCABULARY: "vocabulary.json",
}
Entry = LexiconEntry | ModelEntry


def entries(release: ConfigPayload) -> tuple[Entry, ...]:
    return (*release.lexicon, *release.models)


class ReleaseFiles:
    """Everything lies in one folder: `files/SHA256`, `VERSION.config`, `built/VERSION/`."""

    def __init__(self, folder: Path, identity: DeviceIdentity, hub_key: HubKey) -> None:
        self._folder = open_state_folder(folder)
        self.files = open_state_folder(folder / "files")
        self._built = open_state_folder(folder / "built")
        for left in self._built.glob(".*"):  # by a kill in the middle of building
            shutil.rmtree(left, ignore_errors=True)
        self._topic = identity.topic("config")
        self._device_id = identity.device_id
        self._hub_key = hub_key

    def keep(self, version: int, message: bytes) -> None:
        """The message as it came: its signature is checked again at each use."""
        write_private(self._manifest(version), message)

    def release(self, version: int) -> ConfigPayload:
        """Raises ReleaseError(DAMAGED) where it is not what the hub signed."""
        try:
            sealed = unseal(self._manifest(version).read_bytes())
            self._hub_key.verify(self._topic, sealed)
            body = parse(sealed.body)
        except (OSError, WireError, AgentError) as error:
            raise self._damaged(version) from error
        payload = body.payload
        fits = isinstance(payload, ConfigPayload) and payload.version == version
        if not fits or body.device_id != self._device_id:
            raise self._damaged(version)
        assert isinstance(payload, ConfigPayload)
        return payload

    def build(self, release: ConfigPayload) -> Replaced:
        """The release's files under the names that loaders want, each checked by its sha256.

        Raises ReleaseError(DAMAGED) for a file that is gone or another.
        """
        for entry in entries(release):
            path = self.files / entry.sha256
            if not path.is_file() or digest(path) != entry.sha256:
                path.unlink(missing_ok=True)
                raise self._damaged(release.version)
        place = self._built / str(release.version)
        with tempfile.TemporaryDirectory(dir=self._built, prefix=".") as scratch:
            made = Path(scratch) / "release"
            made.mkdir(mode=0o700)
            if release.lexicon:
                self._lists(made / "lexicon", release.lexicon)
            whisper = [e for e in release.models if e.model in WHISPER]
            if whisper:
                self._whisper(made / "whisper", whisper)
            if place.exists():
                shutil.rmtree(place)
            made.replace(place)
        return Replaced(
            lexicon=place / "lexicon" if release.lexicon else None,
            whisper=place / "whisper" if whisper else None,
            files=tuple(self._held(place, entry) for entry in release.models),
        )

    def prune(self, standing: Standing) -> None:
        """Removes what no release needs any more. A version that came meanwhile is beyond what
        `standing` has seen, and stays.
        """
        kept = standing.kept
        for path in self._folder.glob("*.config"):
            version = int(path.stem)
            if version not in kept and version <= standing.seen:
                path.unlink(missing_ok=True)
        for path in self._built.glob("[0-9]*"):
            if int(path.name) not in kept:
                shutil.rmtree(path, ignore_errors=True)
        needed = {sha256 for version in kept for sha256 in self._needed(version)}
        for path in self.files.iterdir():
            if path.name.removesuffix(".part") not in needed:
                path.unlink(missing_ok=True)

    def _needed(self, version: int) -> set[str]:
        try:
            return {entry.sha256 for entry in entries(self.release(version))}
        except ReleaseError:
            return set()

    def _lists(self, folder: Path, lists: Iterable[LexiconEntry]) -> None:
        folder.mkdir(mode=0o700)
        for path in PACKAGED.glob("*.yaml"):
            shutil.copyfile(path, folder / path.name)
        for entry in lists:
            shutil.copyfile(self.files / entry.sha256, folder / f"{entry.list}.yaml")

    def _whisper(self, folder: Path, parts: Iterable[ModelEntry]) -> None:
        folder.mkdir(mode=0o700)
        for entry in parts:
            # A second name, not a second copy: Whisper is large.
            os.link(self.files / entry.sha256, folder / _WHISPER_NAMES[entry.model])

    def _held(self, place: Path, entry: ModelEntry) -> HeldFile:
        if entry.model in WHISPER:
            path = place / "whisper" / _WHISPER_NAMES[entry.model]
        else:
            path = self.files / entry.sha256
        return HeldFile(entry.model, path, entry.sha256)

    def _manifest(self, version: int) -> Path:
        return self._folder / f"{version}.config"

    def _damaged(self, version: int) -> ReleaseError:
        return ReleaseError(
            f"release version {version} on this disk is no longer what the hub signed",
            ConfigFault.DAMAGED,
        )
