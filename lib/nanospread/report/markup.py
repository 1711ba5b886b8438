"""Text of notebooks, cells and creators -> clean HTML: tables in scroll regions, terms with their glossary.

Whatever others wrote comes out as words and tables only: nothing that runs, loads or leads elsewhere.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape, unescape
from typing import Any

import mistune
import nbformat
import nh3

from nanospread.core.formatting import count, counted
from nanospread.creators import tiers
from nanospread.ingest.platforms import PLATFORM
from nanospread.pages import basis, labels, show
from nanospread.pages.labels import Label

CELLS = {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
WORDS = {"p", "br", "hr", "strong", "em", "b", "i", "code", "pre", "ul", "ol", "li", "blockquote", "del"}
WORDS |= {"sub", "sup"}
ATTRIBUTES = {"th": {"scope", "colspan", "rowspan"}, "td": {"colspan", "rowspan"}}
CLASSES = {"th": {"num", "term"}, "td": {"num"}, "em": {"basis", *basis.KINDS}}
BADGES = re.compile(r'(?: *<em class="basis[^>]*>[^<]*</em>)+$')
CAPTION = re.compile(r"<caption>(.*?)</caption>\n?", re.DOTALL)
HEAD = re.compile(r'<th scope="col"[^>]*>(.*?)</th>', re.DOTALL)
BROAD = (5, 6)  # columns of a table that a phone shows as lines
NUMBER = re.compile(r"(under |over )?[−-]?[\d.,]+( times|%)?|–")
GLOSSARY_PAGE = "glossary.html"
TAG = re.compile(r"(<[^>]*>)")
TAG_NAME = re.compile(r"<(/?)([a-z0-9]+)")
# whoever reads these has come for something else, or they hold what creators wrote
CLOSED = {"a", "code", "h1", "h2", "h3", "h4", "nav", "pre", "style", "summary", "td", "title"}
CLOSED |= {"button", "label", "output", "script"}
VOID = {"br", "hr", "img", "input", "meta", "source"}


@dataclass(frozen=True)
class Heading:
    """One entry of a page's table of contents."""

    level: int
    text: str
    slug: str


def markdown(text: str, slugs: Sequence[str] = ()) -> str:
    """Return Markdown that the notebook's author wrote as clean HTML; its headings get the given slugs."""
    html = str(_markdown()(text))
    names = iter(slugs)

    def opened(match: re.Match[str]) -> str:
        level, slug = max(int(match[0][2]), 2), next(names, "")
        return f'<h{level} id="{escape(slug)}">' if slug else f"<h{level}>"

    html = re.sub(r"<h[1-6]>", opened, html).replace("</h1>", "</h2>")
    tags = CELLS | WORDS | {"a", "h2", "h3", "h4", "h5", "h6"}
    links = {"a": {"href"}, **{f"h{n}": {"id"} for n in range(2, 7)}}
    clean = nh3.clean(html, tags=tags, attributes=ATTRIBUTES | links, url_schemes={"https", "http", "mailto"})
    return _in_regions(clean, {})


def output_markdown(text: str) -> str:
    """Return Markdown that a cell computed as clean HTML: no links, no headings, no images."""
    html = str(_markdown()(show.printable(text)))
    return _in_regions(nh3.clean(html, tags=CELLS | WORDS, attributes=ATTRIBUTES), {})


def output_html(text: str, taken: dict[str, int]) -> str:
    """Return HTML that a cell computed, cleaned to tables and words; each table scrolls in its own region."""
    plain = show.printable(text)
    clean = nh3.clean(plain, tags=CELLS | WORDS, attributes=ATTRIBUTES, allowed_classes=CLASSES)
    return _in_regions(clean, taken)


def headings(cells: Sequence[nbformat.NotebookNode]) -> list[list[Heading]]:
    """Return the headings of each cell, with slugs that are unique on the page."""
    taken: dict[str, int] = {}
    by_cell: list[list[Heading]] = []
    for cell in cells:
        html = str(_markdown()(cell.source)) if cell.cell_type == "markdown" else ""
        texts = [(int(n), _text(inner)) for n, inner in re.findall(r"<h([1-6])>(.*?)</h\1>", html, re.DOTALL)]
        by_cell.append([Heading(max(level, 2), text, _ownslug(text, taken)) for level, text in texts])
    return by_cell


def _ownslug(text: str, taken: dict[str, int]) -> str:
    base = slug(text) or "section"
    taken[base] = taken.get(base, 0) + 1
    return f"s-{base}" if taken[base] == 1 else f"s-{base}-{taken[base]}"


@cache
def _markdown() -> mistune.Markdown:
    return mistune.create_markdown(escape=True, plugins=["table", "strikethrough"])


def _in_regions(html: str, taken: dict[str, int]) -> str:
    """Put each table in a figure whose caption stays in view while the table scrolls in its own region."""
    html = html.replace("<th></th>", "<td></td>").replace('<th scope="col"></th>', "<td></td>")
    return re.sub(r"<table.*?</table>", lambda m: _region(m[0], taken), html, flags=re.DOTALL)


