"""Profits and beliefs of the same worlds + brief -> what to buy, how firm that is, and what would settle it.

Decided is by mean profit over everything, luck and beliefs. An option that loses more than a share of the
budget more often than the brief tolerates is not bought; nothing is one of the options. Which option is ahead
more often is a fact beside that, not the criterion.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from nanospread.campaign import risk
from nanospread.campaign.brief import Brief
from nanospread.campaign.sensitivity import NOTHING, Information
from nanospread.core.estimates import SURE, Estimate, clearly_above, clearly_below
from nanospread.core.types import Floats, Places

FIRM = 0.9  # share of the beliefs in which the choice has to lead
EVEN = (0.45, 0.55)  # a lead in fewer worlds than this is no lead in practice [probability]
TOP = 0.01  # share of the worlds that may carry a mean alone
HEAVY = 1 / 3  # of what is earned on average, carried by the top worlds: the mean hangs on them

Reason = Literal["pays", "safer", "too risky", "loses"]
Ahead = Literal["nano", "macro", "even", "unsure"]


class Option(NamedTuple):
    """One option: mean profit [money], chances of any loss and of one beyond the tolerated share of the
    budget, whether that is tolerated, in which share of the beliefs it has the largest mean profit, and the
    part of what it earns that the best 1 % of worlds carry."""

    profit: Estimate
    p_loss: Estimate
    p_large_loss: Estimate
    tolerated: bool
    leads: float
    top_share: float


@dataclass(frozen=True)
class Decision:
    """What to buy, and why.

    options: by name, "nothing" among them. choice: one of them. best: that of the largest mean profit,
    tolerated or not. reason: the choice "pays" (it is the best), is "safer" (the best loses too much too
    often), or nothing is bought because every option that earns something is "too risky", or since each
    "loses" on average. clear: whether the choice leads its next rival by more than the simulation's error.
    settles: the belief most worth knowing first, "" where none is worth anything; worth: of that; perfect: of
    all beliefs together [money]. more_often, more_on_average: which of nano and macro is ahead in more
    worlds, and in mean profit; "unsure" without a macro.
    """

    options: Mapping[str, Option]
    nano: str
    choice: str
    best: str
    reason: Reason
    clear: bool
    settles: str
    worth: Estimate
    perfect: Estimate
    more_often: Ahead
    more_on_average: Ahead

    @property
    def lead(self) -> float:
        """Return in which share of the beliefs the choice has the largest mean profit."""
        return self.options[self.choice].leads

    @property
    def firm(self) -> bool:
        """Return whether the choice leads in at least 90 % of the beliefs."""
        return self.lead >= FIRM

    @property
    def out_of_reach(self) -> bool:
        """Return whether the budget does not pay for the macro."""
        return risk.RIVAL not in self.options

    @property
    def heavy(self) -> bool:
        """Return whether the best worlds alone carry more than a third of what the best option earns."""
        return self.options[self.best].top_share > HEAVY


def decide(information: Information, brief: Brief, *, nano: str) -> Decision:
    """Return the decision between the nano option, the macro where there is one, and spending nothing.

    information: of a run of the brief with beliefs; nano: the name of the option of its offer.
    """
    names = [NOTHING, nano, *(name for name in (risk.RIVAL,) if name in information.profits)]
    options = _options(information, brief, names)
    bearable = [name for name in names if options[name].tolerated]
    choice, best, reason = rule({name: options[name].profit.value for name in names}, bearable)
    profits = {name: information.profit(name) for name in bearable}
    worth = information.evppi(names).to_dict("index")
    more_often, more_on_average = _ahead(information, nano)
    top = next((str(name) for name, row in worth.items() if row["value"] > 0), "")
    return Decision(
        options=options,
        nano=nano,
        choice=choice,
        best=best,
        reason=reason,
        clear=leads_clearly(profits, choice, information.batch),
        settles=top,
        worth=Estimate(worth[top]["value"], worth[top]["se"]) if top else Estimate(0.0, 0.0),
        perfect=information.evpi(names),
        more_often=more_often,
        more_on_average=more_on_average,
    )


def rule(means: Mapping[str, float], tolerated: Collection[str]) -> tuple[str, str, Reason]:
    """Return what is chosen, what is best on average, tolerated or not, and why.

    means: mean profit of each option [money], nothing among them and first. tolerated: nothing, and the
    options whose losses are.
    """
    earning = sorted(means, key=lambda name: -means[name])  # nothing first among equals
    best, choice = earning[0], next(name for name in earning if name in tolerated)
    if choice == NOTHING:
        return choice, best, "loses" if best == NOTHING else "too risky"
    return choice, best, "pays" if choice == best else "safer"


def leads_clearly(profits: Mapping[str, Floats], choice: str, batch: Places) -> bool:
    """Return whether the choice earns more than each other option by two standard errors.

    profits: of the tolerated options, one for each world.
    """
    gains = [profits[choice] - profit for name, profit in profits.items() if name != choice]
    return all(clearly_above(risk.mean(gain, batch=batch), 0) for gain in gains)


def _options(information: Information, brief: Brief, names: list[str]) -> dict[str, Option]:
    """Return the options by name. names: nothing first."""
    leads, tolerate, nought = information.leads(names), brief.tolerate_loss, Estimate(0.0, 0.0)
    options = {NOTHING: Option(nought, nought, nought, True, float(leads[NOTHING]), 0.0)}
    for name in names[1:]:
        profit, batch = information.profit(name), information.batch
        large = risk.probability(profit < -tolerate.share * brief.budget, batch=batch)
        mean, loss = risk.mean(profit, batch=batch), risk.p_loss(profit, batch=batch)
        tolerated = large.value <= tolerate.chance
        options[name] = Option(mean, loss, large, tolerated, float(leads[name]), top_share(profit))
    return options


def top_share(profit: Floats) -> float:
    """Return the part of what is earned above the worst world that the best 1 % of worlds carry."""
    earned = np.sort(profit - profit.min())
    top = earned[len(earned) - max(1, math.ceil(TOP * len(earned))) :]
    return float(top.sum() / earned.sum()) if earned.sum() > 0 else 0.0


def _ahead(information: Information, nano: str) -> tuple[Ahead, Ahead]:
    """Return which of nano and macro is ahead in more worlds, and in mean profit."""
    if risk.RIVAL not in information.profits:
        return "unsure", "unsure"
    own, other, batch = information.profit(nano), information.profit(risk.RIVAL), information.batch
    beats, on_average = risk.p_beats(own, other, batch=batch), _side(risk.mean(own - other, batch=batch), 0.0)
    even = EVEN[0] <= beats.value <= EVEN[1] and SURE * beats.se <= EVEN[1] - EVEN[0]
    return "even" if even else _side(beats, 0.5), on_average


def _side(estimate: Estimate, level: float) -> Ahead:
    if clearly_above(estimate, level):
        return "nano"
    return "macro" if clearly_below(estimate, level) else "unsure"
