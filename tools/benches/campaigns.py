"""The campaign that is measured: the bundled sample's model, and a brief with N creators on its list."""

from nanospread import brief as briefs
from nanospread import engagement, metrics, project, sources, tables
from nanospread.brief import Brief
from nanospread.engagement import EngagementModel

PAIR = ("macro", "nano_gift")
PER_CONTACT = 11.28  # money that a contact costs on average: 4 of labour, and 28 of goods in 26 of 100


def model() -> EngagementModel:
    """Return the model of the bundled sample, as the notebooks fit it."""
    validated = tables.validated(sources.folder(project.SAMPLE))
    dated = tables.dated_posts(validated, last_posts=12, last_days=None, fresh_days=3.0)
    return engagement.fit(metrics.per_post(dated), tables.roster(validated))


def plan(n_creators: int) -> Brief:
    """Return the sample's brief, its budget such that the list to contact has this many creators."""
    budget = round(n_creators * PER_CONTACT, 2)
    return briefs.changed(briefs.read("sample"), budget=budget, over_invite=1.0)
