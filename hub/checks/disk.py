"""Room for what the hub and its database still have to write."""

import shutil
from pathlib import Path
from typing import Final

from hub.checks.finding import Finding, ok, warn, wrong

_GB: Final = 1e9
_LITTLE: Final = (0.15, 20 * _GB)
_NONE: Final = (0.03, 2 * _GB)
"""Share and bytes; the smaller of the two counts, so that a small disk may be small."""


def check_disk(about: str, folder: Path) -> Finding:
    """Of the disk that `folder` lies on."""
    try:
        used = shutil.disk_usage(folder)
    except OSError as error:
        return wrong(about, f"{folder}: {error.strerror}; expected a folder")
    free = f"{used.free / _GB:.1f} of {used.total / _GB:.0f} GB free at {folder}"
    if used.free < _limit(used.total, _NONE):
        return wrong(about, f"{free}; make room now: a full database takes no more messages")
    if used.free < _limit(used.total, _LITTLE):
        return warn(about, f"{free}; make room or add a disk")
    return ok(about, free)


def _limit(total: float, limit: tuple[float, float]) -> float:
    return min(limit[0] * total, limit[1])
