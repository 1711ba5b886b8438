"""data/glossary.csv + a page -> the terms, and the page with the first use of each linked to its meaning."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nanospread.core import paths

FILE = paths.DATA / "glossary.csv"
PAGE = "glossary.html"
TAG = re.compile(r"(<[^>]*>)")
NAME = re.compile(r"<(/?)([a-z0-9]+)")
# whoever reads these has come for something else, or they hold what creators wrote
CLOSED = {"a", "code", "h1", "h2", "h3", "h4", "nav", "pre", "style", "summary", "td", "title"}
VOID = {"br", "hr", "img", "meta"}


@dataclass(frozen=True)
class Term:
    """One term: its name, the words it is met by, its formula, its unit and a note; each but the name may be
    empty."""

    term: str
    shown_as: tuple[str, ...]
    formula: str
    unit: str
    note: str

    @property
    def slug(self) -> str:
        """Return the name of its place on the glossary's page."""
        return re.sub(r"[^a-z0-9]+", "-", self.term.lower()).strip("-")


@cache
def terms(path: Path = FILE) -> tuple[Term, ...]:
    """Return all terms in the order of the file. Raises FileNotFoundError without the file."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Term(r["term"], tuple(r["shown_as"].split(";")), r["formula"], r["unit"], r["note"])
            for r in csv.DictReader(file)
        )


def linked(html: str, known: Sequence[Term] | None = None) -> str:
    """Return clean HTML in which the first use of each term links to the glossary.

    Only words for readers count: no links, headings, code or cells, which creators may have written.
    """
    slugs = {word: term.slug for term in (terms() if known is None else known) for word in term.shown_as}
    words = "|".join(re.escape(word) for word in sorted(slugs, key=lambda word: (-len(word), word)))
    pattern, done = re.compile(rf"(?<![\w.@&/-])(?:{words})(?![\w@/-]|\.\w)"), set[str]()

    def link(match: re.Match[str]) -> str:
        slug = slugs[match[0]]
        if slug in done:
            return match[0]
        done.add(slug)
        return f'<a class="term" href="{PAGE}#{slug}">{match[0]}</a>'

    inside: list[bool] = []  # of each open tag, if its words are for readers
    parts = TAG.split(html)
    for i, part in enumerate(parts):
        if found := NAME.match(part):
            _step(inside, part, closing=bool(found[1]), name=found[2])
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
