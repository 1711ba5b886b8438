"""Proves that colleagues share a folder of reports: whoever runs next, or is killed, nobody is locked out.

`RUNS=50` is the full run (`make kill`). Other users are forked from root; skipped where the tests run as
somebody else.
"""

import json
import os
import random
import signal
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from colleagues import GROUP, USERS, as_user, root, shared_folder
from nanospread.core import files
from nanospread.core.errors import BusyError, InputError
from nanospread.core.files import write_atomically
from nanospread.report import archive
from nanospread.report.archive import lists, publish, upkeep

WEEK, BRIEF = KEY = ("2026-W47", "sample")
RUNS = int(os.environ.get("RUNS", "6"))
PAGE = '<meta name="generator" content="nanospread">'


def run(out: Path, mark: str) -> None:
    """Publish a report of a few files, as `weekly.report` does, without notebooks."""
    state = archive.State(BRIEF, WEEK, "Sample", archive.QUEUED, mark, "2026-11-22 21:00 UTC")
    with publish.locked(out, *KEY):
        dead = upkeep.recover(out, *KEY)
        archive.write_state(out, state)
        lists.update(out, dead)
        archive.write_state(out, replace(state, status=archive.RUNNING))
        folder = publish.staging(out, *KEY)
        facts = {"summary.json": {"title": mark, "verdict": "Nano."}, "provenance.json": {"Run mark": mark}}
        texts = {name: json.dumps(fact) for name, fact in facts.items()}
        for name, text in {"index.html": PAGE, "csv/metrics.csv": mark, **texts}.items():
            write_atomically(folder / name, text)
        publish.publish(folder, out / WEEK / BRIEF)
        upkeep.settle(out, *KEY, "")
        lists.update(out, [KEY])


def marks(out: Path) -> set[str]:
    """Return the marks of all files of the published report; one where it is whole."""
    folder = out / WEEK / BRIEF
    summary = archive.summary(folder)
    return {archive.run_mark(folder), str(summary["title"]), (folder / "csv/metrics.csv").read_text()}


@pytest.fixture
def shared() -> Iterator[Path]:
    """Return a folder that a group shares."""
    with shared_folder() as out:
        yield out


@pytest.mark.slow
@root
def test_two_users_take_turns_and_are_killed_and_there_is_always_the_last_good_report(shared):
    moments, (one, other) = random.Random(20261128), USERS
    run(shared.parent / "warm", "warm")  # what is imported late is imported before anybody is forked
    assert as_user(one, lambda: run(shared, "first")) == 0
    good, killed = "first", 0
    for number in range(RUNS):
        user, mark = (one, other)[number % 2], f"run {number}"
        dies_at = moments.randrange(1, 160)
        killed += as_user(user, lambda mark=mark: run(shared, mark), dies_at) == -signal.SIGKILL
        seen = marks(shared)
        assert seen in ({good}, {mark})
        [good] = seen
        after = (other, one)[number % 2]
        assert as_user(after, lambda: upkeep.listed(shared)) == 0
        state = archive.read_state(shared, *KEY)
        assert state is not None
        assert state.status == (archive.PUBLISHED if state.mark == good else archive.FAILED)
        if number % 3 == 0:
            good = f"after {number}"
            assert as_user(after, lambda mark=good: run(shared, mark)) == 0
            assert marks(shared) == {good}
    print(f"{killed} of {RUNS} runs were killed")
    assert killed > RUNS / 2
    assert as_user(one, lambda: run(shared, "last")) == 0
    assert marks(shared) == {"last"}
    assert list((shared / publish.LOCKS).iterdir()) == []
    assert [path.name for path in shared.rglob(".*.????????")] == []


@root
def test_everything_in_a_shared_folder_is_the_groups_and_nobody_elses(shared):
    for user in USERS:
        assert as_user(user, lambda: run(shared, "x")) == 0
    for path in shared.rglob("*"):
        about = path.stat()
        wanted = 0o2770 if path.is_dir() else 0o660
        assert (about.st_gid, stat.S_IMODE(about.st_mode)) == (GROUP, wanted), path


@root
def test_what_one_user_left_behind_is_cleared_by_the_other_and_no_run_stays_running(shared):
    one, other = USERS

    def killed() -> None:
        state = archive.State(BRIEF, WEEK, "Sample", archive.RUNNING, "x", "2026-11-22 21:00 UTC")
        with publish.locked(shared, *KEY):
            archive.write_state(shared, state)
            write_atomically(publish.staging(shared, *KEY) / "csv" / "half.csv", "1")
            os.kill(os.getpid(), signal.SIGKILL)

    assert as_user(one, killed) == -signal.SIGKILL
    assert len(list((shared / publish.STAGING).iterdir())) == 1
    assert as_user(other, lambda: upkeep.listed(shared)) == 0  # as `nanospread history`
    state = archive.read_state(shared, *KEY)
    assert state is not None
    assert (state.status, state.reason) == (archive.FAILED, upkeep.KILLED)
    assert list((shared / publish.STAGING).iterdir()) == list((shared / publish.LOCKS).iterdir()) == []
    assert as_user(one, lambda: run(shared, "y")) == 0
    assert not archive.banner_path(shared, *KEY).exists()


@root
def test_a_lock_that_a_living_colleague_holds_is_held_and_one_made_by_an_older_version_is_no_obstacle(shared):
    one, other = USERS

    def busy() -> bool:
        try:
            run(shared, "x")
        except BusyError:
            return True
        return False

    with publish.locked(shared, *KEY):
        assert as_user(one, busy) == 0
    lock = shared / publish.LOCKS / f"{WEEK}.{BRIEF}.lock"
    lock.touch()
    os.chown(lock, one, GROUP)
    lock.chmod(0o644)  # the other may read it, and delete it, but not write it
    assert as_user(other, lambda: run(shared, "x")) == 0
    assert not lock.exists()


