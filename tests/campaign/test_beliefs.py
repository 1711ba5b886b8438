"""Beliefs before any result: one reading of low, central and high, and joint draws of what is not fixed."""

from pathlib import Path

import numpy as np
import pytest

from nanospread.campaign import beliefs, brief
from nanospread.campaign.beliefs import posterior
from nanospread.core.estimates import Z80

SAMPLE = brief.read("sample")
POINTS = np.array([-Z80, 0.0, Z80])


def test_low_central_and_high_are_the_10_50_and_90_percent_points_of_every_row():
    for row in SAMPLE.assumptions.values():
        assert row.at(POINTS) == pytest.approx([row.low, row.central, row.high], rel=1e-6, abs=1e-9), row.name


def test_every_quantile_function_rises():
    for row in SAMPLE.assumptions.values():
        assert (np.diff(row.at(np.linspace(-4, 4, 4001))) >= 0).all(), row.name


def test_one_number_is_itself_at_every_score_however_far_from_the_published_range():
    row = brief.changed(SAMPLE, recruitment_precision=1_000_000).assumptions.recruitment_precision
    assert (row.low, row.high) == (10, 1_000_000)  # for sweeps
    assert (row.at(POINTS) == 1_000_000).all()


def test_a_range_as_wide_as_its_rounding_is_one_number():
    row = SAMPLE.assumptions.code_discount
    narrow = row.model_copy(
        update={"low": 0.08008194358978353, "central": 0.08008194358978354, "high": 0.08008194358978354}
    )
    assert (narrow.at(POINTS) == narrow.central).all()


def test_the_median_is_no_kink_however_lopsided_the_range():
    row = SAMPLE.assumptions.fee_per_follower_nano
    below, above = np.diff(row.at(np.array([-1e-4, 0.0, 1e-4])))
    assert below == pytest.approx(above, rel=1e-3)


def test_shares_stay_inside_0_and_1_and_a_range_from_0_reaches_it_in_a_tenth():
    scores = np.linspace(-6, 6, 1001)
    assert 0 < SAMPLE.assumptions.cvr_nano.at(scores).min() < SAMPLE.assumptions.margin.at(scores).max() < 1
    drawn = beliefs.prior(SAMPLE).column("rho_campaign")
    assert (drawn == 0).mean() == pytest.approx(0.1, abs=0.01)


def test_draws_have_the_published_quantiles_and_rise_with_sales():
    believed = beliefs.prior(SAMPLE)
    table = believed.table()
    for name in ("kappa", "cvr_nano", "order_value", "fee_per_follower_nano"):
        row = SAMPLE.assumptions[name]
        assert table.loc[name, ["p10", "p50", "p90"]].tolist() == pytest.approx(
            [row.low, row.central, row.high], rel=0.01
        )
    level = believed.column("kappa")
    assert level[2048:].mean() > 4 * level[:2048].mean()


def test_rows_that_move_together_correlate_and_others_do_not():
    believed = beliefs.prior(SAMPLE)

    def correlation(one, other):
        return np.corrcoef(np.log(believed.column(one)), np.log(believed.column(other)))[0, 1]

    assert correlation("reach_rate_nano", "reach_rate_macro") == pytest.approx(posterior.TOGETHER, abs=0.05)
    assert abs(correlation("kappa", "order_value")) < 0.05


def test_one_number_is_fixed_and_a_range_is_the_owners_own_belief(tmp_path: Path):
    text = (brief.path("sample")).read_text(encoding="utf-8")
    file = tmp_path / "mine.yaml"
    ours = "assumptions:\n  order_value: 48\n  margin: {low: 0.5, central: 0.55, high: 0.6}"
    file.write_text(text.replace("assumptions: {}", ours), encoding="utf-8")
    believed = beliefs.prior(brief.read(file))
    assert believed.fixed["order_value"] == 48
    assert "order_value" not in believed.names
    table = believed.table()
    assert table.loc["order_value", ["p10", "p50", "p90", "basis"]].tolist() == [48, 48, 48, "set"]
    assert table.loc["margin", ["p10", "p50", "p90"]].tolist() == pytest.approx([0.5, 0.55, 0.6], rel=0.01)
    assert table.loc["margin", "basis"] == "assumed"


def test_fixing_one_belief_leaves_the_scores_of_the_others_alone():
    here, there = (posterior.free_beliefs(each) for each in (SAMPLE, brief.changed(SAMPLE, reply_rate=0.3)))
    at = [here.names.index(name) for name in there.names]
    assert (here.scores()[:, at] == there.scores()).all()


def test_a_switch_is_believed_only_where_it_is_on():
    on = brief.changed(SAMPLE, switches=("nano_first",))
    assert beliefs.prior(SAMPLE).fixed["nano_first"] == 0
    assert np.median(beliefs.prior(on).column("nano_first")) == pytest.approx(0.1, rel=0.01)


def test_choices_are_no_beliefs():
    assert not {"over_invite", "discount_rate"} & {*beliefs.prior(SAMPLE).table().index}


def test_rho_niche_leaves_room_for_rho_campaign():
    believed = beliefs.prior(SAMPLE)
    assert (believed.column("rho_campaign") + believed.column("rho_niche")).max() <= 1


def test_orders_per_100_clicks_are_the_product_of_their_parts():
    believed = beliefs.prior(brief.changed(SAMPLE, kappa=10, cvr_nano=0.024, advocacy=1.0, flop_rate=0.1))
    expected = 24 * (1 - 0.1 * (1 - believed.column("flop_multiplier")))
    assert believed.orders_per_100_clicks("nano") == pytest.approx(expected)
