"""Proves that a simulated programme is its closed form on average, repeatable, and moves the right way."""

import numpy as np
import pandas as pd
import pytest

from nanospread.campaign import brief as briefs
from nanospread.campaign import recruitment, risk, simulation
from nanospread.campaign.recruitment.ambassadors import Retention, survival
from nanospread.campaign.simulation import by_world
from nanospread.campaign.simulation.programme import stay
from nanospread.core import errors
from nanospread.creators import engagement, metrics
from oracles import sbg

WORLDS = 4_000
SAMPLE = briefs.read("sample")
CROWD = pd.DataFrame(
    {
        "creator": ["ann", "bob", "cid"],
        "niche": ["food", "food", "travel"],
        "followers": [3_000, 8_000, 300_000],
    }
)
KNOWN = recruitment.retention(SAMPLE)


@pytest.fixture(scope="module")
def fit():
    random = np.random.default_rng(3)
    posts = CROWD.loc[np.repeat(np.arange(3), 8)].reset_index(drop=True)
    likes = np.round(posts["followers"] * np.exp(-3.4 + 0.4 * random.standard_normal(len(posts))))
    days = pd.to_timedelta(np.tile(np.arange(8) * 9, 3), unit="D")
    dated = posts.assign(
        post=[f"p{at}" for at in posts.index], posted_at=pd.Timestamp("2026-09-01", tz="UTC") + days
    )
    return engagement.fit(metrics.per_post(dated.assign(likes=likes, comments=0)), CROWD)


def programme(fit, brief=SAMPLE, retention=KNOWN, n_worlds=WORLDS, seed=4, **given):
    return simulation.programme(fit, brief, retention=retention, n_worlds=n_worlds, seed=seed, **given)


def gain(fit, brief, ambassadors):
    """Mean gross profit of a fresh post of these places: no flops, no pull of engagement (model.md V16)."""
    listed = simulation.creator_list.nano(fit, brief.niches, ambassadors)["followers"].mean()
    value = brief.value
    clicks = value("reach_rate_nano") * value("ctr_feed") + value("story_rate_nano") * value("ctr_story")
    orders = listed * clicks * value("cvr_nano") * value("advocacy") * value("kappa")
    return value("margin") * value("order_value") * orders


def _played(fit, **how):
    brief = briefs.changed(SAMPLE, flop_rate=0.0, er_to_conversion=0.0)
    worlds = programme(fit, brief, n_worlds=20_000, ambassadors=6, periods=9, **how).worlds
    return worlds, recruitment.ambassador_terms(brief), gain(fit, brief, 6)


def _check_means(worlds, expected):
    for name, value in expected.items():
        found = risk.mean(worlds[name])
        assert abs(found.value - value) <= 4 * found.se + 1e-9 * (1 + abs(value)), name


@pytest.mark.slow
def test_the_mean_of_every_outcome_is_the_closed_form(fit):
    worlds, terms, fresh = _played(fit, replace=False)
    worth, cost = (recruitment.place(KNOWN, terms, each, periods=9).worth.value for each in (fresh, 0.0))
    means = {"gain": fresh, "profit": 6 * worth, "cost": -6 * cost, "replaced": 0.0}
    _check_means(worlds, means)


def test_the_mean_of_every_outcome_is_the_closed_form_where_who_leaves_is_replaced(fit):
    worlds, terms, fresh = _played(fit, replace=True)
    place = sbg.filled(KNOWN, terms, fresh, 9)
    cost = sbg.filled(KNOWN, terms, 0.0, 9).worth
    means = {"gain": fresh, "profit": 6 * place.worth, "cost": -6 * cost, "posts": 6 * place.active.sum()}
    _check_means(worlds, means | {"replaced": 6 * (place.won.sum() - 1)})


def test_without_replacement_those_still_there_are_those_of_the_survival_curve(fit):
    worlds = programme(fit, replace=False, ambassadors=10, periods=6, n_worlds=20_000).worlds
    there = recruitment.retention_curve(KNOWN, 6)["survival"].iloc[6]
    found = risk.mean(worlds["active"])
    assert abs(found.value - 10 * there) <= 4 * found.se


