"""Proves what beliefs are worth: closed forms of a choice under normal and log-normal beliefs, no worth where
nothing is told, shares that are the variances built in, and break-evens where they were put.
"""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from scipy.stats import qmc

from nanospread.campaign.sensitivity import NOTHING, Information
from nanospread.core import errors

N, BATCHES = 8_192, 16


def scores(n_columns, n=N):
    """Return standard normals in 16 independent scrambles, world w of scramble w % 16."""
    parts = [qmc.Sobol(n_columns, rng=100 + at).random(n // BATCHES) for at in range(BATCHES)]
    uniforms = np.stack(parts, axis=1).reshape(n, n_columns)
    return special.ndtri(np.clip(uniforms, 1e-9, 1 - 1e-9))


def linear(mean=-1.0, slope=2.0, noise=3.0):
    """Return profits linear in one of three beliefs, with luck: the textbook's choice."""
    a, b, c, luck = scores(4).T
    beliefs = pd.DataFrame({"level": np.exp(a), "other": b, "idle": np.exp(c)})
    profit = mean + slope * a + 0.5 * b + noise * luck
    return Information({"nano": profit, "macro": 0.8 * b - luck}, beliefs, np.arange(N) % BATCHES)


def worth_of(mean, sd):
    """Return E[max(X, 0)] - max(E[X], 0) of a normal X."""
    z = mean / sd
    return sd * (stats.norm.pdf(z) + z * stats.norm.cdf(z)) - max(mean, 0.0)


@pytest.mark.parametrize("mean", [-3.0, -1.0, 0.0, 1.5])
def test_knowing_a_normal_belief_is_worth_what_the_closed_form_says(mean):
    table = linear(mean).evppi([NOTHING, "nano"])
    for name, sd in (("level", 2.0), ("other", 0.5)):
        value, se = table.loc[name, ["value", "se"]]
        assert value == pytest.approx(worth_of(mean, sd), abs=4 * se + 0.03), name
    assert table.loc["idle", "value"] < 0.04
    assert table.index[0] == "level"


def test_knowing_all_beliefs_of_a_log_normal_market_is_worth_an_option_on_it():
    """Spend c and earn a product of two log-normals with luck: the price of a call with both spreads."""
    a, b, luck = scores(3).T
    earned, cost = 1_000 * np.exp(1.0 * a + 0.6 * b - 0.68 + 0.8 * luck - 0.32), 1_100.0
    beliefs = pd.DataFrame({"kappa": np.exp(a), "rate": special.expit(b)})
    information = Information({"nano": earned - cost}, beliefs, np.arange(N) % BATCHES)
    sd = math.hypot(1.0, 0.6)
    upper = (math.log(1_000 / cost) + sd**2 / 2) / sd
    call = 1_000 * stats.norm.cdf(upper) - cost * stats.norm.cdf(upper - sd)
    value = information.evpi([NOTHING, "nano"])
    assert value.value == pytest.approx(call, abs=4 * value.se + 10)
    leads = information.leads([NOTHING, "nano"])
    assert leads["nano"] == pytest.approx(stats.norm.cdf(upper - sd), abs=0.02)
    one = information.evppi([NOTHING, "nano"]).loc["kappa", "value"]
    assert 0 < one < value.value


def test_what_decides_nothing_is_worth_nothing():
    information = linear(mean=40.0)
    assert information.evppi([NOTHING, "nano"])["value"].max() == 0
    assert information.evpi([NOTHING, "nano"]).value == 0
    assert information.leads([NOTHING, "nano"])["nano"] == 1


def test_shares_are_the_variances_that_were_built_in():
    shares = linear(slope=2.0, noise=3.0).shares("nano")
    total = 2.0**2 + 0.5**2 + 3.0**2
    assert shares["luck"] == pytest.approx(9 / total, abs=0.04)
    assert shares["level"] == pytest.approx(4 / total, abs=0.04)
    assert shares["idle"] < 0.005


def test_break_evens_are_where_the_mean_crosses_0():
    information = linear(mean=-1.0, slope=2.0)
    row = information.break_evens("nano").loc["level"]
    assert row["value"] == pytest.approx(math.exp(0.5), abs=4 * row["se"] + 0.05)
    assert row["side"] == "above"
    assert math.isnan(information.break_evens("nano").loc["idle", "value"])
    turned = information.break_evens("macro", "nano").loc["level"]
    assert (turned["value"], turned["side"]) == (pytest.approx(row["value"], rel=0.15), "below")


def test_odds_by_tenth_rise_with_what_helps_and_are_by_hand():
    information = linear()
    table = information.by_tenth("level")
    nano = table[table["option"] == "nano"]
    assert nano["tenth"].tolist() == list(range(1, 11))
    assert nano["p_loss"].is_monotonic_decreasing
    assert (nano["low"] <= nano["high"]).all()
    first = information.beliefs["level"].rank() <= N / 10
    profit, macro = information.profits["nano"][first], information.profits["macro"][first]
    assert nano["p_loss"].iloc[0] == pytest.approx((profit < 0).mean(), abs=2e-3)
    assert nano["p_beats_macro"].iloc[0] == pytest.approx((profit > macro).mean(), abs=2e-3)
    assert table.loc[table["option"] == "macro", "p_beats_macro"].isna().all()


def test_a_belief_of_few_values_is_read_too():
    a, luck = scores(2).T
    level = np.where(a > 0.3, 2.0, 1.0)
    profit = 10 * (level - 1.5) + luck
    information = Information({"nano": profit}, pd.DataFrame({"level": level}), np.arange(N) % BATCHES)
    value = information.evppi([NOTHING, "nano"]).loc["level", "value"]
    assert value == pytest.approx(5 * stats.norm.sf(0.3), rel=0.03)
    assert len(information.by_tenth("level")["low"].unique()) <= 3


def test_an_unknown_name_is_refused():
    with pytest.raises(errors.InputError, match="unknown option 'nan'; did you mean 'nano'"):
        linear().evppi(["nan"])
    with pytest.raises(errors.InputError, match="unknown belief 'levl'; did you mean 'level'"):
        linear().by_tenth("levl")


def test_means_that_follow_another_are_those_that_a_fit_of_their_own_finds():
    """What follows rises in step but for a power of the belief; the closed form is in the belief alone."""
    a, luck = scores(2).T
    belief = np.exp(0.5 * a - 0.125)
    first = 100 * belief * np.exp(0.6 * luck - 0.18)
    information = Information({}, pd.DataFrame({"kappa": belief}), np.arange(N) % BATCHES)
    exact = 100 * belief
    others = np.array([first, 3 * first, 3 * first * (1 + 0.2 * a)])
    means = information.in_step(others, first, information.given_beliefs(first))
    for mean, truth in zip(means, (exact, 3 * exact, 3 * exact * (1 + 0.2 * a)), strict=True):
        assert np.abs(mean / truth - 1)[np.abs(a) < 2].max() < 0.06
    assert (means[0] == information.given_beliefs(first)).all()


def test_what_loses_by_each_order_is_in_step_as_what_earns():
    a, b, luck = scores(3).T
    beliefs = pd.DataFrame({"kappa": np.exp(a), "rate": np.exp(b)})
    information = Information({}, beliefs, np.arange(N) % BATCHES)
    mean = 100 * np.exp(0.5 * a + 0.3 * b)
    first = mean * np.exp(0.4 * luck - 0.08)
    others = np.array([first, 2 * first, 3 * first + luck])
    earns = information.in_step(others, first, mean)
    assert information.in_step(-others, -first, -mean) == pytest.approx(-earns)
    assert earns[1] == pytest.approx(2 * mean)
