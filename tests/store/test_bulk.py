"""Proves that the reader of large CSV files gives the posts, counts and ledger that `tables` gives.

The property draws small files in which any cell, quote and line end may be damaged, reads them in pieces, and
compares (BULK says how many); the rest are cases that it would seldom draw.
"""

import csv
import io
import os
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread.core.errors import InputError
from nanospread.ingest import records, sheets, sources, streams, tables
from nanospread.store import bulk

MANY = int(os.environ.get("BULK", "20"))
GOOD = {
    "shortcode": "code",
    "username": "some.one",
    "timestamp": "2026-03-04T05:06:07Z",
    "likes": "12",
    "comments": "3",
    "is_sponsored": "true",
    "views": "",
    "note": "",
    "caption": "nice",
}
AS_OF = pd.Timestamp("2026-11-02", tz="UTC")
KEY = ["post", "creator", "platform"]


def post(number, delimiter=",", **cells):
    """Return a line of CSV: a good post, but for the cells that are given."""
    text = io.StringIO()
    row = GOOD | {"shortcode": f"code{number}"} | cells
    csv.writer(text, delimiter=delimiter, lineterminator="").writerow(row.values())
    return text.getvalue()


def file(folder, lines, *, encoding="utf-8", end="\n", above=(), header=None):
    path = folder / "posts.csv"
    text = end.join([*above, header or ",".join(GOOD), *lines, ""])
    path.write_bytes(text.encode(encoding, errors="surrogateescape"))
    return path


def streamed(path, as_of=None, mapping=None, *, rows=1_000, **how):
    stream = replace(streams.delimited(path, mapping), rows=rows)
    part = bulk.posts(stream, as_of=as_of, into=path.parent, **how)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        posts = connection.execute("FROM read_parquet(?)", [str(part.path)]).df()
    assert [left for left in path.parent.iterdir() if left not in (path, part.path)] == []
    return posts, part.counts, part.ledger


def whole(path, as_of=None, mapping=None):
    found = tables.validated(sources.read([path], mapping), as_of, whole=False)
    others = [found.elsewhere["posts"]] if "posts" in found.elsewhere else []
    posts = pd.concat([found.unmatched, found.undated, *others], ignore_index=True)
    return posts, found.counts, found.ledger


def same(path, as_of=None, mapping=None, *, pieces=3):
    """Assert that either way gives the same, and return its counts and ledger."""
    expected, counts, ledger = whole(path, as_of, mapping)
    rows = int(counts["rows_in"].sum()) // pieces + 1
    if expected.empty:
        with pytest.raises(InputError, match=r"no usable row of posts|a header and no rows"):
            streamed(path, as_of, mapping, rows=rows)
        return counts, ledger
    posts, counted, told = streamed(path, as_of, mapping, rows=rows)
    typed = posts.astype(expected.dtypes.to_dict())
    one, two = (frame.sort_values(KEY, ignore_index=True) for frame in (typed, expected))
    for found, there in ((one, two), (told, ledger), (counted, counts)):
        pd.testing.assert_frame_equal(found, there)
    return counts, ledger


