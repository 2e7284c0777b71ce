"""What may be set from afar, and what never."""

import pytest

from edge_agent.errors import ReleaseError
from edge_agent.remote.effective import _PLACES, effective
from edge_agent.remote.settings import RemoteSettings
from edge_agent.settings import AgentSettings
from schemas.release import ReleaseSettings
from schemas.vocabulary import ConfigFault
from tests.wire_samples import BODIES

OWN = {
    "device_id": "may-01",
    "branch": "hoan-kiem",
    "counter": "quay-01",
    "state": "/nowhere",
    "hub_public_key": "ab" * 32,
    "source": {"path": "none.mp4"},
}


def own(**more) -> AgentSettings:
    return AgentSettings.model_validate({**OWN, **more})


def test_each_field_of_the_wire_has_its_place_in_the_devices_settings():
    assert set(_PLACES) == set(ReleaseSettings.model_fields)
    settings = own()
    for section, field in _PLACES.values():
        assert field in type(getattr(settings, section)).model_fields


def test_no_place_can_point_a_camera_or_change_who_the_device_is():
    sections = {section for section, _ in _PLACES.values()}
    assert sections == {"models", "limits", "presence", "health", "publish"}
    assert ("models", "whisper") not in _PLACES.values()


def test_what_is_set_stands_over_the_devices_own_and_the_rest_stays():
    device = own(models={"threads": 3}, publish={"in_flight": 7})
    made = effective(device, ReleaseSettings(beam_size=5, health_interval_s=30))
    assert (made.models.beam_size, made.models.threads) == (5, 3)
    assert (made.health.interval_s, made.publish.in_flight) == (30, 7)
    assert made.model_copy(update={"models": device.models, "health": device.health}) == device


def test_every_setting_at_once_is_taken():
    settings = BODIES["config-1"].payload.settings
    made = effective(own(), settings)
    for name, (section, field) in _PLACES.items():
        assert getattr(getattr(made, section), field) == getattr(settings, name)


def test_expression_needs_the_devices_own_zones():
    with pytest.raises(ReleaseError, match="needs both zones") as caught:
        effective(own(), ReleaseSettings(expression=True))
    assert caught.value.fault is ConfigFault.SETTINGS
    zones = {"citizen": [[0.5, 0], [1, 0], [1, 1]], "staff": [[0, 0], [0.5, 0], [0.5, 1]]}
    assert effective(own(zones=zones), ReleaseSettings(expression=True)).models.expression


@pytest.mark.parametrize(
    "url",
    ["http://hub.example", "ftp://x", "https://", "https://a:b@c", "https://c/d", "https://c:x"],
)
def test_files_come_by_https_and_from_this_very_machine_alone_without(url):
    with pytest.raises(ValueError, match="expected https://host:port"):
        RemoteSettings(hub_url=url)
    for good in ("https://hub.example:8443", "http://127.0.0.1:8080", "http://[::1]:80"):
        assert RemoteSettings(hub_url=good).hub_url == good
