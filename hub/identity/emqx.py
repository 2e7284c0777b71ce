"""EMQX 5's configuration. Written from its documentation and not run here; see docs/identity.md.

The common name is user and client id on the devices' listener. Rights are Erlang terms, asked
from the top; what nothing allows is refused and ends the connection.
"""

from collections.abc import Iterable, Iterator

from hub.identity.mosquitto import (
    DEVICES_CA,
    SERVER_CERTIFICATE,
    SERVER_KEY,
    SERVICES_CA,
    BrokerPlan,
)
from hub.identity.rights import Right, device_rights, hub_rights, trusted
from hub.settings import Address
from hub.store.rows import DeviceRow
from schemas.envelope import MAX_BYTES

CONFIGURATION, ACL = "emqx-hailong.conf", "acl.conf"
_HEADER_BYTES = 512


def configuration(plan: BrokerPlan) -> str:
    """HOCON, to be included by emqx.conf."""
    limits = plan.limits
    lines = [
        "# Written by `hailong hub broker-config`; written again, changes here are lost.",
        "listeners.tcp.default.enable = false",
        "listeners.ssl.default.enable = false",
        "listeners.ws.default.enable = false",
        "listeners.wss.default.enable = false",
        *_listener(plan, "devices", plan.devices, DEVICES_CA),
        *_listener(plan, "hubs", plan.hubs, SERVICES_CA),
        "zones.devices.mqtt.peer_cert_as_username = cn",
        "zones.devices.mqtt.peer_cert_as_clientid = cn",
        "zones.hubs.mqtt.peer_cert_as_username = cn",
        "mqtt {",
        f'  max_packet_size = "{(MAX_BYTES + _HEADER_BYTES) // 1024 + 1}KB"',
        f"  max_inflight = {limits.in_flight}",
        f"  max_mqueue_len = {limits.queued_messages}",
        f'  session_expiry_interval = "{limits.session_days}d"',
        "  max_qos_allowed = 1",
        "}",
        "authorization {",
        "  no_match = deny",
        "  deny_action = disconnect",
        "  cache.enable = false",
        f'  sources = [{{type = file, enable = true, path = "{plan.folder / ACL}"}}]',
        "}",
    ]
    return "".join(f"{line}\n" for line in lines)


def acl(devices: Iterable[DeviceRow], hubs: Iterable[str]) -> str:
    lines = ["%% Written by the hub from its hubs' certificates and its enrolled devices."]
    for name in sorted(hubs):
        lines += _rights(name, hub_rights())
    for device in trusted(devices):
        lines += _rights(device.device_id, device_rights(device))
    return "".join(f"{line}\n" for line in [*lines, "{deny, all}."])


def _listener(plan: BrokerPlan, name: str, at: Address, ca: str) -> list[str]:
    return [
        f"listeners.ssl.{name} {{",
        f'  bind = "{at}"',
        f"  zone = {name}",
        "  ssl_options {",
        f'    cacertfile = "{plan.folder / ca}"',
        f'    certfile = "{plan.folder / SERVER_CERTIFICATE}"',
        f'    keyfile = "{plan.folder / SERVER_KEY}"',
        "    verify = verify_peer",
        "    fail_if_no_peer_cert = true",
        '    versions = ["tlsv1.3"]',
        "  }",
        "}",
    ]


def _rights(name: str, rights: Iterable[Right]) -> Iterator[str]:
    for right in rights:
        action = (
            "all" if right.writes and right.reads else "publish" if right.writes else "subscribe"
        )
        yield f'{{allow, {{user, "{name}"}}, {action}, ["{right.topic}"]}}.'
