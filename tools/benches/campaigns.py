"""The campaign that is measured: the bundled sample's model, and a brief with N creators on its list."""

import nanospread as ns
from nanospread.campaign.brief import Brief
from nanospread.creators.engagement import EngagementModel

PAIR = ("macro", "nano_gift")
PER_CONTACT = 11.28  # money that a contact costs on average: 4 of labour, and 28 of goods in 26 of 100


def model() -> EngagementModel:
    """Return the model of the bundled sample, as the notebooks fit it."""
    return ns.open().engagement


def study(n_creators: int) -> ns.Study:
    """Return the sample's study, its budget such that the list to contact has this many creators."""
    budget = round(n_creators * PER_CONTACT, 2)
    return ns.open(budget=budget, over_invite=1.0)


def plan(n_creators: int) -> Brief:
    """Return the brief of `study`, as its owner wrote it."""
    return study(n_creators).asked
