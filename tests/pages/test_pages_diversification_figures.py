"""Proves that the hills and the bars of luck draw the numbers they are given."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from every_figure import figures
from legible import LONG, assert_legible, shown
from nanospread.pages import _style as style


def spread(counts=(1, 2, 5, 10, 20, 50, 100), worlds=400):
    """Returns whose median is 0.5 and whose width shrinks with the root of the number."""
    at = np.linspace(-1.5, 1.5, worlds)
    rows = [pd.DataFrame({"world": range(worlds), "creators": n, "roi": 0.5 + at / n**0.5}) for n in counts]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=["world", "creators", "roi"])


SPLIT = pd.DataFrame(
    {"source": ["campaign", "recruitment", "niche", "creator", "post", "orders"],
     "share": [0.45, 0.19, 0.08, 0.17, 0.085, 0.025], "se": [0.011, 0.006, 0.005, 0.005, 0.003, 0.001]}
)  # fmt: skip

DRAWN = {
    "returns_by_creators": (spread(), {}),
    "variance_by_source": (SPLIT, {}),
}
NOTHING = {
    "returns_by_creators": spread(()),
    "variance_by_source": SPLIT.assign(share=np.nan),
}
ONE = {
    "returns_by_creators": spread().iloc[:1],
    "variance_by_source": SPLIT.iloc[:1],
}


def drawn(name, data=None, *, title="The finding", ax=None):
    given, words = DRAWN[name]
    return getattr(figures, name)(given if data is None else data, title=title, ax=ax, **words)


def texts(ax):
    return [text.get_text() for text in shown(ax)]


@pytest.mark.parametrize("name", DRAWN)
def test_titles_and_texts_are_whole_legible_and_apart(name):
    ax = drawn(name, title=LONG)
    assert_legible(ax)


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_says_why_and_one_world_or_row_can_be_drawn(name):
    assert "empty" in drawn(name, NOTHING[name]).figure.get_label()
    assert "empty" not in drawn(name, ONE[name]).figure.get_label()


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_can_be_drawn_on_given_axes(name):
    left, _ = Figure(figsize=(12, 5)).subplots(1, 2)
    assert drawn(name, ax=left) is left


# --- all eggs in one basket


def test_six_hills_at_most_the_fewest_creators_on_top():
    ax = drawn("returns_by_creators")
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["1 creator", "2 creators", "5 creators", "20 creators", "50 creators", "100 creators"]
    places = ax.get_yticks()
    assert list(places) == sorted(places, reverse=True)
    assert [text.get_text() for text in drawn("returns_by_creators", spread((7, 3))).get_yticklabels()] == [
        "3 creators",
        "7 creators",
    ]


def test_hills_narrow_and_print_the_worlds_that_lose():
    ax = drawn("returns_by_creators", spread((1, 100)))
    assert {"median 50%, loses in 33 of 100", "median 50%, loses in under 1 of 100"} <= set(texts(ax))
    wide, narrow = (
        np.ptp(hill.get_paths()[0].vertices[hill.get_paths()[0].vertices[:, 1] > base + 0.01, 0])
        for hill, base in ((ax.collections[1], 0), (ax.collections[3], -1))
    )
    assert narrow < wide / 4


def test_a_loss_is_drawn_left_of_zero_in_full_colour():
    ax = drawn("returns_by_creators", spread((1,)))
    lost, won = ax.collections
    assert lost.get_alpha() > won.get_alpha()
    assert lost.get_paths()[0].get_extents().x1 == pytest.approx(0, abs=1e-9)
    assert won.get_paths()[0].get_extents().x0 == pytest.approx(0, abs=1e-9)
    medians = [line.get_xdata()[0] for line in ax.lines if line.get_xdata()[0] == line.get_xdata()[1]]
    assert medians == pytest.approx([0.5, 0.5, 0])


def test_the_axis_is_that_of_the_widest_and_the_alt_text_says_what_is_outside():
    ax = drawn("returns_by_creators", spread((1, 100)))
    low, high = np.quantile(spread((1,))["roi"], [0.005, 0.95])
    assert ax.get_xlim() == pytest.approx((low - 0.04 * (high - low), high + 0.04 * (high - low)))
    assert ax.figure.get_label().endswith("Outside the axis lie 5.5% with 1.")
    same = drawn("returns_by_creators", spread((1,)).assign(roi=0.2))
    assert same.figure.get_label().endswith("All are shown.")


# --- the gain in the same world


def test_bars_are_the_shares_in_words_largest_first_with_two_errors():
    ax = drawn("variance_by_source")
    assert [bar.get_width() for bar in ax.patches] == [0.45, 0.19, 0.17, 0.085, 0.08, 0.025]
    assert [label.get_text() for label in ax.get_yticklabels()][:2] == [
        "The season and the feed",
        "Who accepts and posts",
    ]
    first = ax.collections[0].get_segments()[0]
    assert first[:, 0] == pytest.approx([0.428, 0.472])
    assert {"45%", "8.5%", "2.5%"} <= set(texts(ax))


def test_the_accent_is_on_what_creators_share():
    ax = drawn("variance_by_source")
    inks = [to_hex(bar.get_facecolor()).upper() for bar in ax.patches]
    assert inks.index(style.NANO) == 0
    assert inks.index(style.NANO_LIGHT) == 4
    assert inks.count(style.LIGHT) == 4
