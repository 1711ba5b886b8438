"""Proves that engagement straight from Parquet is what pandas makes of the same posts, to the bit each time.

By hand on six posts; against metrics on the sample and on the real posts; whatever the threads, the order,
the partitions and the workers, also where these get lost; and that every row is accounted for.
"""

import doctest
from concurrent.futures import Executor, Future
from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bundled
import nanospread as ns
from draws import examples
from nanospread import store
from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.creators import metrics, partitions, stored_rates
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
    return partitions.tables(
        [parquet(posts, folder / "p.parquet")], [parquet(creators, folder / "c.parquet")]
    )


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


def accounted(found):
    return {(row.table, row.outcome): row.rows for row in found.account.itertuples()}


def test_six_posts_by_hand(tmp_path):
    found = stored_rates.engagement(*stored(POSTED, COUNTED, tmp_path), into=tmp_path)
    nano, micro = found.groups.to_dict("records")
    assert (nano["tier"], nano["posts"], nano["creators"]) == ("nano", 3, 2)
    assert (nano["engagements"], nano["followers"]) == (165, 7000)
    assert nano["pooled"] == 165 / 7000
    assert (nano["median"], nano["p75"]) == (0.05, pytest.approx(0.075))
    assert (micro["tier"], micro["posts"], micro["creators"], micro["median"]) == ("micro", 1, 1, 0.03)
    assert nano["creator_median"] == pytest.approx((150 / 2000 + 15 / 5000) / 2)  # of ann's two and bob's one
    assert nano["mean"] == pytest.approx((0.1 + 0.05 + 0.003) / 3)
    assert (nano["hidden"], nano["comments_known"], nano["comment_share"]) == (1, 2, 5 / 115)
    assert accounted(found) == {
        ("posts", "used"): 4,
        ("posts", "likes hidden"): 1,
        ("posts", "no follower count of its creator"): 1,
        ("creators", "used"): 4,
    }


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
        stored_rates.engagement(*stored(POSTED, COUNTED, tmp_path), by=["tiers"], into=tmp_path)
    with pytest.raises(InputError, match="unknown group ''"):
        stored_rates.engagement(*stored(POSTED, COUNTED, tmp_path), by=[], into=tmp_path)
    one = stored_rates.engagement(*stored(POSTED, COUNTED, tmp_path), by="tier", into=tmp_path)
    assert one.groups["tier"].tolist() == ["nano", "micro"]


def test_no_post_gives_no_group(tmp_path):
    found = stored_rates.engagement(*stored(POSTED.iloc[:0], COUNTED, tmp_path), into=tmp_path)
    assert found.groups.empty


def pandas_path(found, by):
    posts = tables.dated_posts(found, last_posts=10**9, fresh_days=0)
    return metrics.summary(metrics.per_post(posts), by)


def agree(found, by, folder):
    """Assert that either way gives the same figures, quantiles to one step below."""
    expected = pandas_path(found, by)
    whole = stored_rates.engagement(*stored(found.posts, found.creators, folder), by=by, into=folder).groups
    for name in (*by, "posts", "creators", "pooled"):
        assert whole[name].tolist() == expected[name].tolist()
    for name in (*metrics.QUANTILES, "mean"):
        rounding = 1e-12 * (1 + expected[name])
        above = expected[name] - whole[name]
        assert ((above > -rounding) & (above < STEP + rounding)).all(), name


@pytest.mark.parametrize("by", [["tier"], ["niche"], ["tier", "niche"]])
def test_the_sample_gives_what_pandas_gives(by, tmp_path):
    agree(sample(), by, tmp_path)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real posts are not here")
def test_the_real_posts_give_what_pandas_gives(tmp_path):
    agree(tables.validated(sources.folder(REAL)), ["tier", "niche"], tmp_path)


@pytest.mark.slow
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
        seen.add((whole.groups.to_csv(), whole.account.to_csv()))
    assert len(seen) == 1


