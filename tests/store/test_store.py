"""Proves that a store gives back what was put in, merges weeks as it says, and changes nothing twice."""

from dataclasses import fields, replace
from functools import partial

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bundled
import stored
from draws import examples
from nanospread import store
from nanospread.core import paths, weeks
from nanospread.core.errors import InputError
from nanospread.ingest import schemas, sources, tables
from nanospread.store import duck, manifests, opening
from stored import ANNA, POST, day

ORDERED = [*tables.READERS, "unmatched"]


def by_key(whole: tables.Tables) -> dict[str, pd.DataFrame]:
    """Return the tables in the order in which a store gives them."""
    keys = {table: duck.key("posts" if table == "unmatched" else table) for table in ORDERED}
    return {table: getattr(whole, table).sort_values(keys[table], ignore_index=True) for table in ORDERED}


def assert_same(first: tables.Tables, second: tables.Tables) -> None:
    for table, frame in by_key(first).items():
        pd.testing.assert_frame_equal(_unread(frame), _unread(getattr(second, table)), obj=table)


def _unread(rows):
    """Return rows without when they were read, which a store knows where the export did not tell."""
    return rows.drop(columns="read_at", errors="ignore")


def written(place, *weeks, **rows):
    """Write one snapshot a week."""
    for number, week in enumerate(weeks):
        store.write(place, week, as_of=day(7 * number), inputs=stored.inputs(f"{number}"), **rows)


@pytest.fixture(scope="module")
def sample():
    return bundled.validated()


@pytest.mark.slow
def test_the_sample_comes_back_as_it_was_validated(tmp_path, sample):
    store.write(tmp_path / "s", sample, as_of=day(0), inputs=stored.inputs("a"))
    back = store.read(tmp_path / "s")
    assert_same(sample, back)
    pd.testing.assert_frame_equal(
        back.counts.assign(file=back.counts["file"].str.removeprefix("2026-11-15/")).astype({"file": "str"}),
        sample.counts,
    )
    told = ["table", "line", "status", "column", "reason"]
    pd.testing.assert_frame_equal(back.ledger[told], sample.ledger[told])
    assert set(back.ledger["before"]) == set(back.ledger["after"]) == {""}
    frames = [field.name for field in fields(back) if field.name != "elsewhere"]
    assert {name: getattr(back, name).dtypes.to_dict() for name in frames} == {
        name: getattr(sample, name).dtypes.to_dict() for name in frames
    }


def test_every_column_of_the_schemas_has_a_type_in_sql():
    assert {kind for columns in duck.types().values() for kind in columns.values()} <= set(duck.SQL)
    assert set(duck.types()) == {*schemas.KEYS, "ledger", "counts", "ignored", "fetched"}


def test_the_same_export_twice_changes_nothing(tmp_path):
    place = tmp_path / "s"
    first = store.write(place, stored.of(), as_of=day(0), inputs=stored.inputs("a", "b"))
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*") if path.is_file()}
    renamed = dict(zip(["x", "y"], reversed(stored.inputs("a", "b").values()), strict=True))
    again = store.write(place, stored.of(), as_of=day(0), inputs=renamed)
    assert (first.new, again.new) == (True, False)
    assert again.snapshot == first.snapshot
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "other", [{"as_of": day(1)}, {"inputs": stored.inputs("b")}, {"mapping": "a.csv: {table: posts}"}]
)
def test_another_date_file_or_mapping_is_another_snapshot(tmp_path, other):
    said = {"as_of": day(0), "inputs": stored.inputs("a"), "mapping": ""}
    store.write(tmp_path / "s", stored.of(), **said)
    assert store.write(tmp_path / "s", stored.of(), **{**said, **other}).new
    assert len(store.snapshots(tmp_path / "s")) == 2


