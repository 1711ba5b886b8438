"""One quiet look for every figure, and the numbers behind it that the report shows as a table.

Colours: one warm accent for nano, a dark slate for macro, greys for the rest. They differ in lightness as
well as in hue, so that they survive colour blindness and grey print (contrast on white: accent 5, slate
13, both enough for text). Sizes: 6.8 inches wide with 11 pt text stays legible at a phone's width.
"""

import copy
import itertools
import math
import textwrap
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from nanospread.core.formatting import handle, percent, short_money
from nanospread.core.types import Floats
from nanospread.pages import basis as bases
from nanospread.pages import image, show
from nanospread.pages.basis import Basis

NANO, NANO_LIGHT, NANO_FAINT = "#C2470A", "#E8A06B", "#F2CCB5"
MACRO = "#27343D"
DARK, MIDDLE, LIGHT, FAINT = "#3F4A52", "#7C878F", "#C3C9CE", "#E9ECEE"
ARMS = {"macro": MACRO, "nano_gift": NANO, "nano_fee": NANO_LIGHT}

WIDTH = 6.8  # [inch]
TEXT, SMALL, HEAD = 11.0, 10.0, 13.0  # [point]
FONT = "DejaVu Sans"  # comes with matplotlib, so a figure is the same on every machine
DASHED, DOTTED = (0.0, (4.0, 3.0)), (0.0, (1.0, 2.0))
PHONE, PHONE_TEXT = 3.75, 0.88  # a phone's width [inch], its text [1]
LONG_TICK, SHORT_TICK, HANDLE = 17, 9, 26  # a name beside a phone's axis, below it, and whole [characters]
TOUCH = 3.0  # words may come so much nearer [pixel]
MARGIN = 0.06  # [inch]
MOST = 24  # rows of a table that people still read
MOST_SWEPT = 8  # ticks at the values that were tried
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

Writer = Callable[[Any], str]


class EndLabel(NamedTuple):
    """Words to write right of a point, such as a line's last, in data coordinates."""

    x: float
    y: float
    words: str
    colour: str


