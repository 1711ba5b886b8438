"""Beliefs after results: exact likelihoods, gradients, recovery of known truths, and what teaches nothing."""

import re
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import special, stats

import nanospread as ns
from nanospread.campaign import beliefs, brief
from nanospread.campaign.beliefs import (
    evidence,
    importance,
    likelihood,
    posterior,
    quadrature,
    stored,
)
from nanospread.campaign.beliefs.evidence import Clicks, Evidence, Fees, Lifts, Orders, ReachRates, Revenues
from oracles import results as generator

SAMPLE = brief.read("sample")
NONE, NOBODY = np.empty(0), np.empty(0, np.int64)
CENTRAL = {name: row.central for name, row in SAMPLE.assumptions.items()}


@pytest.fixture(scope="module")
def study():
    return ns.open()


def some(orders):
    return Evidence(
        orders, ReachRates(NONE, NOBODY, NOBODY, NOBODY), Clicks(NONE, NONE, NONE, NOBODY),
        Revenues(NONE, NONE),
        Lifts(NONE, NONE, NONE), Fees(NONE, NOBODY), rows=len(orders.number), campaigns=1, notes=(),
    )  # fmt: skip


def creators(rng, n=8, clicks=20.0, level=0.24):
    exposure = rng.poisson(clicks, n) + 1.0
    number = rng.poisson(exposure * level * np.exp(rng.standard_normal(n) - 0.5)).astype(float)
    half = np.array([0, n // 2, n])
    return Orders(
        number, exposure, np.full(n, np.nan), np.zeros(n, np.int64), np.zeros(n, np.int64),
        np.full(n, np.inf), np.ones(n), half,
    )  # fmt: skip


def at(log, values):
    """Return a likelihood at one point."""
    return log({name: np.array([float(value)]) for name, value in values.items()})[0]


def dense(orders, values):
    """Return the log likelihood by brute force, without the constants log n!."""
    own, shared = np.linspace(-9, 9, 1501), np.linspace(-7, 7, 401)
    weight_own = stats.norm.pdf(own) * (own[1] - own[0])
    weight_shared = stats.norm.pdf(shared) * (shared[1] - shared[0])
    rho, luck, keeps = values["rho_campaign"], values["conversion_sd"], values["flop_multiplier"]
    away = special.ndtri(values["flop_rate"]) - np.sqrt(rho) * shared
    chance = special.ndtr(away / np.sqrt(1 - rho))
    total, one_off = 0.0, values["one_off_share"]
    for begin, end in zip(orders.starts, orders.starts[1:], strict=False):
        log = np.zeros(len(shared))
        for i in range(begin, end):
            mean = orders.exposure[i] * values["kappa"] * values["cvr_nano"] * values["advocacy"]
            eta = np.log(mean) - luck**2 / 2 + luck * np.sqrt(rho) * shared[:, None]
            eta = eta + luck * np.sqrt(1 - rho) * own
            one, flop = (
                np.exp(orders.number[i] * each - np.exp(each)) @ weight_own
                for each in (eta, eta + np.log(keeps))
            )
            other = special.factorial(orders.number[i]) / (orders.number[i] + 1) / np.log(1e6)
            log += np.log((1 - one_off) * ((1 - chance) * one + chance * flop) + one_off * other)
        total += special.logsumexp(log, b=weight_shared)
    return total


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"conversion_sd": 0.5, "rho_campaign": 0.4, "flop_rate": 0.25, "flop_multiplier": 0.3},
        {"conversion_sd": 1.5, "rho_campaign": 0.05, "flop_rate": 0.05, "flop_multiplier": 0.02},
    ],
)
def test_orders_have_the_likelihood_of_dense_quadrature(changes):
    orders, values = (
        creators(np.random.default_rng(4)),
        CENTRAL | {"tracked_share": 1, "incremental_share": 1},
    )
    log, other = (likelihood.Likelihood(some(orders), ("orders",)) for _ in range(2))
    level = values | changes | {"kappa": 12.0}
    rise = at(log, values | changes) - at(other, level)
    assert rise == pytest.approx(dense(orders, values | changes) - dense(orders, level), abs=3e-3)


def lifts():
    return pd.DataFrame(
        {"campaign": ["2025-autumn"], "side": ["nano"], "incremental_orders": [150.0], "se": [20.0]}
    )


