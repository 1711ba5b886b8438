"""Proves the sensitivity analyses against laws whose answer is known, and by direction on the simulation.

Most tests put a law in the simulation's place: it gives the mean profit of both arms for a brief, and each
world adds its luck (sd LUCK of nano and of the macro). Then swings, odds, roots and Sobol indices have closed
forms.
"""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import bundled
from nanospread.campaign import brief as briefs
from nanospread.campaign import sensitivity, simulation
from nanospread.campaign.sensitivity import jointly, pairs
from nanospread.core import errors

LUCK = {"nano": 30.0, "macro": 40.0}
APART = math.hypot(*LUCK.values())


@pytest.fixture
def brief():
    return briefs.read("sample")


@pytest.fixture
def lawful(monkeypatch):
    """Let the "model" of a test be a law: brief -> mean profit of nano and of the macro."""

    def profits(law, brief, *, n_worlds, seed, only):
        if n_worlds < 1:
            raise errors.InputError(f"n_worlds must be 1 or more; got {n_worlds}")
        nano, macro = law(brief)
        random = np.random.default_rng(seed)
        both = {
            f"nano_{brief.nano.offer}": nano + LUCK["nano"] * random.standard_normal(n_worlds),
            "macro": macro + LUCK["macro"] * random.standard_normal(n_worlds),
        }
        assert sorted(only) == sorted(both)
        return both

    monkeypatch.setattr(simulation, "profits", profits)


def linear(brief):
    """Nano earns 10 per kappa less 2 per product cost; the macro is sure of 20 and 100 x its conversion."""
    return 10 * brief.value("kappa") - 2 * brief.value("product_cost"), 20 + 100 * brief.value("cvr_macro")


# --- tornado


def test_swings_are_exact_because_both_ends_share_their_worlds(brief, lawful):
    found = sensitivity.tornado(linear, brief, n_worlds=1_000, seed=1).set_index("name")
    assert found.loc["kappa", "swing"] == pytest.approx(10 * (45 - 1))
    assert found.loc["product_cost", "swing"] == pytest.approx(2 * (40 - 10))
    assert found.loc["cvr_macro", "swing"] == pytest.approx(100 * (0.025 - 0.005))
    assert found.loc["kappa", "swing_se"] == pytest.approx(0, abs=1e-9)
    assert list(found.index[:3]) == ["kappa", "product_cost", "cvr_macro"]


def test_every_assumption_in_force_has_a_row_even_where_it_changes_nothing(brief, lawful):
    found = sensitivity.tornado(linear, brief, n_worlds=50, seed=1)
    assert sorted(found["name"]) == sorted(brief.in_force())
    still = found[~found["name"].isin(["kappa", "product_cost", "cvr_macro"])]
    assert still["swing"].eq(0).all()
    assert (still["gain_low"] == still["gain"]).all()
    assert (still["gain_high"] == still["gain"]).all()


@pytest.mark.parametrize(("end", "kappa"), [("", 10), ("_low", 1), ("_high", 45)])
def test_measures_are_within_four_errors_of_their_closed_forms(brief, lawful, end, kappa):
    frame = sensitivity.tornado(linear, brief, n_worlds=4_000, seed=2, names=["kappa"])
    nano, macro = 10 * kappa - 40, 20 + 1.4
    expected = {
        "profit": nano,
        "gain": nano - macro,
        "loss": norm.cdf(-nano / LUCK["nano"]),
        "beats": norm.cdf((nano - macro) / APART),
    }
    for measure, value in expected.items():
        se = frame[f"{measure}{end}_se"].iloc[0]
        assert 0 < se < {"profit": 1, "gain": 2}.get(measure, 0.02)
        assert abs(frame[f"{measure}{end}"].iloc[0] - value) < 4 * se


def test_a_tornado_tells_what_it_assumed(brief, lawful):
    row = sensitivity.tornado(linear, brief, n_worlds=50, seed=1, names=["kappa"]).iloc[0]
    assert row[["unit", "basis", "low", "central", "high", "clipped"]].tolist() == [
        "ratio", "assumed", 1, 10, 45, False
    ]  # fmt: skip


