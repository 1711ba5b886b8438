"""Proves the wording of the decision: each branch is reached and says its numbers, no sentence contradicts
another, and what sales rest on is said with its range.
"""

import dataclasses
import itertools
import math

import numpy as np
import pandas as pd
import pytest

from campaign.test_decision import decided, worlds
from nanospread import pages
from nanospread.campaign import brief as briefs
from nanospread.campaign import decision
from nanospread.campaign.risk import Estimate
from nanospread.core import formatting

BEATS = Estimate(0.8, 0.01)
ACTS = ("choose nano", "choose the macro", "buy neither", "do not buy nano")


@pytest.fixture(scope="module")
def brief():
    return briefs.changed(briefs.read("sample"), budget=1_000.0)


@pytest.mark.parametrize(
    ("profits", "title"),
    [
        ({"nano_gift": (800, 50, 100), "macro": (100, 50, 100)}, "Choose nano"),
        ({"nano_gift": (100, 50, 100), "macro": (800, 50, 100)}, "Choose the macro"),
        ({"nano_gift": (300, 50, 100), "macro": (300, 50, 100)}, "too close to call"),
        ({"nano_gift": (200, 50, 100), "macro": (300, 100, 900)}, "Choose nano, the safer option"),
        ({"nano_gift": (300, 100, 900), "macro": (200, 50, 100)}, "Choose the macro, the safer option"),
        ({"nano_gift": (300, 100, 900), "macro": (200, 50, 900)}, "Buy neither, the risk is too high"),
        ({"nano_gift": (-300, 50, 100), "macro": (-500, 50, 100)}, "Buy neither"),
        ({"nano_gift": (800, 50, 100)}, "The macro is out of reach of this budget; choose nano"),
        ({"nano_gift": (-800, 50, 100)}, "The macro is out of reach of this budget; do not buy nano either"),
        ({"nano_gift": (300, 100, 900)}, "do not buy nano either, the risk is too high"),
    ],
)
def test_each_reason_has_its_advice(brief, profits, title):
    advice = pages.verdict.advice(decided(brief, **profits), brief)
    assert title in advice.title
    assert advice.text.startswith(advice.title)
    assert advice.text.endswith(".")


def test_advice_says_its_mean_and_the_rivals_mean_and_leaves_the_odds_to_the_table(brief):
    made = decided(brief, nano_gift=(800, 50, 100), macro=(-100, 50, 100))
    assert pages.verdict.advice(made, brief).text == (
        "Choose nano. It earns EUR 800 on average and the macro loses EUR 100."
    )


def test_a_risk_above_the_briefs_is_said_with_both_numbers(brief):
    text = pages.verdict.advice(decided(brief, nano_gift=(200, 50, 100), macro=(300, 100, 900)), brief).text
    assert (
        "The macro would earn EUR 300 on average. But it loses more than 50% of the budget in 19 of 100"
        in text
    )
    assert text.endswith("your plan tolerates 10 of 100.")


def test_firm_is_said_as_such_and_else_what_would_settle_it(brief):
    firm = pages.verdict.firmness(decided(brief, nano_gift=(800, 50, 100), macro=(100, 50, 100)), "EUR")
    assert firm.title == "This is firm, since nano is best in over 99 of 100 cases of what is not known"
    made = dataclasses.replace(decided(brief, nano_gift=(100, 300, 50), macro=(50, 0, 50)), settles="kappa")
    open_ = pages.verdict.firmness(made, "EUR").text
    worth = formatting.money(float(f"{made.perfect.value:.0e}"), "EUR")
    assert open_.startswith("This is not firm")
    every = f"Knowing every assumption before spending would be worth about {worth}"
    assert f"{every}. Sales level alone is worth" in open_
    noisy = dataclasses.replace(made, worth=Estimate(5.0, 50.0))
    assert "No single one is clearly worth a tenth" in pages.verdict.firmness(noisy, "EUR").text
    none = dataclasses.replace(made, perfect=Estimate(5.0, 50.0))
    assert "not clearly worth anything" in pages.verdict.firmness(none, "EUR").text


