"""Proves the errors between batches: by hand, by what they cover, and that labels reach every table."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from draws import examples
from nanospread.campaign import risk
from nanospread.campaign.simulation import draws
from nanospread.core import errors
from oracles import closed_forms

SIXTEEN = np.repeat(np.arange(16), 2)
WIDER = stats.t.ppf(0.975, 15) / stats.norm.ppf(0.975)  # 1.0875

MEASURES = {
    "mean": risk.mean,
    "cv": risk.coefficient_of_variation,
    "p10": lambda x, batch: risk.quantile(x, 0.1, batch=batch),
    "p50": lambda x, batch: risk.quantile(x, 0.5, batch=batch),
    "p5": lambda x, batch: risk.quantile(x, 0.05, batch=batch),
    "cvar": risk.cvar,
    "p_loss": risk.p_loss,
    "p_flop": lambda x, batch: risk.probability(x < 1.0, batch=batch),
    "p_beats": lambda x, batch: risk.p_beats(x, np.full(len(x), 2.0), batch=batch),
}


def test_the_batches_are_the_scrambles_of_the_simulation():
    assert risk.BATCHES == draws.SCRAMBLES


def test_errors_between_batches_agree_with_worlds_worked_out_by_hand():
    x = np.repeat(np.arange(16.0), 2)  # batch means 0 ... 15
    spread = math.sqrt(np.var(range(16), ddof=1) / 16)
    assert risk.mean(x, batch=SIXTEEN) == risk.Estimate(7.5, pytest.approx(WIDER * spread))
    # under 4 in batches 0-3: 4 shares of 1 and 12 of 0, sd sqrt(16 x 1/4 x 3/4 / 15)
    assert risk.probability(x < 4.0, batch=SIXTEEN).se == pytest.approx(WIDER * math.sqrt(3 / 15) / 4)
    # the worst fourth is 8 worlds, so the boundary is 4: each batch falls short of it by 4, 3, 2, 1, then 0
    short = [-4, -3, -2, -1] + [0] * 12
    found = risk.cvar(x, 0.25, batch=SIXTEEN)
    assert found == risk.Estimate(1.5, pytest.approx(WIDER * np.std(short, ddof=1) / 4 / 0.25))
    # under the median 7.5: 8 batches with all and 8 with none; 32 worlds x this error is 4.49 ranks
    assert 32 * WIDER * np.std([0, 1] * 8, ddof=1) / 4 == pytest.approx(4.49, abs=0.005)
    # ranks 15.5 -/+ 4.49, rounded outwards: 11 and 20
    assert risk.quantile(x, 0.5, batch=SIXTEEN) == risk.Estimate(7.5, (10 - 5) / 2)


def test_batches_that_agree_leave_no_error_but_a_probability_is_never_certain():
    x = np.tile([1.0, 3.0], 16)
    assert risk.mean(x, batch=SIXTEEN) == risk.Estimate(2.0, 0.0)
    assert risk.coefficient_of_variation(x, batch=SIXTEEN) == risk.Estimate(0.5, pytest.approx(0, abs=1e-12))
    for found in (risk.p_loss(x, batch=SIXTEEN), risk.probability(x < 2.0, batch=SIXTEEN)):
        assert found.se == pytest.approx(math.sqrt(33 / 34**2 / 32))  # Laplace's, of 0 in 32


def test_batches_of_other_sizes_count_by_their_size():
    label = np.repeat(np.arange(8), [3, 2, 2, 2, 2, 2, 2, 2])
    x = np.where(label == 0, 1.0, 0.0)
    away = np.array([3 - 9 / 17] + [-6 / 17] * 7) / 17
    wider = stats.t.ppf(0.975, 7) / stats.norm.ppf(0.975)
    assert risk.mean(x, batch=label).se == pytest.approx(wider * math.sqrt(8 / 7 * (away**2).sum()))


@pytest.mark.parametrize("measure", MEASURES)
def test_too_few_batches_leave_the_worlds_independent(measure):
    x = np.random.default_rng(1).normal(2, 1, 4000)
    alone = MEASURES[measure](x, batch=None)
    assert MEASURES[measure](x, batch=np.arange(4000) % 7) == alone
    assert MEASURES[measure](x, batch=np.minimum(np.arange(4000), 16)) == alone  # 16 batches of one world
    assert MEASURES[measure](x, batch=np.arange(4000) % 8) != alone


TRUTHS = {
    "mean": 2.0,
    "cv": 0.5,
    "p10": 2 + stats.norm.ppf(0.1),
    "p50": 2.0,
    "p5": 2 + stats.norm.ppf(0.05),
    "cvar": closed_forms.normal_cvar(2, 1, 0.05),
    "p_loss": stats.norm.cdf(-2),
    "p_flop": stats.norm.cdf(-1),
    "p_beats": 0.5,
}
LABEL = np.arange(4096) % 16


@pytest.fixture(scope="module")
def clustered():
    """400 replications of 4,096 worlds N(2, 1) in 16 batches, whose worlds correlate with 0.02."""
    rng = np.random.default_rng(16)
    shared = math.sqrt(0.02) * rng.standard_normal((400, 16))[:, LABEL]
    return 2 + shared + math.sqrt(0.98) * rng.standard_normal((400, 4096))


def covered(estimates, truth):
    return np.mean([abs(found.value - truth) <= 1.96 * found.se for found in estimates])


@pytest.mark.parametrize("measure", TRUTHS)
def test_errors_between_batches_cover_the_truth_as_often_as_they_claim(clustered, measure):
    """+/- 1.96 SE should cover 95 % of 400 replications, +/- 4.4 points at 4 SE."""
    found = [MEASURES[measure](x, batch=LABEL) for x in clustered]
    assert 0.906 <= covered(found, TRUTHS[measure]) <= 0.994


def test_without_labels_the_errors_of_such_worlds_are_far_too_small(clustered):
    assert covered([risk.mean(x) for x in clustered], 2.0) < 0.75


@pytest.mark.parametrize("measure", ["mean", "p50", "p_flop", "cvar"])
def test_even_points_within_a_batch_have_the_small_errors_that_they_deserve(measure):
    """Each batch is stratified: one world in each 256th of the normal, as good points would have it."""
    rng = np.random.default_rng(5)
    place = np.repeat(np.arange(256), 16)
    found, independent = [], []
    for _ in range(100):
        x = 2 + stats.norm.ppf((place + rng.random(4096)) / 256)
        found.append(MEASURES[measure](x, batch=LABEL))
        independent.append(MEASURES[measure](x, batch=None))
    assert covered(found, TRUTHS[measure]) >= 0.95 - 4 * math.sqrt(0.95 * 0.05 / 100)
    assert np.mean([e.se for e in found]) < 0.5 * np.mean([e.se for e in independent])


values = arrays.arrays(
    np.float64, st.integers(32, 80), elements=st.floats(-1e3, 1e3).map(lambda x: round(x, 2))
)


@settings(max_examples=examples(40))
@given(values, st.randoms(use_true_random=False))
@pytest.mark.parametrize("measure", ["mean", "p10", "cvar", "p_loss", "p_beats"])
def test_the_order_of_the_worlds_does_not_matter_while_each_keeps_its_batch(measure, x, random):
    label, order = np.arange(len(x)) % 16, list(range(len(x)))
    random.shuffle(order)
    one, other = MEASURES[measure](x, batch=label), MEASURES[measure](x[order], batch=label[order])
    assert (one.value, one.se) == pytest.approx((other.value, other.se), rel=1e-9, abs=1e-9, nan_ok=True)


@settings(max_examples=examples(40))
@given(values, st.floats(0.07, 1.0))
def test_labels_change_the_error_and_never_the_value(x, alpha):
    label = np.arange(len(x)) % 16
    for measure in (risk.cvar, risk.quantile):
        assert measure(x, alpha, batch=label).value == pytest.approx(measure(x, alpha).value, abs=1e-9)
        assert measure(x, alpha, batch=label).se >= 0
    assert risk.cvar(x, alpha, batch=label).value <= risk.quantile(x, alpha, batch=label).value + 1e-9


@pytest.mark.parametrize("label", [[0] * 3, [0.5] * 40, [-1] * 40])
def test_labels_that_mean_nothing_are_refused(label):
    with pytest.raises(errors.InputError, match="batch must"):
        risk.mean(np.ones(40), batch=label)


@pytest.fixture
def campaign():
    rng, n = np.random.default_rng(3), 200
    rows = pd.DataFrame({"world": np.tile(np.arange(n), 2), "arm": np.repeat(["macro", "nano_gift"], n)})
    for name in ("cost", "reach", "unique_reach", "engagements", "conversions", "profit"):
        rows[name] = rng.lognormal(0, 1, 2 * n) - (name == "profit")
    return rows.assign(roi=rows["profit"] / rows["cost"])


def test_the_summary_has_the_errors_between_scrambles(campaign):
    found, label = risk.summary(campaign, flop_roi=0.1), np.arange(200) % 16
    macro, nano = (campaign[campaign["arm"] == arm] for arm in ("macro", "nano_gift"))
    expected = {
        "profit_mean": risk.mean(nano["profit"], batch=label),
        "reach_p90": risk.quantile(nano["reach"], 0.9, batch=label),
        "p_loss": risk.p_loss(nano["profit"], batch=label),
        "p_flop": risk.probability(nano["roi"] < 0.1, batch=label),
        "var_5": risk.quantile(nano["profit"], 0.05, batch=label),
        "cvar_5": risk.cvar(nano["profit"], batch=label),
        "p_beats_macro": risk.p_beats(nano["profit"], macro["profit"], batch=label),
    }
    assert {name: risk.estimate(found, "nano_gift", name) for name in expected} == expected
    assert expected["profit_mean"].se != risk.mean(nano["profit"]).se


def test_a_sweep_and_a_count_have_the_errors_between_scrambles(campaign):
    label = np.arange(200) % 16
    nano = campaign[campaign["arm"] == "nano_gift"]
    swept = risk.by_value(campaign.assign(value=1.0), name="kappa").set_index("arm").loc["nano_gift"]
    assert swept["cvar_5_se"] == risk.cvar(nano["profit"], batch=label).se
    assert swept["profit_mean_se"] == risk.mean(nano["profit"], batch=label).se
    counted = risk.by_count(nano.assign(creators=3)).loc[0]
    cv = risk.coefficient_of_variation(nano["conversions"], batch=label)
    assert (counted["cv"], counted["cv_se"]) == (cv.value, cv.se)
