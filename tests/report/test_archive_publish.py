"""Proves that a published folder is whole at every moment, also when the writer is killed."""

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from nanospread.core.errors import BusyError
from nanospread.core.files import write_atomically
from nanospread.report.archive import publish

WEEK, BRIEF = "2026-W47", "sample"
FILES = ("a.html", "b.html", "metrics.json")
# publishes one version after another until it is killed
WRITER = f"""
import itertools, pathlib, sys
from nanospread.core.files import write_atomically
from nanospread.report.archive import publish
out = pathlib.Path(sys.argv[1])
if sys.argv[2] == "two renames":
    publish.exchanged = lambda first, second: False
with publish.locked(out, {WEEK!r}, {BRIEF!r}):
    publish.clear(out, {WEEK!r}, {BRIEF!r})
    for version in itertools.count():
        folder = publish.staging(out, {WEEK!r}, {BRIEF!r})
        for name in {FILES!r}:
            write_atomically(folder / name, str(version))
        publish.publish(folder, out / {WEEK!r} / {BRIEF!r})
        if version == 0:
            print("ready", flush=True)
"""


def versions(target: Path) -> set[str]:
    return {(target / name).read_text() for name in FILES}


def built(out: Path, text: str) -> Path:
    folder = publish.staging(out, WEEK, BRIEF)
    for name in FILES:
        write_atomically(folder / name, text)
    return folder


def test_publishing_puts_the_new_folder_in_place_and_keeps_the_old_one_for_who_reads_it(tmp_path):
    target = tmp_path / WEEK / BRIEF
    publish.publish(built(tmp_path, "one"), target)
    reader = os.open(target, os.O_RDONLY)
    publish.publish(built(tmp_path, "two"), target)
    assert versions(target) == {"two"}
    assert os.read(os.open("a.html", os.O_RDONLY, dir_fd=reader), 9) == b"one"
    publish.clear(tmp_path, WEEK, BRIEF)
    assert versions(target) == {"two"}
    assert list((tmp_path / publish.STAGING).iterdir()) == []


def test_a_folder_is_withdrawn_in_one_step_and_one_that_is_not_there_is_nothing(tmp_path):
    target = tmp_path / WEEK / BRIEF
    publish.publish(built(tmp_path, "one"), target)
    for _ in range(2):
        publish.withdraw(tmp_path, WEEK, BRIEF, target)
        assert not target.exists()
        assert list((tmp_path / publish.STAGING).iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="renameat2 is Linux's")
def test_two_folders_are_exchanged_in_one_step(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    assert publish.exchanged(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a" / "x").read_text() == "b"


@pytest.mark.slow
@pytest.mark.parametrize("how", ["exchange", "two renames"])
def test_a_writer_killed_at_any_moment_leaves_a_whole_report_and_the_next_one_recovers(tmp_path, how):
    target, moments = tmp_path / WEEK / BRIEF, random.Random(20261122)
    for _ in range(5):
        command = [sys.executable, "-c", WRITER, str(tmp_path), how]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            time.sleep(moments.uniform(0.02, 0.15))
            writer.kill()
        with publish.locked(tmp_path, WEEK, BRIEF):  # the dead hold nothing
            if how == "exchange":
                assert len(versions(target)) == 1
            publish.clear(tmp_path, WEEK, BRIEF)
            assert len(versions(target)) == 1
            assert list((tmp_path / publish.STAGING).iterdir()) == []


def test_a_report_set_aside_by_a_dead_run_is_put_back(tmp_path):
    target = tmp_path / WEEK / BRIEF
    publish.publish(built(tmp_path, "good"), target)
    target.rename(tmp_path / publish.STAGING / f"{WEEK}.{BRIEF}.abcd_123.{publish.OLD}")
    built(tmp_path, "never finished")
    publish.clear(tmp_path, WEEK, BRIEF)
    assert versions(target) == {"good"}
    assert list((tmp_path / publish.STAGING).iterdir()) == []


def test_a_second_run_of_the_same_report_is_refused_and_of_another_one_is_not(tmp_path):
    with publish.locked(tmp_path, WEEK, BRIEF):
        with pytest.raises(BusyError, match=f"another run is writing {WEEK}/{BRIEF}"):  # noqa: SIM117
            with publish.locked(tmp_path, WEEK, BRIEF):
                pass
        with publish.locked(tmp_path, WEEK, "other"):
            pass
    with publish.locked(tmp_path, WEEK, BRIEF):
        pass


@pytest.mark.parametrize("living", ["other", f"{BRIEF}.what-if"])
def test_what_a_living_run_stages_is_left_alone_and_what_a_dead_one_left_is_found(tmp_path, living):
    with publish.locked(tmp_path, WEEK, living):
        folder = publish.staging(tmp_path, WEEK, living)
        publish.clear(tmp_path, WEEK, BRIEF)
        assert list(publish.abandoned(tmp_path)) == []
        assert folder.exists()
    assert list((tmp_path / publish.LOCKS).iterdir()) == []
    for week, brief in publish.abandoned(tmp_path):
        assert (week, brief) == (WEEK, living)
        with pytest.raises(BusyError), publish.locked(tmp_path, week, brief):
            pass
        publish.clear(tmp_path, week, brief)
    assert not folder.exists()


def test_a_lock_file_goes_with_the_lock_unless_the_disk_failed_or_the_run_died(tmp_path):
    with publish.locked(tmp_path, WEEK, BRIEF):
        pass
    assert list(publish.abandoned(tmp_path)) == []
    with pytest.raises(OSError, match="full"), publish.locked(tmp_path, WEEK, BRIEF):
        raise OSError("full")
    assert list(publish.abandoned(tmp_path)) == [(WEEK, BRIEF)]
    assert list(publish.abandoned(tmp_path)) == []


def test_many_that_wait_get_the_lock_one_after_the_other(tmp_path):
    inside, most = [], []

    def wait() -> None:
        with publish.locked(tmp_path, WEEK, BRIEF, wait=300):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.002)
            inside.pop()

    waiting = [threading.Thread(target=wait) for _ in range(20)]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join(300)
    assert most == [1] * 20


def test_a_folder_that_another_run_makes_while_one_looks_is_a_folder(tmp_path):
    for turn in range(200):
        together, found = threading.Barrier(4), []

        def look(out: Path, together=together, found=found) -> None:
            together.wait()
            found.append(publish._real(out))

        out = tmp_path / str(turn)
        looking = [threading.Thread(target=look, args=(out,)) for _ in range(3)]
        for thread in looking:
            thread.start()
        together.wait()
        out.mkdir()
        for thread in looking:
            thread.join()
        assert found == [out] * 3


def test_who_waits_gives_up_after_a_while_and_says_for_how_long(tmp_path):
    late = pytest.raises(BusyError, match=r"another run is writing .*, for over 0.2 s: look")
    with publish.locked(tmp_path, WEEK, BRIEF), late, publish.locked(tmp_path, WEEK, BRIEF, wait=0.2):
        pass