def test_shares_of_luck_that_sum_above_one_are_drawn_back_and_flagged(brief, lawful):
    row = brief.assumptions["rho_campaign"].model_copy(update={"high": 0.95})
    other = brief.model_copy(update={"assumptions": brief.assumptions.replaced({"rho_campaign": row})})
    found = sensitivity.tornado(linear, other, n_worlds=20, seed=1, names=["rho_campaign", "rho_niche"])
    campaign, niche = (found[found["name"] == name].iloc[0] for name in ("rho_campaign", "rho_niche"))
    assert campaign["clipped"]
    assert campaign["high"] == pytest.approx(0.9, abs=2e-5)
    assert campaign["high"] <= 0.9
    assert (niche["clipped"], niche["high"]) == (False, 0.3)


def test_a_value_that_only_the_simulation_refuses_is_drawn_back_too(brief, lawful):
    def picky(brief):
        if brief.value("labour_per_contact") < 3:
            raise errors.InputError("the list is too long")
        return linear(brief)

    row = sensitivity.tornado(picky, brief, n_worlds=20, seed=1, names=["labour_per_contact"]).iloc[0]
    assert row["clipped"]
    assert row["low"] == pytest.approx(3, abs=1e-4)
    assert row["high"] == 8


def test_a_switch_that_is_off_is_asked_only_by_name(brief, lawful):
    def wearing(brief):
        return 100 - 50 * brief.value("wear_out"), 0

    row = sensitivity.tornado(wearing, brief, n_worlds=1_000, seed=1, names=["wear_out"]).iloc[0]
    assert row["central"] == 0
    assert row["gain"] - row["gain_high"] == pytest.approx(50 * 0.4)
    assert row["swing"] == pytest.approx(50 * (0.4 - 0.1))


@pytest.mark.parametrize("what", [sensitivity.tornado, sensitivity.break_evens, sensitivity.indices])
def test_an_unknown_assumption_is_named_with_the_nearest(brief, lawful, what):
    with pytest.raises(errors.InputError, match="unknown assumption 'kapa'; did you mean 'kappa'"):
        what(linear, brief, n_worlds=20, seed=1, names=["kappa", "kapa"])
    with pytest.raises(errors.InputError, match="at least one assumption"):
        what(linear, brief, n_worlds=20, seed=1, names=[])


# --- map


def test_each_cell_is_within_four_errors_of_its_closed_form(brief, lawful):
    found = sensitivity.heat_map(
        linear, brief, x="kappa", y="product_cost", xs=[2, 4, 8], ys=[30, 10], n_worlds=4_000, seed=3
    )
    assert found[["x", "y"]].to_numpy().tolist() == [[2, 10], [2, 30], [4, 10], [4, 30], [8, 10], [8, 30]]
    assert set(found["x_name"]) == {"kappa"}
    assert set(found["y_name"]) == {"product_cost"}
    nano = 10 * found["x"] - 2 * found["y"]
    tail = -LUCK["nano"] * norm.pdf(norm.ppf(0.05)) / 0.05
    expected = {
        "p_loss": norm.cdf(-nano / LUCK["nano"]),
        "p_beats": norm.cdf((nano - 21.4) / APART),
        "profit_mean": nano,
        "cvar_5": nano + tail,
    }
    for measure, values in expected.items():
        assert (found[f"{measure}_se"] > 0).all()
        assert ((found[measure] - values).abs() < 4 * found[f"{measure}_se"]).all()


def test_the_default_grid_runs_from_low_to_high_on_the_range_s_own_scale(brief, lawful):
    found = sensitivity.heat_map(linear, brief, n_worlds=20, seed=1)
    assert found["x"].unique().tolist() == [1, 2.1, 4.6, 9.8, 21, 45]  # equal ratios, at two digits
    assert found["y"].unique().tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])  # equal steps
    assert len(found) == 30


def test_two_digits_are_kept_only_where_they_tell_the_values_apart():
    assert jointly._rounded([0.9, 0.9342, 0.9678, 0.99]) == [0.9, 0.93, 0.97, 0.99]
    close = [0.99, 0.9933, 0.9967, 0.999]
    assert jointly._rounded(close) == close
    assert jointly._rounded([0.5]) == [0.5]


