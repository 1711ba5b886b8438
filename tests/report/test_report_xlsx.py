"""Proves that the workbook of the tables is safe to open, says what they say, and is the same each time."""

import io
import zipfile
from xml.etree import ElementTree

import pytest

from nanospread.report import gather, workbook

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


def parts(tables, **front):
    with zipfile.ZipFile(io.BytesIO(workbook.xlsx(tables, **front))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def sheets(tables, first=False, **front):
    """Return each sheet's name, and its rows as (type, text) of each cell; the first only where asked for."""
    files = parts(tables, **front)
    book = ElementTree.fromstring(files["xl/workbook.xml"])
    texts = []
    if "xl/sharedStrings.xml" in files:
        strings = ElementTree.fromstring(files["xl/sharedStrings.xml"])
        texts = ["".join(t.text or "" for t in item.iter(f"{MAIN}t")) for item in strings]
    found = {}
    for at, sheet in enumerate(book.iter(f"{MAIN}sheet"), start=1):
        root = ElementTree.fromstring(files[f"xl/worksheets/sheet{at}.xml"])
        assert not list(root.iter(f"{MAIN}f"))  # no formula anywhere
        if at == 1 and not first:
            assert sheet.get("name") == "Verdict"
            continue
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
        [("s", "creator"), ("s", "based on")],
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
    assert workbook.xlsx(tables) == workbook.xlsx(tables)
    assert sheets(tables)["b"] == [[("s", "creator"), ("s", "based on")]]


def test_control_characters_do_not_break_the_file():
    found = sheets({"a": table(("x\x00\x0b\u202ey", 1))})["a"]
    assert found[1][0][1] == "x���y"


WORK = {
    "risk": table(("nano_gift", 0.21, 1234.5, 12), columns=("option", "p_loss", "profit_mean", "n")),
    "shortlist": {**table(("anna", 4300, 0.0512), columns=("creator", "followers", "er")), "caption": "Whom"},
}


def test_the_verdict_and_the_contents_come_first_and_whom_to_invite_next():
    front = {"title": "Autumn · 2026-W47", "words": ["Choose nano.", "=Little data."], "currency": "EUR"}
    found = sheets(WORK, first=True, **front)
    assert list(found) == ["Verdict", "shortlist", "risk"]
    texts = [[text for _, text in row] for row in found["Verdict"]]
    assert texts[:3] == [["Autumn · 2026-W47"], ["Choose nano."], ["=Little data."]]
    assert texts[3:] == [["Sheet", "What it shows"], ["shortlist", "Whom"], ["risk", ""]]


def test_headers_and_names_are_those_of_the_labels_and_money_has_its_currency():
    found = sheets(WORK, currency="EUR")
    heads = {name: [text for _, text in rows[0]] for name, rows in found.items()}
    assert heads["risk"] == ["option", "loses money", "average profit, EUR", "based on"]
    assert heads["shortlist"] == ["creator", "followers", "engagement rate"]
    assert found["risk"][1][0] == ("s", "gifted nano")


def test_numbers_have_formats_and_headers_stay_in_sight():
    files = parts(WORK, currency="EUR")
    codes = {
        item.get("numFmtId"): item.get("formatCode")
        for item in ElementTree.fromstring(files["xl/styles.xml"]).iter(f"{MAIN}numFmt")
    } | {"3": "#,##0", "9": "0%"}  # those that Excel has built in
    styles = [
        cell.get("numFmtId") for cell in ElementTree.fromstring(files["xl/styles.xml"]).find(f"{MAIN}cellXfs")
    ]
    risk = ElementTree.fromstring(files["xl/worksheets/sheet3.xml"])
    cells = {
        cell.get("r"): codes[styles[int(cell.get("s"))]]
        for cell in risk.iter(f"{MAIN}c")
        if cell.get("t") != "s"
    }
    assert cells == {"B2": "0%", "C2": "#,##0", "D2": "#,##0"}
    for name in ("sheet2", "sheet3"):
        pane = next(ElementTree.fromstring(files[f"xl/worksheets/{name}.xml"]).iter(f"{MAIN}pane"))
        assert (pane.get("state"), pane.get("ySplit"), pane.get("xSplit")) == ("frozen", "1", "1")


@pytest.mark.parametrize(
    ("cells", "digits", "code"),
    [
        ([1234.5, None, -20.0], 2, "#,##0"),
        ([3.14159, 2.5], 2, "#,##0.0"),
        ([0.0123, 0.0456], 2, "#,##0.000"),
        ([0.0, 0.0], 3, "#,##0.00"),
        ([1, 2_000], 2, "#,##0"),
        ([None, "x", True], 2, ""),
    ],
)
def test_a_column_shows_as_many_decimals_as_its_middle_number_asks_for(cells, digits, code):
    assert workbook._digits(cells, digits) == code


def test_labels_beside_the_csv_say_what_each_name_means():
    lines = gather.labels_csv(WORK).splitlines()
    assert lines[0] == "name,label,unit,format,explanation"
    assert [line.split(",")[:2] for line in lines[1:]] == [
        ["option", "option"], ["p_loss", "loses money"], ["profit_mean", "average profit"], ["n", "based on"],
        ["creator", "creator"], ["followers", "followers"], ["er", "engagement rate"],
        ["nano_gift", "gifted nano"],
    ]  # fmt: skip
