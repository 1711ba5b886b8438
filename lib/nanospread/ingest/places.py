"""A header, and what a mapping says of it, in; the table that it fits and each column's place out.

Several columns that all mean one of ours are read as one where they agree cell by cell: `2.1K` beside 2100
agrees and 2100 is read; so do a handle and the address of its profile, a day and a time on it, a blank and
what stands beside it. Of account names and display names the account names are read.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from nanospread.core import errors
from nanospread.ingest import dates, headers, mappings, names, platforms, quantities, statuses
from nanospread.ingest.headers import ENOUGH, EXTRAS, LAST, REQUIRED, plain
from nanospread.ingest.mappings import MAPPING, ColumnSource, Entry

ACCOUNTS = ("creator", "author", "other")  # columns of account names: their cells tell them from others
KEYS = (*ACCOUNTS, "post", "comment", "order", "campaign", "code")  # columns of names and ids
ONE_ACCOUNT = ("posts", "creators")  # tables that a tool exports of one's own account, which it need not name


DRAFT = "`nanospread ingest --suggest-mapping` drafts it"
HINTS = {  # what helps where no header has a column of ours
    "creator": "of one account, `nanospread ingest --creator NAME` says whose",
    "post": "without ids, a mapping has post: {from: creator and date}",
    "posted_at": "without dates, a mapping may say one for all: posted_at: {value: 2026-11-01}, or none",
}


class NoTableError(errors.InputError):
    """A header that fits no table."""

    def __init__(self, file: str, what: str, nearest: str, lacking: Sequence[str], more: str = "") -> None:
        self.nearest = f"nearest is {nearest}, which lacks {', '.join(lacking)}"
        self.file = file
        hints = "".join(f"; {HINTS[column]}" for column in lacking if set(lacking) <= set(HINTS))
        super().__init__(
            f"{file}: its headers ({what}) fit no table; {self.nearest}{hints}{more}: name its columns in "
            f"{MAPPING} ({DRAFT}), or take the file away"
        )


@dataclass(frozen=True)
class TableMatch:
    """A table that a header fits."""

    table: str
    places: Mapping[str, Sequence[int]]  # of each column: one, or several that are to agree
    values: Mapping[str, str] = field(default_factory=dict)  # of columns that are the same in every row
    settings: Mapping[str, str] = field(default_factory=dict)  # how cells are written
    numbered: bool = False  # posts without an id, to be named after creator and date
    meanings: statuses.Values = field(default_factory=dict)  # of columns: what their cells mean

    @property
    def used(self) -> list[int]:
        """Every place in the header that is read."""
        return list(dict.fromkeys(place for places in self.places.values() for place in places))


def fit(file: str, header: Sequence[str], entry: Entry, creator: str = "", more: str = "") -> TableMatch:
    """Return the table that a header fits, and where it has each of our columns.

    A header that fits several is the one that needs most: a post with its creator's followers is a post.
    creator: whose posts they are where no column tells. more: what else the error says.

    Raises InputError: it fits none (NoTableError), the mapping names what it has not, or contact data are
    mapped to a column.
    """
    wanted = [entry.table] if entry.table else list(REQUIRED)
    found = {table: _fit(file, table, header, entry, creator) for table in wanted}
    given = {table: {*of.places, *of.values} for table, of in found.items()}
    missing = {table: headers.lacking(table, given[table]) for table in wanted}
    fitting = [table for table in wanted if not missing[table]]
    if not fitting:
        # A post's id alone points to posts, which every run needs, not to the comments on it.
        near = [table for table in wanted if table != "comments" or "text" in found[table].places] or wanted
        nearest = min(near, key=lambda table: _share_lacking(table, given[table]))
        raise NoTableError(file, _shown(header), nearest, missing[nearest], more)
    numbered = [table for table in fitting if table == "orders" and "order" in given[table]]
    # The number of an order settles a tie: an affiliate tool's orders have a creator and a status, too.
    fits = found[max([*numbered, *fitting], key=lambda table: _needed(table, given[table]))]
    for name, said in entry.values.items():
        if not any(said is of for of in fits.meanings.values()):
            raise errors.InputError(
                f"{MAPPING}, {file}: values of {name!r}: no column of {fits.table} is read from it"
            )
    return fits


def _share_lacking(table: str, found: Collection[str]) -> float:
    enough = ENOUGH.get(table, ())
    missing = len(headers.lacking(table, found)) - (bool(enough) and not {*enough} & {*found})
    return (missing + sum(column not in found for column in enough)) / len([*REQUIRED[table], *enough])


def _needed(table: str, found: Collection[str]) -> int:
    """Return how many of its needed columns a table has; one fewer where it could have more of them.

    So a list of creators with a campaign and a price for each stays a list of creators.
    """
    enough, needed = ENOUGH.get(table, ()), REQUIRED[table]
    there = sum(column in found for column in enough)
    either = {column for each in needed for column in each.split(" or ") if column in found}
    return min(len(needed), len(either)) + there - (there < len(enough))


def beside(header: Sequence[str], posts: TableMatch) -> TableMatch | None:
    """Return the follower counts that stand beside posts or contacts, None where none do."""
    free = [(at, plain(name)) for at, name in enumerate(header) if at not in posts.used]
    found = {
        column: places
        for column in ("as_of", "followers", "following", "niche")
        if (places := _declared_places("creators", column, header, free))
    }
    if "followers" not in found:
        return None
    told = {"creator": "creator", "platform": "platform", "link": "permalink", "as_of": "read_at"}
    owner = {column: posts.places[of] for column, of in told.items() if of in posts.places}
    values = {"creator": posts.values["creator"]} if "creator" in posts.values else {}
    return TableMatch("creators", {**owner, **found}, values, posts.settings)


def tracker(header: Sequence[str], creators: TableMatch) -> TableMatch | None:
    """Return the contacts that a list of creators may track with a status, None where it has none."""
    free = [(at, plain(name)) for at, name in enumerate(header) if at not in creators.used]
    ours = [column for column in headers.declared("outreach") if column != "creator"]
    found = {column: at for column in ours if (at := _declared_places("outreach", column, header, free))}
    owner = {name: creators.places[name] for name in ("creator", "platform") if name in creators.places}
    told = {"creator", "status"} <= {*owner, *found}
    return TableMatch("outreach", {**owner, **found}, {}, creators.settings) if told else None


def names_accounts(fit: TableMatch, cells: Sequence[str], known: Collection[str]) -> bool:
    """Return if a record has names of columns where a table has accounts and ids, and no figures.

    known: every name of a column, in plain form.
    """
    keys = [at for column in KEYS for at in fit.places.get(column, ())]
    if not keys or any(at >= len(cells) or plain(cells[at]) not in known for at in keys):
        return False
    names = {plain(cell) for cell in cells}
    figures = any(any(map(str.isdigit, name)) for name in names if name not in known)
    return len(names.intersection(known)) > 1 and not figures


def own_names(fit: TableMatch, cells: Sequence[str]) -> int:
    """Return how many columns of a table have a name of theirs as their cell."""
    return sum(
        any(at < len(cells) and headers.means(fit.table, column, cells[at]) for at in of)
        for column, of in fit.places.items()
    )


def moved(top: Sequence[TableMatch], further_down: Sequence[TableMatch]) -> dict[int, int | None] | None:
    """Return for each place that is read where a header further down has it; None where it lacks the column.

    None at all where it has several columns for one here, which only cells tell apart.
    """
    now = {fit.table: fit.places for fit in further_down}
    moves: dict[int, int | None] = {}
    for fit in top:
        if fit.table not in now and fit.table != "creators":
            return None
        for column, of in fit.places.items():
            positions = now.get(fit.table, {}).get(column, ())
            if len(positions) > 1:
                return None
            for place in of:
                to = positions[0] if positions else None
                if moves.setdefault(place, to) != to and fit.table in now:
                    return None
    return moves


def _shown(header: Sequence[str]) -> str:
    """Return the names of a header on one line, cut where it goes on and on."""
    names = ", ".join(" ".join(name[:300].split()) for name in header[:300])
    shown = "".join(mark if mark.isprintable() else "\ufffd" for mark in names[:300])
    return shown if len(names) <= 300 else f"{shown} ..."


def _fit(file: str, table: str, header: Sequence[str], entry: Entry, creator: str) -> TableMatch:
    """Return where the header has each column: as the mapping says, by its exact name, or as declared."""
    mapped = {
        column: _mapped(file, column, header, source)
        for column, source in entry.columns.items()
        if source.value is None and not source.origin
    }
    described = {
        name: _mapped(file, "values", header, ColumnSource(header=name))
        for name in entry.values
        if name not in headers.ours() or plain(name) in map(plain, header)
    }
    for name, places in described.items():
        if table == "outreach" and statuses.tells_steps(entry.values[name]) and places not in mapped.values():
            mapped.setdefault("status", places)
    _check_shared(file, header, mapped)
    ours = headers.declared(table)
    values = {c: of.value for c, of in entry.columns.items() if of.value is not None and c in ours}
    numbered = any(source.origin == mappings.NAMED for source in entry.columns.values()) and "post" in ours
    if numbered:
        values["post"] = ""
    taken = {place for places in mapped.values() for place in places}
    found = {column: places for column, places in mapped.items() if column in ours}
    free = [(at, plain(name)) for at, name in enumerate(header) if at not in taken]
    for column in ours:
        places = _declared_places(table, column, header, free)
        if places and column not in found and column not in values:
            found[column] = places
    links = [at for at, name in free if name in LAST["creators", "creator"]]
    if table == "creators" and "link" not in found and links:
        found["link"] = links[:1]  # which tells the platform
    if table == "posts" and "post" not in found and "permalink" in found and not numbered:
        found["post"] = found["permalink"]  # an address tells its post
    if creator and table in ONE_ACCOUNT and not {"creator"} & {*found, *values} and not _hinted(free):
        values["creator"] = creator
    meanings = {
        column: said
        for name, said in entry.values.items()
        for column, at in found.items()
        if {*described.get(name, ())} & {*at} or (column == name and name not in described)
    }
    platform = platforms.of_header(header)
    settings = {**({"platform": platform} if platform else {}), **entry.settings}
    return TableMatch(table, found, values, settings, numbered, meanings)


def _hinted(free: Sequence[tuple[int, str]]) -> bool:
    """Return if a header may well name accounts, in words that are read only where asked."""
    return not headers.words("creator").isdisjoint(name for _, name in free)


def _declared_places(
    table: str, column: str, header: Sequence[str], free: Sequence[tuple[int, str]]
) -> list[int]:
    """Return where a header has the declared names of a column: more than one where cells must tell."""
    synonyms = headers.declared(table)[column]
    declared = [(at, name) for at, name in free if name in synonyms]
    last = LAST.get((table, column), ())
    places = [at for at, name in declared if name not in last]
    if column in ACCOUNTS:
        return places + [at for at, name in declared if name in last]
    places = places or [at for at, _ in declared][:1]
    if column in EXTRAS.get(table, ()):
        places = sorted(places, key=lambda at: synonyms.index(plain(header[at])))[:1]
    return [at for at in places if plain(header[at]) == plain(column)] or places


def _check_shared(file: str, header: Sequence[str], mapped: Mapping[str, Sequence[int]]) -> None:
    """Raise InputError where one header is mapped to two columns."""
    first: dict[int, str] = {}
    for column, places in mapped.items():
        for place in places:
            if place in first:
                raise errors.InputError(
                    f"{MAPPING}, {file}: header {header[place]!r} is given to both {first[place]!r} and "
                    f"{column!r}: one column each"
                )
            first[place] = column


def _mapped(file: str, column: str, header: Sequence[str], source: ColumnSource) -> list[int]:
    """Return the places of a header, or a position, that a mapping says: several of one name."""
    if source.position > len(header):
        raise errors.InputError(
            f"{MAPPING}, {file}: position of {column} is {source.position}; there are {len(header):,} columns"
        )
    places = [source.position - 1] if source.position else []
    places = places or [at for at, given in enumerate(header) if given == source.header]
    places = places or [at for at, given in enumerate(header) if plain(given) == plain(source.header)]
    if not places:
        known = [" ".join(given.split()) for given in header]
        raise errors.unknown(f"header for {column} in {MAPPING}, {file}:", source.header, known)
    if headers.contact(header[places[0]]):
        raise errors.InputError(
            f"{MAPPING}, {file}: header {header[places[0]]!r} holds contact data, which no column may hold; "
            "keep them by asking for contacts"
        )
    return places


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
    shares = {place: _share_of(texts[place], ACCOUNT) for place in places}
    if max(shares.values()) >= MOSTLY:
        places = [place for place in places if shares[place] > HARDLY]
    last = LAST.get((table, column), ())
    places = [at for at in places if plain(header[at]) not in last] or places
    return [at for at in places if plain(header[at]) == plain(column)] or places


class DifferError(errors.InputError):
    """Headers of one meaning over columns that differ."""


def _share_of(cells: pd.Series, shape: str) -> float:
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
    bare = [text.str.strip().str.casefold().str.removeprefix("@") for text in (one, other)]
    apart = (bare[0] != bare[1]) & (bare[0] != "") & (bare[1] != "")
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