DAY = "2026-03-04T05:06"
CELLS = {
    "shortcode": [
        *("code1", "C-x_9", "", " code2", "1.78E+16", "17890000000000000", "17890123456789012", "=-abc", "é"),
        *(
            "#NAME?",
            "shortcode",
            "total",
            "https://www.instagram.com/p/Cx1y/",
            "a.b",
            "'code3",
            "-x",
            "a" * 40,
        ),
    ],
    "username": [
        *(
            "some.one",
            "Some.One",
            "@other",
            "",
            "1-Mar",
            "2020-03-01",
            "nan",
            "other",
            "o b",
            "1e5",
            "\u200bx",
        ),
    ],
    "timestamp": [
        *("2026-03-04", "2026-03-14", "2026-03-04 05:06", DAY + ":07+0000", DAY + "Z", DAY + ":07.123456Z"),
        *("2026-03-04T24:00:00Z", "2026-02-29T00:00:00Z", "1772600000", "1072915199", "03/04/2026", "x", ""),
        *("14/04/2026", "2 days ago", "1999-01-01T00:00:00Z", "2101-01-01T00:00:00Z", DAY + ":07+02:00"),
        *(
            DAY + ":07.123456789Z",
            DAY.replace("T", " ") + ":07Z",
            DAY + ":07-00:00",
            DAY + ":60Z",
            DAY + ":07z",
        ),
    ],
    "likes": [
        *("", "-1", "1.2k", "8,041", "12.0", "99999999999", "10000000000", "007", " 7", "x", "٣", "-3")
    ],
    "comments": ["", "n/a", "1.5", "1.250", "9999999999"],
    "is_sponsored": ["", "FALSE", "Yes", "n", "1", "0.0", "maybe", "T", "No", "tru"],
    "views": ["55", "-1", "?", "1,2k"],
    "note": ["x", "a,b"],
    "caption": [
        "",
        "two\nlines",
        'a "b"',
        "=HYPERLINK(1)",
        "ä\u2028ö",
        "tab\tcr\rlf",
        "x\x00y",
        "caption",
        " ",
        '"',
    ],
}
BROKEN = [
    *("", "   ", ",,,,,,,,", '"open', '"a"b,c', "a,b", "\ufeff", "number,text,date,number,number,,,,"),
    'co"de,some.one,2026-03-04T05:06:07Z,1,2,,,,x',
    '"code1","some.one","2026-03-04T05:06:07Z","1","2","","","",""',
    "code\udc80,some.one,2026-03-04T05:06:07Z,1,2,,,,x\udcff",
    ",".join(GOOD),
]
good = st.integers(0, 30).map(post)
damaged = st.dictionaries(st.sampled_from(list(GOOD)), st.integers(0, 99), min_size=1, max_size=3).map(
    lambda drawn: post("", **{name: CELLS[name][at % len(CELLS[name])] for name, at in drawn.items()})
)
lines = st.lists(st.one_of(good, good, damaged, damaged, st.sampled_from(BROKEN)), max_size=14)


@pytest.mark.slow
@given(lines, st.sampled_from(["\n", "\r\n", "\r"]), st.integers(1, 4), st.booleans())
@settings(max_examples=examples(MANY))
def test_a_damaged_file_gives_what_tables_gives(tmp_path_factory, lines, end, pieces, known):
    path = file(tmp_path_factory.mktemp("bulk"), lines, end=end)
    same(path, AS_OF if known else None, pieces=pieces)


@pytest.mark.slow
@pytest.mark.parametrize("name", GOOD)
def test_each_damaged_cell_is_told_as_tables_tells_it(tmp_path, name):
    bad = [post(at, **{name: cell}) for at, cell in enumerate(CELLS[name])]
    same(file(tmp_path, [post("first"), *bad, post("last")]), AS_OF)


def test_dates_too_late_are_told_by_all_of_them(tmp_path):
    late = {"timestamp": "2033-01-01T00:00:00Z"}
    lines = [post(number) for number in range(400)]
    lines += [post(400, **late), post(401, likes="1.2k", **late), post(1, **late), post(402, likes="1.2k")]
    counts, ledger = same(file(tmp_path, lines))
    assert counts.loc[0, ["rows_in", "kept", "repaired", "refused"]].tolist() == [404, 400, 1, 3]
    assert ledger.loc[ledger["status"] == "refused", "line"].tolist() == [402, 403, 404]


def test_a_post_dated_too_late_takes_no_place_from_its_repetition(tmp_path):
    late = {"timestamp": "2033-01-01T00:00:00Z"}
    lines = [
        post("a"),
        post(1, **late),
        post(2, likes="1.2k", **late),
        *(post(number) for number in range(400)),
    ]
    counts, _ = same(file(tmp_path, lines))
    assert counts.loc[0, ["kept", "repaired", "refused"]].tolist() == [401, 0, 2]


def test_odd_records_of_another_year_than_the_rest_are_not_too_late(tmp_path):
    old = [post(number, likes="1.2k", timestamp="2020-01-01T00:00:00Z") for number in range(300)]
    new = [post(number) for number in range(300, 700)]
    counts, _ = same(file(tmp_path, [*old, post(700, likes="1.2k"), *new]))
    assert counts.loc[0, "refused"] == 0


def test_fewer_than_a_hundred_dates_call_none_too_late(tmp_path):
    late = post(98, timestamp="2033-01-01T00:00:00Z")
    assert same(file(tmp_path, [*(post(number) for number in range(98)), late]))[1].empty


def test_the_first_of_repeated_posts_is_kept_whichever_way_it_was_read(tmp_path):
    odd = {"likes": "1.2k"}
    lines = [post(number) for number in (0, 1, 2, 3)]
    lines += [post(1), post(2, **odd), post(4, **odd), post(4), post(5, likes="x"), post(5), post(3), post(9)]
    counts, ledger = same(file(tmp_path, lines))
    assert ledger.loc[ledger["column"] == "post", "line"].tolist() == [6, 7, 9, 12]
    assert counts.loc[0, ["kept", "repaired", "refused"]].tolist() == [6, 1, 5]


