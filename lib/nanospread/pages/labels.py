"""Names -> what a reader sees: label, unit, number format and explanation, from data/labels.csv.

A name is that of a column, option, measure, assumption or term. What a column holds may be names too
(format `name`): a value is then looked up as `column.value`, and as `value`.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from nanospread.core import paths
from nanospread.core.files import reference_rows
from nanospread.core.formatting import count, hundredths, percent, significant

TABLE = paths.DATA / "labels.csv"
MACHINE = re.compile("[a-z]+_[a-z0-9_]+")
MIX = re.compile(r"mix_[\d.]+")  # with the macro's share of the budget in percent


class Label(NamedTuple):
    """One row of the table; all but name and label may be empty."""

    name: str
    label: str
    unit: str
    format: str
    explanation: str


@cache
def labels() -> dict[str, Label]:
    """Return the row of each name."""
    return {row["name"]: Label(**row) for _, row in reference_rows(TABLE, Label._fields)}


def label(name: object) -> str:
    """Return a name as a reader sees it. Raises: KeyError for one that the table lacks."""
    if MIX.fullmatch(str(name)) and str(name) not in labels():
        return f"{str(name).removeprefix('mix_')}% on the macro"
    return labels()[str(name)].label


def heading(column: object) -> str:
    """Return what stands over a column: its label, or words as they are.

    Raises: KeyError for a machine name such as p_loss that the table lacks.
    """
    name = str(column)
    return label(name) if name in labels() or MACHINE.fullmatch(name) else name


def writer(column: object) -> Callable[[Any], str] | None:
    """Return how the table says that a column's values are written; None where it does not."""
    row = labels().get(str(column))
    if row is None or not row.format:
        return None
    return partial(inside, row.name) if row.format == "name" else partial(_number, FORMATS[row.format])


def _number(write: Callable[[Any], str], value: Any) -> str:
    """Return a number as its format writes it; what is no number as it is."""
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return write(value) if number else str(value)


def inside(column: str, value: object) -> str:
    """Return a value of a column that holds names as a reader sees it: its label, or as it is."""
    for name in (f"{column}.{value}", str(value)):
        if name in labels() or MIX.fullmatch(name):
            return label(name)
    return str(value)


FORMATS: Mapping[str, Callable[[Any], str]] = {
    "percent": percent,
    "of_100": hundredths,  # the heading says of what
    "count": count,
    "two": significant,
    "three": lambda number: significant(number, 3),
    "plain": lambda number: f"{number:.0f}" if isinstance(number, float) else str(number),  # a seed, a year
}
