"""Proves that the orders to expect of who has posted are those of a campaign's own story, with overlap."""

import numpy as np
import pandas as pd
import pytest
from scipy import special

from nanospread.campaign import brief as briefs
from nanospread.campaign import simulation
from nanospread.campaign.simulation import arms, creator_model, kernel
from nanospread.campaign.simulation import creators as rated
from nanospread.creators import engagement, metrics

WORLDS = 3_000
CROWD = pd.DataFrame(
    {
        "creator": ["ann", "bob", "cid", "new"],
        "niche": ["food", "food", "travel", "travel"],
        "followers": [3_000, 8_000, 300_000, 5_000],
    }
)


@pytest.fixture(scope="module")
def fit():
    random = np.random.default_rng(3)
    posts = CROWD[:3].loc[np.repeat(np.arange(3), 8)].reset_index(drop=True)
    likes = np.round(posts["followers"] * np.exp(-3.4 + 0.4 * random.standard_normal(len(posts))))
    days = pd.to_timedelta(np.tile(np.arange(8) * 9, 3), unit="D")
    dated = posts.assign(
        post=[f"p{at}" for at in posts.index], posted_at=pd.Timestamp("2026-09-01", tz="UTC") + days
    )
    return engagement.fit(metrics.per_post(dated.assign(likes=likes, comments=0)), CROWD[:3])


BRIEF = briefs.read("sample")


def posted(fit, creators=CROWD, brief=BRIEF, n_worlds=WORLDS, seed=4):
    return simulation.posted(fit, brief, creators, n_worlds=n_worlds, seed=seed)


def test_one_creator_alone_brings_what_the_story_of_its_post_says(fit):
    one = CROWD.iloc[[0]]
    cast = rated.cast(rated.rated(fit, one, drawn=False), BRIEF, ("food",), 4)
    on = arms.Stage(BRIEF, 4, ("food",), (), cast, cast, (), certain=True)
    _, _, common, tables = arms.scene(on, 0, WORLDS)
    found = np.empty((6, 1, WORLDS))
    kernel.each(cast, creator_model.terms(BRIEF, "nano"), 0, common, tables, found)
    assert posted(fit, one)[:, 0] == pytest.approx(found[5, 0])


def test_large_accounts_have_the_macros_rates(fit):
    better = briefs.changed(BRIEF, cvr_macro=0.025)
    ratio = posted(fit, brief=better) / posted(fit)
    assert ratio[:, [0, 1, 3]] == pytest.approx(1)
    assert ratio[:, 2] == pytest.approx(0.025 / BRIEF.value("cvr_macro"))


def test_audiences_overlap_inside_a_niche_only(fit):
    together = posted(fit)
    alone = np.hstack([posted(fit, CROWD.iloc[[at]]) for at in range(4)])
    assert (together[:, :2] < alone[:, :2]).all()
    apart = CROWD.assign(niche=["food", "fashion", "travel", "beauty"])
    assert posted(fit, apart)[:, 0] == pytest.approx(alone[:, 0])
    free = briefs.changed(BRIEF, repeat_click_weight=1.0)
    assert posted(fit, brief=free)[:, 0] == pytest.approx(posted(fit, CROWD.iloc[[0]], brief=free)[:, 0])


def test_order_others_and_more_worlds_move_no_creators_draws(fit):
    free = briefs.changed(BRIEF, repeat_click_weight=1.0)
    whole = posted(fit, brief=free)
    assert posted(fit, CROWD.iloc[::-1], brief=free)[:, ::-1] == pytest.approx(whole)
    assert posted(fit, CROWD[1:3], brief=free) == pytest.approx(whole[:, 1:3])
    assert posted(fit, brief=free, n_worlds=WORLDS + 500)[:WORLDS] == pytest.approx(whole)
    assert (posted(fit, seed=5) != posted(fit)).any()


def test_nobody_brings_nothing_in_each_world(fit):
    assert posted(fit, CROWD[:0]).shape == (WORLDS, 0)


def test_the_mean_is_the_closed_form_of_the_model(fit):
    """model.md V16 without flops, alone in its niche, and no pull of engagement on orders."""
    still = briefs.changed(BRIEF, flop_rate=0.0, er_to_conversion=0.0)
    orders = posted(fit, CROWD.iloc[[0]], brief=still, n_worlds=20_000)[:, 0]
    value = still.value
    clicks = value("reach_rate_nano") * value("ctr_feed") + value("story_rate_nano") * value("ctr_story")
    expected = 3_000 * clicks * value("cvr_nano") * value("advocacy")
    assert orders.mean() == pytest.approx(expected, abs=4 * orders.std() / np.sqrt(len(orders)))


def test_flops_take_orders_and_shared_luck_moves_all_creators_together(fit):
    more = briefs.changed(BRIEF, flop_rate=0.25)
    assert (posted(fit, brief=more) <= posted(fit) + 1e-12).all()
    scores = [special.ndtri((rows.argsort(axis=0).argsort(axis=0) + 0.5) / WORLDS) for rows in (
        posted(fit, brief=briefs.changed(BRIEF, rho_campaign=0.0, rho_niche=0.0, platform_sd=0.0)),
        posted(fit, brief=briefs.changed(BRIEF, rho_campaign=0.5, rho_niche=0.0, platform_sd=0.0)),
    )]  # fmt: skip
    apart, together = (np.corrcoef(rows.T)[0, 1] for rows in scores)
    assert abs(apart) < 4 / np.sqrt(WORLDS)
    assert together > 0.15


def test_people_of_the_market_overlap_too_and_no_week_depends_on_who_is_beside(fit):
    tight = briefs.changed(BRIEF, market_pool=20_000, repeat_click_weight=0.0, niche_pool=20_000)
    wide = briefs.changed(tight, switches=())
    assert (posted(fit, brief=tight) < posted(fit, brief=wide)).all()
    weekly = briefs.changed(BRIEF, weeks=3, platform_memory=0.0, platform_sd=1.0, repeat_click_weight=1.0)
    whole, rest = posted(fit, brief=weekly), posted(fit, CROWD[1:], brief=weekly)
    assert rest == pytest.approx(whole[:, 1:])
