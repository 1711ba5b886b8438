"""Proves that text chosen by others stays text in every place it reaches: HTML, Markdown, SVG, mail, CSV,
XLSX, JSON, log, terminal, paths and the code that papermill writes. Each payload of hostile.py at each."""

import ast
import csv
import io
import json
import re
import unicodedata
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import mistune
import nbformat
import pandas as pd
import pytest
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from papermill.translators import PythonTranslator

import hostile
from hostile import PAYLOADS, UNSEEN, assert_inert, exports
from nanospread.campaign import brief
from nanospread.cli import terminal
from nanospread.core import formatting, weeks
from nanospread.core.errors import InputError
from nanospread.ingest import sources, tables
from nanospread.pages import _style as style
from nanospread.pages import show
from nanospread.report import archive, gather, html, mail, parameters, workbook
from nanospread.report.archive import lists, upkeep
from nanospread.report.execution import JobResult

each = pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)


def cell(data, source="display", **metadata):
    output = new_output("execute_result", dict(data), metadata=metadata)
    return new_code_cell(source, outputs=[output], execution_count=1)


def shown(output):
    return cell(output.data, **output.metadata)


def book_of(text):
    """Return an executed notebook in which every kind of output carries the text."""
    frame = pd.DataFrame({text: [text]}, index=pd.Index([text], name=f"{text} index"))
    row = {"metric": text, "label": text, "value": 1.0, "unit": text, "basis": "measured", "formula": text}
    behind = {"basis": [[text, text]], "columns": [text], "rows": [[text]], "left_out": 0}
    stdout = [new_output("stream", name="stdout", text=text)]
    error = [new_output("error", ename=text, evalue=text, traceback=[text])]
    return new_notebook(
        cells=[
            new_markdown_cell("# 00 · What?\n\nWho asks."),
            new_code_cell('data: str = ""  # x', metadata={"tags": ["parameters"]}, execution_count=1),
            shown(show.text(text, f"{text} pays.")),
            shown(show.table(frame, text, name="names")),
            shown(show.metrics(pd.DataFrame([row]))),
            cell({"text/html": f"<table><caption>{text}</caption><td title={text}>{text}</td></table>"}),
            cell({"text/html": frame.to_html(escape=False)}),
            cell({"text/markdown": text}),
            cell({"text/plain": text}, source=text),
            cell(
                {
                    "image/svg+xml": show.printable(text),
                    show.NARROW: show.printable(text),
                    show.NUMBERS: show.packed(behind),
                },
                **{"image/svg+xml": {"alt": text, "caption": text, "width": text}},
            ),
            cell({"image/png": "aGk="}, **{"image/png": {"alt": text, "mail": True, "width": 9}}),
            cell({"application/javascript": text, "text/latex": text, "text/vnd.mermaid": text}),
            cell({"image/jpeg": text, "application/pdf": text}),
            new_code_cell("x", outputs=stdout, execution_count=1),
            new_code_cell("x", outputs=error, execution_count=1),
        ]
    )


def report_of(text, book):
    return html.Report(
        brief="sample", week="2026-W47", title=text, banners=(text,), pages=(gather.page("00_what", book),),
        facts=((text, text),), provenance=((text, text),),
    )  # fmt: skip


@each
def test_pages_run_nothing(text):
    book = book_of(text)
    report = report_of(text, book)
    declared = parameters.Parameter("data", ("str",), "", text)
    source = parameters.Notebook("00_what", "", (declared,))
    values = {"data": f"/home/{text}"}
    page = assert_inert(html.notebook_page(book, source, values, report, ["csv/names.csv"]))
    assert page.images == 2


@each
def test_a_failed_runs_page_and_log_run_nothing_and_steer_no_terminal(text, tmp_path):
    run = JobResult(name="00_what", notebook="{}", problem=text, log=text, seconds=1.0, cells=1)
    failed = archive.State("sample", "2026-W47", text, archive.FAILED, "x", "2026-11-22", text)
    folder = upkeep.write_banner(tmp_path, failed, text, results=[run], trace=text)
    assert not UNSEEN.search((folder / "run.log").read_text())
    archive.write_state(tmp_path, failed)
    lists.update(tmp_path)
    for page in tmp_path.rglob("*.html"):
        assert_inert(page.read_text())