def test_the_same_rows_make_the_same_bytes_in_any_order(tmp_path, sample):
    shuffled = replace(sample, posts=sample.posts.sample(frac=1, random_state=1, ignore_index=True))
    for name, whole in (("one", sample), ("two", shuffled)):
        store.write(tmp_path / name, whole, as_of=day(0), inputs=stored.inputs("a"))
    one, two = (sorted(p.name for p in (tmp_path / name).rglob("*.parquet")) for name in ("one", "two"))
    assert one == two


def test_the_files_read_anew_with_another_mapping_replace_the_first_reading(tmp_path):
    wrong = stored.of(creators=[ANNA, {**ANNA, "creator": "total"}])
    store.write(tmp_path / "s", wrong, as_of=day(0), inputs=stored.inputs("a"))
    store.write(tmp_path / "s", stored.of(), as_of=day(0), inputs=stored.inputs("a"), mapping="better")
    assert list(store.read(tmp_path / "s").creators["creator"]) == ["anna"]
    assert list(store.snapshots(tmp_path / "s")["counts"]) == [False, True]


def test_a_reading_anew_stands_last_so_what_is_read_up_to_the_last_that_counts_is_it(tmp_path):
    for name, likes, said in (("p", 5, "swapped"), ("c", 5, ""), ("p", 80, "right")):
        week = stored.of(posts=[{**POST, "likes": likes}] if name == "p" else [])
        store.write(tmp_path / "s", week, as_of=day(0), inputs=stored.inputs(name), mapping=said)
    assert list(store.snapshots(tmp_path / "s")["counts"]) == [False, True, True]
    last = opening.chosen(tmp_path / "s", "2026-W46")[-1]
    for until in (None, last.folder.name):
        assert store.read(tmp_path / "s", until).posts["likes"].tolist() == [80]


@pytest.mark.slow
def test_the_newest_snapshot_says_what_a_post_has(tmp_path):
    fresh = {**POST, "likes": 95, "comments": 6}
    hidden = {**POST, "likes": pd.NA, "comments": 7}
    written(tmp_path / "s", stored.of(), stored.of(posts=[fresh]), stored.of(posts=[hidden]))
    assert store.read(tmp_path / "s", "2026-11-15").posts["likes"].tolist() == [80]
    assert store.read(tmp_path / "s", "2026-W47").posts["likes"].tolist() == [95]
    last = store.read(tmp_path / "s").posts.iloc[0]
    assert last["likes"] is pd.NA  # likes that are hidden now are not what they were
    assert last["comments"] == 7


def test_an_export_without_a_column_takes_nothing_away(tmp_path):
    rich = {**POST, "reach": 900, "caption": "slow morning", "sponsored": True}
    undated = {**ANNA, "niche": "unknown", "following": pd.NA}
    written(
        tmp_path / "s",
        stored.of(posts=[rich], creators=[{**ANNA, "following": 12, "reported_er": 0.03}]),
        stored.of(creators=[undated]),
    )
    back = store.read(tmp_path / "s")
    assert back.posts.loc[0, ["reach", "caption", "sponsored", "saves"]].tolist() == [
        900,
        "slow morning",
        True,
        pd.NA,
    ]
    assert back.creators.loc[0, ["niche", "following", "reported_er"]].tolist() == ["food", 12, 0.03]


OUTREACH = {"creator": "anna", "campaign": "c", "contacted_at": day(-30), "offer": "gift"}
OUTREACH |= {"replied": True, "accepted": True, "posted": True}
TOLD = {"inbound": False, "as_is": True, "due_at": day(-9)}
TOLD |= {"replied_at": day(-29), "shipped_at": day(-20), "posted_at": day(-10)}


