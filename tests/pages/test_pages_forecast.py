"""Proves that sentences on forecasts say what the numbers say, blame only what is beyond chance, and never
print an unknown number.
"""

import math

import pandas as pd
import pytest

from nanospread import pages
from nanospread.campaign.backtest import Luck, ToDate
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
        "forecast": forecast, "percentile": 0.41, "kappa": 7.2, "kappa_low": 2.8, "kappa_high": 16.4,
        "effective": 3_700.0, "n_worlds": 4_000, "target": 283.0, "p_target": 0.3,
    }  # fmt: skip
    return ToDate(**(standing | changes))


def test_intervals_within_their_own_error_are_as_promised():
    found = pages.forecast.calibration(coverage())
    assert found.title == "80% intervals held 79% of 2,063 nano posts: as promised"
    assert found.text == (
        "The 80% intervals held 79% of 2,063 nano posts (95% interval 77% to 81%): as promised; "
        "the 50% intervals 50% (as promised) and the 95% intervals 95% (as promised)."
    )


@pytest.mark.parametrize(
    ("held", "low", "high", "words"),
    [(0.76, 0.74, 0.7999, "too narrow"), (0.76, 0.74, 0.8, "as promised"), (0.83, 0.8, 0.86, "as promised"),
     (0.83, 0.8001, 0.86, "wider than need be")],
)  # fmt: skip
def test_blame_starts_where_the_interval_of_the_share_ends(held, low, high, words):
    assert pages.forecast.calibration(coverage(held, low, high)).title.endswith(words)


def test_other_tiers_are_named_only_where_they_fail():
    both = pd.concat(
        [coverage(), coverage(0.75, 0.72, 0.78, 900, "micro"), coverage(0.6, 0.5, 0.7, 19, "mega")]
    )
    assert pages.forecast.calibration(both).text.endswith(" They were too narrow for micro (75% of 900).")


def test_a_strict_check_says_so():
    found = pages.forecast.calibration(coverage(), strict=True)
    assert found.text.startswith("With nothing later than the forecast seen, the 80% intervals held 79%")


@pytest.mark.parametrize("rows", [coverage(n=19), coverage(tier="micro"), coverage().iloc[:0]])
def test_too_few_posts_say_so_without_a_number_that_is_not_there(rows):
    found = pages.forecast.calibration(rows)
    assert found.title == "Too few nano creators with a second post to check forecasts"
    assert "nan" not in found.text.removeprefix(found.title)


def test_gains_are_named_with_their_plain_forecast():
    found = pages.forecast.gains_over_baselines(gains())
    assert found.title == "Forecasts beat the own mean by 12%, the tier by 36% and a constant 1.6% by 54%"
    assert found.text.startswith(found.title)


def test_a_gain_within_two_errors_is_no_gain_and_a_clear_loss_is_told():
    found = pages.forecast.gains_over_baselines(gains(own=0.015, tier=-0.2))
    assert found.title.startswith(
        "Forecasts beat a constant 1.6% by 54%; they lose to the tier by 20%; no clear"
    )
    assert "no clear difference from the own mean" in found.text
    only = pages.forecast.gains_over_baselines(gains(own=0.001, tier=0.001, constant=0.001))
    assert only.text.startswith("No clear difference from the own mean, the tier and a constant 1.6%.")
    lost = pages.forecast.gains_over_baselines(gains(own=-0.5, tier=-0.5, constant=-0.5))
    assert lost.text.startswith("Forecasts lose to the own mean by 50%, the tier by 50% and")


def test_a_plain_forecast_that_is_missing_is_not_mentioned():
    some = pages.forecast.gains_over_baselines(gains(own=math.nan))
    assert "own mean" not in some.text
    assert pages.forecast.gains_over_baselines(gains(math.nan, math.nan, math.nan)).title.startswith(
        "Too few"
    )
    assert pages.forecast.gains_over_baselines(gains(n=5)).title.startswith("Too few")


def test_past_posts_are_compared_and_the_group_that_fails_is_named():
    right = ("1", 1_345, 0.784, 0.76, 0.806), ("3-5", 213, 0.77, 0.71, 0.83)
    assert (
        pages.forecast.coverage_by_past(by_past(*right)).title
        == "80% intervals hold after 1 past post as after 3-5"
    )
    assert (
        pages.forecast.coverage_by_past(by_past(right[1])).title == "80% intervals hold after 3-5 past posts"
    )
    wrong = pages.forecast.coverage_by_past(by_past(("1", 900, 0.7, 0.67, 0.73), right[1]))
    assert wrong.title == "80% intervals are too narrow after 1 past post"
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
    [((100,) * 10, "Posts fell evenly over their forecasts: 10 of 10 parts inside chance"),
     ((100,) * 4 + (130, 70) + (100,) * 4, "Posts fell unevenly over their forecasts: 2 of 10 parts"),
     ((60, 70, 80, 90, 100, 110, 120, 130, 140, 150), "Forecasts ran a little low: posts lay at 58%"),
     ((150, 140, 130, 120, 110, 100, 90, 80, 70, 60), "Forecasts ran a little high: posts lay at 42%"),
     ((0,) * 10, "Too few forecasts")],
)  # fmt: skip
def test_posts_that_lean_or_heap_are_told_from_chance(posts, words):
    assert pages.forecast.evenness(parts(*posts)).title.startswith(words)


