"""Proves that kill -9 at random moments and writers at the same time leave a store whole for every reader.

`KILLS=100 PAIRS=20` is the full run; here a few. One process reads the store all the time. Another forks a
writer for each export, so that a kill hits the writing and not the start of Python.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

import stored
from nanospread import store
from nanospread.store import duck, erasure, manifests

KILLS, PAIRS = int(os.environ.get("KILLS", "4")), int(os.environ.get("PAIRS", "2"))
SEED = 20261125
STRIDE = 1 if KILLS >= 100 else 9  # of the steps at which a writer dies
CREATORS = 200
HERE = Path(__file__).parents[1]
NEW, THERE = 0, 3  # how a writer ends that added a snapshot, or found it there
TOO_LATE = "was done before"  # which is no kill, and is made up for

# Each line is what to do: a week to write, or an account to forget. All rows of a week carry its number.
WRITER = f"""
import os, signal, sys
sys.path.insert(0, {str(HERE)!r})
import duckdb
import stored
from nanospread import store
from nanospread.store import duck
duck.types()
class Death:
    # ends its process, as kill -9 does, at a step that touches the files of the store
    def __init__(self, step):
        self.left = step
    def __call__(self, event, arguments):
        if event.split(".")[0] in ("open", "os", "shutil") and any(place in str(one) for one in arguments):
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
def week(number):
    names = [f"creator_{{at:03d}}" for at in range({CREATORS})]
    creators = [{{**stored.ANNA, "creator": name}} for name in names]
    told = {{**stored.POST, "likes": number, "comments": number}}
    told["caption"] = "thanks " + " ".join(f"@{{name}}" for name in names[:60])
    posts = [{{**told, "post": name, "creator": name}} for name in names]
    return stored.of(creators=creators, posts=posts)
place = sys.argv[1]
for line in sys.stdin:
    order, what, *step = line.split()
    if order == "end":
        print(os.waitstatus_to_exitcode(os.waitpid(int(what), 0)[1]), flush=True)
        continue
    pid = os.fork()
    if pid == 0:
        if step:
            sys.addaudithook(Death(int(step[0])))
        if what.isdigit():
            said = {{"as_of": stored.day(int(what)), "inputs": stored.inputs(what)}}
            os._exit({NEW} if store.write(place, week(int(what)), **said).new else {THERE})
        os._exit(store.forget(place, what).searched.hits)
    print(pid, flush=True)
"""
READER = f"""
import json, os, pathlib, sys, time
from nanospread import store
place, stop = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
reads, states, problems, tests = 0, set(), [], os.getppid()
while not stop.exists() and os.getppid() == tests:  # which may be killed too
    try:
        whole = store.read(place)
        assert len(whole.creators) == len(whole.posts) <= {CREATORS}, (len(whole.creators), len(whole.posts))
        assert set(whole.posts["likes"]) == set(whole.posts["comments"]), "a snapshot is mixed"
        assert whole.posts["likes"].nunique() == 1, "two snapshots are mixed"
        states.add((int(whole.posts["likes"][0]), len(whole.creators)))
        reads += 1
        if reads == 1:
            print("reading", flush=True)
    except Exception as problem:
        problems.append(f"{{type(problem).__name__}}: {{problem}}")
    time.sleep(0.01)
