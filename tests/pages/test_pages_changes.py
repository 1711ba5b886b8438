"""Proves that the sentences on what changed follow their numbers: no movement within chance, none of a new
method, plain words for a first week and a gap."""

from datetime import date

import pandas as pd
import pytest

from nanospread import pages
from nanospread.core import formatting

NONE = pd.DataFrame(columns=["cause", "name", "old", "new"], dtype=object)


def rows(*states, share=True, real=0.03):
    """One figure of each state, whose value went from 0.2 to 0.25 (or from 200 to 250 euro)."""
    size = 1 if share else 1000
    unit = "share" if share else "EUR"
    each = [
        {
            "label": f"figure {i}", "unit": unit,
            "value": 0.25 * size, "low": 0.24 * size, "high": 0.26 * size,
            "before": 0.2 * size, "before_low": 0.19 * size, "before_high": 0.21 * size,
            "change": 0.05 * size, "data": 0.04 * size, "program": 0.0, "parameters": 0.02 * size,
            "simulation": -0.01 * size, "real": real * size * (i + 1), "real_se": 0.01 * size, "state": state,
            "why": "method 2 since 2026-W47 (ties count half)" if state == "not comparable" else "",
        }
        for i, state in enumerate(states)
    ]  # fmt: skip
    return pd.DataFrame(each)


def causes(*found):
    return pd.DataFrame(found, columns=["cause", "name", "old", "new"], dtype=object)


DATA = ("data", "newest post", date(2026, 11, 8), date(2026, 11, 15))
BUDGET = ("parameters", "budget", 5000.0, 8000.0)
SEED = ("simulation", "seed", 1, 2)


def moved(data, found=NONE, week="2026-W46", ago=1, **more):
    return pages.changes.moved(data, found, week=week, ago=ago, **more)


def test_nothing_changed_and_nothing_moved_are_two_things():
    assert moved(rows("same", "same")).text == "Nothing changed since 2026-W46 (a week ago)."
    assert moved(rows("same", "noise"), causes(SEED)).text == (
        "Nothing moved beyond chance since 2026-W46 (a week ago)."
    )


def test_what_moved_is_counted_with_its_cause_and_the_surest_come_first():
    found = moved(rows("moved", "noise", "moved"), causes(DATA, BUDGET, SEED))
    assert found.title == "2 of 3 numbers moved beyond chance since 2026-W46 because of new data and settings"
    assert found.text.endswith("Above all figure 2 from 20% to 25% and figure 0 from 20% to 25%.")


def test_other_random_numbers_are_never_the_reason_of_a_movement():
    assert "random" not in moved(rows("moved"), causes(BUDGET, SEED)).title


def test_a_gap_and_what_cannot_be_compared_are_said():
    found = moved(rows("noise", "not comparable"), ago=3)
    assert found.text == (
        "Nothing moved beyond chance since 2026-W46 (3 weeks ago, with no good report in between), "
        "1 of 2 cannot be compared."
    )


def test_the_first_week_says_that_nothing_is_said_and_why():
    first = moved(rows("new"), week="", ago=0)
    assert first.title == "No earlier report to compare with"
    assert first.text.startswith("This is the first report for this plan")
    assert moved(rows("new"), week="", ago=0, notes=("It is broken.",)).text.endswith("It is broken.")
    assert pages.changes.differences(NONE, week="") == ""


@pytest.mark.parametrize("moving", [7, 0, 4])
@pytest.mark.parametrize("found", [NONE, causes(DATA, ("program", "", None, None), BUDGET)])
def test_titles_fit_over_a_figure(moving, found):
    states = ["moved"] * moving + ["not comparable"] * (7 - moving)
    assert len(moved(rows(*states), found).title) <= formatting.TITLE


def test_every_cause_is_told_with_old_and_new_value():
    said = pages.changes.differences(
        causes(DATA, ("program", "", None, None), BUDGET, ("parameters", "nano.offer", "gift", "fee"), SEED,
               ("method", "figure 3", 1, 2)),
        week="2026-W46",
    )  # fmt: skip
    assert said == (
        "The data changed, with newest post 15 Nov 2026 instead of 8 Nov 2026. "
        "The program changed, since the same data and settings now give other numbers. "
        "Settings changed, with budget 8,000 instead of 5,000 and nano offer fee instead of gift. "
        "Random numbers changed, with random seed 2 instead of 1. A new method makes figure 3 not comparable."
    )
    assert pages.changes.differences(NONE, week="2026-W46") == (
        "Data, plan, settings and random numbers are those of 2026-W46."
    )
    same = causes(("data", "newest post", date(2026, 11, 8), date(2026, 11, 8)))
    assert "newest post of 8 Nov 2026 as before" in pages.changes.differences(same, week="2026-W46")


def test_values_that_anybody_may_have_written_stay_short_and_on_one_line():
    long = "x\n" * 400
    said = pages.changes.differences(
        causes(("parameters", "macro.creator", None, long), ("parameters", "niches", [long] * 9, [])),
        week="w",
    )
    assert "\n" not in said
    assert len(said) < 250


def test_the_table_has_each_figure_then_and_now_with_interval_change_and_parts():
    table = pages.changes.change_table(rows("moved", "not comparable", "new"))
    assert table.iloc[0].tolist() == [
        "figure 0", "+5.0 points", "yes",
        "new data +4.0 points, settings +2.0 points, random numbers −1.0 points",
        "20.0% (19.0 to 21.0)", "25.0% (24.0 to 26.0)",
    ]  # fmt: skip
    assert table.iloc[1][["then", "from"]].tolist() == ["–", "method 2 since 2026-W47 (ties count half)"]
    assert table.iloc[2]["from"] == "–"
    money = pages.changes.change_table(rows("moved", share=False)).iloc[0]
    assert money["change"] == "+EUR 50"
    assert money["now"] == "EUR 250 (240 to 260)"


def test_parts_that_cannot_be_told_say_so():
    untold = rows("moved").assign(data=float("nan"))
    assert pages.changes.change_table(untold).iloc[0]["from"] == "cannot be told apart"


@pytest.mark.parametrize(
    ("change", "unit", "said"),
    [
        (0.012, "share", "+1.2 points"), (-0.0012, "share", "−0.12 points"), (-0.6, "EUR", "−EUR 0.60"),
        (0.0, "EUR", "0"), (float("nan"), "share", "–"), (12.0, "posts", "+12 posts"),
    ],
)  # fmt: skip
def test_a_change_has_its_sign_and_unit(change, unit, said):
    assert pages.changes.difference(change, unit) == said
