"""Fitted posts -> the three plain forecasts that a model must beat, each normal with its own fitted spread.

own: the creator's own mean, N(mean of its past, s^2 (1 + 1 / n)), s pooled within the creators of the tier;
tier: N(tier mean, tier sd); constant: N(log of the published value, root mean square around it). Spreads are
of the fitted posts of the held-out post's tier, of all tiers where that one has too few to tell.
"""

import numpy as np
import pandas as pd

from nanospread.core.types import Floats
from nanospread.creators import metrics
from nanospread.creators.engagement import Mixture

BASELINES = ("own", "tier", "constant")
LEAST = 1e-6  # spread of log ER under which posts are all alike, and no normal stands for them


def forecasts(fitted: pd.DataFrame, rows: pd.DataFrame, reference: float) -> dict[str, Mixture]:
    """Return the forecast of each of `BASELINES` for each row; a spread that cannot be told is missing.

    fitted: creator, tier, followers, engagements. rows: creator, tier. reference: ER [share of followers].
    """
    y = metrics.log_er(fitted)
    past = y.groupby(fitted["creator"]).agg(["mean", "size"]).reindex(rows["creator"])
    of_tier = _spreads(y, fitted, np.log(reference)).reindex(rows["tier"].astype("str"))
    everywhere = _spreads(y, fitted.assign(tier=""), np.log(reference)).reindex([""])
    known = of_tier.where(of_tier > LEAST).fillna(everywhere.where(everywhere > LEAST).iloc[0])
    within = known["within"].to_numpy() * np.sqrt(1 + 1 / past["size"].to_numpy(dtype=np.float64))
    mean = of_tier["mean"].fillna(everywhere["mean"].iloc[0])
    return {
        "own": _normal(past["mean"], within),
        "tier": _normal(mean, known["sd"]),
        "constant": _normal(np.full(len(rows), np.log(reference)), known["around"]),
    }


def _spreads(y: "pd.Series[float]", fitted: pd.DataFrame, centre: float) -> pd.DataFrame:
    """Return mean, sd, within (pooled within creators) and around (root mean square) of each tier."""
    tier = fitted["tier"].astype("str")
    away = (y - y.groupby([tier, fitted["creator"]]).transform("mean")) ** 2
    found = y.groupby(tier).agg(["mean", "std", "size"]).rename(columns={"std": "sd"})
    freedom = found["size"] - fitted.groupby(tier)["creator"].nunique()
    within = np.sqrt(away.groupby(tier).sum() / freedom.where(freedom > 0))
    return found.assign(within=within, around=np.sqrt(((y - centre) ** 2).groupby(tier).mean()))


def _normal(mean: "pd.Series[float] | Floats", sd: "pd.Series[float] | Floats") -> Mixture:
    columns = [np.asarray(part, dtype=np.float64)[:, None] for part in (mean, sd)]
    return Mixture(np.ones_like(columns[0]), *columns)
