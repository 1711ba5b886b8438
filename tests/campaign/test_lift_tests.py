"""Proves that a holdout test is drawn, sees what it promises, and is read as its draw says: by hand, by
closed form and on placebo sets. Full size is `tools/calibration.py lift`; figures: docs/model.md C21.
"""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread.campaign import lift_tests
from nanospread.campaign.lift_tests import planning, randomisation
from nanospread.core.errors import InputError
from oracles import weekly_orders

YEARS, LENGTH = 60, 4


def data(seed=1, regions=10, length=YEARS, kind="plain"):
    """Return weekly orders without a campaign."""
    rng = np.random.default_rng(seed)
    of = weekly_orders.drawn(rng, regions, length, **weekly_orders.KINDS[kind])
    return lift_tests.weekly(weekly_orders.named(of.orders))


def span(of, first, length=LENGTH):
    """Return the first and the last day of some weeks."""
    start = date.fromisocalendar(int(of.weeks[first][:4]), int(of.weeks[first][6:]), 1)
    return start, start + timedelta(days=7 * length - 1)


# The divisions, the estimate and its test


@given(st.integers(8, 20), st.integers(0, 5))
def test_divisions_come_with_their_reverse_so_that_one_in_twenty_is_a_whole_number_of_them(regions, seed):
    sizes = np.random.default_rng(seed).lognormal(3, 1, regions)
    among = randomisation.divisions(sizes)
    half = len(among) // 2
    assert (among[:half] == ~among[half:]).all()
    assert len(np.unique(among, axis=0)) == len(among)
    assert len(among) % 40 == 0
    assert among.any(axis=1).all()


def test_divisions_are_the_even_ones():
    sizes = np.arange(1.0, 13.0)
    shares = randomisation.divisions(sizes) @ sizes / sizes.sum()
    assert np.abs(shares - 0.5).max() < 0.1


def test_the_estimate_is_the_double_ratio_of_totals_by_hand():
    treated = np.array([[True, False, False]])
    before, after = np.array([100.0, 50.0, 50.0]), np.array([150.0, 60.0, 40.0])
    assert randomisation.estimates(treated, before, after)[0] == pytest.approx(np.log(1.5 / 1.0))


def test_of_forty_divisions_the_farthest_pair_alone_is_one_in_twenty():
    rng = np.random.default_rng(3)
    among = randomisation.divisions(np.full(8, 100.0))[[*range(20), *range(100, 120)]]
    before, after = rng.poisson(100, 8).astype(float), rng.poisson(100, 8).astype(float)
    far = np.abs(randomisation.estimates(among, before, after)).argsort()
    p = [randomisation.tested_regions(among[at], among, before, after).p for at in (far[-1], far[-3])]
    assert p == pytest.approx([2 / 40, 4 / 40])


@pytest.mark.slow
@pytest.mark.parametrize("kind", weekly_orders.KINDS)
def test_over_all_draws_one_in_twenty_finds_an_effect_where_there_is_none_whatever_the_orders(kind):
    of = data(2, kind=kind)
    among = randomisation.divisions(of.orders[:-LENGTH].sum(axis=0))
    before, after = of.orders[-16:-LENGTH].sum(axis=0), of.orders[-LENGTH:].sum(axis=0)
    p = [randomisation.tested_regions(treated, among, before, after).p for treated in among]
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05)


def test_the_interval_holds_just_the_effects_that_the_test_does_not_rule_out():
    of = data(5)
    among = randomisation.divisions(of.orders.sum(axis=0))
    before, after = of.orders[-16:-LENGTH].sum(axis=0), of.orders[-LENGTH:].sum(axis=0)
    test = randomisation.tested_regions(among[3], among, before, after)
    for effect, ruled_out in ((test.low - 0.01, True), (test.low + 0.01, False), (test.high + 0.01, True)):
        left = np.where(among[3], after * np.exp(-effect), after)
        assert (randomisation.tested_regions(among[3], among, before, left).p <= 0.05) == ruled_out


