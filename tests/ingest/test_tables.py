"""Proves that no row is lost silently: each is kept, repaired or refused, and the ledger says why."""

import itertools
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.ingest import dataset, joined_results, quantities, sources, tables
from nanospread.ingest.sources import RawFile

LEDGER = ("table", "file", "line", "status", "column", "reason", "before", "after")
REAL = paths.ROOT.parent / "shared" / "data" / "real"
GOOD = {
    "creators": {
        "creator": "anna",
        "as_of": "2026-11-02",
        "followers": "2000",
        "niche": "food",
        "following": "310",
        "reported_er": "0.034",
    },
    "posts": {
        "post": "p1",
        "creator": "anna",
        "posted_at": "2026-11-03T10:00:00Z",
        "likes": "80",
        "comments": "4",
        "sponsored": "false",
        "saves": "3",
        "shares": "2",
        "reach": "410",
        "views": "505",
        "impressions": "530",
        "replies": "1",
        "caption": "slow morning",
        "permalink": "",
    },
    "outreach": {
        "creator": "anna",
        "campaign": "autumn",
        "contacted_at": "2026-10-01",
        "offer": "gift",
        "inbound": "no",
        "replied": "true",
        "replied_at": "2026-10-02",
        "accepted": "true",
        "as_is": "yes",
        "shipped_at": "2026-10-05T09:00:00Z",
        "posted": "true",
        "posted_at": "2026-10-20",
        "due_at": "2026-10-30",
    },
    "results": {
        "campaign": "spring",
        "creator": "anna",
        "offer": "fee",
        "cost": "48.50",
        "reach": "400",
        "clicks": "7",
        "orders": "1",
        "revenue": "64.90",
        "period": "",
        "posted_at": "2026-03-02",
        "as_of": "2026-03-12",
        "story_reach": "160",
        "impressions": "",
        "refunded": "0",
        "discount": "6.49",
        "tracking": "ANNA10",
    },
    "comments": {
        "comment": "c1",
        "post": "p1",
        "creator": "anna",
        "author": "berta",
        "written_at": "2026-11-03T11:00:00Z",
        "text": "where is this?",
        "answers": "",
    },
    "ambassadors": {"creator": "anna", "joined_at": "2026-03-01", "left_at": "2026-06-30"},
    "overlaps": {"creator": "anna", "other": "berta", "overlap": "0.12"},
    "lift_tests": {
        "campaign": "spring",
        "side": "nano",
        "incremental_orders": "12",
        "se": "4.5",
        "from": "2026-03-01",
        "to": "",
        "source": "holdout regions",
    },
}
COUNTED = ("saves", "shares", "reach", "views", "impressions", "replies")


def raw(table, *changes, file=None, refused=()):
    """Return a file of good rows, each with some cells changed; records start on line 2."""
    rows = pd.DataFrame(
        [{**GOOD[table], **change} for change in changes], columns=list(GOOD[table]), dtype="str"
    )
    rows.index = pd.RangeIndex(2, 2 + len(rows), name="line")
    return RawFile(file or f"{table}.csv", table, rows, (), tuple(refused))


def read(*files):
    """Return the tables of these files, with one good row for each required table that has none."""
    given_tables = {file.table for file in files}
    filled = [raw(table, {}) for table in ("creators", "posts") if table not in given_tables]
    return tables.validated([*filled, *files])


def told(result, *columns):
    return result.ledger[list(columns)].to_records(index=False).tolist()


def accounted(result):
    """Return whether every row is kept, repaired or refused, counted from the tables themselves."""
    counts, ledger = result.counts, result.ledger
    whole = (counts["rows_in"] == counts[["kept", "repaired", "refused"]].sum(axis=1)).all()
    for table, count in counts.groupby("table"):
        own = ledger[ledger["table"] == table]
        by_status = {
            status: set(zip(e["file"], e["line"], strict=True)) for status, e in own.groupby("status")
        }
        repaired, refused = by_status.get("repaired", set()), by_status.get("refused", set())
        whole &= not repaired & refused
        whole &= len(repaired) == count["repaired"].sum() and len(refused) == count["refused"].sum()
        rows = len(getattr(result, str(table)))
        rows += len(result.unmatched) + len(result.undated) if table == "posts" else 0
        rows += len(result.elsewhere.get(str(table), ()))  # of another platform
        rows += (own["reason"] == joined_results.JOINED).sum()  # which stand in the row of another file
        whole &= rows == count[["kept", "repaired"]].to_numpy().sum()
    return bool(whole)


def test_good_rows_are_kept_untouched_and_typed():
    result = read(*(raw(table, {}) for table in GOOD))
    assert result.counts[["rows_in", "kept", "repaired", "refused"]].to_numpy().tolist() == [
        [1, 1, 0, 0]
    ] * len(GOOD)
    assert result.ledger.empty
    dtypes = {name: {c: str(t) for c, t in getattr(result, name).dtypes.items()} for name in GOOD}
    utc = "datetime64[us, UTC]"
    creators = {"creator": "str", "as_of": utc, "followers": "int64", "niche": "str", "following": "Int64"}
    assert dtypes["creators"] == {**creators, "reported_er": "float64", "platform": "str"}
    posts = {"post": "str", "creator": "str", "posted_at": utc, "likes": "Int64", "comments": "Int64"}
    counts = dict.fromkeys(COUNTED, "Int64")
    assert dtypes["posts"] == {**posts, "sponsored": "boolean", **counts, "caption": "str"} | {
        "platform": "str",
        "read_at": utc,
    }
    texts = dict.fromkeys(("comment", "post", "creator", "author", "text", "answers"), "str")
    assert dtypes["comments"] == {**texts, "written_at": utc}
    assert set(dtypes["outreach"].values()) == {"str", utc, "boolean"}
    assert dtypes["ambassadors"] == {"creator": "str", "joined_at": utc, "left_at": utc}
    assert dtypes["overlaps"] == {"creator": "str", "other": "str", "overlap": "float64"}
    times = dict.fromkeys(("from", "to"), utc)
    assert {name: dtypes["lift_tests"][name] for name in times} == times
    assert dtypes["lift_tests"]["se"] == dtypes["results"]["discount"] == "float64"
    assert [dtypes["results"][c] for c in ("cost", "reach", "clicks", "orders", "revenue")] == ["float64"] * 5


