"""Where things are: what the package carries, and the folder that its user works in.

The tables, briefs, sample and notebooks travel inside the package (`resources`); in a checkout they are links
to the folders at its root. A workspace is a folder made by `nanospread init`; outside of one, and of a
checkout, reports and the store go to the folder the process was started in.
"""

import os
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

PACKAGE = Path(str(files("nanospread"))).resolve()
DATA = (PACKAGE / "resources" / "data").resolve()
SAMPLE = DATA / "sample"
BUNDLED_NOTEBOOKS = (PACKAGE / "resources" / "notebooks").resolve()
MARKER = ".nanospread.json"  # which `nanospread init` leaves in a workspace


def _version() -> str:
    try:
        return version("nanospread")
    except PackageNotFoundError:  # a tree that was not installed
        return "0+unknown"


def _checkout() -> Path | None:
    root = PACKAGE.parents[1]
    return root if PACKAGE.parent.name == "lib" and (root / "pyproject.toml").is_file() else None


def _marked(start: Path) -> Path | None:
    """Return the workspace around a folder, whoever made it."""
    return next((place for place in (start, *start.parents) if (place / MARKER).is_file()), None)


def _ours(workspace: Path) -> bool:
    """Return if this user or root made a workspace: what lies in it is run."""
    return (workspace / MARKER).lstat().st_uid in (os.geteuid(), 0)


VERSION = _version()
CHECKOUT = _checkout()
AROUND = _marked(Path.cwd())
FOREIGN = AROUND if AROUND and not _ours(AROUND) else None  # a workspace that is left alone
PROJECT = AROUND if AROUND and not FOREIGN else CHECKOUT  # whose notebooks are run
ROOT = PROJECT or Path.cwd()
NOTEBOOKS = PROJECT / "notebooks" if PROJECT and (PROJECT / "notebooks").is_dir() else BUNDLED_NOTEBOOKS
BRIEFS = (ROOT / "briefs", DATA / "briefs")  # a workspace's own go before those of the same name
REPORTS = ROOT / "reports"
STORE = ROOT / "store"
EXPORTS = ROOT / "data" / "exports"


def folder(path: str) -> Path:
    """Return the data folder a parameter names; an empty text names the bundled sample."""
    return expanded(path) if path else SAMPLE


def expanded(path: str | Path) -> Path:
    """Return a path with the home folder in place of `~`; as it is where nobody has that name."""
    return Path(os.path.expanduser(path))
