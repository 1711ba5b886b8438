"""Proves that each change of a headline figure is told apart by its cause, that the parts are the whole,
that chance is not called movement, and that nothing wrong with an old report stops this week's page."""

import copy
import math
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import earlier_reports as made
from draws import examples
from earlier_reports import LAST, NOW, WEEK, other, put, record, since
from nanospread import study
from nanospread.campaign.risk import batches
from nanospread.core import paths
from nanospread.report import changes, records
from nanospread.study import Run

PARTS = list(changes.PARTS)


@pytest.fixture(scope="module")
def these(tmp_path_factory):
    return made.sets(tmp_path_factory.mktemp("these"))


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """The data of an earlier week: the newest posts are not in them."""
    return made.sets(tmp_path_factory.mktemp("before"), made.PART - 20)


@pytest.fixture(scope="module")
def last(these):
    return record(these, NOW)


@pytest.fixture
def folder(tmp_path, last):
    put(tmp_path, last)
    return tmp_path


def told(found):
    return set(found.causes["cause"])


def nothing(found, *parts):
    return bool((found.rows[[*parts]] == 0).all(axis=None))


def adds_up(found):
    rows = found.rows
    scale = 1e-9 * rows["value"].abs().max()
    return np.allclose(rows[PARTS].sum(axis=1), rows["change"], atol=scale, rtol=0)


def test_the_same_inputs_twice_changed_nothing(these, folder):
    found = since(these, NOW, folder)
    assert (found.week, found.ago, found.notes) == (LAST, 1, ())
    assert found.causes.empty
    assert nothing(found, "change", *PARTS)
    assert set(found.rows["state"]) == {"same"}


def test_another_seed_is_only_that_and_within_the_errors_of_both_runs_in_most(these, folder):
    found = since(these, other(seed=8), folder)
    assert told(found) == {"simulation"}
    assert found.causes.iloc[0].tolist() == ["simulation", "seed", 7, 8]
    assert nothing(found, "data", "program", "parameters")
    assert (found.rows["simulation"] == found.rows["change"]).all()
    assert (found.rows["change"] != 0).any()
    assert set(found.rows["state"]) <= {"noise", "same"}
    both = np.hypot(found.rows["se"], found.rows["before_se"])
    assert (found.rows["change"].abs() <= 2 * both).sum() >= 5


def test_more_worlds_are_other_random_numbers(these, folder):
    found = since(these, other(n_worlds=800), folder)
    assert found.causes[["cause", "name"]].to_numpy().tolist() == [["simulation", "n_worlds"]]
    assert set(found.rows["state"]) <= {"noise", "same"}


def test_another_budget_is_named_and_moves_the_money(these, folder):
    found = since(these, other(budget=9000.0), folder)
    assert found.causes.to_numpy().tolist() == [["parameters", "budget", 5000.0, 9000.0]]
    assert nothing(found, "data", "program", "simulation")
    assert found.rows.loc["cvar_5_macro", "state"] == "moved"
    assert found.rows.loc["cvar_5_macro", "parameters"] < -3000


def test_worlds_in_common_make_the_parameters_part_sharper_than_two_runs_of_their_own(these, tmp_path):
    put(tmp_path, record(these, other(kappa=10.0)))  # set in both: a belief that is set is not drawn any more
    rows = since(these, other(kappa=11.0), tmp_path).rows
    apart = np.hypot(rows["se"], rows["before_se"])
    certain = apart < 1e-9  # the worst worlds of the macro sell nothing and lose what it costs
    assert rows.index[certain].tolist() == ["cvar_5_macro"]
    assert (rows["real_se"][~certain] < apart[~certain]).all()
    assert (rows.loc["cvar_5_macro", ["change", "real_se"]] == 0).all()
    assert rows.loc["profit_p50_nano", "state"] == "moved"
    assert rows.loc["profit_p50_nano", "change"] > 0


@pytest.mark.slow
def test_the_paired_error_is_that_of_many_seeds(these):
    """Thirty seeds, each with its own pair of runs: the spread of their differences is the error told."""
    pairs = [
        [changes.headline(these.run(other(seed=seed, **more))) for more in ({"kappa": 10.0}, {"kappa": 11.0})]
        for seed in range(30)
    ]
    away = pd.DataFrame([b.figures["value"] - a.figures["value"] for a, b in pairs])
    claimed = pd.DataFrame([changes.paired_se(a, b) for a, b in pairs]).pow(2).mean().pow(0.5)
    ratio = claimed / away.std()
    assert ratio.between(0.6, 1.9).all(), ratio


def test_what_each_world_adds_has_the_error_that_the_figure_has(these):
    run = changes.headline(these.run(NOW))
    groups = batches.of_worlds(np.arange(NOW.n_worlds))
    for role, se in run.figures["se"].items():
        near = 0.35 if role.startswith("profit_p50") else 0.02
        assert batches.se(changes.influence(run, role), groups) == pytest.approx(se, rel=near), role