def test_all_but_creators_and_posts_may_be_absent_and_then_have_their_columns():
    result, full = read(), read(*(raw(table, {}) for table in GOOD))
    for name in set(GOOD) - {"creators", "posts"}:
        assert getattr(result, name).empty
        assert getattr(result, name).dtypes.equals(getattr(full, name).dtypes)


def test_a_column_that_an_export_has_not_got_is_unknown_and_no_repair():
    posts, creators = raw("posts", {}), raw("creators", {})
    bare = [
        replace(posts, rows=posts.rows.drop(columns=[*COUNTED, "caption"])),
        replace(creators, rows=creators.rows.drop(columns="following")),
    ]
    result, full = tables.validated(bare), read(posts, creators)
    assert result.posts[list(COUNTED)].isna().all(axis=None)
    assert result.posts["caption"].tolist() == [""]
    assert result.creators["following"].isna().all()
    assert result.posts.dtypes.equals(full.posts.dtypes)
    assert result.ledger.empty


def test_a_blank_cell_of_a_column_that_may_be_absent_is_unknown_and_no_repair():
    blank, nothing = dict.fromkeys(COUNTED, ""), dict.fromkeys(COUNTED, "N/A")
    result = read(raw("posts", blank, {"post": "p2", **nothing}))
    assert result.posts[list(COUNTED)].isna().all(axis=None)
    assert result.ledger.empty


REPAIRS = [
    ("creators", "followers", "8,041", 8041, "thousands separators"),
    ("creators", "followers", "12 400", 12400, "thousands separators"),
    ("creators", "followers", "5.000", 5000, "thousands marked with dots"),
    ("creators", "followers", "1.234.567", 1_234_567, "thousands marked with dots"),
    ("creators", "followers", "1,2k", 1200, "shorthand, rounded by the tool"),
    ("creators", "followers", "1.2m", 1_200_000, "shorthand, rounded by the tool"),
    ("creators", "followers", "22.3k", 22_300, "shorthand, rounded by the tool"),
    ("creators", "followers", "70.7K", 70_700, "shorthand, rounded by the tool"),
    ("creators", "followers", "0.89k", 890, "shorthand, rounded by the tool"),
    ("creators", "followers", "332.3M", 332_300_000, "shorthand, rounded by the tool"),
    ("creators", "followers", "2000.0", 2000, "written with decimals"),
    ("creators", "followers", "1,2 Mio", 1_200_000, "shorthand, rounded by the tool"),
    ("creators", "followers", "12 Tsd.", 12_000, "shorthand, rounded by the tool"),
    ("creators", "followers", "1.2 mln", 1_200_000, "shorthand, rounded by the tool"),
    ("creators", "followers", "12,34,567", 1_234_567, "thousands separators"),
    ("creators", "followers", "٨٬٠٤١", 8041, "thousands separators"),
    ("creators", "followers", "１２３", 123, "digits of another script, or invisible marks"),
    ("creators", "followers", "\u200b123", 123, "digits of another script, or invisible marks"),
    ("creators", "followers", "500 followers", 500, "what is counted said with it"),
    ("creators", "followers", "500+", 500, "at least"),
    ("creators", "followers", "~500", 500, "about so many"),
    ("creators", "reported_er", "1.39%", 0.0139, "percent"),
    ("creators", "as_of", "02.11.2026", pd.Timestamp("2026-11-02", tz="UTC"), "day first, with dots"),
    ("creators", "niche", "LIFESTYLE", "lifestyle", "spelling of the niche"),
    ("creators", "niche", "fashion 0.5", "fashion", "spelling of the niche"),
    ("creators", "creator", " @Anna", "anna", "spelling of the account name"),
    ("posts", "likes", "-1", pd.NA, "hidden by the creator: unknown"),
    ("posts", "likes", "", pd.NA, "hidden by the creator: unknown"),
    ("posts", "likes", "NaN", pd.NA, "hidden by the creator: unknown"),
    ("posts", "comments", "", pd.NA, "no count given: unknown"),
    ("posts", "sponsored", "perhaps", pd.NA, "neither yes nor no: unknown"),
    *(("posts", column, "-1", pd.NA, "hidden: unknown") for column in COUNTED),
    ("posts", "reach", "12,400", 12_400, "thousands separators"),
    ("posts", "views", "1.2m", 1_200_000, "shorthand, rounded by the tool"),
    ("posts", "saves", "< 10", pd.NA, "no whole number: unknown"),
    ("creators", "following", "-1", pd.NA, "hidden: unknown"),
    ("creators", "following", "1,023", 1023, "thousands separators"),
    ("comments", "author", "@Berta", "berta", "spelling of the account name"),
    ("comments", "creator", "Anna", "anna", "spelling of the account name"),
    ("comments", "post", " p1", "p1", "blanks around it"),
    (
        "posts",
        "posted_at",
        "2026-11-03 10:00",
        pd.Timestamp("2026-11-03T10:00Z"),
        "no time zone: read as UTC",
    ),
    ("outreach", "offer", "Gift ", "gift", "spelling"),
    ("outreach", "offer", "swap", "", "neither gift nor fee: unknown"),
    ("outreach", "as_is", "mostly", pd.NA, "neither yes nor no: unknown"),
    ("outreach", "inbound", "Y?", pd.NA, "neither yes nor no: unknown"),
    (
        "ambassadors",
        "left_at",
        "2026-06-30 10:00",
        pd.Timestamp("2026-06-30T10:00Z"),
        "no time zone: read as UTC",
    ),
    ("overlaps", "overlap", "12.5 %", 0.125, "percent"),
    ("overlaps", "overlap", "0,02", 0.02, "decimal comma"),
    ("results", "cost", "€1,250.00", 1250.0, "thousands separators"),
    ("results", "cost", "48.50 EUR", 48.5, "currency sign"),
    ("results", "cost", "1.250,50", 1250.5, "decimal comma"),
    ("results", "cost", "1 250,50", 1250.5, "decimal comma"),
    ("results", "cost", "1\u202f250,50 €", 1250.5, "decimal comma"),
    ("results", "revenue", "12,5", 12.5, "decimal comma"),
]

