"""The declared truth of each table: types, ranges and keys as pandera schemas, and relations between cells.

Every check carries the reason that the ledger gives for a row that fails it. Relations compare dates by the
day: exports write one with a time of day and the next without.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from nanospread.core.types import filled_text
from nanospread.ingest.sheets import RawFile

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
    "lift_tests": ["campaign", "side", "from", "source"],
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
    "lift_tests": "repeated test: the first is kept",
}


Test = Callable[[pd.Series], "pd.Series[bool]"]
Checks = Mapping[str, Test]  # reason of the ledger against the values that fail -> what must hold


@functools.cache
def of(table: str) -> "pa.DataFrameSchema":
    """Return the schema of a table."""
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        COLUMNS[table](),
        unique=KEYS[table],
        report_duplicates="exclude_first",
        strict=True,
        coerce=True,
        name=table,
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


def _column(dtype: str, checks: Checks | None = None, *, nullable: bool = False) -> "pa.Column":
    import pandera.pandas as pa

    tests = [pa.Check(test, error=reason) for reason, test in (checks or {}).items()]
    return pa.Column(dtype, tests, nullable=nullable)


def _text(checks: Checks | None = None) -> "pa.Column":
    return _column("str", {"empty": lambda text: text != "", **(checks or {})})


def _flag(*, nullable: bool = False) -> "pa.Column":
    return _column("boolean", nullable=nullable)


def _moment(*, nullable: bool = False) -> "pa.Column":
    first, last = (pd.Timestamp(day, tz="UTC") for day in (EARLIEST, LATEST))
    checks = {f"before {EARLIEST}": lambda when: when >= first, f"after {LATEST}": lambda when: when <= last}
    return _column(UTC, checks, nullable=nullable)


def _offer() -> "pa.Column":
    return _text({"offer is neither gift nor fee": lambda offer: offer.isin(("gift", "fee"))})


def _tally() -> "pa.Column":
    """Return a count of people or clicks that may be unknown."""
    return _column("Int64", _between(0, MOST), nullable=True)


def _between(low: int, high: float) -> Checks:
    return {f"below {low}": lambda value: value >= low, f"above {high:,.0f}": lambda value: value <= high}


COLUMNS: Mapping[str, Callable[[], "dict[str, pa.Column]"]] = {
    "creators": lambda: {
        "creator": _text(),
        "as_of": _moment(nullable=True),
        "followers": _column("int64", _between(1, MOST)),
        "niche": _text(),
        "following": _tally(),
        "reported_er": _column("float64", _between(0, float("inf")), nullable=True),
    },
    "posts": lambda: {
        "post": _text(),
        "creator": _text(),
        "posted_at": _moment(),
        "likes": _tally(),
        "comments": _tally(),
        "sponsored": _flag(nullable=True),
        **{name: _tally() for name in COUNTED},
        "caption": _column("str"),
        "permalink": _column("str"),
    },
    "outreach": lambda: {
        "creator": _text(),
        "campaign": _column("str"),
        "contacted_at": _moment(),
        "offer": _offer(),
        "inbound": _flag(nullable=True),
        "replied": _flag(),
        "replied_at": _moment(nullable=True),
        "accepted": _flag(),
        "as_is": _flag(nullable=True),
        "shipped_at": _moment(nullable=True),
        "posted": _flag(),
        "posted_at": _moment(nullable=True),
        "due_at": _moment(nullable=True),
    },
    "results": lambda: {
        "campaign": _text(),
        "creator": _text(),
        "offer": _offer(),
        **{
            name: _column("float64", _between(0, float("inf")), nullable=name in ("reach", "clicks"))
            for name in ("cost", "reach", "clicks", "orders", "revenue")
        },
        "period": _column("str"),
        **{name: _moment(nullable=True) for name in ("posted_at", "as_of")},
        **{
            name: _column("float64", _between(0, float("inf")), nullable=True)
            for name in ("story_reach", "impressions", "refunded", "discount")
        },
        "tracking": _column("str"),
    },
    "comments": lambda: {
        **{name: _text() for name in ("comment", "post", "creator", "author")},
        "written_at": _moment(nullable=True),
        "text": _column("str"),
        "answers": _column("str"),
    },
    "ambassadors": lambda: {
        "creator": _text(),
        "joined_at": _moment(),
        "left_at": _moment(nullable=True),
    },
    "overlaps": lambda: {
        "creator": _text(),
        "other": _text(),
        "overlap": _column("float64", _between(0, 1)),
    },
    "lift_tests": lambda: {
        "campaign": _text(),
        "side": _text({"side is neither nano nor macro": lambda side: side.isin(("nano", "macro"))}),
        "incremental_orders": _column("float64", _between(0, float("inf"))),
        "se": _column("float64", {"not above 0": lambda value: value > 0}),
        **{name: _moment(nullable=True) for name in ("from", "to")},
        "source": _column("str"),
    },
}


Reasons = dict[str, "pd.Series[str]"]  # by column, at the rows that they concern

NO_POST = "its post is not in the posts"
NOT_OF_CREATOR = "its post is not one of this creator"


def placed(comments: pd.DataFrame, posts: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return comments with the creator of their post, and the reasons against those on no known post.

    Few exports name the creator beside a comment: where the cell is blank it is the post's own, for a
    co-authored post the one of its first row.
    """
    first = posts.drop_duplicates("post").set_index("post")["creator"]
    own = comments["post"].map(first)
    creator = comments["creator"].where(comments["creator"] != "", filled_text(own))
    known = pd.MultiIndex.from_frame(posts[["post", "creator"]])
    other = ~pd.MultiIndex.from_arrays([comments["post"], creator]).isin(known)
    why = pd.Series(NOT_OF_CREATOR, index=comments.index, dtype="str").mask(own.isna(), NO_POST)
    return comments.assign(creator=creator), why[other & (comments["post"] != "")]