def test_more_data_are_data(these, before, tmp_path):
    put(tmp_path, record(before, NOW))
    found = since(these, NOW, tmp_path)
    assert told(found) == {"data"}
    assert found.causes.iloc[0]["old"] < found.causes.iloc[0]["new"]
    assert nothing(found, "program", "parameters", "simulation")
    assert (found.rows["data"] == found.rows["change"]).all()
    assert (found.rows["change"] != 0).any()


@pytest.mark.slow
def test_three_causes_are_taken_in_their_order_each_on_top_of_the_one_before(these, before, tmp_path):
    old, now = other(kappa=8.0), other(seed=9, budget=6000.0)
    put(tmp_path, record(before, old))
    found = since(these, now, tmp_path)
    assert list(dict.fromkeys(found.causes["cause"])) == ["data", "parameters", "simulation"]
    by_hand = [
        record(*each)["metrics"]["profit_p50_nano_gift"]["value"]
        for each in ((before, old), (these, old), (these, replace(now, seed=old.seed)), (these, now))
    ]
    row = found.rows.loc["profit_p50_nano"]
    assert row[["data", "parameters", "simulation"]].tolist() == pytest.approx(np.diff(by_hand).tolist())
    assert adds_up(found)


def test_another_window_of_posts_is_a_parameter(these, folder):
    found = since(these, other(window=replace(NOW.window, last_posts=5)), folder)
    assert found.causes.to_numpy().tolist() == [["parameters", "last_posts", 12, 5]]
    assert adds_up(found)


def test_another_offer_compares_the_nano_arm_with_the_nano_arm(these, folder):
    found = since(these, other(offer="fee"), folder)
    assert found.causes.to_numpy().tolist() == [["parameters", "nano.offer", "gift", "fee"]]
    assert found.rows.loc["p_loss_nano", "metric"] == "p_loss_nano_fee"
    assert found.rows["before"].notna().all()
    assert adds_up(found)


def test_a_new_method_is_no_movement(these, folder, monkeypatch):
    rows = records.methods().copy()
    rows.loc[rows["metric"] == "p_loss_[!l]*", ["version", "changed"]] = 3, "ties count half"
    monkeypatch.setattr(records, "methods", lambda: rows)
    found = since(these, other(seed=8), folder)
    states = found.rows["state"]
    assert states[["p_loss_macro", "p_loss_nano"]].tolist() == ["not comparable"] * 2
    assert found.rows.loc["p_loss_macro", "why"] == f"method 3 since {WEEK} (ties count half)"
    assert found.rows.loc["p_loss_macro", ["change", *PARTS]].isna().all()
    assert "not comparable" not in set(states.drop(["p_loss_macro", "p_loss_nano"]))
    assert told(found) == {"simulation", "method"}


def test_other_numbers_from_the_same_data_and_settings_are_the_programs(these, tmp_path, last):
    moved = copy.deepcopy(last)
    moved["metrics"]["p_loss_macro"]["value"] += 0.1
    put(tmp_path, moved)
    found = since(these, NOW, tmp_path)
    assert told(found) == {"program"}
    assert found.rows.loc["p_loss_macro", "program"] == pytest.approx(-0.1)
    assert found.rows.loc["p_loss_macro", "state"] == "moved"
    assert set(found.rows["state"].drop("p_loss_macro")) == {"same"}


def test_another_currency_cannot_be_compared(these, folder):
    found = since(these, other(currency="USD"), folder)
    assert found.rows.loc["cvar_5_nano", "state"] == "not comparable"
    assert found.rows.loc["cvar_5_nano", "why"] == f"in USD since {WEEK}, before in EUR"
    assert found.rows.loc["p_loss_nano", "state"] == "same"


def test_a_figure_that_was_not_there_is_new(these, tmp_path, last):
    fewer = copy.deepcopy(last)
    del fewer["metrics"]["cvar_5_macro"]
    put(tmp_path, fewer)
    found = since(these, NOW, tmp_path)
    assert found.rows.loc["cvar_5_macro", "state"] == "new"
    assert math.isnan(found.rows.loc["cvar_5_macro", "change"])


def test_what_the_brief_set_stays_set_and_what_the_data_tell_is_theirs(these, last):
    plan = records.restored(last["campaign"])
    assert plan == NOW.plan
    told = {"reply_rate": {}, "niche_pool": {}}
    assert records.open_to(plan, last["campaign"], told) == plan
    own = other(reply_rate=0.3)
    kept = records.content(own.plan, own.plan)
    assert kept["own"] == ["reply_rate"]
    assert records.open_to(records.restored(kept), kept, told).value("reply_rate") == 0.3
    published_then = copy.deepcopy(last["campaign"])
    published_then["fields"]["assumptions"]["reply_rate"]["central"] = 0.5
    then = records.restored(published_then)
    assert then.value("reply_rate") == 0.5
    assert records.open_to(then, published_then, told).value("reply_rate") == NOW.plan.value("reply_rate")


