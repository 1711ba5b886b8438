"""`nanospread lab` opens a workspace of one's own, trusted, with what JupyterLab is told."""

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from nanospread.cli import workspace
from nanospread.core import paths
from nanospread.core.errors import InputError


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Stand in an empty checkout."""
    monkeypatch.setattr(paths, "CHECKOUT", tmp_path)
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    return tmp_path


def test_a_checkout_gets_a_scratch_copy_and_what_was_changed_there_stays(checkout, capsys):
    scratch = workspace.folder()
    assert scratch == checkout / "lab"
    names = {file.name for file in (scratch / "notebooks").glob("*.ipynb")}
    assert names == {file.name for file in paths.BUNDLED_NOTEBOOKS.glob("*.ipynb")}
    mine = scratch / "notebooks" / sorted(names)[0]
    mine.write_text("mine", encoding="utf-8")
    assert workspace.folder() == scratch
    assert mine.read_text(encoding="utf-8") == "mine"
    assert f"left as it is (yours): notebooks/{mine.name}" in capsys.readouterr().out


def test_git_ignores_the_scratch_copy():
    assert "/lab/" in (paths.CHECKOUT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_inside_a_workspace_it_is_that_one(tmp_path, monkeypatch):
    workspace.init(tmp_path / "mine")
    monkeypatch.setattr(paths, "ROOT", tmp_path / "mine")
    assert workspace.folder() == tmp_path / "mine"


def test_outside_of_both_and_without_jupyterlab_it_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "CHECKOUT", None)
    with pytest.raises(InputError, match="nanospread init FOLDER"):
        workspace.folder()
    monkeypatch.setattr(workspace.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"nanospread\[lab\]"):
        workspace.folder()


def test_notebooks_are_trusted_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    file = tmp_path / "a.ipynb"
    shutil.copy(sorted(paths.BUNDLED_NOTEBOOKS.glob("*.ipynb"))[0], file)
    before = file.read_bytes()
    assert not NotebookNotary().check_signature(nbformat.read(file, 4))
    workspace.trust([file])
    assert NotebookNotary().check_signature(nbformat.read(file, 4))
    assert file.read_bytes() == before


@pytest.mark.parametrize(("user", "told"), [(0, ["--allow-root"]), (1000, [])])
def test_root_is_allowed_and_options_are_passed_on(monkeypatch, user, told):
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert workspace.command(["--port=8890"])[1:] == ["-P", "-m", "jupyterlab", *told, "--port=8890"]


def test_jupyter_is_told_where_our_settings_are_before_those_of_others(monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/theirs")
    ours, theirs = workspace.environment()["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert theirs == "/theirs"
    assert (Path(ours) / "jupyter_server_config.d" / "nanospread.json").is_file()
