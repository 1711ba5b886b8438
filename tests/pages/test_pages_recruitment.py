"""Proves that sentences on recruiting follow their numbers, and that no offer is called cheaper too early."""

from dataclasses import replace

import pytest

from nanospread import pages
from nanospread.campaign import brief, recruitment
from nanospread.campaign.recruitment import Range
from oracles import closed_forms
from outreach_logs import NOW, counted, log, together

BRIEF = brief.changed(brief.read("sample"), **closed_forms.V20_COSTS)
NEEDED = recruitment.RequiredContacts(
    contacts=250, reached=0.803, naive=162, naive_chance=0.48, posts=25, days=45.0, chance=0.8, inbound=0.0,
    basis="measured",
)  # fmt: skip
OFFERS = recruitment.offers(log(), BRIEF, as_of=NOW)


def funnel(outreach=None, plan=BRIEF):
    return recruitment.funnel(log() if outreach is None else outreach, plan, as_of=NOW)


def test_the_funnel_says_what_comes_of_100_contacts_and_where_it_narrows():
    found = pages.recruitment.outreach_funnel(funnel())
    assert found.title == "Of 100 creators contacted, 13 post"
    assert "2.4% to 27% in 8 of 10 cases. The narrowest step is that only 40% reply." in found.text
    assert found.text.endswith("These rates are assumed, until your outreach log tells it.")


def test_the_funnel_says_what_is_measured():
    whole = pages.recruitment.outreach_funnel(funnel(counted(300, 200, 150, 30)))
    assert whole.text.endswith("These rates are measured from your outreach log.")
    assert "The narrowest step is that only 27% post, of those before." in whole.text
    part = pages.recruitment.outreach_funnel(funnel(counted(300, 20, 10, 5)))
    assert "Some of these rates are measured" in part.text


def test_small_shares_of_contacts_keep_two_digits():
    few = together(*(counted(900, 90, 45, 15, campaign=f"k{i}") for i in range(12)))
    assert pages.recruitment.outreach_funnel(funnel(few)).title.startswith("Of 100 creators contacted, 1.")


def test_contacts_needed_are_beside_what_the_mean_says():
    found = pages.recruitment.contacts_needed(NEEDED)
    assert found.title == "Write to 250 creators for 25 live posts"
    assert found.text.startswith("Write to 250 creators to be 80% sure of 25 live posts within 45 days.")
    assert "asks for 162, but these reach it in only 48% of cases" in found.text
    unless = pages.recruitment.contacts_needed(NEEDED, chosen=False)
    assert unless.title == found.title.replace("Write to", "Should you take nano, write to")
    assert unless.text == found.text.replace("Write to", "Should you take nano, write to")
    weeks = pages.recruitment.contacts_needed(replace(NEEDED, days=42.0)).text
    assert "within 6 weeks" in weeks
    assert "write first" not in found.text
    assert found.text.endswith("The rates are measured from your outreach log.")


def test_posts_by_themselves_are_named_and_may_be_enough():
    assert (
        "Creators who write first bring 6.2 of the posts."
        in pages.recruitment.contacts_needed(replace(NEEDED, inbound=6.21)).text
    )
    none = pages.recruitment.contacts_needed(replace(NEEDED, contacts=0, naive=0, chance=0.9, reached=0.97))
    assert none.title == "Nobody must be contacted for 25 live posts"
    assert "with a chance of 97%" in none.text


def test_titles_stay_short():
    long = pages.recruitment.contacts_needed(
        replace(NEEDED, contacts=12_345, posts=1_000, days=365.5, naive=10_000, chance=0.995)
    )
    assert len(long.title) <= 60
    assert "within 365.5 days" in long.text


@pytest.mark.parametrize(
    ("saving", "word", "said"),
    [
        (Range(12, 3, 20), "A gift is cheaper than a fee", "The gift saves EUR 12 (80% range EUR 3.00 to"),
        (Range(-12, -20, -3), "A fee is cheaper than a gift", "The fee saves EUR 12 (80% range EUR 3.00 to"),
        (Range(12, -1, 20), "Gift or fee: too close to call", "lies between −EUR 1.00 and EUR 20"),
    ],
)  # fmt: skip
def test_an_offer_is_cheaper_only_where_its_interval_says_so(saving, word, said):
    found = pages.recruitment.gift_or_fee(replace(OFFERS, saving=saving), "EUR")
    assert found.title == word
    assert "A live post costs EUR 87 with a gift and EUR 85 with a fee" in found.text
    assert said in found.text


def test_the_fee_and_the_post_rate_that_turn_the_choice_are_said():
    text = pages.recruitment.gift_or_fee(OFFERS, "EUR").text
    assert "with a fee of EUR 39, for a creator of 3,900 followers" in text
    assert "Both cost the same at a fee of EUR 41 (80% range EUR 8.19 to EUR 236)" in text
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
    assert found.title == "Half of all posts are live 8.8 days after contact"
    assert "Within 45 days, 50% of those who agreed are live" in found.text
    assert found.text.endswith(
        "80 creators agreed, 40 are live so far; those still to post count as pending, not lost."
    )
    assumed = pages.recruitment.time_to_content(recruitment.time_to_content(log(), funnel(), as_of=NOW), 45)
    assert assumed.title == "Half of all posts are live 21 days after contact"
    assert assumed.text.endswith("Assumed, until your outreach log tells it.")


def test_briefs_as_is_have_their_interval_and_basis():
    found = pages.recruitment.briefs_as_is(recruitment.as_is(log(), BRIEF))
    assert found.title == "60% of creators who agree take your terms unchanged"
    assert found.text.endswith("This is assumed, until your outreach log tells it.")


def test_creators_who_write_first_are_counted_or_missing():
    outreach = together(
        counted(100, 40, 30, 10, campaign="out", age=140.0),
        counted(40, 40, 20, 10, campaign="in", age=100.0).assign(inbound=True),
    )
    found = pages.recruitment.inbound_creators(recruitment.inbound(outreach, BRIEF, as_of=NOW), 60)
    assert found.title.startswith("Creators who write first bring ")
    assert found.text.startswith("40 creators wrote first in 20 weeks, 2 a week.")
    assert pages.recruitment.inbound_creators(None, 60).title.startswith("No creator wrote first")
