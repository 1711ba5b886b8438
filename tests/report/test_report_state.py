"""Proves what a run leaves, however it ends: its state, its banner, the last good report, and a free way."""

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from nanospread.cli import reports
from nanospread.core.errors import BusyError
from nanospread.report import archive, gather, weekly
from nanospread.report.archive import publish, upkeep
from nanospread.report.scheduling import RunResult
from nanospread.report.weekly import PublishedReport, RunFailed, RunOptions
from report_runs import NOTEBOOKS, STARTED, WEEK, Canned, alive, contents, ends, exports, marks, mounted, ran

BEFORE = "2026-W46"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return exports(tmp_path_factory.mktemp("exports"))


@pytest.fixture(scope="module")
def made(tmp_path_factory, data) -> Path:
    """Return a folder with a good report of the week before and one of this week."""
    out = tmp_path_factory.mktemp("made") / "out"
    ran(out, data, BEFORE)
    ran(out, data)
    return out


@pytest.fixture
def out(tmp_path, made) -> Path:
    """Return a folder of its own with these reports."""
    return Path(shutil.copytree(made, tmp_path / "out"))


def at(out: Path, week: str = WEEK) -> archive.State:
    found = archive.read_state(out, week, "sample")
    assert found is not None
    return found


def settled(out: Path) -> None:
    """Nothing of a run is left but what it published, and every list is what the disk says."""
    assert list((out / publish.LOCKS).iterdir()) == []
    listed = (out / "index.html").read_bytes(), (out / WEEK / "index.html").read_bytes()
    upkeep.listed(out)
    assert listed == ((out / "index.html").read_bytes(), (out / WEEK / "index.html").read_bytes())


@pytest.mark.slow
def test_a_good_run_is_queued_then_running_then_published_and_its_pages_carry_its_mark(out, data):
    seen: list[str] = []

    class Begins(weekly.Observer):
        def report_started(self, number, count):
            seen.append(at(out).status)

    ran(
        out,
        data,
        observer=Begins(),
        executor=Canned(before=lambda: seen.append(at(out).status)),
    )
    assert (seen[0], set(seen[1:]), at(out).status) == ("queued", {"running"}, "published")
    pages = contents(out / WEEK / "sample")
    assert marks({"index.html": pages["index.html"]}) == [at(out).mark]
    assert archive.run_mark(out / WEEK / "sample") == at(out).mark
    others = [name for name in pages if name.endswith(".html") and name not in ("index.html", "mail.html")]
    assert all(b'href="index.html#technical"' in pages[name] for name in others)  # which says the mark
    settled(out)


def test_while_a_run_is_at_work_the_lists_say_so_and_lead_to_the_last_good_report(out, data):
    pages: list[str] = []
    ran(out, data, executor=Canned(before=lambda: pages.append((out / "index.html").read_text())))
    assert '<span class="status running">running</span>' in pages[0]
    assert f'href="{WEEK}/sample/index.html"' in pages[0]
    assert f"A run of {WEEK} has been at work since 2026-11-22 21:00 UTC." in pages[0]


def test_a_failed_run_keeps_the_last_good_report_and_the_next_good_one_clears_the_banner(out, data):
    before = contents(out / WEEK / "sample")
    with pytest.raises(RunFailed, match="00_summary, code cell 2: boom"):
        ran(out, data, executor=Canned("code cell 2: boom"))
    assert (at(out).status, at(out).reason) == ("failed", "00_summary, code cell 2: boom (and 1 more)")
    assert contents(out / WEEK / "sample") == before
    assert f"Last good: {WEEK}" in (out / "index.html").read_text()
    settled(out)
    ran(out, data)
    assert at(out).status == "published"
    assert not archive.banner_path(out, WEEK, "sample").exists()
    assert "failed" not in (out / "index.html").read_text().split("<main")[1]
    settled(out)


def test_a_banner_leads_to_the_last_good_report_of_an_earlier_week(tmp_path, data):
    ran(tmp_path, data, BEFORE)
    with pytest.raises(RunFailed):
        ran(tmp_path, data, executor=Canned("boom"))
    page = (archive.banner_path(tmp_path, WEEK, "sample") / "index.html").read_text()
    assert f'href="../../{BEFORE}/sample/index.html"' in page
    index = (tmp_path / "index.html").read_text()
    assert f"Last good: {BEFORE}, 1 week before {WEEK}." in index
    assert f'href="{WEEK}/sample.failed/index.html"' in index


