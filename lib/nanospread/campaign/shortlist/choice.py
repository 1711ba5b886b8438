"""Options of creators under limits -> whom to choose and for how many posts, and how sure that is best."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nanospread.campaign.shortlist import baselines, feasible
from nanospread.campaign.shortlist.integer_solution import Whole, whole
from nanospread.campaign.shortlist.limits import Limits
from nanospread.campaign.shortlist.lp_relaxation import Relaxed, relaxed
from nanospread.campaign.shortlist.problem import Problem, problem
from nanospread.campaign.shortlist.reduced_costs import Prices
from nanospread.core.types import Floats, Ints


@dataclass(frozen=True)
class Baseline:
    """What a team would choose without a solver: rows of the options, value [money], cost [cents]."""

    rows: pd.DataFrame
    value: float
    spent: int


@dataclass(frozen=True)
class Choice:
    """The best choice found, under all limits.

    rows: of the options, by creator. value: the objective [money]. bound: no choice is worth more [money].
    gap: (bound - value) / |bound|, 0 once proven. proven: whether nothing is better, to 1e-7 of the bound.
    status: that in words. spent: [cents]. baselines: by name, under the same limits.

    What the limits cost, to say why (exact for shares of creators, so near for whole ones): budget_price:
    value of one more cent. creator_price: of one more creator allowed; negative: what one creator less asked
    for would add. niche_prices: by niche, of one more cent under its cap (`cap`), of one creator less asked
    for (`least`), and what one more contact costs in overlap (`reach`). reduced: of each row of the options,
    its value less all that it uses up at these prices; the runner-up has the largest of those not chosen; nan
    where limits rule the option out by itself.
    """

    rows: pd.DataFrame
    value: float
    bound: float
    gap: float
    proven: bool
    status: str
    spent: int
    baselines: dict[str, Baseline]
    budget_price: float
    creator_price: float
    niche_prices: pd.DataFrame
    reduced: pd.Series


def choice(
    options: pd.DataFrame,
    limits: Limits,
    *,
    pools: pd.DataFrame | None = None,
    pairs: pd.DataFrame | None = None,
    gains: Floats | None = None,
    caution: float = 0.0,
) -> Choice:
    """Return the choice of at most one option of each creator that is worth most, under all limits.

    The objective is the sum of values less penalties, with (1 - caution) of the mean and caution of the
    CVaR, the mean of the worst twentieth of worlds. Up to 4,000 creators are searched until nothing can be
    better to 1e-7, or 10,000 nodes of branch and bound are used up; longer rosters to one basis point.

    options: creator, niche, posts, cost [cents], value [money], er [share], reach [people], one row for
    each creator and number of posts, in any order, which only the equal split follows. pools: niche, pool
    [people], price [money per contact with somebody already reached]; the penalty of reach S in a pool M is
    price (S - M (1 - exp(-S / M))). pairs: creator, other, penalty [money] if both are chosen. gains: profit
    of each option in each world [worlds x options, money], needed with caution, 0-1.

    Raises: InputError for options that mean nothing, unknown names, and limits that cannot be met, which it
    names with what would do.
    """
    asked = problem(options, limits, pools=pools, pairs=pairs, gains=gains, caution=caution)
    kept = feasible.cheapest(asked)
    plain = {
        "equal split": baselines.equal_split(asked, kept),
        "greedy by ER": baselines.greedy_by_er(asked, kept),
    }
    shares = relaxed(asked, kept)
    known = [*plain.values(), kept, baselines.by_price(asked, kept, shares.standing, shares.prices)]
    best = whole(asked, shares, max(known, key=asked.worth))
    return _told(options, asked, shares, best, plain)


def _told(
    options: pd.DataFrame, asked: Problem, shares: Relaxed, best: Whole, plain: dict[str, Ints]
) -> Choice:
    prices, reduced = shares.prices, np.full(len(options), np.nan)
    reduced[asked.row] = shares.standing.reduced
    gap = 0.0 if best.proven else (best.bound - best.value) / (abs(best.bound) or asked.unit)
    return Choice(
        rows=_rows(options, asked, best.chosen),
        value=best.value,
        bound=best.bound,
        gap=gap,
        proven=best.proven,
        status=status(gap),
        spent=int(asked.cost[best.chosen].sum()),
        baselines={name: _baseline(options, asked, chosen) for name, chosen in plain.items()},
        budget_price=prices.budget,
        creator_price=prices.most - prices.fewest,
        niche_prices=_niche_prices(asked, prices),
        reduced=pd.Series(reduced, options.index, name="reduced"),
    )


def _rows(options: pd.DataFrame, asked: Problem, chosen: Ints) -> pd.DataFrame:
    return options.iloc[asked.row[chosen]]


def status(gap: float) -> str:
    """Return in words how close to the best a choice is; basis points are rounded up."""
    if gap == 0:
        return "optimal"
    points = gap * 1e4
    digits = 1 if points < 9.95 else 0
    upper = math.ceil(points * 10**digits - 1e-9) / 10**digits
    unit = "basis point" if upper == 1 else "basis points"
    return f"within {upper:,.{digits}f} {unit} of the best possible".replace(
        "1.0 basis point ", "1 basis point "
    )


def _baseline(options: pd.DataFrame, asked: Problem, chosen: Ints) -> Baseline:
    return Baseline(_rows(options, asked, chosen), asked.worth(chosen), int(asked.cost[chosen].sum()))


def _niche_prices(asked: Problem, prices: Prices) -> pd.DataFrame:
    return pd.DataFrame(
        {"niche": asked.niches, "cap": prices.niche, "least": prices.least, "reach": prices.reach}
    )
