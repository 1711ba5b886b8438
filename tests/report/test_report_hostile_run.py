"""Proves on a whole report, made in real kernels of hostile exports, brief and file names, that nothing in it
runs: for every byte on disk by reading it, and for some pages in a real browser without the policy.

`make whole` makes that report of all notebooks."""

import os
import re
import shutil
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path
from socketserver import TCPServer

import pytest

import hostile
from hostile import UNSEEN, assert_inert, exports
from nanospread.core import paths
from nanospread.report import weekly

SUMMARY = Path(__file__).parents[1] / "fixtures" / "notebooks" / "00_summary.ipynb"


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """Return the folder of a report whose exports, brief and file names are all hostile."""
    root = tmp_path_factory.mktemp("hostile")
    chosen = sorted(paths.NOTEBOOKS.glob("[0-9]*.ipynb"))
    books = root / "notebooks"
    books.mkdir()
    for file in chosen if os.environ.get("WHOLE") else [SUMMARY, *chosen[1:3]]:
        shutil.copy(file, books)
    weekly.report(
        week="2026-W47",
        started=datetime(2026, 11, 22, tzinfo=UTC),
        data=str(exports(root / "'; open('pwned','w'); ' $(touch pwned) <img src=x onerror=pwned()>")),
        brief=str(hostile.brief(root / "brief [red] {{7919*7907}} $(touch pwned).yaml")),
        out=root / "out",
        notebooks=books,
    )
    return root / "out"


@pytest.mark.slow
def test_a_whole_report_of_hostile_exports_is_made_and_nothing_in_it_runs(out):
    files = [file for file in out.rglob("*") if file.is_file() and ".lock" not in file.name]
    assert all(re.fullmatch(r"[\w./-]+", str(file.relative_to(out))) for file in files)
    assert not [file for folder in (out.parent, Path.cwd()) for file in folder.rglob("pwned*")]
    pages = [assert_inert(file.read_text()) for file in files if file.suffix == ".html"]
    assert sum(page.words.count("<script>pwned()</script>") for page in pages) > 20  # they are there, as text
    for file in (file for file in files if file.suffix in (".csv", ".json", ".txt")):
        assert not UNSEEN.search(file.read_text()), file.name


@pytest.mark.slow
def test_a_real_browser_runs_nothing_and_asks_for_nothing_even_without_the_policy(out, tmp_path):
    if not (browser := shutil.which("chromium")):
        pytest.skip("no chromium on this machine")
    asked = []
    with TCPServer(("127.0.0.1", 0), lambda request, *_: asked.append(request.recv(2_000))) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        report = out / "2026-W47" / "hostile"
        pages = [report / f"{name}.html" for name in ("index", "01_data_quality", "02_engagement", "mail")]
        for file in [*pages, *_controls(tmp_path)]:
            page = tmp_path / "page.html"
            page.write_text(TRAP + re.sub("<meta http-equiv[^>]*>", "", file.read_text()))
            via = f"--proxy-server=127.0.0.1:{proxy.server_address[1]}"
            command = [browser, "--headless", "--no-sandbox", "--disable-gpu", via, "--dump-dom", str(page)]
            seen = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout
            ran, requests = "trapped" in seen[:400], [call for call in asked if b"evil.example" in call]
            assert (ran, bool(requests)) == (file.stem == "runs", file.stem == "asks"), file.name
            asked.clear()
        proxy.shutdown()


TRAP = (
    "<!DOCTYPE html><html><script>function pwned() { document.documentElement.id = 'trap' + 'ped' }</script>"
)


def _controls(folder):
    """Write one page that does run and one that does ask, to see that the browser would show it."""
    bad = {"runs": "<img src=x onerror=pwned()>", "asks": "<img src=http://evil.example/pwned.png>"}
    for name, text in bad.items():
        (folder / f"{name}.html").write_text(text)
    return [folder / f"{name}.html" for name in bad]
