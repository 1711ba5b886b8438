"""Names of beliefs -> what a reader sees, from data/labels.csv."""

from functools import cache

from nanospread.core import paths
from nanospread.core.files import reference_rows

TABLE, COLUMNS = paths.DATA / "labels.csv", ("name", "label")


@cache
def labels() -> dict[str, str]:
    """Return the label of each name."""
    return {row["name"]: row["label"] for _, row in reference_rows(TABLE, COLUMNS)}


def label(name: object) -> str:
    """Return a name as a reader sees it. Raises: KeyError for one that the table lacks."""
    return labels()[str(name)]
