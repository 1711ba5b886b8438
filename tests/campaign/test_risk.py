"""Proves each risk measure by hand-worked worlds, closed forms and properties, and what its errors cover; the
odds along an assumption and a mix, and how many independent creators correlated ones are.
"""

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
from nanospread.core import errors

TEN = [-40.0, -10.0, -5.0, 0.0, 0.0, 10.0, 20.0, 30.0, 50.0, 145.0]  # sum 200, in order


@pytest.mark.parametrize(
    ("estimate", "value"),
    [
        (risk.mean(TEN), 20.0),
        (risk.quantile(TEN, 0.5), 5.0),  # halfway from 0 to 10
        (risk.quantile(TEN, 0.1), -13.0),  # rank 0.9: -40 + 0.9 x 30
        (risk.quantile(TEN, 0.0), -40.0),
        (risk.quantile(TEN, 1.0), 145.0),
        (risk.p_loss(TEN), 0.3),
        (risk.probability(np.less(TEN, 10.0)), 0.5),
        (risk.probability(np.equal([0, 0, 3, 1, 2], 0)), 0.4),
        (risk.cvar(TEN, 0.1), -40.0),
        (risk.cvar(TEN, 0.2), -25.0),
        (risk.cvar(TEN, 0.25), -21.0),  # (-40 - 10 - 5 / 2) / 2.5
        (risk.cvar(TEN, 1.0), 20.0),
        (risk.cvar(TEN, 0.05), -40.0),  # half of the worst world
        (risk.p_beats([1, 2, 3, 4], [2, 2, 1, 4]), 0.5),  # lost, tied, won, tied
        (risk.p_beats([3, 3], [1, 2]), 1.0),
    ],
)
def test_measures_agree_with_worlds_worked_out_by_hand(estimate, value):
    assert estimate.value == pytest.approx(value, abs=1e-12)


def test_the_coefficient_of_variation_is_sd_over_mean():
    estimate = risk.coefficient_of_variation([1.0, 3.0])
    assert estimate.value == 0.5
    assert risk.coefficient_of_variation([7.0, 7.0, 7.0]) == risk.Estimate(0.0, 0.0)
    assert math.isnan(risk.coefficient_of_variation([0.0, 0.0]).value)


def test_standard_errors_agree_with_worlds_worked_out_by_hand():
    assert risk.mean([1.0, 3.0, 5.0, 7.0]).se == pytest.approx(math.sqrt(20 / 3) / 2)
    assert risk.p_loss(TEN).se == pytest.approx(math.sqrt((4 / 12) * (8 / 12) / 10))
    # minima with the worst fifth's boundary, -5: -35, -5 and eight 0; sd 11.005 over 0.2 sqrt(10)
    assert risk.cvar(TEN, 0.2).se == pytest.approx(np.std([-35, -5] + [0] * 8, ddof=1) / 0.2 / math.sqrt(10))
    # ranks 4.5 -/+ 1.58, rounded outwards: 2 and 7, the values -5 and 30, the farther one from 5
    assert risk.quantile(TEN, 0.5).se == pytest.approx(30 - 5)
    assert math.isnan(risk.mean([1.0]).se)
    assert math.isnan(risk.quantile([1.0], 0.5).se)


def test_nothing_seen_in_n_worlds_is_not_certain():
    for n in (1, 10, 20_000):
        never, always = risk.p_loss(np.ones(n)), risk.p_loss(-np.ones(n))
        assert (never.value, always.value) == (0, 1)
        assert never.se == pytest.approx(always.se)
        assert never.se == pytest.approx(math.sqrt((n + 1) / (n + 2) ** 2 / n))


@pytest.fixture(scope="module")
def normal():
    return np.random.default_rng(8).standard_normal(200_000)


@pytest.mark.parametrize(("level", "value"), [(0.10, 1.754983), (0.05, 2.062713), (0.01, 2.665214)])
def test_cvar_of_a_normal_is_its_closed_form(normal, level, value):
    estimate = risk.cvar(1000 + 200 * normal, level)  # model.md V9
    assert abs(estimate.value - (1000 - 200 * value)) < 4 * estimate.se
    assert estimate.se < 0.02 * 200 * value