def test_turning_pairs_round_is_an_exact_sign_test_by_hand():
    of = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    test = randomisation.tested_weeks(np.ones(7), of)
    assert (test.effect, test.p) == (pytest.approx(0.4), pytest.approx(2 / 128))
    turned = randomisation.tested_weeks(np.array([1, -1, 1, 1, 1, 1, 1.0]), of * [1, -1, 1, 1, 1, 1, 1])
    assert turned == pytest.approx(test)


# The plan


def test_the_same_seed_draws_the_same_and_regions_with_and_without_are_all():
    plan, again, other = (lift_tests.planned(data(), 300, seed=seed) for seed in (1, 1, 2))
    assert plan.treated == again.treated != other.treated
    assert sorted(plan.treated + plan.others) == [f"region {at:02}" for at in range(10)]


def test_a_larger_campaign_is_seen_more_often_and_the_smallest_effect_stays():
    rows = [lift_tests.planned(data(), orders, weeks=4).chosen for orders in (50, 500, 5_000)]
    assert [row["power"] for row in rows] == sorted(row["power"] for row in rows)
    assert rows[0]["power"] < 0.2 < 0.9 < rows[2]["power"]
    assert len({row["smallest"] for row in rows}) == 1


def test_at_the_smallest_effect_the_power_is_what_was_promised():
    plan = lift_tests.planned(data(), 300, weeks=4)
    smallest = float(plan.chosen["smallest_orders"]) / plan.share
    at = lift_tests.planned(data(), smallest, weeks=4)
    assert at.chosen["power"] == pytest.approx(0.8, abs=0.02)
    assert at.times == pytest.approx(1)


def test_orders_ten_times_as_many_are_seen_at_smaller_effects():
    small, large = (
        lift_tests.planned(
            lift_tests.weekly(
                weekly_orders.named(weekly_orders.drawn(np.random.default_rng(1), 10, 60, size=s)[0])
            ),
            300,
            weeks=4,
        ).chosen["smallest"]
        for s in (3, 300)
    )
    assert large < 0.7 * small


def test_few_regions_turn_the_campaign_on_and_off_each_once_in_every_pair():
    plan = lift_tests.planned(data(regions=3), 3_000, weeks=28)
    assert (plan.design, plan.weeks) == ("weeks", 28)
    on = np.isin(np.arange(1, 29), [int(week) for week in plan.treated]).reshape(7, 2, 2)
    assert (on.sum(axis=(1, 2)) == 2).all()
    assert (on.sum(axis=2) != 1).all()


@pytest.mark.parametrize("span", [1, 2, 4])
@given(st.integers(0, 2**32 - 1))
def test_luck_is_all_of_what_scatters_and_nothing_of_what_drifts(span, seed):
    rng = np.random.default_rng(seed)
    scattered = rng.poisson(100.0, 2_000).astype(float)
    assert planning.luck_share(scattered, span) > 0.7
    drifting = 1_000 + rng.normal(size=2_000).cumsum()
    assert planning.luck_share(drifting, span) < 0.2
    assert planning.luck_share(np.full(100, 7.0), span) == 1


def test_what_is_not_luck_carries_the_effect_of_an_on_off_test_and_makes_it_harder_to_see(monkeypatch):
    of = data(3, regions=1, length=100, kind="small")
    smallest = []
    for luck in (0.0, 0.5, 1.0):
        monkeypatch.setattr(planning, "luck_share", lambda *_, share=luck: share)
        smallest.append(lift_tests.planned(of, 500, weeks=28).chosen["smallest"])
    assert smallest[0] > smallest[1] > smallest[2]


def test_luck_among_a_season_is_the_share_that_it_has():
    season = 20 * np.sin(2 * np.pi * np.arange(50_000) / 52)
    orders = season + np.random.default_rng(1).normal(200, 10, len(season))
    pairs = planning.spans(season, 1, 2)
    lasting = np.mean((pairs[:, 0] - pairs[:, 1]) ** 2) / 2  # of sums of two weeks
    assert planning.luck_share(orders, 2) == pytest.approx(200 / (200 + lasting), abs=0.05)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"length": 20}, "20 weeks of orders: a test is planned with 26 or more"),
        ({"expected": 0}, "expected orders: must be a number above 0; got 0"),
        ({"weeks": 30}, "weeks of the test: must be from 3, .* to 24, with 60 weeks of history; got 30"),
        (
            {"regions": 3, "length": 36},
            "under 8 regions a test turns the campaign on and off: .* there are 36",
        ),
    ],
)
def test_what_cannot_be_planned_is_one_line(changes, said):
    of = data(regions=changes.pop("regions", 10), length=changes.pop("length", YEARS))
    with pytest.raises(InputError, match=said):
        lift_tests.planned(of, changes.pop("expected", 300), **changes)


