"""Proves that sentences on authenticity say what the numbers say, accuse nobody, name what is assumed or not
in the export, and never print an unknown number; and that the checked rows carry the same numbers.
"""

import math

import pandas as pd
import pytest

from nanospread import pages
from nanospread.core import formatting
from nanospread.creators import authenticity
from nanospread.pages import show

CAPACITY = authenticity.assumptions()["answered_per_post"]


def shares(nano=0.97, low=0.9, high=0.98, n=234):
    rows = [("nano", n, nano, low, high), ("macro", 45, 0.22, 0.04, 0.27)]
    return pd.DataFrame(rows, columns=["tier", "creators", "share", "low", "high"])


def summary(component="comment_share", nano=(0.041, 0.039, 0.043), macro=(0.012, 0.011, 0.0125), n=200):
    rows = [
        (component, tier, n, 0.0, middle, 0.2, low, high, 0)
        for tier, of in (("nano", nano), ("macro", macro))
        if of is not None
        for middle, low, high in [of]
    ]
    columns = ["component", "tier", "creators", "p5", "median", "p95", "median_low", "median_high", "flagged"]
    return pd.DataFrame(rows, columns=columns)


def rows(flags=3, tested=100, chance=0.02, component="follower_jump", n=9):
    return pd.DataFrame(
        {
            "creator": [f"c{at}" for at in range(tested)], "component": component, "n": n,
            "flag": [at < flags for at in range(tested)], "tested": True, "chance": chance,
        }
    )  # fmt: skip


def test_who_can_be_answered_is_said_with_its_assumption():
    found = pages.authenticity.answerable(shares(), CAPACITY)
    assert found.title == "97% of nano creators could answer every comment, against 22% of macro creators"
    assert found.text == (
        "97% of nano creators could answer every comment, against 22% of macro creators. This assumes that "
        "one person manages 35 comments a post. With 20 to 50 comments a post it is 90% to 98%."
    )
    alone = pages.authenticity.answerable(shares().head(1), CAPACITY)
    assert alone.title == "97% of nano creators could answer every comment"
    assert pages.authenticity.answerable(shares().tail(1), CAPACITY).title == (
        "No nano post with a known number of comments"
    )


@pytest.mark.parametrize(
    ("nano", "short", "said"),
    [
        ((0.041, 0.039, 0.043), "more than macro's 1.2%", "more than macro's 1.2%"),
        ((0.005, 0.004, 0.006), "less than macro's 1.2%", "less than macro's 1.2%"),
        ((0.012, 0.010, 0.014), "about as for macro", "not clearly different from macro's 1.2%"),
    ],
)
def test_the_tiers_talk_is_compared_only_beyond_both_intervals(nano, short, said):
    found = pages.authenticity.talk(summary(nano=nano))
    assert found.title.endswith(short)
    assert said in found.text


def test_without_an_interval_or_another_tier_nothing_is_compared():
    few = pages.authenticity.talk(summary(nano=(0.04, math.nan, math.nan), n=4))
    assert few.text == ("4% of typical nano engagements are comments (4 creators, too few for an interval).")
    assert "macro" not in pages.authenticity.talk(summary(macro=None)).text
    assert pages.authenticity.talk(summary(nano=None)).title == "No nano post with known likes and comments"


def test_answers_and_labels_that_are_not_exported_are_said_to_be_so():
    assert pages.authenticity.answered(summary()).title == (
        "How many comments nano creators answer is not in the export"
    )
    assert pages.authenticity.disclosed(summary()).title == (
        "Whether nano creators label advertising is not in the export"
    )
    told = pages.authenticity.answered(summary("reply_rate", nano=(0.37, 0.33, 0.44)))
    assert told.text == (
        "A typical nano creator answers 37% of comments (95% interval 33% to 44%). It varies from 0% to 20%."
    )
    labelled = pages.authenticity.disclosed(summary("disclosure", nano=(0.5, 0.4, 0.6)))
    assert labelled.title == "A typical nano creator labels 50% of posts that look like advertising"
    assert "do not count as a label" in labelled.text


def test_what_the_export_lacks_is_listed_with_what_it_would_need():
    names = list(authenticity.CATALOGUE)
    found = pd.DataFrame({"component": names * 2, "n": [5] * len(names) + [0] * len(names)})
    assert pages.authenticity.not_exported(found).text == "The export contains everything these checks need."
    lacking = found[~found["component"].isin(["reply_rate", "disclosure"])]
    said = pages.authenticity.not_exported(lacking)
    assert said.title == "The export lacks reply rate and disclosure of advertising"
    assert said.text.endswith(
        "These stay open, and need the creator's replies or the comments' texts and captions."
    )
    everything = pages.authenticity.not_exported(found.assign(n=0))
    assert all(authenticity.CATALOGUE[name].called in everything.text for name in names)


