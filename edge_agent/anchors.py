"""What the device remembers of recordings: when each began, and which it measured to the end.

The anchor is the wall time of media time 0. It is set once, on the first start, and every
time of the recording's messages follows from it, so that measuring the same file again
gives the same messages. Losing it would double them: a damaged file is refused, not renewed.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from edge_agent.clock import SystemClock, WallClock
from edge_agent.errors import AnchorError
from edge_agent.state_folder import write_private
from schemas.fields import ModelId


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Finished(_Part):
    """A recording that was measured to its end."""

    at: AwareDatetime
    models: tuple[ModelId, ...]
    """Names and versions of what measured it."""


class Recording(_Part):
    anchor: AwareDatetime
    finished: Finished | None = None


class _File(_Part):
    format: Annotated[int, Field(ge=1, le=1)] = 1
    recordings: dict[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], Recording] = {}


class Anchors:
    def __init__(self, path: Path, kept: _File, clock: WallClock) -> None:
        self._path = path
        self._kept = kept
        self._clock = clock

    @classmethod
    def open(cls, path: Path, clock: WallClock | None = None) -> Self:
        """Raises AnchorError when the file is there and cannot be read whole."""
        try:
            kept = _File.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            kept = _File()
        except OSError as error:
            raise AnchorError(f"{path}: {error.strerror}; expected a file of this user") from error
        except ValidationError as error:
            raise AnchorError(
                f"{path} is damaged or of a later version; restore it from a copy. Without it "
                "each recording would be measured a second time under new times"
            ) from error
        return cls(path, kept, clock or SystemClock())

    def anchor_for(
        self, sha256: str, duration_s: float, started_at: datetime | None = None
    ) -> datetime:
        """Wall time of the recording's media time 0, whole milliseconds, UTC.

        Kept from the first call on. Then it is `started_at`, or, where that is not known, so
        long ago that the recording has just ended: nothing of it lies in the future.
        """
        known = self._kept.recordings.get(sha256)
        if known is not None:
            return known.anchor
        start = started_at or self._clock.now() - timedelta(seconds=duration_s)
        start = start.astimezone(UTC)
        anchor = start.replace(microsecond=start.microsecond // 1000 * 1000)
        self._keep(sha256, Recording(anchor=anchor))
        return anchor

    def finished(self, sha256: str) -> Finished | None:
        known = self._kept.recordings.get(sha256)
        return known.finished if known else None

    def mark_finished(self, sha256: str, models: tuple[str, ...]) -> None:
        """Raises AnchorError for a recording that was never started here."""
        known = self._kept.recordings.get(sha256)
        if known is None:
            raise AnchorError(f"recording {sha256[:12]} has no anchor; call anchor_for first")
        finished = Finished(at=self._clock.now(), models=models)
        self._keep(sha256, Recording(anchor=known.anchor, finished=finished))

    def _keep(self, sha256: str, recording: Recording) -> None:
        kept = _File(recordings={**self._kept.recordings, sha256: recording})
        write_private(self._path, kept.model_dump_json(indent=1).encode() + b"\n")
        self._kept = kept


def recording_sha256(path: Path) -> str:
    """64 hex digits of the file's bytes; raises AnchorError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise AnchorError(f"{path}: {error.strerror}; expected a recording to read") from error
