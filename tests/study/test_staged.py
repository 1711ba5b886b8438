"""The staged plan of the sample: batches, rules, values and error rates, and what it refuses."""

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import yaml

import nanospread as ns
from nanospread.campaign import brief as briefs
from nanospread.campaign import simulation, staged
from nanospread.campaign.staged import paths as on_paths
from nanospread.campaign.staged import search, worth
from nanospread.core.errors import InputError
from nanospread.study import planning

N = 768
NOBODY = "no batches can be planned: your data hold no nano creator"
LOW = {"order_value": 25}  # of the sample, so that it is not sure whether the list pays


@lru_cache
def sample():
    return ns.open()


@lru_cache
def study(**changes):
    return sample().changed(**changes)


@lru_cache
def planned(**changes):
    return study(**changes).staged(n_worlds=N)


@lru_cache
def campaigns(seed, n=N, heavy_tailed=False, threads=0):
    """Return simulated campaigns of the sample at low order values. threads: 0 for none beside this one."""
    of = study(**LOW)
    listed = of.shortlist().invitations
    steps = on_paths.steps(of.engagement, of.brief, listed, seed=1, beliefs=of.beliefs)
    timing = planning.timing(of)
    with ThreadPoolExecutor(threads or 1) as executor:
        return staged.campaigns(
            of.engagement, of.brief, listed, steps, timing, n_worlds=n, seed=seed, beliefs=of.beliefs,
            heavy_tailed=heavy_tailed, executor=executor if threads else None,
        )  # fmt: skip


@pytest.mark.slow
def test_the_frames_have_what_pages_read():
    plan = planned(**LOW)
    assert plan.sequential
    assert plan.batches.columns.tolist() == [
        *("batch", "posts", "contacts", "write_on", "live_by", "look_on", "cost", "p_sent")
    ]
    assert plan.batches["batch"].tolist() == list(range(1, len(plan.batches) + 1))
    assert (
        plan.batches["write_on"].iloc[1:].to_numpy() >= plan.batches["look_on"].iloc[:-1].to_numpy()
    ).all()
    assert pd.isna(plan.batches["look_on"].iloc[-1])
    assert plan.batches["p_sent"].iloc[0] == 1
    assert plan.batches["p_sent"].is_monotonic_decreasing
    assert plan.looks["measure"].unique().tolist() == list(staged.MEASURES)
    orders = plan.looks[plan.looks["measure"] == "orders"]
    assert orders["posts"].tolist() == plan.batches["posts"].cumsum().iloc[:-1].tolist()
    assert (orders["stop"] <= orders["go_on"]).all()
    assert orders["stop"].iloc[-1] == orders["go_on"].iloc[-1]
    assert plan.creators["place"].tolist() == list(range(1, len(plan.creators) + 1))
    assert plan.creators["batch"].is_monotonic_increasing
    counted = plan.creators.groupby("batch").size()
    assert counted.iloc[:-1].tolist() == plan.batches["contacts"].iloc[:-1].tolist()
    assert plan.values.index.tolist() == ["staged", "all_now", "nothing", "fixed_pilot", "macro"]


@pytest.mark.slow
def test_the_rule_goes_into_the_brief_and_is_read_again(tmp_path):
    of, plan = study(**LOW), planned(**LOW)
    text = briefs.path("sample").read_text(encoding="utf-8")
    file = tmp_path / "autumn.yaml"
    file.write_text(f"{text}\n{yaml.safe_dump({'batches': {'rule': plan.rule}})}", encoding="utf-8")
    rule = briefs.read(file).batches.rule
    assert rule.terms == staged.terms(of.asked)
    orders = plan.looks[plan.looks["measure"] == "orders"]
    assert [look.go_on for look in rule.looks] == orders["go_on"].tolist()
    assert [look.stop for look in rule.looks] == orders["stop"].tolist()
    clicks = plan.looks[plan.looks["measure"] == "clicks"]
    ends = [(look.clicks.go_on, look.clicks.stop, look.clicks.otherwise) for look in rule.looks]
    assert ends == list(clicks[["go_on", "stop", "otherwise"]].itertuples(index=False, name=None))


def test_terms_follow_what_a_rule_is_computed_with_and_nothing_else():
    brief = briefs.read("sample")
    same = briefs.changed(brief, title="Another", wanted_posts=30)
    assert staged.terms(brief) == staged.terms(same)
    for change in (
        {"budget": 6_000},
        {"batches_days": 7},
        {"order_value": 40},
        {"macro_fee": 900.0, "macro_followers": 90_000},
    ):
        assert staged.terms(briefs.changed(brief, **change)) != staged.terms(brief)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers():
    first, again = planned(**LOW), ns.open(**LOW).staged(n_worlds=N)
    for name in ("batches", "looks", "errors", "values", "creators"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name), check_exact=True)
    assert (first.perfect, first.macro_question) == (again.perfect, again.macro_question)


