"""The lab command: JupyterLab on notebooks of one's own; stored figures show, and a save is no change."""

import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary

from nanospread.cli import workspace
from nanospread.core import paths
from nanospread.core.errors import InputError

SCRATCH = "lab"  # of a checkout: a workspace that git ignores
JUPYTER = paths.PACKAGE / "resources" / "jupyter"


def folder() -> Path:
    """Return the workspace to open: the one around us, else a checkout's scratch copy, made or upgraded.

    Raises: InputError outside of both, or where JupyterLab is not installed.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise InputError("JupyterLab is not installed; run pip install 'nanospread[lab]'")
    if (paths.ROOT / paths.MARKER).is_file():
        return paths.ROOT
    if paths.CHECKOUT is None:
        raise InputError("no workspace here; make one with nanospread init FOLDER, and go there")
    scratch = paths.CHECKOUT / SCRATCH
    for line in workspace.summary(scratch, workspace.init(scratch))[:-1]:
        print(line)
    return scratch


def trust(files: Sequence[Path]) -> None:
    """Sign notebooks as `jupyter trust` does: else JupyterLab shows none of the figures that they store."""
    notary = NotebookNotary()
    for file in files:
        notary.sign(nbformat.read(file, as_version=4))


def command(arguments: Sequence[str]) -> list[str]:
    """Return the command that starts JupyterLab; in a container one is often root, which it must be told."""
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [sys.executable, "-m", "jupyterlab", *root, *arguments]


def environment() -> Mapping[str, str]:
    """Return the environment of JupyterLab: before each save it puts our notebooks into their stored form."""
    before = os.environ.get("JUPYTER_CONFIG_PATH")
    path = os.pathsep.join([str(JUPYTER), *([before] if before else [])])
    return {**os.environ, "JUPYTER_CONFIG_PATH": path, "JUPYTER_PREFER_ENV_PATH": "1"}


def start(arguments: Sequence[str]) -> None:
    """Trust the workspace's notebooks, and become JupyterLab in it."""
    place = folder()
    trust(sorted((place / "notebooks").glob("*.ipynb")))
    os.chdir(place / "notebooks")
    os.execve(sys.executable, command(arguments), environment())
