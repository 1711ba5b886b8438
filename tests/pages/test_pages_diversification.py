"""Proves that the sentences on spreading, on paired worlds and on sources of luck follow their numbers."""

import math

import numpy as np
import pandas as pd
import pytest

from nanospread.core import errors, formatting
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


def test_more_creators_lose_less_often_and_the_floor_says_where_it_stops():
    found = diversification.losses_by_creators(by_count(), worlds({1: 0.45, 10: 0.2, 100: 0.11}))
    assert found.title == "One creator loses money in 45 of 100 worlds, 100 creators in 11 of 100"
    stop = math.ceil(diversification.enough(diversification.floor(by_count())))
    assert (
        f"More than about {formatting.significant(stop)} hardly narrow the outcome, since luck" in found.text
    )
    assert "fewest" not in found.text


def test_without_shared_luck_no_end_shows():
    found = diversification.losses_by_creators(by_count(shared=0.0, own=1.0), worlds({1: 0.45, 100: 0.02}))
    assert found.text.endswith("Up to 100 creators no end shows: more still narrow the outcome.")


def test_luck_that_all_share_leaves_the_loss_where_it_is():
    found = diversification.losses_by_creators(by_count(shared=0.5, own=0.0), worlds({1: 0.3, 100: 0.3}))
    assert found.title == ("No clear fall in losses: 30 of 100 with 1 creator, 30 of 100 with 100")
    assert "money is lost in 30 of 100 worlds with 1 creator, in 30 of 100 with 100" in found.text
    assert "does not clearly narrow (spread 71% with 1, 71% with 100)" in found.text
    assert found.text.endswith("all luck is shared.")


def test_a_fall_within_the_error_is_no_fall():
    few = worlds({1: 0.30, 100: 0.28}).query("world < 64")
    assert diversification.losses_by_creators(by_count(), few).title.startswith("No clear fall in losses: ")
    assert diversification.losses_by_creators(by_count(), worlds({1: 0.30, 100: 0.28})).title.startswith(
        "One creator loses"
    )


def test_a_loss_that_rises_is_said_to_and_why():
    found = diversification.losses_by_creators(by_count(), worlds({1: 0.6, 100: 0.9}))
    assert found.title == "More creators lose more often: 60 of 100 with 1 creator, 90 of 100 with 100"
    assert "Losses are fewest with about 1 creator (60 of 100): most worlds lose" in found.text


def test_the_number_with_the_fewest_losses_is_named_where_more_are_worse():
    rows = worlds({1: 0.27, 20: 0.1, 100: 0.15}, win={20: 1.2, 100: 0.7})
    found = diversification.losses_by_creators(by_count(), rows)
    assert found.title.endswith("100 creators in 15 of 100")
    assert (
        "fewest with about 20 creators (10 of 100): beyond, the return itself falls, from 120%" in found.text
    )
    assert "to 70% with 100" in found.text


def test_one_number_or_none_of_creators_has_a_plain_sentence():
    assert (
        diversification.losses_by_creators(by_count(), worlds({5: 0.2})).title
        == "5 creators lose money in 20 of 100 worlds"
    )
    assert "No number" in diversification.losses_by_creators(by_count(), worlds({5: 0.2}).iloc[:0]).title
    two = diversification.losses_by_creators(by_count().iloc[:1], worlds({1: 0.4, 9: 0.1}))
    assert two.text.endswith("Where spreading stops to help is unknown.")


# --- paired worlds


def campaign(gain):
    """The macro's profit differs between worlds, nano's is so much more, rows in another order."""
    macro = pd.Series(np.arange(len(gain)) % 7 * 1000.0)
    frame = pd.DataFrame({"world": range(len(gain)), "macro": macro, "nano_gift": macro + gain})
    rows = frame.melt("world", var_name="arm", value_name="profit")
    return rows.assign(arm=rows["arm"].astype("category")).sample(frac=1, random_state=3)


def shuffled(values):
    """Put values in an order in which each batch has its part of them."""
    values = np.asarray(values)
    return values[np.arange(len(values)) * 37 % len(values)]


def test_the_gain_is_taken_world_by_world():
    gain = np.array([5.0, -3.0, 0.0])
    found = diversification.gain_by_world(campaign(gain), "nano_gift").sort_index()
    assert found.tolist() == gain.tolist()
    with pytest.raises(errors.InputError, match="did you mean 'nano_gift'"):
        diversification.gain_by_world(campaign(gain), "nano_gft")


