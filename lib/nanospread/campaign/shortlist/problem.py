"""Options of creators and limits -> the arrays that every solver reads, checked, free of the frame's order.

What is wrong with options or limits, each by itself, is an InputError of one line; limits that conflict are
found in `baselines.cheapest`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from nanospread.core import errors
from nanospread.core.types import Flags, Floats, Ints

WORST = 0.05  # share of the worlds that CVaR is the mean of
NUMBERS = ("posts", "cost", "value", "er", "reach")
WHOLE = ("posts", "cost")
LEAST = {"posts": 1.0, "value": -np.inf}  # of the others 0


@dataclass(frozen=True)
class Limits:
    """Hard limits of a shortlist; every choice and every baseline keeps to all of them.

    budget: [cents], 0 or more. least_creators, most_creators: number of creators chosen; None is no limit.
    least_per_niche: creators chosen of each niche named. most_share_niche, most_share_creator: largest share
    of the budget that one niche, one creator may cost, 0-1. must, never: creators always and never chosen.
    currency: of the budget, for messages.

    Raises: InputError for a value out of its range, or a creator under both must and never.
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

    def __post_init__(self) -> None:
        counts = {"budget": self.budget, "least_creators": self.least_creators}
        counts |= {f"least_per_niche {niche}": least for niche, least in self.least_per_niche.items()}
        for name, count in counts.items():
            _check_whole(name, count)
        for name in ("most_share_niche", "most_share_creator"):
            if not 0 < getattr(self, name) <= 1:
                raise errors.InputError(f"{name} must be above 0 and at most 1; got {getattr(self, name)}")
        if self.most_creators is not None:
            _check_whole("most_creators", self.most_creators, self.least_creators)
        both = sorted(set(self.must) & set(self.never))
        if both:
            raise errors.InputError(f"must and never both name {both[0]!r}; take it out of one of them")

    def part(self, share: float) -> int:
        """Return the whole cents in this share of the budget."""
        return math.floor(share * self.budget * (1 + 1e-12) + 1e-6)

    def money(self, cents: int) -> str:
        """Return an amount of cents in words for a message."""
        return f"{self.currency} {cents / 100:,.2f}"


def _check_whole(name: str, count: object, least: int = 0) -> None:
    if isinstance(count, bool) or not hasattr(count, "__index__") or int(count.__index__()) < least:
        raise errors.InputError(f"{name} must be a whole number, {least} or more; got {count}")


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
    _check_numbers(options)
    _check_gains(gains, caution, len(options))
    owner, names = pd.factorize(options["creator"], sort=True)
    niche, niches = pd.factorize(options["niche"], sort=True)
    _check_once(names, owner, niche, options["posts"].to_numpy())
    _check_names(limits, names, niches)
    niche_cap = limits.part(limits.most_share_niche)
    most = min(niche_cap, limits.part(limits.most_share_creator), limits.budget)
    open_ = (options["cost"].to_numpy() <= most) & ~names.isin(limits.never)[owner]
    rows = np.flatnonzero(open_)
    _check_costs(options["cost"].to_numpy(), owner, names, limits, most)
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
    rows = pools.set_index("niche").reindex(niches)
    return rows["pool"].fillna(1.0).to_numpy(np.float64), rows["price"].fillna(0.0).to_numpy(np.float64)


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


def _check_numbers(options: pd.DataFrame) -> None:
    """Check that options have all their columns, and numbers in them that can be."""
    for name in ("creator", "niche", *NUMBERS):
        if name not in options:
            raise errors.InputError(
                f"options need a column {name!r}; they have {', '.join(map(str, options.columns))}"
            )
        if options[name].isna().any():
            raise errors.InputError(
                f"{name} is missing in row {int(options[name].isna().argmax())} of the options"
            )
    for name in NUMBERS:
        number, least = options[name].to_numpy(dtype=np.float64), LEAST.get(name, 0.0)
        bad = ~np.isfinite(number) | (number < least)
        if name in WHOLE:
            bad |= number % 1 != 0
        if bad.any():
            at = int(bad.argmax())
            kind = "a whole number" if name in WHOLE else "a finite number"
            above = "" if name == "value" else f", {least:g} or more"
            creator = options["creator"].iloc[at]
            raise errors.InputError(f"{name} of {creator!r} must be {kind}{above}; got {number[at]:g}")


def _check_gains(gains: Floats | None, caution: float, options: int) -> None:
    """Check that gains fit to so many options where caution needs them."""
    if not 0 <= caution <= 1:
        raise errors.InputError(f"caution must be from 0 to 1; got {caution}")
    if caution == 0:
        return
    if gains is None or gains.ndim != 2 or gains.shape[1] != options or not len(gains):
        raise errors.InputError(f"caution above 0 needs gains of at least one world by {options} options")
    if not np.isfinite(gains).all():
        raise errors.InputError("gains must be finite numbers")


def _check_once(names: pd.Index, owner: Ints, niche: Ints, posts: Ints) -> None:
    """Check that no creator has one number of posts twice, or two niches."""
    order = np.lexsort((posts, owner))
    same = owner[order][1:] == owner[order][:-1]
    twice = np.flatnonzero(same & (posts[order][1:] == posts[order][:-1]))
    if len(twice):
        at = order[twice[0]]
        raise errors.InputError(f"options list {names[owner[at]]!r} with {posts[at]} posts twice")
    moved = np.flatnonzero(same & (niche[order][1:] != niche[order][:-1]))
    if len(moved):
        raise errors.InputError(f"creator {names[owner[order[moved[0]]]]!r} has options in two niches")


def _check_names(limits: Limits, names: pd.Index, niches: pd.Index) -> None:
    """Check that all names under the limits are those of creators and niches."""
    for what, some in (("must", limits.must), ("never", limits.never)):
        for name in some:
            if name not in names:
                raise errors.unknown(f"creator under {what}", name, names)
    for name in limits.least_per_niche:
        if name not in niches:
            raise errors.unknown("niche under least_per_niche", name, niches)


def _check_costs(cost: Ints, owner: Ints, names: pd.Index, limits: Limits, most: int) -> None:
    """Check that somebody can be chosen, and each must-have, where an option may cost so much [cents]."""
    allowed = ~names.isin(limits.never)[owner]
    if not allowed.any():
        raise errors.InputError("no creator is left to choose: never names all, or there are no options")
    for name in limits.must:
        least = int(cost[owner == names.get_loc(name)].min())
        if least > most:
            raise errors.InputError(
                f"must names {name!r}, who costs at least {limits.money(least)}, more than "
                f"{_cap(limits, most)}; take {name!r} out or allow {limits.money(least)}"
            )
    least = int(cost[allowed].min())
    if least > most:
        raise errors.InputError(
            f"no creator fits: the cheapest costs {limits.money(least)}, more than {_cap(limits, most)}"
        )


def _cap(limits: Limits, most: int) -> str:
    """Return in words the cap that lets one option cost this much at most."""
    for name in ("most_share_creator", "most_share_niche"):
        share = getattr(limits, name)
        if limits.part(share) == most < limits.budget:
            return f"the {limits.money(most)} that {name} {share:g} allows"
    return f"the budget of {limits.money(limits.budget)}"