def test_notebooks_that_contradict_one_another_or_a_page_that_breaks_is_a_failed_run_with_its_trace(
    out, data, monkeypatch
):
    def contradiction(books):
        raise gather.GatherError("two pages disagree")

    def broken(books):
        raise KeyError("label")

    monkeypatch.setattr(gather, "metrics", contradiction)
    with pytest.raises(RunFailed, match="two pages disagree"):
        ran(out, data)
    monkeypatch.setattr(gather, "metrics", broken)
    with pytest.raises(KeyError):
        ran(out, data)
    assert at(out).reason == "KeyError: 'label'"
    log = (archive.banner_path(out, WEEK, "sample") / "run.log").read_text()
    assert "Traceback" in log
    assert str(Path.home()) not in log
    settled(out)


@pytest.mark.slow
def test_a_disk_that_fills_at_any_write_leaves_a_whole_report_and_the_next_run_recovers(
    out, data, monkeypatch
):
    fsync, writes = os.fsync, 0

    def counted(handle: int) -> None:
        nonlocal writes
        writes += 1
        if writes >= full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x")
        fsync(handle)

    full = sys.maxsize
    monkeypatch.setattr(os, "fsync", counted)
    ran(out, data)
    good, every = contents(out / WEEK / "sample"), writes
    assert every > 30
    for at_write in range(1, every + 1, 3 if "CI" in os.environ else 7):
        full, writes = at_write, 0
        with pytest.raises(OSError, match="No space left"):
            ran(out, data)
        now = contents(out / WEEK / "sample")
        assert now.keys() == good.keys()
        assert now["metrics.json"] == good["metrics.json"]
        assert set(marks(now)) == {archive.run_mark(out / WEEK / "sample")}
        full = sys.maxsize
        upkeep.listed(out)
        assert at(out).status in (archive.FAILED, archive.PUBLISHED)
        settled(out)
    ran(out, data)
    assert at(out).status == "published"
    settled(out)


def filled(filler: Path) -> None:
    """Write until there is no room left."""
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


@pytest.mark.slow
def test_a_disk_that_is_really_full_or_read_only_is_one_line_and_status_4(tmp_path, data):
    try:
        with mounted(tmp_path / "disk", "1m") as disk:
            ran(disk, data)
            before = contents(disk / WEEK / "sample")
            filler = disk / "filler"
            filled(filler)
            with pytest.raises(OSError, match="No space"):
                ran(disk, data)
            assert contents(disk / WEEK / "sample") == before
            filler.unlink()
            ran(disk, data)
            assert at(disk).status == "published"
            settled(disk)
            before = contents(disk)
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            ended = command(disk, data)
            assert ended.returncode == 4
            assert ended.stderr.count("\n") == 1
            assert "Read-only file system" in ended.stderr
            assert contents(disk) == before
    except OSError as error:
        if error.args == ("mount",):
            pytest.skip("this user may not mount")
        raise


def test_a_disk_without_inodes_keeps_the_last_report_and_no_state_says_that_a_run_goes_on(tmp_path, data):
    try:
        with mounted(tmp_path / "disk", "9m,nr_inodes=120") as disk:
            ran(disk, data)
            before = contents(disk / WEEK / "sample")
            fillers = [disk / f"filler-{number}" for number in range(120)]
            with contextlib.suppress(OSError):
                for filler in fillers:
                    filler.touch()
            with pytest.raises(OSError, match="No space"):
                ran(disk, data)
            assert contents(disk / WEEK / "sample") == before
            assert at(disk).status in (archive.FAILED, archive.PUBLISHED)
            for filler in fillers:
                filler.unlink(missing_ok=True)
            ran(disk, data)
            assert at(disk).status == "published"
            settled(disk)
    except OSError as error:
        if error.args == ("mount",):
            pytest.skip("this user may not mount")
        raise


@pytest.mark.slow
def test_a_second_run_of_a_brief_is_refused_with_status_3_or_waits(out, data):
    before = contents(out / WEEK / "sample")
    ended: list[str] = []
    with publish.locked(out, WEEK, "sample"):
        with pytest.raises(
            BusyError, match=f"another run is writing {WEEK}/sample; wait for it \\(--wait\\)"
        ):
            ran(out, data)
        refused = command(out, data)
        assert (refused.returncode, refused.stderr.count("\n")) == (3, 1)
        waiting = threading.Thread(target=lambda: ended.append(ran(out, data, wait=300).verdict))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        assert contents(out / WEEK / "sample") == before
    waiting.join(600)
    assert ended == ["Nano is the better bet. It earns more in 7 of 10 worlds."]
    settled(out)


