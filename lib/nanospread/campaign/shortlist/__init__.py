"""Creators + brief -> whom to invite, exact or with a certified gap.

`invitations` says who can be invited and how, and what each invitation costs and brings; `solver` chooses
among any options under limits; `plan` asks it for the brief's shortlist, tells why each creator is on it, and
sets two honest baselines beside it.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from nanospread.campaign import reach
from nanospread.campaign.brief import Brief
from nanospread.campaign.shortlist.invitations import candidates, gains, handful, options
from nanospread.campaign.shortlist.problem import Limits
from nanospread.campaign.shortlist.solver import Baseline, Choice, choice, nobody
from nanospread.campaign.simulation import JointDraws, by_world
from nanospread.core import errors, formatting
from nanospread.creators.engagement import EngagementModel
from nanospread.ingest.platforms import PLATFORM

__all__ = [
    "LISTS", "Baseline", "Choice", "Limits", "Plan", "audiences", "candidates", "choice", "handful",
    "options", "plan", "reason",
]  # fmt: skip

LISTS = ("shortlist", "equal split", "greedy by ER")
COLUMNS = [
    "creator", "niche", "followers", "offer", "posts", "why", "flags", "set_aside", "promise",
    "expected_reach", "expected_orders", "profit", "er", "er_low", "er_high", "reply_capacity",
]  # fmt: skip
LIKE, FAR = 1.15, 1.95  # times the usual rate: up to here as usual, from here on a number of times
RISKY_WORLDS = 1_000  # worlds that CVaR is taken over
NEXT = 50  # creators of the reserve


@dataclass(frozen=True, eq=False)
class Plan:
    """Whom to invite, in the order of contact.

    invitations: place (1, 2, ...) and `COLUMNS`: set_aside (cost of the invitation on average) and promise
    (if the creator accepts and posts) [money]. lists: by name of `LISTS`, whom each invites, in its order.
    reserve: the next 50, best first. limited_by: what keeps the list from being longer, in words. goal:
    profit or orders. spent, left: [cents], together the budget. platform: of the brief.
    """

    invitations: pd.DataFrame
    lists: dict[str, pd.DataFrame]
    reserve: pd.DataFrame
    limited_by: tuple[str, ...]
    candidates: int
    goal: str
    choice: Choice
    spent: int
    left: int
    platform: str = PLATFORM


def plan(
    engagement: EngagementModel,
    brief: Brief,
    people: pd.DataFrame,
    *,
    roster: pd.DataFrame,
    overlaps: pd.DataFrame | None = None,
    seed: int = 0,
    beliefs: JointDraws | None = None,
) -> Plan:
    """Return the shortlist of the brief's candidates under its limits, beside what plain rules choose.

    people: as `candidates` of this very brief. roster: everybody whom the brief may name. overlaps: measured,
    as in `tables.Tables`. seed: of the worlds that a brief with caution looks at. beliefs: what expectations
    and those worlds are over, as `options`.

    Where nobody may be invited, and nobody must be, the list is empty and limited_by says why.

    Raises: InputError for an unknown name, a must that is no candidate, or limits that clash.
    """
    _check_names(brief, people, roster)
    ways = options(engagement, people, brief, beliefs)
    if ways.empty and not _minima(brief):
        return _plan(nobody(ways), ways, brief, len(people))
    numbered = ways.assign(reach=ways["expected_reach"], posts=ways.groupby("creator").cumcount() + 1)
    caution = brief.shortlist.caution
    risky = partial(gains, engagement, brief, ways, n_worlds=RISKY_WORLDS, seed=seed, beliefs=beliefs)
    pools = _pools(ways, brief, beliefs)
    best = choice(
        numbered,
        _limits(brief),
        pools=pools,
        pairs=_pairs(ways, brief, pools, overlaps),
        gains=risky() if caution > 0 else None,
        caution=caution,
    )
    return _plan(best, ways, brief, len(people))


def _minima(brief: Brief) -> bool:
    """Return whether the brief asks for anybody, so that an empty list would not do."""
    limits = brief.shortlist
    return bool(limits.must or limits.least_creators or any(limits.least_per_niche.values()))


def _check_names(brief: Brief, people: pd.DataFrame, roster: pd.DataFrame) -> None:
    limits, known = brief.shortlist, set(roster["creator"])
    for field in ("must", "never"):
        for name in getattr(limits, field):
            if name not in known:
                raise errors.unknown(f"creator in shortlist.{field}", name, sorted(known))
    for name in limits.must:
        if name not in set(people["creator"]):
            raise errors.InputError(
                f"shortlist.must names {name!r}, who is no nano creator of {', '.join(brief.niches)}"
            )


def _limits(brief: Brief) -> Limits:
    limits = brief.shortlist
    return Limits(
        budget=round(100 * brief.budget),
        least_creators=limits.least_creators,
        most_creators=limits.most_creators,
        least_per_niche=dict(limits.least_per_niche),
        most_share_niche=limits.most_share_niche,
        most_share_creator=limits.most_share_creator,
        must=limits.must,
        currency=brief.currency,
    )


def _pools(ways: pd.DataFrame, brief: Brief, beliefs: JointDraws | None) -> pd.DataFrame:
    """Return each niche's pool, and what is lost where somebody is reached again [goal per contact].

    Who is reached twice is people² / pool, so over draws of the pool its harmonic mean counts.
    """
    values = by_world.drawn(brief, beliefs)
    goal = "gross_profit" if brief.shortlist.goal == "profit" else "expected_orders"
    sums = ways.groupby("niche")[[goal, "expected_reach"]].sum()
    worth = sums[goal] / sums["expected_reach"].where(sums["expected_reach"] > 0)
    lost = (1 - float(np.mean(values.repeat_click_weight))) * worth.fillna(0.0)
    pool = 1 / np.mean(1 / values.niche_pool)
    return pd.DataFrame({"niche": sums.index, "pool": pool, "price": lost.to_numpy()})


def _pairs(
    ways: pd.DataFrame, brief: Brief, pools: pd.DataFrame, overlaps: pd.DataFrame | None
) -> pd.DataFrame | None:
    """Return what measured overlaps take beyond random ones where both of a pair are invited [goal]."""
    if overlaps is None or overlaps.empty:
        return None
    first = ways.drop_duplicates("creator").reset_index(drop=True)
    known = first[first["creator"].isin({*overlaps["creator"], *overlaps["other"]})].reset_index(drop=True)
    both = reach.duplications(known.assign(reach=known["expected_reach"]), overlaps)
    people, niche = known["expected_reach"].to_numpy(), known["niche"].to_numpy()
    niche_pools = pools.set_index("niche").loc[niche]
    same = niche[:, None] == niche
    random = np.outer(people, people) / np.where(
        same, niche_pools["pool"].to_numpy(), brief.values.market_pool
    )
    price = niche_pools["price"].to_numpy()
    lost = np.maximum(both - random, 0) * (price[:, None] + price) / 2
    i, j = np.nonzero(np.triu(np.nan_to_num(lost), 1) > 0)
    names = known["creator"].to_numpy()
    return pd.DataFrame({"creator": names[i], "other": names[j], "penalty": lost[i, j]})


def _plan(best: Choice, ways: pd.DataFrame, brief: Brief, n: int) -> Plan:
    chosen = _by_worth(ways.loc[best.rows.index])
    reserve = _reserve(best, ways, chosen)
    reasons = [
        f"{'named in the brief; ' if row['creator'] in brief.shortlist.must else ''}{reason(row)}"
        for row in chosen.to_dict("records")
    ]
    rows = chosen.assign(set_aside=chosen["cost"] / 100, why=pd.Series(reasons, chosen.index, dtype="str"))[
        COLUMNS
    ].reset_index(drop=True)
    rows.insert(0, "place", np.arange(1, len(rows) + 1))
    plain = {name: ways.loc[baseline.rows.index] for name, baseline in best.baselines.items()}
    by_er = plain["greedy by ER"].sort_values(["er", "creator"], ascending=[False, True])
    lists = dict(zip(LISTS, (chosen, plain["equal split"], by_er), strict=True))
    budget = round(100 * brief.budget)
    return Plan(
        invitations=rows,
        lists={name: frame.reset_index(drop=True) for name, frame in lists.items()},
        reserve=reserve.head(NEXT),
        limited_by=_limited(best, chosen, ways, brief),
        candidates=n,
        goal=brief.shortlist.goal,
        choice=best,
        spent=best.spent,
        left=budget - best.spent,
        platform=brief.platform,
    )


def _by_worth(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in the order of contact: most worth for the money first."""
    worth = rows[["creator"]].assign(worth=rows["value"] / rows["cost"].clip(lower=1))
    return rows.loc[worth.sort_values(["worth", "creator"], ascending=[False, True]).index]


