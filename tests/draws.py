"""How many examples a property test draws: its own number, or ten times as many with `make explore`."""

import os

EXPLORING = "EXPLORE" in os.environ


def examples(usual: int) -> int:
    """Return how many examples to draw."""
    return usual * 10 if EXPLORING else usual
