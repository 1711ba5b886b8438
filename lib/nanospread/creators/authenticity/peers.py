"""One component of all creators -> each beside its peers: median, place, and whether it is odd.

The one rule, for every component: the creator's whole interval lies more than `LIMIT` robust sds of its peers
beyond their median, on the component's scale and at an odd end; its value is at least `MATERIAL` away from
theirs; there are `LEAST_PEERS` peers or more, and n is the component's least or more.
"""

import numpy as np
import pandas as pd
from scipy import stats

from nanospread.core.estimates import CONFIDENCE, Z95
from nanospread.core.types import Floats, floats
from nanospread.creators.authenticity.catalogue import CATALOGUE, Component

LEAST_PEERS = 10  # of the same tier and niche, else the tier's are taken [creators]
LIMIT = 2.5  # robust sds
MATERIAL = 0.1  # of the component's range
NORMAL_MAD, NORMAL_MEAN = 1.4826, 1.2533  # sd of a normal spread / its median and mean absolute deviation
UNKNOWN = "unknown"  # niche
SHOWN = 24  # characters of a niche
LEAST_JUMP = 0.001  # log change; below it counts are rounded anyway
EDGE = 1e-4  # nearest to 0 and 1 that odds are taken


def placed(measured: pd.DataFrame, component: Component) -> pd.DataFrame:
    """Return the component's rows with peers, peer_median, peer_rank, flag, side (-1 low, 1 high) and chance.

    measured: creator, tier, niche, value, low, high, n, and `explained` where a flag may be explained away.
    chance: the probability that one like its peers is flagged here, were their scores normal.
    """
    score, low, high = (
        score_on(floats(measured[name]), component.scale) for name in ("value", "low", "high")
    )
    rows = _with_peers(measured.assign(score=score, error=(high - low) / (2 * Z95)))
    below, above = high - score, score - low
    spread = floats(rows["spread"])
    limits = _limits(rows, component, spread)
    tested = (rows["size"] >= LEAST_PEERS) & (rows["n"] >= component.least) & (rows["spread"] > 0)
    side, chance = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows))
    for sign, limit, reach in ((-1, limits[0], below), (1, limits[1], above)):
        if component.odd == "both" or (component.odd == "low" and sign < 0):
            distance = sign * (score - limit) - reach
            side = np.where(tested & (distance > 0), sign, side)
            z = (sign * (limit - floats(rows["peer_score"])) + reach) / np.where(tested, spread, 1.0)
            chance = chance + np.where(tested, stats.norm.sf(z), 0.0)
    explained = rows["explained"].to_numpy(dtype=bool) if "explained" in rows else np.zeros(len(rows), bool)
    side = np.where(explained, 0, side)
    return rows.assign(side=side, flag=side != 0, chance=chance, tested=tested & (component.odd != "nothing"))


