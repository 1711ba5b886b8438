"""The reduced campaign that squigglepy and monaco simulate: what it assumes, and its list of creators.

A peer is another way to the odds of a campaign, for `make bench`. These two share the figures here and what
is told of the worlds in the end (`odds`), and nothing else with each other or with nanospread: each tells
the story in its own idiom. The model is model.md C8 and V16 in short, with the central values of
data/assumptions.csv: all luck of a creator's own is one normal, and there is no reach, engagement, click or
overlap of audiences. That is less work than the package's model, which `loop` tells in full, so it flatters
these peers.

In each world: one feed for all, chances of reply, acceptance and post, a shock of the campaign and one of
each niche. The nano arm contacts its list from the top while it could still pay for a contact and a gift; the
macro arm spends the same money on one macro influencer. Orders are Poisson given the world, each one's value
is Gamma.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]  # these libraries have an environment of their own, without our package
NICHES = 4
FEED_SD = 0.25  # of the log of the feed's factor, whose mean is 1
REPLY, ACCEPT, POST = 0.40, 0.65, 0.50  # mean chances of a nano creator: each given the one before
RATE_PRECISION = 20  # of the Beta distributions around them: a + b

LABOUR, GIFT = 4.0, 28.0  # money per contact, and per creator who accepts
EXPECTED_COST = LABOUR + REPLY * ACCEPT * GIFT  # money per contact
MACRO_FEE = 0.01  # money per follower

CTR_FEED, CTR_STORY = 0.008, 0.03  # clicks per person reached
NANO_FEED, NANO_STORY, MACRO_FEED, MACRO_STORY = 0.20, 0.09, 0.08, 0.045  # people reached per follower
NANO_CVR, MACRO_CVR = 0.024, 0.014  # orders per click
NANO_ADVOCACY = 1.12  # factor on the orders per click of nano creators
KAPPA = 10.0  # orders per order that a click is seen to lead to

POST_SD, TRUE_RATE_SD, PULL, CONVERSION_SD = 0.5, 0.3, 0.7, 1.0  # of logs; PULL: of engagement on conversion
RHO_CAMPAIGN, RHO_NICHE = 0.1, 0.1  # shares of the variance of conversion luck
OWN = 1 - RHO_CAMPAIGN - RHO_NICHE
OWN_SD = math.sqrt(POST_SD**2 + (TRUE_RATE_SD * PULL) ** 2 + CONVERSION_SD**2 * OWN)

FLOP_SCORE = -1.2815515655446004  # Phi^-1(0.1): one post in ten flops
FLOP_KEEPS = 0.1

ORDER_VALUE, ORDER_VALUE_CV, MARGIN = 65.0, 0.6, 0.6
VALUE_SHAPE = 1 / ORDER_VALUE_CV**2  # of the Gamma of one order's value
FLOP_ROI = -0.5


class Campaign(NamedTuple):
    """The nano creators on the list, in the order in which they are contacted, and the money of either arm.

    nano_orders, macro_orders: mean orders if posted, on average over worlds, flops left out.
    """

    niche: NDArray[np.int64]
    nano_orders: Floats
    macro_orders: float
    budget: float


def campaign(n_creators: int) -> Campaign:
    """Return the campaign whose budget on average just pays for everybody on a list of this length.

    Followers go from 1,000 to 10,000 in even steps of their logarithm. The macro influencer is as large as
    the budget can pay, and in niche 0.
    """
    budget = round(n_creators * EXPECTED_COST, 2)
    nano = NANO_CVR * NANO_ADVOCACY * (NANO_FEED * CTR_FEED + NANO_STORY * CTR_STORY)
    macro = MACRO_CVR * (MACRO_FEED * CTR_FEED + MACRO_STORY * CTR_STORY)
    return Campaign(
        niche=np.arange(n_creators) % NICHES,
        nano_orders=KAPPA * nano * np.geomspace(1_000, 10_000, n_creators),
        macro_orders=KAPPA * macro * budget / MACRO_FEE,
        budget=budget,
    )
