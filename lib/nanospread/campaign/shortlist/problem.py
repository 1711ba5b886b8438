"""Options of creators and limits -> the arrays that every solver reads, in an order free of the frame's."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nanospread.campaign.shortlist import validation
from nanospread.campaign.shortlist.limits import Limits
from nanospread.campaign.shortlist.validation import NUMBERS
from nanospread.core import errors
from nanospread.core.types import Flags, Floats, Ints

WORST = 0.05  # share of the worlds that CVaR is the mean of


@dataclass(frozen=True, eq=False)
class Problem:
    """Options that limits allow each by itself, sorted by creator and posts; creators and niches by name.

    Of options [n]: `row` in the frame, `owner` (a creator's number), `niche` (a niche's), `posts`, `cost`
    [cents], `value` [money], `er`, `reach` [people]. Of creators [m]: `first` option, `must`, `home` (its
    niche). Of niches: `least` creators, `pool` [people], `price` [money per repeated contact]. Of pairs:
    `left` and `right` (creators), `penalty` [money]. `niche_cap`: [cents]. `gains`: profit of options by
    world [worlds x n], or None.
    """

    limits: Limits
    names: pd.Index
    niches: list[str]
    row: Ints
    owner: Ints
    niche: Ints
    posts: Ints
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

    def overlap_slope(self, reached: Floats) -> Floats:
        """Return the penalty of one more contact in each niche [money]."""
        return -self.price * np.expm1(-reached / self.pool)

    def reached(self, options: Ints, shares: Floats) -> Floats:
        """Return the reach of options chosen in part, summed in each niche [people]."""
        reach = self.reach[options] * shares
        return np.bincount(self.niche[options], reach, len(self.niches)).astype(np.float64)

    def worth(self, chosen: Ints) -> float:
        """Return the objective of chosen options: values, CVaR in part under caution, less penalties."""
        kept = np.sort(chosen)
        return self.worth_of_shares(kept, np.ones(len(kept)))

    def worth_of_shares(self, options: Ints, shares: Floats) -> float:
        """Return the objective of options chosen in part, each at its share 0-1 [money]."""
        there = np.bincount(self.owner[options], shares, len(self.first))
        together = np.maximum(there[self.left] + there[self.right] - 1, 0)
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
    validation.numbers(options)
    validation.scenarios(gains, caution, len(options))
    owner, names = pd.factorize(options["creator"], sort=True)
    niche, niches = pd.factorize(options["niche"], sort=True)
    validation.once(names, owner, niche, options["posts"].to_numpy())
    validation.known(limits, names, niches)
    niche_cap = limits.part(limits.most_share_niche)
    most = min(niche_cap, limits.part(limits.most_share_creator), limits.budget)
    open_ = (options["cost"].to_numpy() <= most) & ~names.isin(limits.never)[owner]
    rows = np.flatnonzero(open_)
    validation.possible(options["cost"].to_numpy(), owner, names, limits, most)
    rows = rows[np.lexsort((options["posts"].to_numpy()[rows], owner[rows]))]
    there, first, owner = np.unique(owner[rows], return_index=True, return_inverse=True)
    names, known, niche = names[there], names, niche[rows]
    columns = {name: options[name].to_numpy()[rows] for name in NUMBERS}
    pool, price = _pools(pools, list(niches))
    left, right, penalty = _pairs(pairs, names, known)
    return Problem(
        limits=limits,
        names=names,
        niches=list(niches),
        row=rows,
        owner=owner,
        niche=niche,
        posts=columns["posts"].astype(np.int64),
        cost=columns["cost"].astype(np.int64),
        value=columns["value"].astype(np.float64),
        er=columns["er"].astype(np.float64),
        reach=columns["reach"].astype(np.float64),
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
    for name in pools["niche"]:
        if name not in niches:
            raise errors.unknown("niche of a pool", name, niches)
    if not (pools["pool"] > 0).all() or not (pools["price"] >= 0).all():
        raise errors.InputError("a pool must be above 0 and its price 0 or more")
    found = pools.set_index("niche").reindex(niches)
    return found["pool"].fillna(1.0).to_numpy(np.float64), found["price"].fillna(0.0).to_numpy(np.float64)


def _pairs(pairs: pd.DataFrame | None, names: pd.Index, known: pd.Index) -> tuple[Ints, Ints, Floats]:
    """Return both creators and penalty of each pair whose creators can both be chosen."""
    if pairs is None:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    for side in ("creator", "other"):
        strange = ~pairs[side].isin(known)
        if strange.any():
            raise errors.unknown("creator of a pair", pairs.loc[strange, side].iloc[0], known)
    if not (pairs["penalty"] >= 0).all() or (pairs["creator"] == pairs["other"]).any():
        raise errors.InputError("a pair must be of two creators, its penalty 0 or more")
    left, right = (names.get_indexer(pd.Index(pairs[side])) for side in ("creator", "other"))
    both = (left >= 0) & (right >= 0) & (pairs["penalty"] > 0).to_numpy()
    order = np.lexsort((right[both], left[both]))
    at = np.flatnonzero(both)[order]
    return left[at].astype(np.int64), right[at].astype(np.int64), pairs["penalty"].to_numpy(np.float64)[at]