def test_a_run_of_another_brief_is_not_refused_and_its_what_if_is_not_disturbed(out, data):
    with publish.locked(out, WEEK, "sample.what-if"):
        folder = publish.staging(out, WEEK, "sample.what-if")
        ran(out, data)
        assert folder.exists()
    ran(out, data)
    assert not folder.exists()


# starts a run whose notebook sleeps, by the command line, in a process of its own
COMMAND = """
import pathlib, signal, sys
signal.signal(signal.SIGINT, signal.{interrupt})  # whoever started the tests may have it ignored, or not
signal.signal(signal.SIGHUP, signal.{hang_up})
from nanospread import cli
from nanospread.core import paths
paths.NOTEBOOKS = pathlib.Path({notebooks!r})
sys.argv = ["nanospread", "report", "--out", {out!r}, "--data", {data!r}, "--week", {week!r}]
cli.main()
"""


HEARD = {"interrupt": "default_int_handler", "hang_up": "SIG_DFL"}


def command(out: Path, data: Path, notebooks: Path = NOTEBOOKS) -> subprocess.CompletedProcess[str]:
    source = sourced(out, data, notebooks)
    return subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)


def sourced(out: Path, data: Path, notebooks: Path, ignored: bool = False) -> str:
    """Return the source of a run that starts with signals as from a terminal, or ignored as by nohup."""
    heard = {"interrupt": "SIG_IGN", "hang_up": "SIG_IGN"} if ignored else HEARD
    return COMMAND.format(notebooks=str(notebooks), out=str(out), data=str(data), week=WEEK, **heard)


@pytest.fixture(scope="module")
def slow(tmp_path_factory) -> tuple[Path, Path]:
    """Return a notebook that sleeps, and the file in which its kernel then writes its process id."""
    folder = tmp_path_factory.mktemp("notebooks")
    pid = folder / "pid"
    for file in NOTEBOOKS.glob("00_*.ipynb"):
        tell = f"__import__('pathlib').Path({str(pid)!r}).write_text(str(__import__('os').getpid()))"
        sleep = f"{tell}; __import__('time').sleep(99); given = ("
        (folder / file.name).write_text(file.read_text().replace("given = (", sleep))
    return folder, pid


def started(
    out: Path, data: Path, slow: tuple[Path, Path], ignored: bool = False
) -> tuple[subprocess.Popen[str], int]:
    """Start a run, wait until its kernel sleeps, and return both."""
    folder, told = slow
    told.unlink(missing_ok=True)
    source = sourced(out, data, folder, ignored)
    process = subprocess.Popen([sys.executable, "-c", source], stderr=subprocess.PIPE, text=True)
    while not (told.exists() and told.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    return process, int(told.read_text())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status", "word"),
    [
        (signal.SIGHUP, 129, "hung up"),
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
    ],
)
def test_a_run_that_is_stopped_says_so_ends_its_kernels_and_puts_everything_away(
    out, data, slow, tmp_path, monkeypatch, number, status, word
):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    before = contents(out / WEEK / "sample")
    process, kernel = started(out, data, slow)
    with process:
        process.send_signal(number)
        _, said = process.communicate(timeout=600)
    assert process.returncode == status
    assert said == f"nanospread: {word}; the last good report is as it was\n"
    assert ends(kernel)
    assert list((tmp_path / "tmp").glob("nanospread-*")) == []
    assert contents(out / WEEK / "sample") == before
    assert (at(out).status, at(out).reason) == ("failed", "the run was stopped before it ended")
    assert "the run was stopped" in (archive.banner_path(out, WEEK, "sample") / "index.html").read_text()
    settled(out)
    ran(out, data)
    assert at(out).status == "published"


@pytest.mark.slow
def test_a_run_that_was_started_with_interrupts_and_hang_ups_ignored_goes_on_until_it_is_terminated(
    out, data, slow
):
    process, kernel = started(out, data, slow, ignored=True)
    with process:
        for number in (signal.SIGINT, signal.SIGHUP):
            process.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        assert (alive(kernel), at(out).status) == (True, "running")
        process.terminate()
        _, said = process.communicate(timeout=600)
    assert (process.returncode, said.count("\n")) == (143, 1)
    assert ends(kernel)
    settled(out)


@pytest.mark.slow
def test_a_killed_run_is_found_and_told_by_the_next_run_of_any_brief(out, data, slow):
    before = contents(out / WEEK / "sample")
    process, kernel = started(out, data, slow)
    with process:
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert ends(kernel)
    assert contents(out / WEEK / "sample") == before
    assert at(out).status == "running"
    ran(out, data, values={"budget": 9000.0})  # a what-if: another report
    assert (at(out).status, at(out).reason) == ("failed", upkeep.KILLED)
    assert upkeep.KILLED in (out / "index.html").read_text()
    assert upkeep.KILLED in (archive.banner_path(out, WEEK, "sample") / "index.html").read_text()
    settled(out)
    ran(out, data)
    assert at(out).status == "published"
    settled(out)


