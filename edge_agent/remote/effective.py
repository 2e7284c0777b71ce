"""The settings that a release makes of a device's own."""

from typing import Any

from pydantic import ValidationError

from edge_agent.errors import ReleaseError
from edge_agent.settings import AgentSettings
from schemas.release import ReleaseSettings
from schemas.vocabulary import ConfigFault

_PLACES: dict[str, tuple[str, str]] = {
    "beam_size": ("models", "beam_size"),
    "threads": ("models", "threads"),
    "expression": ("models", "expression"),
    "speakers": ("models", "speakers"),
    "dead_s": ("limits", "dead_s"),
    "stalled_s": ("limits", "stalled_s"),
    "frozen_s": ("limits", "frozen_s"),
    "clipped_s": ("limits", "clipped_s"),
    "appear_s": ("presence", "appear_s"),
    "vanish_s": ("presence", "vanish_s"),
    "min_face": ("presence", "min_face"),
    "stay_margin": ("presence", "stay_margin"),
    "health_interval_s": ("health", "interval_s"),
    "in_flight": ("publish", "in_flight"),
    "resend_after_s": ("publish", "resend_after_s"),
    "resend_max_s": ("publish", "resend_max_s"),
    "reconnect_max_s": ("publish", "reconnect_max_s"),
    "keepalive_s": ("publish", "keepalive_s"),
}
"""Field of the wire -> section and field of the device's file. What is not named here cannot
be set from afar.
"""


def effective(own: AgentSettings, release: ReleaseSettings) -> AgentSettings:
    """`own` with what the release sets. Raises ReleaseError where the two do not go together."""
    data: dict[str, Any] = {name: getattr(own, name) for name in AgentSettings.model_fields}
    for name, value in release.model_dump(exclude_none=True).items():
        section, field = _PLACES[name]
        data[section] = {**_plain(data[section]), field: value}
    try:
        return AgentSettings.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "settings"
        raise ReleaseError(
            f"the release's settings do not go with this device's own: {where}: {first['msg']}",
            ConfigFault.SETTINGS,
        ) from error


def _plain(section: Any) -> dict[str, Any]:
    return section if isinstance(section, dict) else section.model_dump()
