"""Text cells in, shares of 1 out: overlaps as written, engagement rates of tools as percent or fraction."""

import re

import numpy as np
import pandas as pd

from nanospread.ingest.reading import (
    LONGEST,
    NOTHING,
    UNTOLD,
    Answer,
    CellError,
    Column,
    Told,
    by_file,
    listening,
    seen,
    typed,
)

SHARES = np.dtype("float64")
NUMBER = r"[0-9]{1,9}(?:[.,][0-9]{1,15})?"
PERCENT = rf"({NUMBER}) ?%"


@by_file
def share(text: pd.Series) -> Column:
    """Return shares [0-1] as float64, NaN where blank: 0.12 or 12%; a bare 12 may be either: neither.

    Beside a bare 12 the column may hold percent, in which 0.9 is 0.009: then no bare number but 0 is read.
    """
    cells = [seen(cell) for cell in text.unique() if len(cell) <= LONGEST]
    if any(_number(cell) > 1 for cell in cells if re.fullmatch(NUMBER, cell)):
        return typed(text, r"0|0?\.0{1,15}", _odd_doubtful_share, SHARES)
    return typed(text, r"0|1|0?\.[0-9]{1,15}|1\.0{1,15}", _odd_share, SHARES)


def _odd_doubtful_share(cell: str) -> Answer:
    bare = seen(cell[:LONGEST])
    if re.fullmatch(rf"{NUMBER}|\.[0-9]{{1,15}}", bare) and _number(bare):
        raise CellError(EITHER)
    return _odd_share(cell)


EITHER = "share or percent? write 0.12 or 12%"


def _odd_share(cell: str) -> Answer:
    bare = seen(cell[:LONGEST])
    if bare.lower() in NOTHING:
        return float("nan"), ""
    if percent := re.fullmatch(PERCENT, bare):
        return _number(percent[1]) / 100, "percent"
    if re.fullmatch(r"0,[0-9]{1,15}", bare):
        return _number(bare), "decimal comma"
    if re.fullmatch("-?" + NUMBER, bare):
        raise CellError(EITHER)
    raise CellError("no share")


def _number(text: str) -> float:
    return float(text.replace(",", "."))


# Half of the accounts of any tier engage 0.5 to 8 % of their followers (model.md D1), so that the median of a
# column is far below 0.1 where it holds fractions and above 0.5 where it holds percent.
FRACTIONS, PERCENTS = 0.1, 0.5
ALREADY = rf"(?:(?:eng|er|engagement(?: rate)?)\.?:? ?)?{PERCENT}"


@listening
def reported_er(text: pd.Series, told: Told = UNTOLD) -> Column:
    """Return the engagement rates that a tool reports as shares [0-1], NaN where unknown: no row is lost.

    A percent sign tells for its cell. Bare numbers are what `told.reported_er` says; else percent where the
    median of those above 0 in the column is 0.5 or more, fractions where it is 0.1 or less; in between,
    percent if any is above 1, and otherwise unknown.
    """
    bare = text.str.strip()
    plain = bare[bare.str.fullmatch("-?" + NUMBER)]
    scale = told.reported_er or _scale(plain.str.replace(",", ".").astype("float64"))
    why = "as the mapping says" if told.reported_er else "as the column tells"
    return typed(text, r"(?!)", lambda cell: _odd_rate(cell, scale, why), SHARES)


def _scale(numbers: "pd.Series[float]") -> str:
    """Return whether bare engagement rates are percent or fraction, "" where they do not tell."""
    positive = numbers[numbers > 0]
    if positive.empty:
        return "fraction"  # 0 is 0 in both
    middle = float(positive.median())
    if middle <= FRACTIONS:
        return "fraction"
    return "percent" if middle >= PERCENTS or (positive > 1).any() else ""


def _odd_rate(cell: str, scale: str, why: str) -> Answer:
    bare = seen(cell[:LONGEST]).lower()
    if bare in NOTHING:
        return float("nan"), ""
    if percent := re.fullmatch(ALREADY, bare):
        return _number(percent[1]) / 100, "percent"
    if not re.fullmatch(NUMBER, bare):
        return float("nan"), "no engagement rate: unknown"
    if not scale:
        return float("nan"), "percent or fraction? unknown until mapping.yaml says (reported_er: percent)"
    if scale == "percent":
        return _number(bare) / 100, f"percent, {why}"
    return _number(bare), "decimal comma" if "," in bare else ""