def died(out: Path, week: str = WEEK) -> None:
    """Leave the state and the lock file of a run that was killed."""
    archive.write_state(out, replace(at(out, week), status=archive.RUNNING))
    (out / publish.LOCKS / f"{week}.sample.lock").touch()


def test_a_run_killed_after_its_report_was_in_place_counts_as_published(out, data):
    with pytest.raises(RunFailed):
        ran(out, data, executor=Canned("boom"))
    archive.write_state(
        out, replace(at(out), status=archive.RUNNING, mark=archive.run_mark(out / WEEK / "sample"))
    )
    (out / publish.LOCKS / f"{WEEK}.sample.lock").touch()
    assert upkeep.settle_dead(out) == [(WEEK, "sample")]
    assert at(out).status == "published"
    assert not archive.banner_path(out, WEEK, "sample").exists()


def test_a_dead_run_of_another_week_is_settled_too_and_once_is_enough(out, data):
    died(out, BEFORE)
    ran(out, data)
    assert at(out, BEFORE).status == "published"  # it carries the mark of what is in place
    (out / BEFORE / "sample" / "provenance.json").unlink()
    died(out, BEFORE)
    ran(out, data)
    assert (at(out, BEFORE).status, at(out, BEFORE).reason) == ("failed", upkeep.KILLED)
    settled(out)


@pytest.mark.slow
@pytest.mark.parametrize(
    "junk", [b"", b"{", b"null", b'{"schema": 1}', b"\x00\xff", b'{"briefs": {"x": {"y": 1}}}']
)
@pytest.mark.parametrize("week", [BEFORE, WEEK])
def test_files_of_earlier_runs_that_are_torn_stop_no_run(out, data, week, junk):
    for name in ("sample/metrics.json", "sample/summary.json", "sample/provenance.json", "sample.state.json"):
        (out / week / name).write_bytes(junk)
    (out / ".history.json").write_bytes(junk)
    ran(out, data)
    assert at(out).status == "published"
    index = (out / "index.html").read_text()
    assert f'href="{BEFORE}/sample/index.html"' in index
    assert (f"{BEFORE} unreadable" in index) == (week == BEFORE)
    settled(out)


def test_a_clock_that_goes_back_is_said_and_spoils_nothing(out, data, capsys, monkeypatch):
    before = contents(out / WEEK / "sample")
    published = ran(out, data, "2025-W03", started=STARTED - timedelta(days=700))
    assert published.folder == out / "2025-W03" / "sample"
    assert published.seconds >= 0
    assert contents(out / WEEK / "sample") == before
    assert f'The newest week is <a href="{WEEK}/index.html">' in (out / "index.html").read_text()
    settled(out)

    def at_once(asked, options, *, observer, **_):
        ended = RunResult(PublishedReport(out, asked[0].week, 0))
        observer.report_done(0, ended)
        return [ended]

    monkeypatch.setattr(weekly, "reports", at_once)
    options = RunOptions(STARTED - timedelta(days=30), out)
    reports.results(reports.ReportsRequest(["sample"], [str(data)], "", [], 1, options))
    said = capsys.readouterr()
    assert said.err == f"nanospread: this clock's week, 2026-W43, is before {WEEK}, which has a report\n"
    assert said.out.startswith("2026-W43\n")


@pytest.mark.slow
def test_a_report_of_the_same_inputs_stands_where_it_is_not_asked_for_anew(out, data, tmp_path):
    own = exports(tmp_path / "own")
    ran(out, own)
    before = contents(out / WEEK)

    def again(**more) -> bool:
        return ran(out, own, anew=False, **more).new

    assert not again(started=STARTED + timedelta(days=1))
    assert contents(out / WEEK) == before
    assert again(values={"seed": 3})
    assert again()
    (own / "posts.csv").write_text((own / "posts.csv").read_text().replace(",100,5", ",101,5", 1))
    assert (again(), again()) == (True, False)
    with pytest.raises(RunFailed):
        ran(out, own, executor=Canned("boom"))
    assert (again(), at(out).status, at(out).mark) == (
        False,
        "published",
        archive.run_mark(out / WEEK / "sample"),
    )
    assert not archive.banner_path(out, WEEK, "sample").exists()
    settled(out)
