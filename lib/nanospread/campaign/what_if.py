"""A run of nano and the macro -> the same campaigns at another sales level, order value, margin or quote.

What orders earn rises in step with each of the first three, so a campaign that is kept with its cost and what
its orders earned says at once what it would have come to. What is not known stays as unsure as it was, in
proportion: every campaign keeps its luck and its beliefs, and none is left out or weighted, as it would be if
the level were taken as known (model.md C16).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from nanospread.campaign import decision, risk
from nanospread.campaign.brief import Brief
from nanospread.campaign.decision import Reason
from nanospread.campaign.sensitivity import NOTHING
from nanospread.core.types import Floats


class Factors(NamedTuple):
    """Factors on what is believed of sales, order values and margins, and on what the macro asks."""

    sales: float = 1.0
    order_value: float = 1.0
    margin: float = 1.0
    quote: float = 1.0


UNCHANGED = Factors()
LEAST = 1e-12  # a margin of nothing counts as this, of which discounts and commissions take a multiple


class OptionOdds(NamedTuple):
    """The odds of one option.

    p_loss, p_large: chances of any loss, and of one beyond what the brief tolerates; p_ahead: of earning more
    than the other option, nan without one [0-1]. profit_p50, profit_mean: typical and mean profit,
    cost_per_order, earned_per_order: what an order costs, and what it earns before any cost [money].
    """

    p_loss: float
    p_large: float
    p_ahead: float
    profit_p50: float
    profit_mean: float
    cost_per_order: float
    earned_per_order: float


@dataclass(frozen=True)
class WhatIfResult:
    """What factors come to: the odds of each option, and what to buy.

    choice, reason, clear: as `decision.Decision`.
    """

    options: Mapping[str, OptionOdds]
    choice: str
    reason: Reason
    clear: bool

    @property
    def out_of_reach(self) -> bool:
        """Return whether the budget does not pay for the macro."""
        return risk.RIVAL not in self.options


@dataclass(frozen=True)
class PairedCampaigns:
    """Nano and the macro in the same campaigns.

    gross, cost: of each option in each campaign, the margin of its orders, and its cost [money]; of the macro
    those of the whole post, at what it asks, which may be more than the budget. deducted: what discounts and
    commissions take of an order, as a share of its margin, in each campaign or in all. worth: margin of an
    order of each option on average, 1 where none earns anything [money]. posts: mean of nano's live posts.
    whole: whether there is one macro on offer, and not the largest that the budget buys.
    """

    brief: Brief
    nano: str
    gross: Mapping[str, Floats]
    deducted: Floats | float
    cost: Mapping[str, Floats]
    worth: Mapping[str, float]
    posts: float
    whole: bool

    def at(self, factors: Factors) -> tuple[dict[str, Floats], dict[str, Floats], dict[str, float]]:
        """Return what orders earn and cost of each option within reach in each campaign, and mean orders."""
        cost, gross = {self.nano: self.cost[self.nano]}, {self.nano: self.gross[self.nano]}
        beyond = self.whole and self.brief.asked_by_macro * factors.quote > self.brief.budget
        if risk.RIVAL in self.cost and not beyond:
            price = self.cost[risk.RIVAL] * factors.quote
            size = np.minimum(self.brief.budget / price, 1.0) if self.whole else 1 / factors.quote
            cost[risk.RIVAL], gross[risk.RIVAL] = price * size, self.gross[risk.RIVAL] * size
        orders = {name: factors.sales * float(gross[name].mean()) / self.worth[name] for name in cost}
        level = factors.sales * factors.order_value * (factors.margin - self.deducted)
        return {name: gross[name] * level for name in cost}, cost, orders

    def profits(self, factors: Factors) -> dict[str, Floats]:
        """Return the profit of each option within reach in each campaign [money]."""
        earned, cost, _ = self.at(factors)
        return {name: earned[name] - cost[name] for name in cost}

    def answer(self, factors: Factors = UNCHANGED) -> WhatIfResult:
        """Return the odds and the choice at these settings, by the rule of `decision`."""
        earned, cost, orders = self.at(factors)
        profits = {name: earned[name] - cost[name] for name in cost}
        tolerate, batch = self.brief.tolerate_loss, np.arange(len(self.cost[self.nano])) % risk.BATCHES
        ahead = dict.fromkeys(profits, np.nan)
        if risk.RIVAL in profits:
            ahead[self.nano] = float(risk.won(profits[self.nano], profits[risk.RIVAL]).mean())
            ahead[risk.RIVAL] = 1 - ahead[self.nano]
        options = {
            name: OptionOdds(
                p_loss=float((profit < 0).mean()),
                p_large=float((profit < -tolerate.share * self.brief.budget).mean()),
                p_ahead=ahead[name],
                profit_p50=float(np.median(profit)),
                profit_mean=float(profit.mean()),
                cost_per_order=float(cost[name].mean()) / orders[name] if orders[name] else np.nan,
                earned_per_order=float(earned[name].mean()) / orders[name] if orders[name] else np.nan,
            )
            for name, profit in profits.items()
        }
        means = {NOTHING: 0.0, **{name: odds.profit_mean for name, odds in options.items()}}
        bearable = {NOTHING: np.zeros(len(batch))} | {
            name: profits[name] for name in profits if options[name].p_large <= tolerate.chance
        }
        choice, _, reason = decision.rule(means, bearable)
        return WhatIfResult(options, choice, reason, decision.leads_clearly(bearable, choice, batch))


def paired(
    worlds: pd.DataFrame,
    brief: Brief,
    nano: str,
    *,
    margin: Floats | float,
    earned: Floats | float,
    macro_price: Floats | float | None = None,
) -> PairedCampaigns:
    """Return the paired campaigns of a run.

    worlds: of `simulation.campaign`, in the order of the worlds; brief: with its macro's followers; margin,
    earned: share of revenue that is earned before discounts and commissions, and after them, in each campaign
    or in all; macro_price: by campaign, what the macro asks, where it differs between campaigns and may be
    more than the budget.
    """
    margin = np.maximum(margin, LEAST)
    rows = {str(arm): part for arm, part in worlds.groupby("arm", observed=True)}
    options = {name: rows[name] for name in (nano, risk.RIVAL) if name in rows}
    gross = {name: part["revenue"].to_numpy() * margin for name, part in options.items()}
    cost = {name: part["cost"].to_numpy() for name, part in options.items()}
    orders = {name: float(part["conversions"].mean()) for name, part in options.items()}
    worth = {name: float(gross[name].mean()) / orders[name] if gross[name].any() else 1.0 for name in options}
    if macro_price is not None and risk.RIVAL in cost:
        gross[risk.RIVAL] = gross[risk.RIVAL] * macro_price / cost[risk.RIVAL]
        cost[risk.RIVAL] = np.broadcast_to(macro_price, len(worlds) // worlds["arm"].nunique())
    return PairedCampaigns(
        brief=brief,
        nano=nano,
        gross=gross,
        deducted=1 - earned / margin,
        cost=cost,
        worth=worth,
        posts=float(options[nano]["posts_live"].mean()),
        whole=bool(brief.macro.followers),
    )