# What happens to a contact, in the order in which it can.
HAPPENS = {
    "contacted_at": "contacted",
    "replied_at": "answered",
    "shipped_at": "sent its goods",
    "posted_at": "posted",
}


def contacts(outreach: pd.DataFrame) -> Reasons:
    """Return the reasons against contacts that cannot have gone as the log says."""
    accepted, wrote_first = (outreach[name].fillna(False) for name in ("accepted", "inbound"))
    silent, declined, idle = ((~outreach[name]).fillna(False) for name in ("replied", "accepted", "posted"))
    found = {
        "contacted_at": [(outreach["contacted_at"].isna() & accepted, "accepted without a contact")],
        "accepted": [(accepted & silent & ~wrote_first, "accepted without a reply")],
        "posted": [(outreach["posted"].fillna(False) & declined, "posted without having accepted")],
        "posted_at": [(outreach["posted_at"].notna() & idle, "a date of posting, but not posted")],
        "due_at": [(_earlier(outreach, "due_at", "contacted_at"), "due before it was contacted")],
    }
    steps = list(HAPPENS)
    for at, step in enumerate(steps[1:], start=1):
        found.setdefault(step, [])
        found[step] += [
            (_earlier(outreach, step, before), f"{HAPPENS[step]} before it was {HAPPENS[before]}")
            for before in reversed(steps[:at])
        ]
    return _first(found)


def _earlier(rows: pd.DataFrame, step: str, before: str) -> "pd.Series[bool]":
    wrong: pd.Series[bool] = rows[step].dt.floor("D") < rows[before].dt.floor("D")
    return wrong


def _first(found: "Mapping[str, list[tuple[pd.Series[bool], str]]]") -> Reasons:
    """Return the first reason of each column and row."""
    told: Reasons = {}
    for column, cases in found.items():
        each = [pd.Series(why, index=wrong.index[wrong.astype(bool)], dtype="str") for wrong, why in cases]
        reasons = pd.concat(each)
        told[column] = reasons[~reasons.index.duplicated()]
    return told


def memberships(ambassadors: pd.DataFrame) -> Reasons:
    """Return the reasons against ambassadors who left before they came."""
    return _first({"left_at": [(_earlier(ambassadors, "left_at", "joined_at"), "left before it joined")]})


def pairs(overlaps: pd.DataFrame) -> Reasons:
    """Return the reasons against pairs that are none, or stand there the other way round already."""
    both = pd.DataFrame({"one": overlaps["creator"], "two": overlaps["other"]})
    swapped = both["one"] > both["two"]
    both.loc[swapped, ["one", "two"]] = both.loc[swapped, ["two", "one"]].to_numpy()
    alone, again = overlaps["creator"] == overlaps["other"], both.duplicated()
    return _first({"other": [(alone, "a creator with itself"), (again, "repeated pair: the first is kept")]})


BETWEEN: Mapping[str, Callable[[pd.DataFrame], Reasons]] = {
    "outreach": contacts,
    "ambassadors": memberships,
    "overlaps": pairs,
}


BUDGET = ["campaign", "creator", "offer", "cost"]
AGAIN = "the same budget on another month's row: it counts once"


def budgets_once(results: pd.DataFrame, files: Sequence[RawFile]) -> tuple[pd.DataFrame, "pd.Series[str]"]:
    """Return results with each repeated cost on its first row and 0 on the others, and the reasons there.

    Repeated is the same campaign, creator, offer and cost on rows of different periods of one file; without
    periods only if the file's mapping says so (`budgets: once`). `budgets: each` lets them all stand.

    results: campaign, creator, offer, cost, period ("": not told), indexed through the rows of all files.
    """
    file = pd.Series(
        [at for at, raw in enumerate(files) for _ in range(len(raw.rows))], dtype="int64"
    ).reindex(results.index)
    said = file.map({at: raw.said.get("budgets", "") for at, raw in enumerate(files)})
    asked = (said == "once") | ((results["period"] != "") & (said != "each"))
    rows = results.assign(file=file)[asked & (results["cost"] > 0)]
    first = rows.groupby(["file", *BUDGET])["period"].transform("first")
    later = (rows["period"] != first) | ((rows["period"] == "") & rows.duplicated(["file", *BUDGET]))
    at = later.index[later]
    cost = results["cost"].mask(results.index.isin(at), 0.0)
    return results.assign(cost=cost), pd.Series(AGAIN, index=at, dtype="str")
