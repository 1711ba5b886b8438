"""Proves that a date is read in every way tools write it, and never guessed: swaps, orders, times ago."""

from datetime import date, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread.ingest import dates
from nanospread.ingest.cells import CellHints
from test_tables import raw, read, told

EXPORTED = pd.Timestamp("2026-11-20T12:00:00Z")
NOON = pd.Timestamp("2026-11-03T10:05:00Z")
NIGHT = pd.Timestamp("2026-11-03T00:00:00Z")
ASKED = "day or month first? say it in mapping.yaml (dates: day first)"
BOTH = "day or month first? the column has both"


def column(*cells, **said):
    return dates.moment(pd.Series(cells, dtype="str"), CellHints(**said))


WAYS = [
    ("2026-11-03", NIGHT, ""),
    ("2026-11-03T10:05:00+0000", NOON, ""),
    ("1793700300", NOON, ""),
    ("2026-11-03 10:05", NOON, "no time zone: read as UTC"),
    ("1793700300000", NOON, "epoch milliseconds"),
    ("1793700300.25", NOON, "epoch seconds, cut to whole ones"),
    ("03.11.2026", NIGHT, "day first, with dots"),
    ("3.11.26 10:05", NOON, "day first, with dots, read as UTC"),
    ("03.11.2026, 10:05 Uhr", NOON, "day first, with dots, read as UTC"),
    ("2026/11/03", NIGHT, "year first"),
    ("2026-11-3 10:05 AM", NOON, "year first, read as UTC"),
    ("20261103", NIGHT, "year first, without marks"),
    ("3 Nov 2026", NIGHT, "month named"),
    ("3-Nov-26", NIGHT, "month named"),
    ("3. November 2026", NIGHT, "month named"),
    ("3 de noviembre de 2026", NIGHT, "month named"),
    ("Nov 3, 2026", NIGHT, "month named"),
    ("November 3rd, 2026 at 10:05 am", NOON, "month named, read as UTC"),
    ("Nov 3, 2026, 10:05:00 A.M.", NOON, "month named, read as UTC"),
    ("Tue, 03 Nov 2026 11:05:00 +0100", NOON, "month named"),
    ("Tue Nov 03 10:05:00 +0000 2026", NOON, "month named"),
    ("٢٠٢٦-١١-٠٣", NIGHT, "year first"),
    ("2026-11-03\u200b", NIGHT, "year first"),
]


@pytest.mark.parametrize(("cell", "when", "why"), WAYS)
def test_every_way_to_write_a_moment_is_read_and_counted_where_it_is_not_iso(cell, when, why):
    read = column(cell)
    assert read.values.tolist() == [when]
    assert read.repaired.tolist() == ([why] if why else [])
    assert read.refused.empty


def test_several_ways_stand_in_one_column():
    read = column(*(cell for cell, _, _ in WAYS))
    assert read.values.tolist() == [when for _, when, _ in WAYS]
    assert len(read.repaired) == sum(why != "" for _, _, why in WAYS)


@pytest.mark.parametrize(
    ("cells", "days", "why"),
    [
        (["03/04/2026", "25/04/2026"], ["2026-04-03", "2026-04-25"], "day first, as the column tells"),
        (["03/04/2026", "04/25/2026"], ["2026-03-04", "2026-04-25"], "month first, as the column tells"),
        (["3/4/26", "4/25/26"], ["2026-03-04", "2026-04-25"], "month first, as the column tells"),
        (["03-04-2026", "25-04-2026"], ["2026-04-03", "2026-04-25"], "day first, as the column tells"),
    ],
)
def test_a_part_above_twelve_tells_the_order_of_the_whole_column(cells, days, why):
    for order in (cells, cells[::-1]):
        read = column(*order)
        assert [str(day.date()) for day in read.values] == (days if order is cells else days[::-1])
        assert read.repaired.tolist() == [why] * 2


def test_a_clock_of_twelve_hours_is_that_of_meta_exports():
    read = column("11/03/2026 12:30 AM", "11/03/2026 12:30 PM", "11/25/2026 09:05pm", "11/25/2026 13:05 PM")
    assert [str(when.time()) for when in read.values[:3]] == ["00:30:00", "12:30:00", "21:05:00"]
    assert read.refused.to_dict() == {3: "no such date"}