def test_several_files_are_one_table(tmp_path):
    posts, creators = stored(POSTED, COUNTED, tmp_path)
    halves = [parquet(POSTED.iloc[at::2], tmp_path / f"{at}.parquet") for at in (0, 1)]
    one = stored_rates.engagement(posts, creators, into=tmp_path).groups
    two = stored_rates.engagement(*partitions.tables(halves, list(creators.files)), into=tmp_path).groups
    pd.testing.assert_frame_equal(one, two)


class Here(Executor):
    """Does each task at once; the first `lost` times the worker is lost once it has done it."""

    def __init__(self, lost=0):
        self.lost, self.done = lost, []

    def submit(self, function, *task):
        future = Future()
        answer = function(*task)
        if self.lost:
            self.lost -= 1
            future.set_exception(ConnectionResetError("worker gone"))
        else:
            self.done.append(function.__name__)
            future.set_result(answer)
        return future


def several(frame, folder, name, places):
    """Return a frame as Parquet files, its rows at the places that are given for them."""
    return [
        parquet(frame[[at == place for at in places]], folder / f"{name}-{place}.parquet")
        for place in sorted(set(places))
    ]


def same(one, other):
    pd.testing.assert_frame_equal(one.groups, other.groups, check_exact=True)
    pd.testing.assert_frame_equal(one.account, other.account)


MANY = [*POSTS, "read_at", "platform"]


@pytest.mark.parametrize("column", POSTS)
def test_a_column_without_a_value_is_read_whatever_type_its_file_says(column, tmp_path):
    """Parquet has a type for a column of which no row has a value."""
    untyped, typed = POSTED.assign(**{column: None}), POSTED.copy()
    typed[column] = POSTED[column].mask(POSTED.index >= 0)
    counts, some = parquet(COUNTED, tmp_path / "c.parquet"), parquet(POSTED, tmp_path / "some.parquet")
    files = [parquet(frame, tmp_path / f"{at}.parquet") for at, frame in enumerate((untyped, typed))]
    for beside in ([some], []):
        same(
            *(
                stored_rates.engagement(
                    *partitions.tables([*beside, file], [counts]), ["tier"], into=tmp_path
                )
                for file in files
            )
        )


