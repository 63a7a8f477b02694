"""How long to look: HYPOTHESIS_PROFILE=long pytest tests/fuzz looks a hundred times as long."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

ALL = tuple(HealthCheck)

settings.register_profile("short", max_examples=100, deadline=None, suppress_health_check=ALL)
settings.register_profile("long", max_examples=10_000, deadline=None, suppress_health_check=ALL)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))