def test_what_nothing_tells_apart_is_refused_and_not_guessed():
    assert column("03/04/2026", "12/06/2026", "06/12/2026").refused.tolist() == [ASKED] * 3
    assert column("03/04/2026", "2026-04-25", "25.04.2026").refused.to_dict() == {0: ASKED}
    assert column("01-02-03", "25/04/2026").refused.to_dict() == {0: "which part is the year?"}


def test_a_column_that_contradicts_itself_reads_only_what_leaves_no_doubt():
    read = column("03/04/2026", "25/04/2026", "04/25/2026")
    assert read.refused.to_dict() == {0: BOTH}
    assert [str(day.date()) for day in read.values[1:]] == ["2026-04-25"] * 2


def test_the_mapping_says_the_order_and_goes_before_the_column():
    assert column("03/04/2026", dates="day first").values[0] == pd.Timestamp("2026-04-03", tz="UTC")
    assert column("03/04/2026", dates="month first").values[0] == pd.Timestamp("2026-03-04", tz="UTC")
    read = column("03/04/2026", "04/25/2026", dates="day first")
    assert read.repaired.to_dict() == {0: "day first, as the mapping says"}
    assert read.refused.to_dict() == {1: "no such date"}


def test_one_file_does_not_tell_the_order_of_another():
    told_by_itself = raw("posts", {"posted_at": "25/04/2026"}, file="a.csv")
    unclear = raw("posts", {"post": "p2", "posted_at": "03/04/2026"}, file="b.csv")
    assert told(read(told_by_itself, unclear), "file", "status", "reason") == [
        ("a.csv", "repaired", "day first, as the column tells"),
        ("b.csv", "refused", ASKED),
    ]


@pytest.mark.parametrize(
    "cell",
    ["31/02/2026", "32/01/2026", "30 Feb 2026", "3 Foo 2026", "00.00.2026", "2026-13-01", "1 Jan 0000",
     "03.11.2026 25:00", "2026/11/03 10:05 +9999", "9" * 5000, "3 days", "vor Jahren", "1/2/3/4", "20269999"],
)  # fmt: skip
def test_what_is_no_date_is_refused_in_few_words(cell):
    refused = column(cell, "25/04/2026", as_of=EXPORTED).refused
    assert refused.index.tolist() == ([0] if cell != "3 days" else [])
    assert all(len(reason) < 80 for reason in refused)


AGO = [
    ("3 days ago", 3.0), ("3d", 3.0), ("5h", 5 / 24), ("5 hours ago", 5 / 24), ("an hour ago", 1 / 24),
    ("2w", 14.0), ("a week ago", 7.0), ("2mo", 60.0), ("1 year ago", 365.0), ("90m", 1 / 16),
    ("vor 3 Tagen", 3.0), ("vor einer Woche", 7.0), ("vor 2 Std.", 1 / 12), ("yesterday", 1.0),
    ("gestern", 1.0), ("just now", 0.0), ("Heute", 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "days"), AGO)
def test_a_time_ago_counts_back_from_the_export_and_from_nothing_else(cell, days):
    read = column(cell, as_of=EXPORTED)
    assert (EXPORTED - read.values[0]) / pd.Timedelta(days=1) == pytest.approx(days, abs=1e-5)
    assert read.repaired.tolist() == ["a time ago, counted from the export"]
    assert column(cell).refused.tolist() == ["a time ago: say when the file was exported (--as-of)"]


def test_the_date_of_the_export_reaches_times_ago_and_undated_follower_counts():
    from nanospread.ingest import tables

    files = [raw("creators", {"as_of": ""}, {"creator": "berta"}), raw("posts", {"posted_at": "2d"})]
    result = tables.validated(files, as_of=EXPORTED)
    assert result.posts["posted_at"].tolist() == [EXPORTED - pd.Timedelta(days=2)]
    assert result.creators["as_of"].tolist() == [EXPORTED, pd.Timestamp("2026-11-02", tz="UTC")]
    assert told(result, "column", "after") == [("posted_at", "2026-11-18T12:00:00+00:00")]


