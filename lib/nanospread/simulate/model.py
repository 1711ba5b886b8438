"""One creator in many worlds: what its post reaches, and how many engagements, clicks and orders to expect.

Follows facts.md, RECOMMENDED SIMULATOR, steps 2-7, one feed post and one story for each creator. Departures:
ER enters as the mean of log ER of posts, since that is what `engagement` fits, so its post noise has median 1
while reach has mean 1; reach is per nominal follower, so fake followers are not taken off again; a flop has
luck of its own beside the shared one, so that a bad conversion draw is not counted twice.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nanospread.brief import Brief
from nanospread.engagement import EngagementModel
from nanospread.simulate import draws
from nanospread.simulate.creators import Creator
from nanospread.simulate.draws import Floats

REACH, ENGAGEMENTS, AUDIENCE, MISSED, CLICKS, ORDERS = range(6)  # rows of what a post brings


@dataclass(frozen=True)
class Stage:
    """What all creators and arms share: the model, the brief, the seed, and the luck of each world."""

    model: EngagementModel
    brief: Brief
    seed: int
    n_worlds: int
    niches: tuple[str, ...]
    common: dict[str, Floats]  # sqrt(rho_campaign) Z + sqrt(rho_niche) Z_niche, by niche
    platform: Floats  # what the feed gives every post, mean 1


def stage(model: EngagementModel, brief: Brief, niches: tuple[str, ...], n_worlds: int, seed: int) -> Stage:
    """Return the stage on which every arm is played."""
    campaign = np.sqrt(brief.value("rho_campaign")) * draws.normals(seed, "campaign", "", n_worlds)
    own = np.sqrt(brief.value("rho_niche"))
    common = {niche: campaign + own * draws.normals(seed, "niche", niche, n_worlds) for niche in niches}
    sd = brief.value("platform_sd")
    platform = np.exp(sd * draws.normals(seed, "platform", "", n_worlds) - sd**2 / 2)
    return Stage(model, brief, seed, n_worlds, niches, common, platform)


def post(creator: Creator, on: Stage, worlds: NDArray[np.intp]) -> Floats:
    """Return what the creator's post brings in these worlds, kappa left out.

    Returns: array 6 x worlds of expected counts: reach (feed + story), engagements, audience (people reached
    at least once), log of the share of the niche's people that it misses, clicks, orders at kappa = 1.
    """
    brief, sd_post = on.brief, creator.sd_post
    platform, noise = on.platform[worlds], np.exp(sd_post * _luck(creator, "post", on, worlds))
    log_er = creator.log_mean + creator.log_sd * _luck(creator, "true rate", on, worlds)
    lift = noise * platform * np.exp(-(sd_post**2) / 2)
    feed, story = (brief.value(f"{kind}_rate_{creator.side}") * lift for kind in ("reach", "story"))
    audience = creator.followers * (1 - (1 - np.minimum(feed, 1)) * (1 - np.minimum(story, 1)))
    clicks = creator.followers * (feed * brief.value("ctr_feed") + story * brief.value("ctr_story"))
    return np.array(
        [
            creator.followers * (feed + story),
            creator.followers * np.exp(log_er) * noise * platform * brief.value("sponsored_multiplier"),
            audience,
            np.log1p(-np.minimum(audience / brief.value("niche_pool"), 1 - 1e-12)),
            clicks,
            clicks * _orders_per_click(creator, log_er, on, worlds),
        ]
    )


def _luck(creator: Creator, purpose: str, on: Stage, worlds: NDArray[np.intp]) -> Floats:
    return draws.normals(on.seed, purpose, creator.name, on.n_worlds)[worlds]


def _orders_per_click(creator: Creator, log_er: Floats, on: Stage, worlds: NDArray[np.intp]) -> Floats:
    """Return orders per click at kappa = 1: log-normal around the tier's rate, next to nothing in a flop.

    Its mean is rate x advocacy x (1 - (1 - flop_multiplier) Phi(Phi^-1(flop_rate) - rho sd)), with rho the
    shared part of the luck; V16 of facts.md, whose flops are independent, is the case rho = 0.
    """
    brief, common = on.brief, on.common[creator.niche][worlds]
    left = np.sqrt(max(0.0, 1 - brief.value("rho_campaign") - brief.value("rho_niche")))
    sd, pull = brief.value("conversion_sd"), brief.value("er_to_conversion")
    luck = common + left * _luck(creator, "conversion", on, worlds)
    engaging = pull * (log_er - creator.alike_mean) - (pull * creator.alike_sd) ** 2 / 2
    flop = common + left * _luck(creator, "flop", on, worlds) < special.ndtri(brief.value("flop_rate"))
    kept = np.where(flop, brief.value("flop_multiplier"), 1.0)
    rate = brief.value(f"cvr_{creator.side}") * (brief.value("advocacy") if creator.side == "nano" else 1.0)
    return np.asarray(rate * kept * np.exp(sd * luck - sd**2 / 2 + engaging))
