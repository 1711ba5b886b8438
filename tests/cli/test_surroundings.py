"""Proves that commands give the same numbers, or one clear line, in whatever surroundings they start: hostile
variables, or none, umask, HOME, TMPDIR, current folder, locale, time zone and limits.

SURROUNDINGS=300 in the environment draws that many (`make hostile`).
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import platformdirs
import pytest

from nanospread.core import paths
from report_runs import NOTEBOOKS, WEEK, contents, exports

MANY = int(os.environ.get("SURROUNDINGS", "4"))
LIB = str(paths.PACKAGE.parent)
PROVENANCE = re.compile(rb'<section id="provenance".*?</section>', re.DOTALL)
SIMULATION = """
import nanospread as ns
from nanospread.pages import show
odds = ns.open("").simulate(n_worlds=200, seed=seed).odds()
show.text(repr(odds))
"""
# As the script that pip makes, but for many commands. After each, its status and whether it said one line
SCRIPT = """
import contextlib, io, json, os, pathlib, sys
from nanospread.__main__ import main
from nanospread.core import paths
books, umask, ends, commands = json.loads(sys.argv[1])
os.umask(umask)
errors, ended = sys.stderr, []
for arguments in commands:
    paths.NOTEBOOKS = pathlib.Path(books)
    sys.argv = ["nanospread", *arguments]
    sys.stderr = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    status = None
    try:
        main()
    except SystemExit as left:
        status = left.code
    except BaseException:
        import traceback
        traceback.print_exc(file=sys.stderr)
    ended.append([arguments[0], status, sys.stderr.buffer.getvalue().decode()])
