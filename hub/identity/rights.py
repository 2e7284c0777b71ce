"""What the broker lets whom do, as one list, from which each broker's own file is written.

A device is known to the broker by its certificate's common name, its id. Branch and counter do
not stand in the certificate: a device that moves keeps it, and its rights follow the database.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hub.store.rows import DeviceRow
from schemas.topics import DOWN, PREFIX, UP, Topic


@dataclass(frozen=True, slots=True)
class Right:
    topic: str
    writes: bool
    reads: bool


def device_rights(device: DeviceRow) -> Iterator[Right]:
    """Its own counter's topics. It reads its own state, too, to know of an older death."""
    for kind in sorted(UP | DOWN):
        topic = str(Topic(device.branch_id, device.counter_id, kind))
        yield Right(topic, writes=kind in UP, reads=kind in DOWN or kind == "state")


def hub_rights() -> Iterator[Right]:
    """Every counter's, the other way round."""
    for kind in sorted(UP | DOWN):
        yield Right(f"{PREFIX}/+/+/{kind}", writes=kind in DOWN, reads=kind in UP)


def trusted(devices: Iterable[DeviceRow]) -> list[DeviceRow]:
    """Those with rights, in order; a revoked device has none."""
    return sorted((d for d in devices if not d.revoked), key=lambda d: d.device_id)