REFUSALS = [
    *(("posts", column, "-2", "below 0") for column in COUNTED),
    ("posts", "reach", "99999999999", "above 10,000,000,000"),
    ("creators", "following", "-2", "below 0"),
    ("comments", "comment", "", "empty"),
    ("comments", "author", "@", "empty"),
    ("comments", "post", "", "empty"),
    ("comments", "written_at", "2 days ago", "a time ago: say when the file was exported (--as-of)"),
    ("comments", "post", "p9", "its post is not in the posts"),
    ("creators", "creator", "  ", "empty"),
    ("creators", "creator", "@", "empty"),
    ("creators", "followers", "0", "below 1"),
    ("creators", "followers", "-7", "below 1"),
    ("creators", "followers", "", "empty"),
    ("creators", "followers", "N/A", "empty"),
    ("creators", "followers", "many", "no whole number"),
    ("creators", "followers", "12.5", "no whole number"),
    ("creators", "followers", "0.125", "no whole number"),
    ("creators", "followers", "0,125", "no whole number"),
    ("creators", "as_of", "2003-12-31", "before 2004-01-01"),
    ("creators", "followers", "1e5", "no whole number"),
    ("creators", "followers", "inf", "no whole number"),
    ("creators", "followers", "9223372036854775808", "number too large"),
    ("creators", "followers", "99999999999", "above 10,000,000,000"),
    ("creators", "followers", "999999999b", "above 10,000,000,000"),
    ("creators", "as_of", "02.13.2026", "no such date"),
    ("creators", "creator", "1-Mar", "a date where a name should be"),
    ("creators", "creator", "#NAME?", "formula of a spreadsheet"),
    ("posts", "post", "1.78E+16", "number cut by a spreadsheet"),
    ("posts", "post", "=A1+B2", "formula of a spreadsheet"),
    ("posts", "post", "", "empty"),
    ("posts", "likes", "-2", "below 0"),
    ("posts", "comments", "-1", "below 0"),
    ("posts", "comments", "1.5", "no whole number"),
    ("posts", "posted_at", "", "empty"),
    ("posts", "posted_at", "yesterday", "a time ago: say when the file was exported (--as-of)"),
    (
        "posts",
        "posted_at",
        "03/04/2026",
        "day or month first? say it in mapping.yaml (dates: day first)",
    ),
    ("posts", "posted_at", "some day", "no date that can be read"),
    ("posts", "posted_at", "0226-11-03", "before 2004-01-01"),
    ("posts", "posted_at", "9999-12-31T23:59:59Z", "after 2100-01-01"),
    ("outreach", "contacted_at", "1970-01-01", "before 2004-01-01"),
    ("outreach", "posted_at", "2100-01-02", "after 2100-01-01"),
    ("posts", "posted_at", "2026-02-30", "no such date"),
    ("posts", "posted_at", "2026-02-28T25:00:00Z", "no such date"),
    ("posts", "posted_at", "2026-02-28T25:00:00", "no such date"),
    ("outreach", "replied", "", "empty"),
    ("outreach", "posted", "maybe", "neither yes nor no"),
    ("outreach", "replied_at", "2026-09-30", "answered before it was contacted"),
    ("outreach", "shipped_at", "2026-10-01T23:00:00Z", "sent its goods before it was answered"),
    ("outreach", "posted_at", "2026-09-20", "posted before it was sent its goods"),
    ("outreach", "due_at", "2026-09-30T23:00:00Z", "due before it was contacted"),
    ("ambassadors", "joined_at", "", "empty"),
    ("ambassadors", "left_at", "2026-02-28", "left before it joined"),
    ("overlaps", "overlap", "some", "no share"),
    ("overlaps", "overlap", "120%", "above 1"),
    ("results", "cost", "-1", "below 0"),
    ("results", "revenue", "inf", "no amount"),
    ("results", "campaign", " ", "empty"),
]


def other_key(table, at):
    """Return the change that makes a row of its own of the row at this place."""
    key = {"posts": "post", "results": "campaign", "comments": "comment"}.get(table, "creator")
    return {key: f"other{at}"}


@pytest.mark.parametrize("table", list(GOOD))
def test_a_repair_keeps_the_row_and_tells_before_and_after(table):
    cases = [case[1:] for case in REPAIRS if case[0] == table]
    result = read(raw(table, *({**other_key(table, at), case[0]: case[1]} for at, case in enumerate(cases))))
    assert len(getattr(result, table)) == len(cases) == len(result.ledger)
    for at, (column, before, after, reason) in enumerate(cases):
        value = getattr(result, table).at[at, column]
        assert value is pd.NA if after is pd.NA else value == after, before
        shown = after.isoformat() if isinstance(after, pd.Timestamp) else "" if after is pd.NA else str(after)
        entry = (table, f"{table}.csv", at + 2, "repaired", column, reason, before, shown)
        assert tuple(result.ledger.iloc[at][list(LEDGER)]) == entry
    assert accounted(result)


@pytest.mark.parametrize("table", list(GOOD))
def test_a_refusal_takes_the_row_out_and_tells_why(table):
    cases = [case[1:] for case in REFUSALS if case[0] == table]
    changes = [{**other_key(table, at), column: before} for at, (column, before, _) in enumerate(cases)]
    result = read(raw(table, *changes, {}))
    assert len(getattr(result, table)) == 1
    assert len(result.ledger) == len(cases)
    for at, (column, before, reason) in enumerate(cases):
        entry = (table, f"{table}.csv", at + 2, "refused", column, reason, before, "")
        assert tuple(result.ledger.iloc[at][list(LEDGER)]) == entry
    assert accounted(result)


def test_every_declared_way_to_write_a_moment_is_the_same_moment():
    ways = [
        "2026-11-03T10:00:00Z",
        "2026-11-03T10:00:00.000Z",
        "2026-11-03T11:00:00+01:00",
        "2026-11-03T10:00:00+0000",
        "2026-11-03 05:00:00-0500",
        "1793700000",
    ]
    result = read(raw("posts", *({"post": way, "posted_at": way} for way in ways)))
    assert (result.posts["posted_at"] == pd.Timestamp("2026-11-03T10:00:00Z")).tolist() == [True] * len(ways)
    assert result.ledger.empty


