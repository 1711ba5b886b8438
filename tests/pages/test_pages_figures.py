"""Proves that figures draw the numbers they are given, name them, and survive empty and hostile input.

The drawn artists are asked for their numbers; a picture is not compared with a stored one.
"""

import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from every_figure import figures
from legible import LONG, assert_legible
from nanospread.pages import _style as style
from nanospread.pages import show

HOSTILE = "$\\bad$_{<img src=x onerror=alert(1)>}" + "x" * 200
TIERS = ["below nano", "nano", "micro", "macro", "mega"]


def posts(niche="food"):
    """Three creators of a tier each, four posts each, with known medians."""
    rates = {
        "nano": [0.02, 0.04, 0.06, 0.08],
        "micro": [0.01, 0.02, 0.03, 0.04],
        "mega": [0.0, 0.01, 0.02, 0.03],
    }
    rows = [(tier, er) for tier, ers in rates.items() for er in ers]
    frame = pd.DataFrame(rows, columns=["tier", "er"])
    moments = pd.Timestamp("2026-09-09", tz="UTC") + pd.to_timedelta([0, 0, 7, 21] * 3, unit="D")
    tier = pd.Categorical(frame["tier"], TIERS, ordered=True)
    whole = frame.assign(creator=frame["tier"] + "_1", tier=tier, niche=niche, posted_at=moments)
    return whole.assign(comments_off=False)


def creators(name="a"):
    return pd.DataFrame(
        {"creator": [name, "b", "c"], "tier": ["nano", "nano", "micro"], "followers": [2000, 4000, 20000],
         "n_posts": [1, 12, 12], "er_raw": [0.3, 0.05, 0.03], "er": [0.15, 0.05, 0.03],
         "er_low": [0.08, 0.04, 0.02], "er_high": [0.28, 0.06, 0.04], "centre": [0.05, 0.04, 0.03],
         "outside": [True, False, False]}
    )  # fmt: skip


def niche_posts(niche="food"):
    """Five nano and one micro creator of one niche, five nano creators of another; known rates."""
    rows = [(f"n{i}", niche, "nano", 0.02 * (i + 1)) for i in range(5)]
    rows += [(f"m{i}", "pet", "nano", 0.01) for i in range(5)] + [("o", niche, "micro", 0.02)]
    return pd.DataFrame(rows, columns=["creator", "niche", "tier", "er"]).assign(comments_off=False)


PUBLISHED = pd.DataFrame(
    {"tier": ["nano"] * 4 + ["mid", "all"], "value": [0.02, 0.021, 0.05, 0.177, 0.018, 0.016],
     "year": pd.array([2021, 2022, 2026, None, 2025, 2018], dtype="Int64")}
)  # fmt: skip


def by_tier():
    return pd.DataFrame(
        {"tier": ["nano", "mega"], "median": [0.039, 0.02], "median_low": [0.033, math.nan],
         "median_high": [0.045, math.nan]}
    )  # fmt: skip


def premium(group="food"):
    return pd.DataFrame({"group": [group, "pet"], "ratio": [1.2, 2.0], "low": [0.8, 1.5], "high": [1.8, 2.7]})


COUNTS = pd.DataFrame({"table": ["posts", "posts", "creators"], "rows_in": [60, 40, 10], "kept": [50, 30, 10],
                       "repaired": [6, 4, 0], "refused": [4, 6, 0]})  # fmt: skip


def ledger(reason="twice"):
    return pd.DataFrame({"table": "posts", "status": ["refused"] * 4 + ["repaired"],
                         "reason": [reason] * 3 + ["late", "-1"]})  # fmt: skip


def worlds():
    profit = {"macro": [-5000.0, -4000, -3000, 9000], "nano_gift": [-1000.0, 1000, 2000, 3000]}
    return pd.concat(
        [pd.DataFrame({"world": range(4), "arm": arm, "profit": p}) for arm, p in profit.items()]
    )


MIXES = pd.DataFrame({"macro_share": [1.0, 0, 0.1, 0.25, 0.5, 0.75], "profit_mean_se": 9.0,
                      "profit_mean": [1.0, 3176, 3000, 2444, 1700, 819], "cvar_5_se": 20.0,
                      "cvar_5": [-4914.0, -2919, -2254, -3191, -3700, -4263]})  # fmt: skip