def _reserve(best: Choice, ways: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Return who is not chosen and worth something, the nearest to being chosen first."""
    remaining = ways.assign(reduced=best.reduced)
    remaining = remaining[
        ~remaining["creator"].isin(chosen["creator"])
        & (remaining["value"] > 0)
        & remaining["reduced"].notna()
    ]
    nearest = remaining.sort_values(["reduced", "creator"], ascending=[False, True]).drop_duplicates(
        "creator"
    )
    return nearest[["creator", "niche", "followers", "offer", "er", "flags"]].reset_index(drop=True)


def reason(row: Mapping[Hashable, Any]) -> str:
    """Return why this creator is on the list, in words that may stand in the message to it.

    row: of `candidates`.
    """
    niche, times = formatting.handle(row["niche"]), float(row["er"]) / float(row["er_alike"])
    if not row["n_posts"]:
        return f"your audience fits: {niche}, {formatting.count(row['followers'])} followers"
    rate = f"{formatting.percent(float(row['er']))} of your followers engage"
    if times >= FAR:
        return f"{rate}, {formatting.times(times)} as many as with {niche} creators of your size"
    if times > LIKE:
        return f"{rate}, more than with most {niche} creators of your size"
    usual = ", as is usual" if times > 1 / LIKE else ""
    return f"you reach {formatting.count(row['followers'])} people who follow {niche}; {rate}{usual}"


def _limited(best: Choice, chosen: pd.DataFrame, ways: pd.DataFrame, brief: Brief) -> tuple[str, ...]:
    """Return what keeps the list from being longer or better."""
    if ways.empty:
        niches = f"creator of {' or '.join(brief.niches)}"
        return (f"the data hold no nano {niches}, or shortlist.never and flagged leave nobody",)
    settings, prices = brief.shortlist, best.niche_prices.set_index("niche")
    limits = []
    if best.budget_price > 0:
        limits.append("the budget")
    if best.creator_price > 0 and settings.most_creators is not None:
        limits.append(f"the limit of {settings.most_creators:,} creators")
    limits += [f"the share of the budget that {niche} may take" for niche in prices.index[prices["cap"] > 0]]
    limits += [f"the minimum of {niche}" for niche in prices.index[prices["least"] > 0]]
    if not limits:
        everybody = len(chosen) == ways["creator"].nunique()
        limits.append(
            "the candidates: all are on it" if everybody else "nobody else is expected to earn its cost"
        )
    return tuple(limits)


def audiences(shortlist: Plan) -> pd.DataFrame:
    """Return the invitations as `reach` takes them: creator, niche, followers, reach [people, expected]."""
    rows = shortlist.lists["shortlist"]
    return rows[["creator", "niche", "followers"]].assign(reach=rows["expected_reach"])
