"""Two published reports, file by file -> what differs beside when and where they were made.

python tools/compare_reports.py OLD NEW             folders such as reports/2026-W47/sample
python tools/compare_reports.py --words OLD NEW     without code and pictures: numbers and words only

For a change that must move no number: run the report before and after it. Left out are the provenance of each
page and the mark of the run. Exit status 1 where anything differs.
"""

import difflib
import re
import sys
from pathlib import Path

PROVENANCE = re.compile(r'<section id="provenance".*?</section>', re.DOTALL)
RUN = re.compile(r'"(mark|started)": "[^"]*"')
CODE = re.compile(r'<details class="code">.*?</details>\s*', re.DOTALL)
PICTURE = re.compile(r"data:image/svg\+xml;base64,[A-Za-z0-9+/=]+")
SHOWN = 6  # differing lines of a file


def contents(folder: Path, *, words: bool) -> dict[str, str]:
    """Return the text of each file of a report by its name, without what differs from run to run."""
    files = [file for file in folder.rglob("*") if file.is_file() and file.name != "provenance.json"]
    return {str(file.relative_to(folder)): _text(file, words=words) for file in sorted(files)}


def _text(file: Path, *, words: bool) -> str:
    text = RUN.sub("", PROVENANCE.sub("", file.read_bytes().decode("utf-8", errors="backslashreplace")))
    return PICTURE.sub("", CODE.sub("", text)) if words else text


def differences(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """Return a line for each file that only one has or that differs, and its first differing lines."""
    lines = [
        f"{name}: only in {'the old' if name in old else 'the new'} one"
        for name in sorted(old.keys() ^ new.keys())
    ]
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            changed = difflib.unified_diff(old[name].splitlines(), new[name].splitlines(), lineterm="", n=0)
            rows = [row[:200] for row in changed if not row.startswith(("---", "+++", "@@"))]
            lines += [f"{name}: {len(rows)} lines differ", *(f"  {row}" for row in rows[:SHOWN])]
    return lines


def main(arguments: list[str]) -> int:
    """Compare, say what differs, and return the exit status."""
    words = "--words" in arguments
    old, new = (contents(Path(folder), words=words) for folder in arguments if folder != "--words")
    found = differences(old, new)
    print(*found, f"{len(old.keys() & new.keys())} files in both", sep="\n")
    return int(bool(found) or not old)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