def _with_peers(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with what their peers are: of tier and niche where these are many enough, else tier."""
    narrow, wide = _statistics(rows, ["tier", "niche"]), _statistics(rows, ["tier"])
    has_enough = (narrow["size"] >= LEAST_PEERS) & (rows["niche"] != UNKNOWN)
    statistics = narrow.where(has_enough, wide)
    group = (
        rows["tier"]
        .astype("str")
        .where(~has_enough, rows["tier"].astype("str") + " · " + rows["niche"].str.slice(0, SHOWN))
    )
    peers = group + ", " + statistics["size"].map("{:,.0f} creators".format)
    too_few = statistics["size"] < LEAST_PEERS
    return rows.assign(**statistics, peers=peers.where(~too_few, peers + ", too few to compare"))


def _statistics(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return for each row its group's size, median value and score, spread of scores, and its place there.

    The spread is the largest of the sds that the median and the mean absolute deviation tell (the first alone
    is 0 where most are alike) and the median of the group's own standard errors.
    """
    groups = rows.groupby(by, observed=True)
    size = groups["score"].transform("size")
    middle = groups["score"].transform("median")
    distance = (rows["score"] - middle).abs().groupby([rows[name] for name in by], observed=True)
    spread = np.maximum(NORMAL_MAD * distance.transform("median"), NORMAL_MEAN * distance.transform("mean"))
    spread = np.maximum(spread, groups["error"].transform("median"))
    return pd.DataFrame(
        {
            "size": size,
            "peer_median": groups["value"].transform("median"),
            "peer_score": middle,
            "spread": spread,
            "peer_rank": (groups["score"].rank() - 0.5) / size,
        }
    )


def _limits(rows: pd.DataFrame, component: Component, spread: Floats) -> tuple[Floats, Floats]:
    """Return the scores below and above which a whole interval must lie."""
    middle, median = floats(rows["peer_score"]), floats(rows["peer_median"])
    low, high = middle - LIMIT * spread, middle + LIMIT * spread
    if component.scale == "log":  # 2.5 sds of a ratio are far in the tail anyway
        return low, high
    below, above = (score_on(median + step, component.scale) for step in (-MATERIAL, MATERIAL))
    return np.minimum(low, below), np.maximum(high, above)


def tail_share(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of a log ratio with value, low, high and peer_median as two-sided normal tails [0-1].

    1: just like the peers; 0.05: as far from them as one in twenty. The tail's least is 0 sds away, so an
    interval that holds the peers' median reaches up to 1.
    """
    spread = rows["spread"].where(rows["spread"] > 0)
    ends = {name: (rows[name] - rows["peer_score"]) / spread for name in ("value", "low", "high")}
    crossing = ends["low"] * ends["high"] <= 0
    absolute = pd.DataFrame({"low": ends["low"].abs(), "high": ends["high"].abs()})
    nearest, farthest = absolute.min(axis="columns").where(~crossing, 0.0), absolute.max(axis="columns")
    distances = {"value": ends["value"].abs(), "low": farthest, "high": nearest}
    tails = {name: pd.Series(2 * stats.norm.sf(z), index=rows.index) for name, z in distances.items()}
    no_spread = rows["spread"] == 0  # nobody differs
    shares = {name: tail.mask(no_spread, 1.0) for name, tail in tails.items()}
    return rows.assign(**shares, peer_median=0.5)


def score_on(value: Floats, scale: str) -> Floats:
    """Return values [0-1] on their scale, higher where the value is higher.

    angle: asin of the root (a share's error is then 1 / (2 sqrt n), also at 0 and 1). odds: log odds. jump:
    minus the log of the log change (a largest change is skewed, its log hardly). log: already a log ratio.
    """
    if scale == "angle":
        return np.asarray(np.arcsin(np.sqrt(np.clip(value, 0.0, 1.0))))
    if scale == "odds":
        clipped = np.clip(value, EDGE, 1 - EDGE)
        return np.asarray(np.log(clipped / (1 - clipped)))
    if scale == "jump":
        with np.errstate(divide="ignore"):
            return np.asarray(-np.log(np.maximum(-np.log(np.clip(value, 0.0, 1.0)), LEAST_JUMP)))
    return value


def summary(components: pd.DataFrame) -> pd.DataFrame:
    """Return each component's distribution over the creators of a tier.

    median_low, median_high: the 95 % interval of the median by order statistics (missing under six creators).
    """
    known = components[components["n"] > 0]
    by = known.groupby(["component", "tier"], observed=True, sort=False)
    shares = {"p5": 0.05, "median": 0.5, "p95": 0.95}
    rows = pd.DataFrame({name: by["value"].quantile(share) for name, share in shares.items()})
    rows.insert(0, "creators", by.size())
    ordered = known.sort_values("value")
    rank = ordered.groupby(["component", "tier"], observed=True).cumcount()
    keys = pd.MultiIndex.from_frame(ordered[["component", "tier"]])
    n = rows["creators"].reindex(keys).set_axis(ordered.index).astype("float64")
    below = stats.binom.ppf((1 - CONFIDENCE) / 2, n, 0.5) - 1
    for name, position in (("median_low", below), ("median_high", n - 1 - below)):
        ends = ordered[(rank == position) & (below >= 0)]
        rows[name] = ends.set_index(["component", "tier"])["value"]
    rows["flagged"] = by["flag"].sum()
    order = {name: position for position, name in enumerate(CATALOGUE)}
    return rows.reset_index().sort_values(
        ["component", "tier"], key=lambda column: column.map(order) if column.name == "component" else column,
        ignore_index=True,
    )  # fmt: skip


def by_chance(components: pd.DataFrame) -> pd.DataFrame:
    """Return each component's flags beside the number to expect were all creators like their peers.

    Chance is taken as normal: real spreads have heavier tails and bring more. Returns: component, tested,
    flagged, expected [creators], and p: the probability that chance brings as many or more (Poisson).
    """
    by = components[components["tested"]].groupby("component", sort=False)
    rows = by.agg(tested=("flag", "size"), flagged=("flag", "sum"), expected=("chance", "sum")).reset_index()
    return rows.assign(p=stats.poisson.sf(rows["flagged"] - 1, rows["expected"]))


def flagged(components: pd.DataFrame) -> tuple[int, float, int]:
    """Return how many creators have a flag, how many would by chance, and of how many could one be told."""
    tested = components[components["tested"]]
    log_no_flag = np.log1p(-tested["chance"]).groupby(tested["creator"]).sum()
    flags = tested.groupby("creator")["flag"].any()
    return int(flags.sum()), float(-np.expm1(log_no_flag).sum()), len(flags)
