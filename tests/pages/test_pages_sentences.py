"""Proves that sentences say what the numbers say, are no surer, and change at the turning points."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nanospread import pages
from nanospread.campaign.risk import Estimate
from nanospread.core import formatting
from nanospread.creators import engagement
from nanospread.ingest import order_rows
from nanospread.study import open as opened

SHARE = st.floats(0, 1)


def sure(value: float, se: float = 0.001) -> Estimate:
    return Estimate(value, se)


# --- how numbers are written


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0%"), (0.0394, "3.9%"), (0.04, "4%"), (0.0066, "0.66%"), (0.423, "42%"), (0.09951, "10%"),
     (1, "100%"),
     (0.9961, "99.6%"), (0.99999, "over 99.9%"), (0.00002, "under 0.01%"), (-0.35, "−35%"), (10.6, "1,060%"),
     (-0.9996, "under −99.9%"),
     (math.nan, "unknown")],
)  # fmt: skip
def test_percent_keeps_two_digits_and_keeps_0_and_100_for_themselves(share, text):
    assert formatting.percent(share) == text


@given(st.floats(0.0001, 0.9994))
@example(0.00027473310698619967)  # 0.03%: two decimals are the most, so one digit is left here
def test_percent_is_within_half_its_last_digit(share):
    step = 0.01 if 0.0995 <= share < 0.99 else 0.001 if share >= 0.00995 else 0.0001
    assert abs(float(formatting.percent(share).rstrip("%")) / 100 - share) <= step / 2 + 1e-12


@pytest.mark.parametrize(
    ("probability", "text"),
    [(0, "under 1 in 100"), (0.03, "3 in 100"), (0.149, "15 in 100"), (0.25, "3 in 10"), (0.81, "8 in 10"),
     (0.9, "9 in 10"), (0.93, "93 in 100"), (1, "over 99 in 100")],
)  # fmt: skip
def test_odds_are_tenths_in_the_middle_and_never_certain(probability, text):
    assert formatting.odds(probability) == text


@given(SHARE)
def test_odds_are_within_half_a_step(probability):
    part, of = map(int, re.findall(r"\d+", formatting.odds(probability)))
    assert part / of == pytest.approx(probability, abs=0.5 / of + 0.006)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(1234, "EUR 1,234"), (-5000.4, "−EUR 5,000"), (0.354, "EUR 0.35"), (-0.001, "EUR 0"), (0, "EUR 0"),
     (9.999, "EUR 10"), (math.nan, "unknown")],
)  # fmt: skip
def test_money_carries_its_currency_and_its_sign(amount, text):
    assert formatting.money(amount, "EUR") == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0"), (950, "950"), (999.9, "1k"), (2500, "2.5k"), (-12000, "−12k"), (3.1e6, "3.1m"), (2e9, "2bn")],
)
def test_axis_amounts_are_short(amount, text):
    assert formatting.short_money(amount) == text


def test_counts_ratios_lists_and_days_read_as_words():
    assert [formatting.count(n) for n in (12345.4, -0.3, -0.6)] == ["12,345", "0", "−1"]
    assert [formatting.counted(n, "post") for n in (0, 1, 2)] == ["0 posts", "1 post", "2 posts"]
    assert [formatting.times(x) for x in (0.625, 1.62, 43.1)] == ["0.62 times", "1.6 times", "43 times"]
    assert [formatting.significant(x) for x in (6.04, 0.125, 43.1, 1234)] == ["6", "0.12", "43", "1,200"]
    assert [formatting.listed(list("abcdef"[:n])) for n in (0, 1, 2, 4, 6)] == [
        "", "a", "a and b", "a, b, c and d", "a, b, c and 3 more"
    ]  # fmt: skip
    assert formatting.day(pd.Timestamp("2026-11-07", tz="UTC")) == "7 Nov 2026"


@given(st.text())
def test_a_handle_is_one_short_printable_line(name):
    shown = formatting.handle(name)
    assert len(shown) <= 24
    assert shown == "" or shown.isprintable()


# --- the mixes


def mixes(mean, tail, se=20.0, shares=(1.0, 0.0, 0.25, 0.5, 0.75)):
    """Five mixes, in an order that is not theirs, of these functions of the macro's share."""
    x = np.array(shares)
    return pd.DataFrame(
        {"macro_share": x, "profit_mean": mean(x), "profit_mean_se": se, "cvar_5": tail(x), "cvar_5_se": se}
    )


