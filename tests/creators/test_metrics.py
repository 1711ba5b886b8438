"""Proves engagement rates by hand, their identities as properties, the intervals by their coverage, and the
distribution by tier on real posts where a developer has them."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.creators import metrics, tiers

REAL = paths.ROOT.parent / "shared" / "data" / "real"

# model.md D1: p5, p25, median, mean, p75, p95, ratio of sums, in percent
PUBLISHED = {
    "nano": (0.60, 1.99, 3.94, 5.60, 7.21, 15.75, 5.14),
    "micro": (0.45, 1.50, 2.80, 3.87, 4.93, 10.52, 3.66),
    "macro": (0.35, 1.24, 2.42, 3.33, 4.23, 9.18, 3.39),
    "mega": (0.26, 1.08, 2.27, 3.19, 4.29, 9.69, 3.10),
}


def five_posts():
    """Two creators of two tiers: rates 2 %, 4 %, 12 % and 1 %, and one post with hidden likes."""
    return pd.DataFrame(
        {
            "post": ["p1", "p2", "p3", "p4", "p5"],
            "creator": ["ana", "ana", "ana", "bo", "bo"],
            "niche": ["food", "food", "food", "pet", "pet"],
            "followers": [1_000, 1_000, 2_000, 50_000, 50_000],
            "likes": pd.array([15, 40, 240, 400, None], dtype="Int64"),
            "comments": pd.array([5, 0, None, 100, 7], dtype="Int64"),
        }
    )


def rated(rates, creators, *, followers=5_000.0, tier="nano", niche="food"):
    er = np.asarray(rates, dtype=float)
    posts = pd.DataFrame({"creator": creators, "niche": niche, "followers": followers, "er": er})
    return posts.assign(
        engagements=er * followers, tier=tiers.of(posts["followers"], "instagram") if tier is None else tier
    )


def test_rates_of_five_posts_by_hand():
    posts = metrics.per_post(five_posts())
    assert posts["engagements"].tolist()[:4] == [20, 40, 240, 500]
    assert posts["er"].tolist()[:4] == [0.02, 0.04, 0.12, 0.01]
    assert posts["tier"].tolist() == ["nano", "nano", "nano", "micro", "micro"]
    assert posts["comment_share"].tolist()[:2] == [0.25, 0.0]
    assert posts["comment_share"].isna().tolist() == [False, False, True, False, True]


def test_hidden_likes_are_unknown_and_not_zero():
    last = metrics.per_post(five_posts()).iloc[-1]
    assert math.isnan(last["engagements"])
    assert math.isnan(last["er"])


def test_a_post_nobody_engaged_with_has_rate_zero_and_no_comment_share():
    posts = five_posts().head(1).assign(likes=0, comments=0)
    post = metrics.per_post(posts).iloc[0]
    assert post["er"] == 0.0
    assert math.isnan(post["comment_share"])
    assert metrics.log_er(metrics.per_post(posts)).iloc[0] == pytest.approx(math.log(0.5 / 1_000))


def test_the_posts_given_are_left_as_they_were():
    posts = five_posts()
    metrics.per_post(posts)
    pd.testing.assert_frame_equal(posts, five_posts())


def test_rates_by_other_denominators_by_hand():
    posts = metrics.per_post(
        five_posts().assign(reach=pd.array([200, None, 0, 1_000, 50], dtype="Int64"), views=[80] * 5)
    )
    assert posts["er_by_reach"].tolist()[:1] == [0.1]
    assert posts["er_by_reach"].isna().tolist() == [False, True, True, False, True]
    assert posts["er_by_views"].tolist()[:4] == [0.25, 0.5, 3.0, 6.25]
    assert posts["er_by_impressions"].isna().all()
    assert {posts[rate].dtype for rate in metrics.RATES} == {np.dtype("float64")}


def test_posts_beyond_the_followers_and_without_comments_are_marked():
    posts = metrics.per_post(five_posts().assign(followers=[20, 39, 2_000, 50_000, 50_000]))
    assert posts["viral"].tolist() == [False, True, False, False, False]
    assert posts["comments_off"].tolist() == [False, False, True, False, False]


def many(likes, followers=1_000, comments=5):
    """Return a post each of a hundred creators."""
    counts = np.broadcast_to(likes, 100)
    posts = {"post": np.arange(100).astype(str), "creator": np.arange(100).astype(str), "niche": "food"}
    return metrics.per_post(
        pd.DataFrame({**posts, "followers": followers, "likes": counts, "comments": comments})
    )


@pytest.mark.parametrize(
    ("posts", "why"),
    [
        (
            many(10**9),
            "100% of the posts have more engagements than their creator has followers; at most 10%",
        ),
        (
            many(np.where(np.arange(100) < 11, 1_000, np.arange(100))),
            "11% of the posts have more engagements",
        ),
        (many(0, comments=0), "100% of the posts have not one like or comment; at most 50% can be"),
        (many(50), "100% of the posts have the same likes and comments; at most 50% can be"),
        (
            many(np.where(np.arange(100) < 1, 10**9, np.arange(100))),
            "the mean engagement rate of the posts is above",
        ),
        (many(600 + np.arange(100)), "the median engagement rate of the posts is above 50% of the followers"),
    ],
)
def test_engagement_that_cannot_be_is_told_with_its_limit(posts, why):
    assert metrics.implausible(posts).startswith(why)


def test_impossible_nano_posts_are_told_though_all_posts_together_look_sound():
    sound = many(1_000 + np.arange(100), followers=50_000)
    posts = pd.concat([sound, sound, sound, many(0, comments=0)])
    assert metrics.implausible(posts).startswith("100% of the nano posts have not one like or comment")


@pytest.mark.parametrize(
    "posts",
    [
        many(10 + np.arange(100)),
        many(
            np.where(np.arange(100) < 10, 2_000 + np.arange(100), np.arange(100))
        ),  # viral, the tenth that may be
        many(np.where(np.arange(100) < 50, 0, np.arange(100)), comments=0),
        many(50).head(19),
        many(50).head(0),
    ],
)
def test_what_real_posts_do_is_plausible(posts):
    assert metrics.implausible(posts) == ""


def test_a_post_without_followers_is_refused_by_name():
    with pytest.raises(InputError, match="followers of 'ana': 0; must be 1 or more"):
        metrics.per_post(five_posts().assign(followers=[1_000, 0, 1, 1, 1]))


def test_summary_of_four_posts_by_hand():
    rows = metrics.summary(metrics.per_post(five_posts()), by=["niche", "tier"])
    food = rows.iloc[0]
    assert rows[["niche", "tier"]].to_numpy().tolist() == [["food", "nano"], ["pet", "micro"]]
    assert rows["posts"].tolist() == [3, 1]
    assert rows["creators"].tolist() == [1, 1]
    assert food["median"] == 0.04
    assert food["mean"] == pytest.approx(0.06)
    assert food["pooled"] == 300 / 4_000
    assert food["p25"] == pytest.approx(0.03)
    assert food[["mean_low", "median_high"]].isna().all()


def test_a_summary_by_reach_pools_over_the_posts_whose_reach_is_known():
    posts = metrics.per_post(five_posts().assign(reach=pd.array([200, 100, None, 1_000, 50], dtype="Int64")))
    rows = metrics.summary(posts, "tier", rate="er_by_reach")
    assert rows["posts"].tolist() == [2, 1]
    assert rows["pooled"].tolist() == [60 / 300, 0.5]
    assert rows["median"].tolist() == pytest.approx([0.25, 0.5])
    assert metrics.summary(posts, "tier", rate="er_by_views").empty


def test_each_rate_that_the_exports_carry_has_rows_and_the_others_none():
    posts = metrics.per_post(five_posts().assign(reach=500, views=1_000))
    rows = metrics.by_rate(posts)
    assert rows["rate"].tolist() == ["er_by_reach"] * 2 + ["er_by_views"] * 2
    assert rows["pooled"].tolist() == [0.2, 1.0, 0.1, 0.5]
    assert metrics.by_rate(metrics.per_post(five_posts())).empty
    assert set(rows[[*metrics.QUANTILES, "mean", "pooled", "mean_low"]].dtypes) == {np.dtype("float64")}


def test_an_unknown_rate_names_the_nearest():
    with pytest.raises(InputError, match="unknown rate 'er_by_reech'; did you mean 'er_by_reach'"):
        metrics.summary(metrics.per_post(five_posts()), rate="er_by_reech")


def test_the_comment_share_of_a_set_is_a_ratio_of_sums_over_posts_with_known_comments():
    rows = metrics.summary(metrics.per_post(five_posts()))
    assert rows["comment_share"].tolist() == [5 / 60, 100 / 500]
    assert rows["comments_known"].tolist() == [2, 1]


def test_a_set_without_known_comments_says_so_and_one_without_engagement_does_not():
    off = metrics.summary(metrics.per_post(five_posts().assign(comments=pd.NA)))
    assert off["comments_known"].tolist() == [0, 0]
    assert off["comment_share"].isna().all()
    silent = metrics.summary(metrics.per_post(five_posts().assign(likes=0, comments=0))).iloc[0]
    assert silent["comments_known"] == 3
    assert math.isnan(silent["comment_share"])


def test_the_intervals_of_one_post_each_are_those_of_independent_values():
    """Standard errors: s / sqrt(n) for the mean, sqrt(8 signs / 4 * 9 / 8) / 9 = 1/6 for the rank."""
    rates = np.array([0.01, 0.02, 0.03, 0.05, 0.06, 0.09, 0.10, 0.14, 0.22])
    row = metrics.summary(rated(rates, list("abcdefghi"))).iloc[0]
    t = 2.3060041350333704  # 97.5 % point, 8 degrees of freedom
    factor = math.exp(t * rates.std(ddof=1) / 3 / rates.mean())
    assert row["mean_high"] == pytest.approx(rates.mean() * factor)
    assert row["mean_low"] == pytest.approx(rates.mean() / factor)
    assert row["median_low"] == pytest.approx(np.quantile(rates, 0.5 - t / 6))
    assert row["median_high"] == pytest.approx(np.quantile(rates, 0.5 + t / 6))


def test_repeating_every_post_does_not_narrow_the_mean_interval():
    rates = np.array([0.01, 0.02, 0.03, 0.05, 0.06])
    once = metrics.summary(rated(rates, list("abcde"))).iloc[0]
    four_times = metrics.summary(rated(np.tile(rates, 4), list("abcde") * 4)).iloc[0]
    assert four_times["mean_low"] == pytest.approx(once["mean_low"])
    assert four_times["mean_high"] == pytest.approx(once["mean_high"])


@pytest.mark.slow
def test_intervals_cover_the_truth_although_creators_post_several_times():
    random = np.random.default_rng(20)
    covered = np.zeros((400, 2))
    for draw in covered:
        creator = np.repeat(np.arange(30), random.integers(1, 13, 30))
        noise = 0.8 * random.normal(size=30)[creator] + 0.5 * random.normal(size=len(creator))
        row = metrics.summary(rated(0.04 * np.exp(noise), creator)).iloc[0]
        mean = 0.04 * math.exp((0.8**2 + 0.5**2) / 2)
        draw[:] = (
            row["median_low"] <= 0.04 <= row["median_high"],
            row["mean_low"] <= mean <= row["mean_high"],
        )
    median, mean = covered.mean(axis=0)
    assert 0.92 < median < 0.99  # nominal .95, standard error .011; independent posts would give about .63
    assert 0.87 < mean < 0.98  # a heavy right tail costs some; independent posts would give about .54


def test_equal_posts_have_an_interval_of_no_width():
    row = metrics.summary(rated([0.03] * 8, list("abcdabcd"))).iloc[0]
    for name in ("median_low", "median_high", "mean_low", "mean_high", "pooled", "p5", "p95"):
        assert row[name] == pytest.approx(0.03)


def test_posts_nobody_engaged_with_are_summed_up_without_a_warning():
    row = metrics.summary(rated([0.0] * 4, list("abcd"))).iloc[0]
    assert row[["mean", "mean_low", "mean_high", "median_high", "pooled"]].tolist() == [0.0] * 5


def test_no_posts_give_no_rows_but_the_columns():
    posts = metrics.per_post(five_posts())
    hidden = posts.assign(er=np.nan)
    assert metrics.summary(hidden).empty
    assert list(metrics.summary(hidden).columns) == list(metrics.summary(posts).columns)


def test_tiers_come_in_their_order_and_not_the_alphabets():
    posts = rated([0.01, 0.02, 0.03], list("abc"), followers=[2e6, 2e5, 2e3], tier=None)
    assert metrics.summary(posts)["tier"].tolist() == ["nano", "macro", "mega"]


def trapped():
    """Six posts of three creators: hidden likes, no comments, viral, nobody, and gaps of every band."""
    posts = pd.DataFrame(
        {"creator": list("aabbcc"), "niche": "food", "followers": [100] * 6,
         "likes": pd.array([None, 5, 101, 0, 5, 5], dtype="Int64"),
         "comments": pd.array([1, None, 0, 0, 0, 0], dtype="Int64"),
         "reach": pd.array([None, 4, 200, 9, 5, None], dtype="Int64"),
         "followers_gap_days": [30.0, 90.0, -91.0, 366.0, math.nan, math.nan]}
    )  # fmt: skip
    return metrics.per_post(posts)


def test_traps_are_counted_by_hand_with_what_is_done_about_them():
    rows = metrics.traps(trapped())
    assert rows["posts"].tolist() == [1, 1, 1, 1, 2, 2, 1]
    assert rows["creators"].tolist() == [1, 1, 1, 1, 1, 1, 1]
    assert rows["share"].tolist() == pytest.approx([1 / 6] * 4 + [2 / 6] * 2 + [1 / 6])
    assert rows["trap"].tolist() == list(metrics.HANDLING)
    assert rows["handling"].str.len().gt(10).all()
    assert metrics.traps(trapped().iloc[:0])["share"].tolist() == [0.0] * 7


def test_each_band_of_follower_age_has_its_median():
    rows = metrics.by_gap(trapped())
    assert rows["gap"].tolist() == list(metrics.BANDS)
    assert rows["posts"].tolist() == [1, 1, 1, 1, 2]
    assert math.isnan(rows["median"][0])
    assert rows["median"].tolist()[1:] == [0.05, 1.01, 0.0, 0.05]
    assert metrics.by_gap(trapped().tail(2))["gap"].tolist() == ["undated"]


def test_cost_per_engagement_is_a_ratio_of_sums_and_not_a_mean_of_ratios():
    assert metrics.ratio_of_sums([100, 100], [10, 1_000]) == 200 / 1_010
    assert metrics.ratio_of_sums([100, 50, 70], [10, np.nan, None]) == 10


def test_a_cost_without_any_engagement_is_infinite_and_nothing_over_nothing_unknown():
    assert metrics.ratio_of_sums([10, 5], [0, 0]) == math.inf
    assert math.isnan(metrics.ratio_of_sums([0], [0]))
    assert math.isnan(metrics.ratio_of_sums([], []))


def test_sums_of_different_posts_are_not_divided():
    with pytest.raises(ValueError, match="2 numerators for 3 denominators"):
        metrics.ratio_of_sums([1, 2], [1, 2, 3])


few = settings(max_examples=examples(15))
counts = st.lists(
    st.tuples(st.integers(1, 10**8), st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 4)),
    min_size=1,
    max_size=30,
)


def posts_of(rows):
    followers, likes, comments, creator = zip(*rows, strict=True)
    return metrics.per_post(
        pd.DataFrame(
            {"creator": creator, "followers": followers, "likes": likes, "comments": comments}
        ).assign(niche="food")
    )


@few
@given(counts)
def test_rate_times_followers_is_engagements(rows):
    posts = posts_of(rows)
    assert np.allclose(posts["er"] * posts["followers"], posts["engagements"], rtol=1e-12)
    assert posts["comment_share"].dropna().between(0, 1).all()


@few
@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(1, 10**7)), min_size=1, max_size=30))
def test_cost_per_engagement_times_engagements_is_cost(rows):
    cost, engagements = map(np.array, zip(*rows, strict=True))
    assert metrics.ratio_of_sums(cost, engagements) * engagements.sum() == pytest.approx(cost.sum())


@few
@given(counts)
def test_every_statistic_lies_inside_the_rates_it_sums_up(rows):
    posts = posts_of(rows)
    row = metrics.summary(posts, by="niche").iloc[0]
    low, high = posts["er"].min(), posts["er"].max()
    slack = 1e-9 * high
    for name in ("p5", "p25", "median", "mean", "p75", "p95", "pooled"):
        assert low - slack <= row[name] <= high + slack
    assert row[["p5", "p25", "median", "p75", "p95"]].is_monotonic_increasing
    if row["creators"] >= metrics.LEAST_CREATORS:
        assert row["mean_low"] <= row["mean"] <= row["mean_high"]
        assert low - slack <= row["median_low"] <= row["median"] + slack
        assert row["median"] - slack <= row["median_high"] <= high + slack


@few
@given(counts, st.lists(st.integers(0, 10**6), min_size=30, max_size=30))
def test_rate_by_reach_times_reach_is_engagements_and_pooled_lies_between(rows, reach):
    posts = metrics.per_post(posts_of(rows).assign(reach=reach[: len(rows)]))
    reached = posts[posts["reach"] > 0]
    assert np.allclose(reached["er_by_reach"] * reached["reach"], reached["engagements"], rtol=1e-12)
    assert posts.loc[posts["reach"] == 0, "er_by_reach"].isna().all()
    found = metrics.summary(posts, by="niche", rate="er_by_reach")
    assert found["posts"].sum() == len(reached)
    low, high = reached["er_by_reach"].min(), reached["er_by_reach"].max()
    assert found["pooled"].between(low * (1 - 1e-9), high * (1 + 1e-9)).all()


@few
@given(counts, st.randoms(use_true_random=False))
def test_the_order_of_the_posts_does_not_matter(rows, random):
    posts, shuffled = posts_of(rows), posts_of(random.sample(rows, len(rows)))
    pd.testing.assert_frame_equal(metrics.summary(posts), metrics.summary(shuffled), rtol=1e-9)


@few
@given(counts, st.integers(2, 1_000))
def test_a_larger_audience_with_as_much_more_engagement_has_exactly_the_same_rates(rows, factor):
    scaled = [(f * factor, likes * factor, c * factor, creator) for f, likes, c, creator in rows]
    one, other = posts_of(rows), posts_of(scaled)
    assert one["er"].tolist() == other["er"].tolist()
    pd.testing.assert_frame_equal(
        metrics.summary(one, by="niche"), metrics.summary(other, by="niche"), rtol=1e-9
    )


@few
@given(counts, st.lists(st.booleans(), min_size=30, max_size=30))
def test_hidden_likes_never_count_as_zero(rows, hidden):
    posts = posts_of(rows)
    hide = np.array(hidden[: len(rows)])
    shy = metrics.per_post(posts.assign(likes=posts["likes"].astype("Int64").mask(hide)))
    assert shy.loc[hide, ["engagements", *metrics.RATES]].isna().all(axis=None)
    pd.testing.assert_frame_equal(metrics.summary(shy), metrics.summary(posts[~hide]))


@few
@given(counts)
def test_a_comment_share_is_a_share_and_viral_posts_are_those_above_the_followers(rows):
    posts = posts_of(rows)
    assert metrics.summary(posts, by="niche")["comment_share"].dropna().between(0, 1).all()
    assert (posts["viral"] == (posts["engagements"] > posts["followers"])).all()


def real_posts():
    accounts = pd.read_csv(REAL / "accounts.tsv", sep="\t").rename(
        columns={"Username": "creator", "Category": "niche", "#Followers": "followers"}
    )
    posts = pd.read_csv(REAL / "posts.csv").rename(
        columns={"influencer_profile": "creator", "nb_likes": "likes", "nb_comments": "comments"}
    )
    return metrics.per_post(posts.merge(accounts, on="creator", validate="many_to_one"))


@pytest.mark.skipif(not REAL.exists(), reason="the real posts lie beside a developer's checkout only")
def test_real_posts_have_the_published_distribution_by_tier():
    """Half of the accounts of model.md D1: the halves' standard error of the difference is se / sqrt 2.

    Quantiles are compared by rank, with the creators as the effective number; 4 standard errors, and the
    rounding of the published figures.
    """
    posts = real_posts()
    rows = metrics.summary(posts).set_index("tier")
    for tier, (p5, p25, median, mean, p75, p95, pooled) in PUBLISHED.items():
        row, er = rows.loc[tier], posts.loc[posts["tier"] == tier, "er"]
        for at, figure in ((0.05, p5), (0.25, p25), (0.5, median), (0.75, p75), (0.95, p95)):
            reach = 4 * math.sqrt(at * (1 - at) / row["creators"] / 2)
            low, high = er.quantile([max(at - reach, 0), min(at + reach, 1)])
            assert low - 5e-5 <= figure / 100 <= high + 5e-5, (tier, at)
        se = math.log(row["mean_high"] / row["mean"]) / 1.96
        for name, figure in (("mean", mean), ("pooled", pooled)):
            assert abs(math.log(row[name] / (figure / 100))) < 4 * se / math.sqrt(2) + 0.002, (tier, name)
