"""Proves that plans are compared in the same campaigns: nothing apart from itself, signs that flip with the
order, more margin more profit in every one of them; and that what cannot be compared is one line."""

import dataclasses
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import nanospread as ns
from nanospread.core import paths
from nanospread.study import comparison
from thin_data import brief as thin_brief
from thin_data import exports

N = 256
NUMBERS = ["value", "low", "high", "se"]


@pytest.fixture(scope="module")
def study():
    return ns.open()


def against(first, *others, n_worlds=N):
    return first.compared(*others, n_worlds=n_worlds, seed=5)


@pytest.fixture(scope="module")
def beside(study):
    """Return how the sample is compared with itself under other settings, once for each of them."""
    return cache(lambda **changes: against(study, study.changed(**changes)))


def profits(compared, option="nano"):
    return [outcomes[option].simulated.profit for outcomes in compared.outcomes]


@pytest.mark.slow
def test_a_plan_is_not_apart_from_itself(study):
    compared = against(study, study)
    assert compared.names == ("sample", "sample (2)")
    assert compared.differing.empty
    rows = compared.differences
    assert set(rows["option"]) == {"nano", "macro", "advised"}
    assert (rows[["value", "se"]] == 0).all(axis=None)
    assert (rows[["low", "high"]].fillna(0.0) == 0).all(axis=None)
    assert not rows["clear"].any()


@pytest.mark.slow
@pytest.mark.parametrize("change", [{"margin": 0.6}, {"kappa": 5.0}])
def test_the_other_order_only_flips_the_signs(study, beside, change):
    there, back = beside(**change), against(study.changed(**change), study)
    flipped = back.differences[NUMBERS].mul([-1, -1, -1, 1]).rename(columns={"low": "high", "high": "low"})
    pd.testing.assert_frame_equal(there.differences[NUMBERS], flipped[NUMBERS], rtol=1e-9, atol=1e-9)
    options = [each.options.set_index(["brief", "option"]).sort_index() for each in (there, back)]
    same = options[1].rename({"sample": "sample (2)", "sample (2)": "sample"}).sort_index()
    pd.testing.assert_frame_equal(options[0], same)


@pytest.mark.slow
def test_the_table_is_what_each_comes_to_and_the_difference_is_theirs(study, beside):
    compared = beside(budget=8_000)
    rows = compared.options.set_index(["brief", "option"])
    first, other = (rows.loc[(name, "nano")] for name in compared.names)
    gaps = compared.differences.query("option == 'nano'").set_index("measure")["value"]
    assert gaps.to_dict() == pytest.approx({name: other[name] - first[name] for name in gaps.index})
    run = study.simulate(N, 5)
    assert first["p_loss"] == run.estimate("nano_gift", "p_loss").value
    assert first["profit_p50"] == pytest.approx(run.estimate("nano_gift", "profit_p50").value)
    assert first["cost_per_order"] == pytest.approx(run.odds().loc["nano_gift", "cost_per_order"])
    worlds = run.worlds.query("arm == 'nano_gift'")
    assert first["conversions_mean"] == worlds["conversions"].mean()
    assert compared.runs[0].decision.choice == "nano_gift"
    assert (bool(first["advised"]), bool(rows.loc[("sample", "macro"), "advised"])) == (True, False)


@pytest.mark.slow
def test_a_higher_margin_earns_more_in_every_campaign_and_nothing_else_moves(study):
    compared = against(*(study.changed(margin=margin) for margin in (0.45, 0.6, 0.601, 0.75)))
    for option in ("nano", "macro"):
        each = profits(compared, option)
        assert all((after >= before).all() for before, after in pairwise(each))
        assert (each[3] > each[0]).any()
    rows = compared.differences.query("option != 'advised' and measure in ['conversions_mean', 'cost_mean']")
    assert (rows[NUMBERS] == 0).all(axis=None)


@pytest.mark.slow
def test_a_larger_budget_sells_as_much_in_every_campaign_and_meets_the_same_luck(beside):
    before, after = (each["macro"].simulated for each in beside(budget=8_000).outcomes)
    assert (after.orders >= before.orders).all()
    assert np.corrcoef(before.orders, after.orders)[0, 1] > 0.99


@pytest.mark.slow
def test_a_setting_leaves_all_else_that_is_drawn_as_it_was(study, beside):
    """A margin that is set sorts the draws otherwise; they are put back in one order."""
    other = study.changed(margin=0.6)
    ours, theirs = comparison.aligned([study.beliefs, other.beliefs])
    assert ours is study.beliefs or np.array_equal(ours.draws, study.beliefs.draws)
    kept = [at for at, name in enumerate(ours.names) if name != "margin"]
    np.testing.assert_array_equal(ours.draws[:, kept], theirs.draws)
    assert not np.array_equal(ours.draws[:, kept], other.beliefs.draws)
    compared = beside(margin=0.6)
    assert compared.learned_anew() == ()
    orders = compared.differences.query("measure == 'conversions_mean'")
    assert (orders[["value", "se"]] == 0).all(axis=None)


@pytest.mark.slow
def test_results_that_say_how_much_orders_vary_do_not_undo_the_pairs(beside):
    """An order value that is set changes what they teach of its spread, and of nothing else."""
    compared = beside(order_value=20.0)
    assert compared.learned_anew() == ()
    orders = compared.differences.query("option != 'advised' and measure == 'conversions_mean'")
    assert (orders["value"] == 0).all()


