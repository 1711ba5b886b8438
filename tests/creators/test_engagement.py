"""Proves the engagement model's headline spreads against a dense likelihood, closed forms and known truth;
that its creators are pulled to creators alike as they should; that what cannot be measured is published
and said so; and that odd rosters get sensible answers without a warning. test_engagement_shape.py
proves the forecasts.
"""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from draws import examples
from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.creators import engagement, metrics
from nanospread.creators.engagement import random_effects

REAL = paths.ROOT.parent / "shared" / "data" / "real"
SPREADS = ["sd_between", "sd_within", "icc", "sd_niche"]
NUMBERS = ["log_mean_raw", "er_raw", "er", "er_low", "er_high", "shrinkage", "log_mean", "log_sd", "sd_post"]
START = pd.Timestamp("2026-09-01", tz="UTC")


def roster_of(followers, niche="food"):
    names = [f"creator_{at:05d}" for at in range(len(followers))]
    return pd.DataFrame(
        {"creator": names, "niche": niche, "followers": np.asarray(followers, dtype=np.int64)}
    )


def posts_of(roster, code, y):
    """Return posts whose log ER is exactly y; `code` is each post's row in the roster."""
    posts = dated(roster, code)
    engagements = posts["followers"] * np.exp(np.asarray(y, dtype=float)) - 0.5
    return posts.assign(engagements=engagements, er=engagements / posts["followers"])


def dated(roster, code):
    """Return a row for each post, a creator's posts three days apart in the order given."""
    posts = roster.iloc[code].reset_index(drop=True)
    turn = posts.groupby("creator").cumcount()
    return posts.assign(
        post=[f"p{at:06d}" for at in posts.index], posted_at=START + pd.to_timedelta(3 * turn, unit="D")
    )


def counted(roster, code, engagements):
    posts = dated(roster, code)
    likes = pd.array(engagements, dtype="Int64")
    return metrics.per_post(posts.assign(likes=likes, comments=pd.array([0] * len(code), dtype="Int64")))


def drawn(random, creators, most_posts, *, between=0.8, within=0.5):
    """Return code, true creator means and log ER of normal posts around -3.3, one niche."""
    code = np.repeat(np.arange(creators), random.integers(1, most_posts + 1, creators))
    truth = -3.3 + between * random.normal(size=creators)
    return code, truth, truth[code] + within * random.normal(size=len(code))


def unbalanced():
    """Return 40 creators of two niches over a decade of followers with 1-5 posts each, seeded."""
    random = np.random.default_rng(7)
    roster = roster_of(random.integers(1_000, 10_000, 40), ["food", "pet"] * 20)
    code, _, y = drawn(random, 40, 5)
    y = y - 0.3 * np.log(roster["followers"].to_numpy()[code] / 4_000) + 0.4 * (code % 2)
    return roster, code, y


class Dense:
    """The same model with the full N x N covariance: slow, plain, and independent of the package."""

    def __init__(self, roster, code, y):
        ones = np.ones(len(roster))
        self.creator_x = np.column_stack(
            [ones, np.log(roster["followers"]), (roster["niche"] == "pet").astype(float)]
        )
        self.z = np.eye(len(roster))[code]
        self.x, self.y = self.creator_x[code], y

    def covariance(self, between, within):
        return between**2 * self.z @ self.z.T + within**2 * np.eye(len(self.y))

    def deviance(self, logs):
        inverse = np.linalg.inv(covariance := self.covariance(*np.exp(logs)))
        gram = self.x.T @ inverse @ self.x
        residual = self.y - self.x @ np.linalg.solve(gram, self.x.T @ inverse @ self.y)
        determinants = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(gram)[1]
        return determinants + residual @ inverse @ residual

    def best(self):
        options = {"xatol": 1e-9, "fatol": 1e-11, "maxiter": 2_000}
        found = optimize.minimize(self.deviance, np.log([0.7, 0.6]), method="Nelder-Mead", options=options)
        return np.exp(found.x)


def test_spreads_maximise_the_dense_restricted_likelihood():
    roster, code, y = unbalanced()
    model = engagement.fit(posts_of(roster, code, y), roster)
    between, within = Dense(roster, code, y).best()
    assert model.sd_between == pytest.approx(between, rel=1e-5)
    assert model.sd_within == pytest.approx(within, rel=1e-5)
    assert model.icc == pytest.approx(between**2 / (between**2 + within**2), rel=1e-5)


