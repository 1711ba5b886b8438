"""Proves that a name is found in every report, mail and workbook, masked there, and found no more.

Reports are made of small pages here; one test makes a real page whose drawing shows the name.
"""

import base64
import hashlib
import json
import re
import zipfile

import pytest
import xlsxwriter

from nanospread.core.errors import InputError
from nanospread.report import archive
from nanospread.report.archive import erasure, publish
from report_runs import contents

NAME, OTHERS = "anna.k", ("joanna.k", "anna.k2", "anna_k", "anna", "danna.k")
SVG = base64.b64encode(b"<svg><!-- @anna.k: comments --><path d='M 0 0'/></svg>").decode()
OTHER_SVG = base64.b64encode(b"<svg><!-- @ben --><path d='M 0 0'/></svg>").decode()
SHOWN = [
    "anna.k", "@Anna.K", "instagram.com/anna.k", "https://www.instagram.com/anna.k/?hl=en", "(at)anna.k",
    "\uff41nna.k", "an\u200bna.k", "%61nna.k", "by anna.k.", "anna.k's", "anna.k_posts.csv",
    "2026-anna.k.json",
    '<a class="term" href="glossary.html#x">anna</a>.k',
]  # fmt: skip


def report(out, week="2026-W46", brief="ours", body="", note="", **files):
    """Write what a run leaves in the archive."""
    folder = out / week / brief
    (folder / "csv").mkdir(parents=True)
    head = '<!DOCTYPE html><meta name="generator" content="nanospread">'
    told = {
        "metrics.json": {"note": note, "campaign": {"fields": {"niches": ["food"]}}},
        "summary.json": {"title": "Ours", "verdict": "Buy neither.", "week": week},
        "provenance.json": {"Run mark": "0" * 12},
    }
    texts = {"index.html": f"{head}<p>{body}</p>"}
    texts |= {name: json.dumps(content, ensure_ascii=False) for name, content in told.items()}
    for name, text in (texts | files).items():
        (folder / name.replace("__", "/")).write_text(text, encoding="utf-8")
    return folder


def workbook(file, *cells):
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet("invite")
    for row, cell in enumerate(cells):
        sheet.write_string(row, 0, cell)
    book.close()


def parts(file):
    with zipfile.ZipFile(file) as book:
        return {name: book.read(name).decode() for name in book.namelist()}


@pytest.mark.parametrize("written", SHOWN)
def test_a_name_is_found_and_masked_however_it_is_written(tmp_path, written):
    folder = report(tmp_path, body=f"We like {written} best", note=written if '"' not in written else NAME)
    [held] = erasure.holding(tmp_path, NAME)
    assert (held.place, held.files) == ("2026-W46/ours", ("index.html", "metrics.json"))
    cleared = erasure.clear(tmp_path, NAME)
    assert cleared.reports == (held,)
    assert cleared.left == ()
    assert erasure.holding(tmp_path, NAME) == []
    text = (folder / "index.html").read_text()
    assert "[***]" in text
    assert text.count("<a ") == text.count("</a>")
    assert re.search(r"We like .* best</p>", text)


def test_others_with_names_like_it_keep_theirs_and_an_archive_without_it_stays_byte_by_byte(tmp_path):
    report(tmp_path, body=" ".join(OTHERS), csv__list="creator\n" + "\n".join(OTHERS))
    before = contents(tmp_path)
    assert erasure.holding(tmp_path, NAME) == []
    erasure.clear(tmp_path, NAME)
    after = contents(tmp_path)
    assert {name: after[name] for name in before} == before


def test_csv_mail_json_and_workbook_are_masked_and_can_be_read(tmp_path):
    folder = report(
        tmp_path, body="nobody", **{"csv__shortlist.csv": "creator,niche\nanna.k,food\nben,food\n",
        "mail.txt": "Write to (at)anna.k, then ben.\n", "mail.html": "<td>anna.k</td>"},
    )  # fmt: skip
    workbook(folder / "tables.xlsx", "anna.k", "https://instagram.com/anna.k", "ben")
    [held] = erasure.holding(tmp_path, NAME)
    assert set(held.files) == {"mail.html", "mail.txt", "shortlist.csv", "tables.xlsx"}
    erasure.clear(tmp_path, NAME)
    assert (folder / "csv" / "shortlist.csv").read_text() == "creator,niche\n[***],food\nben,food\n"
    assert (folder / "mail.txt").read_text() == "Write to (at)[***], then ben.\n"
    text = "".join(parts(folder / "tables.xlsx").values())
    assert "anna.k" not in text
    assert text.count("[***]") == 2
    assert ">ben<" in text


