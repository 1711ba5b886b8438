"""How many examples a property test draws: its own number, or ten times as many new ones (`make explore`)."""

import os

TIMES = int(os.environ.get("EXPLORE", 0))  # 0: the same examples everywhere


def examples(usual: int) -> int:
    """Return how many examples to draw."""
    return usual * max(TIMES, 1)
