"""Proves that the sentences on unique reach follow their numbers, and say when these are assumed."""

import math

import pandas as pd
import pytest

from nanospread import pages
from nanospread.campaign import reach
from nanospread.core import formatting


def found(**other):
    known = {
        "creators": 60, "gross": 66_900.0, "unique": 49_600.0, "low": 2_600.0, "high": 66_900.0,
        "frequency": 1.349, "pairs": 365, "measured_pairs": 0, "method": "random overlap", "basis": "assumed",
    }  # fmt: skip
    return reach.Reach(**(known | other))


MEASURED = {"method": "measured pairs", "basis": "measured", "measured_pairs": 365}


def curve(*new, each=1000.0):
    """A curve whose creators reach `each` people, of whom these shares are new."""
    gained = pd.Series(new, dtype=float) * each
    people = gained.cumsum()
    return pd.DataFrame(
        {"creators": range(1, len(new) + 1), "gross": (people.index + 1) * each, "unique": people,
         "low": each, "high": people}
    )  # fmt: skip


def test_the_share_of_different_people_heads_the_figure_with_its_condition():
    assumed = pages.reach.unique_reach(found())
    assert assumed.title == "If audiences overlap at random, 60 creators reach 50,000 people, 74% of the sum"
    assert "add up to about 67,000. About 50,000 of these are different people (74%)" in assumed.text
    assert "each met by 1.35 creators on average" in assumed.text
    assert pages.reach.unique_reach(found(**MEASURED)).title == (
        "60 creators reach about 50,000 people, 74% of their summed reach"
    )


@pytest.mark.parametrize("basis", ["measured", "partly measured", "assumed"])
@pytest.mark.parametrize("creators", [2, 60, 2_000])
def test_titles_fit_over_a_figure(basis, creators):
    rows = found(creators=creators, basis=basis, gross=12_345_678.0, unique=12_300_000.0)
    assert len(pages.reach.unique_reach(rows).title) <= formatting.TITLE


def test_bounds_are_told_as_what_overlap_leaves_open():
    assert "At least 2,600, if all audiences lie inside each other; at most 67,000, if none meet." in (
        pages.reach.unique_reach(found()).text
    )
    wide = pages.reach.unique_reach(found(**MEASURED, low=27_000.0))
    assert "What is measured leaves at least 27,000 and at most 67,000." in wide.text
    near = pages.reach.unique_reach(found(**MEASURED, low=48_000.0, high=50_000.0))
    assert "Whatever else they share, it is from 48,000 to 50,000." in near.text


def test_what_it_rests_on_is_said():
    assert "assumed, not measured" in pages.reach.unique_reach(found()).text
    assert "365 pairs of creators matter most" in pages.reach.unique_reach(found()).text
    part = pages.reach.unique_reach(found(**(MEASURED | {"basis": "partly measured", "measured_pairs": 54})))
    assert "Of the 365 pairs that matter most 54 are measured" in part.text
    assert part.title.startswith("If other pairs overlap at random, 60 creators")
    whole = pages.reach.unique_reach(found(**MEASURED))
    assert whole.text.endswith("The pairs that matter most are all measured.")
    assert "assumed" not in whole.text


def test_nobody_and_one_creator_have_plain_sentences():
    assert (
        pages.reach.unique_reach(found(gross=0.0, unique=0.0, frequency=math.nan)).title
        == "Nobody is reached"
    )
    one = pages.reach.unique_reach(found(creators=1, gross=80.0, unique=80.0, low=80.0, high=80.0, pairs=0))
    assert one.title == "1 creator reaches about 80 people"
