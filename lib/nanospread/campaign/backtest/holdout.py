"""Posts -> the newest ones held out, forecast from the others, and scored beside three plain forecasts, one
by one and as totals of campaigns.

The plain ones are normal. own: the creator's own mean, N(mean of its past, s^2 (1 + 1 / n)), s pooled within
the creators of the tier; tier: N(tier mean, tier sd); constant: N(log of the published value, root mean
square around it), missing where nothing is published of the platform. Spreads are of the post's tier, of all
tiers where that has too few posts to tell.

How far posts of one time share their luck is the correlation of normal scores; a total is drawn from its
posts' forecasts with and without it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from nanospread.campaign.simulation import draws, run
from nanospread.core import errors
from nanospread.core.estimates import jackknife_se, t_half_width
from nanospread.core.types import Floats, Places
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
PERIODS = {"month": "M", "week": "W", "day": "D"}  # the longest of which the posts fill enough
ENOUGH_PERIODS, LEAST_PERIODS = 6, 3  # with two posts or more: to be content with a length; to say anything
SIZES = (5, 10, 25, 50)
ENOUGH_GROUPS = 20  # groups from which the share of them inside an interval says something
MOST_POSTS = 5_000  # the newest: coverage is then known within a few points even of the largest groups
MOST_WORLDS = 20_000  # places an actual total within 0.4 % of its forecast
SCORES = np.linspace(-6, 6, 121)  # between which the quantiles of a post are straight lines, to 0.1 %


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
    quantiles = forecast.quantile(np.tile(ends, (len(y), 1))) if len(y) else np.empty((0, len(ends)))
    return rows.assign(
        **dict(zip(columns, quantiles.T, strict=True)),
        cdf=forecast.cdf(y),
        pit=_pit(rows, forecast, seed),
        crps=forecast.crps(y),
    )


def _pit(rows: pd.DataFrame, forecast: Mixture, seed: int) -> Floats:
    """Return a uniform draw between F(log(E / F)) and F(log((E + 1) / F)): engagements are counts.

    References: Czado, Gneiting and Held 2009, Biometrics 65:1254.
    """
    count, followers = (rows[name].to_numpy(dtype=np.float64) for name in ("engagements", "followers"))
    lower = np.where(count > 0, forecast.cdf(np.log(np.maximum(count, 1) / followers)), 0.0)
    upper = forecast.cdf(np.log((count + 1) / followers))
    drawn = [draws.uniforms(seed, "pit", name, 1)[0] for name in names(rows)]
    return np.asarray(lower + np.array(drawn, dtype=np.float64) * (upper - lower))


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


@dataclass(frozen=True)
class PostCorrelation:
    """rho: correlation of two posts of one period, with its 95 % interval; all missing where it is unknown.

    n: posts; n_periods: with two posts or more; period: month, week or day.
    """

    rho: float
    low: float
    high: float
    n: int
    n_periods: int
    period: str

    @property
    def used(self) -> float:
        """The correlation to reckon with: none where it is unknown or below 0."""
        return 0.0 if math.isnan(self.rho) else max(self.rho, 0.0)


def shared_luck(rows: pd.DataFrame) -> PostCorrelation:
    """Return the correlation of posts of the same calendar month; of the same week or day where months lack.

    The intraclass correlation of the normal scores ndtri(pit), with the jackknife's interval over months, t
    with months - 1 degrees of freedom. It asks how far months differ more than their posts can explain, so a
    bias that all months share does not count. rows: pit, posted_at; one post per creator, since a creator's
    own posts share more than their month. References: Donner 1986, Int. Stat. Rev. 54:67.
    """
    score = special.ndtri(np.clip(rows["pit"].to_numpy(dtype=np.float64), 1e-9, 1 - 1e-9))
    name, code = _periods(rows["posted_at"])
    sums = np.array([np.bincount(code, weights) for weights in (np.ones_like(score), score, score**2)])
    full = int((sums[0] > 1).sum()) if len(rows) else 0
    if full < LEAST_PERIODS:
        return PostCorrelation(math.nan, math.nan, math.nan, len(rows), full, name)
    rho = _intraclass(sums)
    left = np.array([_intraclass(np.delete(sums, at, axis=1)) for at in range(sums.shape[1])])
    half = t_half_width(len(left) - 1) * jackknife_se(left)
    return PostCorrelation(rho, max(rho - half, -1.0), min(rho + half, 1.0), len(rows), full, name)


def _periods(when: pd.Series) -> tuple[str, Places]:
    """Return the length of the periods and each post's place among them."""
    name, code = "", np.empty(0, dtype=np.intp)
    for name in PERIODS:
        code = pd.factorize(_of_period(when, name))[0]
        if (np.bincount(code) > 1).sum() >= ENOUGH_PERIODS:
            break
    return name, code


def _of_period(when: pd.Series, period: str) -> "pd.Series[str]":
    """Return the name of the period that each time lies in (UTC)."""
    named: pd.Series[str] = when.dt.tz_localize(None).dt.to_period(PERIODS[period]).astype("str")
    return named


