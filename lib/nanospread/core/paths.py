"""Where the project's folders are, whatever folder a notebook or a run was started from."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "data"
NOTEBOOKS = ROOT / "notebooks"
REPORTS = ROOT / "reports"
BUILD = ROOT / "build"
STORE = ROOT / "store"
SAMPLE = DATA / "sample"


def folder(path: str) -> Path:
    """Return the data folder a parameter names; an empty text names the bundled sample."""
    return Path(path).expanduser() if path else SAMPLE


def fingerprint(package: Path) -> str:
    """Return a short name for the present sources of a package; a change to any of its files changes it."""
    sources = hashlib.blake2b(digest_size=8)
    for file in sorted(package.glob("*.py")):
        sources.update(file.read_bytes())
    return sources.hexdigest()
