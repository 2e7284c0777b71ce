"""The agent's settings: one TOML file, with the environment over it. No secret is a setting."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator

from edge_agent.errors import SettingsError
from edge_agent.settings_section import Section
from edge_agent.source_settings import KeySettings, LimitSettings, SourceSettings
from schemas.fields import Identifier

ENVIRONMENT: Mapping[str, str] = {
    "HAILONG_AGENT_STATE": "state",
    "HAILONG_BROKER_URL": "broker_url",
}
"""Environment variable -> field of the file that it stands over."""

Coordinate = Annotated[float, Field(ge=0, le=1)]
Point = tuple[Coordinate, Coordinate]
Polygon = Annotated[tuple[Point, ...], Field(min_length=3, max_length=64)]
"""Corners (x, y) as shares of the picture's width and height, from its upper left."""

WHOLE_PICTURE: tuple[Point, ...] = ((0, 0), (1, 0), (1, 1), (0, 1))


class ZoneSettings(Section):
    citizen: Polygon = WHOLE_PICTURE
    staff: Polygon | None = None
    """None: the camera does not see the clerk, whose presence is then unknown."""

    @field_validator("citizen", "staff")
    @classmethod
    def _has_area(cls, value: tuple[Point, ...] | None) -> tuple[Point, ...] | None:
        if value is not None:
            following = (*value[1:], value[0])
            twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(value, following, strict=True))
            if abs(twice) < 2e-4:
                raise ValueError("expected corners that enclose an area, got a line or a point")
        return value


class ModelSettings(Section):
    whisper: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """A CTranslate2 Whisper folder, or a model hub's name where the site has internet; None
    takes the installed default."""
    beam_size: Annotated[int, Field(ge=1, le=10)] = 1
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    expression: bool = False
    """The citizen's facial expression as one aggregated figure. Off unless a site turns it on;
    its model is right about two times in three (docs/models)."""
    speakers: bool = True
    """Where one microphone hears both sides, tell the clerk's voice by its likeness, in RAM and
    for the shift alone. Turned off, nobody is told apart there."""


class PresenceLimits(Section):
    appear_s: Annotated[float, Field(ge=0, le=5)] = 0.3
    """A face for so long is somebody there."""
    vanish_s: Annotated[float, Field(ge=0.5, le=10)] = 2.0
    """A face turned away for less is still there."""
    min_face: Annotated[float, Field(ge=0, le=1)] = 0.08
    """Height of the smallest face that counts, as a share of the zone's: the queue behind the
    citizen has smaller ones."""
    stay_margin: Annotated[float, Field(ge=0, le=2)] = 0.5
    """How far, in its own size, a face may leave the zone and still be there."""


class OutboxSettings(Section):
    max_bytes: Annotated[int, Field(ge=2**20, le=2**40)] = 256 * 2**20


class PublishSettings(Section):
    in_flight: Annotated[int, Field(ge=1, le=100)] = 100
    """Rows sent and not yet confirmed; the broker's receive maximum lowers it."""
    resend_after_s: Annotated[float, Field(gt=0, le=3600)] = 5
    """Without a confirm for so long the oldest row goes out again, then at growing intervals."""
    resend_max_s: Annotated[float, Field(gt=0, le=3600)] = 60
    reconnect_min_s: Annotated[float, Field(gt=0, le=60)] = 0.5
    reconnect_max_s: Annotated[float, Field(gt=0, le=3600)] = 60
    keepalive_s: Annotated[int, Field(ge=5, le=600)] = 30


class TlsSettings(Section):
    """Written by `hailong agent enrol`."""

    ca: Path | None = None
    """The authority by which broker and hub are known."""
    certificate: Path | None = None
    """The device's, and its key unless `key` names another file."""
    key: Path | None = None
    hub_url: Annotated[str, Field(pattern=r"^https://[^/?#@]+$", max_length=300)] | None = None
    """Where the certificate is renewed."""
    plain_broker: bool = False
    """mqtt:// to another machine, where a tunnel protects it."""


class HealthSettings(Section):
    interval_s: Annotated[float, Field(ge=1, le=3600)] = 600
    """Changes are told at once; between them a country's 34,000 devices say little."""


class AgentSettings(Section):
    device_id: Identifier
    branch: Identifier
    counter: Identifier
    state: Path
    """Private folder of the device: key, outbox, anchors."""
    broker_url: str = "mqtt://127.0.0.1:1883"
    hub_public_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    source: SourceSettings
    zones: ZoneSettings = ZoneSettings()
    limits: LimitSettings = LimitSettings()
    keys: KeySettings = KeySettings()
    presence: PresenceLimits = PresenceLimits()
    models: ModelSettings = ModelSettings()
    outbox: OutboxSettings = OutboxSettings()
    publish: PublishSettings = PublishSettings()
    health: HealthSettings = HealthSettings()
    tls: TlsSettings = TlsSettings()

    @field_validator("broker_url")
    @classmethod
    def _is_mqtt(cls, value: str) -> str:
        _broker(value)
        return value

    @property
    def broker(self) -> tuple[str, int]:
        """Host and port."""
        return _broker(self.broker_url)

    @model_validator(mode="after")
    def _no_clerk_is_read(self) -> Self:
        seen = self.zones.citizen != WHOLE_PICTURE and self.zones.staff is not None
        if self.models.expression and not seen:
            raise ValueError(
                "models.expression needs both zones, so that no clerk's face is read; set "
                "zones.citizen and zones.staff, or turn it off"
            )
        return self

    @classmethod
    def load(cls, file: Path | None, environ: Mapping[str, str]) -> Self:
        """Raises SettingsError with the file (or variable) and field of the first fault."""
        data = _read(file) if file else {}
        from_environment = {}
        for name, setting in ENVIRONMENT.items():
            if environ.get(name):
                data[setting] = environ[name]
                from_environment[setting] = name
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            faults = error.errors(include_input=False, include_url=False, include_context=False)
            field = ".".join(str(part) for part in faults[0]["loc"])
            where = from_environment.get(field, f"{file or 'settings'}: {field}")
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            raise SettingsError(f"{where}: {_expected(faults[0])}{more}") from error


def _broker(url: str) -> tuple[str, int]:
    expected = "expected mqtt://host:port on this machine, or mqtts://host:port"
    try:
        parts = urlsplit(url)
        port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)
        host = parts.hostname
    except ValueError as error:
        raise ValueError(expected) from error
    if parts.username or parts.password:
        # An address is shown in logs and error lines.
        raise ValueError(f"{expected} without a user or password")
    known = parts.scheme in {"mqtt", "mqtts"}
    if not known or not host or parts.path.strip("/") or parts.query:
        raise ValueError(expected)
    return host, port


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{file}: {error.strerror}; expected the agent's settings as a TOML file"
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file}: no TOML: {error}") from error


def _expected(fault: Any) -> str:
    """The rule that was broken, in a line; never the value, which may be a pasted secret."""
    if fault["type"] == "missing":
        return "is missing; set it"
    if fault["type"] == "extra_forbidden":
        return "is no setting; check its spelling or remove it"
    return str(fault["msg"]).removeprefix("Value error, ")