def test_dates_of_contacts_comments_and_ambassadors_outlast_an_export_without_them(tmp_path):
    comment = {"comment": "k", "post": "p1", "creator": "anna", "author": "zoe", "text": "nice"}
    known = {"written_at": day(-8), "answers": "k0"}
    stint = {"creator": "anna", "joined_at": day(-90)}
    written(
        tmp_path / "s",
        stored.of(
            outreach=[{**OUTREACH, **TOLD}],
            comments=[{**comment, **known}],
            ambassadors=[{**stint, "left_at": day(-3)}],
        ),
        stored.of(outreach=[OUTREACH], comments=[comment], ambassadors=[stint]),
    )
    back = store.read(tmp_path / "s")
    assert back.outreach.iloc[0][list(TOLD)].to_dict() == TOLD
    assert back.comments.iloc[0][list(known)].to_dict() == known
    assert back.ambassadors["left_at"].tolist() == [day(-3)]


def test_an_older_date_of_a_contact_falls_with_what_the_newest_export_denies(tmp_path):
    denied = {**OUTREACH, "accepted": False, "posted": False}
    later = {**OUTREACH, "campaign": "d", "contacted_at": day(-15)}
    first = stored.of(outreach=[{**OUTREACH, **TOLD}, {**OUTREACH, **TOLD, "campaign": "d"}])
    written(tmp_path / "s", first, stored.of(outreach=[denied, later]))
    back = store.read(tmp_path / "s").outreach
    assert back.loc[0, ["replied_at", "due_at"]].tolist() == [day(-29), day(-9)]
    assert back.loc[0, ["as_is", "shipped_at", "posted_at"]].isna().all()
    assert back.loc[1, ["replied_at", "shipped_at"]].isna().all()  # before the contact that is told now
    assert back.loc[1, "posted_at"] == day(-10)


def test_a_contact_keeps_the_date_and_the_offer_that_an_older_export_told(tmp_path):
    first = stored.of(outreach=[{**OUTREACH, "offer": "fee"}])
    written(tmp_path / "s", first, stored.of(outreach=[{**OUTREACH, "contacted_at": None, "offer": ""}]))
    back = store.read(tmp_path / "s").outreach
    assert back.loc[0, ["contacted_at", "offer"]].tolist() == [OUTREACH["contacted_at"], "fee"]


DEAL = {"campaign": "c", "creator": "anna", "offer": "fee", "cost": 50.0, "reach": 900.0, "clicks": 20.0}
DEAL |= {"revenue": 80.0, "orders": 2.0, "period": "2026-09"}
OCTOBER = {**DEAL, "orders": 1.0, "revenue": 40.0, "period": "2026-10"}


def test_a_month_of_results_joins_the_months_before_and_its_budget_counts_once(tmp_path):
    written(tmp_path / "s", *(stored.of(results=[month]) for month in (DEAL, OCTOBER)))
    back = store.read(tmp_path / "s").results
    assert back[["period", "orders", "cost"]].values.tolist() == [["2026-10", 1, 0], ["2026-09", 2, 50]]
    mended = stored.of(results=[{**DEAL, "orders": 7.0}, {**OCTOBER, "cost": 0.0}])
    store.write(tmp_path / "s", mended, as_of=day(30), inputs=stored.inputs("again"))
    back = store.read(tmp_path / "s").results
    assert back[["orders", "cost"]].values.tolist() == [[1, 0], [7, 50]]


@pytest.mark.slow
def test_a_campaign_as_a_whole_and_its_months_are_never_added_up(tmp_path):
    whole = {**DEAL, "orders": 3.0, "period": ""}
    weeks = [stored.of(results=[row]) for row in (DEAL, whole, OCTOBER)]
    written(tmp_path / "s", *weeks)
    orders = [store.read(tmp_path / "s", day(7 * at)).results["orders"].tolist() for at in range(3)]
    assert orders == [[2], [3], [1, 2]]


def test_the_period_of_results_comes_from_the_export_to_the_store(tmp_path):
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "creators.csv").write_text("creator,followers\nanna,2000\n")
    post = "post,creator,posted_at,likes,comments\np1,anna,2026-11-02,8,1\n"
    (tmp_path / "e" / "posts.csv").write_text(post)
    header, row = (
        "campaign,creator,offer,cost,reach,clicks,orders,revenue,period",
        "fee,50,900,20,2,80,2026-09",
    )
    (tmp_path / "e" / "results.csv").write_text(f"{header}\nc,anna,{row}\n")
    whole = tables.validated(sources.folder(tmp_path / "e"))
    written(tmp_path / "s", whole)
    assert store.read(tmp_path / "s").results["period"].tolist() == ["2026-09"]


