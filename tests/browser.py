"""Helpers of the browser tests: the report of the stored notebooks, without kernels, and a real Chromium."""

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nanospread.core import paths
from nanospread.report import weekly
from nanospread.report.weekly import RunFailed

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WEEK, FAILED = "2026-W47", "2026-W48"
NOTEBOOKS = [path.stem for path in sorted(paths.NOTEBOOKS.glob("[0-9]*.ipynb"))]
OWN = f"{WEEK}/sample"
REPORT = [f"{OWN}/{name}.html" for name in ("index", "glossary", *NOTEBOOKS[1:])]
LISTS = ["index.html", f"{WEEK[:4]}.html", f"{WEEK}/index.html"]
OTHERS = [
    f"{WEEK}/sample.what-if/index.html",
    f"{WEEK}/sample.what-if/04_one_macro_or_many_nano.html",
    f"{OWN}/mail.html",
    f"{FAILED}/sample.failed/index.html",
]
PAGES = [*REPORT, *OTHERS, *LISTS]
# one or two pages of each template where that is what a test looks at; `make whole` takes all
TEMPLATES = PAGES if os.environ.get("WHOLE") else [*REPORT[:3], REPORT[5], *OTHERS[2:], *LISTS[:2]]


class Stored(Executor):
    """Gives back the notebooks with their stored outputs, which nbval compares with real runs."""

    def __init__(self, problem: str | None = None) -> None:
        self._problem = problem

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        name, future = args[0]["name"], Future[Any]()
        text = (paths.NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8")
        ran = {
            "name": name,
            "notebook": text,
            "problem": self._problem,
            "log": "",
            "seconds": 1.0,
            "cells": 9,
        }
        future.set_result(ran)
        return future


def reports(out: Path) -> Path:
    """Write a report, a what-if report and a failed run, and return the folder."""
    started = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
    weekly.report(week=WEEK, started=started, out=out, executor=Stored())
    weekly.report(week=WEEK, started=started, out=out, executor=Stored(), values={"budget": 8000.0})
    with contextlib.suppress(RunFailed):
        weekly.report(week=FAILED, started=started, out=out, executor=Stored("cell 7: ValueError: no posts"))
    return out


def chromium() -> Iterator[Any]:
    """Yield Debian's Chromium, headless; skip where this machine has none."""
    if not CHROMIUM.exists():
        pytest.skip("no /usr/bin/chromium here (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()
