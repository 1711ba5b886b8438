"""Evidence + values of the beliefs at many points -> log likelihoods.

Reach over followers is log-normal about the side's rate and the campaign's feed; clicks are
Poisson-log-normal on reach; orders Poisson on clicks with luck of campaign and creator and flops, but for a
few that are of something else; the revenue of orders is Gamma; fees are log-normal in followers; a lift test
is normal about the credited orders times what they are worth.
Where clicks are missing, orders are set against reach, and without reach against followers. model.md C14.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from nanospread.campaign.beliefs import quadrature
from nanospread.campaign.beliefs.evidence import CLICKS, FOLLOWERS, SIDES, Evidence
from nanospread.core.types import Floats, Ints

Values = Mapping[str, Floats]  # of each belief, by point
LEAST = 1e-3  # of sds and shares that may be believed 0, where logs of them are taken
NEVER = 1e-30  # what a rate of 0 counts as, so that what came nevertheless is of something else
COUNTS_OF_ELSE = 1e6  # a count of something else is below it, each power of ten as likely as the other


class QuadratureCounts(NamedTuple):
    """Counts as `quadrature` wants them: kind of each row, counts, what to add, where grids begin, grids."""

    kind: Ints
    counts: Floats
    shift: Floats
    low: Floats
    grid: Floats

    @classmethod
    def of(cls, number: Floats) -> "QuadratureCounts":
        """Return them for these numbers."""
        kind, counts, shift = quadrature.kinds(number)
        low = np.log(np.maximum(counts, 0.5)) - quadrature.ROOM
        return cls(kind, counts, shift, low, quadrature.gridded(counts))


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The log likelihood of some parts of the evidence, as a function of the values of the beliefs."""

    evidence: Evidence
    parts: tuple[str, ...] = ("reach", "clicks", "orders", "paid", "fees", "lifts")

    def each(self) -> "list[Likelihood]":
        """Return the likelihood of each part that has rows."""
        evidence = self.evidence
        rows = {
            "reach": evidence.reach.side, "clicks": evidence.clicks.side, "orders": evidence.orders.side,
            "paid": evidence.revenues.orders, "fees": evidence.fees.side, "lifts": evidence.lifts.se,
        }  # fmt: skip
        return [Likelihood(evidence, (name,)) for name in self.parts if len(rows[name])]

    def __call__(self, values: Values) -> Floats:
        """Return the log likelihood at each point."""
        values = above_zero(values)
        ways = {
            "reach": self._reach, "clicks": self._clicks, "orders": self._orders,
            "paid": self._paid, "fees": self._fees, "lifts": self._lifts,
        }  # fmt: skip
        return np.asarray(sum(ways[part](values) for part in self.parts))

    @cached_property
    def _of_reach(self) -> Floats:
        """Number, sum and sum of squares of the logs, by campaign and by side of feed and story."""
        rows = self.evidence.reach
        place = 4 * rows.campaign + 2 * rows.story + rows.side
        n = 4 * (int(rows.campaign.max()) + 1)
        sums = [np.bincount(place, rows.log_rate**power, minlength=n) for power in range(3)]
        return np.array(sums, dtype=np.float64).reshape(3, -1, 4)

    def _reach(self, values: Values) -> Floats:
        """Normal with a campaign's effect in common: closed form by sums of residuals and their squares."""
        noise, feed = (
            np.maximum(values[name], LEAST)[:, None] ** 2 for name in ("reach_noise", "platform_sd")
        )
        names = [f"{what}_rate_{side}" for what in ("reach", "story") for side in SIDES]
        mean = np.log(np.column_stack([values[name] for name in names])) - (noise + feed) / 2
        mean = mean[:, None]
        number, first, second = self._of_reach
        sums = (first - number * mean).sum(axis=2)
        squares = (second - 2 * mean * first + number * mean**2).sum(axis=2)
        n = number.sum(axis=1)
        total = noise + n * feed
        fit = (squares - feed / total * sums**2) / noise
        logs = (n - 1) * np.log(noise) + np.log(total) + fit + n * np.log(2 * np.pi)
        return np.asarray(-logs.sum(axis=1) / 2)

    @cached_property
    def _counted_clicks(self) -> QuadratureCounts:
        return QuadratureCounts.of(self.evidence.clicks.number)

    def _clicks(self, values: Values) -> Floats:
        rows, counts = self.evidence.clicks, self._counted_clicks
        sd = np.maximum(values["click_noise"], LEAST)
        rate = click_rate(values, rows.side, rows.story / rows.reach)
        eta = np.log(rows.reach) + counts.shift + rate - sd[:, None] ** 2 / 2
        return np.asarray(quadrature.counted(eta, counts.kind, sd, counts.low, counts.grid))

    @cached_property
    def _counted_orders(self) -> tuple[QuadratureCounts, Ints, Ints, Floats]:
        """Counts; the form of each row, a pair of what it is set against and kind; these; counts of else."""
        rows, counts = self.evidence.orders, QuadratureCounts.of(self.evidence.orders.number)
        forms, form = np.unique(np.column_stack([rows.against, counts.kind]), axis=0, return_inverse=True)
        most = special.xlogy(counts.counts, counts.counts) - counts.counts
        log = special.gammaln(counts.counts + 1) - most - np.log1p(counts.counts)
        other = np.exp(log) / np.log(COUNTS_OF_ELSE)
        return counts, form.ravel().astype(np.int64), forms.astype(np.int64), other

    def _orders(self, values: Values) -> Floats:
        rows, (counts, form, forms, other) = self.evidence.orders, self._counted_orders
        luck = values["conversion_sd"]
        rho = np.clip(values["rho_campaign"], 1e-9, 1 - LEAST)
        spreads = self.spreads(values)
        own_sd = np.sqrt((luck**2 * (1 - rho))[:, None] + spreads)
        eta = self.log_means(values) + counts.shift - (luck[:, None] ** 2 + spreads[:, rows.against]) / 2
        flop_at = special.ndtri(np.clip(values["flop_rate"], 1e-9, 1 - LEAST))
        keeps = np.log(np.maximum(values["flop_multiplier"], LEAST))
        logs = quadrature.campaigns(
            eta, own_sd, luck * np.sqrt(rho), flop_at, rho, keeps, np.maximum(values["one_off_share"], 1e-9),
            counts.kind, form, rows.times, rows.starts, forms[:, 1].copy(), forms[:, 0].copy(),
            counts.counts, counts.low, counts.grid, other,
        )  # fmt: skip
        return np.asarray(logs)

    def spreads(self, values: Values) -> Floats:
        """Return the log variance that an exposure adds: none of clicks, that of clicks, and of reach too."""
        clicks = values["click_noise"] ** 2
        reach = values["reach_noise"] ** 2 + values["platform_sd"] ** 2
        return np.column_stack([np.zeros(len(clicks)), clicks, clicks + reach])

    def log_means(self, values: Values) -> Floats:
        """Return the log mean of each creator's orders before luck, points x rows."""
        rows = self.evidence.orders
        level = values["kappa"] * values["tracked_share"] / values["incremental_share"]
        sides = [values["cvr_nano"] * values["advocacy"], values["cvr_macro"]]
        eta = np.log(np.column_stack([level * side for side in sides]))[:, rows.side] + np.log(rows.exposure)
        if np.isfinite(rows.age).any():
            come = -np.expm1(-rows.age / values["order_delay_days"][:, None])
            eta += np.log(np.maximum(come, NEVER))  # none yet of a post of that moment
        if (unclicked := rows.against != CLICKS).any():
            of_followers = rows.against == FOLLOWERS
            rate = click_rate(values, rows.side, rows.story / rows.exposure, of_followers)
            eta += np.where(unclicked, rate, 0.0)
        return np.asarray(eta)

    @cached_property
    def _of_revenue(self) -> tuple[Any, ...]:
        """Sums of orders, revenue and orders x log revenue; of log revenue; distinct orders, how often."""
        rows = self.evidence.revenues
        log = np.log(rows.revenue)
        return (
            rows.orders.sum(), rows.revenue.sum(), (rows.orders * log).sum(), log.sum(),
            *np.unique(rows.orders, return_counts=True),
        )  # fmt: skip

    def _paid(self, values: Values) -> Floats:
        """Gamma with shape orders / cv^2: a sum of so many independent order values."""
        orders, revenue, by_log, log, number, times = self._of_revenue
        square = np.maximum(values["order_value_cv"], LEAST) ** 2
        scale = values["order_value"] * square
        constants = (times * special.gammaln(number / square[:, None])).sum(axis=1)
        return np.asarray((by_log - orders * np.log(scale)) / square - revenue / scale - constants - log)

    def _fees(self, values: Values) -> Floats:
        rows, square = self.evidence.fees, np.maximum(values["fee_noise"], LEAST) ** 2
        total = np.zeros(len(square))
        for at, side in enumerate(SIDES):
            log = rows.log_fee[rows.side == at]
            mean = np.log(values[f"fee_per_follower_{side}"])
            squares = (log**2).sum() - 2 * mean * log.sum() + len(log) * mean**2
            total -= squares / (2 * square) + len(log) * np.log(2 * np.pi * square) / 2
        return total

    def _lifts(self, values: Values) -> Floats:
        rows, worth = self.evidence.lifts, values["incremental_share"] / values["tracked_share"]
        residual = (rows.caused - rows.credited * worth[:, None]) / rows.se
        return np.asarray(-(residual**2 / 2 + np.log(rows.se * np.sqrt(2 * np.pi))).sum(axis=1))


def above_zero(values: Values) -> Values:
    """Return the values with `NEVER` in place of 0."""
    return {name: np.maximum(value, NEVER) for name, value in values.items()}


def click_rate(values: Values, side: Ints, story: Floats, of_followers: Any = False) -> Floats:
    """Return the log of clicks per person reached, or per follower, points x rows.

    story: story reach / feed reach, nan where unknown: then as the side's rates say.
    """
    reach, shown = (
        np.column_stack([values[f"{what}_rate_{name}"] for name in SIDES]) for what in ("reach", "story")
    )
    feed, link = values["ctr_feed"][:, None], values["ctr_story"][:, None]
    if np.isnan(story).all() and not np.any(of_followers):
        return np.log(feed + shown / reach * link)[:, side]
    ratio = np.where(np.isnan(story), (shown / reach)[:, side], story)
    return np.log(feed + ratio * link) + np.where(of_followers, np.log(reach)[:, side], 0.0)