AT_BATS = [
    *(0.400, 0.378, 0.356, 0.333, 0.311, 0.311, 0.289, 0.267, 0.244),
    *(0.244, 0.222, 0.222, 0.222, 0.222, 0.222, 0.200, 0.178, 0.156),
]
SEASON = [
    *(0.346, 0.298, 0.276, 0.222, 0.273, 0.270, 0.263, 0.210, 0.269),
    *(0.230, 0.264, 0.256, 0.303, 0.264, 0.226, 0.285, 0.316, 0.200),
]


def test_eighteen_batters_are_shrunk_as_efron_and_morris_published():
    """model.md V11. REML's weight on the mean is (k - 1) / (k - 3) of the James-Stein estimator's."""
    first, season = np.array(AT_BATS), np.array(SEASON)
    noise = first.mean() * (1 - first.mean()) / 45
    sums = random_effects.SufficientStatistics(np.ones(18), first, 0.0, np.ones((18, 1)))
    found = random_effects.reml(sums, least_within=noise, most_within=noise)
    kept = 1 - (15 / 17) * found.within / (found.within + found.between)
    assert kept == pytest.approx(0.2117, abs=1e-3)
    shrunk = first.mean() + kept * (first - first.mean())
    raw_error, error = (float(np.square(rate - season).sum()) for rate in (first, shrunk))
    assert raw_error == pytest.approx(0.0753, rel=0.03)
    assert error == pytest.approx(0.0213, rel=0.03)
    assert raw_error / error == pytest.approx(3.53, rel=0.03)


def test_with_as_many_posts_each_the_spreads_are_those_of_the_analysis_of_variance():
    random = np.random.default_rng(1)
    roster, code = roster_of([5_000] * 20), np.repeat(np.arange(20), 3)
    y = -3 + 0.8 * random.normal(size=20)[code] + 0.5 * random.normal(size=60)
    model = engagement.fit(posts_of(roster, code, y), roster)
    table = y.reshape(20, 3)
    inside, across = table.var(axis=1, ddof=1).mean(), 3 * table.mean(axis=1).var(ddof=1)
    assert model.sd_within == pytest.approx(math.sqrt(inside), rel=1e-6)
    assert model.sd_between == pytest.approx(math.sqrt((across - inside) / 3), rel=1e-6)
    assert model.coefficients["intercept"] == pytest.approx(y.mean())


def test_creators_who_differ_less_than_their_posts_have_no_spread_between_them():
    roster, code = roster_of([5_000] * 60), np.repeat(np.arange(60), 6)
    y = np.tile([-3.0, -4.0, -4.0, -3.0, -3.0, -4.0, -4.0, -3.0, -3.0, -4.0, -4.0, -3.0], 30)
    model = engagement.fit(posts_of(roster, code, y), roster)
    assert model.sd_between == 0.0
    assert model.icc == 0.0
    assert model.sd_within == pytest.approx(math.sqrt(360 * 0.25 / 359))
    assert (model.creators["shrinkage"] > 0.85).all()
    assert model.creators["er"].to_numpy() == pytest.approx([math.exp(-3.5)] * 60, rel=0.05)


def test_spreads_and_slopes_of_a_known_truth_are_found_within_four_standard_errors():
    random = np.random.default_rng(11)
    followers = np.exp(random.uniform(np.log(1_000), np.log(1_000_000), 4_000))
    roster = roster_of(followers, random.choice(["food", "pet", "travel"], 4_000, p=[0.5, 0.3, 0.2]))
    code, _, y = drawn(random, 4_000, 6)
    size = np.log(roster["followers"].to_numpy())
    slopes = {"nano": -0.3, "micro": -0.1, "macro": 0.1}
    level = -0.3 * np.minimum(size, math.log(1e4)) - 0.1 * np.clip(size - math.log(1e4), 0, math.log(10))
    level += 0.1 * np.maximum(size - math.log(1e5), 0) + 0.25 * (roster["niche"] == "pet").to_numpy()
    model = engagement.fit(posts_of(roster, code, y + level[code]), roster)
    se = pd.Series(np.sqrt(np.diag(model.covariance)), model.coefficients.index)
    truth = {f"log_followers[{tier}]": slope for tier, slope in slopes.items()}
    for name, value in (truth | {"niche[pet]": 0.25, "niche[travel]": 0.0}).items():
        assert abs(model.coefficients[name] - value) < 4 * se[name], name
        assert se[name] < 0.1
    assert abs(model.sd_between - 0.8) < 4 * model.sd_between_se < 0.06
    assert abs(model.sd_within - 0.5) < 4 * model.sd_within_se < 0.03
    assert model.sd_niche == pytest.approx(0.25 * math.sqrt(0.3 * 0.7), abs=0.03)


