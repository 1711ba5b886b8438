"""Proves what results say an order costs: by hand, and that it goes before what is published. The share that
codes and links see is Chapman's: by hand, against made-up orders, and silent at times."""

import numpy as np
import pandas as pd
import pytest

from nanospread.campaign import brief as briefs
from nanospread.campaign import unit_economics
from nanospread.campaign.unit_economics import CaptureCounts

PLAN = briefs.read("sample")
CODES = pd.DataFrame(
    {"kind": ["code", "link", "code"], "code": ["A", "a", "B"], "creator": ["maya", "maya", "bo"]}
)


def results(**columns):
    rows = {"campaign": ["spring", "spring", "autumn"], "orders": [40.0, 60.0, 100.0]}
    return pd.DataFrame({**rows, "revenue": [2_000.0, 3_000.0, 5_000.0], **columns})


def test_results_that_tell_no_costs_leave_the_brief_alone():
    assert unit_economics.returns_and_discounts(results(), PLAN) == {}
    blank = results(refunded=np.nan, discount=np.nan)
    assert unit_economics.returns_and_discounts(blank, PLAN) == {}
    few = results(refunded=10.0).assign(orders=[5.0, 5.0, 10.0])
    assert unit_economics.returns_and_discounts(few, PLAN) == {}


def test_a_discount_is_the_ratio_of_sums_and_its_ends_are_the_campaigns():
    given = results(discount=[200.0, 300.0, 1_000.0])
    found = unit_economics.returns_and_discounts(given, PLAN)["code_discount"]
    assert (found["low"], found["central"], found["high"]) == pytest.approx((0.10, 0.15, 0.20))
    together = unit_economics.shares(results(discount=[200.0, 300.0, np.nan]))
    assert together == {"code_discount": pytest.approx(0.1)}
    assert found["source"] == "results: 200 orders of 2 campaigns"
    known = briefs.calibrated(PLAN, {"code_discount": found})
    assert (known.values.code_discount, known.switches) == (pytest.approx(0.15), ("code_discount",))
    own = briefs.changed(PLAN, code_discount=0.3)
    assert briefs.calibrated(own, {"code_discount": found}).values.code_discount == 0.3


def test_returns_are_of_what_was_paid_and_more_campaigns_make_them_surer():
    """A third of what was paid after the code came back, against .18 published."""
    one = results(refunded=[600.0, 900.0, 1_500.0], discount=[200.0, 300.0, 500.0])
    many = pd.concat([one.assign(campaign=one["campaign"] + str(at)) for at in range(20)])
    few, sure = (unit_economics.returns_and_discounts(rows, PLAN)["return_rate"] for rows in (one, many))
    assert PLAN.assumptions.return_rate.central < few["central"] < sure["central"]
    assert sure["central"] == pytest.approx(1 / 3, abs=0.02)
    assert sure["high"] - sure["low"] < few["high"] - few["low"]
    known = briefs.calibrated(PLAN, {"return_rate": sure})
    assert (known.values.return_rate, known.switches) == (sure["central"], ("return_rate",))


def orders(both: int, code: int, link: int, creator: str = "maya") -> pd.DataFrame:
    number = both + code + link
    by_code = [True] * (both + code) + [False] * link
    by_link = [True] * both + [False] * code + [True] * link
    return pd.DataFrame(
        {"outcome": "credited", "order": [str(at) for at in range(number)], "creator": creator,
         "by_code": by_code, "by_link": by_link}
    )  # fmt: skip


def test_chapman_by_hand() -> None:
    of = unit_economics.total(CaptureCounts(both=50, code_only=150, link_only=100))
    assert of.central == pytest.approx(201 * 151 / 51 - 1)
    assert 300 < of.low < of.central < of.high


def test_the_share_replaces_the_assumed_one_and_says_what_it_rests_on() -> None:
    row = unit_economics.tracked_share(orders(50, 150, 100), CODES)["tracked_share"]
    assert row["central"] == pytest.approx(300 / (201 * 151 / 51 - 1))
    assert row["low"] < row["central"] < row["high"] < 1
    assert row["source"] == "orders seen 50 by code and link, 150 by code, 100 by link"


@pytest.mark.parametrize(("both", "told"), [(0, False), (6, False), (7, True)])
def test_with_hardly_any_order_seen_by_both_nothing_changes(both: int, told: bool) -> None:
    assert bool(unit_economics.tracked_share(orders(both, 90, 80), CODES)) == told


def test_who_has_only_a_code_says_nothing_of_links() -> None:
    assert unit_economics.tracked_share(orders(20, 90, 80, creator="bo"), CODES) == {}


def test_more_orders_seen_by_one_alone_mean_a_smaller_share() -> None:
    shares = [
        unit_economics.tracked_share(orders(40, more, more), CODES)["tracked_share"] for more in (10, 40, 160)
    ]
    assert shares[0]["central"] > shares[1]["central"] > shares[2]["central"]


def test_the_interval_holds_four_of_five_times() -> None:
    rng, there, held = np.random.default_rng(7), 800, []
    for _ in range(400):
        code, link = rng.random(there) < 0.4, rng.random(there) < 0.3
        of = unit_economics.total(
            CaptureCounts(*(int(x.sum()) for x in (code & link, code & ~link, link & ~code)))
        )
        held.append(of.low <= there <= of.high)
    assert abs(np.mean(held) - 0.8) < 4 * np.sqrt(0.8 * 0.2 / 400)


def test_a_link_that_never_comes_alone_is_no_certainty() -> None:
    row = unit_economics.tracked_share(orders(10, 90, 0), CODES)["tracked_share"]
    assert row["low"] < row["high"] <= unit_economics.MOST