@dataclass(frozen=True)
class Numbers:
    """The numbers of one picture as they are read: headers with units, cells in words, and their basis."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    basis: bases.Parts
    left_out: int

    @property
    def payload(self) -> dict[str, Any]:
        """What travels in a notebook."""
        return {
            "basis": [list(part) for part in self.basis],
            "columns": [show.printable(column) for column in self.columns],
            "rows": [[" ".join(show.printable(cell).split()) for cell in row] for row in self.rows],
            "left_out": self.left_out,
        }


@dataclass(frozen=True, eq=False)
class Chart:
    """A drawn figure and the numbers behind it; a cell that ends on one shows it."""

    ax: Axes
    numbers: tuple[Numbers, ...] = ()

    def on(self, basis: str) -> "Chart":
        """Return the chart with another basis of what is estimated: `Study.basis` for simulated sales."""
        numbers = (replace(each, basis=bases.rebased(each.basis, basis)) for each in self.numbers)
        return replace(self, numbers=tuple(numbers))

    def output(self, *, mail: bool = False) -> show.Output:
        """Return the picture with alt text, digest and numbers; mail: with a small PNG for the mail too."""
        wide = show.figure(self.ax, numbers=[each.payload for each in self.numbers], mail=mail)
        with warnings.catch_warnings():  # long words may leave no room at all, which `narrowed` sees
            warnings.filterwarnings("ignore", "constrained_layout not applied")
            narrow = narrowed(_whole(self.ax))
        if narrow is None:
            return wide
        marked = "image/svg+xml" in wide.data
        drawn = {show.NARROW: image.svg(narrow)} if marked else {show.NARROW_PNG: image.png(narrow)[0]}
        return show.Output({**wide.data, **drawn}, wide.metadata)

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.output()._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        whole = self.ax.get_figure(root=True)
        return f"<Chart: {show.alt_text(whole)}>" if whole else "<Chart>"


def narrowed(figure: Figure) -> Figure | None:
    """Return the figure for a phone, or None where its words would not stand whole and apart.

    The figure itself stays as it is: it is drawn again from a copy.
    """
    small = copy.deepcopy(figure)
    if len(small.axes) != 1:
        return None
    ax, height = small.axes[0], small.get_figheight()
    for text in small.findobj(Text):
        text.set_fontsize(PHONE_TEXT * float(text.get_fontsize()))
    height = max(height * (1.1 if height < 4 else 1.0), _wrap_ticks(ax))
    small.set_size_inches(PHONE, height)
    room = PHONE * 72 - 8
    title = " ".join(ax.get_title("left").split())
    ax.set_title("", loc="left")
    _plain(small)
    place = ax.get_position()
    middle = place.x0 + place.width / 2
    rooms = {ax.xaxis: 2 * min(middle, 1 - middle) * room, ax.yaxis: 50 * height}
    for axis, within in rooms.items():
        axis.label.set_text(wrapped(axis.label.get_text(), within, PHONE_TEXT * TEXT))
    _plain(small)
    place = ax.get_position()
    start = (MARGIN / PHONE - place.x0) / place.width
    _head(ax, wrapped(title, room, PHONE_TEXT * HEAD, "bold"), start, PHONE_TEXT * HEAD)
    _plain(small)
    return small if _words_apart(small) else None


def _wrap_ticks(ax: Axes) -> float:
    """Write long names at the ticks in several lines, and return the height that they ask for [inch]."""
    below, beside = ([text.get_text() for text in axis.get_ticklabels()] for axis in (ax.xaxis, ax.yaxis))
    if any(len(line) > SHORT_TICK for words in below for line in words.splitlines()):
        ax.set_xticks(ax.get_xticks(), [words.replace(" ", "\n") for words in below])
    if all(len(words) <= LONG_TICK for words in beside):
        return 0.0
    lines = [textwrap.wrap(words, LONG_TICK, break_long_words=len(words) > HANDLE) for words in beside]
    ax.set_yticks(ax.get_yticks(), ["\n".join(words) for words in lines])
    return 1.4 + 0.19 * sum(map(len, lines))


def _words_apart(figure: Figure) -> bool:
    """Return whether every text that is seen is inside the figure and clear of the others."""
    figure.draw_without_rendering()
    ax, page = figure.axes[0], figure.bbox.padded(6)
    hidden = set()
    for axis, ends in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not min(ends) <= tick.get_loc() <= max(ends):
                hidden |= {tick.label1, tick.label2}
    texts = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    boxes = [text.get_window_extent() for text in texts if text not in hidden]
    inside = all(page.x0 <= box.x0 and box.x1 <= page.x1 for box in boxes)
    return inside and not any(
        min(min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)) > TOUCH
        for a, b in itertools.combinations(boxes, 2)
    )


def axes(ax: Axes | None, height: float = 4.0) -> Axes:
    """Return the given Axes, or the only one of a new figure [inch], in the house style."""
    if ax is None:
        figure = Figure(figsize=(WIDTH, height), layout=ConstrainedLayoutEngine(w_pad=MARGIN, h_pad=MARGIN))
        ax = figure.add_subplot()
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(LIGHT)
    ax.tick_params(which="both", length=0, labelsize=TEXT, colors=DARK, pad=6)
    ax.set_axisbelow(True)
    return ax


def finished(
    ax: Axes, title: str, drawn: str, numbers: tuple[Numbers, ...] = (), *,
    x: str = "", y: str = "", ends: Sequence[EndLabel] = (), gap: float = 15.0,
) -> Chart:  # fmt: skip
    """Return the chart of the Axes with axis labels, line ends and title; drawn: the alt text's sentence.

    ends: words at the end of lines, at least `gap` [point] apart. No text is read as mathematics: a handle
    may hold dollar signs.
    """
    ax.set_xlabel(x, size=TEXT, color=DARK, labelpad=8)
    ax.set_ylabel(y, size=TEXT, color=DARK, labelpad=8)
    figure = _whole(ax)
    alone = len(figure.axes) == 1
    before = "" if alone else str(figure.get_label() or "")
    figure.set_label(f"{before} {drawn}".strip())
    if not alone:
        _plain(figure)
    room = figure.get_figwidth() * (1 if alone else ax.get_position().width) - 2 * MARGIN
    _head(ax, wrapped(title, room * 72, HEAD, "bold"))
    if ends:
        _plain(figure)
        _write_ends(ax, ends, gap)
    _plain(figure)
    if alone:  # the title starts at the figure's edge, not at the Axes'
        place = ax.get_position()
        _head(ax, ax.get_title("left"), (MARGIN / figure.get_figwidth() - place.x0) / place.width)
    return Chart(ax, numbers)


def _whole(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def _plain(figure: Figure) -> None:
    """Lay the figure out, with every text in our font and none of it read as mathematics."""
    _set_texts(figure)
    if engine := figure.get_layout_engine():
        engine.execute(figure)
    else:
        figure.draw_without_rendering()
    _set_texts(figure)  # the tick labels that the layout made


def _set_texts(figure: Figure) -> None:
    for text in figure.findobj(Text):
        if isinstance(text, Text):
            text.set_parse_math(False)
            text.set_fontfamily(FONT)


def _head(ax: Axes, title: str, start: float = 0.0, size: float = HEAD) -> None:
    ax.set_title(
        title, loc="left", x=start, pad=14, fontsize=size, fontweight="bold", fontfamily=FONT, color=MACRO,
        linespacing=1.25, parse_math=False,
    )  # fmt: skip


def _write_ends(ax: Axes, ends: Sequence[EndLabel], gap: float) -> None:
    """Write each end's words right of its point, moved up or down where they would meet."""
    height = _whole(ax).get_figheight() * ax.get_position().height * 72
    to_axes = ax.transData + ax.transAxes.inverted()
    heights = [float(to_axes.transform((end.x, end.y))[1]) * height for end in ends]
    order = sorted(range(len(ends)), key=lambda i: heights[i])
    for i, place in zip(order, apart([heights[i] for i in order], gap, height), strict=True):
        end = ends[i]
        shift = (7, place - heights[i])
        note(ax, end.words, (end.x, end.y), shift, color=end.colour, annotation_clip=False, linespacing=1.1)


