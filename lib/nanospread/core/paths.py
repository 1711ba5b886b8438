"""Where things are: what the package carries, and the folder that its user works in.

The tables, briefs, sample and notebooks travel inside the package (`resources`); in a checkout they are links
to the folders at its root. A workspace is a folder made by `nanospread init`; outside of one, and of a
checkout, reports and the store go to the folder the process was started in.
"""

import hashlib
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

import platformdirs

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


def _root(start: Path) -> Path:
    """Return the workspace around a folder, else the checkout, else the folder itself."""
    return next((place for place in (start, *start.parents) if (place / MARKER).is_file()), CHECKOUT or start)


VERSION = _version()
CHECKOUT = _checkout()
ROOT = _root(Path.cwd())
NOTEBOOKS = ROOT / "notebooks" if (ROOT / "notebooks").is_dir() else BUNDLED_NOTEBOOKS
BRIEFS = (ROOT / "briefs", DATA / "briefs")  # a workspace's own go before those of the same name
REPORTS = ROOT / "reports"
STORE = ROOT / "store"
BUILD = CHECKOUT / "build" if CHECKOUT else Path(platformdirs.user_cache_dir("nanospread"))


def folder(path: str) -> Path:
    """Return the data folder a parameter names; an empty text names the bundled sample."""
    return Path(path).expanduser() if path else SAMPLE


def fingerprint(package: Path) -> str:
    """Return a short name for the present sources of a package; a change to any of its files changes it."""
    sources = hashlib.blake2b(digest_size=8)
    for file in sorted(package.glob("*.py")):
        sources.update(file.read_bytes())
    return sources.hexdigest()
