"""Proves that scaled campaigns say what the simulation says elsewhere, and choose as the decision does.

REPLICATES=200 in the environment compares that many settings with runs of their own.
"""

import numpy as np
import pandas as pd
import pytest

import draws
from campaign.test_simulation import fitted
from nanospread.campaign import beliefs as believed
from nanospread.campaign import brief as briefs
from nanospread.campaign import decision, simulation, what_if
from nanospread.campaign.sensitivity import Information
from nanospread.campaign.simulation import by_world
from nanospread.campaign.simulation.by_world import Draws
from nanospread.campaign.what_if import UNCHANGED, Factors

SIZE = {"n_worlds": 10_000, "seed": 3}
BOTH = ["macro", "nano_gift"]
DRAWN = dict(zip(Factors._fields, ("kappa", "order_value", "margin", "fee_per_follower_macro"), strict=True))
RANGES = dict(zip(Factors._fields, ((0.1, 4.5), (0.55, 1.7), (0.75, 1.25), (0.5, 2.0)), strict=True))
QUOTES = {
    "the budget buys it": {},
    "a quote": {"macro_followers": 80_000, "macro_fee": 800.0},
    "followers alone": {"macro_followers": 80_000},
    "codes and commissions": {"switches": ["return_rate", "code_discount", "commission"]},
}


@pytest.fixture(scope="module")
def fit():
    return fitted()


def plan(**changes):
    return briefs.changed(briefs.read("sample"), budget=1_000.0, **changes)


def run(fit, brief, moved=UNCHANGED):
    """Return a run of its own, in which each campaign draws the beliefs times the factors."""
    joint, quoted = believed.prior(brief), brief.macro.fee
    if quoted and moved.quote != 1:
        brief = briefs.changed(brief, macro_fee=quoted * moved.quote)
    values = joint.draws.copy()
    for factor, name in zip(moved, DRAWN.values(), strict=True) if moved != UNCHANGED else ():
        values[:, joint.names.index(name)] *= factor
    only = [name for name in BOTH if name != "macro" or not brief.out_of_reach]
    return simulation.campaign(fit, brief, only=only, beliefs=Draws(joint.names, values), **SIZE).worlds


def paired(fit, brief):
    joint, asked = believed.prior(brief), None
    if brief.macro.followers and not brief.macro.fee:
        price = simulation.believed(joint, **SIZE)["fee_per_follower_macro"].to_numpy()
        asked = price * brief.macro.followers
    values = by_world.values(brief, joint, SIZE["seed"], 0, SIZE["n_worlds"])
    margin = (1 - values.return_rate) * values.margin
    taken = values.code_discount + values.commission * (1 - values.code_discount)
    earned = (1 - values.return_rate) * (values.margin - taken)
    return what_if.paired(
        run(fit, brief), brief, "nano_gift", margin=margin, earned=earned, macro_price=asked
    )


def outlooks(worlds):
    rows = {str(arm): part for arm, part in worlds.groupby("arm", observed=True)}
    ahead = (rows["nano_gift"]["profit"].to_numpy() > rows["macro"]["profit"].to_numpy()).mean()
    return {
        name: {
            "p_loss": (part["profit"] < 0).mean(),
            "p_ahead": ahead if name == "nano_gift" else 1 - ahead,
            "profit_mean": part["profit"].mean(),
            "profit_p50": part["profit"].median(),
            "cost_per_order": part["cost"].sum() / part["conversions"].sum(),
        }
        for name, part in rows.items()
    }


@pytest.mark.parametrize("quote", QUOTES)
def test_unmoved_it_is_the_run(fit, quote):
    brief = plan(**QUOTES[quote])
    found, own = paired(fit, brief).answer().options, outlooks(run(fit, brief))
    for name, figures in own.items():
        assert {figure: getattr(found[name], figure) for figure in figures} == pytest.approx(
            figures, rel=1e-9
        )


@pytest.mark.parametrize("quote", QUOTES)
def test_a_moved_answer_is_that_of_a_run_with_all_beliefs_moved(fit, quote):
    brief, uniforms = plan(**QUOTES[quote]), np.random.default_rng(7).random((draws.replicates(2), 4))
    held = paired(fit, brief)
    for uniform in uniforms:
        factors = (low * (high / low) ** u for u, (low, high) in zip(uniform, RANGES.values(), strict=True))
        moved = Factors(*factors)
        if held.answer(moved).out_of_reach:
            continue
        found, own = held.answer(moved).options, outlooks(run(fit, brief, moved))
        for name, figures in own.items():
            assert found[name].p_loss == pytest.approx(figures["p_loss"], abs=0.01), (moved, name)
            earned = figures["profit_mean"] + held.cost[name].mean()
            assert found[name].profit_mean == pytest.approx(figures["profit_mean"], abs=0.005 * earned)
            assert found[name].cost_per_order == pytest.approx(figures["cost_per_order"], rel=0.005)


@pytest.mark.parametrize(
    "changes",
    [
        {"margin": 0.3, "code_discount": 0.3, "commission": 0.0},
        {"margin": 0.0, "commission": 0.1},
        {"return_rate": 1.0},
        {"order_value": 0.0},
        {"kappa": 0.0},
    ],
)
def test_where_no_order_earns_anything_it_is_the_run_too(fit, changes):
    brief = plan(**changes)
    found, own = paired(fit, brief).answer().options, run(fit, brief).groupby("arm", observed=True)
    means = {name: part["profit"].mean() for name, part in own}
    assert {name: odds.profit_mean for name, odds in found.items()} == pytest.approx(means)


def test_the_mean_rises_in_step_and_so_does_the_spread_of_what_orders_earn(fit):
    held = paired(fit, plan())
    own = held.profits(UNCHANGED)["nano_gift"] + held.cost["nano_gift"]
    twice = held.profits(Factors(sales=4.0, margin=0.5))["nano_gift"] + held.cost["nano_gift"]
    assert twice == pytest.approx(2 * own)


def test_a_quote_costs_what_it_says_and_is_out_of_reach_above_the_budget(fit):
    held = paired(fit, plan(macro_followers=80_000, macro_fee=800.0))
    own, dearer = (held.profits(Factors(quote=quote))["macro"] for quote in (1.0, 1.2))
    assert own - dearer == pytest.approx(160.0)
    beyond = held.answer(Factors(quote=1.3))
    assert beyond.out_of_reach
    assert np.isnan(beyond.options["nano_gift"].p_ahead)


def test_without_a_quote_the_budget_buys_a_smaller_macro(fit):
    held = paired(fit, plan())
    own, dearer = (held.profits(Factors(quote=quote))["macro"] + 1_000 for quote in (1.0, 2.0))
    assert dearer == pytest.approx(own / 2)


def test_it_chooses_as_the_decision_does(fit):
    chosen = set()
    for sales in (0.1, 0.5, 1.0, 3.0):
        brief = plan(tolerate_loss_chance=0.25)
        held = paired(fit, brief)
        moved = Factors(sales=sales)
        found, profits = held.answer(moved), held.profits(moved)
        level = pd.DataFrame({"luck": np.linspace(1, 2, SIZE["n_worlds"])})
        batch = np.arange(SIZE["n_worlds"]) % 16
        made = decision.decide(Information(profits, level, batch), brief, nano="nano_gift")
        assert (found.choice, found.reason, found.clear) == (made.choice, made.reason, made.clear)
        chosen.add(found.reason)
    assert len(chosen) >= 2