def test_a_row_with_several_faults_counts_once_and_each_fault_is_told():
    bad = [{"likes": "x", "comments": "y"}, {"post": "", "likes": "-2", "sponsored": "?"}]
    result = read(raw("posts", {"post": "p0"}, *bad))
    assert told(result, "line", "column", "reason") == [
        (3, "likes", "no whole number"),
        (3, "comments", "no whole number"),
        (4, "post", "empty"),
        (4, "likes", "below 0"),
    ]
    assert result.counts.set_index("table").at["posts", "refused"] == 2
    assert accounted(result)


def test_the_first_of_repeated_rows_is_kept_identical_or_not():
    result = read(raw("posts", {}, {}, {"likes": "99"}, {"post": "p2"}))
    assert result.posts["likes"].tolist() == [80, 80]
    assert told(result, "line", "reason", "before") == [
        (3, "repeated post: the first is kept", "p1"),
        (4, "repeated post: the first is kept", "p1"),
    ]
    assert accounted(result)


def test_a_bad_first_row_does_not_cost_its_good_repetition():
    result = read(raw("posts", {"likes": "-5"}, {"likes": "7"}))
    assert result.posts["likes"].tolist() == [7]
    assert told(result, "line", "reason") == [(2, "below 0")]


def test_a_co_authored_post_stays_with_each_of_its_creators():
    result = read(raw("creators", {}, {"creator": "berta"}), raw("posts", {}, {"creator": "berta"}))
    assert result.posts["creator"].tolist() == ["anna", "berta"]
    assert result.ledger.empty


def test_repeated_counts_of_a_creator_are_refused_by_date_and_undated_ones_too():
    result = read(
        raw("creators", {}, {"as_of": ""}, {"as_of": ""}, {"followers": "3"}, {"as_of": "2026-11-09"})
    )
    assert result.creators["followers"].tolist() == [2000, 2000, 2000]
    assert told(result, "line", "reason") == [
        (line, "repeated creator and date: the first is kept") for line in (4, 5)
    ]


def test_the_same_campaign_may_pay_a_creator_twice_but_not_in_the_very_same_row():
    result = read(raw("results", {}, {"cost": "12"}, {}))
    assert result.results["cost"].tolist() == [48.5, 12.0]
    assert told(result, "line", "reason") == [(4, "repeated row: the first is kept")]


def test_ragged_records_are_refused_rows_of_their_file():
    result = read(raw("posts", {}, file="a.csv", refused=[(9, "3 cells where the header has 6")]))
    assert told(result, "file", "line", "status", "reason") == [
        ("a.csv", 9, "refused", "3 cells where the header has 6")
    ]
    assert result.counts.set_index("file").loc["a.csv", ["rows_in", "kept", "refused"]].tolist() == [2, 1, 1]


def test_files_of_one_table_are_accounted_one_by_one():
    result = read(
        raw("posts", {}, {"likes": ""}, file="a.csv"),
        raw("posts", {}, {"post": "p2", "likes": "z"}, file="b.csv"),
    )
    counts = result.counts.set_index("file")
    assert counts.loc["a.csv", ["rows_in", "kept", "repaired", "refused"]].tolist() == [2, 0, 0, 2]
    assert counts.loc["b.csv", ["rows_in", "kept", "repaired", "refused"]].tolist() == [2, 1, 0, 1]


def test_hostile_names_are_text_and_stay_as_they_are():
    names = ['=hyperlink("http://x","y")', "<img src=x onerror=alert(1)>", "+1+cmd|' /c calc'!a0", "${7*7}"]
    posts = [{"post": f"p{at}", "creator": name} for at, name in enumerate(names)]
    result = read(raw("creators", *({"creator": name} for name in names)), raw("posts", *posts))
    assert result.posts["creator"].tolist() == names
    assert result.creators["creator"].tolist() == names
    assert result.ledger.empty


HOSTILE = [
    '=cmd|"/c calc"!a0',
    "<script>alert(1)</script>",
    "two\nlines, and \r\n a third",
    "\u202eodd\u0301 🌿",
    " ",
]


def test_captions_and_comments_stay_as_they_are_from_the_file_to_the_table(tmp_path):
    posts = [{**GOOD["posts"], "post": f"p{at}", "caption": text} for at, text in enumerate(HOSTILE)]
    said = [
        {**GOOD["comments"], "comment": f"c{at}", "post": f"p{at}", "text": text}
        for at, text in enumerate(HOSTILE)
    ]
    for name, rows in {"creators": [GOOD["creators"]], "posts": posts, "comments": said}.items():
        pd.DataFrame(rows).to_csv(tmp_path / f"{name}.csv", index=False, lineterminator="\n")
    result = tables.validated(sources.folder(tmp_path))
    assert result.posts["caption"].tolist() == HOSTILE
    assert result.comments["text"].tolist() == HOSTILE
    assert tables.dated_posts(result, fresh_days=0)["caption"].tolist() == HOSTILE
    assert result.ledger.empty


def test_a_comment_belongs_to_a_known_post_of_its_creator():
    creators = raw("creators", {}, {"creator": "berta"}, {"creator": "clara"})
    posts = raw(
        "posts", {}, {"creator": "berta"}, {"post": "p2", "creator": "clara"}, {"post": "p3", "likes": "x"}
    )
    said = [
        {"comment": "own"},
        {"comment": "of the other author", "creator": "berta"},
        {"comment": "not named", "post": "p2", "creator": ""},
        {"comment": "not named, co-authored", "creator": ""},
        {"comment": "of a stranger", "creator": "clara"},
        {"comment": "no such post", "post": "p9"},
        {"comment": "refused post", "post": "p3"},
    ]
    result = read(creators, posts, raw("comments", *said))
    kept = result.comments.set_index("comment")["creator"]
    assert kept.to_dict() == {
        "own": "anna",
        "of the other author": "berta",
        "not named": "clara",
        "not named, co-authored": "anna",
    }
    assert told(result, "table", "line", "reason")[1:] == [
        ("comments", 6, "its post is not one of this creator"),
        ("comments", 7, "its post is not in the posts"),
        ("comments", 8, "its post is not in the posts"),
    ]
    assert accounted(result)