def test_weeks_before_the_first_order_are_no_history():
    rows = weekly_orders.named(data().orders)
    rows["orders"] = rows["orders"].where(rows["week"] >= "2026", 0.0)
    late = lift_tests.weekly(rows)
    assert late.weeks == data().weeks[-len(late.weeks) :]
    assert late.weeks[0] == "2026-W01"
    assert late.orders.sum() == rows["orders"].sum()


def test_a_year_without_orders_long_ago_is_planned_with_and_one_just_past_is_one_line():
    of = data(length=150)
    orders = of.orders.copy()
    orders[20:72] = 0.0
    paused = lift_tests.WeeklyOrders(of.weeks, of.regions, orders)
    assert 0 <= lift_tests.planned(paused, 300, weeks=4).chosen["power"] < 1
    orders[20:72], orders[-52:] = of.orders[20:72], 0.0
    with pytest.raises(InputError, match="there is no order in the last 52 weeks"):
        lift_tests.planned(lift_tests.WeeklyOrders(of.weeks, of.regions, orders), 300)


@pytest.mark.parametrize("seed", [1, 2])
def test_orders_of_one_region_alone_are_one_line(seed):
    of = data(1)
    alone = lift_tests.WeeklyOrders(of.weeks, of.regions, of.orders * (np.arange(10) == 0))
    with pytest.raises(InputError, match="all orders are of regions on one side of the draw"):
        lift_tests.planned(alone, 300, seed=seed)


# The result


def placed(of, plan, effect, rng):
    """Return the orders with an effect in the regions of a plan in the last weeks, and what it added."""
    treated = np.isin(of.regions, plan.treated)
    orders = of.orders.copy()
    orders[-LENGTH:] += rng.poisson(orders[-LENGTH:] * effect * treated)
    return lift_tests.WeeklyOrders(of.weeks, of.regions, orders), (orders - of.orders).sum()


def read(of, plan, **options):
    """Return the result of a plan whose test are the last weeks."""
    start, end = span(of, len(of.weeks) - LENGTH)
    options = {"known": plan.known, "campaign": "spring"} | options
    return lift_tests.of_regions(of, start, end, options.pop("regions", plan.treated), **options)


@pytest.fixture(scope="module")
def finished():
    """Return weekly orders with a test at the end, and its plan."""
    of = data(4, length=YEARS + LENGTH)
    return of, lift_tests.planned(of.until(of.weeks[YEARS - 1]), 300, weeks=LENGTH)


def test_a_large_effect_is_found_with_its_size(finished):
    of, plan = finished
    with_effect, added = placed(of, plan, 0.8, np.random.default_rng(1))
    result = read(with_effect, plan)
    assert result.lot
    assert result.p <= 0.05
    assert result.low <= added <= result.high
    assert abs(result.orders - added) < 2.5 * result.se
    assert result.row().iloc[0].to_dict() == {
        "campaign": "spring",
        "side": "nano",
        "incremental_orders": round(result.orders, 2),
        "se": round(result.se, 2),
        "from": "2026-10-26",
        "to": "2026-11-22",
        "source": "nanospread holdout: " + f"{len(plan.treated)} of 10 regions, drawn by lot, 4 weeks",
    }


def test_more_added_orders_are_a_larger_estimate(finished):
    of, plan = finished
    orders = [
        read(placed(of, plan, effect, np.random.default_rng(1))[0], plan).orders for effect in (0, 0.3, 0.8)
    ]
    assert orders == sorted(orders)