def test_of_results_the_newest_export_replaces_a_creators_campaign(tmp_path):
    deal = {"campaign": "spring", "creator": "anna", "offer": "fee", "cost": 50.0, "reach": 400.0}
    deal |= {"clicks": 7.0, "orders": 1.0, "revenue": 20.0}
    berta = {**deal, "creator": "berta"}
    first = stored.of(results=[deal, {**deal, "cost": 60.0}, berta])
    written(tmp_path / "s", first, stored.of(results=[{**deal, "cost": 55.0}]))
    assert store.read(tmp_path / "s").results["cost"].tolist() == [55.0, 50.0]


def test_a_figure_that_the_newest_results_lack_is_the_newest_told_and_stands_once(
    tmp_path,
):
    spent = {"campaign": "c", "creator": "anna", "offer": "fee", "cost": 50.0, "clicks": 9.0, "reach": 400.0}
    shop = {"campaign": "c", "creator": "anna", "orders": 3.0, "revenue": 90.0}
    months = [{**shop, "period": period} for period in ("2026-09", "2026-10")]
    links = {"campaign": "c", "creator": "anna", "clicks": 20.0}
    weeks = [stored.of(results=rows) for rows in ([spent], months, [links])]
    written(tmp_path / "s", *weeks)
    names = ["offer", "cost", "reach", "clicks", "orders"]
    second, third = (store.read(tmp_path / "s", day(7 * at)).results for at in (1, 2))
    second = second.sort_values("period")
    assert second[["period", "offer"]].values.tolist() == [["2026-09", "fee"], ["2026-10", "fee"]]
    assert second["cost"].tolist() == [50, 0]
    assert second["orders"].tolist() == [3, 3]
    assert second["reach"].dropna().tolist() == [400]
    assert second["clicks"].isna().all()  # older than the orders
    assert third[names].values.tolist() == [["fee", 50, 400, 20, 6]]


def test_a_pair_in_the_other_order_is_the_same_pair(tmp_path):
    pair = {"creator": "anna", "other": "berta", "overlap": 0.1}
    swapped = {"creator": "berta", "other": "anna", "overlap": 0.2}
    written(tmp_path / "s", stored.of(overlaps=[pair]), stored.of(overlaps=[swapped]))
    assert store.read(tmp_path / "s").overlaps["overlap"].tolist() == [0.2]


def test_a_post_without_a_follower_count_is_kept_until_one_comes(tmp_path):
    early = stored.of(posts=[POST, {**POST, "post": "p2", "creator": "berta"}])
    written(tmp_path / "s", early, stored.of(creators=[{**ANNA, "creator": "berta"}]))
    assert store.read(tmp_path / "s", day(0)).unmatched["post"].tolist() == ["p2"]
    whole = store.read(tmp_path / "s")
    assert (whole.posts["post"].tolist(), len(whole.unmatched)) == (["p1", "p2"], 0)


def test_an_export_of_an_earlier_date_that_comes_late_does_not_win(tmp_path):
    for number, likes in ((7, 95), (0, 80)):
        week = stored.of(posts=[{**POST, "likes": likes}])
        store.write(tmp_path / "s", week, as_of=day(number), inputs=stored.inputs(f"{number}"))
    assert store.read(tmp_path / "s").posts["likes"].tolist() == [95]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAME = st.sampled_from(["anna", "berta", "ça va", "d'e\"f", "=1+1", "ö\n"])
