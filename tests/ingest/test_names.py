"""Proves that ids, account names and niches that a spreadsheet or a person damaged are mended or refused."""

import string

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread.ingest import names
from test_tables import accounted, raw, read, told


def column(reader, *cells):
    return reader(pd.Series(cells, dtype="str"))


@pytest.mark.parametrize(
    ("cell", "mended", "why"),
    [
        ("17841401234567891", "17841401234567891", ""),
        ("DAbc_1-xYz9", "DAbc_1-xYz9", ""),
        ("-abcdef", "-abcdef", ""),
        ("=-abcdef", "-abcdef", "formula of a spreadsheet"),
        ('="C123"', "C123", "text mark of a spreadsheet"),
        ("'17841401234567891", "17841401234567891", "text mark of a spreadsheet"),
        ("123.0", "123", "written with decimals"),
        ("\u200bDAbc\ufeff ", "DAbc", "blanks around it"),
        ("https://www.instagram.com/p/DAbc_1-xYz9/", "DAbc_1-xYz9", "address of a post"),
        ("instagram.com/reel/DAbc?igsh=MzR&x=1", "DAbc", "address of a post"),
        ("https://instagram.com/anna.b/reel/DAbc/", "DAbc", "address of a post"),
    ],
)
def test_the_id_of_a_post_is_mended_from_what_its_cell_still_tells(cell, mended, why):
    read = column(names.identity, cell)
    assert read.values.tolist() == [mended]
    assert read.repaired.tolist() == ([why] if why else [])
    assert read.refused.empty


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        *((cell, names.CUT) for cell in ("1.78E+16", "1,78E+16", "1E+16", "17841401234567891.0")),
        *((cell, names.FORMULA) for cell in ("#NAME?", "#REF!", "#WERT!", "#N/A", "=A1", "=cmd()", "=-a+b")),
    ],
)
def test_an_id_that_is_lost_is_refused_unless_the_address_of_the_post_tells_it(cell, why):
    assert column(names.identity, cell).refused.tolist() == [why]
    address = "https://www.instagram.com/p/DAbc/"
    result = read(raw("posts", {"post": cell, "permalink": address}, {"post": cell}))
    assert result.posts["post"].tolist() == ["DAbc"]
    assert told(result, "line", "status", "reason", "before", "after") == [
        (2, "repaired", "from the post's address", cell, "DAbc"),
        (3, "refused", why, cell, ""),
    ]
    assert "permalink" not in result.posts


def test_an_id_that_is_good_or_an_address_that_is_none_is_left_alone():
    result = read(
        raw(
            "posts",
            {"permalink": "https://www.instagram.com/p/Other/"},
            {"post": "", "permalink": "https://www.instagram.com/p/Blank/"},
            {"post": "#NAME?", "permalink": "https://www.instagram.com/anna/"},
        )
    )
    assert result.posts["post"].tolist() == ["p1", "Blank"]
    assert told(result, "line", "status") == [(3, "repaired"), (4, "refused")]


def test_long_numbers_that_all_end_in_zeros_were_cut():
    cut = ["17841401234567000", "17841401234568000", "17841401234569000"]
    assert column(names.identity, *cut, "p1").refused.tolist() == [names.CUT] * 3
    assert column(names.identity, *cut, "17841401234567891").refused.empty  # the column can hold them
    assert column(names.identity, cut[0], "123").refused.empty  # two zeros may be chance
    whole = raw("posts", {"post": "17841401234567891"}, file="whole.csv")
    result = read(whole, raw("posts", *({"post": post} for post in cut), file="cut.csv"))
    assert told(result, "file", "reason") == [("cut.csv", names.CUT)] * 3


def test_a_comment_meets_its_post_however_both_are_written():
    posts = raw("posts", {"post": "https://www.instagram.com/p/DAbc/"})
    result = read(posts, raw("comments", {"post": '="DAbc"', "comment": "'17900000000000001"}))
    assert result.comments[["comment", "post"]].to_numpy().tolist() == [["17900000000000001", "DAbc"]]


@pytest.mark.parametrize(
    "cell",
    ["@Anna.b", " anna.b\u00a0", "\u200eanna.b\u200b", "an\u00adna.b", "'anna.b", '="Anna.b"',
     "https://www.instagram.com/anna.b/", "instagram.com/anna.b?hl=en", "HTTPS://WWW.TIKTOK.COM/@anna.b"],
)  # fmt: skip
def test_one_account_has_one_name_however_it_is_written(cell):
    read = column(names.handle, cell, "anna.b")
    assert read.values.tolist() == ["anna.b"] * 2
    assert read.repaired.to_dict() == {0: "spelling of the account name"}