COSTS = pd.DataFrame(
    {"cost_per_order": [9.8, 51.0, 15.8, 26.9], "low": [np.nan, np.nan, 10.0, 16.0],
     "high": [np.nan, np.nan, 29.0, 900.0]},
    index=["past_nano", "past_macro", "plan_nano", "plan_macro"],
)  # fmt: skip


def by_count(rho=0.1):
    n = np.array([1, 2, 5, 10, 20, 50, 100])
    cv = np.sqrt(rho + (1 - rho) / n)
    return pd.DataFrame(
        {"creators": n, "cv": cv, "cv_se": 0.01 * cv, "p10": 0.5 - cv, "p50": 0.5, "p90": 0.5 + cv}
    )


def by_niches():
    return pd.DataFrame({"niches": [1, 4], "p10": [-0.4, -0.2], "p50": [0.5, 0.5], "p90": [1.4, 1.2]})


def assumptions(name="kappa"):
    rows = [
        (name, 1.0, 10.0, 45.0, "assumed"),
        ("margin", 0.45, 0.6, 0.75, "published"),
        ("rho", 0, 0.1, 0.4, "assumed"),
    ]
    return pd.DataFrame(rows, columns=["name", "low", "central", "high", "basis"])


REFERENCE = pd.Series({"benchmark": "industry_average", "value": 0.016, "year": 2018})
DRAWN = {
    "rows_accounted": (figures.rows_accounted, (COUNTS,), {}),
    "posts_by_week": (figures.posts_by_week, (posts(),), {}),
    "er_by_tier": (
        figures.er_by_tier,
        (posts(),),
        {"benchmark": REFERENCE.replace("industry_average", "w" * 40)},
    ),
    "niches": (figures.niches, (niche_posts(), premium()), {}),
    "premium_by_size": (figures.premium_by_size, (premium("1-2k"),), {}),
    "funnel": (figures.funnel, (creators(), 0.5, 0.8), {}),
    "ranking": (figures.ranking, (creators(),), {}),
    "benchmarks": (figures.benchmarks, (PUBLISHED, by_tier()), {"benchmark": REFERENCE}),
    "profit_by_arm": (figures.profit_by_arm, (worlds(), ["macro", "nano_gift"], "EUR"), {}),
    "profit_by_mix": (figures.profit_by_mix, (MIXES, "EUR"), {}),
    "order_costs": (figures.order_costs, (COSTS, 39.0, "EUR"), {}),
    "of_hundred": (figures.of_hundred, (worlds(), ["macro", "nano_gift"]), {}),
    "spread_by_creators": (figures.spread_by_creators, (by_count(),), {}),
    "risk_by_niches": (figures.risk_by_niches, (by_niches(),), {}),
}
LEAST_ROWS = {"niches": 5}  # fewer creators of a niche have no row


def drawn(name, *, title="The finding", ax=None, rows=None):
    function, (data, *rest), words = DRAWN[name]
    return function(data if rows is None else data.iloc[:rows], *rest, title=title, ax=ax, **words)


def texts(ax):
    return [text.get_text() for text in ax.figure.findobj(Text)]


def offsets(ax):
    return np.vstack([np.asarray(part.get_offsets()) for part in ax.collections if len(part.get_offsets())])


# --- what all figures have in common


def test_every_figure_of_the_public_face_is_proved_here_or_in_a_file_of_its_own():
    beside = "".join(
        file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_pages_*_figures.py")
    )
    missing = [name for name in figures.every if name not in DRAWN and f'"{name}": ' not in beside]
    assert not missing
    assert set(DRAWN) <= set(figures.every)


@pytest.mark.parametrize("name", DRAWN)
def test_every_figure_has_its_title_and_its_texts_are_whole_legible_and_apart(name):
    ax = drawn(name, title=LONG)
    assert_legible(ax)


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_and_one_row_can_be_drawn(name):
    assert "empty" in drawn(name, rows=0).figure.get_label()
    assert "empty" not in drawn(name, rows=LEAST_ROWS.get(name, 1)).figure.get_label()


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_can_be_drawn_on_given_axes(name):
    whole = Figure(figsize=(12, 5))
    left, right = whole.subplots(1, 2)
    right.set_title("Right", loc="left")
    whole.set_label("Something else.")
    assert drawn(name, ax=left, title="Left") is left
    assert show.alt_text(whole).startswith("Left. Right. Something else. ")


