"""The declared truth of each table: how cells are read, types, ranges and keys; relations between cells.

Every check carries the reason that the ledger gives for a row that fails it. Relations compare dates by the
day: exports write one with a time of day and the next without.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from nanospread.core.types import filled_text
from nanospread.ingest import cells, dates, names, platforms, quantities, references, steps
from nanospread.ingest.cells import NO_REASON, Reader
from nanospread.ingest.sheets import RawFile, numbers_by_row

UTC = "datetime64[us, UTC]"
EARLIEST, LATEST = "2004-01-01", "2100-01-01"  # before the first networks; a mistyped year
MOST = 10**10  # more than there are people: no count of an account is above it

COUNTED = ("saves", "shares", "reach", "views", "impressions", "replies")  # of a post, where exported

# What tells one group of orders that a tool reports as a total from another, beside the tool.
GROUP = (
    *("ordered_at", "code", "link", "creator"),
    *("utm_source", "utm_medium", "utm_campaign", "utm_content", "from", "to"),
)

KEYS = {
    "creators": ["creator", "platform", "as_of"],
    # A co-authored post stands in the export of each of its creators, so the id alone is no key.
    "posts": ["post", "creator", "platform"],
    "outreach": ["campaign", "creator", "platform"],  # reminders are no contacts of their own
    # One creator may have several deliverables in one campaign; only the very same row twice is a repeat.
    "results": [
        *("campaign", "creator", "offer", "cost", "reach", "clicks", "orders", "revenue", "period"),
        *("posted_at", "tracking", "platform"),
    ],
    "comments": ["comment"],
    "ambassadors": ["creator", "joined_at"],
    "overlaps": ["creator", "other"],
    "lift_tests": ["campaign", "side", "from", "source"],
    # An order comes again with each of its line items, codes and states: `credit` makes them one.
    "orders": [
        *("order", "tool", "shop", *GROUP),
        *("orders", "value", "currency", "refunded", "discount", "commission", "state"),
    ],
    "codes": ["kind", "code", "creator", "campaign", "from", "to"],
}

REPEATS = {
    "creators": "repeated creator and date: the first is kept",
    "posts": "repeated post: the first is kept",
    "outreach": "contacted twice in one campaign: the first is kept",
    "results": "repeated row: the first is kept",
    "comments": "repeated comment: the first is kept",
    "ambassadors": "repeated ambassador: the first is kept",
    "overlaps": "repeated pair: the first is kept",
    "lift_tests": "repeated test: the first is kept",
    "orders": "repeated row: the first is kept",
    "codes": "repeated code: the first is kept",
}

NEWER = "repeated post: a newer reading counts"
UNDATED = "repeated post: no date tells the newer reading, the last file's counts"

# What an export of posts may lack: a newer one without it takes nothing away.
KEPT_OF_OLDER = ("posted_at", "sponsored", *COUNTED, "caption")


class ColumnType(NamedTuple):
    """A kind of column: how its cells are read, and what must hold for the values."""

    reader: Reader
    dtype: str
    checks: Mapping[str, Callable[[pd.Series], "pd.Series[bool]"]] = {}  # by the reason against what fails
    nullable: bool = False


def _between(low: int, high: float) -> Mapping[str, Callable[[pd.Series], "pd.Series[bool]"]]:
    return {f"below {low}": lambda value: value >= low, f"above {high:,.0f}": lambda value: value <= high}


EMPTY = "empty"
FILLED = {EMPTY: lambda text: text != ""}
IN_TIME = {
    f"before {EARLIEST}": lambda when: when >= pd.Timestamp(EARLIEST, tz="UTC"),
    f"after {LATEST}": lambda when: when <= pd.Timestamp(LATEST, tz="UTC"),
}
NANO_OR_MACRO = {"side is neither nano nor macro": lambda side: side.isin(("nano", "macro"))}
CODE_OR_LINK = {
    "kind is neither code, link nor utm_content": lambda kind: kind.isin(("code", "link", "utm_content"))
}

ACCOUNT, ID = ColumnType(names.handle, "str", FILLED), ColumnType(names.identity, "str", FILLED)
NAME, TEXT = ColumnType(names.name, "str", FILLED), ColumnType(cells.verbatim, "str")
PERHAPS_OFFER = ColumnType(names.offer, "str")
WHEN = ColumnType(dates.moment, UTC, IN_TIME)
PERHAPS_WHEN = WHEN._replace(nullable=True)
READ_AT = ColumnType(dates.reading, UTC, nullable=True)
PLATFORM = ColumnType(platforms.platform, "str", FILLED)
PERHAPS_PLATFORM = PLATFORM._replace(checks={})
FLAG, PERHAPS = ColumnType(cells.flag, "boolean"), ColumnType(cells.doubtful_flag, "boolean", nullable=True)
COUNT = ColumnType(quantities.extra_count, "Int64", _between(0, MOST), nullable=True)
AMOUNT = ColumnType(quantities.amount, "float64", _between(0, float("inf")))
TALLY = AMOUNT._replace(reader=quantities.extra_count, nullable=True)
PERHAPS_AMOUNT = AMOUNT._replace(nullable=True)
TRACE = ColumnType(references.trace, "str")

COLUMNS: Mapping[str, Mapping[str, ColumnType]] = {
    "creators": {
        "creator": ACCOUNT,
        "as_of": PERHAPS_WHEN,
        "followers": ColumnType(quantities.count, "int64", _between(1, MOST)),
        "niche": ColumnType(names.niche, "str", FILLED),
        "following": COUNT,
        "reported_er": AMOUNT._replace(reader=quantities.reported_er, nullable=True),
        "platform": PLATFORM,
        "link": TEXT,
    },
    "posts": {
        "post": ID,
        "creator": ACCOUNT,
        "posted_at": PERHAPS_WHEN._replace(reader=dates.past),  # a file without any date has undated posts
        "likes": COUNT._replace(reader=quantities.hidden_count),
        "comments": COUNT._replace(reader=quantities.comment_count),
        "sponsored": PERHAPS,
        **dict.fromkeys(COUNTED, COUNT),
        "caption": TEXT,
        "platform": PLATFORM,
        "read_at": READ_AT,
        "permalink": TEXT,
    },
    "outreach": {
        "creator": ACCOUNT,
        "campaign": NAME._replace(checks={}),
        "status": ColumnType(steps.status, "str"),
        "contacted": ColumnType(steps.contacted, "boolean", nullable=True),
        "contacted_at": PERHAPS_WHEN,
        "offer": PERHAPS_OFFER,
        "inbound": PERHAPS,
        "replied": ColumnType(steps.replied, "boolean"),
        "replied_at": PERHAPS_WHEN,
        "accepted": ColumnType(steps.accepted, "boolean"),
        "as_is": PERHAPS,
        "shipped_at": PERHAPS_WHEN,
        "posted": ColumnType(steps.posted, "boolean"),
        "posted_at": PERHAPS_WHEN,
        "due_at": PERHAPS_WHEN,
        "platform": PLATFORM,
    },
    "results": {
        "campaign": NAME,
        "creator": ACCOUNT,
        "offer": PERHAPS_OFFER,
        "cost": PERHAPS_AMOUNT,
        "reach": TALLY,
        "clicks": TALLY,
        "orders": PERHAPS_AMOUNT,
        "revenue": PERHAPS_AMOUNT,
        "period": NAME._replace(checks={}),
        "posted_at": PERHAPS_WHEN,
        "as_of": PERHAPS_WHEN,
        **dict.fromkeys(("story_reach", "impressions"), TALLY),
        **dict.fromkeys(("refunded", "discount"), PERHAPS_AMOUNT),
        "tracking": NAME._replace(checks={}),
        "platform": PERHAPS_PLATFORM,
    },
    "comments": {
        "comment": ID,
        "post": ID,
        "creator": ACCOUNT,
        "author": ACCOUNT,
        "written_at": PERHAPS_WHEN,
        "text": TEXT,
        "answers": ID._replace(checks={}),
    },
    "ambassadors": {"creator": ACCOUNT, "joined_at": WHEN, "left_at": PERHAPS_WHEN},
    "overlaps": {
        "creator": ACCOUNT,
        "other": ACCOUNT,
        "overlap": ColumnType(quantities.share, "float64", _between(0, 1)),
    },
    "lift_tests": {
        "campaign": NAME,
        "side": ColumnType(names.word, "str", {**FILLED, **NANO_OR_MACRO}),
        "incremental_orders": AMOUNT._replace(checks={}),  # a campaign may be seen to have cost orders
        "se": AMOUNT._replace(checks={"not above 0": lambda value: value > 0}),
        "from": PERHAPS_WHEN,
        "to": PERHAPS_WHEN,
        "source": NAME._replace(checks={}),
    },
    "orders": {
        "order": ColumnType(references.order, "str"),
        "shop_id": ColumnType(references.other_number, "str"),
        "ordered_at": PERHAPS_WHEN,
        **dict.fromkeys(("orders", "value"), PERHAPS_AMOUNT),
        "currency": ColumnType(references.currency, "str"),
        **dict.fromkeys(("refunded", "discount", "commission"), PERHAPS_AMOUNT),
        "state": ColumnType(references.state, "str"),
        **dict.fromkeys(("code", "link"), TRACE),
        **dict.fromkeys(("utm_source", "utm_medium", "utm_campaign", "utm_content"), TRACE),
        "creator": ACCOUNT._replace(checks={}),
        **dict.fromkeys(("tool", "shop"), NAME._replace(checks={})),
        **dict.fromkeys(("from", "to"), PERHAPS_WHEN),
    },
    "codes": {
        "kind": ColumnType(references.kind, "str", {**FILLED, **CODE_OR_LINK}),
        "code": TRACE._replace(checks=FILLED),
        "creator": ACCOUNT._replace(checks={}),
        "campaign": NAME._replace(checks={}),
        **dict.fromkeys(("from", "to"), PERHAPS_WHEN),
    },
}


Reasons = dict[str, "pd.Series[str]"]  # by column, at the rows that they concern


def split(rows: pd.DataFrame, table: str) -> tuple[pd.DataFrame, Reasons]:
    """Return the rows for which all holds that a table declares, and the reasons against the others.

    Repeats are looked for among rows that are good otherwise: a bad first must not cost a good second.
    """
    good, failed = usable(rows, table)
    first = KEYS[table][0]
    keyed = _either_way(good) if table == "overlaps" else good
    perhaps = keyed.loc[keyed.duplicated(first, keep=False), KEYS[table]]
    repeats = pd.Series(REPEATS[table], index=perhaps.index[perhaps.duplicated()], dtype="str")
    if len(repeats):
        failed[first] = pd.concat([failed.get(first, NO_REASON), repeats])
    return without(good, repeats.index), failed


def _either_way(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return pairs with their names by the alphabet: a pair the other way round is the same."""
    names = pairs[["creator", "other"]]
    return pairs.assign(creator=names.min(axis=1), other=names.max(axis=1))