def test_a_pair_that_cannot_be_is_left_blank(brief, lawful):
    found = sensitivity.heat_map(
        linear, brief, x="rho_niche", y="rho_campaign", xs=[0.1, 0.6], ys=[0.1, 0.6], n_worlds=20, seed=1
    )
    assert found["p_loss"].isna().tolist() == [False, False, False, True]


def test_a_field_of_the_brief_can_be_mapped_when_its_values_are_given(brief, lawful):
    def spending(brief):
        return brief.budget, 0

    found = sensitivity.heat_map(spending, brief, x="budget", xs=[2_000, 3_000], n_worlds=400, seed=1)
    assert found["profit_mean"].iloc[-1] - found["profit_mean"].iloc[0] == pytest.approx(1_000)
    with pytest.raises(errors.InputError, match="budget has no range of its own"):
        sensitivity.heat_map(spending, brief, x="budget", n_worlds=20, seed=1)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"x": "kapa"}, "unknown parameter 'kapa'; did you mean 'kappa'"),
        ({"x": "kappa", "y": "kappa"}, "got 'kappa' twice"),
        ({"xs": []}, "kappa needs at least one value"),
        ({"n_worlds": 0}, "n_worlds must be 1 or more"),
        ({"xs": [-1]}, "no pair of the kappa and rho_campaign given can be simulated"),
    ],
)
def test_a_map_that_cannot_be_says_why(brief, lawful, asked, said):
    with pytest.raises(errors.InputError, match=said):
        sensitivity.heat_map(linear, brief, **{"n_worlds": 20, "seed": 1, **asked})


# --- global indices


def indices_of(law, brief, names, n=128, of="gain", **more):
    found = sensitivity.indices(law, brief, names=names, n=n, n_worlds=16, seed=4, **more)
    return found[found["of"] == of].set_index("name")


def test_indices_of_a_sum_are_the_shares_of_the_variances(brief, lawful):
    parts = {"margin": 100.0, "flop_rate": 60.0, "kappa": 4.0}  # kappa counts by its logarithm

    def added(brief):
        nano = parts["margin"] * brief.value("margin") + parts["flop_rate"] * brief.value("flop_rate")
        return nano + parts["kappa"] * math.log(brief.value("kappa")), 0

    # a uniform's variance is width^2 / 12
    widths = {"margin": 100 * 0.3, "flop_rate": 60 * 0.23, "kappa": 4 * math.log(45)}
    # flop_rate spans more than ten times, so it is uniform in its logarithm
    low, high = brief.assumptions["flop_rate"].low, brief.assumptions["flop_rate"].high
    mean = (high - low) / math.log(high / low)
    variance = {name: width**2 / 12 for name, width in widths.items()}
    variance["flop_rate"] = 60**2 * ((high**2 - low**2) / 2 / math.log(high / low) - mean**2)
    found = indices_of(added, brief, list(parts))
    for name in parts:
        expected = variance[name] / sum(variance.values())
        assert found.loc[name, "first"] == pytest.approx(expected, abs=0.05)
        assert found.loc[name, "total"] == pytest.approx(expected, abs=0.05)
        assert found.loc[name, "first_low"] < expected < found.loc[name, "first_high"]
        assert found.loc[name, "total_low"] < expected < found.loc[name, "total_high"]


def test_what_acts_only_beside_another_has_a_total_but_no_first(brief, lawful):
    def crossed(brief):
        return 1_000 * (brief.value("margin") - 0.6) * (brief.value("ctr_story") - 0.03), 0

    found = indices_of(crossed, brief, ["margin", "ctr_story", "shipping"])
    assert found["first"].abs().max() < 0.1
    assert found.loc[["margin", "ctr_story"], "total"].to_numpy() == pytest.approx([1, 1], abs=0.15)
    assert found.loc["shipping", ["first", "total"]].tolist() == [0, 0]


def test_the_gain_and_the_profit_have_indices_of_their_own(brief, lawful):
    names = ["kappa", "cvr_macro"]
    assert indices_of(linear, brief, names, n=16, of="profit").loc["cvr_macro", "total"] == 0
    assert indices_of(linear, brief, names, n=16, of="gain").loc["cvr_macro", "total"] > 0


