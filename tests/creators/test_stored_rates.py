"""Proves that engagement straight from Parquet is what pandas makes of the same posts, to the bit each time.

By hand on six posts; against metrics on the sample and on the real posts; whatever the threads and the order.
"""

from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bundled
from draws import examples
from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.creators import metrics, stored_rates
from nanospread.ingest import sources, tables

REAL = paths.ROOT.parent / "shared" / "data" / "real"
STEP = 1 / stored_rates.GRID


sample = bundled.validated


def parquet(frame, path):
    with duckdb.connect() as connection:
        connection.register("given", frame)
        connection.execute("SET TimeZone = 'UTC'")
        connection.sql("FROM given").write_parquet(str(path))
    return path


def stored(posts, creators, folder):
    return [parquet(posts, folder / "p.parquet")], [parquet(creators, folder / "c.parquet")]


def table(rows, columns):
    frame = pd.DataFrame(rows, columns=columns)
    for name in {"as_of", "posted_at"} & set(columns):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    for name in {"likes", "comments"} & set(columns):
        frame[name] = frame[name].astype("Int64")
    return frame


EXTRAS = ("reach", "views", "impressions")
POSTS = ["post", "creator", "posted_at", "likes", "comments"]
COUNTS = ["creator", "as_of", "followers", "niche"]
COUNTED = table(
    [
        ("ann", "2026-03-01", 1000, "food"),
        ("ann", "2026-06-01", 20_000, "unknown"),
        ("bob", None, 5000, "home"),
        ("idle", "2026-03-01", 5000, "home"),
    ],
    COUNTS,
)
POSTED = table(
    [
        ("1", "ann", "2026-01-01", 100, 0),  # before the first count: of 1,000
        ("2", "ann", "2026-05-31", 50, None),  # of 1,000; comments unknown
        ("3", "ann", "2026-06-01", 400, 200),  # of 20,000
        ("4", "bob", "2026-01-01", 10, 5),  # of 5,000
        ("5", "bob", "2026-01-02", None, 5),  # hidden
        ("6", "who", "2026-01-02", 7, 1),  # no follower count
    ],
    POSTS,
)


def test_six_posts_by_hand(tmp_path):
    found = stored_rates.engagement(*stored(POSTED, COUNTED, tmp_path), into=tmp_path)
    nano, micro = found.groups.to_dict("records")
    assert (nano["tier"], nano["posts"], nano["creators"]) == ("nano", 3, 2)
    assert (nano["engagements"], nano["followers"]) == (165, 7000)
    assert nano["pooled"] == 165 / 7000
    assert (nano["median"], nano["p75"]) == (0.05, pytest.approx(0.075))
    assert (micro["tier"], micro["posts"], micro["creators"], micro["median"]) == ("micro", 1, 1, 0.03)
    sums = duckdb.read_parquet(str(found.creators)).fetchall()
    assert sums == [("ann", 3, 3, 550, 200, 750), ("bob", 2, 1, 10, 5, 15), ("who", 1, 1, 7, 1, 8)]


def test_niches_are_the_newest_that_were_given(tmp_path):
    found = stored_rates.engagement(*stored(POSTED, COUNTED, tmp_path), by=["niche"], into=tmp_path).groups
    assert found[["niche", "posts", "creators"]].to_dict("list") == {
        "niche": ["food", "home"],
        "posts": [3, 1],
        "creators": [1, 1],
    }
    both = stored_rates.engagement(
        *stored(POSTED, COUNTED, tmp_path), by=["tier", "niche"], into=tmp_path
    ).groups
    assert list(zip(both["tier"], both["niche"], both["posts"], strict=True)) == [
        ("nano", "food", 2),
        ("nano", "home", 1),
        ("micro", "food", 1),
    ]


def test_an_unknown_group_is_one_line(tmp_path):
    with pytest.raises(InputError, match="unknown group 'tiers'; did you mean 'tier'"):
        stored_rates.engagement([], [], by=["tiers"], into=tmp_path)


