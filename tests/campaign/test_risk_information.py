"""Proves the value of information by published numbers, bounds, limits and simulated decisions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nanospread.campaign import risk
from nanospread.core import errors

money = st.floats(-1e5, 1e5)
spread = st.floats(1, 1e5)
few = settings(max_examples=80, deadline=None)


def test_the_unit_loss_agrees_with_the_published_values():
    found = [risk.unit_loss(u) for u in (0, 0.5, 1)]
    assert found == pytest.approx([0.398942, 0.197797, 0.083315], abs=1e-6)  # V14


def test_the_value_of_information_agrees_with_the_published_values():
    assert risk.evpi(-500, 2000) == pytest.approx(572.69, abs=0.005)  # V14
    found = [risk.evsi(-500, 2000, 4000, n, 0.0) for n in (5, 10, 20, 50)]
    assert found == pytest.approx([377.85, 453.62, 505.51, 543.53], abs=0.005)  # V14


@few
@given(money, spread, spread, st.integers(0, 1000), st.floats(0, 1))
def test_a_pilot_is_worth_from_nothing_to_certainty(mu, sd, se, n, rho):
    assert 0 <= risk.evsi(mu, sd, se, n, rho) <= risk.evpi(mu, sd) * (1 + 1e-12)


@few
@given(money, spread, spread, st.integers(1, 100), st.floats(0, 0.9))
def test_a_pilot_is_worth_more_with_more_creators_and_less_with_more_common_luck(mu, sd, se, n, rho):
    worth, slack = risk.evsi(mu, sd, se, n, rho), 1e-9 * risk.evpi(mu, sd)
    assert risk.evsi(mu, sd, se, n + 1, rho) >= worth - slack
    assert risk.evsi(mu, sd, se, n, rho + 0.1) <= worth + slack


def test_one_period_cannot_average_out_what_its_creators_share():
    without, shared = risk.evsi(-500, 2000, 4000, 10**9, 0.0), risk.evsi(-500, 2000, 4000, 10**9, 0.25)
    assert without == pytest.approx(risk.evpi(-500, 2000), rel=1e-6)
    assert shared == pytest.approx(risk.evsi(-500, 2000, 2000, 1, 0.0), rel=1e-6)  # se sqrt(rho) is left


def test_nothing_tried_or_nothing_open_is_worth_nothing():
    assert risk.evsi(-500, 2000, 4000, 0, 0.0) == 0
    assert risk.evsi(-500, 0, 4000, 10, 0.0) == risk.evpi(-500, 0) == 0
    assert risk.evsi(-500, 2000, 0, 1, 0.0) == risk.evpi(-500, 2000)


def test_a_pilot_is_worth_what_simulated_decisions_gain_by_it():
    rng, n, rho, size = np.random.default_rng(14), 10, 0.2, 400_000
    gain = rng.normal(-500, 2000, size)
    noise = 4000 * math.sqrt((1 - rho) / n + rho)
    seen = gain + rng.normal(0, noise, size)
    expected = -500 + (seen + 500) * 2000**2 / (2000**2 + noise**2)
    gained = risk.mean(np.where(expected > 0, gain, 0.0))
    assert abs(gained.value - risk.evsi(-500, 2000, 4000, n, rho)) < 4 * gained.se


def test_knowing_the_world_beforehand_adds_the_profit_that_the_best_arm_misses():
    arms = [10.0, -10.0, 4.0], [0.0, 6.0, 0.0]  # best on average: the second, 2; with foresight 10, 6, 4
    found = risk.evpi_between(arms)
    assert found.value == pytest.approx(20 / 3 - 2)
    assert found.se == pytest.approx(np.std([10, 0, 4], ddof=1) / math.sqrt(3))
    assert risk.evpi_between(arms[:1]) == risk.Estimate(0.0, 0.0)


def test_knowing_normal_arms_beforehand_agrees_with_the_closed_form():
    a, b = np.random.default_rng(12).standard_normal((2, 320_000))
    found = risk.evpi_between([300 + 1200 * a, 1600 * b], batch=np.arange(320_000) % 16)
    assert abs(found.value - risk.evpi(300, 2000)) < 4 * found.se  # the gain is N(300, 2000^2)
    assert 0 < found.se < 10


@pytest.mark.parametrize(
    "call",
    [
        lambda: risk.evpi(0, -1),
        lambda: risk.evsi(0, 1, -1, 1, 0),
        lambda: risk.evsi(0, 1, 1, -1, 0),
        lambda: risk.evsi(0, 1, 1, 1, 2),
        lambda: risk.evpi_between([]),
        lambda: risk.evpi_between([[1.0], [1.0, 2.0]]),
    ],
)
def test_input_that_means_nothing_is_refused(call):
    with pytest.raises(errors.InputError, match=r"must be|need"):
        call()