def to_nano(x):
    return 3000 - 4000 * x


def test_a_frontier_that_collapses_to_a_corner_is_said_to():
    finding = pages.campaign.frontier(mixes(to_nano, lambda x: -2000 - 1000 * x), "EUR")
    assert finding.title == "All nano is best, on average and in bad cases"
    assert finding.text.endswith("50% macro earns EUR 2,000 less on average and EUR 500 less in bad cases.")
    other = pages.campaign.frontier(mixes(lambda x: to_nano(1 - x), lambda x: -x + 1000 * x), "EUR")
    assert other.title == "All macro is best, on average and in bad cases"


def test_mixes_that_cannot_be_told_from_the_corner_are_named_and_a_weak_corner_is_no_winner():
    near = pages.campaign.frontier(mixes(to_nano, lambda x: -2000 - 200 * x), "EUR")
    assert near.title.startswith("All nano is best")
    weak = pages.campaign.frontier(mixes(to_nano, lambda x: -2000 - 80 * x), "EUR")
    assert weak.title == "No mix is clearly better than all nano"
    assert "about as much in bad cases" in weak.text
    above = pages.campaign.frontier(
        mixes(lambda x: to_nano(x) + 1010 * (x == 0.25), lambda x: -1000 * x), "EUR"
    )
    assert above.title == "No mix is clearly better than all nano"


@pytest.mark.parametrize("se", [1000.0, math.nan])
def test_a_frontier_within_the_error_is_too_close_to_call(se):
    finding = pages.campaign.frontier(mixes(lambda x: 100 * x, lambda x: -100 * x, se=se), "EUR")
    assert finding.title == "Too close to call between all nano and all macro"
    assert "Too few" in pages.campaign.frontier(mixes(to_nano, to_nano).head(1), "EUR").title


def test_a_mix_that_wins_both_beats_both_ends():
    finding = pages.campaign.frontier(
        mixes(lambda x: 900 - 3000 * (x - 0.5) ** 2, lambda x: -2000 - 4000 * (x - 0.5) ** 2), "EUR"
    )
    assert finding.title == "50% macro is best, on average and in bad cases"
    assert finding.text.count("earns EUR 750 less on average and EUR 1,000 less in bad cases") == 2


def test_a_mix_that_an_end_equals_on_average_only_helps():
    finding = pages.campaign.frontier(
        mixes(lambda x: 1000 - 4000 * np.maximum(x - 0.3, 0), lambda x: -4000 * (x - 0.25) ** 2), "EUR"
    )
    assert finding.title.startswith("A mix may help, since 25% macro")
    assert "All nano earns about as much on average and EUR 250 less in" in finding.text


def test_a_real_trade_off_has_its_price():
    rows = mixes(to_nano, lambda x: -4000 * (x - 0.5) ** 2)
    finding = pages.campaign.frontier(rows, "EUR")
    assert finding.title == "All nano earns most, 50% macro has the mildest bad case"
    assert "gives up EUR 2,000 of average profit and saves EUR 1,000" in finding.text
    unsure = pages.campaign.frontier(rows.assign(profit_mean_se=800.0), "EUR")
    assert "earns most" not in unsure.title


# --- engagement


def by_tier(low=0.033, high=0.044, median=0.039):
    return pd.DataFrame({"tier": ["nano", "micro"], "median": [median, 0.025], "median_low": [low, 0.02],
                         "median_high": [high, 0.03], "comments_known": [40, 0]})  # fmt: skip


