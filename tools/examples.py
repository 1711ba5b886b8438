"""The commands and Python of README and docs/, run in one workspace -> what each block printed.

python tools/examples.py          store under each command what it printed, after a change of that
python tools/examples.py --check  name each command that prints something else, or fails
                                  (a page named after it runs alone, in a workspace without data)

A block of `console` has commands after `$` and what they print, where `...` stands for anything; one of
`python` runs. Pages go in the order of PAGES, in the same workspace, and no command runs twice.
No kernel is started: `nanospread report` gets the notebooks as they are stored.
"""

import contextlib
import io
import math
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    *(
        "docs/first_week.md",
        "docs/how_to/exports.md",
        "docs/how_to/results.md",
        "docs/how_to/orders.md",
        "docs/how_to/holdout.md",
        "docs/how_to/mapping.md",
        "docs/how_to/every_week.md",
        "docs/how_to/batches.md",
    ),
    *("docs/how_to/what_if.md", "docs/metrics.md", "docs/index.md", "README.md"),
)
REGIONS = {
    "London": 190,
    "South East": 160,
    "North West": 120,
    "East": 105,
    "Scotland": 90,
    "West Midlands": 85,
    "South West": 80,
    "Yorkshire": 75,
    "East Midlands": 60,
    "Wales": 45,
    "North East": 35,
    "Northern Ireland": 25,
}  # orders of a week
TESTED = ("London", "North East", "Northern Ireland", "Scotland", "South East", "South West")


def weekly(length: int) -> str:
    """Return a shop's orders by week and region from 2024-W48; from week 105 on a campaign adds a third."""
    chance, lines = random.Random(4), ["Week,Shipping region,Orders"]
    for week in range(length):
        day = date(2024, 11, 25) + timedelta(weeks=week)
        common = 1 + 0.15 * math.sin(week / 52 * math.tau) + chance.gauss(0, 0.05)
        for region, size in REGIONS.items():
            mean = size * common * (4 / 3 if week >= 104 and region in TESTED else 1)
            orders = round(mean * (1 + chance.gauss(0, 0.06)) + math.sqrt(mean) * chance.gauss(0, 1))
            lines.append(f"{day},{region},{orders}")
    return "\n".join(lines) + "\n"


NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = {
    "odd.csv": "Konto;Wann;Herzen;Worte;Nr\nanna;2026-11-02;412;15;C1\nben;2026-11-03;96;4;C2\n",
    "spend.csv": "Campaign,Influencer,Spend\nspring,@mia,640\nspring,@noa,0\n",
    "tracker.csv": "Influencer,Stage,DM Sent,Response,Est. Cost\n@mia,Posted,✅,⬜,TBD\n"
    "@noa,Negotiating,✅,⬜,~200\n@oli,Enviado,⬜,⬜,\n@pia,Researching,⬜,⬜,\n",
    "orders.csv": "order,date,total,discount,status,coupon,landing page\n"
    "#1001,2026-10-02,40.50,4.50,paid,MIA10,\n#1002,2026-10-03,22,0,paid,,https://shop.example/?ref=mia\n"
    "#1003,2026-10-03,18,2,refunded,MIA10,\n#1004,2026-10-04,30,10,paid,WELCOME,\n"
    "#1005,2026-10-04,25,0,cancelled,NOA5,\n#1006,2026-10-05,31,0,paid,,\n",
    "codes.csv": "kind,code,creator,campaign\ncode,MIA10,mia,autumn\nlink,mia,mia,autumn\n"
    "code,NOA5,noa,autumn\ncode,WELCOME,,autumn\n",
    "weekly.csv": weekly(104),
    "after.csv": weekly(107),
    "shop.csv": "campaign,creator,orders,revenue\nspring,mia,7,412.50\n",
}


class Stored(Executor):
    """Gives back each notebook as it is stored, for the work of executing it."""

    def __init__(self, workers: int) -> None:
        pass

    def submit(self, work, job):
        book = (ROOT / "notebooks" / f"{job['name']}.ipynb").read_text(encoding="utf-8")
        done = Future()
        done.set_result({**job, "notebook": book, "problem": None, "log": "", "seconds": 0.0, "cells": 1})
        return done


