"""How much each section of the bench does, and how little in the smoke test, whose numbers mean nothing."""

import resource
import sys
from typing import NamedTuple


class Sizes(NamedTuple):
    """The sizes of one bench. Names of numbers are those of the full one, such as simulate_vs_loop_2000."""

    repetitions: int
    creators: dict[str, int]  # on the list
    worlds: int
    loop_worlds: dict[str, int]  # of the notebook's loop, by the list
    panel_worlds: int
    seeds: int  # of which odds are estimated, to see how far they scatter
    seed_worlds: int  # for each
    truth_worlds: int
    memory_worlds: dict[str, int]
    fit_creators: int  # with 10 posts each
    shortlists: dict[str, int]  # creators to choose from
    shortlisted: int  # about how many of the shortest are chosen
    portfolio: tuple[int, int]  # creators and worlds of the choice under CVaR
    results: dict[str, tuple[int, int, int]]  # campaigns, and nano and macro creators of each
    nuts_draws: int  # of NumPyro, all chains together


FULL = Sizes(
    repetitions=5,
    creators={"200": 200, "2000": 2_000},
    worlds=100_000,
    loop_worlds={"200": 4_000, "2000": 1_000},
    panel_worlds=20_000,
    seeds=128,
    seed_worlds=65_536,
    truth_worlds=1 << 20,
    memory_worlds={"100k": 100_000, "1m": 1_000_000, "10m": 10_000_000},
    fit_creators=100_000,
    shortlists={"1000": 1_000, "100k": 100_000, "1m": 1_000_000},
    shortlisted=50,
    portfolio=(1_000, 1_000),
    results={"2000": (20, 95, 5), "100000": (100, 980, 20)},
    nuts_draws=6_000,
)
SMOKE = Sizes(
    repetitions=1,
    creators={"200": 20, "2000": 40},
    worlds=2_000,
    loop_worlds={"200": 20, "2000": 20},
    panel_worlds=500,
    seeds=8,
    seed_worlds=512,
    truth_worlds=1 << 13,
    memory_worlds={"100k": 1_000, "1m": 70_000, "10m": 140_000},
    fit_creators=300,
    shortlists={"1000": 200, "100k": 4_500, "1m": 6_000},
    shortlisted=20,
    portfolio=(200, 100),
    results={"2000": (2, 8, 2), "100000": (3, 8, 2)},
    nuts_draws=40,
)


def asked() -> Sizes:
    """Return the sizes that the command line asks for: those of the smoke test with --smoke."""
    return SMOKE if "--smoke" in sys.argv else FULL


def peak_mb() -> float:
    """Return the most that this process has held so far [MB]."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes of ru_maxrss
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