REFERENCE = pd.Series({"benchmark": "industry_average", "tier": "all", "value": 0.016,
                       "statistic": "unknown", "year": 2018})  # fmt: skip


def premium(low, high, ratio=None):
    ratio = math.sqrt(low * high) if ratio is None else ratio
    return pd.DataFrame({"group": ["all"], "ratio": [ratio], "low": [low], "high": [high]})


def test_the_gap_needs_an_interval_that_excludes_one():
    clear = pages.engagement.gap(by_tier(), premium(1.2, 1.8))
    assert clear.title == "A typical nano post engages 3.9%, 1.5 times that of micro"
    assert "(95% range 3.3% to 4.4%)" in clear.text
    for low, high in ((0.99, 1.8), (1.0, 1.8), (0.5, 1.0)):
        assert "no clear difference" in pages.engagement.gap(by_tier(), premium(low, high)).title
    assert "0.71 times" in pages.engagement.gap(by_tier(), premium(0.6, 0.84)).title


@pytest.mark.parametrize(
    ("low", "high", "side"), [(0.017, 0.03, "above"), (0.016, 0.03, "not clearly"), (0.01, 0.0159, "below"),
                              (math.nan, math.nan, "not clearly")]
)  # fmt: skip
def test_the_benchmark_is_above_below_or_not_clearly_either(low, high, side):
    text = pages.engagement.gap(by_tier(low, high, 0.02), premium(1.2, 1.8), REFERENCE).text
    assert f"It is {side}" in text
    assert text.endswith("the published 1.6% (industry average, all sizes, 2018, mean or median not said).")


def test_the_benchmark_is_named_as_what_it_is():
    row = REFERENCE.replace({"all": "nano", "unknown": "grade", 2018: None}).replace(
        "industry_average", "x_y"
    )
    assert pages.engagement.published_as(row) == "published x_y, 1.6%"
    text = pages.engagement.gap(by_tier(), premium(1.2, 1.8), row).text
    assert text.endswith("(x_y, nano, year not shown, a grade, not an average).")


def test_rates_of_likes_alone_are_called_so():
    text = pages.engagement.gap(by_tier(), premium(1.2, 1.8)).text
    assert "alone" not in text
    none = by_tier().assign(comments_known=0)
    assert "No comments are known, so these are rates of likes alone." in (
        pages.engagement.gap(none, premium(1.2, 1.8)).text
    )


def test_the_gap_survives_missing_tiers_and_refuses_a_premium_by_niche():
    assert "No nano" in pages.engagement.gap(by_tier().iloc[1:], premium(1.2, 1.8)).title
    assert "no micro" in pages.engagement.gap(by_tier(), premium(1.2, 1.8).iloc[:0]).title
    with pytest.raises(ValueError, match="2 groups"):
        pages.engagement.gap(by_tier(), pd.concat([premium(1, 2), premium(1, 2)]))


def niches(lows, highs):
    names = [f"niche{i}" for i in range(len(lows))]
    return pd.DataFrame(
        {"group": names, "ratio": np.sqrt(np.multiply(lows, highs)), "low": lows, "high": highs}
    )


def test_the_niches_with_a_real_premium_are_named_largest_first():
    finding = pages.engagement.niche_premium(niches([1.1, 1.5, 0.8], [2.0, 2.0, 1.6]))
    assert finding.title == "Nano is clearly ahead of micro in 2 of 3 niches"
    assert finding.text.endswith("niche1 (1.7 times) and niche0 (1.5 times).")


def test_no_premium_anywhere_is_said_and_so_is_a_loss():
    assert (
        "in none of 2 niches, so treat" in pages.engagement.niche_premium(niches([0.9, 0.8], [2.0, 1.6])).text
    )
    assert "less engaged in niche1" in pages.engagement.niche_premium(niches([0.9, 0.4], [2.0, 0.9])).text
    assert "No niche has enough" in pages.engagement.niche_premium(niches([], [])).title


