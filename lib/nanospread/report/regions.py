"""Tables -> HTML in which each scrolls in a named region of its own, under its caption."""

import re
from collections.abc import Mapping, Sequence
from html import escape, unescape
from typing import Any

from nanospread.pages import show

NUMBER = re.compile(r"(under |over )?[−-]?[\d.,]+( times|%)?|–")


def tables(html: str, labels: dict[str, int]) -> str:
    """Put each table in a figure whose caption stays in view while the table scrolls in its own region."""
    html = html.replace("<th></th>", "<td></td>").replace('<th scope="col"></th>', "<td></td>")
    return re.sub(r"<table.*?</table>", lambda m: _region(m[0], labels), html, flags=re.DOTALL)


def _region(table: str, labels: dict[str, int]) -> str:
    found = re.search(r"<caption>(.*?)</caption>\n?", table, re.DOTALL)
    caption = found[1].strip() if found else ""
    label = words(caption) or "Table"
    labels[label] = labels.get(label, 0) + 1
    name = escape(label if labels[label] == 1 else f"{label} ({labels[label]})")
    bare = table.replace(found[0], "") if found else table
    shown = f"<figcaption>{caption}</figcaption>" if caption else ""
    named = bare.replace("<table", f'<table aria-label="{name}"', 1)
    region = f'<div class="scroll" role="region" tabindex="0" aria-label="{name}">{named}</div>'
    return f'<figure class="table">{shown}{region}</figure>'


def numbers_behind(packed: str, labels: dict[str, int]) -> str:
    """Return the data tables of one figure, from what `show.figure` left beside the picture."""
    return "".join(_region(_behind(table), labels) for table in show.unpacked(packed))


def _behind(table: Mapping[str, Any]) -> str:
    rows = [[show.printable(cell) for cell in row] for row in table["rows"]]
    kinds = [' class="num"' if all(map(NUMBER.fullmatch, cells)) else "" for cells in zip(*rows, strict=True)]
    heads = [escape(show.printable(head)) for head in table["columns"]]
    left = f"; {table['left_out']:,} more rows are not listed" if table["left_out"] else ""
    caption = escape(f"Numbers of the figure. Basis: {show.printable(table['basis'])}{left}")
    head = "".join(f'<th scope="col"{kind}>{name}</th>' for name, kind in zip(heads, kinds, strict=True))
    body = "".join(f"<tr>{_cells(row, kinds)}</tr>\n" for row in rows)
    inner = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>"
    return f"<table>\n<caption>{caption}</caption>\n{inner}</table>"


def _cells(row: Sequence[str], kinds: Sequence[str]) -> str:
    tags = ['th scope="row"', *["td"] * (len(row) - 1)]
    return "".join(
        f"<{tag}{kind}>{escape(cell)}</{tag[:2]}>" for tag, kind, cell in zip(tags, kinds, row, strict=True)
    )


def words(html: str) -> str:
    """Return the text of clean HTML on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())