@pytest.mark.slow
def test_the_standard_errors_of_the_spreads_are_those_of_repeated_samples():
    random = np.random.default_rng(3)
    roster = roster_of([5_000] * 60)
    found = []
    for _ in range(150):
        code, _, y = drawn(random, 60, 4)
        model = engagement.by_tier(posts_of(roster, code, y), roster).iloc[0]
        found.append([model[name] for name in ("sd_between", "sd_within", "sd_between_se", "sd_within_se")])
    between, within, between_se, within_se = np.array(found).T
    # the sd of 150 draws has a relative standard error of 6 %; four of them, and the delta method's own error
    assert between_se.mean() == pytest.approx(between.std(ddof=1), rel=0.25)
    assert within_se.mean() == pytest.approx(within.std(ddof=1), rel=0.25)
    assert abs(between.mean() - 0.8) < 4 * between.std(ddof=1) / math.sqrt(150) + 0.01


def test_eighty_percent_intervals_hold_eighty_percent_of_the_true_rates():
    random = np.random.default_rng(5)
    roster = roster_of([5_000] * 4_000)
    code, truth, y = drawn(random, 4_000, 4)
    creators = engagement.fit(posts_of(roster, code, y), roster).creators
    inside = (creators["er_low"] <= np.exp(truth)) & (np.exp(truth) <= creators["er_high"])
    assert abs(inside.mean() - 0.8) < 4 * math.sqrt(0.8 * 0.2 / 4_000)


def test_more_posts_mean_less_shrinkage_and_a_narrower_interval():
    random = np.random.default_rng(13)
    roster = roster_of([5_000] * 300)
    code, _, y = drawn(random, 300, 6)
    creators = engagement.fit(posts_of(roster, code, y), roster).creators
    by_posts = creators.groupby("n_posts")[["shrinkage", "log_sd"]].mean()
    assert by_posts["shrinkage"].is_monotonic_decreasing
    assert by_posts["log_sd"].is_monotonic_decreasing


def test_a_posterior_lies_between_the_creators_own_posts_and_what_is_expected_of_creators_alike():
    roster, code, y = unbalanced()
    model = engagement.fit(posts_of(roster, code, y), roster)
    alike = engagement.expected(model, roster.assign(creator=[f"new_{at}" for at in range(40)]))["log_mean"]
    own = pd.Series(y).groupby(code)
    ends = pd.DataFrame({"low": own.min(), "high": own.max(), "alike": alike})
    assert model.creators["log_mean"].between(ends.min(axis=1), ends.max(axis=1)).all()


def test_one_post_each_takes_the_published_within_spread_and_says_so():
    random = np.random.default_rng(2)
    roster = roster_of([5_000] * 25)
    y = -3 + random.normal(size=25)
    model = engagement.fit(posts_of(roster, np.arange(25), y), roster)
    assert (model.sd_within, model.sd_within_basis) == (0.5, "published")
    assert math.isnan(model.sd_within_se)
    assert model.sd_between_basis == "measured"
    assert model.sd_between == pytest.approx(math.sqrt(y.var(ddof=1) - 0.25), rel=1e-6)
    assert math.isfinite(model.sd_between_se)


def test_one_creator_takes_the_published_between_spread_and_says_so():
    roster = roster_of([5_000])
    y = np.array([-3.0, -3.4, -2.9, -3.1, -3.3, -2.8, -3.2])
    model = engagement.fit(posts_of(roster, [0] * 7, y), roster)
    assert (model.sd_between, model.sd_between_basis) == (0.8, "published")
    assert (model.sd_within, model.sd_within_basis) == (pytest.approx(y.std(ddof=1)), "measured")
    assert abs(model.creators.loc[0, "log_mean"] - y.mean()) < 0.05