def test_one_lead_among_many_may_be_luck():
    assert "can be luck" in pages.engagement.niche_premium(niches([1.1, *[0.8] * 8], [2.0] * 9)).text
    assert "can be luck" not in pages.engagement.niche_premium(niches([1.1, 1.1, *[0.8] * 7], [2.0] * 9)).text


def creators(er, n_posts=1, name="a"):
    return pd.DataFrame({"creator": [name, *"bcde", "big"], "tier": ["nano"] * 5 + ["mega"],
                         "n_posts": [n_posts, 9, 9, 9, 9, 9], "er_raw": [0.28, 0.1, 0.1, 0.1, 0.1, 0.9],
                         "er": [er, 0.1, 0.1, 0.1, 0.1, 0.9]})  # fmt: skip


def test_the_top_rate_is_partly_luck_only_when_it_shrinks():
    finding = pages.creator_rates.shrinkage(creators(0.13))
    assert finding.title == "The top nano rate of 28% is partly luck, expect 13%"
    assert "a, shows 28% on 1 post. Expect 13%" in finding.text
    assert pages.creator_rates.shrinkage(creators(0.251)).title.startswith(
        "The top nano rate of 28% is partly luck"
    )
    assert pages.creator_rates.shrinkage(creators(0.253)).title.startswith(
        "The top nano rate of 28% is hardly luck"
    )
    assert "No nano creator" in pages.creator_rates.shrinkage(creators(0.13).iloc[5:]).title


@pytest.mark.parametrize("thin", [creators(0.28).iloc[:4], creators(0.28).assign(n_posts=1)])
def test_too_few_posts_cannot_tell_luck_from_skill(thin):
    assert pages.creator_rates.shrinkage(thin).title == "Too few nano posts to tell luck from skill"


# --- what rates rest on


@pytest.mark.parametrize(
    ("values", "said"),
    [([0.02, 0.05], "1 lie below our 95% range, 1 above it and 0 inside"),
     ([0.0178, 0.034, 0.0436, 0.177], "1 lie below our 95% range, 1 above it and 2 inside"),
     ([0.017, 0.02, 0.03], "3 lie below our 95% range, 0 above it and 0 inside")],
)  # fmt: skip
def test_published_figures_are_counted_beside_our_interval(values, said):
    published = pd.DataFrame({"tier": "nano", "value": values})
    finding = pages.engagement.published(published, by_tier())
    assert said in finding.text
    assert "ours is 3.9%" in finding.title
    assert "too few creators" in pages.engagement.published(published, by_tier(low=math.nan)).text
    assert "No nano figure" in pages.engagement.published(published.assign(tier="mid"), by_tier()).title


def test_other_rates_name_what_the_engagements_are_divided_by():
    row = {"tier": "nano", "posts": 20, "creators": 2, "median": 0.18, "median_low": 0.16, "median_high": 0.2}
    reach = pd.DataFrame([row | {"rate": "er_by_reach"}])
    views = pd.DataFrame([row | {"rate": "er_by_views", "median": 0.13, "median_low": math.nan}])
    assert (
        pages.engagement.other_rates(reach).title == "A typical nano post engages 18% of the accounts reached"
    )
    both = pages.engagement.other_rates(pd.concat([reach, views]))
    assert "18% of the accounts reached (95% range 16% to 20%, 20 posts of 2 creators)" in both.text
    assert "13% of the views (20 posts of 2 creators)." in both.text
    assert "no reach or views of nano" in pages.engagement.other_rates(reach.assign(tier="micro")).title


def test_traps_are_named_most_frequent_first_with_what_was_done():
    table = pd.DataFrame(
        {"trap": ["likes hidden", "viral", "undated"], "posts": [3, 0, 10], "share": [0.03, 0, 0.1],
         "handling": ["left out", "kept", "kept as given"]}
    )  # fmt: skip
    finding = pages.engagement.traps(table)
    assert finding.title == "The most frequent trap is undated, in 10% of posts"
    assert finding.text == "Undated in 10 posts (10%), kept as given. Likes hidden in 3 posts (3%), left out."
    assert "No post is in" in pages.engagement.traps(table.assign(posts=0)).title