@pytest.mark.parametrize(("sd", "value"), [(0.5, 0.362206), (1.0, 0.134744), (1.5, 0.051184)])
def test_cvar_of_a_log_normal_is_its_closed_form(normal, sd, value):
    estimate = risk.cvar(np.exp(sd * normal))  # model.md V9: mean of the worst 5 %
    assert abs(estimate.value - value) < 4 * estimate.se
    assert estimate.se < 0.03 * value


def test_cvar_and_var_of_a_portfolio_are_those_of_rockafellar_and_uryasev(normal):
    weights = np.array([0.452013, 0.115573, 0.432414])  # model.md V8
    mean = float(weights @ [0.0101110, 0.0043532, 0.0137058])
    profit = mean + math.sqrt(0.00378529) * normal
    for level, var, cvar in (
        (0.90, 0.067847, 0.096975),
        (0.95, 0.090200, 0.115908),
        (0.99, 0.132128, 0.152977),
    ):
        found = risk.quantile(profit, 1 - level), risk.cvar(profit, 1 - level)
        for estimate, loss in zip(found, (var, cvar), strict=True):
            assert abs(estimate.value + loss) < 4 * estimate.se + 1e-6


def test_quantiles_and_odds_of_a_normal_are_its_closed_forms(normal):
    for q in (0.05, 0.1, 0.5, 0.9):
        estimate = risk.quantile(normal, q)
        assert abs(estimate.value - stats.norm.ppf(q)) < 4 * estimate.se
        assert estimate.se == pytest.approx(
            math.sqrt(q * (1 - q) / len(normal)) / stats.norm.pdf(stats.norm.ppf(q)), rel=0.15
        )
    loss = risk.p_loss(1 + normal)
    assert abs(loss.value - stats.norm.cdf(-1)) < 4 * loss.se
    spread = risk.coefficient_of_variation(1 + normal)
    assert abs(spread.value - 1) < 4 * spread.se
    assert spread.se == pytest.approx(math.sqrt(1.5 / len(normal)), rel=0.03)  # cv sqrt((1/2 + cv^2) / n)


TRUTHS = {
    "mean": (risk.mean, math.exp(0.125)),
    "p10": (lambda x: risk.quantile(x, 0.1), math.exp(0.5 * stats.norm.ppf(0.1))),
    "p50": (lambda x: risk.quantile(x, 0.5), 1.0),
    "cvar": (risk.cvar, 0.362206),
    "p_flop": (lambda x: risk.probability(x < 0.5), stats.norm.cdf(math.log(0.5) / 0.5)),
    "cv": (risk.coefficient_of_variation, math.sqrt(math.exp(0.25) - 1)),
    "p_beats": (lambda x: risk.p_beats(x[:500], x[500:]), 0.5),
}


@pytest.mark.parametrize("measure", TRUTHS)
def test_standard_errors_cover_the_truth_as_often_as_they_claim(measure):
    """400 replications of 1,000 log-normal worlds: +/- 1.96 SE should cover 95 %, +/- 4.4 points at 4 SE."""
    estimate, truth = TRUTHS[measure]
    worlds = np.exp(0.5 * np.random.default_rng(95).standard_normal((400, 1000)))
    found = [estimate(x) for x in worlds]
    covered = np.mean([abs(e.value - truth) <= 1.96 * e.se for e in found])
    assert 0.906 <= covered <= 0.994


worlds = arrays.arrays(
    np.float64, st.integers(1, 60), elements=st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
)
shares = st.floats(0.01, 1.0)
few = settings(max_examples=examples(40))


@few
@given(worlds, shares)
def test_cvar_is_at_most_var_and_both_lie_between_the_worst_and_the_best_world(profit, alpha):
    cvar, var = risk.cvar(profit, alpha).value, risk.quantile(profit, alpha).value
    slack = 1e-9 * (1 + np.abs(profit).max())
    assert profit.min() - slack <= cvar <= var + slack
    assert var <= profit.max() + slack
    assert cvar <= risk.mean(profit).value + slack


