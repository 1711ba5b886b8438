"""Proves that the pictures of the shortlist show candidates, and the people they reach, by their numbers."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from every_figure import figures
from legible import LONG, assert_legible, shown
from nanospread.pages import show


def options():
    n = 12
    return pd.DataFrame(
        {
            "creator": [f"c{at:02d}" for at in range(n)], "offer": "gift", "posts": 1,
            "er": np.geomspace(0.01, 0.2, n), "cost": 1_000, "expected_reach": np.geomspace(20, 400, n),
            "flags": ["odd", "odd", *[""] * (n - 2)],
        }
    )  # fmt: skip


def test_every_candidate_has_a_mark_at_its_rate_and_price_and_the_chosen_ones_are_in_colour():
    rows = options()
    ax = figures.selection(rows, rows.iloc[[0, 5, 6]], "EUR", title=LONG)
    marks = [tuple(point) for part in ax.collections for point in part.get_offsets()]
    expected = zip(1_000 * 10 / rows["expected_reach"], rows["er"], strict=True)
    assert sorted((round(x, 6), round(y, 6)) for x, y in marks) == sorted(
        (round(x, 6), round(y, 6)) for x, y in expected
    )
    sizes = sorted(len(part.get_offsets()) for part in ax.collections)
    assert sizes == [1, 1, 2, 8]  # odd and chosen, odd, chosen, the rest
    assert "3 to invite of 12, a cross where numbers look odd (2)" in show.alt_text(ax.get_figure())


def test_a_chosen_way_to_invite_is_drawn_and_others_of_that_creator_are_not():
    rows = options().head(2)
    both = pd.concat([rows, rows.assign(offer="fee", cost=4_000)], ignore_index=True)
    ax = figures.selection(both, both.iloc[[2]], "EUR", title=LONG)
    marks = np.vstack([part.get_offsets() for part in ax.collections])
    assert len(marks) == 2
    assert marks[:, 0].max() == 1_000 * 40 / 20


def test_nobody_to_reach_is_said():
    rows = options().assign(expected_reach=0.0)
    ax = figures.selection(rows, rows.head(0), "EUR", title=LONG)
    assert "no candidate reaches anybody" in show.alt_text(ax.get_figure())


def best():
    return pd.DataFrame(
        {
            "niche": ["food", "pet"], "creator": ["a$b$", "cid"], "er": [0.05, 0.04], "er_low": [0.04, 0.02],
            "er_high": [0.07, 0.09], "raw_creator": ["bob", "cid"], "raw_er": [0.12, 0.05],
            "raw_true": [0.045, 0.04],
        }
    )  # fmt: skip


def test_the_top_rate_is_joined_to_what_it_is_likely_worth():
    ax = figures.best_of_niches(best(), title=LONG)
    rings, true, bets = (np.asarray(part.get_offsets()) for part in ax.collections[2:])
    assert sorted(rings[:, 0]) == [0.05, 0.12]
    assert sorted(true[:, 0]) == [0.04, 0.045]
    assert sorted(bets[:, 0]) == [0.04, 0.05]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["pet\ncid", "food\na$b$"]
    assert_legible(ax)


def test_a_niche_without_rated_posts_still_has_its_best():
    ax = figures.best_of_niches(best().assign(raw_er=np.nan, raw_true=np.nan), title=LONG)
    assert len(ax.collections[-1].get_offsets()) == 2
    empty = figures.best_of_niches(best().head(0), title=LONG)
    assert "no niche has a candidate" in show.alt_text(empty.get_figure())


CURVE = pd.DataFrame(
    {
        "creators": [1, 2, 3],
        "gross": [1000.0, 1800.0, 2500.0],
        "unique": [1000.0, 1600.0, 1900.0],
        "low": [1000.0, 1000.0, 1200.0],
        "high": [1000.0, 1700.0, 2100.0],
    }
)


def reach_curve(rows=CURVE, *, title="The finding"):
    return figures.reach_curve(rows, title=title)


def texts(ax):
    return [text.get_text() for text in shown(ax)]


@pytest.mark.parametrize(
    "rows",
    [
        CURVE,
        CURVE.assign(unique=CURVE["gross"], high=CURVE["gross"], low=1000.0),
        CURVE.assign(unique=CURVE["low"], high=CURVE["low"]),
        CURVE[:1],
        (pd.concat([CURVE] * 9).cummax() * 4e6).assign(creators=range(1, 28)),
    ],
)
def test_the_texts_of_any_curve_of_reach_are_whole_legible_and_apart(rows):
    assert_legible(reach_curve(rows, title=LONG))


def test_lines_are_the_gross_and_the_unique_reach_from_nobody_on():
    gross, unique = reach_curve().lines
    assert gross.get_ydata() == pytest.approx([0, 1000, 1800, 2500])
    assert unique.get_ydata() == pytest.approx([0, 1000, 1600, 1900])
    assert unique.get_xdata() == pytest.approx([0, 1, 2, 3])
    assert gross.is_dashed()


def test_the_band_is_between_the_bounds():
    corners = {tuple(corner) for corner in reach_curve().collections[0].get_paths()[0].vertices}
    assert {(2, 1000), (2, 1700), (3, 1200), (3, 2100), (0, 0)} <= corners


def test_the_most_has_its_words_only_where_it_is_not_the_sum():
    assert "at the most" in texts(reach_curve())
    assert "at the most" not in texts(reach_curve(CURVE.assign(high=CURVE["gross"])))


def test_rows_may_stand_in_any_order():
    assert reach_curve(CURVE[::-1]).lines[1].get_ydata() == pytest.approx([0, 1000, 1600, 1900])


def test_nobody_reached_says_so():
    for rows in (CURVE[:0], CURVE.assign(gross=0.0)):
        assert "no creator reaches anybody" in reach_curve(rows).figure.get_label()
    assert "empty" not in reach_curve(CURVE[:1]).figure.get_label()


DRAWN = {
    "selection": lambda **words: figures.selection(options(), options().head(3), "EUR", **words),
    "best_of_niches": lambda **words: figures.best_of_niches(best(), **words),
    "reach_curve": lambda **words: figures.reach_curve(CURVE, **words),
}


@pytest.mark.parametrize("name", DRAWN)
def test_it_is_legible_and_can_be_drawn_on_given_axes(name):
    assert_legible(DRAWN[name](title=LONG))
    ax = Figure().add_subplot()
    assert DRAWN[name](title=LONG, ax=ax) is ax