@pytest.mark.parametrize("name", ["er_by_tier", "profit_by_arm"])
def test_the_same_data_are_the_same_bytes_whatever_the_global_style(name):
    import matplotlib

    first = show.figure(drawn(name)).data
    with matplotlib.rc_context(
        {"font.size": 30, "lines.linewidth": 9, "axes.grid": True, "font.family": "serif"}
    ):
        again = drawn(name)
        assert {t.get_fontsize() for t in again.figure.findobj(Text) if t.get_text()} <= {
            10.0,
            10.5,
            11.0,
            13.0,
        }
    assert show.figure(drawn(name)).data == first


@pytest.mark.parametrize(
    ("function", "data"),
    [
        (figures.premium_by_size, premium(HOSTILE)),
        (figures.ranking, creators(HOSTILE)),
    ],
)
def test_hostile_names_are_cut_and_never_read_as_mathematics(function, data):
    ax = function(data, title="In $5 and $6")
    assert any("$\\bad$" in text for text in texts(ax))
    assert not any("x" * 50 in text for text in texts(ax))
    assert "<img" not in show.figure(ax).data["image/svg+xml"]
    assert ax.get_title("left") == "In $5 and $6"


def luminance(colour):
    channels = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], channels))


def test_colours_differ_in_grey_and_words_are_legible():
    for ink in (style.NANO, style.MACRO, style.DARK):
        assert 1.05 / (luminance(ink) + 0.05) >= 4.5
    greys = sorted(luminance(colour) for colour in style.ARMS.values())
    assert all((b + 0.05) / (a + 0.05) > 1.7 for a, b in itertools.pairwise(greys))


@given(st.lists(st.floats(0, 300), max_size=8), st.floats(5, 30))
def test_labels_keep_their_order_and_their_distance(places, gap):
    moved = style.apart(sorted(places), gap, 300)
    assert all(b - a >= gap - 0.01 for a, b in itertools.pairwise(moved))
    if all(b - a >= gap for a, b in itertools.pairwise(sorted(places))):
        assert moved == pytest.approx(sorted(places))


def test_wrapped_lines_are_no_wider_than_the_room_and_lose_no_word():
    lines = style.wrapped(LONG, 200, 13, "bold").split("\n")
    assert " ".join(lines) == LONG
    assert 3 < len(lines) < 10
    assert style.wrapped("", 200, 13) == ""


# --- what each figure draws


def test_bars_of_rows_are_shares_of_each_table():
    ax = figures.rows_accounted(COUNTS, title="t")
    widths = [patch.get_width() for patch in ax.patches]
    assert widths == pytest.approx([0.8, 1, 0.1, 0, 0.1, 0])
    assert "posts: 80 kept · 10 repaired · 10 dropped" in texts(ax)


def heights(collection):
    """Return the heights of a filled step, one per step."""
    return collection.get_paths()[0].vertices[:, 1].tolist()


def test_posts_are_counted_per_week_with_the_silent_one():
    every, nano = figures.posts_by_week(posts(), title="t").collections
    assert set(heights(every)) == {0, 6, 3}
    assert set(heights(nano)) == {0, 2, 1}
    bare = figures.posts_by_week(posts().drop(columns="tier"), title="t")
    assert len(bare.collections) == 1


def test_posts_of_many_years_are_counted_per_month():
    long = posts().assign(posted_at=pd.date_range("2016-01-31", periods=12, freq="120D", tz="UTC"))
    ax = figures.posts_by_week(long, title="t")
    assert ax.get_ylabel() == "Posts per month"
    assert ax.get_xticklabels()[0].get_text() == "Jan 2016"