def _intraclass(sums: Floats) -> float:
    """Return the intraclass correlation from n, sum and sum of squares of each period."""
    n, total, squares = sums
    between = float((total**2 / n).sum() - total.sum() ** 2 / n.sum()) / (len(n) - 1)
    within = float(squares.sum() - (total**2 / n).sum()) / (n.sum() - len(n))
    size = (n.sum() - (n**2).sum() / n.sum()) / (len(n) - 1)
    return float((between - within) / (between + (size - 1) * within))


def totals(
    backtest: Backtest,
    luck: PostCorrelation,
    *,
    n_worlds: int,
    seed: int,
    sizes: Sequence[int] = SIZES,
) -> pd.DataFrame:
    """Return pseudo-campaigns of held-out posts of nano creators: total engagements beside their forecast.

    Posts are grouped in the order of time ("time") or by lot ("lot"), as many whole groups as there are, and
    each total is drawn from its posts' forecasts: luck "independent", or "shared" by posts of one period at
    luck.rho (a one-factor Gaussian copula, model.md C8). At most the newest 5,000 posts and 20,000 worlds are
    used.

    Returns by size, grouping, luck and group: start, end (times), actual, median, low_ and high_ of 50, 80,
    95 %, cdf (share of the worlds below the actual total). [engagements]
    """
    run.checked(n_worlds, seed)
    chosen = np.flatnonzero(backtest.rows["tier"].astype("str") == "nano")
    rows = backtest.rows.iloc[chosen]
    place = rows["posted_at"].rank(method="first", ascending=False).to_numpy() <= MOST_POSTS
    rows, chosen = rows[place].reset_index(drop=True), chosen[place]
    scale = _scale(backtest.forecast, chosen)
    by_time = np.lexsort((rows["creator"], rows["posted_at"]))
    lot = np.array([draws.uniforms(seed, "lot", name, 1)[0] for name in names(rows)])
    worlds = min(n_worlds, MOST_WORLDS)
    groups = [
        part.assign(grouping=grouping, luck=kind)
        for grouping, order, kind, rho in (
            ("lot", np.argsort(lot), "independent", 0.0),
            ("time", by_time, "independent", 0.0),
            ("time", by_time, "shared", luck.used),
        )
        for part in _grouped(rows.iloc[order], scale[order], rho, luck.period, sizes, worlds, seed)
    ]
    columns = ["size", "grouping", "luck", "group", "start", "end", "actual", *dict(ENDS), "cdf"]
    return pd.concat(groups, ignore_index=True)[columns] if groups else pd.DataFrame(columns=columns)


def _scale(forecast: Mixture, rows: Places) -> Floats:
    """Return the log ER of each row at `SCORES`: what a normal draw becomes."""
    part = Mixture(*(column[rows] for column in (forecast.weight, forecast.mean, forecast.sd)))
    if not len(rows):
        return np.empty((0, len(SCORES)))
    return part.quantile(np.tile(special.ndtr(SCORES), (len(rows), 1)))


def _grouped(
    rows: pd.DataFrame, scale: Floats, rho: float, period: str, sizes: Sequence[int], n_worlds: int, seed: int
) -> Iterator[pd.DataFrame]:
    """Yield the groups in the order of the rows, some hundred posts at a time."""
    step = math.lcm(*sizes)
    when = _of_period(rows["posted_at"], period).tolist()
    for start in range(0, len(rows), step):
        part = rows.iloc[start : start + step]
        engagements = np.empty((len(part), n_worlds))
        for row, name in enumerate(names(part)):
            common = draws.normals(seed, "shared luck", when[start + row], n_worlds) if rho else 0.0
            alone = draws.normals(seed, "held-out post", name, n_worlds)
            score = math.sqrt(rho) * common + math.sqrt(1 - rho) * alone
            log_er = np.interp(score, SCORES, scale[start + row])
            engagements[row] = np.maximum(part["followers"].iat[row] * np.exp(log_er) - 0.5, 0.0)
        for size in sizes:
            yield _summed(part, engagements, size, start // size)


def _summed(rows: pd.DataFrame, engagements: Floats, size: int, first: int) -> pd.DataFrame:
    n = len(rows) // size
    total = engagements[: n * size].reshape(n, size, engagements.shape[1]).sum(axis=1)
    actual = rows["engagements"].to_numpy(dtype=np.float64)[: n * size].reshape(n, size).sum(axis=1)
    when = rows["posted_at"].dt.tz_localize(None).to_numpy()[: n * size].reshape(n, size)
    ends = np.quantile(total, [at for _, at in ENDS], axis=1)
    return pd.DataFrame(
        {
            "size": size,
            "group": np.arange(first, first + n),
            "start": pd.DatetimeIndex(when.min(axis=1)).tz_localize("UTC"),
            "end": pd.DatetimeIndex(when.max(axis=1)).tz_localize("UTC"),
            "actual": actual,
            **dict(zip((name for name, _ in ENDS), ends, strict=True)),
            "cdf": (total < actual[:, None]).mean(axis=1),
        }
    )


def largest_size(totals: pd.DataFrame) -> int:
    """Return the largest size of which there are `ENOUGH_GROUPS`, else the smallest; 0 without a group."""
    by_time = totals[(totals["grouping"] == "time") & (totals["luck"] == "independent")]
    groups = by_time.groupby("size").size()
    enough = groups[groups >= ENOUGH_GROUPS]
    return int(enough.index.max() if len(enough) else groups.index.min() if len(groups) else 0)
