"""Proves that few nano creators, or few posts of each, are counted, named, and never made odds of."""

import numpy as np
import pytest

import nanospread as ns
import thin_data
from nanospread.pages import health
from nanospread.study import health_checks


@pytest.mark.parametrize(
    ("nano", "posts", "said"),
    [
        (1, 1, "1 nano creator of your niches, with 1 post."),
        (1, 12, "1 nano creator of your niches, with 12 posts."),
        (2, 1, "2 nano creators of your niches, with 1 post each."),
        (2, 12, "2 nano creators of your niches, with 12 posts each."),
        (10, 1, "10 nano creators of your niches, with 1 post each."),
        (10, 12, "10 nano creators of your niches, with 12 posts each."),
        (30, 2, "30 nano creators of your niches, with 2 posts each."),
    ],
)
def test_creators_and_posts_of_each_both_count_and_are_said(tmp_path, nano, posts, said):
    study = ns.open(thin_data.exports(tmp_path, nano, posts), brief=thin_data.brief(tmp_path, "food"))
    assert study.amount == (nano, posts, ())
    assert health.thinness(study.amount).startswith(f"Thin data. Your data hold {said}")
    assert study.withheld == ""


def test_thirty_creators_with_three_posts_each_are_not_thin(tmp_path):
    study = ns.open(thin_data.exports(tmp_path, 30, 3), brief=thin_data.brief(tmp_path, "food"))
    assert health.thinness(study.amount) == ""
    assert not health_checks.thin(study.amount)


def test_there_are_no_odds_about_creators_that_are_not_there(tmp_path):
    study = ns.open(thin_data.exports(tmp_path, 0, 12), brief=thin_data.brief(tmp_path, "food"))
    run = study.simulate(128)
    assert run.odds().isna().all(axis=None)
    worded = ns.pages.verdict.worded(run)
    assert worded.advice.text.startswith("Export nano creators before buying anything.")
    assert worded.verdict.text == (
        "No odds are given, since no nano creator in your data has a post with a known engagement rate."
    )
    assert next(row for row in ns.health(study) if row.name == "data_amount").status == "FAIL"


def test_nano_creators_of_other_niches_are_named_and_are_none_of_the_brief_s(tmp_path):
    study = ns.open(thin_data.exports(tmp_path, 10, 3), brief=thin_data.brief(tmp_path, "sailing"))
    assert study.amount == (0, 0.0, ("food",))
    assert study.withheld == "your data hold no nano creator of sailing, only of food"


@pytest.mark.slow
def test_the_default_brief_takes_the_niches_of_the_data_where_they_lack_one_of_its_own(tmp_path):
    data = thin_data.exports(tmp_path, 3, 3, niche="sailing")
    found = ns.open(data).asked
    assert (found.niches, found.macro.niche, dict(found.shortlist.least_per_niche)) == (
        ("sailing",), "sailing", {},
    )  # fmt: skip
    assert len(ns.open(data).shortlist().invitations) == 3
    assert ns.open(data, niches=("food",)).asked.niches == ("food",)
    with pytest.raises(AssertionError):  # a brief of one's own keeps its niches
        assert ns.open(data, brief=thin_data.brief(tmp_path, "food")).asked.niches == ("sailing",)
    assert ns.open().asked.niches == ("fashion", "beauty", "food", "travel")


@pytest.mark.slow
def test_few_creators_leave_one_doubt_that_further_ones_do_not_average_out(tmp_path):
    def spread(nano):
        data = thin_data.exports(tmp_path / str(nano), nano, 6)
        study = ns.open(data, brief=thin_data.brief(tmp_path, "food"))
        run = study.simulate(2_000, only=[study.nano]).central
        engaged = np.log(run.worlds["engagements"].clip(lower=1))
        return float(np.subtract(*np.quantile(engaged, [0.9, 0.1])))

    one, ten, many = (spread(nano) for nano in (1, 10, 40))
    assert one > ten + 0.1
    assert ten > many