@each
def test_the_mail_runs_nothing_links_to_nothing_and_forges_no_line(text):
    book = book_of(text)
    files = mail.files(report_of(text, book), [text, text], {"00_what": book})
    assert assert_inert(files["mail.html"]).links == []
    for file in files.values():
        assert not re.search(r"https?://|www\.|mailto:\w|\w@evil", file.split("</head>")[-1])
    lines = files["mail.txt"].splitlines()
    assert not UNSEEN.search(files["mail.txt"])
    assert not [line for line in lines if line == "." or line.startswith(("Bcc:", "MAIL FROM", "---"))]
    assert len(files["mail.html"].encode()) < 100_000


@each
def test_markdown_is_inert_where_jupyterlab_renders_it_with_html_allowed(text):
    rendered = str(mistune.create_markdown(escape=False)(show.text(text).data["text/markdown"]))
    assert not re.search(r"<(?!/?p>)", rendered)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Glyph")  # a box in place of a character that the font lacks
def test_a_figure_of_every_payload_is_drawn_and_holds_nothing_active():
    texts = list(PAYLOADS.values())
    ax = Figure(figsize=(8, 40)).subplots()
    style.ticks_at(ax.yaxis, range(len(texts)), [formatting.handle(text) for text in texts])
    title = formatting.shortened("".join(kinds[0] for kinds in hostile.KINDS.values()), 600)
    style.finished(ax, title, f"{title}.", x=title[:90], y=title[:90])
    output = show.figure(ax, mail=True)
    svg, alt = output.data["image/svg+xml"], output.metadata["image/svg+xml"]["alt"]
    for node in ElementTree.fromstring(svg).iter():
        assert not re.search(r"script|foreignObject|image$|\}a$|animate|set$", node.tag), node.tag
        assert not [name for name in node.attrib if name.startswith("on")]
        assert all(value.startswith("#") for name, value in node.items() if name.endswith("href"))
    assert not [comment for comment in re.findall(r"<!--(.*?)-->", svg, re.DOTALL) if "--" in comment]
    assert not UNSEEN.search(svg + alt)


def first_seen(text):
    """Return the first character that a spreadsheet would look at, at its plain width."""
    seen = (c for c in text if unicodedata.category(c)[0] not in "CZ")
    return unicodedata.normalize("NFKC", next(seen, ""))[:1]


@each
def test_no_cell_of_a_csv_is_a_formula_whatever_separator_a_spreadsheet_expects(text):
    content = formatting.csv_text([text, "n"], [[1, text], [text, text], [None, f"a {text}"]])
    rows = [
        row
        for separator in ",;\t"
        for row in csv.reader(io.StringIO(content, newline=""), delimiter=separator)
    ]
    rows += [line.split(separator) for separator in ";\t" for line in content.splitlines()]
    for field in (field.lstrip('"') for row in rows for field in row):
        assert first_seen(field) not in ("=", "+", "-", "@"), field
    assert not UNSEEN.search(content)


@each
def test_a_workbook_holds_texts_only_and_takes_any_name_of_a_sheet(text):
    tables = {text: {"columns": [text], "rows": [[text], [f"http://{text}"]]}}
    with zipfile.ZipFile(io.BytesIO(workbook.xlsx(tables))) as archive:
        assert not [name for name in archive.namelist() if re.search(r"external|hyper|vba|\.\.|^/", name)]
        for name in archive.namelist():
            root = ElementTree.fromstring(archive.read(name))
            assert not [node for node in root.iter() if re.search(r"\}(f|hyperlink|ddeLink)$", node.tag)]


@each
def test_json_gives_back_the_same_text_and_is_utf8(text):
    safe = show.printable(text)
    content = gather.json_text({safe: {"value": 1.0, "label": safe}})
    assert json.loads(content.encode())[safe]["label"] == safe
    assert not UNSEEN.search(content)


@each
def test_a_mistake_is_one_plain_line_on_the_terminal(text, capsys):
    terminal.complain(InputError(f"unknown creator {text}"), 2)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said[:-1].isprintable()