def _region(table: str, taken: dict[str, int]) -> str:
    match = CAPTION.search(table)
    caption = match[1].strip() if match else ""
    rests = match[0].strip() if (match := BADGES.search(caption)) else ""
    caption = caption.removesuffix(rests).strip()
    label = _text(caption) or "Table"
    taken[label] = taken.get(label, 0) + 1
    name = escape(label if taken[label] == 1 else f"{label} ({taken[label]})")
    bare = CAPTION.sub("", table, count=1)
    shown = f"<figcaption>{caption}</figcaption>" if caption else ""
    heads = [_text(head) for head in HEAD.findall(bare)]
    kind = " broad" if BROAD[0] <= len(heads) <= BROAD[1] else ""
    named = (_labelled(bare, heads) if kind else bare).replace("<table", f'<table aria-label="{name}"', 1)
    region = f'<div class="scroll{kind}" role="region" tabindex="0" aria-label="{name}">{named}</div>'
    slim = " slim" if len(heads) < 4 else ""
    badges = f'<p class="rests">{rests}</p>' if rests else ""
    return f'<figure class="table{slim}">{shown}{badges}{region}</figure>'


def _labelled(table: str, heads: Sequence[str]) -> str:
    """Return a table whose cells carry their heading, since a phone shows each row as lines."""

    def row(match: re.Match[str]) -> str:
        names = iter(heads[1:])  # the first cell of a row is its own heading
        return re.sub("<td", lambda _: f'<td data-label="{escape(next(names, ""))}"', match[0])

    head, body = table.split("<tbody>", 1)
    return f"{head}<tbody>{re.sub('<tr>.*?</tr>', row, body, flags=re.DOTALL)}"


def _text(html: str) -> str:
    """Return the text of clean HTML on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def figure_basis(packed: str) -> str:
    """Return the badges of one figure, from what `show.figure` left beside the picture."""
    return _badges(show.unpacked(packed))


def _badges(tables: Sequence[Mapping[str, Any]]) -> str:
    parts = basis.merged(table["basis"] for table in tables)
    return basis.badges((show.printable(kind), show.printable(what)) for kind, what in parts)


def numbers_behind(packed: str, taken: dict[str, int]) -> str:
    """Return the data tables of one figure, from what `show.figure` left beside the picture."""
    tables = show.unpacked(packed)
    several = len({str(table["basis"]) for table in tables}) > 1
    return "".join(_region(_table_behind(table, named=several), taken) for table in tables)


def _table_behind(table: Mapping[str, Any], *, named: bool) -> str:
    """Return a table in HTML; named: with its basis, where that of the figure is of several tables."""
    rows = [[show.printable(cell) for cell in row] for row in table["rows"]]
    kinds = [' class="num"' if all(map(NUMBER.fullmatch, cells)) else "" for cells in zip(*rows, strict=True)]
    heads = [escape(show.printable(head)) for head in table["columns"]]
    left = f"; {counted(table['left_out'], 'more row')} not listed" if table["left_out"] else ""
    caption = escape(f"Numbers of the figure{left}") + (f" {_badges([table])}" if named else "")
    head = "".join(f'<th scope="col"{kind}>{name}</th>' for name, kind in zip(heads, kinds, strict=True))
    tags = ['th scope="row"', *["td"] * (len(kinds) - 1)]
    marked = [zip(tags, kinds, row, strict=True) for row in rows]
    cells = ["".join(f"<{tag}{kind}>{escape(cell)}</{tag[:2]}>" for tag, kind, cell in row) for row in marked]
    body = "".join(f"<tr>{row}</tr>\n" for row in cells)
    inner = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>"
    return f"<table>\n<caption>{caption}</caption>\n{inner}</table>"


@cache
def terms(platform: str = PLATFORM) -> tuple[Label, ...]:
    """Return the labels that have an explanation, in alphabetical order, tiers as the platform's are cut."""
    explained = {name: row for name, row in labels.labels().items() if row.explanation}
    for tier in explained.keys() & {*tiers.ORDER}:
        low, high = map(count, tiers.ends(tier, platform))
        text = explained[tier].explanation.format(low=low, high=high)
        explained[tier] = explained[tier]._replace(explanation=text)
    return tuple(sorted(explained.values(), key=lambda row: row.label.casefold()))


def slug(text: str) -> str:
    """Return a text as the name of a place on a page."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def glossary_linked(html: str, known: Sequence[Label] | None = None) -> str:
    """Return clean HTML in which the first use of each term links to the glossary.

    Only words for readers count: no links, headings, code or cells, which creators may have written.
    """
    slugs = {row.label: slug(row.name) for row in (terms() if known is None else known)}
    slugs |= {f"{word}s": where for word, where in slugs.items() if f"{word}s" not in slugs}
    words = "|".join(re.escape(word) for word in sorted(slugs, key=lambda word: (-len(word), word)))
    pattern, done = re.compile(rf"(?<![\w.@&/-])(?:{words})(?![\w@/-]|\.\w)"), set[str]()

    def link(match: re.Match[str]) -> str:
        place = slugs[match[0]]
        if place in done:
            return match[0]
        done.add(place)
        return f'<a class="term" href="{GLOSSARY_PAGE}#{place}">{match[0]}</a>'

    inside: list[bool] = []  # of each open tag, if its words are for readers
    parts = TAG.split(html)
    for i, part in enumerate(parts):
        if tag := TAG_NAME.match(part):
            _step(inside, part, closing=bool(tag[1]), name=tag[2])
        elif part and all(inside):
            parts[i] = pattern.sub(link, part)
    return "".join(parts)


def _step(inside: list[bool], tag: str, *, closing: bool, name: str) -> None:
    if name in VOID:
        return
    if not closing:
        row = name == "th" and 'scope="row"' in tag and "term" not in tag
        inside.append(name not in CLOSED and not row)
    elif inside:
        inside.pop()
