"""Outreach log + brief -> how many creators to contact, what to offer, how long it takes, what it costs.

Every rate is that of the next campaign, with an 80 % interval: campaigns differ, and a log of few of them
tells little about the next. Rates and shares are 0-1, money is in the brief's currency. Without a log the
brief's assumptions speak, and every result says which of the two it rests on.

- rates: trials of campaigns -> the next campaign's rate
- outreach: the log -> trials, and days until an answer, a parcel or a post
- funnel: each stage with its rate, and how long content takes
- offers: what a live post costs as a gift or for a fee
- needed: contacts for enough posts by a date; creators who write first
- ambassadors: who stays in a programme, and what a place in it costs and is worth
"""

from nanospread.campaign.recruitment.ambassadors import (
    MOST_PERIODS,
    PERIOD_WEEKS,
    PERIODS,
    AmbassadorTerms,
    AmbassadorValue,
    Retention,
    ambassador_terms,
    cohorts,
    expected_posts,
    kaplan_meier,
    place,
    retention,
    retention_curve,
    tenures,
)
from nanospread.campaign.recruitment.funnel import (
    POSTED,
    Funnel,
    TimeToPost,
    funnel,
    measured,
    time_to_content,
)
from nanospread.campaign.recruitment.needed import (
    LONGEST,
    InboundCreators,
    RequiredContacts,
    as_is,
    inbound,
    needed,
    needed_curve,
)
from nanospread.campaign.recruitment.offers import Offers, Range, cost_per_post, offer_map, offers
from nanospread.campaign.recruitment.outreach import with_offers
from nanospread.campaign.recruitment.rates import ENOUGH, Rate, Trials, next_rate

__all__ = [
    "ENOUGH", "LONGEST", "MOST_PERIODS", "PERIODS", "PERIOD_WEEKS", "POSTED", "AmbassadorTerms",
    "AmbassadorValue", "Funnel", "InboundCreators", "Offers", "Range", "Rate", "RequiredContacts",
    "Retention", "TimeToPost", "Trials", "ambassador_terms", "as_is", "cohorts", "cost_per_post",
    "expected_posts", "funnel", "inbound", "kaplan_meier", "measured", "needed", "needed_curve", "next_rate",
    "offer_map", "offers", "place", "retention", "retention_curve", "tenures", "time_to_content",
    "with_offers",
]  # fmt: skip
