"""Evidence + values of the beliefs -> log likelihood and its gradient.

Reach over followers is log-normal about the side's rate and the campaign's feed; clicks are
Poisson-log-normal on reach; orders Poisson on clicks with luck of campaign and creator and flops; the revenue
of orders is Gamma; fees are log-normal in followers; a lift test is normal about the credited orders times
what they are worth.
Where clicks are missing, orders are set against reach, and without reach against followers. model.md C14.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from scipy import special

from nanospread.campaign.beliefs import quadrature
from nanospread.campaign.beliefs.evidence import CLICKS, FOLLOWERS, SIDES, Evidence
from nanospread.core.types import Floats, Ints

Values = Mapping[str, float]
Gradient = dict[str, float]
REACH_NOISE, CLICK_NOISE, FEE_NOISE = "reach_noise", "click_noise", "fee_noise"
LEAST = 1e-3  # of sds and shares that may be believed 0, where logs of them are taken
FLOP_ROOM = 2.5  # how far below a flop's log mean is read off a grid; below it runs straight
SHOCK_ROOM = 5.0  # how far a campaign's shock may lead, in its standard deviations


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The log likelihood of some parts of the evidence, as a function of the values of the beliefs."""

    evidence: Evidence
    parts: tuple[str, ...] = ("reach", "clicks", "orders", "paid", "fees", "lifts")

    def each(self) -> "list[Likelihood]":
        """Return the likelihood of each part that has rows."""
        of = self.evidence
        rows = {
            "reach": of.reached.side, "clicks": of.clicked.side, "orders": of.orders.side,
            "paid": of.paid.orders, "fees": of.fees.side, "lifts": of.lifts.se,
        }  # fmt: skip
        return [Likelihood(of, (name,)) for name in self.parts if len(rows[name])]

    def __call__(self, values: Values, *, steep: bool = True) -> tuple[float, Gradient]:
        """Return the log likelihood, and where `steep` its derivative by each value that it depends on."""
        gradient: Gradient = defaultdict(float)
        ways: dict[str, Callable[[Values, Gradient], float]] = {
            "reach": self._reach, "clicks": self._clicks, "orders": partial(self._orders, steep=steep),
            "paid": self._paid, "fees": self._fees, "lifts": self._lifts,
        }  # fmt: skip
        return sum(ways[part](values, gradient) for part in self.parts), dict(gradient)

    def _reach(self, values: Values, gradient: Gradient) -> float:
        """Normal with a campaign's effect in common: closed form by sums of residuals and their squares."""
        rows = self.evidence.reached
        noise, feed = max(values[REACH_NOISE], LEAST) ** 2, values["platform_sd"] ** 2
        names = [f"{what}_rate_{side}" for what in ("reach", "story") for side in SIDES]
        place = 2 * rows.story + rows.side
        residual = rows.log_rate - np.log([values[name] for name in names])[place] + (noise + feed) / 2
        n, sums, squares = (
            np.bincount(rows.campaign, weight) for weight in (np.ones(len(place)), residual, residual**2)
        )
        total = noise + n * feed
        fit = (squares - feed / total * sums**2) / noise
        by_residual = (feed / total * sums)[rows.campaign] / noise - residual / noise
        for at in np.unique(place):
            gradient[names[at]] -= by_residual[place == at].sum() / values[names[at]]
        by_noise = by_residual.sum() / 2 - ((n - 1) / noise + 1 / total).sum() / 2
        by_noise -= (-fit / noise + feed / total**2 * sums**2 / noise).sum() / 2
        by_feed = by_residual.sum() / 2 - (n / total - (sums / total) ** 2).sum() / 2
        gradient[REACH_NOISE] += by_noise * 2 * np.sqrt(noise) * (values[REACH_NOISE] > LEAST)
        gradient["platform_sd"] += by_feed * 2 * values["platform_sd"]
        log = -((n - 1) * np.log(noise) + np.log(total) + fit + n * np.log(2 * np.pi)).sum() / 2
        return float(log)

    def _clicks(self, values: Values, gradient: Gradient) -> float:
        rows, sd = self.evidence.clicked, max(values[CLICK_NOISE], LEAST)
        rate, slopes = _click_rate(values, rows.side, rows.story / rows.reach)
        by_eta = np.empty(len(rate))
        eta = np.log(rows.reach) + rate - sd**2 / 2
        log, by_sd = quadrature.counts(rows.number, eta, sd, by_eta)
        for name, slope in slopes.items():
            gradient[name] += float(by_eta @ slope)
        gradient[CLICK_NOISE] += (by_sd - sd * by_eta.sum()) * (values[CLICK_NOISE] > LEAST)
        return float(log)

    @cached_property
    def _kinds(self) -> tuple[Ints, Floats, Ints]:
        """Which distinct pair of count and exposure each row is of; the counts and exposures of the pairs."""
        rows = self.evidence.orders
        pairs, kind = np.unique(np.column_stack([rows.against, rows.number]), axis=0, return_inverse=True)
        return kind.ravel().astype(np.int64), pairs[:, 1].copy(), pairs[:, 0].astype(np.int64)

    def _orders(self, values: Values, gradient: Gradient, *, steep: bool) -> float:
        rows, (kind, count, against) = self.evidence.orders, self._kinds
        luck, rho = values["conversion_sd"], min(max(values["rho_campaign"], 1e-9), 1 - LEAST)
        spreads = self.spreads(values)
        own = np.sqrt(luck**2 * (1 - rho) + spreads[against])
        eta, slopes = self.log_means(values)
        eta = eta - (luck**2 + spreads[rows.against]) / 2
        shock, keeps = luck * np.sqrt(rho), max(values["flop_multiplier"], LEAST)
        flop_at = float(special.ndtri(min(max(values["flop_rate"], 1e-9), 0.999)))
        low, first = _grid(eta, kind, len(count), SHOCK_ROOM * shock)
        value, slope_eta, slope_sd = quadrature.tables(count, own, low, first, int(first[-1]))
        by_eta, by_own = np.zeros(len(eta)), np.zeros(len(count))
        log, by_shock, by_at, by_rho, by_keeps = quadrature.campaigns(
            eta, kind, rows.times, rows.starts, shock, flop_at, rho, float(np.log(keeps)),
            count, own, low, first, value, slope_eta, slope_sd, by_eta, by_own, steep,
        )  # fmt: skip
        by_variance = by_own / (2 * own)
        for name, slope in slopes.items():
            gradient[name] += float(by_eta @ slope)
        gradient["conversion_sd"] += (
            by_shock * np.sqrt(rho) + 2 * luck * (1 - rho) * by_variance.sum() - luck * by_eta.sum()
        )
        gradient["rho_campaign"] += (
            by_rho + by_shock * luck / (2 * np.sqrt(rho)) - luck**2 * by_variance.sum()
        ) * (values["rho_campaign"] > 1e-9)
        gradient["flop_rate"] += by_at * np.sqrt(2 * np.pi) * np.exp(flop_at**2 / 2)
        gradient["flop_multiplier"] += by_keeps / keeps * (values["flop_multiplier"] > LEAST)
        for at in range(1, len(spreads)):
            by = by_variance[against == at].sum() - by_eta[rows.against == at].sum() / 2
            if (against == at).any():
                gradient[CLICK_NOISE] += by * 2 * values[CLICK_NOISE]
            if (against == at).any() and at == FOLLOWERS:
                gradient[REACH_NOISE] += by * 2 * values[REACH_NOISE]
                gradient["platform_sd"] += by * 2 * values["platform_sd"]
        return float(log)

    def spreads(self, values: Values) -> Floats:
        """Return the log variance that an exposure adds: none of clicks, that of clicks, and of reach too."""
        clicks = values[CLICK_NOISE] ** 2
        return np.array([0.0, clicks, clicks + values[REACH_NOISE] ** 2 + values["platform_sd"] ** 2])

    def log_means(self, values: Values) -> tuple[Floats, dict[str, Floats]]:
        """Return the log mean of each creator's orders before luck, and its derivatives."""
        rows = self.evidence.orders
        ones, nano = np.ones(len(rows.side)), (rows.side == 0).astype(np.float64)
        factors = {"kappa": ones, "advocacy": nano, "tracked_share": ones, "incremental_share": -ones}
        factors |= {f"cvr_{side}": (rows.side == at).astype(np.float64) for at, side in enumerate(SIDES)}
        eta = np.log(rows.exposure)
        slopes = {}
        for name, share in factors.items():
            if share.any():
                eta = eta + share * np.log(values[name])
                slopes[name] = share / values[name]
        if np.isfinite(rows.age).any():
            days = rows.age / values["order_delay_days"]
            here = -np.expm1(-days)
            eta = eta + np.log(here)
            steep = np.where(np.isfinite(days), np.exp(-days) * np.where(np.isfinite(days), days, 0.0), 0.0)
            slopes["order_delay_days"] = -steep / (here * values["order_delay_days"])
        if (rows.against != CLICKS).any():
            rate, more = _click_rate(values, rows.side, rows.story / rows.exposure, rows.against == FOLLOWERS)
            unclicked = rows.against != CLICKS
            eta = eta + np.where(unclicked, rate, 0.0)
            slopes |= {name: np.where(unclicked, slope, 0.0) for name, slope in more.items()}
        return eta, slopes

    def _paid(self, values: Values, gradient: Gradient) -> float:
        """Gamma with shape orders / cv^2: a sum of so many independent order values."""
        rows, mean, cv = self.evidence.paid, values["order_value"], max(values["order_value_cv"], LEAST)
        shape, ratio = rows.orders / cv**2, rows.revenue / (mean * cv**2)
        log = shape * np.log(ratio) - ratio - special.gammaln(shape) - np.log(rows.revenue)
        gradient["order_value"] += float((ratio - shape).sum()) / mean
        by_inverse = rows.orders * (np.log(ratio) - special.digamma(shape)) + (shape - ratio) * cv**2
        gradient["order_value_cv"] += -2 / cv**3 * float(by_inverse.sum())
        return float(log.sum())

    def _fees(self, values: Values, gradient: Gradient) -> float:
        rows, sd = self.evidence.fees, max(values[FEE_NOISE], LEAST)
        names = [f"fee_per_follower_{side}" for side in SIDES]
        residual = rows.log_fee - np.log([values[name] for name in names])[rows.side]
        for at in np.unique(rows.side):
            gradient[names[at]] += residual[rows.side == at].sum() / sd**2 / values[names[at]]
        gradient[FEE_NOISE] += float((residual**2 / sd**3 - 1 / sd).sum())
        return float(-(residual**2 / (2 * sd**2) + np.log(sd * np.sqrt(2 * np.pi))).sum())

    def _lifts(self, values: Values, gradient: Gradient) -> float:
        rows, worth = self.evidence.lifts, values["incremental_share"] / values["tracked_share"]
        residual = (rows.caused - rows.credited * worth) / rows.se
        by_worth = float((residual * rows.credited / rows.se).sum())
        gradient["incremental_share"] += by_worth / values["tracked_share"]
        gradient["tracked_share"] -= by_worth * worth / values["tracked_share"]
        return float(-(residual**2 / 2 + np.log(rows.se * np.sqrt(2 * np.pi))).sum())