@pytest.mark.slow
def test_all_now_is_the_list_as_the_other_pages_play_it():
    of = study()
    run, plan = of.simulate(N), planned()
    row = of.plans(run).loc["plan_roster"]
    assert plan.values.loc["all_now", "cost_mean"] == pytest.approx(row["cost_mean"], rel=1e-12)
    error = 3 * plan.values.loc["all_now", "profit_mean_se"]
    assert plan.values.loc["all_now", "profit_mean"] == pytest.approx(row["profit_mean"], abs=error)
    assert plan.values.loc["all_now", "p_loss"] == pytest.approx(row["p_loss"], abs=0.02)
    macro = run.by_arm.set_index("arm").loc["macro", "profit_mean"]
    assert plan.values.loc["macro", "profit_mean"] == pytest.approx(macro, rel=1e-12)


@pytest.mark.slow
def test_a_path_is_the_list_worked_down_by_hand():
    of, n = study(**LOW), 64
    listed = of.shortlist().invitations
    steps = np.array([5, 12])
    found = on_paths.paths(of.engagement, of.brief, listed, steps, n_worlds=n, seed=3, beliefs=of.beliefs)
    on = simulation.invited_setup(of.engagement, of.brief, listed, 3, of.beliefs)
    luck, asked = simulation.responses(on, listed, n_worlds=n)
    values = simulation.by_world.values(of.brief, of.beliefs, 3, 0, n)
    for w in range(n):
        for at, posts in enumerate([*steps, 10**9], start=1):
            live, last = 0, 0
            while last < len(listed) and asked.contacted[last, w] and live < posts:
                live += asked.live[last, w]
                last += 1
            assert found.contacts[at, w] == last
            cost = float(asked.spent[:last, w].sum())
            assert found.cost[at, w] == pytest.approx(cost)
            orders = sum(
                luck.orders[mine, w][asked.live[mine, w]].sum()
                * _worth(luck, asked, mine, listed, last, w, values)
                for mine in _niches(listed, last)
            )
            assert (found.profit[at, w] + cost) / earned(of, values, w) == pytest.approx(
                orders, rel=1e-5
            )  # the market


def _niches(listed, last):
    """Return the places of each niche's creators among the first of the list."""
    return [np.flatnonzero(listed["niche"].to_numpy()[:last] == niche) for niche in listed["niche"].unique()]


def _worth(luck, asked, mine, listed, last, w, values):
    """Return what a contact is worth: people reached for the first time, and again, over all contacts."""
    live = mine[asked.live[mine, w]]
    contacts = luck.audience[live, w].sum()
    if contacts == 0:
        return 1.0
    people = values.niche_pool[w] * (1 - luck.missed[live, w].prod())
    return values.repeat_click_weight[w] + (1 - values.repeat_click_weight[w]) * people / contacts


def earned(of, values, w):
    one = values.replaced({name: np.broadcast_to(values[name], 64)[w] for name in values})
    return briefs.order_earns(one)


@pytest.mark.parametrize("most", [2, 3, 4, 5])
def test_error_rates_hold_in_fresh_campaigns(most):
    choosing, promised, fresh = (campaigns(seed) for seed in (11, 12, 13))
    plans = worth.chosen(choosing, most=most, capacity=None)
    first, second = (worth.error_rates(one, plans) for one in (promised, fresh))
    for error in ("p_stop_paying", "p_go_on_losing"):
        away = (first[error] - second[error]).abs()
        allowed = 0.02 + 2 * np.hypot(first[f"{error}_se"], second[f"{error}_se"])
        assert (away <= allowed).all()


def test_a_plan_is_chosen_where_tails_are_heavy_and_judged_where_they_are_not():
    plan, at = planned(**LOW), (1 + staged.CHOOSING, 1)
    choosing, judging = campaigns(at[0], heavy_tailed=True), campaigns(at[1])
    most = study(**LOW).brief.batches.most
    looks = worth.chosen(choosing, most=most, capacity=None).looks
    assert plan.values.loc["staged", "profit_mean"] == judging.rule_outcome(looks).payoff.mean()


