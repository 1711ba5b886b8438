"""Proves that the sentences on ambassadors follow their numbers, and say what they do not know."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from nanospread import pages
from nanospread.campaign import brief as briefs
from nanospread.campaign import recruitment
from nanospread.campaign.recruitment import AmbassadorTerms
from nanospread.campaign.recruitment.offers import Range
from nanospread.campaign.simulation import Programme
from nanospread.core import formatting

BRIEF = briefs.read("sample")
ASSUMED = recruitment.retention(BRIEF)
OWN = replace(ASSUMED, seen=53, left=34, basis="measured")
TERMS = AmbassadorTerms(
    labour=123, goods=224, contacts=30.8, gifts=8, posts=4, upkeep=28, kept=0.95, factor=1.0
)


def programme(profit, ambassadors=20, cost=1000.0, median=(-50.0, -80.0, 20.0)):
    profit = np.asarray(profit, dtype=float)
    worlds = pd.DataFrame(
        {"profit": profit, "cost": cost, "roi": profit / cost, "replaced": 38.0, "active": 17.7}
    )
    period = np.arange(1, len(median) + 1)
    periods = pd.DataFrame({"period": period, "low": -500.0, "median": median, "high": 500.0, "active": 1.0})
    return Programme(worlds, periods, ambassadors)


def place(worth, pays_from=5):
    by_period = pd.DataFrame({"period": range(1, 14)})
    return recruitment.AmbassadorValue(189, Range(*worth), Range(126, 99, 155), by_period, pays_from)


# --- how long they stay


def test_without_own_ambassadors_the_share_is_called_assumed_and_a_guess():
    curve = recruitment.retention_curve(ASSUMED)
    found = pages.ambassadors.stay(ASSUMED, curve)
    row = curve.iloc[6]
    share, low, high = (formatting.percent(row[name]) for name in ("survival", "low", "high"))
    assert found.title == f"After 24 weeks, an assumed {share} of ambassadors are active"
    assert found.text.startswith(f"{found.title} ({low} to {high}).")
    assert "paying customers, so take it as a guess" in found.text
    assert "In 52 weeks one makes 6 posts (4 to 8.1)" in found.text


def test_own_ambassadors_are_counted_and_nothing_is_called_assumed():
    found = pages.ambassadors.stay(OWN, recruitment.retention_curve(OWN))
    assert "assumed" not in found.title
    assert "It rests on 53 ambassadors of yours, 34 of whom left" in found.text
    one = replace(OWN, seen=1, left=0)
    assert (
        "1 ambassador of yours, 0 of whom"
        in pages.ambassadors.stay(one, recruitment.retention_curve(one)).text
    )


def test_the_sentence_on_faith_has_the_first_and_the_last_rate():
    curve = recruitment.retention_curve(OWN, 3)
    first, last = (formatting.percent(curve["rate"].iloc[at]) for at in (1, 3))
    found = pages.ambassadors.stay(OWN, curve)
    assert (
        f"{first} stay through their first 4 weeks, and {last} of those still there after 8 weeks"
        in found.text
    )
    assert found.title.startswith("After 12 weeks, ")


# --- cohorts


def cohorts(*rows):
    """Rows of joined, and who was there after 1, 2, 3 ... periods."""
    frame = pd.DataFrame([{"joined": n, **dict(enumerate(there, 1))} for n, there in rows])
    frame.insert(0, "cohort", [f"2026Q{at + 1}" for at in range(len(frame))])
    return frame


def test_cohorts_are_compared_as_far_as_the_latest_that_has_settled():
    found = pages.ambassadors.later_cohorts(
        cohorts((100, [70, 60, 50, 45]), (100, [90, 85, 80]), (100, [99]))
    )
    assert found.title == "Later cohorts stay longer"
    assert found.text.endswith(
        "After 12 weeks, 50% of 2026Q1 and 80% of 2026Q2 are still there (of 100 and 100)."
    )
    worse = pages.ambassadors.later_cohorts(cohorts((100, [90, 85, 80]), (100, [70, 60, 50])))
    assert worse.title == "Later cohorts stay less long"


def test_a_difference_of_few_ambassadors_is_no_change():
    found = pages.ambassadors.later_cohorts(cohorts((10, [7, 6, 5]), (10, [9, 9, 8])))
    assert found.title == "No clear change between cohorts"


def test_young_cohorts_are_compared_as_they_are_and_one_is_not():
    young = pages.ambassadors.later_cohorts(cohorts((10, [7, 6, 5]), (10, [9])))
    assert "After 4 weeks, 70% of 2026Q1 and 90% of 2026Q2" in young.text
    assert "not two cohorts" in pages.ambassadors.later_cohorts(cohorts((10, [7, 6, 5]))).title
    assert "not two cohorts" in pages.ambassadors.later_cohorts(cohorts((10, []), (4, []))).title


# --- what one costs and is worth


def test_the_cost_to_win_one_has_its_parts_and_what_is_left_out():
    found = pages.ambassadors.cost_to_win(TERMS, "EUR")
    assert found.title == "Recruiting an ambassador from scratch costs EUR 347"
    assert "(31 contacts, 8 gifts), and EUR 28 every 4 weeks after that." in found.text


@pytest.mark.parametrize(
    ("worth", "title"),
    [
        ((501, 204, 744), "A place earns EUR 501 in 52 weeks"),
        ((-300, -500, -10), "A place loses EUR 300 in 52 weeks"),
        ((150, -160, 408), "Whether a place pays in 52 weeks is too close to call"),
        ((150, 0, 408), "Whether a place pays in 52 weeks is too close to call"),
    ],
)
def test_a_place_pays_only_where_its_whole_range_does(worth, title):
    assert pages.ambassadors.worth_of_a_place(place(worth), ASSUMED, "EUR").title == title


def test_when_a_place_has_paid_back_and_what_a_post_must_bring():
    found = pages.ambassadors.worth_of_a_place(place((501, 204, 744)), OWN, "EUR").text
    assert "(EUR 204 to EUR 744, by how long ambassadors may stay)" in found
    assert "breaks even if a fresh post brings EUR 126 of gross profit; we expect EUR 189." in found
    assert "On average it has paid back after 20 weeks." in found
    never = pages.ambassadors.worth_of_a_place(place((-20, -60, 30), None), ASSUMED, "EUR").text
    assert "On average it has not paid back by then (−EUR 20)." in never


# --- the programme


def test_a_programme_pays_or_loses_where_that_is_clear():
    wins = pages.ambassadors.programme_return(programme(np.linspace(-250, 750, 1001)), "EUR")
    assert wins.title == "A programme of 20 makes money in 75 of 100 simulated years"
    assert "it costs EUR 1,000 on average; the typical return is 25% of its cost, from −15%" in wins.text
    loses = pages.ambassadors.programme_return(programme(np.linspace(-750, 250, 1001)), "EUR")
    assert loses.title == "A programme of 20 loses money in 75 of 100 simulated years"


def test_a_half_of_few_worlds_is_too_close_to_call():
    even = pages.ambassadors.programme_return(programme(np.linspace(-480, 520, 101)), "EUR")
    assert even.title == "Whether a programme of 20 makes money is too close to call"


@pytest.mark.parametrize(
    ("median", "end"),
    [
        ((-50, -80, -10, 20), "typically EUR 80 down after 8 weeks, and ahead from week 16 on."),
        ((-50, -80, -90), "typically EUR 90 down after 12 weeks, and still behind at the end."),
        ((5, 9), "It is typically never behind."),
    ],
)
def test_the_middle_worlds_way_is_told(median, end):
    found = pages.ambassadors.programme_return(programme(np.linspace(-250, 750, 1001), median=median), "EUR")
    assert found.text.endswith(end)
    assert "Expect to replace 38 and to end with 18 of 20." in found.text


def test_titles_stay_short_with_large_numbers_and_long_currencies():
    shown = [
        pages.ambassadors.programme_return(programme(sign * np.linspace(1, 9e9, 500), 1000, 9.9e9), "EUR")
        for sign in (-1, 1)
    ]
    huge = (9_876_543.0, 1_876_543.0, 19_876_543.0)
    shown += [pages.ambassadors.worth_of_a_place(place(huge), ASSUMED, "EUR")]
    shown += [pages.ambassadors.worth_of_a_place(place(tuple(-x for x in huge)), ASSUMED, "EUR")]
    shown += [pages.ambassadors.stay(ASSUMED, recruitment.retention_curve(ASSUMED))]
    shown += [pages.ambassadors.later_cohorts(cohorts((1000, [333] * 13), (1000, [335] * 13)))]
    shown += [pages.ambassadors.cost_to_win(TERMS, "EUR")]
    assert max(len(found.title) for found in shown) <= formatting.TITLE
