"""What a counter's sensors are: a recording, or live microphones and a camera."""

from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from edge_agent.keys.state import Line
from edge_agent.settings_section import Section
from schemas.vocabulary import SourceKind

Channel = Annotated[int, Field(ge=0, le=63)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
CredentialsName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,31}$")]
"""HAILONG_<name>_USER and HAILONG_<name>_PASSWORD hold them: no secret is a setting."""


def _without_secret(url: str) -> str:
    expected = "expected rtsp://host:port/path"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(expected) from error
    if parts.username or parts.password:
        raise ValueError(
            f"{expected} without a user or password; put them into HAILONG_CAMERA_USER and "
            "HAILONG_CAMERA_PASSWORD (or name others by `credentials`)"
        )
    if parts.scheme not in ("rtsp", "rtsps") or not host:
        raise ValueError(expected)
    return url


class MicrophoneSettings(Section):
    """One device, or the sound of an RTSP stream: which of its channels hears whom."""

    device: Name | Annotated[int, Field(ge=0, le=999)] | None = None
    """Part of its name, or its number, as `hailong agent devices` shows them."""
    url: Name | None = None
    credentials: CredentialsName = "CAMERA"
    staff: Channel | None = None
    citizen: Channel | None = None
    shared: Channel | None = None
    """One microphone that hears both."""

    @field_validator("url")
    @classmethod
    def _safe(cls, value: str | None) -> str | None:
        return None if value is None else _without_secret(value)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.device is None) == (self.url is None):
            raise ValueError("expected device or url, one of the two")
        if self.shared is None and self.staff is None and self.citizen is None:
            raise ValueError("expected staff, citizen or shared: a channel of the device from 0")
        if self.shared is not None and (self.staff is not None or self.citizen is not None):
            raise ValueError("expected either shared, or staff and citizen")
        if self.staff is not None and self.staff == self.citizen:
            raise ValueError("expected two different channels for staff and citizen")
        return self


class CameraSettings(Section):
    device: Name | None = None
    """Such as /dev/video0."""
    url: Name | None = None
    credentials: CredentialsName = "CAMERA"
    fps: Annotated[float, Field(ge=1, le=5)] = 3.0
    """Pictures looked at a second."""

    @field_validator("url")
    @classmethod
    def _safe(cls, value: str | None) -> str | None:
        return None if value is None else _without_secret(value)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.device is None) == (self.url is None):
            raise ValueError("expected device or url, one of the two")
        return self


class SourceSettings(Section):
    """A recording by `path`; or live `microphones`, and a `camera` where there is one."""

    kind: SourceKind | None = None
    """None: as `path` or `microphones` say."""
    path: Path | None = None
    channels: Literal[1, 2] | None = None
    """Of a recording. 2: channel 0 staff, channel 1 citizen. None: as it has them."""
    microphones: Annotated[tuple[MicrophoneSettings, ...], Field(max_length=2)] = ()
    camera: CameraSettings | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.path is None) == (not self.microphones):
            raise ValueError("expected path (a recording) or microphones (live), one of the two")
        if self.kind is not None and self.kind is not self.live_or_recording:
            raise ValueError(f"kind is {self.kind}, but what is set is {self.live_or_recording}")
        if self.microphones:
            self._check_sides()
        elif self.camera is not None:
            raise ValueError("camera stands with microphones; a recording has its own picture")
        return self

    @property
    def may_be_shared(self) -> bool:
        """One microphone may hear both sides; of a recording this shows when it is opened."""
        if self.path is not None:
            return self.channels != 2
        return any(microphone.shared is not None for microphone in self.microphones)

    def _check_sides(self) -> None:
        if self.channels is not None:
            raise ValueError("channels is for recordings; microphones say which hears whom")
        sides = [
            side
            for microphone in self.microphones
            for side in ("staff", "citizen", "shared")
            if getattr(microphone, side) is not None
        ]
        if sorted(sides) not in (["citizen", "staff"], ["shared"]):
            raise ValueError(
                f"microphones hear {', '.join(sides)}; expected staff and citizen once each, "
                "or shared alone"
            )

    @property
    def live_or_recording(self) -> SourceKind:
        return SourceKind.LIVE if self.microphones else SourceKind.RECORDING


class KeySettings(Section):
    """Keys at the counter: a keyboard or foot switch, pins, a page on this machine."""

    keyboard: Name | None = None
    """Such as /dev/input/by-id/usb-...-event-kbd."""
    codes: Mapping[Line, Annotated[int, Field(ge=1, le=767)]] = {
        Line.MUTE_CITIZEN: 183,
        Line.MUTE_STAFF: 184,
        Line.HELP: 185,
        Line.WRITTEN: 186,
    }
    """Linux key codes; F13 to F16 by default."""
    gpio_chip: Name | None = None
    """Such as /dev/gpiochip0."""
    pins: Mapping[Line, Annotated[int, Field(ge=0, le=1023)]] = {}
    shift_ends: Annotated[tuple[time, ...], Field(max_length=8)] = (time(12, 0), time(17, 30))
    """In Hanoi: the usual level of the voices begins anew then, another clerk may sit down."""
    page_port: Annotated[int, Field(ge=1024, le=65_535)] | None = None
    """A page on 127.0.0.1 with the same keys."""

    @model_validator(mode="after")
    def _pins_have_a_chip(self) -> Self:
        if bool(self.pins) != (self.gpio_chip is not None):
            raise ValueError("expected gpio_chip and pins together")
        return self


class LimitSettings(Section):
    """After how long each fault of a sensor is told. 30 s at most: it must be found by then."""

    dead_s: Annotated[float, Field(ge=0.5, le=30)] = 20
    """Digital silence."""
    stalled_s: Annotated[float, Field(ge=0.5, le=30)] = 5
    """Nothing comes from a sensor that is connected."""
    frozen_s: Annotated[float, Field(ge=0.5, le=30)] = 15
    clipped_s: Annotated[float, Field(ge=0.5, le=30)] = 10
    """The stretch in which distortion is counted."""