def test_one_post_of_one_creator_is_a_model_too():
    roster = roster_of([5_000])
    model = engagement.fit(posts_of(roster, [0], [-3.0]), roster)
    assert (model.sd_between_basis, model.sd_within_basis) == ("published", "published")
    assert model.creators.loc[0, "er"] == pytest.approx(math.exp(-3.0))
    assert model.creators.loc[0, "log_sd"] == pytest.approx(0.47, abs=0.05)
    new = engagement.expected(model, roster.assign(creator="new"))
    assert new.loc[0, "log_mean"] == pytest.approx(-3.0)
    assert new.loc[0, "log_sd"] == pytest.approx(math.sqrt(0.8**2 + 0.8**2 + 0.5**2), rel=0.05)


def finite(model):
    creators = model.creators
    return (
        np.isfinite(creators[NUMBERS].to_numpy()).all()
        and all(math.isfinite(getattr(model, name)) for name in SPREADS)
        and creators["shrinkage"].between(0, 1).all()
        and (creators["er_low"] <= creators["er"]).all()
        and (creators["er"] <= creators["er_high"]).all()
    )


def test_posts_all_equal_keep_the_noise_of_counting():
    roster = roster_of([5_000] * 12)
    model = engagement.fit(counted(roster, np.repeat(np.arange(12), 3), [99] * 36), roster)
    assert finite(model)
    assert model.sd_within == pytest.approx(0.1)  # sqrt(1 / (99 + 1))
    assert model.sd_between == 0.0
    assert model.creators["er"].tolist() == pytest.approx([99.5 / 5_000] * 12)


def test_creators_who_never_vary_keep_their_own_rate():
    roster = roster_of([5_000] * 12)
    engagements = np.repeat(np.arange(100, 1_300, 100), 4)
    model = engagement.fit(counted(roster, np.repeat(np.arange(12), 4), engagements), roster)
    assert finite(model)
    assert model.sd_within == pytest.approx(math.sqrt(1 / 651))
    assert model.creators["er"].to_numpy() == pytest.approx(model.creators["er_raw"].to_numpy(), rel=0.01)


def test_posts_nobody_engaged_with_give_a_small_rate_and_not_none():
    roster = roster_of([1_000, 2_000, 4_000, 8_000, 3_000, 5_000])
    nothing = engagement.fit(counted(roster, np.repeat(np.arange(6), 2), [0] * 12), roster)
    assert finite(nothing)
    assert (nothing.creators["er"] > 0).all()
    one = engagement.fit(counted(roster, np.repeat(np.arange(6), 2), [0, 0, *[80, 120] * 5]), roster)
    assert finite(one)
    assert one.creators["er"].idxmin() == 0
    assert one.creators.loc[0, "er"] > one.creators.loc[0, "er_raw"]


def test_hidden_likes_are_left_out():
    roster, code, y = unbalanced()
    posts = posts_of(roster, code, y)
    hidden = posts.head(1).assign(creator="creator_00039", engagements=np.nan, er=np.nan)
    with_hidden = engagement.fit(pd.concat([posts, hidden], ignore_index=True), roster)
    without = engagement.fit(posts, roster)
    assert with_hidden.n_posts == without.n_posts == len(y)
    pd.testing.assert_frame_equal(with_hidden.creators, without.creators)


def test_a_creator_whose_likes_are_all_hidden_has_the_prior():
    roster, code, y = unbalanced()
    posts = posts_of(roster, code, y)
    gone = roster["creator"].iloc[3]
    model = engagement.fit(posts.assign(er=posts["er"].mask(posts["creator"] == gone)), roster)
    assert gone not in set(model.creators["creator"])
    assert model.n_creators == 39
    assert engagement.expected(model, roster)["log_sd"].iloc[3] > model.sd_between


def test_a_niche_that_exists_in_one_tier_only_is_not_counted_twice():
    """All pet creators have 50,000 followers, all others 5,000: size and niche cannot be told apart."""
    random = np.random.default_rng(4)
    roster = roster_of([5_000] * 40 + [50_000] * 40, ["food"] * 40 + ["pet"] * 40)
    code, _, y = drawn(random, 80, 4)
    model = engagement.fit(posts_of(roster, code, y - 1.0 * (code >= 40)), roster)
    assert finite(model)
    assert list(model.coefficients.index) == ["intercept", "log_followers[nano]"]
    means = engagement.expected(model, roster.assign(creator="new"))["log_mean"]
    assert means.iloc[60] - means.iloc[0] == pytest.approx(-1.0, abs=4 * 0.21)


