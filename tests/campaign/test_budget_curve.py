"""Proves the budget curve: the campaign itself at its own budget, closed forms, directions, and its edges."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from campaign.test_sensitivity import scores
from campaign.test_simulation import fitted
from nanospread.campaign import beliefs as believed
from nanospread.campaign import brief as briefs
from nanospread.campaign import budget_curve, risk, simulation
from nanospread.campaign.budget_curve import MIX, OptionAtBudget
from nanospread.campaign.sensitivity import Information
from nanospread.core import errors

SIZE = {"n_worlds": 256, "seed": 3}
QUOTE = {"macro_followers": 80_000, "macro_fee": 800.0}
NANO = "nano_gift"
N = 8_192


@pytest.fixture(scope="module")
def fit():
    return fitted()


@pytest.fixture(scope="module")
def three(fit):
    """The curve of half, the whole and four times the budget."""
    return curve(fit, plan(), [450.0, 900.0, 3_600.0])


@pytest.fixture(scope="module")
def twenty(fit):
    """The budgets for twenty orders."""
    return needed(fit, plan(), 20)


def plan(**changes):
    return briefs.changed(briefs.read("sample"), budget=900.0, **changes)


def run(fit, brief, **size):
    joint = believed.prior(brief)
    return simulation.campaign(fit, brief, beliefs=joint, **(SIZE | size)).worlds


def information(brief, **size):
    drawn = simulation.believed(believed.prior(brief), **(SIZE | size))
    varied = drawn[[name for name in drawn if name in brief.in_force() and drawn[name].nunique() > 1]]
    return Information({}, varied, np.arange(len(drawn)) % risk.BATCHES)


def curve(fit, brief, budgets=None, **size):
    size = SIZE | size
    known = {"information": information(brief, **size), "beliefs": believed.prior(brief)}
    return budget_curve.curve(fit, brief, budgets=budgets, **known, **size)


def needed(fit, brief, orders, **size):
    return budget_curve.needed(fit, brief, orders, beliefs=believed.prior(brief), **(SIZE | size))


# --- the campaign itself


def test_at_the_briefs_own_budget_it_is_the_run_to_the_last_bit(fit, three):
    worlds = run(fit, plan())
    for name in (NANO, "macro"):
        row = three.of(name).loc[900.0]
        own = worlds[worlds["arm"] == name]
        assert row["profit_mean"] == own["profit"].to_numpy().mean()
        assert row["conversions_mean"] == own["conversions"].to_numpy().mean()
        assert row["cost_mean"] == own["cost"].to_numpy().mean()
        assert row["p_loss"] == (own["profit"] < 0).mean()
        assert row["p_large_loss"] == (own["profit"] < -0.5 * 900.0).mean()


def test_the_mix_is_the_best_tenth_of_the_frontier(fit, three):
    brief = plan()
    shares = [tenth / 10 for tenth in range(1, 10)]
    worlds = simulation.frontier(fit, brief, shares=shares, beliefs=believed.prior(brief), **SIZE)
    means = worlds.groupby("macro_share")["profit"].mean()
    row = three.of(MIX).loc[900.0]
    assert row["macro_share"] == pytest.approx(means.idxmax())
    assert row["profit_mean"] == pytest.approx(means.max(), rel=1e-12)


def test_what_one_budget_brings_depends_on_no_other(fit, three):
    both = [three.of(NANO), curve(fit, plan(), [200.0, 900.0]).of(NANO)]
    alone = ["conversions_mean", "conversions_p10", "profit_mean", "profit_mean_se", "p_loss", "cost_mean"]
    pd.testing.assert_series_equal(both[0].loc[900.0, alone], both[1].loc[900.0, alone])


@pytest.mark.slow
@settings(max_examples=8)
@given(st.integers(0, 2**31), st.lists(st.floats(200, 6_000), min_size=2, max_size=4, unique=True))
def test_more_money_never_brings_nano_fewer_orders_in_any_campaign(seed, budgets):
    brief, size = plan(), {"n_worlds": 64, "seed": seed, "only": [NANO]}
    worlds = [run(MODEL, briefs.changed(brief, budget=budget), **size) for budget in sorted(budgets)]
    orders, contacts = (
        np.diff([each[name] for each in worlds], axis=0) for name in ("conversions", "contacts")
    )
    assert (orders >= 0).all()
    assert (contacts >= 0).all()


MODEL = fitted()


# --- closed forms


def toy(budgets, returns, cost=1.0, power=1.0):
    """Return an option that earns `returns` times budget ** power in each world, with all of it spent."""
    every = {}
    for budget in budgets:
        spent = np.full(len(returns), cost * budget)
        every[budget] = OptionAtBudget(
            0.0, 0.0, spent, returns * budget**power - spent, returns * budget, 1, 1, 0
        )
    return every


def lognormal(mean, sd, luck_sd):
    """Return a world's return in proportion to one belief, with luck, and what is known of the belief."""
    score, luck = scores(2, N).T
    belief = np.exp(sd * score - sd**2 / 2)
    returns = mean * belief * np.exp(luck_sd * luck - luck_sd**2 / 2)
    return returns, Information({}, pd.DataFrame({"kappa": belief}), np.arange(N) % risk.BATCHES)