def holed(results):
    """Return the results without some clicks and reaches, dated, and with some story reaches."""
    rng, rows = np.random.default_rng(1), results.copy()
    rows.loc[rng.random(len(rows)) < 0.4, "clicks"] = np.nan
    rows.loc[rng.random(len(rows)) < 0.3, "reach"] = np.nan
    rows["posted_at"] = pd.Timestamp("2026-01-01", tz="UTC")
    rows["as_of"] = rows["posted_at"] + pd.to_timedelta(rng.integers(1, 20, len(rows)), unit="D")
    return rows.assign(story_reach=np.where(rng.random(len(rows)) < 0.5, rows["reach"] * 0.4, np.nan))


@example(sd=0.1474, count=70_263.0)  # e^400 where it was a cubic
@given(st.floats(0.04, 5.0), st.sampled_from([0.0, 3.0, 81.0, 1e3, 7e4, 1e6]))
def test_a_line_of_the_grid_is_the_quadrature_at_its_sd_also_for_a_huge_count(sd, count):
    line = np.empty((quadrature.PLACES, 2))
    quadrature._at_sd(gridded(count), sd, line)
    low, exact = np.log(max(count, 0.5)) - quadrature.ROOM, np.empty(quadrature.PLACES)
    for place in range(quadrature.PLACES):
        exact[place], _, _ = quadrature.integrated(count, low + place * quadrature.STEP, sd, 0.0)
    np.testing.assert_allclose(np.exp(line[:, 0]), np.exp(exact), rtol=0, atol=0.01 * np.exp(exact.max()))


@lru_cache
def gridded(count):
    return quadrature.gridded(np.array([count]))[0]


def test_clicks_have_the_likelihood_of_dense_quadrature():
    clicked = Clicks(
        np.array([0.0, 7, 60, 130]), np.array([300.0, 500, 4_000, 9_000]),
        np.array([np.nan, 200, np.nan, 900]), np.array([0, 0, 0, 1]),
    )  # fmt: skip
    of = Evidence(**{**vars(some(creators(np.random.default_rng(0)))), "clicks": clicked})
    luck = np.linspace(-9, 9, 4001)

    def expected(values):
        ratio = np.array(
            [values[f"story_rate_{side}"] / values[f"reach_rate_{side}"] for side in evidence.SIDES]
        )
        ratio = np.where(np.isnan(clicked.story), ratio[clicked.side], clicked.story / clicked.reach)
        mean = clicked.reach * (values["ctr_feed"] + ratio * values["ctr_story"])
        noise = values["click_noise"] * luck - values["click_noise"] ** 2 / 2
        chances = stats.poisson.pmf(clicked.number[:, None], mean[:, None] * np.exp(noise))
        return np.log(chances @ stats.norm.pdf(luck)).sum()

    log, here, there = likelihood.Likelihood(of, ("clicks",)), CENTRAL, CENTRAL | {"ctr_story": 0.04}
    assert at(log, here) - at(log, there) == pytest.approx(expected(here) - expected(there), abs=3e-3)


def test_where_clicks_and_reach_are_missing_orders_are_set_against_what_is_known():
    one = creators(np.random.default_rng(3), n=6)
    blind = one._replace(against=np.array([0, 1, 2] * 2), age=np.array([np.inf, 3.0] * 3))
    values = CENTRAL | {"tracked_share": 1, "incremental_share": 1}
    arrays = {name: np.array([float(value)]) for name, value in values.items()}
    eta = likelihood.Likelihood(some(blind), ("orders",)).log_means(arrays)[0]
    known = likelihood.Likelihood(some(one), ("orders",)).log_means(arrays)[0]
    per_reach = (
        values["ctr_feed"] + values["ctr_story"] * values["story_rate_nano"] / values["reach_rate_nano"]
    )
    per = np.array([1, per_reach, per_reach * values["reach_rate_nano"]] * 2)
    shown = np.array([1, 1 - np.exp(-3 / values["order_delay_days"])] * 3)
    assert eta - known == pytest.approx(np.log(per * shown))


def test_reach_has_the_likelihood_of_a_multivariate_normal():
    rng = np.random.default_rng(2)
    rows = ReachRates(
        rng.normal(-1.6, 0.5, 9), np.zeros(9, np.int64), np.zeros(9, np.int64),
        np.array([0, 0, 0, 0, 1, 1, 1, 1, 1]),
    )  # fmt: skip
    of = some(creators(rng))
    log = at(likelihood.Likelihood(Evidence(**{**vars(of), "reach": rows}), ("reach",)), CENTRAL)
    noise, feed = 0.5**2, CENTRAL["platform_sd"] ** 2
    expected = 0.0
    for campaign in (0, 1):
        there = rows.log_rate[rows.campaign == campaign]
        mean = np.full(len(there), np.log(CENTRAL["reach_rate_nano"]) - (noise + feed) / 2)
        covariance = noise * np.eye(len(there)) + feed
        expected += stats.multivariate_normal.logpdf(there, mean, covariance)
    assert log == pytest.approx(expected)


