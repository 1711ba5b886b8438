"""A stage and its outcomes -> what each arm plans to do, and what a reader must know about the run."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from nanospread.campaign.simulation.arms import Stage
from nanospread.campaign.simulation.kernel import OUTCOMES
from nanospread.core.types import Floats
from nanospread.creators import tiers
from nanospread.creators.engagement import EngagementModel


def planned(on: Stage, outcomes: Floats, listed: pd.DataFrame) -> pd.DataFrame:
    """Return one row per arm, as `Outcomes.plan`; outcomes: array outcomes x arms x worlds."""
    means = dict(zip(OUTCOMES, outcomes.mean(axis=2), strict=True))
    contacts, measured = means["contacts"].round().astype(np.int64), int((~listed["drawn"]).sum())
    plan = pd.DataFrame(
        {
            "macro_share": [arm.share for arm in on.arms],
            "macro_followers": [arm.macro.followers if arm.macro else 0 for arm in on.arms],
            "contacts": means["contacts"],
            "packages": means["packages"],
            "expected_posts": means["posts_live"],
            "remainder": on.brief.budget - means["cost"],
            "creators_from_roster": contacts.clip(max=measured),
            "creators_drawn": (contacts - measured).clip(min=0),
        }
    )
    plan.insert(0, "arm", [arm.name for arm in on.arms])
    return plan


def notes(on: Stage, plan: pd.DataFrame, listed: pd.DataFrame, engagement: EngagementModel) -> Iterator[str]:
    """Return what a reader must know about this run, in sentences; plan: as `planned`."""
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
    if brief.switches:
        yield f"Switched on beside the plain model: {', '.join(brief.switches)}."
    sizes = {arm.macro.followers for arm in on.arms if arm.macro}
    if brief.macro.creator and sizes - {brief.macro.followers}:
        yield (
            f"Part of {brief.macro.creator!r} cannot be hired: a mix whose share does not pay the whole fee "
            "hires a smaller creator alike."
        )
    for arm, contacts in zip(on.arms, plan["contacts"], strict=True):
        if arm.macro and arm.macro.followers < macro:
            yield (
                f"{arm.name} buys a creator of {arm.macro.followers:,} followers, fewer than the "
                f"{macro:,} of a macro; reach and conversion are still a macro's."
            )
        if arm.cash > 0 and not contacts:
            yield f"{arm.name} leaves too little for one nano creator: it buys the macro alone."
