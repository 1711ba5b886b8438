"""Proves the forecast model: the filter and the posterior against dense matrices, the gradient against
numeric ones, mixtures against scipy and closed forms; and on synthetic truth that its variance components are
found and its intervals hold what they claim, that an outlier has bounded influence, and that recent posts say
more than old ones."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, special, stats

from draws import examples, replicates
from nanospread.core.errors import InputError
from nanospread.creators import engagement
from nanospread.creators.engagement import posterior, variance_model
from nanospread.creators.engagement.posterior import Mixture

REPLICATES = replicates(40)
TRUTH = variance_model.Shape(trend=0.0, level=0.6, noise=0.4, spread=0.35, drift=1.0, memory=1.0)
ORIGIN = pd.Timestamp("2026-01-01", tz="UTC")


def post_variance(shape):
    """Return the mean noise variance over creators: noise^2 exp(2 spread^2), as the nodes have it."""
    return float(variance_model.WEIGHTS @ shape.node_variances)


def rows(random, n=(3, 1, 5, 2)):
    """Return posts of a few creators at uneven times."""
    n = np.array(n)
    years = np.concatenate([np.sort(random.uniform(-1, 1, size)) for size in n])
    residual = random.normal(size=n.sum())
    columns = np.stack([residual, np.ones(n.sum()), years])
    return variance_model.Posts(columns, years, np.cumsum(n) - n, n)


def dense(posts, at, *, drift, memory):
    """Return the columns, times and covariance of creator `at`, in units of its noise variance."""
    here = slice(posts.start[at], posts.start[at] + posts.n[at])
    years = posts.years[here]
    apart = np.abs(years[:, None] - years[None, :])
    return posts.columns[:, here], years, np.eye(len(years)) + drift * np.exp(-apart / memory)


def test_the_filter_gives_the_products_of_the_dense_covariance():
    posts = rows(np.random.default_rng(1))
    found = variance_model.kalman_filter(posts, drift=2.0, memory=0.4)
    for at in range(4):
        columns, _, covariance = dense(posts, at, drift=2.0, memory=0.4)
        inverse = np.linalg.inv(covariance)
        assert found.products[:, :, at] == pytest.approx(columns @ inverse @ columns.T)
        assert found.log_determinant[at] == pytest.approx(np.linalg.slogdet(covariance)[1])


def test_the_filters_last_state_is_the_dense_forecast_of_the_drift():
    posts = rows(np.random.default_rng(2))
    found = variance_model.kalman_filter(posts, drift=2.0, memory=0.4)
    for at in range(4):
        columns, years, covariance = dense(posts, at, drift=2.0, memory=0.4)
        toward = 2.0 * np.exp(-(years[-1] - years) / 0.4) @ np.linalg.inv(covariance)
        assert found.state[:, at] == pytest.approx(columns @ toward)
        left = 2.0 - toward @ (2.0 * np.exp(-(years[-1] - years) / 0.4))
        assert found.variance[at] == pytest.approx(left)


def test_the_likelihood_is_that_of_the_dense_normal_over_the_nodes():
    posts = rows(np.random.default_rng(3))
    tilted = dataclasses.replace(TRUTH, trend=0.3)
    value = variance_model._nodes(posts, np.ones(4), tilted).log_likelihood.sum()
    whole = 0.0
    for at in range(4):
        columns, years, unit = dense(posts, at, drift=TRUTH.drift, memory=TRUTH.memory)
        covariances = [s2 * unit + TRUTH.level**2 for s2 in TRUTH.node_variances]
        y = columns[0] - 0.3 * years
        densities = [stats.multivariate_normal.logpdf(y, cov=cov) for cov in covariances]
        whole += special.logsumexp(densities, b=variance_model.WEIGHTS) + len(y) / 2 * math.log(2 * math.pi)
    assert value == pytest.approx(whole)


def test_the_gradient_is_that_of_finite_differences():
    posts = rows(np.random.default_rng(4), n=(3, 1, 5, 2, 4, 4))
    freedom = np.linspace(0.5, 1, 6)
    vector = variance_model._vector(dataclasses.replace(TRUTH, trend=0.2))
    slope = variance_model._likelihood(posts, freedom, vector)[1]
    numeric = optimize.approx_fprime(vector, lambda v: variance_model._likelihood(posts, freedom, v)[0], 1e-6)
    assert slope == pytest.approx(numeric, rel=1e-3, abs=1e-3)


def test_a_forecast_is_the_dense_conditional_normal_at_every_node():
    """A post 0.3 years on, given all posts of the creator: conditioning of one big normal, node by node."""
    posts = rows(np.random.default_rng(5))
    level = variance_model.level_posterior(TRUTH, posts)
    known = posterior.Posterior(
        *(level.weight, level.mean, level.variance, level.own_weight, np.tile(TRUTH.node_variances, (4, 1))),
        *(level.filtered.state.T, level.filtered.variance, posts.years[posts.start + posts.n - 1]),
        *(np.zeros(4), np.zeros(4), np.zeros(4), np.full(4, TRUTH.drift), np.full(4, TRUTH.memory)),
    )
    ahead = posterior.level_at(known, known.last + 0.3)
    for at in range(4):
        columns, years, unit = dense(posts, at, drift=TRUTH.drift, memory=TRUTH.memory)
        kept = TRUTH.drift * np.exp(-(years[-1] + 0.3 - years) / TRUTH.memory)
        for node, s2 in enumerate(TRUTH.node_variances):
            toward = (s2 * kept + TRUTH.level**2) @ np.linalg.inv(s2 * unit + TRUTH.level**2)
            assert ahead.mean[at, node] == pytest.approx(toward @ columns[0])
            variance = s2 * (1 + TRUTH.drift) + TRUTH.level**2 - toward @ (s2 * kept + TRUTH.level**2)
            assert ahead.variance[at, node] + s2 == pytest.approx(variance)


# Mixtures


MIXED = Mixture(
    np.array([[0.3, 0.7], [1.0, 0.0]]), np.array([[0.0, 2.0], [1.0, 5.0]]), np.array([[1.0, 0.5]] * 2)
)


def test_one_component_is_the_normal():
    one = Mixture(np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1)))
    assert one.crps([0.0])[0] == pytest.approx(0.233695, abs=1e-6)  # model.md V15
    assert one.cdf([1.3])[0] == pytest.approx(stats.norm.cdf(1.3))
    assert one.quantile(0.975)[0] == pytest.approx(1.959964, abs=1e-6)


def test_crps_is_the_integral_of_its_definition():
    for y in (-1.0, 0.7, 4.0):
        for row in range(2):
            one = Mixture(MIXED.weight[[row]], MIXED.mean[[row]], MIXED.sd[[row]])
            below = integrate.quad(lambda x, one=one: one.cdf([x])[0] ** 2, -12, y)[0]
            above = integrate.quad(lambda x, one=one: (1 - one.cdf([x])[0]) ** 2, y, 15)[0]
            assert MIXED.crps([y, y])[row] == pytest.approx(below + above, abs=1e-6)


def test_moments_are_those_of_the_mixture():
    mean, sd = MIXED.moments()
    assert mean == pytest.approx([1.4, 1.0])
    assert sd[0] == pytest.approx(math.sqrt(0.3 * (1 + 1.4**2) + 0.7 * (0.25 + 0.6**2)))
    assert sd[1] == pytest.approx(1.0)


@settings(max_examples=examples(40))
@given(st.floats(0.001, 0.999), st.floats(-3, 3), st.floats(0.01, 4))
def test_quantile_and_cdf_are_inverse_of_each_other(p, shift, scale):
    mixed = Mixture(MIXED.weight, MIXED.mean * scale + shift, MIXED.sd * scale)
    assert mixed.cdf(mixed.quantile(p)) == pytest.approx([p, p], abs=1e-9)
    grid = mixed.quantile(np.array([[0.1, p, 0.95], [0.05, p, 0.5]]))
    assert grid[:, 1] == pytest.approx(mixed.quantile([p, p]))


# Synthetic truth


def synthetic(random, creators, most_posts, truth=TRUTH, *, span=1.0):
    """Return posts, roster and true levels at the newest post, drawn from the model itself.

    One more post of each creator is drawn, at the newest post's time: the future that a forecast is held to.
    """
    n = random.integers(1, most_posts + 1, creators)
    code = np.repeat(np.arange(creators), n + 1)
    years = np.concatenate([np.append(np.sort(random.uniform(0, span, size)), span) for size in n])
    own = truth.noise * np.exp(truth.spread * random.normal(size=creators))
    lasting = truth.level * random.normal(size=creators)
    drift = np.sqrt(truth.drift) * random.normal(size=len(code))
    for at in range(1, len(code)):
        if code[at] == code[at - 1]:
            kept = math.exp(-(years[at] - years[at - 1]) / truth.memory)
            drift[at] = kept * drift[at - 1] + math.sqrt(1 - kept**2) * drift[at]
    y = -3.3 + truth.trend * years + lasting[code] + own[code] * (drift + random.normal(size=len(code)))
    names = np.array([f"creator_{at:05d}" for at in range(creators)])
    followers = 5_000
    engagements = followers * np.exp(y) - 0.5
    posts = pd.DataFrame(
        {
            "post": [f"p{at:06d}" for at in range(len(code))],
            "creator": names[code],
            "posted_at": ORIGIN + pd.to_timedelta(years * 365.25, unit="D"),
            "followers": followers,
            "engagements": engagements,
            "er": engagements / followers,
        }
    )
    roster = pd.DataFrame({"creator": names, "niche": "food", "followers": followers})
    future = np.cumsum(n + 1) - 1
    return posts.drop(index=future), roster, y[future]


@pytest.mark.slow
def test_the_shape_of_a_known_truth_is_found():
    """Variance components within 5 %; the drift's own two, which trade off, within a third."""
    posts, roster, _ = synthetic(np.random.default_rng(6), 12_000, 8, span=4.0)
    found = engagement.fit(posts, roster).shapes[posterior.ALL]
    between = TRUTH.level**2 + TRUTH.drift * post_variance(TRUTH)
    assert math.sqrt(found.level**2 + found.drift * post_variance(found)) == pytest.approx(
        math.sqrt(between), rel=0.05
    )
    assert math.sqrt(post_variance(found)) == pytest.approx(math.sqrt(post_variance(TRUTH)), rel=0.05)
    assert found.noise == pytest.approx(TRUTH.noise, rel=0.05)
    assert found.spread == pytest.approx(TRUTH.spread, rel=0.1)
    assert found.drift == pytest.approx(TRUTH.drift, rel=0.33)
    assert found.memory == pytest.approx(TRUTH.memory, rel=0.33)
    assert abs(found.trend) < 0.03


