"""Tests and notebooks run on the committed sample, whatever the machine's own store holds."""

import os
from pathlib import Path

from hypothesis import HealthCheck, settings

os.environ["EKTP_STORE"] = str(Path(__file__).parent / "data" / "sample" / "store")
os.environ["EKTP_EXHIBITS"] = "plain"

# the same examples on every machine, so that a change that fails is the change's; look further with
# HYPOTHESIS_PROFILE=jelajah
settings.register_profile(
    "tetap", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("jelajah", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "tetap"))
