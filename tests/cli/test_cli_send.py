"""Proves what `nanospread send` prints and with which status it ends."""

import pytest
from typer.testing import CliRunner

from nanospread.cli import app, sending
from nanospread.core import paths
from nanospread.core.errors import BusyError, InputError
from nanospread.report import archive
from nanospread.report.archive import publish
from nanospread.send import delivery
from receivers import BRIEF, WEEK, Around, hook, reported, written


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A workspace with a report and a channel."""
    with hook() as server:
        runtime = Around(HOOK=server.url)
        monkeypatch.setattr(paths, "ROOT", tmp_path)
        monkeypatch.setattr(sending, "runtime", lambda: runtime)
        written(tmp_path, {"team": server.channel()})
        reported(tmp_path / "reports")
        yield server


def send(folder, *options):
    ended = CliRunner().invoke(app, ["send", "--out", str(folder / "reports"), *options])
    if isinstance(ended.exception, InputError):
        raise ended.exception
    return ended.exit_code, ended.stdout.splitlines()


def test_what_is_sent_is_a_line_each_and_status_0(server, tmp_path):
    line = "2026-W47/autumn (success) to team: {}Choose nano · Autumn launch"
    assert send(tmp_path, "--dry-run") == (0, [f"would send  {line.format('as env:HOOK says: ')}"])
    assert server.paths == []
    assert send(tmp_path) == (0, [f"sent        {line.format('')}"])
    assert send(tmp_path, "--week", WEEK) == (0, [f"sent before {line.format('')}"])
    assert send(tmp_path, "--again") == (0, [f"sent        {line.format('')}"])
    assert send(tmp_path, "--week", "2026-W40") == (0, ["nothing to send"])


def test_a_dry_run_without_a_report_still_names_each_secret_that_cannot_be_used(server, tmp_path):
    line = "channels.{0}.url: the environment variable {1} is not set"
    wrong = {name: server.channel(url=f"env:{name.upper()}") for name in "ab"}
    written(tmp_path, {"team": server.channel(), **wrong})
    week = ("--week", "2026-W40")
    with pytest.raises(InputError, match=f"^{line.format('a', 'A')}; {line.format('b', 'B')}$"):
        send(tmp_path, "--dry-run", *week)
    assert send(tmp_path, *week) == (0, ["nothing to send"])
    written(tmp_path, {"team": server.channel(), "a": server.channel(url="env:A", notify=["late"])})
    with pytest.raises(InputError, match=f"^{line.format('a', 'A')}$"):
        send(tmp_path, "--dry-run")  # of the channel that this report is not for
    written(tmp_path, {"team": server.channel()})
    assert send(tmp_path, "--dry-run", *week) == (0, ["nothing to send"])


def test_a_channel_that_refuses_is_told_with_status_1(server, tmp_path):
    server.answers = [404]
    line = "not sent    2026-W47/autumn (success) to team: it refuses the message (404)"
    assert send(tmp_path) == (1, [line])


def test_another_send_at_work_is_left_alone(server, tmp_path):
    with publish.lock(tmp_path / "reports", delivery.LOCK), pytest.raises(BusyError, match="another send"):
        send(tmp_path)
    assert server.paths == []


def test_a_run_that_was_killed_is_told_as_failed(server, tmp_path):
    out = tmp_path / "reports"
    state = archive.State(BRIEF, "2026-W48", "Autumn launch", archive.RUNNING, "d" * 12, "")
    (out / "2026-W48").mkdir()
    archive.write_state(out, state)
    (out / publish.LOCKS).mkdir()
    (out / publish.LOCKS / f"2026-W48.{BRIEF}.lock").touch()  # as a killed run leaves it
    status, (line,) = send(tmp_path)
    assert (status, line) == (
        0,
        "sent        2026-W48/autumn (failure) to team: Failed: Autumn launch · 2026-W48",
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--week", "2026-W54"], "2026-W54"),
        (["--brief", "autum"], "did you mean 'autumn'"),
        (["--out", "missing"], "'.*missing' is no folder of reports"),
    ],
)
def test_what_cannot_be_sent_is_one_line(server, tmp_path, options, words):
    with pytest.raises(InputError, match=words):
        send(tmp_path, *options)


def test_a_brief_that_the_file_leaves_out_is_refused(server, tmp_path):
    written(tmp_path, {"team": server.channel()}, briefs=["spring"])
    with pytest.raises(InputError, match=r"unknown brief of send\.yaml 'autumn'"):
        send(tmp_path, "--brief", "autumn")


def test_without_a_file_the_line_says_what_is_missing(server, tmp_path):
    (tmp_path / "send.yaml").unlink()
    with pytest.raises(InputError, match=r"send\.yaml' does not exist"):
        send(tmp_path)
