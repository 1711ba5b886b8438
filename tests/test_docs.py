"""Commands, Python and links of README and docs/ are sound, and what docstrings cite stands in docs/model.md.

`make docs` runs every command and compares what it prints (tools/examples.py); here some do.
"""

import ast
import configparser
import json
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from datetime import date

import pytest
import typer
import yaml

import nanospread as ns
from nanospread import cli
from nanospread.campaign import brief
from nanospread.core import paths
from nanospread.ingest import schemas
from nanospread.report import records

HEADING = r"[A-DV]\d+|Levels|Ratio of sums|Simulator"
MODEL = (paths.ROOT / "docs" / "model.md").read_text(encoding="utf-8")
HEADINGS = set(re.findall(rf"^#{{2,3}} ({HEADING})\b", MODEL, flags=re.MULTILINE))
CITATION = re.compile(rf"model\.md(?:\s+((?:(?:{HEADING})(?:,\s+|-|\s+(?:and|to)\s+)?)+))?")


def citations(source: str) -> list[str]:
    """Return the headings that a source cites; "" for a citation without one."""
    text = re.sub(r"\s*\n\s*#?\s*", " ", source)
    return [name for match in CITATION.finditer(text) for name in re.findall(HEADING, match[1] or "") or [""]]


def test_every_citation_is_a_heading():
    files = [file for folder in ("lib", "tests", "tools") for file in (paths.ROOT / folder).rglob("*.py")]
    cited = {
        file: citations(file.read_text(encoding="utf-8")) for file in files if file.name != "test_docs.py"
    }
    assert sum(map(len, cited.values())) > 50
    missing = {str(file): names for file, names in cited.items() if set(names) - HEADINGS}
    assert missing == {}


@pytest.mark.parametrize(
    ("source", "cited"),
    [
        ("References: model.md C6, C8.", ["C6", "C8"]),
        ("model.md C1-C3, V1-V4, and on", ["C1", "C3", "V1", "V4"]),
        ("(model.md\n    C8)", ["C8"]),
        ("by model.md Simulator, steps 2-7", ["Simulator"]),
        ("by the numbers of model.md .", [""]),
        ("model.md Z9", [""]),
    ],
)
def test_a_citation_is_read_as_people_write_it(source, cited):
    assert citations(source) == cited


