"""Every order is credited once, or left with its reason, whatever rows, tools and codes show it.

By hand for each reason and each tie; as properties over random orders and codes: nothing is lost, and neither
the order of rows nor a repeated row changes anything.
"""

import hypothesis
import pandas as pd
import pytest
from hypothesis import strategies as st

from draws import examples
from nanospread.ingest import credit, same_orders, schemas
from nanospread.ingest.credit import Credit, Rule

BLANK = {"str": "", "float64": float("nan"), schemas.UTC: pd.NaT}
CODES = [
    {"code": "MAYA10", "creator": "maya", "campaign": "autumn"},
    {"code": "BO10", "creator": "bo", "campaign": "autumn", "to": "2026-01-01"},
    {"code": "FREE", "campaign": "autumn"},
    {"kind": "link", "code": "https://shop.example/bo", "creator": "bo", "campaign": "autumn"},
    {"kind": "link", "code": "aff7", "creator": "maya", "campaign": "autumn"},
    {"kind": "utm_content", "code": "maya_reel", "creator": "maya", "campaign": "autumn"},
]


def table(name: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return rows as `tables` would validate them."""
    columns = schemas.COLUMNS[name]
    frame = pd.DataFrame(
        {column: [row.get(column, BLANK[kind.dtype]) for row in rows] for column, kind in columns.items()}
    )
    for column, kind in columns.items():
        values = frame[column]
        if kind.dtype == schemas.UTC:
            values = pd.to_datetime(values, utc=True, format="ISO8601").astype(schemas.UTC)
        frame[column] = values.astype(kind.dtype)
    return frame


def credited(*orders: dict[str, object], codes: list[dict[str, object]] = CODES, **rule: object) -> Credit:
    listed = [{"kind": "code", **code} for code in codes]
    rows = [{"orders": 1.0, "value": 10.0, **order} for order in orders]
    return credit.credited(table("orders", rows), table("codes", listed), Rule(**rule))


def who(found: Credit) -> list[str]:
    return [creator or reason for creator, reason in found.orders[["creator", "reason"]].to_numpy().tolist()]


@pytest.mark.parametrize(
    ("order", "creator"),
    [
        ({"code": "maya10 "}, "maya"),
        ({"code": "FREE, MAYA10"}, "maya"),
        ({"link": "http://www.shop.example/bo/"}, "bo"),
        ({"link": "https://shop.example/bo?utm_source=ig"}, "bo"),
        ({"link": "https://shop.example/p/1?sca_ref=aff7&utm_source=bo"}, "maya"),
        ({"link": "https://shop.example/discount/MAYA10"}, "maya"),
        ({"link": "https://shop.example/?utm_content=Maya+Reel"}, "maya"),
        ({"utm_content": "maya-reel"}, "maya"),
        ({"creator": "kim"}, "kim"),
        ({"code": "MAYA10", "link": "shop.example/bo"}, "maya"),
        ({"code": "FREE", "link": "shop.example/bo"}, "bo"),
        ({"code": "MAYA10", "creator": "bo"}, "maya"),
        ({"code": "MAYA10,BO10"}, "codes of two creators"),
        ({"link": "shop.example/bo?ref=aff7"}, "links of two creators"),
        ({"code": "FREE"}, "a code of the whole shop"),
        ({"code": "WELCOME"}, "a code that nobody has"),
        ({"link": "https://shop.example/"}, "no code, and no link that names anybody"),
        ({}, "no code, and no link that names anybody"),
        ({"code": "BO10", "ordered_at": "2026-01-02"}, "outside the dates of its code"),
        ({"code": "BO10", "ordered_at": "2026-01-01 23:59"}, "bo"),
        ({"code": "BO10"}, "bo"),
    ],
)
def test_an_order_is_credited_by_code_then_link_then_tool_or_says_why_not(
    order: dict[str, object], creator: str
) -> None:
    assert who(credited({"order": "1", **order})) == [creator]


def test_the_link_goes_before_the_code_where_the_rule_says_so() -> None:
    order = {"order": "1", "code": "MAYA10", "link": "shop.example/bo"}
    assert who(credited(order, first="link")) == ["bo"]


@pytest.mark.parametrize("state", ["cancelled", "declined", "test"])
def test_an_order_that_is_none_is_refused(state: str) -> None:
    found = credited({"order": "1", "code": "MAYA10", "state": state})
    assert found.account.to_numpy().tolist() == [["refused", state, 1.0]]


def test_an_order_that_came_back_is_one_with_its_refund() -> None:
    (row,) = credited({"order": "1", "code": "MAYA10", "state": "refunded"}).orders.to_dict("records")
    assert (row["outcome"], row["value"], row["refunded"]) == ("credited", 10.0, 10.0)


def test_an_order_of_two_tools_and_three_rows_is_one_with_the_shop_s_value() -> None:
    found = credited(
        {"order": "#1001", "code": "MAYA10", "value": 40.0, "currency": "EUR", "tool": "shopify"},
        {"order": "#1001", "value": float("nan"), "tool": "shopify"},
        {"order": "1001", "creator": "maya", "value": 55.0, "currency": "USD", "commission": 4.0},
    )
    (row,) = found.orders.to_dict("records")
    assert (row["creator"], row["value"], row["currency"], row["commission"]) == ("maya", 40.0, "EUR", 4.0)
    assert found.account["orders"].tolist() == [1.0, 2.0]


def test_an_affiliate_tool_that_declines_takes_its_word_away_and_not_the_shop_s_order() -> None:
    shop = {"order": "1", "state": "paid", "tool": "shopify"}
    tool = {"order": "1", "creator": "bo", "state": "declined", "tool": "refersion"}
    assert who(credited(shop, tool)) == [credit.DENIED]
    assert who(credited({**shop, "code": "MAYA10"}, tool)) == ["maya"]
    assert who(credited({**shop, "state": "cancelled"}, {**tool, "state": "paid"})) == ["cancelled"]


def test_the_last_state_of_a_tool_counts() -> None:
    tool = {"order": "1", "creator": "bo", "tool": "impact"}
    assert who(credited({**tool, "state": "declined"}, {**tool, "state": "pending"})) == ["declined"]


def test_a_code_on_most_orders_of_a_shop_credits_nobody() -> None:
    coded = [{"order": str(at), "code": "MAYA10"} for at in range(80)]
    bare = [{"order": str(at)} for at in range(80, 110)]
    assert credited(*coded, *bare).orders["creator"].eq("").all()
    assert credited(*coded, *bare, sitewide_share=0.9).orders["creator"].eq("maya").sum() == 80
    assert credited(*coded, *coded[:40]).orders["creator"].eq("maya").all()


def test_a_code_is_of_whoever_had_it_at_the_time() -> None:
    codes = [
        {"code": "TEN", "creator": "maya", "campaign": "spring", "to": "2026-03-31"},
        {"code": "TEN", "creator": "bo", "campaign": "summer", "from": "2026-04-01"},
    ]
    orders = [{"order": str(at), "code": "TEN", "ordered_at": f"2026-0{at}-15"} for at in (3, 4)]
    found = credited(*orders, {"order": "9", "code": "TEN"}, codes=codes)
    assert who(found) == ["maya", "bo", "codes of two creators"]
    assert found.orders["campaign"].tolist() == ["spring", "summer", ""]


def test_totals_count_only_where_no_order_of_them_stands_alone() -> None:
    month = {"orders": 9.0, "code": "BO10", "from": "2025-10-01", "to": "2025-10-31", "tool": "shop"}
    week = {**month, "orders": 4.0, "from": "2025-10-06", "to": "2025-10-12"}
    other = {**month, "orders": 7.0, "code": "", "utm_content": "maya_reel", "tool": "ga4"}
    mine = {"order": "1", "code": "BO10", "ordered_at": "2025-10-09"}
    shelf = {**month, "code": "", "link": "aff7", "tool": "amazon associates"}
    totals = credited(month, week, other).orders
    assert totals.loc[totals["outcome"] == "credited", "orders"].tolist() == [9.0, 7.0]
    assert credited(month, mine).orders["outcome"].tolist() == ["credited", "refused"]
    assert credited(shelf, {**mine, "code": "MAYA10"}).orders["outcome"].tolist() == ["credited"] * 2


def test_a_total_by_code_and_one_by_link_of_the_same_creator_are_not_added() -> None:
    codes = {"orders": 9.0, "code": "MAYA10", "tool": "shop"}
    links = {"orders": 11.0, "utm_content": "maya_reel", "tool": "shop"}
    found = credited(codes, links)
    assert found.orders.loc[found.orders["outcome"] == "credited", "orders"].tolist() == [11.0]


def test_the_share_that_only_a_code_saw_needs_a_tool_that_tells_links_apart() -> None:
    shop = [{"order": "1", "code": "MAYA10", "link": "x.example/?ref=aff7"}, {"order": "2", "code": "MAYA10"}]
    found = credited(*shop).orders
    assert found[["by_code", "by_link"]].to_numpy().tolist() == [[True, True], [True, False]]
    tool = [{**order, "commission": 1.0, "tool": "t"} for order in shop]
    assert not credited(*tool).orders["by_link"].any()


ORDERS = st.fixed_dictionaries(
    {},
    optional={
        "order": st.sampled_from(["", "1", "#1", "2", "a3", "A3", "4"]),
        "orders": st.sampled_from([1.0, 2.0, 5.0]),
        "value": st.sampled_from([0.0, 10.0, 12.5]),
        "currency": st.sampled_from(["", "EUR", "USD"]),
        "refunded": st.sampled_from([0.0, 3.0]),
        "commission": st.sampled_from([1.0]),
        "state": st.sampled_from(["", "pending", "paid", "refunded", "declined", "cancelled", "test"]),
        "code": st.sampled_from(["", "MAYA10", "BO10", "maya10, FREE", "BO10;MAYA10", "X", ",", "\0"]),
        "link": st.sampled_from(["", "shop.example/bo", "?ref=aff7", "%", "https://", "a?b&=&c="]),
        "utm_content": st.sampled_from(["", "maya_reel", "x"]),
        "creator": st.sampled_from(["", "maya", "kim"]),
        "tool": st.sampled_from(["", "shopify", "refersion", "ga4", "amazon associates"]),
        "ordered_at": st.sampled_from(["2025-10-01", "2026-02-01 10:00"]),
        "from": st.sampled_from(["2025-09-01"]),
        "to": st.sampled_from(["2025-12-01", "2026-03-01"]),
    },
)


def settled(found: Credit) -> list[object]:
    """Return what results are made from, without what the order of rows may change."""
    kept = found.orders[found.orders["outcome"] == "credited"]
    sums = kept.groupby(["creator", "campaign"])[["orders", "value", "refunded", "by_code", "by_link"]].sum()
    return [sums.reset_index().to_numpy().tolist(), sorted(kept["currency"])]


@pytest.mark.slow
@hypothesis.given(rows=st.lists(ORDERS, min_size=1, max_size=12), data=st.data())
@hypothesis.settings(max_examples=examples(20), deadline=None)
def test_nothing_is_lost_and_neither_order_nor_repetition_of_rows_matters(
    rows: list[dict[str, object]], data: st.DataObject
) -> None:
    found = credited(*rows)
    assert found.account["orders"].sum() == sum(
        1.0 if row.get("order") else row.get("orders", 1.0) for row in rows
    )
    assert (found.orders.loc[found.orders["outcome"] == "credited", "creator"] != "").all()
    assert (found.orders.loc[found.orders["outcome"] != "credited", "reason"] != "").all()
    assert (
        not found.orders.loc[found.orders["order"] != "", "order"]
        .str.casefold()
        .str.removeprefix("#")
        .duplicated()
        .any()
    )
    shuffled = credited(*data.draw(st.permutations(rows)), codes=data.draw(st.permutations(CODES)))
    assert settled(shuffled) == settled(found)
    assert shuffled.account.equals(found.account)
    again = credited(*rows, *data.draw(st.lists(st.sampled_from(rows), max_size=4)))
    assert settled(again) == settled(found)


def test_an_order_that_another_tool_shows_by_the_shops_own_id_is_the_same_order() -> None:
    shop = {"order": "#1001", "shop_id": "5900000000001", "tool": "shopify", "value": 60.0}
    affiliate = {
        "order": "5900000000001",
        "tool": "tracker",
        "value": 50.0,
        "code": "MAYA10",
        "commission": 5.0,
    }
    other = {"order": "5900000000002", "tool": "tracker", "value": 7.0, "commission": 1.0}
    for orders in ([shop, affiliate, other], [other, affiliate, shop]):
        found = credited(*orders)
        assert sorted(found.orders["value"]) == [7.0, 60.0]
        assert sorted(who(found)) == ["maya", credit.NOTHING]
        assert found.account["orders"].sum() == 3


def test_one_number_in_two_shops_is_two_orders_and_a_tool_tells_of_the_shop_that_has_it() -> None:
    both = {"order": "#1001", "tool": "shopify", "code": "MAYA10"}
    shops = [{**both, "shop": "DE", "value": 30.0}, {**both, "shop": "fr", "value": 50.0}]
    assert credited(*shops).orders["value"].tolist() == [30.0, 50.0]
    assert credited(*({**shop, "shop": ""} for shop in shops)).orders["value"].tolist() == [50.0]
    assert credited(*shops, {**shops[0], "shop": "de"}).orders["value"].tolist() == [30.0, 50.0]
    alone = {"order": "1002", "tool": "shopify", "shop": "fr", "value": 20.0}
    by_tool = {"tool": "awin", "creator": "kim", "commission": 1.0}
    found = credited(*shops, alone, {**by_tool, "order": "1002"}, {**by_tool, "order": "1001"})
    assert found.orders[["order", "creator"]].to_numpy().tolist() == [
        ["#1001", "maya"],
        ["#1001", "maya"],
        ["1002", "kim"],
    ]
    assert found.account["orders"].sum() == 5


def test_a_number_with_two_ids_of_one_shop_is_told() -> None:
    both = {"order": "#1001", "tool": "shopify"}
    rows = [{**both, "shop_id": "51"}, {**both, "shop_id": "87"}, {**both, "shop_id": "51", "code": "X"}]
    assert same_orders.numbered_alike(table("orders", rows)) == 1
    assert same_orders.numbered_alike(table("orders", [rows[0], rows[2], {**both, "order": "9"}])) == 0
    assert same_orders.numbered_alike(table("orders", [rows[0], {**rows[1], "shop": "fr"}])) == 0
    assert same_orders.numbered_alike(table("orders", [])) == 0
