"""A flat list of creators as discovery tools export it -> creators, never posts."""

from collections.abc import Iterator

from nanospread.ingest import headers
from nanospread.ingest.export import Export
from nanospread.ingest.formats import titled, wide
from nanospread.ingest.sheets import Sheet

NAME = "creator-list"
WHAT = "flat lists of creators (HypeAuditor-, Modash-, inBeat-like; CSV, XLSX): handle, followers, rate"
TOOL_NAMES = (  # what such lists name, in plain form, and a table of one's own hardly does
    "eng.(auth.) eng.(avg.) authenticengagement engagementrate averageengagementrate avglikes averagelikes "
    "avgcomments averagecomments audiencecredibility aqs businessaccount influencescore"
)
TOOLS = frozenset(TOOL_NAMES.split())


def recognised(export: Export) -> bool:
    """Return if a header has followers, no date of a post, and a figure that only such tools tell."""
    if export.kind == "json" or titled.recognised(export):
        return False
    return any(_fits(record) for top in export.tops if not wide.headed(top)[1] for record in top)


def _fits(record: list[str]) -> bool:
    cells = record[:500]
    return (
        any(headers.plain(cell) in TOOLS for cell in cells)
        and any(headers.means("creators", "followers", cell) for cell in cells)
        and not any(headers.means("posts", "post", cell) for cell in cells)
    )


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield each sheet as a list of creators."""
    for sheet in export.sheets():
        yield Sheet(sheet.name, sheet.records, sheet.header, "creators")