@pytest.mark.slow
@given(st.data())
@settings(max_examples=examples(6))
def test_any_partitions_counted_by_any_workers_give_the_bits_of_one(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("parts")
    day = st.integers(1, 28).map("2026-01-{:02d}".format)
    name, number = st.sampled_from(["a", "b", "c", "d", ""]), st.none() | st.integers(-1, 2000)
    post = st.tuples(
        *(st.sampled_from(["p", "q", "r", None]), name, st.none() | day, number, number),
        *(
            st.none() | st.sampled_from(["2026-02-01", "2026-02-08"]),
            st.sampled_from(["instagram", "tiktok", ""]),
        ),
    )
    count = st.tuples(name, st.none() | day, st.integers(0, 30_000), st.sampled_from(["x", "y", "unknown"]))
    posts = table(data.draw(st.lists(post, min_size=1, max_size=30)), MANY)
    posts["read_at"] = pd.to_datetime(posts["read_at"], utc=True).astype("datetime64[us, UTC]")
    counts = table(data.draw(st.lists(count, min_size=1, max_size=8)), COUNTS)
    one = stored_rates.engagement(*stored(posts, counts, folder), ["tier", "niche"], into=folder)
    of_posts, of_counts = (
        several(frame, folder, frame_name, data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
        for frame, frame_name, n in ((posts, "posts", len(posts)), (counts, "counts", len(counts)))
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(partitions, "PER_BUCKET", data.draw(st.integers(1, 30)))
        found = partitions.tables(of_posts, of_counts)
        for workers in (Here(), None):
            same(one, stored_rates.engagement(*found, ["tier", "niche"], into=folder, executor=workers))
    assert one.account.groupby("table")["rows"].sum().to_dict() == {
        "posts": len(posts),
        "creators": len(counts),
    }


OLD, NEW = "2026-02-01", "2026-02-08"
READ = table(
    [
        ("1", "ann", "2026-01-01", 100, 0, OLD, "instagram"),
        ("1", "ann", "2026-01-01", 300, 0, NEW, ""),  # the newest reading, also if it is in the first file
        ("1", "bob", "2026-01-01", 50, 0, OLD, None),  # bob's own post
        ("2", "ann", "2026-01-01", 7, 0, None, "instagram"),
        ("2", "ann", "2026-01-01", 9, 0, None, "instagram"),  # of one moment: the one with most likes
        ("3", "ann", "2026-01-01", 9, 0, None, "tiktok"),
        ("4", "ann", None, 9, 0, None, "instagram"),
        ("5", "ann", "2026-01-01", -9, 0, None, "instagram"),
        ("6", "ann", "2026-01-01", 9, -1, None, "instagram"),
        (None, "ann", "2026-01-01", 9, 0, None, "instagram"),
        ("7", "", "2026-01-01", 9, 0, None, "instagram"),
    ],
    MANY,
).assign(read_at=lambda rows: pd.to_datetime(rows["read_at"], utc=True).astype("datetime64[us, UTC]"))
READ_COUNTED = table(
    [
        ("ann", "2026-01-01", 5000, "food"),
        ("ann", "2026-01-01", 6000, "food"),
        ("bob", None, 0, "home"),
        ("bob", None, 5000, "home"),
        ("", None, 5000, "home"),
    ],
    COUNTS,
)


@pytest.mark.slow
@pytest.mark.parametrize("lost", [0, 1, 2])
@pytest.mark.parametrize("order", [1, -1])
def test_every_row_is_used_or_refused_with_its_reason_and_a_lost_worker_costs_none(
    tmp_path, monkeypatch, order, lost
):
    monkeypatch.setattr(partitions, "PER_BUCKET", 2)
    posts = several(READ[::order], tmp_path, "posts", range(len(READ)))
    workers = Here(lost)
    found = partitions.tables(posts, [parquet(READ_COUNTED, tmp_path / "counts.parquet")])
    rates = stored_rates.engagement(*found, into=tmp_path, executor=workers)
    [nano] = rates.groups.to_dict("records")
    assert (nano["posts"], nano["creators"], nano["engagements"], nano["followers"]) == (3, 2, 359, 17_000)
    of = "above 10,000,000,000"
    assert accounted(rates) == {
        ("posts", "used"): 3,
        **{("posts", f"{name} empty"): 1 for name in ("creator", "post", "posted_at")},
        **{("posts", f"{name} below 0 or {of}"): 1 for name in ("likes", "comments")},
        ("posts", "of another platform"): 1,
        ("posts", "repeated post: a newer reading counts"): 1,
        ("posts", "repeated post: of one moment, the one with most likes counts"): 1,
        ("creators", "used"): 2,
        ("creators", "creator empty"): 1,
        ("creators", f"followers below 1 or {of}"): 1,
        ("creators", "repeated creator and date: the largest count is kept"): 1,
    }
    assert workers.done.count("count") == partitions.buckets(found[0]) == 6


def test_workers_that_are_always_lost_are_told_in_one_line(tmp_path):
    with pytest.raises(
        InputError, match="workers failed 3 times at one task: ConnectionResetError: worker gone"
    ):
        stored_rates.engagement(*stored(POSTED, COUNTED, tmp_path), into=tmp_path, executor=Here(lost=3))


@pytest.mark.slow
def test_posts_with_followers_of_their_own_need_no_table_beside_them(tmp_path, monkeypatch):
    monkeypatch.setattr(partitions, "PER_BUCKET", 2)
    rows = [
        ("1", "ann", 100, 0, 1000, "food"),
        ("2", "ann", 50, None, 1000, "food"),
        ("3", "ann", 400, 200, 20_000, ""),
        ("4", "bob", None, 5, 5000, None),
        ("5", "bob", 5, 5, None, "home"),
    ]
    posts = table(rows, ["post", "creator", "likes", "comments", "followers", "niche"])
    posts["followers"] = posts["followers"].astype("Int64")
    files = several(posts, tmp_path, "posts", [0, 1, 0, 1, 0])
    one, many = (
        stored_rates.engagement(
            *partitions.tables(files, []), ["niche", "tier"], into=tmp_path, executor=workers
        )
        for workers in (None, Here())
    )
    same(one, many)
    assert one.groups[["niche", "tier", "posts", "creators", "median"]].to_numpy().tolist() == [
        ["food", "nano", 2, 1, 0.075],
        ["unknown", "micro", 1, 1, 0.03],
    ]
    assert accounted(one) == {
        ("posts", "used"): 3,
        ("posts", "likes hidden"): 1,
        ("posts", "followers empty"): 1,
    }


def test_a_platform_has_posts_that_name_it_and_instagram_those_that_name_none(tmp_path):
    posts = [parquet(READ, tmp_path / "posts.parquet")]
    one = [parquet(READ_COUNTED.assign(platform="tiktok"), tmp_path / "counts.parquet")]
    tiktok = stored_rates.engagement(*partitions.tables(posts, one, "tiktok"), into=tmp_path)
    assert accounted(tiktok)["posts", "used"] == 1
    assert accounted(tiktok)["posts", "of another platform"] == len(READ) - 3  # two have a fault of their own
    instagram = stored_rates.engagement(*partitions.tables(posts, one), into=tmp_path)
    assert accounted(instagram)["creators", "of another platform"] == 4


def test_a_creator_in_several_partitions_has_one_rate_of_all_its_posts(tmp_path, monkeypatch):
    monkeypatch.setattr(partitions, "PER_BUCKET", 1)
    posts = table([(str(at), "ann", "2026-02-01", 10 * at, 0) for at in range(1, 6)], POSTS)
    files = several(posts, tmp_path, "posts", range(5))
    found = partitions.tables(files, [parquet(COUNTED, tmp_path / "counts.parquet")])
    [nano] = stored_rates.engagement(*found, into=tmp_path, executor=Here()).groups.to_dict("records")
    assert (nano["posts"], nano["creators"], nano["pooled"], nano["creator_p5"]) == (5, 1, 0.03, 0.03)


def test_files_that_change_meanwhile_are_told(tmp_path):
    posts, creators = stored(POSTED, COUNTED, tmp_path)
    [(path, file)] = posts.files.items()
    said = replace(posts, files={path: file._replace(rows=7)})
    with pytest.raises(InputError, match="6 rows of posts were read, and their files said 7"):
        stored_rates.engagement(said, creators, into=tmp_path)


def test_it_is_told_how_many_tasks_are_done(tmp_path, monkeypatch):
    monkeypatch.setattr(partitions, "PER_BUCKET", 2)
    told = []
    stored(POSTED, COUNTED, tmp_path)
    stored_rates.rates(tmp_path, executor=Here(), progress=lambda *how: told.append(how))
    assert told == [(at, len(told)) for at in range(1, len(told) + 1)]


def test_the_example_of_the_reference_runs_as_shown():
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    [example] = doctest.DocTestFinder(recurse=False).find(
        stored_rates.rates, "rates", module=False, globs={"ns": ns}
    )
    outcome = doctest.DocTestRunner(optionflags=flags).run(example)
    assert (outcome.failed, outcome.attempted) == (0, 6)


def test_a_store_is_counted_here_and_takes_no_workers(tmp_path):
    place, found = tmp_path / "store", sample()
    store.write(place, found, as_of=pd.Timestamp("2026-11-22", tz="UTC"), inputs={"a.csv": "0" * 64})
    whole = stored_rates.rates(place)
    same(whole, stored_rates.engagement(*stored(found.posts, found.creators, tmp_path), into=tmp_path))
    with pytest.raises(InputError, match="is a store, which one machine merges"):
        stored_rates.rates(place, executor=Here())


def test_what_is_handed_on_is_put_away(tmp_path):
    place, common = tmp_path / "posts", tmp_path / "common"
    place.mkdir()
    common.mkdir()
    stored(POSTED, COUNTED, place)
    stored_rates.rates(place, executor=Here(), shared=common)
    assert list(common.iterdir()) == []
    with pytest.raises(InputError, match="missing' is no folder"):
        stored_rates.rates(place, shared=tmp_path / "missing")
    with pytest.raises(InputError, match="missing' is no folder"):
        stored_rates.rates(tmp_path / "missing")
