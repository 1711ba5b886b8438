"""Proves that each reader of a shop or affiliate tool gives the orders that a person adds up, each once.

Every fixture is made by hand with the traps of its tool; the sums beside it are added up by hand, too.
"""

import functools
import math

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from nanospread import store
from nanospread.core import paths
from nanospread.ingest import credit, headers, order_rows, order_tables, same_orders, schemas, sources, tables

EXPORTS = paths.ROOT / "tests" / "fixtures" / "exports" / "orders"
BY_UTM = "shopify_by_utm - 2026-10-01 - 2026-10-31.csv"
BUYERS = ("mallory", "buyer", "ivo", "example.org", "hidden street", "75008", "secret", "+33")

# fixture -> records in and refused, orders, value, refunded, commission: by hand, currencies as they are
SUMS = {
    "amazon_associates.csv": (6, 3, 2 + 2 + 1, 20 + 20 + 60 + 30, 30, 0.9 + 0.9 - 1.35 + 2.7 + 1.35),
    "amazon_associates_de.tsv": (1, 0, 2, 10, 0, 0.45),
    "amazon_attribution.json": (3, 1, 3 + 1 + 0, 75.5 + 20, 0, 0),
    "awin.csv": (1, 0, 1, 64.9, 0, 6.49),
    "awin.json": (5, 2, 3, 64.9 + 40 + 10.5 + 99, 0, 6.49 + 4 + 1.05 + 9.9),
    "ga4.csv": (5, 1, 20 + 5 + 3 + 2, 1800.5 + 499.5 + 350 + 200, 0, 0),
    "ga4_api.json": (2, 0, 2, 64.9 + 100, 0, 0),
    "ga4_by_hour.csv": (3, 1, 2 + 1 + 1, 1080.5 + 20 + 30.25, 0, 0),
    "ga4_ko.csv": (2, 1, 3, 300, 0, 0),
    "ga4_transactions.csv": (4, 1, 3, 64.9 + 100 + 50, 0, 0),
    "goaffpro.json": (1, 0, 1, 64.9, 0, 6.49),
    "impact.json": (3, 0, 3, 100 + 50 + 30, 20 + 50, 8 + 0 + 3),
    "rakuten.csv": (6, 3, 3, 1040 + 20.5 + 40, 20.5 + 15, 104 + 2.05 - 2.05 + 4),
    "refersion.json": (5, 0, 5, 64.9 + 100 + 1 + 20 + 30, 0, 6.49 + 10 + 0.1 + 2),
    "shopify_by_discount.csv": (2, 0, 12 + 40, 1030 + 50 + 3800, 50, 0),
    BY_UTM: (4, 1, 12 + 1 + 30, 1090 + 50 + 95 + 3000, 50, 0),
    "shopify_graphql.json": (4, 0, 4, 64.9 + 100 + 1 + 20, 30, 0),
    "shopify_graphql_bulk.jsonl": (3, 2, 1, 12.5, 0, 0),
    "shopify_orders.csv": (11, 3, 8, 64.9 + 100 + 45 + 163056 + 20 + 1 + 53.91, 30 + 45, 0),
    "shopify_orders_2012.csv": (1, 0, 1, 35, 0, 0),
    "shopify_over_time.csv": (2, 2, 0, 0, 0, 0),
    "shopify_variants.csv": (7, 5, 2, 40 + 24.9 + 100, 30, 0),
    "social_snowball-export-1790935774.csv": (3, 1, 2, 64.9 + 1100, 0, 6.49 + 110),
    "uppromote.json": (4, 1, 3, 64.9 + 100 + 20, 30, 6.49 + 10 + 2),
    "woocommerce_coupons.csv": (2, 0, 12 + 3, 0, 0, 0),
    "woocommerce_orders.csv": (5, 1, 4, 64.9 + 100 + 20 + 1250, 30, 0),
    "woocommerce_orders_fr.csv": (1, 0, 1, 64.9, 0, 0),
    "woocommerce_plugin.csv": (3, 1, 2, 64.9 + 20, 0, 0),
    "woocommerce_rest.json": (2, 0, 2, 64.9 + 20, 10 + 2.5, 0),
}


@functools.cache
def read(name):
    return tables.validated(sources.read([EXPORTS / name]), whole=False)


