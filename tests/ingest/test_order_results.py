"""Orders become results by campaign and creator, in one currency, and are never added to a sheet's count."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nanospread.core.errors import InputError
from nanospread.ingest import dataset, exchange_rates, order_results, sources, tables
from nanospread.ingest.order_results import OrderResults, OrderSettings
from nanospread.pages import data_quality

RATES = """\
Date,USD,GBP,
2026-10-06,1.25,N/A,
2026-10-05,1.20,0.80,
2026-10-02,1.10,0.90,
"""
CODES = "code,creator,campaign\nMAYA10,maya,autumn\nBO10,bo,autumn\nKIM10,kim,autumn\n"
HEAD = "order,date,total,discount,currency,status,coupon,refunded\n"
ORDERS = HEAD + (
    "1,2026-10-02,40,4,EUR,paid,MAYA10,\n"
    "2,2026-10-04,60,6,EUR,refunded,maya10,60\n"
    "3,2026-10-05,20,2,EUR,paid,BO10,\n"
    "4,2026-10-05,99,0,EUR,paid,,\n"
)


def counted(tmp_path: Path, settings: OrderSettings = OrderSettings("EUR"), **files: str) -> OrderResults:  # noqa: B008
    for name, text in {"codes": CODES, **files}.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return order_results.counted(tables.validated(sources.folder(tmp_path), whole=False), settings)


def by_creator(found: OrderResults) -> pd.DataFrame:
    return found.tables.results.set_index("creator")


def test_pages_say_who_is_credited_with_how_many_orders_and_why_the_others_are_not(tmp_path: Path) -> None:
    more = ORDERS + "5,2026-10-05,10,0,EUR,cancelled,BO10,\n6,2026-10-05,10,0,EUR,paid,X,\n"
    assert data_quality.orders_credited(counted(tmp_path, orders=more)) == (
        "Of 6 orders that came in, 3 are credited to 2 creators, 3 by code; 2 to nobody (a code that nobody "
        "has: 1; no code, and no link that names anybody: 1); 1 refused (cancelled).",
    )
    (tmp_path / "orders.csv").unlink()
    sheet = "campaign,creator,orders\nautumn,bo,3\n"
    assert data_quality.orders_credited(counted(tmp_path, results=sheet)) == ()


def test_orders_give_each_creator_s_orders_price_refunds_and_discount(tmp_path: Path) -> None:
    results = by_creator(counted(tmp_path, orders=ORDERS))
    assert results.loc["maya", ["orders", "revenue", "refunded", "discount"]].tolist() == [2, 110, 60, 10]
    assert results.loc["bo", ["orders", "revenue", "refunded", "discount"]].tolist() == [1, 22, 0, 2]
    assert results.loc["maya", "tracking"] == "MAYA10"
    assert results.loc["maya", "as_of"] == pd.Timestamp("2026-10-05", tz="UTC")
    assert np.isnan(results.loc["maya", "cost"])


def test_who_has_a_code_and_no_order_has_a_result_of_none(tmp_path: Path) -> None:
    assert by_creator(counted(tmp_path, orders=ORDERS)).loc["kim", ["orders", "revenue"]].tolist() == [0, 0]


def test_who_never_posted_has_no_result(tmp_path: Path) -> None:
    outreach = (
        "creator,campaign,contacted_at,offer,replied,accepted,posted,posted_at\n"
        "kim,autumn,2026-09-01,gift,yes,no,no,\nbo,autumn,2026-09-01,gift,yes,yes,yes,2026-10-01\n"
    )
    results = by_creator(counted(tmp_path, orders=ORDERS, outreach=outreach))
    assert sorted(results.index) == ["bo", "maya"]
    assert results.loc["bo", "posted_at"] == pd.Timestamp("2026-10-01", tz="UTC")


def test_costs_of_a_sheet_join_orders_and_its_own_count_of_them_is_not_added(tmp_path: Path) -> None:
    sheet = "campaign,creator,offer,cost,clicks,orders\nautumn,maya,fee,80,200,3\nautumn,bo,gift,30,,\n"
    found = counted(tmp_path, orders=ORDERS, sheet=sheet)
    results = by_creator(found)
    assert results.loc["maya", ["cost", "clicks", "orders", "revenue"]].tolist() == [80, 200, 2, 110]
    assert results.loc["bo", ["offer", "cost", "orders"]].tolist() == ["gift", 30, 1]
    assert len(results) == 3
    (note,) = found.notes
    assert "1 result with a count of orders beside the orders themselves" in note


def test_two_posts_of_a_creator_share_its_orders_and_have_them_once(tmp_path: Path) -> None:
    sheet = "campaign,creator,offer,cost,clicks\nautumn,maya,fee,80,200\nautumn,maya,fee,50,100\n"
    results = counted(tmp_path, orders=ORDERS, sheet=sheet).tables.results
    mine = results[results["creator"] == "maya"]
    assert mine[["cost", "clicks", "orders", "revenue"]].sum().tolist() == [130, 300, 2, 110]


def test_a_sheet_counts_where_the_orders_begin_after_its_post(tmp_path: Path) -> None:
    sheet = "campaign,creator,offer,cost,orders,posted_at\nautumn,maya,fee,80,30,2026-08-01\n"
    found = counted(tmp_path, orders=ORDERS, sheet=sheet)
    assert by_creator(found).loc["maya", "orders"] == 30
    assert "older than the orders' export" in found.notes[0]


def test_a_creator_s_only_campaign_is_that_of_orders_whose_code_tells_none(tmp_path: Path) -> None:
    codes = "code,creator\nMAYA10,maya\nBO10,bo\n"
    sheet = "campaign,creator,offer,cost\nspring,bo,gift,30\nautumn,maya,gift,30\n"
    results = by_creator(counted(tmp_path, orders=ORDERS, sheet=sheet, codes=codes))
    assert results.loc[["bo", "maya"], "campaign"].tolist() == ["spring", "autumn"]
    alone = by_creator(counted(tmp_path, orders=ORDERS, sheet="campaign,creator,cost\n", codes=codes))
    assert set(alone["campaign"]) == {order_results.UNTOLD}


def test_orders_are_converted_at_the_rate_of_their_day_and_on_days_without_at_the_last_before(
    tmp_path: Path,
) -> None:
    (tmp_path / "rates").mkdir()
    file = tmp_path / "rates" / "ecb.csv"
    file.write_text(RATES, encoding="utf-8")
    orders = HEAD + (
        "1,2026-10-04 23:00,11,1.1,USD,paid,MAYA10,\n2,2026-10-06,8,0,GBP,paid,MAYA10,\n"
        "3,2026-10-06,10,0,EUR,paid,BO10,\n"
    )
    found = counted(tmp_path, OrderSettings("EUR", str(file)), orders=orders)
    results = by_creator(found)
    assert results.loc["maya", "revenue"] == pytest.approx(12.1 / 1.10 + 8 / 0.80)
    assert results.loc["maya", "discount"] == pytest.approx(1.1 / 1.10)
    assert [note.split(",")[0] for note in found.notes] == ["Orders in GBP", "Orders in USD"]
    dollars = by_creator(counted(tmp_path, OrderSettings("USD", str(file)), orders=orders))
    assert dollars.loc["bo", "revenue"] == pytest.approx(10 * 1.25)


def test_mixed_currencies_without_rates_are_one_clear_line(tmp_path: Path) -> None:
    orders = HEAD + "1,2026-10-04,11,,USD,paid,MAYA10,\n2,2026-10-06,8,,EUR,paid,MAYA10,\n"
    with pytest.raises(InputError, match=r"orders are in USD, the brief counts in EUR: .*rate_table"):
        counted(tmp_path, orders=orders)


def test_without_a_currency_the_amounts_of_others_than_the_commonest_are_unknown(tmp_path: Path) -> None:
    orders = HEAD + (
        "1,2026-10-04,11,0,USD,paid,MAYA10,\n2,2026-10-06,8,0,EUR,paid,BO10,\n3,2026-10-06,9,0,EUR,paid,BO10,\n"
    )
    found = counted(tmp_path, OrderSettings(), orders=orders)
    assert by_creator(found).loc["bo", "revenue"] == 17
    assert by_creator(found).loc["maya", "orders"] == 1
    assert np.isnan(by_creator(found).loc["maya", "revenue"])
    assert found.notes[0].startswith("1 order in another currency than EUR")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("day,USD\n2026-10-01,1\n", "must have a column Date"),
        ("Date,USD\n2026-10-01,-1\n", "line 2"),
        ("Date,USD\n2026-10-01,1\n2026-10-01,1\n", "line 3"),
        ("Date,USD\n01/10/2026,1\n", "line 2"),
        ("Date,USD\n2026-10-01,inf\n", "line 2"),
        ("", "no CSV table"),
    ],
)
def test_a_damaged_file_of_rates_is_one_clear_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "rates.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        exchange_rates.read(tmp_path / "rates.csv")


@pytest.mark.parametrize(
    ("currency", "day", "said"),
    [("CHF", "2026-10-05", "no rates of CHF"), ("USD", "2026-10-01", "no rate of USD for 2026-10-01"),
     ("USD", "2026-12-01", "get a newer file")],
)  # fmt: skip
def test_a_rate_that_is_not_there_is_one_clear_line(
    tmp_path: Path, currency: str, day: str, said: str
) -> None:
    (tmp_path / "rates.csv").write_text(RATES, encoding="utf-8")
    rates = exchange_rates.read(tmp_path / "rates.csv")
    days = pd.Series([pd.Timestamp(day, tz="UTC")])
    with pytest.raises(InputError, match=said):
        rates.converted(pd.Series([1.0]), days, currency, "EUR")


def test_creators_of_codes_whom_no_other_table_has_are_named(tmp_path: Path) -> None:
    creators = "creator,followers\nmaya,4000\nkim,3000\n"
    counted(tmp_path, orders=ORDERS, creators=creators)
    read = tables.validated(sources.folder(tmp_path), whole=False)
    assert dataset.unknown_creators(read) == ["bo"]