def test_intervals_of_a_future_post_hold_what_they_claim_on_average_over_the_creators():
    posts, roster, future = synthetic(np.random.default_rng(7), 4_000, 5)
    model = engagement.fit(posts, roster)
    forecast = engagement.predictive(model, roster)
    pit = forecast.cdf(future)
    for claimed in (0.5, 0.8, 0.95):
        held = (np.abs(pit - 0.5) < claimed / 2).mean()
        assert abs(held - claimed) < 4 * math.sqrt(claimed * (1 - claimed) / 4_000)
    assert stats.kstest(pit, "uniform").pvalue > 1e-4


@pytest.mark.slow
def test_eighty_percent_intervals_hold_over_replicates():
    """Forty replicates here; `make replicates` takes a thousand, within two points of 80 %."""
    held = [share_held(seed) for seed in range(REPLICATES)]
    luck = 3 * np.std(held) / math.sqrt(REPLICATES) if REPLICATES < 1_000 else 0.0
    print(f"80 % intervals held {np.mean(held):.4f} over {REPLICATES} replicates")
    assert abs(np.mean(held) - 0.8) < 0.02 + luck


def share_held(seed, creators=40):
    """Return which share of the 80 % forecasts of one small synthetic set hold the future post."""
    posts, roster, future = synthetic(np.random.default_rng([8, seed]), creators, 5)
    forecast = engagement.predictive(engagement.fit(posts, roster), roster)
    low, high = forecast.quantile(np.tile([0.1, 0.9], (creators, 1))).T
    return float(((low <= future) & (future <= high)).mean())


