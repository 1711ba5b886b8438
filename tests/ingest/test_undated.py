"""Proves that posts without a date teach the engagement model alone, and move no number of dated ones."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread import store
from nanospread.campaign import backtest
from nanospread.core.errors import InputError
from nanospread.creators import engagement, metrics
from nanospread.ingest import dataset, sources, tables
from nanospread.pages import data_quality
from nanospread.study.data import Data

# Case m06: an account that failed, two with their latest posts in columns.
WIDE = """username,status,followers,post_1_likes,post_1_comments,post_2_likes,post_2_comments
ida,success,2000,100,5,90,3
jon,success,3000,70,2,,
kim,failed,,,,,
"""
DATED = "shortcode,username,timestamp,like_count,comments_count\n"
DAY = pd.Timestamp("2026-11-20", tz="UTC")


def read(place, files, as_of=None, mapping=""):
    for name, text in files.items():
        (place / name).write_text(text)
    if mapping:
        (place / "mapping.yaml").write_text(mapping)
    return tables.validated(sources.folder(place), as_of)


def dated(creators=12, posts=4):
    """Return exports of posts that are dated, and of their creators."""
    random, accounts, rows = np.random.default_rng(3), ["username,followers,date"], [DATED.strip()]
    for at in range(creators):
        accounts.append(f"dora{at},{2_000 + 400 * at},2026-11-18")
        rows += [
            f"D{at}x{post},dora{at},2026-10-{10 + post}T09:00:00Z,{int(random.integers(40, 400))},3"
            for post in range(posts)
        ]
    return {"accounts.csv": "\n".join(accounts), "posts.csv": "\n".join(rows)}


def test_posts_in_columns_without_dates_are_kept_and_counted_where_no_date_is_needed(tmp_path):
    found = read(tmp_path, {"wide.csv": WIDE}, DAY)
    assert found.undated[["post", "creator", "likes"]].values.tolist() == [
        ["ida 1", "ida", 100],
        ["jon 1", "jon", 70],
        ["ida 2", "ida", 90],
    ]
    assert found.undated["posted_at"].isna().all()
    assert found.posts.empty
    assert found.counts[["table", "rows_in", "kept", "refused"]].values.tolist() == [
        ["creators", 3, 2, 1],
        ["posts", 2, 2, 0],
        ["posts", 1, 1, 0],
    ]
    assert tables.left_out(found).iloc[-1].tolist() == [dataset.UNDATED, 3, 2]
    assert dataset.as_of(found) == DAY
    told = data_quality.coverage(found.posts, len(found.undated))
    assert told.text == (
        "No dated posts are left to analyse. Without a date: 3 posts, for the engagement model alone."
    )


def test_the_model_is_fitted_to_undated_posts_with_the_follower_count_of_their_reading(tmp_path):
    files = {"wide-2026-11-20.csv": WIDE, "older.csv": "username,followers,date\nida,500,2026-01-05\n"}
    data = Data(tmp_path, read=read(tmp_path, files))
    assert data.posts.empty
    assert data.as_of == DAY
    fitted = data.fitted.set_index("post")
    assert fitted.loc["ida 1", ["followers", "er"]].tolist() == [2000, 105 / 2000]
    assert data.engagement.creators[["creator", "n_posts"]].values.tolist() == [["ida", 2], ["jon", 1]]
    assert data.engagement.origin == data.engagement.as_of == DAY
    held = backtest.last_posts(data.posts, data.roster, seed=1)
    assert held.rows.empty


def test_an_export_without_dates_moves_no_number_of_dated_posts(tmp_path):
    (tmp_path / "both").mkdir()
    alone = Data(tmp_path, read=read(tmp_path, dated()))
    files = dated() | {"wide.csv": WIDE + "dora1,success,2400,9000,900,9000,900\n"}
    both = Data(tmp_path, read=read(tmp_path / "both", files))
    pd.testing.assert_frame_equal(both.posts, alone.posts)
    assert both.as_of == alone.as_of
    assert both.left_out["reason"].tolist()[-2:] == [dataset.UNDATED, dataset.BESIDE]
    assert both.left_out["posts"].tolist() == [*alone.left_out["posts"], 3, 2]
    # the wide sheet's posts of dora1 are likely her dated ones once more
    posts = both.fitted["creator"].value_counts()
    assert posts[["dora1", "ida", "jon"]].tolist() == [4, 2, 1]
    # and undated ones say nothing of time
    assert both.engagement.as_of == alone.engagement.as_of
    assert abs(both.engagement.origin - alone.engagement.origin) < pd.Timedelta(seconds=1)


def test_undated_posts_of_creators_with_dated_ones_leave_the_model_as_it_is(tmp_path):
    (tmp_path / "both").mkdir()
    alone = Data(tmp_path, read=read(tmp_path, dated()))
    wide = WIDE.splitlines()[0] + "\ndora1,success,2400,9000,900,9000,900\n"
    both = Data(tmp_path, read=read(tmp_path / "both", dated() | {"wide.csv": wide}))
    pd.testing.assert_frame_equal(both.engagement.creators, alone.engagement.creators)


def test_a_blank_date_among_dated_posts_is_refused(tmp_path):
    files = dated(1, 2)
    files["posts.csv"] += "\nD9,dora0,,55,1"
    found = read(tmp_path, files)
    assert found.undated.empty
    assert found.ledger[["column", "reason"]].values.tolist() == [["posted_at", "empty"]]


def test_a_date_that_cannot_be_read_makes_no_file_undated(tmp_path):
    files = dated(1, 2) | {"more.csv": DATED + "D8,dora0,soon,55,1\nD9,dora0,,55,1\n"}
    assert read(tmp_path, files).undated.empty


def test_a_mapping_may_say_that_no_post_has_a_date(tmp_path):
    files = dated(1, 2) | {"plain.csv": "shortcode,username,like_count,comments_count\nN1,dora0,55,1\n"}
    with pytest.raises(InputError, match="which lacks posted_at; without dates, a mapping may say"):
        read(tmp_path, files)
    found = read(tmp_path, files, mapping="plain.csv: {columns: {posted_at: {value: none}}}")
    assert found.undated["post"].tolist() == ["N1"]


def test_where_nothing_tells_a_date_one_line_asks_for_the_day_of_the_export(tmp_path):
    found = read(tmp_path, {"wide.csv": WIDE})
    with pytest.raises(InputError, match=r"neither posts nor follower counts are dated: put the day"):
        dataset.as_of(found)


@pytest.mark.slow
def test_a_store_gives_undated_posts_back_and_dates_them_when_a_date_comes(tmp_path):
    place = tmp_path / "s"
    found = read(tmp_path, {"wide.csv": WIDE}, DAY)
    store.write(place, found, as_of=DAY, inputs={"a": "0" * 64})
    back = store.read(place)
    key = ["post", "creator", "likes", "posted_at"]
    pd.testing.assert_frame_equal(
        back.undated[key], found.undated.sort_values("post", ignore_index=True)[key]
    )
    assert back.posts.empty
    assert dataset.as_of(back) == DAY
    assert store.gaps(place).empty
    week = pd.Timedelta(days=7)
    (tmp_path / "next").mkdir()
    files = {"accounts.csv": "username,followers\nida,2000\n"}
    later = read(tmp_path / "next", files | {"p.csv": DATED + "ida 1,ida,2026-11-01,120,6\n"}, DAY + week)
    store.write(place, later, as_of=DAY + week, inputs={"b": "1" * 64})
    merged = store.read(place)
    assert merged.posts[["post", "likes"]].values.tolist() == [["ida 1", 120]]
    assert merged.undated["post"].tolist() == ["ida 2", "jon 1"]
    # an export without the date takes it from no post
    again = read(tmp_path, {"wide.csv": WIDE}, DAY + 2 * week)
    store.write(place, again, as_of=DAY + 2 * week, inputs={"c": "2" * 64})
    (row,) = store.read(place).posts.itertuples()
    assert (row.post, row.likes, f"{row.posted_at:%Y-%m-%d}") == ("ida 1", 100, "2026-11-01")


def test_in_a_folder_an_undated_reading_takes_no_date_away(tmp_path):
    files = {
        "accounts.csv": "username,followers\nida,2000\n",
        "p-2026-11-02.csv": DATED + "N1,ida,2026-10-01,50,1\n",
        "q-2026-11-09.csv": "shortcode,username,like_count,comments_count\nN1,ida,80,4\n",
    }
    found = read(tmp_path, files, mapping="q-2026-11-09.csv: {columns: {posted_at: {value: none}}}")
    (row,) = found.posts.itertuples()
    assert (row.likes, f"{row.posted_at:%Y-%m-%d}") == (80, "2026-10-01")
    assert found.undated.empty


CELL = st.sampled_from(["", "3", "12", "x", "1,200"])
ACCOUNT = st.tuples(
    st.sampled_from(["ida", "jon", ""]), st.sampled_from(["", "900", "4k"]), CELL, CELL, CELL, CELL
)


@pytest.mark.slow
@given(st.lists(ACCOUNT, max_size=6))
def test_every_post_without_a_date_is_kept_once_or_refused(tmp_path_factory, accounts):
    place = tmp_path_factory.mktemp("wide")
    lines = [",".join(cell if "," not in cell else f'"{cell}"' for cell in cells) for cells in accounts]
    header = "username,followers,likes_1,comments_1,likes_2,comments_2"
    (place / "wide.csv").write_text("\n".join([header, *lines]))
    found = tables.validated(sources.folder(place), DAY, whole=False)
    rows = found.counts[found.counts["table"] == "posts"]
    assert (rows["rows_in"] == rows[["kept", "repaired", "refused"]].sum(axis=1)).all()
    assert rows[["kept", "repaired"]].to_numpy().sum() == len(found.whole("posts"))
    assert found.posts.empty
    assert found.unmatched["posted_at"].isna().all()


def test_a_post_at_no_known_time_is_forecast_at_the_newest(tmp_path):
    data = Data(tmp_path, read=read(tmp_path, dated()))
    model, rows = data.engagement, data.roster
    known, unknown = (engagement.predictive(model, rows, at=at) for at in (None, pd.NaT))
    assert np.array_equal(known.quantile(np.array([0.5])), unknown.quantile(np.array([0.5])))
    assert not metrics.implausible(data.fitted)
