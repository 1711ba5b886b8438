"""Proves that sentences on forecasts say what the numbers say, blame only what is beyond chance, and never
print an unknown number.
"""

import math

import pandas as pd
import pytest

from nanospread import pages
from nanospread.campaign.backtest import PostCorrelation, ResultsToDate
from nanospread.core import formatting


def coverage(held=0.79, low=0.77, high=0.81, n=2_063, tier="nano"):
    rows = [
        (tier, 0.5, n, 0.5, 0.48, 0.52),
        (tier, 0.8, n, held, low, high),
        (tier, 0.95, n, 0.95, 0.94, 0.96),
    ]
    return pd.DataFrame(rows, columns=["tier", "level", "n", "coverage", "low", "high"])


def gains(own=0.117, tier=0.365, constant=0.538, se=0.01, n=2_063):
    rows = [("nano", name, n, gain, se) for name, gain in
            (("own", own), ("tier", tier), ("constant", constant))]  # fmt: skip
    return pd.DataFrame(rows, columns=["tier", "baseline", "n", "gain", "gain_se"])


def by_past(*rows):
    frame = pd.DataFrame(rows, columns=["n_past", "n", "coverage", "low", "high"]).assign(level=0.8)
    return frame.assign(n_past=pd.Categorical(frame["n_past"], ["1", "2", "3-5", "6+"], ordered=True))


