"""Proves that results need few figures, that unknown is not zero, and that files meet without multiplying."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread import store
from nanospread.ingest import joined_results, schemas, sources, tables
from test_tables import accounted, raw, read, told

NOTHING = {"offer": "", **dict.fromkeys(schemas.FIGURES, "")}
BARE = dict.fromkeys(("period", "posted_at", "as_of", "tracking"), "")


def of(figures, *changes, file, context=()):
    """Return a file of results that has these columns of figures alone."""
    columns = ["campaign", "creator", *context, *figures]
    whole = raw("results", *({**NOTHING, **BARE, **change} for change in changes), file=file)
    return type(whole)(file, "results", whole.rows[columns], (), ())


def results(*files, columns=("creator", "cost", "clicks", "orders", "revenue")):
    found = read(*files)
    assert accounted(found)
    shown = found.results[list(columns)].astype("object")
    return shown.where(shown.notna(), None).to_numpy().tolist(), found


def test_campaign_creator_and_one_figure_are_a_result_and_unknown_is_not_zero():
    spent = of(["cost", "orders"], {"cost": "70"}, {"creator": "b", "cost": "0", "orders": "0"}, file="a")
    found, result = results(spent)
    assert found == [["anna", 70, None, None, None], ["b", 0, None, 0, None]]
    assert result.results["offer"].tolist() == ["", ""]


def test_a_row_without_a_figure_is_a_refusal_that_loses_nothing():
    _, result = results(of(["cost", "orders"], {"cost": "70"}, {"creator": "b"}, file="a"))
    assert told(result, "line", "column", "reason") == [(3, "cost", schemas.NO_FIGURE)]
    assert schemas.NO_FIGURE in store.HARMLESS


def test_an_offer_in_other_words_is_understood_and_a_strange_one_unknown():
    words = ["Gifted", "paid", "swap", "fee", "N/A"]
    file = raw("results", *({"campaign": str(at), "offer": word} for at, word in enumerate(words)))
    assert read(file).results["offer"].tolist() == ["gift", "fee", "", "fee", ""]


SPEND = of(["cost"], {"cost": "70"}, {"creator": "b", "cost": "30"}, file="spend")
LINKS = of(["clicks"], {"clicks": "9"}, {"creator": "c", "clicks": "4"}, file="links")
SHOP = of(
    ["orders", "revenue"], {"orders": "2", "revenue": "80"}, {"creator": "b", "orders": "0"}, file="shop"
)


def test_costs_clicks_and_orders_of_three_files_are_one_row_for_each_creator():
    found, result = results(SPEND, LINKS, SHOP)
    assert found == [["anna", 70, 9, 2, 80], ["b", 30, None, 0, None], ["c", None, 4, None, None]]
    assert set(told(result, "reason")) == {(joined_results.JOINED,)}
    assert result.counts.tail(3)["repaired"].tolist() == [0, 1, 2]


def test_the_sums_of_a_file_with_fewer_rows_stand_once():
    posts = of(["cost"], {"cost": "70"}, {"cost": "70"}, {"cost": "20"}, file="posts", context=["posted_at"])
    posts.rows["posted_at"] = ["2026-03-01", "2026-03-08", "2026-03-15"]
    shop = of(["clicks", "orders", "revenue"], {"orders": "5", "revenue": "90"}, file="shop")
    found, _ = results(posts, shop)
    assert found == [["anna", 70, None, 5, 90], ["anna", 70, None, 0, 0], ["anna", 20, None, 0, 0]]


def test_periods_meet_by_name_and_a_month_that_one_file_lacks_is_unknown():
    months = [{"period": f"2026-0{at}"} for at in (3, 4, 5)]
    spend = of(["cost"], *({**m, "cost": "10"} for m in months[:2]), file="spend", context=["period"])
    shop = of(["orders"], *({**m, "orders": "1"} for m in reversed(months)), file="shop", context=["period"])
    found, _ = results(spend, shop, columns=("period", "cost", "orders"))
    assert sorted(found) == [["2026-03", 10, 1], ["2026-04", 0, 1], ["2026-05", None, 1]]


def test_what_two_files_know_counts_as_the_first_says_and_the_other_is_told():
    sheet = of(["cost", "orders", "revenue"], {"cost": "5", "orders": "3", "revenue": "60"}, file="a")
    shop = of(["orders", "revenue"], {"orders": "2", "revenue": "60"}, file="b")
    found, result = results(sheet, shop)
    assert found == [["anna", 5, None, 3, 60]]
    assert told(result, "file", "column", "reason", "before") == [
        ("b", "orders", joined_results.OTHERWISE, "2"),
        ("b", "campaign", joined_results.JOINED, "spring"),
    ]


def test_files_of_the_same_figures_list_further_rows_and_none_is_joined():
    found, _ = results(SHOP, of(["orders", "revenue"], {"orders": "4", "revenue": "9"}, file="shop2"))
    assert [row for row in found if row[0] == "anna"] == [
        ["anna", None, None, 2, 80],
        ["anna", None, None, 4, 9],
    ]


NUMBERS = st.integers(0, 50).map(str) | st.just("")
PARTS = (["cost", "reach"], ["clicks"], ["orders", "revenue"])
ROWS = st.dictionaries(
    st.sampled_from("abcd"), st.fixed_dictionaries(dict.fromkeys(joined_results.MAIN, NUMBERS)), min_size=1
)


@pytest.mark.slow
@settings(max_examples=examples(20), deadline=None)
@given(ROWS, st.permutations(range(3)))
def test_rows_split_into_three_partial_files_are_the_same_results(rows, order):
    named = [{"creator": creator, **row} for creator, row in rows.items()]
    whole = read(of(joined_results.MAIN, *named, file="whole")).results
    again = read(*(of(PARTS[at], *named, file=f"part{at}") for at in order))
    one, other = (frame.sort_values("creator", ignore_index=True) for frame in (whole, again.results))
    pd.testing.assert_frame_equal(one, other)
    assert accounted(again)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"), st.integers(0, 2), st.sampled_from(["", "1", "2"]), NUMBERS, NUMBERS
        ),
        max_size=9,
    )
)
def test_joining_multiplies_no_figure_and_loses_no_creator(rows):
    """Of each campaign and creator a figure is the sum of one source, or of each period's first one."""
    names = ["creator", "source", "period", "cost", "orders"]
    given_rows = pd.DataFrame(rows, columns=names).assign(campaign="c")
    typed = pd.DataFrame(columns=list(schemas.COLUMNS["results"]), index=given_rows.index)
    typed = typed.assign(**given_rows.drop(columns="source"), offer="", tracking="")
    for name in schemas.FIGURES:
        typed[name] = pd.to_numeric(typed[name], errors="coerce").astype("float64")
    typed = typed.astype({name: kind.dtype for name, kind in schemas.COLUMNS["results"].items()})
    together, why = joined_results.joined(typed, given_rows["source"])
    assert set(together["creator"]) == set(typed["creator"])
    merged = len(why.get("campaign", ()))
    assert len(together) == len(typed) - merged
    for name in ("cost", "orders"):
        for creator, mine in typed.groupby("creator"):
            total = together.loc[together["creator"] == creator, name].sum()
            assert total <= mine[name].sum() + 1e-9
            told_at_all = mine[name].notna().any()
            assert together.loc[together["creator"] == creator, name].notna().any() == told_at_all
            by_source = mine[name].groupby(given_rows["source"]).sum(min_count=1).dropna()
            assert (
                not told_at_all or total >= by_source.iloc[0] - 1e-9 or np.isclose(total, by_source.iloc[0])
            )


@pytest.mark.parametrize(
    "text",
    [
        "campaign,creator,offer,cost,reach,month\nspring,mia,fee,640,18000,2026-04\nspring,noa,fee,410,8200,2026-04\n",
        "campaign,creator,cost,orders,revenue\nq,mia,90,4,210\nq,noa,40,0,0\n",
    ],
)
def test_spend_sheets_and_shop_exports_are_read_with_what_they_have(tmp_path, text):
    (tmp_path / "r.csv").write_text(text)
    (file,) = sources.folder(tmp_path)
    found = tables.validated([file], whole=False)
    assert file.table == "results"
    assert found.results["clicks"].isna().all()
    assert len(found.results) == 2
    assert accounted(found)
