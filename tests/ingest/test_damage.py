"""Proves that what tools and spreadsheets do to a file is undone where it is certain, told, else refused."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread.core.errors import InputError
from nanospread.ingest import dates, plausibility, quantities, sources, streams, tables
from nanospread.ingest.cells import CellHints

THOUSAND_OR_MILLION = "thousand or million (mil)?"


def values(read, *cells):
    column = read(pd.Series(cells, dtype="str"))
    return [None if pd.isna(value) else value for value in column.values], column.refused.to_dict()


def read(place, **files):
    for name, text in files.items():
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    return tables.validated(sources.folder(place), whole=False)


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        ("3.7万", 37_000),
        ("2萬", 20_000),
        ("1.5만", 15_000),
        ("1.2億", 120_000_000),
        ("9 тыс.", 9_000),
        ("1,3 млн", 1_300_000),
        ("4,1 Mio.", 4_100_000),
        ("2,5 lakh", 250_000),
        ("1.1 crore", 11_000_000),
        ("١٢٣٤", 1_234),
        ("५६७", 567),
        ("10k+", 10_000),
        ("~4,500", 4_500),
        ("2.2K followers", 2_200),
        ("8 подписчиков", 8),
        ("12.0000000001", 12),
        ("66900.00000000001", 66_900),
        ("7.999999999999", 8),
    ],
)
def test_a_count_is_read_however_the_world_writes_it_and_told(cell, count):
    column = quantities.count(pd.Series([cell], dtype="str"))
    assert column.values.tolist() == [count]
    assert len(column.repaired) == 1


@pytest.mark.parametrize(
    "cell", ["5 mil", "3.4 mil", "12.5", "1.2", "2 Dutzend", "k", "+", "~", "万", "1..2k"]
)
def test_a_count_that_may_mean_two_numbers_or_none_is_refused(cell):
    assert values(quantities.count, cell)[0] == [None]


def test_a_decimal_comma_tells_what_mil_is_in_its_column():
    assert values(quantities.count, "5 mil", "3,4 mil")[0] == [5_000, 3_400]
    assert values(quantities.count, "5 mil", "3.4 mil")[1] == dict.fromkeys((0, 1), THOUSAND_OR_MILLION)


@given(st.floats(1e-12, 0.09))
def test_no_share_or_rate_is_lost_to_the_length_of_its_decimals(number):
    for cell in (repr(number), f"{number:.25f}"):
        assert values(quantities.share, cell, "0.5")[0][0] == pytest.approx(number, abs=1e-20, rel=1e-9)
        assert values(quantities.reported_er, cell, "0.02")[0][0] == pytest.approx(
            number, abs=1e-20, rel=1e-9
        )


@given(st.floats(0, 1e9))
def test_no_amount_is_lost_to_the_length_of_its_decimals(number):
    assert values(quantities.amount, f"{number:.20f}", "0.5")[0][0] == pytest.approx(number, rel=1e-12)


def test_one_with_a_machines_rounding_does_not_make_shares_percent():
    assert values(quantities.share, "1.0000000000000002", "0.2")[0] == [1.0, 0.2]


CELLS = st.lists(
    st.tuples(
        st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=9),
        st.integers(0, 10**6),
        st.integers(0, 99),
    ),
    min_size=1,
    max_size=9,
)


def rows_of(content):
    text = io.StringIO(newline="")
    csv.writer(text).writerows(content)
    return text.getvalue().splitlines()


@pytest.mark.slow
@given(CELLS)
def test_lines_quoted_as_a_whole_are_read_as_they_were_before(tmp_path_factory, content):
    place = tmp_path_factory.mktemp("quoted")
    header = ["post_id", "username", "posted_at", "caption", "likes", "comments"]
    rows = [[f"q{at}", "ida", "2026-10-01", *map(str, cells)] for at, cells in enumerate(content)]
    plain = rows_of([header, *rows])
    (place / "a.csv").write_text("\n".join(plain), encoding="utf-8")
    again = [line[0] for line in csv.reader(io.StringIO("\n".join(rows_of([[line] for line in plain]))))]
    assert again == plain  # every line is one cell of the second saving
    quoted = ['"' + line.replace('"', '""') + '"' for line in plain]
    (place / "b.csv").write_text("\n".join(quoted), encoding="utf-8")
    one, other = sources.read([place / "a.csv"]), sources.read([place / "b.csv"])
    pd.testing.assert_frame_equal(one[0].rows, other[0].rows)
    assert other[0].ignored == ("quotes around each line as a whole: taken off", *one[0].ignored)
    (piece,) = streams.delimited(place / "b.csv").pieces()
    pd.testing.assert_frame_equal(piece.rows, one[0].rows)


def test_a_line_of_two_records_in_one_pair_of_quotes_is_refused(tmp_path):
    text = '"username,followers"\n"ida,2400"\n"bo,3\nto,4"\n"al,5"\n'
    found = read(tmp_path, accounts=text)
    assert found.creators["creator"].tolist() == ["ida", "al"]
    assert found.ledger[["line", "reason"]].values.tolist() == [[3, "2 records in one pair of quotes"]]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "a pointer of Git LFS"),
        ("../.git/annex/objects/aa/bb/SHA256E-s9--f.csv\n", "a pointer of git-annex"),
        ("\ufeff\n<!DOCTYPE html>\n<html><body>Log in</body></html>", "a web page, no export"),
        ("<HTML lang=de><table><tr><td>username,followers</td></tr></table>", "a web page, no export"),
    ],
)
@pytest.mark.parametrize("name", ["posts.csv", "posts.json", "posts.xlsx"])
def test_what_is_no_export_is_said_in_one_line(tmp_path, content, why, name):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=f"^{name}: {why}") as raised:
        sources.folder(tmp_path)
    assert "\n" not in str(raised.value)


SHIFTED = (
    "s2,ida,2026-10-02,,80,5",
    "s2,,ida,2026-10-02,80,5",
    "s2,ida,a caption,2026-10-02,80,5",
    "ida,2026-10-02,80,5,",
)


@pytest.mark.parametrize("row", SHIFTED)
def test_a_row_whose_cells_slid_is_refused_and_costs_no_other(tmp_path, row):
    text = (
        f"post_id,username,posted_at,likes,comments\ns1,ida,2026-10-01,90,4\n{row}\ns3,ida,2026-10-03,70,3\n"
    )
    found = read(tmp_path, posts=text, accounts="username,followers\nida,2400\n")
    assert found.posts["post"].tolist() == ["s1", "s3"]
    assert found.counts.set_index("table").loc["posts", ["rows_in", "kept", "refused"]].tolist() == [3, 2, 1]


def test_likes_that_are_always_the_same_beside_many_comments_are_hidden_and_told(tmp_path):
    rows = [f"h{at},hider,2026-10-{at + 1:02d},3,{20 + 7 * at}" for at in range(9)]
    rows += ["h9,hider,2026-10-20,3,9\nh10,hider,2026-10-21,3,1\nh11,hider,2026-10-22,240,12"]
    rows += [f"o{at},open{at},2026-10-{at + 1:02d},3,1" for at in range(9)]
    text = "\n".join(["post_id,username,posted_at,likes,comments", *rows, ""])
    found = read(tmp_path, posts=text)
    likes = found.whole("posts").set_index("post")["likes"]
    assert likes[[f"h{at}" for at in range(10)]].isna().all()
    assert likes[["h10", "h11"]].tolist() == [3, 240]
    assert likes[[f"o{at}" for at in range(9)]].eq(3).all()  # few likes and fewer comments are no sign
    assert found.ledger["reason"].value_counts().to_dict() == {plausibility.STUCK: 10}
    assert found.counts[["kept", "repaired", "refused"]].values.tolist() == [[11, 10, 0]]


ODD = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 90)), min_size=1, max_size=40)


@given(ODD)
def test_likes_are_called_hidden_only_where_five_posts_of_one_number_are_odd(pairs):
    posts = pd.DataFrame(pairs, columns=["likes", "comments"], dtype="Int64").assign(creator="ida")
    found = plausibility.stuck_likes(posts)
    hidden = posts.loc[found.index]
    assert (hidden["comments"] > hidden["likes"]).all()
    for _, of in hidden.groupby("likes"):
        assert (of["comments"] >= plausibility.BESIDE * of["likes"].clip(lower=1)).sum() >= plausibility.OFTEN


SWAPPED = [f"2026-{day:02d}-11" for day in range(3, 13)]  # 3 to 12 November, as a spreadsheet made them


def moments(cells, as_of):
    column = dates.past(pd.Series(cells, dtype="str"), CellHints(as_of=pd.Timestamp(as_of, tz="UTC")))
    return [f"{value:%Y-%m-%d}" for value in column.values], set(column.repaired)


def test_days_after_the_export_that_were_before_it_the_other_way_round_are_turned_back():
    assert moments(SWAPPED, "2026-11-20") == ([f"2026-11-{day:02d}" for day in range(3, 13)], {dates.EARLY})


@pytest.mark.parametrize(
    ("cells", "as_of"),
    [
        (SWAPPED, "2026-12-20"),  # none is after the export
        ([*SWAPPED, "2026-11-13"], "2026-11-20"),  # a day above 12 was not swapped, so why the others
        (["2026-12-11"], "2026-11-20"),  # one alone has no neighbours
        (["2026-11-05", "2026-11-07"], "2026-11-01"),  # a week after a date that is none of an export
        (["2027-01-12", "2026-01-01"], "2026-11-20"),  # swapped it is after the export, too
    ],
)
def test_dates_stay_where_the_other_way_round_is_no_likelier(cells, as_of):
    assert moments(cells, as_of) == (cells, set())
