"""Columns of a file that all mean one of ours -> that one, where they agree cell by cell.

`2.1K` beside 2100 agrees and 2100 is read; so do a handle and the address of its profile, a day and a time on
it, a blank and what stands beside it. Of account names and display names the account names are read.
"""

import re
from collections.abc import Sequence

import pandas as pd

from nanospread.core.errors import InputError
from nanospread.ingest import dates, headers, names, quantities
from nanospread.ingest.mappings import MAPPING
from nanospread.ingest.places import ACCOUNTS

ACCOUNT = rf"@[A-Za-z0-9._]{{1,30}}|[a-z0-9._]{{1,30}}|{names.PROFILE}"
MOSTLY, HARDLY = 0.9, 0.5  # shares of the filled cells of a column that is of accounts, or is not
SHORTHAND = re.compile(quantities.SHORT, re.IGNORECASE)


def contenders(table: str, column: str, header: Sequence[str], texts: pd.DataFrame) -> list[int]:
    """Return the places that a column of ours is read from: all, or of accounts those that hold accounts.

    texts: a column for each place, in the order of the header.
    """
    places = [int(place) for place in texts.columns]
    if column not in ACCOUNTS:
        return places
    shares = {place: _share(texts[place], ACCOUNT) for place in places}
    if max(shares.values()) >= MOSTLY:
        places = [place for place in places if shares[place] > HARDLY]
    last = headers.LAST.get((table, column), ())
    places = [at for at in places if headers.plain(header[at]) not in last] or places
    return [at for at in places if headers.plain(header[at]) == headers.plain(column)] or places


class DifferError(InputError):
    """Headers of one meaning over columns that differ."""


def _share(cells: pd.Series, shape: str) -> float:
    filled = cells.str.strip()
    filled = filled[filled != ""]
    return float(filled.str.fullmatch(shape).mean()) if len(filled) else 0.0


def merged(file: str, column: str, header: Sequence[str], texts: pd.DataFrame) -> pd.Series:
    """Return one column of several, by lines. texts: a column for each place, the preferred one first.

    Raises InputError: they differ.
    """
    first, *others = [int(place) for place in texts.columns]
    kept = texts[first]
    for place in others:
        kept, differing = _together(kept, texts[place])
        if len(differing):
            raise _differ(file, column, header, (first, place), texts, int(differing[0]))
    return kept


def _differ(
    file: str, column: str, header: Sequence[str], places: tuple[int, int], texts: pd.DataFrame, line: int
) -> DifferError:
    one, other = (f"{header[place]!r} (column {place + 1})" for place in places)
    cells = " and ".join(repr(str(texts.at[line, place])[:40]) for place in places)
    return DifferError(
        f"{file}: headers {one} and {other} both mean {column!r}, but differ: {cells} on line {line:,}; name "
        f"the right one in {MAPPING}, as by its position: columns: "
        f"{{{column}: {{position: {places[0] + 1}}}}}"
    )


def _together(one: pd.Series, other: pd.Series) -> tuple[pd.Series, pd.Index]:
    """Return two columns as one, the more exact cell of each two, and the lines on which they differ."""
    kept = one.where(one.str.strip() != "", other)
    plain = [text.str.strip().str.casefold().str.removeprefix("@") for text in (one, other)]
    apart = (plain[0] != plain[1]) & (plain[0] != "") & (plain[1] != "")
    for agreed in (_counts, _moments, _names):
        if not apart.any():
            break
        agree, finer = agreed(one[apart], other[apart])
        kept = kept.mask(finer.reindex(kept.index, fill_value=False), other)
        apart &= ~agree.reindex(apart.index, fill_value=False)
    return kept, apart.index[apart]


Agreed = tuple["pd.Series[bool]", "pd.Series[bool]"]  # where two columns agree, and the second is finer


def _counts(one: pd.Series, other: pd.Series) -> Agreed:
    values = [quantities.extra_count(text).values.astype("Float64") for text in (one, other)]
    units = [text.map(_unit) for text in (one, other)]
    wider = pd.concat(units, axis=1).max(axis=1)
    agree = ((values[0] - values[1]).abs() <= wider).fillna(False).astype(bool)
    return agree, agree & (units[1] < units[0])


def _unit(cell: str) -> float:
    """Return what a count was rounded to: 100 of 2.1K, 0 of one that was not."""
    short = SHORTHAND.fullmatch(cell.strip())
    return 10.0 ** (quantities.ZEROS[short[4].lower()] - len(short[3] or "")) if short else 0.0


def _moments(one: pd.Series, other: pd.Series) -> Agreed:
    when = [dates.moment(text).values for text in (one, other)]
    days = [moment.dt.normalize() for moment in when]
    whole = [moment == day for moment, day in zip(when, days, strict=True)]
    agree = (when[0] == when[1]) | ((days[0] == days[1]) & (whole[0] | whole[1]))
    return agree, agree & whole[0] & ~whole[1]


def _names(one: pd.Series, other: pd.Series) -> Agreed:
    same = pd.Series(False, index=one.index)
    for read in (names.handle, names.identity):
        first, second = (read(text).values for text in (one, other))
        same |= (first == second) & (first != "")
    return same, pd.Series(False, index=one.index)
