"""Proves what results say came back and was taken off: by hand, and that it goes before what is published."""

import numpy as np
import pandas as pd
import pytest

from nanospread.campaign import brief as briefs
from nanospread.campaign import unit_economics

PLAN = briefs.read("sample")


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
    together = unit_economics.return_and_discount(results(discount=[200.0, 300.0, np.nan]))
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