def test_a_comment_may_be_empty_undated_and_the_answer_to_one_that_is_not_there():
    result = read(raw("comments", {"text": "", "written_at": "", "answers": "gone"}))
    assert result.comments[["text", "answers"]].to_numpy().tolist() == [["", "gone"]]
    assert result.comments["written_at"].isna().all()
    assert result.ledger.empty


def test_a_comment_that_stands_there_twice_is_kept_once():
    result = read(raw("comments", {}, {"text": "other"}))
    assert result.comments["text"].tolist() == ["where is this?"]
    assert told(result, "line", "reason") == [(3, "repeated comment: the first is kept")]


def test_a_contact_that_cannot_have_gone_so_is_refused_with_the_step_that_is_wrong():
    result = read(
        raw(
            "outreach",
            {"creator": "ada", "replied": "no"},
            {"creator": "bea", "accepted": "no"},
            {"creator": "cia", "posted": "no"},
            {"creator": "dot", "contacted_at": "2026-10-19"},
            {"creator": "eve", "contacted_at": "2026-10-02T18:00:00Z"},  # answered on the same day
            {"creator": "fay", "inbound": "yes", "replied": "no", "replied_at": ""},
        )
    )
    assert result.outreach["creator"].tolist() == ["eve", "fay"]
    assert told(result, "line", "column", "reason") == [
        (2, "accepted", "accepted without a reply"),
        (3, "posted", "posted without having accepted"),
        (4, "posted_at", "a date of posting, but not posted"),
        (5, "replied_at", "answered before it was contacted"),
        (5, "shipped_at", "sent its goods before it was contacted"),
    ]
    assert accounted(result)


def test_a_creator_contacted_twice_in_one_campaign_counts_once_but_may_be_in_the_next():
    result = read(raw("outreach", {}, {"offer": "fee"}, {"campaign": "winter"}, {"creator": "@ANNA"}))
    assert result.outreach["campaign"].tolist() == ["autumn", "winter"]
    why = "contacted twice in one campaign: the first is kept"
    assert [r for r in told(result, "line", "reason") if r[1] == why] == [(3, why), (5, why)]


def test_a_pair_that_is_refused_costs_no_other_row_of_the_pair():
    rows = ({"overlap": "some"}, {}, {"creator": "berta", "other": "cleo", "overlap": "120%"})
    result = read(raw("overlaps", *rows, {"creator": "cleo", "other": "berta"}))
    assert result.overlaps.to_numpy().tolist() == [["anna", "berta", 0.12], ["cleo", "berta", 0.12]]


def test_an_overlap_is_of_two_creators_and_told_once():
    result = read(raw("overlaps", {}, {"creator": "berta", "other": "@Anna"}, {"other": "anna"}))
    assert result.overlaps.to_numpy().tolist() == [["anna", "berta", 0.12]]
    assert told(result, "line", "reason") == [
        (3, "repeated pair: the first is kept"),
        (4, "a creator with itself"),
    ]


def test_a_reach_below_the_engagements_is_kept():
    result = read(raw("posts", {"reach": "5", "likes": "80"}))
    assert result.posts[["likes", "reach"]].to_numpy().tolist() == [[80, 5]]
    assert result.ledger.empty


def test_a_required_table_without_a_row_is_an_error_that_says_why():
    with pytest.raises(InputError, match="no file holds creators"):
        tables.validated([raw("posts", {})])
    with pytest.raises(InputError, match=r"posts\.csv: a header and no rows"):
        read(raw("posts"))
    bad = [{"likes": "x"}, {"likes": "y"}, {"posted_at": ""}]
    with pytest.raises(
        InputError, match="no usable row of posts; 3 refused, most often likes: no whole number"
    ):
        read(raw("posts", *bad))
    with pytest.raises(InputError, match="1 refused, most often 2 cells where the header has 6"):
        read(raw("posts", refused=[(2, "2 cells where the header has 6")]))


WEIRD = st.one_of(
    st.sampled_from(
        ["", " ", "-1", "0", "8,041", "22.3k", "1.2m", "NaN", "inf", "1e400", "9" * 30, "-", "2026-13-99",
         "0000-00-00", "9999-12-31T23:59:59Z", "1793700000", "true", "no", "gift", "FEE", "@Anna", "€5",
         "fashion 0.5", "1.250,50", "2026-11-03T10:00", "2026-11-03T24:00Z", "2026-11-03T10:00+99:99"]
    ),
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(str),
)  # fmt: skip


@st.composite
def damaged(draw, table):
    """Draw a file of the table whose rows have some cells replaced, and some records that are no rows."""
    cells = st.dictionaries(st.sampled_from(list(GOOD[table])), WEIRD, max_size=3)
    changes = draw(st.lists(cells, max_size=10))
    lines = draw(st.lists(st.integers(100, 200), unique=True, max_size=2))
    return raw(
        table, *changes, file=f"{table}-{draw(st.integers(0, 9))}.csv", refused=[(n, "ragged") for n in lines]
    )


@pytest.mark.slow
@settings(max_examples=examples(16))
@given(st.tuples(*(damaged(table) for table in GOOD)))
def test_whatever_the_damage_every_row_is_accounted_for(damaged_files):
    good = [raw("creators", {}), raw("posts", {"post": "good"})]
    files = [*good, *damaged_files]
    result = tables.validated(files)
    assert accounted(result)
    rows_in = {f.file: len(f.rows) + len(f.refused) for f in files}
    assert result.counts.set_index("file")["rows_in"].to_dict() == rows_in
    assert (result.ledger["reason"] != "").all()
    assert tables.dated_posts(result, fresh_days=0)["followers"].ge(1).all()


@given(st.integers(0, 10**10))
def test_a_count_means_the_same_however_it_is_written(number):
    column = quantities.count(
        pd.Series([str(number), f"{number:,}", f"{number}.0", f" {number} "], dtype="str")
    )
    assert column.values.tolist() == [number] * 4
    assert column.refused.empty


DECIMALS, DOTS, COMMAS = "written with decimals", "thousands marked with dots", "thousands separators"
UNCLEAR = "thousands or decimals?"


