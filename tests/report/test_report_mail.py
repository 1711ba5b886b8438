"""Proves that the mail says what the report says, in both twins, and that any mail client can show it."""

import re
from base64 import b64decode
from datetime import date

import nbformat
import pandas as pd
import pytest
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from nanospread.pages import show
from nanospread.report import gather, html, mail, records

MOVED = "loses money 21%, was 24%"
VERDICT = ["Nano is the better bet.", "It earns more in 8 of 10 worlds."]
ROWS = pd.DataFrame(
    {
        "metric": ["p_beats_macro", "profit_p50", "er_nano", "people"],
        "label": ["odds of beating the macro", "median profit", "engagement rate", "people reached"],
        "value": [0.8295, -2621.4, 0.0389, 51371.0],
        "low": [0.8223, -2682.9, 0.0331, None],
        "high": [0.8367, -2561.8, 0.0449, None],
        "se": [0.0037, 30.9, None, None],
        "unit": ["share", "EUR", "share", "people"],
        "basis": ["estimated", "estimated", "measured", "assumed"],
        "formula": ["wins / worlds", "half bring less", "(likes + comments) / followers", "by hand"],
    }
)


def picture(words="Three bars", points=3):
    ax = Figure(figsize=(6.8, 3)).subplots()
    ax.plot([(i * i * 7919) % 1013 for i in range(points)], "o", markersize=3)
    ax.set_title(words)
    return show.figure(ax, mail=True)


def book(*outputs, title="# 00 · What?"):
    cells = [
        new_code_cell("x", outputs=[new_output("execute_result", dict(o.data), metadata=dict(o.metadata))])
        for o in outputs
    ]
    return new_notebook(cells=[new_markdown_cell(title), *cells])


def files(*outputs, rows=ROWS, title="Autumn"):
    books = {"00_what": book(show.metrics(rows), *outputs)}
    books["01_who"] = book(show.text("Everybody is in it."), title="# 01 · Who?")
    report = html.Report(
        brief="autumn", week="2026-W47", title=title, banners=("Synthetic data: nobody in it exists.",),
        pages=tuple(gather.page(name, each) for name, each in books.items()),
        facts=(("Posts dated", "2026-01-02 to 2026-11-20"),), provenance=(("Run", "2026-11-22 21:00 UTC"),),
    )  # fmt: skip
    return mail.files(report, VERDICT, books)


def said(page):
    """Return the words of an HTML page on one line."""
    body = re.sub(r"<style>.*?</style>|<div style=\"display:none.*?</div>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", body.replace("&#39;", "'")).split())


def test_both_twins_say_verdict_banner_pages_and_place():
    both = files()
    for text in (said(both["mail.html"]), " ".join(both["mail.txt"].split())):
        for words in (
            *VERDICT, "Synthetic data: nobody in it exists.", "01 · Who?", "Everybody is in it.",
            "2026-W47/autumn/index.html", "Posts dated: 2026-01-02 to 2026-11-20",
        ):  # fmt: skip
            assert words in text


def test_both_twins_have_the_open_tables_of_the_front_page_and_none_of_the_folded_numbers():
    odds = pd.DataFrame({"measure": ["loses money"], "gifted nano": ["18"], "one macro": ["64"]})
    rests = {"odds": "estimated", "costs": "measured"}
    both = files(show.text(VERDICT), show.table(odds, "The odds", basis=rests))
    assert "loses money: gifted nano 18, one macro 64" in both["mail.txt"]
    assert "loses money gifted nano" not in said(both["mail.html"])
    assert "gifted nano one macro loses money 18 64" in said(both["mail.html"])
    for text in (said(both["mail.html"]), " ".join(both["mail.txt"].split())):
        assert text.count("Basis: calculated: odds; from your data: costs") == 1
    assert not [text for text in both.values() if "median profit" in text]


def test_what_the_data_lack_and_what_else_the_front_page_says_is_in_both_twins_once():
    cells = [
        new_markdown_cell("## The answer"),
        *book(show.text(VERDICT), show.text("4 results have more orders than clicks.")).cells[1:],
        new_markdown_cell("## Can the data be trusted?"),
        *book(show.text("All rows can be used."), show.text(VERDICT[0])).cells[1:],
    ]
    front = new_notebook(cells=cells)
    report = html.Report("b", "2026-W47", "T", (), (gather.Page("00", "00 · Q", "A."),), (), ())
    both = mail.files(report, VERDICT, {"00": front})
    for text in (said(both["mail.html"]), " ".join(both["mail.txt"].split())):
        parts = [*VERDICT, "4 results have more orders than clicks.", "All rows can be used."]
        assert [text.count(part) for part in parts] == [1] * 4
        assert sorted(parts, key=text.index) == parts
    assert "CAN THE DATA BE TRUSTED?\nAll rows" in both["mail.txt"]
    front.cells[-2].metadata["tags"] = ["fold"]
    assert "All rows" not in mail.files(report, VERDICT, {"00": front})["mail.txt"]


