"""Proves that sentences on recruiting follow their numbers, and that no offer is called cheaper too early."""

from dataclasses import replace

import pytest

from nanospread import pages
from nanospread.campaign import brief, recruitment
from nanospread.campaign.recruitment import Range
from nanospread.core import formatting
from oracles import closed_forms
from outreach_logs import NOW, counted, log, together

BRIEF = brief.changed(brief.read("sample"), **closed_forms.V20_COSTS)
NEEDED = recruitment.Needed(
    contacts=250, reached=0.803, naive=162, naive_chance=0.48, posts=25, days=45.0, chance=0.8, inbound=0.0,
    basis="measured",
)  # fmt: skip
OFFERS = recruitment.offers(log(), BRIEF, as_of=NOW)


def funnel(outreach=None, plan=BRIEF):
    return recruitment.funnel(log() if outreach is None else outreach, plan, as_of=NOW)


def test_the_funnel_says_what_comes_of_100_contacts_and_where_it_narrows():
    found = pages.recruitment.outreach_funnel(funnel())
    assert found.title == "Of 100 contacts 13 post; a campaign may see 2.4% to 27%"
    assert "within 2.4% and 27% in 8 of 10 cases. The narrowest step: 40% reply." in found.text
    assert found.text.endswith("These rates are assumed, until your outreach log tells it.")


def test_the_funnel_says_what_is_measured():
    whole = pages.recruitment.outreach_funnel(funnel(counted(300, 200, 150, 30)))
    assert whole.text.endswith("These rates are measured from your outreach log.")
    assert "The narrowest step: 27% post, of those before." in whole.text
    part = pages.recruitment.outreach_funnel(funnel(counted(300, 20, 10, 5)))
    assert "Some of these rates are measured" in part.text


def test_small_shares_of_contacts_keep_two_digits():
    few = together(*(counted(900, 90, 45, 15, campaign=f"k{i}") for i in range(12)))
    assert pages.recruitment.outreach_funnel(funnel(few)).title.startswith("Of 100 contacts 1.")


def test_contacts_needed_are_beside_what_the_mean_says():
    found = pages.recruitment.contacts_needed(NEEDED)
    assert found.title == "Contact 250 creators for an 80% chance of 25 posts by day 45; the mean says 162"
    assert found.text.startswith(
        "250 contacts reach at least 25 posts by day 45 with a chance of 80%. The mean"
    )
    assert "asks for 162, but these reach it only with 48%" in found.text
    assert "write first" not in found.text
    assert found.text.endswith("The rates are measured from your outreach log.")


def test_posts_by_themselves_are_named_and_may_be_enough():
    assert (
        "6.2 of the posts are expected from creators who write first"
        in pages.recruitment.contacts_needed(replace(NEEDED, inbound=6.21)).text
    )
    none = pages.recruitment.contacts_needed(replace(NEEDED, contacts=0, naive=0, chance=0.9, reached=0.97))
    assert none.title == "Nobody must be contacted for a 90% chance of 25 posts by day 45"
    assert "with a chance of 97%" in none.text


def test_a_long_title_leaves_out_the_mean():
    long = pages.recruitment.contacts_needed(
        replace(NEEDED, contacts=12_345, posts=1_000, days=365.5, naive=10_000, chance=0.995)
    )
    assert len(long.title) <= formatting.TITLE
    assert long.title.endswith("by day 365.5")


@pytest.mark.parametrize(
    ("saving", "word", "said"),
    [(Range(12, 3, 20), "A gift is cheaper", "the gift saves EUR 12 (80% interval EUR 3.00 to EUR 20)"),
     (Range(-12, -20, -3), "A fee is cheaper", "the fee saves EUR 12 (80% interval EUR 3.00 to EUR 20)"),
     (Range(12, -1, 20), "Too close to call", "between −EUR 1.00 and EUR 20, so it is too close to call")],
)  # fmt: skip
def test_an_offer_is_cheaper_only_where_its_interval_says_so(saving, word, said):
    found = pages.recruitment.gift_or_fee(replace(OFFERS, saving=saving), "EUR")
    assert found.title == f"{word}: a live post costs EUR 87 gifted, EUR 85 paid"
    assert said in found.text
    assert ("cheaper" in found.title) == (word != "Too close to call")


def test_the_fee_and_the_post_rate_that_turn_the_choice_are_said():
    text = pages.recruitment.gift_or_fee(OFFERS, "EUR").text
    assert "with a fee of EUR 39 (for a creator of 3,900 followers)" in text
    assert "Both cost the same at a fee of EUR 41 (80% interval EUR 8.19 to EUR 236)" in text
    assert text.endswith("The gift is level where 51% of gifted creators post; 50% are expected to.")


def test_a_gift_that_always_or_never_wins_is_said_to():
    always = replace(OFFERS, indifference=Range(-2, -5, 1))
    assert (
        "At these rates a gift is cheaper than any fee." in pages.recruitment.gift_or_fee(always, "EUR").text
    )
    never = replace(OFFERS, break_even=Range(1.2, 1.1, 1.4))
    assert (
        "Even if all gifted creators posted (now 50%), the fee"
        in pages.recruitment.gift_or_fee(never, "EUR").text
    )


def test_time_to_content_says_half_and_the_share_by_the_day():
    outreach = counted(100, 90, 80, 40, after=9.0)
    found = pages.recruitment.time_to_content(
        recruitment.time_to_content(outreach, funnel(outreach), as_of=NOW), 45
    )
    assert found.title.startswith("Half of the posts are live 8.8 days after contact;")
    assert found.title.endswith("50% of the agreed by day 45")
    assert found.text.endswith(
        "80 creators agreed, 40 are live so far; those still to post are not counted as lost."
    )
    assumed = pages.recruitment.time_to_content(recruitment.time_to_content(log(), funnel(), as_of=NOW), 45)
    assert assumed.title == "Half of the posts are live 21 days after contact; 43% of the agreed by day 45"
    assert assumed.text.endswith("Assumed, until your outreach log tells it.")


def test_briefs_as_is_have_their_interval_and_basis():
    found = pages.recruitment.briefs_as_is(recruitment.as_is(log(), BRIEF))
    assert found.title == "60% of agreed briefs are taken as they are; the next campaign 30% to 88%"
    assert found.text.endswith("This is assumed, until your outreach log tells it.")


def test_creators_who_write_first_are_counted_or_missing():
    outreach = together(
        counted(100, 40, 30, 10, campaign="out", age=140.0),
        counted(40, 40, 20, 10, campaign="in", age=100.0).assign(inbound=True),
    )
    found = pages.recruitment.inbound_creators(recruitment.inbound(outreach, BRIEF, as_of=NOW), 60)
    assert found.title.startswith("Creators who write first, 2 a week, bring ")
    assert found.text.startswith("40 creators wrote first in 20 weeks, 2 a week.")
    assert pages.recruitment.inbound_creators(None, 60).title.startswith("No creator wrote first")
