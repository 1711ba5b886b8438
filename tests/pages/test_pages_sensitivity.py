"""Proves that the sentences on the assumptions follow from the tables, and are no surer than their errors."""

import math

import pandas as pd
import pytest

from nanospread import pages
from nanospread.core import formatting
from nanospread.pages import sensitivity as page

LONG = "an_assumption_with_a_name_that_is_far_too_long_for_a_title"


def tornado(*rows, gain=4_000.0, se=50.0):
    """Rows of name, gain at low, gain at high; all values from 1 to 3."""
    frame = pd.DataFrame(rows, columns=["name", "gain_low", "gain_high"]).assign(
        low=1.0, central=2.0, high=3.0, unit="ratio", basis="assumed", gain=gain, gain_se=se, swing_se=1.0,
        gain_low_se=se, gain_high_se=se, beats_low=0.6, beats_high=0.9,
    )  # fmt: skip
    swing = (frame["gain_high"] - frame["gain_low"]).abs()
    return frame.assign(swing=swing).sort_values("swing", ascending=False, ignore_index=True)


STEADY = tornado(
    ("kappa", 500.0, 19_000.0), ("order_value", 3_000.0, 5_000.0), ("shipping", 4_000.0, 4_000.0)
)


def test_where_nothing_turns_the_choice_the_title_names_what_moves_it_most():
    said = pages.sensitivity.tornado(STEADY, "EUR")
    assert said.title == "No single assumption turns the choice; kappa moves the gain most"
    assert said.text == (
        "On average gifted nano earns EUR 4,000 more than the macro. Kappa moves the gain most: from EUR 500 "
        "at 1 to EUR 19,000 at 3. No single one turns the choice. Over all of these ranges, one at a time, "
        "gifted nano beats the macro in 60% to 90% of worlds."
    )


def test_what_turns_the_choice_is_named_with_its_value():
    rows = tornado(("kappa", 500.0, 19_000.0), ("cvr_nano", -1_800.0, 9_000.0), ("margin", 5_000.0, -200.0))
    said = pages.sensitivity.tornado(rows, "EUR")
    assert said.title == "Cvr nano or margin alone can turn the choice"
    assert "By mean profit the choice turns if cvr nano is 1 or margin is 3." in said.text
    assert pages.sensitivity.turning(rows) == {"cvr_nano": ["low"], "margin": ["high"]}


def test_the_choice_turns_towards_nano_as_well():
    rows = tornado(("kappa", -5_000.0, 700.0), gain=-4_000.0)
    assert pages.sensitivity.turning(rows) == {"kappa": ["high"]}
    assert "gifted nano earns EUR 4,000 less than the macro" in pages.sensitivity.tornado(rows, "EUR").text


@pytest.mark.parametrize(("low", "turned"), [(-99.0, {}), (-101.0, {"kappa": ["low"]}), (99.0, {})])
def test_a_turn_needs_two_standard_errors(low, turned):
    rows = tornado(("kappa", low, 9_000.0))
    assert pages.sensitivity.turning(rows) == turned
    close = "at an end of kappa it is too close to call" in pages.sensitivity.tornado(rows, "EUR").text
    assert close == (not turned)


def test_a_gain_within_its_error_is_too_close_to_call_and_nothing_turns_it():
    rows = tornado(("kappa", -900.0, 900.0), gain=90.0)
    said = pages.sensitivity.tornado(rows, "EUR")
    assert pages.sensitivity.turning(rows) == {}
    assert said.title == "Too close to call who earns more; kappa moves it most"
    assert "too close to call (gifted nano minus macro EUR 90 ± EUR 100)" in said.text
    assert "earns more than the macro" not in said.text


def test_a_swing_within_its_error_does_not_count_as_moving_the_gain():
    rows = tornado(("kappa", 4_000.0, 4_001.0))
    assert pages.sensitivity.tornado(rows, "EUR").title == "No assumption moves the gain"


def test_a_gain_of_nothing_has_no_side():
    rows = tornado(("kappa", 0.0, 0.0), gain=0.0, se=0.0)
    assert pages.sensitivity.turning(rows) == {}


@pytest.mark.parametrize("many", [1, 2, 3, 7])
def test_titles_bear_long_names(many):
    rows = tornado(*((f"{LONG}_{i}", -1_000.0 - i, 9_000.0) for i in range(many)))
    said = pages.sensitivity.tornado(rows, "EUR", arm="nano_fee")
    assert len(said.title) <= formatting.TITLE
    assert said.title.endswith("turn the choice")


# --- two at once


def cells(*rows, se=0.005):
    frame = pd.DataFrame(rows, columns=["x", "y", "p_loss"])
    return frame.assign(x_name="kappa", y_name="rho_campaign", p_loss_se=se)


def test_the_map_says_which_of_the_two_decides():
    said = pages.sensitivity.heat_map(cells((1, 0, 0.99), (1, 0.4, 0.93), (45, 0, 0.01), (45, 0.4, 0.10)))
    assert said.title == "Kappa decides the odds of a loss more than rho campaign"
    assert "moves gifted nano's chance of a loss by up to 98 points, rho campaign by up to 9" in said.text
    assert "loses money more often than not at 2 of the 4 pairs of values." in said.text
    assert said.text.endswith("its chance of a loss is 1% to 99%.")


