"""Proves that `ingest --interactive` asks what a draft leaves open, writes the answers, and then reads."""

import os
import pty
import subprocess
import sys

import pytest

from nanospread.cli import interview
from nanospread.core.errors import InputError
from nanospread.ingest import files, mappings, sources, suggestions

BLIND = "Nr,Wer,Wann,Herzen,x5,x6\nC9fix01,ida,2026-10-01,412,15,3\nC9fix02,uwe,2026-10-02,96,4,2\n"
ALONE = "Date,Likes,Comments\n2026-10-01,40,3\n2026-10-02,50,4\n"


def in_terminal(*arguments, typed):
    """Return status and output of a command in a terminal in which this is typed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "nanospread", *map(str, arguments)]
    run = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    os.write(ours, typed.encode())
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # so a terminal ends
        pass
    os.close(ours)
    return run.wait(), shown.decode()


@pytest.mark.slow
def test_questions_are_answered_in_a_terminal_and_the_file_is_read(tmp_path):
    (tmp_path / "odd.csv").write_text(BLIND, encoding="utf-8")
    status, shown = in_terminal("ingest", tmp_path, "--interactive", "--dry-run", typed="7\nNr\nx5\n")
    assert status == 0, shown
    assert "odd.csv looks like posts: creator is" in shown
    assert "'7' is none of these; the headers are Nr, Wer, Wann, Herzen, x5, x6" in shown
    said = mappings.read(tmp_path / "mapping.yaml")["odd.csv"]
    assert said == {
        "table": "posts",
        "columns": {"creator": "Wer", "posted_at": "Wann", "likes": "Herzen", "post": "Nr", "comments": "x5"},
    }
    assert "odd.csv" in shown.split("Mapping:")[1]
    again = in_terminal("ingest", tmp_path, "--interactive", "--dry-run", typed="")
    assert (again[0], "there is nothing to ask" in again[1]) == (0, True)


def test_in_a_pipe_it_refuses_in_one_line(tmp_path):
    (tmp_path / "odd.csv").write_text(BLIND, encoding="utf-8")
    with pytest.raises(InputError, match="in a pipe take --suggest-mapping"):
        interview.asked([tmp_path], None)


def answers(place, *typed):
    """Return the entries that answers make of the drafts of a folder."""
    given = iter(typed)
    drafts = suggestions.drafts(files.files_of([place], {}))
    return "".join(interview.answered(draft, {}, lambda _: next(given)) for draft in drafts)


@pytest.mark.parametrize("typed", [("1", "", "1", "Our_Brand"), ("Our_Brand",)])
def test_whose_posts_they_are_is_typed_as_a_name(tmp_path, typed):
    (tmp_path / "media.csv").write_text(ALONE, encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(answers(tmp_path, *typed), encoding="utf-8")
    (raw,) = sources.folder(tmp_path)
    assert raw.rows["creator"].tolist() == ["Our_Brand", "Our_Brand"]


def test_a_file_may_be_left_out_and_what_the_mapping_had_stays(tmp_path, monkeypatch):
    (tmp_path / "odd.csv").write_text(BLIND, encoding="utf-8")
    (tmp_path / "fine.csv").write_text("who,followers\nida,5\n", encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text("# ours\nfine.csv: {columns: {creator: who}}\n", encoding="utf-8")
    monkeypatch.setattr(interview, "_ask", lambda _: "x")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    interview.asked([tmp_path], None)
    text = (tmp_path / "mapping.yaml").read_text(encoding="utf-8")
    assert text == '# ours\nfine.csv: {columns: {creator: who}}\n"odd.csv": {ignore: true}\n'
    assert [raw.table for raw in sources.folder(tmp_path)] == ["creators", ""]


def test_a_rule_that_is_there_and_does_not_fit_is_to_be_mended_by_hand(tmp_path):
    (tmp_path / "odd.csv").write_text(BLIND, encoding="utf-8")
    (draft,) = suggestions.drafts(files.files_of([tmp_path], {}))
    with pytest.raises(InputError, match=r"has an entry 'odd\.csv' already, which does not fit: mend it"):
        interview.answered(draft, {"odd.csv": {}}, str)