def test_a_sparse_niche_and_a_sparse_tier_get_no_coefficient_of_their_own():
    roster, code, y = unbalanced()
    roster.loc[:2, "niche"] = "travel"
    roster.loc[3, "followers"] = 2_000_000
    model = engagement.fit(posts_of(roster, code, y), roster)
    assert finite(model)
    assert list(model.coefficients.index) == ["intercept", "log_followers[nano to mega]", "niche[food]"]


def test_a_roster_too_small_for_a_slope_has_a_level_only():
    random = np.random.default_rng(6)
    roster = roster_of(random.integers(500, 2_000_000, 20))
    code, _, y = drawn(random, 20, 4)
    model = engagement.fit(posts_of(roster, code, y), roster)
    assert finite(model)
    assert list(model.coefficients.index) == ["intercept"]


def test_known_creators_are_expected_as_their_posterior_and_in_the_order_asked():
    roster, code, y = unbalanced()
    model = engagement.fit(posts_of(roster, code, y), roster)
    asked = roster.iloc[[7, 2]].assign(niche="never seen", followers=1)
    found = engagement.expected(model, asked)
    assert found.index.tolist() == [7, 2]
    known = model.creators.loc[[7, 2], ["creator", "log_mean", "log_sd", "sd_post"]]
    pd.testing.assert_frame_equal(found.drop(columns="sd_alike"), known, check_names=False)


def test_an_unknown_creator_is_less_sure_and_one_of_an_unseen_niche_least():
    roster, code, y = unbalanced()
    model = engagement.fit(posts_of(roster, code, y), roster)
    new = pd.DataFrame({"creator": ["x", "y"], "niche": ["pet", "never seen"], "followers": [4_000, 4_000]})
    seen, unseen = engagement.expected(model, new)["log_sd"]
    assert model.creators["log_sd"].max() < model.sd_between < seen < unseen
    assert model.sd_niche > 0


def test_an_unseen_or_sparse_niche_is_expected_as_the_average_creators():
    roster, code, y = unbalanced()
    roster["niche"] = ["food"] * 20 + ["pet"] * 10 + ["travel"] * 6 + ["sparse"] * 4
    model = engagement.fit(posts_of(roster, code, y), roster)
    new = pd.DataFrame({"creator": list("abcde"), "followers": 4_000}).assign(
        niche=["food", "pet", "travel", "sparse", "never seen"]
    )
    food, pet, travel, sparse, unseen = engagement.expected(model, new)["log_mean"]
    assert unseen == pytest.approx((20 * food + 10 * pet + 6 * travel) / 36)
    assert sparse == pytest.approx(unseen)


def test_a_slope_is_not_stretched_beyond_the_followers_seen():
    roster, code, y = unbalanced()
    model = engagement.fit(posts_of(roster, code, y), roster)
    followers = [roster["followers"].max(), 500_000, 80_000_000]
    new = pd.DataFrame({"creator": ["x", "y", "z"], "niche": "food", "followers": followers})
    found = engagement.expected(model, new)
    assert found["log_mean"].nunique() == 1
    assert found["log_sd"].nunique() == 1


def test_the_expected_rate_does_not_jump_at_a_tier_boundary():
    random = np.random.default_rng(8)
    roster = roster_of(np.exp(random.uniform(np.log(2_000), np.log(50_000), 300)))
    code, _, y = drawn(random, 300, 3)
    model = engagement.fit(posts_of(roster, code, y), roster)
    new = pd.DataFrame({"creator": ["x", "y"], "niche": "food", "followers": [9_999, 10_000]})
    below, above = engagement.expected(model, new)["log_mean"]
    assert below == pytest.approx(above, abs=1e-4)
    assert model.coefficients["log_followers[nano]"] != model.coefficients["log_followers[micro]"]


def test_nobody_to_expect_is_no_row():
    roster, code, y = unbalanced()
    found = engagement.expected(engagement.fit(posts_of(roster, code, y), roster), roster.head(0))
    assert list(found.columns) == ["creator", "log_mean", "log_sd", "sd_post", "sd_alike"]
    assert found.empty


def test_no_rated_post_is_a_clear_error():
    roster, code, y = unbalanced()
    posts = posts_of(roster, code, y).assign(er=np.nan)
    with pytest.raises(InputError, match="no post has an engagement rate"):
        engagement.fit(posts, roster)