@pytest.mark.slow
def test_a_whole_column_can_turn_every_plain_looking_cell(tmp_path):
    cut = [post("", shortcode=f"{number}0000000") for number in range(10**14, 10**14 + 30)]
    counts, _ = same(file(tmp_path, [*cut, post(1)]))
    assert counts.loc[0, "refused"] == 30
    counts, _ = same(file(tmp_path, [*cut, post("", shortcode="1000000000000000123")]))
    assert counts.loc[0, "refused"] == 0
    dates = [f"2026-{month:02d}-{day:02d}" for month in range(3, 13) for day in range(3, 9)]
    text = [f"{day}/{month:02d}/2026" for month in range(3, 9) for day in (14, 25)]
    turned = [post(number, timestamp=when) for number, when in enumerate(dates + text)]
    _, ledger = same(file(tmp_path, turned))
    assert ledger["reason"].str.contains("swapped").sum() == len(dates)
    _, ledger = same(
        file(tmp_path, [*turned, post(999, timestamp="2026-05-13"), post(1000, timestamp="2026-05-02")])
    )
    assert not ledger["reason"].str.contains("swapped").any()


AGAIN = {
    "shortcode": ["a", "b", "c", "'a", "17890000000000000", "17890123456789012", "178900000000000000"],
    "username": ["some.one", "other", "https://www.instagram.com/other/", "https://www.tiktok.com/@other"],
    "timestamp": ["2026-03-04", "2026-03-09", "", "2026-11-03", "2026-12-01", "2026-03-25", "25/04/2026"],
    "likes": ["3", "03", "3", "", "2", "90", "-1"],
    "comments": ["40", "40", "9", "", "1"],
    "is_sponsored": ["", "yes", "no", "maybe"],
    "views": ["", "700", "7k", "?"],
    "caption": ["", "nice"],
    "scraped_at": ["", "2026-03-07", "2026-03-14", "2026-03-21"],
    "permalink": ["", "https://www.instagram.com/p/ab/", "https://www.tiktok.com/@other/video/77"],
}
NAMES = ("posts.csv", "posts 2026-03-07.csv", "posts 2026-11-20.csv")
ZZ = {"values": {"shortcode": {"c": "a"}, "views": {"700": "7k"}}}


@pytest.mark.slow
@given(
    st.randoms(use_true_random=False),
    st.integers(4, 30),
    st.integers(2, 5),
    st.sampled_from(NAMES),
    st.booleans(),
)
@settings(max_examples=examples(4 * MANY))
def test_what_rows_tell_of_each_other_is_told_in_pieces_as_in_one(
    tmp_path_factory, drawn, rows, pieces, name, said
):
    few = [drawn.sample(cells, drawn.randint(1, len(cells))) for cells in AGAIN.values()]
    lines = [",".join(map(drawn.choice, few)) for _ in range(rows)]
    path = file(tmp_path_factory.mktemp("bulk"), lines, header=",".join(AGAIN))
    same(path.rename(path.with_name(name)), AS_OF, {name: ZZ} if said else None, pieces=pieces)


def test_likes_that_are_alike_in_all_pieces_together_are_hidden_ones(tmp_path):
    lines = [post(number, likes="3", comments="40") for number in range(6)]
    counts, ledger = same(file(tmp_path, [*lines, post(7, likes="03", comments="4"), post(8)]), pieces=4)
    assert counts.loc[0, ["kept", "repaired"]].tolist() == [1, 7]
    assert ledger["before"].tolist() == ["3"] * 6 + ["03"]


def test_a_newer_reading_in_another_piece_takes_nothing_away(tmp_path):
    lines = ["code,some.one,2026-03-04,12,3,nice,2026-03-07", "code,some.one,2026-03-04,14,3,,2026-03-14"]
    header = "shortcode,username,timestamp,likes,comments,caption,scraped_at"
    path = file(tmp_path, lines, header=header)
    same(path, pieces=3)
    posts, _, ledger = streamed(path, rows=1)
    assert posts.loc[0, ["likes", "caption"]].tolist() == [14, "nice"]
    assert ledger["reason"].tolist() == ["repeated post: a newer reading counts"]


def test_the_day_in_a_name_is_judged_by_all_pieces(tmp_path):
    late = [post(number, timestamp="2026-05-01T00:00:00Z") for number in range(2)]
    lines = [post(number) for number in range(2, 90)]
    for early in (lines, lines * 3):  # 2 of 90 posts are newer; 2 of 266 rows
        path = file(tmp_path, [*early, *late]).rename(tmp_path / "posts 2026-03-07.csv")
        same(path, AS_OF, pieces=5)
        path.unlink()