def test_periods_of_staying_are_shifted_beta_geometric():
    uniforms = (np.arange(200_000) + 0.5) / 200_000
    stays = np.array([stay(0.7, 1.2, u, 8) for u in uniforms])
    share = np.array([(stays == t).mean() for t in range(1, 9)])
    assert share == pytest.approx(sbg.losses(0.7, 1.2, 8), abs=1e-5)
    assert (stays == 9).mean() == pytest.approx(survival(0.7, 1.2, 8)[8], abs=1e-5)


def test_books_add_up_in_each_world(fit):
    found, terms = (
        programme(fit, briefs.changed(SAMPLE, discount_rate=0.0)),
        recruitment.ambassador_terms(SAMPLE),
    )
    worlds, margin = found.worlds, SAMPLE.value("margin")
    cost = terms.upkeep * worlds["posts"] + terms.to_win * (worlds["replaced"] + found.ambassadors)
    assert worlds["cost"].to_numpy() == pytest.approx(cost.to_numpy())
    assert worlds["profit"].to_numpy() == pytest.approx((margin * worlds["revenue"] - cost).to_numpy())
    assert worlds["roi"].to_numpy() == pytest.approx((worlds["profit"] / worlds["cost"]).to_numpy())
    assert (worlds["posts"] == 20 * 13).all()  # every empty place is filled again
    assert worlds["active"].between(0, 20).all()
    assert worlds["world"].tolist() == list(range(WORLDS))


def test_the_last_periods_quantiles_are_those_of_the_worlds(fit):
    found = programme(fit, replace=False)
    ends = found.periods.iloc[-1]
    assert ends[["low", "median", "high"]].tolist() == pytest.approx(
        np.quantile(found.worlds["profit"], [0.1, 0.5, 0.9]).tolist()
    )
    assert found.periods["active"].iloc[0] == 1
    assert (found.periods["active"].diff()[1:] < 0).all()
    assert found.periods["active"].sum() == pytest.approx(found.worlds["posts"].mean() / 20)


@pytest.mark.slow
def test_same_seed_same_numbers_another_seed_others_and_more_worlds_change_none(fit):
    one = programme(fit).worlds
    pd.testing.assert_frame_equal(one, programme(fit).worlds)
    pd.testing.assert_frame_equal(one, programme(fit, n_worlds=WORLDS + 300).worlds.iloc[:WORLDS])
    assert (programme(fit, seed=5).worlds["profit"] != one["profit"]).mean() > 0.9


def test_one_more_ambassador_and_more_periods_leave_what_others_draw(fit):
    few, more = (programme(fit, ambassadors=n, replace=False).worlds for n in (5, 6))
    alone = more["posts"] - few["posts"]
    assert alone.between(1, 13).all()
    assert (more["revenue"] >= few["revenue"] - 1e-9).all()
    short, long = (programme(fit, ambassadors=5, periods=n).periods for n in (4, 13))
    pd.testing.assert_frame_equal(short, long.iloc[:4])


def test_a_creators_level_lasts_and_its_posts_differ(fit):
    """Revenues of two periods of one who never leaves go together, and less so with less spread."""
    stays = Retention(np.array([1e-6]), np.array([1.0]), np.ones(1), 0, 0, "assumed")
    brief = briefs.changed(
        SAMPLE, rho_campaign=0.0, rho_niche=0.0, platform_sd=0.0, kappa=1000, discount_rate=0.0
    )

    def together(brief):
        first, both = (
            programme(fit, brief, stays, ambassadors=1, periods=n).worlds["revenue"] for n in (1, 2)
        )
        ranks = [each.rank() for each in (first, both - first)]
        return float(np.corrcoef(*ranks)[0, 1])

    assert 0.3 < together(brief) < 0.95
    assert together(briefs.changed(brief, conversion_sd=0.05)) < together(brief) - 0.2


@pytest.mark.parametrize(
    ("change", "up"),
    [({"kappa": 15}, True), ({"margin": 0.7}, True), ({"ambassador_wear_out": 0.15}, False),
     ({"product_cost": 40}, False), ({"shipping": 12}, False), ({"labour_per_contact": 8}, False),
     ({"ambassador_join": 0.35}, True), ({"reply_rate": 0.6}, True), ({"accept_rate": 0.8}, True),
     ({"post_rate_gift": 0.8}, True), ({"overhead_per_creator": 30}, False)],
)  # fmt: skip
def test_each_assumption_moves_profit_its_way_in_every_world(fit, change, up):
    moved = programme(fit, briefs.changed(SAMPLE, **change), n_worlds=500).worlds["profit"]
    gain = (moved - programme(fit, n_worlds=500).worlds["profit"]) * (1 if up else -1)
    assert (gain >= -1e-6).all()
    assert gain.mean() > 0