def test_a_workbook_that_is_damaged_or_none_stops_nothing_and_is_searched_as_it_is(tmp_path):
    folder = report(tmp_path, body="by anna.k")
    workbook(folder / "tables.xlsx", "ben")
    whole = (folder / "tables.xlsx").read_bytes()
    damaged = whole[:60] + bytes(200) + whole[260:]
    (folder / "tables.xlsx").write_bytes(damaged)
    (folder / "~$tables.xlsx").write_bytes(b"\x04anna.k has it open")  # as Excel leaves one beside
    (folder / "cut.xlsx").write_bytes(whole[:500])
    assert erasure.holding(tmp_path, NAME)[0].files == ("index.html", "~$tables.xlsx")
    assert erasure.clear(tmp_path, NAME).left == ()
    assert (folder / "tables.xlsx").read_bytes() == damaged
    assert (folder / "~$tables.xlsx").read_bytes() == b"\x04[***] has it open"


def test_a_drawing_that_shows_the_name_goes_and_the_others_stay(tmp_path):
    drawn = [
        f'<figure class="chart"><img alt="x" src="data:image/svg+xml;base64,{svg}"></figure>'
        for svg in (SVG, OTHER_SVG)
    ]
    folder = report(tmp_path, body="".join(drawn))
    assert erasure.holding(tmp_path, NAME)[0].hits == 1
    erasure.clear(tmp_path, NAME)
    text = (folder / "index.html").read_text()
    assert SVG not in text
    assert OTHER_SVG in text
    assert text.count("This figure is gone") == 1


def test_what_is_packed_is_never_taken_for_text(tmp_path):
    packed = "data:image/png;base64," + "A" * 130 + "/anna.k".replace(".", "+") + "/ab/" + "B" * 90
    folder = report(tmp_path, body=packed)
    assert erasure.holding(tmp_path, "ab") == []
    erasure.clear(tmp_path, "ab")
    assert packed in (folder / "index.html").read_text()


def test_later_reports_name_the_numbers_of_earlier_ones_by_their_new_hash(tmp_path):
    first = report(tmp_path, note="anna.k leads")
    old = hashlib.sha256((first / "metrics.json").read_bytes()).hexdigest()[:16]
    later = report(tmp_path, "2026-W47", body=f"Earlier reports: 2026-W46 (SHA-256 {old}…)")
    erasure.clear(tmp_path, NAME)
    new = hashlib.sha256((first / "metrics.json").read_bytes()).hexdigest()[:16]
    assert new != old
    assert f"2026-W46 (SHA-256 {new}…)" in (later / "index.html").read_text()


def test_notebooks_and_log_of_a_failed_run_that_hold_it_go_and_its_state_is_masked(tmp_path):
    report(tmp_path)
    more = {"run.log": "KeyError: anna.k", "00_summary.ipynb": '{"text": "anna.k"}', "01_data.ipynb": "{}"}
    banner = report(tmp_path, brief="ours.failed", body="anna.k is not known", **more)
    state = archive.State(
        "ours", "2026-W46", "What if: macro_creator anna.k", archive.FAILED, "m", "t", "no anna.k"
    )
    archive.write_state(tmp_path, state)
    erasure.clear(tmp_path, NAME)
    names = {file.name for file in banner.iterdir() if file.is_file()}
    assert names == {"index.html", "metrics.json", "summary.json", "provenance.json", "01_data.ipynb"}
    masked = archive.read_state(tmp_path, "2026-W46", "ours")
    assert (masked.title, masked.reason) == ("What if: macro_creator [***]", "no [***]")
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and b"anna.k" in file.read_bytes()]


@pytest.mark.parametrize("word", ["food", "creator", "engagement", "verdict"])
def test_a_name_that_is_a_word_of_the_pages_costs_nobody_a_word_and_is_counted(tmp_path, word):
    body = f'<p class="verdict">{word} posts, by @{word}, instagram.com/{word}</p>'
    folder = report(tmp_path, body=body)
    before = erasure.holding(tmp_path, word)[0]
    assert before.hits == 2
    cleared = erasure.clear(tmp_path, word)
    text = (folder / "index.html").read_text()
    assert text.endswith(f'<p class="verdict">{word} posts, by @[***], instagram.com/[***]</p></p>')
    assert sum(held.hits for held in cleared.left) == 0
    assert cleared.left[0].words >= 1


def test_other_files_in_the_folder_are_told_and_left_alone(tmp_path):
    report(tmp_path, body="anna.k")
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "old.eml").write_text("Dear anna.k,")
    cleared = erasure.clear(tmp_path, NAME)
    assert cleared.left == (erasure.NameMatch("sent", ("old.eml",), 1),)
    assert (tmp_path / "sent" / "old.eml").read_text() == "Dear anna.k,"


def test_a_report_that_is_being_written_is_waited_for_and_then_told(tmp_path):
    report(tmp_path, body="anna.k")
    with (
        publish.locked(tmp_path, "2026-W46", "ours"),
        pytest.raises(InputError, match="another run is writing"),
    ):
        erasure.clear(tmp_path, NAME, wait=0.01)


def test_nothing_of_the_old_report_is_left_in_staging(tmp_path):
    report(tmp_path, body="anna.k")
    erasure.clear(tmp_path, NAME)
    assert not [path for path in (tmp_path / publish.STAGING).rglob("*") if path.is_file()]