def test_shared_luck_says_how_many_creators_a_campaign_is_worth():
    found = pages.forecast.shared_luck(Luck(0.05, 0.02, 0.08, 2_000, 40, "month"))
    assert found.title == "Creators of one month share luck: 50 count as 14"  # 50 / (1 + 49 x 0.05) = 14.5
    assert "correlation 0.050, 95% interval 0.020 to 0.080" in found.text


def test_luck_that_is_not_seen_still_has_a_bound_and_minus_is_a_minus():
    found = pages.forecast.shared_luck(Luck(-0.004, -0.015, 0.007, 2_061, 41, "month"))
    assert found.title == "No shared luck seen within one month: 50 creators count as 37 or more"
    assert "correlation −0.004, 95% interval −0.015 to 0.007, from 2,061 posts in 41 months" in found.text
    below = pages.forecast.shared_luck(Luck(-0.02, -0.03, -0.01, 2_061, 41, "week"))
    assert "50 creators count as 50 or more" in below.title


def test_unknown_luck_says_so():
    found = pages.forecast.shared_luck(Luck(math.nan, math.nan, math.nan, 3, 1, "day"))
    assert found.text == (
        "Too few posts to tell whether creators share their luck: 3 posts in 1 day with more than one."
    )


def test_totals_are_judged_as_posts_are():
    found = pages.forecast.campaign_totals(totals(), size=25)
    assert found.title == "The 80% range held 78% of 41 totals of 25 creators: as promised"
    assert found.text.endswith("by lot it held 78%, and by time with the shared luck put in 78%.")
    assert pages.forecast.campaign_totals(totals(0.6, 0.5, 0.7), size=25).title.endswith("too narrow")
    assert pages.forecast.campaign_totals(totals().iloc[:0], size=0).title.startswith("Too few")


def test_a_campaign_says_where_it_stands_and_the_odds_of_its_target():
    found = pages.forecast.results_to_date(state())
    assert found.title == "2026-summer: 158 orders so far, 3 in 10 to reach 283"
    assert found.text == (
        "2026-summer: 32 creators brought 158 orders, as forecast (the middle 80% of the forecast was 23 to "
        "1,688). That implies a kappa of 7.2 (80% interval 2.8 to 16). 25 creators accepted and have not "
        "posted: 3 in 10 to reach 283."
    )


@pytest.mark.parametrize(
    ("percentile", "words"),
    [(0.1, "as forecast"), (0.09, "below the forecast"), (0.9, "as forecast"), (0.91, "above the forecast")],
)
def test_results_are_unusual_only_outside_the_middle_of_the_forecast(percentile, words):
    assert f"158 orders, {words} (" in pages.forecast.results_to_date(state(percentile=percentile)).text


def test_what_a_campaign_lacks_is_said():
    assert pages.forecast.results_to_date(None).title == "No campaign results yet"
    assert (
        "the target of 158 is reached"
        in pages.forecast.results_to_date(state(target=158.0, p_target=1.0)).title
    )
    text = pages.forecast.results_to_date(state(pending=0, left_out=2, other_orders=9.0, effective=12.3)).text
    assert "Nobody who accepted is still to post" in text
    assert "Not forecast, for want of a follower count: 2 creators with 9 orders, which count" in text
    title = pages.forecast.results_to_date(state(target=160.0, left_out=2, other_orders=9.0)).title
    assert "the target of 160 is reached" in title
    nobody = pages.forecast.results_to_date(state(posted=0, left_out=3, orders=0.0, other_orders=113.0))
    assert nobody.title == "2026-summer: no creator with results has a follower count"
    assert "kappa" not in nobody.text
    assert "Only 12 worlds of 4,000 fit these orders: take the odds as rough." in text


def test_titles_stay_short_whatever_a_campaign_is_called():
    found = pages.forecast.results_to_date(state(campaign="<b>$x$\n" + "long " * 60, orders=123_456_789.0))
    assert len(found.title) <= formatting.TITLE
    assert "\n" not in found.text
    for other in (
        pages.forecast.calibration(coverage(n=1_234_567)),
        pages.forecast.gains_over_baselines(gains()),
        pages.forecast.evenness(parts(60, 70, 80, 90, 100, 110, 120, 130, 140, 150)),
        pages.forecast.shared_luck(Luck(-0.004, -0.015, 0.007, 2_061, 41, "month")),
    ):
        assert len(other.title) <= formatting.TITLE
