"""Proves that the sentences on spreading and on sources of luck follow their numbers."""

import math

import numpy as np
import pandas as pd
import pytest

from nanospread.core import formatting
from nanospread.pages import diversification

N_WORLDS = 1600
COUNTS = (1, 2, 5, 10, 20, 50, 100)


def by_count(shared=0.1, own=0.9, se=0.01, counts=COUNTS):
    n = np.array(counts)
    cv = np.sqrt(shared + own / n)
    return pd.DataFrame({"creators": n, "cv": cv, "cv_se": se * cv})


def worlds(p_loss, win=None):
    """Worlds in which the first share of 1,600 lose 50 %, and the others win 100 % or what `win` says."""
    rows = []
    for n, share in p_loss.items():
        lost = (np.arange(N_WORLDS) * 37 % N_WORLDS) < share * N_WORLDS  # spread over all batches
        roi = np.where(lost, -0.5, (win or {}).get(n, 1.0))
        rows.append(pd.DataFrame({"world": range(N_WORLDS), "creators": n, "niches": 3, "roi": roi}))
    return pd.concat(rows[::-1], ignore_index=True)


@pytest.mark.parametrize(
    ("probability", "words"),
    [(0.271, "27 of 100"), (0.005, "1 of 100"), (0.001, "under 1 of 100"), (0.0, "under 1 of 100"),
     (0.9949, "99 of 100"), (0.999, "over 99 of 100"), (0.5, "50 of 100"), (math.nan, "unknown")],
)  # fmt: skip
def test_hundredths_are_never_none_or_all(probability, words):
    assert formatting.of_100(probability) == words


# --- all eggs in one basket


def test_more_creators_lose_less_often():
    found = diversification.losses_by_creators(worlds({1: 0.45, 10: 0.2, 100: 0.11}))
    assert found.title == "One creator loses money in 45 of 100, 100 in 11 of 100"
    assert found.text == "One creator loses money in 45 of 100 simulated campaigns, 100 in 11 of 100."


def test_the_floor_says_how_many_creators_are_enough_and_whether_the_plan_has_them():
    found, stop = (
        diversification.spread_floor(by_count()),
        diversification.enough(diversification.floor(by_count())),
    )
    most = 10 * math.ceil(stop / 10)
    assert found.title == f"Beyond about {most} creators, risk hardly falls"
    assert "never falls below 32%" in found.text
    assert "only as safe as 10 unrelated ones" in found.text
    plan = pd.DataFrame({"posts_live": [most + 1.0]}, index=["plan_roster"])
    assert diversification.enough_posts(by_count(), plan).endswith("enough.")
    assert diversification.enough_posts(by_count(), plan / 10).endswith("more would make it safer.")


def test_without_shared_luck_no_end_shows():
    found = diversification.spread_floor(by_count(shared=0.0, own=1.0))
    assert found.title == "Up to 100 creators, more always narrow the risk"
    assert diversification.enough_posts(by_count(shared=0.0, own=1.0), PLAN) == ""


PLAN = pd.DataFrame({"posts_live": [40.0]}, index=["plan_roster"])


def test_a_fall_within_the_error_is_no_fall():
    few = worlds({1: 0.30, 100: 0.28}).query("world < 64")
    assert diversification.losses_by_creators(few).title.startswith("No clear fall in losses: ")
    assert diversification.losses_by_creators(worlds({1: 0.30, 100: 0.28})).title.startswith("One creator")


def test_a_loss_that_rises_is_said_to_and_why():
    found = diversification.losses_by_creators(worlds({1: 0.6, 100: 0.9}))
    assert found.title == "More creators lose more often: 60 of 100 with 1, 90 of 100 with 100"
    assert found.text.endswith("Most lose, and a narrower outcome makes that surer.")


