"""The bundled sample as tests of the steps need it: validated and fitted once in a process, never changed."""

from functools import cache

from nanospread.core import paths
from nanospread.creators import engagement, metrics
from nanospread.ingest import sources, tables


@cache
def validated() -> tables.Tables:
    """Return the sample's validated tables."""
    return tables.validated(sources.folder(paths.SAMPLE))


@cache
def fitted() -> engagement.EngagementModel:
    """Return the engagement model of the sample's posts in the usual window."""
    return engagement.fit(metrics.per_post(tables.dated_posts(validated())), tables.roster(validated()))