def row(found, order):
    """Return what is told about one order."""
    (only,) = found.orders[found.orders["order"] == order].to_dict("records")
    return {name: value for name, value in only.items() if value != "" and value == value}


def test_every_fixture_has_its_sums():
    assert {file.name for file in EXPORTS.iterdir()} == set(SUMS)


@pytest.mark.parametrize("name", SUMS)
def test_totals_are_those_of_a_sum_by_hand_and_no_order_stands_twice(name):
    found = read(name)
    rows_in, refused, orders, value, refunded, commission = SUMS[name]
    ((count_in, kept, repaired, count_refused),) = found.counts[
        ["rows_in", "kept", "repaired", "refused"]
    ].to_numpy()
    assert (count_in, count_refused) == (rows_in, refused)
    assert kept + repaired + count_refused == count_in
    sums = found.orders[["orders", "value", "refunded", "commission"]].sum()
    assert sums.tolist() == pytest.approx([orders, value, refunded, commission], abs=1e-9)
    known = found.orders.loc[found.orders["order"] != "", "order"]
    assert known.is_unique
    assert (found.orders["tool"] != "").all()
    assert set(found.orders["state"]) <= {"", *same_orders.STATES}


@pytest.mark.parametrize("name", SUMS)
def test_nothing_of_a_buyer_passes_a_reader(name):
    found = read(name)
    text = " ".join(
        map(str, [*found.orders.to_numpy().ravel(), *found.ledger["before"], *found.ledger["after"]])
    )
    assert not [word for word in BUYERS if word in text.lower()]


@pytest.mark.parametrize("name", SUMS)
def test_what_a_reader_refuses_is_counted_elsewhere_but_for_broken_rows(name):
    refused = read(name).ledger.query("status == 'refused'")
    lost = refused[~refused["reason"].isin(store.HARMLESS)]
    assert lost["reason"].tolist() == (
        ["4 cells where the header has 32"] if name == "shopify_orders.csv" else []
    )


def test_of_shopifys_line_items_the_orders_own_row_tells_code_money_and_utm():
    found = read("shopify_orders.csv")
    first = row(found, "#1001")
    assert first["ordered_at"].isoformat() == "2026-10-02T20:09:34+00:00"
    del first["ordered_at"]
    assert first == {
        "order": "#1001",
        "shop_id": "5900000000001",
        "orders": 1,
        "value": 64.9,
        "currency": "EUR",
        "refunded": 0,
        "discount": 6.67,
        "state": "paid",
        "code": "ANNA10",
        "utm_source": "instagram",
        "utm_campaign": "autumn",
        "tool": "shopify",
    }
    assert row(found, "#1002")["code"] == "BEN15, WELCOME"
    assert row(found, "#1003")["ordered_at"].isoformat() == "2025-10-05T08:20:50+00:00"  # Excel's 45935.3478
    states = {
        order: row(found, order).get("state") for order in ("#1003", "#1005", "#1006", "#1007", "#1008")
    }
    assert list(states.values()) == ["refunded", "cancelled", "test", "pending", None]
    assert "value" not in row(found, "#1008")  # cut: a line item without its order


def test_an_order_whose_rows_were_sorted_apart_is_still_one(tmp_path):
    lines = (EXPORTS / "shopify_orders_2012.csv").read_text(encoding="utf-8").splitlines()
    item = "#0901,old@example.org" + "," * 15 + "1,Cup,9.00,,,"
    (tmp_path / "sorted.csv").write_text("\n".join([lines[0], item, lines[1]]), encoding="utf-8")
    (raw,) = sources.folder(tmp_path)
    assert raw.rows["value"].tolist() == ["35.00"]
    assert raw.refused == ((2, order_rows.LINE_ITEM),)


def test_graphql_takes_the_last_visit_and_says_what_is_not_computed_yet():
    found = read("shopify_graphql.json")
    first, second = row(found, "#1001"), row(found, "#1002")
    assert (first["code"], first["link"], first["utm_content"]) == ("ANNA10, WELCOME", "anna-7", "anna_bakes")
    assert (second["utm_campaign"], second["utm_content"]) == ("autumn 2026", "ben.runs")  # of the address
    assert [row(found, order)["state"] for order in ("#1003", "#1004")] == ["test", "cancelled"]
    assert found.ignored["column"].tolist() == [
        "customer journey not computed yet (ready: false), UTM not known: 1 orders"
    ]