@pytest.mark.parametrize(
    ("cells", "values", "reasons"),
    [
        (["1234.000", "987.000", "50.000"], [1234, 987, 50], [DECIMALS] * 3),
        (["12.000", "0.000"], [12, 0], [DECIMALS] * 2),
        (["12,000", "0,000", "1.250"], [12, 0, 1250], [DECIMALS, DECIMALS, DOTS]),
        (["12.000", "0.000", "1,250"], [12, 0, 1250], [DECIMALS, DECIMALS, COMMAS]),
        (["5.000", "1,234.000"], [5, None], [DECIMALS, "no whole number"]),
        (["5.000", "987"], [5000, 987], [DOTS]),
        (["5.000", "12.400", "12.0"], [5000, 12400, 12], [DOTS, DOTS, DECIMALS]),
        (["5.000", "0.000", "12.400"], [None, 0, None], [UNCLEAR, DECIMALS, UNCLEAR]),
        (["5.000", "1234.000", "1.234.567"], [None, 1234, 1_234_567], [UNCLEAR, DECIMALS, DOTS]),
        (["5.000", "12.0"], [None, 12], [UNCLEAR, DECIMALS]),
        (["987.250", "1234.500"], [None, None], [UNCLEAR, "no whole number"]),
    ],
)
def test_a_column_of_counts_tells_whether_it_is_written_with_decimals(cells, values, reasons):
    for read_count in (
        quantities.count,
        quantities.hidden_count,
        quantities.comment_count,
        quantities.extra_count,
    ):
        column = read_count(pd.Series(cells, dtype="str"))
        assert [None if value is pd.NA else value for value in column.values] == values
        told = pd.concat([column.repaired, column.refused]).sort_index()
        assert told.str.removesuffix(": unknown").tolist() == reasons


@given(st.lists(st.integers(0, 10**7), min_size=1), st.sampled_from(".,"))
def test_counts_with_three_decimals_are_never_a_thousand_times_as_many(numbers, mark):
    cells = [f"{number}{mark}000" for number in [*numbers, 0]]
    assert quantities.count(pd.Series(cells, dtype="str")).values.tolist() == [*numbers, 0]


def test_a_file_with_decimals_in_its_counts_tells_nothing_of_another_one():
    decimals = raw("posts", {"likes": "50.000"}, {"post": "p2", "likes": "1234.000"}, file="a.csv")
    dots = raw("posts", {"post": "p3", "likes": "50.000"}, file="b.csv")
    assert read(decimals, dots).posts["likes"].tolist() == [50, 1234, 50_000]


@pytest.mark.parametrize("cell", ["1,234k", "12,345 k", "1,234M"])
def test_a_shorthand_of_thousands_or_decimals_is_refused(cell):
    assert quantities.count(pd.Series([cell], dtype="str")).refused.tolist() == [UNCLEAR]
    sure = quantities.count(pd.Series(["1.234k", "1234,567k", "1,234k", "0,000"], dtype="str"))
    assert sure.values.tolist() == [1234, 1_234_567, 1234, 0]


@pytest.mark.parametrize(
    ("cells", "values", "refused"),
    [
        (["€50", "$50", "50 EUR", "7"], [50, None, 50, 7], [1]),
        (["50 USD", "£80", "$ 1,250.00"], [50, None, 1250], [1]),
        (["€50", "$50", "7"], [None, None, 7], [0, 1]),
        (["CHF 50", "50CHF", "$ lots", "$ many", "$ all"], [50, 50, None, None, None], [2, 3, 4]),
    ],
)
def test_an_amount_in_another_currency_than_most_of_its_column_is_refused(cells, values, refused):
    column = quantities.amount(pd.Series(cells, dtype="str"))
    assert [None if value != value else value for value in column.values] == values
    assert column.refused.sort_index().index.tolist() == refused
    assert set(column.refused) <= {"another currency", "no amount"}
    assert (column.refused == "another currency").any() or "CHF 50" in cells


def test_two_files_may_be_in_two_currencies():
    euros, dollars = ({"cost": "€50"}, "a.csv"), ({"cost": "$50", "campaign": "autumn"}, "b.csv")
    result = read(*(raw("results", row, file=file) for row, file in (euros, dollars)))
    assert result.results["cost"].tolist() == [50, 50]


@pytest.mark.parametrize(
    ("cells", "values", "reasons"),
    [
        (["1.250", "12,5"], [1250, 12.5], ["thousands marked with dots", "decimal comma"]),
        (["1,250", "1.250,50"], [1.25, 1250.5], ["decimal comma", "decimal comma"]),
        (["1.250", "12.5"], [1.25, 12.5], []),
        (["1,250", "980.50"], [1250, 980.5], ["thousands separators"]),
        (["€1.250", "0.125"], [1.25, 0.125], ["currency sign"]),
        (["-1.250", "1,250.50"], [-1.25, 1250.5], ["thousands separators"]),
        (["1.250", "1.250.000"], [1250, 1_250_000], ["thousands marked with dots"] * 2),
    ],
)
def test_the_other_cells_of_a_column_tell_thousands_from_decimals(cells, values, reasons):
    column = quantities.amount(pd.Series(cells, dtype="str"))
    assert column.values.tolist() == values
    assert column.repaired.sort_index().tolist() == reasons
    assert column.refused.empty


@pytest.mark.parametrize("others", [[], ["980", "40"], ["12.5", "12,5"]])
@pytest.mark.parametrize("cell", ["1.250", "1,250", "€ 1.250"])
def test_an_amount_that_nothing_tells_apart_is_refused(cell, others):
    column = quantities.amount(pd.Series([cell, *others], dtype="str"))
    assert column.refused[0] == "thousands or decimals?"


@given(st.decimals(0, 10**7, places=2))
def test_an_amount_means_the_same_in_german_as_in_english(number):
    english = pd.Series([f"{number:,}", "1,250", "0.5"], dtype="str")
    german = english.str.translate(str.maketrans(",.", ".,"))
    assert quantities.amount(english).values.tolist() == [float(number), 1250, 0.5]
    assert quantities.amount(german).values.tolist() == [float(number), 1250, 0.5]


