"""Proves the closed forms by published numbers, by each other, by bounds and brute force."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from draws import examples
from nanospread.campaign import risk
from oracles import closed_forms

few = settings(max_examples=examples(60))


@pytest.mark.parametrize(("level", "value"), [(0.10, 1.754983), (0.05, 2.062713), (0.01, 2.665214)])
def test_the_worst_of_a_normal_agree_with_the_published_values(level, value):
    assert closed_forms.normal_cvar(0, 1, level) == pytest.approx(-value, abs=1e-6)  # V9
    assert closed_forms.normal_cvar(1000, 200, level) == pytest.approx(1000 - 200 * value, abs=1e-3)


@pytest.mark.parametrize(("sigma", "value"), [(0.5, 0.362206), (1.0, 0.134744), (1.5, 0.051184)])
def test_the_worst_of_a_log_normal_agree_with_the_published_values(sigma, value):
    assert closed_forms.lognormal_cvar(0, sigma, 0.05) == pytest.approx(value, abs=1e-6)  # V9


@pytest.mark.parametrize(("level", "value"), [(0.90, 6.415895), (0.95, 8.557227), (0.99, 15.227960)])
def test_what_the_worst_leave_of_a_log_normal_is_the_published_upper_tail(level, value):
    upper = (math.exp(0.5) - level * closed_forms.lognormal_cvar(0, 1, level)) / (1 - level)
    assert upper == pytest.approx(value, abs=1e-5)  # V9


def test_the_worst_of_a_portfolio_are_those_of_rockafellar_and_uryasev():
    weights = np.array([0.452013, 0.115573, 0.432414])  # V8
    mean = float(weights @ [0.0101110, 0.0043532, 0.0137058])
    found = [closed_forms.normal_cvar(mean, math.sqrt(0.00378529), 1 - level) for level in (0.90, 0.95, 0.99)]
    assert found == pytest.approx([-0.096975, -0.115908, -0.152977], abs=1e-5)


@few
@given(st.integers(1, 40), st.floats(0.01, 0.99), st.floats(0.01, 1))
def test_the_worst_of_a_count_agree_with_the_sum_over_its_outcomes(n, p, alpha):
    left, total = alpha, 0.0
    for k, chance in enumerate(stats.binom.pmf(range(n + 1), n, p)):
        total += k * min(chance, left)
        left = max(left - chance, 0.0)
    assert closed_forms.binomial_cvar(n, p, alpha) == pytest.approx(total / alpha, abs=1e-9)


def test_the_worst_tenth_of_two_creators_is_worked_out_by_hand():
    assert closed_forms.binomial_cvar(2, 0.5, 0.25) == 0  # none of two: a quarter of the worlds
    assert closed_forms.binomial_cvar(2, 0.5, 0.5) == 0.5  # none in one half of them, one in the other
    assert closed_forms.binomial_cvar(2, 0.5, 1.0) == 1


@pytest.mark.parametrize(
    "worst",
    [
        lambda a: closed_forms.normal_cvar(3, 2, a),
        lambda a: closed_forms.lognormal_cvar(1, 0.7, a),
        lambda a: closed_forms.binomial_cvar(20, 0.3, a),
    ],
)
def test_the_worst_of_all_worlds_are_the_mean_and_fewer_are_worse(worst):
    means = {3.0, math.exp(1 + 0.245), 6.0}
    assert any(worst(1.0) == pytest.approx(mean) for mean in means)
    assert worst(0.01) < worst(0.05) < worst(0.5) < worst(1.0)


def test_the_worst_of_simulated_worlds_are_those_of_the_closed_forms():
    rng = np.random.default_rng(9)
    normal, count = rng.standard_normal(200_000), rng.binomial(30, 0.4, 200_000).astype(float)
    for worlds, exact in (
        (5 + 2 * normal, closed_forms.normal_cvar(5, 2, 0.05)),
        (np.exp(1 + 0.5 * normal), closed_forms.lognormal_cvar(1, 0.5, 0.05)),
        (count, closed_forms.binomial_cvar(30, 0.4, 0.05)),
    ):
        found = risk.cvar(worlds)
        assert abs(found.value - exact) < 4 * found.se


def test_the_share_of_flops_agrees_with_the_published_values():
    assert closed_forms.vasicek_quantile(0.02, 0.1, 0.999) == pytest.approx(0.12824, abs=5e-6)  # V10
    found = [closed_forms.vasicek_quantile(0.04, rho, 0.9995) for rho in (0, 0.1, 0.2, 0.3, 0.4, 0.5)]
    assert found == pytest.approx([0.0400, 0.2271, 0.3775, 0.5246, 0.6652, 0.7924], abs=5e-5)  # V10
    assert closed_forms.vasicek_quantile(0.3, 0.15, 0.95) == pytest.approx(0.5486, abs=5e-5)  # V10


def test_the_correlation_of_flops_agrees_with_the_published_value_and_the_bivariate_normal():
    assert closed_forms.flop_correlation(0.3, 0.15) == pytest.approx(0.0883, abs=5e-5)  # V10
    c = stats.norm.ppf(0.1)
    both = stats.multivariate_normal.cdf([c, c], cov=[[1, 0.4], [0.4, 1]])
    assert closed_forms.flop_correlation(0.1, 0.4) == pytest.approx((both - 0.01) / 0.09, abs=1e-6)
    assert closed_forms.flop_correlation(0.2, 0) == pytest.approx(0, abs=1e-12)


@few
@given(st.floats(0.01, 0.99), st.floats(0.01, 0.95))
def test_flops_correlate_less_than_what_lies_behind_them(p, rho):
    assert 0 < closed_forms.flop_correlation(p, rho) < rho


def test_all_flop_as_often_as_each_alone_and_at_least_as_often_as_the_common_shock():
    assert closed_forms.all_flop(0.3, 3) == pytest.approx(0.027)
    assert closed_forms.all_flop(0.3, 3, shock=0.1) == pytest.approx(0.1 + 0.9 * 0.027)
    assert closed_forms.all_flop(0.3, 500, shock=0.1) == pytest.approx(0.1)


def test_log_normals_correlate_as_published():
    found = [closed_forms.lognormal_correlation(rho, s) for rho, s in ((0.15, 1.5), (0.30, 1.5), (0.15, 1.0))]
    assert found == pytest.approx([0.04730, 0.11358, 0.09418], abs=5e-6)  # V18
    assert closed_forms.lognormal_correlation(0.3, 0) == closed_forms.lognormal_correlation(0.3, 1e-8) == 0.3
    assert closed_forms.lognormal_correlation(1, 2) == 1


def test_effective_creators_agree_with_the_published_table():
    found = [risk.effective_n(n, 0.05) for n in (10, 20, 50, 100)]
    assert found == pytest.approx([6.90, 10.26, 14.49, 16.81], abs=0.005)  # V19


@pytest.mark.parametrize(("n", "share"), [(1, 0.6133), (10, 0.237), (50, 0.0195)])
def test_the_odds_of_half_the_expectation_fall_with_creators_as_published(n, share):
    rng = np.random.default_rng(19)
    mean = np.mean([np.exp(1.5 * rng.standard_normal(100_000)) for _ in range(n)], axis=0)
    found = risk.probability(mean < 0.5 * math.exp(1.125))
    assert abs(found.value - share) < 4 * math.sqrt(2) * found.se + 5e-4  # V19, itself simulated


@few
@given(st.integers(1, 1000), st.floats(0, 1))
def test_correlated_creators_are_worth_between_one_and_n_and_never_over_one_over_rho(n, rho):
    effective = risk.effective_n(n, rho)
    assert 1 - 1e-12 <= effective <= n * (1 + 1e-12)
    assert effective * rho <= 1 + 1e-12
    assert closed_forms.variance_share(n, rho) == pytest.approx(1 / effective)


def test_a_pareto_rule_names_the_spread_of_creators():
    """V17: 20 % of creators bring 80 % at sigma 1.683242, 70 % at 1.366; 10 % bring 80 % at 2.123."""
    assert closed_forms.pareto_sigma(0.2, 0.8) == pytest.approx(1.683242, abs=1e-6)
    assert closed_forms.pareto_sigma(0.2, 0.7) == pytest.approx(1.366, abs=5e-4)
    assert closed_forms.pareto_sigma(0.1, 0.8) == pytest.approx(2.123, abs=5e-4)


money = st.floats(-1e5, 1e5)
spread = st.floats(1, 1e5)


def test_the_unit_loss_agrees_with_the_published_values():
    found = [closed_forms.unit_loss(u) for u in (0, 0.5, 1)]
    assert found == pytest.approx([0.398942, 0.197797, 0.083315], abs=1e-6)  # V14


def test_the_value_of_information_agrees_with_the_published_values():
    assert closed_forms.evpi(-500, 2000) == pytest.approx(572.69, abs=0.005)  # V14
    found = [closed_forms.evsi(-500, 2000, 4000, n, 0.0) for n in (5, 10, 20, 50)]
    assert found == pytest.approx([377.85, 453.62, 505.51, 543.53], abs=0.005)  # V14


@few
@given(money, spread, spread, st.integers(0, 1000), st.floats(0, 1))
def test_a_pilot_is_worth_from_nothing_to_certainty(mu, sd, se, n, rho):
    assert 0 <= closed_forms.evsi(mu, sd, se, n, rho) <= closed_forms.evpi(mu, sd) * (1 + 1e-12)


@few
@given(money, spread, spread, st.integers(1, 100), st.floats(0, 0.9))
def test_a_pilot_is_worth_more_with_more_creators_and_less_with_more_common_luck(mu, sd, se, n, rho):
    worth, slack = closed_forms.evsi(mu, sd, se, n, rho), 1e-9 * closed_forms.evpi(mu, sd)
    assert closed_forms.evsi(mu, sd, se, n + 1, rho) >= worth - slack
    assert closed_forms.evsi(mu, sd, se, n, rho + 0.1) <= worth + slack


def test_one_period_cannot_average_out_what_its_creators_share():
    without, shared = (
        closed_forms.evsi(-500, 2000, 4000, 10**9, 0.0),
        closed_forms.evsi(-500, 2000, 4000, 10**9, 0.25),
    )
    assert without == pytest.approx(closed_forms.evpi(-500, 2000), rel=1e-6)
    assert shared == pytest.approx(
        closed_forms.evsi(-500, 2000, 2000, 1, 0.0), rel=1e-6
    )  # se sqrt(rho) is left


def test_nothing_tried_or_nothing_open_is_worth_nothing():
    assert closed_forms.evsi(-500, 2000, 4000, 0, 0.0) == 0
    assert closed_forms.evsi(-500, 0, 4000, 10, 0.0) == closed_forms.evpi(-500, 0) == 0
    assert closed_forms.evsi(-500, 2000, 0, 1, 0.0) == closed_forms.evpi(-500, 2000)


def test_a_pilot_is_worth_what_simulated_decisions_gain_by_it():
    rng, n, rho, size = np.random.default_rng(14), 10, 0.2, 400_000
    gain = rng.normal(-500, 2000, size)
    noise = 4000 * math.sqrt((1 - rho) / n + rho)
    seen = gain + rng.normal(0, noise, size)
    expected = -500 + (seen + 500) * 2000**2 / (2000**2 + noise**2)
    gained = risk.mean(np.where(expected > 0, gain, 0.0))
    assert abs(gained.value - closed_forms.evsi(-500, 2000, 4000, n, rho)) < 4 * gained.se
