"""Proves the decision: every reason is reached and is the one its numbers give, firm is what leads in nine of
ten beliefs, and over a grid of briefs no decision contradicts itself.
"""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import special

from campaign.test_sensitivity import scores
from campaign.test_simulation import fitted
from nanospread.campaign import beliefs as believed
from nanospread.campaign import brief as briefs
from nanospread.campaign import decision, simulation
from nanospread.campaign.sensitivity import NOTHING, Information
from nanospread.core.estimates import Estimate

N = 2_048
BATCH = np.arange(N) % 16


@pytest.fixture(scope="module")
def brief():
    return briefs.changed(briefs.read("sample"), budget=1_000.0)


def worlds(**profits):
    """Return profits (mean, weight on the belief, weight on luck) of options over one belief and luck."""
    level, *luck = scores(1 + len(profits), N).T
    rows = {
        name: mean + belief * level + own * z
        for (name, (mean, belief, own)), z in zip(profits.items(), luck, strict=True)
    }
    return Information(rows, pd.DataFrame({"kappa": np.exp(level)}), BATCH)


def decided(brief, **profits):
    return decision.decide(worlds(**profits), brief, nano="nano_gift")


@pytest.mark.parametrize(
    ("profits", "choice", "reason", "firm", "more_on_average"),
    [
        ({"nano_gift": (800, 50, 100), "macro": (100, 50, 100)}, "nano_gift", "pays", True, "nano"),
        ({"nano_gift": (100, 50, 100), "macro": (800, 50, 100)}, "macro", "pays", True, "macro"),
        ({"nano_gift": (300, 300, 100), "macro": (200, 0, 100)}, "nano_gift", "pays", False, "nano"),
        ({"nano_gift": (200, 50, 100), "macro": (300, 100, 900)}, "nano_gift", "safer", False, "macro"),
        ({"nano_gift": (300, 100, 900), "macro": (200, 50, 100)}, "macro", "safer", False, "nano"),
        ({"nano_gift": (300, 100, 900), "macro": (200, 50, 900)}, NOTHING, "too risky", False, "nano"),
        ({"nano_gift": (-300, 50, 100), "macro": (-500, 50, 100)}, NOTHING, "loses", True, "nano"),
        ({"nano_gift": (-100, 400, 50), "macro": (-200, 0, 50)}, NOTHING, "loses", False, "nano"),
        ({"nano_gift": (800, 50, 100)}, "nano_gift", "pays", True, "unsure"),
        ({"nano_gift": (-800, 50, 100)}, NOTHING, "loses", True, "unsure"),
    ],
)
def test_every_reason_is_reached_by_the_numbers_that_give_it(
    brief, profits, choice, reason, firm, more_on_average
):
    made = decided(brief, **profits)
    assert (made.choice, made.reason, made.firm) == (choice, reason, firm)
    assert made.more_on_average == more_on_average
    assert made.out_of_reach == ("macro" not in profits)
    consistent(made, brief)


def consistent(made, brief):
    """Fail where one field of a decision contradicts another."""
    options, choice = made.options, made.options[made.choice]
    assert choice.tolerated
    assert made.best == max(options, key=lambda name: options[name].profit.value)
    bearable = {name for name, option in options.items() if option.tolerated}
    assert choice.profit.value == max(options[name].profit.value for name in bearable)
    assert (made.reason == "pays") == (made.choice == made.best != NOTHING)
    assert (made.reason == "loses") == (made.best == NOTHING)
    assert (made.choice == NOTHING) == (made.reason in ("loses", "too risky"))
    assert made.firm == (made.lead >= 0.9)
    assert sum(option.leads for option in options.values()) == pytest.approx(1)
    for option in options.values():
        assert option.tolerated == (option.p_large_loss.value <= brief.tolerate_loss.chance)
        assert option.p_large_loss.value <= option.p_loss.value
    assert made.worth.value <= made.perfect.value + 4 * np.hypot(made.worth.se, made.perfect.se) + 1
    assert (made.settles == "") == (made.worth.value == 0)


def test_it_says_what_would_settle_it_and_what_that_is_worth(brief):
    made = decided(brief, nano_gift=(100, 300, 50), macro=(50, 0, 50))
    assert not made.firm
    assert made.settles == "kappa"
    assert made.worth.value == pytest.approx(made.perfect.value, rel=0.15)
    settled = decided(brief, nano_gift=(900, 100, 50), macro=(50, 0, 50))
    assert (settled.settles, settled.worth) == ("", Estimate(0.0, 0.0))


def test_ahead_more_often_is_told_apart_from_ahead_on_average(brief):
    level, luck = scores(2, N).T
    rare = np.where(luck > special.ndtri(0.8), 2_000.0, -100.0)
    profits = {"nano_gift": 100 + 10 * level, "macro": rare + 0 * level}
    information = Information(profits, pd.DataFrame({"kappa": np.exp(level)}), BATCH)
    made = decision.decide(information, brief, nano="nano_gift")
    assert (made.more_often, made.more_on_average) == ("nano", "macro")
    assert made.choice == "macro"
    same = decided(brief, nano_gift=(100, 0, 50), macro=(100, 0, 50))
    assert same.more_often == "even"
    assert not same.clear


def test_a_mean_that_hangs_on_a_few_worlds_says_so(brief):
    level, luck = scores(2, N).T
    profits = {"nano_gift": np.exp(3.0 * level) + 5 * luck, "macro": luck}
    information = Information(profits, pd.DataFrame({"kappa": np.exp(level)}), BATCH)
    assert decision.decide(information, brief, nano="nano_gift").heavy
    assert not decided(brief, nano_gift=(500, 50, 100), macro=(0, 50, 100)).heavy
    assert decision.top_share(np.r_[np.zeros(99), 1.0]) == 1
    assert decision.top_share(np.zeros(5)) == 0


def test_less_tolerance_never_buys_more(brief):
    information = worlds(nano_gift=(200, 100, 300), macro=(300, 200, 900))
    chosen = []
    for chance in (0.0, 0.05, 0.2, 0.5, 1.0):
        plan = briefs.changed(brief, tolerate_loss_share=0.3, tolerate_loss_chance=chance)
        chosen.append(decision.decide(information, plan, nano="nano_gift"))
    means = [made.options[made.choice].profit.value for made in chosen]
    assert means == sorted(means)
    assert chosen[0].choice == NOTHING
    assert chosen[-1].choice == "macro"


def test_over_a_grid_of_briefs_no_decision_contradicts_itself(brief):
    fit, choices, size = fitted(), set(), {"n_worlds": 256, "seed": 3}
    for budget, order_value, kappa in itertools.product((500.0, 4_000.0), (20.0, 200.0), (2.0, 20.0)):
        plan = briefs.changed(
            brief, budget=budget, order_value=order_value, kappa=kappa, tolerate_loss_chance=0.2, mixes=[]
        )
        joint = believed.prior(plan)
        played = simulation.campaign(fit, plan, only=["macro", "nano_gift"], beliefs=joint, **size).worlds
        profits = {str(arm): rows["profit"].to_numpy() for arm, rows in played.groupby("arm", observed=True)}
        drawn = simulation.believed(joint, **size)[["cvr_nano", "cvr_macro", "ctr_feed", "margin"]]
        made = decision.decide(Information(profits, drawn, BATCH[:256]), plan, nano="nano_gift")
        consistent(made, plan)
        choices.add((made.choice, made.reason))
    assert len(choices) >= 3