def test_revenue_has_the_likelihood_of_a_gamma():
    paid = Revenues(np.array([1.0, 5]), np.array([40.0, 420]))
    of = Evidence(**{**vars(some(creators(np.random.default_rng(0)))), "revenues": paid})
    log = at(likelihood.Likelihood(of, ("paid",)), CENTRAL)
    shape, mean = paid.orders / CENTRAL["order_value_cv"] ** 2, CENTRAL["order_value"] * paid.orders
    assert log == pytest.approx(stats.gamma.logpdf(paid.revenue, shape, scale=mean / shape).sum())


def test_importance_draws_have_the_moments_of_a_normal_and_say_how_good_they_are():
    precision = np.array([[4.0, 1.5], [1.5, 1.0]])
    centre = np.array([1.0, -0.5])

    def density(points):
        away = points - centre
        return -((away @ precision) * away).sum(axis=1) / 2

    found = importance.sampled(density, 2, n_draws=4096, broad=1024, enough=400, seed=1)
    assert found.method == "importance"
    assert found.effective > 600
    assert found.draws.mean(axis=0) == pytest.approx(centre, abs=0.05)
    assert np.cov(found.draws.T) == pytest.approx(np.linalg.inv(precision), abs=0.15)


def test_what_only_a_sum_is_known_of_is_drawn_to_the_ends_of_the_prior():
    def density(points):  # six of prior N(0, 1), the sum of the first two seen as 1 with sd 0.05
        return -(points**2).sum(axis=1) / 2 - ((points[:, 0] + points[:, 1] - 1) / 0.05) ** 2 / 2

    found = importance.sampled(density, 6, n_draws=4096, broad=1024, enough=400, seed=1)
    assert found.draws[:, 0].std() == pytest.approx(np.sqrt(0.5), abs=0.05)
    assert np.quantile(found.draws[:, 0], 0.99) == pytest.approx(0.5 + 2.326 * np.sqrt(0.5), abs=0.2)
    assert found.draws[:, 2:].std() == pytest.approx(1, abs=0.05)


def test_the_pareto_index_is_that_of_the_tail():
    for shape in (0.3, 0.9):
        above = np.sort(stats.genpareto.ppf((np.arange(2_000) + 0.5) / 2_000, shape))
        assert importance.pareto(above)[0] == pytest.approx(shape, abs=0.06)


def test_weights_of_which_one_is_all_are_kept_and_not_believed():
    for others in (-600.0, *np.arange(-745.0, -699.0), -2_000.0):  # about the smallest that a float holds
        log_weight = np.append(np.linspace(others - 60, others, 999), 0.0)
        weight, shape = importance.smoothed(log_weight)
        assert np.isfinite(weight).all()
        assert weight.sum() == pytest.approx(1)
        assert shape > 1


def test_a_search_for_the_mode_that_meets_values_nobody_can_compute_turns_back():
    def density(points):  # a tenth as wide as the prior, and nothing from just beyond its mode on
        logs = -50 * (points[:, 0] - 1.5) ** 2 - (points**2).sum(axis=1) / 2
        return np.where(points[:, 0] > 1.8, np.nan, logs)

    found = importance.sampled(density, 2, n_draws=4096, broad=1024, enough=400, seed=1)
    cut = stats.truncnorm(-np.inf, (1.8 - 150 / 101) * np.sqrt(101), loc=150 / 101, scale=101**-0.5)
    assert found.method == "importance"
    assert found.draws[:, 0].mean() == pytest.approx(cut.mean(), abs=0.005)
    assert found.draws[:, 0].std() == pytest.approx(cut.std(), abs=0.005)


@pytest.mark.parametrize("logs", [np.nan, -np.inf])
def test_a_density_that_nobody_can_compute_gives_no_draws_and_no_error(logs):
    found = importance.sampled(
        lambda points: np.full(len(points), logs), 3, n_draws=64, broad=64, enough=100, seed=1
    )
    assert (found.method, found.draws.shape) == ("none", (0, 3))


