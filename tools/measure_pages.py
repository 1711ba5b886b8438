"""Measure each page of three briefs in Chromium: size, requests, tables cut off, answers seen, accessibility.

python tools/measure_pages.py                    the sample, a brief in which the macro wins, a tiny data set
python tools/measure_pages.py FOLDER [...]       the pages of these reports

One line a page, and what is wrong below; ends with 1 where anything misses its goal.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

from nanospread.core import paths

sys.path.insert(0, str(paths.ROOT / "tests"))
import browser

NO_ANSWER = ("glossary", "mail")
WIDTH = 28  # of a page's name in the table


def reports(given: list[str], made: Path) -> dict[str, Path]:
    """Return the folders of reports by name: those given, or those of the three briefs."""
    if given:
        return {Path(folder).name: Path(folder) for folder in given}
    others = {kind: made / kind.replace(" ", "_") for kind in browser.OTHER_BRIEFS}
    for folder in others.values():
        folder.mkdir()
    sample = browser.reports(made / "sample") / browser.OWN
    return {"sample": sample} | {kind: browser.other_report(kind, at) for kind, at in others.items()}


def line(name: str, found: dict[str, object]) -> str:
    """Return one row of the table."""
    words = {True: "yes", False: "-" if name in NO_ANSWER else "NO"}
    cells = [
        words[value] if isinstance(value, bool) else f"{len(value) if isinstance(value, list) else value:,}"
        for value in found.values()
    ]
    pairs = zip(heads(found), cells, strict=True)
    return f"{name:{WIDTH}} " + " ".join(f"{cell:>{len(head)}}" for head, cell in pairs)


def heads(found: dict[str, object]) -> list[str]:
    """Return the names of the measurements, wide enough for their values."""
    return [f"{name:>9}" for name in found]


if __name__ == "__main__":
    wrong = []
    with (
        tempfile.TemporaryDirectory() as made,
        contextlib.contextmanager(browser.chromium)() as chromium,
    ):
        for report, folder in reports(sys.argv[1:], Path(made)).items():
            for at, page in enumerate(sorted(folder.glob("*.html"))):
                found = browser.measured(chromium, page)
                if not at:
                    print(f"{report:{WIDTH}} " + " ".join(heads(found)))
                print(line(page.stem, found), flush=True)
                missed = browser.faults(found, answers=page.stem not in NO_ANSWER)
                wrong += [f"{report}, {page.stem}, {name}: {found[name]}" for name in missed]
    print("\n".join(wrong) or "Every page meets every goal.")
    sys.exit(bool(wrong))
