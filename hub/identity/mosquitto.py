"""Mosquitto's configuration: https://mosquitto.org/man/mosquitto-conf-5.html, tested with 2.0.11.

Two listeners, each with its own rights. On the devices' listener the certificate's common name
is the user and the client id, whatever a client says, so that no device takes over another's
connection. The hubs' listener takes any client id: a hub closes a revoked device's connection
by taking over its id, because Mosquitto's reload leaves open connections alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.identity.rights import Right, device_rights, hub_rights, trusted
from hub.settings import Address
from hub.store.rows import DeviceRow
from schemas.envelope import MAX_BYTES

CONFIGURATION, DEVICES_ACL, HUBS_ACL = "mosquitto.conf", "devices.acl", "hubs.acl"
DEVICES_CA, SERVICES_CA = "devices-ca.pem", "services-ca.pem"
DEVICES_CRL, SERVICES_CRL = "devices-crl.pem", "services-crl.pem"
SERVER_CERTIFICATE, SERVER_KEY = "broker.pem", "broker.key"
_HEADER_BYTES = 512


@dataclass(frozen=True, slots=True)
class Limits:
    """Against a device gone wrong, and for a hub that is away."""

    in_flight: int = 2000
    """As many as an ingest worker may hold before it has stored them (HAILONG_INGEST_WINDOW)."""
    queued_messages: int = 200_000
    """Of one absent hub worker; beyond them devices send again what the hub has not confirmed."""
    queued_bytes: int = 1024**3
    session_days: int = 7


@dataclass(frozen=True, slots=True)
class BrokerPlan:
    folder: Path
    """Where the broker finds these files."""
    data: Path
    """Where it keeps sessions and queues from run to run."""
    devices: Address
    hubs: Address
    user: str = "mosquitto"
    pid_file: Path | None = None
    limits: Limits = Limits()


def configuration(plan: BrokerPlan) -> str:
    limits = plan.limits
    lines = [
        "# Written by `hailong hub broker-config`; written again, changes here are lost.",
        f"user {plan.user}",
        "per_listener_settings true",
        *([f"pid_file {plan.pid_file}"] if plan.pid_file else []),
        "",
        "# Sessions and queues outlive a restart.",
        "persistence true",
        f"persistence_location {plan.data}/",
        "autosave_interval 60",
        # No persistent_client_expiration: with it, or with sessions of a finite expiry, 2.0.11
        # crashes some time after a SIGHUP that found such a client offline.
        "",
        "# By default Mosquitto drops what lies beyond 1,000 queued messages.",
        f"max_inflight_messages {limits.in_flight}",
        f"max_queued_messages {limits.queued_messages}",
        f"max_queued_bytes {limits.queued_bytes}",
        f"max_packet_size {MAX_BYTES + _HEADER_BYTES}",
        "max_keepalive 600",
        "",
        "# Who came and went and what went wrong; no topics, no payloads.",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "connection_messages true",
        "",
        "# Devices.",
        *_listener(plan, plan.devices, DEVICES_CA, DEVICES_CRL, DEVICES_ACL),
        "use_username_as_clientid true",
        "",
        "# Hubs. Let only their machines reach it.",
        *_listener(plan, plan.hubs, SERVICES_CA, SERVICES_CRL, HUBS_ACL),
    ]
    return "".join(f"{line}\n" for line in lines)


def devices_acl(devices: Iterable[DeviceRow]) -> str:
    """Names each device: Mosquitto's patterns cannot tell branch and counter from a name."""
    lines = ["# Written by the hub from its enrolled devices, each time they change."]
    for device in trusted(devices):
        lines += [f"user {device.device_id}", *_rights("topic", device_rights(device))]
    return "".join(f"{line}\n" for line in lines)


def hubs_acl() -> str:
    """For whoever has a certificate of the services' authority for clients.

    As patterns and not by name: a reload forgets the named rights of a client that is away, and
    then queues nothing for it. Mosquitto warns at each reload that they hold no %u; they need
    none.
    """
    return "".join(f"{line}\n" for line in _rights("pattern", hub_rights()))


def _listener(plan: BrokerPlan, at: Address, ca: str, crl: str, acl: str) -> list[str]:
    folder = plan.folder
    return [
        f"listener {at.port} {at.host}",
        "tls_version tlsv1.3",
        f"cafile {folder / ca}",
        f"crlfile {folder / crl}",
        f"certfile {folder / SERVER_CERTIFICATE}",
        f"keyfile {folder / SERVER_KEY}",
        "require_certificate true",
        "use_identity_as_username true",
        "allow_anonymous false",
        f"acl_file {folder / acl}",
    ]


def _rights(word: str, rights: Iterable[Right]) -> Iterator[str]:
    for right in rights:
        access = (
            "readwrite" if right.writes and right.reads else "write" if right.writes else "read"
        )
        yield f"{word} {access} {right.topic}"