def test_luck_that_lasts_widens_the_outcome_and_leaves_its_mean(fit):
    passing, half, lasting = (
        programme(fit, briefs.changed(SAMPLE, platform_memory=memory, rho_campaign=0.3)).worlds["profit"]
        for memory in (0.0, 0.5, 1.0)
    )
    widths = [float(np.ptp(profit.quantile([0.1, 0.9]))) for profit in (passing, half, lasting)]
    assert widths[0] < 0.8 * widths[1]
    assert widths[1] < 0.9 * widths[2]
    gap = risk.mean(lasting - passing)
    assert abs(gap.value) <= 4 * gap.se


def test_a_higher_loss_replaces_no_fewer_in_any_world(fit):
    higher = {"low": 0.2, "central": 0.33, "high": 0.49}
    lossy = recruitment.retention(briefs.changed(SAMPLE, ambassador_first_loss=higher))
    more = programme(fit, retention=lossy).worlds["replaced"] - programme(fit).worlds["replaced"]
    assert more.mean() > 5
    assert (more >= 0).all()


def test_later_money_counts_less(fit):
    worlds, now = (programme(fit, briefs.changed(SAMPLE, discount_rate=rate)).worlds for rate in (0.2, 0.0))
    ratio = (worlds["revenue"] / now["revenue"])[now["revenue"] > 0]
    assert ratio.between(1 / 1.2, 1).all()


def test_posts_of_an_offer_and_staggered_weeks_do_not_change_a_programme(fit):
    other = briefs.changed(SAMPLE, posts=3, weeks=4)
    pd.testing.assert_frame_equal(
        programme(fit, other, n_worlds=200).worlds, programme(fit, n_worlds=200).worlds
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [({"ambassadors": 0}, "ambassadors must be from 1 to 1,000; got 0"),
     ({"ambassadors": 1001}, "ambassadors must be from 1 to 1,000; got 1001"),
     ({"periods": 0}, "periods must be from 1 to 130; got 0"),
     ({"n_worlds": 0}, "n_worlds must be 1 or more"), ({"seed": -1}, "seed must be 0 or more")],
)  # fmt: skip
def test_numbers_that_cannot_be_are_named(fit, given, message):
    with pytest.raises(errors.InputError, match=message):
        programme(fit, **given)


def test_a_brief_whose_macro_is_one_of_the_nano_creators_does_not_make_it_an_ambassador(fit):
    hired = programme(fit, briefs.changed(SAMPLE, macro_creator="ann"), n_worlds=300).worlds
    assert (hired["profit"] != programme(fit, n_worlds=300).worlds["profit"]).any()


CERTAIN = {"ambassador_join": 0.25, "ambassador_wear_out": 0.05}


def test_beliefs_that_hold_what_the_brief_holds_change_nothing(fit):
    brief = briefs.changed(SAMPLE, **CERTAIN)
    known = by_world.Draws(("kappa", "margin"), np.array([[brief.value("kappa"), brief.value("margin")]]))
    luck, both = (programme(fit, brief, n_worlds=500, beliefs=given).worlds for given in (None, known))
    pd.testing.assert_frame_equal(luck, both, rtol=1e-9)


def test_each_world_takes_one_draw_and_what_is_believed_widens_the_return(fit):
    brief = briefs.changed(SAMPLE, **CERTAIN)
    kappas = brief.value("kappa") * np.array([[0.25], [4.0]])
    worlds = programme(fit, brief, n_worlds=500, beliefs=by_world.Draws(("kappa",), kappas)).worlds
    known = (briefs.changed(brief, kappa=float(kappa)) for kappa in kappas[:, 0])
    each = [programme(fit, other, n_worlds=500).worlds for other in known]
    took = by_world.rows(by_world.Draws(("kappa",), kappas), 4, 0, 500)
    assert 200 < took.sum() < 300
    for row, other in enumerate(each):
        pd.testing.assert_frame_equal(worlds[took == row], other[took == row], rtol=1e-9)
    spread = programme(fit).worlds["roi"].std()
    assert programme(fit, beliefs=by_world.Draws(("kappa",), kappas)).worlds["roi"].std() > 1.5 * spread
