"""Proves that the figures of authenticity draw the numbers they are given, and survive none."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from every_figure import figures
from legible import LONG, assert_legible
from nanospread.creators import authenticity, tiers
from nanospread.pages import _style as style

CAPACITY = authenticity.assumptions()["answered_per_post"]


def tier(names):
    return pd.Categorical(names, tiers.ORDER, ordered=True)


def shares():
    names = ["nano"] * 40 + ["macro"] * 20
    value = np.concatenate([np.geomspace(0.01, 0.2, 39), [0.0], np.geomspace(0.002, 0.05, 20)])
    return pd.DataFrame({"tier": tier(names), "component": "comment_share", "value": value, "n": 3})


def per_creator():
    names = ["nano"] * 5 + ["micro"] * 5 + ["macro"] * 5 + ["mega"] * 5
    number = [1, 3, 5, 8, 20, 9, 20, 25, 40, 60, 30, 80, 110, 200, 400, 100, 200, 400, 600, 1_000]
    return pd.DataFrame({"tier": tier(names), "comments_per_post": np.asarray(number, dtype=float)})


def flags(n=3):
    at = np.arange(n)
    return pd.DataFrame(
        {
            "creator": ["a" * 60 + "$x$", *[f"c{i:02d}" for i in at[1:]]],
            "component": [["following_ratio", "comment_variety", "likes_comments"][i % 3] for i in at],
            "value": 0.1 + 0.01 * at, "low": 0.05, "high": 0.4, "peer_median": 0.9, "flag": True,
        }
    )  # fmt: skip


def chance():
    return pd.DataFrame(
        {"component": list(authenticity.CATALOGUE)[2:], "tested": 11_321, "flagged": [0, 1, 0, 2, 9, 2, 0],
         "expected": [0.05, 0.0, 0.03, 0.4, 1.0, 1.4, 0.06]}
    )  # fmt: skip


DRAWN = {
    "comment_share": ((shares(),), ()),
    "reply_capacity": ((per_creator(), CAPACITY), (CAPACITY,)),
    "flagged_creators": ((flags(),), ()),
    "flags_by_chance": ((chance(),), ()),
}
NOTHING = {
    "comment_share": shares().assign(n=0),
    "reply_capacity": per_creator().head(0),
    "flagged_creators": flags().assign(flag=False),
    "flags_by_chance": chance().head(0),
}


def drawn(name, *, title="The finding", ax=None):
    return getattr(figures, name)(*DRAWN[name][0], title=title, ax=ax)


def offsets(collection):
    return np.asarray(collection.get_offsets())


@pytest.mark.parametrize("name", DRAWN)
def test_titles_and_texts_are_whole_legible_and_apart(name):
    ax = drawn(name, title=LONG)
    assert_legible(ax)


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_to_draw_says_why(name):
    ax = getattr(figures, name)(NOTHING[name], *DRAWN[name][1], title="None")
    assert "empty" in ax.figure.get_label()
    assert "empty" not in drawn(name).figure.get_label()


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_can_be_drawn_on_given_axes(name):
    whole = Figure(figsize=(12, 5))
    left, _ = whole.subplots(1, 2)
    assert drawn(name, ax=left) is left


def test_the_median_of_comment_shares_counts_creators_without_a_comment():
    ax = drawn("comment_share")
    medians = [line.get_xdata()[0] for line in ax.lines]
    values = shares().groupby("tier", observed=True)["value"].median()
    assert medians == pytest.approx(values.tolist())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["nano\n40 creators", "macro\n20 creators"]


def test_the_capacity_curve_bends_at_the_capacity_and_the_tiers_lie_at_their_medians():
    ax = drawn("reply_capacity")
    curve, *marks = ax.lines
    x, y = curve.get_xdata(), curve.get_ydata()
    assert y == pytest.approx(np.minimum(1, CAPACITY.central / x))
    medians = [line.get_xdata()[0] for line in marks if line.get_marker() == "o"]
    assert medians == [5, 25, 110, 400]
    halves = [line.get_xdata().tolist() for line in marks if len(line.get_xdata()) == 2]
    assert halves == [[3, 8], [20, 40], [80, 200], [200, 600]]


def test_flags_are_drawn_farthest_first_with_names_that_are_cut_and_no_mathematics():
    ax = drawn("flagged_creators")
    _, intervals, peers, dots = ax.collections
    assert offsets(dots)[:, 0] == pytest.approx([0.1, 0.11, 0.12])
    assert offsets(peers)[:, 0] == pytest.approx([0.9] * 3)
    assert [segment[:, 0].tolist() for segment in intervals.get_segments()] == [[0.05, 0.4]] * 3
    named = next(text for text in ax.texts if text.get_text().startswith("aaa"))
    assert named.get_text() == "a" * 23 + "…: followers against accounts followed"
    assert not any(text.get_parse_math() for text in ax.figure.findobj(Text))


def test_flags_that_are_not_drawn_are_counted():
    ax = figures.flagged_creators(flags(15), title="Many")
    assert "3 flags nearer to the peers not drawn" in ax.get_xlabel()
    assert len(offsets(ax.collections[-1])) == 12


def test_only_components_beyond_luck_are_in_the_accent():
    ax = drawn("flags_by_chance")
    dots = ax.collections[-1]
    assert offsets(dots)[:, 0].tolist() == [0, 1, 0, 2, 9, 2, 0]
    inks = [to_hex(ink).upper() for ink in dots.get_facecolors()]
    assert inks == [style.NANO if at in (1, 4) else style.MIDDLE for at in range(7)]
