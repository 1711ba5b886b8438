"""Proves that the figures of the assumptions draw the numbers they are given, legibly, and survive none."""

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from every_figure import figures
from legible import LONG, assert_legible, shown
from nanospread import pages
from nanospread.pages import _style as style

LONG_NAME = "an_assumption_with_a_name_that_is_far_too_long_$x_1$"


def tornado(*, gain=4_000.0, scale=1.0, names=("kappa", "cvr_nano", "margin", "shipping")):
    ends = [(500.0, 19_000.0), (-1_800.0, 9_000.0), (4_200.0, 6_000.0), (4_000.0, 4_000.0)]
    rows = pd.DataFrame(ends, columns=["gain_low", "gain_high"]) * scale
    rows = rows.assign(
        name=names, low=[1.0, 0.008, 0.45, 5.0], high=[45.0, 0.04, 0.75, 12.0], gain=gain * scale
    )
    rows = rows.assign(gain_se=50.0 * scale, gain_low_se=50.0 * scale, gain_high_se=50.0 * scale)
    return rows.assign(swing=(rows["gain_high"] - rows["gain_low"]).abs())


def cells(p_loss=(0.999, 0.96, 0.69, 0.71, 0.0001, 0.3)):
    rows = [(x, y) for x in (1.0, 4.6, 45.0) for y in (0.0, 0.4)]
    frame = pd.DataFrame(rows, columns=["x", "y"])
    return frame.assign(x_name="kappa", y_name="rho_campaign", p_loss=p_loss)


def indices(names=("margin", "kappa", "cvr_nano")):
    rows = pd.DataFrame(
        {"of": "gain", "name": names, "first": [0.05, 0.4, -0.02], "first_low": [-0.1, 0.1, -0.2],
         "first_high": [0.2, 0.9, 0.1], "total": [0.1, 0.7, 0.3], "total_low": [0.02, 0.4, 0.1],
         "total_high": [0.3, 1.4, 0.6]}
    )  # fmt: skip
    return pd.concat([rows, rows.assign(of="profit", first=0.5)], ignore_index=True)


DRAWN = {
    "tornado": (tornado(), {"currency": "EUR"}),
    "heat_map": (cells(), {}),
    "global_indices": (indices(), {}),
}
NOTHING = {
    "tornado": tornado().assign(swing=0.0),
    "heat_map": cells(math.nan),
    "global_indices": indices().iloc[:0],
}
EXTREME = {
    "tornado": [
        tornado(names=[f"{LONG_NAME}_{i}" for i in range(4)], scale=1e7).assign(low=1.234e-5, high=1e10),
        tornado(gain=-3_000.0, scale=1e-3),
        tornado(gain=100_000.0),
        pd.concat([tornado().head(3)] * 9, ignore_index=True),
        tornado().head(1),
    ],
    "heat_map": [
        cells().assign(x_name=LONG_NAME, y_name=LONG_NAME),
        cells().assign(x=[0.000123, 0.000123, 5.4e4, 5.4e4, 9.87e9, 9.87e9]),
        cells((math.nan, 0.2, 0.9, 1.0, math.nan, 0.0)),
        pd.concat([cells().assign(x=x) for x in (1.0, 2.1, 4.6, 9.8, 21.0, 45.0)]).drop_duplicates(
            ["x", "y"]
        ),
        cells().head(1),
    ],
    "global_indices": [
        indices([f"{LONG_NAME}_{i}" for i in range(3)]),
        pd.concat([indices()] * 4, ignore_index=True),
        indices().assign(first=0.0, first_low=0.0, first_high=0.0, total=0.0, total_low=0.0, total_high=0.0),
        indices().head(1),
    ],
}


def drawn(name, data=None, *, title="The finding", ax=None):
    given, words = DRAWN[name]
    return getattr(figures, name)(given if data is None else data, title=title, ax=ax, **words)


@pytest.mark.parametrize(
    ("name", "data"), [(name, data) for name in DRAWN for data in (DRAWN[name][0], *EXTREME[name])]
)
def test_titles_and_texts_are_whole_legible_and_apart(name, data):
    assert_legible(drawn(name, data, title=LONG))


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_to_draw_says_why(name):
    assert "empty" in drawn(name, NOTHING[name]).figure.get_label()
    assert "empty" not in drawn(name).figure.get_label()


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_can_be_drawn_on_given_axes(name):
    left, _ = Figure(figsize=(14, 5)).subplots(1, 2)
    assert drawn(name, ax=left) is left


# --- tornado


def bars(ax):
    return [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]


def test_bars_run_from_the_gain_at_one_end_to_that_at_the_other():
    ax = drawn("tornado")
    assert bars(ax)[:2] == [(500, 19_000), (-1_800, 9_000)]
    assert bars(ax)[2] == (4_000, 6_000)  # both ends right of the brief: the bar starts there
    assert len(ax.patches) == 3  # what changes nothing is not drawn
    assert "1 other not drawn" in ax.figure.get_label()


