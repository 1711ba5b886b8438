"""Fitted creators -> who lies further from the rate usual for the size than chance between posts explains."""

import numpy as np
import pandas as pd

from nanospread.core.intervals import Z95


def beside_chance(
    creators: pd.DataFrame, centre: "pd.Series[float]", sd_within: float, *,
    among: tuple[str, ...] = ("nano", "micro"),
) -> pd.DataFrame:  # fmt: skip
    """Return the creators with the rate usual for their size, and whether chance explains their distance.

    creators: tier, n_posts, log_mean_raw, as `EngagementModel.creators`. centre: log ER expected of a creator
    of that size, by the same index. sd_within: of log ER between one creator's posts.

    Returns: the creators of the tiers `among`, with centre [share of followers] and outside (bool: further
    from it than 1.96 sd_within / sqrt(n_posts) of its own posts).
    """
    apart = (creators["log_mean_raw"] - centre).abs()
    outside = apart > Z95 * sd_within / np.sqrt(creators["n_posts"])
    found = creators.assign(centre=np.exp(centre), outside=outside)
    return found[found["tier"].astype(str).isin(among)]