def effect(low, high):
    return pd.DataFrame({"ratio": [math.sqrt(low * high)], "low": [low], "high": [high], "creators": [9],
                         "posts_sponsored": [30], "posts_organic": [200]})  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "title"),
    [(0.7, 0.9, "Sponsored posts engage 21% less"), (0.7, 1.01, "No clear difference"),
     (0.99, 1.4, "No clear difference"), (1.1, 1.3, "Sponsored posts engage 20% more")],
)  # fmt: skip
def test_sponsored_posts_engage_less_or_more_only_where_the_interval_says_so(low, high, title):
    finding = pages.engagement.sponsored(effect(low, high))
    assert finding.title.startswith(title)
    assert "30 sponsored posts of 9 creators" in finding.text
    assert "Too few creators" in pages.engagement.sponsored(effect(low, high).head(0)).title


def sizes(lows, highs):
    ratios = [math.sqrt(low * high) for low, high in zip(lows, highs, strict=True)]
    return pd.DataFrame({"group": ["1-2k", "2-5k", "5-10k"], "ratio": ratios, "low": lows, "high": highs})


@pytest.mark.parametrize(
    ("lows", "highs", "title"),
    [([1.7, 1.2, 1.1], [1.9, 1.4, 1.3], "The lead is at small sizes, 1.8 times micro at 1-2k against 1.2"),
     ([1.2, 1.2, 1.1], [1.9, 1.4, 1.3], "The lead does not clearly depend on size"),
     ([1.44, 1.2, 0.9], [2.42, 1.9, 1.52], "The lead is at small sizes, 1.9 times micro at 1-2k against 1.2"),
     ([1.3, 1.2, 0.9], [2.42, 1.9, 1.7], "The lead does not clearly depend on size"),
     ([0.8, 0.9, 1.5], [1.1, 1.4, 1.8], "The lead grows with size, to 1.6 times micro at 5-10k")],
)  # fmt: skip
def test_the_premium_depends_on_size_only_where_the_ratio_of_the_ends_says_so(lows, highs, title):
    """Fourth: ln(1.87 / 1.24) = .41 above sqrt(.26² + .26²) = .37; fifth: .36 under .44."""
    assert pages.engagement.premium_by_size(sizes(lows, highs)).title.startswith(title)


def test_the_sizes_clearly_ahead_are_named():
    named = pages.engagement.premium_by_size(sizes([1.2, 0.9, 0.8], [1.9, 1.4, 1.3])).text
    assert named.endswith("Clearly above micro: 1-2k (1.5 times).")
    assert pages.engagement.premium_by_size(sizes([0.9] * 3, [1.4] * 3)).text.endswith(
        "No size is clearly above micro."
    )
    assert "No size of nano" in pages.engagement.premium_by_size(sizes([1.2] * 3, [1.4] * 3).head(0)).title


def test_chance_is_judged_by_each_creators_own_number_of_posts():
    """Half width 1.96 * 0.5 / sqrt(n): 0.98 with one post and 0.49 with four."""
    frame = pd.DataFrame({"tier": ["nano", "nano", "micro", "micro", "mega"], "n_posts": [1, 4, 1, 4, 1],
                          "log_mean_raw": [-3.0, -3.0, -1.0, -2.48, 0.0]})  # fmt: skip
    rows = engagement.beside_chance(frame, pd.Series(-2.1, index=frame.index), 0.5)
    assert rows["outside"].tolist() == [False, True, True, False]
    assert rows["centre"].tolist() == pytest.approx([math.exp(-2.1)] * 4)