sys.stderr = errors
os.umask(0o022)
pathlib.Path(ends).write_text(json.dumps(ended))
"""


@dataclass(frozen=True)
class Site:
    """Folders for commands to be run in: data, notebooks, places that are odd in many ways."""

    root: Path

    @property
    def odd(self) -> dict[str, list[str]]:
        """Return places that a variable may name, by how they are odd."""
        names = ("with blank", "{braces} {0}", "ü–Ж", "new\nline", "'\"$(touch x)`", "x" * 200)
        folders = [str(self.root / "odd" / name) for name in names]
        return {
            "fine": folders,
            "none": ["/nonexistent", "", "here", str(self.root / "file"), "/dev/null", "/proc"],
        }


def made(root: Path) -> Site:
    """Make the folders of a site."""
    site = Site(root)
    (root / "file").touch()
    for place in site.odd["fine"]:
        Path(place).mkdir(parents=True)
    exports(root / "data")
    (root / "books").mkdir()
    for file in NOTEBOOKS.glob("*.ipynb"):
        shutil.copy(file, root / "books")
    parameters = nbformat.v4.new_code_cell("seed: int = 7  # seed", metadata={"tags": ["parameters"]})
    title = nbformat.v4.new_markdown_cell("# 02 · How likely?\n\nEverybody asks it.")
    cells = [title, parameters, nbformat.v4.new_code_cell(SIMULATION.strip())]
    book = nbformat.v4.new_notebook(cells=cells)
    for number, cell in enumerate(book.cells):
        cell.id = f"c{number}"
    (root / "books" / "02_odds.ipynb").write_text(nbformat.writes(book))
    (root / "script" / "bin").mkdir(parents=True)
    (root / "script" / "bin" / "nanospread").write_text(SCRIPT)
    return site


NUMBERS_OF = {
    "doctor": ["3 creators' rows and 3 posts", "1 + 1 = 2"],
    "data": ["every byte is as"],
}
# What a variable may be; None: not set. `{}`: one of the odd places
NUMBERS = ("0", "1", "7", "abc", "-1")
VARIABLES: dict[str, tuple[str | None, ...]] = {
    "PYTHONWARNINGS": ("error", "default", "nonsense::"),
    "PYTHONOPTIMIZE": ("1", "2"),
    "PYTHONIOENCODING": ("ascii", "latin-1", "utf-16", ":strict"),
    "PYTHONUTF8": ("0", "1"),
    "PYTHONCOERCECLOCALE": ("0", "warn"),
    "PYTHONHASHSEED": ("0", "4242"),
    "PYTHONDEVMODE": ("1",),
    "PYTHONSTARTUP": ("{}", "/nonexistent"),
    "PYTHONBREAKPOINT": ("no.such",),
    "PYTHONNOUSERSITE": ("1",),
    "PYTHONUSERBASE": ("{}",),
    "PYTHONPYCACHEPREFIX": ("{}",),
    "PYTHONINTMAXSTRDIGITS": ("640",),
    **dict.fromkeys(
        ("JUPYTER_PATH", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"), ("{}",)
    ),
    "JUPYTER_DEFAULT_PROVISIONER_NAME": ("no-such",),
    "JUPYTER_PLATFORM_DIRS": ("1",),
    **dict.fromkeys(("IPYTHONDIR", "MPLCONFIGDIR", "MATPLOTLIBRC", "NUMBA_CACHE_DIR"), ("{}",)),
    "MPLBACKEND": ("no-such", "TkAgg", ""),
    "NUMBA_DISABLE_JIT": ("1",),
    "NUMBA_OPT": ("0", "no"),
    "NUMBA_CPU_NAME": ("generic",),
    "NUMBA_CACHE_LOCATOR_CLASSES": ("NoSuch",),
    "OPENBLAS_CORETYPE": ("Prescott", "Haswell", "nonsense"),
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), NUMBERS),
    **dict.fromkeys(
        ("GIT_DIR", "GIT_WORK_TREE", "GIT_CONFIG_GLOBAL", "GIT_EXEC_PATH"), ("{}", "/nonexistent")
    ),
    "LANG": (None, "", "de_DE.UTF-8", "tr_TR.ISO-8859-9", "xx"),
    "LC_ALL": (None, "", "C", "POSIX", "C.UTF-8", "ja_JP.SJIS", "xx"),
    "LC_NUMERIC": ("de_DE.UTF-8",),
    "LANGUAGE": ("tr", "de"),
    "TZ": (
        None,
        "",
        "UTC",
        "Asia/Tokyo",
        "Pacific/Kiritimati",
        "America/St_Johns",
        "nonsense",
        ":/etc/passwd",
    ),
    "COLUMNS": ("0", "-5", "abc", "10", "10000"),
    "TERM": (None, "dumb", "xterm-256color", "nonsense"),
    "NO_COLOR": ("1",),
    "FORCE_COLOR": ("1",),
    "PATH": (None, "", ".", "/usr/bin:.", "{}"),
    "LD_LIBRARY_PATH": ("", ".", "{}"),
    "XDG_CONFIG_HOME": ("{}", "here"),
    "XDG_DATA_HOME": ("{}", "here"),
    "XDG_RUNTIME_DIR": ("{}",),
    "USER": (None, "", "nobody else"),
    "PWD": ("/nonexistent", "{}"),
    "SOURCE_DATE_EPOCH": ("0", "abc"),
    "PAPERMILL_X": ("1",),
    "DISPLAY": (":99",),
    "PYDANTIC_DISABLE_PLUGINS": ("__all__",),
}
USUAL = {"PATH", "TERM", "USER"}
PLAIN = {"umask": 0o022, "files": 1024, "stdin": subprocess.DEVNULL}


def drawn(site: Site, number: int) -> tuple[dict[str, str], dict[str, object]]:
    """Return the environment of one number, and the rest of what surrounds a command."""
    chance = random.Random(number)
    odd = site.odd
    places = odd["fine"] * 2 + odd["none"]
    environment = {name: os.environ[name] for name in USUAL if name in os.environ}
    for name, texts in VARIABLES.items():
        if chance.random() < 0.3:
            text = chance.choice(texts)
            environment.pop(name, None)
            if text is not None:
                environment[name] = text.replace("{}", chance.choice(places))
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME"):
        # a cache that is there already in most, since to compile takes its time
        usual = {"XDG_CACHE_HOME": platformdirs.user_cache_dir(), "HOME": str(site.root)}.get(name)
        text = (
            chance.choice(places) if chance.random() < (0.1 if name == "XDG_CACHE_HOME" else 0.6) else usual
        )
        environment |= {} if text is None else {name: text}
    environment["PYTHONPATH"] = os.pathsep.join([LIB, *chance.choice([[], ["/nonexistent"]])])
    rest: dict[str, object] = {
        "cwd": chance.choice([*odd["fine"], str(site.root / "data"), "/"]),
        "umask": chance.choice([0o022, 0, 0o002, 0o077, 0o027, 0o777]),
        "files": chance.choice([64, 128, 256, 1024, 4096]),
        "stdin": chance.choice([None, subprocess.DEVNULL]),
    }
    return environment, rest


@dataclass(frozen=True)
class Outcome:
    """What the commands of one number did: of each its status and stderr; the files of the report; words."""

    ended: list[tuple[str, int | None, str]]
    files: dict[str, bytes]
    numbers: list[str]
    words: str


def outcome(
    site: Site,
    number: int,
    environment: dict[str, str],
    rest: dict[str, object],
    program: Sequence[str] = (),
) -> Outcome:
    """Run the commands in these surroundings. program: which runs them."""
    folder = site.root / f"run-{number}"
    folder.mkdir(exist_ok=True)
    data, out = str(site.root / "data"), str(folder / "reports")
    store, ledger = str(folder / "store"), str(folder / "ledger.csv")
    report = ["report", "--out", out, "--data", data, "--week", WEEK, "--workers", "2"]
    commands = [
        ["ingest", data, "--store", store, "--as-of", "2026-11-22", "--ledger", ledger],
        ["forget", "anna", "--store", store] if number % 2 else ["data", store, "--check"],
        *([report] if number % 6 == 0 else []),
        *([["doctor", "--out", out, "--data", data]] if number % 6 == 3 else []),
    ]
    ends = folder / "ends.json"
    given = json.dumps([str(site.root / "books"), rest["umask"], str(ends), commands])
    script = f'ulimit -n {rest["files"]} 2>/dev/null; exec "$0" "$@"'
    program = [*program, sys.executable, str(site.root / "script" / "bin" / "nanospread"), given]
    run = subprocess.run(
        ["/bin/bash", "-c", script, *program],
        cwd=str(rest["cwd"]),
        env=environment,
        stdin=rest["stdin"],  # type: ignore[call-overload]
        capture_output=True,
        check=False,
        timeout=900,
    )
    words = (run.stdout + run.stderr).decode(errors="replace").replace("\0", "")  # utf-16 too
    assert ends.exists(), (number, environment, rest, words)
    files = {
        name: PROVENANCE.sub(b"", text)
        for name, text in contents(folder / "reports" / WEEK / "sample").items()
        if name != "provenance.json"
    }
    numbers = re.findall(r"\d[\d,]* creators' rows and \d[\d,]* posts|1 \+ 1 = \d|every byte is as", words)
    return Outcome([tuple(each) for each in json.loads(ends.read_text())], files, numbers, words)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Site:
    return made(tmp_path_factory.mktemp("site"))


@pytest.mark.slow
def test_same_numbers_or_one_clear_line_in_whatever_surroundings(site):
    usual = {name: os.environ[name] for name in USUAL if name in os.environ}
    usual |= {"PYTHONPATH": LIB, "HOME": str(site.root), "XDG_CACHE_HOME": platformdirs.user_cache_dir()}
    plain = PLAIN | {"cwd": str(site.root)}
    report = outcome(site, 0, usual, plain) if MANY > 5 else None
    lines = []
    for number in range(1, MANY + 1):
        environment, rest = drawn(site, number)
        now = outcome(site, number, environment, rest)
        lines += judged(number, now, report, (environment, rest))
        shutil.rmtree(site.root / f"run-{number}", ignore_errors=True)
    assert not list(site.root.rglob("x"))
    print(f"{MANY} surroundings, {len(lines)} commands that ended in one line:")
    print("\n".join(lines))


def judged(number: int, now: Outcome, report: Outcome | None, surroundings: object) -> list[str]:
    """Return the lines of commands that did not end with 0; fail where these are not clear."""
    lines = []
    for name, status, errors in now.ended:
        assert "Traceback" not in errors + now.words, (number, name, errors, now.words, surroundings)
        if status != 0:
            told = name == "doctor" and status == 1 and not errors  # its lines are on stdout
            clear = told or re.fullmatch(r"nanospread: [^\n]+\n", errors)
            assert clear, (number, name, status, errors, now.words, surroundings)
            lines.append(f"{number} {name} {status} {errors.strip()}")
        elif name == "report" and report is not None:
            assert now.files.keys() == report.files.keys()
            changed = [file for file, text in report.files.items() if now.files[file] != text]
            assert changed == [], (number, surroundings)
        elif name in NUMBERS_OF:
            assert set(NUMBERS_OF[name]) <= set(now.numbers), (number, now.words, surroundings)
    return lines


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without a name")
def test_a_user_without_name_home_and_right_to_write_elsewhere_gets_the_same_numbers():
    if not (setpriv := shutil.which("setpriv")):
        pytest.skip("no setpriv on this machine")
    rights = "-all,+dac_read_search"  # to reach a Python that is root's
    become = [setpriv, "--reuid=12345", "--regid=12345", "--clear-groups"]
    become += [f"--{kind}={rights}" for kind in ("inh-caps", "ambient-caps", "bounding-set")]
    if subprocess.run([*become, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody keep the right to read")
    with tempfile.TemporaryDirectory() as folder:  # which others can reach, unlike those of pytest
        Path(folder).chmod(0o755)
        site = made(Path(folder))
        (site.root / "run-3").mkdir()
        os.chown(site.root / "run-3", 12345, -1)
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": LIB}
        ended = outcome(site, 3, environment, PLAIN | {"cwd": "/"}, become)
    assert [(status, errors) for _, status, errors in ended.ended] == [(0, "")] * 3, ended