def test_a_campaign_that_costs_orders_is_told_below_zero(finished):
    of, plan = finished
    fewer = lift_tests.WeeklyOrders(of.weeks, of.regions, of.orders.copy())
    fewer.orders[-LENGTH:] *= np.where(np.isin(of.regions, plan.treated), 0.3, 1)
    assert read(fewer, plan).high < 0


def test_regions_chosen_by_hand_have_an_error_of_their_own_past_too(finished):
    of, plan = finished
    by_hand = read(of, plan, regions=["region 00", "Region 01 "])
    assert not by_hand.lot
    rms = np.sqrt(np.mean(np.log1p(by_hand.placebos["added"]) ** 2))
    assert np.log1p(by_hand.added) - 2 * rms > np.log1p(-1 + 1 / (1 - by_hand.low / sold(of, [0, 1])))


def sold(of, regions):
    return of.orders[-LENGTH:, regions].sum()


def test_regions_that_had_parted_before_are_looked_at(finished):
    of, plan = finished
    parted = lift_tests.WeeklyOrders(of.weeks, of.regions, of.orders.copy())
    parted.orders[YEARS - LENGTH : YEARS] *= np.where(np.isin(of.regions, plan.treated), 3, 1)
    checks = [read(each, plan).checks.set_index("check")["fine"] for each in (of, parted)]
    assert [bool(each["before"]) for each in checks] == [True, False]


def test_one_region_that_decides_is_looked_at(finished):
    of, plan = finished
    large = lift_tests.WeeklyOrders(of.weeks, of.regions, of.orders.copy())
    large.orders[:, of.regions.index(plan.treated[0])] *= 50
    checks = read(large, plan, known="").checks.set_index("check")
    assert not checks.loc["largest", "fine"]
    assert plan.treated[0] in checks.loc["largest", "says"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"regions": ["region 99"]}, "unknown region 'region 99'; did you mean 'region 0"),
        ({"regions": []}, "regions: name those that the campaign was in"),
        ({"regions": [f"region {at:02}" for at in range(10)]}, "all regions had the campaign"),
        ({"side": "micro"}, "unknown side 'micro'"),
        ({"before": 99}, "before: 99 weeks, and the data hold 60 before the test"),
        ({"before": -1}, "before: -1 weeks, and the data hold 60 before the test"),
        ({"known": "2026-W47"}, "the plan's last week must lie before the test"),
        ({"known": "2020-W01"}, "week 2020-W01 is not in the data"),
    ],
)
def test_what_cannot_be_read_is_one_line(finished, options, said):
    with pytest.raises(InputError, match=said):
        read(*finished, **options)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (date(2026, 11, 1), date(2026, 10, 1), "ends on 2026-10-01, before it starts on 2026-11-01"),
        (date(2026, 11, 1), date(2026, 12, 1), "is not in the data, whose whole weeks are of"),
        (date(2019, 11, 1), date(2026, 11, 1), "is not in the data"),
    ],
)
def test_days_outside_the_data_are_named(finished, start, end, said):
    of, plan = finished
    with pytest.raises(InputError, match=said):
        lift_tests.of_regions(of, start, end, plan.treated, campaign="spring")


def test_weeks_on_and_off_are_read_by_iso_week_or_by_number():
    of = data(6, regions=1, length=YEARS + 28)
    plan = lift_tests.planned(of.until(of.weeks[YEARS - 1]), 2_000, weeks=28)
    on = np.isin(np.arange(1, 29), [int(week) for week in plan.treated])
    orders = of.orders.copy()
    orders[YEARS:][on] *= 2
    with_effect = lift_tests.WeeklyOrders(of.weeks, of.regions, orders)
    named = [week for week, there in zip(of.weeks[YEARS:], on, strict=True) if there]
    one, other = (
        lift_tests.of_weeks(with_effect, *span(of, YEARS, 28), weeks, campaign="spring")
        for weeks in (plan.treated, named)
    )
    assert one.orders == other.orders
    assert one.p <= 0.05
    assert one.low <= (orders - of.orders).sum() <= one.high
    with pytest.raises(InputError, match=r"of the 4 weeks from .*, the first 2 or the last 2 must be on"):
        lift_tests.of_weeks(with_effect, *span(of, YEARS, 28), named[1:], campaign="spring")
    with pytest.raises(InputError, match="the test has 27 weeks: must be 7 to 12 pairs"):
        lift_tests.of_weeks(with_effect, *span(of, YEARS, 27), named, campaign="spring")


