"""Proves that a published folder is whole at every moment, also when the writer is killed."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nanospread import project
from nanospread.report import publish

WEEK, BRIEF = "2026-W47", "sample"
SOURCE = project.ROOT / "lib" / "nanospread" / "report" / "publish.py"
FILES = ("a.html", "b.html", "metrics.json")
# loads publish.py alone, which is quick, and publishes one version after another until it is killed
WRITER = f"""
import importlib.util, itertools, pathlib, sys
spec = importlib.util.spec_from_file_location("publish", {str(SOURCE)!r})
publish = importlib.util.module_from_spec(spec)
spec.loader.exec_module(publish)
out = pathlib.Path(sys.argv[1])
if sys.argv[2] == "two renames":
    publish.exchanged = lambda first, second: False
with publish.locked(out, {WEEK!r}, {BRIEF!r}):
    publish.recover(out, {WEEK!r}, {BRIEF!r})
    for version in itertools.count():
        folder = publish.staging(out, {WEEK!r}, {BRIEF!r})
        for name in {FILES!r}:
            publish.replace_file(folder / name, str(version))
        publish.publish(folder, out / {WEEK!r} / {BRIEF!r})
        if version == 0:
            print("ready", flush=True)
"""


def versions(target: Path) -> set[str]:
    return {(target / name).read_text() for name in FILES}


def built(out: Path, text: str) -> Path:
    folder = publish.staging(out, WEEK, BRIEF)
    for name in FILES:
        publish.replace_file(folder / name, text)
    return folder


def test_publishing_puts_the_new_folder_in_place_and_leaves_nothing_behind(tmp_path):
    target = tmp_path / WEEK / BRIEF
    for text in ("one", "two"):
        publish.publish(built(tmp_path, text), target)
        assert versions(target) == {text}
    assert list((tmp_path / publish.STAGING).iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="renameat2 is Linux's")
def test_two_folders_are_exchanged_in_one_step(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    assert publish.exchanged(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a" / "x").read_text() == "b"


@pytest.mark.parametrize("how", ["exchange", "two renames"])
def test_a_writer_killed_at_any_moment_leaves_a_whole_report_and_the_next_one_recovers(tmp_path, how):
    target, moments = tmp_path / WEEK / BRIEF, random.Random(20261122)
    for _ in range(5):
        command = [sys.executable, "-S", "-c", WRITER, str(tmp_path), how]
        writer = subprocess.Popen(
            command, stdout=subprocess.PIPE, env={"PYTHONPATH": str(project.ROOT / "lib")}
        )
        with writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            time.sleep(moments.uniform(0.02, 0.15))
            writer.kill()
        with publish.locked(tmp_path, WEEK, BRIEF):  # the dead hold nothing
            if how == "exchange":
                assert len(versions(target)) == 1
            publish.recover(tmp_path, WEEK, BRIEF)
            assert len(versions(target)) == 1
            assert list((tmp_path / publish.STAGING).iterdir()) == []


def test_a_report_set_aside_by_a_dead_run_is_put_back(tmp_path):
    target = tmp_path / WEEK / BRIEF
    publish.publish(built(tmp_path, "good"), target)
    target.rename(tmp_path / publish.STAGING / f"{WEEK}.{BRIEF}.abc.{publish.OLD}")
    built(tmp_path, "never finished")
    publish.recover(tmp_path, WEEK, BRIEF)
    assert versions(target) == {"good"}
    assert list((tmp_path / publish.STAGING).iterdir()) == []


def test_a_second_run_of_the_same_report_is_refused_and_of_another_one_is_not(tmp_path):
    with publish.locked(tmp_path, WEEK, BRIEF):
        with pytest.raises(publish.BusyError, match=f"another run is writing {WEEK}/{BRIEF}"):  # noqa: SIM117
            with publish.locked(tmp_path, WEEK, BRIEF):
                pass
        with publish.locked(tmp_path, WEEK, "other"):
            pass
    with publish.locked(tmp_path, WEEK, BRIEF):
        pass


def test_staging_of_a_living_run_is_left_alone(tmp_path):
    with publish.locked(tmp_path, WEEK, "other"):
        folder = publish.staging(tmp_path, WEEK, "other")
        publish.recover(tmp_path, WEEK, BRIEF)
        assert folder.exists()
    publish.recover(tmp_path, WEEK, BRIEF)
    assert not folder.exists()


def test_a_file_is_replaced_whole_and_readable(tmp_path):
    path = tmp_path / "sub" / "x.json"
    publish.replace_file(path, json.dumps([1]))
    publish.replace_file(path, json.dumps([2]))
    assert json.loads(path.read_text()) == [2]
    assert [file.name for file in path.parent.iterdir()] == ["x.json"]
    assert path.stat().st_mode & 0o777 == 0o644