def _grid(eta: Floats, kind: Ints, kinds: int, room: float) -> tuple[Ints, Ints]:
    """Return where the grid of each distinct count begins, and where its values stand in one array."""
    least, most = np.full(kinds, np.inf), np.full(kinds, -np.inf)
    np.minimum.at(least, kind, eta)
    np.maximum.at(most, kind, eta)
    low = np.floor((least - room - FLOP_ROOM) / quadrature.STEP).astype(np.int64)
    high = np.ceil((most + room) / quadrature.STEP).astype(np.int64) + 1
    return low, np.concatenate([[0], np.cumsum(high - low + 1)]).astype(np.int64)


def _click_rate(
    values: Values, side: Ints, story: Floats, of_followers: Floats | bool = False
) -> tuple[Floats, dict[str, Floats]]:
    """Return the log of clicks per person reached, or per follower, and its derivatives by each rate.

    story: story reach / feed reach, nan where unknown: then as the side's rates say.
    """
    feed, link = values["ctr_feed"], values["ctr_story"]
    reach, shown = (
        np.array([values[f"{what}_rate_{name}"] for name in SIDES])[side] for what in ("reach", "story")
    )
    unknown = np.isnan(story)
    ratio = np.where(unknown, shown / reach, story)
    clicks = feed + ratio * link
    slopes = {"ctr_feed": 1 / clicks, "ctr_story": ratio / clicks}
    by_story = np.where(unknown, ratio * link / clicks, 0.0)
    of_all = np.broadcast_to(np.asarray(of_followers, dtype=np.float64), by_story.shape)
    for at, name in enumerate(SIDES):
        mine = (side == at) & (unknown | (of_all > 0))
        if mine.any():
            slopes[f"story_rate_{name}"] = np.where(mine, by_story / shown, 0.0)
            slopes[f"reach_rate_{name}"] = np.where(mine, (of_all - by_story) / reach, 0.0)
    return np.log(clicks) + of_all * np.log(reach), slopes