# Its rows


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows.drop(columns="region"), "'region' is missing"),
        (
            lambda rows: rows[(rows["region"] > "region 05") | (rows["week"] > "2026")],
            r"weeks are missing: region 00 \(2025-W\d+, [^)]*and \d+ more\), .* and 3 more; write 0 where",
        ),
        (lambda rows: rows.assign(orders=-1.0), "orders: must be numbers from 0"),
        (lambda rows: rows.assign(orders=0.0), "there is no order in any week"),
        (lambda rows: rows.head(0), "weekly orders have no row"),
    ],
)
def test_orders_that_cannot_be_used_are_one_line(change, said):
    of = data()
    with pytest.raises(InputError, match=said):
        lift_tests.weekly(change(weekly_orders.named(of.orders)))


def with_gaps(of, cells):
    """Return weekly orders without a row of some places of week and region."""
    rows = weekly_orders.named(of.orders)
    gone = [len(of.regions) * week + region for week, region in cells]
    return lift_tests.weekly(rows.drop(index=gone))


def test_a_week_that_a_region_lacks_before_the_test_is_in_no_comparison_by_hand(finished):
    of, plan = finished
    gaps = with_gaps(of, [(YEARS - 2, 3), (YEARS - 2, 4), (YEARS - 3, 3)])
    weeks = of.weeks[YEARS - 3], of.weeks[YEARS - 2]
    assert gaps.lacking == {"region 03": [*weeks], "region 04": [weeks[1]]}
    assert gaps.weeks == of.weeks[: YEARS - 3] + of.weeks[YEARS - 1 :]
    treated = np.isin(of.regions, plan.treated)
    before, test = of.orders[[YEARS - 5, YEARS - 4, YEARS - 1]], of.orders[YEARS:]
    by_side = [test[:, side].sum() / before[:, side].sum() for side in (treated, ~treated)]
    result = read(gaps, plan, before=3)
    assert result.added == pytest.approx(by_side[0] / by_side[1] - 1)
    assert result.orders == pytest.approx(test[:, treated].sum() * (1 - by_side[1] / by_side[0]))


def test_the_last_week_that_the_plan_knew_may_lack_a_region(finished):
    of, plan = finished
    result = read(with_gaps(of, [(YEARS - 1, 0)]), plan)
    assert np.isfinite(result.se)


def test_gaps_that_no_comparison_stands_are_one_line(finished):
    of, plan = finished
    with pytest.raises(InputError, match=rf"a week of the test is missing: region 02 \({of.weeks[YEARS]}\)"):
        read(with_gaps(of, [(YEARS, 2)]), plan)
    gaps = with_gaps(of, [(9, 2)])
    with pytest.raises(InputError, match=rf"weeks are missing: region 02 \({of.weeks[9]}\); write 0"):
        lift_tests.planned(gaps, 300)
    with pytest.raises(InputError, match="weeks are missing: region 02"):
        lift_tests.of_weeks(gaps, *span(of, YEARS), ["1"], campaign="spring")


# Placebo sets, small: `tools/calibration.py lift` is the full one


@pytest.mark.slow
def test_on_placebo_sets_effects_are_found_as_often_as_promised():
    false, seen = [], []
    for seed in range(60):
        kind = list(weekly_orders.KINDS)[seed % len(weekly_orders.KINDS)]
        of = data(1_000 + seed, regions=12, length=YEARS + LENGTH, kind=kind)
        plan = lift_tests.planned(of.until(of.weeks[YEARS - 1]), 300, weeks=LENGTH, seed=seed)
        false.append(read(of, plan).p <= 0.05)
        smallest = float(plan.chosen["smallest"])
        seen.append(read(placed(of, plan, smallest, np.random.default_rng(seed))[0], plan).p <= 0.05)
    assert np.mean(false) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)
    assert abs(np.mean(seen) - planning.POWER) <= 3 * np.sqrt(0.8 * 0.2 / 60)