def test_what_importance_cannot_do_is_tempered_from_the_prior(monkeypatch):
    def density(points):  # prior N(0, 1), one observation of 3 with sd 0.5: posterior N(2.4, 0.2)
        return -(points[:, 0] ** 2) / 2 - 2 * (points[:, 0] - 3) ** 2

    monkeypatch.setattr(importance, "LEAST", 1e9)
    monkeypatch.setattr(importance, "MOST", 1024)
    found = importance.sampled(density, 1, n_draws=512, broad=64, enough=1e9, seed=3)
    assert found.method == "tempered"
    assert found.draws.mean() == pytest.approx(2.4, abs=0.1)
    assert found.draws.var() == pytest.approx(0.2, abs=0.06)


def test_the_sample_teaches_its_own_truth(study):
    believed = study.beliefs
    table = believed.table()
    truth = {
        "kappa": 10, "cvr_nano": 0.024, "cvr_macro": 0.014, "reach_rate_nano": 0.20, "reach_rate_macro": 0.08,
        "ctr_feed": 0.008, "ctr_story": 0.03, "order_value": 65, "conversion_sd": 1.0, "rho_campaign": 0.10,
        "orders_per_100_clicks_nano": 24, "orders_per_100_clicks_macro": 14,
    }  # fmt: skip
    inside = {
        name: table.loc[name, "p10"] <= value <= table.loc[name, "p90"] for name, value in truth.items()
    }
    assert inside["orders_per_100_clicks_nano"]
    assert inside["orders_per_100_clicks_macro"]
    assert np.mean(list(inside.values())) >= 0.75
    widths = table["p90"] - table["p10"]
    assert widths["kappa"] < 0.5 * (table["prior_p90"] - table["prior_p10"])["kappa"]
    assert table.loc["kappa", "basis"] == "learned"
    assert table.loc["kappa", "learned_from"] == "130 results of 4 campaigns"
    assert {fit.method for fit in believed.fits} == {"importance"}


def test_no_result_and_a_row_without_information_leave_the_prior_to_the_bit(study):
    before = beliefs.prior(SAMPLE)
    silent = study.tables.results.head(3).assign(
        reach=0.0, clicks=0.0, orders=0.0, revenue=0.0, cost=0.0, offer="gift"
    )
    for results in (silent.head(0), silent):
        after = beliefs.learned(SAMPLE, results, study.roster)
        assert after.names == before.names
        assert (after.draws == before.draws).all()


def test_beliefs_without_data_keep_their_draws(study):
    before, after = beliefs.prior(study.brief), study.beliefs
    for name in ("margin", "product_cost", "niche_pool"):
        assert np.sort(after.column(name)) == pytest.approx(np.sort(before.column(name)))


@pytest.mark.slow
def test_a_lift_test_moves_the_level_and_leaves_what_was_credited(study):
    results = study.tables.results[study.tables.results["campaign"] == "2025-autumn"]
    nano = study.roster.set_index("creator")["followers"][results["creator"]].to_numpy() < 30_000
    credited = results["orders"][nano].sum()

    def level(caused):
        test = lifts().assign(incremental_orders=caused, se=0.05 * caused)
        return np.median(beliefs.learned(SAMPLE, results, study.roster, test).orders_per_100_clicks("nano"))

    assert level(0.6 * credited) < 0.75 * level(1.3 * credited)


@pytest.mark.parametrize(
    "zero",
    ["kappa", "tracked", "incremental", "cvr_nano", "cvr_macro", "reach_rate", "ctr", "order_value", "fee"],
)
def test_results_under_a_rate_of_nothing_are_of_something_else(zero):
    rows = [
        ("c", name, "fee", 100.0, 500.0, clicks, orders, 60.0 * orders)
        for name, clicks, orders in [("a", 20.0, 3.0), ("b", np.nan, 2.0), ("m", 30.0, 0.0)]
    ]
    columns = ["campaign", "creator", "offer", "cost", "reach", "clicks", "orders", "revenue"]
    roster = pd.DataFrame({"creator": ["a", "b", "m"], "followers": [2_000, 3_000, 400_000]})
    test = ("c", "nano", 4.0, 2.0, "2026-09-01", "2026-09-30", "")
    tests = pd.DataFrame([test], columns=beliefs.LIFT_TESTS)
    gathered = evidence.gathered(pd.DataFrame(rows, columns=columns), tests, roster, 20.0)
    values = {**CENTRAL, **{name: 0.0 for name in CENTRAL if name.startswith(zero)}}
    for part in likelihood.Likelihood(gathered).each():
        assert np.isfinite(at(part, values)), part.parts


