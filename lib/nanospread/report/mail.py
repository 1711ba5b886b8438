"""A report's front page -> one mail, as HTML that mail clients can show and as plain text that says the same.

No script and no request. Many clients drop pictures in `data:`, so each number is text too. `send` sends it:
nothing here opens a connection.
"""

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import nbformat

from nanospread.core import formatting
from nanospread.report import html
from nanospread.report.html import Grid, SectionText
from nanospread.report.records import ReportRecord

COLUMNS = 72  # of the plain text [characters]
ROWS, CELL = 10, 60  # of a table, and characters of a cell, at most
LONGEST = 600  # of any one text: a brief and a creator choose their words [characters]
PICTURES = 60_000  # base64 of all pictures together; with the words it stays under 100 kB [characters]
LIVE = re.compile(r"://|www\.|@(?=\w)", re.IGNORECASE)  # what a mail client makes a link of by itself
DEAD = {"://": "[:]//", "www.": "www[.]", "@": "(at)"}


def files(
    report: html.Report, verdict: Sequence[str], books: Mapping[str, nbformat.NotebookNode]
) -> dict[str, str]:
    """Return mail.html (under 100 kB) and its plain-text twin mail.txt, the same for the same inputs.

    verdict: sentences, the answer first; books: executed notebooks. The first is the front page: it brings
    its sentences and tables, what the data lack among them, and pictures (`show.figure(..., mail=True)`).
    """
    words = _words(report, verdict, books)
    pictures = _pictures(next(iter(books.values())))
    return {"mail.html": html.page("mail.html.j2", **words, pictures=pictures), "mail.txt": _text(words)}


def _words(
    report: html.Report, verdict: Sequence[str], books: Mapping[str, nbformat.NotebookNode]
) -> dict[str, Any]:
    """Return what both twins say."""
    book = next(iter(books.values()))
    front, known = html.section_texts(book), html.layout(book).sentences
    answer = next((part for part in front if {*verdict} & {*part.lines}), SectionText("", list(verdict), []))
    parts = [_dead(part) for part in front if part is not answer]
    return {
        "title": plain(report.title),
        "kicker": " · ".join(filter(None, (report.week, plain(report.kicker)))),
        "first": [plain(line) for line in report.first],
        "banners": [plain(banner) for banner in report.banners],
        "verdict": [*map(plain, answer.lines)] or [plain(report.title)],
        "odds": _dead(answer).tables,
        "sections": parts,
        "pages": [
            (plain(page.title), "" if page.headline in known else plain(page.headline))
            for page in report.pages[1:]
        ],
        "facts": [(plain(name), plain(value)) for name, value in report.facts],
        "place": f"{report.week}/{report.brief}/index.html",
    }


def subject(
    report: html.Report, verdict: str, numbers: Mapping[str, Any], last: ReportRecord | None, before: str
) -> str:
    """Return the subject line: what to do, whether the last report said so, and the first number that moved.

    numbers: the metrics of the front page by name. last, before: the last report, and its verdict.
    """
    decided, was_decided = decision(verdict), decision(before)
    if last is None:
        return plain(f"{decided} · {report.title} · {report.week}")
    since = f"in {last.week}: {was_decided or 'no verdict'}"
    since = f"as in {last.week}" if was_decided == decided else since
    pairs = ((row, last.metrics[name]) for name, row in numbers.items() if name in last.metrics)
    pairs_written = (
        (row, html.number(row["value"], row["unit"]), html.number(was.value, was.unit)) for row, was in pairs
    )
    moved = [f"{row['label']} {now}, was {was}" for row, now, was in pairs_written if now != was]
    return plain(" · ".join([f"{decided} ({since})", *moved[:1], report.title, report.week]))


def decision(verdict: str) -> str:
    """Return what a verdict says to do: its words up to the first full stop or colon."""
    return re.split("[:.]", verdict)[0].strip()


def plain(text: object) -> str:
    """Return text on one line, printable, of bounded length, with nothing a mail client turns into a link."""
    dead = LIVE.sub(lambda match: DEAD[match[0].lower()], formatting.shortened(text, LONGEST))
    return formatting.shortened(dead, LONGEST)


def _dead(part: SectionText) -> SectionText:
    """Return a section as a mail may say it, and of each table what a mail has room for."""
    tables = [
        Grid(
            [[formatting.shortened(plain(cell), CELL) for cell in row] for row in table.rows[: ROWS + 1]],
            plain(table.basis),
        )
        for table in part.tables
    ]
    return SectionText(plain(part.head), [*map(plain, part.lines)], tables)


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
    pages = [line for name, says in words["pages"] for line in (name, f"    {says}") if line.strip()]
    facts = [f"{name}: {value}" for name, value in words["facts"]]
    sections = [
        ("The answer", [*words["verdict"], *_rows(words["odds"])]),
        *((part.head, [*part.lines, *_rows(part.tables)]) for part in words["sections"]),
        ("What each page says", pages),
        ("This report", [f"All of it: {words['place']} in the folder of reports.", *facts]),
    ]
    parts = [[words["title"], words["kicker"], *words["first"], *words["banners"]]]
    parts += [[head.upper(), *lines] for head, lines in sections if lines]
    return "\n\n".join("\n".join(map(_wrapped, lines)) for lines in parts) + "\n"


def _rows(tables: Sequence[Grid]) -> list[str]:
    """Return a line for each row of tables: what it is about, and each cell under the name of its column.

    The last line of a table says what its numbers rest on.
    """
    lines = []
    for ((_, *heads), *rows), basis in tables:
        cells_by_head = (zip(heads, cells, strict=True) for _, *cells in rows)
        texts = (", ".join(f"{head} {cell}" for head, cell in row) for row in cells_by_head)
        lines += [f"    {name}: {words}" for (name, *_), words in zip(rows, texts, strict=True)]
        lines += [f"    Basis: {basis}"] * bool(basis)
    return lines


def _wrapped(line: str) -> str:
    """Return a line in as many as it needs; one that is a dot alone would end the mail on its way."""
    indent = " " * (len(line) - len(line.lstrip()))
    parts = textwrap.wrap(line, COLUMNS, subsequent_indent=indent, break_on_hyphens=False) or [""]
    return "\n".join(" ." if part == "." else part for part in parts)