@pytest.mark.parametrize(
    ("outside", "n", "title"),
    [(62, 100, "Creators truly differ, since 62% lie outside what chance explains"),
     (8, 100, "Creators hardly differ, since only 8%"), (3, 100, "Creators hardly differ"),
     (30, 200, "Creators truly differ, since 15%"), (4, 4, "Too few creators")],
)  # fmt: skip
def test_creators_truly_differ_only_beyond_what_chance_puts_outside(outside, n, title):
    rows = pd.DataFrame({"outside": [True] * outside + [False] * (n - outside)})
    assert pages.creator_rates.true_differences(rows).title.startswith(title)


# --- data


def counts(kept=990, repaired=0, refused=10):
    return pd.DataFrame({"table": ["posts"], "rows_in": [kept + repaired + refused], "kept": [kept],
                         "repaired": [repaired], "refused": [refused]})  # fmt: skip


LEDGER = pd.DataFrame(
    {
        "table": ["posts"] * 10,
        "status": ["refused"] * 9 + ["repaired"],
        "reason": ["twice"] * 6 + ["late"] * 4,
    }
)


def test_trust_names_the_share_refused_and_the_worst_reason():
    finding = pages.data_quality.data_trust(counts(980, 11, 9), LEDGER)
    assert finding.title == "991 of 1,000 rows can be used, 9 were dropped"
    assert finding.text == (
        "Yes, 991 of 1,000 rows can be used, 11 of them after a repair. 9 were dropped, most often in "
        "posts (twice, 6 times). What was dropped is too little to change a conclusion."
    )


def test_line_items_of_an_order_are_no_rows_that_were_dropped():
    items = LEDGER.assign(reason=[order_rows.LINE_ITEM] * 9 + ["late"])
    assert "Yes, all 991 rows can be used" in pages.data_quality.data_trust(counts(980, 11, 9), items).text


@pytest.mark.parametrize(
    ("refused", "advice"),
    [(20, "too little"), (21, "Look at the reasons"), (100, "Look at"), (101, "Repair the export")],
)
def test_the_advice_on_data_depends_on_the_share_refused(refused, advice):
    assert advice in pages.data_quality.data_trust(counts(1000 - refused, 0, refused), LEDGER).text


def test_clean_and_empty_data_are_said_to_be():
    assert "Yes, all 5 rows" in pages.data_quality.data_trust(counts(5, 0, 0), LEDGER).text
    assert pages.data_quality.data_trust(counts(0, 0, 0), LEDGER).title == "No rows came in"


def posts(days, gaps=0.0):
    moments = pd.Timestamp("2026-09-07", tz="UTC") + pd.to_timedelta(days, unit="D")
    return pd.DataFrame({"creator": "a", "posted_at": moments, "followers_gap_days": gaps})


def test_coverage_counts_posts_creators_and_silent_weeks():
    finding = pages.data_quality.coverage(posts([0, 1, 8, 30]))
    assert finding.title == "4 posts by 1 creator, 7 Sep 2026 to 7 Oct 2026"
    assert "2 weeks in between have none" in finding.text
    assert "none" not in pages.data_quality.coverage(posts([0, 1, 8])).text
    assert pages.data_quality.coverage(posts([])).title == "No posts to analyse"


@pytest.mark.parametrize(
    ("gaps", "title"),
    [([0.0, 30.0], "Every post has"), ([0.0, 30.1], "50% of posts"), ([math.nan, -31.0, 0, 0], "50% of"),
     ([math.nan, math.nan], "No follower count is dated")],
)  # fmt: skip
def test_freshness_counts_stale_and_undated_follower_counts(gaps, title):
    assert pages.data_quality.freshness(posts(range(len(gaps)), gaps)).title.startswith(title)


# --- spread


def by_count(rho, noise=0.0, cv_one=1.0, creators=(1, 2, 5, 10, 20, 50, 100)):
    n = np.array(creators, dtype=float)
    cv = cv_one * np.sqrt(rho + (1 - rho) / n) * (1 + noise * np.array([1, -1, 1, -1, 1, -1, 1])[: len(n)])
    return pd.DataFrame({"creators": creators, "cv": cv, "cv_se": 0.004 * cv})


