"""Proves whose notebooks are run: those of a workspace of this user or root around the current folder, else
ours; never those of a folder that is none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nanospread.core import paths

SHOW = "from nanospread.core import paths; print(paths.NOTEBOOKS, paths.FOREIGN)"


def notebooks(folder: Path) -> list[str]:
    """Return the notebooks and the foreign workspace of a process that stands in a folder."""
    environment = os.environ | {"PYTHONPATH": str(paths.PACKAGE.parent)}
    command = [sys.executable, "-P", "-c", SHOW]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True).stdout.split()


def test_a_workspace_is_what_its_marker_says_for_every_folder_in_it(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "below").mkdir()
    usual = notebooks(tmp_path)
    assert str(tmp_path) not in usual[0]
    (tmp_path / paths.MARKER).touch()
    assert notebooks(tmp_path / "below") == [str(tmp_path / "notebooks"), "None"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file of another user")
def test_another_users_workspace_is_left_alone(tmp_path):
    (tmp_path / "notebooks").mkdir()
    usual = notebooks(tmp_path)
    (tmp_path / paths.MARKER).touch()
    os.chown(tmp_path / paths.MARKER, 12345, -1)
    assert notebooks(tmp_path) == [usual[0], str(tmp_path)]
    (tmp_path / paths.MARKER).unlink()
    (tmp_path / "root's").touch()
    os.chown(tmp_path / "root's", 0, -1)
    (tmp_path / paths.MARKER).symlink_to("root's")
    os.chown(tmp_path / paths.MARKER, 12345, -1, follow_symlinks=False)
    assert notebooks(tmp_path) == [usual[0], str(tmp_path)]


def test_the_home_of_nobody_stays_a_name_of_a_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert paths.expanded("~/exports") == Path("/home/me/exports")
    assert paths.expanded(Path("~no such user/exports")) == Path("~no such user/exports")