def test_the_shares_are_saltelli_s_by_hand():
    runs = np.random.default_rng(5).normal(size=(8, 4, 2))  # 8 rows of A, B, AB 1, AB 2; two outputs
    before = runs.copy()
    found = jointly.shares(runs)
    assert found.shape == (2, 2, 2)
    for output in (0, 1):
        a, b, *mixed = runs[:, :, output].T
        centre, variance = np.mean([a, b]), np.var([a, b])
        assert found[0, output] == pytest.approx(
            [np.mean((b - centre) * (ab - a)) / variance for ab in mixed]
        )
        assert found[1, output] == pytest.approx([np.mean((a - ab) ** 2) / 2 / variance for ab in mixed])
    assert (runs == before).all()


def test_each_page_of_the_design_changes_one_column():
    points = jointly.design(3, 4, seed=1)
    assert points.shape == (4, 5, 3)
    for i in range(3):
        page, rest = points[:, 2 + i], [j for j in range(3) if j != i]
        assert (page[:, i] == points[:, 1, i]).all()
        assert (page[:, rest] == points[:, 0, rest]).all()
    assert not (points[:, 0] == points[:, 1]).any()


def test_same_seed_same_indices_and_another_seed_others(brief, lawful):
    one, again, other = (
        sensitivity.indices(linear, brief, names=["kappa", "cvr_macro"], n=16, n_worlds=16, seed=seed)
        for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one, again)
    assert not one.equals(other)


def test_without_names_the_largest_of_the_tornado_are_taken(brief, lawful):
    found = sensitivity.indices(linear, brief, most=2, n=4, n_worlds=16, seed=1)
    assert found["name"].unique().tolist() == ["kappa", "product_cost"]


def test_nothing_that_varies_has_indices_of_zero(brief, lawful):
    found = indices_of(lambda brief: (5.0, 3.0), brief, ["kappa", "margin"], n=4)
    assert found[["first", "total", "first_low", "total_high"]].eq(0).all(axis=None)


def test_the_luck_of_niches_gives_way_to_that_of_the_campaign(brief, lawful):
    wide = {
        name: brief.assumptions[name].model_copy(update={"low": 0.1, "high": 0.9})
        for name in ("rho_campaign", "rho_niche")
    }
    other = brief.model_copy(update={"assumptions": brief.assumptions.replaced(wide)})
    found = indices_of(lambda brief: (brief.value("rho_campaign"), 0), other, list(wide), n=64)
    assert found.loc["rho_niche", "total"] == 0  # the campaign's share is never drawn back
    assert found.loc["rho_campaign", "total"] == pytest.approx(1, abs=0.1)


def test_values_that_cannot_be_together_are_drawn_back_together(brief, lawful):
    def picky(brief):
        if brief.value("labour_per_contact") + brief.value("shipping") > 14:
            raise errors.InputError("too dear")
        return brief.value("labour_per_contact"), 0

    found = indices_of(picky, brief, ["labour_per_contact", "shipping"], n=16)
    assert np.isfinite(found[["first", "total", "first_low", "total_high"]]).all(axis=None)
    assert pairs.Setting(picky, brief, 1, 0).nearest(
        {"labour_per_contact": 8.0, "shipping": 12.0}
    ) == pytest.approx({"labour_per_contact": 5.0, "shipping": 9.0}, abs=2e-4)


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"n": 48}, "n must be a power of two"), ({"n": 1}, "n must be"), ({"most": 0}, "most must be 1")],
)
def test_indices_that_cannot_be_say_why(brief, lawful, asked, said):
    with pytest.raises(errors.InputError, match=said):
        sensitivity.indices(linear, brief, seed=1, **asked)


# --- break-evens


