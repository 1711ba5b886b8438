"""Frame of worlds -> each arm's rows in the order of the worlds."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from nanospread.campaign.risk import batches
from nanospread.campaign.risk.batches import Batches
from nanospread.core import errors

RIVAL = "macro"  # the arm that the others are held against


def parts(rows: pd.DataFrame, keys: Sequence[str]) -> Iterator[tuple[tuple[object, ...], pd.DataFrame]]:
    """Return the rows of each combination of the keys, in the keys' order, and in the order of the worlds.

    A key's order is that of its categories, or that of its values.
    """
    for key, part in rows.groupby(list(keys), observed=True):
        ordered = "world" not in part or part["world"].is_monotonic_increasing
        yield key, part if ordered else part.sort_values("world", kind="stable")


def arms(worlds: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows of each arm. Raises: InputError for no rows, or unless each arm has the same worlds."""
    if worlds.empty:
        raise errors.InputError("outcomes must be at least one world, all finite")
    arms = {str(arm): part for (arm,), part in parts(worlds, ["arm"])}
    first, *others = arms
    expected = arms[first]["world"].to_numpy()
    for arm in others:
        if not np.array_equal(arms[arm]["world"].to_numpy(), expected):
            raise errors.InputError(f"each arm must have the same worlds; {arm!r} and {first!r} differ")
    return arms


def batches_of(arms: Mapping[str, pd.DataFrame]) -> Batches | None:
    """Return the batches of worlds that the arms share."""
    return batches.of_worlds(next(iter(arms.values()))["world"].to_numpy())
