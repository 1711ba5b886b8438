"""The checked rows: right number beside the right name, interval and formula; nothing without a basis."""

from types import SimpleNamespace

import pandas as pd
import pytest

from nanospread import pages
from nanospread.campaign import brief, recruitment
from nanospread.creators import engagement, metrics
from nanospread.pages import show
from oracles import closed_forms
from outreach_logs import NOW, counted, log


def test_row_counts_are_summed_over_the_files_of_a_table():
    counts = pd.DataFrame(
        [("posts", "a.csv", 10, 7, 2, 1), ("posts", "b.csv", 5, 5, 0, 0), ("creators", "c.csv", 3, 3, 0, 0)],
        columns=["table", "file", "rows_in", "kept", "repaired", "refused"],
    )
    rows = pages.data_quality.checked_rows(counts).set_index("metric")
    assert rows["value"].to_dict() == {
        "posts_rows_in": 15, "posts_kept": 12, "posts_repaired": 2, "posts_refused": 1,
        "creators_rows_in": 3, "creators_kept": 3, "creators_repaired": 0, "creators_refused": 0,
    }  # fmt: skip
    assert rows.loc["posts_kept", "n"] == 15


@pytest.fixture
def posts():
    rows = [
        (creator, 2_000 + 500 * creator, 60 + 9 * creator + 13 * post)
        for creator in range(8)
        for post in range(3)
    ]
    frame = pd.DataFrame(rows, columns=["creator", "followers", "likes"])
    return metrics.per_post(
        frame.assign(
            creator="c" + frame["creator"].astype(str),
            post=[f"p{at}" for at in frame.index],
            posted_at=pd.Timestamp("2026-09-01", tz="UTC"),
            comments=4,
            niche="food",
        )
    )


def test_rates_of_a_tier_stand_beside_their_interval_and_the_spreads_beside_theirs(posts):
    by_tier = metrics.summary(posts, "tier")
    roster = posts[["creator", "niche", "followers"]].drop_duplicates("creator")
    model = engagement.fit(posts, roster)
    rows = pages.engagement.checked_rows(by_tier, model).set_index("metric")
    assert rows.loc["er_median_nano", "value"] == posts["er"].median()
    assert rows.loc["er_median_nano", "low"] == by_tier["median_low"].iloc[0]
    assert rows.loc["er_pooled_nano", "value"] == pytest.approx(
        posts["engagements"].sum() / posts["followers"].sum()
    )
    assert rows.loc["sd_within", "value"] == model.sd_within
    half = rows.loc["sd_within", "high"] - model.sd_within
    assert half == pytest.approx(1.96 * model.sd_within_se, rel=1e-4)
    assert model.sd_within - rows.loc["sd_within", "low"] == pytest.approx(half)


def test_the_formula_of_rates_without_comments_is_one_of_likes(posts):
    roster = posts[["creator", "niche", "followers"]].drop_duplicates("creator")
    model, by_tier = engagement.fit(posts, roster), metrics.summary(posts, "tier")
    known = pages.engagement.checked_rows(by_tier, model).set_index("metric")["formula"]
    assert known["er_pooled_nano"] == "sum of (likes + comments) / sum of followers, over posts"
    alone = pages.engagement.checked_rows(by_tier.assign(comments_known=0), model).set_index("metric")[
        "formula"
    ]
    assert alone["er_pooled_nano"] == "sum of likes (no comments known) / sum of followers, over posts"
    assert alone["er_median_nano"] == "median over posts of likes (no comments known) / followers"


def test_ratios_that_are_known_have_a_row_with_their_interval_and_the_others_none(posts):
    roster = posts[["creator", "niche", "followers"]].drop_duplicates("creator")
    model, by_tier = engagement.fit(posts, roster), metrics.summary(posts, "tier")
    known = {"ratio": [1.5], "low": [1.2], "high": [1.8]}
    premium = pd.DataFrame({"group": ["1-2k"], "creators_tier": [20], "creators_versus": [10], **known})
    effect = pd.DataFrame({"creators": [9], "posts_sponsored": [30], "posts_organic": [200], **known})
    rows = pages.engagement.checked_rows(by_tier, model, premium=premium, by_size=premium, sponsored=effect)
    named = rows.set_index("metric").loc[["nano_premium", "nano_premium_1_2k", "sponsored_effect"]]
    assert named["n"].tolist() == [30, 30, 230]
    assert named[["value", "low", "high"]].to_numpy().tolist() == [[1.5, 1.2, 1.8]] * 3
    none = pages.engagement.checked_rows(by_tier, model, premium=premium.head(0), sponsored=effect.head(0))
    pd.testing.assert_frame_equal(none, pages.engagement.checked_rows(by_tier, model))


def test_spreads_that_the_posts_could_not_tell_are_marked_assumed(posts):
    few = posts.drop_duplicates("creator")
    model = engagement.fit(few, few[["creator", "niche", "followers"]])
    rows = pages.engagement.checked_rows(metrics.summary(few, "tier"), model).set_index("metric")
    assert model.sd_within_basis == "published"
    assert rows.loc[["sd_within", "icc"], "basis"].tolist() == ["assumed", "assumed"]
    assert "published" in rows.loc["sd_within", "formula"]


@pytest.fixture
def summary():
    rows = [
        ("macro", "p_loss", 0.7, 0.01, "share"),
        ("nano_gift", "p_loss", 0.2, 0.02, "share"),
        ("nano_fee", "p_loss", 0.1, 0.02, "share"),
        ("nano_gift", "p_beats_macro", 0.8, 0.01, "share"),
        ("nano_gift", "profit_p50", 900.0, 30.0, "money"),
        ("nano_gift", "reach_p10", 1.0, 0.1, "people"),
    ]
    return pd.DataFrame(rows, columns=["arm", "measure", "value", "se", "unit"])


