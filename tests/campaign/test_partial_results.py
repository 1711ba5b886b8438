"""Proves that an unknown figure of a result is zero nowhere: what is there teaches, what lacks is told."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bundled
from draws import examples
from nanospread import pages
from nanospread.campaign import backtest, beliefs, unit_economics
from nanospread.campaign import brief as briefs
from nanospread.campaign.beliefs import evidence
from nanospread.ingest import dataset, joined_results, schemas

SAMPLE = briefs.read("sample")
TESTS = pd.DataFrame(columns=beliefs.LIFT_TESTS)
TABLES = bundled.validated()
ROSTER = dataset.roster(TABLES)
RESULTS = TABLES.results
UNKNOWN = dict.fromkeys(schemas.FIGURES, np.nan)


def changed(rows, figures, at=slice(None)):
    """Return results with some figures unknown in some rows."""
    result = rows.copy()
    for name in figures:
        result.iloc[at, result.columns.get_loc(name)] = np.nan
    return result


def gathered(results, tests=TESTS):
    return evidence.gathered(results, tests, ROSTER, SAMPLE.goods)


def same(one, other):
    """Return whether two bodies of evidence are the same to the bit."""
    parts = [(getattr(one, field.name), getattr(other, field.name)) for field in dataclasses.fields(one)]
    arrays = [pair for pair in parts if hasattr(pair[0], "_fields")]
    return all(
        np.array_equal(a, b, equal_nan=True) for pair in arrays for a, b in zip(*pair, strict=True)
    ) and all(a == b for a, b in parts if not hasattr(a, "_fields"))


@pytest.mark.slow
@settings(max_examples=examples(25), deadline=None)
@given(
    st.sampled_from(["2025-autumn", "new"]),
    st.sampled_from(sorted(ROSTER["creator"])[:9]),
    st.integers(0, 99),
)
def test_a_result_whose_figures_are_all_unknown_moves_nothing(campaign, creator, place):
    nothing = RESULTS.head(1).assign(campaign=campaign, creator=creator, **UNKNOWN)
    more = pd.concat([RESULTS.iloc[:place], nothing, RESULTS.iloc[place:]], ignore_index=True)
    assert same(gathered(more), gathered(RESULTS))
    assert (
        unit_economics.past_cost_per_order(more, ROSTER)
        .drop(columns="left_out")
        .equals(unit_economics.past_cost_per_order(RESULTS, ROSTER).drop(columns="left_out"))
    )


def test_a_row_without_orders_teaches_reach_and_clicks_and_nothing_of_orders():
    less = gathered(changed(RESULTS, ["orders", "revenue"], slice(0, 5)))
    without, whole = gathered(RESULTS.iloc[5:]), gathered(RESULTS)
    assert np.array_equal(less.orders.number, without.orders.number)
    assert np.array_equal(less.revenues.revenue, without.revenues.revenue)
    assert np.array_equal(less.reach.log_rate, whole.reach.log_rate)
    assert np.array_equal(less.clicks.number, whole.clicks.number)


def test_orders_without_clicks_are_set_against_reach_and_without_reach_against_followers():
    for figures, against in ((["clicks"], evidence.REACH), (["clicks", "reach"], evidence.FOLLOWERS)):
        found = gathered(changed(RESULTS, figures))
        assert set(found.orders.against) == {against}
        assert found.orders.number.sum() == RESULTS["orders"].sum()
        assert len(found.clicks.number) == 0


def test_a_sum_that_stands_once_is_not_read_as_that_of_one_post():
    post = RESULTS[RESULTS["reach"] > 0].head(1)
    two = pd.concat([post, changed(post, ["reach"]).assign(clicks=0.0, orders=0.0, revenue=0.0)])
    found = gathered(two)
    assert len(found.reach.log_rate) == len(found.clicks.number) == 0
    assert found.orders.number.tolist() == post["orders"].tolist()


def test_a_lift_test_of_a_campaign_with_unknown_orders_is_told_and_does_not_count():
    name = RESULTS["campaign"].iloc[0]
    test = pd.DataFrame([[name, "nano", 40.0, 4.0, None, None, ""]], columns=beliefs.LIFT_TESTS)
    assert len(gathered(RESULTS, test).lifts.se) == 1
    nano = RESULTS.index[(RESULTS["campaign"] == name) & (RESULTS["offer"] == "gift")][0]
    found = gathered(changed(RESULTS, ["orders"], nano), test)
    assert len(found.lifts.se) == 0
    assert found.notes[-1] == "1 lift test is of campaigns with creators whose orders are not known."


def test_an_order_costs_what_the_results_with_both_say_and_the_others_are_counted():
    whole = unit_economics.past_cost_per_order(RESULTS, ROSTER)
    less = unit_economics.past_cost_per_order(changed(RESULTS, ["cost"], slice(0, 7)), ROSTER)
    both = unit_economics.past_cost_per_order(RESULTS.iloc[7:], ROSTER)
    assert less["cost_per_order"].equals(both["cost_per_order"])
    assert whole["left_out"].sum() == 0
    assert less["left_out"].sum() == 7
    assert unit_economics.past_cost_per_order(changed(RESULTS, ["orders"]), ROSTER).empty


@pytest.mark.parametrize("known", schemas.FIGURES[:4])
def test_one_figure_alone_is_no_error_and_moves_no_belief_that_it_does_not_tell(known):
    """Costs tell fees where the offer is known; clicks and revenue alone tell nothing."""
    rows = changed(RESULTS, [name for name in schemas.FIGURES if name != known])
    of = gathered(rows)
    told = {"cost": of.fees.side, "clicks": (), "orders": of.orders.side, "revenue": ()}[known]
    every = [of.fees.side, of.clicks.side, of.orders.side, of.reach.side, of.revenues.orders]
    assert sum(map(len, every)) == len(told)
    assert (len(told) > 0) == (known in ("cost", "orders"))


def test_an_unknown_offer_is_that_of_the_outreach_log_and_a_fee_only_where_that_tells():
    blank = RESULTS.assign(offer="")
    told = joined_results.with_offers(blank, TABLES.outreach)
    known = told["offer"] != ""
    assert 0 < known.sum() < len(told)
    assert (told["offer"] == RESULTS["offer"])[known].all()
    assert len(gathered(blank).fees.log_fee) == 0


@pytest.fixture(scope="module")
def judged():
    """Return two campaigns: of one no cost is known, of the other no orders of its first creator."""
    rows = RESULTS[RESULTS["campaign"].isin(["2025-autumn", "2026-spring"])].reset_index(drop=True)
    rows = rows.assign(cost=rows["cost"].where(rows["campaign"] != "2025-autumn"))
    rows = changed(rows, ["orders"], rows.index[rows["campaign"] == "2026-spring"][0])
    return backtest.Results(rows, TESTS, ROSTER)


@pytest.mark.slow
def test_a_campaign_without_costs_is_forecast_in_orders_and_its_profit_is_left_out(judged):
    table = backtest.campaigns(bundled.fitted(), SAMPLE, judged, n_worlds=500, seed=1).set_index("campaign")
    assert table["left_out"].tolist() == [0, 1]
    assert table["unpaid"].tolist() == [table.at["2025-autumn", "creators"], 0]
    assert table.loc["2025-autumn", ["profit", "profit_p10", "profit_p50"]].isna().all()
    assert table[["orders_p10", "orders", "cdf"]].notna().all(axis=None)
    page = pages.forecast.campaigns(table.reset_index(), currency="EUR").text
    assert "of 1 earned within it" in page
    assert f"Profits leave out {table.at['2025-autumn', 'creators']} creators" in page
    assert "nan" not in page.lower()
    assert pages.forecast.campaign_table(table.reset_index())["profit forecast"].iloc[0] == pages.show.MISSING


@pytest.mark.slow
def test_a_creator_of_a_running_campaign_with_unknown_orders_is_left_out_and_told(judged):
    state = backtest.to_date(
        bundled.fitted(), SAMPLE, judged, TABLES.outreach, campaign="2026-spring", n_worlds=500, seed=1
    )
    mine = judged.rows[judged.rows["campaign"] == "2026-spring"]
    assert (state.posted, state.orders) == (len(mine) - 1, mine["orders"].sum())
    assert state.left_out == 1


def test_results_without_any_cost_say_nothing_of_what_an_order_cost():
    assert unit_economics.past_cost_per_order(changed(RESULTS, ["cost"], slice(None)), ROSTER).empty


@pytest.mark.slow
@pytest.mark.parametrize("figures", [("orders", "revenue"), ("revenue",)])
def test_half_of_the_figures_unknown_teach_what_the_other_half_alone_does(figures):
    """Of orders per click and of order values: a row with unknown figures leans them to no side."""
    half = np.random.default_rng(1).random(len(RESULTS)) < 0.5
    less, known = (
        beliefs.learned(SAMPLE, rows, ROSTER, TESTS, rough=True)
        for rows in (changed(RESULTS, figures, half), RESULTS[~half])
    )
    names = ["order_value"] if figures == ("revenue",) else ["order_value", "kappa"]
    for name in names:
        ends = [np.quantile(of.column(name), [0.1, 0.5, 0.9]) for of in (less, known)]
        assert ends[0] == pytest.approx(ends[1], rel=0.05), name