@pytest.mark.parametrize(
    ("flags", "chance", "title"),
    [
        (3, 0.02, "3 of 100 creators are flagged, chance alone would flag about 2"),
        (1, 0.0, "1 of 100 creators is flagged, chance hardly any"),
        (0, 0.01, "None of 100 creators are flagged, chance alone would flag about 1"),
    ],
)
def test_flags_stand_beside_the_number_that_luck_brings(flags, chance, title):
    found = pages.authenticity.flags(rows(flags, chance=chance))
    assert found.title == title
    assert "Nobody is left out" in found.text
    assert "100 comparisons" in found.text


def test_nobody_tested_is_said_so():
    none = rows().assign(tested=False, flag=False)
    assert pages.authenticity.flags(none).title == "Too few creators alike to flag anybody"
    assert (
        pages.authenticity.flags_beyond_luck(authenticity.by_chance(none)).title
        == "Too few creators alike to flag anybody"
    )


def test_only_what_luck_would_hardly_bring_is_said_to_be_more():
    many = authenticity.by_chance(pd.concat([rows(9), rows(3, component="following_ratio")]))
    said = pages.authenticity.flags_beyond_luck(many)
    assert said.title == "Chance alone does not explain the flags for follower jumps"
    assert "(follower jumps 9, by chance about 2)" in said.text
    few = authenticity.by_chance(pd.concat([rows(3), rows(0, component="following_ratio")]))
    assert pages.authenticity.flags_beyond_luck(few).title == "No check flags more creators than chance would"


def test_the_more_components_are_compared_the_more_a_lead_needs():
    """Five flags where luck brings 1.9: p is 0.044, enough for one component and not for one of seven."""
    one = authenticity.by_chance(rows(5, chance=0.019))
    seven = pd.concat([one, *[one.assign(flagged=0, p=1.0)] * 6], ignore_index=True)
    assert pages.authenticity.flags_beyond_luck(one).title.startswith("Chance alone")
    assert pages.authenticity.flags_beyond_luck(seven).title.startswith("No check")


def test_the_rule_is_stated_with_its_own_numbers():
    text = pages.authenticity.flag_rule().text
    assert f"{authenticity.LIMIT:g} robust" in text
    assert "10% of the scale" in text
    assert "under 10." in text


def test_a_flag_is_no_proof_and_its_worth_is_assumed():
    found = pages.authenticity.flag_worth(authenticity.what_a_flag_tells())
    assert found.title == "A flag is a question, not proof"
    for said in ("not proof", "(75% in the usual case)", "8.3%", "None of this is measured"):
        assert said in found.text
    assert "nano accounts with bought numbers range from 5% to 35%" in found.text


def test_titles_fit_two_lines_and_nothing_unknown_is_printed():
    names = pd.DataFrame({"component": list(authenticity.CATALOGUE), "n": 0})
    everywhere = pd.concat([rows(99, component=name) for name in names["component"]])
    every = [
        pages.authenticity.answerable(shares(), CAPACITY),
        pages.authenticity.talk(summary(nano=(0.04, math.nan, math.nan))),
        pages.authenticity.answered(summary("reply_rate")),
        pages.authenticity.disclosed(summary("disclosure")),
        pages.authenticity.not_exported(names),
        pages.authenticity.flags(rows(12_345, 200_000)),
        pages.authenticity.flags_beyond_luck(authenticity.by_chance(everywhere)),
        pages.authenticity.flag_rule(),
        pages.authenticity.flag_worth(authenticity.what_a_flag_tells()),
    ]
    for found in every:
        assert len(found.title) <= formatting.TITLE
        assert "nan" not in found.text.lower().replace("nano", "")
        assert "unknown" not in found.text


def test_the_checked_rows_carry_value_interval_and_basis():
    both = pd.concat([summary(), summary("reply_rate", nano=(0.37, 0.33, 0.44))])
    made = pages.authenticity.checked_rows(both, shares(), (5, 2.33, 400)).set_index("metric")
    assert made.index.tolist() == [
        "comment_share_median_nano", "comment_share_median_macro", "reply_rate_median_nano",
        "answerable_nano", "creators_flagged", "creators_flagged_by_chance",
    ]  # fmt: skip
    assert made.loc["comment_share_median_nano", ["value", "low", "high", "n"]].tolist() == [
        0.041, 0.039, 0.043, 200,
    ]  # fmt: skip
    assert made.loc["answerable_nano", "basis"] == "assumed"
    assert made.loc["creators_flagged", ["value", "n", "basis"]].tolist() == [5, 400, "measured"]
    assert made.loc["creators_flagged_by_chance", ["value", "basis"]].tolist() == [2.33, "estimated"]
    assert show.metrics(made.reset_index()).data[show.METRICS]


def test_the_checked_rows_leave_out_what_is_not_exported():
    made = pages.authenticity.checked_rows(summary().head(0), shares().head(0), (0, 0.0, 0))
    assert made["metric"].tolist() == ["creators_flagged", "creators_flagged_by_chance"]
    assert show.metrics(made).data[show.METRICS]
