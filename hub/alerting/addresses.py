"""Where a webhook's name leads. What it resolves to is checked, and that very address is called:
a name that leads elsewhere a moment later leads nobody into this network.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from hub.alerting.errors import SendingError

Network = IPv4Network | IPv6Network
_IP = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Target:
    family: socket.AddressFamily
    address: tuple[str, int] | tuple[str, int, int, int]
    """For socket.connect: numbers, no name."""


def targets(host: str, port: int, allowed: Sequence[Network]) -> list[Target]:
    """Every address of the name, each of them checked; asks the resolver once.

    Raises SendingError where one of them is not public and in no allowed network: half an answer
    that may be called is none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise SendingError(
            "name_not_found", f"{host} is not found ({type(error).__name__}); check the name"
        ) from error
    checked = []
    for family, _, _, _, address in found:
        ip = ip_address(str(address[0]).partition("%")[0])
        if not is_public(ip) and not any(_within(ip, network) for network in allowed):
            raise SendingError(
                "address_forbidden",
                f"{host} leads to {ip}, which is not public; expected a public address, or its "
                "network among the channel's `allow`",
            )
        number = str(address[0])
        at = (number, port) if family == socket.AF_INET else (number, port, 0, _scope(address))
        checked.append(Target(socket.AddressFamily(family), at))
    return checked


def _scope(address: Sequence[object]) -> int:
    return int(str(address[3])) if len(address) > 3 else 0


def is_public(ip: _IP) -> bool:
    """An IPv4 address inside an IPv6 one counts as what it is."""
    inner = _inner(ip)
    if inner is not None:
        return is_public(inner)
    site_local = isinstance(ip, IPv6Address) and ip.is_site_local
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or site_local)


def _inner(ip: _IP) -> IPv4Address | None:
    if isinstance(ip, IPv4Address):
        return None
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def _within(ip: _IP, network: Network) -> bool:
    inner = _inner(ip) or ip
    return inner.version == network.version and inner in network