def test_the_medians_and_the_benchmark_are_where_they_should_be():
    ax = figures.er_by_tier(posts(), title="t", benchmark=REFERENCE)
    marks = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if line.get_marker() == "o"]
    assert np.allclose(marks, [(0.05, 0), (0.025, 1), (0.015, 2)])
    assert any(list(line.get_xdata()) == [0.016, 0.016] for line in ax.lines)
    assert {"5%", "2.5%", "1.5%"} <= set(texts(ax))
    assert ax.get_xlabel().endswith("(log scale)\ndotted line: published industry average, 2018, 1.6%")
    assert "nano\n4 posts,\n1 creator" in texts(ax)
    assert to_hex(ax.collections[0].get_facecolor()[0]) == style.NANO.lower()
    assert to_hex(ax.collections[1].get_facecolor()[0]) == style.LIGHT.lower()


def test_rates_that_are_one_power_of_ten_are_drawn_without_a_warning_which_would_fail_the_page():
    ax = figures.er_by_tier(posts().assign(er=0.01), title="t")
    assert ax.get_xlim()[0] < 0.01 < ax.get_xlim()[1]


def test_hidden_likes_are_left_out_of_medians_and_sizes():
    hidden = posts()
    hidden.loc[3, "er"] = math.nan
    ax = figures.er_by_tier(hidden, title="t")
    assert ax.lines[0].get_xdata()[0] == pytest.approx(0.04)
    assert "nano\n3 posts,\n1 creator" in texts(ax)


def test_rates_without_any_known_comments_are_labelled_as_rates_of_likes():
    for draw, data in ((figures.er_by_tier, (posts(),)), (figures.niches, (niche_posts(), premium()))):
        assert draw(*data, title="t").get_xlabel().startswith("Likes and comments per post, share")
        likes = [data[0].assign(comments_off=True), *data[1:]]
        assert draw(*likes, title="t").get_xlabel().startswith("Likes per post (no comments known), share")