COUNT = st.integers(0, 10**10) | st.just(pd.NA)
MOMENTS = st.datetimes(pd.Timestamp("2004-01-01"), pd.Timestamp("2099-12-31")).map(
    lambda moment: pd.Timestamp(moment, tz="UTC").as_unit("us")
)
POSTS = st.fixed_dictionaries(
    {"post": st.sampled_from(["1", "2", "9007199254740993"]), "creator": NAME, "posted_at": MOMENTS}
    | dict.fromkeys(("likes", "comments", "reach", "saves"), COUNT)
    | {"sponsored": st.sampled_from([True, False, pd.NA]), "caption": TEXT}
)
CREATORS = st.fixed_dictionaries(
    {
        "creator": NAME,
        "as_of": st.sampled_from([pd.NaT, day(0), day(1)]),
        "followers": st.integers(1, 10**10),
        "niche": st.sampled_from(["unknown", "food", "käse"]),
        "following": COUNT,
        "reported_er": st.just(float("nan")) | st.floats(0, 1),
    }
)


def unique(rows, *key):
    return [
        row
        for at, row in enumerate(rows)
        if [row[k] for k in key] not in [[o[k] for k in key] for o in rows[:at]]
    ]


WEEKS = st.lists(
    st.tuples(
        st.lists(CREATORS, min_size=1, max_size=4).map(lambda rows: unique(rows, "creator", "as_of")),
        st.lists(POSTS, min_size=1, max_size=4).map(lambda rows: unique(rows, "post", "creator")),
    ),
    min_size=1,
    max_size=3,
)


@pytest.mark.slow
@settings(max_examples=examples(8))
@given(WEEKS)
def test_any_weeks_are_merged_as_plain_python_merges_them(tmp_path_factory, weeks):
    place = tmp_path_factory.mktemp("property") / "s"
    known = {row["creator"] for creators, _ in weeks for row in creators}
    if not any(row["creator"] in known for _, posts in weeks for row in posts):
        weeks[0][1].append({**weeks[0][1][0], "post": "0", "creator": sorted(known)[0]})
    written(place, *(stored.of(creators=creators, posts=posts) for creators, posts in weeks))
    expected = stored.of(
        creators=merged(
            [creators for creators, _ in weeks], ("creator", "as_of"), ("niche", "following", "reported_er")
        ),
        posts=merged(
            [posts for _, posts in weeks], ("post", "creator"), ("reach", "saves", "sponsored", "caption")
        ),
    )
    assert_same(expected, store.read(place))


def merged(weeks, key, perhaps):
    """Return one row a key: the newest, with what only older ones tell."""
    found = {}
    for row in (row for week in weeks for row in week):
        old = found.get(tuple(row[name] for name in key), row)
        known = {name: old[name] for name in perhaps if untold(row[name])}
        found[tuple(row[name] for name in key)] = {**row, **known}
    return list(found.values())


def untold(value) -> bool:
    return value in ("", "unknown") if isinstance(value, str) else bool(pd.isna(value))


def test_text_with_half_a_character_is_stored_without_it(tmp_path):
    written(tmp_path / "s", stored.of(posts=[{**POST, "caption": "a\ud83d b"}]))
    assert store.read(tmp_path / "s").posts["caption"].tolist() == ["a? b"]


@pytest.mark.slow
def test_a_folder_of_exports_a_store_and_a_snapshot_are_opened_alike(tmp_path, sample):
    assert_same(sample, replace_order(store.opened(paths.SAMPLE)))
    store.write(tmp_path / "s", sample, as_of=day(0), inputs=stored.inputs("a"))
    later = store.write(tmp_path / "s", stored.of(), as_of=day(7), inputs=stored.inputs("b"))
    first = store.snapshots(tmp_path / "s")["snapshot"][0]
    assert_same(sample, store.opened(tmp_path / "s" / "snapshots" / first))
    assert "anna" in set(store.opened(str(tmp_path / "s")).creators["creator"])
    assert "anna" in set(store.opened(tmp_path / "s" / "snapshots" / later.snapshot).creators["creator"])
    assert not store.is_store(paths.SAMPLE)


