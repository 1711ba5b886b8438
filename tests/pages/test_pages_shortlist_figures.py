"""Proves that the pictures of the shortlist show every candidate where its numbers put it."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from every_figure import figures
from legible import LONG, assert_legible
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


DRAWN = {
    "selection": lambda **words: figures.selection(options(), options().head(3), "EUR", **words),
    "best_of_niches": lambda **words: figures.best_of_niches(best(), **words),
}


@pytest.mark.parametrize("name", DRAWN)
def test_it_is_legible_and_can_be_drawn_on_given_axes(name):
    assert_legible(DRAWN[name](title=LONG))
    ax = Figure().add_subplot()
    assert DRAWN[name](title=LONG, ax=ax) is ax