def test_a_break_even_is_the_root_and_its_error_that_of_the_mean_over_the_slope(brief, lawful):
    found = sensitivity.break_evens(linear, brief, n_worlds=4_000, seed=6, names=["kappa", "product_cost"])
    kappa, cost = found.to_dict("records")
    assert abs(kappa["pays"] - 4) < 4 * kappa["pays_se"]  # 10 kappa = 40
    assert abs(kappa["even"] - 6.14) < 4 * kappa["even_se"]  # 10 kappa - 40 = 21.4
    assert kappa["pays_se"] == pytest.approx(LUCK["nano"] / math.sqrt(4_000) / 10, rel=0.6)
    assert kappa["even_se"] == pytest.approx(APART / math.sqrt(4_000) / 10, rel=0.6)
    assert (kappa["pays_side"], kappa["even_side"]) == ("above", "above")
    assert (cost["pays_side"], cost["even_side"]) == ("always", "below")
    assert math.isnan(cost["pays"])
    assert abs(cost["even"] - 39.3) < 4 * cost["even_se"]  # 100 - 2 cost = 21.4
    assert kappa["basis"] == "assumed"
    assert [kappa[name] for name in ("low", "central", "high")] == [1, 10, 45]


def test_a_bent_profit_is_followed_to_its_root(brief, lawful):
    def bent(brief):
        fee = brief.value("fee_per_follower_macro")
        return 1 / fee - 1 / 0.007, 1e6

    row = sensitivity.break_evens(bent, brief, n_worlds=1_600, seed=1, names=["fee_per_follower_macro"])
    at, side = row["pays"].iloc[0], row["pays_side"].iloc[0]
    # the luck of these worlds shifts the root: 1 / fee - 1 / 0.007 + mean luck = 0
    luck = np.random.default_rng(1).standard_normal(1_600).mean() * LUCK["nano"]
    assert at == pytest.approx(1 / (1 / 0.007 - luck), rel=0.005)
    assert side == "below"


def test_the_lowest_of_several_roots_is_given(brief, lawful):
    def wavy(brief):  # 0 at margins of 0.5, 0.6 and 0.7
        margin = brief.value("margin")
        return 1e9 * (margin - 0.5) * (margin - 0.6) * (margin - 0.7), 0

    row = sensitivity.break_evens(wavy, brief, n_worlds=400, seed=1, names=["margin"]).iloc[0]
    assert row["pays"] == pytest.approx(0.5, abs=0.003)
    assert row["pays_side"] == "above"


def test_an_assumption_that_changes_nothing_never_turns_a_loss(brief, lawful):
    row = sensitivity.break_evens(lambda brief: (-200, -300), brief, n_worlds=50, seed=1, names=["kappa"])
    assert row[["pays_side", "even_side"]].to_numpy().tolist() == [["never", "always"]]
    assert row[["pays", "pays_se", "even", "even_se"]].isna().all(axis=None)


def test_break_evens_cover_the_assumptions_in_force_in_their_order(brief, lawful):
    found = sensitivity.break_evens(linear, brief, n_worlds=20, seed=1)
    assert found["name"].tolist() == brief.in_force()


# --- the simulation itself


@pytest.fixture(scope="module")
def fitted():
    return bundled.fitted()


def test_in_the_simulation_more_sales_and_cheaper_goods_raise_nano(fitted):
    small = briefs.changed(briefs.read("sample"), budget=900.0)
    names = ["kappa", "product_cost", "cvr_macro", "fee_per_follower_nano"]
    found = sensitivity.tornado(fitted, small, n_worlds=256, seed=7, names=names).set_index("name")
    assert found.loc["kappa", "profit_high"] > found.loc["kappa", "profit_low"]
    assert found.loc["kappa", "loss_high"] < found.loc["kappa", "loss_low"]
    assert found.loc["product_cost", "profit_high"] < found.loc["product_cost", "profit_low"]
    assert found.loc["cvr_macro", "beats_high"] < found.loc["cvr_macro", "beats_low"]
    assert found.loc["fee_per_follower_nano", "swing"] == 0  # gifts only


def test_in_the_simulation_nano_breaks_even_at_the_kappa_found(fitted):
    small = briefs.changed(briefs.read("sample"), budget=900.0)
    at = sensitivity.break_evens(fitted, small, n_worlds=256, seed=7, names=["kappa"]).iloc[0]
    there = briefs.changed(small, kappa=float(at["pays"]))
    again = sensitivity.tornado(fitted, there, n_worlds=256, seed=7, names=["margin"]).iloc[0]
    assert abs(again["profit"]) < 0.1 * again["profit_se"]
    assert at["pays_side"] == "above"