def test_the_map_turns_round_with_the_axes():
    said = pages.sensitivity.heat_map(cells((1, 0, 0.9), (1, 0.4, 0.1), (45, 0, 0.88), (45, 0.4, 0.08)))
    assert said.title == "Rho campaign decides the odds of a loss more than kappa"


def test_a_map_within_its_errors_decides_nothing():
    even = pages.sensitivity.heat_map(cells((1, 0, 0.5), (1, 1, 0.3), (2, 0, 0.299), (2, 1, 0.1)))
    assert even.title == "Kappa and rho campaign move the odds of a loss about as much"
    assert "1 more is too close to call" in even.text
    flat = pages.sensitivity.heat_map(cells((1, 0, 0.30), (1, 1, 0.305), (2, 0, 0.302), (2, 1, 0.30)))
    assert flat.title == "Neither kappa nor rho campaign clearly moves the odds of a loss"


def test_cells_that_could_not_be_do_not_count():
    whole = cells((1, 0, 0.9), (1, 1, math.nan), (2, 0, 0.2), (2, 1, 0.1))
    assert "at 1 of the 3 pairs" in pages.sensitivity.heat_map(whole).text
    assert pages.sensitivity.heat_map(whole.iloc[1:2]).title == "No pair of values could be"


# --- all at once


def shares(*rows, half=0.02):
    frame = pd.DataFrame(rows, columns=["name", "first", "total"]).assign(of="gain")
    for kind in ("first", "total"):
        frame = frame.assign(**{f"{kind}_low": frame[kind] - half, f"{kind}_high": frame[kind] + half})
    return frame


THREE = (("margin", 0.1, 0.15), ("kappa", 0.4, 0.7), ("cvr_nano", 0.2, 0.4))


def test_the_leaders_explain_the_sum_of_their_own_shares():
    said = pages.sensitivity.indices(shares(*THREE))
    assert said.title == "Kappa and cvr nano explain about 60% of what is uncertain"
    assert (
        "variance of the gain over the macro they would cause alone, with 3 assumptions varied" in said.text
    )
    assert "Kappa leads clearly. Another 30% comes of interactions between them." in said.text


def test_wide_intervals_make_a_range_and_no_leader():
    said = pages.sensitivity.indices(shares(*THREE, half=0.3))
    # the errors of two shares add as squares: 0.6 +- 0.42
    assert said.title == "Kappa and cvr nano explain 18% to 100% of what is uncertain"
    assert "Whether kappa or cvr nano comes first is too close to call." in said.text
    assert (
        "Whether they also act on each other is too close to call (0% to 82% of the variance)." in said.text
    )


def test_shares_stay_between_0_and_1_in_words():
    said = pages.sensitivity.indices(shares(("kappa", 1.04, 1.1), ("margin", -0.03, 0.02)))
    assert "explain about 100%" in said.title


def test_one_assumption_alone_and_none_at_all():
    assert pages.sensitivity.indices(shares(("kappa", 0.99, 0.99))).title.startswith(
        "Kappa explains about 99%"
    )
    still = pages.sensitivity.indices(shares(("kappa", 0.0, 0.0), half=0))
    assert still.title == "Nothing varies the gain over the macro"
    assert pages.sensitivity.indices(shares(*THREE), of="profit").title == "Nothing varies the profit of nano"


def test_long_names_leave_room_for_the_share():
    named = shares((f"{LONG}_1", 0.4, 0.4), (f"{LONG}_2", 0.4, 0.4), half=0.3)
    assert len(pages.sensitivity.indices(named).title) <= 100


def test_only_a_narrow_interval_is_one_number():
    assert page._range(0.6, 0.04, 0.04) == "about 60%"
    assert page._range(0.6, 0.06, 0.06) == "54% to 66%"


# --- break-evens


def roots(*rows):
    columns = ["name", "pays", "pays_se", "pays_side", "even", "even_se", "even_side"]
    return pd.DataFrame(rows, columns=columns).assign(low=0.0, central=5.0, high=10.0, basis="assumed")


NAN = (math.nan, math.nan)


def test_break_evens_are_named_nearest_first():
    rows = roots(
        ("cvr_nano", 1.0, 0.1, "above", *NAN, "always"),
        ("kappa", 4.5, 0.1, "above", 2.5, 0.1, "above"),
        ("product_cost", 7.0, 0.1, "below", *NAN, "never"),
    )
    said = pages.sensitivity.break_evens(rows)
    assert said.title == "Nano pays only with kappa above 4.5"
    assert said.text == (
        "On average gifted nano earns its cost only with kappa above 4.5, product cost below 7 and cvr nano "
        "above 1, each with all else as in the brief. On average gifted nano earns more than the macro only "
        "with kappa above 2.5, each with all else as in the brief."
    )


def test_a_root_that_its_error_cannot_place_is_not_named():
    rows = roots(("kappa", 4.5, 3.0, "above", 2.5, 0.1, "below"))
    said = pages.sensitivity.break_evens(rows)
    assert said.title == "Nano beats the macro on average only with kappa below 2.5"
    assert "4.5" not in said.text


def test_no_break_even_is_said_so():
    said = pages.sensitivity.break_evens(roots(("kappa", *NAN, "always", *NAN, "never")))
    assert said.title == "No assumption alone changes whether nano pays or beats the macro"
    assert said.text == f"{said.title}, within the ranges given."
