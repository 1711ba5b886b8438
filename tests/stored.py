"""Small tables for tests of the store: rows as dicts, what is not said is unknown."""

import hashlib

import pandas as pd

from nanospread.ingest import platforms, tables
from nanospread.store import duck

DAY = pd.Timestamp("2026-11-15", tz="UTC")
ANNA = {"creator": "anna", "as_of": DAY, "followers": 2000, "niche": "food"}
POST = {"post": "p1", "creator": "anna", "posted_at": DAY - pd.Timedelta(days=9), "likes": 80, "comments": 4}


def frame(table: str, rows=()) -> pd.DataFrame:
    """Return rows with the columns and types of a table."""
    types, here = duck.types()[table], platforms.PLATFORM
    blank = {"str": "", "int64": 0}
    cells = {
        name: [
            row.get(
                name,
                here
                if name == "platform"
                else blank.get(kind, pd.NA if kind in ("Int64", "boolean") else None),
            )
            for row in rows
        ]
        for name, kind in types.items()
    }
    return pd.DataFrame({name: pd.Series(cells[name], dtype=kind) for name, kind in types.items()})


def of(**rows) -> tables.Tables:
    """Return tables of the rows given, with anna and her one post where nothing else is said."""
    rows = {"creators": [ANNA], "posts": [POST], **rows}
    given = {table: frame(table, rows.get(table, ())) for table in [*tables.READERS, *duck.ACCOUNT]}
    known = given["posts"]["creator"].isin(given["creators"]["creator"])
    posts, unmatched = (given["posts"][which].reset_index(drop=True) for which in (known, ~known))
    account = {
        "ledger": given["ledger"].assign(
            **{
                name: pd.Series([row.get(name, "") for row in rows.get("ledger", ())], dtype="str")
                for name in duck.TEXTS
            }
        )
    }
    return tables.Tables(**{**given, "posts": posts, "unmatched": unmatched, "undated": posts[:0], **account})


def day(number: int) -> pd.Timestamp:
    """Return the moment some days after the first export [d]."""
    return DAY + pd.Timedelta(days=number)


def inputs(*content: str) -> dict[str, str]:
    """Return files of some content, by name, with their hashes."""
    return {f"{at}.csv": hashlib.sha256(text.encode()).hexdigest() for at, text in enumerate(content)}
