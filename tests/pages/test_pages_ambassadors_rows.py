"""Proves the checked rows on ambassadors: the right number beside the right name, interval and basis."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from nanospread import pages
from nanospread.campaign import brief as briefs
from nanospread.campaign import recruitment
from nanospread.campaign.simulation import Programme
from nanospread.pages import show

BRIEF = briefs.read("sample")
KNOWN, TERMS = recruitment.retention(BRIEF), recruitment.ambassador_terms(BRIEF)
PROFIT = np.linspace(-250, 750, 1001)
WORLDS = pd.DataFrame({"profit": PROFIT, "roi": PROFIT / 1000})


def rows(retention=KNOWN, worlds=WORLDS):
    played = Programme(worlds, pd.DataFrame(), 20)
    return pages.ambassadors.checked_rows(retention, TERMS, played, currency="EUR").set_index("metric")


def test_each_number_stands_beside_its_name():
    found = rows()
    curve = recruitment.retention_curve(KNOWN, 6).iloc[6]
    stay = found.loc["ambassador_survival_6"]
    assert stay[["value", "low", "high"]].tolist() == curve[["survival", "low", "high"]].tolist()
    assert found.loc["ambassador_posts_year", ["value", "low", "high"]].tolist() == list(
        recruitment.expected_posts(KNOWN)
    )
    assert found.loc["ambassador_cost_to_win", "value"] == TERMS.to_win
    assert found.loc["ambassador_cost_to_win", "unit"] == "EUR"
    assert found.loc["programme_roi_p50", "value"] == pytest.approx(0.25)
    assert found.loc["programme_p_loss", "value"] == pytest.approx(0.25, abs=1e-3)
    assert found.loc["programme_p_loss", "n"] == 1001


def test_what_is_assumed_says_so_until_ambassadors_were_seen():
    names = ["ambassador_survival_6", "ambassador_posts_year"]
    assert rows().loc[names, "basis"].tolist() == ["assumed"] * 2
    own = rows(replace(KNOWN, seen=12, left=5))
    assert own.loc[names, "basis"].tolist() == ["estimated"] * 2
    assert own.loc[names, "n"].tolist() == [12, 12]


def test_odds_stay_between_none_and_all_and_every_row_can_be_shown():
    for profit in (-1.0, 1.0):
        sure = pd.DataFrame({"profit": np.full(50, profit), "roi": profit})
        odds = rows(worlds=sure).loc["programme_p_loss"]
        assert 0 <= odds["low"] <= odds["value"] <= odds["high"] <= 1
    assert show.metrics(rows().reset_index()).data[show.METRICS]
    assert rows().index.is_unique
