"""Posts -> the newest ones held out, forecast from the others, and scored beside three plain forecasts.

The plain ones are normal. own: the creator's own mean, N(mean of its past, s^2 (1 + 1 / n)), s pooled within
the creators of the tier; tier: N(tier mean, tier sd); constant: N(log of the published value, root mean
square around it), missing where nothing is published of the platform. Spreads are of the post's tier, of all
tiers where that has too few posts to tell.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nanospread.campaign.simulation import draws
from nanospread.core import errors
from nanospread.core.types import Floats
from nanospread.creators import benchmarks, engagement, metrics
from nanospread.creators.engagement import Mixture
from nanospread.ingest.platforms import PLATFORM

LEVELS = (0.5, 0.8, 0.95)
ENDS = (  # the quantiles of a forecast that rows carry, by column
    ("median", 0.5),
    *(
        (f"{side}_{100 * p:.0f}", (1 + sign * p) / 2)
        for p in LEVELS
        for side, sign in (("low", -1), ("high", 1))
    ),
)
DAY = 86_400.0  # seconds
ORDER = ["creator", "posted_at", "post"]
BASELINES = ("own", "tier", "constant")
LEAST = 1e-6  # spread of log ER under which posts are all alike, and no normal stands for them


@dataclass(frozen=True)
class Backtest:
    """Forecasts of posts that the model had not seen.

    rows: by creator and time: post, creator, tier, niche, posted_at, followers, engagements, n_past (posts of
    the creator in the fit), days_ahead (since the newest of them), log_er, median, low_ and high_ of 50, 80
    and 95 %; cdf (forecast P(Y <= log_er)), pit (randomised), crps of the forecast, and crps_ of each of
    `BASELINES`, missing where these cannot be fitted. forecast: of log ER, row for row. n_fitted: posts that
    the model was fitted to.
    """

    rows: pd.DataFrame
    forecast: Mixture
    n_fitted: int


def last_posts(posts: pd.DataFrame, roster: pd.DataFrame, *, seed: int, platform: str = PLATFORM) -> Backtest:
    """Return the newest rated post of each creator with two or more, forecast from all other posts.

    The fit sees other creators' posts of the same weeks, as a forecast of one more post would; `strict` does
    not. posts: as from metrics.per_post. seed: of the random part of the PIT. platform: whose published rate
    the constant forecast is.
    """
    rated = _rated(posts)
    newest = rated.groupby("creator").cumcount(ascending=False) == 0
    last = newest & (rated.groupby("creator")["post"].transform("size") > 1)
    # A co-authored post stands under several creators: none of its rows may teach the model.
    fitted = rated[~last & ~rated["post"].isin(rated.loc[last, "post"])]
    return _compared(fitted, rated[last & rated["creator"].isin(fitted["creator"])], roster, seed, platform)


def strict(
    posts: pd.DataFrame, roster: pd.DataFrame, *, seed: int, share: float = 0.2, platform: str = PLATFORM
) -> Backtest:
    """Return every post of the newest `share`, forecast from the posts before that date and nothing later.

    Only creators with a post before it count. posts, roster, seed, platform: as `last_posts`.
    """
    if not 0 < share < 1:
        raise errors.InputError(f"share must be between 0 and 1, both excluded; got {share}")
    rated = _rated(posts)
    if rated.empty:
        return _compared(rated, rated, roster, seed, platform)
    early = rated["posted_at"] <= rated["posted_at"].quantile(1 - share, interpolation="lower")
    known = rated["creator"].isin(rated.loc[early, "creator"])
    return _compared(rated[early], rated[~early & known], roster, seed, platform)


def _rated(posts: pd.DataFrame) -> pd.DataFrame:
    return posts[posts["er"].notna()].sort_values(ORDER, ignore_index=True)


def _compared(
    fitted: pd.DataFrame, held_out: pd.DataFrame, roster: pd.DataFrame, seed: int, platform: str
) -> Backtest:
    past = fitted.groupby("creator").agg(
        n_past=("post", "size"), last=("posted_at", "last"), followers=("followers", "last")
    )
    niche = roster.drop_duplicates("creator").set_index("creator")["niche"]
    held_out = held_out.assign(niche=held_out["creator"].map(niche))
    forecast = Mixture(*(np.empty((0, 1)) for _ in range(3)))
    if len(held_out):
        known = past[["followers"]].join(niche, how="left").reset_index()
        model = engagement.fit(fitted, known.dropna(subset="niche"))
        forecast = engagement.predictive(
            model, held_out[["creator", "niche", "followers"]], at=held_out["posted_at"]
        )
    last = past["last"].reindex(held_out["creator"]).set_axis(held_out.index)
    ahead = held_out["posted_at"] - last.astype(held_out["posted_at"].dtype)
    columns = ["post", "creator", "tier", "niche", "posted_at", "followers", "engagements"]
    rows = held_out[columns].assign(
        n_past=held_out["creator"].map(past["n_past"]).astype("int64"),
        days_ahead=ahead.dt.total_seconds() / DAY,
        log_er=metrics.log_er(held_out),
    )
    published = benchmarks.comparable(platform)
    reference = math.nan if published is None else float(published["value"])
    scored = _scored(rows.reset_index(drop=True), forecast, seed)
    y, plain = scored["log_er"].to_numpy(dtype=np.float64), plain_forecasts(fitted, scored, reference)
    beside = {f"crps_{name}": other.crps(y) for name, other in plain.items()}
    return Backtest(scored.assign(**beside), forecast, len(fitted))


def _scored(rows: pd.DataFrame, forecast: Mixture, seed: int) -> pd.DataFrame:
    y = rows["log_er"].to_numpy(dtype=np.float64)
    columns, ends = zip(*ENDS, strict=True)
    at = forecast.quantile(np.tile(ends, (len(y), 1))) if len(y) else np.empty((0, len(ends)))
    return rows.assign(
        **dict(zip(columns, at.T, strict=True)),
        cdf=forecast.cdf(y),
        pit=_pit(rows, forecast, seed),
        crps=forecast.crps(y),
    )


def _pit(rows: pd.DataFrame, forecast: Mixture, seed: int) -> Floats:
    """Return a uniform draw between F(log(E / F)) and F(log((E + 1) / F)): engagements are counts.

    References: Czado, Gneiting and Held 2009, Biometrics 65:1254.
    """
    count, followers = (rows[name].to_numpy(dtype=np.float64) for name in ("engagements", "followers"))
    none = np.where(count > 0, forecast.cdf(np.log(np.maximum(count, 1) / followers)), 0.0)
    one = forecast.cdf(np.log((count + 1) / followers))
    drawn = [draws.uniforms(seed, "pit", name, 1)[0] for name in names(rows)]
    return np.asarray(none + np.array(drawn, dtype=np.float64) * (one - none))


def names(rows: pd.DataFrame) -> list[str]:
    """Return what the random numbers of each row are keyed by, so that they owe nothing to the order."""
    return [f"{creator} {post}" for creator, post in zip(rows["creator"], rows["post"], strict=True)]


def plain_forecasts(fitted: pd.DataFrame, rows: pd.DataFrame, reference: float) -> dict[str, Mixture]:
    """Return the forecast of each of `BASELINES` for each row; a spread that cannot be told is missing."""
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
    spreads = y.groupby(tier).agg(["mean", "std", "size"]).rename(columns={"std": "sd"})
    freedom = spreads["size"] - fitted.groupby(tier)["creator"].nunique()
    within = np.sqrt(away.groupby(tier).sum() / freedom.where(freedom > 0))
    return spreads.assign(within=within, around=np.sqrt(((y - centre) ** 2).groupby(tier).mean()))


def _normal(mean: "pd.Series[float] | Floats", sd: "pd.Series[float] | Floats") -> Mixture:
    columns = [np.asarray(part, dtype=np.float64)[:, None] for part in (mean, sd)]
    return Mixture(np.ones_like(columns[0]), *columns)