@few
@given(worlds, shares, st.floats(-1e5, 1e5), st.floats(0.1, 10))
def test_money_measures_move_and_scale_with_profit(profit, alpha, more, times):
    for measure in (risk.mean, lambda x: risk.cvar(x, alpha), lambda x: risk.quantile(x, alpha)):
        slack = 1e-8 * (1 + np.abs(profit).max() + abs(more)) * (1 + times)
        assert measure(profit * times + more).value == pytest.approx(
            measure(profit).value * times + more, abs=slack
        )


@few
@given(worlds, shares)
def test_no_measure_depends_on_the_order_of_the_worlds(profit, alpha):
    for measure in (lambda x: risk.cvar(x, alpha), lambda x: risk.quantile(x, alpha), risk.p_loss):
        assert measure(profit[::-1]).value == pytest.approx(measure(profit).value, rel=1e-12)


@few
@given(worlds, shares, st.floats(0, 1e5))
def test_more_profit_in_every_world_never_looks_riskier(profit, alpha, more):
    better = profit + more
    assert risk.cvar(better, alpha).value >= risk.cvar(profit, alpha).value - 1e-6
    assert risk.p_loss(better).value <= risk.p_loss(profit).value
    assert risk.p_beats(better, profit).value >= 0.5


@few
@given(worlds, st.floats(-1e6, 1e6))
def test_every_probability_is_from_0_to_1_and_never_certain(outcome, threshold):
    odds = [risk.p_loss(outcome), risk.probability(outcome < threshold)]
    for found in [*odds, risk.p_beats(outcome, outcome[::-1])]:
        assert 0 <= found.value <= 1
        assert found.se > 0


@few
@given(worlds)
def test_one_arm_beats_the_other_as_often_as_the_other_does_not(profit):
    other = np.roll(profit, 1)
    assert risk.p_beats(profit, other).value + risk.p_beats(other, profit).value == pytest.approx(1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: risk.mean([]),
        lambda: risk.mean([1.0, math.nan]),
        lambda: risk.quantile([1.0], 1.5),
        lambda: risk.cvar([1.0], 0.0),
        lambda: risk.p_beats([1.0, 2.0], [1.0]),
    ],
)
def test_input_that_means_nothing_is_refused(call):
    with pytest.raises(errors.InputError, match=r"must be|need"):
        call()


FIVE = {  # each measure of nano_gift in `five`, worked out by hand
    **{f"cost_{statistic}": 40 for statistic in ("mean", "p10", "p50", "p90")},
    "reach_mean": 400,
    "reach_p10": 140,
    "reach_p50": 300,
    "reach_p90": 760,  # ranks 0.4, 2 and 3.6
    "unique_reach_mean": 360,
    "unique_reach_p10": 126,
    "unique_reach_p50": 270,
    "unique_reach_p90": 684,
    "engagements_mean": 20,
    "engagements_p10": 7,
    "engagements_p50": 15,
    "engagements_p90": 38,
    "conversions_mean": 2,
    "conversions_p10": 0,
    "conversions_p50": 1,
    "conversions_p90": 5,
    "profit_mean": 10,
    "profit_p10": -22,
    "profit_p50": 0,
    "profit_p90": 50,
    "roi_mean": 0.25,
    "roi_p10": -0.55,
    "roi_p50": 0,
    "roi_p90": 1.25,
    "p_loss": 0.4,
    "p_flop": 0.2,
    "p_zero": 0.4,
    "var_5": -26,
    "cvar_5": -30,
    "p_beats_macro": (1 + 0.5 + 1 + 0.5 + 0) / 5,
}


@pytest.fixture
def five():
    """Two arms in five worlds."""
    nano = pd.DataFrame(
        {"profit": [-30.0, -10, 0, 20, 70], "conversions": [0.0, 0, 1, 2, 7], "arm": "nano_gift"}
    )
    macro = pd.DataFrame({"profit": [-50.0, -10, -50, 20, 100], "conversions": 1.0, "arm": "macro"})
    both = pd.concat([macro, nano], ignore_index=True)
    reach = np.tile([100.0, 200, 300, 400, 1000], 2)
    return both.assign(
        world=np.tile(range(5), 2),
        cost=40.0,
        roi=both["profit"] / 40,
        reach=reach,
        unique_reach=0.9 * reach,
        engagements=0.05 * reach,
    )