@pytest.mark.parametrize(("mean", "where"), [(1.5, "beyond"), (0.8, "nowhere")])
def test_in_a_linear_market_all_pays_or_nothing_and_the_range_is_that_of_the_belief(mean, where):
    sd, luck_sd, budgets = 0.6, 0.5, [100.0, 200.0, 400.0, 900.0]
    returns, known = lognormal(mean, sd, luck_sd)
    rows, stop = budget_curve.of_option("nano_gift", toy(budgets, returns), plan(), known)
    pays = special.ndtr((math.log(mean) - sd**2 / 2) / sd)
    low, high = (mean * math.exp(sd * stats.norm.ppf(q) - sd**2 / 2) - 1 for q in (0.1, 0.9))
    spread = math.hypot(sd, luck_sd)
    lost = special.ndtr((spread**2 / 2 - math.log(mean)) / spread)
    assert stop.where == where
    for at, row in rows.iterrows():
        assert row["profit_mean"] == pytest.approx((mean - 1) * budgets[at], abs=4 * row["profit_mean_se"])
        assert row["p_loss"] == pytest.approx(lost, abs=0.01)
        assert row["profit_low"] / budgets[at] == pytest.approx(low, abs=0.03)
        assert row["profit_high"] / budgets[at] == pytest.approx(high, abs=0.06)
    steps = rows.iloc[:-1]
    assert steps["next_profit"].to_numpy() == pytest.approx(mean - 1, abs=0.03)
    assert steps["p_next_pays"].to_numpy() == pytest.approx(pays, abs=0.02)
    assert (stop.nowhere, stop.beyond) == pytest.approx((1 - pays, pays), abs=0.02)
    assert rows.iloc[-1][["next_profit", "p_next_pays"]].isna().all()


@given(
    st.floats(0.1, 50), st.floats(0.001, 1), st.lists(st.floats(1, 900), min_size=3, max_size=12, unique=True)
)
def test_where_returns_fall_in_a_line_the_budget_is_exact(slope, fall, budgets):
    """slope b - fall b^2 / 2 earns nothing more at b = slope / fall."""
    rising = np.sort(budgets)
    profit = slope * rising - fall * rising**2 / 2
    best, at = slope / fall, profit.argmax()
    stop = budget_curve.stops_at(rising, profit)
    if 0 < at < len(rising) - 1 and np.diff(rising).min() > 0.5:
        assert stop == pytest.approx(best, rel=1e-6)
    else:
        assert rising[0] <= stop <= rising[-1]


def test_the_budget_at_which_a_square_root_stops_paying_with_its_error():
    """r sqrt(b) - b earns nothing more at (r / 2)^2."""
    returns, known = lognormal(40.0, 0.3, 0.4)
    budgets = np.linspace(100, 900, 17)
    _, stop = budget_curve.of_option("nano_gift", toy(budgets, returns, power=0.5), plan(), known)
    assert stop.where == "inside"
    assert stop.budget == pytest.approx(400, abs=4 * stop.se + 5)
    assert 0 < stop.se < 20
    ends = [400 * math.exp(2 * (0.3 * stats.norm.ppf(q) - 0.3**2 / 2)) for q in (0.1, 0.9)]
    assert (stop.low, stop.high) == pytest.approx(ends, abs=75)  # of the budgets looked at


