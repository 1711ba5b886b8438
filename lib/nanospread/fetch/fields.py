"""data/graph_fields.csv -> the fields and metrics to ask a version for on a day: what retired is never asked.

A row is a field of a node of the API: `profile`, `media` of one's own, media `discovered` of others, and the
metrics of `insights` with the media product types that they fit. One unfit metric fails a whole call. A new
version may drop a field at once, and months later a day ends it in all: an old version protects nobody.
"""

import functools
from dataclasses import dataclass

from nanospread.core import files, paths

COLUMNS = ("node", "name", "fits", "needed", "since", "until", "first", "last", "source")


@dataclass(frozen=True)
class Field:
    """A field or metric. needed: without it an answer is worth nothing.

    since, until: days. first, last: versions. Each is "" where none is known. source: who says so.
    """

    node: str
    name: str
    fits: tuple[str, ...]
    needed: bool
    since: str
    until: str
    first: str
    last: str
    source: str

    def given(self, day: str, version: str) -> bool:
        """Return if a version of the API (v26.0) has it on a day (ISO)."""
        asked = _number(version)
        known = _number(self.first or version) <= asked <= _number(self.last or version)
        return known and self.since <= day and not (self.until and self.until <= day)


def _number(version: str) -> float:
    return float(version.removeprefix("v"))


@functools.cache
def table() -> tuple[Field, ...]:
    """Return every declared field."""
    rows = files.reference_rows(paths.DATA / "graph_fields.csv", COLUMNS)
    return tuple(
        Field(**{**row, "fits": tuple(row["fits"].split()), "needed": row["needed"] == "yes"})  # type: ignore[arg-type]
        for _, row in rows
    )


def of(node: str) -> tuple[Field, ...]:
    """Return every declared field of a node, of whatever version and day."""
    return tuple(each for each in table() if each.node == node)


def names(node: str, day: str, version: str, *, needed: bool = False) -> tuple[str, ...]:
    """Return the fields of a node, of a version on a day; needed: only the needed ones."""
    wanted = (each for each in of(node) if each.needed >= needed)
    return tuple(each.name for each in wanted if each.given(day, version))


def metrics(product_type: str, day: str, version: str) -> tuple[str, ...]:
    """Return the metrics of a version that fit a media product type (FEED, REELS, STORY) on a day."""
    fitting = (each for each in of("insights") if product_type in each.fits)
    return tuple(each.name for each in fitting if each.given(day, version))
