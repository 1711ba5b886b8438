"""Proves what all rows together tell: posts without followers, budgets, doubts, files of one record."""

from dataclasses import replace

import pandas as pd
import pytest

from nanospread.core.errors import InputError
from nanospread.ingest import schemas, tables
from test_tables import accounted, raw, read, told


def test_a_post_whose_creator_has_no_follower_count_is_kept_apart_and_refused_nowhere():
    result = read(raw("posts", {}, {"post": "p2", "creator": "@Nobody"}, {"post": "p3", "likes": "x"}))
    assert result.posts["post"].tolist() == ["p1"]
    assert result.unmatched[["post", "creator"]].to_numpy().tolist() == [["p2", "nobody"]]
    assert result.unmatched.dtypes.equals(result.posts.dtypes)
    assert told(result, "line", "status") == [(3, "repaired"), (4, "refused")]
    assert accounted(result)


def test_a_comment_on_a_post_without_followers_is_kept():
    posts = raw("posts", {}, {"post": "p2", "creator": "nobody"})
    said = raw("comments", {}, {"comment": "c2", "post": "p2", "creator": ""})
    assert read(posts, said).comments["creator"].tolist() == ["anna", "nobody"]


def test_the_join_counts_creators_and_rows_of_each_side_and_names_the_first():
    creators = raw("creators", {}, {"as_of": "2026-11-09"}, {"creator": "Berta"}, {"creator": "silent"})
    posts = [{"post": f"p{at}", "creator": f"x{at}"} for at in range(7)]
    result = read(creators, raw("posts", {}, {"creator": "berta"}, *posts, {"post": "p9", "creator": "x0"}))
    joined = tables.join(result).set_index("side")
    assert joined[["creators", "rows"]].to_numpy().tolist() == [[2, 2], [7, 8], [2, 3], [1, 1]]
    assert joined["names"].tolist() == [
        "anna, berta",
        "x0, x1, x2, x3, x4 and 2 more",
        "anna, berta",
        "silent",
    ]
    assert tables.join(read()).set_index("side")["rows"].tolist() == [1, 0, 1, 0]


def test_posts_of_which_none_has_followers_are_an_error_that_names_both_sides():
    with pytest.raises(InputError, match=r"none of 1 creators with posts \('x', ...\) is among the 1 with"):
        read(raw("posts", {"creator": "x"}))


MAY, JUNE = {"period": "2026-05"}, {"period": "2026-06"}


def costs(*changes, **said):
    result = read(replace(raw("results", *changes), settings=said))
    assert accounted(result)
    return result.results["cost"].tolist(), told(result, "line", "reason", "before", "after")


def test_a_budget_on_each_months_row_counts_once():
    found = costs({**MAY, "clicks": "3"}, {**JUNE, "clicks": "3"}, {**JUNE, "clicks": "3", "cost": "9"})
    assert found == ([48.5, 0.0, 9.0], [(3, schemas.AGAIN, "48.50", "0.0")])


def test_the_mapping_says_whether_a_budget_counts_once_or_each():
    assert costs(MAY, JUNE, budgets="each") == ([48.5, 48.5], [])
    two = [{"clicks": "3"}, {"clicks": "4"}]
    assert costs(*two) == ([48.5, 48.5], [])
    assert costs(*two, budgets="once") == ([48.5, 0.0], [(3, schemas.AGAIN, "48.50", "0.0")])


def test_two_pieces_of_work_in_one_month_are_no_repeated_budget_and_months_may_be_alike_else():
    assert costs({**MAY, "clicks": "3"}, {**MAY, "clicks": "4"}) == ([48.5, 48.5], [])
    assert costs(MAY, JUNE)[0] == [48.5, 0.0]
    assert costs(MAY, MAY) == ([48.5], [(3, "repeated row: the first is kept", "spring", "")])


def test_a_budget_of_another_creator_offer_campaign_or_file_is_its_own():
    others = [{"creator": "b"}, {"offer": "gift"}, {"campaign": "x"}]
    assert costs(MAY, *({**JUNE, **other} for other in others)) == ([48.5] * 4, [])
    assert (
        read(raw("results", MAY), raw("results", JUNE, file="b.csv")).results["cost"].tolist() == [48.5] * 2
    )


def test_a_budget_is_not_lost_with_a_refused_first_row():
    found, entries = costs({**MAY, "orders": "x"}, JUNE)
    assert found == [48.5]
    assert [entry[1] for entry in entries] == ["no amount"]


def test_a_record_that_is_a_file_of_its_own_is_named_in_the_ledger_and_counted_in_its_group():
    posts = raw("posts", {"post": "p2"}, {"likes": "x"}, {"post": "p3", "likes": ""}, file="posts of anna")
    posts.rows.index = pd.RangeIndex(1, 4, name="line")
    group = replace(posts, names=("a.json", "b.json", "c.json.xz", "d.json"), refused=((4, "no post"),))
    result = read(group)
    assert told(result, "file", "line", "reason") == [
        ("b.json", 1, "no whole number"),
        ("c.json.xz", 1, "hidden by the creator: unknown"),
        ("d.json", 1, "no post"),
    ]
    counts = result.counts.set_index("file").loc["posts of anna"]
    assert counts[["rows_in", "kept", "repaired", "refused"]].tolist() == [4, 1, 1, 2]


def doubted(*files):
    found = tables.doubts(read(*files)).set_index("what")
    assert found.dtypes.astype(str).to_dict() == {"rows": "int64", "of": "int64", "example": "str"}
    return {what: (row.rows, row.of, row.example) for what, row in found.iterrows() if row.rows}


def test_good_rows_raise_no_doubt_and_every_question_has_its_row():
    assert doubted() == {}
    assert len(tables.doubts(read())) == 6


@pytest.mark.parametrize(
    ("table", "changes", "expected"),
    [
        ("posts", [{"likes": "1999", "comments": "2", "reach": ""}, {"post": "p2", "likes": ""}],
         {"engagement rate above 100 %": (1, 1, "p1 of anna: engaged 2,001, followers 2,000")}),
        ("posts", [{"reach": "83"}, {"post": "p2", "reach": "84"}, {"post": "p3", "reach": ""}],
         {"reach below the engagements": (1, 2, "p1 of anna: reach 83, engaged 84")}),
        ("creators", [{"followers": "9"}, {"creator": "silent", "followers": "1"}],
         {"followers below 10: a wrong match?": (1, 2, "anna: followers 9"),
          "engagement rate above 100 %": (1, 1, "p1 of anna: engaged 84, followers 9"),
          "median likes above the followers": (1, 1, "anna: likes 80, followers 9")}),
        ("creators", [{"as_of": "2025-01-01"}, {},
                      {"creator": "b", "as_of": "2025-01-01"}, {"creator": "b", "followers": "1"}],
         {"the same follower count for over a year": (1, 2, "anna: followers 2,000")}),
        ("creators", [{"as_of": "2026-01-01"}, {}], {}),
        ("creators", [{"reported_er": "191%"}, {"creator": "b", "reported_er": "9%"}],
         {"reported engagement rate above 100 %": (1, 2, "anna: reported_er 1.91")}),
    ],
)  # fmt: skip
def test_what_can_hardly_be_is_a_warning_with_an_example_and_no_refusal(table, changes, expected):
    assert doubted(raw(table, *changes)) == expected