def test_money_that_cannot_be_spent_stops_where_spending_does():
    returns, known = lognormal(2.0, 0.3, 0.4)
    used = {budget: toy([min(budget, 300.0)], returns)[min(budget, 300.0)] for budget in (100, 200, 300, 600)}
    rows, stop = budget_curve.of_option("macro", used, plan(), known)
    assert (stop.where, stop.budget, stop.beyond) == ("unspent", 300, 0.0)
    assert rows["next_profit"].to_list()[2] == 0


def test_too_few_campaigns_to_tell_is_said():
    score = scores(2, 64)[:, 1]
    returns = 1.0002 + 0.5 * score - 0.5 * score.mean()
    known = Information({}, pd.DataFrame({"kappa": np.exp(score)}), np.arange(64) % risk.BATCHES)
    _, stop = budget_curve.of_option("nano_gift", toy([1.0, 2.0], returns), plan(), known)
    assert stop.where == "unclear"


# --- directions


def test_a_higher_margin_pays_further(fit):
    """Audiences of a small market overlap, so that the next money earns less and less."""
    small = {"market_pool": 300_000.0, "niche_pool": 30_000.0, "switches": ["market_pool"], "kappa": 30.0}
    budgets = [300.0, 1_000.0, 2_500.0, 5_000.0, 9_000.0]
    low, high = (curve(fit, plan(margin=margin, **small), budgets).stops["macro"] for margin in (0.35, 0.7))
    assert low.where == "inside"
    assert high.where != "inside"
    assert low.beyond < high.beyond
    assert low.nowhere > high.nowhere


def test_what_a_team_cannot_manage_stays_unspent(fit):
    budgets = [300.0, 900.0, 2_700.0, 8_100.0, 16_200.0]
    full = curve(fit, plan(nano_capacity=25), budgets)
    assert full.stops[NANO].where == "unspent"
    assert full.stops[NANO].budget < 8_200
    assert curve(fit, plan(), budgets).stops[NANO].where != "unspent"


# --- the macro's quote, and the creators of the data


def test_a_quote_is_bought_whole_or_not_at_all(fit):
    points = curve(fit, plan(**QUOTE))
    macro = points.of("macro")
    assert macro.index.min() == 800.0
    assert (macro["cost_mean"] == 800.0).all()
    assert macro["profit_mean"].nunique() == 1
    assert (points.of(MIX).index >= 800.0).all()
    assert points.of(NANO).index.min() < 800.0
    assert points.stops["macro"].where in ("unspent", "nowhere")


def test_without_a_quote_the_macro_grows_with_the_budget(three):
    macro = three.of("macro")
    assert macro["macro_followers"].to_numpy() / macro.index.to_numpy() == pytest.approx(100.0)


def test_it_says_how_far_the_creators_of_the_data_go(fit, three):
    nano = three.of(NANO)
    assert three.creators == (simulation.creator_list.roster(fit, plan().niches)["creator"]).nunique()
    assert np.interp(max(three.enough, 450.0), nano.index, nano["contacts"]) == pytest.approx(
        max(three.creators, nano["contacts"].iloc[0])
    )
    assert (nano["creators_drawn"] > 0).equals(nano["contacts"].round() > three.creators)


def test_the_usual_budgets_have_the_briefs_own_and_the_quote(fit):
    points = curve(fit, plan(**QUOTE), n_worlds=64)
    assert {900.0, 800.0} <= {*points.budgets}
    assert points.budgets == tuple(sorted(points.budgets))


def test_without_odds_what_is_written_to_and_spent_is_left(three):
    points = budget_curve.withheld(three)
    assert points.points[["profit_mean", "p_loss", "conversions_mean", "next_profit"]].isna().all(axis=None)
    assert points.points[["contacts", "cost_mean", "budget"]].notna().all(axis=None)
    assert {stop.where for stop in points.stops.values()} == {"withheld"}


# --- the budget for wanted orders


def chance_of(fit, brief, option, budget, orders, share=0.0):
    other = briefs.changed(brief, budget=budget, mixes=budget_curve.TENTHS)
    names = {MIX: f"mix_{100 * share:g}"}
    worlds = run(fit, other, only=[names.get(option, option)])
    return (worlds["conversions"] >= orders).mean()