def test_a_simulated_number_carries_its_error_its_currency_and_its_formula(summary):
    rows = pages.campaign.checked_rows(summary, currency="EUR", n_worlds=500).set_index("metric")
    assert "reach_p10_nano_gift" not in rows.index
    row = rows.loc["profit_p50_nano_gift"]
    assert (row["value"], row["se"], row["unit"], row["n"]) == (900.0, 30.0, "EUR", 500)
    assert row["high"] - row["value"] == pytest.approx(1.96 * 30, rel=1e-4)
    assert rows.loc["p_loss_macro", "formula"] == "share of simulated campaigns with profit below 0"


def test_the_interval_of_a_share_stays_between_0_and_1_and_that_of_money_does_not(summary):
    low = summary.assign(value=[0.001, 0.999, 0.5, 0.5, 1.0, 1.0])
    rows = pages.campaign.checked_rows(low, currency="EUR", n_worlds=500).set_index("metric")
    assert rows.loc["p_loss_macro", "low"] == 0.0
    assert rows.loc["p_loss_nano_gift", "high"] == 1.0
    assert rows.loc["profit_p50_nano_gift", "low"] < 0


def test_the_first_screen_has_the_choice_first_and_only_the_two_arms(summary):
    rows = pages.campaign.first_screen(summary, nano="nano_gift", currency="EUR", n_worlds=500)
    assert rows["metric"].tolist() == [
        "p_beats_macro_nano_gift", "p_loss_macro", "p_loss_nano_gift", "profit_p50_nano_gift",
    ]  # fmt: skip
    whole = pages.campaign.checked_rows(summary, currency="EUR", n_worlds=500).set_index("metric")
    assert rows.set_index("metric").equals(whole.loc[rows["metric"]])


def test_odds_by_luck_alone_have_names_of_their_own(summary):
    luck = pages.campaign.luck_only(summary, nano="nano_gift", currency="EUR", n_worlds=500)
    names = ["p_loss_luck_only_macro", "p_loss_luck_only_nano_gift", "p_beats_macro_luck_only_nano_gift"]
    assert luck["metric"].tolist() == names
    assert luck["label"].str.endswith("by luck alone").all()
    assert not set(names) & set(pages.campaign.checked_rows(summary, currency="EUR", n_worlds=500)["metric"])


def test_every_row_can_be_shown_as_a_checked_table(summary):
    by_count = pd.DataFrame({"creators": [1, 10], "cv": [1.5, 0.6], "cv_se": [0.1, 0.02]})
    spread = pages.diversification.checked_rows(by_count, n_worlds=500)
    assert spread["metric"].tolist() == ["cv_orders_1", "cv_orders_10"]
    for rows in (spread, pages.campaign.checked_rows(summary, currency="EUR", n_worlds=500)):
        assert show.metrics(rows).data[show.METRICS]


def test_recruiting_rows_carry_their_intervals_their_basis_and_unique_names():
    plan, now = brief.changed(brief.read("sample"), **closed_forms.V20_COSTS), NOW
    found = recruitment.funnel(log(), plan, as_of=now)
    needed = recruitment.needed(found, posts=10, days=60, chance=0.8)
    content = recruitment.time_to_content(log(), found, as_of=now)
    offers = recruitment.offers(log(), plan, as_of=now)
    as_is = recruitment.as_is(log(), plan)
    recruiting = SimpleNamespace(funnel=found, needed=needed, content=content, offers=offers, as_is=as_is)
    rows = pages.recruitment.checked_rows(recruiting, currency="EUR").set_index("metric")
    assert rows.index.is_unique
    assert rows.loc["contacts_needed", "value"] == needed.contacts > rows.loc["contacts_by_mean", "value"]
    assert rows.loc["posts_per_contact", "value"] == pytest.approx(0.13, abs=1e-4)
    assert rows.loc["cost_per_live_post_gift", ["value", "unit"]].tolist() == [
        pytest.approx(86.769, abs=1e-3),
        "EUR",
    ]
    assert rows.loc["indifference_fee", "value"] == pytest.approx(41.101, abs=1e-3)
    assert set(rows["basis"]) == {"assumed"}
    ends = rows.dropna(subset=["low", "high"])
    assert ((ends["low"] < ends["value"]) & (ends["value"] < ends["high"])).all()
    assert len(ends) == len(rows) - 2
    assert show.metrics(rows.reset_index()).data[show.METRICS]


def test_recruiting_rows_of_a_log_are_measured_and_count_it():
    plan, outreach = brief.read("sample"), counted(300, 150, 90, 50)
    found = recruitment.funnel(outreach, plan, as_of=NOW)
    needed = recruitment.needed(found, posts=10, days=60, chance=0.8)
    content = recruitment.time_to_content(outreach, found, as_of=NOW)
    offers, as_is = recruitment.offers(outreach, plan, as_of=NOW), recruitment.as_is(outreach, plan)
    recruiting = SimpleNamespace(funnel=found, needed=needed, content=content, offers=offers, as_is=as_is)
    rows = pages.recruitment.checked_rows(recruiting, currency="EUR").set_index("metric")
    assert rows.loc[["contacts_needed", "days_to_post_median", "as_is_rate"], "basis"].tolist() == [
        "measured", "measured", "assumed",
    ]  # fmt: skip
    assert rows.loc[["contacts_needed", "days_to_post_median", "as_is_rate"], "n"].tolist() == [300, 50, 0]