def test_the_verdict_has_who_is_ahead_and_both_losses(brief):
    made = decided(brief, nano_gift=(800, 50, 100), macro=(-900, 50, 100))
    verdict = pages.verdict.verdict(made, BEATS, "EUR")
    assert verdict.title == "Nano beats the macro in 80 of 100 and loses money in under 1 of 100"
    assert verdict.text == (
        "Nano earns more than the macro in 80 of 100 simulated campaigns. Nano loses money in under 1 "
        "of 100, the macro in over 99 of 100."
    )
    turned = decided(brief, macro=(800, 50, 100), nano_gift=(-900, 50, 100))
    title = pages.verdict.verdict(turned, Estimate(0.2, 0.01), "EUR").title
    assert title == "The macro beats nano in 80 of 100 and loses money in under 1 of 100"
    even = pages.verdict.verdict(dataclasses.replace(made, more_often="even"), Estimate(0.5, 0.01), "EUR")
    assert even.title.startswith("Too close to call")
    assert "the two are level" in even.text
    alone = pages.verdict.verdict(decided(brief, nano_gift=(800, 50, 100)), Estimate(math.nan, 0), "EUR")
    assert alone.text == "Nano alone loses money in under 1 of 100 simulated campaigns."


def test_more_often_is_told_from_more_on_average_only_where_they_differ(brief):
    information = worlds(nano_gift=(100, 10, 10), macro=(0, 0, 0))
    luck = np.random.default_rng(1).random(len(information.batch))
    rare = {**information.profits, "macro": np.where(luck > 0.95, 20_000.0, -100.0)}
    made = decision.decide(dataclasses.replace(information, profits=rare), brief, nano="nano_gift")
    text = pages.verdict.verdict(made, BEATS, "EUR").text
    assert "On average, however, the macro earns more" in text
    assert "The luckiest 1 of 100 bring" not in text
    assert "luckiest" in pages.verdict.verdict(_heavy(made), BEATS, "EUR").text
    same = dataclasses.replace(made, more_on_average="nano")
    assert "however" not in pages.verdict.verdict(same, BEATS, "EUR").text


def _heavy(made):
    options = {name: option._replace(top_share=0.5) for name, option in made.options.items()}
    return dataclasses.replace(made, options=options)


LEVELS = ((-600, 300, 200), (50, 300, 900), (100, 0, 50), (500, 50, 300))


@pytest.mark.parametrize(("nano", "macro"), list(itertools.product(LEVELS, [*LEVELS, None])))
def test_no_sentence_contradicts_another(brief, nano, macro):
    profits = {"nano_gift": nano} | ({"macro": macro} if macro else {})
    made = decided(brief, **profits)
    beats = (worlds(**profits).profit("nano_gift") > worlds(**profits).profit("macro")).mean() if macro else 0
    verdict = pages.verdict.verdict(made, Estimate(float(beats), 0.01), "EUR")
    advice, firm = pages.verdict.advice(made, brief), pages.verdict.firmness(made, "EUR")
    acts = [act for act in ACTS if act in advice.title.lower()]
    assert len(acts) == (1 if made.clear or made.reason != "pays" else 0)
    assert ("out of reach" in advice.title) == made.out_of_reach == ("alone" in verdict.title)
    assert firm.title.startswith("This is firm") == made.firm
    assert "loses money" not in advice.text
    assert formatting.of_100(made.options["nano_gift"].p_loss.value) in verdict.text
    assert max(len(each.title) for each in (verdict, advice, firm)) <= formatting.TITLE
    assert "nan" not in " ".join((verdict.text, advice.text, firm.text)).lower().replace("nano", "")


def table(learned_from):
    columns = ["p10", "p50", "p90", "prior_p50", "learned_from"]
    rows = {"nano": (19.8, 25.1, 32.0, 20.5, learned_from), "macro": (9.4, 14.5, 23.4, 12.0, learned_from)}
    return pd.DataFrame({f"orders_per_100_clicks_{s}": row for s, row in rows.items()}, index=columns).T


def test_what_sales_rest_on_is_learned_or_said_to_be_assumed():
    learned = pages.verdict.rests(table("130 results of 4 campaigns"))
    assert learned.text == (
        "How well posts sell is learned from 130 results of 4 campaigns. 100 nano clicks bring 25 orders "
        "(20 to 32) and 100 macro clicks bring 14 orders (9.4 to 23). Before them, 20 were expected of nano."
    )
    assumed = pages.verdict.rests(table("")).text
    assert assumed.startswith("How well posts sell is assumed")
    assert assumed.endswith("Only your own results can tell.")
