"""Cells of outreach trackers in, steps of the funnel out: ticks, yes and no, and words of a status.

A step implies those before it; a box that is not
ticked is no step, unless a later one is. What a word that nobody declared means is asked, never guessed.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import pandas as pd

from nanospread.ingest.cells import BOOLEANS, NOTHING, TEXT, Answer, CellError, Column, listed, visible
from nanospread.ingest.names import MONTH
from nanospread.ingest.sheets import RawFile, by_row, numbers_by_row
from nanospread.ingest.statuses import LEVELS, LONGEST, STEPS, meaning, plain, vocabulary

Reasons = dict[str, "pd.Series[str]"]
FLAGS = STEPS[1:]  # which a log without a status has
MEANINGS = tuple(LEVELS)  # of a status
DATES = {"contacted": "contacted_at", "replied": "replied_at", "posted": "posted_at"}
OWN_WORD = "?"  # a status that nobody declared
UNDECLARED = "a status of unknown meaning: say it in mapping.yaml (values)"
BESIDE = "a status of unknown meaning: its steps count"
NO_STATUS = "neither a status nor a step: what became of it is not known"
NO_CONTACT = "neither a date of contact nor an answer"
NOT_CONTACTED = "not contacted yet: no contact"
UNDATED = "no date of contact: counted where none is needed"
TO_COME = frozenset(("tbd", "tba", "tbc", "?", "pending", "waiting", "awaiting", "in progress"))
ADDRESS = r"https?://\S+|(?:www\.)?instagram\.com/\S+"
WORD, YEAR = r"[^\W\d]{3,12}\.?", "[0-9]{4}"  # any word is a month's where a year stands beside it
DATE = (
    rf"[0-9]{{1,4}}[-./][0-9]{{1,2}}[-./][0-9]{{1,4}}.*|[0-9]{{1,2}}\.?[ -](?:{MONTH}\.?|{WORD}[ -]{YEAR})"
    rf"|{WORD} [0-9]{{1,2}},? {YEAR}"
)


def status(text: pd.Series) -> Column:
    """Return what each status means, one of MEANINGS; "" where blank, OWN_WORD where nobody declared it."""
    return listed(text, _odd_status, TEXT)


def _odd_status(cell: str) -> Answer:
    if visible(cell[:LONGEST]).lower() in NOTHING:
        return "", ""
    word_meaning = meaning(cell)
    return (word_meaning if word_meaning in MEANINGS else OWN_WORD), ""


def step(text: pd.Series, name: str) -> Column:
    """Return if a step was taken, NA where blank or not ticked.

    A tick, yes or no tells it, and so do a date, an address or the word of a status.
    """
    return listed(text, lambda cell: _odd_step(cell, name), BOOLEANS)


contacted, replied, accepted, posted = (partial(step, name=name) for name in STEPS)


def _odd_step(cell: str, name: str) -> Answer:
    text, word_meaning = visible(cell[:LONGEST]).lower(), meaning(cell)
    if text in NOTHING or text in TO_COME or word_meaning == "unticked":
        return pd.NA, ""
    if word_meaning in ("yes", "no"):
        return word_meaning == "yes", ""
    if word_meaning in LEVELS:
        return LEVELS[word_meaning] > STEPS.index(name), ""
    if re.fullmatch(f"{ADDRESS}|{DATE}", text):
        return True, ""
    raise CellError("neither yes nor no")


def dated(
    columns: Mapping[str, Column], text: pd.DataFrame, reader: Callable[[pd.Series], Column]
) -> dict[str, Column]:
    """Return the columns of dates with those that stand where a tick might, where they have none.

    reader: cells -> moments, as the files write them. One that cannot be read is unknown, which is told.
    """
    filled = {}
    for name, date_column in DATES.items():
        cells = text[name].where(text[name].str.strip().str.lower().str.fullmatch(DATE), "")
        if (cells == "").all():
            continue
        column, tick_dates = columns[date_column], reader(cells)
        blank = column.values.isna() & ~column.values.index.isin(column.refused.index)
        why = pd.concat([tick_dates.repaired, tick_dates.refused + ": unknown"])
        repaired = pd.concat([column.repaired, why[blank[why.index]]])
        filled[date_column] = replace(
            column, values=column.values.fillna(tick_dates.values), repaired=repaired
        )
    return filled


def tracked(files: Sequence[RawFile]) -> "pd.Series[bool]":
    """Return which rows are of a file with ticks or a status, where a blank is a step that was not taken."""
    return by_row(files, [_has_ticks(file) for file in files], "bool")


def _has_ticks(file: RawFile) -> bool:
    if "status" in file.rows or "contacted" in file.rows:
        return True
    cells = {cell for name in FLAGS if name in file.rows for cell in file.rows[name].unique()}
    signs = {cell for cell in map(plain, cells) if cell == "x" or not any(map(str.isalnum, cell))}
    return any(vocabulary().get(sign) in ("yes", "no", "unticked") for sign in signs)


def implied(rows: pd.DataFrame, of_tracker: "pd.Series[bool]") -> pd.DataFrame:
    """Return outreach with the steps that a later one, a date or the status implies.

    of_tracker: rows of trackers, in which the furthest step that anything tells counts, whatever box
    before it was left empty or false; one that nothing tells was not taken.
    """
    level, later = rows["status"].map(LEVELS), pd.Series(False, index=rows.index)
    flags = {}
    for at, name in reversed(list(enumerate(STEPS))):
        has_date = rows[DATES[name]].notna() if name in DATES else later
        later = (rows[name] | (level > at) | later | has_date).fillna(False).astype(bool)
        flag = rows[name].mask(later & of_tracker, True)
        flags[name] = flag.mask(flag.isna() & of_tracker, False)
    return rows.assign(**flags)


def untold(rows: pd.DataFrame, files: Sequence[RawFile]) -> Reasons:
    """Return the reasons against rows without a contact, or without what became of it; rows: as `implied`."""
    has_all_flags = by_row(files, [all(name in file.rows for name in FLAGS) for file in files], "bool")
    has_contact = rows["contacted_at"].notna() | rows["inbound"].fillna(False).astype(bool)
    has_step = rows[list(FLAGS)].fillna(False).any(axis=1) | has_contact
    not_contacted, was_contacted = (
        (rows["contacted"] == flag).fillna(False).astype(bool) for flag in (False, True)
    )
    why = pd.Series("", index=rows.index, dtype="str").mask(not_contacted & ~has_contact, NOT_CONTACTED)
    why = why.mask((rows["status"] == "") & ~has_all_flags & ~was_contacted & ~has_step, NO_STATUS)
    why = why.mask((rows["status"] == OWN_WORD) & ~has_all_flags, UNDECLARED)
    silent = rows.index[~not_contacted & ~was_contacted & ~has_step & (why == "")]
    return {"status": why[why != ""], "contacted_at": pd.Series(NO_CONTACT, index=silent, dtype="str")}


def doubted(rows: pd.DataFrame, files: Sequence[RawFile]) -> Reasons:
    """Return what must be said of good rows: a status that nobody knows, no date in a file of dates."""
    file = numbers_by_row(files).loc[rows.index]
    dated = rows["contacted_at"].notna().groupby(file).transform("any")
    return {
        "status": pd.Series(BESIDE, index=rows.index[rows["status"] == OWN_WORD], dtype="str"),
        "contacted_at": pd.Series(
            UNDATED, index=rows.index[rows["contacted_at"].isna() & dated], dtype="str"
        ),
    }