def test_no_post_gives_no_group(tmp_path):
    found = stored_rates.engagement(*stored(POSTED.iloc[:0], COUNTED, tmp_path), into=tmp_path)
    assert found.groups.empty
    assert duckdb.read_parquet(str(found.creators)).fetchall() == []


def pandas_path(found, by):
    posts = tables.dated_posts(found, last_posts=10**9, fresh_days=0)
    return metrics.summary(metrics.per_post(posts), by)


def agree(found, by, folder):
    """Assert that either way gives the same figures, quantiles to one step below."""
    expected = pandas_path(found, by)
    whole = stored_rates.engagement(*stored(found.posts, found.creators, folder), by=by, into=folder).groups
    for name in (*by, "posts", "creators", "pooled"):
        assert whole[name].tolist() == expected[name].tolist()
    for name in stored_rates.QUANTILES:
        rounding = 1e-12 * (1 + expected[name])
        above = expected[name] - whole[name]
        assert ((above > -rounding) & (above < STEP + rounding)).all(), name


@pytest.mark.parametrize("by", [["tier"], ["niche"], ["tier", "niche"]])
def test_the_sample_gives_what_pandas_gives(by, tmp_path):
    agree(sample(), by, tmp_path)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real posts are not here")
def test_the_real_posts_give_what_pandas_gives(tmp_path):
    agree(tables.validated(sources.folder(REAL)), ["tier", "niche"], tmp_path)


@given(st.data())
@settings(max_examples=examples(8))
def test_any_posts_give_what_pandas_gives(tmp_path_factory, data):
    day = st.integers(1, 28).map("2026-01-{:02d}".format)
    name = st.sampled_from(["a", "b", "c"])
    followers = st.sampled_from([1, 999, 1000, 9999, 10_000, 10**10])
    number = st.none() | st.integers(0, 10**10)
    count = st.tuples(name, day | st.none(), followers, st.sampled_from(["x", "y", "unknown"]))
    counts = data.draw(st.lists(count, min_size=1, max_size=8, unique_by=lambda row: row[:2]))
    posts = data.draw(st.lists(st.tuples(name, day, number, number), min_size=1, max_size=12))
    known = {row[0] for row in counts}
    made = [(str(at), *row) for at, row in enumerate(posts) if row[0] in known]
    if not any(row[3] is not None for row in made):
        return
    found = pandas_like(table(made, POSTS), table(counts, COUNTS))
    agree(found, ["tier", "niche"], tmp_path_factory.mktemp("rates"))


def pandas_like(posts, creators):
    """Return the sample's tables with other posts and follower counts."""
    unknown = {
        name: pd.array([pd.NA] * len(posts), dtype="Int64") for name in ("reach", "views", "impressions")
    }
    never = pd.Series(pd.NaT, index=posts.index, dtype="datetime64[us, UTC]")
    return replace(sample(), posts=posts.assign(**unknown, read_at=never), creators=creators)


def test_the_figures_repeat_to_the_bit_whatever_the_threads_and_the_order(tmp_path):
    found = sample()
    seen = set()
    for turn, threads in enumerate((1, 2, 2)):
        folder = tmp_path / str(turn)
        folder.mkdir()
        order = np.random.default_rng(turn).permutation(len(found.posts))
        posts, creators = stored(
            found.posts.iloc[order], found.creators.sample(frac=1, random_state=turn), folder
        )
        whole = stored_rates.engagement(posts, creators, ["tier", "niche"], into=folder, threads=threads)
        seen.add((whole.groups.to_csv(), whole.creators.read_bytes()))
    assert len(seen) == 1


def test_several_files_are_one_table(tmp_path):
    posts, creators = stored(POSTED, COUNTED, tmp_path)
    halves = [parquet(POSTED.iloc[at::2], tmp_path / f"{at}.parquet") for at in (0, 1)]
    one = stored_rates.engagement(posts, creators, into=tmp_path).groups
    two = stored_rates.engagement(halves, creators, into=tmp_path).groups
    pd.testing.assert_frame_equal(one, two)