def test_a_creator_outside_the_roster_is_named():
    roster, code, y = unbalanced()
    with pytest.raises(
        InputError, match="2 creators of the posts not in the roster; the first is 'creator_00001'"
    ):
        engagement.fit(posts_of(roster, code, y), roster.drop(index=[1, 5]))


def test_a_creator_without_followers_is_not_expected():
    roster, code, y = unbalanced()
    model = engagement.fit(posts_of(roster, code, y), roster)
    with pytest.raises(InputError, match="followers of 'x': 0; must be 1 or more"):
        engagement.expected(model, pd.DataFrame({"creator": ["x"], "niche": ["food"], "followers": [0]}))


small = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 5_000), st.sampled_from([800, 3_000, 20_000, 5_000_000])),
    min_size=1,
    max_size=40,
)


def small_case(rows):
    code, engagements, _ = map(list, zip(*rows, strict=True))
    followers = [3_000] * 10
    for creator, _, size in rows:
        followers[creator] = size
    roster = roster_of(followers, ["food", "pet"] * 5)
    return counted(roster, code, engagements), roster


@settings(max_examples=examples(12))
@given(small)
def test_whatever_the_posts_every_number_is_finite(rows):
    posts, roster = small_case(rows)
    model = engagement.fit(posts, roster)
    assert finite(model)
    assert np.isfinite(engagement.expected(model, roster)[["log_mean", "log_sd"]].to_numpy()).all()


@settings(max_examples=examples(8))
@given(small, st.randoms(use_true_random=False))
def test_the_order_of_posts_and_roster_does_not_matter(rows, random):
    posts, roster = small_case(rows)
    one = engagement.fit(posts, roster)
    shuffled = posts.iloc[random.sample(range(len(posts)), len(posts))]
    other = engagement.fit(shuffled, roster.iloc[::-1])
    pd.testing.assert_frame_equal(one.creators, other.creators, rtol=1e-4, atol=1e-6)


def test_twice_the_engagement_moves_the_level_and_no_spread():
    roster, code, y = unbalanced()
    one = engagement.fit(posts_of(roster, code, y), roster)
    other = engagement.fit(posts_of(roster, code, y + math.log(2)), roster)
    assert other.sd_between == pytest.approx(one.sd_between, rel=1e-6)
    assert other.sd_within == pytest.approx(one.sd_within, rel=1e-6)
    assert (other.creators["er"] / one.creators["er"]).to_numpy() == pytest.approx([2.0] * 40, rel=1e-6)


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="the real posts lie beside a developer's checkout only")
def test_real_posts_have_the_published_spreads_and_slopes():
    """model.md D1 and D2; half of the accounts, so 4 standard errors of ours."""
    accounts = pd.read_csv(REAL / "accounts.tsv", sep="\t")
    roster = accounts.rename(columns={"Username": "creator", "Category": "niche", "#Followers": "followers"})
    posts = pd.read_csv(REAL / "posts.csv").rename(
        columns={
            "shortcode": "post",
            "influencer_profile": "creator",
            "nb_likes": "likes",
            "nb_comments": "comments",
        }
    )
    posts["posted_at"] = pd.to_datetime(posts["posted_at"], utc=True)
    posts = metrics.per_post(posts.merge(roster, on="creator", validate="many_to_one"))
    nano = engagement.fit(posts[posts["tier"] == "nano"], roster)
    assert 0.70 < nano.sd_between < 0.95
    assert 0.45 < nano.sd_within < 0.62
    assert abs(nano.sd_within - 0.546) < 4 * nano.sd_within_se  # niche mean removed, D2
    slope_se = math.sqrt(nano.covariance.loc["log_followers[nano]", "log_followers[nano]"])
    assert abs(nano.coefficients["log_followers[nano]"] + 0.304) < 4 * slope_se  # D1
    every = engagement.fit(posts, roster)
    slopes = every.coefficients.filter(like="log_followers")
    assert list(slopes.index) == [f"log_followers[{tier}]" for tier in ("nano", "micro", "macro", "mega")]
    assert slopes.iloc[0] < slopes.iloc[1] < slopes.iloc[2] < 0.05  # the premium sits among the smallest
    assert every.coefficients["niche[other]"] == every.coefficients.filter(like="niche").min()