def test_one_file_does_not_tell_how_another_writes_its_numbers():
    english = raw("results", {"cost": "12.5", "reach": "1,250"}, file="a.csv")
    german = raw("results", {"campaign": "autumn", "cost": "1.250", "revenue": "3,5"}, file="b.csv")
    unclear = read(english, german)
    assert unclear.results["reach"].tolist() == [1250]
    assert told(unclear, "file", "column", "reason")[-1] == ("b.csv", "cost", "thousands or decimals?")


def test_a_post_meets_the_count_dated_last_before_it_else_the_next_else_the_undated():
    creators = [
        {"as_of": "", "followers": "1"},
        {"as_of": "2026-11-01", "followers": "100"},
        {"as_of": "2026-11-08", "followers": "200"},
        {"creator": "berta", "as_of": "", "followers": "5"},
    ]
    posts = [
        {"post": "before", "posted_at": "2026-10-30"},
        {"post": "on the day", "posted_at": "2026-11-01"},
        {"post": "between", "posted_at": "2026-11-07T12:00:00Z"},
        {"post": "after", "posted_at": "2026-11-20"},
        {"post": "undated", "creator": "berta"},
    ]
    result = read(raw("creators", *creators), raw("posts", *posts))
    dated = tables.dated_posts(result, fresh_days=0).set_index("post")
    expected = {
        "before": (100, -2.0),
        "on the day": (100, 0.0),
        "between": (100, 6.5),
        "after": (200, 12.0),
    }
    known = dated.loc[list(expected), ["followers", "followers_gap_days"]]
    assert list(known.itertuples(index=False, name=None)) == list(expected.values())
    assert dated.at["undated", "followers"] == 5
    assert pd.isna(dated.at["undated", "followers_gap_days"])


def test_dated_posts_are_the_newest_of_each_creator_whatever_the_order_of_rows():
    creators = raw("creators", {}, {"creator": "berta"})
    days = [
        {"post": f"{who}{day}", "creator": who, "posted_at": f"2026-11-{day:02d}"}
        for who in ("anna", "berta")
        for day in range(1, 6)
    ]
    expected = tables.dated_posts(read(creators, raw("posts", *days)), last_posts=2, fresh_days=0)
    assert expected["post"].tolist() == ["anna4", "anna5", "berta4", "berta5"]
    for order in itertools.islice(itertools.permutations(days), 0, 4000, 1999):
        shuffled = tables.dated_posts(read(creators, raw("posts", *order)), last_posts=2, fresh_days=0)
        pd.testing.assert_frame_equal(shuffled, expected)


def days_of(*days, who="anna"):
    return [{"post": f"{who}{day}", "creator": who, "posted_at": f"2026-11-{day:02d}"} for day in days]


def windowed(result, **window):
    return tables.dated_posts(result, **window)["post"].tolist()


def test_posts_younger_than_the_fresh_days_are_left_out_and_take_no_place_of_an_older_one():
    result = read(raw("posts", *days_of(1, 5, 7, 8, 9, 10)))
    assert windowed(result) == ["anna1", "anna5", "anna7"]  # the seventh is just three days old
    assert windowed(result, last_posts=2) == ["anna5", "anna7"]
    assert windowed(result, last_posts=2, fresh_days=3.01) == ["anna1", "anna5"]
    assert windowed(result, last_posts=2, fresh_days=0) == ["anna9", "anna10"]


def test_the_last_days_are_counted_back_from_the_date_of_the_data():
    result = read(raw("posts", *days_of(1, 4, 5, 9, 10)))
    assert windowed(result, last_days=6, fresh_days=0) == ["anna4", "anna5", "anna9", "anna10"]
    assert windowed(result, last_days=5.5) == ["anna5"]
    assert windowed(result, last_days=None) == ["anna1", "anna4", "anna5"]
    assert windowed(result, last_days=1e300) == ["anna1", "anna4", "anna5"]


def test_a_later_follower_count_makes_no_post_of_the_last_days_fresh():
    result = read(raw("creators", {"as_of": "2026-11-13"}), raw("posts", *days_of(1, 9, 10)))
    assert tables.as_of(result) == pd.Timestamp("2026-11-13", tz="UTC")
    assert windowed(result) == ["anna1", "anna9", "anna10"]


def test_what_the_window_leaves_out_is_counted_by_reason():
    creators = raw("creators", {}, {"creator": "berta"})
    posts = days_of(1, 2, 3, 9, 10) + days_of(4, 8, who="berta")
    result = read(creators, raw("posts", *posts))
    left = tables.left_out(result, last_posts=2, last_days=7, fresh_days=3)
    assert list(left.itertuples(index=False, name=None)) == [
        ("older than the window", 2, 1),
        ("too fresh to count", 3, 2),
    ]
    nothing = tables.left_out(result, last_posts=9, fresh_days=0)
    assert nothing[["posts", "creators"]].to_numpy().tolist() == [[0, 0], [0, 0]]


@pytest.fixture(scope="module")
def small():
    return read(raw("creators", {"as_of": ""}))


@settings(max_examples=examples(50))
@given(
    st.lists(st.integers(1, 28), min_size=1, max_size=12),
    st.integers(1, 5),
    st.none() | st.floats(0.5, 30),
    st.floats(0, 9),
)
def test_every_post_is_in_the_window_or_counted_as_left_out(small, days, last_posts, last_days, fresh_days):
    when = pd.to_datetime([f"2026-11-{day:02d}" for day in days], utc=True).as_unit("us")
    posts = pd.concat([small.posts] * len(days), ignore_index=True)
    result = replace(small, posts=posts.assign(post=[f"p{at}" for at in range(len(days))], posted_at=when))
    window = {"last_posts": last_posts, "last_days": last_days, "fresh_days": fresh_days}
    left = tables.left_out(result, **window)["posts"].sum()
    if left < len(days):
        dated = tables.dated_posts(result, **window)
        age = (tables.as_of(result) - dated["posted_at"]) / pd.Timedelta(days=1)
        assert len(dated) + left == len(days)
        assert len(dated) <= last_posts
        assert age.ge(fresh_days).all()
        assert last_days is None or age.le(last_days).all()
    else:
        with pytest.raises(InputError, match="no post is left to analyse"):
            tables.dated_posts(result, **window)


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ({"last_posts": 0}, "last_posts is 0: it must be 1 or more"),
        ({"last_posts": -3}, "last_posts is -3"),
        ({"last_days": 0}, "last_days is 0: it must be above 0 days, or None"),
        ({"last_days": float("nan")}, "last_days is nan"),
        ({"fresh_days": -0.5}, "fresh_days is -0.5: it must be 0 or more days"),
        ({"fresh_days": float("nan")}, "fresh_days is nan"),
        ({"last_posts": "5"}, "last_posts must be a whole number; got '5'"),
        ({"last_days": "90"}, "last_days is '90'"),
        ({"fresh_days": None}, "fresh_days is None"),
    ],
)
def test_a_window_that_cannot_be_is_an_error_that_names_the_range(small, window, message):
    for table in (tables.dated_posts, tables.left_out):
        with pytest.raises(InputError) as raised:
            table(small, **window)
        assert message in str(raised.value)