@pytest.mark.parametrize(
    ("umask", "shared", "folder", "file"),
    [
        (0o022, 0o755, 0o755, 0o644),
        (0o077, 0o755, 0o700, 0o600),
        (0o002, 0o755, 0o775, 0o664),
        (0o022, 0o2775, 0o2775, 0o664),
        (0o022, 0o2770, 0o2770, 0o660),
        (0o077, 0o2775, 0o2770, 0o660),
        (0o002, 0o2750, 0o2750, 0o640),
    ],
)
def test_rights_follow_the_umask_and_in_a_shared_folder_its_own_for_the_group(
    tmp_path, umask, shared, folder, file
):
    out = tmp_path / "out"
    out.mkdir()
    out.chmod(shared)
    before = os.umask(umask)
    try:
        run(out, "x")
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in out.rglob("*")}
    assert {path.relative_to(out): mode for path, mode in modes.items()} == {
        path.relative_to(out): folder if path.is_dir() else file for path in modes
    }


def elsewhere(out: Path) -> Path:
    folder = out.parent / "elsewhere"
    folder.mkdir(exist_ok=True)
    (folder / "mine.txt").write_text("mine")
    return folder


STRANGE = {
    "staging is a link": lambda out: (out / publish.STAGING).symlink_to(elsewhere(out)),
    "staging is a file": lambda out: (out / publish.STAGING).write_text("mine"),
    "locks is a link": lambda out: (out / publish.LOCKS).symlink_to(elsewhere(out)),
    "banner is a link": lambda out: archive.banner_path(out, *KEY).symlink_to(elsewhere(out)),
    "banner is a stranger's": lambda out: elsewhere(out).rename(archive.banner_path(out, *KEY)),
    "report is a link": lambda out: (out / WEEK / BRIEF).symlink_to(elsewhere(out)),
    "report is a stranger's": lambda out: elsewhere(out).rename(out / WEEK / BRIEF),
    "report is a file": lambda out: (out / WEEK / BRIEF).write_text("mine"),
    "front list is a stranger's": lambda out: (out / "index.html").write_text("<h1>Our site</h1>"),
    "year is a link": lambda out: (out / "2026.html").symlink_to(elsewhere(out) / "mine.txt"),
    "lock is a link": lambda out: lock(out).symlink_to(elsewhere(out) / "mine.txt"),
    "lock is a link to nothing": lambda out: lock(out).symlink_to(out / "nowhere"),
    "lock is a folder": lambda out: lock(out).mkdir(),
    "lock is a pipe": lambda out: os.mkfifo(lock(out)),
}


def lock(out: Path) -> Path:
    (out / publish.LOCKS).mkdir(exist_ok=True)
    return out / publish.LOCKS / f"{WEEK}.{BRIEF}.lock"


def everything(folder: Path) -> dict[str, str]:
    """Return all that is in a folder, links as links."""
    return {
        str(path.relative_to(folder)): str(path.readlink())
        if path.is_symlink()
        else path.read_text()
        if path.is_file()
        else "folder"
        for path in sorted(folder.rglob("*"))
        if path.name not in (publish.STAGING, publish.LOCKS) or not path.is_dir() or path.is_symlink()
    }


@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE)
def test_what_stands_where_ours_would_is_told_and_left_alone(tmp_path, strange):
    out = tmp_path / "out"
    (out / WEEK).mkdir(parents=True)
    strange(out)
    before = everything(tmp_path)
    with pytest.raises(InputError, match=r"is not of nanospread|no lock"):
        run(out, "x")
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    "name", ["banner is a stranger's", "report is a stranger's", "front list is a stranger's"]
)
def test_force_replaces_what_is_no_link(tmp_path, monkeypatch, name):
    (tmp_path / WEEK).mkdir()
    STRANGE[name](tmp_path)
    recover = upkeep.recover
    monkeypatch.setattr(upkeep, "recover", lambda *given: recover(*given, force=True))
    run(tmp_path, "x")
    assert marks(tmp_path) == {"x"}
    assert archive.is_our_page(tmp_path / "index.html")


@pytest.mark.parametrize("name", ["banner is a link", "banner is a stranger's", "lock is a link"])
def test_a_stranger_beside_another_brief_stops_no_run_and_is_told_by_the_history(tmp_path, name):
    (tmp_path / WEEK).mkdir()
    state = archive.State(BRIEF, WEEK, "Sample", archive.RUNNING, "x", "2026-11-22 21:00 UTC")
    archive.write_state(tmp_path, state)
    STRANGE[name](tmp_path)
    if "banner" in name:
        lock(tmp_path).touch()  # of a run that was killed
    before = everything(elsewhere(tmp_path))
    upkeep.listed(tmp_path)
    [told] = publish.foreign_entries(tmp_path)
    assert told.name.startswith((BRIEF, WEEK))
    assert everything(elsewhere(tmp_path)) == before
    now = archive.read_state(tmp_path, *KEY)
    assert now is not None
    assert now.status == (archive.FAILED if "banner" in name else archive.RUNNING)


def test_a_folder_is_made_with_its_rights_and_a_faster_run_is_no_error(tmp_path, monkeypatch):
    tmp_path.chmod(0o2775)
    new_folder = files.new_folder

    def slower(parent: Path, prefix: str) -> Path:
        (tmp_path / "made").mkdir(exist_ok=True)
        (tmp_path / "made" / "full").touch()
        return new_folder(parent, prefix)

    monkeypatch.setattr(files, "new_folder", slower)
    files.make_folder(tmp_path / "made")
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        files.make_folder(tmp_path / "file")