def test_an_order_is_one_by_its_number_and_by_the_shops_own_id_in_whatever_tools_show_it():
    names = ("shopify_variants.csv", "shopify_orders.csv", "uppromote.json", "refersion.json")
    found = tables.validated(sources.read([EXPORTS / name for name in names]), whole=False)
    once = credit.credited(found.orders, found.codes).orders
    assert once["order"].str.removeprefix("#").is_unique
    first, second = (once[once["order"].str.endswith(number)] for number in ("1001", "1002"))
    assert (first["value"].tolist(), second["value"].tolist()) == ([64.9], [100])  # as the shop says
    assert len(once) == 8  # all of them are in the shop


def test_shopifys_reports_say_their_period_and_that_combined_discounts_never_add_up():
    by_utm = read(BY_UTM).orders
    assert by_utm["from"].dt.strftime("%F").unique().tolist() == ["2026-10-01"]
    assert by_utm["to"].dt.strftime("%F").unique().tolist() == ["2026-10-31"]
    assert by_utm["utm_campaign"].tolist() == ["autumn_anna", "Autumn_Anna", ""]  # as seen
    assert by_utm["discount"].tolist() == [120, 10, 0]
    told = read("shopify_by_discount.csv").ignored["column"].tolist()
    assert (
        "an order with several discounts stands under each of them in full: never add these rows up" in told
    )


def test_an_orders_attribution_is_the_variants_that_has_the_sale_or_the_one_that_has_any():
    found = read("shopify_variants.csv")
    assert row(found, "5900000000001")["utm_campaign"] == "autumn"
    assert row(found, "5900000000002")["utm_campaign"] == "autumn"  # of the row of attribution alone


def test_woocommerce_tells_states_coupons_and_source_in_its_languages():
    english, french = read("woocommerce_orders.csv"), read("woocommerce_orders_fr.csv")
    assert [row(english, order)["state"] for order in ("1044", "1045", "1047")] == ["paid", "paid", "pending"]
    assert row(english, "1044")["utm_source"] == "Instagram"
    assert "utm_source" not in row(english, "1045")  # found by a search, which is no UTM
    assert row(french, "1044")["utm_source"] == "instagram"
    assert row(french, "1044")["state"] == "paid"
    rest = row(read("woocommerce_rest.json"), "1044")
    assert (rest["code"], rest["utm_content"], rest["currency"]) == ("anna10, welcome", "anna_bakes", "EUR")
    plugin = row(read("woocommerce_plugin.csv"), "1044")
    assert (plugin["utm_source"], plugin["utm_campaign"], plugin["state"]) == ("instagram", "autumn", "paid")


def test_ga4_reads_the_block_that_tells_most_and_says_what_is_hidden():
    found = read("ga4.csv")
    assert found.orders["utm_content"].tolist() == ["anna_bakes", "", "", ""]
    assert found.orders["utm_medium"].tolist()[:2] == ["influencer", "influencer"]
    told = "\n".join(found.ignored["column"])
    assert "line 17: the same purchases by other dimensions" in told
    assert "line 21: another table (Country, Active users)" in told
    assert "thresholding: 3 of 33 purchases are in the totals and in no row" in told
    assert "(other): GA4 put rows together" in told


def test_ga4_hides_nothing_where_counts_have_marks_of_thousands(tmp_path):
    rows = 'instagram / social,autumn,"2,000",9\nx / y,spring,350,9\n,,"2,350",18\n'
    text = "# Start date: 20261001\nSession source / medium,Session campaign,Ecommerce purchases,Revenue\n"
    (tmp_path / "ga4.csv").write_text(text + rows)
    (raw,) = sources.read([tmp_path / "ga4.csv"])
    assert not any("thresholding" in note for note in raw.ignored)


def test_impact_takes_off_what_was_reduced_also_where_amounts_have_marks_of_thousands(tmp_path):
    rows = ['a1,"1,200.00",0.00', 'a2,"1,200","1,200"', 'a3,"1,200",100', "a4,,100"]
    header = "Oid,IntendedAmount,Amount,State,Payout"
    (tmp_path / "i.csv").write_text("\n".join([header, *(f"{row},APPROVED,1" for row in rows)]) + "\n")
    (raw,) = sources.read([tmp_path / "i.csv"])
    assert raw.rows["value"].tolist() == ["1,200.00", "1,200", "1,200; 100", "100"]
    assert raw.rows["refunded"].tolist() == ["1200", "", "", ""]


