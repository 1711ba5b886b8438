"""Proves that the sentences on unique reach follow their numbers, and say when these are assumed."""

import math

import pytest

from nanospread import pages
from nanospread.campaign import reach


def found(**other):
    known = {
        "creators": 60, "gross": 66_900.0, "unique": 49_600.0, "low": 2_600.0, "high": 66_900.0,
        "frequency": 1.349, "pairs": 365, "measured_pairs": 0, "method": "random overlap", "basis": "assumed",
    }  # fmt: skip
    return reach.Reach(**(known | other))


MEASURED = {"method": "measured pairs", "basis": "measured", "measured_pairs": 365}


def test_the_share_of_different_people_heads_the_figure():
    assert pages.shortlist.unique_reach(found()).title == "74% of the people reached are different people"


@pytest.mark.parametrize("creators", [2, 60, 2_000])
def test_titles_fit_over_a_figure(creators):
    rows = found(creators=creators, gross=12_345_678.0, unique=12_300_000.0)
    assert len(pages.shortlist.unique_reach(rows).title) <= 60


def test_bounds_are_told_as_what_overlap_leaves_open():
    assert "at least 3.9%, if all audiences lie inside each other, and at most 100%" in (
        pages.shortlist.unique_reach(found()).text
    )
    wide = pages.shortlist.unique_reach(found(**MEASURED, low=27_000.0))
    assert "What is measured leaves 40% to 100%." in wide.text


def test_what_it_rests_on_is_said():
    assert "assumed to overlap only by chance" in pages.shortlist.unique_reach(found()).text
    assert "overlaps of 365 pairs would tell most" in pages.shortlist.unique_reach(found()).text
    part = pages.shortlist.unique_reach(
        found(**(MEASURED | {"basis": "partly measured", "measured_pairs": 54}))
    )
    assert "Of the 365 pairs that matter most, 54 are measured" in part.text
    whole = pages.shortlist.unique_reach(found(**MEASURED))
    assert whole.text.endswith("The pairs that matter most are all measured.")


def test_nobody_and_one_creator_have_plain_sentences():
    assert (
        pages.shortlist.unique_reach(found(gross=0.0, unique=0.0, frequency=math.nan)).title
        == "Nobody is reached"
    )
    one = pages.shortlist.unique_reach(
        found(creators=1, gross=80.0, unique=80.0, low=80.0, high=80.0, pairs=0)
    )
    assert one.title == "One creator reaches everybody once"
