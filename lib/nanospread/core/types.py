"""Arrays by what they hold, and values of any kind as one of them."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]  # positions in another array


def floats(values: ArrayLike) -> Floats:
    """Return the values as float64, missing ones as nan, whatever their dtype."""
    return pd.Series(np.atleast_1d(values)).to_numpy(dtype=np.float64, na_value=np.nan)


def filled_text(values: pd.Series, blank: str = "") -> "pd.Series[str]":
    """Return a text column with `blank` for what is missing, also one that is float as it is all missing."""
    return values.astype("str").fillna(blank)
