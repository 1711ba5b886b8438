"""Proves that a study computes each step once, shares what a change leaves alone, and says what is wrong."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import nanospread as ns
from nanospread import store
from nanospread.campaign import brief as briefs
from nanospread.campaign import reach, recruitment, risk, shortlist, simulation
from nanospread.core import errors, paths
from nanospread.creators import engagement, metrics
from nanospread.ingest import dataset
from nanospread.study import place
from stored import day, inputs, of


@pytest.fixture(scope="module")
def study():
    return ns.open()


@pytest.mark.slow
def test_it_is_the_pipeline_step_by_step(study):
    """The statements that notebooks and tools once repeated, beside the study."""
    tables = store.opened(paths.SAMPLE)
    window = {"last_posts": 12, "last_days": None, "fresh_days": 3.0}
    posts, roster = metrics.per_post(dataset.dated_posts(tables, **window)), dataset.roster(tables)
    asked = briefs.read("sample")
    measured = recruitment.measured(tables.outreach, asked, as_of=dataset.as_of(tables))
    brief = briefs.calibrated(asked, measured | reach.measured(tables.overlaps, roster))
    pd.testing.assert_frame_equal(study.posts, posts)
    pd.testing.assert_frame_equal(study.roster, roster)
    assert study.asked == asked
    assert study.brief == brief
    model = engagement.fit(posts, roster)
    pd.testing.assert_frame_equal(study.creators(), model.creators)
    run = study.simulate(512, 5)
    outcomes = simulation.campaign(model, brief, n_worlds=512, seed=5, beliefs=study.beliefs)
    pd.testing.assert_frame_equal(run.worlds, outcomes.worlds)
    pd.testing.assert_frame_equal(run.plan, outcomes.plan)
    assert run.notes == outcomes.notes
    pd.testing.assert_frame_equal(run.summary, risk.summary(outcomes.worlds, flop_roi=brief.flop_roi))
    luck = simulation.campaign(model, brief, n_worlds=512, seed=5)
    pd.testing.assert_frame_equal(run.central.worlds, luck.worlds)
    pd.testing.assert_frame_equal(run.odds(given="central"), run.central.odds())
    both, alone = (each.worlds.groupby("arm", observed=True)["profit"].std() for each in (run, run.central))
    assert both["nano_gift"] > alone["nano_gift"]
    with pytest.raises(errors.InputError, match="unknown given 'centrl'; did you mean 'central'"):
        run.odds(given="centrl")


@pytest.mark.slow
def test_what_is_not_known_is_told_from_the_same_campaigns(study):
    run = study.simulate(2_048, 5, only=["macro", "nano_gift"])
    per_click = {"orders_per_100_clicks_nano", "orders_per_100_clicks_macro"}
    assert per_click < set(run.unknowns.index) <= per_click | set(study.beliefs.names)
    most = run.unknowns["share"].nlargest(4).index
    assert "labour_per_contact" in most  # no result tells of it, and the sales are learned
    known = study.changed(kappa=8.0).simulate(2_048, 5, only=["macro", "nano_gift"])
    assert "kappa" not in known.unknowns.index
    with pytest.raises(errors.InputError, match="given must be 'everything'"):
        _ = run.central.information


@pytest.mark.slow
def test_each_step_is_computed_once_and_nothing_can_be_set(study):
    assert study.engagement is study.engagement
    assert study.brief is study.brief
    assert study.tables is study.changed(budget=8_000).tables
    with pytest.raises(dataclasses.FrozenInstanceError):
        study.asked = None


@pytest.mark.slow
def test_a_change_shares_the_model_unless_it_is_of_the_window(study):
    assert study.changed(kappa=5.0, budget=8_000).engagement is study.engagement
    other = study.changed(last_posts=5)
    assert other.tables is study.tables
    assert other.posts.groupby("creator").size().max() == 5
    assert study.changed(budget=None, last_posts=None) == study


def test_a_change_that_the_data_measure_is_the_owners(study):
    assert "reply_rate" in study.measured
    other = study.changed(reply_rate=0.5)
    assert other.brief.values.reply_rate == 0.5
    assert "reply_rate" not in other.measured


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"budgt": 8_000}, "unknown parameter 'budgt'; did you mean 'budget'"),
        ({"last_pots": 8}, "unknown parameter 'last_pots'; did you mean 'last_posts'"),
        ({"kapa": 2.0}, "unknown parameter 'kapa'; did you mean 'kappa'"),
        ({"last_posts": 0}, "last_posts is 0"),
        ({"budget": -1.0}, "budget must be"),
    ],
)
def test_what_cannot_be_is_one_line_wherever_it_is_given(study, change, message):
    for given in (lambda: ns.open(**change), lambda: study.changed(**change)):
        with pytest.raises(ns.InputError, match=message) as caught:
            given()
        assert "\n" not in str(caught.value)


def test_a_folder_or_brief_that_is_not_there_is_told_at_once(tmp_path):
    with pytest.raises(ns.InputError, match="does not exist"):
        ns.open(tmp_path / "nowhere")
    with pytest.raises(ns.InputError, match="unknown brief 'sampel'; did you mean 'sample'"):
        ns.open(brief="sampel")


def test_a_brief_may_be_given_itself_whose_currency_is_then_that_of_the_orders(study):
    given = ns.open(brief=study.asked)
    order_settings = dataclasses.replace(study.data.order_settings, currency=study.asked.currency)
    assert given == dataclasses.replace(
        study, data=dataclasses.replace(study.data, order_settings=order_settings)
    )


def test_one_row_of_odds_per_option_from_the_same_worlds(study):
    run = study.simulate(256, 3, only=["macro", "nano_gift"])
    decision = ns.pages.verdict.worded(run)
    assert decision.advice.text.endswith(f" {decision.firmness.title}.")
    odds = run.odds()
    assert odds.index.tolist() == ["macro", "nano_gift"]
    profit = run.worlds.pivot(index="world", columns="arm", values="profit")
    assert odds.loc["macro", "p_loss"] == pytest.approx((profit["macro"] < 0).mean())
    assert odds.loc["nano_gift", "profit_p50"] == pytest.approx(np.median(profit["nano_gift"]))
    nano = run.worlds[run.worlds["arm"] == "nano_gift"]
    assert odds.loc["nano_gift", "cost_per_order"] == pytest.approx(
        nano["cost"].sum() / nano["conversions"].sum()
    )
    assert np.isnan(odds.loc["macro", "p_beats_macro"])


def test_an_option_that_brings_no_order_has_no_cost_per_order(study):
    odds = study.changed(kappa=0.0).simulate(256, 3, only=["macro", "nano_gift"]).odds()
    assert odds["cost_per_order"].isna().all()


def test_creators_who_all_accept_and_post_bring_more_than_the_usual(study):
    def orders(**changes):
        run = study.changed(**changes).simulate(256, 3, only=["macro", "nano_gift"])
        return run.by_arm.set_index("arm").loc["nano_gift", "conversions_mean"]

    for rate in ("reply_rate", "accept_rate", "post_rate_gift"):
        assert orders(**{rate: 1.0}) > orders()


def test_sweep_and_frontier_are_those_of_the_simulation(study):
    size = {"n_worlds": 128, "seed": 2}
    pair = study.engagement, study.brief
    pd.testing.assert_frame_equal(
        study.sweep("kappa", [2.0, 9.0], **size),
        simulation.sweep(*pair, name="kappa", values=[2.0, 9.0], **size, beliefs=study.beliefs),
    )
    pd.testing.assert_frame_equal(
        study.frontier([0.0, 0.5], **size),
        simulation.frontier(*pair, shares=[0.0, 0.5], **size, beliefs=study.beliefs),
    )


@pytest.mark.slow
def test_recruitment_and_shortlist_are_those_of_their_modules(study):
    people, wanted = study.recruitment(), study.brief.wanted
    funnel = recruitment.funnel(study.tables.outreach, study.brief, as_of=study.as_of)
    pd.testing.assert_frame_equal(people.funnel.stages, funnel.stages)
    assert people.needed == recruitment.needed(
        funnel, posts=wanted.posts, days=wanted.days, chance=wanted.chance, inbound=people.inbound
    )
    assert people.needed is people.needed
    chosen = study.shortlist(seed=4)
    candidates = shortlist.candidates(
        study.engagement, study.brief, study.roster, study.components(), study.beliefs
    )
    pd.testing.assert_frame_equal(chosen.candidates, candidates)
    assert chosen.invitations is study.shortlist(seed=4).plan.invitations is not study.shortlist().invitations
    assert len(chosen.audiences) == chosen.reach.creators


@pytest.mark.slow
def test_a_week_of_a_store_is_what_was_known_at_its_end(tmp_path):
    first, last = "2026-W46", "2026-W47"
    for number, content in ((0, "one"), (7, "two")):
        row = {"creator": "anna", "as_of": day(number), "followers": 2_000 + number, "niche": "food"}
        store.write(tmp_path, of(creators=[row]), as_of=day(number), inputs=inputs(content))
    assert ns.open(tmp_path, week=first).roster["followers"].tolist() == [2_000]
    assert ns.open(tmp_path, week=last).roster["followers"].tolist() == [2_007]
    assert ns.open(tmp_path).as_of == ns.open(tmp_path, week=last).as_of == day(7)
    with pytest.raises(ns.InputError, match="no snapshot up to 2020-W01"):
        ns.open(tmp_path, week="2020-W01")
    with pytest.raises(ns.InputError, match="2026-W54"):
        ns.open(week="2026-W54")
    assert place(paths.SAMPLE, "2020-W01") == paths.SAMPLE  # a folder of exports is one state


@pytest.mark.parametrize("shown", ["study", "run", "brief", "engagement"])
def test_what_a_person_sees_is_short_and_escaped(study, shown):
    hostile = study.changed(title="<script>alert(1)</script>\n" + "x" * 150)
    each = {"study": hostile, "brief": hostile.brief, "engagement": study.engagement}
    thing = each[shown] if shown in each else hostile.simulate(64, 1)
    text, html = repr(thing), thing._repr_html_()
    assert 3 < len(text.splitlines()) < 20
    assert max(map(len, text.splitlines())) <= 110
    assert "<script" not in html
    assert html.count("<tr>") == len(text.splitlines()) - 1


@pytest.mark.slow
def test_implausible_data_give_no_odds_and_the_verdict_says_why(study):
    tables = study.tables
    posts = tables.posts.assign(likes=pd.array([10**9] * len(tables.posts), dtype="Int64"))
    data = dataclasses.replace(study.data, read=dataclasses.replace(tables, posts=posts))
    run = ns.Study(data, study.asked).simulate(256)
    assert run.odds().isna().all(axis=None)
    decision = ns.pages.verdict.worded(run)
    assert decision.advice.text.startswith("Check the data before buying anything. They are implausible")
    assert "100% of the posts have more engagements" in decision.verdict.text
    assert "Choose" not in decision.verdict.text + decision.advice.text
    assert study.implausible == ""