def test_every_measure_of_the_summary_agrees_with_five_worlds_worked_out_by_hand(five):
    found = risk.summary(five, flop_roi=-0.5).set_index(["arm", "measure"])["value"]["nano_gift"]
    assert found.to_dict() == pytest.approx(FIVE, abs=1e-12)


def test_the_summary_is_the_same_in_whatever_order_its_rows_come(five):
    shuffled = five.iloc[[7, 2, 9, 0, 4, 5, 1, 8, 3, 6]]
    pd.testing.assert_frame_equal(risk.summary(shuffled, flop_roi=0.0), risk.summary(five, flop_roi=0.0))


def test_arms_of_different_worlds_are_refused(five):
    with pytest.raises(
        errors.InputError, match="each arm must have the same worlds; 'nano_gift' and 'macro'"
    ):
        risk.summary(five.iloc[:-1], flop_roi=0.0)
    with pytest.raises(errors.InputError, match="at least one world"):
        risk.summary(five.iloc[:0], flop_roi=0.0)


@pytest.fixture
def campaign():
    """Two arms in four worlds, the second arm's rows in another order."""
    macro = pd.DataFrame({"world": [0, 1, 2, 3], "arm": "macro", "profit": [-100.0, -100.0, 50.0, 10.0]})
    nano = pd.DataFrame({"world": [3, 2, 1, 0], "arm": "nano_gift", "profit": [20.0, 30.0, -100.0, 40.0]})
    both = pd.concat([macro, nano], ignore_index=True)
    zeros = dict.fromkeys(("reach", "unique_reach", "engagements"), 0.0)
    return both.assign(
        cost=100.0, roi=both["profit"] / 100, conversions=(both["profit"] > -100) * 1.0, **zeros
    )


def test_the_summary_pairs_worlds_and_names_every_measure_with_its_unit(campaign):
    found = risk.summary(campaign, flop_roi=-0.5).set_index(["arm", "measure"])
    assert found.loc[("nano_gift", "p_beats_macro"), "value"] == (1 + 0.5 + 0 + 1) / 4
    assert ("macro", "p_beats_macro") not in found.index
    assert found.loc[("macro", "p_loss"), "value"] == 0.5
    assert found.loc[("macro", "p_flop"), "value"] == 0.5
    assert found.loc[("nano_gift", "p_zero"), "value"] == 0.25
    assert found.loc[("nano_gift", "profit_p50"), ["value", "unit"]].tolist() == [25.0, "money"]
    assert found.loc[("macro", "cvar_5"), "value"] == -100
    assert found.groupby("arm").size().to_dict() == {"macro": 33, "nano_gift": 34}


def test_the_summary_can_be_read_by_arm(campaign):
    wide = risk.by_arm(risk.summary(campaign, flop_roi=-0.5)).set_index("arm")
    assert list(wide.index) == ["macro", "nano_gift"]
    assert wide.loc["macro", "profit_mean"] == -35
    assert wide.loc["macro", "profit_mean_se"] == risk.mean([-100, -100, 50, 10]).se
    assert math.isnan(wide.loc["macro", "p_beats_macro"])


def test_one_measure_of_the_summary_is_found_by_name_and_a_wrong_name_by_the_nearest(campaign):
    summary = risk.summary(campaign, flop_roi=-0.5)
    assert risk.estimate(summary, "nano_gift", "p_loss") == risk.p_loss([20, 30, -100, 40])
    with pytest.raises(errors.InputError, match=r"unknown measure 'p_los'; did you mean 'p_loss'\?"):
        risk.estimate(summary, "macro", "p_los")
    with pytest.raises(errors.InputError, match=r"unknown arm 'nano_gfit'; did you mean 'nano_gift'\?"):
        risk.estimate(summary, "nano_gfit", "p_loss")