def test_the_same_account_in_two_spellings_of_one_file_counts_once():
    result = read(raw("creators", {}, {"creator": "@ANNA"}, {"creator": "https://instagram.com/anna/"}))
    assert result.creators["creator"].tolist() == ["anna"]
    assert told(result, "line", "reason") == [
        (line, "repeated creator and date: the first is kept") for line in (3, 4)
    ]
    assert accounted(result)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        *((cell, names.DATE) for cell in ("1-Mar", "Mar-20", "20-mai-2024", "2020-03-01", "3/1/2020",
                                          "2020-03-01 00:00:00", "1. März", "Sep 20")),
        ("#NAME?", names.FORMULA),
        ("1.5E+10", names.CUT),
        ("https://www.instagram.com/p/DAbc/", "the address of a post where a name should be"),
        ("https://www.instagram.com/explore/", "no account's address"),
    ],
)  # fmt: skip
def test_what_can_be_no_name_is_refused(cell, why):
    assert column(names.handle, cell).refused.tolist() == [why]


@given(st.text(string.ascii_lowercase + string.digits + "._", min_size=1, max_size=30))
def test_no_name_that_an_account_can_have_is_touched(name):
    read = column(names.handle, name)
    assert read.values.tolist() == [name]
    assert read.repaired.empty
    assert read.refused.empty


@given(st.text(string.ascii_letters + string.digits + "_-", min_size=11, max_size=11))
def test_no_shortcode_is_touched(code):
    read = column(names.identity, code)
    assert read.values.tolist() == [code]
    assert read.repaired.empty
    assert read.refused.empty


def of(sizes):
    """Return creators of these niches, one row each."""
    which = [niche for niche, size in sizes.items() for _ in range(size)]
    return pd.DataFrame({"creator": [f"c{at}" for at in range(len(which))], "niche": which}).astype("str")


def renamed(sizes):
    before = of(sizes)
    after, reasons = names.settled_niches(before)
    changed = before["niche"] != after["niche"]
    assert reasons.index.tolist() == before.index[changed].tolist()
    return dict(zip(before.loc[changed, "niche"], after.loc[changed, "niche"], strict=True))


@pytest.mark.parametrize(
    ("rare", "common"),
    [("fasion", "fashion"), ("fashionn", "fashion"), ("fahsion", "fashion"), ("lifestile", "lifestyle")],
)
def test_a_rare_niche_one_slip_from_a_common_one_is_read_as_that(rare, common):
    assert renamed({rare: 1, common: 10}) == {rare: common}
    assert renamed({rare: 5, common: 50}) == {rare: common}
    assert renamed({rare: 1, common: 9}) == {}  # not common enough
    assert renamed({rare: 2, common: 19}) == {}
    assert renamed({rare: 6, common: 600}) == {}  # a niche of its own


@pytest.mark.parametrize(
    ("one", "other"),
    [("baking", "biking"), ("cooking", "booking"), ("art", "arts"), ("food", "mood"), ("cars", "cats"),
     ("fitness", "business"), ("fshn", "fashion"), ("unknown", "unknowns")],
)  # fmt: skip
def test_words_that_may_both_be_meant_stay_apart(one, other):
    assert renamed({one: 1, other: 1000}) == {}


def test_of_two_common_ones_it_is_the_more_common_then_the_first():
    assert renamed({"travels": 1, "travel": 40, "travelss": 60}) == {"travels": "travelss"}
    assert renamed({"travels": 1, "travel": 60, "travelss": 60}) == {"travels": "travel"}


@given(st.dictionaries(st.text("abz", min_size=4, max_size=9), st.integers(1, 60), max_size=12))
@settings(max_examples=examples(60))
def test_a_common_niche_is_never_renamed_and_the_order_of_rows_does_not_matter(sizes):
    changed = renamed(sizes)
    assert all(sizes[name] <= 5 and sizes[to] >= 10 * sizes[name] for name, to in changed.items())
    assert not set(changed.values()) & set(changed)
    assert renamed(dict(reversed(sizes.items()))) == changed


def test_a_mistyped_niche_is_a_counted_repair_of_the_creators_of_all_files():
    common = [{"creator": f"c{at}", "niche": "fashion"} for at in range(10)]
    result = read(
        raw("creators", {}, *common), raw("creators", {"creator": "x", "niche": "FASION"}, file="b.csv")
    )
    assert told(result, "file", "before", "after", "reason") == [
        ("b.csv", "FASION", "fashion", names.MISTYPED)
    ]
    assert accounted(result)