print(json.dumps({{"reads": reads, "states": len(states), "problems": problems}}))
"""


class Site:
    """A store with the process from which its writers are forked."""

    def __init__(self, folder: Path) -> None:
        self.place, self.stop, self.log = folder / "s", folder / "stop", folder / "log"

    @contextlib.contextmanager
    def writer(self):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        command = [sys.executable, "-c", WRITER, str(self.place)]
        with self.log.open("w") as log, subprocess.Popen(command, stderr=log, **pipes) as process:
            self.process = process
            yield
            process.stdin.close()

    def told(self, *order) -> int:
        """Return what the process answers."""
        print(*order, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        return int(line)

    def done(self, *what) -> list[int]:
        """Start writers at once, and return how they end."""
        pids = [self.told("start", one) for one in what]
        return [self.told("end", pid) for pid in pids]

    def killed(self, what, delay: float) -> bool:
        """Kill a writer after some time [s]; return if that came in time."""
        pid = self.told("start", what)
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)  # nobody has reaped it yet, so it is no other process
        return self.told("end", pid) == -signal.SIGKILL


@contextlib.contextmanager
def watched(site, seen):
    """Read a store all the time, and put into `seen` what was read."""
    command = [sys.executable, "-c", READER, str(site.place), str(site.stop)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        try:
            assert reader.stdout.readline() == "reading\n"
            yield
        finally:
            site.stop.touch()
            said, _ = reader.communicate(timeout=600)
    seen.update(json.loads(said))


def assert_whole(place, weeks) -> None:
    """Assert that a store has each week once, with all its bytes and nothing besides."""
    shown = store.snapshots(place)
    assert shown["as_of"].is_unique
    assert shown["rows_posts"].tolist() == [CREATORS] * weeks
    assert store.checked(place).empty
    named = {one.folder / file.name for one in manifests.snapshots(place) for file in one.files}
    assert set(place.rglob("*.parquet")) == named
    assert sorted(one.number for one in manifests.snapshots(place)) == list(range(1, weeks + 1))


@pytest.mark.slow
def test_no_kill_loses_doubles_or_tears_a_snapshot(tmp_path):
    site, moments, seen, ended = Site(tmp_path), random.Random(SEED), {}, Counter()
    with site.writer():
        assert site.done(0) == [NEW]
        began = time.monotonic()
        assert site.done(1) == [NEW]
        whole, week = time.monotonic() - began, 1
        with watched(site, seen):
            while ended.total() - ended[TOO_LATE] < KILLS:
                week += 1
                in_time = site.killed(week, moments.uniform(0, 1.2 * whole))
                there = week in {number(one) for one in manifests.snapshots(site.place)}
                what = "killed after it was there" if there else "killed before it was there"
                ended[what if in_time else TOO_LATE] += 1
                assert site.done(week) == [THERE if there else NEW]
        assert_whole(site.place, week + 1)
    print(f"\n{KILLS} kills of {week + 1} exports, {whole:.2f} s each: {dict(ended)}; reader: {seen}")
    assert seen["problems"] == []
    assert seen["reads"] > KILLS / 2
    assert ended["killed before it was there"] > 0


def searched(place, name) -> erasure.SearchResult:
    with duck.connected() as connection:
        return erasure.searched(connection, place, manifests.snapshots(place), name)


def number(snapshot) -> int:
    return (snapshot.as_of - stored.DAY).days


@pytest.mark.slow
def test_a_death_at_any_step_of_writing_or_forgetting_leaves_the_store_whole(tmp_path):
    """A kill at a random moment seldom meets the few steps that matter: here each is met, one by one."""
    site, steps = Site(tmp_path), Counter()
    with site.writer():
        assert site.done(0) == [NEW]
        for what, stride in ((1, STRIDE), ("creator_000", STRIDE)):
            step = 1
            while site.done(f"{what} {step}") == [-signal.SIGKILL]:
                whole = store.read(site.place)
                assert whole.posts["likes"].nunique() == 1
                assert len(whole.posts) == len(whole.creators) >= CREATORS - 1
                steps[str(what)] += 1
                step += stride
            assert len(store.snapshots(site.place)) == 2
            assert store.checked(site.place).empty
        assert site.done("creator_000") == [0]
    print(f"\ndeaths: {dict(steps)}")
    assert min(steps.values()) > 3
    assert len(steps) == 2


def test_writers_at_the_same_time_all_arrive_and_none_twice(tmp_path):
    site, seen, ended = Site(tmp_path), {}, Counter()
    with site.writer():
        assert site.done(0) == [NEW]
        with watched(site, seen):
            for pair in range(PAIRS):
                same = pair % 2 == 0
                first, second = 2 * pair + 1, 2 * pair + (1 if same else 2)
                both = sorted(site.done(first, second))
                assert both == ([NEW, THERE] if same else [NEW, NEW])
                ended["the same export" if same else "two exports"] += 1
        assert_whole(site.place, 1 + ended["the same export"] + 2 * ended["two exports"])
    print(f"\n{PAIRS} pairs: {dict(ended)}; reader: {seen}")
    assert seen["problems"] == []


@pytest.mark.slow
def test_a_forgetting_that_is_killed_serves_nobody_and_is_completed(tmp_path):
    site, moments, seen, ended = Site(tmp_path), random.Random(SEED), {}, Counter()
    with site.writer():
        assert site.done(0, 1) == [NEW, NEW]
        began, gone = time.monotonic(), 1
        assert site.done("creator_000") == [0]
        whole = time.monotonic() - began
        with watched(site, seen):
            while ended.total() - ended[TOO_LATE] < min(KILLS, CREATORS // 2):
                name = f"creator_{gone:03d}"
                in_time = site.killed(name, moments.uniform(0, 1.2 * whole))
                served = name in set(store.read(site.place).creators["creator"])
                left = searched(site.place, name).hits
                assert not (served and left == 0)
                what = "before" if served else "after" if left == 0 else "half way, and not served"
                ended[f"killed {what}" if in_time else TOO_LATE] += 1
                assert site.done(name) == [0]
                assert searched(site.place, name).hits == 0
                gone += 1
                assert len(store.read(site.place).creators) == CREATORS - gone
        assert store.checked(site.place).empty
        assert set(store.snapshots(site.place)["rows_posts"]) == {CREATORS - gone}
    print(f"\n{gone} forgotten in {whole:.2f} s each: {dict(ended)}; reader: {seen}")
    assert seen["problems"] == []