def replace_order(whole: tables.Tables) -> tables.Tables:
    return replace(whole, **by_key(whole))


def test_contacts_are_stored_only_where_they_are_given(tmp_path):
    written(tmp_path / "s", stored.of())
    assert store.contacts(tmp_path / "s").empty
    assert store.contact_rows([]) is None
    with pytest.raises(InputError, match="contacts need a column creator"):
        written(tmp_path / "s", stored.of(), contacts=pd.DataFrame({"mail": ["a@x.org"]}))
    asked = pd.DataFrame({"creator": ["anna"], "mail": ["anna@example.org"]}, dtype="str")
    store.write(tmp_path / "s", stored.of(), as_of=day(7), inputs=stored.inputs("b"), contacts=asked)
    assert store.contacts(tmp_path / "s").to_dict("records") == [
        {"creator": "anna", "mail": "anna@example.org"}
    ]
    first, second = sorted((tmp_path / "s" / "snapshots").iterdir())
    assert store.contacts(first).empty  # of a snapshot, what was known then
    assert len(store.contacts(second)) == 1


def test_a_bulk_part_is_moved_in_and_merged_with_the_rest(tmp_path):
    part = stored.frame("posts", [{**POST, "post": f"b{at}"} for at in range(3)])
    with duck.connected() as connection:
        connection.from_df(part).write_parquet(str(tmp_path / "part.parquet"))
    counts = stored.frame("counts", [{"table": "posts", "file": "big.csv", "rows_in": 3, "kept": 3}])
    bulk = store.Part("posts", tmp_path / "part.parquet", counts, stored.of().ledger)
    found = store.write(tmp_path / "s", stored.of(), as_of=day(0), inputs=stored.inputs("a"), bulk=[bulk])
    assert found.rows["posts"] == 4
    assert not (tmp_path / "part.parquet").exists()
    back = store.read(tmp_path / "s")
    assert back.posts["post"].tolist() == ["b0", "b1", "b2", "p1"]
    assert back.counts["file"].tolist() == ["2026-11-15/big.csv"]


def test_the_snapshot_of_this_morning_is_of_the_week_that_began_where_the_brief_is(tmp_path):
    """Sunday 20:15 UTC is Monday 05:15 in Tokyo; a snapshot of a date is of that day anywhere."""
    for at, moment in enumerate(("2026-11-22T20:15", "2026-11-23")):
        as_of = pd.Timestamp(moment, tz="UTC")
        store.write(tmp_path / "s", stored.of(), as_of=as_of, inputs=stored.inputs(moment))
        assert len(opening.chosen(tmp_path / "s", "2026-W48", weeks.zone("Asia/Tokyo"))) == at + 1
    with pytest.raises(InputError, match="no snapshot up to 2026-W47"):
        opening.chosen(tmp_path / "s", "2026-W47", weeks.zone("Asia/Tokyo"))
    for name in ("America/New_York", "UTC"):
        [of_sunday] = opening.chosen(tmp_path / "s", "2026-W47", weeks.zone(name))
        assert of_sunday.folder.name.startswith("2026-11-22")


@pytest.mark.slow
def test_until_takes_a_day_a_week_a_moment_a_name_or_an_id(tmp_path):
    written(tmp_path / "s", *(stored.of(posts=[{**POST, "likes": likes}]) for likes in (1, 2, 3)))
    second = manifests.snapshots(tmp_path / "s")[1]
    for until in ("2026-11-22", "2026-11-28", "2026-W47", day(7), second.folder.name, second.id[:8]):
        assert store.read(tmp_path / "s", until).posts["likes"].tolist() == [2]
    for until, line in (
        ("2026-11-14", "its first is 2026-11-15"),
        ("last week", "write 2026-11-15"),
        ("9999-12-31", "from 2000-01-01"),
    ):
        with pytest.raises(InputError, match=line):
            store.read(tmp_path / "s", until)


