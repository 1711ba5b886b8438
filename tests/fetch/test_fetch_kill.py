"""Proves that kill -9 at random moments of a fetch costs a call or two, and leaves the store as if none came.

`KILLS=200` is the full run, over 500 accounts with 20,000 media (`make kill`); here a few. One process forks
each run, so that a kill hits the fetch and not the start of Python. The clock stands still, so that what is
left may be compared byte by byte: fetches, journals and store.
"""

import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

import stored
from graph_api import TOKEN, GraphApi
from graph_world import OWN_ID, World
from nanospread import store

KILLS = int(os.environ.get("KILLS", "6"))
ACCOUNTS, OWN_MEDIA = (500, 60) if KILLS >= 100 else (60, 20)
MEDIA, EACH = 40, 10  # media of an account, and kills of a fetch
SEED = 20261129
AFTER = 0.25  # of the moments, those when all was read and it is stored
MOST = 1.2  # calls, for each of an undisturbed fetch
DONE = 0
SETTINGS = """\
account: "{id}"
token: env:GRAPH_TOKEN
creators: names.txt
media: {media}
host: {host}
"""
RUNNER = """
import os, sys, traceback
from pathlib import Path
from graph_world import Clock
from nanospread.campaign.brief import DataLimits
from nanospread.cli import fetching
from nanospread.store import duck
duck.types()
for line in sys.stdin:
    order, what = line.split()
    if order == "end":
        print(os.waitstatus_to_exitcode(os.waitpid(int(what), 0)[1]), flush=True)
        continue
    pid = os.fork()
    if pid == 0:
        os.dup2(2, 1)
        try:
            place = Path(what)
            request = fetching.FetchRequest(place / "fetch.yaml", place / "store", DataLimits())
            ended = fetching.fetch(request, Clock())
            os._exit(0 if not ended.failed and not ended.paused else 7)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(8)
    print(pid, flush=True)
"""


class Site:
    """Folders in which fetches are made and killed, by a process that forks each."""

    def __init__(self, api: GraphApi, folder: Path) -> None:
        self.api, self.folder, self.log = api, folder, folder / "log"
        self.seed = folder / "seed"
        store.write(self.seed / "store", stored.of(), as_of=stored.DAY, inputs=stored.inputs("seed"))
        (self.seed / "names.txt").write_text("\n".join(api.world.names()))
        (self.seed / "fetch.yaml").write_text(SETTINGS.format(id=OWN_ID, media=MEDIA, host=api.url))

    @contextlib.contextmanager
    def runner(self):
        """Hold the process from which runs are forked."""
        paths = [*sys.path, str(Path(__file__).parent)]
        surroundings = os.environ | {"GRAPH_TOKEN": TOKEN, "TMPDIR": str(self.folder)}
        surroundings["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        command = [sys.executable, "-c", RUNNER]
        with (
            self.log.open("w") as log,
            subprocess.Popen(command, stderr=log, env=surroundings, **pipes) as self.process,
        ):
            yield
            self.process.stdin.close()

    def told(self, *order) -> int:
        """Return what the process answers."""
        print(*order, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        return int(line)

    def place(self, name: str) -> Path:
        """Return a new folder to fetch in, with a store that holds a week already."""
        shutil.copytree(self.seed, self.folder / name)
        return self.folder / name

    def done(self, place: Path) -> None:
        assert self.told("end", self.told("start", place)) == DONE, self.log.read_text()[-3000:]

    def undisturbed(self, place: Path) -> float:
        """Make a whole fetch, and return how long it took after the last call [s]."""
        calls, last, pid = len(self.api.calls), time.monotonic(), self.told("start", place)
        while _runs(pid):
            if len(self.api.calls) > calls:
                calls, last = len(self.api.calls), time.monotonic()
            time.sleep(0.001)
        assert self.told("end", pid) == DONE, self.log.read_text()[-3000:]
        return time.monotonic() - last

    def killed(self, place: Path, calls: int, delay: float) -> bool:
        """Kill a run after so many calls and some time [s]; return if that came in time."""
        before, pid = len(self.api.calls), self.told("start", place)
        while len(self.api.calls) - before < calls and _runs(pid):
            time.sleep(0.001)
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)  # nobody has reaped it yet, so it is no other process
        return self.told("end", pid) == -signal.SIGKILL


def _runs(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def content(place: Path) -> dict[str, str]:
    """Return the hash of each file that a fetch leaves, by its path."""
    files = [path for part in ("store", "fetched") for path in (place / part).rglob("*") if path.is_file()]
    return {str(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.slow
def test_no_kill_costs_more_than_a_call_or_two_and_the_store_is_as_if_there_was_none(tmp_path):
    moments, ended, most, number = random.Random(SEED), Counter(), 0.0, 0
    with GraphApi(World(creators=ACCOUNTS, media=MEDIA, own_media=OWN_MEDIA, stories=2)) as api:
        site = Site(api, tmp_path)
        with site.runner():
            whole = site.place("whole")
            after = site.undisturbed(whole)
            needed, expected = len(api.calls), content(whole)
            posts = store.read(whole / "store").posts["creator"]
            assert (posts != stored.ANNA["creator"]).sum() == ACCOUNTS * MEDIA
            while ended["killed"] < KILLS:
                place, before, number = site.place(f"killed-{number}"), len(api.calls), number + 1
                kills = min(EACH, KILLS - ended["killed"])
                for moment in sorted(moments.uniform(0, 1 + AFTER) for _ in range(kills)):
                    left = needed * min(moment, 1) - (len(api.calls) - before)
                    wait = moments.uniform(0, 0.01) + max(moment - 1, 0) / AFTER * after
                    in_time = site.killed(place, max(int(left), 0), wait)
                    ended["killed" if in_time else "was done before"] += 1
                    ended["while it was stored"] += in_time and moment > 1
                    assert store.checked(place / "store").empty
                    if not in_time:
                        break
                else:
                    site.done(place)
                assert content(place) == expected
                most = max(most, (len(api.calls) - before) / needed)
                shutil.rmtree(place)
        print(f"\n{number} fetches of {needed} calls: {dict(ended)}; at most {most:.3f} of the calls")
        assert most <= MOST
        assert (api.after_limit, api.elsewhere) == (0, [])