def test_each_end_carries_the_value_of_the_assumption_there():
    falling = tornado().head(1).assign(gain_low=9_000.0, gain_high=-500.0)
    for data, left, right in ((tornado().head(1), "1", "45"), (falling, "45", "1")):
        ax = drawn("tornado", data)
        ax.figure.draw_without_rendering()
        place = {text.get_text(): text.get_window_extent().x0 for text in ax.texts}
        assert place[left] < place[right]


def test_what_turns_the_choice_is_marked_in_colour_and_in_words():
    ax = drawn("tornado")
    assert [to_hex(bar.get_facecolor()).upper() for bar in ax.patches] == [
        style.LIGHT, style.NANO, style.LIGHT
    ]  # fmt: skip
    assert [text.xy[1] for text in ax.texts if text.get_text() == "turns"] == [1]
    steady = drawn("tornado", tornado().iloc[[0, 2]])
    assert "turns" not in {text.get_text() for text in steady.texts}


def test_the_largest_twelve_are_drawn_and_the_brief_is_a_line():
    ax = drawn("tornado", pd.concat([tornado().head(3)] * 9, ignore_index=True))
    assert len(ax.patches) == 12
    assert "15 others not drawn" in ax.figure.get_label()
    assert {segment[0][0] for lines in ax.collections for segment in lines.get_segments()} == {4_000}


def test_the_line_of_an_even_choice_is_drawn_where_it_is_in_sight():
    words = "both earn the same"
    assert words in {text.get_text() for text in shown(drawn("tornado"))}
    far = tornado(gain=1e6).assign(gain_low=9.9e5, gain_high=1.01e6)
    assert words not in {text.get_text() for text in shown(drawn("tornado", far))}


# --- map


def test_each_cell_has_the_colour_and_the_words_of_its_chance():
    ax = drawn("heat_map")
    mesh = ax.collections[0]
    assert np.asarray(mesh.get_array()).tolist() == [[0.999, 0.69, 0.0001], [0.96, 0.71, 0.3]]
    assert mesh.get_clim() == (0, 1)
    assert [text.get_text() for text in ax.texts] == ["99.9%", "69%", "0.01%", "96%", "71%", "30%"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "4.6", "45"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "0.4"]


@pytest.mark.parametrize(("chance", "words"), [(0.9999, ">99.9%"), (0.00002, "<0.01%"), (math.nan, "–")])
def test_a_cell_is_never_surer_than_its_digits(chance, words):
    ax = drawn("heat_map", cells((chance, 0.2, 0.2, 0.2, 0.2, 0.2)))
    assert ax.texts[0].get_text() == words


def test_a_thick_line_parts_the_cells_above_one_half_from_those_below():
    ax = drawn("heat_map")  # columns 1 and 2 are above one half, column 3 is below
    sides = [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in ax.lines]
    assert sides == [([2, 2], [0, 1]), ([2, 2], [1, 2])]
    level = drawn("heat_map", cells((0.9, 0.1, 0.9, 0.1, 0.9, math.nan)))
    assert [line.get_ydata().tolist() for line in level.lines] == [[1, 1], [1, 1]]
    assert not drawn("heat_map", cells(0.2)).lines


def luminance(colour):
    return float(np.dot(np.asarray(colour[:3]) ** 2.2, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("chance", np.linspace(0, 1, 21))
def test_words_stand_out_from_every_cell_in_grey_too(chance):
    ax = drawn("heat_map", cells(chance))
    cell = luminance(ax.collections[0].to_rgba([chance])[0])
    ink = luminance([int(to_hex(ax.texts[0].get_color())[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    light, dark = max(cell, ink), min(cell, ink)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_greater_chance_is_a_darker_cell():
    shades = [luminance(style_of) for style_of in pages.sensitivity.figures.ODDS(np.linspace(0, 1, 50))]
    assert (np.diff(shades) < 0).all()


# --- indices


def test_dots_and_intervals_are_those_of_the_output_asked_largest_total_first():
    ax = drawn("global_indices")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["kappa", "cvr nano", "margin"]
    alone, with_others = ax.collections[1::2]
    assert np.asarray(alone.get_offsets())[:, 0].tolist() == [0.4, -0.02, 0.05]
    assert np.asarray(with_others.get_offsets())[:, 0].tolist() == [0.7, 0.3, 0.1]
    spans = [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()]
    assert spans == [[0.1, 0.9], [-0.2, 0.1], [-0.1, 0.2]]
    profit = figures.global_indices(indices(), title="The finding", of="profit")
    assert set(np.asarray(profit.collections[1].get_offsets())[:, 0]) == {0.5}


def test_the_two_kinds_of_dots_are_named_beside_the_first_row():
    assert {"alone", "with others"} <= {text.get_text() for text in shown(drawn("global_indices"))}