def test_the_list_shows_each_snapshot_and_the_gaps_between(tmp_path):
    for number in (0, 21):
        store.write(tmp_path / "s", stored.of(), as_of=day(number), inputs=stored.inputs(f"{number}"))
    shown = store.snapshots(tmp_path / "s").iloc[-1]
    assert (shown["week"], shown["first"], shown["newest"], shown["rows_posts"], shown["inputs"]) == (
        "2026-W49", "2026-11-06", "2026-11-06", 1, "0.csv",
    )  # fmt: skip
    assert shown["size"] == sum(p.stat().st_size for p in (tmp_path / "s").rglob("*.parquet")) / 2
    assert store.gaps(tmp_path / "s").values.tolist() == [["2026-W47", "snapshot"], ["2026-W48", "snapshot"]]
    late = stored.of(posts=[POST, {**POST, "post": "p2", "posted_at": day(8)}])
    store.write(tmp_path / "s", late, as_of=day(22), inputs=stored.inputs("c"))
    assert store.gaps(tmp_path / "s").values.tolist()[-2:] == [["2026-W46", "posts"], ["2026-W47", "posts"]]


@pytest.mark.slow
def test_changes_name_what_came_went_and_moved(tmp_path):
    berta = {**ANNA, "creator": "berta"}
    clara = {**ANNA, "creator": "clara", "as_of": day(7), "followers": 50}
    grown = {**ANNA, "as_of": day(7), "followers": 2100}
    before = stored.of(creators=[ANNA, berta], posts=[POST, {**POST, "post": "p0"}])
    after = stored.of(creators=[grown, clara], posts=[{**POST, "likes": 90}, {**POST, "post": "p2"}])
    written(tmp_path / "s", before, after)
    found = store.changes(tmp_path / "s", "2026-11-15", "2026-11-22")
    assert found.creators.values.tolist() == [["clara", "new", 50], ["berta", "gone", 2000]]
    assert found.followers.values.tolist() == [["anna", 2000, 2100, 100]]
    assert found.posts.values.tolist() == [
        ["p1", "anna", "changed", 80, 90, 4, 4],
        ["p2", "anna", "new", pd.NA, 80, pd.NA, 4],
    ]
    assert found.rows.set_index("table").loc["posts"].tolist() == [2, 3, 1, 1, 0]
    nothing = store.changes(tmp_path / "s", "2026-11-22")
    assert nothing.creators.empty
    assert nothing.followers.empty
    assert nothing.posts.empty


@pytest.mark.slow
def test_changes_up_to_an_export_of_results_alone_lose_nobody(tmp_path):
    written(tmp_path / "s", stored.of(), stored.of(creators=[], posts=[], results=[DEAL]))
    found = store.changes(tmp_path / "s", "2026-11-15")
    assert found.creators.empty
    assert found.rows.set_index("table").loc["results"].tolist() == [0, 1, 1, 0, 0]


@pytest.mark.slow
def test_texts_before_and_after_are_kept_only_where_they_are_asked_for(tmp_path):
    mended = {"table": "posts", "file": "p.csv", "line": 2, "status": "repaired", "column": "likes"}
    mended |= {"reason": "spelling", "before": "8O", "after": "80"}
    week = stored.of(ledger=[mended])
    texts = ["before", "after"]
    assert store.write(tmp_path / "s", week, as_of=day(0), inputs=stored.inputs("a")).new
    assert store.read(tmp_path / "s").ledger[texts].values.tolist() == [["", ""]]
    assert store.write(tmp_path / "s", week, as_of=day(0), inputs=stored.inputs("a"), texts=True).new
    assert store.read(tmp_path / "s").ledger[texts].values.tolist() == [["8O", "80"]]
    store.write(tmp_path / "s", week, as_of=day(7), inputs=stored.inputs("b"))
    back = store.read(tmp_path / "s").ledger
    assert back[texts].values.tolist() == [["8O", "80"], ["", ""]]
    assert back.columns.tolist() == week.ledger.columns.tolist()


