"""The newest export of an order or a code says all about it; lift tests can be stored as others can."""

from pathlib import Path

import pandas as pd
import pytest

from nanospread import store
from nanospread.ingest import sources, tables
from nanospread.ingest.tables import Tables

POSTS = "post,creator,posted_at,likes,comments\np1,maya,2025-01-01,3,1\n"
CREATORS = "creator,followers\nmaya,3000\nbo,2000\n"


def put(tmp_path: Path, day: str, **files: str) -> Tables:
    folder = tmp_path / day
    folder.mkdir()
    for name, text in {"posts": POSTS, "creators": CREATORS, **files}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    read = tables.validated(sources.folder(folder))
    number = f"{pd.Timestamp(day).value:064x}"
    store.write(tmp_path / "store", read, as_of=pd.Timestamp(day, tz="UTC"), inputs={"export": number})
    return store.read(tmp_path / "store")


@pytest.mark.slow
def test_a_newer_export_of_an_order_replaces_its_state_and_code(tmp_path: Path) -> None:
    head = "order,total,status,coupon\n"
    put(tmp_path, "2025-10-05", orders=f"{head}1001,12.5,paid,MAYA10\n1002,8,paid,BO10\n")
    (orders) = put(tmp_path, "2025-10-06", orders=f"{head}1001,12.5,refunded,MAYA12\n").orders
    assert list(orders["order"]) == ["1001", "1002"]
    assert list(orders["state"]) == ["refunded", "paid"]
    assert list(orders["code"]) == ["MAYA12", "BO10"]


def test_groups_of_orders_are_known_by_what_they_group(tmp_path: Path) -> None:
    head = "orders,total,coupon,from\n"
    put(tmp_path, "2025-10-05", orders=f"{head}5,50,MAYA10,2025-10-01\n4,40,MAYA10,2025-09-01\n")
    orders = put(tmp_path, "2025-10-06", orders=f"{head}7,70,MAYA10,2025-10-01\n").orders
    assert sorted(orders["orders"]) == [4.0, 7.0]


def test_a_code_given_to_somebody_else_is_no_longer_the_first_ones(tmp_path: Path) -> None:
    put(tmp_path, "2025-10-05", codes="code,creator\nMAYA10,maya\nTEN,bo\n")
    codes = put(tmp_path, "2025-10-06", codes="code,creator\nmaya10,bo\n").codes
    assert dict(zip(codes["code"], codes["creator"], strict=True)) == {"TEN": "bo", "maya10": "bo"}


def test_lift_tests_can_be_stored(tmp_path: Path) -> None:
    lift = "campaign,side,incremental_orders,se\nautumn,nano,3,1\n"
    assert len(put(tmp_path, "2025-10-05", lift=lift).lift_tests) == 1


ORDERS = (
    "order,total,status,coupon,landing page,influencer,commission\n"
    '1,10,paid,MAYA10,,,\n2,20,paid,"BO10, maya10",,,\n3,30,paid,,https://x.example/?ref=aff7,,\n'
    "4,40,paid,BO10,,,\n5,50,paid,,,maya,3\n"
)
CODES = "kind,code,creator\ncode,MAYA10,maya\nlink,aff7,maya\ncode,BO10,bo\n"


def test_forgetting_a_creator_takes_its_codes_and_links_too(tmp_path: Path) -> None:
    put(tmp_path, "2025-10-05", orders=ORDERS, codes=CODES)
    store.forget(tmp_path / "store", "maya")
    orders, codes = store.orders(tmp_path / "store")
    assert codes["code"].tolist() == ["BO10"]
    assert orders["order"].tolist() == ["1", "2", "3", "4"]
    assert orders["code"].tolist() == ["[***]", "[***]", "", "BO10"]
    assert orders["link"].tolist() == ["", "", "[***]", ""]
    for file in (tmp_path / "store").rglob("*"):
        assert not file.is_file() or b"MAYA10" not in file.read_bytes()


@pytest.mark.slow
def test_the_codes_of_the_forgotten_stay_out_of_later_exports(tmp_path: Path) -> None:
    put(tmp_path, "2025-10-05", orders=ORDERS, codes=CODES)
    store.forget(tmp_path / "store", "maya")
    put(
        tmp_path, "2025-10-06", orders=ORDERS.replace("10,paid", "11,paid"), posts=POSTS.replace("maya", "bo")
    )
    orders, _ = store.orders(tmp_path / "store")
    assert orders["code"].tolist() == ["[***]", "[***]", "", "BO10"]