def wrapped(text: str, room: float, size: float, weight: str = "normal") -> str:
    """Return text broken into lines that are no wider than `room` [point]."""
    font = FontProperties(family=FONT, weight=weight, size=size)
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_to_path.get_text_width_height_descent(longer, font, ismath=False)[0] <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def band_ends(x: float, low: float, median: float, high: float) -> list[EndLabel]:
    """Return the words at the end of a band of the middle 80 % of worlds."""
    return [
        EndLabel(x, high, "best 10%\nabove", DARK),
        EndLabel(x, median, "median", NANO),
        EndLabel(x, low, "worst 10%\nbelow", DARK),
    ]


def empty(ax: Axes, title: str, why: str) -> Chart:
    """Return the chart with nothing but the reason why there is nothing to draw."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, why, transform=ax.transAxes, ha="center", va="center", size=TEXT, color=DARK)
    return finished(ax, title, f"An empty figure: {why}.")


def columns(rows: pd.DataFrame, *names: str) -> list[Floats]:
    """Return columns as arrays of floats, to be unpacked."""
    return [rows[name].to_numpy(dtype=float) for name in names]


def percents(axis: Axis) -> None:
    """Write the ticks of shares as percent."""
    axis.set_major_formatter(FuncFormatter(lambda share, _: percent(round(share, 10))))


def amounts(axis: Axis) -> None:
    """Write the ticks of large numbers short: 2.5k, −12k, 3m. For money the axis label names the currency."""
    axis.set_major_formatter(FuncFormatter(lambda amount, _: short_money(round(amount, 6))))


def numbers(axis: Axis) -> None:
    """Write the ticks of counts with thousands marked."""
    axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.10g}"))


def by_row(ax: Axes, write_ticks: Callable[[Axis], None] = percents) -> None:
    """Dress Axes that have a row for each thing: numbers below, a grid upwards, no line at the left."""
    write_ticks(ax.xaxis)
    ax.grid(axis="x", color=FAINT)
    ax.spines["left"].set_visible(False)


def log_ticks(axis: Axis, low: float, high: float, most: int = 6) -> None:
    """Mark a log axis at round numbers between low and high: 1-2-5-10, 1-3-10 or 1-10, as there is room."""
    inside: list[float] = []
    for steps in ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        ticks = [step * 10.0**decade for decade in decades for step in steps]
        inside = [tick for tick in ticks if low <= tick * 1.0001 and tick <= high * 1.0001]
        if len(inside) <= most:
            break
    _fix_ticks(axis, inside)


def _fix_ticks(axis: Axis, values: Sequence[float]) -> None:
    axis.set_major_locator(FixedLocator(values))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def swept_ticks(axis: Axis, values: Sequence[float]) -> None:
    """Mark a log axis at the values that were tried, or at round numbers where they are many."""
    if len(values) <= MOST_SWEPT:
        _fix_ticks(axis, sorted(values))
    else:
        log_ticks(axis, min(values), max(values), MOST_SWEPT)
    numbers(axis)


def ticks_at(axis: Axis, values: Sequence[float], words: Sequence[str]) -> None:
    """Mark an axis at the values with words that are never read as mathematics."""
    axis.set_ticks(list(values), labels=list(words), parse_math=False)


def rule(ax: Axes, value: float, words: str, *, vertical: bool = True) -> None:
    """Draw a reference line across the Axes with its words inside, at the top or at the left."""
    if vertical:
        line = ax.axvline(value)
        place, across, shift, side = (value, 1.0), ("data", "axes fraction"), (5, -1), "top"
    else:
        line = ax.axhline(value)
        place, across, shift, side = (0.0, value), ("axes fraction", "data"), (4, 3), "bottom"
    line.set(color=DARK, linewidth=1.2, linestyle=DOTTED, zorder=1.5)
    note(ax, words, place, shift, across=across, va=side)


def note(
    ax: Axes, words: str, point: tuple[float, float], shift: tuple[float, float], *, across: Any = "data",
    ha: Any = "left", va: Any = "center", size: float = SMALL, color: str = DARK, **options: Any,
) -> None:  # fmt: skip
    """Write words beside a point, away from it by a shift [point]."""
    ax.annotate(
        words, point, xycoords=across, xytext=shift, textcoords="offset points", ha=ha, va=va, size=size,
        color=color, **options,
    )  # fmt: skip


def beside(ax: Axes, places: Sequence[float], words: Sequence[str], head: str = "") -> None:
    """Write a column of words right of the Axes, one at each place on the y axis, under a head."""
    for place, text in zip(places, words, strict=True):
        note(ax, text, (1, place), (6, 0), across=("axes fraction", "data"), annotation_clip=False)
    note(ax, head, (1, 1), (6, 0), across="axes fraction", va="top", color=MIDDLE, annotation_clip=False)


def apart(places: Sequence[float], gap: float, height: float) -> list[float]:
    """Return rising places moved as little as needed to be `gap` apart, inside 0 to height where they fit."""
    moved = np.asarray(places, dtype=float).copy()
    for _ in range(200):
        closer = gap - np.diff(moved)
        if not len(closer) or closer.max() <= 1e-6:
            break
        for i in np.flatnonzero(closer > 1e-6):
            push = (gap - (moved[i + 1] - moved[i])) / 2
            if push > 0:
                moved[i], moved[i + 1] = moved[i] - push, moved[i + 1] + push
    if len(moved):
        moved += max(0.0, -moved[0]) - max(0.0, moved[-1] - height)
    return [float(place) for place in moved]


def table(
    rows: pd.DataFrame, basis: Basis, columns: Mapping[str, tuple[str, Writer]], *, curve: bool = False
) -> tuple[Numbers, ...]:
    """Return the numbers of rows that are drawn, at most `MOST` of them.

    basis: as `basis.parts`. columns: header in words with its unit -> the name in
    `rows`, and how its values are written. curve: of many points those evenly apart are kept, with both ends;
    else the first.
    """
    n_rows = min(len(rows), MOST)
    places = np.linspace(0, len(rows) - 1, n_rows).round().astype(int) if curve else np.arange(n_rows)
    cells = [[write(value) for value in rows[name].iloc[places]] for name, write in columns.values()]
    return (Numbers(tuple(columns), tuple(zip(*cells, strict=True)), bases.parts(basis), len(rows) - n_rows),)


def quantiles(
    values: Mapping[str, Floats], basis: Basis, group_name: str, value_name: str, write: Writer
) -> tuple[Numbers, ...]:
    """Return the quantiles of each group's values, where their distribution is what is drawn.

    group_name: of what the groups are, such as "Arm". value_name: of the values, with their unit.
    """
    rows = pd.DataFrame(
        [[name, *np.quantile(of_group, QUANTILES)] for name, of_group in values.items()],
        columns=["group", *map(str, QUANTILES)],
    )
    heads = {
        f"{value_name}: median" if at == 0.5 else f"{percent(at)} below": (str(at), write)
        for at in sorted(QUANTILES, key=lambda at: at != 0.5)
    }
    return table(rows, basis, {group_name: ("group", handle)} | heads)
