"""No test fails for being slow: machines are shared, and speed is measured in benchmarks, not here."""

import os

from hypothesis import settings

settings.register_profile("shared machine", deadline=None)
if (
    "CI" not in os.environ
):  # there, hypothesis loads its own profile: no deadline, and the same draws each time
    settings.load_profile("shared machine")