def below(budget):
    """Return the next smaller budget of two digits."""
    step = 10 ** (math.floor(math.log10(budget)) - 1)
    return budget - (step if round(budget / step) > 10 else step / 10)


def test_the_budget_for_orders_is_the_smallest_of_two_digits(fit, twenty):
    brief, orders = plan(), 20
    assert set(twenty) == {NANO, "macro", MIX}
    for option, answer in twenty.items():
        at = chance_of(fit, brief, option, answer.budget, orders, answer.macro_share)
        assert at == answer.chance.value >= 0.8
        if option != MIX:  # of several mixes another may be the surest
            assert chance_of(fit, brief, option, below(answer.budget), orders) < 0.8
        assert float(f"{answer.budget:.1e}") == answer.budget == answer.looked_at


@pytest.mark.slow
def test_more_orders_or_a_surer_chance_need_more_money(fit, twenty):
    assert needed(fit, plan(), 10)[NANO].budget < twenty[NANO].budget
    sure = budget_curve.needed(fit, plan(), 20, chance=0.9, beliefs=believed.prior(plan()), **SIZE)
    assert sure[NANO].budget > twenty[NANO].budget


def test_orders_out_of_reach_say_how_near_the_largest_budget_comes(fit):
    found = needed(fit, plan(**QUOTE, nano_capacity=25), 4_000, n_worlds=128)
    for option in (NANO, "macro"):
        assert math.isnan(found[option].budget)
        assert found[option].chance.value < 0.8
        assert found[option].saturated
    assert found[NANO].looked_at > 10_000


def test_a_quote_beyond_every_budget_is_left_out(fit):
    found = needed(fit, plan(macro_followers=80_000, macro_fee=9e6), 10, n_worlds=64)
    assert set(found) == {NANO}


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 61))
def test_the_first_place_is_the_first_wherever_one_starts(last, start, first):
    asked = []
    place = budget_curve.first_true(lambda at: asked.append(at) or at >= first, min(start, last), last)
    assert place == (first if first <= last else None)
    assert len(asked) == len({*asked}) <= 2 * math.log2(last + 2) + 3


def test_round_budgets_have_two_digits_and_reach_the_longest_list():
    budgets = budget_curve.round_budgets(plan(), None)
    assert [float(f"{budget:.1e}") for budget in budgets] == budgets == sorted({*budgets})
    longest = simulation.list_length(briefs.changed(plan(), budget=budgets[-1]))
    assert 0.85 * 20_000 < longest <= 20_000


# --- bad input


@pytest.mark.parametrize(
    ("budgets", "said"),
    [
        ([900.0], "budgets must be from 2 to 50; got 1"),
        ([900.0, 450.0], "budgets must rise; got 450 after 900"),
        ([900.0, 900.0], "budgets must rise; got 900 after 900"),
        ([-5.0, 900.0], r"budget must be .*0.01.*; got -5"),
        ([900.0, math.nan], "budget must be .*; got nan"),
        ([900.0, 1e8], "budget x over_invite needs a list of"),
        ([1.0, 900.0], "budget must be at least"),
    ],
)
def test_budgets_that_cannot_be_are_one_line(fit, budgets, said):
    with pytest.raises(errors.InputError, match=said) as raised:
        curve(fit, plan(), budgets)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("orders", "chance", "said"),
    [
        (0, 0.8, "orders must be 1 or more; got 0"),
        (math.nan, 0.8, "orders must be 1 or more; got nan"),
        (10, 1.0, "chance must be above 0 and below 1; got 1"),
        (10, -1, "chance must be above 0 and below 1; got -1"),
    ],
)
def test_orders_and_chances_that_cannot_be_are_one_line(fit, orders, chance, said):
    with pytest.raises(errors.InputError, match=said):
        budget_curve.needed(fit, plan(), orders, chance=chance, **SIZE)


def test_an_option_that_no_budget_pays_for_is_named(fit):
    points = curve(fit, plan(macro_followers=80_000, macro_fee=9e6), [450.0, 900.0])
    with pytest.raises(errors.InputError, match=r"unknown option 'macro'.* Known: nano_gift"):
        points.of("macro")
