"""What every figure's test asks of a drawn figure: that the texts a reader sees are whole and apart."""

import itertools

from matplotlib.text import Text

LONG = "A finding that is as long as a finding may be, so that its title needs a second line to fit in"


def shown(ax):
    """Return the texts a reader sees: not those of ticks outside the limits."""
    hidden = set()
    for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not min(limits) <= tick.get_loc() <= max(limits):
                hidden |= {tick.label1, tick.label2}
    found = ax.figure.findobj(Text)
    return [text for text in found if text.get_text() and text.get_visible() and text not in hidden]


def assert_legible(ax):
    """Fail unless the figure, drawn with the title LONG, has every text whole, large enough and apart."""
    assert ax.get_title("left").replace("\n", " ") == LONG
    assert ax.figure.get_label().endswith(".")
    ax.figure.draw_without_rendering()
    page = ax.figure.bbox.padded(1)
    boxes = [(text.get_text(), text.get_window_extent()) for text in shown(ax)]
    assert [words for words, box in boxes if not (page.x0 <= box.x0 <= box.x1 <= page.x1)] == []
    assert min(text.get_fontsize() for text in shown(ax)) >= 10
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert min(wide, high) < 2, (one, other)
