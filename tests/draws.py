"""How much a test draws: few examples and sets as a rule, many in the targets that are made for it."""

import os

TIMES = int(os.environ.get("EXPLORE", 0))  # 0: the same examples everywhere


def examples(usual: int) -> int:
    """Return how many examples a property test draws: ten times as many new ones in `make explore`."""
    return usual * max(TIMES, 1)


def replicates(usual: int) -> int:
    """Return on how many synthetic sets a claim is checked: a thousand in `make replicates`."""
    return int(os.environ.get("REPLICATES", usual))
