"""Where the hub tells how it is: from the environment, like the hub's other settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from hub.settings import Address, SettingsError

DEFAULT_METRICS_ADDRESS = "127.0.0.1:9464"
_SWITCH = {"on": True, "off": False}


@dataclass(frozen=True, slots=True)
class OperationsSettings:
    metrics: Address | None = None
    """Of /metrics, /healthz and /readyz: loopback or a management network, never the pages'."""
    each_device: bool = True
    """Gauges of each enrolled device; the sums are there anyway."""
    otlp_endpoint: str | None = None
    """Where traces go; None makes none."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "OperationsSettings":
        """Raises SettingsError naming the variable, what it holds and what was expected."""
        return cls(
            metrics=_address(environment.get("HAILONG_METRICS_ADDRESS") or DEFAULT_METRICS_ADDRESS),
            each_device=_switch(
                "HAILONG_METRICS_DEVICES", environment.get("HAILONG_METRICS_DEVICES") or "on"
            ),
            otlp_endpoint=environment.get("HAILONG_OTLP_ENDPOINT") or None,
        )


def _address(text: str) -> Address | None:
    if text == "off":
        return None
    expected = "expected host:port, port 0 for a free one, or off"
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SettingsError(
            f"HAILONG_METRICS_ADDRESS cannot be read: got {text!r}, {expected}"
        ) from error
    if not host or port is None or parts.path or parts.username:
        raise SettingsError(f"HAILONG_METRICS_ADDRESS cannot be read: got {text!r}, {expected}")
    return Address(host, port)


def _switch(variable: str, text: str) -> bool:
    if text not in _SWITCH:
        raise SettingsError(f"{variable} cannot be read: got {text!r}, expected on or off")
    return _SWITCH[text]