def test_a_purchase_that_was_sent_twice_is_one_order_at_its_own_value():
    found = read("ga4_transactions.csv")
    assert (row(found, "T-2")["value"], row(found, "T-3")["value"]) == (100, 50)
    assert row(found, "T-3")["utm_source"] == "instagram"
    assert found.ignored["column"].str.startswith("purchase sent more than once: 2 transactions").any()


def test_the_data_api_tells_thresholds_the_other_row_and_missing_pages():
    found = read("ga4_api.json")
    assert row(found, "1001")["code"] == "ANNA10"
    assert row(found, "1002")["currency"] == "EUR"
    told = "\n".join(found.ignored["column"])
    for word in ("subjectToThresholding", "dataLossFromOtherRow", "3 rows are answered in pages, of which 2"):
        assert word in told


@pytest.mark.parametrize(
    ("name", "order", "link", "code", "state"),
    [
        ("awin.json", "A-1", "anna bakes blog", "ANNA10", "declined"),  # first pending, later declined
        ("awin.json", "A-2", "anna bakes blog", "ANNA10", "paid"),
        ("impact.json", "I-1", "Anna Bakes", "ANNA10", "paid"),
        ("impact.json", "I-2", "Ben Runs", None, "declined"),
        ("impact.json", "I-3", "bio", None, "pending"),
        ("rakuten.csv", "R-1", "anna_bakes", None, None),
        ("refersion.json", "1001", "anna-ref", "ANNA10", "paid"),
        ("refersion.json", "1002", "12", None, "pending"),
        ("refersion.json", "1003", "anna-ref", "ANNA10", "test"),
        ("refersion.json", "1004", "anna-ref", None, "cancelled"),
        ("refersion.json", "1005", "anna-ref", None, "declined"),
        ("uppromote.json", "1001", "31", "ANNA10", "paid"),
        ("uppromote.json", "1004", "32", None, "declined"),
        ("goaffpro.json", "#1001", "31", None, "paid"),
        ("social_snowball-export-1790935774.csv", "#1002", "Ben Runner", None, None),
    ],
)
def test_affiliate_tools_tell_link_code_and_state_and_never_an_account(name, order, link, code, state):
    found = row(read(name), order)
    assert (found["link"], found.get("code"), found.get("state")) == (link, code, state)
    assert "creator" not in found


def test_a_return_without_its_sale_leaves_the_value_unknown():
    found = row(read("rakuten.csv"), "R-0")
    assert found["refunded"] == 15
    assert "value" not in found


def test_tools_own_ways_of_dates_and_money_are_read():
    assert row(read("rakuten.csv"), "R-1")["ordered_at"].isoformat() == "2026-08-04T08:58:00+00:00"
    assert row(read("uppromote.json"), "1001")["ordered_at"].isoformat() == "2026-10-02T10:09:34+00:00"
    amazon = read("amazon_associates.csv").orders
    assert amazon["from"].dt.strftime("%F").tolist() == ["2026-09-15", "2026-09-16", "2026-07-19"]
    assert amazon["currency"].unique().tolist() == ["USD"]
    assert read("uppromote.json").ignored["column"].tolist() == ["1 of 3 pages are here"]


def test_a_sheet_of_a_workbook_without_orders_is_read_as_what_it_is(tmp_path):
    sales = [record.split(",") for record in (EXPORTS / "awin.csv").read_text(encoding="utf-8").splitlines()]
    with xlsxwriter.Workbook(tmp_path / "book.xlsx") as book:
        for name, rows in {
            "sales": sales,
            "people": [["creator", "followers"], ["anna_bakes", 4300]],
        }.items():
            sheet = book.add_worksheet(name)
            for at, cells in enumerate(rows):
                sheet.write_row(at, 0, cells)
    assert [raw.table for raw in sources.folder(tmp_path)] == ["orders", "creators"]


