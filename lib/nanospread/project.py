"""Where the project's folders are, whatever folder a notebook or a run was started from."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
NOTEBOOKS = ROOT / "notebooks"
REPORTS = ROOT / "reports"
SAMPLE = DATA / "sample"


def folder(path: str) -> Path:
    """Return the data folder a parameter names; an empty text names the bundled sample."""
    return Path(path).expanduser() if path else SAMPLE