@pytest.mark.parametrize(
    ("now", "then", "before", "subject"),
    [
        (0.212, None, "", "Choose nano · T · 2026-W47"),
        (0.212, 0.2123, "Choose nano: more.", "Choose nano (as in 2026-W46) · T · 2026-W47"),
        (0.212, 0.24, "Do nothing: odds.", f"Choose nano (in 2026-W46: Do nothing) · {MOVED} · T · 2026-W47"),
        (0.212, 0.24, "", f"Choose nano (in 2026-W46: no verdict) · {MOVED} · T · 2026-W47"),
    ],
)  # fmt: skip
def test_the_subject_says_what_to_do_and_what_changed(now, then, before, subject):
    report = html.Report("b", "2026-W47", "T", (), (gather.Page("00", "00 · Q", "A."),), (), ())
    row = {"label": "loses money", "low": None, "high": None, "se": 0.01, "n": 9, "unit": "share",
           "basis": "estimated", "formula": "f", "notebook": "00", "value": now}  # fmt: skip
    last = None
    if then is not None:
        number = records.Number(**{**row, "value": then, "method": 1})
        last = records.ReportRecord(
            brief="b", week="2026-W46", seed=1, n_worlds=100, parameters={}, campaign={},
            data=records.Data(sha256="0" * 64, first=date(2026, 1, 1), newest=date(2026, 2, 1)),
            metrics={"p_loss": number},
        )  # fmt: skip
    verdict = "Choose nano: it earns EUR 6,800.\r\nBcc: x@evil.example"
    assert mail.subject(report, verdict, {"p_loss": row}, last, before) == subject


def test_another_decision_without_the_macro_is_another_decision():
    verdicts = [
        f"The macro is out of reach of this budget; {does}." for does in ("choose nano", "buy nothing")
    ]
    assert mail.decision(verdicts[0]) != mail.decision(verdicts[1])


def test_the_html_is_small_and_has_no_script_link_handler_or_address():
    page = files(picture())["mail.html"]
    assert len(page.encode()) < 100_000
    assert not re.search(r"<script|<link|<a |<form|https?:|@import|url\(|\son\w+=", page, re.IGNORECASE)
    assert re.findall(r'src="([^,]*),', page) == ["data:image/png;base64"]
    assert "default-src 'none'" in page


def test_nothing_of_the_look_rests_on_the_style_element_that_clients_drop():
    page = files(picture())["mail.html"]
    rules = page.split("<style>")[1].split("</style>")[0]
    assert rules.strip().startswith("@media (prefers-color-scheme: dark)")
    assert not re.search(r"display:\s*(flex|grid)|position:|float:", page)
    for table in re.findall(r"<table[^>]*>", page):
        assert 'cellpadding="0"' in table
        assert 'role="presentation"' in table or "aria-label" in table


def test_the_preheader_is_the_answer_and_comes_first():
    body = files()["mail.html"].split("<body")[1]
    assert re.search(r'>\s*<div style="display:none[^"]*">Nano is the better bet\.</div>', body)


def test_the_text_keeps_72_columns_and_breaks_no_word():
    text = files(title="A very long title of a brief " * 6)["mail.txt"]
    assert max(map(len, text.splitlines())) <= 72
    assert text.endswith("\n")
    assert "\n\n\n" not in text


def test_the_same_report_is_the_same_mail_whenever_it_was_made():
    assert files(picture()) == files(picture())
    assert "21:00" not in "".join(files().values())


def test_a_picture_is_a_small_png_with_the_figures_own_words():
    page = files(picture("Nano wins"))["mail.html"]
    alt, png = re.search(r'alt="([^"]*)"', page)[1], re.search(r'base64,([^"]*)"', page)[1]
    assert alt == "Nano wins."
    assert b64decode(png).startswith(b"\x89PNG")
    assert len(png) < 30_000
    assert picture().data["image/svg+xml"].startswith("<svg")


@pytest.mark.slow
def test_pictures_stop_where_the_mail_would_grow_too_large_and_only_asked_for_ones_are_in():
    noisy = [picture(f"Number {i}", points=400) for i in range(1, 9)]
    page = files(*noisy)["mail.html"]
    shown = re.findall(r'alt="Number (\d)', page)
    assert shown == [str(i) for i in range(1, len(shown) + 1)]
    assert 1 <= len(shown) < 8
    assert len(page.encode()) < 100_000
    plain = Figure().subplots()
    assert "<img" not in files(show.figure(plain))["mail.html"]


@pytest.mark.slow
def test_words_without_end_are_cut_so_that_the_mail_stays_small():
    rows = pd.DataFrame({name: ["y" * 50_000] * 50 for name in "abcdef"})
    both = files(*[show.table(rows, "x" * 50_000)] * 3, title="z" * 50_000)
    assert len(both["mail.html"].encode()) < 100_000
    assert "…" in both["mail.txt"]


def test_a_notebook_without_numbers_still_makes_a_mail():
    report = html.Report("b", "2026-W47", "T", (), (gather.Page("00", "00 · Q", "A."),), (), ())
    both = mail.files(report, [], {"00": nbformat.v4.new_notebook()})
    assert both["mail.txt"].startswith("T\n2026-W47\n\nTHE ANSWER\nT\n\nTHIS REPORT\n")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://evil.example", "see https[:]//evil.example"),
        ("WWW.evil.example", "www[.]evil.example"),
        ("a@evil.example", "a(at)evil.example"),
        ("two\r\nlines", "two lines"),
        ("a@ b, 3 : 1", "a@ b, 3 : 1"),
    ],
)
def test_what_a_client_would_make_a_link_of_is_written_so_that_it_does_not(text, shown):
    assert mail.plain(text) == shown


def test_a_line_that_is_a_dot_alone_would_end_the_mail_and_is_moved():
    assert "\n .\n" in files(title="x" * 71 + " . " + "y" * 72)["mail.txt"]


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("ground", "ink"),
    [("#ffffff", "#1c2330"), ("#ffffff", "#566071"), ("#fff3d6", "#6b4700"), ("#1b2027", "#e9e7e1"),
     ("#1b2027", "#a9b1bd"), ("#3a2e12", "#ffd98a")],
)  # fmt: skip
def test_text_has_the_contrast_of_wcag_aa_in_light_and_dark(ground, ink):
    template = (html.TEMPLATE / "mail.html.j2").read_text()
    assert ground in template
    assert ink in template
    dark, light = sorted(map(luminance, (ground, ink)))
    assert (light + 0.05) / (dark + 0.05) >= 4.5
