"""Posts -> fitted EngagementModel: each creator's engagement rate, pulled towards creators alike.

For post j of creator i at time t, log((engagements + 0.5) / followers) = x_i b + trend * t + u_i + s_i
(drift_i(t) + e_ij): x_i are niche levels and log followers (`design`), u_i is the creator's lasting level,
s_i its own spread, and the drift lets last month say more than last year (`variance_model`). Coefficients and
headline spreads come from restricted maximum likelihood of the one-way random-effects model
(`random_effects`), all of it from posts of bounded influence (`design`). Forecasts are mixtures of normals
(`posterior`).

References: model.md C6 (b) for the model, D2 and D3 for the published spreads.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from nanospread.core import errors
from nanospread.core.estimates import Z95
from nanospread.core.formatting import ReprMixin, Rows, counted
from nanospread.core.types import Places
from nanospread.creators import tiers
from nanospread.creators.engagement import design as designs
from nanospread.creators.engagement import posterior as posteriors
from nanospread.creators.engagement import random_effects, variance_model
from nanospread.creators.engagement.design import YEAR, Design, Observations, observations
from nanospread.creators.engagement.posterior import Level, Mixture, Posterior
from nanospread.creators.engagement.random_effects import RandomEffects
from nanospread.creators.engagement.variance_model import Shape

__all__ = ["EngagementModel", "Mixture", "beside_chance", "by_tier", "expected", "fit", "predictive"]


LEAST_REPEATED = 30  # creators with two posts or more that a tier needs for a shape of its own
MOST_FOR_PRIOR = 20_000  # creators: enough for the shape of all, which is but the prior of each tier's
QUANTILES = (0.1, 0.5, 0.9)  # ends of an 80 % interval, and the median


@dataclass(frozen=True, repr=False, eq=False)
class EngagementModel(ReprMixin, random_effects.Spreads):
    """A model of log ER; its sds are of natural logs, the headline ones as `random_effects.Spreads`.

    coefficients: intercept (log ER of the average creator), log_followers[tier] slopes, niche[name] levels
    measured from the largest niche. covariance: of the coefficients.
    sd_niche: spread of the niche levels over creators, added for a creator of a niche without a level.
    shapes: by tier, and "all" for a tier without a shape of its own.
    n_bounded: posts too far out to count in full. origin, as_of: where time 0 lies, and the newest post.
    platform: which the posts are on, as whose sizes are cut.
    creators: one row per creator with a rated post, sorted by name: creator, niche, tier, followers, n_posts,
    log_mean_raw and er_raw (the creator's own geometric mean), er, er_low, er_high (posterior median and 80 %
    interval of the rate at `as_of` [share of followers]), shrinkage (0-1, weight on creators alike),
    log_mean, log_sd (posterior), sd_post (root mean square of the spread of its posts around its level).
    """

    coefficients: "pd.Series[float]"
    covariance: pd.DataFrame
    sd_niche: float
    shapes: Mapping[str, Shape]
    n_bounded: int
    origin: pd.Timestamp
    as_of: pd.Timestamp
    platform: str
    creators: pd.DataFrame
    design: Design
    posterior: Posterior  # of each creator, in the order of `creators`

    def _repr_rows(self) -> tuple[str, Rows]:
        tiers_of = self.creators.groupby("tier", observed=True, sort=False)["er"]
        rates = [f"{tier} {rates.median():.2%} ({len(rates):,})" for tier, rates in tiers_of]
        return "Engagement model", [
            ("posts", f"{self.n_posts:,} of {self.n_creators:,} creators, newest {self.as_of:%Y-%m-%d}"),
            ("median ER", ", ".join(rates)),
            ("between creators", f"sd {self.sd_between:.3f} of log ER, {self.sd_between_basis}"),
            ("between posts", f"sd {self.sd_within:.3f} of log ER, {self.sd_within_basis}"),
            ("shrinkage", f"{self.creators['shrinkage'].median():.0%} weight on creators alike (median)"),
        ]


def fit(posts: pd.DataFrame, roster: pd.DataFrame) -> EngagementModel:
    """Return the model fitted to the posts that have an ER; hidden likes are left out.

    posts: as from metrics.per_post: post, creator, posted_at, followers, engagements, er.
    roster: as from tables.roster: creator, niche, followers; one row per creator.

    Raises: InputError where no post has an ER, or where a creator is not in the roster.
    """
    observed, creators = _read(posts, roster)
    effects = random_effects.fitted(creators, observed)
    tier = creators["tier"].astype("str")
    shapes = _shapes(observed, effects, tier)
    posterior = posteriors.fitted(observed, effects, tier, shapes)
    return EngagementModel(
        **asdict(effects.spreads),
        coefficients=effects.coefficients,
        covariance=effects.covariance,
        sd_niche=effects.sd_niche,
        shapes=shapes,
        n_bounded=int((observed.y != observed.raw).sum()),
        origin=observed.origin,
        as_of=observed.newest,
        platform=observed.platform,
        creators=_rated(
            creators, observed, posteriors.level_at(posterior, np.full(len(creators), observed.years.max()))
        ),
        design=effects.design,
        posterior=posterior,
    )


def _read(posts: pd.DataFrame, roster: pd.DataFrame) -> tuple[Observations, pd.DataFrame]:
    rated = posts[posts["er"].notna()]
    if rated.empty:
        raise errors.InputError("no post has an engagement rate: there are no posts, or all likes are hidden")
    observed = observations(rated)
    missing = observed.names[~observed.names.isin(roster["creator"])]
    if len(missing):
        raise errors.InputError(
            f"{counted(len(missing), 'creator')} of the posts not in the roster; the first is {missing[0]!r}"
        )
    attributes = roster[["creator", "niche", "followers"]]
    names = pd.DataFrame({"creator": observed.names})
    creators = names.merge(attributes, on="creator", how="left", validate="one_to_one")
    creators.insert(2, "tier", tiers.of(creators["followers"], observed.platform))
    return observed, creators


def _shapes(observed: Observations, effects: RandomEffects, tier: "pd.Series[str]") -> dict[str, Shape]:
    """Return the shape of all, and of each tier whose creators can tell it, drawn towards that of all."""
    all_creators = np.arange(len(tier))
    sample = all_creators[:: -(-len(all_creators) // MOST_FOR_PRIOR)]
    initial = variance_model.around(effects.sd_drawn, effects.spreads.sd_within)
    overall = _shape(observed, effects, sample, initial, variance_model.WIDE)
    shapes = {posteriors.ALL: overall}
    names = sorted(tier.unique())
    for name in names if len(names) > 1 else ():
        members = all_creators[tier == name]
        if (observed.n[members] > 1).sum() >= LEAST_REPEATED:
            shapes[name] = _shape(observed, effects, members, overall, variance_model.TIER)
    return shapes


def _shape(
    observed: Observations, effects: RandomEffects, members: Places, prior: Shape, width: Shape
) -> Shape:
    rows = posteriors.rows_of(observed, effects, members)
    return variance_model.fitted(rows, effects.leverage[members], prior=prior, width=width)


def _rated(creators: pd.DataFrame, observed: Observations, level: Level) -> pd.DataFrame:
    """Return the creators with what the posts say of each at the time of the newest post."""
    rate = level.rate()
    low, median, high = np.exp(rate.quantile(np.broadcast_to(QUANTILES, (len(creators), 3)))).T
    log_mean, log_sd = rate.moments()
    raw = np.bincount(observed.creator, observed.raw) / observed.n
    return creators.assign(
        n_posts=observed.n.astype(np.int64),
        log_mean_raw=raw,
        er_raw=np.exp(raw),
        er=median,
        er_low=low,
        er_high=high,
        shrinkage=level.alike,
        log_mean=log_mean,
        log_sd=log_sd,
        sd_post=level.sd_post(),
    )


def by_tier(posts: pd.DataFrame, roster: pd.DataFrame) -> pd.DataFrame:
    """Return the headline spreads of each tier by itself: tier, and the fields of `random_effects.Spreads`.

    A creator's tier is that of its newest follower count. Raises: as `fit`.
    """
    creators = _read(posts, roster)[1]
    rows = []
    for name, group in creators.groupby("tier", observed=True, sort=True):
        mine = posts[posts["creator"].isin(group["creator"]) & posts["er"].notna()]
        spreads = random_effects.fitted(group.reset_index(drop=True), observations(mine)).spreads
        rows.append({"tier": name, **asdict(spreads)})
    return pd.DataFrame(rows).astype({"tier": creators["tier"].dtype})


def predictive(model: EngagementModel, creators: pd.DataFrame, *, at: object = None) -> Mixture:
    """Return the distribution of the log ER of a post by each of the creators, one row each.

    creators: creator, niche, followers. A creator of the fitted posts has its posterior, any other the prior
    of the niche and followers; a niche without a level adds sd_niche, followers outside the fitted range
    count as its nearer end. Followers may be missing where a column `tier` names the tier: then they are as
    spread as those of its creators here. at: when the post is made; None, NaT: at the newest post of the fit.

    Raises: InputError for a creator with fewer than 1 follower, or neither followers nor a known tier.
    """
    return _levels(model, creators, at).post()


def expected(model: EngagementModel, creators: pd.DataFrame, *, at: object = None) -> pd.DataFrame:
    """Return each creator's log ER without the noise of a post: creator, log_mean, log_sd, sd_post, sd_alike.

    creators, at: as for `predictive`. sd_post: of a post around it. sd_alike: of the part of log_sd that all
    creators share, the error of what is expected of creators alike.
    """
    levels = _levels(model, creators, at)
    log_mean, log_sd = levels.rate().moments()
    x = designs.columns(_sized(model, creators), model.design).to_numpy(dtype=np.float64)
    error = np.sqrt(random_effects.quadratic(x, model.covariance.to_numpy()))
    columns = {"log_mean": log_mean, "log_sd": log_sd, "sd_post": levels.sd_post()}
    rows = {"creator": creators["creator"], **columns, "sd_alike": levels.alike * error}
    return pd.DataFrame(rows, index=creators.index)


def _levels(model: EngagementModel, creators: pd.DataFrame, at: object) -> Level:
    moments = pd.Series(model.as_of if at is None or at is pd.NaT else at, index=creators.index)
    years = np.asarray((moments - model.origin) / YEAR, dtype=np.float64)
    position = pd.Index(model.creators["creator"]).get_indexer(creators["creator"])
    fitted, new = np.flatnonzero(position >= 0), np.flatnonzero(position < 0)
    sized = _sized(model, creators.iloc[new])
    x = designs.columns(sized, model.design)
    posterior_levels = posteriors.level_at(model.posterior.of(position[fitted]), years[fitted])
    variance = (
        random_effects.quadratic(x.to_numpy(dtype=np.float64), model.covariance.to_numpy())
        + sized["variance"]
    )
    levelled = designs.has_level(sized["niche"], model.design)
    variance = variance + np.where(levelled, 0.0, model.sd_niche**2)
    tier = tiers.of(sized["followers"], model.platform)
    shapes = [posteriors.shape_of(model.shapes, tier) for tier in tier.astype("str")]
    prior_levels = posteriors.prior_level(
        (x @ model.coefficients).to_numpy(), np.asarray(variance, dtype=np.float64), years[new], shapes
    )
    return posteriors.joined(posterior_levels, prior_levels, fitted, len(creators))


def _sized(model: EngagementModel, creators: pd.DataFrame) -> pd.DataFrame:
    """Return niche, followers and, for a creator known by its tier only, the variance that this leaves."""
    followers = creators["followers"].astype("float64")
    sized, variance = followers, np.zeros(len(creators))
    if followers.isna().any():
        tier = creators["tier"] if "tier" in creators else pd.Series(pd.NA, index=creators.index, dtype="str")
        by_tier = _tiers(model).reindex(tier.astype("str").where(followers.isna()))
        sized = followers.fillna(pd.Series(by_tier["followers"].to_numpy(), index=creators.index))
        variance = by_tier["variance"].fillna(0.0).to_numpy()
    invalid = np.flatnonzero(~(sized >= 1))
    if len(invalid):
        name, count = creators.iloc[invalid[0]][["creator", "followers"]]
        raise errors.InputError(
            f"followers of {name!r}: {count}; must be 1 or more, or missing beside a tier with creators "
            f"({', '.join(_tiers(model).index)})"
        )
    return pd.DataFrame({"niche": creators["niche"], "followers": sized, "variance": variance})


def _tiers(model: EngagementModel) -> pd.DataFrame:
    """Return the typical followers of each tier's creators, and how far size moves their log ER."""
    x = designs.columns(model.creators, model.design)
    slopes = [name for name in x.columns if name.startswith("log_followers[")]
    rows = pd.DataFrame(
        {
            "tier": model.creators["tier"].astype("str"),
            "log": np.log(model.creators["followers"]),
            "size": x[slopes].to_numpy() @ model.coefficients[slopes].to_numpy(),
        }
    ).groupby("tier")
    return pd.DataFrame({"followers": np.exp(rows["log"].mean()), "variance": rows["size"].var().fillna(0.0)})


def beside_chance(creators: pd.DataFrame, centre: "pd.Series[float]", sd_within: float) -> pd.DataFrame:
    """Return the nano and micro creators with `centre`, the rate usual for their size, and `outside`.

    centre: log ER expected of a creator of that size, by the same index. sd_within: of log ER between one
    creator's posts. outside: further from it than chance explains, 1.96 sd_within / sqrt(n_posts).
    """
    distance = (creators["log_mean_raw"] - centre).abs()
    outside = distance > Z95 * sd_within / np.sqrt(creators["n_posts"])
    rows = creators.assign(centre=np.exp(centre), outside=outside)
    return rows[rows["tier"].astype(str).isin(["nano", "micro"])]
