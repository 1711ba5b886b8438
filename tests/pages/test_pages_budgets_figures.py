"""Proves that what a page says of budgets follows the curve: each ending, what limits it, and the figure."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from every_figure import figures
from legible import LONG, assert_legible, shown
from nanospread.campaign import brief as briefs
from nanospread.campaign.budget_curve import BudgetCurve, BudgetOptimum, RequiredBudget
from nanospread.core.estimates import Estimate
from nanospread.pages import _style as style
from nanospread.pages import budgets

BUDGETS = [500.0, 2_500.0, 5_000.0, 10_000.0, 40_000.0]
NANO = "nano_gift"


def option_rows(name, slope, *, least=0.0, followers=0.0, large=0.05):
    at = np.array([budget for budget in BUDGETS if budget >= least])
    rows = pd.DataFrame({"option": name, "budget": at, "macro_share": 0.0, "macro_followers": followers * at})
    profit = slope * at
    steps = np.append(np.diff(profit) / np.diff(at), np.nan)
    return rows.assign(
        cost_mean=at, contacts=at / 15, posts_live=at / 120, conversions_mean=at / 20, creators_drawn=0.0,
        conversions_p10=at / 60, conversions_p90=at / 10, profit_mean=profit, profit_mean_se=0.01 * at,
        profit_low=profit - 0.5 * at, profit_high=profit + at, p_loss=0.3, p_loss_se=0.01, p_large_loss=large,
        p_large_loss_se=0.01, tolerated=large <= 0.1, next_profit=steps, next_profit_se=0.01,
        next_low=steps - 0.5, next_high=steps + 1.0, p_next_pays=0.88,
    )  # fmt: skip


def ended(where="beyond", budget=math.nan):
    return BudgetOptimum(where, budget, 10.0, 0.0, 40_000.0, 0.1, 0.8)


def curve(nano=0.9, macro=0.4, *, stop=None, other=None, **changes):
    parts = [option_rows(NANO, nano), option_rows("macro", macro), option_rows("best_mix", min(nano, macro))]
    stops = {NANO: stop or ended(), "macro": other or ended(), "best_mix": ended()}
    whole = BudgetCurve(briefs.read("sample"), NANO, pd.concat(parts, ignore_index=True), stops, 618, 8_860.0)
    return dataclasses.replace(whole, **changes)


def text(*args, **words):
    return budgets.how_much(curve(*args, **words)).text


ENDINGS = {
    "beyond": "Gifted nano still pays at EUR 40,000. Where more money stops paying is not inside",
    "inside": "Beyond about EUR 18,000 more money no longer pays. There gifted nano earns most on average",
    "nowhere": "No budget pays, from EUR 500 to EUR 40,000. At each of them gifted nano loses money",
    "unspent": "Beyond about EUR 18,000 the money stays unspent. The team cannot manage more creators.",
    "unclear": "Too close to call whether gifted nano pays at EUR 40,000.",
}


@pytest.mark.parametrize("where", ENDINGS)
def test_each_ending_is_said_first_and_heads_the_figure(where):
    stop = ended(where, 18_321.0 if where in ("inside", "unspent") else math.nan)
    every = dict.fromkeys((NANO, "macro", "best_mix"), stop)
    found = budgets.how_much(curve(stops=every))
    assert found.text.startswith(ENDINGS[where])
    assert found.text.startswith(found.title)
    assert len(found.title) <= 60


def test_it_says_what_the_next_money_adds_and_how_surely():
    said = text(nano=0.9)
    assert "Beyond EUR 5,000, each further EUR 100 add EUR 90 of profit on average" in said
    assert "(80% range EUR 40 to EUR 190)" in said
    assert "They pay in 88 of 100 cases of what is not known." in said
    assert "(80% range −EUR 45 to EUR 105)" in text(nano=0.05, macro=0.01)
    every = dict.fromkeys([NANO, "macro", "best_mix"], ended("nowhere"))
    lost = text(nano=-0.6, macro=-0.9, stops=every)
    assert "each further EUR 100 lose EUR 60 on average" in lost


def test_it_is_about_the_option_that_earns_most_among_those_tolerated():
    assert budgets.leading(curve(0.9, 0.4)) == NANO
    assert budgets.leading(curve(0.4, 0.9)) == "macro"
    risky = curve(0.4, 0.9)
    points = risky.points.assign(tolerated=risky.points["option"] != "macro")
    assert budgets.leading(dataclasses.replace(risky, points=points)) == NANO
    assert budgets.leading(curve(-0.1, -0.4, stop=ended("nowhere"), other=ended("unspent", 800.0))) != NANO


def test_what_limits_a_budget_is_said():
    said = text()
    assert "At EUR 40,000 the team writes to 2,700 creators." in said
    assert "Your data hold 618 nano creators of these niches, enough for about EUR 8,900" in said
    assert "Your data hold" not in text(enough=math.inf)
    assert "followers" not in said
    points = curve().points
    large = points.assign(macro_followers=points["budget"].where(points["option"] == "macro", 0) * 150)
    assert "From EUR 10,000 on the macro has more than 1,000,000 followers" in text(points=large)


def test_a_loss_beyond_what_is_tolerated_is_said_from_where_it_begins():
    points = curve().points
    worse = points.assign(p_large_loss=0.2, tolerated=points["budget"] < 9_000)
    assert "But from EUR 10,000 on it loses more than 50% more often than you tolerate." in text(points=worse)
    small = points.assign(p_large_loss=0.2, tolerated=points["budget"] > 9_000)
    said = (
        "It loses more than 50% of EUR 5,000 in 20 of 100, more often than you tolerate. From EUR 10,000 on"
    )
    assert said in text(points=small)


def test_where_no_budget_keeps_to_the_loss_that_is_tolerated_that_comes_first():
    points = curve().points.assign(p_large_loss=0.2, tolerated=False)
    found = budgets.how_much(curve(points=points))
    assert found.text.startswith("Every budget risks losing more than 50% of it. Even with gifted nano, each")
    assert "still pays" not in found.text


def one(budget, chance=0.81, *, looked_at=None, saturated=False):
    return RequiredBudget(budget, 0.0, Estimate(chance, 0.01), 300.0, looked_at or budget, saturated)


def test_the_budgets_for_orders_name_the_mix_only_where_it_needs_least():
    needed = {NANO: one(11_000.0), "macro": one(42_000.0), "best_mix": one(11_000.0)}
    said = budgets.for_orders(needed, 243, curve())
    assert (
        said == "For 243 orders with 80% chance, plan EUR 11,000 on gifted nano or EUR 42,000 on the macro."
    )
    less = budgets.for_orders(needed | {"best_mix": one(9_000.0)}, 243, curve())
    assert less.endswith("or EUR 42,000 on the macro or EUR 9,000 on the best mix.")


def test_orders_out_of_reach_say_who_cannot_bring_them_and_what_they_cost():
    missed = one(math.nan, 0.15, looked_at=160_000.0, saturated=True)
    said = budgets.for_orders({NANO: one(9_000.0), "macro": missed}, 53, curve(stop=ended("nowhere")))
    assert "On gifted nano they cost more than they earn, on average." in said
    assert said.endswith(
        "The macro cannot bring 53 orders so surely: EUR 160,000 do in 15 of 100, and more money hardly "
        "brings more."
    )
    none = budgets.for_orders({NANO: missed._replace(saturated=False)}, 1, curve())
    assert none == "Gifted nano cannot bring 1 order so surely: EUR 160,000 do in 15 of 100."
    assert budgets.for_orders({}, 10, curve()) == ""


def test_without_odds_nothing_is_advised():
    points = curve().points.assign(profit_mean=math.nan, conversions_mean=math.nan, tolerated=math.nan)
    bare = curve(stops=dict.fromkeys([NANO, "macro", "best_mix"], ended("withheld")), points=points)
    assert budgets.how_much(bare).title == "No budget is advised"
    assert budgets.usual_orders(bare) == 1
    assert "empty" in figures.profit_by_budget(bare, title="t").figure.get_label()


def test_the_usual_orders_are_those_of_the_briefs_budget():
    assert budgets.usual_orders(curve()) == 250


def test_the_open_table_has_six_columns_of_the_leading_option_and_the_fold_all_rows():
    table = budgets.shown(curve(0.4, 0.9))
    assert len(table.columns) == 6
    assert table["profit_mean"].tolist() == [0.9 * budget for budget in BUDGETS]
    assert len(budgets.every(curve())) == 3 * len(BUDGETS)
    assert "the macro" in budgets.caption(curve(0.4, 0.9))


def test_checked_rows_are_what_the_sentences_say():
    needed = {NANO: one(11_000.0), "macro": one(math.nan, looked_at=9e4)}
    rows = budgets.checked_rows(curve(), needed, 243, n_worlds=4_000).set_index("metric")["value"]
    assert rows["next_100_nano_gift"] == pytest.approx(90)
    assert rows["budget_for_orders_nano_gift"] == 11_000
    assert "budget_for_orders_macro" not in rows


# --- the figure


def test_a_line_for_each_option_with_its_range_and_the_briefs_budget():
    ax = figures.profit_by_budget(curve(), title="t")
    nano = next(line for line in ax.lines if to_hex(line.get_color()) == style.NANO.lower())
    assert list(nano.get_xdata()) == BUDGETS
    assert list(nano.get_ydata()) == pytest.approx([0.9 * budget for budget in BUDGETS])
    band = ax.collections[0].get_paths()[0].get_extents()
    assert (band.y0, band.y1) == pytest.approx((min(0.4 * b for b in BUDGETS), 1.9 * 40_000))
    words = [found.get_text() for found in shown(ax)]
    assert {"your EUR 5,000", "gifted nano", "one macro", "best mix"} <= {*words}


def test_a_ring_marks_where_more_money_stops_paying():
    ax = figures.profit_by_budget(curve(stop=ended("inside", 7_500.0)), title="t")
    (ring,) = [line for line in ax.lines if line.get_marker() == "o"]
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == pytest.approx((7_500, 0.9 * 7_500))


def test_a_macro_in_reach_of_larger_budgets_alone_begins_there():
    points = pd.concat([option_rows(NANO, 0.9), option_rows("macro", 0.0, least=9_000)], ignore_index=True)
    ax = figures.profit_by_budget(curve(points=points), title="t")
    macro = next(line for line in ax.lines if to_hex(line.get_color()) == style.MACRO.lower())
    assert list(macro.get_xdata()) == [10_000, 40_000]


DRAWN = {
    "profit_by_budget": lambda slopes=(0.9, 0.4), **words: figures.profit_by_budget(curve(*slopes), **words)
}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("slopes", [(0.9, 0.4), (0.9, 0.88), (-0.6, -0.6)])
def test_its_words_are_legible_and_apart(name, slopes):
    assert_legible(DRAWN[name](slopes, title=LONG))


@pytest.mark.parametrize("name", DRAWN)
def test_it_can_be_drawn_on_given_axes(name):
    left, _ = Figure(figsize=(12, 5)).subplots(1, 2)
    assert DRAWN[name](title="t", ax=left) is left
