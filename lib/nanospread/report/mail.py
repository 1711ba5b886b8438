"""A report's front page -> one mail, as HTML that mail clients can show and as plain text that says the same.

No script and no request. Many clients drop pictures in `data:`, so each number is text too. The scheduler
sends it: nothing here opens a connection.
"""

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import nbformat

from nanospread.core import formatting
from nanospread.report import html

COLUMNS = 72  # of the plain text [characters]
LONGEST = 600  # of any one text: a brief and a creator choose their words [characters]
PICTURES = 60_000  # base64 of all pictures together; with the words it stays under 100 kB [characters]
LIVE = re.compile(r"://|www\.|@(?=\w)", re.IGNORECASE)  # what a mail client makes a link of by itself
DEAD = {"://": "[:]//", "www.": "www[.]", "@": "(at)"}


def files(
    report: html.Report, verdict: Sequence[str], books: Mapping[str, nbformat.NotebookNode]
) -> dict[str, str]:
    """Return mail.html (under 100 kB) and its plain-text twin mail.txt, the same for the same inputs.

    verdict: sentences, the answer first; books: executed notebooks, of which the first brings the numbers, as
    on the front page, and the pictures (`show.figure(..., mail=True)`).
    """
    words = _words(report, verdict, books)
    pictures = _pictures(next(iter(books.values())))
    return {"mail.html": html.page("mail.html.j2", **words, pictures=pictures), "mail.txt": _text(words)}


def _words(
    report: html.Report, verdict: Sequence[str], books: Mapping[str, nbformat.NotebookNode]
) -> dict[str, Any]:
    """Return what both twins say."""
    figures = html.key_figures(books)
    return {
        "title": plain(report.title),
        "week": report.week,
        "banners": [plain(banner) for banner in report.banners],
        "verdict": [plain(sentence) for sentence in verdict] or [plain(report.title)],
        "figures": [{key: plain(text) for key, text in figure.items()} for figure in figures],
        "pages": [(plain(page.title), plain(page.headline)) for page in report.pages[1:]],
        "facts": [(plain(name), plain(value)) for name, value in report.facts],
        "place": f"{report.week}/{report.brief}/index.html",
    }


def plain(text: object) -> str:
    """Return text on one line, printable, of bounded length, with nothing a mail client turns into a link."""
    dead = LIVE.sub(lambda match: DEAD[match[0].lower()], formatting.shortened(text, LONGEST))
    return formatting.shortened(dead, LONGEST)


def _pictures(book: nbformat.NotebookNode) -> list[dict[str, str | int]]:
    """Return the figures that a notebook keeps for the mail, from the first on as long as they fit."""
    pictures: list[dict[str, str | int]] = []
    left = PICTURES
    for output in (output for cell in book.cells for output in cell.get("outputs", [])):
        about = output.get("metadata", {}).get("image/png", {})
        if about.get("mail"):
            png = "".join(output["data"]["image/png"].split())
            left -= len(png)
            if left < 0:
                break
            pictures.append({"png": png, "width": int(about["width"]), "alt": plain(about["alt"])})
    return pictures


def _text(words: Mapping[str, Any]) -> str:
    """Return what the HTML says, in sections; one without a line has no heading either."""
    sections = {
        "The answer": words["verdict"],
        "The numbers": [line for figure in words["figures"] for line in _number(figure)],
        "What each page says": [line for page in words["pages"] for line in (page[0], f"    {page[1]}")],
        "This report": [
            f"All of it: {words['place']} in the folder of reports.",
            *(f"{name}: {value}" for name, value in words["facts"]),
        ],
    }
    parts = [[f"{words['title']} · {words['week']}", *words["banners"]]]
    parts += [[head.upper(), *lines] for head, lines in sections.items() if lines]
    return "\n\n".join("\n".join(map(_wrapped, lines)) for lines in parts) + "\n"


def _number(figure: Mapping[str, str]) -> list[str]:
    certain = ", ".join(part for part in (figure["interval"], figure["basis"]) if part)
    return [f"{figure['name']}: {figure['value']}", f"    {certain}", f"    {figure['formula']}"]


def _wrapped(line: str) -> str:
    """Return a line in as many as it needs; one that is a dot alone would end the mail on its way."""
    indent = " " * (len(line) - len(line.lstrip()))
    parts = textwrap.wrap(line, COLUMNS, subsequent_indent=indent, break_on_hyphens=False) or [""]
    return "\n".join(" ." if part == "." else part for part in parts)
