"""Orders and codes are read as shops and affiliate tools write them, without what tells of a buyer."""

from pathlib import Path

import pandas as pd

from nanospread.ingest import sources, tables
from nanospread.ingest.tables import Tables

HEAD = "Order,Created at,Total,Currency,Financial Status,Discount Code,Landing page"


def read(tmp_path: Path, *rows: str, codes: str = "") -> Tables:
    (tmp_path / "orders.csv").write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    if codes:
        (tmp_path / "codes.csv").write_text(codes, encoding="utf-8")
    return tables.validated(sources.folder(tmp_path), whole=False)


def test_orders_and_codes_are_read_under_the_names_that_shops_give_them(tmp_path: Path) -> None:
    read_in = read(
        tmp_path,
        "#1001,2025-10-02 17:09:34 -0300,12.50,EUR,Approved,MAYA10,",
        '1002,2025-10-03,"1,250.00",eur,,"MAYA10, FREE",(not set)',
        codes="Coupon code,Influencer,Campaign\nMAYA10,@Maya,autumn\nFREE,,autumn\n",
    )
    orders, codes = read_in.orders, read_in.codes
    assert list(orders["order"]) == ["#1001", "1002"]
    assert orders["ordered_at"][0] == pd.Timestamp("2025-10-02 20:09:34", tz="UTC")
    assert list(orders["value"]) == [12.5, 1250.0]
    assert list(orders["orders"]) == [1.0, 1.0]
    assert list(orders["currency"]) == ["EUR", "EUR"]
    assert list(orders["state"]) == ["paid", ""]
    assert list(orders["link"]) == ["", ""]
    assert list(codes["creator"]) == ["maya", ""]
    assert list(codes["kind"]) == ["code", "code"]


def test_an_address_keeps_what_names_a_creator_and_nothing_of_the_buyer(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "1,2025-10-02,1.00,EUR,paid,,https://x.example/p?utm_content=maya&email=a%40b.example&ref=maya&gclid=9",
        "2,2025-10-02,1.00,EUR,paid,,https://x.example/welcome/a.b@c.example",
    )
    link, other = found.orders["link"]
    assert link == "https://x.example/p?utm_content=maya&ref=maya"
    assert "c.example" not in other
    assert not found.ledger["before"].str.contains("example").any()


def test_a_row_without_a_number_must_say_how_many_orders_it_stands_for(tmp_path: Path) -> None:
    (tmp_path / "groups.csv").write_text("orders,total,coupon\n5,50,MAYA10\n,20,BO10\n", encoding="utf-8")
    found = tables.validated(sources.folder(tmp_path), whole=False)
    assert list(found.orders["code"]) == ["MAYA10"]
    assert list(found.orders["order"]) == [""]
    assert list(found.ledger["status"]) == ["refused"]


def test_a_number_that_a_spreadsheet_cut_is_no_order(tmp_path: Path) -> None:
    found = read(tmp_path, "4.51E+12,2025-10-02,1.00,EUR,paid,A,", "1,2025-10-02,1.00,EUR,paid,A,")
    assert list(found.orders["order"]) == ["1"]


def test_a_shops_own_id_that_a_spreadsheet_cut_costs_no_order(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(
        "order,shop_id,total\n#1,5.9E+12,10\n#2,5900000000002,20\n", encoding="utf-8"
    )
    found = tables.validated(sources.folder(tmp_path), whole=False)
    assert list(found.orders["shop_id"]) == ["", "5900000000002"]
    assert found.ledger[["status", "column", "reason"]].to_numpy().tolist() == [
        ["repaired", "shop_id", "number cut by a spreadsheet: unknown"]
    ]
