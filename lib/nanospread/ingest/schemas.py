"""The declared truth of each table, as pandera schemas: types, ranges, keys and relations.

Every check carries the reason that the ledger gives for a row that fails it.
"""

import functools
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import pandera.pandas as pa

UTC = "datetime64[us, UTC]"
EARLIEST, LATEST = "2004-01-01", "2100-01-01"  # before the first networks; a mistyped year
MOST = 10**10  # more than there are people: no count of an account is above it

COUNTED = ("saves", "shares", "reach", "views", "impressions", "replies")  # of a post, where exported

KEYS = {
    "creators": ["creator", "as_of"],
    # A co-authored post stands in the export of each of its creators, so the id alone is no key.
    "posts": ["post", "creator"],
    "outreach": ["campaign", "creator"],  # reminders are no contacts of their own
    # One creator may have several deliverables in one campaign; only the very same row twice is a repeat.
    "results": ["campaign", "creator", "offer", "cost", "reach", "clicks", "orders", "revenue", "period"],
    "comments": ["comment"],
    "ambassadors": ["creator", "joined_at"],
    "overlaps": ["creator", "other"],
}

REPEATED = "multiple_fields_uniqueness"  # pandera's own names of two checks
EMPTY = "not_nullable"
REPEATS = {
    "creators": "repeated creator and date: the first is kept",
    "posts": "repeated post: the first is kept",
    "outreach": "contacted twice in one campaign: the first is kept",
    "results": "repeated row: the first is kept",
    "comments": "repeated comment: the first is kept",
    "ambassadors": "repeated ambassador: the first is kept",
    "overlaps": "repeated pair: the first is kept",
}


@functools.cache
def of(table: str) -> "pa.DataFrameSchema":
    """Return the schema of a table."""
    import pandera.pandas as pa

    columns = {
        "creators": _creators,
        "posts": _posts,
        "outreach": _outreach,
        "results": _results,
        "comments": _comments,
        "ambassadors": _ambassadors,
        "overlaps": _overlaps,
    }[table]()
    return pa.DataFrameSchema(
        columns, unique=KEYS[table], report_duplicates="exclude_first", strict=True, coerce=True, name=table
    )


def split(rows: pd.DataFrame, schema: "pa.DataFrameSchema") -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """Return the rows that a schema holds for, and the reasons against the others, by column and row.

    Repeats are looked for among rows that are good otherwise: a bad first must not cost a good second.
    """
    import pandera.pandas as pa

    failed: list[pd.DataFrame] = []
    while True:
        try:
            rows = schema.validate(rows, lazy=True)
            break
        except pa.errors.SchemaErrors as error:
            failed.append(_failures(error.failure_cases, str(schema.name)))
            rows = rows[~rows.index.isin(failed[-1].index)]
    if not failed:
        return rows, {}
    return rows, {str(column): of["reason"] for column, of in pd.concat(failed).groupby("column", sort=False)}


def _failures(cases: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return column and reason of pandera's failure cases by row: wrong values, or repeats if none is."""
    repeated = cases["check"] == REPEATED
    cases = cases[~repeated] if not repeated.all() else cases.drop_duplicates("index")
    reasons = cases["check"].replace({REPEATED: REPEATS[table], EMPTY: "empty"})
    return pd.DataFrame({"column": cases["column"], "reason": reasons}).set_index(
        cases["index"].astype("int64")
    )


def _creators() -> "dict[str, pa.Column]":
    import pandera.pandas as pa

    return {
        "creator": _text(),
        "as_of": _moment(nullable=True),
        "followers": pa.Column("int64", _between(1, MOST)),
        "niche": _text(),
        "following": _tally(),
        "reported_er": pa.Column("float64", _between(0, float("inf")), nullable=True),
    }


def _posts() -> "dict[str, pa.Column]":
    import pandera.pandas as pa

    return {
        "post": _text(),
        "creator": _text(),
        "posted_at": _moment(),
        "likes": _tally(),
        "comments": _tally(),
        "sponsored": pa.Column("boolean", nullable=True),
        **{name: _tally() for name in COUNTED},
        "caption": pa.Column("str"),
        "permalink": pa.Column("str"),
    }


def _outreach() -> "dict[str, pa.Column]":
    import pandera.pandas as pa

    told, perhaps = pa.Column("boolean"), pa.Column("boolean", nullable=True)
    return {
        "creator": _text(),
        "campaign": pa.Column("str"),
        "contacted_at": _moment(),
        "offer": _offer(),
        "inbound": perhaps,
        "replied": told,
        "replied_at": _moment(nullable=True),
        "accepted": told,
        "as_is": perhaps,
        "shipped_at": _moment(nullable=True),
        "posted": told,
        "posted_at": _moment(nullable=True),
        "due_at": _moment(nullable=True),
    }


def _results() -> "dict[str, pa.Column]":
    import pandera.pandas as pa

    numbers = ("cost", "reach", "clicks", "orders", "revenue")
    return {
        "campaign": _text(),
        "creator": _text(),
        "offer": _offer(),
        **{name: pa.Column("float64", _between(0, float("inf"))) for name in numbers},
        "period": pa.Column("str"),
    }


def _comments() -> "dict[str, pa.Column]":
    import pandera.pandas as pa

    return {
        **{name: _text() for name in ("comment", "post", "creator", "author")},
        "written_at": _moment(nullable=True),
        "text": pa.Column("str"),
        "answers": pa.Column("str"),
    }


def _ambassadors() -> "dict[str, pa.Column]":
    return {"creator": _text(), "joined_at": _moment(), "left_at": _moment(nullable=True)}


def _overlaps() -> "dict[str, pa.Column]":
    import pandera.pandas as pa

    return {"creator": _text(), "other": _text(), "overlap": pa.Column("float64", _between(0, 1))}


def _text(*checks: "pa.Check") -> "pa.Column":
    import pandera.pandas as pa

    return pa.Column("str", [pa.Check(lambda text: text != "", error="empty"), *checks])


def _moment(*, nullable: bool = False) -> "pa.Column":
    import pandera.pandas as pa

    checks = [
        pa.Check.ge(pd.Timestamp(EARLIEST, tz="UTC"), error=f"before {EARLIEST}"),
        pa.Check.le(pd.Timestamp(LATEST, tz="UTC"), error=f"after {LATEST}"),
    ]
    return pa.Column(UTC, checks, nullable=nullable)


def _offer() -> "pa.Column":
    import pandera.pandas as pa

    return _text(pa.Check.isin(("gift", "fee"), error="offer is neither gift nor fee"))


def _tally() -> "pa.Column":
    """Return a count of people or clicks that may be unknown."""
    import pandera.pandas as pa

    return pa.Column("Int64", _between(0, MOST), nullable=True)


def _between(low: int, high: float) -> "list[pa.Check]":
    import pandera.pandas as pa

    return [
        pa.Check.ge(low, error=f"below {low}"),
        pa.Check.le(high, error=f"above {high:,.0f}"),
    ]
