"""data/graph_fields.csv -> the fields and metrics that are asked for on a day: what retired is never asked.

A row is a field of a node of the API: `profile`, `media` of one's own, media `discovered` of others, and the
metrics of `insights` with the media product types that they fit. One unfit metric fails a whole call. Days
are those on which the API changed; changes mostly apply to all of its versions, so no version is told.
"""

import functools
from dataclasses import dataclass

from nanospread.core import files, paths

COLUMNS = ("node", "name", "fits", "needed", "since", "until")


@dataclass(frozen=True)
class Field:
    """A field or metric. needed: without it an answer is worth nothing. since, until: days, "" for none."""

    node: str
    name: str
    fits: tuple[str, ...]
    needed: bool
    since: str
    until: str

    def given(self, day: str) -> bool:
        """Return if the API has it on a day (ISO)."""
        return self.since <= day and not (self.until and self.until <= day)


@functools.cache
def table() -> tuple[Field, ...]:
    """Return every declared field."""
    rows = files.reference_rows(paths.DATA / "graph_fields.csv", COLUMNS)
    return tuple(
        Field(**{**row, "fits": tuple(row["fits"].split()), "needed": row["needed"] == "yes"})  # type: ignore[arg-type]
        for _, row in rows
    )


def names(node: str, day: str, *, needed: bool = False) -> tuple[str, ...]:
    """Return the fields of a node on a day; needed: only those without which it is worth nothing."""
    return tuple(
        each.name for each in table() if each.node == node and each.given(day) and each.needed >= needed
    )


def metrics(product_type: str, day: str) -> tuple[str, ...]:
    """Return the metrics that fit a media product type (FEED, REELS, STORY) on a day."""
    fitting = (each for each in table() if each.node == "insights" and product_type in each.fits)
    return tuple(each.name for each in fitting if each.given(day))
