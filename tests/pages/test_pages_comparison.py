"""Proves that plans side by side are told in words: what each chooses, how far apart, and what is unsure."""

import pandas as pd
import pytest

import nanospread as ns
from nanospread import pages
from nanospread.pages.comparison import _signed, _value


@pytest.fixture(scope="module")
def study():
    return ns.open()


@pytest.mark.slow
def test_a_plan_that_chooses_otherwise_has_rows_of_its_choice(study):
    compared = study.compared(study.changed(order_value=20.0), n_worlds=1_024, seed=5)
    said = pages.comparison.sentences(compared)
    assert said[0] == "sample: Choose nano. sample (2): Buy neither."
    assert said[1].startswith("On average, sample (2) earns EUR ")
    assert " less than sample. The 80% range of that difference is −EUR " in said[1]
    table = pages.comparison.differences(compared)
    assert list(dict.fromkeys(table["option"])) == ["nano", "one macro", "what each plan chooses"]
    assert table.query("option == 'nano' and number == 'average cost'").empty  # the same, so not listed
    shown = pages.comparison.options(compared)["option"].tolist()
    assert shown == ["sample: nano, chosen", "sample: one macro", "sample (2): nano", "sample (2): one macro"]
    words = pages.comparison.differing(compared)
    assert words.columns.tolist() == ["setting", "plan sample", "plan sample (2)"]
    assert words.iloc[0].tolist() == ["Average order", "65 (35 to 110)", "20"]


@pytest.mark.slow
def test_results_that_teach_something_else_are_named(study):
    compared = study.compared(study.changed(kappa=9.0), n_worlds=256, seed=5)
    assert pages.comparison.sentences(compared)[-1] == (
        "Your results teach something else under sample (2), so the 80% ranges of its differences are wider "
        "than they need be."
    )


def test_settings_and_differences_are_written_as_people_say_them():
    assert _value("margin", (0.45, 0.6, 0.75)) == "60% (45% to 75%)"
    assert _value("niche_pool", 1387219.0) == "1,387,219"
    assert _value("switches", ["market_pool"]) == "people in the market"
    assert _value("shortlist.least_per_niche", {"food": 2}) == "food 2"
    assert (_value("switches", []), _value("macro.fee", None)) == ("none", "none")
    assert _value("market_pool", "off") == "switched off"
    assert _signed(-0.033, "p_loss", "EUR") == "−3.3 of 100"
    assert _signed(0.001, "cost_per_order", "EUR") == "+under EUR 0.01"
    assert _signed(1_234.0, "profit_mean", "EUR") == "+EUR 1,200"
    assert _signed(float("nan"), "profit_mean", "EUR") == "–"


@pytest.mark.slow
def test_every_word_of_a_table_is_a_readers(study):
    compared = study.compared("macro_wins", n_worlds=64, seed=5)
    for table in (
        pages.comparison.differing(compared),
        pages.comparison.options(compared),
        pages.comparison.differences(compared),
    ):
        text = ns.show.table(table, "Plans").data["text/plain"].replace("macro_wins", "")
        assert "_" not in text
        assert "nan" not in text.lower().replace("nano", "")
        assert isinstance(table, pd.DataFrame)


@pytest.mark.slow
def test_a_page_shows_nothing_where_no_plan_was_asked_for(study):
    assert pages.comparison.shown(None) == []
    parts = pages.comparison.shown(study.compared(study, n_worlds=64, seed=5))
    assert [str(part).splitlines()[0] for part in parts[1:]] == [
        f"What each plan comes to; money in EUR [{ns.pages.basis.label(study.basis)}]",
        f"How far each plan is from sample, in the same simulated campaigns "
        f"[{ns.pages.basis.label(study.basis)}]",
    ]
