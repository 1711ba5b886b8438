"""Proves that kill -9 at random moments of a send leaves each run one message, and blocks no later send.

`make kill` does it 200 times (KILLS=200); here some. A mail server, a JSON and a Slack webhook on loopback
count what they take; the command is killed at any moment of its life, and then run to its end. Every other
time the receivers are slow, which makes the moment long in which nobody can know.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from nanospread.core import paths
from nanospread.send import ledger
from receivers import WEEK, hook, mailbox, reported, written

KILLS = int(os.environ.get("KILLS", "2"))
SEED = 20261122
SLOW = 0.05  # [s] from taking a message to the answer
# runs the command once for each line it is told, in a fork of a process that has everything imported
SENDER = """
import os, sys
import aiosmtpd, httpx
from nanospread import cli
from nanospread.core import paths
paths.ROOT = __import__("pathlib").Path(sys.argv[1])
import nanospread.cli.sending
for _ in sys.stdin:
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.argv = ["nanospread", "send", "--out", str(paths.ROOT / "reports")]
        try:
            cli.main()
        except SystemExit as ended:
            os._exit(ended.code or 0)
    os.write(1, f"{pid}\\n".encode())
    os.write(1, f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\\n".encode())
"""


def seen(box, server):
    """Return how often each message was taken, by its identity."""
    mails = [message.strip("<>").partition("@")[0] for message in box.ids]
    return Counter([*mails, *server.ids])


class Command:
    """The command line in a workspace, each time in a process of its own."""

    def __init__(self, sender):
        self.sender = sender

    def start(self):
        print(file=self.sender.stdin, flush=True)
        return int(self.sender.stdout.readline())

    def end(self):
        return int(self.sender.stdout.readline())

    def run(self):
        self.start()
        return self.end()


@contextlib.contextmanager
def command(folder, url):
    environment = {**os.environ, "HOOK": url, "PYTHONPATH": str(paths.ROOT / "lib")}
    how = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    with subprocess.Popen([sys.executable, "-c", SENDER, str(folder)], **how) as sender:
        yield Command(sender)
        sender.stdin.close()


@pytest.mark.slow
def test_no_kill_loses_or_doubles_a_message(tmp_path):
    moments, out, runs, killed, told = random.Random(SEED), tmp_path / "reports", 0, 0, 0
    with mailbox() as box, hook() as server, command(tmp_path, server.url) as send:
        channels = {"director": box.channel(), "team": server.channel(), "board": server.channel("slack")}
        written(tmp_path, channels)
        lengths = []
        for mark in ("cold", "warm"):
            reported(out, mark=mark)
            began = time.monotonic()
            assert send.run() == 0
            lengths.append(time.monotonic() - began)
        while killed < KILLS:
            runs += 1
            box.patience = server.patience = SLOW if runs % 2 else 0
            reported(out, mark=f"{runs:012}")
            victim = send.start()
            time.sleep(moments.uniform(0, lengths[1] + 3 * box.patience))
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
            killed += send.end() == -signal.SIGKILL
            told += send.run()  # sends the rest; 1 where it says what nobody can know
            assert send.run() == 0
    entries = ledger.read(out, WEEK)
    states, taken = Counter(entry.state for entry in entries.values()), seen(box, server)
    lost, doubled = set(entries) - set(taken), [key for key, times in taken.items() if times > 1]
    print(f"\n{killed} kills in {runs} runs of {lengths[1]:.2f} s: {len(entries)} messages, ", end="")
    print(f"{len(lost)} lost, {len(doubled)} doubled; {dict(states)}")
    assert len(entries) == 3 * (runs + 2)
    assert doubled == []
    assert lost == set()
    assert told == states["unsure"]