@pytest.mark.slow
def test_one_hash_tells_what_a_store_was_made_from(tmp_path):
    for name in ("here", "there"):
        written(tmp_path / name, stored.of(), stored.of())
    here, there = (store.fingerprint(tmp_path / name) for name in ("here", "there"))
    assert here == there
    first = store.snapshots(tmp_path / "here")["snapshot"][0]
    assert store.fingerprint(tmp_path / "here" / "snapshots" / first) != here
    store.write(tmp_path / "there", stored.of(), as_of=day(30), inputs=stored.inputs("c"))
    assert store.fingerprint(tmp_path / "there") != here
    berta = stored.of(creators=[ANNA, {**ANNA, "creator": "berta"}])
    store.write(tmp_path / "here", berta, as_of=day(30), inputs=stored.inputs("c"))
    assert store.fingerprint(tmp_path / "here") == store.fingerprint(tmp_path / "there")
    store.forget(tmp_path / "here", "berta")
    assert store.fingerprint(tmp_path / "here") != store.fingerprint(tmp_path / "there")


def test_old_snapshots_go_by_their_age_and_only_when_told(tmp_path):
    written(tmp_path / "s", *[stored.of()] * 4)
    for dry in (True, False):
        found = store.pruned(tmp_path / "s", 2, dry=dry)
        assert found.gone["week"].tolist() == ["2026-W46", "2026-W47"]
        assert len(store.snapshots(tmp_path / "s")) == (4 if dry else 2)
    assert store.pruned(tmp_path / "s", 1, dry=False).kept["week"].tolist() == ["2026-W49"]
    assert list((tmp_path / "s").glob(".staging/*")) == []
    with pytest.raises(InputError, match="keep_weeks is 0"):
        store.pruned(tmp_path / "s", 0)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"inputs": {}}, "needs the SHA-256"),
        ({"inputs": {"a.csv": "abc"}}, "needs the SHA-256"),
        ({"as_of": None}, "as_of is None"),
        ({"as_of": pd.NaT}, "as_of is NaT"),
        ({"as_of": pd.Timestamp("2026-11-15")}, "with its time zone"),
        ({"as_of": pd.Timestamp("1999-11-15", tz="UTC")}, "from 2004-01-01"),
    ],
)
def test_a_snapshot_needs_a_date_and_its_files(tmp_path, said, line):
    with pytest.raises(InputError, match=line):
        store.write(tmp_path / "s", stored.of(), **{"as_of": day(0), "inputs": stored.inputs("a"), **said})
    assert not (tmp_path / "s").exists()


@pytest.mark.slow
def test_memory_and_threads_do_not_change_what_is_read(tmp_path, sample, monkeypatch):
    store.write(tmp_path / "s", sample, as_of=day(0), inputs=stored.inputs("a"))
    store.write(tmp_path / "s", sample, as_of=day(7), inputs=stored.inputs("b"))
    monkeypatch.setattr(duck, "connected", partial(duck.connected, "200MB", 1))
    assert_same(sample, store.read(tmp_path / "s"))


def test_merged_files_hold_what_read_gives(tmp_path):
    early = stored.of(posts=[{**POST, "reach": 900}, {**POST, "post": "p2", "creator": "berta"}])
    written(tmp_path / "s", early, stored.of(posts=[{**POST, "likes": 95}]))
    files = store.merged_files(tmp_path / "s", tmp_path)
    whole = store.read(tmp_path / "s")
    with duck.connected() as connection:
        found = {table: connection.read_parquet(str(path)).df() for table, path in files.items()}
    both = pd.concat([whole.posts, whole.unmatched], ignore_index=True)
    pd.testing.assert_frame_equal(found["posts"].astype(both.dtypes.to_dict()), both)
    assert found["posts"][["likes", "reach"]].values.tolist() == [[95, 900], [80, pd.NA]]
    assert found["creators"]["creator"].tolist() == ["anna"]