def test_one_column_more_that_a_person_added_is_read_too(tmp_path):
    lines = (EXPORTS / "shopify_orders_2012.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "more.csv").write_text(f"{lines[0]},Influencer\n{lines[1]},carl_cooks\n", encoding="utf-8")
    found = tables.validated(sources.folder(tmp_path), whole=False)
    assert row(found, "#0901")["creator"] == "carl_cooks"
    (tmp_path / "more.csv").write_text(f"{lines[0]},Influencer\n{lines[1]},Carl Cook\n", encoding="utf-8")
    named = row(tables.validated(sources.folder(tmp_path), whole=False), "#0901")
    assert (named.get("creator"), named["link"]) == (None, "Carl Cook")  # whose account the codes tell


def test_every_name_of_a_tool_is_declared_once_and_means_a_column():
    assert set(order_tables.declared()) == {tool for name in SUMS for tool in read(name).orders["tool"]}
    lines = pd.read_csv(paths.DATA / "order_columns.csv", dtype=str, keep_default_na=False)
    assert not lines.assign(header=lines["header"].map(headers.plain)).duplicated(["tool", "header"]).any()


@pytest.mark.parametrize("name", SUMS)
def test_what_a_tool_tells_of_a_group_stands_on_one_row_so_that_credit_takes_no_part_for_the_whole(name):
    groups = read(name).orders.query("order == ''")
    assert not groups.duplicated(["tool", *schemas.GROUP]).any()


amounts = st.integers(-10_000, 10_000).map(lambda cents: f"{cents / 100:.2f}")
lines_of = st.lists(
    st.tuples(st.sampled_from(["1", "2", "3"]), amounts, st.sampled_from(["paid", "pending", "declined"])),
    max_size=12,
)


@given(lines_of)
def test_whatever_line_items_there_are_each_order_stands_once_and_no_row_is_lost(lines):
    rows = [
        (at, {"order": order, "value": value, "state": state})
        for at, (order, value, state) in enumerate(lines, 2)
    ]
    found = order_rows.once(rows, ("order",))
    assert [at for at, _ in found] == [at for at, _ in rows]
    kept = [cells for _, cells in found if not isinstance(cells, str)]
    assert sorted(cells["order"] for cells in kept) == sorted({order for order, _, _ in lines})
    assert [cells for _, cells in found if isinstance(cells, str)] == [order_rows.LINE_ITEM] * (
        len(rows) - len(kept)
    )
    for cells in kept:
        own = [(float(value), state) for order, value, state in lines if order == cells["order"]]
        live = [value for value, state in own if state != "declined"] or [value for value, _ in own]
        back = -math.fsum(value for value in live if value < 0)
        paid = math.fsum(value for value in live if value >= 0)
        assert float(cells["value"] or 0) == pytest.approx(paid)
        assert float(cells.get("refunded") or 0) == pytest.approx(back)


@pytest.mark.parametrize("digits", [16, 400, 5_000])
def test_a_count_of_more_digits_than_any_has_is_refused_and_breaks_nothing(tmp_path, digits):
    text = (EXPORTS / "ga4_ko.csv").read_text(encoding="utf-8")
    totals = next(line for line in text.splitlines() if ",3,300" in line)
    file = tmp_path / "ga4.csv"
    file.write_text(text.replace(totals, totals.replace(",3,", f",{'9' * digits},")), encoding="utf-8")
    (raw,) = sources.read([file])
    assert raw.table == "orders"


def test_rows_in_memory_keep_every_cell_whatever_it_holds():
    for cells in ({}, {"order": ""}, {"order": "#1", "code": "A\x1fB", "value": ""}, {"a": "1", "b": "2"}):
        kept = order_tables.CompactRow(cells)
        assert kept == cells
        assert order_tables.whole(kept) == cells


def test_a_mapping_parts_the_orders_of_two_shops_that_number_alike(tmp_path):
    for shop in ("de", "fr"):
        (tmp_path / f"orders_{shop}.csv").write_bytes((EXPORTS / "shopify_orders.csv").read_bytes())
    one = tables.validated(sources.folder(tmp_path), whole=False)
    said = {f"orders_{shop}.csv": {"columns": {"shop": {"value": shop}}} for shop in ("de", "fr")}
    two = tables.validated(sources.folder(tmp_path, said), whole=False)
    assert set(two.orders["shop"]) == {"de", "fr"}
    counted = [float(credit.credited(each.orders, each.codes).orders["orders"].sum()) for each in (one, two)]
    assert counted[1] == 2 * counted[0] == 16
