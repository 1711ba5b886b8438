"""Proves that a badge says in words what numbers rest on, once, and that no other word gets one."""

import pandas as pd
import pytest

from nanospread.pages import _style, basis, labels, show
from nanospread.report import markup
from nanospread.study import open as opened


def test_one_kind_stands_alone_and_several_name_what_rests_on_them():
    assert basis.words(basis.parts("measured")) == "from your data"
    mixed = basis.parts({"orders": "measured", "ranges": "estimated", "odds": "estimated"})
    assert basis.words(mixed) == "from your data: orders; calculated: ranges, odds"
    assert basis.parts({"orders": "assumed", "the rest": "assumed"}) == (("assumed", ""),)
    assert basis.words(basis.parts(["measured", "assumed"])) == "from your data; assumed"
    with pytest.raises(ValueError, match=r"basis must be one of measured, learned, .* not guessed"):
        basis.parts({"orders": "guessed"})


def test_every_kind_has_a_label_and_an_explanation_in_the_glossary():
    assert [kind for kind in basis.KINDS if not labels.labels()[kind].explanation] == []


def test_a_table_shows_its_basis_beside_its_caption_and_one_with_a_column_of_it_those_of_its_rows():
    frame = pd.DataFrame({"stage": ["replied", "posted"], "rate": [0.5, 0.4]})
    output = show.table(frame, "Each step", basis="estimated")
    assert output.data["text/plain"].startswith("Each step [calculated]\n")
    page = markup.output_html(output.data["text/html"], {})
    assert '<figcaption>Each step</figcaption><p class="rests"><em class="basis estimated">calculated' in page
    assert 'aria-label="Each step"' in page
    own = show.table(frame.assign(basis=["assumed", "measured"]), "Each step").data["text/plain"]
    assert own.startswith("Each step [from your data; assumed]")


def test_a_chart_on_assumed_sales_is_assumed_and_what_was_counted_stays():
    rows = pd.DataFrame({"x": [1]})
    numbers = _style.table(rows, {"past": "measured", "plan": "estimated"}, {"X": ("x", str)})
    chart = _style.finished(_style.axes(None), "Nano wins", "One line.", numbers)
    badges = markup.figure_basis(chart.on("assumed").output().data[show.NUMBERS])
    assert 'class="basis measured">from your data: past' in badges
    assert 'class="basis assumed">assumed: plan' in badges
    assert chart.on("estimated").numbers == chart.numbers


@pytest.mark.slow
def test_odds_are_assumed_until_results_say_how_well_posts_sell():
    study = opened()
    assert study.basis == "estimated"
    assert study.changed(kappa=10.0, cvr_nano=0.02, cvr_macro=0.02).basis == "assumed"


def test_words_of_others_get_no_class_and_stay_inert():
    badge = markup.figure_basis(show.packed({"basis": [["<b>", "<i>"]], "columns": [], "rows": []}))
    assert badge == '<em class="basis">&lt;b&gt;: &lt;i&gt;</em>'
    assert "wild" not in markup.output_html('<p><em class="wild">x</em></p>', {})
