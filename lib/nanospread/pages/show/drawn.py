"""Axes -> SVG or PNG with alt text, the numbers behind it, and a digest of what is drawn."""

import hashlib
import io
import json
import math
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection, PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from nanospread.pages.show.output import Output, packed, printable

NUMBERS = "text/vnd.nanospread.numbers"
MOST_MARKS = 500  # above it an SVG outgrows a PNG of the same figure
PNG_DPI = 150
CSS_DPI = 96
COLOURS, MAIL_COLOURS = 128, 32  # of a PNG: more than the shades that smooth edges need; enough for a mail
VERTEX = 0.1  # a vertex of a line costs a tenth of a marker's bytes


def figure(drawn: Axes | Figure, *, numbers: Sequence[Mapping[str, Any]] = (), mail: bool = False) -> Output:
    """Return a figure as SVG, or as PNG where it has too many marks, with alt text.

    mail: keep a small PNG too, for the report's mail: mail clients show no SVG. The plain text is the alt
    text and a digest of the drawn data at 4 significant digits: nbval skips images, and so sees a figure
    move all the same. numbers: those behind it, which a report shows as its data table.
    """
    whole = drawn if isinstance(drawn, Figure) else drawn.get_figure(root=True)
    if whole is None:
        raise ValueError("these Axes belong to no figure")
    alt = alt_text(whole)
    size, digest = _digest(whole)
    kind, image, metadata = _png(whole) if size > MOST_MARKS else _svg(whole)
    plain = f"{alt}\n[figure, {size:,} marks, data {digest}]"
    images, about = {kind: image}, {kind: {"alt": alt, **metadata}}
    if mail:
        kind, image, metadata = _png(whole, MAIL_COLOURS)
        images[kind], about[kind] = image, {"alt": alt, "mail": True, **metadata}
    return Output({**images, "text/plain": plain} | ({NUMBERS: packed(*numbers)} if numbers else {}), about)


def alt_text(whole: Figure) -> str:
    """Return the finding (the titles) and what is drawn (the figure's label), as sentences."""
    titles = [
        whole.get_suptitle(),
        *(ax.get_title(loc) for ax in whole.axes for loc in ("left", "center", "right")),
    ]
    label = str(whole.get_label() or "")
    parts = [" ".join(printable(part).replace("\\$", "$").split()) for part in [*titles, label]]
    return " ".join(part if part[-1] in ".?!" else f"{part}." for part in parts if part) or "Figure."


def _svg(whole: Figure) -> tuple[str, str, dict[str, Any]]:
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "nanospread", "svg.fonttype": "path"}):
        whole.savefig(
            buffer,
            format="svg",
            bbox_inches="tight",
            facecolor="white",
            metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")),
        )
    return "image/svg+xml", _one_line(_own_ids(buffer.getvalue())), {}


def _own_ids(svg: str) -> str:
    """Return an SVG whose shapes are numbered as they come: else a letter has the number that it has in its
    font, and the same font of another origin counts otherwise.
    """
    shapes = re.findall(r'<path id="([^"]+)"', svg)
    number = {shape: f"s{at}" for at, shape in enumerate(dict.fromkeys(shapes), start=1)}
    return re.sub(
        r'(<path id="|xlink:href="#)([^"]+)', lambda found: found[1] + number.get(found[2], found[2]), svg
    )


def _one_line(svg: str) -> str:
    """Return an SVG without its prologue on one line: nbformat stores text line by line."""
    bare = re.sub(r">\s+<", "><", svg[svg.index("<svg") :])
    return re.sub(r"\s*\n\s*", " ", bare).strip()


def _png(whole: Figure, colours: int = COLOURS) -> tuple[str, str, dict[str, Any]]:
    buffer = io.BytesIO()
    whole.savefig(
        buffer,
        format="png",
        dpi=PNG_DPI,
        bbox_inches="tight",
        facecolor="white",
        metadata={"Software": None},
    )
    image = _small(buffer, colours)
    width = int.from_bytes(image[16:20], "big")  # the PNG header's own field
    return "image/png", b64encode(image).decode("ascii"), {"width": round(width * CSS_DPI / PNG_DPI)}


def _small(drawn: io.BytesIO, colours: int) -> bytes:
    """Return the PNG in a palette of its own: a quiet figure has few colours, and a third of the bytes."""
    from PIL import Image

    buffer = io.BytesIO()
    with Image.open(drawn) as image:
        flat = image.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        flat.save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def _digest(whole: Figure) -> tuple[int, str]:
    """Return how many marks a figure has, and a hash of its data and words (data units, not pixels)."""
    drawn = [part for ax in whole.axes for part in _drawn(ax)]
    words = [
        label.get_text() for ax in whole.axes for label in [*ax.get_xticklabels(), *ax.get_yticklabels()]
    ]
    words += [note.get_text() for ax in whole.axes for note in (ax.xaxis.label, ax.yaxis.label, *ax.texts)]
    content = json.dumps([alt_text(whole), words, [_four_digits(values) for _, values in drawn]])
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
