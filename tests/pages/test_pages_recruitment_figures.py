"""Proves that the recruiting figures draw the numbers they are given, legibly, also without a log."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from every_figure import figures
from legible import LONG, assert_legible, shown
from nanospread.campaign import brief, recruitment
from nanospread.pages import _style as style
from outreach_logs import NOW, counted, log, together

BRIEF = brief.read("sample")
OUTREACH = together(
    *(counted(150, 70, 45, 25, campaign=f"k{i}", after=9.0 + 5 * i, age=300.0 - i) for i in range(4)),
    counted(40, 20, 12, 0, campaign="new", age=12.0),
)


def funnel(outreach=OUTREACH):
    return recruitment.funnel(outreach, BRIEF, as_of=NOW)


FUNNEL, NOTHING = funnel(), funnel(log())
NEEDED = recruitment.needed(FUNNEL, posts=25, days=45, chance=0.8)
CURVE = recruitment.needed_curve(FUNNEL, np.arange(0, 400, 8), posts=[10, 25], days=45)
CONTENT = recruitment.time_to_content(OUTREACH, FUNNEL, as_of=NOW)
ASSUMED = recruitment.time_to_content(log(), NOTHING, as_of=NOW)
OFFERS = recruitment.offers(OUTREACH, BRIEF, as_of=NOW)
MAP = recruitment.offer_map(OFFERS)

DRAWN = {
    "share_by_stage": (FUNNEL,),
    "chance_by_contacts": (CURVE, NEEDED),
    "live_by_day": (CONTENT, 45),
    "offer_map": (MAP, OFFERS, "EUR"),
}


def drawn(name, *given, title="The finding", ax=None):
    return getattr(figures, name)(*(given or DRAWN[name]), title=title, ax=ax)


def texts(ax):
    return [text.get_text() for text in shown(ax)]


@pytest.mark.parametrize("name", DRAWN)
def test_titles_and_texts_are_whole_legible_and_apart(name):
    assert_legible(drawn(name, title=LONG))


@pytest.mark.parametrize(
    "given",
    [("share_by_stage", NOTHING), ("live_by_day", ASSUMED, 45), ("chance_by_contacts", CURVE, NEEDED)],
)
def test_without_a_log_the_figures_are_legible_too(given):
    assert_legible(drawn(*given, title=LONG))


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_can_be_drawn_on_given_axes(name):
    left, _ = Figure(figsize=(12, 5)).subplots(1, 2)
    assert drawn(name, ax=left) is left


def test_nothing_says_why():
    for name, given in (
        ("chance_by_contacts", (CURVE.iloc[:0], NEEDED)),
        ("offer_map", (MAP.iloc[:0], OFFERS, "EUR")),
    ):
        assert "empty" in drawn(name, *given).figure.get_label()


def test_bars_of_the_funnel_are_shares_of_contacts_with_their_intervals():
    ax = drawn("share_by_stage")
    rows = FUNNEL.stages
    assert [bar.get_width() for bar in ax.patches] == [1.0, *rows["from_contacts"]]
    segments = ax.collections[0].get_segments()
    assert [list(line[:, 0]) for line in segments] == rows[["from_low", "from_high"]].to_numpy().tolist()
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "Contacted",
        "Replied",
        "Agreed",
        "Posted",
    ]
    assert any("(log: 300 of 640)" in words for words in texts(ax))
    assert to_hex(ax.patches[-1].get_facecolor()).upper() == style.NANO


def test_without_a_log_no_count_is_written():
    assert {"40%, assumed", "65%, assumed", "50%, assumed"} <= set(texts(drawn("share_by_stage", NOTHING)))


def test_the_curve_marks_what_is_needed_and_what_the_mean_says():
    ax = drawn("chance_by_contacts")
    dots = [line.get_xydata()[0].tolist() for line in ax.lines if line.get_marker() == "o"]
    assert dots == [[NEEDED.contacts, NEEDED.reached], [NEEDED.naive, NEEDED.naive_chance]]
    curves = [line for line in ax.lines if len(line.get_xdata()) == 50]
    assert [to_hex(line.get_color()).upper() for line in curves] == [style.MIDDLE, style.NANO]
    assert any(words.startswith(f"{NEEDED.contacts} needed") for words in texts(ax))


def test_the_log_is_drawn_in_steps_and_what_is_assumed_as_a_line():
    steps, line = (drawn("live_by_day", each, 45).lines[0] for each in (CONTENT, ASSUMED))
    assert steps.get_drawstyle() == "steps-post"
    assert steps.get_ydata()[1:].tolist() == CONTENT.curve["share"].tolist()
    assert line.get_drawstyle() == "default"
    assert any("day 45: " in words for words in texts(drawn("live_by_day")))


def test_the_map_has_the_line_of_indifference_and_where_we_are():
    ax = drawn("offer_map")
    line, here = ax.lines
    rate, fee = line.get_xdata(), line.get_ydata()
    assert fee == pytest.approx(OFFERS.agreed / rate - OFFERS.before_fee)
    assert here.get_xydata()[0].tolist() == [OFFERS.gift_rate.value, OFFERS.fee.value]
    across = next(each for each in ax.collections if hasattr(each, "get_segments"))
    assert across.get_segments()[0][:, 0].tolist() == [OFFERS.gift_rate.low, OFFERS.gift_rate.high]
    assert {"gift cheaper", "fee cheaper"} <= set(texts(ax))
