"""Options of creators and limits -> the arrays that every solver reads, checked, free of the frame's order.

What no choice can meet is an InputError of one line: here if one creator alone cannot meet it, in
`baselines.cheapest` if limits conflict.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from nanospread.core import errors
from nanospread.core.types import Flags, Floats, Ints

WORST = 0.05  # share of the worlds that CVaR is the mean of


@dataclass(frozen=True)
class Limits:
    """Hard limits of a shortlist; every choice and every baseline keeps to all of them.

    budget: [cents]. least_creators, most_creators: number chosen; None is no limit. least_per_niche: chosen
    of each niche named. most_share_niche, most_share_creator: largest share of the budget that one may cost,
    0-1. must, never: creators always and never chosen. currency: for messages.
    """

    budget: int
    least_creators: int = 0
    most_creators: int | None = None
    least_per_niche: Mapping[str, int] = field(default_factory=dict)
    most_share_niche: float = 1.0
    most_share_creator: float = 1.0
    must: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    currency: str = "EUR"

    def part(self, share: float) -> int:
        """Return the whole cents in this share of the budget."""
        return math.floor(share * self.budget * (1 + 1e-12) + 1e-6)

    def money(self, cents: int) -> str:
        """Return an amount of cents in words for a message."""
        return f"{self.currency} {cents / 100:,.2f}"


@dataclass(frozen=True, eq=False)
class Problem:
    """Options that limits allow each by itself, by creator and posts; creators and niches by name.

    Of options [n]: `row` in the frame, `owner` (a creator's number), `niche` (a niche's), `cost`
    [cents], `value` [money], `er`, `reach` [people]. Of creators [m]: `first` option, `must`, `home` (its
    niche). Of niches: `least` creators, `pool` [people], `price` [money per repeated contact]. Of pairs:
    `left` and `right` (creators), `penalty` [money]. `niche_cap`: [cents]. `gains`: profit of options by
    world [worlds x n], or None.
    """

    limits: Limits
    niches: list[str]
    row: Ints
    owner: Ints
    niche: Ints
    cost: Ints
    value: Floats
    er: Floats
    reach: Floats
    first: Ints
    must: Flags
    home: Ints
    least: Ints
    pool: Floats
    price: Floats
    left: Ints
    right: Ints
    penalty: Floats
    niche_cap: int
    gains: Floats | None
    caution: float

    @property
    def most(self) -> int:
        """Return the largest number of creators."""
        most = self.limits.most_creators
        return len(self.first) if most is None else min(most, len(self.first))

    @property
    def linear(self) -> Floats:
        """Return what each option adds to the objective, but for CVaR and penalties [n]."""
        return (1 - self.caution) * self.value

    @property
    def unit(self) -> float:
        """Return the largest value of one option, or 1 if there is none: the measure of small [money]."""
        return float(np.abs(self.value).max(initial=0.0)) or 1.0

    def overlap(self, reached: Floats) -> Floats:
        """Return the penalty of each niche in which the chosen reach so many people in sum [money]."""
        return self.price * (reached + self.pool * np.expm1(-reached / self.pool))

    def reached(self, options: Ints, shares: Floats) -> Floats:
        """Return the reach of options chosen in part, summed in each niche [people]."""
        reach = self.reach[options] * shares
        return np.bincount(self.niche[options], reach, len(self.niches)).astype(np.float64)

    def worth(self, chosen: Ints) -> float:
        """Return the objective of chosen options: values, CVaR in part under caution, less penalties."""
        options = np.sort(chosen)
        return self.worth_of_shares(options, np.ones(len(options)))

    def worth_of_shares(self, options: Ints, shares: Floats) -> float:
        """Return the objective of options chosen in part, each at its share 0-1 [money]."""
        share_of_creator = np.bincount(self.owner[options], shares, len(self.first))
        together = np.maximum(share_of_creator[self.left] + share_of_creator[self.right] - 1, 0)
        worth = float(
            self.linear[options] @ shares
            - self.overlap(self.reached(options, shares)).sum()
            - self.penalty @ together
        )
        if self.gains is not None:
            profit = self.profit(options, shares)
            worth += self.caution * float(tail(profit) @ profit)
        return worth

    def profit(self, options: Ints, shares: Floats) -> Floats:
        """Return the profit of each world from options chosen in part [money]; none without gains."""
        return np.empty(0) if self.gains is None else self.gains[:, options] @ shares

    def allowed(self, chosen: Ints) -> bool:
        """Return whether chosen options keep to every limit, money counted in whole cents."""
        spent = np.zeros(len(self.niches), dtype=np.int64)
        np.add.at(spent, self.niche[chosen], self.cost[chosen])
        owners = self.owner[chosen]
        per_niche = np.bincount(self.niche[chosen], minlength=len(self.niches))
        return bool(
            len(np.unique(owners)) == len(owners)
            and spent.sum() <= self.limits.budget
            and (spent <= self.niche_cap).all()
            and (per_niche >= self.least).all()
            and self.limits.least_creators <= len(owners) <= self.most
            and np.isin(np.flatnonzero(self.must), owners).all()
        )


def tail(profit: Floats) -> Floats:
    """Return the weights of worlds whose weighted profit is the CVaR, the boundary world in part."""
    weights = np.zeros(len(profit))
    share = 1 / (WORST * len(profit))
    order = np.argsort(profit, kind="stable")
    left = 1 - share * np.arange(len(profit))
    weights[order] = np.clip(left, 0.0, min(share, 1.0))
    return weights


def problem(
    options: pd.DataFrame,
    limits: Limits,
    *,
    pools: pd.DataFrame | None = None,
    pairs: pd.DataFrame | None = None,
    gains: Floats | None = None,
    caution: float = 0.0,
) -> Problem:
    """Return the problem of choosing among options; see `choice` for the frames and what is refused."""
    owner, names = pd.factorize(options["creator"], sort=True)
    niche, niches = pd.factorize(options["niche"], sort=True)
    for name in limits.least_per_niche:
        if name not in niches:
            raise errors.unknown("niche under least_per_niche", name, niches)
    niche_cap = limits.part(limits.most_share_niche)
    affordable = min(niche_cap, limits.part(limits.most_share_creator), limits.budget)
    open_ = (options["cost"].to_numpy() <= affordable) & ~names.isin(limits.never)[owner]
    rows = np.flatnonzero(open_)
    _check_costs(options["cost"].to_numpy(), owner, names, limits, affordable)
    rows = rows[np.lexsort((options["posts"].to_numpy()[rows], owner[rows]))]
    creators, first, owner = np.unique(owner[rows], return_index=True, return_inverse=True)
    names, niche = names[creators], niche[rows]
    pool, price = _pools(pools, list(niches))
    left, right, penalty = _pairs(pairs, names)
    return Problem(
        limits=limits,
        niches=list(niches),
        row=rows,
        owner=owner,
        niche=niche,
        cost=options["cost"].to_numpy(np.int64)[rows],
        value=options["value"].to_numpy(np.float64)[rows],
        er=options["er"].to_numpy(np.float64)[rows],
        reach=options["reach"].to_numpy(np.float64)[rows],
        first=first,
        must=np.asarray(names.isin(limits.must)),
        home=niche[first],
        least=np.array([limits.least_per_niche.get(name, 0) for name in niches], dtype=np.int64),
        pool=pool,
        price=price,
        left=left,
        right=right,
        penalty=penalty,
        niche_cap=niche_cap,
        gains=np.asarray(gains, dtype=np.float64)[:, rows] if gains is not None and caution > 0 else None,
        caution=caution,
    )


def _pools(pools: pd.DataFrame | None, niches: list[str]) -> tuple[Floats, Floats]:
    """Return pool and price of each niche; price 0 where none is given."""
    if pools is None:
        return np.ones(len(niches)), np.zeros(len(niches))
    rows = pools.set_index("niche").reindex(niches)
    return rows["pool"].fillna(1.0).to_numpy(np.float64), rows["price"].fillna(0.0).to_numpy(np.float64)


def _pairs(pairs: pd.DataFrame | None, names: pd.Index) -> tuple[Ints, Ints, Floats]:
    """Return both creators and penalty of each pair whose creators can both be chosen."""
    if pairs is None:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    left, right = (names.get_indexer(pd.Index(pairs[side])) for side in ("creator", "other"))
    both = (left >= 0) & (right >= 0) & (pairs["penalty"] > 0).to_numpy()
    order = np.lexsort((right[both], left[both]))
    places = np.flatnonzero(both)[order]
    return (
        left[places].astype(np.int64),
        right[places].astype(np.int64),
        pairs["penalty"].to_numpy(np.float64)[places],
    )


def _check_costs(cost: Ints, owner: Ints, names: pd.Index, limits: Limits, affordable: int) -> None:
    """Check that somebody can be chosen, and each must-have, where an option may cost so much [cents]."""
    allowed = ~names.isin(limits.never)[owner]
    if not allowed.any():
        raise errors.InputError("no creator is left to choose: never names all, or there are no options")
    for name in limits.must:
        cheapest = int(cost[owner == names.get_loc(name)].min())
        if cheapest > affordable:
            raise errors.InputError(
                f"must names {name!r}, who costs at least {limits.money(cheapest)}, more than "
                f"{_cap(limits, affordable)}; take {name!r} out or allow {limits.money(cheapest)}"
            )
    cheapest = int(cost[allowed].min())
    if cheapest > affordable:
        raise errors.InputError(
            f"no creator fits: the cheapest costs {limits.money(cheapest)}, "
            f"more than {_cap(limits, affordable)}"
        )


def _cap(limits: Limits, affordable: int) -> str:
    """Return in words the cap that lets one option cost this much at most."""
    for name in ("most_share_creator", "most_share_niche"):
        share = getattr(limits, name)
        if limits.part(share) == affordable < limits.budget:
            return f"the {limits.money(affordable)} that {name} {share:g} allows"
    return f"the budget of {limits.money(limits.budget)}"