def test_dates_after_the_export_are_turned_round_only_where_all_pieces_speak_for_it(tmp_path):
    days = ["2026-12-03", "2026-11-03", "2026-10-03"]
    for more, turned in ((["2026-03-25"], 0), (["2026-09-03", "2026-08-03"], 5)):
        lines = [post(number, timestamp=day) for number, day in enumerate([*days, *more])]
        counts, _ = same(file(tmp_path, lines), AS_OF, pieces=4)
        assert counts.loc[0, "repaired"] == turned


def test_a_link_to_another_platform_in_one_piece_makes_links_tell_in_all(tmp_path):
    lines = [
        "a,https://www.instagram.com/x/,2026-03-04,1,1,https://www.tiktok.com/@x/video/77",
        "b,https://www.tiktok.com/@y,2026-03-04,1,1,",
    ]
    same(file(tmp_path, lines, header="shortcode,username,timestamp,likes,comments,permalink"), pieces=3)


def test_a_long_id_on_several_rows_is_one_id(tmp_path):
    lines = [post("", shortcode="17890000000000000", username=name) for name in ("x", "y", "z")]
    assert same(file(tmp_path, lines), pieces=3)[1].empty
    cut = [post("", shortcode=f"{number}00000") for number in (178900000000000, 178900000000001)]
    counts, _ = same(file(tmp_path, [*cut, post(1)]), pieces=3)
    assert counts.loc[0, "refused"] == 2


def test_what_a_mapping_says_that_cells_mean_holds_in_pieces(tmp_path):
    said = {"columns": {"sponsored": "note"}, "values": {"sponsored": {"zz": "yes"}}}
    lines = [post(number, note="zz") for number in range(5)]
    same(file(tmp_path, lines), mapping={"posts.csv": said})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_any_encoding_is_read(tmp_path, encoding):
    lines = [post(number, caption="größer als 5 €") for number in range(60)]
    same(file(tmp_path, [*lines, post(61, likes="5 Mio")], encoding=encoding, end="\r\n"))


def test_a_declared_delimiter_and_a_banner_are_read(tmp_path):
    lines = [post(number, ";", caption='a;b,"c"') for number in range(5)]
    same(file(tmp_path, lines, above=["sep=;"], header=";".join(GOOD)))
    same(file(tmp_path, [post(1), post(2)], above=["Report of last week", "", '"all, of it"']))


def test_epoch_seconds_are_plain_where_the_file_has_them(tmp_path):
    lines = [post(number, timestamp=str(1_772_600_000 + number)) for number in range(200)]
    counts, ledger = same(file(tmp_path, [*lines, post(200), post(201, timestamp="1999999999")]))
    assert ledger["reason"].tolist() == ["dated more than a year after nearly all others"]
    assert counts.loc[0, "kept"] == 201


def test_a_mapping_names_columns_and_says_how_dates_are_written(tmp_path):
    said = {"columns": {"likes": "note"}, "dates": "day first"}
    lines = [post(number, note="77", timestamp="03/04/2026") for number in range(3)]
    _, ledger = same(file(tmp_path, [*lines, post(4, note="7k")]), mapping={"posts.csv": said})
    assert ledger["after"].tolist() == ["2026-04-03T00:00:00+00:00"] * 3 + ["7000"]


def test_units_below_the_header_and_totals_at_the_end_are_no_rows(tmp_path):
    units = "id,name,date,number,number,,,,"
    total = post("", shortcode="total")
    counts, _ = same(file(tmp_path, [units, post(1), post(2), total, ""]))
    assert counts.loc[0, "refused"] == 2
    counts, _ = same(file(tmp_path, [post(1), total, post(2)]))
    assert counts.loc[0, "refused"] == 0


def test_another_header_further_down_may_change_the_columns(tmp_path):
    names = list(GOOD)
    names[3:5] = ["comments", "likes"]
    counts, _ = same(file(tmp_path, [*map(post, range(5)), ",".join(names), *map(post, range(5, 9))]))
    assert counts.loc[0, ["kept", "refused"]].tolist() == [9, 1]


