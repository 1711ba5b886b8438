"""A stage and its worlds -> what each arm plans to do, and what a reader must know about the run."""

from collections.abc import Iterator

import pandas as pd

from nanospread import tiers
from nanospread.engagement import EngagementModel
from nanospread.simulate.arms import Stage


def planned(on: Stage, worlds: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """Return one row per arm, as `Outcomes.plan`."""
    means = worlds.groupby("arm", observed=True)[["contacts", "packages", "posts_live", "cost"]].mean()
    contacts, measured = means["contacts"].round().astype(int), int((~listed["drawn"]).sum())
    plan = pd.DataFrame(
        {
            "macro_share": [arm.share for arm in on.arms],
            "macro_followers": [arm.macro.followers if arm.macro else 0 for arm in on.arms],
            "contacts": means["contacts"].to_numpy(),
            "packages": means["packages"].to_numpy(),
            "expected_posts": means["posts_live"].to_numpy(),
            "remainder": on.brief.budget - means["cost"].to_numpy(),
            "creators_from_roster": contacts.clip(upper=measured).to_numpy(),
            "creators_drawn": (contacts - measured).clip(lower=0).to_numpy(),
        }
    )
    plan.insert(0, "arm", [arm.name for arm in on.arms])
    return plan


def notes(
    on: Stage, worlds: pd.DataFrame, listed: pd.DataFrame, engagement: EngagementModel
) -> Iterator[str]:
    """Return what a reader must know about this run, in sentences."""
    brief, drawn = on.brief, int(listed["drawn"].sum())
    if drawn:
        yield (
            f"The list has {len(listed):,} nano creators and the data hold {len(listed) - drawn:,} of these "
            f"niches; the other {drawn:,} are drawn from the tier, with the engagement of creators alike."
        )
    for niche in on.niches:
        if niche not in set(engagement.creators["niche"]):
            yield f"No creator of the niche {niche!r} is in the data; it is taken for an average one."
    idle = brief.budget - brief.deal().fee
    if idle >= 0.01 * brief.budget:
        yield (
            f"The macro asks {brief.deal().fee:,.0f} {brief.currency} and leaves {idle:,.0f} of the budget "
            "unspent: its arm risks less money than the others."
        )
    boundaries = tiers.table()
    macro = int(boundaries.loc[boundaries["tier"] == "macro", "low"].iloc[0])
    reached = worlds.groupby("arm", observed=True)["contacts"].max()
    for arm in on.arms:
        if arm.macro and arm.macro.followers < macro:
            yield (
                f"{arm.name} buys a creator of {arm.macro.followers:,} followers, fewer than the "
                f"{macro:,} of a macro; reach and conversion are still a macro's."
            )
        if arm.cash > 0 and not reached[arm.name]:
            yield f"{arm.name} leaves too little for one nano creator: it buys the macro alone."