@given(st.floats(0.02, 0.9), st.floats(0.2, 3))
def test_the_floor_is_found_exactly_on_its_own_formula(rho, cv_one):
    line = pages.diversification.floor(by_count(rho, cv_one=cv_one))
    assert math.sqrt(line.shared) == pytest.approx(cv_one * math.sqrt(rho), rel=1e-6)
    assert line.most_bets == pytest.approx(1 / rho, rel=1e-6)
    assert line.exists


@given(st.floats(0.05, 0.5), st.floats(0.01, 0.2))
def test_from_enough_creators_on_a_doubling_gains_exactly_the_cut(rho, cut):
    line = pages.diversification.floor(by_count(rho))
    n = pages.diversification.enough(line, cut=cut)
    one, two = (math.sqrt(line.shared + line.own / m) for m in (n, 2 * n))
    assert n == 1 or two / one == pytest.approx(1 - cut)


def test_no_floor_is_claimed_where_there_is_none():
    finding = pages.diversification.spread_floor(by_count(0.0, noise=0.004))
    assert finding.title == "Up to 100 creators, more always narrow the risk"
    assert not pages.diversification.floor(by_count(0.1, creators=(1, 100))).exists


def test_a_floor_beyond_the_counts_simulated_is_not_claimed():
    finding = pages.diversification.spread_floor(by_count(0.004))
    assert pages.diversification.floor(by_count(0.004)).exists
    assert "always narrow the risk" in finding.text


def test_the_floor_sentence_gives_limit_bets_and_enough():
    finding = pages.diversification.spread_floor(by_count(0.1, noise=0.002))
    assert "never falls below 32%" in finding.text
    assert "only as safe as 10 unrelated ones" in finding.text
    stop = math.ceil(0.9 * (0.95**2 - 0.5) / (0.1 * (1 - 0.95**2)))
    found = re.search(r"Beyond about (\d+) creators", finding.title)
    assert stop - 2 <= int(found[1]) < stop + 12  # said in tens


def niche_rows(cv, se=0.01):
    return pd.DataFrame({"niches": [1, 9], "cv": cv, "cv_se": [se, se]})


@pytest.mark.parametrize(
    ("cv", "word"),
    [([0.52, 0.44], "9 niches are safer"), ([0.44, 0.52], "are riskier than 1"), ([0.52, 0.50], "no clear")],
)
def test_niches_narrow_the_risk_only_beyond_the_error(cv, word):
    assert word in pages.diversification.niches(niche_rows(cv)).title
    assert "Only one" in pages.diversification.niches(niche_rows(cv).iloc[:1]).title


def test_every_title_fits_two_lines_of_a_phone():
    long = "x" * 300
    found = [
        pages.campaign.frontier(mixes(to_nano, to_nano), "EUR"),
        pages.engagement.gap(by_tier(), premium(0.9, 1.8)),
        pages.engagement.niche_premium(niches([1.1], [2.0])),
        pages.creator_rates.shrinkage(creators(0.1, name=long)),
        pages.diversification.spread_floor(by_count(0.1)),
        pages.engagement.sponsored(effect(0.99, 1.1)), pages.engagement.sponsored(effect(0.7, 0.9)),
        pages.engagement.premium_by_size(sizes([11.7, 1.2, 1.1], [11.9, 1.4, 1.3])),
        pages.engagement.published(pd.DataFrame({"tier": "nano", "value": [0.0123, 0.123]}), by_tier()),
        pages.creator_rates.true_differences(pd.DataFrame({"outside": [True] * 99 + [False] * 9})),
        pages.creator_rates.true_differences(pd.DataFrame({"outside": [False] * 9})),
        pages.diversification.spread_floor(by_count(0.0)),
        pages.diversification.niches(niche_rows([0.5, 0.4])),
        pages.data_quality.data_trust(counts(10**7, 10**6, 10**5), LEDGER.assign(reason=long)),
        pages.data_quality.freshness(posts([0], [99.0])), pages.data_quality.coverage(posts([0, 700])),
    ]  # fmt: skip
    assert [f.title for f in found if len(f.title) > formatting.TITLE] == []
    assert all(f.text.endswith(".") and "nan" not in f.text.replace("nano", "") for f in found)