def test_a_creator_known_by_niche_or_by_tier_only_is_forecast_ever_wider():
    random = np.random.default_rng(9)
    posts, roster, _ = synthetic(random, 600, 5)
    roster["followers"] = np.geomspace(1_000, 9_900, 600).astype(np.int64)
    slope = -0.8 * (np.log(roster["followers"]) - np.log(3_000))
    roster["niche"] = np.where(np.arange(600) % 2, "food", "pet")
    level_ = slope + 0.6 * (np.arange(600) % 2)
    code = posts["creator"].map(dict(zip(roster["creator"], range(600), strict=True)))
    er = posts["er"] * np.exp(level_.to_numpy()[code])
    size = roster["followers"].to_numpy()[code]
    model = engagement.fit(posts.assign(followers=size, er=er, engagements=er * size), roster)
    asked = pd.DataFrame(
        {
            "creator": ["creator_00001", "new", "no niche", "tier only"],
            "niche": ["food", "food", "", "food"],
            "followers": [roster["followers"][1], 3_000, 3_000, np.nan],
            "tier": "nano",
        }
    )
    mean, sd = engagement.predictive(model, asked).moments()
    assert sd[0] < sd[1] < sd[2]
    assert sd[1] < sd[3]
    assert mean[1] == pytest.approx(mean[3], abs=0.15)


