"""Proves that Parquet files are read as what they are, or refused with the file and column that is wrong."""

import duckdb
import pytest

from nanospread.core.errors import InputError
from nanospread.creators import partitions, stored_rates

POST = "'p' || i AS post, 'c' || i % 9 AS creator, i AS likes, 5 AS comments, 5000 AS followers"
COUNT = "'c' || i AS creator, 5000 AS followers"


def write(path, columns, rows=100):
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.sql(f"SELECT {columns} FROM range({rows}) t(i)").write_parquet(str(path))
    return path


def test_files_are_told_apart_by_their_columns_wherever_they_are(tmp_path):
    posts = [
        write(tmp_path / "2026" / name, f"{POST}, now() AS posted_at") for name in ("a.parquet", "b.parquet")
    ]
    counts = write(tmp_path / "who.parquet", COUNT)
    for hidden in (".tmp/c.parquet", "_temporary/c.parquet", "_c.parquet"):
        write(tmp_path / hidden, "i AS other")
    (tmp_path / "notes.txt").write_text("no table")
    of_posts, of_counts = partitions.folder(tmp_path)
    assert (list(of_posts.files), list(of_counts.files)) == ([*map(str, posts)], [str(counts)])
    assert (of_posts.rows, of_counts.rows, of_posts.own) == (200, 100, False)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("i AS likes, 'p' AS post", "b.parquet' lacks the column creator; it has: likes, post"),
        (
            POST.replace("5 AS comments", "5.5 AS comments"),
            "b.parquet': column comments is DECIMAL.* whole numbers",
        ),
        (
            POST.replace("i AS likes", "i::DOUBLE AS likes"),
            "b.parquet': column likes is DOUBLE; it must hold whole",
        ),
        (f"{POST}, 'today' AS read_at", "b.parquet': column read_at is VARCHAR; it must hold dates"),
        (POST.replace(", 5000 AS followers", ""), "b.parquet' lacks the column followers"),
        (
            "i AS shares",
            "b.parquet' has neither likes, as posts have, nor followers, as creators have; it has: sha",
        ),
    ],
)
def test_a_file_of_another_schema_is_named_with_its_column(tmp_path, columns, message):
    write(tmp_path / "a.parquet", POST)
    write(tmp_path / "b.parquet", columns)
    with pytest.raises(InputError, match=message):
        partitions.folder(tmp_path)


def test_beside_follower_counts_posts_need_a_date(tmp_path):
    write(tmp_path / "a.parquet", POST)
    write(tmp_path / "who.parquet", COUNT)
    with pytest.raises(InputError, match=r"a.parquet' lacks the column posted_at"):
        partitions.folder(tmp_path)


def test_a_folder_without_posts_says_so(tmp_path):
    for _ in range(2):
        with pytest.raises(InputError, match=r"has no posts: no file \*.parquet in it has a column likes"):
            partitions.folder(tmp_path)
        write(tmp_path / "who.parquet", COUNT)


@pytest.mark.parametrize(
    "damage", [lambda good: good[:50], lambda good: good[:-4] + b"x" * 4, lambda good: b""]
)
def test_a_file_that_is_no_parquet_is_named(tmp_path, damage):
    write(tmp_path / "a.parquet", POST)
    bad = write(tmp_path / "b.parquet", POST)
    bad.write_bytes(damage(bad.read_bytes()))
    with pytest.raises(InputError, match=r"b.parquet' cannot be read: "):
        partitions.folder(tmp_path)


def test_a_file_with_a_broken_page_is_named_among_many(tmp_path):
    for name in "abc":
        write(tmp_path / f"{name}.parquet", POST, 5000)
    bad = bytearray((tmp_path / "b.parquet").read_bytes())
    bad[4:2000] = b"\xff" * 1996
    (tmp_path / "b.parquet").write_bytes(bytes(bad))
    with pytest.raises(InputError, match=r"b.parquet' cannot be read: "):
        stored_rates.rates(tmp_path)


def test_partitions_may_differ_in_columns_that_are_not_needed_and_in_the_size_of_numbers(tmp_path):
    write(tmp_path / "a.parquet", POST)
    other = POST.replace("i AS likes", "i::SMALLINT AS likes").replace("'p'", "'q'")
    write(tmp_path / "b.parquet", f"{other}, 'food' AS niche, TIMESTAMP '2026-01-01' AS read_at, [1] AS more")
    groups = stored_rates.rates(tmp_path, ["niche"]).groups
    assert groups[["niche", "posts", "creators"]].to_numpy().tolist() == [
        ["food", 100, 9],
        ["unknown", 100, 9],
    ]


def test_a_name_with_a_quote_is_read(tmp_path):
    write(tmp_path / "it's" / "a.parquet", POST)
    assert stored_rates.rates(tmp_path / "it's").groups["posts"].to_list() == [100]


def test_work_is_cut_by_the_number_of_posts_alone(monkeypatch):
    def table(*rows):
        files = {str(at): partitions.File(number, frozenset()) for at, number in enumerate(rows)}
        return partitions.Table("posts", files, own=True)

    assert [partitions.buckets(table(rows)) for rows in (0, 1, 4_000_000, 4_000_001, 10**10)] == [
        1,
        1,
        1,
        2,
        128,
    ]
    assert partitions.deals(table(5, 5, 5)) == [["0"], ["1"], ["2"]]
    monkeypatch.setattr(partitions, "MOST_DEALS", 2)
    assert partitions.deals(table(5, 2, 2, 9, 0)) == [["0", "1", "2"], ["3"], ["4"]]


def test_a_worker_that_does_not_see_the_shared_folder_says_so(tmp_path):
    path = str(write(tmp_path / "a.parquet", POST))
    found = partitions.folder(tmp_path)[0]
    with pytest.raises(InputError, match=r"a worker does not see '.*elsewhere': name a shared folder"):
        partitions.deal("posts", partitions.rows(found, [path]), [path], tmp_path / "elsewhere", 2, 1)