def test_one_number_or_none_of_creators_has_a_plain_sentence():
    one = diversification.losses_by_creators(worlds({5: 0.2}))
    assert one.title == "5 creators lose money in 20 of 100 simulated campaigns"
    assert "No number" in diversification.losses_by_creators(worlds({5: 0.2}).iloc[:0]).title


def test_more_shared_luck_loses_more_often_or_it_matters_little():
    rows = pd.DataFrame({"rho_campaign": [0.0, 0.4], "arm": "nano_gift", "p_loss": [0.24, 0.37]})
    found = diversification.shared_more(rows, "nano_gift")
    assert found.text == (
        "The more luck creators share, the more often nano loses. It loses in 24 of 100 without shared luck, "
        "in 37 of 100 if 40% is shared."
    )
    calm = diversification.shared_more(rows.assign(p_loss=[0.24, 0.26]), "nano_gift")
    assert "matters little" in calm.title
    assert "fixed by the brief" in diversification.shared_more(rows.head(1), "nano_gift").title


# --- whose luck


def split(campaign=0.45, recruitment=0.19, niche=0.08, creator=0.17, post=0.085, orders=0.025, se=0.01):
    shares = {"campaign": campaign, "recruitment": recruitment, "niche": niche, "creator": creator,
              "post": post, "orders": orders}  # fmt: skip
    return pd.DataFrame({"source": list(shares), "share": list(shares.values()), "se": se})


def test_shared_luck_cannot_be_removed_and_the_parts_sum_up():
    found = diversification.variance_split(split())
    assert found.title == "45% of the risk is luck that all creators share"
    assert (
        "28% is the creators' own luck (each creator's own sales 17%, each post's luck 8.5% and" in found.text
    )
    assert "8% is the luck of whole niches; more niches thin it out." in found.text


@pytest.mark.parametrize(
    ("shares", "title"),
    [
        ({"campaign": 0.1, "creator": 0.52}, "63% of the risk is the creators' own luck"),
        ({"campaign": 0.05, "niche": 0.6}, "60% of the risk is the luck of whole niches"),
        ({"campaign": 0.30}, "No kind of luck clearly carries most of the risk"),
        ({"campaign": 0.0, "recruitment": 0.9}, "90% of the risk is luck in who posts"),
    ],
)
def test_the_largest_kind_of_luck_leads_beyond_the_error(shares, title):
    assert diversification.variance_split(split(**shares)).title.startswith(title)


def test_a_source_of_nothing_is_not_spoken_of_and_no_luck_is_no_spread():
    none = diversification.variance_split(split(niche=0.0, post=0.0))
    assert "niches" not in none.text
    assert "post's" not in none.text
    assert diversification.variance_split(split().assign(share=math.nan, se=math.nan)).title.startswith(
        "Profit is the same"
    )
    together = pd.DataFrame({"source": ["campaign", "together"], "share": [0.2, 0.8], "se": 0.01})
    assert diversification.variance_split(together).title.startswith(
        "80% of the risk is luck of several sources"
    )


def test_every_source_has_words():
    assert diversification.source_name("campaign") == "the season and the feed"
    assert diversification.source_name("some_thing") == "some_thing"


def test_every_title_fits():
    found = [
        diversification.losses_by_creators(worlds({1: 0.2, 100: 0.9})),
        diversification.losses_by_creators(worlds({1: 0.999, 100: 0.001})),
        diversification.variance_split(split()), diversification.variance_split(split(campaign=0.3)),
        diversification.variance_split(pd.DataFrame({"source": ["together"], "share": [0.999], "se": 0.01})),
        diversification.spread_floor(by_count()), diversification.not_known(0.4),
    ]  # fmt: skip
    assert [f.title for f in found if len(f.title) > 70] == []
    assert all(f.text.endswith(".") and "nan" not in f.text.replace("nano", "") for f in found)


def test_what_is_not_luck_is_not_spread_away():
    assert diversification.not_known(0.4).title == "60% of the risk is what is not known"
