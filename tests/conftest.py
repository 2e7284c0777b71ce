"""For all tests: machines are busy, and a generated example has no time limit of its own."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "busy",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),  # the same examples for the same commit
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("busy")