@pytest.mark.slow
@given(st.randoms(use_true_random=False), st.integers(2, 5), st.sampled_from(NAMES))
@settings(max_examples=examples(MANY), deadline=None)
def test_tables_below_each_other_are_read_in_pieces_as_in_one(tmp_path_factory, drawn, pieces, name):
    """A table may have other columns than the one above it, elsewhere, and lack one that posts need."""
    few = {column: drawn.sample(cells, drawn.randint(1, len(cells))) for column, cells in AGAIN.items()}
    parts = []
    for at in range(drawn.randint(2, 4)):
        needed, more = list(few)[: 0 if at else 5], list(few)[0 if at else 5 :]
        header = needed + drawn.sample(more, len(more) - drawn.randint(0, 3))
        drawn.shuffle(header)
        rows = [[drawn.choice(few[column]) for column in header] for _ in range(drawn.randint(0, 9))]
        parts += [",".join(cells) for cells in (header, *rows)]
    path = file(tmp_path_factory.mktemp("bulk"), parts[1:], header=parts[0])
    same(path.rename(path.with_name(name)), AS_OF, pieces=pieces)


def test_long_lines_and_cells_cost_the_line_they_stand_on(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "LONGEST_LINE", 400)
    monkeypatch.setattr(records, "LONGEST_CELL", 400)
    open_quote = '"' + "\n".join(["x" * 50] * 30)
    long, many = post(2, caption="y" * 900), post(4, caption="z\n" * 60)
    lines = [post(1), long, post(3), many, open_quote, post(5), post(6)]
    counts, ledger = same(file(tmp_path, lines))
    assert counts.loc[0, "kept"] == 5
    assert ledger.loc[0, "reason"] == "a line of more than 400 characters"


def test_long_captions_make_small_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_CHARACTERS", 1_000)
    path = file(tmp_path, [post(number, caption="y" * 400) for number in range(12)])
    pieces = list(streams.delimited(path).pieces())
    assert max(len(piece.rows) for piece in pieces) < 4
    assert [line for piece in pieces for line in piece.rows.index] == list(range(2, 14))


@pytest.mark.slow
def test_what_one_piece_tells_holds_for_the_others(tmp_path):
    lines = [post(number, likes="1,234", timestamp="03/04/2026") for number in range(7)]
    _, ledger = same(file(tmp_path, [*lines, post(8, likes="1234,567", timestamp="25/04/2026")]))
    assert set(ledger.loc[ledger["column"] == "likes", "status"]) == {"refused"}
    _, ledger = same(file(tmp_path, [*lines, post(8, timestamp="25/04/2026")]))
    assert set(ledger.loc[ledger["column"] == "posted_at", "after"]) >= {"2026-04-03T00:00:00+00:00"}


@pytest.mark.slow
def test_a_large_file_is_checked_in_another_process(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "LARGE", 0)
    path = file(tmp_path, [post(number % 7, likes="1.2k") for number in range(9)])
    counts, _ = same(path, pieces=5)
    assert counts.loc[0, ["repaired", "refused"]].tolist() == [7, 2]
    with pytest.raises(InputError, match="no usable row of posts"):
        streamed(file(tmp_path, [post(1, timestamp="x")]))


@pytest.mark.slow
def test_the_file_is_the_same_to_the_byte_each_time(tmp_path):
    lines = [post(number % 900, likes="1.2k" if number % 7 == 0 else "5") for number in range(1000)]
    path = file(tmp_path, lines)
    written = set()
    for threads in (1, 2, 2):
        stream = replace(streams.delimited(path), rows=70)
        part = bulk.posts(stream, as_of=None, into=tmp_path, threads=threads)
        written.add(part.path.read_bytes())
    assert len(written) == 1


def test_what_duckdb_and_the_system_say_is_one_line(tmp_path, monkeypatch):
    path = file(tmp_path, [post(1)])
    stream = streams.delimited(path)
    with pytest.raises(
        InputError, match=r"^posts\.csv: cannot be read or written: No such file or directory$"
    ):
        bulk.posts(stream, as_of=None, into=tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"^posts\.csv: not enough memory for DuckDB"):
        bulk.posts(stream, as_of=None, into=tmp_path, memory="1KB")


def test_a_checking_process_that_was_ended_is_told_in_one_line(tmp_path, monkeypatch):
    def ended(asked):
        raise BrokenProcessPool("a process in the process pool was terminated abruptly")

    monkeypatch.setattr(bulk, "LARGE", 0)
    monkeypatch.setattr(bulk, "_in_second_process", ended)
    with pytest.raises(InputError, match=r"^posts\.csv: the process that checks it was ended"):
        streamed(file(tmp_path, [post(1)]))
    assert [left.name for left in tmp_path.iterdir()] == ["posts.csv"]
