"""Components of all creators -> how they spread over a tier, and flags beside those that luck brings."""

import numpy as np
import pandas as pd
from scipy import stats

from nanospread.core.intervals import CONFIDENCE
from nanospread.creators.authenticity.catalogue import CATALOGUE


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """Return each component's distribution over the creators of a tier.

    found: as `components`.

    Returns: component, tier, creators, p5, median, p95 [0-1], median_low, median_high: the 95 % interval of
    the median by order statistics (missing under six creators), and flagged [creators].
    """
    known = found[found["n"] > 0]
    by = known.groupby(["component", "tier"], observed=True, sort=False)
    shares = {"p5": 0.05, "median": 0.5, "p95": 0.95}
    rows = pd.DataFrame({name: by["value"].quantile(share) for name, share in shares.items()})
    rows.insert(0, "creators", by.size())
    ordered = known.sort_values("value")
    place = ordered.groupby(["component", "tier"], observed=True).cumcount()
    keys = pd.MultiIndex.from_frame(ordered[["component", "tier"]])
    n = rows["creators"].reindex(keys).set_axis(ordered.index).astype("float64")
    below = stats.binom.ppf((1 - CONFIDENCE) / 2, n, 0.5) - 1
    for name, at in (("median_low", below), ("median_high", n - 1 - below)):
        ends = ordered[(place == at) & (below >= 0)]
        rows[name] = ends.set_index(["component", "tier"])["value"]
    rows["flagged"] = by["flag"].sum()
    order = {name: at for at, name in enumerate(CATALOGUE)}
    return rows.reset_index().sort_values(
        ["component", "tier"], key=lambda column: column.map(order) if column.name == "component" else column,
        ignore_index=True,
    )  # fmt: skip


def by_chance(found: pd.DataFrame) -> pd.DataFrame:
    """Return each component's flags beside the number to expect were all creators like their peers.

    Many comparisons bring some flags by chance alone, and chance is taken as normal: real spreads have
    heavier tails and bring more.

    Returns: component, tested, flagged, expected [creators], and p: the probability that chance brings as
    many or more (Poisson). Only components of which a flag was possible.
    """
    by = found[found["tested"]].groupby("component", sort=False)
    rows = by.agg(tested=("flag", "size"), flagged=("flag", "sum"), expected=("chance", "sum")).reset_index()
    return rows.assign(p=stats.poisson.sf(rows["flagged"] - 1, rows["expected"]))


def flagged(found: pd.DataFrame) -> tuple[int, float, int]:
    """Return how many creators have a flag, how many would by chance, and of how many could one be told."""
    tested = found[found["tested"]]
    none = np.log1p(-tested["chance"]).groupby(tested["creator"]).sum()
    flags = tested.groupby("creator")["flag"].any()
    return int(flags.sum()), float(-np.expm1(none).sum()), len(flags)
