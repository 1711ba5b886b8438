"""The campaign that is measured: the bundled sample's model, and a brief with N creators on its list."""

from nanospread.campaign import brief as briefs
from nanospread.campaign.brief import Brief
from nanospread.core import paths
from nanospread.creators import engagement, metrics
from nanospread.creators.engagement import EngagementModel
from nanospread.ingest import sources, tables

PAIR = ("macro", "nano_gift")
PER_CONTACT = 11.28  # money that a contact costs on average: 4 of labour, and 28 of goods in 26 of 100


def model() -> EngagementModel:
    """Return the model of the bundled sample, as the notebooks fit it."""
    validated = tables.validated(sources.folder(paths.SAMPLE))
    dated = tables.dated_posts(validated, last_posts=12, last_days=None, fresh_days=3.0)
    return engagement.fit(metrics.per_post(dated), tables.roster(validated))


def plan(n_creators: int) -> Brief:
    """Return the sample's brief, its budget such that the list to contact has this many creators."""
    budget = round(n_creators * PER_CONTACT, 2)
    return briefs.changed(briefs.read("sample"), budget=budget, over_invite=1.0)