def test_recent_posts_say_more_than_old_ones_and_doubt_grows_with_time():
    random = np.random.default_rng(10)
    posts, roster, _ = synthetic(random, 400, 6, dataclasses.replace(TRUTH, drift=4.0, memory=0.3), span=2.0)
    pair = pd.DataFrame({"creator": ["falling", "rising"], "niche": "food", "followers": 5_000})
    er = {"falling": (0.08, 0.02), "rising": (0.02, 0.08)}
    days = pd.to_timedelta([30, 730], unit="D")
    own = pd.concat(
        pd.DataFrame({"post": ["a", "b"], "creator": name, "posted_at": ORIGIN + days, "er": rates})
        for name, rates in er.items()
    ).assign(followers=5_000)
    both = pd.concat([posts, own.assign(engagements=own["er"] * 5_000)])
    model = engagement.fit(both, pd.concat([roster, pair]))
    falling, rising = engagement.expected(model, pair)["log_mean"]
    assert rising > falling + 0.3
    soon = engagement.expected(model, pair)["log_sd"]
    late = engagement.expected(model, pair, at=model.as_of + pd.Timedelta(days=400))["log_sd"]
    assert (late > soon).all()


@pytest.mark.parametrize("times", [200, 1_000, 100_000])
def test_one_wild_post_has_bounded_influence(times):
    posts, roster, _ = synthetic(np.random.default_rng(11), 200, 6)
    plain = engagement.fit(posts, roster)
    busy = plain.creators.loc[plain.creators["n_posts"] >= 4, "creator"].iloc[0]
    wild = posts.index[posts["creator"] == busy][1]
    moved = posts.copy()
    moved.loc[wild, ["engagements", "er"]] *= times
    found = engagement.fit(moved, roster)
    assert found.n_bounded == plain.n_bounded + 1
    one, other = (m.creators.set_index("creator").loc[busy, "er"] for m in (plain, found))
    assert other / one < 2.5
    others = [m.creators.loc[m.creators["creator"] != busy, "er"].to_numpy() for m in (plain, found)]
    assert others[1] == pytest.approx(others[0], rel=0.03)


def test_draws_by_uniform_numbers_have_the_forecasts_own_distribution():
    posts, roster, _ = synthetic(np.random.default_rng(12), 50, 4)
    forecast = engagement.predictive(engagement.fit(posts, roster), roster.head(3))
    even = (np.arange(2_000) + 0.5) / 2_000
    draws = forecast.quantile(np.tile(even, (3, 1)))
    mean, sd = forecast.moments()
    assert draws.mean(axis=1) == pytest.approx(mean, abs=1e-3)
    assert draws.std(axis=1) == pytest.approx(sd, rel=0.02)
    assert np.isfinite(np.exp(draws).mean())


def test_a_creator_without_followers_and_without_a_known_tier_is_refused():
    posts, roster, _ = synthetic(np.random.default_rng(13), 20, 3)
    model = engagement.fit(posts, roster)
    nobody = pd.DataFrame({"creator": ["x"], "niche": ["food"], "followers": [np.nan], "tier": ["macro"]})
    with pytest.raises(
        InputError, match="followers of 'x': nan; must be 1 or more, or missing beside a tier"
    ):
        engagement.predictive(model, nobody)


def test_the_spreads_of_each_tier_stand_by_themselves():
    posts, roster, _ = synthetic(np.random.default_rng(14), 300, 5)
    big = roster["creator"].iloc[:120]
    roster.loc[roster["creator"].isin(big), "followers"] = 50_000
    of_big = posts["creator"].isin(big)
    size = np.where(of_big, 50_000, 5_000)
    posts = posts.assign(followers=size, engagements=posts["er"] * size)
    found = engagement.by_tier(posts, roster).set_index("tier")
    alone = engagement.by_tier(posts[of_big], roster[roster["creator"].isin(big)]).iloc[0]
    assert found.index.tolist() == ["nano", "micro"]
    assert found.loc["micro", "sd_between"] == pytest.approx(alone["sd_between"])
    assert found["n_creators"].tolist() == [180, 120]
