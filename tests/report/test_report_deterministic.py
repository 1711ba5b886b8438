"""Proves that a report is the same bytes whatever surrounds it: cores, workers, locale, zone, hash seed.

Compared are HTML without its provenance block, JSON, CSV, workbook and mail. One real
notebook at a small size; `make whole` takes all ten at full size (two minutes).
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nanospread.core import paths
from report_runs import contents

WHOLE = os.environ.get("WHOLE")
TAKEN = "*.ipynb" if WHOLE else "05_*.ipynb"
SMALL = [] if WHOLE else ["-p", "n_worlds=400"]
RUN = """
import os, pathlib, sys
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:int(sys.argv.pop(1))])
from nanospread import cli
from nanospread.core import paths
paths.NOTEBOOKS = pathlib.Path(sys.argv.pop(1))
cli.main()
"""
PROVENANCE = re.compile(rb'<section id="provenance".*?</section>', re.DOTALL)
ONE = {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}
OTHER = {
    "LC_ALL": "C.UTF-8",
    "LANG": "tr_TR.UTF-8",
    "LANGUAGE": "tr",
    "TZ": "Pacific/Kiritimati",
    "PYTHONHASHSEED": "4242",
    "OMP_NUM_THREADS": "4",
    "COLUMNS": "40",
}


def made(folder: Path, cores: int, workers: int, environment: dict[str, str]) -> dict[str, bytes]:
    """Return the files of a report that was made in such surroundings, without what may differ."""
    books = folder / "books"
    books.mkdir(parents=True)
    for book in paths.NOTEBOOKS.glob(TAKEN):
        shutil.copy(book, books)
    arguments = [
        "report",
        "--out",
        str(folder / "out"),
        "--week",
        "2026-W47",
        "--workers",
        str(workers),
        *SMALL,
    ]
    command = [sys.executable, "-c", RUN, str(cores), str(books), *arguments]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    [report] = (folder / "out" / "2026-W47").glob("sample*/")
    return {
        name: PROVENANCE.sub(b"", text)
        for name, text in contents(report).items()
        if name != "provenance.json"
    }


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="cores are chosen as Linux does it")
def test_a_report_is_the_same_bytes_whatever_surrounds_it(tmp_path):
    one = made(tmp_path / "one", 1, 1, ONE)
    other = made(tmp_path / "a folder with blanks ü", 2, 3, OTHER)
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
    assert sum(name.endswith(".html") for name in one) == len(list(paths.NOTEBOOKS.glob(TAKEN))) + 2
    assert {"index.html", "glossary.html", "mail.html"} <= one.keys()
    assert {"metrics.json", "csv/metrics.csv", "tables.xlsx", "mail.txt"} <= one.keys()
