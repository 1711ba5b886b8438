"""Proves that the health card says what was found and what to do, for every check and status there is."""

import re
from pathlib import Path

import pytest

from nanospread import pages
from nanospread.study import Check
from nanospread.study import health as module

FOUND = {
    "engagement_fit": {"posts": 4_169.0, "creators": 399.0, "bounded": 0.0012},
    "prior_conflict": {"names": ("kappa", "order_value")},
    "posts_held": {"held": 0.81, "n": 234},
    "contradictions": {"names": ()},
}
ROWS = [
    Check("posts_held", "FAIL", FOUND["posts_held"]),
    Check("prior_conflict", "REVIEW", FOUND["prior_conflict"]),
]
ROWS += [Check(name, "PASS", FOUND[name]) for name in ("engagement_fit", "contradictions")]


def test_the_card_says_what_was_found_and_what_to_do():
    card = pages.health.card(ROWS)
    assert card["result"].tolist() == ["FAIL", "REVIEW", "PASS", "PASS"]
    assert card["found"].tolist() == [
        "81% of 234 posts fell inside our 80% ranges",
        "Outside of what was believed: sales level and average order",
        "4,169 posts of 399 creators, 0.12% too far out to count in full",
        "none",
    ]
    assert (card["what to do"] == "–").tolist() == [False, False, True, True]


def test_every_check_of_a_study_has_its_words():
    source = Path(module.__code__.co_filename).read_text(encoding="utf-8")
    names = set(re.findall(r'Check\(\s*"(\w+)"', source)) | {"prior_conflict", "contradictions"}
    assert names == set(pages.health._texts())
    with pytest.raises(KeyError):
        pages.health.card([Check("unheard_of", "PASS", {})])


def test_the_summary_counts_and_names():
    found = pages.health.summary(ROWS)
    assert found.title == "2 of 4 checks pass"
    assert found.text.endswith("Failed: forecasts of posts. To review: results against published figures.")
    assert pages.health.summary(ROWS[2:]).text == "All 2 checks pass."
    assert pages.health.checked_rows(ROWS)["value"].tolist() == [2, 1, 1]