def test_a_sweep_gives_the_odds_at_each_value(campaign):
    twice = pd.concat(
        [campaign.assign(value=1.0), campaign.assign(value=2.0, profit=campaign["profit"] + 200)]
    )
    found = risk.by_value(twice, name="kappa").set_index(["kappa", "arm"])
    assert found.loc[(1.0, "macro"), "p_loss"] == 0.5
    assert found.loc[(2.0, "macro"), "p_loss"] == 0
    assert found.loc[(1.0, "nano_gift"), "p_beats"] == found.loc[(2.0, "nano_gift"), "p_beats"] == 0.625
    assert math.isnan(found.loc[(1.0, "macro"), "p_beats"])
    assert found.loc[(2.0, "nano_gift"), "profit_mean"] == 197.5


def test_narrowing_counts_how_many_independent_creators_would_do_the_same():
    rows = [(0, 1, 0.0), (1, 1, 2.0), (0, 4, 0.5), (1, 4, 1.5)]
    spread = pd.DataFrame(rows, columns=["world", "creators", "conversions"]).assign(niches=2, roi=0.5)
    found = risk.by_count(spread).set_index("creators")
    assert found["cv"].to_dict() == {1: 1.0, 4: 0.5}
    assert found["effective_creators"].to_dict() == {1: 1.0, 4: 4.0}
    assert found.loc[4, ["p10", "p50", "p90"]].tolist() == [0.5, 0.5, 0.5]
    few = risk.by_count(spread[spread["creators"] == 4], by="niches")
    assert few["niches"].tolist() == [2]
    assert "effective_creators" not in few


def test_counts_without_one_order_have_no_spread_to_tell() -> None:
    """Any warning fails the suite (pyproject.toml), so this also proves that none is given."""
    nothing = pd.DataFrame({"creators": [1, 1, 4, 4], "conversions": 0.0, "roi": -1.0})
    found = risk.by_count(nothing)
    assert found[["cv", "cv_se", "effective_creators"]].isna().all(axis=None)
    assert found["p50"].tolist() == [-1.0, -1.0]


def test_a_tail_of_one_world_has_no_known_error() -> None:
    assert math.isnan(risk.cvar(np.arange(39.0)).se)
    assert risk.cvar(np.arange(40.0)).se > 0


def test_values_and_arms_are_told_apart_in_whatever_order_their_rows_come():
    rows = [(v, arm, w, 10 * v + w) for v in (2.0, 1.0) for arm in ("nano", "macro") for w in (1, 0)]
    sweep = pd.DataFrame(rows, columns=["value", "arm", "world", "profit"])
    found = risk.by_value(sweep, name="kappa")
    assert found[["kappa", "arm", "profit_mean"]].to_numpy().tolist() == [
        [1.0, "macro", 10.5],
        [1.0, "nano", 10.5],
        [2.0, "macro", 20.5],
        [2.0, "nano", 20.5],
    ]
    with pytest.raises(errors.InputError, match="the same worlds"):
        risk.by_value(sweep.iloc[1:], name="kappa")


def test_the_odds_of_each_mix_are_those_of_its_arm_beside_the_macro():
    worlds = pd.DataFrame(
        {
            "macro_share": np.repeat([1.0, 0.0, 0.5], 4),
            "arm": pd.Categorical(np.repeat(["macro", "nano_gift", "mix_50"], 4)),
            "world": np.tile(np.arange(4), 3),
            "profit": [1.0, -2.0, 3.0, 0.0, 2.0, 1.0, 2.0, 1.0, 0.0, 0.0, 4.0, -1.0],
        }
    )
    found = risk.by_share(worlds).set_index("macro_share")
    assert found.index.tolist() == [0.0, 0.5, 1.0]
    assert found["profit_mean"].tolist() == [1.5, 0.75, 0.5]
    assert found["p_beats"].tolist()[:2] == [0.75, 0.5]
    assert np.isnan(found.loc[1.0, "p_beats"])
    assert found["p_loss"].tolist() == [0.0, 0.25, 0.25]


@pytest.mark.parametrize(("n", "rho"), [(0, 0.1), (3, 1.1)])
def test_no_creators_and_impossible_correlations_are_refused(n, rho):
    with pytest.raises(errors.InputError, match="must be"):
        risk.effective_n(n, rho)
