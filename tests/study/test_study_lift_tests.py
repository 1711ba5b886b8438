"""Proves that a lift test moves what four pages say in its direction, and a rough one nothing; and
that a pilot's results make the advice firm, or it says what would.
"""

import dataclasses

import pandas as pd
import pytest

import bundled
import nanospread as ns
from nanospread import pages
from nanospread.campaign import shortlist
from nanospread.campaign.backtest import campaign_results

CAMPAIGN, DAY = "2026-autumn", pd.Timestamp("2026-06-01", tz="UTC")
FEW = {"n_worlds": 512, "seed": 1, "only": ["macro", "nano_gift"]}


def study(results=None, *rows):
    """Return the sample's study with other results, and lift tests: caused orders, and their se."""
    plain = ns.open()
    tables = plain.tables
    tests = [(CAMPAIGN, "nano", caused, se, DAY, DAY, "test") for caused, se in rows]
    lifts = pd.DataFrame(tests, columns=tables.lift_tests.columns).astype(tables.lift_tests.dtypes)
    known = tables.results if results is None else results
    data = dataclasses.replace(plain.data, read=dataclasses.replace(tables, results=known, lift_tests=lifts))
    vars(data)["engagement"] = bundled.fitted()
    return dataclasses.replace(plain, data=data)


def said(of):
    """Return the numbers of the four pages: losses and profit, the list's candidates, past campaigns."""
    run = of.simulate(**FEW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaign_results, "MOST", 1)  # each is a fit of its own
        past = of.backtest(seed=1).campaigns(n_worlds=512).set_index("campaign").loc[CAMPAIGN]
    return {
        "loss": run.odds().loc["nano_gift", "p_loss"],
        "profit": run.decision.options["nano_gift"].profit.value,
        "list": shortlist.candidates(of.engagement, of.brief, of.roster, beliefs=of.beliefs)["orders"].sum(),
        "campaign": past["profit"],
        "credited": past["orders_p50"],
    }


@pytest.fixture(scope="module")
def credited():
    rows = bundled.validated().results
    small = rows["creator"].map(ns.open().roster.set_index("creator")["followers"]) < 30_000
    return float(rows.loc[small & (rows["campaign"] == CAMPAIGN), "orders"].sum())


@pytest.fixture(scope="module")
def without():
    return said(study())


@pytest.mark.slow
def test_a_lift_test_that_finds_fewer_orders_lowers_every_page_and_one_that_finds_more_raises_it(
    credited, without
):
    half, twice = (said(study(None, (share * credited, 0.05 * credited))) for share in (0.5, 2.0))
    assert half["loss"] > without["loss"] > twice["loss"]
    for name in ("profit", "list", "campaign"):
        assert half[name] < without[name] < twice[name], name


@pytest.mark.slow
def test_a_lift_test_too_rough_to_tell_moves_no_bit_and_is_told(credited, without):
    rough = study(None, (0.5 * credited, 20 * credited))
    assert said(rough) == without
    assert "1 lift test is too rough to tell" in " ".join(rough.beliefs.notes)


@pytest.mark.slow
def test_a_pilot_of_20_creators_narrows_what_is_believed_and_makes_the_advice_firm_or_says_what_would():
    rows = bundled.validated().results
    before, after = study(rows.head(0)), study(rows[rows["campaign"] == "2026-autumn"].head(20))
    wide, narrow = (
        of.beliefs.table().loc["orders_per_100_clicks_nano", ["p10", "p90"]] for of in (before, after)
    )
    assert narrow["p90"] / narrow["p10"] < 0.3 * wide["p90"] / wide["p10"]
    for of in (before, after):
        made = of.simulate(**FEW).decision
        text = pages.verdict.firmness(made, of.brief.currency).text
        assert text.startswith("Firm: ") if made.firm else "would be worth" in text or "not clearly" in text