class Clock(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz=None):
        return NOW


def printed(command: str) -> str:
    """Run one command in this process, and return what it printed."""
    name, *arguments = shlex.split(command, comments=True)
    if name == "cd":
        os.chdir(arguments[0])
        for file, text in FILES.items():
            Path(file).write_text(text, encoding="utf-8")
        return ""
    if arguments[0] == "init":  # in a process of its own: a workspace is found when nanospread is imported
        init = [sys.executable, "-P", "-m", *shlex.split(command)]
        return subprocess.run(init, capture_output=True, text=True, check=True).stdout
    if name == "cat":
        return Path(arguments[0]).read_text(encoding="utf-8")
    from nanospread import cli

    cli.datetime, sys.argv = Clock, [name, *arguments]
    if arguments[0] == "report":
        from nanospread.cli import reports

        reports.ThreadPoolExecutor = Stored
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        try:
            cli.main()
        except SystemExit as end:
            if end.code not in (0, 5):
                raise ValueError(f"{command} ends with status {end.code}: {out.getvalue()}") from end
    lines = (line.rstrip() for line in out.getvalue().splitlines())
    return "".join(f"{line}\n" for line in lines)


class Workspace:
    """A folder in which blocks run one after the other; faults: what printed something else."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said, self.faults = folder, {}, []

    def page(self, text: str) -> str:
        """Return a page with what its commands print now."""
        variables: dict[str, object] = {}
        return BLOCK.sub(lambda block: self._block(block[1], block[2], variables), text)

    def _block(self, kind: str, text: str, variables: dict[str, object]) -> str:
        if kind == "python":
            exec(compile(text, "example", "exec"), variables)
            return f"```python\n{text}```"
        parts = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)
        return (
            "```console\n"
            + "".join(f"$ {command}\n{self._now(command, shown)}" for command, shown in parts)
            + "```"
        )

    def _now(self, command: str, shown: str) -> str:
        if command not in self.said:
            self.said[command] = printed(command).replace(str(self.folder), "~")
        pieces = re.split(r"(\.\.\.\n?)", shown)  # every second one stands for anything
        if re.fullmatch(_joined(pieces, re.escape), self.said[command], re.DOTALL):
            return shown
        self.faults.append(f"$ {command}\n{self.said[command]}")
        if again := re.fullmatch(_joined(pieces, _loose), self.said[command], re.DOTALL):
            pieces[::2] = again.groups()
            return "".join(pieces)
        return re.sub(r"\(\d+ s\)", "(... s)", self.said[command])


def _joined(pieces: list[str], pattern: Callable[[str], str]) -> str:
    return ".*?".join(f"({pattern(piece)})" for piece in pieces[::2])


def _loose(shown: str) -> str:
    """Return the pattern of the same words with other numbers, and so other widths."""
    tokens = re.split(r"(\d+(?:[.,]\d+)*|[ ━─]+)", shown)
    tokens[::2] = map(re.escape, tokens[::2])
    tokens[1::2] = (r"\d+(?:[.,]\d+)*" if token[0].isdigit() else "[ ━─]*" for token in tokens[1::2])
    return "".join(tokens)


def main(check: bool, chosen: list[str]) -> int:
    """Run the pages; return 1 where one says something else than its commands, if only asked to check."""
    with tempfile.TemporaryDirectory() as temporary:
        os.chdir(temporary)
        os.environ["COLUMNS"] = "96"
        space = Workspace(Path(temporary).resolve())
        if chosen:
            space.page("```console\n$ nanospread init campaigns\n...\n$ cd campaigns\n```")
        for name in chosen or PAGES:
            text = (ROOT / name).read_text(encoding="utf-8")
            now = space.page(text)
            if now != text and not check:
                (ROOT / name).write_text(now, encoding="utf-8")
        os.chdir(ROOT)
    print("\n".join(space.faults))
    return int(check and bool(space.faults))


if __name__ == "__main__":
    pages = [name for name in sys.argv[1:] if name != "--check"]
    sys.exit(main("--check" in sys.argv[1:], pages))
