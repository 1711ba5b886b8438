"""A drawn figure -> SVG or PNG that is the same bytes each time, and a digest of what is drawn."""

import hashlib
import io
import json
import math
import re
from base64 import b64encode
from collections.abc import Iterator

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection, PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

PNG_DPI = 150
CSS_DPI = 96
VERTEX = 0.1  # a vertex of a line costs a tenth of a marker's bytes
PATH = re.compile(r'(?<= d=")[^"]*')
LETTER = re.compile(r'(<use href="#\w+") transform="translate\((\S+) (\S+)\)"')
PLACE = re.compile(r'( [xy]="|translate\()([^")]*)')
AROUND, DECIMALS = re.compile(r"\s*([A-Za-z])\s*"), re.compile(r"-?\d+\.\d{3,}")
COLOURS = 128  # of a PNG: more than the shades that smooth edges need


def svg(figure: Figure) -> str:
    """Return a figure as SVG on one line, the same in every process."""
    buffer = io.StringIO()
    none = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with matplotlib.rc_context({"svg.hashsalt": "nanospread", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", bbox_inches="tight", facecolor="white", metadata=none)
    return _one_line(_short(_own_ids(buffer.getvalue())))


def _own_ids(svg: str) -> str:
    """Return an SVG whose shapes are numbered as they come: a letter's id is its font's."""
    shapes = re.findall(r'<path id="([^"]+)"', svg)
    number = {shape: f"s{at}" for at, shape in enumerate(dict.fromkeys(shapes), start=1)}
    uses = r'(<path id="|xlink:href="#)([^"]+)'
    return re.sub(uses, lambda use: use[1] + number.get(use[2], use[2]), svg)


def _short(svg: str) -> str:
    """Return an SVG in hundredths of a point, without what letters and paths can do without."""
    letters = LETTER.sub(r'\1 x="\2" y="\3"', svg.replace("xlink:href", "href")).replace(' y="0"', "")
    placed = PLACE.sub(lambda place: place[1] + _rounded(place[2]), letters)
    return PATH.sub(lambda path: AROUND.sub(r"\1", _rounded(path[0])).replace(" -", "-"), placed)


def _rounded(numbers: str) -> str:
    return DECIMALS.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), numbers)


def _one_line(svg: str) -> str:
    """Return an SVG without its prologue on one line: nbformat stores text line by line."""
    bare = re.sub(r">\s+<", "><", svg[svg.index("<svg") :])
    return re.sub(r"\s*\n\s*", " ", bare).strip()


def png(figure: Figure, colours: int = COLOURS) -> tuple[str, int]:
    """Return a figure as PNG in base64, and its width on a page [CSS pixels]."""
    buffer = io.BytesIO()
    none = {"Software": None}
    figure.savefig(buffer, format="png", dpi=PNG_DPI, bbox_inches="tight", facecolor="white", metadata=none)
    image = _small(buffer, colours)
    width = int.from_bytes(image[16:20], "big")  # the PNG header's own field
    return b64encode(image).decode("ascii"), round(width * CSS_DPI / PNG_DPI)


def _small(drawn: io.BytesIO, colours: int) -> bytes:
    """Return the PNG in a palette of its own: a quiet figure has few colours, and a third of the bytes."""
    from PIL import Image

    buffer = io.BytesIO()
    with Image.open(drawn) as image:
        flat = image.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        flat.save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def digest(figure: Figure, alt: str) -> tuple[int, str]:
    """Return how many marks a figure has, and a hash of its words and data at 4 significant digits.

    The data are in data units, not pixels: the hash is the same on every processor. alt: the alt text.
    """
    drawn = [part for ax in figure.axes for part in _drawn(ax)]
    ticks = [tick for ax in figure.axes for tick in (*ax.get_xticklabels(), *ax.get_yticklabels())]
    notes = [note for ax in figure.axes for note in (ax.xaxis.label, ax.yaxis.label, *ax.texts)]
    words = [text.get_text() for text in (*ticks, *notes)]
    content = json.dumps([alt, words, [_four_digits(values) for _, values in drawn]])
    return math.ceil(sum(marks for marks, _ in drawn)), hashlib.sha256(content.encode()).hexdigest()[:12]


def _drawn(ax: Axes) -> Iterator[tuple[float, np.ndarray]]:
    """Yield each thing drawn: its weight in marks, and its numbers."""
    for line in ax.lines:
        points = np.asarray(line.get_xydata(), dtype=float)
        marked = line.get_marker() not in ("", " ", "None", None)
        yield len(points) * (1 if marked else VERTEX), points
    for collection in ax.collections:
        yield from _marks(collection)
    for patch in ax.patches:
        if not isinstance(patch, FancyArrowPatch):  # its outline is in pixels
            outline = patch.get_path().transformed(patch.get_patch_transform()).get_extents()
            yield 1, np.asarray(outline.get_points(), dtype=float)
    for image in ax.images:
        yield 1, np.ma.filled(np.ma.asarray(image.get_array(), dtype=float), np.nan)


def _marks(collection: Collection) -> Iterator[tuple[float, np.ndarray]]:
    if isinstance(collection, PathCollection):
        offsets: np.ndarray = np.ma.filled(np.ma.asarray(collection.get_offsets(), dtype=float), np.nan)
        yield len(offsets), offsets
    else:
        outlines = [np.asarray(path.vertices, dtype=float) for path in collection.get_paths()]
        yield from ((1 + VERTEX * len(outline), outline) for outline in outlines)
    if (colours := collection.get_array()) is not None:
        yield 0, np.ma.filled(np.ma.asarray(colours, dtype=float), np.nan)


def _four_digits(values: np.ndarray) -> list[str]:
    """Write numbers at 4 significant digits; what is nothing beside the largest one counts as 0."""
    finite = values[np.isfinite(values)]
    floor = float(np.abs(finite).max()) * 1e-9 if finite.size else 0.0
    return ["0" if abs(x) <= floor else f"{x:.3e}" for x in values.ravel().tolist()]