def test_heavy_tails_widen_what_a_creator_brings_and_leave_its_mean_costs_and_clicks():
    plain, heavy = (campaigns(11, 2_048, tails).paths for tails in (False, True))
    for name in ("cost", "contacts", "clicks"):
        np.testing.assert_array_equal(getattr(heavy, name), getattr(plain, name))
    first = 1  # of a few posts, whose creators tell
    apart = (heavy.profit - plain.profit)[first]
    assert abs(apart.mean()) < 4 * apart.std() / np.sqrt(len(apart))
    assert heavy.profit[first].std() > 1.05 * plain.profit[first].std()


def test_heavy_tails_are_the_same_bits_over_blocks_and_threads(monkeypatch):
    whole = campaigns(11, 1_024, heavy_tailed=True).paths
    monkeypatch.setattr(on_paths, "BLOCK", 300)
    in_blocks = campaigns(11, 1_024, heavy_tailed=True, threads=2).paths
    np.testing.assert_array_equal(in_blocks.profit, whole.profit)


def test_it_earns_at_least_what_the_others_do():
    values = planned(**LOW).values
    assert (values["gain"] >= -2 * values["gain_se"]).all()


def test_more_capacity_never_hurts():
    choosing = campaigns(11)
    earned_ = [
        choosing.rule_outcome(worth.chosen(choosing, most=3, capacity=capacity).looks).payoff
        for capacity in (50, 80, 150, None)
    ]
    for less, more in pairwise(earned_):
        gain = ns.risk.mean(more - less, batch=choosing.batch)
        assert gain.value >= -2 * gain.se - 1e-9


@pytest.mark.slow
def test_a_sure_thing_is_sent_at_once_and_a_hopeless_one_not_at_all():
    sure = planned(kappa=300.0)
    assert (sure.choice, len(sure.batches), sure.rule) == ("all_now", 1, {})
    hopeless = planned(kappa=0.02)
    assert (hopeless.choice, hopeless.sequential) == ("nothing", False)
    assert hopeless.batches["p_sent"].tolist() == [0.0]
    assert hopeless.macro_question.reason == "same decision"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"batches_capacity": 3}, r"batches.capacity must be at least \d+, which brings the 5 live posts"),
        ({"batches_longest": 20}, r"batches.longest must be at least \d+ days for one look .*; got 20"),
        ({"niches": ("gardening",), "macro_niche": "fashion", "least_per_niche": {}}, NOBODY),
    ],
)
def test_what_cannot_be_planned_is_one_clear_line(changes, line):
    with pytest.raises(InputError, match=line) as caught:
        study().changed(**changes).staged(n_worlds=256)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_test_that_changes_no_decision_is_not_needed():
    plan = ns.open(brief="macro_wins").staged(n_worlds=512)
    assert plan.choice == "macro"
    assert (plan.macro_question.needed, plan.macro_question.reason) == (False, "same decision")


@pytest.mark.slow
def test_a_macro_out_of_reach_is_no_question():
    changes = {"macro_followers": 900_000, "macro_fee": 9_000.0}
    plan = study(**LOW).changed(**changes).staged(n_worlds=512)
    assert plan.macro_question.reason == "no macro"
    assert "macro" not in plan.values.index


@pytest.mark.slow
def test_notes_say_what_the_dates_and_the_capacity_hold():
    plan = study(**LOW).changed(batches_longest=60, batches_capacity=60).staged(n_worlds=256)
    assert len(plan.batches) <= 2
    assert "The days of the campaign hold 1 look, not 2." in plan.notes
    assert any("rounds" in note for note in plan.notes)


def test_the_plan_starts_in_the_week_of_the_report_unless_the_data_are_newer():
    of = study(**LOW)
    assert planning.timing(of).start == of.as_of
    assert planning.timing(of, "2026-W48").start == pd.Timestamp("2026-11-23", tz="UTC") > of.as_of
    assert planning.timing(of, "2026-W40").start == of.as_of


@pytest.mark.parametrize("posts", [1, 4])
@pytest.mark.parametrize("named", [False, True])
def test_the_first_test_is_one_post_at_the_price_of_the_quote(posts, named):
    roster = study().roster
    creator = roster.iloc[roster["followers"].argmax()]
    macro = {"macro_creator": creator["creator"]} if named else {"macro_followers": int(creator["followers"])}
    brief = briefs.changed(study().brief, **macro, macro_fee=4_000.0, macro_posts=posts)
    n = 64
    paths = on_paths.Paths(np.array([0, 1]), *[np.zeros((2, n))] * 6)
    played = search.Campaigns(paths, search.Macro(np.full(n, 4_000.0), np.zeros(n)), 5_000.0, 1.0)
    question = worth.macro_question(
        study().engagement, brief, search.NOTHING_SENT, played, played, seeds=(1, 2), beliefs=None
    )
    assert question.fee == pytest.approx(question.followers * 4_000 / creator["followers"] / posts)