@each
def test_no_name_leaves_the_report_folder(text):
    with pytest.raises(InputError):
        weeks.checked(text)
    assert not gather.NAME.fullmatch(text)
    assert "/" not in html.written("data", text)


NOTEBOOK = new_notebook(
    cells=[
        new_code_cell('campaign: str = ""  # which\nn: int = 1', metadata={"tags": ["parameters"]}),
        new_code_cell("campaign, n"),
    ]
)


@pytest.fixture(scope="module")
def declared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebooks")
    nbformat.write(NOTEBOOK, folder / "00_one.ipynb")
    return parameters.notebooks(folder)


@each
def test_papermill_writes_a_value_as_the_very_text_and_never_as_code(text, declared):
    try:
        values = parameters.checked(declared, {"campaign": text})
    except InputError:
        assert not text.isascii()  # half a character
        return
    code = PythonTranslator.codify(values)
    assert {type(node) for node in ast.parse(code).body} == {ast.Assign}
    found = {}
    exec(compile(code, "cell", "exec"), {"__builtins__": {}}, found)
    assert found == {"campaign": text}


@each
def test_a_name_or_a_number_that_is_text_never_reaches_papermill(text, declared):
    for given in (
        {text: 1},
        {f"n=1;{text}": 1},
        {"n": text},
        {"n": [text]},
        {"campaign": text.encode(errors="replace")},
    ):
        with pytest.raises(InputError):
            parameters.checked(declared, given)
    with pytest.raises(InputError):
        parameters.from_text(declared, [f"n={text}"])


ALIASES = [f"&{b} [{', '.join(9 * [f'*{a}'])}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
BOMB = f"[&a [x, x, x, x, x, x, x, x, x], {', '.join(ALIASES)}]"  # 400 million of x
YAML = {
    "python": "name: !!python/object/apply:os.system ['touch pwned']",
    "python name": "name: !!python/name:os.system",
    "binary": "name: !!binary Jyk7IHB3bmVkKCk=",
    "bomb": f"name: {BOMB}",
    "merge": "a: &a {b: 1}\n<<: *a",
    "deep": "a: " + "[" * 5_000,
    "own tag": "name: !x y",
    "directive": "%TAG ! tag:yaml.org,2002:python/\n---\nname: !object/apply:os.system ['touch pwned']",
    "two documents": "name: a\n---\nname: b",
    "null byte": "name: a\x00b",
}


@pytest.mark.slow
@pytest.mark.parametrize("content", YAML.values(), ids=YAML)
def test_yaml_with_tags_bombs_or_depth_is_refused_in_one_line(content, tmp_path, monkeypatch):
    monkeypatch.setattr("os.system", lambda *_: pytest.fail("ran"))
    file = tmp_path / "brief.yaml"
    file.write_text(content)
    (tmp_path / "posts.csv").write_text("post,creator,posted_at,likes,comments\n")
    (tmp_path / "mapping.yaml").write_text(content.replace("name:", "posts.csv:"))
    for read in (lambda: brief.read(file), lambda: sources.folder(tmp_path)):
        with pytest.raises(InputError) as caught:
            read()
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 1_000
        assert "aliases" in str(caught.value) or "&" not in content


@pytest.mark.slow
@each
def test_a_brief_takes_any_title_and_shows_it_as_text(text, tmp_path):
    try:
        plan = brief.changed(brief.read("sample"), title=text, niches=[text])
    except InputError as error:
        assert str(error).isprintable()  # noqa: PT017 - either is fine
    else:
        book = book_of("x")
        source = parameters.Notebook("00_what", "", ())
        assert_inert(html.notebook_page(book, source, {}, report_of(plan.title, book)))


@pytest.mark.slow
def test_hostile_exports_are_read_whole_and_their_creators_keep_their_names(tmp_path):
    read = tables.validated(sources.folder(exports(tmp_path / "$(touch pwned)")))
    assert len(read.creators) > 120
    assert (read.counts["rows_in"] == read.counts[["kept", "repaired", "refused"]].sum(axis=1)).all()
    assert "<script>pwned()</script>" in set(read.creators["creator"])
    assert not (Path.cwd() / "pwned").exists()