def test_the_middle_world_and_the_worst_of_ten_are_those_of_the_gain():
    found = diversification.paired(campaign(shuffled(np.linspace(-1000, 3000, 1601))[:1601]), "EUR")
    assert found.title == "In the middle world gifted nano earns EUR 1,000 more than the macro"
    assert "ahead of the macro in 75 of 100 of the same worlds" in found.text
    assert found.text.endswith("worst for it, it is behind by EUR 600 or more.")


def test_nano_that_is_behind_in_the_middle_earns_less():
    found = diversification.paired(campaign(shuffled(np.linspace(-3000, 1000, 1601))), "EUR")
    assert found.title.endswith("gifted nano earns EUR 1,000 less than the macro")
    assert "in 25 of 100" in found.text


def test_nano_that_is_ahead_in_nearly_all_worlds_is_never_behind_in_the_sentence():
    found = diversification.paired(campaign(shuffled(np.linspace(200, 1000, 1601))), "EUR")
    assert found.text.endswith("In 9 of 10 worlds it is ahead by EUR 280 or more.")


@pytest.mark.parametrize("gain", [np.linspace(-1000, 1010, 161), np.zeros(160)])
def test_a_middle_within_two_errors_of_nothing_is_too_close_to_call(gain):
    found = diversification.paired(campaign(shuffled(gain)), "EUR")
    assert found.title.startswith("Too close to call in the middle world: gifted nano minus macro EUR")
    assert diversification.paired(campaign(gain).iloc[:0], "EUR").title == "No world was simulated"


def test_a_worst_tenth_within_its_error_of_nothing_has_no_amount():
    found = diversification.paired(campaign(shuffled(np.linspace(-111, 1000, 161))), "EUR")
    assert found.text.endswith("it is level with the macro or behind it.")


# --- whose luck


def split(campaign=0.45, recruitment=0.19, niche=0.08, creator=0.17, post=0.085, orders=0.025, se=0.01):
    shares = {"campaign": campaign, "recruitment": recruitment, "niche": niche, "creator": creator,
              "post": post, "orders": orders}  # fmt: skip
    return pd.DataFrame({"source": list(shares), "share": list(shares.values()), "se": se})


def test_shared_luck_cannot_be_removed_and_the_parts_sum_up():
    found = diversification.variance_split(split())
    assert found.title == "45% of the spread is luck that all creators share: more creators cannot remove it"
    assert (
        "28% is the creators' own luck (each creator's own sales 17%, each post's luck 8.5% and" in found.text
    )
    assert "8% is the luck of whole niches: more niches thin it out." in found.text


@pytest.mark.parametrize(
    ("shares", "title"),
    [
        (
            {"campaign": 0.1, "creator": 0.52},
            "63% of the spread is the creators' own luck: more creators thin",
        ),
        ({"campaign": 0.05, "niche": 0.6}, "60% of the spread is the luck of whole niches: more niches thin"),
        (
            {"campaign": 0.30},
            "Too close to call: luck that all creators share (30%) or the creators' own luck (28%)",
        ),
        ({"campaign": 0.0, "recruitment": 0.9}, "90% of the spread is luck in who posts"),
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
        "80% of the spread is luck of several sources"
    )


def test_every_source_has_words():
    assert diversification.source_name("campaign") == "the season and the feed"
    assert diversification.source_name("some_thing") == "some thing"


def test_every_title_fits_two_lines_of_a_phone():
    found = [
        diversification.losses_by_creators(by_count(), worlds({1: 0.001, 1000: 0.999})),
        diversification.losses_by_creators(by_count(), worlds({1: 0.001, 1000: 0.001})),
        diversification.losses_by_creators(by_count(), worlds({1: 0.999, 1000: 0.001})),
        diversification.variance_split(split()), diversification.variance_split(split(campaign=0.3)),
        diversification.variance_split(pd.DataFrame({"source": ["together"], "share": [0.999], "se": 0.01})),
        diversification.paired(campaign(shuffled(np.linspace(-1e9, 1.01e9, 161))), "EUR"),
        diversification.paired(campaign(shuffled(np.linspace(1e8, 1.01e8, 161))), "EUR"),
    ]  # fmt: skip
    assert [f.title for f in found if len(f.title) > formatting.TITLE] == []
    assert all(f.text.endswith(".") and "nan" not in f.text.replace("nano", "") for f in found)


def test_what_is_not_known_is_said_beside_luck_at_the_most_creators():
    luck = pd.DataFrame({"creators": [1, 100], "cv": [1.5, 0.53]})
    everything = pd.DataFrame({"creators": [100], "cv": [0.8]})
    finding = diversification.not_known(luck, everything)
    assert finding.text.startswith("With 100 creators orders vary by 53% of their mean by luck alone, by 80%")
    assert "adds nothing" in diversification.not_known(luck, luck).title
