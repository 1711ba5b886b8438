"""Proves that what tools and spreadsheets do to a file is undone where it is certain, told, else refused."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread.core.errors import InputError
from nanospread.ingest import quantities, sources, streams, tables

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
