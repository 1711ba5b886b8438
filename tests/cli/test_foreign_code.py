"""Proves that no command runs code that lies where its user stands or points: not a module of the current
folder, of the data, of the brief's folder, of TMPDIR or HOME, nor what settings in these places name."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from nanospread.core import paths
from report_runs import NOTEBOOKS, exports

# As the script that pip makes, but for many commands; a report has two pages where the real one has nine
SCRIPT = """
import json, pathlib, sys
from nanospread.__main__ import main
from nanospread.core import paths
bundled = paths.NOTEBOOKS
for arguments in json.loads(sys.argv[1]):
    paths.NOTEBOOKS = pathlib.Path({notebooks!r}) if arguments[0] == "report" else bundled
    sys.argv = ["nanospread", *arguments]
    try:
        main()
    except SystemExit as left:
        print("status", left.code, *arguments)
"""
PLACES = ("cwd", "data", "briefs", "tmp {braces} ü", "home")


class Trap:
    """Folders full of code and settings that tell of it when they are used."""

    def __init__(self, root: Path) -> None:
        self.root, self.marker = root, root / "marker"
        self.script = root / "bin" / "nanospread"
        self.script.parent.mkdir()
        self.script.write_text(SCRIPT.format(notebooks=str(NOTEBOOKS)))
        exports(root / "data")
        tell = f"open({str(self.marker)!r}, 'a').write(__file__ + chr(10))\n"
        shadows = root / "shadows"
        shadows.mkdir()
        installed = importlib.metadata.packages_distributions()
        for name in {*sys.stdlib_module_names, *installed, "sitecustomize", "usercustomize"} - {"nanospread"}:
            if name.isidentifier():
                (shadows / f"{name}.py").write_text(tell)
        for place in PLACES:
            shutil.copytree(shadows, root / place, copy_function=os.link, dirs_exist_ok=True)
        shutil.copy(paths.DATA / "briefs" / "sample.yaml", root / "briefs" / "mine.yaml")
        self._settings(tell)

    def _settings(self, tell: str) -> None:
        """Write what IPython, Jupyter, matplotlib, numba, git and this package look for."""
        run, home = f"touch {self.marker}", self.root / "home"
        kernel = {"argv": ["sh", "-c", run], "display_name": "x", "language": "python"}
        for file, text in {
            home / ".ipython/profile_default/startup/0.py": tell,
            home / ".ipython/profile_default/ipython_config.py": tell,
            home / ".jupyter/jupyter_config.py": tell,
            home / ".local/share/jupyter/kernels/python3/kernel.json": json.dumps(kernel),
            home / ".config/matplotlib/matplotlibrc": "no such thing",
            self.root / "cwd/matplotlibrc": "no such thing",
            self.root / "cwd/.numba_config.yaml": "disable_jit: 1",
            self.root / "cwd/notebooks/01_data_quality.ipynb": "no notebook",
        }.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        subprocess.run(["git", "init", "-q", self.root / "cwd"], check=True)
        settings = f'[core]\n\tfsmonitor = "{run}; true"\n'
        with (self.root / "cwd/.git/config").open("a") as file:
            file.write(settings)

    def run(self, *commands: list[str]) -> subprocess.CompletedProcess[str]:
        """Run commands in the current folder of the trap."""
        home = self.root / "home"
        hostile = {
            "HOME": str(home),
            "XDG_CACHE_HOME": str(Path(platformdirs.user_cache_dir())),  # what is compiled is so already
            "TMPDIR": str(self.root / PLACES[3]),
            "PYTHONSTARTUP": str(home / "json.py"),
            "JUPYTER_PATH": str(home / ".local/share/jupyter"),
            "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
            "IPYTHONDIR": str(home / ".ipython"),
            "MATPLOTLIBRC": str(self.root / "cwd"),
            "PYTHONBREAKPOINT": "antigravity.x",
            "GIT_DIR": str(self.root / "cwd/.git"),
            "PATH": f".{os.pathsep}{os.environ['PATH']}",
        }
        environment = os.environ | hostile | {"PYTHONPATH": str(paths.PACKAGE.parent)}
        command = [sys.executable, str(self.script), json.dumps(commands)]
        return subprocess.run(
            command, cwd=self.root / "cwd", env=environment, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def trap(tmp_path_factory) -> Trap:
    return Trap(tmp_path_factory.mktemp("trap"))


@pytest.mark.slow
def test_no_command_runs_what_lies_where_its_user_stands_or_points(trap):
    data, day = str(trap.root / "data"), "2026-11-22"
    brief = str(trap.root / "briefs" / "mine.yaml")
    store, out = ("--store", str(trap.root / "store")), ("--out", str(trap.root / "reports"))
    commands = [
        ["ingest", data, *store, "--as-of", day, "--html", "page.html", "--brief", brief],
        ["ingest", data, "--suggest-mapping"],
        ["data", store[1], "--check"],
        ["data", store[1], "--since", day],
        ["forget", "anna", *store],
        ["report", *out, "--data", data, "--brief", brief],
        ["history", *out],
        ["prune", *out],
        ["doctor", *out, "--data", data],
        ["sample", "sample"],
        ["init", "mine"],
    ]
    run = trap.run(*commands)
    assert not trap.marker.exists(), trap.marker.read_text()
    statuses = [line for line in run.stdout.splitlines() if line.startswith("status")]
    assert statuses == [" ".join(["status 0", *command]) for command in commands], run.stdout + run.stderr
    assert run.stderr == ""


def test_the_trap_catches_what_imports_from_where_it_stands(trap):
    command = [sys.executable, "-c", "import numpy"]
    subprocess.run(command, cwd=trap.root / "cwd", check=False, capture_output=True)
    assert "numpy.py" in trap.marker.read_text()
