"""Words of outreach trackers -> what became of a contact, as data/statuses.csv declares or a mapping says.

A mapping says what the cells of a header mean, where nobody declared it or it is something else:

    values: {Status: {Done: [accepted, posted], "Agreed, sent": [accepted], Idea: []}, Deal: {Barter: gift}}

A list names the steps that were taken, none where nobody was contacted yet; a text is read in place of the
cell.
"""

import functools
import re
import unicodedata
from collections.abc import Mapping

import pandas as pd

from nanospread.core import errors, paths
from nanospread.ingest.cells import visible

STEPS = ("contacted", "replied", "accepted", "posted")  # as they follow each other
LEVELS = {"open": 0, "contacted": 1, "replied": 2, "declined": 2, "accepted": 3, "posted": 4}
TAKEN = tuple(name for name in LEVELS if name != "open")  # open: not contacted yet; declined: after a reply
SAID = "="  # before the meaning that a mapping gives a word
LONGEST = 200  # characters of a status

Values = Mapping[
    str, Mapping[str, str]
]  # by header or column: spelling of a cell -> what is read in its place


@functools.cache
def vocabulary() -> dict[str, str]:
    """Return the plain form of each declared word, and its meaning."""
    declared = pd.read_csv(paths.DATA / "statuses.csv", dtype=str, keep_default_na=False)
    return {plain(word): meaning for word, meaning in zip(declared["word"], declared["meaning"], strict=True)}


def plain(word: str) -> str:
    """Return a status without case, marks and signs around its words; a sign alone as it is."""
    text = unicodedata.normalize("NFC", spelling(word[:LONGEST]))
    return " ".join(re.findall(r"[^\W_]+(?:\.[0-9])?", text)) or text


def spelling(cell: str) -> str:
    """Return a cell without case and odd blanks, as a mapping's cells compare with those of a file."""
    return " ".join(visible(cell).casefold().split())


def meaning(cell: str) -> str:
    """Return what a cell means: yes, no, unticked, one of LEVELS, "" where nobody says."""
    return cell.removeprefix(SAID) if cell.startswith(SAID) else vocabulary().get(plain(cell), "")


def tracks(cells: pd.Series) -> bool:
    """Return if cells are statuses of contacts: half of the words in them, or more, are declared as one."""
    words = {plain(cell) for cell in cells.unique()} - {""}
    return 2 * sum(vocabulary().get(word) in LEVELS for word in words) >= max(len(words), 1)


def values(location: str, definition: object) -> Values:
    """Return what a mapping says that cells mean, by header. Raises InputError: it cannot be that."""
    if definition is None:
        return {}
    if not isinstance(definition, Mapping) or not all(
        isinstance(meanings, Mapping) for meanings in definition.values()
    ):
        raise errors.InputError(
            f"{location}: values must be {{header: {{cell: [steps] or text}}}}, not {definition!r}"
        )
    return {
        str(header): {
            spelling(str(cell)): _replacement(f"{location}, values of {header}", str(cell), value)
            for cell, value in meanings.items()
        }
        for header, meanings in definition.items()
    }


def _replacement(location: str, cell: str, value: object) -> str:
    """Return what is read in place of a cell: a text, or the last step that a list names."""
    if isinstance(value, str | int | float) and str(value).strip():
        return str(value).strip()
    if not isinstance(value, list):
        raise errors.InputError(
            f"{location}: say what {cell!r} means: a list of {', '.join(TAKEN)} (not contacted yet: []), or "
            "a text"
        )
    for step in value:
        if step not in TAKEN:
            raise errors.unknown(f"step of {cell!r} in {location}:", str(step), TAKEN)
    if "declined" in value and {"accepted", "posted"} & {*value}:
        raise errors.InputError(f"{location}: {cell!r} is declined or accepted, not both")
    last_step = max(value, key=lambda step: (LEVELS[step], step == "declined"), default="open")
    return f"{SAID}{last_step}"


def read_as(cells: pd.Series, meanings: Mapping[str, str]) -> "pd.Series[str]":
    """Return cells, those that a mapping says the meaning of as it says."""
    return cells.map(lambda cell: meanings.get(spelling(cell), cell)).astype("str") if meanings else cells


def tells_steps(meanings: Mapping[str, str]) -> bool:
    """Return if what is said of a header's cells are steps."""
    return any(text.startswith(SAID) for text in meanings.values())
