"""Proves what a live post costs with a gift and with a fee: the published case, closed forms, directions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread.campaign import brief, recruitment
from nanospread.campaign.recruitment import rates
from nanospread.core import errors
from oracles import closed_forms
from outreach_logs import NOW, counted, log, together

BRIEF = brief.changed(brief.read("sample"), **closed_forms.V20_COSTS)
ROWS = BRIEF.assumptions


def offers(outreach=None, plan=BRIEF, **words):
    return recruitment.offers(log() if outreach is None else outreach, plan, as_of=NOW, **words)


def costs(found):
    return found.costs.set_index("offer")["cost"]


def test_the_published_case_v20():
    assert recruitment.cost_per_post(28, 4, 0.4 * 0.65, 0.5) == pytest.approx(86.769, abs=5e-4)
    found = offers()
    assert costs(found)["gift"] == pytest.approx(86.769, abs=5e-4)
    assert found.indifference.value == pytest.approx(41.101, abs=5e-4)
    assert found.indifference.value == pytest.approx((28 + 4 / 0.26) * (1 / 0.5 - 1 / 0.95), rel=1e-6)


def test_a_fee_at_indifference_costs_the_same_and_so_does_the_gift_at_break_even():
    found = offers()
    followers = found.indifference.value / BRIEF.value("fee_per_follower_nano")
    even = offers(followers=followers)
    assert costs(even)["gift"] == pytest.approx(costs(even)["fee"])
    assert even.saving.value == pytest.approx(0, abs=1e-9)
    rate = brief.changed(BRIEF, post_rate_gift=found.break_even.value)
    assert costs(offers(plan=rate))["gift"] == pytest.approx(costs(found)["fee"], rel=1e-3)


def test_the_fee_is_that_of_the_mean_nano_creator_or_of_the_one_asked_for():
    found = offers()
    assert found.followers == pytest.approx(9000 / np.log(10))
    assert found.fee == pytest.approx([found.followers * each for each in (0.01, 0.0064, 0.038)])
    assert offers(followers=2000).fee.value == pytest.approx(20)
    with pytest.raises(errors.InputError, match="followers must be 1 or more; got 0"):
        offers(followers=0)


def test_intervals_are_those_of_drawn_rates():
    rng, draws = np.random.default_rng(8), 200_000
    rate = {}
    for name in ("reply_rate", "accept_rate", "post_rate_gift", "post_rate_fee"):
        mu = rng.beta(*rates.beta(ROWS[name].low, ROWS[name].central, ROWS[name].high), size=draws)
        phi = ROWS["recruitment_precision"].at(rng.normal(size=draws))
        rate[name] = np.maximum(rng.beta(mu * phi, (1 - mu) * phi), 1e-9)
    agreed = 28 + 4 / (rate["reply_rate"] * rate["accept_rate"])
    gift, fee = agreed / rate["post_rate_gift"], agreed / rate["post_rate_fee"]
    found = offers()
    rows = found.costs.set_index("offer")[["low", "high"]]
    for name, drawn in (("gift", gift), ("fee", fee + found.fee.value)):
        assert rows.loc[name].tolist() == pytest.approx(np.quantile(drawn, [0.1, 0.9]), rel=0.03)
    assert found.indifference[1:] == pytest.approx(np.quantile(gift - fee, [0.1, 0.9]), rel=0.03)


def test_opt_in_is_shared_until_the_log_tells_both_offers_apart():
    one = counted(200, 100, 60, 40)
    shared = offers(one).costs.set_index("offer")["opt_in"]
    assert shared["gift"] == shared["fee"] > 0.26
    both = offers(together(one, counted(100, 20, 10, 10, offer="fee"))).costs.set_index("offer")
    assert both.loc["gift", "opt_in"] == pytest.approx(shared["gift"])
    assert both.loc["fee", "opt_in"] < 0.2
    few = offers(together(one, counted(12, 2, 1, 1, offer="fee"))).costs.set_index("offer")["opt_in"]
    assert few["gift"] == few["fee"]


def test_shared_luck_makes_the_difference_surer_than_its_parts():
    found = offers()
    rows = found.costs.set_index("offer")
    apart = np.hypot(*(rows["high"] - rows["low"]))
    assert found.saving.high - found.saving.low < apart


def test_a_log_narrows_the_intervals_and_is_said_to_be_measured():
    outreach = together(
        *(counted(150, 75, 50, 20, campaign=f"k{i}") for i in range(6)),
        *(counted(90, 45, 30, 28, campaign=f"k{i}", offer="fee") for i in range(6)),
    )  # fmt: skip
    known, assumed = offers(outreach), offers()
    assert set(known.costs["basis"]) == {"measured"}
    assert set(assumed.costs["basis"]) == {"assumed"}
    width = [np.ptp(each.indifference[1:]) for each in (known, assumed)]
    assert width[0] < 0.5 * width[1]


@pytest.mark.parametrize(
    ("change", "gift", "fee"),
    [({"product_cost": 30}, 1, 1), ({"labour_per_contact": 8}, 1, 1), ({"post_rate_gift": 0.6}, -1, 0),
     ({"post_rate_fee": 0.8}, 0, 1), ({"reply_rate": 0.5}, -1, -1), ({"fee_per_follower_nano": 0.02}, 0, 1),
     ({"overhead_per_creator": 5}, 1, 1), ({"posts": 2}, -1, -1)],
)  # fmt: skip
def test_what_costs_more_or_less(change, gift, fee):
    moved = costs(offers(plan=brief.changed(BRIEF, **change))) - costs(offers())
    assert np.sign(moved.round(6)).to_dict() == {"gift": gift, "fee": fee}


def test_overhead_leaves_the_choice_alone_and_each_further_post_costs_a_parcel_or_a_fee():
    moved = offers(plan=brief.changed(BRIEF, overhead_per_creator=5))
    assert moved.indifference == pytest.approx(offers().indifference)
    twice = offers(plan=brief.changed(BRIEF, posts=2))
    assert costs(twice)["gift"] == pytest.approx((2 * 28 + 4 / 0.26) / 0.5 / 2)
    assert twice.indifference.value == pytest.approx((2 * 28 + 4 / 0.26) / 0.5 - (28 + 4 / 0.26) / 0.95)


@given(
    goods=st.floats(1, 500), labour=st.floats(0, 50), opt_in=st.floats(0.01, 1), rate=st.floats(0.05, 1),
    paid=st.floats(0.05, 1),
)  # fmt: skip
def test_the_indifference_fee_makes_both_equal(goods, labour, opt_in, rate, paid):
    fee = (goods + labour / opt_in) * (1 / rate - 1 / paid)
    gift = recruitment.cost_per_post(goods, labour, opt_in, rate)
    assert recruitment.cost_per_post(goods, labour, opt_in, paid, fee) == pytest.approx(gift, rel=1e-9)


def test_the_map_is_0_on_its_line_and_holds_where_we_are():
    found = offers()
    grid = recruitment.offer_map(found)
    assert list(grid) == ["post_rate", "fee", "saving", "indifference"]
    near = grid[(grid["fee"] - grid["indifference"]).abs() < 0.5]
    assert len(near)
    assert near["saving"].abs().max() < 0.5
    assert ((grid["saving"] > 0) == (grid["fee"] > grid["indifference"])).all()
    here = found.agreed / found.gift_rate.value - found.before_fee
    assert here == pytest.approx(found.indifference.value)
    assert grid["fee"].max() > max(found.fee.high, found.indifference.high)


def test_a_gift_that_all_post_for_has_a_fee_below_0():
    all_post = brief.changed(BRIEF, post_rate_gift=1.0)
    assert offers(plan=all_post).indifference.value < 0
