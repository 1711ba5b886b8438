"""Creators -> what one live post of each is expected to bring, in closed form, for any number of them."""

import numpy as np
import pandas as pd
from scipy import special

from nanospread.campaign.brief import Brief
from nanospread.campaign.simulation import creator_model
from nanospread.campaign.simulation import creators as creator_list
from nanospread.core.types import Floats
from nanospread.creators.engagement import EngagementModel

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(24)  # for the spread of one post's reach
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def expected(engagement: EngagementModel, brief: Brief, creators: pd.DataFrame) -> pd.DataFrame:
    """Return the means over worlds of what each nano creator's first post brings once it is live.

    creators: creator, niche, followers; one row each, none the model needs to know.

    Returns: creator, orders (at the brief's kappa), reach [people who see it at least once], before audiences
    overlap, in the order and with the index of `creators`. orders is exact; reach is within 1e-6 of itself
    where one post's spread is under 1.

    Raises: InputError for a creator without followers.
    """
    rated = creator_list.rated(engagement, creators, drawn=False)
    terms, followers = creator_model.terms(brief, "nano"), rated["followers"].to_numpy(dtype=np.float64)
    per_follower = terms.click_rate * terms.orders_per_click * brief.values.kappa
    orders = followers * per_follower * _engaging(rated, terms.pull) * _kept(brief)
    reach = followers * _seen(rated["sd_post"].to_numpy(), terms, brief.values.platform_sd)
    return pd.DataFrame(
        {"creator": creators["creator"], "orders": orders, "reach": reach}, index=creators.index
    )


def _engaging(rated: pd.DataFrame, pull: float) -> Floats:
    """Return what a creator's ER does to its orders, over its posterior."""
    above = (rated["log_mean"] - rated["alike_mean"]).to_numpy(dtype=np.float64)
    own, alike = (rated[name].to_numpy(dtype=np.float64) for name in ("log_sd", "alike_sd"))
    return np.asarray(np.exp(pull * above + pull**2 * (own**2 - alike**2) / 2))


def _kept(brief: Brief) -> float:
    """Return what flops leave of orders: 1 - (1 - keeps) Phi(Phi^-1(rate) - shared sd) (`story.brings`)."""
    shared = (brief.values.rho_campaign + brief.values.rho_niche) * brief.values.conversion_sd
    chance = special.ndtr(special.ndtri(brief.values.flop_rate) - shared)
    return float(1 - (1 - brief.values.flop_multiplier) * chance)


def _seen(sd_post: Floats, terms: creator_model.Terms, feed_sd: float) -> Floats:
    """Return the share of the followers who see the feed post or the story, or both."""
    sd = np.hypot(sd_post, feed_sd)
    found = np.zeros_like(sd)
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        lift = np.exp(sd * node - sd**2 / 2)
        missing = (1 - np.minimum(terms.feed_rate * lift, 1)) * (1 - np.minimum(terms.story_rate * lift, 1))
        found += weight * (1 - missing)
    return found
