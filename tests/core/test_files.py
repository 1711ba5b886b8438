"""A file is there whole or not at all, and a table edited by hand comes with its lines, or is refused."""

import os
from pathlib import Path

import pytest

from nanospread.core import files
from nanospread.core.errors import InputError


def test_a_file_has_the_content_that_was_written_last(tmp_path):
    path = tmp_path / "made" / "on the way" / "numbers.json"
    for content in ("[1]\r\n", b"\x00\xff", "größer"):
        files.write_atomically(path, content)
        assert path.read_bytes() == (content if isinstance(content, bytes) else content.encode())
    assert [each.name for each in path.parent.iterdir()] == ["numbers.json"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_writer_that_fails_leaves_the_old_content_alone(tmp_path, monkeypatch, step):
    path = tmp_path / "numbers.json"
    files.write_atomically(path, "old")

    def failing(*_):
        raise OSError("no space left")

    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[step], failing)
    with pytest.raises(OSError, match="no space left"):
        files.write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_draft_stands_in_the_staging_folder_until_it_is_whole(tmp_path, monkeypatch):
    path, staging = tmp_path / "numbers.json", tmp_path / ".staging"
    drafts = []
    monkeypatch.setattr(Path, "replace", lambda draft, target: drafts.append(draft) or draft.rename(target))
    files.write_atomically(path, "new", staging=staging)
    assert [draft.parent for draft in drafts] == [staging]
    assert path.read_text() == "new"
    assert not list(staging.iterdir())


def test_file_and_folder_are_on_the_disk_before_the_call_returns(tmp_path, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino) or real(handle))
    path = tmp_path / "numbers.json"
    files.write_atomically(path, "1")
    assert synced == [path.stat().st_ino, tmp_path.stat().st_ino]


def test_rights_are_those_of_any_new_file(tmp_path):
    path = tmp_path / "numbers.json"
    files.write_atomically(path, "1")
    (tmp_path / "other").touch()
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_text_that_no_encoding_has_is_written_all_the_same(tmp_path):
    files.write_atomically(tmp_path / "name", "a\udc80b")
    assert (tmp_path / "name").read_bytes() == b"a?b"


def test_rows_come_with_the_line_they_end_on_and_blank_lines_are_passed_over(tmp_path):
    file = tmp_path / "table.csv"
    file.write_bytes('\ufeffname,note\na, b \n\n"c","two\nlines"\n'.encode())
    assert list(files.reference_rows(file, ("name", "note"))) == [
        (2, {"name": "a", "note": "b"}),
        (5, {"name": "c", "note": "two\nlines"}),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name\n", "table.csv line 1: the columns must be name, note"),
        (b"", "line 1: the columns must be"),
        (b"name,note\na,b,c\n", "line 2: 3 cells for 2 columns"),
        (b"name,note\n\xff,b\n", "not UTF-8 text at byte 10"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_place(tmp_path, content, message):
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(files.reference_rows(file, ("name", "note")))


MARKS = (b'content="nanospread"', b"table,file")


@pytest.mark.parametrize("content", ["", '<meta name="generator" content="nanospread">', "table,file\nx,y\n"])
def test_a_file_that_a_user_names_may_be_new_empty_or_one_of_ours(tmp_path, content):
    path = tmp_path / "page"
    files.check_output(path, "--html", MARKS, force=False)
    path.write_text(content)
    files.check_output(path, "--html", MARKS, force=False)
    files.write_output(path, "new")
    assert path.read_text() == "new"


@pytest.mark.parametrize("content", ["<h1>mine</h1>", "a,b\n1,2\n", "\0", " " * 3_000 + "table,file"])
def test_a_strangers_file_is_refused_and_told_unless_forced(tmp_path, content):
    path = tmp_path / "page"
    path.write_text(content)
    link = tmp_path / "link"
    link.symlink_to(path)
    for named in (path, link):
        with pytest.raises(InputError, match=r"^--html .*nanospread did not write it.*--force$"):
            files.check_output(named, "--html", MARKS, force=False)
        files.check_output(named, "--html", MARKS, force=True)
    assert path.read_text() == content
    files.write_output(link, "new")
    assert (link.is_symlink(), path.read_text()) == (True, "new")


def test_a_folder_is_no_file_even_by_force(tmp_path):
    with pytest.raises(InputError, match="is a folder; name a file"):
        files.check_output(tmp_path, "--ledger", MARKS, force=True)


def test_devices_and_pipes_are_written_in_place(tmp_path, capfd):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    devices = [Path(name) for name in ("/dev/null", "/dev/stdout", "/dev/stderr", "/proc/self/fd/1")]
    for path in (pipe, *devices):
        files.check_output(path, "--ledger", MARKS, force=False)
        files.write_output(path, f"to {path.name}\n")
    assert os.read(reader, 99) == b"to pipe\n"
    assert capfd.readouterr() == ("to stdout\nto 1\n", "to stderr\n")
    os.close(reader)
    assert all(path.exists() and not path.is_file() for path in (pipe, Path("/dev/null")))


def test_standard_output_that_leads_to_a_file_goes_on_behind_what_is_there(tmp_path):
    with (tmp_path / "log").open("w") as log:
        saved = os.dup(1)
        try:
            os.dup2(log.fileno(), 1)
            os.write(1, b"before\n")
            files.check_output(Path("/dev/stdout"), "--ledger", MARKS, force=False)
            files.write_output(Path("/dev/stdout"), "ledger\n")
            os.write(1, b"after\n")
        finally:
            os.dup2(saved, 1)
    assert (tmp_path / "log").read_text() == "before\nledger\nafter\n"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("missing", "does not exist: copy an example to it"),
        ("loop", "does not exist"),
        ("folder", "is no file"),
        ("pipe", "is no file"),
        ("open", "not everybody may write it"),
        ("large", "settings have at most 100,000"),
        ("binary", "not UTF-8 text"),
    ],
)
def test_settings_that_are_no_file_of_ours_are_one_line_and_wait_for_nobody(tmp_path, kind, said):
    file = tmp_path / "fetch.yaml"
    if kind == "loop":
        file.symlink_to(file)
    elif kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind != "missing":
        file.write_bytes({"large": b"#" * 100_001, "binary": b"\xff"}.get(kind, b"a: 1"))
        file.chmod(0o666 if kind == "open" else 0o644)
    with pytest.raises(InputError, match=said):
        files.settings_text(file, "an example")


def test_settings_may_be_a_link_to_a_file_of_ours(tmp_path):
    (tmp_path / "real").write_text("a: 1")
    (tmp_path / "fetch.yaml").symlink_to("real")
    assert files.settings_text(tmp_path / "fetch.yaml", "an example") == "a: 1"