def test_a_count_of_the_moment_of_the_post_says_nothing_of_sales():
    counts = creators(np.random.default_rng(1))
    fresh = counts._replace(number=np.zeros(8), age=np.zeros(8))
    log = likelihood.Likelihood(some(fresh), ("orders",))
    assert at(log, CENTRAL) == pytest.approx(at(log, {**CENTRAL, "kappa": 1.0}), abs=1e-9)
    told = likelihood.Likelihood(some(fresh._replace(number=np.full(8, 2.0))), ("orders",))
    assert np.isfinite(at(told, CENTRAL))


def test_a_ratio_to_a_macro_that_sells_nothing_is_unknown():
    sells_nothing = brief.changed(SAMPLE, cvr_macro=0.0)
    assert beliefs.prior(sells_nothing).table().loc["nano_to_macro", ["p10", "p50", "p90"]].isna().all()


def test_contradictions_are_counted_and_told(study):
    rows = study.tables.results.head(4).assign(
        orders=[5.0, 0, 1, 1], clicks=[2.0, 9, 9, 9], revenue=[9.0, 9, 9, 9], tracking=["A", "B", "C", "C"],
        creator=[*study.roster["creator"].head(3), "nobody"], campaign="one",
    )  # fmt: skip
    rows["posted_at"] = pd.Timestamp("2026-01-02", tz="UTC")
    rows["as_of"] = pd.to_datetime(["2026-01-01", "2026-01-09", "2026-01-09", "2026-01-09"], utc=True)
    notes = " ".join(evidence.gathered(rows, lifts().head(0), study.roster, 28.0).notes)
    for sentence in ("more orders than clicks", "revenue without orders", "before its post", "uncredited"):
        assert re.search(f"1 result (with|has) [^.]*{sentence}", notes)
    assert "1 code credited to more than one creator" in notes


def test_a_fit_that_fails_keeps_the_prior_and_says_so(study, monkeypatch):
    def failed(density, many, **_):
        return importance.SamplerResult(np.empty((0, many)), "none", 1.0, np.inf)

    monkeypatch.setattr(posterior.importance, "sampled", failed)
    monkeypatch.setattr(stored.cache, "folder", lambda *_: None)
    after = beliefs.learned(SAMPLE, study.tables.results, study.roster)
    assert (after.draws == beliefs.prior(SAMPLE).draws).all()
    assert {"kappa", "cvr_nano"} <= {name for names in after.unfitted for name in names}
    assert "learned" not in after.basis.values()


def test_evidence_that_shares_no_belief_is_fitted_apart(study):
    of = evidence.gathered(study.tables.results, lifts().head(0), study.roster, 28.0)
    parts = [
        each.likelihood.parts for each in posterior.densities(SAMPLE, posterior.free_beliefs(SAMPLE), of)
    ]
    assert parts == [("reach", "clicks"), ("orders",), ("paid",), ("fees",)]
    gaps = evidence.gathered(holed(study.tables.results), lifts(), study.roster, 28.0)
    joined = [
        each.likelihood.parts for each in posterior.densities(SAMPLE, posterior.free_beliefs(SAMPLE), gaps)
    ]
    assert ("reach", "clicks", "orders") in [
        tuple(part for part in each if part != "lifts") for each in joined
    ]


def test_one_order_without_clicks_among_many_results_ties_nothing_together():
    results, roster = generator.drawn(
        np.random.default_rng(1),
        CENTRAL | {"one_off_share": 0.0},
        campaigns=4,
        sides={"nano": 95, "macro": 5},
    )

    def parts(rows):
        of = evidence.gathered(rows, lifts().head(0), roster, 28.0)
        return [
            each.likelihood.parts for each in posterior.densities(SAMPLE, posterior.free_beliefs(SAMPLE), of)
        ]

    odd, half = results.copy(), results.copy()
    odd.loc[0, ["clicks", "orders", "revenue"]] = [0, 1, 40.0]
    half.loc[::2, "clicks"] = np.nan
    assert parts(results) == parts(odd) == [("reach", "clicks"), ("orders",), ("paid",), ("fees",)]
    assert parts(half) == [("reach", "clicks", "orders"), ("paid",), ("fees",)]


@pytest.mark.slow
def test_results_beyond_the_prior_are_a_conflict(study):
    known = study.tables.results.assign(revenue=40 * study.tables.results["revenue"])
    conflicts = {each.name: each for each in beliefs.learned(SAMPLE, known, study.roster).conflicts}
    conflict = conflicts["order_value"]
    assert conflict.middle > conflict.high > conflict.low
