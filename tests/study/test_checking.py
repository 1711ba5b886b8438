"""Proves that each check of a study turns when, and only when, what it measures does."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from nanospread.campaign.beliefs import Beliefs, Conflict
from nanospread.campaign.beliefs.importance import SamplerResult
from nanospread.study import health
from nanospread.study.data import SampleSize

ONE = np.ones((4, 1))
FIT = SamplerResult(np.empty((0, 0)), "importance", 800.0, 0.5)
LEARNED = Beliefs(("kappa",), ONE, ONE, {"kappa": "learned"}, {"kappa": "130 results"}, fits=(FIT,))
NEWEST = pd.Timestamp("2026-11-15", tz="UTC")


def study(
    *, beliefs=LEARNED, results=130, nano=40, posts=6, bounded=0, basis="measured", implausible="",
    currency="EUR", in_eur=(),
):  # fmt: skip
    model = SimpleNamespace(
        n_posts=1_000, n_creators=100, n_bounded=bounded, sd_between_basis="measured", sd_within_basis=basis,
    )  # fmt: skip
    return SimpleNamespace(
        engagement=model, implausible=implausible, amount=SampleSize(nano, posts, ()), as_of=NEWEST,
        beliefs=beliefs,
        brief=SimpleNamespace(niches=("food",), currency=currency, in_eur=in_eur),
        asked=SimpleNamespace(zone=None),
        tables=SimpleNamespace(results=pd.DataFrame({"campaign": ["a"] * results})),
    )  # fmt: skip


def forecasts(inside=80, outside=20, sold=4, missed=0):
    campaigns = pd.DataFrame({"cdf": [0.5] * sold + [0.99] * missed})
    return SimpleNamespace(
        campaigns=lambda n_worlds: campaigns,
        nano=pd.DataFrame({"tier": "nano", "cdf": [0.5] * inside + [0.99] * outside}),
    )


def status(of=None, check=None, week=""):
    rows = health(of or study(), check=check or forecasts(), week=week)
    return {row.name: row.status for row in rows}


def test_a_sound_study_passes_every_check():
    assert set(status(week="2026-W47").values()) == {"PASS"}


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("engagement_fit", {"bounded": 51}, "REVIEW"),
        ("engagement_fit", {"basis": "published"}, "REVIEW"),
        ("engagement_fit", {"implausible": "likes without posts"}, "FAIL"),
        ("data_amount", {"nano": 29}, "REVIEW"),
        ("data_amount", {"posts": 2}, "REVIEW"),
        ("data_amount", {"nano": 0}, "FAIL"),
        ("results", {"beliefs": replace(LEARNED, learned_from={}, fits=()), "results": 0}, "REVIEW"),
        ("results_fit", {"beliefs": replace(LEARNED, fits=(FIT, FIT._replace(pareto_k=0.8)))}, "REVIEW"),
        ("results_fit", {"beliefs": replace(LEARNED, fits=(FIT._replace(effective=99.0),))}, "REVIEW"),
        ("results_fit", {"beliefs": replace(LEARNED, unfitted=(("kappa",),))}, "FAIL"),
        (
            "prior_conflict",
            {"beliefs": replace(LEARNED, conflicts=(Conflict("kappa", 90, 1, 45),))},
            "REVIEW",
        ),
        (
            "contradictions",
            {"beliefs": replace(LEARNED, notes=("2 results have two currencies.",))},
            "REVIEW",
        ),
    ],
)
def test_one_thing_wrong_turns_its_check_alone(name, changes, expected):
    found = status(study(**changes))
    assert found.pop(name) == expected
    assert set(found.values()) == {"PASS"}


@pytest.mark.parametrize(
    ("week", "expected"), [("2026-W48", "PASS"), ("2026-W49", "REVIEW"), ("2027-W01", "FAIL")]
)
def test_data_age_is_told_in_the_week_of_the_report(week, expected):
    assert status(week=week)["data_age"] == expected


@pytest.mark.parametrize(
    ("inside", "outside", "expected"),
    [
        (160, 40, "PASS"),
        (190, 10, "REVIEW"),
        (140, 60, "REVIEW"),
        (100, 100, "FAIL"),
        (10, 5, "REVIEW"),
        (0, 0, "REVIEW"),
    ],
)
def test_intervals_of_posts_must_hold_what_they_promise(inside, outside, expected):
    assert status(check=forecasts(inside, outside))["posts_held"] == expected


@pytest.mark.parametrize(
    ("sold", "missed", "expected"),
    [(4, 0, "PASS"), (3, 1, "PASS"), (0, 4, "FAIL"), (1, 0, "REVIEW"), (20, 0, "REVIEW")],
)
def test_intervals_of_campaigns_must_hold_what_they_promise(sold, missed, expected):
    assert status(check=forecasts(sold=sold, missed=missed))["campaigns_held"] == expected


def test_the_worst_check_comes_first_and_without_results_nothing_is_said_of_their_fit():
    rows = health(
        study(implausible="no", posts=2, beliefs=replace(LEARNED, learned_from={}, fits=())),
        check=forecasts(),
    )
    assert [row.status for row in rows][:3] == ["FAIL", "REVIEW", "REVIEW"]
    assert not {"results_fit", "prior_conflict", "contradictions", "data_age"} & {row.name for row in rows}


def test_amounts_that_are_still_in_eur_are_to_be_reviewed():
    assert status(study(currency="SEK", in_eur=("order_value",)))["currency"] == "REVIEW"
    assert status(study(currency="SEK"))["currency"] == "PASS"
    assert "currency" not in status()