def usable(rows: pd.DataFrame, table: str) -> tuple[pd.DataFrame, Reasons]:
    """Return rows and reasons as `split`, repeats among the good rows."""
    failed = {name: _failures(rows[name], kind) for name, kind in COLUMNS[table].items()}
    types = {name: kind.dtype for name, kind in COLUMNS[table].items()}
    good = without(rows, pd.concat(failed.values()).index).astype(types)
    return good, {name: reasons for name, reasons in failed.items() if len(reasons)}


def without(rows: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Return rows without some of them, by index; where these are none the same rows, and no copy."""
    return rows[~rows.index.isin(index)] if len(index) else rows


def _failures(values: pd.Series, kind: ColumnType) -> "pd.Series[str]":
    """Return the reasons against the values of a column, one for each check that fails."""
    missing = values.isna()
    present = values[~missing] if missing.any() else values
    cases = [] if kind.nullable else [(EMPTY, values.index[missing])]
    cases += [(why, present.index[~test(present).astype("bool")]) for why, test in kind.checks.items()]
    reasons = [pd.Series(why, index=at, dtype="str") for why, at in cases if len(at)]
    return pd.concat(reasons) if reasons else NO_REASON


NO_POST = "its post is not in the posts"
NOT_OF_CREATOR = "its post is not one of this creator"


def placed(comments: pd.DataFrame, posts: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return comments with the creator of their post, and the reasons against those on no known post.

    Few exports name the creator beside a comment: where the cell is blank it is the post's own, for a
    co-authored post the one of its first row.
    """
    first = posts.drop_duplicates("post").set_index("post")["creator"]
    post_creator = comments["post"].map(first)
    creator = comments["creator"].where(comments["creator"] != "", filled_text(post_creator))
    known_pairs = pd.MultiIndex.from_frame(posts[["post", "creator"]])
    mismatched = ~pd.MultiIndex.from_arrays([comments["post"], creator]).isin(known_pairs)
    why = pd.Series(NOT_OF_CREATOR, index=comments.index, dtype="str").mask(post_creator.isna(), NO_POST)
    return comments.assign(creator=creator), why[mismatched & (comments["post"] != "")]


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
    checks = {
        "accepted": [(accepted & silent & ~wrote_first, "accepted without a reply")],
        "posted": [(outreach["posted"].fillna(False) & declined, "posted without having accepted")],
        "posted_at": [(outreach["posted_at"].notna() & idle, "a date of posting, but not posted")],
        "due_at": [(_earlier(outreach, "due_at", "contacted_at"), "due before it was contacted")],
    }
    steps = list(HAPPENS)
    for at, step in enumerate(steps[1:], start=1):
        checks.setdefault(step, [])
        checks[step] += [
            (_earlier(outreach, step, before), f"{HAPPENS[step]} before it was {HAPPENS[before]}")
            for before in reversed(steps[:at])
        ]
    return _first_reasons(checks)


def _earlier(rows: pd.DataFrame, step: str, before: str) -> "pd.Series[bool]":
    wrong: pd.Series[bool] = rows[step].dt.floor("D") < rows[before].dt.floor("D")
    return wrong


def _first_reasons(checks: "Mapping[str, list[tuple[pd.Series[bool], str]]]") -> Reasons:
    """Return the first reason of each column and row."""
    reasons_by_column: Reasons = {}
    for column, cases in checks.items():
        parts = [pd.Series(why, index=wrong.index[wrong.astype(bool)], dtype="str") for wrong, why in cases]
        reasons = pd.concat(parts)
        reasons_by_column[column] = reasons[~reasons.index.duplicated()]
    return reasons_by_column


NO_ORDER = "neither an order's number nor how many orders it stands for"


ADDED_UP = ("cost", "clicks", "orders", "revenue", "refunded", "discount")  # of posts and periods
SEEN_BY = ("reach", "story_reach", "impressions")  # people may be among those of several posts
FIGURES = (*ADDED_UP, *SEEN_BY)  # of results; each may be unknown, which is not 0
NO_FIGURE = "no figure: nothing is known of it"


# What must hold between the cells of a row.
BETWEEN: Mapping[str, Callable[[pd.DataFrame], Reasons]] = {
    "outreach": contacts,
    "results": lambda rows: _first_reasons({"cost": [(rows[list(FIGURES)].isna().all(axis=1), NO_FIGURE)]}),
    "ambassadors": lambda rows: _first_reasons(
        {"left_at": [(_earlier(rows, "left_at", "joined_at"), "left before it joined")]}
    ),
    "overlaps": lambda rows: _first_reasons(
        {"other": [(rows["creator"] == rows["other"], "a creator with itself")]}
    ),
    "orders": lambda rows: _first_reasons(
        {
            "order": [((rows["order"] == "") & rows["orders"].isna(), NO_ORDER)],
            "to": [(_earlier(rows, "to", "from"), "ends before it begins")],
        }
    ),
    "codes": lambda rows: _first_reasons({"to": [(_earlier(rows, "to", "from"), "ends before it begins")]}),
}


BUDGET = ["campaign", "creator", "offer", "cost"]
AGAIN = "the same budget on another month's row: it counts once"


def budgets_once(results: pd.DataFrame, files: Sequence[RawFile]) -> tuple[pd.DataFrame, "pd.Series[str]"]:
    """Return results with each repeated cost on its first row and 0 on the others, and the reasons there.

    Repeated is the same campaign, creator, offer and cost on rows of different periods of one file; without
    periods only if the file's mapping says so (`budgets: once`). `budgets: each` lets them all stand.

    results: campaign, creator, offer, cost, period ("": not told), indexed through the rows of all files.
    """
    file = numbers_by_row(files).reindex(results.index)
    setting = file.map({at: raw.settings.get("budgets", "") for at, raw in enumerate(files)})
    counts_once = (setting == "once") | ((results["period"] != "") & (setting != "each"))
    rows = results.assign(file=file)[counts_once & (results["cost"] > 0)]
    first = rows.groupby(["file", *BUDGET])["period"].transform("first")
    later = (rows["period"] != first) | ((rows["period"] == "") & rows.duplicated(["file", *BUDGET]))
    repeated = later.index[later]
    cost = results["cost"].mask(results.index.isin(repeated), 0.0)
    return results.assign(cost=cost), pd.Series(AGAIN, index=repeated, dtype="str")