@pytest.mark.slow
def test_pairing_draws_cuts_the_noise_of_what_a_setting_does(study):
    other, size = study.changed(margin=0.6), 1_024
    paired = against(study, other, n_worlds=size).differences
    alone = comparison.Comparison(("a", "b"), (study.simulate(size, 5), other.simulate(size, 5))).differences
    for row in ("se", "high"):
        at = paired.query("option == 'nano' and measure == 'profit_mean'").index[0]
        assert paired.loc[at, row] < 0.7 * alone.loc[at, row]


@pytest.mark.slow
def test_what_results_teach_anew_is_named_and_still_compared(beside):
    compared = beside(kappa=5.0)
    assert compared.learned_anew() == ("sample (2)",)
    assert compared.differing.loc["kappa"].tolist() == [(1.0, 10.0, 45.0), 5.0]
    assert compared.differences["value"].abs().max() > 0


def test_the_simulation_error_is_that_between_its_independent_parts(beside):
    compared = beside(budget=8_000)
    before, after = profits(compared)
    parts = [(after - before)[np.arange(N) % 16 == each].mean() for each in range(16)]
    row = compared.differences.query("option == 'nano' and measure == 'profit_mean'").iloc[0]
    assert row["se"] == pytest.approx(np.std(parts, ddof=1) / 4 * 2.131449546 / 1.959963985)
    assert row["low"] < row["value"] < row["high"]
    assert row["clear"] == (abs(row["value"]) > 2 * row["se"])


@pytest.mark.slow
def test_only_settings_that_differ_are_listed(study):
    changes = {"budget": 8_000, "offer": "fee", "switches": ("return_rate",), "last_posts": 6}
    table = against(study, study.changed(**changes), n_worlds=64).differing
    assert table.loc["budget"].tolist() == [5_000.0, 8_000.0]
    assert table.loc["nano.offer"].tolist() == ["gift", "fee"]
    assert table.loc["return_rate"].tolist() == ["off", (0.08, 0.18, 0.3)]
    assert table.loc["last_posts"].tolist() == [12, 6]
    assert {"niches", "margin", "title", "name"}.isdisjoint(table.index)


def test_a_macro_out_of_reach_leaves_nano_to_compare(study):
    small = study.changed(macro_followers=400_000, macro_fee=9_000.0)
    compared = against(study, small)
    assert set(compared.options.query("brief == 'sample (2)'")["option"]) == {"nano"}
    assert set(compared.differences["option"]) == {"nano", "advised"}


@pytest.mark.slow
def test_spending_nothing_is_a_choice_without_a_cost_per_order(beside):
    compared = beside(order_value=20.0)
    assert compared.runs[1].decision.choice == "nothing"
    row = compared.differences.query("option == 'advised'").set_index("measure")
    assert np.isnan(row.loc["cost_per_order", ["value", "low", "high", "se"]].astype(float)).all()
    assert row.loc["cost_mean", "value"] == -compared.options.iloc[0]["cost_mean"]


@pytest.mark.slow
def test_saved_briefs_are_opened_on_the_same_data(study, tmp_path):
    text = (paths.BRIEFS[-1] / "sample.yaml").read_text(encoding="utf-8")
    file = tmp_path / "spring.yaml"
    file.write_text(text.replace("name: sample", "name: spring").replace("budget: 5000", "budget: 6000"))
    compared = against(study.changed(last_posts=6), file, "macro_wins", study.asked, n_worlds=64)
    assert compared.names == ("sample", "spring", "macro_wins", "sample (2)")
    assert {run.study.data.window.last_posts for run in compared.runs} == {6}
    assert [run.study.brief.budget for run in compared.runs] == [5_000, 6_000, 4_500, 5_000]


def test_what_cannot_be_compared_is_one_line(study, tmp_path):
    other_data = exports(tmp_path / "exports", nano=6, posts=4)
    for others, message in (
        ([], "needs two briefs or more; got 'sample' alone"),
        (["sampel"], "unknown brief 'sampel'; did you mean 'sample'"),
        ([study] * 10, "at most 10 briefs; got 11"),
        ([study.changed(currency="SEK")], "'sample' is in EUR, 'sample' in SEK"),
        ([ns.open(other_data)], "compared on the same data"),
        (
            [study.changed(niches=("horses",))],
            "no odds can be given for brief 'sample': your data hold no nano",
        ),
    ):
        with pytest.raises(ns.InputError, match=message) as caught:
            against(study, *others)
        assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_thin_data_are_compared_too(tmp_path):
    data, brief = exports(tmp_path / "exports", nano=2, posts=1), thin_brief(tmp_path, "food")
    first = ns.open(data, brief=brief)
    compared = against(first, first.changed(budget=900), n_worlds=16)
    assert (
        compared.differences[["value", "se"]]
        .drop(compared.differences.query("measure == 'cost_per_order'").index)
        .notna()
        .all(axis=None)
    )


def test_nothing_of_a_comparison_can_be_set(study):
    with pytest.raises(dataclasses.FrozenInstanceError):
        against(study, study, n_worlds=16).names = ()
