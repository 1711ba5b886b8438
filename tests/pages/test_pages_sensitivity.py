"""Proves the sentences and tables of what is not known: shares, worth beyond the error, units, labels."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from nanospread import pages
from nanospread.campaign import beliefs
from nanospread.campaign import brief as briefs
from nanospread.campaign.sensitivity import clear_worth
from nanospread.core import formatting
from nanospread.pages.labels import label, labels

NONE = (math.nan, math.nan, "")


def unknowns(*rows):
    """Return rows of belief, share, worth to spend and to choose (value, se), pays and even (side too)."""
    columns = {}
    for name, share, spend, choice, pays, even in rows:
        values = [*spend, *choice, share, *pays, *even]
        columns[name] = values
    names = ["worth_spend", "worth_spend_se", "worth_choice", "worth_choice_se", "share"]
    names += [f"{turn}{end}" for turn in ("pays", "even") for end in ("", "_se", "_side")]
    return pd.DataFrame.from_dict(columns, orient="index", columns=names).rename_axis("belief")


CLEAR = unknowns(
    ("kappa", 0.3, (120, 10), (40, 10), (4.8, 0.1, "above"), NONE),
    ("post_rate_gift", 0.1, (5, 10), (0, 1), (0.25, 0.01, "above"), (0.1, 0.2, "above")),
    ("product_cost", 0.05, (0, 0), (0, 0), NONE, (41.75, 2.0, "below")),
)
NOISE = CLEAR.assign(worth_spend_se=500.0, worth_choice_se=500.0, pays=math.nan, even=math.nan)


@pytest.fixture(scope="module")
def brief():
    return briefs.read("sample")


def test_luck_comes_first_then_the_strongest_belief():
    finding = pages.sensitivity.unknowns(CLEAR, 0.45)
    assert finding.title == "Luck carries 45% of the spread, no assumption alone more than 30%"
    assert finding.text == (
        "Luck carries 45% of the spread of nano's profit. Of what is not known, sales level carries most "
        "(30%)."
    )


def test_what_flips_the_result_is_said_beside_what_is_believed(brief):
    believed = beliefs.prior(brief).table()
    finding = pages.sensitivity.flips(CLEAR, believed, brief)
    assert finding.text.startswith(
        "With sales level below 4.8, nano loses money on average. We believe 10 (80% range 1 to 45)."
    )
    assert "With product above EUR 42, the macro earns more on average." in finding.text
    assert "above 10%" not in finding.text, "within its error"
    assert (
        pages.sensitivity.flips(CLEAR, believed, brief, most=1).text
        == finding.text.partition(" With gifted")[0]
    )
    assert "No single assumption" in pages.sensitivity.flips(NOISE, believed, brief).text
    assert pages.sensitivity.turning(CLEAR, "kappa")["pays"] == 4.8
    assert math.isnan(pages.sensitivity.turning(CLEAR, "post_rate_gift")["even"])


def test_worth_within_its_error_is_none():
    assert clear_worth(CLEAR).tolist() == [120, 0, 0]
    assert clear_worth(NOISE).max() == 0
    assert "set" in pages.sensitivity.unknowns(CLEAR.head(0), 1.0).title


def test_each_value_stands_in_its_own_unit(brief):
    words = [pages.sensitivity.in_unit(name, 0.42, brief) for name in ("margin", "shipping", "kappa")]
    assert words == ["42%", "EUR 0.42", "0.42"]
    assert pages.sensitivity.in_unit("orders_per_100_clicks_nano", 25.07, brief) == "25"
    assert pages.sensitivity.in_unit("margin", math.nan, brief) == "–"
    rows = pages.sensitivity.turning_table(CLEAR, brief)
    assert rows["belief"].tolist()[0] == "Sales level"
    assert rows["pays"].tolist() == ["above 4.8", "above 25%", "–"]
    assert rows["to_spend"].tolist() == [120, 0, 0]
    assert len(rows.columns) == 6


def test_what_results_contradict_and_cannot_tell_is_said_in_labels(brief):
    prior = beliefs.prior(brief)
    assert pages.sensitivity.doubts(prior, brief) == ()
    doubtful = replace(
        prior,
        notes=("2 codes are shared.",),
        conflicts=(beliefs.Conflict("margin", 0.2, 0.4, 0.8),),
        unfitted=(("kappa", "margin"),),
    )
    assert pages.sensitivity.doubts(doubtful, brief) == (
        "2 codes are shared.",
        "Your results put gross margin at 20%, outside what was believed before (40% to 80%).",
        "The results cannot be fitted to sales level and gross margin, so what was believed before stays.",
    )


def test_a_belief_without_a_label_is_an_error():
    with pytest.raises(KeyError):
        label("no_such_belief")


def test_every_belief_has_a_label_of_its_own_that_fits_a_title(brief):
    table = beliefs.prior(brief).table()
    known = labels()
    assert set(table.index) <= set(known)
    assert len({label(name) for name in table.index}) == len(table)
    assert len(pages.sensitivity.unknowns(CLEAR, 0.999).title) <= formatting.TITLE


def test_the_table_of_beliefs_has_labels_and_leaves_out_what_is_set(brief):
    shown = pages.sensitivity.believed(beliefs.prior(brief).table())
    assert "Sales level" in set(shown["belief"])
    assert "set" not in set(shown["basis"])
    assert shown.columns.tolist() == ["belief", "before", "low", "middle", "high", "basis"]
    assert ((shown["low"] <= shown["middle"]) & (shown["middle"] <= shown["high"])).all()
