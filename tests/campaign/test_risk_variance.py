"""Proves where variance comes from, by models whose shares are known."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import special

from nanospread.campaign import risk
from nanospread.core import errors

N = 100_000
LABEL = np.arange(N) % 16
OWN = {"creator": 2.0, "post": 1.0, "orders": 1.0}
FACTORS = ["campaign: demand", "campaign: feed", "niche: food", "recruitment: replies"]


@pytest.fixture(scope="module")
def luck():
    return pd.DataFrame(np.random.default_rng(7).random((N, 4)), columns=FACTORS)


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(8).standard_normal(N)


def shares(profit, luck, own=OWN, batch=LABEL):
    return risk.variance_split(profit, luck, own, batch=batch).set_index("source")


def assert_near(found, expected, *, slack=0.0):
    assert list(found.index) == list(expected)
    assert found["share"].sum() == pytest.approx(1)
    assert (found["share"] >= 0).all()
    for source, share in expected.items():
        assert abs(found.loc[source, "share"] - share) < 4 * found.loc[source, "se"] + slack, source


def test_the_shares_of_a_sum_are_its_variances(luck, noise):
    normal = special.ndtri(luck.to_numpy())
    profit = 500 + normal @ [3.0, 1.0, 2.0, 1.0] + math.sqrt(5.0) * noise  # variances 9 + 1, 4, 1 and 5 of 20
    expected = {"campaign": 0.5, "niche": 0.2, "recruitment": 0.05, "creator": 0.125, "post": 0.0625}
    found = shares(profit, luck)
    assert_near(found, expected | {"orders": 0.0625}, slack=0.001)
    assert found["se"].between(1e-5, 0.01).all()


@pytest.mark.parametrize("batch", [LABEL, None])
def test_the_shares_of_a_product_are_those_of_its_log_normals(luck, noise, batch):
    """A factor of log-sd s has the share (e^(s^2) - 1) / (e^V - 1) of a product of log-variance V."""
    logs = np.array([0.4, 0.3, 0.2, 0.0])
    profit = np.exp(special.ndtri(luck.to_numpy()) @ logs + 0.3 * noise)
    first = np.expm1(logs**2) / math.expm1(float(logs @ logs) + 0.09)
    found = shares(profit, luck, {"creator": 1.0}, batch)
    expected = {"campaign": first[0] + first[1], "niche": first[2], "recruitment": 0.0}
    assert_near(found, expected | {"creator": 1 - first.sum()}, slack=0.005)


def test_what_factors_do_only_together_is_left_over(luck):
    """(u - 1/2)(v - 1/2) has no first-order share at all."""
    profit = (luck[FACTORS[0]] - 0.5) * (luck[FACTORS[2]] - 0.5)
    found = shares(profit, luck, {})
    assert found.loc["together", "share"] == pytest.approx(1, abs=0.005)


def test_a_source_may_have_shared_luck_and_its_own(luck, noise):
    profit = special.ndtri(luck[FACTORS[3]].to_numpy()) + noise
    assert_near(shares(profit, luck[[FACTORS[3]]], {"recruitment": 1.0}), {"recruitment": 1.0}, slack=1e-9)
    half = shares(profit, luck[[FACTORS[3]]], {"recruitment": 1.0, "post": 1.0})
    assert_near(half, {"recruitment": 0.75, "post": 0.25}, slack=0.001)


def test_luck_that_changes_nothing_has_no_share(luck, noise):
    found = shares(noise, luck)
    assert (found.loc[["campaign", "niche", "recruitment"], "share"] < 0.005).all()


def test_the_error_of_a_share_is_what_another_seed_changes():
    found = []
    for seed in range(60):
        u = np.random.default_rng(seed).random((8_000, 2))
        profit = special.ndtri(u).sum(axis=1)
        luck = pd.DataFrame({"campaign: demand": u[:, 0]})
        found.append(shares(profit, luck, {"creator": 1.0}, np.arange(8_000) % 16).loc["campaign"])
    table = pd.DataFrame(found)
    covered = ((table["share"] - 0.5).abs() <= 1.96 * table["se"] + 0.002).mean()  # 64 bins hide 0.002
    assert covered >= 0.95 - 4 * math.sqrt(0.95 * 0.05 / 60)
    # t quantile included; the sd of 60 shares is itself known to 9 %
    assert table["se"].mean() == pytest.approx(1.09 * table["share"].std(), rel=0.4)


def test_profit_that_does_not_vary_has_no_shares(luck):
    found = shares(np.full(N, 3.3), luck)
    assert found.isna().all(axis=None)
    assert list(found.index) == ["campaign", "niche", "recruitment", "creator", "post", "orders"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda luck: shares(np.ones(5), luck), "32 worlds"),
        (lambda luck: shares(np.arange(50.0), luck), "one row for each world"),
        (lambda luck: shares(np.arange(N), luck + 1), "luck 'campaign: demand' must be from 0 to 1"),
        (lambda luck: shares(np.arange(N), luck, {"creator": -1.0}), "weights of 0 or more"),
        (lambda luck: shares(np.arange(N), luck, {"creator": 0.0}), "one above 0"),
        (lambda luck: shares(np.arange(N), luck, OWN, np.zeros(N, dtype=int)), "two labels"),
    ],
)
def test_input_that_means_nothing_is_refused(luck, call, message):
    with pytest.raises(errors.InputError, match=message):
        call(luck)
