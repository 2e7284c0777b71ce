"""The one file of what a device was told to run and to do: replaced whole or not at all, so
that a kill at any moment leaves the old or the new.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError

from edge_agent.errors import StateFolderError
from edge_agent.remote.orders import Orders
from edge_agent.remote.standing import Part, Standing
from edge_agent.state_folder import write_private

_log = logging.getLogger(__name__)


class _File(Part):
    format: Annotated[int, Field(ge=1, le=1)] = 1
    standing: Standing = Standing()
    orders: Orders = Orders()


class Memory:
    """Safe to use from several threads; what it says is on disk already."""

    def __init__(self, path: Path, kept: _File) -> None:
        self._path = path
        self._kept = kept
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """A damaged file is put aside: the device then runs as it was installed, which is
        better than not at all, and hears from the hub what to run.
        """
        try:
            kept = _File.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            kept = _File()
        except OSError as error:
            raise StateFolderError(f"{path}: {error.strerror}; expected a file of ours") from error
        except ValidationError:
            path.replace(path.with_suffix(".damaged"))
            _log.error("%s is damaged and put aside; running as installed", path)
            kept = _File()
        return cls(path, kept)

    @property
    def standing(self) -> Standing:
        return self._kept.standing

    @property
    def orders(self) -> Orders:
        return self._kept.orders

    def stand(self, step: Callable[[Standing], Standing]) -> Standing:
        with self._lock:
            self._keep(standing=step(self._kept.standing))
            return self._kept.standing

    def order(self, step: Callable[[Orders], Orders]) -> Orders:
        with self._lock:
            self._keep(orders=step(self._kept.orders))
            return self._kept.orders

    def _keep(self, **changes: Part) -> None:
        after = self._kept.model_copy(update=changes)
        if after != self._kept:
            write_private(self._path, after.model_dump_json(indent=1).encode() + b"\n")
            self._kept = after