def test_the_premium_is_filled_where_it_is_clear():
    ax = figures.premium_by_size(premium().iloc[::-1], title="t")
    intervals, dots = ax.collections
    assert [list(part[:, 0]) for part in intervals.get_segments()] == [[1.5, 2.7], [0.8, 1.8]]
    assert [to_hex(face) for face in dots.get_facecolors()] == [style.NANO.lower(), "#ffffff"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["pet followers", "food followers"]
    assert any(list(line.get_xdata()) == [1, 1] for line in ax.lines)


def test_sizes_keep_their_order_and_are_followers():
    ax = figures.premium_by_size(premium("1-2k").iloc[::-1], title="x")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["pet followers", "1-2k followers"]
    assert offsets(ax)[-2:, 0].tolist() == [2.0, 1.2]


def test_the_funnel_has_the_band_of_chance_inside_that_of_true_differences():
    ax = figures.funnel(creators(), 0.5, 0.8, title="x")
    outer, inner = (part.get_paths()[0].vertices[:, 1] for part in ax.collections[:2])
    chance, both = 1.96 * 0.5 / math.sqrt(12), 1.96 * math.sqrt(0.25 / 12 + 0.64)
    assert inner.max() == pytest.approx(0.05 * math.exp(chance), rel=1e-4)
    assert outer.min() == pytest.approx(0.03 * math.exp(-both), rel=1e-4)
    assert ax.lines[0].get_ydata().tolist() == [0.05, 0.04, 0.03]
    inks = {to_hex(part.get_facecolor()[0]): part.get_offsets().tolist() for part in ax.collections[2:]}
    assert inks[style.NANO.lower()] == [[2000, 0.3]]
    assert len(inks[style.MIDDLE.lower()]) == 2


def test_the_ranking_goes_by_the_raw_rate_and_shows_the_estimate_in_its_interval():
    ax = figures.ranking(creators(), title="x")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a (1)", "b (12)"]
    seen, estimated = ax.collections[2:]
    assert seen.get_offsets()[:, 0].tolist() == [0.3, 0.05]
    assert estimated.get_offsets()[:, 0].tolist() == [0.15, 0.05]
    assert ax.collections[1].get_segments()[0][:, 0].tolist() == [0.08, 0.28]
    assert len(figures.ranking(pd.concat([creators()] * 8), title="x").get_yticklabels()) == 15


def test_niches_have_a_row_each_the_largest_premium_first_and_few_creators_none():
    ax = figures.niches(niche_posts(), premium(), title="x")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["pet", "food"]
    assert texts(ax).count("2.0 times\n(1.5 to 2.7)") == 1
    assert texts(ax).count("1.2 times\n(0.80 to 1.8)") == 1
    assert len(ax.lines) == 1  # only food has micro posts
    inks = [to_hex(part.get_facecolor()[0]) for part in ax.collections]
    assert inks == [style.NANO_LIGHT.lower(), style.LIGHT.lower()]  # the premium of food may be chance
    few = niche_posts().query("creator != 'm0'")
    assert [t.get_text() for t in figures.niches(few, premium().head(0), title="x").get_yticklabels()] == [
        "food"
    ]
    assert "too few\nmicro" in texts(figures.niches(few, premium().head(0), title="x"))


def test_a_niche_of_markup_is_cut_and_never_read_as_mathematics():
    ax = figures.niches(niche_posts(HOSTILE), premium(HOSTILE), title="x")
    assert any("$\\bad$" in text for text in texts(ax))
    assert not any("x" * 50 in text for text in texts(ax))


def test_published_figures_stand_by_tier_with_their_year_beside_our_median():
    ax = figures.benchmarks(PUBLISHED, by_tier(), title="x")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["nano", "mega"]
    dots = [part.get_offsets()[:, 0].tolist() for part in ax.collections[1::2]]
    assert dots == [[0.02, 0.021, 0.05, 0.177], []]
    assert [line.get_xdata()[0] for line in ax.lines] == [0.039, 0.02]
    assert {text for text in texts(ax) if text.startswith("20")} >= {"2021", "2022", "2026"}
    assert "2025" not in texts(ax)
    assert "3.9%" in texts(ax)
    low, high = ax.collections[0].get_paths()[0].get_extents().intervalx
    assert (low, high) == pytest.approx((0.033, 0.045))


def test_the_reference_is_a_line_among_the_published_figures():
    ax = figures.benchmarks(PUBLISHED, by_tier(), title="x", benchmark=REFERENCE)
    assert any(list(line.get_xdata()) == [0.016, 0.016] for line in ax.lines)
    assert ax.get_xlabel().endswith("\ndotted line: published industry average, 2018, 1.6%")
    assert "dotted" not in figures.benchmarks(PUBLISHED, by_tier(), title="x").get_xlabel()
    low = figures.benchmarks(PUBLISHED, by_tier(), title="x", benchmark=REFERENCE.replace(0.016, 0.001))
    assert low.get_xlim()[0] < 0.001


def test_profit_is_split_at_zero_and_its_odds_are_those_of_the_worlds():
    ax = figures.profit_by_arm(worlds(), ["macro", "nano_gift"], "EUR", title="t")
    assert "typically −EUR 3,500, loses money in 75 of 100" in texts(ax)
    assert "typically EUR 1,500, loses money in 25 of 100" in texts(ax)
    for lost, won in zip(ax.collections[::2], ax.collections[1::2], strict=True):
        assert lost.get_paths()[0].get_extents().x1 == pytest.approx(0, abs=1e-9)
        assert won.get_paths()[0].get_extents().x0 == pytest.approx(0, abs=1e-9)
    medians = {line.get_xdata()[0] for line in ax.lines if line.get_xdata()[0] == line.get_xdata()[1]}
    assert medians == {-3500, 1500, 0}


def test_the_cost_of_an_order_is_a_dot_and_a_plan_has_its_range_against_what_an_order_earns():
    ax = figures.order_costs(COSTS, 39.0, "EUR", title="t")
    dots = [float(line.get_xdata()[0]) for line in ax.lines if line.get_marker() == "o"]
    assert dots == [9.8, 51.0, 15.8, 26.9]
    bars = [line.get_xdata() for line in ax.lines if line.get_linewidth() == 7]
    assert [list(map(float, bar)) for bar in bars] == [[10, 29], [16, 900]]
    assert "an order earns EUR 39" in texts(ax)
    assert 51 < ax.get_xlim()[1] < 200, "a range that runs far out does not squeeze the rest"
    (on,) = (line for line in ax.lines if line.get_marker() == ">")
    assert list(on.get_xdata()) == [ax.get_xlim()[1]], "and a mark says that it goes on"
    assert "no order" in figures.order_costs(COSTS, math.nan, "EUR", title="t").figure.get_label()


def test_an_order_that_earns_less_than_nothing_has_its_line_on_the_axis():
    costs = pd.DataFrame({"cost_per_order": [3.0], "low": [2.0], "high": [4.0]}, index=["plan_nano"])
    ax = figures.order_costs(costs, -5.0, "EUR", title="t")
    assert ax.get_xlim()[0] < -5 < ax.get_xlim()[1]


def test_of_100_dots_as_many_are_in_full_colour_as_campaigns_lose_money():
    ax = figures.of_hundred(worlds(), ["macro", "nano_gift"], title="t")
    macro, nano = (part.get_facecolors() for part in ax.collections)
    assert len(macro) == len(nano) == 100
    assert sum(to_hex(ink) == style.MACRO.lower() for ink in macro) == 75
    assert sum(to_hex(ink) == style.NANO.lower() for ink in nano) == 25
    assert {"one macro\n75 of 100", "gifted nano\n25 of 100"} <= set(texts(ax))


def test_a_hill_holds_every_world_inside_the_axis():
    profit = np.repeat([-1000.0, 500.0, 1500.0], [10, 20, 5])
    one = pd.DataFrame({"world": range(35), "arm": "nano_fee", "profit": profit})
    lost, won = figures.profit_by_arm(one, ["nano_fee"], "EUR", title="t").collections
    tops = [part.get_paths()[0].get_extents().y1 for part in (lost, won)]
    assert tops[1] / tops[0] == pytest.approx(2)


def test_the_frontier_is_a_path_from_all_nano_to_all_macro_with_rings_at_the_best():
    ax = figures.profit_by_mix(MIXES, "EUR", title="t")
    assert list(ax.lines[0].get_ydata()) == [3176, 3000, 2444, 1700, 819, 1]
    *_, dots, rings = ax.collections
    assert len(dots.get_offsets()) == 6
    assert rings.get_offsets().tolist() == [[-2919, 3176], [-2254, 3000]]
    assert {"  all nano: best mean", "  10% macro: best bad case", "  50% macro", "  all macro"} <= set(
        texts(ax)
    )


def test_errors_of_the_frontier_are_two_standard_errors_and_a_quarter_beside_the_best_stays_unnamed():
    ax = figures.profit_by_mix(MIXES.assign(cvar_5=[-9.0, -2, -1, 0, -3, -5]), "EUR", title="t")
    across, up = (part.get_segments()[0] for part in ax.collections[:2])
    assert np.ptp(across[:, 0]) == pytest.approx(80)
    assert np.ptp(up[:, 1]) == pytest.approx(36)
    assert "  25% macro: best bad case" in texts(ax)
    near = figures.profit_by_mix(MIXES.assign(macro_share=[1.0, 0, 0.2, 0.25, 0.5, 0.75]), "EUR", title="t")
    assert "  25% macro" not in texts(near)
    assert "  20% macro: best bad case" in texts(near)


def test_a_mix_that_is_best_of_both_has_one_ring():
    ax = figures.profit_by_mix(MIXES.assign(cvar_5=MIXES["profit_mean"]), "EUR", title="t")
    assert ax.collections[-1].get_offsets().tolist() == [[3176, 3176]]
    assert "  all nano: best of both" in texts(ax)


def test_the_floor_is_drawn_only_where_there_is_one():
    floored, free = (figures.spread_by_creators(by_count(rho), title="t") for rho in (0.1, 0.0))
    assert "floor 32%" in texts(floored)
    assert not any("floor" in text for text in texts(free))
    alone = free.lines[-1]
    assert alone.get_ydata() == pytest.approx(1 / np.sqrt(by_count()["creators"]))


def test_niches_draw_the_middle_of_the_worlds():
    ax = figures.risk_by_niches(by_niches(), title="t")
    assert [list(part[:, 1]) for part in ax.collections[0].get_segments()] == [[-0.4, 1.4], [-0.2, 1.2]]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "4"]
