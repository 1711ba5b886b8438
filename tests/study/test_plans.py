"""Proves that each plan has one set of numbers: those of its own simulated campaigns, also in words."""

import math
import re

import pytest

from nanospread.campaign import simulation
from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.pages import next_batch
from nanospread.pages import plans as pages
from nanospread.study import open as opened


@pytest.fixture(scope="module")
def study():
    return opened()


@pytest.fixture(scope="module")
def run(study):
    return study.simulate(2_048, 3, only=["macro", "nano_gift"])


@pytest.fixture(scope="module")
def plans(study, run):
    return study.plans(run)


@pytest.mark.slow
def test_the_list_spends_the_budget_on_creators_of_the_data(study):
    plan = study.shortlist().plan
    assert plan.spent >= 0.95 * (plan.spent + plan.left)
    assert set(plan.invitations["creator"]) <= set(study.roster["creator"])


def test_the_plan_of_the_data_is_the_list_played_in_the_runs_campaigns(study, run, plans):
    invited = study.shortlist(seed=3).plan.lists["shortlist"]
    worlds = simulation.invited(
        study.engagement, study.brief, invited, n_worlds=2_048, seed=3, beliefs=study.beliefs
    )
    row, macro = plans.loc["plan_roster"], run.worlds.query("arm == 'macro'")["profit"].to_numpy()
    ahead, level = worlds["profit"] > macro, worlds["profit"] == macro
    assert row["contacts"] == worlds["contacts"].mean() <= row["on_list"] == len(invited)
    assert row["p_loss"] == (worlds["profit"] < 0).mean()
    assert row["p_beats_macro"] == ahead.mean() + level.mean() / 2
    assert row["cost_per_order"] == worlds["cost"].sum() / worlds["conversions"].sum()


def test_the_plan_of_the_whole_budget_is_the_nano_option(run, plans):
    row, odds = plans.loc["plan_budget"], run.odds().loc["nano_gift"]
    assert row[list(odds.index)].to_dict() == pytest.approx(odds.to_dict(), abs=1e-12)
    assert row["contacts"] == run.plan.set_index("arm").loc["nano_gift", "contacts"]
    assert row["creators_drawn"] == 0


@pytest.mark.slow
def test_a_larger_budget_needs_creators_who_are_not_in_the_data_and_says_how_many(study):
    rich = study.changed(budget=20_000)
    found = rich.plans(rich.simulate(256, 3, only=["macro", "nano_gift"]))
    row = found.loc["plan_budget"]
    assert 500 < row["creators_drawn"] < row["on_list"]
    said = pages.with_whole_budget(found, "EUR").text
    assert "taken for typical creators" in said
    assert f"{row['on_list'] - row['creators_drawn']:,.0f} creators of them" in said


@pytest.mark.slow
def test_without_a_macro_nothing_beats_it(study):
    alone = study.changed(macro_followers=400_000, macro_fee=6_000)
    found = alone.plans(alone.simulate(256, 3))
    assert found["p_beats_macro"].isna().all()
    assert found["p_loss"].notna().all()


def test_sentences_table_and_checked_rows_have_the_numbers_of_the_plans(plans):
    rows = pages.checked_rows(plans, currency="EUR", n_worlds=2_048).set_index("metric")["value"]
    for plan, row in plans.iterrows():
        for name in pages.CHECKED:
            assert rows[f"{plan}_{name}"] == row[name]
    assert pages.with_your_creators(plans, "EUR").title == "Write to 298 creators of your data"
    unless = pages.with_your_creators(plans, "EUR", chosen=False)
    assert unless.title == "Should you take nano, write to 298 creators of your data"
    assert unless.text.startswith(f"{unless.title}, in the order of the list")
    shown = pages.shown(plans)
    assert shown.shape == (2, 6)
    assert shown["contacts"].tolist() == plans["contacts"].tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("brief", "given", "first"),
    [
        ("sample", {}, "Write to all 298 creators now"),
        ("macro_wins", {}, "Book one macro"),
        ("sample", {"kappa": 0.2}, "Write to nobody yet"),
    ],
)
def test_the_next_step_is_that_of_the_decision(brief, given, first):
    other = opened(brief=brief, **given)
    played = other.simulate(1_024, 3)
    step, *_ = next_batch.now(played, other.plans(played), other.staged(n_worlds=1_024, seed=3))
    assert step.startswith(first)
    assert ("live posts" in step) == (played.decision.choice == other.nano)


def test_every_page_that_speaks_of_the_list_says_the_same_of_it():
    """The stored pages: how many to write to, and what to expect of them."""
    said = {}
    for path in sorted(paths.NOTEBOOKS.glob("0*.ipynb")):
        text = path.read_text(encoding="utf-8").replace("\\", "")
        found = re.findall(r"(?:Write to|Invite) ([\d,]+) creators of [^.]*\. (Expect [^.]*\. [^.]*\.)", text)
        if found:
            said[path.stem] = set(found)
    assert {"06_recruit_gift_retain", "07_shortlist"} <= set(said)
    assert len(set.union(*said.values())) == 1, said


@pytest.mark.slow
def test_a_list_of_nobody_is_said_and_costs_nothing(study):
    nobody = study.changed(niches=["interior"], never=study.roster["creator"].tolist())
    found = nobody.plans(nobody.simulate(256, 3, only=["macro", "nano_gift"]))
    assert found.loc["plan_roster", ["on_list", "cost_mean", "profit_mean"]].tolist() == [0, 0, 0]
    assert math.isnan(found.loc["plan_roster", "cost_per_order"])
    assert "nobody" in pages.with_your_creators(found, "EUR").title


def test_a_list_an_option_or_a_seed_that_cannot_be_is_named(study):
    with pytest.raises(InputError, match="unknown list 'shortlst'; did you mean 'shortlist'"):
        study.shortlist().play(n_worlds=64, only=["shortlst"])
    with pytest.raises(InputError, match=r"unknown option 'nano_gift'\. Known: macro"):
        study.plans(study.simulate(64, only=["macro"]))
    with pytest.raises(InputError, match=r"seed must be a whole number; got 1\.5"):
        study.simulate(64, 1.5)


@pytest.mark.parametrize("n_worlds", [0, -1, 1.5, "many"])
def test_a_number_of_campaigns_that_cannot_be_is_refused_by_all_that_simulate(study, n_worlds):
    check = study.backtest()
    for ask in (
        study.simulate,
        study.staged,
        study.budget_curve,
        check.totals,
        check.campaigns,
        check.to_date,
    ):
        with pytest.raises(InputError, match="n_worlds must be"):
            ask(n_worlds=n_worlds)


def test_one_campaign_alone_decides_without_a_warning_and_plans_nothing(study):
    assert study.simulate(1).decision.best
    for ask in (study.staged, study.budget_curve):
        with pytest.raises(InputError, match="n_worlds must be 2 or more; got 1"):
            ask(n_worlds=1)