def test_the_range_of_the_niches_leaves_thin_ones_aside():
    frame = pd.DataFrame(
        {"niche": ["pet", "food", "fashion"], "creators": [2, 9, 30], "median": [0.1, 0.03, 0.055]}
    )
    said = pages.engagement.niche_range(frame)
    assert said.title == "Typical nano engagement runs from 3% in food to 5.5% in fashion"
    assert pages.engagement.niche_range(frame.head(1)).title == "Too few nano creators in any niche"
    assert pages.engagement.niche_range(frame.tail(1)).title == "Typical nano engagement is 5.5% in fashion"


def offers(gift_mean, gift_loss, fee_mean, fee_loss):
    rows = [("nano_gift", "profit_mean", gift_mean, 20.0), ("nano_gift", "p_loss", gift_loss, 0.005),
            ("nano_fee", "profit_mean", fee_mean, 20.0), ("nano_fee", "p_loss", fee_loss, 0.005)]  # fmt: skip
    return pd.DataFrame(rows, columns=["arm", "measure", "value", "se"])


def test_another_offer_is_named_only_where_it_is_better_in_both():
    better = pages.verdict.other_offer(offers(4366, 0.234, 4634, 0.177), "nano_gift", "EUR")
    assert better.text == (
        "Paid nano does better than gifted nano. It earns EUR 268 more on average and loses money in 18 of "
        "100 instead of 23 of 100."
    )
    for other in (
        offers(4366, 0.234, 4390, 0.177),
        offers(4366, 0.234, 4634, 0.23),
        offers(5000, 0.2, 4000, 0.1),
    ):
        assert (
            pages.verdict.other_offer(other, "nano_gift", "EUR").title
            == "No other offer to nano creators is clearly better"
        )


# --- what an order costs


@pytest.mark.parametrize(
    ("nano", "macro", "title"),
    [
        ((20.0, 14.0, 37.0), 26.0, "A nano order costs EUR 20 and earns EUR 39"),
        ((50.0, 44.0, 67.0), 60.0, "A nano order costs EUR 50 and earns only EUR 39"),
        ((17.0, 7.0, 868.0), 18.0, "A nano order costs EUR 7.00 to EUR 868 and earns EUR 39"),
        ((23.0, 15.0, 41.0), 2.9, "A macro order costs EUR 2.90, a nano order EUR 23"),
        ((20.0, 14.0, 37.0), None, "A nano order costs EUR 20 and earns EUR 39"),
    ],
)
def test_the_title_says_a_cost_that_its_range_bears_and_the_macros_where_that_is_lower(nano, macro, title):
    rows = {"plan_nano": nano} | ({"plan_macro": (macro, 1.0, 90.0)} if macro else {})
    costs = pd.DataFrame(rows, index=["cost_per_order", "low", "high"]).T
    found = pages.campaign.cost_per_order(costs, 39.0, "EUR")
    assert found.title == title
    assert ("A macro order should cost" in found.text) == bool(macro)


@pytest.mark.parametrize(
    ("own", "start"),
    [
        (0, "Synthetic data: this is the sample"),
        (2, "Synthetic data among your own: 900 of 902 creators are"),
    ],
)
def test_accounts_of_the_sample_are_told_wherever_they_are(own, start):
    handles = pd.Series([*opened().roster["creator"], *("synthetic_dreams", "anna")[:own]])
    assert pages.data_quality.made_up(handles).startswith(start)
    assert pages.data_quality.made_up(handles[900:]) == ""
