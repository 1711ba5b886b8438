"""Outreach trackers -> the draft of what each word of their status means; what nobody declared is asked."""

from collections.abc import Sequence

import pandas as pd

from nanospread.ingest.mappings import quoted
from nanospread.ingest.sheets import RawFile
from nanospread.ingest.statuses import LEVELS, LONGEST, TAKEN, meaning, plain

MOST = 40  # words: a column of more is no status
ASKED = f"{', '.join(TAKEN)}; []: not contacted yet"


def drafted(name: str, raws: Sequence[RawFile]) -> list[str]:
    """Return an entry of mapping.yaml where trackers of one file have words that nobody declared."""
    for raw in raws:
        if raw.table == "outreach" and "status" in raw.rows and (lines := values(raw.rows["status"])):
            return ["\n".join([f"{quoted(name)}:", *lines]) + "\n"]
    return []


def values(cells: pd.Series, header: str = "status") -> list[str]:
    """Return the lines of `values` for a column of statuses, none where every word is declared."""
    words = cells.str.strip()
    counts = words[(words != "") & (words.str.len() <= LONGEST)].value_counts()
    known = {word: meaning(word) for word in counts.index}
    if len(known) > MOST or all(plain(word) and of in LEVELS for word, of in known.items()):
        return []
    name = quoted(header) if header != "status" else header
    lines = [_line(word, of, int(counts[word])) for word, of in known.items()]
    return ["  values:", f"    {name}:  # each word: {ASKED}", *lines]


def _line(word: str, of: str, rows: int) -> str:
    """Return the line of a word: its meaning, or the question."""
    said = "[]" if of == "open" else f"[{of}]" if of in LEVELS else ""
    why = f"{rows:,} rows" if rows > 1 else "1 row"
    asked = "" if said else ": which steps? Say them"
    return f"      {quoted(word)}: {said}".rstrip() + f"  # {why}{asked}"
