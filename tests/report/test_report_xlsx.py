"""Proves that the workbook of the tables is safe to open, says what they say, and is the same each time."""

import io
import zipfile
from xml.etree import ElementTree

import pytest

from nanospread.report import gather

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FORMULAS = [
    "=1+1",
    "+1",
    "-1+1",
    "@sum",
    '=HYPERLINK("http://x")',
    "http://x.test",
    "{=1}",
    "＝1",
    "\t=1",
    "12",
]


def parts(tables):
    with zipfile.ZipFile(io.BytesIO(gather.xlsx(tables))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def sheets(tables):
    """Return each sheet's name, and its rows as (type, text) of each cell."""
    files = parts(tables)
    book = ElementTree.fromstring(files["xl/workbook.xml"])
    texts = []
    if "xl/sharedStrings.xml" in files:
        strings = ElementTree.fromstring(files["xl/sharedStrings.xml"])
        texts = ["".join(t.text or "" for t in item.iter(f"{MAIN}t")) for item in strings]
    found = {}
    for at, sheet in enumerate(book.iter(f"{MAIN}sheet"), start=1):
        root = ElementTree.fromstring(files[f"xl/worksheets/sheet{at}.xml"])
        assert not list(root.iter(f"{MAIN}f"))  # no formula anywhere
        found[sheet.get("name")] = [[_cell(cell, texts) for cell in row] for row in root.iter(f"{MAIN}row")]
    return found


def _cell(cell, texts):
    value = cell.find(f"{MAIN}v")
    kind = cell.get("t", "n")
    return kind, texts[int(value.text)] if kind == "s" else value.text


def table(*rows, columns=("creator", "n")):
    return {"columns": list(columns), "rows": [list(row) for row in rows]}


@pytest.mark.parametrize("text", FORMULAS)
def test_text_stays_text_whatever_it_starts_with(text):
    found = sheets({"shortlist": table((text, 1), columns=(text, "n"))})["shortlist"]
    kinds = [row[0][0] for row in found]
    assert kinds == ["s", "s"]
    assert found[1][0][1] == text
    assert not any("hyperlink" in name or "externalLink" in name for name in parts({"a": table((text, 1))}))


def test_numbers_truths_and_gaps_are_what_they_were():
    found = sheets({"a": table(("x", 1.25), ("y", True), ("z", None))})["a"]
    assert found == [
        [("s", "creator"), ("s", "n")],
        [("s", "x"), ("n", "1.25")],
        [("s", "y"), ("b", "1")],
        [("s", "z")],
    ]


def test_names_that_excel_refuses_are_changed_and_stay_apart():
    names = ["a" * 40, "a" * 41, "plan/[x]:*?", "Plan", "plan"]
    found = list(sheets({name: table(("x", 1)) for name in names}))
    assert len({name.casefold() for name in found}) == len(names)
    assert all(len(name) <= 31 for name in found)
    assert found[2] == "plan__x____"


def test_the_same_tables_give_the_same_bytes():
    tables = {"a": table(("ä<b>&", 1)), "b": table()}
    assert gather.xlsx(tables) == gather.xlsx(tables)
    assert sheets(tables)["b"] == [[("s", "creator"), ("s", "n")]]


def test_control_characters_do_not_break_the_file():
    found = sheets({"a": table(("x\x00\x0b\u202ey", 1))})["a"]
    assert found[1][0][1] == "x���y"
