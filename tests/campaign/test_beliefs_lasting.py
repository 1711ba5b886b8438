"""What a creator's own past sales say of its next ones: closed form, direction, and what says nothing."""

import numpy as np
import pandas as pd
import pytest

import nanospread as ns
from nanospread.campaign import beliefs
from nanospread.campaign.beliefs import lasting
from nanospread.campaign.beliefs.evidence import Orders
from nanospread.campaign.beliefs.likelihood import Likelihood
from test_beliefs_learned import CENTRAL, some

CERTAIN = CENTRAL | {"tracked_share": 1, "incremental_share": 1, "rho_campaign": 0.0, "flop_rate": 1e-9}


def found(number, clicks, creator, campaign, values):
    starts = np.append(np.flatnonzero(np.diff(campaign, prepend=-1)), len(campaign))
    n, side = len(number), np.zeros(len(number), np.int64)
    orders = Orders(
        np.array(number, float), np.array(clicks, float), np.full(n, np.nan), side, side, np.full(n, np.inf),
        np.ones(n), starts,
    )  # fmt: skip
    return lasting.effects(Likelihood(some(orders), ("orders",)), np.array(creator), [values])


def test_a_luck_that_is_known_is_split_into_its_lasting_half_in_closed_form():
    luck, sd = 1.2, CERTAIN["conversion_sd"]
    level = np.log(500 * CERTAIN["kappa"] * CERTAIN["cvr_nano"] * CERTAIN["advocacy"]) - sd**2 / 2
    number = np.exp(level + sd * luck).round()
    for times in (1, 3):  # lasting part p ~ N(0, 1): each campaign's luck is sqrt(share) p + the rest
        share = CERTAIN["lasting_share"]
        mean, spread, factor = found([number] * times, [500] * times, [0] * times, range(times), CERTAIN)
        precision = 1 + times * share / (1 - share)
        expected = sd * share * luck * times / (1 - share) / precision
        assert mean[0] == pytest.approx(expected, abs=0.02)
        assert spread[0] == pytest.approx(sd * np.sqrt(share / precision), rel=0.03)
        log_normal = expected + sd**2 * share / precision / 2 - sd**2 * share / 2
        assert factor[0] == pytest.approx(np.exp(log_normal), rel=0.03)


def test_next_to_no_clicks_say_nothing():
    mean, spread, factor = found([0, 0], [1e-6, 1e-6], [0, 1], [0, 0], CERTAIN)
    assert mean == pytest.approx(0, abs=1e-3)
    assert spread == pytest.approx(CERTAIN["conversion_sd"] * np.sqrt(CERTAIN["lasting_share"]), rel=1e-3)
    assert factor == pytest.approx(1, rel=1e-3)


def test_a_good_campaign_is_no_creators_own_doing():
    shared = CERTAIN | {"rho_campaign": 0.3}
    crowd = list(range(12))
    alone = found([60.0] + [24.0] * 11, [100] * 12, crowd, [0] * 12, shared)[0][0]
    together = found([60.0] * 12, [100] * 12, crowd, [0] * 12, shared)[0][0]
    assert alone > 2 * max(together, 0.05)


@pytest.mark.slow
def test_the_sample_tells_its_best_sellers_apart_and_averages_to_1():
    study = ns.open()
    results = study.tables.results
    table = beliefs.creator_effects(study.brief, results, study.roster, study.beliefs)
    assert {*table.index} == {*results["creator"][results["clicks"] > 0]}
    assert table["multiplier"].mean() == pytest.approx(1, abs=0.1)
    nobody = beliefs.creator_effects(study.brief, results.head(0), study.roster, study.beliefs)
    assert nobody.empty


def test_creators_who_do_not_differ_in_luck_have_none_left_and_no_nan():
    rows = {"campaign": "c", "creator": ["a", "b"], "offer": "gift", "cost": 20.0, "reach": 500.0,
            "clicks": 20.0, "orders": [3.0, 1.0], "revenue": 60.0}  # fmt: skip
    results, roster = pd.DataFrame(rows), pd.DataFrame({"creator": ["a", "b"], "followers": [2_000, 3_000]})
    brief = ns.briefs.changed(ns.briefs.read("sample"), conversion_sd=0.0)
    table = beliefs.creator_effects(brief, results, roster, beliefs.prior(brief))
    assert (table["log_sd"] == 0).all()
    assert table["remaining"].pow(2).tolist() == pytest.approx([1 - brief.values.lasting_share] * 2)
