"""A workspace works outside the checkout, and an upgrade touches nothing that its user changed."""

import json
import os
import subprocess
import sys

import pytest

from nanospread.cli import workspace
from nanospread.core import paths
from nanospread.core.errors import InputError


@pytest.fixture
def mine(tmp_path):
    workspace.init(tmp_path / "mine")
    return tmp_path / "mine"


def states(folder):
    return {outcome.path: outcome.state for outcome in workspace.init(folder)}


def older(folder, path, text):
    """Make a file one that an older version wrote, and that its user left as it was."""
    (folder / path).write_text(text, encoding="utf-8")
    marker = json.loads((folder / paths.MARKER).read_text(encoding="utf-8"))
    marker["files"][path] = workspace._digest(path, text.encode())
    (folder / paths.MARKER).write_text(json.dumps(marker), encoding="utf-8")


def test_a_new_workspace_holds_notebooks_briefs_and_the_verbs(mine):
    assert sorted(file.name for file in (mine / "notebooks").iterdir()) == sorted(
        file.name for file in paths.BUNDLED_NOTEBOOKS.glob("*.ipynb")
    )
    for path in ("Makefile", "briefs/sample.yaml", "data/README.md", "reports/README.md", ".gitignore"):
        assert (mine / path).is_file()
    assert f"nanospread[lab]=={paths.VERSION}" in (mine / "requirements.txt").read_text(encoding="utf-8")
    assert (mine / ".github" / "workflows" / "weekly.yml").is_file()
    helped = subprocess.run(["make", "-C", mine], capture_output=True, text=True, check=True).stdout
    assert {"make report", "make lab", "make test"} <= {
        " ".join(line.split()[:2]) for line in helped.splitlines()
    }


def test_a_second_time_changes_nothing(mine):
    before = {file: file.read_bytes() for file in mine.rglob("*") if file.is_file()}
    assert set(states(mine).values()) == {workspace.CURRENT}
    assert {file: file.read_bytes() for file in mine.rglob("*") if file.is_file()} == before


def test_an_upgrade_brings_up_to_date_only_what_its_user_left_alone(mine):
    older(mine, "briefs/sample.yaml", "name: old")
    older(mine, "Makefile", "old:")
    (mine / "Makefile").write_text("mine:", encoding="utf-8")
    (mine / "briefs" / "beichert.yaml").unlink()
    found = states(mine)
    assert found["briefs/sample.yaml"] == workspace.UPDATED
    assert found["Makefile"] == workspace.YOURS
    assert found["briefs/beichert.yaml"] == workspace.DELETED
    assert (mine / "briefs" / "sample.yaml").read_bytes() == (
        paths.DATA / "briefs" / "sample.yaml"
    ).read_bytes()
    assert (mine / "Makefile").read_text(encoding="utf-8") == "mine:"
    assert not (mine / "briefs" / "beichert.yaml").exists()
    assert states(mine) == found | {"briefs/sample.yaml": workspace.CURRENT}


def test_of_a_notebook_only_the_cells_count(mine):
    path = "notebooks/01_data_quality.ipynb"
    book = json.loads((mine / path).read_text(encoding="utf-8"))
    for cell in book["cells"]:
        cell.pop("outputs", None)
    (mine / path).write_text(json.dumps(book), encoding="utf-8")
    assert states(mine)[path] == workspace.CURRENT
    book["cells"][0]["source"] = ["# mine"]
    (mine / path).write_text(json.dumps(book), encoding="utf-8")
    assert states(mine)[path] == workspace.YOURS


def test_files_that_were_there_before_and_links_out_of_it_stay(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "briefs").symlink_to(tmp_path / "elsewhere")
    (folder / "README.md").write_text("my own", encoding="utf-8")
    found = states(folder)
    assert found["README.md"] == found["briefs/sample.yaml"] == workspace.YOURS
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (folder / "README.md").read_text(encoding="utf-8") == "my own"


def test_a_file_the_checkout_and_a_damaged_marker_are_refused_in_one_line(mine, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    (mine / paths.MARKER).write_text("{", encoding="utf-8")
    for folder, message in (
        (tmp_path / "file", "is a file"),
        (paths.CHECKOUT, "own source"),
        (mine, "damaged"),
    ):
        with pytest.raises(InputError, match=message):
            workspace.init(folder)


def test_commands_inside_it_use_its_notebooks_briefs_reports_and_store(mine):
    (mine / "briefs" / "sample.yaml").write_text("name: 5", encoding="utf-8")
    script = (
        "from nanospread.core import paths\nfrom nanospread.campaign import brief\n"
        "print(paths.ROOT, paths.NOTEBOOKS, paths.REPORTS, paths.STORE, brief.path('sample'), sep='\\n')\n"
        "print(brief.path('macro_wins'))"
    )
    environment = os.environ | {"PYTHONPATH": str(paths.PACKAGE.parent)}
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=mine / "data",
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    names = ["", "notebooks", "reports", "store", "briefs/sample.yaml", "briefs/macro_wins.yaml"]
    assert run.stdout.split() == [str(mine / name) for name in names]


def test_the_week_is_of_each_brief_of_its_user_whatever_the_ending(mine, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", mine)
    assert workspace.briefs() == ["sample"]
    own = [mine / "briefs" / name for name in ("autumn.yaml", "spring.yml")]
    for file in own:
        file.write_text("name: autumn", encoding="utf-8")
    assert workspace.briefs() == [str(file) for file in own]
