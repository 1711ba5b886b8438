"""The init and lab commands: a workspace of one's own, made or brought up to date; JupyterLab in it.

The marker file lists what was written, with a hash of each. A file that still is as it was written is brought
up to date; one that its user changed, or deleted, stays so. Of a notebook only the cells count: outputs that
JupyterLab wrote are no change.
"""

import hashlib
import importlib.util
import json
import os
import shlex
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary

from nanospread.campaign import brief
from nanospread.core import files, paths, processes
from nanospread.core.errors import InputError

TEMPLATE = paths.PACKAGE / "resources" / "workspace"
JUPYTER = paths.PACKAGE / "resources" / "jupyter"
SCRATCH = "lab"  # of a checkout: a workspace that git ignores
DOTTED = {"gitignore": ".gitignore", "github": ".github"}  # as the package carries them -> as they are named
ADDED, UPDATED, CURRENT, YOURS, DELETED = "added", "updated", "up to date", "yours", "deleted by you"


@dataclass(frozen=True)
class Outcome:
    """What became of one file of the workspace: its path in it, and one of the states above."""

    path: str
    state: str


def init(folder: Path) -> list[Outcome]:
    """Make a folder a workspace, or bring one to the installed version; say what became of each file.

    Raises: InputError where the folder is a file, nanospread's own checkout, or has a damaged marker.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"'{folder}' is a file; name a folder")
    if paths.CHECKOUT and folder.resolve() == paths.CHECKOUT:
        raise InputError(f"'{folder}' is nanospread's own source; name a folder of yours")
    old_hashes = _written(folder)
    outcomes, hashes = [], {}
    for path, content in shipped().items():
        state = _state(folder, path, content, old_hashes.get(path))
        if state in (ADDED, UPDATED):
            files.write_atomically(folder / path, content)
        hashes[path] = (
            old_hashes[path] if state in (YOURS, DELETED) and path in old_hashes else _digest(path, content)
        )
        outcomes.append(Outcome(path, state))
    marker = {"nanospread": paths.VERSION, "files": hashes}
    files.write_atomically(folder / paths.MARKER, json.dumps(marker, indent=1) + "\n")
    return outcomes


def summary(folder: Path, outcomes: list[Outcome]) -> list[str]:
    """Return what `init` did, in lines: counts, what stays as its user has it, and what to do next."""
    counts = Counter(outcome.state for outcome in outcomes)
    states = ", ".join(f"{counts[state]} {state}" for state in (ADDED, UPDATED, CURRENT) if counts[state])
    lines = [f"{folder}: {states or 'nothing to write'}"]
    lines += [f"left as it is ({o.state}): {o.path}" for o in outcomes if o.state in (YOURS, DELETED)]
    return [*lines, f"Next: cd {shlex.quote(str(folder))} && nanospread report"]


def shipped() -> Mapping[str, bytes]:
    """Return what a workspace of this version holds, by path."""
    notebooks = {f"notebooks/{file.name}": file for file in sorted(paths.BUNDLED_NOTEBOOKS.glob("*.ipynb"))}
    briefs = {f"briefs/{file.name}": file for file in sorted((paths.DATA / "briefs").iterdir())}
    ours = {}
    for file in sorted(file for file in TEMPLATE.rglob("*") if file.is_file()):
        first, *rest = file.relative_to(TEMPLATE).parts
        ours["/".join([DOTTED.get(first, first), *rest])] = file
    contents = {path: file.read_bytes() for path, file in {**ours, **briefs, **notebooks}.items()}
    pinned = contents["requirements.txt"].replace(b"{version}", paths.VERSION.encode())
    return {**contents, "requirements.txt": pinned}


def briefs() -> list[str]:
    """Return the files of the briefs in the workspace around us that its user wrote or changed.

    Where there is none, the sample's; outside of a workspace nothing.
    """
    if not (paths.ROOT / paths.MARKER).is_file():
        return []
    old_hashes, present = _written(paths.ROOT), brief.files_in(paths.ROOT / "briefs")
    own = [
        file for file in present if _digest("", file.read_bytes()) != old_hashes.get(f"briefs/{file.name}")
    ]
    return ["sample" if file.stem == "sample" else str(file) for file in own] or ["sample"]


def _written(folder: Path) -> Mapping[str, str]:
    """Return the hashes of what was written before, by path; none in a new workspace."""
    marker = folder / paths.MARKER
    if not marker.is_file():
        return {}
    try:
        return dict(json.loads(marker.read_text(encoding="utf-8"))["files"])
    except (ValueError, KeyError, TypeError) as error:
        message = f"'{marker}' is damaged; get it back, or delete it to keep all files as yours"
        raise InputError(message) from error


def _state(folder: Path, path: str, content: bytes, before: str | None) -> str:
    target = folder / path
    if target.is_symlink() or not target.resolve().is_relative_to(folder.resolve()):
        return YOURS  # a link leads out of the folder, or stands where the file would
    if not target.exists():
        return DELETED if before else ADDED
    present = _digest(path, target.read_bytes()) if target.is_file() else ""
    if present == _digest(path, content):
        return CURRENT
    return UPDATED if present == before else YOURS


def _digest(path: str, content: bytes) -> str:
    """Return a hash of a file's content; of a notebook's cells, without outputs."""
    if path.endswith(".ipynb"):
        try:
            cells = json.loads(content)["cells"]
            content = json.dumps([[cell["cell_type"], "".join(cell["source"])] for cell in cells]).encode()
        except (ValueError, KeyError, TypeError):
            pass  # no notebook any more: its bytes count
    return hashlib.sha256(content).hexdigest()


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
    print(*summary(scratch, init(scratch))[:-1], sep="\n")
    return scratch


def trust(files: Sequence[Path]) -> None:
    """Sign notebooks as `jupyter trust` does: else JupyterLab shows none of the figures that they store."""
    notary = NotebookNotary()
    for file in files:
        notary.sign(nbformat.read(file, as_version=4))


def command(arguments: Sequence[str]) -> list[str]:
    """Return the command that starts JupyterLab; in a container one is often root, which it must be told."""
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return processes.python("-m", "jupyterlab", *root, *arguments)


def environment() -> Mapping[str, str]:
    """Return the environment of JupyterLab: before each save it puts our notebooks into their stored form."""
    before = os.environ.get("JUPYTER_CONFIG_PATH")
    path = os.pathsep.join([str(JUPYTER), *([before] if before else [])])
    return {**os.environ, "JUPYTER_CONFIG_PATH": path, "JUPYTER_PREFER_ENV_PATH": "1"}


def lab(arguments: Sequence[str]) -> None:
    """Trust the workspace's notebooks, and become JupyterLab in it."""
    place = folder()
    trust(sorted((place / "notebooks").glob("*.ipynb")))
    os.chdir(place / "notebooks")
    os.execve(sys.executable, command(arguments), environment())
