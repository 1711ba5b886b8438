"""Proves that a shop's orders by region and week are read as shops write them, or refused in one line."""

import pytest

from nanospread.core.errors import InputError
from nanospread.ingest import weekly_orders


def read(folder, text, name="weekly.csv", **options):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return weekly_orders.read(path, **options)


def rows(found):
    return [tuple(row) for row in found[0].itertuples(index=False)]


EXPECTED = [("2026-W10", "Tirol", 12.0), ("2026-W10", "Wien", 1_200.0)]


@pytest.mark.parametrize(
    "text",
    [
        "week,region,orders\n2026-W10,Wien,1200\n2026-W10,Tirol,12\n",
        "Woche;Bundesland;Bestellungen\n02.03.2026;Wien;1.200,0\n02.03.2026;Tirol;12,0\n",
        "Week,Shipping region,Orders,Total sales\n2026-03-02,Wien,1200,9\n2026-03-02,Tirol,12,9\n",
        "A report of our shop\n\nday\tstate\torders\n2026-03-01\t Wien\t1200\n2026-03-01\tTirol \t12\n",
        "iso_week,region,order_count\n2026W10,Wien,1200\n2026W10,Tirol,12\n",
    ],
    ids=["iso weeks", "German", "Shopify", "weeks from Sunday under a banner", "short iso weeks"],
)
def test_weeks_are_read_as_shops_write_them(tmp_path, text):
    assert rows(read(tmp_path, text)) == EXPECTED


def test_days_are_added_up_to_whole_weeks_and_the_rest_is_told(tmp_path):
    days = [f"2026-03-{day:02},Wien,{day}" for day in range(1, 18)]  # Sunday 1 to Tuesday 17
    found = read(tmp_path, "\n".join(["date,region,orders", *days]))
    assert rows(found) == [("2026-W10", "Wien", sum(range(2, 9))), ("2026-W11", "Wien", sum(range(9, 16)))]
    assert found[1] == ("3 days at the ends are left aside: they are no whole week.",)


def test_a_file_without_regions_is_of_one(tmp_path):
    assert rows(read(tmp_path, "week,orders\n2026-W10,5\n")) == [("2026-W10", "all", 5.0)]


def test_spellings_of_a_region_are_one_and_a_region_can_be_left_out(tmp_path):
    text = "week,region,orders\n2026-W10,Wien,5\n2026-W11,WIEN,6\n2026-W10,Tirol,7\n"
    assert rows(read(tmp_path, text, without=("tirol",))) == [
        ("2026-W10", "Wien", 5.0),
        ("2026-W11", "Wien", 6.0),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("week,region\n2026-W10,Wien\n", "weekly.csv: no header with a week or date, orders, and a region"),
        ("week,state,region,orders\n2026-W10,a,b,1\n", "columns state and region both tell the region"),
        ("week,region,orders\n2026-W10,Wien,many\n", "line 2: orders 'many': no amount"),
        ("week,region,orders\n2026-W10,Wien,-1\n", "line 2: orders: must be a number from 0"),
        ("week,region,orders\n2026-W10,Wien,\n", "line 2: orders: must be a number from 0"),
        ("week,region,orders\n2026-W60,Wien,1\n", "week '2026-W60' does not exist"),
        ("date,region,orders\nsoon,Wien,1\n", "line 2: date 'soon': no date that can be read"),
        ("date,region,orders\n2026-03-02,,1\n", "line 2: no region"),
        ("week,region,orders\n2026-W10,a,1\n2026-W10,A,2\n", "line 3: a has a row of 2026-W10 already"),
        ("week,region,orders\n2026-W10,Wien\n", "line 2: 2 cells where the header has 3"),
        ("week,region,orders\n", "weekly.csv: no row of orders"),
        ("date,region,orders\n2026-03-03,Wien,1\n2026-03-04,Wien,1\n", "cover no whole week"),
    ],
)
def test_what_cannot_be_used_is_one_line_with_its_place(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        read(tmp_path, text)


def test_a_region_to_leave_out_that_is_not_there_is_named_with_those_that_are(tmp_path):
    with pytest.raises(InputError, match=r"unknown region 'Wein'\. Known: Wien"):
        read(tmp_path, "week,region,orders\n2026-W10,Wien,1\n", without=("Wein",))


def test_a_folder_is_no_file_of_orders(tmp_path):
    read(tmp_path, "week,region,orders\n2026-W10,Wien,1\n")
    with pytest.raises(InputError, match="is a folder; name the file that holds the orders"):
        weekly_orders.read(tmp_path)


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        weekly_orders.read(tmp_path / "none.csv")
