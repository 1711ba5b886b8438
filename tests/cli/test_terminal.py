"""Proves that a command does what it says when nobody reads its output, and takes no empty value for none."""

import os
import subprocess
import sys

import pytest

from nanospread.cli import terminal
from nanospread.core.errors import InputError

CREATORS = "creator,followers,niche\nann,5000,food\n"
POSTS = "post,creator,posted_at,likes,comments\np1,ann,2026-11-02,100,5\n"
MAIN = "from nanospread.cli import main; main()"


@pytest.mark.parametrize(
    "arguments",
    [["report", "--data", ""], ["report", "--brief="], ["report", "--out", ""], ["report", "--week", ""],
     ["ingest", ""], ["ingest", "exports", "--as-of", ""], ["forget", ""], ["doctor", "--data="]],
)  # fmt: skip
def test_an_empty_value_is_an_error_that_names_its_option(arguments):
    name = next((word.rstrip("=") for word in reversed(arguments) if word.startswith("-")), "an argument")
    with pytest.raises(InputError, match=f"{name} is given an empty value"):
        terminal.check_given(arguments)


@pytest.mark.parametrize(
    "arguments", [["report", "-p", "campaign=x"], ["lab", "--token="], [], ["data", "."]]
)
def test_what_has_a_value_and_what_belongs_to_jupyterlab_pass(arguments):
    terminal.check_given(arguments)


@pytest.mark.slow
def test_a_pipe_that_closes_loses_the_output_and_not_the_work(tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "creators.csv").write_text(CREATORS)
    (folder / "posts.csv").write_text(POSTS)
    reader, writer = os.pipe()
    os.close(reader)
    command = [
        sys.executable,
        "-c",
        MAIN,
        "ingest",
        folder,
        "--as-of",
        "2026-11-22",
        "--store",
        tmp_path / "s",
    ]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert done.returncode == 0
    assert (
        "the output was cut off by its reader; its last line is: Stored as snapshot 2026-11-22" in done.stderr
    )
    assert done.stderr.count("\n") == 1
    assert len(list((tmp_path / "s" / "snapshots").iterdir())) == 1


def test_output_that_is_cut_keeps_its_last_line(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as stream:
        shown = terminal.Output(stream)
        print("first", file=shown, flush=True)
        print("\nStored.\n", file=shown)
        assert shown.cut
        assert shown.last == "Stored."
        assert shown.encoding == stream.encoding