def totals(held=0.78, low=0.7, high=0.85, n=41):
    keys = [("time", "independent"), ("lot", "independent"), ("time", "shared")]
    rows = [(25, *key, 0.8, n, held, low, high) for key in keys]
    columns = ["size", "grouping", "luck", "level", "n", "coverage", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def state(**changes):
    forecast = pd.DataFrame(
        {"stage": ["so far", "before", "now"], "p10": [23.0, 28, 167], "p25": [60.0, 70, 174],
         "p50": [235.0, 283, 185], "p75": [690.0, 820, 203], "p90": [1_688.0, 1_950, 227]}
    )  # fmt: skip
    standing = {
        "campaign": "2026-summer", "posted": 32, "pending": 25, "left_out": 0,
        "orders": 158.0, "other_orders": 0.0,
        "forecast": forecast, "percentile": 0.41, "effective": 3_700.0, "n_worlds": 4_000, "target": 283.0,
        "p_target": 0.3,
    }  # fmt: skip
    return ResultsToDate(**(standing | changes))


def campaigns(*orders, low=100.0, high=400.0):
    """Return campaigns that brought so many orders and earned 10 each."""
    rows = [
        {"campaign": f"c{at}", "creators": 32, "unpaid": 0, "orders": of,
         "orders_p10": low, "orders_p50": 200.0,
         "orders_p90": high, "cdf": 0.02 if of < low else 0.97 if of > high else 0.5, "profit": 10 * of,
         "profit_p10": 10 * low, "profit_p50": 2_000.0, "profit_p90": 10 * high, "nano_before": 20.0 + at,
         "nano_after": 25.0, "macro_before": math.nan, "macro_after": math.nan}
        for at, of in enumerate(orders)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=None if rows else ["campaign", "cdf"])


def test_campaigns_answer_first_and_name_those_that_missed():
    right = pages.forecast.campaigns(campaigns(150.0, 200.0, 399.0), currency="EUR")
    assert right.title == "3 of 3 campaigns sold within our 80% range"
    assert right.text.startswith("Yes. 3 of 3 campaigns sold within our 80% range, and 3 earned within it")
    assert right.text.endswith("Together they earned EUR 7,490; the middle of the forecasts was EUR 6,000.")
    one = pages.forecast.campaigns(campaigns(50.0, 200.0, 200.0), currency="EUR")
    assert one.text.startswith("Mostly. 2 of 3 campaigns")
    assert one.text.endswith("c0 brought fewer orders than forecast (50, against 100 to 400).")
    few = [pages.forecast.campaigns(campaigns(50.0, *more), currency="EUR").text for more in ((), (200.0,))]
    assert [text.split(".")[0] for text in few] == ["No", "Partly"]
    wrong = pages.forecast.campaigns(campaigns(50.0, 900.0), currency="EUR")
    assert wrong.text.startswith("No. 0 of 2 campaigns")
    assert "c1 brought more orders than forecast (900" in wrong.text
    assert pages.forecast.campaigns(campaigns(), currency="EUR").title.startswith(
        "No orders of campaigns yet"
    )


def test_the_campaign_that_moved_what_is_believed_most_is_named():
    found = pages.forecast.taught(campaigns(150.0, 200.0))
    assert found.text == "c0 taught most: it moved what we believe from 20 to 25 orders per 100 nano clicks."
    assert pages.forecast.taught(campaigns().assign(nano_before=[], nano_after=[])).title.startswith(
        "No camp"
    )
    table = pages.forecast.taught_table(campaigns(150.0))
    assert table.iloc[0].tolist() == ["c0", "20", "25", "–", "–"]
    assert len(pages.forecast.campaign_table(campaigns(150.0)).columns) == 6
    assert pages.forecast.campaign_table(campaigns(150.0))["orders forecast"].tolist() == ["200 (100 to 400)"]


def test_intervals_within_their_own_error_are_as_promised():
    found = pages.forecast.calibration(coverage())
    assert found.title == "79% of posts fell inside our 80% ranges"
    assert found.text == (
        "Yes. Of 2,063 nano posts we had not seen, 79% fell inside our 80% ranges, 50% inside our 50% ranges "
        "and 95% inside our 95% ranges."
    )


@pytest.mark.parametrize(
    ("held", "low", "high", "start", "words"),
    [(0.76, 0.74, 0.7999, "No", "were too narrow"), (0.76, 0.74, 0.8, "Yes", ""),
     (0.83, 0.8, 0.86, "Yes", ""), (0.83, 0.8001, 0.86, "Yes", "were wider than needed")],
)  # fmt: skip
def test_blame_starts_where_the_interval_of_the_share_ends(held, low, high, start, words):
    text = pages.forecast.calibration(coverage(held, low, high)).text
    assert text.startswith(start)
    assert ("Our 80% ranges" in text) is bool(words)
    assert words in text


def test_other_tiers_are_named_only_where_they_fail():
    both = pd.concat(
        [coverage(), coverage(0.75, 0.72, 0.78, 900, "micro"), coverage(0.6, 0.5, 0.7, 19, "mega")]
    )
    assert pages.forecast.calibration(both).text.endswith(" They were too narrow for micro (75% of 900).")


def test_a_strict_check_says_so():
    found = pages.forecast.calibration(coverage(), strict=True)
    assert found.text.startswith(
        "Using only earlier posts: of 2,063 nano posts, 79% fell inside our 80% ranges"
    )


@pytest.mark.parametrize("rows", [coverage(n=19), coverage(tier="micro"), coverage().iloc[:0]])
def test_too_few_posts_say_so_without_a_number_that_is_not_there(rows):
    found = pages.forecast.calibration(rows)
    assert found.title == "Too few nano creators with a second post"
    assert "nan" not in found.text.removeprefix(found.title)


def test_gains_are_named_with_their_plain_forecast_the_largest_first():
    found = pages.forecast.gains_over_baselines(gains())
    assert found.title == "Our forecasts beat all 3 plain rules"
    assert found.text == (
        "Our forecasts are 54% better than assuming 1.6% for everyone, 36% better than the average for the "
        "size and 12% better than the creator's own average."
    )


def test_a_gain_within_two_errors_is_no_gain_and_a_clear_loss_is_told():
    found = pages.forecast.gains_over_baselines(gains(own=0.015, tier=-0.2))
    assert found.title == "Our forecasts beat 1 of 3 plain rules"
    assert "20% worse than the average for the size" in found.text
    assert found.text.endswith("They are not clearly different from the creator's own average.")
    only = pages.forecast.gains_over_baselines(gains(own=0.001, tier=0.001, constant=0.001))
    assert only.text.startswith("They are not clearly different from")


def test_a_plain_forecast_that_is_missing_is_not_mentioned():
    some = pages.forecast.gains_over_baselines(gains(own=math.nan))
    assert "own average" not in some.text
    other = pages.forecast.gains_over_baselines(gains(constant=math.nan))
    assert other.title == "Our forecasts beat all 2 plain rules"
    assert other.text.endswith(" No published rate to compare with is known.")
    assert pages.forecast.gains_over_baselines(gains(math.nan, math.nan, math.nan)).title.startswith(
        "Too few"
    )
    assert pages.forecast.gains_over_baselines(gains(n=5)).title.startswith("Too few")


def test_past_posts_are_compared_and_the_group_that_fails_is_named():
    right = ("1", 1_345, 0.784, 0.76, 0.806), ("3-5", 213, 0.77, 0.71, 0.83)
    assert (
        pages.forecast.coverage_by_past(by_past(*right)).title
        == "Forecasts are as reliable after 1 post as after 3-5"
    )
    assert (
        pages.forecast.coverage_by_past(by_past(right[1])).title == "Forecasts are reliable after 3-5 posts"
    )
    wrong = pages.forecast.coverage_by_past(by_past(("1", 900, 0.7, 0.67, 0.73), right[1]))
    assert wrong.title == "Ranges are too narrow after 1 post"
    few = pages.forecast.coverage_by_past(by_past(("6+", 3, 0.67, 0.2, 0.94)))
    assert few.title.startswith("Too few")


def parts(*posts, low=80, high=120):
    n = len(posts)
    return pd.DataFrame(
        {"start": [at / n for at in range(n)], "end": [(at + 1) / n for at in range(n)], "posts": posts,
         "low": low, "high": high}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("posts", "words"),
    [((100,) * 10, "Forecasts lean to no side: 10 of 10 parts as expected"),
     ((100,) * 4 + (130, 70) + (100,) * 4, "Posts fell unevenly: 2 of 10 parts are beyond chance"),
     ((60, 70, 80, 90, 100, 110, 120, 130, 140, 150), "Forecasts were slightly too low"),
     ((150, 140, 130, 120, 110, 100, 90, 80, 70, 60), "Forecasts were slightly too high"),
     ((0,) * 10, "Too few forecasts")],
)  # fmt: skip
def test_posts_that_lean_or_heap_are_told_from_chance(posts, words):
    assert pages.forecast.evenness(parts(*posts)).title.startswith(words)


def test_shared_luck_says_how_many_creators_a_campaign_is_worth():
    found = pages.forecast.shared_luck(PostCorrelation(0.05, 0.02, 0.08, 2_000, 40, "month"))
    assert found.title == "Creators of one month share luck: 50 count as 14"  # 50 / (1 + 49 x 0.05) = 14.5
    assert "14 unrelated ones (correlation 0.05, range 0.02 to 0.08, 2,000 posts" in found.text


def test_luck_that_is_not_seen_is_said_to_be_engagements_and_minus_is_a_minus():
    found = pages.forecast.shared_luck(PostCorrelation(-0.034, -0.015, 0.007, 2_061, 41, "month"))
    assert found.title == "No shared luck seen within one month"
    assert "(correlation −0.03, range −0.01 to 0.01, 2,061 posts in 41 months" in found.text
    assert found.text.endswith("Orders may differ.")


def test_unknown_luck_says_so():
    found = pages.forecast.shared_luck(PostCorrelation(math.nan, math.nan, math.nan, 3, 1, "day"))
    assert found.text == (
        "Too few posts to tell whether creators share luck: 3 posts in 1 day with more than one."
    )


def test_totals_are_judged_as_posts_are():
    found = pages.forecast.campaign_totals(totals(), size=25)
    assert found.title == "78% of totals fell inside our 80% ranges"
    assert found.text.startswith(
        "Totals were forecast well too: of 41 totals of 25 creators, 78% fell inside"
    )
    wrong = pages.forecast.campaign_totals(totals(0.6, 0.5, 0.7), size=25).text
    assert wrong.startswith("The ranges of totals were too narrow: of 41 totals")
    assert pages.forecast.campaign_totals(totals().iloc[:0], size=0).title.startswith("Too few")


def test_a_campaign_says_where_it_stands_and_the_odds_of_its_target():
    found = pages.forecast.results_to_date(state())
    assert found.title == "2026-summer: 158 orders, the target of 283 has a 30% chance"
    assert found.text == (
        "2026-summer: 158 orders so far from 32 creators, within the forecast of 23 to 1,688. With 25 "
        "creators still to post, the target of 283 has a 30% chance."
    )


@pytest.mark.parametrize(
    ("percentile", "words"), [(0.1, "within"), (0.09, "below"), (0.9, "within"), (0.91, "above")]
)
def test_results_are_unusual_only_outside_the_middle_of_the_forecast(percentile, words):
    assert f", {words} the forecast" in pages.forecast.results_to_date(state(percentile=percentile)).text


def test_what_a_campaign_lacks_is_said():
    assert pages.forecast.results_to_date(None).title.startswith("No campaign results yet")
    assert (
        "the target of 158 is reached"
        in pages.forecast.results_to_date(state(target=158.0, p_target=1.0)).title
    )
    text = pages.forecast.results_to_date(state(pending=0, left_out=2, other_orders=9.0, effective=12.3)).text
    assert "With nobody still to post, the target" in text
    assert (
        "Not forecast, for want of a follower count or orders: 2 creators with 9 orders, which count" in text
    )
    title = pages.forecast.results_to_date(state(target=160.0, left_out=2, other_orders=9.0)).title
    assert "the target of 160 is reached" in title
    nobody = pages.forecast.results_to_date(state(posted=0, left_out=3, orders=0.0, other_orders=113.0))
    assert nobody.title == "2026-summer: nobody with known orders has a follower count"
    assert "Only 12 of 4,000 simulated campaigns fit these orders: take the odds as rough." in text


def test_titles_stay_short_whatever_a_campaign_is_called():
    found = pages.forecast.results_to_date(state(campaign="<b>$x$\n" + "long " * 60, orders=123_456_789.0))
    assert len(found.title) <= formatting.TITLE
    assert "\n" not in found.text
    for other in (
        pages.forecast.calibration(coverage(n=1_234_567)),
        pages.forecast.gains_over_baselines(gains()),
        pages.forecast.evenness(parts(60, 70, 80, 90, 100, 110, 120, 130, 140, 150)),
        pages.forecast.shared_luck(PostCorrelation(-0.004, -0.015, 0.007, 2_061, 41, "month")),
    ):
        assert len(other.title) <= 60