def test_assumptions_that_came_or_went_do_not_stop_a_comparison(these, tmp_path, last):
    older = copy.deepcopy(last)
    rows = older["campaign"]["fields"]["assumptions"]
    rows["long_gone"] = {**rows["kappa"], "name": "long_gone"}
    del rows["reply_rate"]
    put(tmp_path, older)
    found = since(these, NOW, tmp_path)
    assert found.notes == ()
    assert set(found.rows["state"]) == {"same"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"campaign": {}}, "the brief of that report cannot be read"),
        ({"campaign": {"fields": {"assumptions": {}, "budget": "much"}}}, "the brief of that report: "),
        ({"seed": None}, "does not say its seed"),
        ({"n_worlds": 10_000_000}, "10,000,000 worlds, more than the 50,000"),
        ({"n_worlds": -5}, "n_worlds must be"),
        ({"parameters": {"last_posts": "all"}}, "window of posts"),
        ({"parameters": {"last_posts": 0, "last_days": None, "fresh_days": 0.0}}, "last_posts is 0"),
    ],
)
def test_a_run_that_cannot_be_made_again_still_shows_the_change(these, tmp_path, last, wrong, said):
    put(tmp_path, {**last, **wrong})
    found = since(these, other(seed=8), tmp_path)
    assert said in found.notes[0]
    assert found.rows["change"].notna().all()
    assert found.rows[PARTS].isna().all(axis=None)
    assert set(found.rows["state"]) <= {"noise", "same"}


def test_an_error_of_the_comparison_is_a_note_and_nothing_else(these, folder, monkeypatch):
    def broken(*given, **more):
        raise KeyError("a defect")

    monkeypatch.setattr(changes, "causes_of", broken)
    found = since(these, NOW, folder)
    assert found.week == ""
    assert found.notes == ("The comparison with 2026-W46 failed: KeyError: 'a defect'.",)
    assert set(found.rows["state"]) == {"new"}


def test_the_first_week_compares_with_nothing(these, tmp_path):
    found = since(these, NOW, tmp_path)
    assert (found.week, found.ago, found.notes) == ("", 0, ())
    assert set(found.rows["state"]) == {"new"}
    assert found.history.empty


def test_a_gap_is_told_and_stays_a_gap(these, tmp_path, last):
    for week in ("2026-W45", "2026-W43"):
        put(tmp_path, {**last, "week": week}, week)
    put(tmp_path, "{", "2026-W46")
    found = since(these, NOW, tmp_path)
    assert (found.week, found.ago) == ("2026-W45", 2)
    assert found.notes == ("The report of 2026-W46 cannot be compared with: metrics.json is no whole JSON.",)
    there = found.history.dropna(subset="value")["week"].unique().tolist()
    assert there == ["2026-W43", "2026-W45", "2026-W47"]
    assert found.history["week"].nunique() == records.WEEKS
    assert len(found.history) == records.WEEKS * 7


def test_inputs_stay_as_they_are(these, folder):
    rows = made.page(these, NOW)
    kept = rows.copy(deep=True)
    changes.compared(rows, these.run(other(seed=8)), str(folder), WEEK, data=these.data)
    pd.testing.assert_frame_equal(rows, kept)


NUMBERS = st.floats(-1e6, 1e6).map(lambda x: float(f"{x:.5e}"))


@pytest.mark.slow
@given(
    before=NUMBERS, ways=st.tuples(NUMBERS, NUMBERS), now=NUMBERS, fresh=st.booleans(), se=st.floats(0, 10)
)
@settings(max_examples=examples(60))
def test_the_parts_are_the_whole(before, ways, now, fresh, se):
    def figures(value):
        row = {"metric": "m_macro", "label": "m", "unit": "EUR", "basis": "estimated", "value": value}
        return pd.DataFrame(
            [{**row, "low": value, "high": value, "se": 1.0, "method": 1}],
            index=pd.Index(["p_loss_macro"], name="role"),
        )

    profit = {"macro": np.arange(32.0), "nano": np.arange(32.0)}
    old_way, new_way = (changes.Headline(figures(value), profit) for value in ways)
    found = changes.figure_changes(figures(now), figures(before), (old_way, new_way), fresh=fresh, week=WEEK)
    row = found.iloc[0]
    assert row[PARTS].sum() == pytest.approx(row["change"], abs=1e-6)
    assert row["real"] + row["simulation"] == pytest.approx(row["change"], abs=1e-6)
    assert row["change"] == now - before
    assert (row["program" if fresh else "data"]) == 0


@pytest.mark.slow
def test_the_run_again_is_the_run_of_page_00():
    """What the notebook's cells compute, `runs.headline` does too: the stored notebook holds the proof."""
    sys.path.insert(0, str(paths.ROOT / "tools"))
    import baseline

    stored = baseline.stored_notebooks()
    page = Run(study.open(), n_worlds=4_000, seed=20261122)
    numbers = changes.headline(page).figures.set_index("metric")[["value", "se"]].round(9)
    kept = pd.DataFrame.from_dict({name: stored[name] for name in numbers.index}, orient="index")
    np.testing.assert_allclose(numbers.to_numpy(), kept[["value", "se"]].to_numpy(dtype=float), rtol=2e-5)