def opened_abroad(days):
    """Return dates written day first, as a spreadsheet of the other order leaves them."""
    return [
        f"2026-{day.day:02d}-{day.month:02d}" if day.day <= 12 else f"{day.day:02d}/{day.month:02d}/2026"
        for day in days
    ]


def test_dates_that_a_spreadsheet_turned_round_are_turned_back_and_counted():
    days = list(pd.date_range("2026-01-01", "2026-12-31", freq="3D"))
    read = column(*opened_abroad(days))
    assert [day.tz_localize(None) for day in read.values] == days
    reasons = read.repaired.value_counts().to_dict()
    assert reasons == {dates.SWAPPED: sum(day.day <= 12 for day in days),
                       "day first, as the column tells": sum(day.day > 12 for day in days)}  # fmt: skip


def test_a_month_of_posts_with_their_time_of_day_is_turned_back():
    days = pd.date_range("2026-11-01", "2026-11-30", freq="D")
    cells = [f"{cell} 18:05" for cell in opened_abroad(days)]
    assert [day.tz_localize(None) for day in column(*cells).values] == [
        day + pd.Timedelta(hours=18, minutes=5) for day in days
    ]


@pytest.mark.parametrize(
    "cells",
    [
        # too few to tell from chance
        opened_abroad(pd.date_range("2026-11-01", "2026-11-30", freq="2D")),
        # counts of the first of each month, and two notes by hand
        [*(f"2026-{month:02d}-01" for month in range(1, 13)), "15/06/2026", "16/07/2026"],
        # one real date above the 12th, one text date up to it
        [*opened_abroad(pd.date_range("2026-11-01", "2026-11-30", freq="D")), "2026-03-14"],
        [*opened_abroad(pd.date_range("2026-11-01", "2026-11-30", freq="D")), "04/11/2026"],
    ],
)
def test_what_may_be_as_it_stands_is_not_turned(cells):
    read = column(*cells)
    assert dates.SWAPPED not in set(read.repaired)
    iso = [cell for cell in cells if cell.startswith("2026-")]
    assert [str(day.date()) for cell, day in zip(cells, read.values, strict=True) if cell in iso] == iso


@pytest.mark.slow
def test_honest_columns_of_two_ways_are_hardly_ever_turned():
    """250 files that changed their way of writing at some day: none is turned."""
    turned = 0
    for at in range(250):
        first = date(2025, 1, 1) + pd.Timedelta(days=37 * at % 500)
        days = pd.date_range(first, periods=40, freq=f"{1 + at % 9}D")
        change = 5 + at % 30
        cells = [f"{d:%d/%m/%Y}" if n < change else f"{d:%Y-%m-%d}" for n, d in enumerate(days)]
        turned += dates.SWAPPED in set(column(*cells).repaired)
    assert turned == 0


FORMS = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d %b %Y", "%B %d, %Y", "%Y/%m/%d", "%d-%b-%y", "%d.%m.%y"]
MOMENT = st.datetimes(datetime(2005, 1, 1), datetime(2060, 1, 1))


@settings(max_examples=examples(60))
@given(st.lists(st.tuples(MOMENT, st.sampled_from(FORMS)), min_size=1, max_size=8), st.randoms())
def test_the_order_of_rows_does_not_matter_and_each_date_is_the_one_that_was_written(drawn, random):
    cells = [*(when.strftime(form) for when, form in drawn), "25/04/2026"]
    days = [*(str(when.date()) for when, _ in drawn), "2026-04-25"]
    places = list(range(len(cells)))
    random.shuffle(places)
    read = column(*(cells[at] for at in places))
    assert read.refused.empty
    assert [str(day.date()) for day in read.values] == [days[at] for at in places]


@settings(max_examples=examples(60))
@given(st.lists(MOMENT, min_size=1, max_size=8), st.text(max_size=12))
def test_a_clean_column_is_not_changed_by_a_damaged_row(whens, damage):
    cells = [when.strftime("%Y-%m-%dT%H:%M:%SZ") for when in whens]
    alone, beside = column(*cells), column(*cells, damage)
    assert beside.values[: len(cells)].equals(alone.values)
    assert not set(beside.repaired.index) & set(range(len(cells)))