def test_the_reference_shows_the_whole_surface():
    reference = (paths.ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^\.\. auto(?:function|class):: (\w+)", reference, flags=re.MULTILINE))
    assert shown == {name.split(".")[0] for name in ns.SURFACE}


TOOLS = paths.ROOT / "tools"
PAGES = [paths.ROOT / "README.md", *sorted((paths.ROOT / "docs").rglob("*.md"))]
FENCED = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def fenced(*kinds):
    """Return page and text of each fenced block of a kind."""
    found = [(page.name, *block) for page in PAGES for block in FENCED.findall(page.read_text("utf-8"))]
    return [(page, text) for page, kind, text in found if kind in kinds]


def commands():
    """Return page and arguments of each nanospread command that stands in a block or in a line of text."""
    lines = [(page, line) for page, text in fenced("", "sh", "console") for line in text.splitlines()]
    lines += [
        (page.name, code)
        for page in PAGES
        for code in re.findall(r"`(nanospread [a-z]+ [^`]*)`", page.read_text("utf-8"))
    ]
    lines += [
        (page, node.value)
        for page, text in fenced("{code-block} python")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and str(node.value).startswith(".venv/bin/nanospread")
    ]
    for page, line in lines:
        for part in re.split(r"&&|\|\||>", line):
            if (
                found := re.match(r"(?:\$ )?\s*(?:\.venv/bin/)?nanospread (.*)", part)
            ) and "COMMAND" not in line:
                yield page, shlex.split(found[1], comments=True)


def test_every_command_has_the_options_that_it_is_given():
    group, found = typer.main.get_command(cli.app), list(commands())
    assert len(found) > 30
    for page, (name, *arguments) in found:
        assert name in group.commands, (page, name)
        group.commands[name].make_context(name, arguments).close()


def test_every_verb_of_make_is_in_the_makefile():
    verbs = set(re.findall(r"^([a-z]+):", (paths.ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    asked = {verb for page in PAGES for verb in re.findall(r"`make ([a-z]+)", page.read_text("utf-8"))}
    asked |= {verb for _, text in fenced("", "sh") for verb in re.findall(r"\bmake ([a-z]+)", text)}
    assert asked
    assert asked <= verbs


def test_every_example_of_python_is_python():
    for page, text in fenced("python", "{code-block} python"):
        compile(text, page, "exec")


SCHEDULES = (paths.ROOT / "docs" / "how_to" / "every_week.md").read_text("utf-8")


def test_each_line_of_the_crontab_has_a_time_that_there_is_and_no_percent_sign():
    [text] = re.findall(r":name: crontab\n\n(.*?)^```", SCHEDULES, re.MULTILINE | re.DOTALL)
    lines = text.splitlines()
    assert len(lines) == 2
    for line in lines:
        *when, command = line.split(maxsplit=5)
        limits = zip(when, (59, 23, 31, 12, 7), strict=True)
        assert all(field == "*" or 0 <= int(field) <= most for field, most in limits)
        assert "%" not in command  # cron ends the line there
        assert command.startswith("cd /srv/campaigns && .venv/bin/nanospread ")


def test_the_units_of_systemd_are_what_systemd_takes(tmp_path):
    units = re.findall(
        r":caption: /etc/systemd/system/(\S+)\n\n(.*?)^```", SCHEDULES, re.MULTILINE | re.DOTALL
    )
    assert [name for name, _ in units] == ["nanospread.service", "nanospread.timer"]
    for name, text in units:
        there = text.replace("/srv/campaigns/.venv/bin/nanospread", sys.executable)
        (tmp_path / name).write_text(there.replace("User=campaigns\n", ""))
    service, timer = (configparser.ConfigParser(), configparser.ConfigParser())
    service.read_string(units[0][1])
    timer.read_string(units[1][1])
    assert service["Service"]["ExecStart"] == "/srv/campaigns/.venv/bin/nanospread week"
    assert timer["Timer"]["Persistent"] == "true"
    if verify := shutil.which("systemd-analyze"):
        files = [str(tmp_path / name) for name, _ in units]
        found = subprocess.run([verify, "verify", *files], capture_output=True, text=True, check=False)
        assert (found.returncode, found.stderr) == (0, "")


def test_the_workflow_of_a_workspace_calls_verbs_of_its_makefile():
    workspace = paths.PACKAGE / "resources" / "workspace"
    content = yaml.safe_load((workspace / "github" / "workflows" / "weekly.yml").read_text("utf-8"))
    runs = [step["run"] for step in content["jobs"]["report"]["steps"] if "run" in step]
    verbs = re.findall(r"^([a-z]+):", (workspace / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert runs == ["make test", "make week"]
    assert {run.removeprefix("make ") for run in runs} <= {*verbs}


@pytest.mark.slow
@pytest.mark.parametrize("page", ["mapping", "orders"])
def test_the_pages_that_need_no_report_print_what_they_show(page):
    run = subprocess.run(
        [sys.executable, TOOLS / "examples.py", "--check", f"docs/how_to/{page}.md"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "", "")


@pytest.mark.parametrize("page", [*PAGES, paths.DATA / "README.md", paths.ROOT / "reports" / "README.md"])
def test_every_link_leads_to_a_file_and_a_heading(page):
    for link in re.findall(r"(?:\]\(|src(?:set)?=\")([^)\s\"]+)", page.read_text("utf-8")):
        file, _, heading = link.partition("#")
        if not link.startswith(("http:", "https:")):
            target = page.parent / file if file else page
            assert target.exists(), link
            if heading:
                heads = re.findall(r"^#+ (.*)", target.read_text("utf-8"), re.MULTILINE)
                assert heading in {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", [*PAGES, paths.DATA / "README.md", paths.ROOT / "reports" / "README.md"])
def test_every_row_of_a_table_has_the_cells_of_its_header(page):
    text = FENCED.sub("", page.read_text("utf-8"))
    for rows in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        cells = [re.sub(r"`[^`]*`|\\\|", "", row).count("|") for row in rows.splitlines()]
        assert {*cells} == {cells[0]}, rows.splitlines()[0]


def test_the_tables_of_exports_list_every_column_that_is_read():
    text = (paths.DATA / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (\w+)(?: \(required\))? \| ([^|]*)\| ([^|]*)\|$", text, re.MULTILINE)
    named = {table: needed + absent for table, needed, absent in rows if table in schemas.COLUMNS}
    assert named.keys() == schemas.COLUMNS.keys()
    for table, columns in schemas.COLUMNS.items():
        assert [name for name in columns if not re.search(rf"\b{name}\b", named[table])] == []


def test_metrics_json_fits_the_schema_that_the_reference_shows():
    shown = runpy.run_path(str(paths.ROOT / "docs" / "conf.py"))["schema"]()
    schema = json.loads(shown.strip("`").removeprefix("json"))
    row = {
        "label": "engagement",
        "value": 0.04,
        "low": 0.03,
        "high": 0.05,
        "se": None,
        "n": 12,
        "unit": "share",
    }
    row |= {"basis": "measured", "formula": "likes / followers", "notebook": "02_engagement"}
    sample = brief.read("sample")
    written = records.record(
        name="sample", week="2026-W47", plan=sample, in_force=sample, parameters={"seed": 1, "n_worlds": 100},
        data=records.Data(sha256="0" * 64, first=date(2026, 8, 1), newest=date(2026, 11, 15)),
        metrics={"er_median_nano": row},
    )  # fmt: skip
    assert schema["properties"]["schema"] == {"const": written["schema"]}
    assert set(schema["required"]) == set(schema["properties"]) == set(written)
    for part, fields in (("Number", written["metrics"]["er_median_nano"]), ("Data", written["data"])):
        assert set(schema["$defs"][part]["properties"]) == set(fields)


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("One.\n\n" + "word " * 31 + "end.", 3, "a sentence of 32 words"),
        ("a\n```\nworld\n```\nthe world", 5, "“world”"),
        ("| an arm |\n", 1, "“arm”"),
        ("`world` and [a](world.md), worldwide", None, None),
    ],
)
def test_prose_is_read_without_its_code(text, line, fault):
    faults = list(runpy.run_path(str(TOOLS / "prose.py"))["faults"](text))
    assert [at for at, _ in faults] == ([line] if line else [])
    assert all(what.startswith(fault) for _, what in faults)
