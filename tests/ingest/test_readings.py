"""Proves that a post's newest reading counts, in a folder as in a store, and is judged by its own date."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stored
from nanospread import store
from nanospread.ingest import readings, schemas, sources, tables
from nanospread.store import content

HEADER = "shortcode,username,timestamp,like_count,comments_count"
EARLY = f"{HEADER}\nR1,ida,2026-10-30T09:00:00Z,12,1\nR2,ida,2026-10-20T09:00:00Z,70,2\n"
LATE = f"{HEADER}\nR1,ida,2026-10-30T09:00:00Z,140,8\nR3,ida,2026-11-02T09:00:00Z,66,3\n"
ACCOUNTS = "username,followers\nida,2400\n"


def read(place, files, as_of=None, mapping=None):
    for name, text in {"accounts.csv": ACCOUNTS, **files}.items():
        (place / name).write_text(text)
    return tables.validated(sources.folder(place, mapping), as_of)


def likes(found):
    return dict(zip(found.posts["post"], found.posts["likes"], strict=True))


def day(text):
    return pd.Timestamp(text, tz="UTC")


@pytest.mark.parametrize(
    "names", [("2026-10-31 a.csv", "2026-11-07 a.csv"), ("z 2026-10-31.csv", "a 20261107.csv")]
)
def test_of_two_exports_of_one_post_the_newer_counts_whatever_their_order(tmp_path, names):
    found = read(tmp_path, dict(zip(names, (EARLY, LATE), strict=True)))
    assert likes(found) == {"R1": 140, "R2": 70, "R3": 66}
    assert found.ledger[["file", "line", "reason"]].values.tolist() == [[names[0], 2, schemas.NEWER]]
    assert found.posts.set_index("post")["read_at"].to_dict() == {
        "R1": day("2026-11-07"),
        "R2": day("2026-10-31"),
        "R3": day("2026-11-07"),
    }
    assert found.counts[["rows_in", "kept", "refused"]].sum().tolist() == [5, 4, 1]


def test_the_mapping_and_a_column_of_ones_own_go_before_the_name(tmp_path):
    said = {"2026-10-31.csv": {"as_of": "2026-11-20"}}
    assert likes(read(tmp_path, {"2026-10-31.csv": EARLY, "2026-11-07.csv": LATE}, mapping=said))["R1"] == 12
    own = f"{HEADER},scraped_at\nR1,ida,2026-10-30T09:00:00Z,99,5,2026-12-01\nR2,ida,2026-10-20,5,1,soon\n"
    found = read(tmp_path, {"2026-10-31.csv": own, "2026-11-07.csv": LATE})
    assert likes(found) == {"R1": 99, "R2": 5, "R3": 66}
    assert found.posts.set_index("post").at["R2", "read_at"] == day("2026-10-31")


def test_the_ledger_says_what_a_cell_said_not_what_an_older_reading_knew(tmp_path):
    head = f"{HEADER},views,scraped_at\n"
    early = f"{head}R1,ida,2026-10-20,12,5,700,2026-10-30\n"
    found = read(tmp_path, {"a.csv": early, "b.csv": f"{head}R1,ida,2026-10-20,14,5,?,2026-11-06\n"})
    assert found.posts.set_index("post").at["R1", "views"] == 700
    told = found.ledger.loc[found.ledger["column"] == "views", ["file", "before", "after"]]
    assert told.values.tolist() == [["b.csv", "?", ""]]


def test_where_no_date_tells_the_last_file_counts_and_that_is_told(tmp_path):
    found = read(tmp_path, {"a.csv": EARLY, "b.csv": LATE})
    assert likes(found)["R1"] == 140
    assert found.ledger["reason"].tolist() == [schemas.UNDATED]


def test_a_newer_reading_without_a_column_takes_nothing_away(tmp_path):
    more = EARLY.replace("comments_count", "comments_count,reach,caption").replace(",1\n", ",1,900,hej\n")
    found = read(tmp_path, {"2026-10-31.csv": more.replace(",2\n", ",2,,\n"), "2026-11-07.csv": LATE})
    row = found.posts.set_index("post").loc["R1"]
    assert (row["likes"], row["reach"], row["caption"]) == (140, 900, "hej")


def test_a_post_is_fresh_that_was_so_when_it_was_read(tmp_path):
    alone = f"{HEADER}\nR4,ida,2026-11-29T09:00:00Z,1,1\n"
    files = {"2026-10-31.csv": EARLY, "2026-11-30.csv": alone}
    kept = tables.dated_posts(read(tmp_path, files))
    assert kept["post"].tolist() == ["R2"]  # R1 is a month old, and was read after a day
    assert tables.left_out(read(tmp_path, files)).values.tolist()[1] == ["too fresh to count", 2, 1]


def test_the_day_of_an_export_is_not_before_its_newest_post(tmp_path):
    posts = f"{HEADER}\nN1,ida,2026-10-28T08:00:00Z,50,2\nN2,ida,2026-10-31T09:00:00Z,9,1\n"
    assert tables.dated_posts(read(tmp_path, {"2026-10-31.csv": posts}))["post"].tolist() == ["N1"]


def test_a_day_in_a_name_that_posts_are_newer_than_is_not_when_they_were_read(tmp_path):
    found = read(tmp_path, {"from 2026-10-01.csv": EARLY})
    assert found.posts["read_at"].isna().all()
    assert (
        read(tmp_path, {"from 2026-10-01.csv": EARLY}, day("2026-11-03"))
        .posts["read_at"]
        .eq(day("2026-11-03"))
        .all()
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Nov-08-2026_Nov-14-2026_10198.csv", "2026-11-14"),
        ("posts 14.11.2026.csv", "2026-11-14"),
        ("2026_11_14-export.csv", "2026-11-14"),
        ("14 nov 2026.csv", "2026-11-14"),
        ("week/20261114/posts.csv", "2026-11-14"),
        ("posts 17866957911690001.csv", None),
        ("posts 20261301.csv", None),
        ("posts.csv", None),
        ("march 2026.csv", None),
    ],
)
def test_a_name_tells_the_last_day_in_it(name, told):
    file = sources.RawFile(name, "posts", pd.DataFrame(), (), ())
    assert readings.in_name(file) == (day(told) if told else None)


def test_the_name_of_a_record_of_its_own_is_its_posts_date_and_none_of_a_reading():
    names = ("2026-11-14_10-00-00_UTC.json",)
    assert readings.in_name(sources.RawFile(names[0], "posts", pd.DataFrame(), (), (), names=names)) is None


WEEKS = st.lists(
    st.dictionaries(
        st.sampled_from(["p1", "p2", "p3"]),
        st.tuples(st.integers(0, 99), st.integers(0, 9) | st.just(""), st.sampled_from(["", "x", "y"])),
        min_size=1,
    ),
    min_size=1,
    max_size=3,
)


@pytest.mark.slow
@settings(max_examples=8)
@given(WEEKS, st.randoms())
def test_a_folder_of_dated_exports_says_what_a_store_of_them_does(tmp_path_factory, weeks, random):
    place = tmp_path_factory.mktemp("weeks")
    files = {}
    for number, posts in enumerate(weeks):
        rows = [
            f"{post},ida,2026-10-01,{count},1,{reach},{text}" for post, (count, reach, text) in posts.items()
        ]
        files[f"2026-11-{7 * number + 1:02d}.csv"] = "\n".join([f"{HEADER},reach,caption", *rows, ""])
    for name, text in files.items():
        week = place / name[:-4]
        week.mkdir()
        found = read(week, {name: text}, day(name[:10]))
        store.write(place / "s", found, as_of=day(name[:10]), inputs=stored.inputs(f"{name}{text}"))
    order = list(files.items())
    random.shuffle(order)
    (place / "folder").mkdir()
    together = read(place / "folder", {f"{at} {name}": text for at, (name, text) in enumerate(order)})
    columns = ["post", "likes", "reach", "caption", "read_at"]
    pd.testing.assert_frame_equal(
        together.posts.sort_values("post", ignore_index=True)[columns],
        store.read(place / "s").posts[columns],
    )


def test_a_store_written_before_platforms_and_readings_is_read_as_it_was_meant(tmp_path, monkeypatch):
    found = read(tmp_path, {"posts.csv": EARLY})
    old = {"posts": ["platform", "read_at"], "creators": ["platform"]}
    whole = content._sources

    def before(*given):
        return [
            (table, rows.drop(columns=old.get(table, []), errors="ignore")) for table, rows in whole(*given)
        ]

    with monkeypatch.context() as earlier:
        earlier.setattr(content, "_sources", before)
        earlier.setattr(content.duck, "key", lambda table: [])
        store.write(tmp_path / "s", found, as_of=day("2026-10-31"), inputs={"a": "0" * 64})
    back = store.read(tmp_path / "s")
    assert back.posts["platform"].tolist() == ["instagram"] * 2
    assert back.posts["read_at"].eq(day("2026-10-31")).all()
    assert tables.dated_posts(back)["post"].tolist() == ["R2"]
    (tmp_path / "late").mkdir()
    store.write(
        tmp_path / "s",
        read(tmp_path / "late", {"posts.csv": LATE}, day("2026-11-07")),
        as_of=day("2026-11-07"),
        inputs={"b": "1" * 64},
    )
    assert likes(store.read(tmp_path / "s")) == {"R1": 140, "R2": 70, "R3": 66}
