"""JupyterLab as people use it, in a real Chromium: figures show, sliders move, a save is no change in git."""

import os
import shutil
import socket
import subprocess
import time
import urllib.request

import nbformat
import pytest

from browser import chromium
from nanospread.cli import workspace
from nanospread.core import notebooks, paths

PATIENCE = 300  # seconds for Run All on a machine with other work
PANEL = "what_if("  # in its cell, the last that runs here; `make whole` runs them all
TRACKER = "@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
OPTIONS = ["--no-browser", "--IdentityProvider.token=", "--ServerApp.ip=127.0.0.1", "--expose-app-in-browser"]
OPENED = """() => {
  const now = window.jupyterapp?.shell.currentWidget;
  return now?.context?.isReady && now.sessionContext.session?.kernel?.status == 'idle';
}"""
PICTURES = (
    "[...document.querySelectorAll('.jp-OutputArea-output img')].filter(i => i.naturalWidth > 0).length"
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """Return a git repository with the notebooks as they are stored, the one with the panel shortened."""
    folder = tmp_path_factory.mktemp("repository")
    for file in [*sorted(paths.NOTEBOOKS.glob("[0-9]*.ipynb")), paths.CHECKOUT / ".gitignore"]:
        shutil.copy(file, folder)
    panel = next(file for file in folder.glob("*.ipynb") if PANEL in file.read_text())
    if not os.environ.get("WHOLE"):
        book = nbformat.read(panel, 4)
        del book.cells[1 + next(at for at, cell in enumerate(book.cells) if PANEL in cell.source) :]
        nbformat.write(book, panel)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "as stored")
    return folder


@pytest.fixture(scope="module")
def server(repository, tmp_path_factory):
    """Start JupyterLab as `nanospread lab` does, with settings of its own, and yield its address."""
    home = tmp_path_factory.mktemp("home")
    (home / "settings" / TRACKER).parent.mkdir(parents=True)
    (home / "settings" / TRACKER).write_text(
        '{"windowingMode": "none"}'
    )  # else cells out of sight are not there
    places = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    with pytest.MonkeyPatch.context() as patch, socket.socket() as free:
        for name in places:
            patch.setenv(f"JUPYTER_{name}", str(home / name))
        patch.setenv("JUPYTERLAB_SETTINGS_DIR", str(home / "settings"))
        patch.setenv("JUPYTERLAB_WORKSPACES_DIR", str(home / "workspaces"))
        patch.setenv("PYTHONPATH", str(paths.PACKAGE.parent))
        workspace.trust(sorted(repository.glob("*.ipynb")))
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        free.close()
        port = f"--ServerApp.port={address.rpartition(':')[2]}"
        with (home / "log").open("w") as log:
            process = subprocess.Popen(
                workspace.command([*OPTIONS, port]),
                env=workspace.environment(),
                cwd=repository,
                stdout=log,
                stderr=log,
            )
    try:
        wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(300)


@pytest.fixture(scope="module")
def page(server):
    for browser in chromium():
        made = browser.new_page(viewport={"width": 1400, "height": 1000})
        made.set_default_timeout(PATIENCE * 1000)
        yield made


def git(folder, *arguments):
    return subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, env=os.environ
    ).stdout


def wait_for(address, process):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/api", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("JupyterLab did not start")


def opened(page, server, name):
    page.goto(f"{server}/lab/tree/{name}?reset")
    page.wait_for_function(OPENED)
    page.wait_for_function("document.querySelectorAll('.jp-CodeCell').length > 5")


def command(page, name):
    page.evaluate("async name => { await jupyterapp.commands.execute(name) }", name)


def stored_pictures(file):
    outputs = [out for cell in nbformat.read(file, 4).cells for out in cell.get("outputs", [])]
    return sum(any(kind.startswith("image/") for kind in out.get("data", {})) for out in outputs)


@pytest.mark.slow
def test_open_run_all_move_a_slider_save_and_reopen(page, server, repository):
    file = next(file for file in repository.glob("[0-9]*.ipynb") if PANEL in file.read_text())
    number = stored_pictures(file)

    opened(page, server, file.name)  # as trusted: what is stored shows, before anything has run
    page.wait_for_function(f"{PICTURES} == {number}")

    command(page, "notebook:run-all-cells")
    page.wait_for_selector(".widget-hslider")
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0

    answer = page.locator(".widget-html-content").last
    before = answer.inner_html()
    slider = page.locator(".widget-hslider", has_text="Budget").locator(".noUi-handle")
    slider.focus()
    slider.press("ArrowLeft")
    page.wait_for_function(
        "was => [...document.querySelectorAll('.widget-html-content')].at(-1).innerHTML != was", arg=before
    )

    command(page, "docmanager:save")
    assert page.locator(".widget-hslider").count() > 0  # on the screen they stay
    assert git(repository, "status", "--porcelain") == ""

    page.evaluate("async () => { await jupyterapp.shell.currentWidget.sessionContext.shutdown() }")
    opened(page, server, file.name)
    page.wait_for_function(f"{PICTURES} == {number}")
    assert page.get_by_text("model not found").count() == 0
    assert page.locator(".widget-hslider").count() == 0
    assert git(repository, "status", "--porcelain") == ""


def test_no_stored_notebook_holds_a_view_or_the_version_of_a_python(repository):
    books = [nbformat.read(file, 4) for file in sorted(repository.glob("[0-9]*.ipynb"))]
    assert [book for book in books if nbformat.from_dict(notebooks.stored(book)) != book] == []
