"""Helpers of the browser tests: reports of three briefs, a real Chromium, and what is measured of a page."""

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
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

OTHER_BRIEFS = ("macro wins", "tiny")  # beside the sample
SCREENS = {"1280": (1280, 800), "390": (390, 844)}
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
ON_PAPER = RULES | {"rules": {"target-size": {"enabled": False}}}  # no finger touches a link there
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "print": {"media": "print"},
    "forced": {"forced_colors": "active"},
}
AS_USUAL = {"color_scheme": "light", "media": "screen", "forced_colors": "none"}
OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true })"
TOO_WIDE = "all => all.filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.ariaLabel)"
MOST_BYTES = 1_000_000


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


def other_report(kind: str, folder: Path) -> Path:
    """Run the notebooks for one of `OTHER_BRIEFS` and return the report's own folder; takes minutes."""
    data = folder / "data"
    if kind == "tiny":
        data.mkdir()
        for table in ("creators", "posts"):
            rows = pd.read_csv(paths.SAMPLE / f"{table}.csv")
            chosen = sorted(rows["creator"].unique())[:40]
            rows[rows["creator"].isin(chosen)].to_csv(data / f"{table}.csv", index=False)
    how = {"brief": "macro_wins"} if kind == "macro wins" else {"data": str(data)}
    started = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
    found = weekly.report(
        week=WEEK, started=started, out=folder / "out", values={"n_worlds": 1_000}, **how
    )  # fmt: skip
    return found.folder


def watched(page: Any) -> Any:
    """Return the page with lists of what it asks for and says from now on: `seen`."""
    page.set_default_timeout(300_000)
    page.seen = []
    page.on("request", lambda request: page.seen.append(request.url))
    page.on("console", lambda said: page.seen.append(f"console: {said.text}"))
    page.on("pageerror", lambda error: page.seen.append(f"console: {error}"))
    return page


def noise(page: Any) -> list[str]:
    """Return what a page asked for beside itself, and what its console said."""
    return [each for each in page.seen if each != page.url and not each.startswith("data:")]


def violations(page: Any, rules: Any = RULES) -> list[tuple[str, list[str]]]:
    """Return the rules of accessibility that a page breaks, with the first places."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=rules).response["violations"]
    return [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found]


def answered(page: Any, height: int) -> bool:
    """Return whether the first screen holds the answer in its upper half, and what it rests on begins."""
    answer, evidence = page.locator("header p.verdict"), page.locator("main p, main figure").first
    if not answer.count():
        return False
    box = answer.bounding_box()
    return box["y"] + box["height"] <= height / 2 and evidence.bounding_box()["y"] + 40 <= height


def measured(browser: Any, place: Path) -> dict[str, Any]:
    """Return what is measured of one page: bytes, lists of what is wrong, and whether its answer is seen."""
    page = watched(browser.new_page())
    page.goto(place.as_uri())
    found: dict[str, Any] = {"bytes": place.stat().st_size}
    for name, (width, height) in SCREENS.items():
        page.set_viewport_size({"width": width, "height": height})
        found[f"cut off {name}"] = page.locator(".scroll:visible").evaluate_all(TOO_WIDE)
        found[f"answer {name}"] = answered(page, height)
    page.evaluate(OPEN_ALL)
    for name, look in LOOKS.items():
        page.emulate_media(**AS_USUAL | look)
        found[f"axe {name}"] = violations(page, ON_PAPER if name == "print" else RULES)
    heard = noise(page)
    found["console"] = [each for each in heard if each.startswith("console: ")]
    found["requests"] = [each for each in heard if not each.startswith("console: ")]
    page.close()
    return found


def faults(found: dict[str, Any], *, answers: bool = True) -> list[str]:
    """Return which measurements of a page miss their goals. answers: whether it is a page with an answer."""
    seen = [name for name, value in found.items() if value is False and answers]
    return [*seen, *(name for name, value in found.items() if isinstance(value, list) and value),
            *(["bytes"] if found["bytes"] >= MOST_BYTES else [])]  # fmt: skip


def chromium() -> Iterator[Any]:
    """Yield Debian's Chromium, headless; skip where this machine has none."""
    if not CHROMIUM.exists():
        pytest.skip("no /usr/bin/chromium here (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()
