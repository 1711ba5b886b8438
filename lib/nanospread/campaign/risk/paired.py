"""Frame of worlds -> each arm's rows in the order of the worlds, without a sort where they already are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread.campaign.risk import batches
from nanospread.campaign.risk.batches import Batches
from nanospread.core import errors

Key = tuple[object, ...]
Codes = NDArray[Any]  # numbers of one kind
RIVAL = "macro"  # the arm that the others are held against


def parts(rows: pd.DataFrame, keys: Sequence[str]) -> Iterator[tuple[Key, pd.DataFrame]]:
    """Return the rows of each combination of the keys, in the keys' order, and in the order of the worlds.

    A key's order is that of its categories, or that of its values.
    """
    codes = [_codes(rows[key]) for key in keys]
    world = rows["world"].to_numpy() if "world" in rows else np.arange(len(rows))
    starts = _starts(codes)
    if not _in_order(codes, world, starts):
        order = np.lexsort((world, *reversed(codes)))
        rows, codes = rows.iloc[order], [code[order] for code in codes]
        starts = _starts(codes)
    stops = [*starts[1:], len(rows)]
    for at in np.lexsort([code[starts] for code in reversed(codes)]):
        part = rows.iloc[starts[at] : stops[at]]
        yield tuple(part[key].iloc[0] for key in keys), part


def _codes(column: "pd.Series[Any]") -> Codes:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy()
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy()
    return pd.factorize(column, sort=True)[0]


def _starts(codes: Sequence[Codes]) -> NDArray[np.intp]:
    """Return where a stretch of rows with one combination of keys begins."""
    first = np.arange(len(codes[0])) == 0
    for code in codes:
        first[1:] |= code[1:] != code[:-1]
    return np.flatnonzero(first)


def _in_order(codes: Sequence[Codes], world: Codes, starts: NDArray[np.intp]) -> bool:
    """Return whether each combination is one stretch, and its worlds rise."""
    rises = world[1:] > world[:-1]
    rises[starts[1:] - 1] = True
    return bool(rises.all()) and len(set(zip(*(code[starts] for code in codes), strict=True))) == len(starts)


def arms(worlds: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows of each arm. Raises: InputError for no rows, or unless each arm has the same worlds."""
    if worlds.empty:
        raise errors.InputError("outcomes must be at least one world, all finite")
    return same_worlds({str(arm): part for (arm,), part in parts(worlds, ["arm"])})


def same_worlds(arms: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the arms as they are. Raises: InputError unless each has the same worlds."""
    first, *others = arms
    expected = arms[first]["world"].to_numpy()
    for arm in others:
        if not np.array_equal(arms[arm]["world"].to_numpy(), expected):
            raise errors.InputError(f"each arm must have the same worlds; {arm!r} and {first!r} differ")
    return arms


def batches_of(arms: Mapping[str, pd.DataFrame]) -> Batches | None:
    """Return the batches of worlds that the arms share."""
    return batches.of_worlds(next(iter(arms.values()))["world"].to_numpy())
