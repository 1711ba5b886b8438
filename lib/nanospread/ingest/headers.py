"""The vocabulary of headers: which names tools use for each of our columns, and what each table needs.

data/columns.csv declares the names; data/contacts.csv those of contact data, which are read only where asked
for; data/words.csv those that a draft takes for a hint, and words of rows that are no rows.
"""

import functools
import re
from collections.abc import Collection, Iterable, Mapping

import pandas as pd

from nanospread.core import paths

# A file holds a table when all of these can be found in its header, of `one or other` either; the other
# columns may be absent.
REQUIRED = {
    "creators": ("creator", "followers"),
    "posts": ("post", "creator", "posted_at", "likes", "comments"),
    "outreach": (
        *("creator", "contacted_at or contacted or status"),
        *("replied or status", "accepted or status", "posted or status"),
    ),
    "results": ("campaign", "creator"),
    "comments": ("comment", "post", "author", "text"),
    "ambassadors": ("creator", "joined_at"),
    "overlaps": ("creator", "other", "overlap"),
    "lift_tests": ("campaign", "side", "incremental_orders", "se"),
    "orders": ("order or orders", "value"),
    "codes": ("code", "creator"),
}

# Of these one is enough, beside the required ones.
ENOUGH = {"results": ("cost", "reach", "clicks", "orders", "revenue")}

# Columns that no conclusion stands on alone. Tools name some of them twice (views and plays, caption and
# description): the header that columns.csv declares first is read, the other is listed among the ignored.
EXTRAS = {
    "creators": ("following", "reported_er", "platform", "link"),
    "posts": (
        *("saves", "shares", "reach", "views", "impressions", "replies", "caption", "permalink"),
        *("platform", "read_at"),
    ),
    "outreach": ("platform",),
    "results": (
        *("period", "posted_at", "as_of", "story_reach", "impressions", "refunded", "discount", "tracking"),
        "platform",
    ),
    "lift_tests": ("from", "to", "source"),
    "orders": (
        *("shop_id", "ordered_at", "orders", "currency", "refunded", "discount", "commission", "state"),
        *("code", "link"),
        *("utm_source", "utm_medium", "utm_campaign", "utm_content", "creator", "tool", "shop", "from", "to"),
    ),
    "codes": ("kind", "campaign", "from", "to"),
}

# Columns that are found by their own names, and never drafted.
KNOWN_ONLY = {
    "creators": ("link", "platform"),
    "posts": ("platform", "read_at"),
    "outreach": ("platform",),
    "results": ("platform",),
}

# Names that mean a column only where no other header does.
LAST = {
    ("posts", "posted_at"): ("date", "datum", "data", "fecha"),
    ("posts", "creator"): (
        *("accountname", "sidnamn", "nomedaconta", "nombredelacuenta", "nomducompte"),
        *("nomedell'account", "nomedell’account"),
    ),
    ("posts", "likes"): ("reactions", "reaktioner"),  # of page tools, with likes among them
    ("posts", "comments"): ("edgemediatoparentcomment.count",),
    ("orders", "order"): ("id",),
    ("creators", "creator"): (
        *("profileurl", "profilelink", "instagramurl", "instagramlink", "profil"),
        *("accountname", "influencername", "profilename", "channel"),
    ),
}


@functools.cache
def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(paths.DATA / f"{name}.csv", dtype=str, keep_default_na=False)


@functools.cache
def _synonyms() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return table -> column -> the plain forms of its declared headers, in the order of data/columns.csv."""
    return {
        str(table): {
            str(column): tuple(dict.fromkeys(map(plain, rows["header"])))
            for column, rows in group.groupby("column", sort=False)
        }
        for table, group in _read("columns").groupby("table", sort=False)
    }


@functools.lru_cache(maxsize=10_000)  # each reader asks for the same ones
def plain(header: str) -> str:
    """Return a header without case, blanks, underscores and a leading #."""
    return re.sub(r"[\s_\ufeff\u200b]+", "", header.casefold()).lstrip("#")


def names(extra: Iterable[str] = ()) -> frozenset[str]:
    """Return the plain form of every declared header, and of those that a mapping gives."""
    return _every_name() | {plain(name) for name in extra}


@functools.cache
def _every_name() -> frozenset[str]:
    return frozenset(n for columns in _synonyms().values() for synonyms in columns.values() for n in synonyms)


def declared(table: str) -> Mapping[str, tuple[str, ...]]:
    """Return the columns of a table, each with the plain form of its declared headers."""
    return _synonyms()[table]


@functools.cache
def ours() -> frozenset[str]:
    """Return the name of every column of ours."""
    return frozenset(column for columns in _synonyms().values() for column in columns)


@functools.cache
def words(use: str) -> frozenset[str]:
    """Return the plain form of the words of data/words.csv for one of its uses."""
    declared = _read("words")
    return frozenset(map(plain, declared.loc[declared["use"] == use, "word"]))


def spelt(table: str, column: str) -> list[str]:
    """Return the declared headers of a column, and the words for it, as they are written."""
    columns, translations = _read("columns"), _read("words")
    spellings = columns.loc[(columns["table"] == table) & (columns["column"] == column), "header"]
    return [*spellings, *translations.loc[translations["use"] == column, "word"]]


def means(table: str, column: str, header: str) -> bool:
    """Return if a header is declared for a column."""
    return plain(header) in _synonyms()[table][column]


def contact(header: str) -> str:
    """Return what contact data a header names (email, phone, ...), "" where none."""
    name = re.sub(r"[^\w]+", "", plain(header))
    return next(
        (kind for kind, how, word in _contacts() if (name == word if how == "is" else word in name)), ""
    )


@functools.cache
def _contacts() -> tuple[tuple[str, str, str], ...]:
    return tuple(_read("contacts")[["kind", "match", "word"]].itertuples(index=False, name=None))


def kinds() -> tuple[str, ...]:
    """Return the kinds of contact data that data/contacts.csv declares."""
    return tuple(dict.fromkeys(kind for kind, _, _ in _contacts()))


def lacking(table: str, columns: Collection[str]) -> list[str]:
    """Return what a table needs beyond the columns found, in words."""
    needed = [each for each in REQUIRED[table] if not any(one in columns for one in each.split(" or "))]
    enough = ENOUGH.get(table, ())
    return needed if not enough or {*enough} & {*columns} else [*needed, f"one of {', '.join(enough)}"]