def test_a_window_without_a_post_is_an_error_that_says_what_to_change():
    result = read(raw("posts", *days_of(1, 2, 10)))
    with pytest.raises(InputError) as raised:
        tables.dated_posts(result, last_days=5)
    assert str(raised.value) == (
        "no post is left to analyse: of 3, 1 are too fresh and 2 older than the window at the data's own "
        "date, 2026-11-10: lower fresh_days (it is 3.0) or raise last_days (it is 5)"
    )
    with pytest.raises(InputError, match=r"2026-11-10: lower fresh_days \(it is 99\)$"):
        tables.dated_posts(result, fresh_days=99)


def test_a_roster_without_any_niche_calls_all_of_them_unknown():
    niches = tables.roster(read(raw("creators", {"niche": ""}, {"creator": "b", "niche": ""})))["niche"]
    assert niches.dtype == "str"
    assert niches.tolist() == ["unknown", "unknown"]


def test_the_roster_has_one_row_per_creator_with_the_newest_count_and_niche():
    creators = [
        {"as_of": "2026-11-08", "followers": "200", "niche": "travel"},
        {"as_of": "2026-11-01", "followers": "100"},
        {"as_of": "", "followers": "1"},
        {"creator": "berta", "as_of": "", "niche": ""},
    ]
    roster = tables.roster(read(raw("creators", *creators)))
    assert roster[["creator", "niche", "followers"]].to_numpy().tolist() == [
        ["anna", "travel", 200],
        ["berta", "unknown", 2000],
    ]
    assert roster["as_of"].isna().tolist() == [False, True]


def test_a_later_count_without_a_niche_takes_no_niche_away():
    creators = [
        {"as_of": "", "niche": "art"},
        {"as_of": "2026-11-01", "niche": "food"},
        {"as_of": "2026-11-08", "followers": "200", "niche": ""},
        {"creator": "berta", "as_of": "2026-11-08", "niche": "Unknown"},
    ]
    result = read(raw("creators", *creators), raw("posts", {}, {"creator": "berta"}))
    roster = tables.roster(result)
    assert roster["niche"].tolist() == ["food", "unknown"]
    assert roster["followers"].tolist() == [200, 2000]
    assert tables.dated_posts(result, fresh_days=0)["niche"].tolist() == ["food", "unknown"]


def test_the_date_of_the_data_is_that_of_the_newest_post_or_follower_count():
    posts = raw("posts", {"posted_at": "2026-11-05"}, {"post": "p2", "posted_at": "2026-11-04"})
    assert tables.as_of(read(posts)) == pd.Timestamp("2026-11-05", tz="UTC")
    later = raw("creators", {"as_of": "2026-11-07"}, {"as_of": "2026-11-06"}, {"as_of": ""})
    assert tables.as_of(read(posts, later)) == pd.Timestamp("2026-11-07", tz="UTC")
    assert tables.as_of(read(posts, raw("creators", {"as_of": ""}))) == pd.Timestamp("2026-11-05", tz="UTC")


def test_a_mistyped_year_far_ahead_is_refused_and_does_not_move_the_date_of_the_data():
    days = pd.date_range("2026-01-01", periods=150, freq="D", tz="UTC")
    typed = raw("posts", *[{"post": f"p{at}", "posted_at": day.isoformat()} for at, day in enumerate(days)])
    wrong = raw("posts", {"post": "far", "posted_at": "2062-01-01"}, file="more.csv")
    result = read(typed, wrong, raw("creators", {"as_of": ""}))
    assert result.counts.set_index("file").loc["more.csv", "refused"] == 1
    assert told(result, "reason")[-1] == ("dated more than a year after nearly all others",)
    assert tables.as_of(result) == days[-1]
    few = pd.Series([*days[:80], pd.Timestamp("2062-01-01", tz="UTC")])
    assert dataset.last_date(few) is None  # too few dates to call one far


@pytest.mark.skipif(not REAL.is_dir(), reason="the real posts are not on this machine")
def test_the_real_posts_are_all_kept_and_one_niche_is_repaired():
    result = tables.validated(sources.folder(REAL))
    counts = result.counts.set_index("table")
    assert counts.loc["posts", ["rows_in", "kept", "repaired", "refused"]].tolist() == [19_482, 19_482, 0, 0]
    assert counts.loc["creators", ["rows_in", "kept", "repaired", "refused"]].tolist() == [
        11_321,
        11_320,
        1,
        0,
    ]
    assert told(result, "line", "before", "after") == [(6621, "fashion 0.5", "fashion")]
    assert result.creators["as_of"].isna().all()
    assert result.posts["sponsored"].isna().all()
    assert result.creators["following"].notna().all()
    assert accounted(result)


def test_results_may_lack_reach_and_clicks_and_a_lift_test_needs_a_side_and_an_error():
    result = read(
        raw("results", {"reach": "", "clicks": ""}),
        raw("lift_tests", {"side": "both"}, {"se": "0", "source": "b"}, {"source": "c"}),
    )
    assert result.results[["reach", "clicks"]].isna().all(axis=None)
    assert result.lift_tests["source"].tolist() == ["c"]
    assert {"side is neither nano nor macro", "not above 0"} <= {*result.ledger["reason"]}
