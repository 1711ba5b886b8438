"""The story of docs/how_to/first_results.md, typed by a shell: five exports become a report that learned."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import nanospread as ns
from nanospread.core import paths

pytestmark = pytest.mark.slow

PAGE = paths.ROOT / "docs" / "how_to" / "first_results.md"
TOOLS = paths.ROOT / "tools"
BUYER = re.compile(rb"synthetic\.example|Hidden Street|Buyer SYNTHETIC|ring twice")
MARK = "@@@@"


def typed(page: str) -> list[tuple[str, str]]:
    """Return each command of a page and what it is shown to print."""
    blocks = re.findall(r"^```console\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [
        pair for block in blocks for pair in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    ]


def printed(commands: list[str], folder: Path) -> list[str]:
    """Run commands in one shell, and return what each printed, without blanks at the ends of lines."""
    lines = [f'nanospread() {{ "{sys.executable}" -m nanospread "$@"; }}']
    lines += [line for command in commands for line in (command, f"echo {MARK}")]
    environment = {**os.environ, "COLUMNS": "96", "PYTHONPATH": str(paths.ROOT / "lib"), "NO_COLOR": "1"}
    run = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in run.stderr
    said = re.sub(r" +$", "", run.stdout, flags=re.MULTILINE).split(f"{MARK}\n")
    assert len(said) == len(commands) + 1, run.stderr
    return said[:-1]


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Return the folder of the story, and each command with what it shows and what it printed."""
    folder = tmp_path_factory.mktemp("story")
    (folder / "downloads").mkdir()
    for name, text in runpy.run_path(str(TOOLS / "first_results.py"))["files"]().items():
        (folder / "downloads" / name).write_text(text, encoding="utf-8")
    steps = typed(PAGE.read_text(encoding="utf-8"))
    return folder / "campaigns", [*zip(steps, printed([of for of, _ in steps], folder), strict=True)]


def test_every_command_prints_what_the_page_shows(story):
    for (command, shown), now in story[1]:
        pattern = ".*?".join(map(re.escape, re.split(r"\.\.\.\n?", shown)))
        assert re.fullmatch(pattern, now, re.DOTALL), f"$ {command}\n{now}"


def test_the_report_says_what_was_learned_and_who_is_credited(story):
    report = next((story[0] / "reports" / "2026-W47").glob("sample*/summary.json")).parent
    mail = " ".join((report / "mail.txt").read_text(encoding="utf-8").split())
    assert "learned from 18 results of 1 campaign." in mail
    assert (found := re.search(r"Of (\d+) orders that came in, (\d+) are credited to 18 creators", mail))
    parts = re.search(r"; (\d+) to nobody \(.*?; (\d+) refused", mail)
    assert int(found[1]) == int(found[2]) + int(parts[1]) + int(parts[2])
    assert "cannot be made" not in mail
    page = re.sub(r"<[^>]+>", "", (report / "08_forecast_check.html").read_text(encoding="utf-8"))
    assert found[0] in page


def test_what_is_learned_is_of_the_orders_credited_by_code_and_link(story):
    study = ns.open(story[0] / "store")
    learned = study.beliefs.table().query("basis == 'learned'")
    assert {"kappa", "order_value", "cvr_nano"} <= set(learned.index)
    assert "by code and link" in study.brief.assumptions.tracked_share.source
    assert (
        study.tables.results["orders"].sum()
        == (study.data.counted.credit.orders["outcome"] == "credited").sum()
    )


def test_nothing_of_the_buyers_is_in_the_store_or_the_reports(story):
    files = [file for part in ("store", "reports") for file in (story[0] / part).rglob("*") if file.is_file()]
    assert len(files) > 20
    assert [file.name for file in files if BUYER.search(file.read_bytes())] == []
